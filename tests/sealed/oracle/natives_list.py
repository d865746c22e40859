"""Built-ins on arrays: the methods, and `List`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from oracle.natives import Native, Run, call_back, check_arity, is_same, native, part_text, placed, pure, require
from oracle.values import MAX_ENTRIES, NONE, Closure, Place, Some, Stop, Value, array, string

Items = tuple[Value, ...]


def taken(function: Closure, least: int, at: Place) -> int:
    """How many arguments a call back takes: `least`, or one more for the index. Raises `Stop` with ArityError."""
    fixed = len(function.code.parameters)
    if function.code.rest is not None and fixed <= least + 1:
        return least + 1
    if fixed not in (least, least + 1):
        raise Stop("ArityError", at)
    return fixed


def _each(run: Run, at: Place, items: Items, function: Closure) -> Iterator[tuple[Value, Value]]:
    """Each item with what the function makes of it."""
    count = taken(function, 1, at)
    for index, item in enumerate(items):
        yield item, call_back(run, at, function, *(item, index)[:count])


def _tested(run: Run, at: Place, items: Items, function: Closure) -> Iterator[tuple[Value, bool]]:
    """Each item with the boolean that the function says of it."""
    for item, answer in _each(run, at, items, function):
        yield item, require(answer, "boolean", at)


def _map(run: Run, at: Place, items: Items, function: Closure) -> Items:
    made = []
    for _, answer in _each(run, at, items, function):
        made.append(answer)
    return tuple(made)


def _filter(run: Run, at: Place, items: Items, function: Closure) -> Items:
    return tuple([item for item, is_kept in _tested(run, at, items, function) if is_kept])


def _flat_map(run: Run, at: Place, items: Items, function: Closure) -> Items:
    made: list[Value] = []
    for _, answer in _each(run, at, items, function):
        made += require(answer, "array", at)
        array(tuple(made), at)
    return tuple(made)


def _find(run: Run, at: Place, items: Items, function: Closure) -> Value:
    for item, is_found in _tested(run, at, items, function):
        if is_found:
            return Some(item)
    return NONE


def _find_index(run: Run, at: Place, items: Items, function: Closure) -> int:
    for index, (_, is_found) in enumerate(_tested(run, at, items, function)):
        if is_found:
            return index
    return -1


def _any(wanted: bool, run: Run, at: Place, items: Items, function: Closure) -> bool:
    """Whether one answer is the wanted one; the first such ends it."""
    return any(answer is wanted for _, answer in _tested(run, at, items, function))


def _every(run: Run, at: Place, items: Items, function: Closure) -> bool:
    return not _any(False, run, at, items, function)


def _reduce(run: Run, at: Place, items: Items, function: Closure, start: Value) -> Value:
    count = taken(function, 2, at)
    for index, item in enumerate(items):
        start = call_back(run, at, function, *(start, item, index)[:count])
    return start


def _to_sorted(run: Run, at: Place, items: Items, compare: Closure) -> Items:
    check_arity(compare, 2, at)
    return _sorted(run, at, items, compare)


def _sorted(run: Run, at: Place, items: Items, compare: Closure) -> Items:
    """Top-down merge sort; the left one first where the comparison is at most 0."""
    if len(items) < 2:
        return items
    middle = len(items) // 2
    return _merged(
        run, at, compare, (_sorted(run, at, items[:middle], compare), _sorted(run, at, items[middle:], compare))
    )


def _merged(run: Run, at: Place, compare: Closure, halves: tuple[Items, Items]) -> Items:
    left, right = halves
    made: list[Value] = []
    i = j = 0
    while i < len(left) and j < len(right):
        if require(call_back(run, at, compare, left[i], right[j]), "int", at) <= 0:
            made.append(left[i])
            i += 1
        else:
            made.append(right[j])
            j += 1
    return (*made, *left[i:], *right[j:])


def _index_of(items: Items, wanted: Value) -> int:
    return next((index for index, item in enumerate(items) if is_same(item, wanted)), -1)


def relative(index: int, length: int) -> int:
    """An index as `slice` reads it: from the end where negative, never outside."""
    return max(0, length + index) if index < 0 else min(index, length)


def _slice(items: Items, start: int, end: int | None = None) -> Items:
    return items[relative(start, len(items)) : relative(len(items) if end is None else end, len(items))]


def _join(at: Place, items: Items, separator: str = ",") -> str:
    return string(separator.join([part_text(item, at) for item in items]), at)


def _spliced(at: Place, items: Items, start: int, count: int, *more: Value) -> Items:
    first = relative(start, len(items))
    return array((*items[:first], *more, *items[first + max(0, count) :]), at)


def _with(at: Place, items: Items, index: int, value: Value) -> Items:
    if not 0 <= index < len(items):
        raise Stop("IndexOutOfRangeError", at)
    return (*items[:index], value, *items[index + 1 :])


def _concat(at: Place, *lists: Items) -> Items:
    return array(tuple(item for items in lists for item in items), at)


def _without(part: Callable[[Items], Items], at: Place, items: Items) -> Items:
    if not items:
        raise Stop("IndexOutOfRangeError", at)
    return part(items)


def _range(at: Place, count: int) -> Items:
    if count < 0:
        raise Stop("IndexOutOfRangeError", at)
    if count > MAX_ENTRIES:
        raise Stop("LimitError", at)
    return tuple(range(count))


_WALK: Final = "array function"

ARRAY_METHODS: Final[dict[str, Native]] = {
    "map": native("array_slice", _WALK, _map),
    "filter": native("array_slice", _WALK, _filter),
    "flatMap": native("array_slice", _WALK, _flat_map),
    "find": native("array_slice", _WALK, _find),
    "findIndex": native("array_slice", _WALK, _find_index),
    "some": native("array_slice", _WALK, partial(_any, True)),
    "every": native("array_slice", _WALK, _every),
    "reduce": native("array_slice", "array function any", _reduce),
    "concat": placed("array_slice", "array array*", _concat),
    "slice": pure("array_slice", "array int int?", _slice),
    "includes": pure("array_slice", "array any", lambda items, wanted: _index_of(items, wanted) >= 0),
    "indexOf": pure("array_slice", "array any", _index_of),
    "join": placed("array_join", "array string?", _join),
    "toReversed": pure("array_reverse", "array", lambda items: items[::-1]),
    "toSorted": native("sort", _WALK, _to_sorted),
    "toSpliced": placed("array_splice", "array int int any*", _spliced),
    "with": placed("array_slice", "array int any", _with),
}

LIST: Final[dict[str, Native]] = {
    "List.push": placed("array_push", "array any", lambda at, items, item: array((*items, item), at)),
    "List.pop": placed("array_pop", "array", partial(_without, lambda items: items[:-1])),
    "List.shift": placed("array_shift", "array", partial(_without, lambda items: items[1:])),
    "List.unshift": placed("array_unshift", "array any", lambda at, items, item: array((item, *items), at)),
    "List.range": placed("array_slice", "int", _range),
}
