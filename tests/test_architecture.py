"""The tree shows the architecture: who may import whom, imports for types included."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]


def modules(package: str) -> dict[str, Path]:
    """The modules of a package; a package itself goes by its name."""
    return {
        ".".join(path.relative_to(CHECKOUT).with_suffix("").parts).removesuffix(
            ".__init__"
        ): path
        for path in sorted((CHECKOUT / package).rglob("*.py"))
    }


def imports(package: str) -> dict[str, set[str]]:
    """What each module of a package imports of that package."""
    known = modules(package)
    found: dict[str, set[str]] = {}
    for module, path in known.items():
        names: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {each.name for each in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{module} has a relative import"
                parts = {f"{node.module}.{each.name}" for each in node.names}
                # `from package import name`: a module of that name, or what it defines
                names |= {part if part in known else str(node.module) for part in parts}
        found[module] = names & known.keys()
    return found


@pytest.mark.parametrize(
    "package", ["benchmarks", "demo", "drift", "facts", "live", "sandbox", "tap_mews"]
)
def test_no_modules_import_each_other_in_a_circle(package: str) -> None:
    assert len(modules(package)) > 1
    try:
        TopologicalSorter(imports(package)).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


ROOMS = (
    "__main__",
    "tap",
    "preflight",
    "cli",
    "streams",
    "run",
    "exports",
    "pages",
    "api",
    "metrics",
    "reading",
    "records",
)
"""The rooms of the tap; each imports only from those that stand below it here."""

GROUND = {
    "tap_mews",
    "clock",
    "errors",
    "identifiers",
    "sdk",
    "state_output",
    "tables",
    "settings",
    "timestamps",
    "violations",
    "wording",
}
"""What stands below all of them; the version is in the package itself."""


def room(module: str) -> str:
    """The room that a module of the tap is in."""
    return module.split(".")[:2][-1]


def floor(module: str) -> int:
    """How deep a module stands."""
    found = room(module)
    return len(ROOMS) if found in GROUND else ROOMS.index(found)


def test_the_tap_imports_only_from_rooms_below() -> None:
    upward = {
        f"{module} -> {imported}"
        for module, names in imports("tap_mews").items()
        for imported in names
        if floor(imported) < floor(module)
    }
    assert upward == set()
