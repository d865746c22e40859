"""The rules of a policy's own fields, and what they know beside a field's value."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, ValidationInfo

from belljar.audit import PublicKey, load_public_key
from belljar.errors import SerializationError, UsageError
from belljar.guess import closest
from belljar.packs._http_policy import is_header_name, is_reserved_header
from belljar.packs._plain_file import beginning_of
from belljar.plugins._config import is_secret_config_key
from belljar.plugins._problems import quoted
from belljar.plugins._rules import Label, broken, line_of_text, rule, words
from belljar.values import canonical_json

SQLITE: Final = "sqlite:///"
SHORTEST_SECRET: Final = 6
"""What is shorter stands in every text, and everything would be taken for it."""
_KEY_BYTES: Final = 4_096
"""Bytes of a file with a public key; a PEM has 178."""


@dataclass(slots=True)
class Reading:
    """What the rules know beside a field's value."""

    folder: Path
    key_names: frozenset[str]
    keys: dict[str, PublicKey] = field(default_factory=dict)
    """By their files, each read once."""


def _reading(info: ValidationInfo) -> Reading:
    assert isinstance(info.context, Reading)
    return info.context


def _readable_key(file: str, info: ValidationInfo) -> str:
    reading = _reading(info)
    try:
        reading.keys[file] = load_public_key(beginning_of(reading.folder / file, _KEY_BYTES))
    except OSError as error:
        raise broken(f"cannot be read: {error.strerror}") from None
    except (UsageError, ValueError):
        raise broken("holds no public key: an ECDSA key on P-256 in PEM") from None
    return file


def _known_key(name: str, info: ValidationInfo) -> str:
    names = _reading(info).key_names
    if name not in names:
        meant = closest(name, names)
        raise broken("is the name of no [[key]]" + (f"; did you mean {meant!r}?" if meant else ""), is_shown=False)
    return name


def _plain(value: Any) -> Any:
    try:
        canonical_json(value)
    except SerializationError as error:
        raise broken(f"is no plain data: {error.message}") from None
    if (name := _secret_name_in(value)) is not None:
        raise broken(f"has {quoted(name)} in it, which looks like the name of a secret", is_shown=False)
    return value


def _secret_name_in(value: Any) -> str | None:
    if isinstance(value, list):
        return next((found for each in value if (found := _secret_name_in(each)) is not None), None)
    if not isinstance(value, dict):
        return None
    own = next(filter(is_secret_config_key, value), None)
    return own if own is not None else _secret_name_in(list(value.values()))


FilePath: TypeAlias = Annotated[str, line_of_text(1, 1_000)]
KeyFile: TypeAlias = Annotated[FilePath, AfterValidator(_readable_key)]
KeyName: TypeAlias = Annotated[str, AfterValidator(_known_key)]
ConfigValue: TypeAlias = Annotated[Any, AfterValidator(_plain)]
ConfigKey: TypeAlias = Annotated[
    Label,
    rule(lambda key: not is_secret_config_key(key), "looks like the name of a secret; secrets are [[grant.secret]]"),
]


def _is_database(url: str) -> bool:
    is_file = url.startswith(SQLITE) and len(url) > len(SQLITE) and not set(url) & set("?#")
    return url.isprintable() and (is_file or _is_server(url))


def _is_server(url: str) -> bool:
    try:
        password = unquote(urlsplit(url).password or "")
    except ValueError:  # half a bracket
        return False
    return re.match("postgres(?:ql)?://.", url) is not None and (not password or len(password) >= SHORTEST_SECRET)


DatabaseUrl: TypeAlias = Annotated[
    str,
    rule(
        _is_database,
        "must be sqlite:///PATH or postgresql://..., with a password of six characters or more, or none",
        is_shown=False,
    ),
]
Method: TypeAlias = Annotated[
    str, words("(?!CONNECT|TRACE|TRACK)[A-Z]{1,20}", "must be a method in capitals, and not CONNECT, TRACE or TRACK")
]
Program: TypeAlias = Annotated[
    str, words("[A-Za-z0-9_][A-Za-z0-9._+-]{0,63}", "must be the name of a program, without a folder")
]
Header: TypeAlias = Annotated[
    str,
    rule(
        lambda name: is_header_name(name) and not is_reserved_header(name.lower()),
        "must be the name of a header that can carry a secret",
    ),
]
Prefix: TypeAlias = Annotated[
    str, words(r"(?:[\x21-\x7e][\x20-\x7e]{0,49})?", "must be at most 50 visible ASCII characters")
]


def only_once(name: str) -> AfterValidator:
    """Of tables in a list, each has another value in this field."""

    def check(items: tuple[Any, ...]) -> tuple[Any, ...]:
        seen: set[str] = set()
        for each in (getattr(item, name) for item in items):
            if each in seen:
                raise broken(f"has the {name} {each!r} more than once")
            seen.add(each)
        return items

    return AfterValidator(check)
