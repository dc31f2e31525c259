"""The house in lines: a part imports only parts on lower lines, and some things live in one place only."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tapwidget

PACKAGE = Path(tapwidget.__file__).parent

LINES = (
    {"cli"},
    {"app", "demo"},
    {"views"},
    {"actions"},
    {"state", "client", "plots", "server", "simulation"},
    {"match", "tables"},
    {"ivoa"},
    {"errors", "folders"},
)
LEVEL = {part: level for level, line in enumerate(LINES) for part in line}

NETWORK = {"pyvo", "requests", "urllib3", "http", "socket"}
THREADS = ("client/follower.py", "client/chunks_work.py", "actions/background.py", "server/")
LONGEST_FILE = {".py": 400, ".css": 400, ".js": 700}
"""Lines. A widget's JavaScript cannot be divided: anywidget loads one module that imports nothing beside it."""

HEAVY = {
    "astropy",
    "numpy",
    "pandas",
    "pyarrow",
    "pyvo",
    "requests",
    "scipy",
    "ipywidgets",
    "bqplot",
    "matplotlib",
    "duckdb",
}
NOT_IN_SERVER = HEAVY - {"numpy", "pyarrow", "duckdb"}

FILES = sorted(PACKAGE.rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything imported anywhere in a file: in functions and under TYPE_CHECKING too.

    `from a import b` counts as "a.b".
    """
    package = ("tapwidget", *path.relative_to(PACKAGE).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *filter(None, [node.module])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def own_imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, part) for every import from the package itself; "" for the package's own name."""
    for line, name in imports(path):
        root, _, rest = name.partition(".")
        if root == "tapwidget":
            yield line, rest.partition(".")[0]


def test_every_part_has_a_line():
    parts = {part_of(path) for path in FILES} - {"__init__", "__main__"}
    assert parts <= set(LEVEL), "a new part needs its place in the picture"
    assert set(LEVEL) <= parts


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_imports_go_down(path):
    here = part_of(path)
    if here in {"__init__", "__main__"}:
        return
    for line, there in own_imports(path):
        where = f"{relative(path)}:{line}"
        if there in LEVEL:
            assert there == here or LEVEL[there] > LEVEL[here], f"{where} imports {there}, which is not below {here}"
        else:
            # Public names load lazily from the package itself; importing them from there would hide the part.
            assert there == "__version__", f"{where} imports {there or 'tapwidget'} from the package itself"


def test_the_network_is_the_clients_alone():
    for path in FILES:
        used = {name.partition(".")[0] for _, name in imports(path)} & NETWORK
        allowed = {
            "client": NETWORK,
            "server": {"socket", "http"},
            "demo": {"socket"},
        }.get(part_of(path), set())
        assert used <= allowed, f"{relative(path)} uses {', '.join(sorted(used - allowed))}"


def test_threads_are_started_in_three_places():
    for path in FILES:
        if relative(path).startswith(THREADS):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {name for _, name in imports(path)} | {
            f"{node.value.id}.{node.attr}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        }
        starters = {n for n in names if n.startswith(("threading.Thread", "threading.Timer", "concurrent", "_thread"))}
        assert not starters, f"{relative(path)} uses {', '.join(sorted(starters))}"


@pytest.mark.parametrize("path", [*FILES, *PACKAGE.rglob("*.js"), *PACKAGE.rglob("*.css")], ids=relative)
def test_files_are_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE[path.suffix]


def test_every_module_says_what_it_is():
    for path in FILES:
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), f"{relative(path)} has no docstring"
        assert path.stem not in {"utils", "util", "helpers", "misc", "common"}, relative(path)


def test_no_class_shares_a_mutable_value_among_its_instances():
    mutable = ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp
    for path in FILES:
        classes = (n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.ClassDef))
        for node in (node for each in classes for node in each.body):
            shared = isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, mutable)
            assert not shared, f"{relative(path)}:{node.lineno} is shared by all instances"


@pytest.mark.parametrize("name", tapwidget.PUBLIC)
def test_public_names_are_there_and_documented(name):
    value = getattr(tapwidget, name)
    assert getattr(importlib.import_module(tapwidget.PUBLIC[name]), name) is value
    assert value.__doc__
    assert value.__doc__.strip()
    if inspect.isclass(value):
        for member, function in vars(value).items():
            if not member.startswith("_") and (inspect.isfunction(function) or isinstance(function, property)):
                assert inspect.getdoc(function), f"{name}.{member} has no docstring"


def test_dir_lists_the_public_names():
    assert set(tapwidget.PUBLIC) <= set(dir(tapwidget))
    assert set(tapwidget.__all__) == {*tapwidget.PUBLIC, "__version__"}


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = tapwidget.nothing


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("tapwidget", HEAVY),
        ("tapwidget.cli", HEAVY),
        ("tapwidget.demo", HEAVY),
        ("tapwidget.server.run", NOT_IN_SERVER),
    ],
)
def test_importing_loads_nothing_heavy(module, unwanted):
    code = f"import sys, {module}; print(*sorted({{m.partition('.')[0] for m in sys.modules}} & {unwanted!r}))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert answer.stdout.split() == []
