"""What all tests share: folders of their own instead of the user's, and no silent gaps in CI."""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import io
import os
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

# Warnings are errors. These come from packages of others, at import, and nothing of ours can avoid them.
OTHERS_WARNINGS = (
    # bqscales (below bqplot) makes a trait the old way.
    "ignore:metadata .* was set from the constructor:DeprecationWarning",
    # ipywidgets 8.1.0 to 8.1.5 when a widget gets traits, as every anywidget does.
    "ignore:Deprecated in traitlets 4.1, use the instance .metadata dictionary:DeprecationWarning",
    # matplotlib 3.10.0 to 3.10.7 with pyparsing 3.3 and newer.
    r"ignore:'\w+' (deprecated|argument is deprecated).* use '\w+':DeprecationWarning",
)

# Services, packages and front ends of others; files of others that lie beside the repository.
MAY_BE_SKIPPED = (
    "tests/live/",
    "tests/rsp/",
    "tests/browser/test_other_frontends.py",
    "tests/unit/tables/test_real_tables.py",
)


def pytest_configure(config: pytest.Config) -> None:
    for line in OTHERS_WARNINGS:
        config.addinivalue_line("filterwarnings", line)
    # On a machine that has other things to do, a single example may take its time.
    if importlib.util.find_spec("hypothesis"):  # tests beside packages of others do without
        from hypothesis import HealthCheck, settings

        settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
        settings.load_profile("any machine")


@pytest.fixture(scope="session", autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Cache and ledger in temporary folders; child processes inherit them. No token of the user reaches a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAPWIDGET_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("TAPWIDGET_DATA_DIR", str(tmp_path_factory.mktemp("data")))
        for name in ("TAPWIDGET_TOKEN", "TAPWIDGET_DEMO_URL", "ACCESS_TOKEN", "NUBLADO_TOKEN"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def run_cell() -> Callable[[str, Any], Any]:
    """Runs the code of a cell of plain pyvo with the variable `table`; what its variable `result` is then.

    pyvo leaves its sockets to the garbage collector, which warns.
    """

    def call(code: str, table: Any) -> Any:
        names = {"table": table}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(code, "cell", "exec"), names)
            result = names["result"]
            names.clear()
            gc.collect()
        assert isinstance(result, type(table))
        return result

    return call


@pytest.fixture
def left_to_the_collector() -> Iterator[None]:
    """For tests of clients of others, which leave connections and files to the garbage collector, which warns.

    Collected here, so that no other test is blamed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a skipped test is a failure, but for those that need what a clone alone does not have."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not os.environ.get("CI") or reporter is None:
        return
    skipped = {report.nodeid for report in reporter.stats.get("skipped", [])}
    gaps = sorted(name for name in skipped if not name.startswith(MAY_BE_SKIPPED))
    if gaps:
        reporter.write_line(f"\nSkipped in CI, where it must run: {', '.join(gaps)}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(tryfirst=True)
def pytest_unconfigure() -> None:
    """Close the sockets of HTTP sessions that live until the end: what is left then is no test's fault."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        for _ in range(3):
            gc.collect()
