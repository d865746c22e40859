"""Where a text stands: in data, a log, an address, code, a header, a configuration, a shell.

Two sets. Patterns are worked on with the first; the second is held out and only measured.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A way to write `key` and `text` down."""

    name: str
    write: Callable[[str, str], Any]
    """Data to redact."""
    is_line: bool = False
    """A text with line breaks cannot stand here."""
    is_word: bool = False
    """Neither can one with spaces."""


def _yaml(key: str, text: str) -> str:
    if "\n" not in text:
        return f"service:\n  {key}: {text}\n  replicas: 3\n"
    return f"service:\n  {key}: |\n" + "".join(f"    {row}\n" for row in text.split("\n")) + "  replicas: 3\n"


WORKED_ON: Final = (
    Place(name="data", write=lambda key, text: {"note": "first", key: text, "count": 3}),
    Place(name="json", write=lambda key, text: json.dumps({"note": "first", key: text, "count": 3})),
    Place(name="log", write=lambda key, text: f"2026-03-04T05:06:07Z INFO worker-3 sent {key}={text} in 31 ms"),
    Place(
        name="address",
        is_word=True,
        write=lambda key, text: f"GET https://api.shop.test/v1/items?page=2&{key}={text}&sort=asc",
    ),
    Place(name="code", write=lambda key, text: f"const {key} = `{text}`;\nawait send({key}, 200);\n"),
    Place(
        name="header", is_line=True, write=lambda key, text: f"Accept: */*\r\nX-{key}: {text}\r\nContent-Length: 42\r\n"
    ),
    Place(name="yaml", write=_yaml),
    Place(name="shell", write=lambda key, text: f"export {key}='{text}' && ./deploy.sh --region eu"),
)

HELD_OUT: Final = (
    Place(name="toml", write=lambda key, text: f'[tool.client]\n{key} = """{text}"""\ntimeout = 30\n'),
    Place(name="python", write=lambda key, text: repr({"status": 200, "headers": {key: text}, "ok": True})),
    Place(
        name="markdown",
        is_line=True,
        write=lambda key, text: f"| name | value |\n|---|---|\n| {key} | `{text}` |\n| mode | fast |\n",
    ),
    Place(
        name="chat", write=lambda key, text: f"Sure, I have put it in. The {key} is {text} and the build is green now."
    ),
    Place(
        name="xml",
        write=lambda key, text: f'<config><add key="{key}" value="{text}" /><add key="mode" value="fast" /></config>',
    ),
    Place(
        name="docker",
        is_line=True,
        write=lambda key, text: f"FROM python:3.12-slim\nENV {key}={text}\nRUN pip install .\n",
    ),
    Place(name="nested", write=lambda key, text: {"steps": [{"run": [{"env": {key: text}, "with": ["--fast"]}]}]}),
    Place(name="escaped", write=lambda key, text: json.dumps({"body": json.dumps({key: text, "ok": True})})),
)


def allowed(places: tuple[Place, ...], *, lines: bool, spaces: bool) -> list[Place]:
    """The places where such a text can stand."""
    return [
        place for place in places if not (lines and (place.is_line or place.is_word)) and not (spaces and place.is_word)
    ]


NEUTRAL_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "worked on": ("value", "data", "x", "arg", "field"),
    "held out": ("payload", "item", "content", "result", "entry"),
}
