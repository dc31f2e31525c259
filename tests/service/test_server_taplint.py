"""The judge of TAP services, STILTS' taplint, finds nothing: no error, no warning, no failure."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest

STAGES = "TMV TME TMS TMC CPV CAP AVV QGE QPO QAS UWS MDQ UPL EXA"


@pytest.mark.skipif(shutil.which("stilts") is None and not os.environ.get("CI"), reason="needs Debian's stilts")
def test_taplint_finds_nothing(tap_url: str) -> None:
    done = subprocess.run(
        ["stilts", "taplint", f"tapurl={tap_url}", f"stages={STAGES}"],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    found = [line for line in done.stdout.splitlines() if re.match("[EWF]-", line)]
    totals = re.search(r"^Totals: Errors: (\d+); Warnings: (\d+);.*Failures: (\d+)", done.stdout, re.MULTILINE)
    assert totals is not None, done.stdout + done.stderr
    assert (totals.groups(), found) == (("0", "0", "0"), [])
    # every stage was run, and had something to judge
    assert re.findall("^Section ([A-Z]{3}):", done.stdout, re.MULTILINE) == STAGES.split()
    counts = re.findall(r"Successful/submitted TAP queries: (\d+)/(\d+)", done.stdout)
    assert len(counts) >= 5
    assert all(good == sent != "0" for good, sent in counts)
