"""Print pins `name==bound` for every lower bound in pyproject.toml, to test at the oldest versions that we allow.

usage: python lowest.py [EXTRA ...]     the dependencies, and those of the extras named
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path


def pins(project: dict, extras: list[str]) -> list[str]:
    """Pins of the project's own dependencies and of the extras, in the order of the file."""
    requirements = list(project["dependencies"])
    for extra in extras:
        requirements += project["optional-dependencies"][extra]
    found = []
    for requirement in requirements:
        bound = re.fullmatch(r"([\w.-]+)\s*>=\s*([\w.]+)(,.*)?", requirement)
        if bound:
            found.append(f"{bound[1]}=={bound[2]}")
        elif not requirement.startswith("tapwidget["):
            sys.exit(f"{requirement!r} has no lower bound")
    return found


if __name__ == "__main__":
    toml = Path(__file__).parent.parent / "pyproject.toml"
    print("\n".join(pins(tomllib.loads(toml.read_text(encoding="utf-8"))["project"], sys.argv[1:])))
