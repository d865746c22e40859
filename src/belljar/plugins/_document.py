"""A TOML or JSON file that somebody wrote: its data, and the line of everything in it. Bounded, and never half read."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from typing import Any, Final

from belljar.plugins._positions import MAX_DEPTH, Positions, json_positions, tokens_of, toml_positions, too_deep
from belljar.plugins._problems import Place, Problem, path_of, refusal

DOCUMENT_BYTES: Final = 64 << 10
"""Of a manifest or a policy. A manifest that uses every field to its end has 20 kB."""

_TOML_PLACE: Final = re.compile(r" \(at (?:line ([0-9]+), column [0-9]+|end of document)\)\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a file says, and where."""

    file: str
    data: Any
    positions: Positions

    def problem(self, place: Place, message: str) -> Problem:
        """One at a place in it."""
        return Problem(file=self.file, line=self.positions.line(place), path=path_of(place), message=message)


def read_document(raw: bytes, file: str, *, is_toml: bool = True) -> Document:
    """The bytes of a file that is called so, as TOML or as JSON. Raises ManifestError."""
    text = _text_of(raw, file)
    tokens = list(tokens_of(text, is_toml=is_toml))
    if (line := too_deep(tokens)) is not None:
        raise refusal([Problem(file=file, line=line, message=f"goes more than {MAX_DEPTH} brackets or dots deep")])
    data = _toml(text, file) if is_toml else _json(text, file)
    positions = toml_positions(tokens) if is_toml else json_positions(tokens)
    document = Document(file=file, data=data, positions=positions)
    if positions.twice:
        raise refusal([document.problem(place, "is there more than once") for place in positions.twice])
    return document


def _text_of(raw: bytes, file: str) -> str:
    if len(raw) > DOCUMENT_BYTES:
        raise refusal([Problem(file=file, message=f"is larger than {DOCUMENT_BYTES:,} bytes")])
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise refusal([Problem(file=file, line=line, message="is not UTF-8")]) from None


def _toml(text: str, file: str) -> Any:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = _TOML_PLACE.sub("", str(error))
        found = _TOML_PLACE.search(str(error))
        line = int(found[1]) if found and found[1] else text.count("\n") + 1
        raise refusal([Problem(file=file, line=line, message=f"is no TOML: {_small(message)}")]) from None
    except ValueError:
        raise refusal([_endless_number(file)]) from None


def _json(text: str, file: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        problem = Problem(file=file, line=error.lineno, message=f"is no JSON: {_small(error.msg)}")
        raise refusal([problem]) from None
    except ValueError:
        raise refusal([_endless_number(file)]) from None


def _endless_number(file: str) -> Problem:
    """The one other thing that both parsers refuse: Python reads no number of more than 4,300 digits."""
    return Problem(file=file, message="has a number of thousands of digits")


def _small(message: str) -> str:
    return message[:1].lower() + message[1:]
