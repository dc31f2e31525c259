"""The session of a pyvo service, made to keep its credentials for all of that service.

pyvo's AuthSession chooses a credential by address. A service whose capabilities name no security method for an address
(most of them) is asked there without any, although the user has set one for the whole service: its lists of tables and
capabilities would then refuse us. What was set for the base address is therefore set for these too.
"""

from __future__ import annotations

from typing import Any

ANONYMOUS = "anonymous"  # pyvo.auth.securitymethods.ANONYMOUS
# What VOSI and DALI name below the base address, each an address of its own in the capabilities.
ENDPOINTS = ("", "/capabilities", "/tables", "/availability", "/examples", "/sync", "/async")


def keep_credentials(session: Any, base: str) -> None:
    """Have an AuthSession send to every endpoint of the service what it sends to `base`.

    Sessions of other kinds stay as they are. No credential is sent to an address that is not below the one for which
    the user has set it.
    """
    known = getattr(session, "_auth_urls", None)
    if known is None or not hasattr(session, "add_security_method_for_url"):
        return
    methods = set(known.allowed_auth_methods(base)) & set(session.credentials.credentials) - {ANONYMOUS}
    for method in methods:
        for endpoint in ENDPOINTS:
            session.add_security_method_for_url(base + endpoint, method, exact=True)
