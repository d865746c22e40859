"""Built-ins on data: records, Dict, Option, Result, JSON, hashes, `pipe` and `log`."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Final

from oracle import json_text
from oracle.encode import Unencodable, cbor, cbor_at, fnv1a64, ordered_keys, sort_key
from oracle.natives import Native, Run, call_back, native, part_text, placed, pure, require
from oracle.values import (
    NONE,
    Closure,
    Err,
    Nothing,
    Ok,
    Place,
    Record,
    Some,
    Stop,
    Table,
    Value,
    kind_of,
    record,
    string,
    table,
)

Pair = tuple[Value, Value]


def _values(fields: Record) -> tuple[Value, ...]:
    return tuple([fields.fields[key] for key in ordered_keys(fields.fields)])


def _entries(fields: Record) -> tuple[Pair, ...]:
    return tuple([(key, fields.fields[key]) for key in ordered_keys(fields.fields)])


def _pair(value: Value, at: Place) -> Pair:
    """A value that is an array of two. Raises `Stop` with IndexOutOfRangeError."""
    if len(require(value, "array", at)) != 2:
        raise Stop("IndexOutOfRangeError", at)
    key, item = value
    return key, item


def _from_entries(at: Place, items: tuple[Value, ...]) -> Record:
    pairs = [_pair(item, at) for item in items]
    return record({require(key, "string", at): value for key, value in pairs}, at)


OBJECT: Final[dict[str, Native]] = {
    "Object.keys": pure("object_keys", "record", lambda fields: tuple(ordered_keys(fields.fields))),
    "Object.values": pure("object_keys", "record", _values),
    "Object.entries": pure("object_entries", "record", _entries),
    "Object.fromEntries": placed("object_entries", "array", _from_entries),
}


def key_bytes(key: Value, at: Place) -> bytes:
    """The bytes of a key. Raises `Stop` with DictKeyError for a function, LimitError where it nests too deep."""
    try:
        return cbor(key)
    except Unencodable as refusal:
        raise Stop("DictKeyError" if refusal.code == "UnencodableError" else refusal.code, at) from None


def _in_order(entries: dict[bytes, Pair], at: Place) -> Table:
    pairs = sorted(entries.items(), key=lambda entry: sort_key(entry[1][0]))
    return table(dict(pairs), at)


def _of(at: Place, items: tuple[Value, ...]) -> Table:
    pairs = [_pair(item, at) for item in items]
    return _in_order({key_bytes(key, at): (key, value) for key, value in pairs}, at)


def _get(at: Place, entries: Table, key: Value) -> Value:
    found = entries.entries.get(key_bytes(key, at))
    return Some(found[1]) if found else NONE


def _set(at: Place, entries: Table, key: Value, value: Value) -> Table:
    return _in_order({**entries.entries, key_bytes(key, at): (key, value)}, at)


def _remove(at: Place, entries: Table, key: Value) -> Table:
    gone = key_bytes(key, at)
    return Table({data: pair for data, pair in entries.entries.items() if data != gone})


DICT: Final[dict[str, Native]] = {
    "Dict.of": placed("object", "array", _of),
    "Dict.empty": pure("object", "", lambda: Table({})),
    "Dict.get": placed("property", "dict any", _get),
    "Dict.has": placed("property", "dict any", lambda at, entries, key: key_bytes(key, at) in entries.entries),
    "Dict.set": placed("object", "dict any any", _set),
    "Dict.remove": placed("object", "dict any", _remove),
    "Dict.keys": pure("object_keys", "dict", lambda entries: tuple(key for key, _ in entries.entries.values())),
    "Dict.values": pure("object_keys", "dict", lambda entries: tuple(value for _, value in entries.entries.values())),
    "Dict.entries": pure("object_entries", "dict", lambda entries: tuple(entries.entries.values())),
    "Dict.size": pure("property", "dict", lambda entries: len(entries.entries)),
}


def _mapped(kind: type[Some | Ok]) -> Callable[..., Value]:
    """`map`: the function on what is inside, wrapped again."""

    def work(run: Run, at: Place, value: Value, function: Closure) -> Value:
        return kind(call_back(run, at, function, value.value)) if isinstance(value, kind) else value

    return work


def _chained(kind: type[Some | Ok], name: str) -> Callable[..., Value]:
    """`andThen`: the function on what is inside, which must wrap its answer itself."""

    def work(run: Run, at: Place, value: Value, function: Closure) -> Value:
        return require(call_back(run, at, function, value.value), name, at) if isinstance(value, kind) else value

    return work


def _or_else(value: Value, other: Value) -> Value:
    return value.value if isinstance(value, Some | Ok) else other


_CASES: Final = {Some: "some", Nothing: "none", Ok: "ok", Err: "err"}
_WHOLE: Final = {"option": {"some", "none"}, "result": {"ok", "err"}}


def _match(run: Run, at: Place, value: Value, cases: Record) -> Value:
    if kind_of(value) not in _WHOLE:
        raise Stop("TypeMismatchError", at)
    if _WHOLE[kind_of(value)] != cases.fields.keys():
        raise Stop("PropertyNotFoundError", at)
    run.charge("match_case")
    inside = () if isinstance(value, Nothing) else (value.value,)
    return call_back(run, at, cases.fields[_CASES[type(value)]], *inside)


CHOICES: Final[dict[str, Native]] = {
    "some": pure("option", "any", Some),
    "ok": pure("option", "any", Ok),
    "err": pure("option", "any", Err),
    "Option.isSome": pure("option", "option", lambda value: isinstance(value, Some)),
    "Option.getOr": pure("option", "option any", _or_else),
    "Option.map": native("option", "option function", _mapped(Some)),
    "Option.andThen": native("option", "option function", _chained(Some, "option")),
    "Result.isOk": pure("option", "result", lambda value: isinstance(value, Ok)),
    "Result.getOr": pure("option", "result any", _or_else),
    "Result.map": native("option", "result function", _mapped(Ok)),
    "Result.andThen": native("option", "result function", _chained(Ok, "result")),
    "match": native("match", "any record", _match),
}


def _pipe(run: Run, at: Place, value: Value, *functions: Closure) -> Value:
    for function in functions:
        run.charge("pipeline_call")
        value = run.apply(function, (value,), at)
    return value


def _parse(text: str) -> Ok | Err:
    try:
        return Ok(json_text.parse(text))
    except json_text.Unreadable:
        return Err("InvalidJson")


def _stringify(at: Place, value: Value) -> str:
    cbor_at(value, at)
    return string(json_text.stringify(value), at)


def _log(run: Run, at: Place, *values: Value) -> None:
    run.say(" ".join([_said(value, at) for value in values]))


def _said(value: Value, at: Place) -> str:
    plain = kind_of(value) in {"int", "string", "boolean", "decimal"}
    return part_text(value, at) if plain else _stringify(at, value)


OTHERS: Final[dict[str, Native]] = {
    "pipe": native("pipeline", "any function*", _pipe),
    "Json.parse": pure("json_parse", "string", _parse),
    "Json.stringify": placed("json_stringify", "any", _stringify),
    "sha256": pure("sha256", "string", lambda text: hashlib.sha256(text.encode()).hexdigest()),
    "hmacSha256": pure(
        "hmac", "string string", lambda key, text: hmac.digest(key.encode(), text.encode(), "sha256").hex()
    ),
    "log": native("log", "any*", _log),
    "fnv1a64": placed("hash", "any", lambda at, value: f"{fnv1a64(cbor_at(value, at)):016x}"),
    "cbor": placed("object_entries", "any", lambda at, value: string(cbor_at(value, at).hex(), at)),
}
