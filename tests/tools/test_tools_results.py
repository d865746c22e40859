"""What a function returned, as plain data for a script."""

from __future__ import annotations

import datetime
import enum
import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, PlainSerializer
from typing_extensions import TypedDict

from belljar.errors import BelljarError, SerializationError, ToolValidationError
from belljar.tools import Tool
from belljar.values import from_wire, to_wire


class Size(enum.Enum):
    SMALL = 1


class Invoice(BaseModel):
    number: Annotated[str, Field(serialization_alias="invoiceNumber")]
    total: Decimal
    due: datetime.date


@dataclass
class Scan:
    raw: bytes
    pages: set[int] = field(default_factory=set)
    invoice: Invoice | None = None


class Row(TypedDict):
    at: datetime.datetime


class Unit:
    """No data at all."""


INVOICE = Invoice(number="A", total=Decimal("1.10"), due=datetime.date(2026, 1, 31))
INVOICE_DATA = {"invoiceNumber": "A", "total": "1.10", "due": "2026-01-31"}
NOON = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC)


def gives(annotation: Any) -> Tool[..., Any]:
    def f() -> None: ...

    f.__annotations__["return"] = annotation
    return Tool.of(f)


def undeclared() -> Tool[..., Any]:
    def f():  # type: ignore[no-untyped-def]  # the tool's return type is unknown, that is the point
        return None

    return Tool.of(f)


@pytest.mark.parametrize(
    ("annotation", "result", "data"),
    [
        (None, None, None),
        (float, 1, 1.0),
        (Decimal, Decimal("1.10"), "1.10"),
        (datetime.datetime, NOON, "2026-01-31T12:00:00Z"),
        (datetime.timedelta, datetime.timedelta(seconds=90), "PT1M30S"),
        (uuid.UUID, uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Size, Size.SMALL, 1),
        (Invoice, INVOICE, INVOICE_DATA),
        (Invoice, {"number": "A", "total": "1.10", "due": "2026-01-31"}, INVOICE_DATA),
        (list[Invoice], [INVOICE], [INVOICE_DATA]),
        (Scan, Scan(b"\xff", {2}, INVOICE), {"raw": b"\xff", "pages": [2], "invoice": INVOICE_DATA}),
        (Row, {"at": NOON}, {"at": "2026-01-31T12:00:00Z"}),
        (bytes, b"\x00\xff", b"\x00\xff"),
        (dict[str, bytes], {"a": b"\xff"}, {"a": b"\xff"}),
        (dict[int, str], {1: "a"}, {"1": "a"}),
        (tuple[int, str], (1, "a"), [1, "a"]),
        (frozenset[int], frozenset({3}), [3]),
        (Iterable[int], (1, 2), [1, 2]),
        (Iterable[bytes], [b"\xff"], [b"\xff"]),
        (dict[str, Any], {"x": {"y": (b"\xff", NOON, Size.SMALL)}}, {"x": {"y": [b"\xff", "2026-01-31T12:00:00Z", 1]}}),
        (Annotated[int, PlainSerializer(lambda n: f"<{n}>", when_used="json")], 5, "<5>"),
    ],
)
def test_the_declared_type_decides_the_form(annotation: Any, result: Any, data: Any) -> None:
    """Results are validated and serialised as the declared type's JSON Schema says; bytes stay bytes."""
    encoded = gives(annotation).encode(result)

    assert encoded == data
    assert from_wire(to_wire(encoded)) == data


@pytest.mark.parametrize(
    ("result", "data"),
    [
        (INVOICE, INVOICE_DATA),
        (Scan(b"\xff"), {"raw": b"\xff", "pages": [], "invoice": None}),
        ([Decimal("1.5"), Size.SMALL, {1}, deque([2])], ["1.5", 1, [1], [2]]),
        ({Size.SMALL: NOON, True: 1, 2.5: bytearray(b"x")}, {"1": "2026-01-31T12:00:00Z", "true": 1, "2.5": b"x"}),
        (Path("a/b"), "a/b"),
        (memoryview(b"ab"), b"ab"),
        (None, None),
    ],
)
def test_without_a_declared_type_the_values_own_type_decides(result: Any, data: Any) -> None:
    """No return annotation: models, dataclasses, enums and the rest are still plain data for the script."""
    assert undeclared().result == {}
    assert undeclared().encode(result) == data


