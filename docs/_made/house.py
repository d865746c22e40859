"""The house, drawn from the code's own imports: docs/_static/house.svg, and the table of rooms in architecture.md.

Rooms stand as they are stacked. A dot says that the room of its line imports the room of its column; a house without an
upward import has dots on one side of the diagonal only.
"""

from __future__ import annotations

import ast
import html
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from .environment import SOURCE
from .text import code, table

ROOT: Final = Path(__file__).resolve().parents[2]
_ROW: Final = 22
_LEFT: Final = 120
"""Room for the names of the lines."""
_TOP: Final = 110
"""Room for the columns' names, which are written upwards."""


def rooms() -> tuple[str, ...]:
    """Bottom to top, as the test of the house has them."""
    tree = ast.parse((ROOT / "tests/test_house.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ROOMS":
            return tuple(ast.literal_eval(node.value))
    raise SystemExit("tests/test_house.py has no ROOMS")


@cache
def imports() -> dict[str, set[str]]:
    """Room -> rooms that it imports, also late, but not for types alone: as the test of the house counts them."""
    found: dict[str, set[str]] = {room: set() for room in rooms()}
    for path in sorted(SOURCE.rglob("*.py")):
        room = _room(path)
        if room in found:
            found[room] |= {name for name in _imported(path) if name in found and name != room}
    return found


def _room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def _imported(path: Path) -> Iterator[str]:
    """Rooms by name, of all imports outside of `if TYPE_CHECKING`."""
    todo: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while todo:
        node = todo.pop()
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                todo.extend(node.orelse)
                continue
            case ast.ImportFrom(module="belljar", names=names):
                yield from (each.name for each in names)
            case ast.ImportFrom(module=str(module)) if module.startswith("belljar."):
                yield module.split(".")[1]
            case ast.Import(names=names):
                yield from (each.name.split(".")[1] for each in names if each.name.startswith("belljar."))
        todo.extend(ast.iter_child_nodes(node))


# -- the table --------------------------------------------------------------------------------------------------------


def rooms_table() -> list[str]:
    """Top to bottom, with the first sentence that each room says of itself."""
    used = imports()
    rows = (
        (code(room), _says(room), ", ".join(sorted(used[room], key=rooms().index)) or "-") for room in rooms()[::-1]
    )
    return table(("room", "what it is", "imports"), rows)


def _says(room: str) -> str:
    """Read, not imported: two rooms are behind a gate."""
    spec = find_spec(f"belljar.{room}")
    assert spec is not None
    assert spec.origin is not None
    told = ast.get_docstring(ast.parse(Path(spec.origin).read_text(encoding="utf-8"))) or ""
    return " ".join(told.partition("\n\n")[0].split())


# -- the drawing ------------------------------------------------------------------------------------------------------


def drawing() -> str:
    """An SVG that takes the colour of the text around it; on its own it knows light and dark."""
    stack, used = rooms()[::-1], imports()
    size = len(stack) * _ROW
    parts = [_frame(_LEFT + size + 20, _TOP + size + 20)]
    for number, room in enumerate(stack):
        parts += _room_row(number, room, used[room], stack)
    return "\n".join([*parts, "</svg>", ""])


def _frame(width: int, height: int) -> str:
    return (
        f'<svg id="house" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'font-family="ui-monospace, monospace" font-size="12" fill="currentColor" aria-labelledby="house-title">\n'
        '<title id="house-title">The rooms of belljar, and who imports whom</title>\n'
        "<style>#house { color: #222 } @media (prefers-color-scheme: dark) { #house { color: #ddd } }</style>"
    )


def _room_row(number: int, room: str, used: set[str], stack: tuple[str, ...]) -> Iterator[str]:
    y, x, right = _TOP + number * _ROW, _LEFT + number * _ROW, _LEFT + len(stack) * _ROW
    middle = y + _ROW // 2
    name = html.escape(room)
    yield f'<text x="{_LEFT - 10}" y="{middle + 4}" text-anchor="end">{name}</text>'
    yield f'<text transform="translate({x + _ROW // 2 + 4} {_TOP - 8}) rotate(-90)">{name}</text>'
    yield f'<rect x="{x}" y="{y}" width="{_ROW}" height="{_ROW}" opacity="0.15"/>'
    line = f'y1="{y + _ROW}" y2="{y + _ROW}" stroke="currentColor" opacity="0.12"'
    yield f'<line x1="{_LEFT}" x2="{right}" {line}/>'
    for other in sorted(used, key=stack.index):
        across = _LEFT + stack.index(other) * _ROW + _ROW // 2
        yield f'<circle cx="{across}" cy="{middle}" r="5"><title>{name} imports {html.escape(other)}</title></circle>'
