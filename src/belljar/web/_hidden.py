"""What a page hides of a call's arguments, and getting it back where a person left it alone. Pure.

`redact` puts a mark in the place of what it leaves out: a secret, the rest of a long text, bytes, the tail of a list.
An argument that comes back as it was shown means the real one. In one that was changed, a mark counts only where there
is no doubt whose it is: it has the value's SHA-256, or it is the only mark of these words in the whole question and
stands where it stood. Any other is refused: a guess could send one person's secret to another, or the mark itself.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from belljar.audit import REDACTED
from belljar.audit._redact import ITEMS_SHOWN, KEYS_SHOWN
from belljar.errors import DecisionRefusedError

_HASHED: Final = re.compile(r"… \[[\d,]+ characters?, sha256 [0-9a-f]{64}\]$|^\[[\d,]+ bytes?, sha256 [0-9a-f]{64}\]$")
_MARK: Final = re.compile(
    rf"{re.escape(REDACTED)}|… \[[\d,]+ characters?, sha256|\[[\d,]+ bytes?, sha256"
    r"|^… [\d,]+ more of [\d,]+ items$|^[\d,]+ more of [\d,]+ keys$|^\[nested deeper\]$"
)
_PLAIN_KEY: Final = re.compile(r"[\w-]+")
Path: TypeAlias = tuple[str | int, ...]
"""From the arguments down: names, and places in lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """What the marks in the arguments of one question stand for."""

    hashed: Mapping[str, Any]
    """What is shown of a value with its SHA-256 -> the value."""
    doubtful: frozenset[str]
    """Texts with a mark in them that stand there more than once."""

    @classmethod
    def of(cls, was_shown: Mapping[str, Any], real: Mapping[str, Any]) -> Hidden:
        """Of the arguments as they were shown, and as they are."""
        hashed: dict[str, list[Any]] = {}
        for shown, value in _leaf_pairs(was_shown, real):
            if isinstance(shown, str) and _HASHED.search(shown):
                hashed.setdefault(shown, []).append(value)
        sure = {shown: found[0] for shown, found in hashed.items() if all(each == found[0] for each in found)}
        times = Counter(text for text in _texts(was_shown) if _MARK.search(text))
        return cls(hashed=sure, doubtful=frozenset(each for each, n in times.items() if n > 1 and each not in sure))

    def restored(self, new: Any, was_shown: Any, real: Any, path: Path = ()) -> Any:
        """`new`, with the real value wherever it is what was shown. Raises DecisionRefusedError for doubtful marks."""
        is_argument = len(path) <= 1  # arguments are told apart by the tool's own names, so there is no doubt
        if same(new, was_shown) and (is_argument or not self._is_doubtful(new)):
            return real
        if isinstance(new, dict) and isinstance(was_shown, Mapping) and isinstance(real, Mapping):
            return self._object(new, was_shown, real, path)
        if isinstance(new, list) and isinstance(was_shown, list) and isinstance(real, (list, tuple)):
            return self._list(new, was_shown, real, path)
        return self._written(new, path)

    def _object(self, new: dict[str, Any], was_shown: Mapping[str, Any], real: Mapping[str, Any], path: Path) -> Any:
        known = entries(was_shown, real)
        tail_name = list(was_shown)[-1] if len(known) == KEYS_SHOWN < len(real) else None
        has_tail = tail_name in new and self._is_left(new[tail_name], was_shown[tail_name])
        found = []
        for key, item in new.items():
            if has_tail and key == tail_name:
                continue
            if key in known and (not path or key not in self.doubtful):
                found.append((known[key].name, self.restored(item, known[key].shown, known[key].real, (*path, key))))
            else:
                found.append((_unmarked(key, (*path, key)), self._written(item, (*path, key))))
        return _once_each(found + (list(real.items())[KEYS_SHOWN:] if has_tail else []), path)

    def _list(self, new: list[Any], was_shown: list[Any], real: Sequence[Any], path: Path) -> list[Any]:
        """An item is known by what is shown of it: items may have come and gone, so where it stands says nothing."""
        pairs = items(was_shown, real)
        is_cut = len(pairs) == ITEMS_SHOWN < len(real)
        has_tail = is_cut and bool(new) and self._is_left(new[-1], was_shown[-1])
        body, tail = (new[:-1], list(real[ITEMS_SHOWN:])) if has_tail else (new, [])
        texts = [canonical(item) for item in body]
        times = Counter(texts)
        known = {canonical(shown): value for shown, value in pairs if not self._is_doubtful(shown)}
        sure = [text in known and times[text] == 1 for text in texts]
        return [
            known[texts[at]] if sure[at] else self._written(item, (*path, at)) for at, item in enumerate(body)
        ] + tail

    def _written(self, new: Any, path: Path) -> Any:
        """What a person wrote, or put elsewhere: a mark says nothing there unless it has a hash."""
        if isinstance(new, dict):
            return {_unmarked(key, (*path, key)): self._written(item, (*path, key)) for key, item in new.items()}
        if isinstance(new, list):
            return [self._written(item, (*path, at)) for at, item in enumerate(new)]
        if not isinstance(new, str):
            return new
        return self.hashed[new] if new in self.hashed else _unmarked(new, path)

    def _is_left(self, new: Any, was_shown: Any) -> bool:
        return same(new, was_shown) and not self._is_doubtful(new)

    def _is_doubtful(self, shown: Any) -> bool:
        return any(text in self.doubtful for text in _texts(shown))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of an object, and what is shown of it."""

    name: str
    real: Any
    shown: Any


def entries(was_shown: Mapping[str, Any], real: Mapping[str, Any]) -> dict[str, Entry]:
    """By the name that is shown, without the tail. A name may be redacted, too: the order tells whose it is."""
    if len(was_shown) != _size_shown(len(real), KEYS_SHOWN):
        return {}  # nothing in it can be told apart
    pairs = zip(list(was_shown.items())[:KEYS_SHOWN], real.items(), strict=False)
    return {key: Entry(name=name, real=value, shown=shown) for (key, shown), (name, value) in pairs}


def items(was_shown: Sequence[Any], real: Sequence[Any]) -> list[tuple[Any, Any]]:
    """What is shown of each item, and the item, without the tail."""
    if len(was_shown) != _size_shown(len(real), ITEMS_SHOWN):
        return []
    return list(zip(was_shown[:ITEMS_SHOWN], real, strict=False))


def _size_shown(size: int, most: int) -> int:
    """With the mark of the tail."""
    return size if size <= most else most + 1


def _leaf_pairs(was_shown: Any, real: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(was_shown, Mapping) and isinstance(real, Mapping):
        for entry in entries(was_shown, real).values():
            yield from _leaf_pairs(entry.shown, entry.real)
    elif isinstance(was_shown, list) and isinstance(real, (list, tuple)):
        for shown, value in items(was_shown, real):
            yield from _leaf_pairs(shown, value)
    else:
        yield was_shown, real


def _texts(value: Any) -> Iterator[str]:
    """Every text in it, names included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _once_each(found: Sequence[tuple[str, Any]], path: Path) -> dict[str, Any]:
    meant = dict(found)
    if len(meant) != len(found):
        raise DecisionRefusedError(f"{path_text(path)} has a name twice: one of them is not shown")
    return meant


def _unmarked(text: str, path: Path) -> str:
    """`text`. Raises DecisionRefusedError where it has a mark of something hidden in it."""
    mark = _MARK.search(text)
    if mark is None:
        return text
    whole = path_text(path[:1])
    if mark[0] == REDACTED:
        said = f"{path_text(path)} has {REDACTED} in it, which is no value"
    else:
        said = f"{path_text(path)} is shown in part, and a part is no value"
    raise DecisionRefusedError(said, hint=f"Write it out whole, or leave all of {whole} as it was shown.")


def path_text(path: Path) -> str:
    """`lines[0].cents`; a name with other characters stands in quotes, so that no two places read the same."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN_KEY.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f"[{json.dumps(part, ensure_ascii=False)}]"
    return text or "(all)"


def same(one: Any, other: Any) -> bool:
    """As data: `1` is not `True`, and bytes are what they are."""
    return canonical(one) == canonical(other)


def canonical(value: Any) -> str:
    """One text for each value, to compare and to look up by."""
    return json.dumps(value, sort_keys=True, default=_no_text)


def _no_text(value: Any) -> Any:
    """Of bytes: what a text that reads like them is not."""
    return {type(value).__name__: repr(value)}
