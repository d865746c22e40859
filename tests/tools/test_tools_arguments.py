"""What a script may pass, and what it is told when it does not fit."""

from __future__ import annotations

import datetime
import enum
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, TypeVar

import pytest
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from belljar.errors import ToolValidationError
from belljar.tools import Tool, tool

T = TypeVar("T")


class Color(enum.Enum):
    RED = "red"
    GREEN = "green"


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"]
    is_good: bool = True


class Tree(BaseModel):
    value: int
    children: list[Tree] = []


@dataclass
class Point:
    x: float
    y: float = 0.0


class Options(TypedDict, total=False):
    depth: int


class Box(BaseModel, Generic[T]):
    content: T


@tool
def pay(invoice: str, cents: Annotated[int, Field(ge=1, description="Amount.")], note: str | None = None) -> None:
    """Pay."""


@tool
def save(data: dict[str, int]) -> None:
    """Save."""


@tool
def show(text: str) -> None:
    """Show."""


@tool(name="f")
def nothing() -> None: ...


def takes(annotation: Any) -> Tool[..., Any]:
    def f(value: Any) -> None: ...

    f.__annotations__["value"] = annotation
    return Tool.of(f)


def problems(of: Tool[..., Any], args: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(ToolValidationError) as caught:
        of.validate(args)
    assert caught.value.tool == of.name
    return [(each["path"], each["message"], each["input_type"]) for each in caught.value.details["problems"]]


@pytest.mark.parametrize(
    ("of", "args", "named"),
    [
        (pay, [{"invoice": "A", "cents": 5}], {"invoice": "A", "cents": 5}),
        (pay, ["A", 5], {"invoice": "A", "cents": 5}),
        (pay, ["A"], {"invoice": "A"}),
        (pay, [], {}),
        (pay, {"invoice": "A"}, {"invoice": "A"}),
        (show, ["hello"], {"text": "hello"}),
        (show, [{"text": "hello"}], {"text": "hello"}),
        (show, [{"test": "hello"}], {"test": "hello"}),
        (save, [{"data": {"a": 1}}], {"data": {"a": 1}}),
        (save, [{"a": 1}], {"data": {"a": 1}}),
        (save, [{"data": {"a": 1}, "b": 2}], {"data": {"a": 1}, "b": 2}),
        (save, [{}], {"data": {}}),
        (show, [["a"]], {"text": ["a"]}),
        (show, [b"raw"], {"text": b"raw"}),
    ],
)
def test_arguments_find_their_names(of: Tool[..., Any], args: Any, named: dict[str, Any]) -> None:
    """One object is named arguments; values go by order; a lone object-typed parameter takes what fits no name."""
    assert of.bind(args) == named


def test_a_default_fills_in_what_is_missing() -> None:
    """validate gives every argument, so an approval rule sees what will run."""
    assert pay.validate([{"invoice": "A", "cents": 5}]) == {"invoice": "A", "cents": 5, "note": None}


@pytest.mark.parametrize(
    ("annotation", "given", "value"),
    [
        (Color, "red", Color.RED),
        (Literal["a", 1], 1, 1),
        (Cat | Dog, {"kind": "dog"}, Dog(kind="dog")),
        (Annotated[Cat | Dog, Field(discriminator="kind")], {"kind": "cat", "lives": 3}, Cat(kind="cat", lives=3)),
        (Point, {"x": 1}, Point(x=1.0)),
        (Options, {"depth": 2}, {"depth": 2}),
        (Box[list[int]], {"content": [1]}, Box[list[int]](content=[1])),
        (Tree, {"value": 1, "children": [{"value": 2}]}, Tree(value=1, children=[Tree(value=2)])),
        (bytes, b"\xff\xfe", b"\xff\xfe"),
        (list[bytes], [b"\x00"], [b"\x00"]),
        (Decimal, "1.10", Decimal("1.10")),
        (Decimal, 2.5, Decimal("2.5")),
        (datetime.date, "2026-01-31", datetime.date(2026, 1, 31)),
        (datetime.datetime, "2026-01-31T12:00:00Z", datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC)),
        (uuid.UUID, "00000000-0000-0000-0000-000000000001", uuid.UUID(int=1)),
        (tuple[int, str], [1, "a"], (1, "a")),
        (tuple[int, ...], [1, 2], (1, 2)),
        (set[int], [1, 1], {1}),
        (dict[str, list[int]], {"a": [1]}, {"a": [1]}),
        (float, 3, 3.0),
        (Any, {"x": [None, b""]}, {"x": [None, b""]}),
        (int | None, None, None),
    ],
)
def test_python_types_take_their_json_forms(annotation: Any, given: Any, value: Any) -> None:
    """JSON and bytes from the wire become what the function declared."""
    validated = takes(annotation).validate([{"value": given}])["value"]

    assert validated == value
    assert type(validated) is type(value)


