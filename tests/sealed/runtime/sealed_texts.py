"""Sealed values as compiled text, and strategies that make them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from belljar.values._decimal import Decimal128
from belljar.values._keys import Dict
from belljar.values._sealed import JSON_NULL, NONE, Err, Ok, Some

SAFE = 2**53 - 1


def expression(value: Any) -> str:
    """Compiled text that makes `value`."""
    match value:
        case bool() | int() | str():
            return json.dumps(value)
        case list():
            return f"arr([{', '.join(map(expression, value))}])"
        case dict():
            fields = (f"{expression(key)}, {expression(item)}" for key, item in value.items())
            return f"rec(P, [{', '.join(fields)}])"
        case Decimal128():
            return decimal(value)
        case Some(value=item):
            return f'bi(P, "some", {expression(item)})'
        case Ok(value=item):
            return f'bi(P, "ok", {expression(item)})'
        case Err(error=item):
            return f'bi(P, "err", {expression(item)})'
        case Dict():
            return f'bi(P, "Dict.of", {expression([list(pair) for pair in value.items()])})'
    return {id(NONE): "none", id(JSON_NULL): "JsonNull"}[id(value)]


def decimal(value: Decimal128) -> str:
    """A Decimal of this coefficient and scale."""
    digits = str(abs(value.coefficient)).rjust(value.scale + 1, "0")
    point = len(digits) - value.scale
    text = f"{'-' if value.coefficient < 0 else ''}{digits[:point]}{'.' if value.scale else ''}{digits[point:]}"
    return f'bi(P, "Result.getOr", bi(P, "Decimal.of", "{text}"), 0)'


def ints() -> st.SearchStrategy[int]:
    """Small ones, and those at the ends of the range."""
    return st.integers(-20, 20) | st.integers(-SAFE, SAFE) | st.sampled_from([SAFE, -SAFE, 2**32, -(2**31)])


def strings() -> st.SearchStrategy[str]:
    """Short, of all of Unicode but surrogates."""
    return st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def decimals() -> st.SearchStrategy[Decimal128]:
    """Of every length and scale."""
    coefficients = st.integers(0, 34).flatmap(lambda digits: st.integers(-(10**digits) + 1, 10**digits - 1))
    return st.builds(lambda c, s: Decimal128(coefficient=c, scale=s), coefficients, st.integers(0, 28))


def sealed_values() -> st.SearchStrategy[Any]:
    """All kinds but functions."""
    leaves = st.sampled_from([NONE, JSON_NULL]) | st.booleans() | ints() | strings() | decimals()
    return st.recursive(leaves, _wrapped, max_leaves=8)


def _wrapped(items: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = st.lists(items, max_size=4)
    pairs = st.lists(st.tuples(items, items), max_size=3)
    records = st.dictionaries(strings(), items, max_size=4)
    return lists | records | items.map(Some) | items.map(Ok) | items.map(Err) | pairs.map(Dict)
