"""A provider's objects as plain JSON data, whichever way they come: objects of its SDK, or dicts of the same shape.

No SDK is imported. Its models are recognised by `model_dump`, and are dumped as the SDKs themselves do it when they
send them back (openai 3.52 `_utils/_transform.py`, anthropic 2.11 `_utils/_json.py`): what the service did not say is
left out, names are those of the wire, and so are the fields that `__api_exclude__` lists.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from belljar.errors import UsageError

Plain: TypeAlias = dict[str, Any]


def plain(given: Any, what: str) -> Plain:
    """`given` as a dict that may be kept and sent. Raises UsageError where it is neither a model nor a mapping."""
    if isinstance(given, Mapping):
        return {str(key): _plain_value(value, what) for key, value in given.items()}
    dump = getattr(given, "model_dump", None)
    if dump is None:
        raise UsageError(f"{what} is a {type(given).__name__}", hint="Give the SDK's own object, or a dict like it.")
    dumped: Plain = dump(
        mode="json",
        by_alias=True,
        exclude_unset=True,
        warnings=False,  # a block of a kind that this SDK does not know is passed on all the same
        exclude=getattr(given, "__api_exclude__", None),
    )
    return dumped


def _plain_value(value: Any, what: str) -> Any:
    if isinstance(value, list | tuple):
        return [_plain_value(each, what) for each in value]
    return plain(value, what) if isinstance(value, Mapping) or hasattr(value, "model_dump") else value


def field(given: Any, name: str, default: Any = None) -> Any:
    """One field of a model or a mapping."""
    return given.get(name, default) if isinstance(given, Mapping) else getattr(given, name, default)


def plain_list(given: Any, name: str, what: str) -> list[Plain]:
    """A list of models or mappings in a field. Raises UsageError where the field holds something else."""
    found = field(given, name)
    if isinstance(found, str | bytes | Mapping) or not isinstance(found, Iterable):
        raise UsageError(f"{what} has no list {name!r}", hint="Give the whole response, as the SDK returned it.")
    return [plain(each, f"{what}.{name}") for each in found]


def required(data: Mapping[str, Any], name: str) -> Any:
    """A field without which a block of the provider means nothing. Raises UsageError where it is missing."""
    value = data.get(name)
    if not value:
        raise UsageError(f"a {data.get('type', 'part')} of the response has no {name!r}", hint="Give it as it came.")
    return value


def text_of(data: Mapping[str, Any], name: str) -> str:
    """A text in a block of the provider; empty where there is none."""
    value = data.get(name)
    return value if isinstance(value, str) else ""


class NotJson(str):
    """A text that should have been JSON, and is not."""

    __slots__ = ()


def json_of(text: str) -> Any:
    """The JSON data in `text` (RFC 8259: no NaN; no text at all: no arguments), or NotJson."""
    try:
        return json.loads(text or "{}", parse_constant=_refuse)
    except (ValueError, RecursionError):
        return NotJson(text)


def _refuse(name: str) -> Any:
    raise ValueError(name)