def test_every_problem_is_told_with_path_expectation_and_what_came() -> None:
    """Missing, unknown, mistyped and out of range: all at once, in the words of the script's author."""
    assert problems(pay, [{"invioce": "A", "cents": 0, "note": 5}]) == [
        ("invoice", "is missing", "object"),
        ("cents", "should be greater than or equal to 1, got number 0", "number"),
        ("note", "should be a string, got number 5", "number"),
        ("invioce", "is not a known key, did you mean invoice?", "string"),
    ]


def test_an_unknown_key_that_resembles_nothing_gets_the_list() -> None:
    """Without a likely meaning, the keys there are."""
    expected = ("zzzz", "is not a known key (known: invoice, cents, note)", "number")

    assert problems(pay, [{"invoice": "A", "cents": 5, "zzzz": 1}]) == [expected]


def test_the_model_reads_the_problems_and_the_declaration() -> None:
    """The message holds each problem, the hint the tool's own signature."""
    with pytest.raises(ToolValidationError) as caught:
        pay.validate([{"invoice": "A", "cents": "many"}])

    assert caught.value.to_model() == (
        'ToolValidationError: pay: the arguments did not fit: cents should be a whole number, got string "many"\n'
        "hint: It is declared as tools.pay(args: { invoice: string; cents: number; note?: string | null }): "
        "Promise<null>"
    )


@pytest.mark.parametrize(
    ("annotation", "given", "problem"),
    [
        (
            Tree,
            {"value": 1, "children": [{"value": "x"}]},
            ("value.children[0].value", 'should be a whole number, got string "x"', "string"),
        ),
        (tuple[int, str], [1], ("value[1]", "is missing", "array")),
        (int | list[int], "x", ("value", 'should be a whole number or an array, got string "x"', "string")),
        (dict[str, int], {"a b": None}, ("value.a b", "should be a whole number, got null", "null")),
        (Color, "blue", ("value", "should be 'red' or 'green', got string \"blue\"", "string")),
        (bytes, 5, ("value", "should be a Uint8Array, got number 5", "number")),
        (datetime.date, "soon", ("value", 'should be a date like 2026-01-31, got string "soon"', "string")),
        (str, 7, ("value", "should be a string, got number 7", "number")),
        (int, "y" * 200, ("value", "should be a whole number, got string of 200 characters", "string")),
        (
            Annotated[Cat | Dog, Field(discriminator="kind")],
            {"kind": "cat", "lives": []},
            ("value.lives", "should be a whole number, got array", "array"),
        ),
    ],
)
def test_paths_are_keys_and_indexes_of_the_value(annotation: Any, given: Any, problem: tuple[str, str, str]) -> None:
    """Names of union members, which pydantic puts into its locations, are in no path; one place is one problem."""
    assert problems(takes(annotation), [{"value": given}]) == [problem]


def test_a_value_under_a_secret_key_is_not_repeated() -> None:
    """The message about a wrong password does not hold the password."""

    @tool
    def login(password: int) -> None: ...

    assert problems(takes(dict[str, list[int]]), [{"value": {"tokens": ["hunter2"]}}]) == [
        ("value.tokens[0]", "should be a whole number, got string", "string")
    ]

    assert problems(login, [{"password": "hunter2"}]) == [
        ("password", "should be a whole number, got string", "string")
    ]


def test_too_many_values_are_refused() -> None:
    """More values than parameters is an error that lists the parameters."""
    assert problems(show, ["a", "b"]) == [("$", "takes at most 1 (text), got 2", "array")]
    assert problems(nothing, [1]) == [("$", "takes no arguments, got 1", "array")]


def test_a_machine_that_sends_no_list_is_refused() -> None:
    """Anything but a list or an object of arguments is an error, never a guess."""
    assert problems(show, 7) == [("$", "should be a list of arguments, got number", "number")]


def test_field_defaults_count_as_defaults() -> None:
    """`x: int = Field(3, ge=1)` is an optional, constrained argument."""

    @tool
    def page(size: int = Field(3, ge=1), start: int = Field(ge=0)) -> None: ...

    assert page.parameters["required"] == ["start"]
    assert page.validate([{"start": 0}]) == {"size": 3, "start": 0}
    assert problems(page, [{"start": 0, "size": 0}]) == [
        ("size", "should be greater than or equal to 1, got number 0", "number")
    ]


def test_a_models_own_message_is_kept() -> None:
    """What a validator of the tool's author says reaches the script."""

    class Even(BaseModel):
        n: int

        def model_post_init(self, _context: Any, /) -> None:
            if self.n % 2:
                raise ValueError("odd numbers are not sold")

    assert problems(takes(Even), [{"value": {"n": 3}}]) == [
        ("value", "is refused: odd numbers are not sold, got object", "object")
    ]
