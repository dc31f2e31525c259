"""What of the widgets' JavaScript needs no browser, by node's own test runner."""

import shutil
import subprocess
from pathlib import Path

import pytest

TESTS = sorted(Path(__file__).parent.glob("*.test.mjs"))
assert TESTS


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed; .ci/run installs it")
@pytest.mark.parametrize("script", TESTS, ids=lambda path: path.name)
def test_script(script):
    done = subprocess.run(["node", "--test", str(script)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