@pytest.mark.parametrize(
    ("annotation", "result", "problem"),
    [
        (int, "many", {"path": "$", "message": "should be a whole number, got a Python str", "input_type": "string"}),
        (
            list[Invoice],
            [INVOICE, Unit()],
            {"path": "[1]", "message": "should be an object, got a Python Unit", "input_type": "Unit"},
        ),
        (
            dict[str, Row],
            {"a": {"at": "soon"}},
            {
                "path": "a.at",
                "message": "should be a date and time like 2026-01-31T12:00:00Z, got a Python str",
                "input_type": "string",
            },
        ),
        (None, 5, {"path": "$", "message": "should be null, got a Python int", "input_type": "number"}),
    ],
)
def test_a_result_that_does_not_fit_is_refused_without_showing_it(
    annotation: Any, result: Any, problem: dict[str, str]
) -> None:
    """The error names the path and the Python type; the value itself stays with the host."""
    with pytest.raises(ToolValidationError) as caught:
        gives(annotation).encode(result)

    assert caught.value.details == {"problems": [problem]}
    assert caught.value.message == f"f: the result did not fit: {problem['path']} {problem['message']}"


def test_what_a_results_own_validator_says_stays_with_the_host() -> None:
    """Its words may quote the value."""

    class Even(BaseModel):
        n: int

        def model_post_init(self, _context: Any, /) -> None:
            raise ValueError(f"secret {self.n}")

    with pytest.raises(ToolValidationError, match=r"\$ is refused: its own validator says no, got a Python dict"):
        gives(Even).encode({"n": 5})


def test_a_wrong_attribute_inside_a_model_is_found() -> None:
    """A model whose field was set to something else after validation does not pass as that model."""
    broken = INVOICE.model_copy(update={"total": "secret text"})

    with pytest.raises(SerializationError) as caught:
        gives(Invoice).encode(broken)

    assert "secret text" not in caught.value.to_model()
    reason = "its Python Invoice holds something other than its type declares, or a cycle"
    assert caught.value.message == f"f: the result cannot be serialised: {reason}"


def endless() -> Iterator[int]:
    while True:
        yield 1


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ([1, {"a": Unit()}], "f: $[1].a: a Python Unit is not data"),
        (endless(), "f: the result is an iterator, which has no end"),
        ({"a": endless()}, "f: $.a: an iterator gives more than 100,000 items"),
        ({"x": {(1, 2): 3}}, "f: $.x: a key is a Python tuple, and JSON keys are strings"),
        (print, "f: $: a Python builtin_function_or_method is not data"),
    ],
)
def test_what_is_no_data_is_refused_with_its_path(result: Any, message: str) -> None:
    """No repr, no memory address, no module path: the place and the type's name."""
    with pytest.raises(SerializationError) as caught:
        undeclared().encode(result)

    assert caught.value.message == message
    assert "0x" not in caught.value.to_model()


def test_a_cycle_is_refused() -> None:
    """A list that holds itself is an error of ours, not a RecursionError."""
    cycle: list[Any] = []
    cycle.append(cycle)

    with pytest.raises(SerializationError):
        undeclared().encode(cycle)


LEAVES = st.none() | st.integers() | st.text(max_size=5) | st.binary(max_size=5) | st.decimals() | st.dates()


@given(
    st.recursive(
        LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LEAVES, inner, max_size=3), max_leaves=5
    )
)
@settings(max_examples=30, derandomize=True, deadline=None)
def test_whatever_is_encoded_is_wire_data_or_a_belljar_error(result: Any) -> None:
    """encode and to_wire together end in text or in an error of ours, for any mixture of types."""
    try:
        text = to_wire(undeclared().encode(result))
    except BelljarError:
        return
    assert isinstance(text, str)
