"""Tools by `MODULE` or `FILE.py`, with or without `:ATTR`."""

from __future__ import annotations

from pathlib import Path

import pytest

from belljar.cli._loading import load_registry, load_tools
from belljar.errors import UsageError

SOURCE = """
from dataclasses import dataclass
from belljar import tool

@dataclass
class Point:
    x: int

@tool
def first(point: Point) -> Point:
    return point

@tool(name="geo.second")
def second() -> int:
    return 2

@tool
def _private() -> int:
    return 3

def plain(n: int) -> int:
    return n

class Account:
    @tool
    def balance(self) -> int:
        return 7

account = Account()
again = first
"""


@pytest.fixture
def module(tmp_path: Path) -> str:
    """A file with tools of every kind."""
    (tmp_path / "kinds.py").write_text(SOURCE)
    return str(tmp_path / "kinds.py")


def test_without_an_attribute_every_public_tool_counts_once(module: str) -> None:
    """Neither names with an underscore, nor plain functions, nor methods without their object; aliases are one."""
    assert [tool.name for tool in load_tools(module)] == ["first", "geo.second"]


@pytest.mark.parametrize(
    ("attribute", "names"),
    [("second", ["geo.second"]), ("plain", ["plain"]), ("account.balance", ["balance"]), ("_private", ["_private"])],
)
def test_an_attribute_may_be_anything_that_can_be_called(attribute: str, names: list[str], module: str) -> None:
    """A tool, a function, a bound method; dots lead into objects."""
    assert [tool.name for tool in load_tools(f"{module}:{attribute}")] == names


def test_types_of_the_file_are_found(module: str) -> None:
    """Annotations are resolved in the file's own module, although it was never imported by a name."""
    (first,) = load_tools(f"{module}:first")

    assert first.parameters["properties"]["point"]["$ref"] == "#/$defs/Point"


def test_two_files_of_one_name_do_not_disturb_each_other(tmp_path: Path) -> None:
    """Each has a module of its own."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "t.py").write_text(f"from belljar import tool\n@tool\ndef {folder}() -> int: return 1\n")

    registry = load_registry([str(tmp_path / "a" / "t.py"), str(tmp_path / "b" / "t.py")])

    assert registry.names == ("a", "b")


def test_a_file_may_import_its_neighbours(tmp_path: Path) -> None:
    """As it may when python runs it."""
    (tmp_path / "neighbour_of_tools.py").write_text("NUMBER = 5\n")
    text = "import neighbour_of_tools as n\nfrom belljar import tool\n@tool\ndef five() -> int: return n.NUMBER\n"
    (tmp_path / "own.py").write_text(text)

    assert load_tools(str(tmp_path / "own.py"))[0]() == 5


def test_a_file_that_failed_may_be_tried_again(tmp_path: Path) -> None:
    """Nothing of the failed import stays behind."""
    path = tmp_path / "mended.py"
    path.write_text("raise RuntimeError('not yet')\n")
    with pytest.raises(UsageError, match="RuntimeError"):
        load_tools(str(path))

    path.write_text("from belljar import tool\n@tool\ndef works() -> int: return 1\n# longer than before\n")

    assert [tool.name for tool in load_tools(str(path))] == ["works"]


def test_a_module_of_an_installed_package_is_imported_by_its_name() -> None:
    """Here one of belljar's own."""
    assert [tool.name for tool in load_tools("belljar.cli._probes")] == ["echo", "guarded"]
