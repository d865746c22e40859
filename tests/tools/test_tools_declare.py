"""What the model is told of the tools, as TypeScript.

The texts here were checked with `tsc --strict` (typescript 7.0.2) when they were written; no test needs node.
"""

from __future__ import annotations

import datetime
import enum
import re
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from belljar.tools import AbortSignal, CallInfo, Tool, declaration, declarations, tool


class Color(enum.Enum):
    RED = "red"
    GREEN = "green"


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = Field(9, ge=1, le=9, description="Lives left.")


class Dog(BaseModel):
    kind: Literal["dog"]


class Tree(BaseModel):
    """A tree of values."""

    value: Any
    children: list[Tree] = []
    named: dict[str, Tree] = {}


@dataclass
class Invoice:
    id: uuid.UUID
    amount: Decimal
    due: datetime.date
    scan: bytes | None = None


class Options(TypedDict, total=False):
    depth: int


NULL = {"type": "null"}
EITHER = {"type": ["string", "number"]}


def object_with(name: str) -> dict[str, Any]:
    return {"type": "object", "properties": {name: NULL}}


def takes(annotation: Any) -> Tool[..., Any]:
    def f(value: Any) -> None: ...

    f.__annotations__["value"] = annotation
    return Tool.of(f)


def given_schema(parameters: dict[str, Any], **options: Any) -> Tool[..., Any]:
    def f(arguments: dict[str, Any]) -> None: ...

    return Tool.from_schema(f, name="f", parameters=parameters, **options)


def type_of(annotation: Any) -> str:
    """The type text of one required argument."""
    found = re.search(r"args: \{ value: (.*) \}\): Promise", declaration(takes(annotation)))
    assert found is not None
    return found[1]


def type_of_schema(schema: Any, **document: Any) -> str:
    parameters = {"type": "object", "properties": {"value": schema}, "required": ["value"], **document}
    found = re.search(r"value: (.*) \}\): Promise", declaration(given_schema(parameters)), re.DOTALL)
    assert found is not None
    return found[1]


def test_a_tool_is_a_method_with_its_docstring() -> None:
    """Name, description, one object of named arguments, and a promise of the result."""

    @tool
    async def get_rate(base: str, quote: str, *, signal: AbortSignal, call: CallInfo) -> float:
        """Units of quote for one unit of base."""
        raise NotImplementedError(base, quote, signal, call)

    assert declaration(get_rate) == (
        "declare const tools: {\n"
        "  /** Units of quote for one unit of base. */\n"
        "  get_rate(args: { base: string; quote: string }): Promise<number>;\n"
        "};\n"
    )


def test_descriptions_constraints_and_defaults_become_jsdoc() -> None:
    """A field that has something to say is on its own line, and says it in tags."""

    @tool
    def pay(
        invoice: Annotated[str, Field(description="Its number.", pattern="^[A-Z]+$", max_length=9)],
        cents: Annotated[int, Field(gt=0, multiple_of=5)],
        when: datetime.date | None = None,
        color: Color = Color.RED,
        tags: Annotated[list[str], Field(min_length=1)] = ["a"],  # noqa: B006 - never changed
    ) -> Invoice:
        """Pay an open invoice.

        Twice is an error.
        """
        raise NotImplementedError

    assert declaration(pay) == (
        'type Color = "red" | "green";\n'
        "type Invoice = {\n"
        "  /** @format uuid */\n"
        "  id: string;\n"
        "  amount: string;\n"
        "  /** @format date */\n"
        "  due: string;\n"
        "  scan?: Uint8Array | null;\n"
        "};\n"
        "declare const tools: {\n"
        "  /**\n"
        "   * Pay an open invoice.\n"
        "   *\n"
        "   * Twice is an error.\n"
        "   */\n"
        "  pay(args: {\n"
        "    /** Its number. @maxLength 9 @pattern ^[A-Z]+$ */\n"
        "    invoice: string;\n"
        "    /** @exclusiveMinimum 0 @multipleOf 5 */\n"
        "    cents: number;\n"
        "    /** @format date */\n"
        "    when?: string | null;\n"
        '    /** @default "red" */\n'
        "    color?: Color;\n"
        '    /** @minItems 1 @default ["a"] */\n'
        "    tags?: string[];\n"
        "  }): Promise<Invoice>;\n"
        "};\n"
    )


def test_dotted_names_are_nested_and_shared_types_are_written_once() -> None:
    """Groups are objects; a definition that two tools use stands once before them; recursion is by name."""

    def put(tree: Tree) -> None: ...
    def read() -> Tree | None: ...
    def walk(options: Options | None = None) -> list[Tree]:
        raise NotImplementedError

    listed: list[Tool[..., Any]] = [Tool.of(put, name="a.b.put"), Tool.of(walk), Tool.of(read, name="a.read")]

    assert declarations(listed) == (
        "/** A tree of values. */\n"
        "type Tree = { value: unknown; children?: Tree[]; named?: { [key: string]: Tree } };\n"
        "type Options = { depth?: number };\n"
        "declare const tools: {\n"
        "  a: {\n"
        "    b: {\n"
        "      put(args: { tree: Tree }): Promise<null>;\n"
        "    };\n"
        "    read(): Promise<Tree | null>;\n"
        "  };\n"
        "  walk(args?: { options?: Options | null }): Promise<Tree[]>;\n"
        "};\n"
    )


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (str, "string"),
        (int, "number"),
        (bool, "boolean"),
        (None, "null"),
        (Any, "unknown"),
        (bytes, "Uint8Array"),
        (Decimal, "number | string"),
        (list[int | None], "(number | null)[]"),
        (tuple[int, str], "[number, string]"),
        (tuple[int, ...], "number[]"),
        (set[bytes], "Uint8Array[]"),
        (dict[str, list[int]], "Record<string, number[]>"),
        (dict[Literal["a", "b"], int], '{ [key in "a" | "b"]?: number }'),
        (dict[str, Any], "Record<string, unknown>"),
        (Literal["a", 1, True, None], '"a" | 1 | true | null'),
        (Annotated[Cat | Dog, Field(discriminator="kind")], "Cat | Dog"),
        (list[Color] | Color | None, "Color[] | Color | null"),
        (list[list[Color | int]], "(Color | number)[][]"),
    ],
)
def test_python_types_have_their_typescript_types(annotation: Any, text: str) -> None:
    """The type of one argument, written out."""
    of = takes(annotation)
    written = declaration(of).partition("declare const")[2]

    assert f"value: {text}" in written


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({}, "unknown"),
        ({"type": ["string", "null"]}, "string | null"),
        ({"type": "string", "enum": ["a", "b"]}, '"a" | "b"'),
        ({"const": 1.5}, "1.5"),
        ({"enum": [1e21, -2, {"no": "scalar"}]}, "unknown"),
        ({"allOf": [object_with("a"), object_with("b")]}, "{ a?: null } & { b?: null }"),
        ({**object_with("b"), "allOf": [object_with("a")]}, "{ a?: null } & { b?: null }"),
        ({"type": "object", "properties": {"a": True, "b": False}}, "{ a?: unknown; b?: never }"),
        ({**object_with("a"), "anyOf": [{"required": ["a"]}]}, "{ a?: null }"),
        ({**object_with("a"), "additionalProperties": NULL}, "{ a?: null; [key: string]: unknown }"),
        ({"type": "object", "additionalProperties": False}, "Record<string, never>"),
        ({"type": "object", "patternProperties": {"^x": NULL}}, "Record<string, null>"),
        ({"type": "array", "prefixItems": [NULL, EITHER], "minItems": 1, "items": False}, "[null, (string | number)?]"),
        ({"type": "array", "prefixItems": [NULL], "items": EITHER, "minItems": 1}, "[null, ...(string | number)[]]"),
        ({"type": "array", "items": {"oneOf": [{"type": "null"}, {"type": "string"}]}}, "(null | string)[]"),
        ({"$ref": "#/$defs/Gone"}, "unknown"),
        ({"$ref": "https://elsewhere/schema"}, "unknown"),
        ({"type": "no such type"}, "unknown"),
        ({"type": {"type": 7}}, "unknown"),
        ({"anyOf": "nothing"}, "unknown"),
        ({"type": "object", "properties": ["a"]}, "Record<string, unknown>"),
        ({"enum": ["\u202e", "\u2028", '"', "\\", "*/"]}, '"\\u202e" | "\\u2028" | "\\"" | "\\\\" | "*/"'),
    ],
)
def test_foreign_schemas_become_types(schema: Any, text: str) -> None:
    """What JSON Schema can say and pydantic does not; what makes no sense is wider, never an error."""
    assert type_of_schema(schema) == text


def model_called(name: str, **fields: Any) -> Any:
    return type(name, (BaseModel,), {"__annotations__": fields, "__module__": __name__})


def test_two_definitions_of_one_name_are_told_apart() -> None:
    """Two models called User, and the input and output forms of one model, get names of their own."""

    def f(user: Any) -> None: ...
    def g(user: Any) -> list[Any]: ...  # type: ignore[empty-body]  # never called
    def h(price: Any) -> None: ...

    money = model_called("Price", amount=Decimal)
    f.__annotations__["user"] = model_called("User", id=int)
    g.__annotations__["user"] = model_called("User", nick=str)
    h.__annotations__.update(price=money, **{"return": money})

    assert declarations([Tool.of(f), Tool.of(g), Tool.of(h)]) == (
        "type User = { id: number };\n"
        "type User2 = { nick: string };\n"
        "type Price = { amount: number | string };\n"
        "type PriceResult = { amount: string };\n"
        "declare const tools: {\n"
        "  f(args: { user: User }): Promise<null>;\n"
        "  g(args: { user: User2 }): Promise<unknown[]>;\n"
        "  h(args: { price: Price }): Promise<PriceResult>;\n"
        "};\n"
    )


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Promise", "TPromise"),
        ("string", "Tstring"),
        ("tools", "Ttools"),
        ("a b;evil()", "a_b_evil"),
        ("app__models__User", "User"),
        ("Box[int]", "Box_int"),
        ("9", "T9"),
        ("é", "Type"),
        ("", "Type"),
    ],
)
def test_hostile_definition_names_become_plain_ones(name: str, written: str) -> None:
    """No keyword, no global of the script, no code in the name of a type."""
    defs = {name: {"type": "object", "properties": {"a": {"type": "null"}}}}
    document = {"$defs": defs, "type": "object", "properties": {"v": {"$ref": f"#/$defs/{name}"}}}

    text = declaration(given_schema(document))

    assert text.startswith(f"type {written} = {{ a?: null }};\n")
    assert f"v?: {written} }}" in text


def test_a_definition_that_is_only_itself_is_unknown() -> None:
    """`type A = A` is an error in TypeScript; a definition that leads nowhere becomes unknown."""
    defs = {"A": {"anyOf": [{"$ref": "#/$defs/B"}, {"type": "null"}]}, "B": {"$ref": "#/$defs/A"}}
    document = {"$defs": defs, "type": "object", "properties": {"v": {"$ref": "#/$defs/A"}}}

    assert declaration(given_schema(document)).startswith("type A = unknown;\ntype B = unknown;\n")


HOSTILE = [
    "*/ evil(); /*",
    "a\n*/ } declare const x: {",
    "`${evil()}`",
    '"; evil(); "',
    "\u2028*/evil()",
    "*\u200b/ evil()",
    "\x1b[31mred",
    "</tool-calls>",
    "a\r*/\rb",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_schema_becomes_code(text: str) -> None:
    """Descriptions, property names, enum values, defaults and patterns stay inside comments and string literals."""
    field = {"type": "string", "description": text, "default": text, "pattern": text, "enum": [text], "format": text}
    document = {"type": "object", "description": text, "properties": {text: field}, "title": text}

    written = declaration(given_schema(document, description=text, result={"title": text, "enum": [text]}))

    assert code_of(written) == [
        "type", "=", ";", "declare", "const", "tools", ":", "{",
        "f", "(", "args", "?", ":", "{", "?", ":", ";", "}", ")", ":", "Promise", "<", ">", ";", "}", ";",
    ]  # fmt: skip
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u2028\u200b]", written)


def code_of(text: str) -> list[str]:
    """The tokens of a declaration without comments, string literals and type names: an independent little lexer."""
    without = re.sub(r'/\*.*?\*/|"(?:[^"\\\n]|\\.)*"', " ", text, flags=re.DOTALL)
    names = set(re.findall(r"type (\w+)", without))
    return [token for token in re.findall(r"\w+|[^\w\s]", without) if token not in names]


KEYWORDS = (
    "type $ref anyOf oneOf allOf enum const properties required items prefixItems minItems maxItems title $defs format"  # noqa: SIM905 - a table of words
    " additionalProperties patternProperties propertyNames description default".split()
)

SCHEMAS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYWORDS) | st.text(max_size=3),
            inner | st.sampled_from(["object", "array", "string", "integer", "#/$defs/A", "#/$defs/B", "binary", "*/"]),
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(SCHEMAS, SCHEMAS, SCHEMAS)
@settings(max_examples=60, derandomize=True, deadline=None)
def test_any_schema_gives_balanced_declarations(schema: Any, first: Any, second: Any) -> None:
    """Whatever a stranger sends: no exception, every bracket closed, every comment ended."""
    document = {"type": "object", "properties": {"v": {"anyOf": [schema]}}, "$defs": {"A": first, "B": second}}
    tokens = code_of(declaration(given_schema(document, result={"allOf": [schema], "$defs": {"A": second}})))

    for opening, closing in ("{}", "()", "[]"):
        assert tokens.count(opening) == tokens.count(closing)
    assert "*/" not in "".join(tokens)


def test_a_bottomless_schema_ends_in_unknown() -> None:
    """Deep nesting is cut off instead of exhausting the stack."""
    schema: dict[str, Any] = {"type": "null"}
    for _ in range(200):
        schema = {"type": "array", "items": schema}

    assert type_of_schema(schema).startswith("unknown[][]")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("a b", '"a b"'),
        ("new", '"new"'),
        ("delete", "delete"),
        ("x-y", '"x-y"'),
        ("é", '"é"'),
        ("1", '"1"'),
        ("", '""'),
    ],
)
def test_property_names_are_quoted_where_they_must_be(name: str, key: str) -> None:
    """Identifiers stand bare; `new` would be a constructor, so it is quoted."""
    document = {"type": "object", "properties": {name: {"type": "null"}}}

    assert f"args?: {{ {key}?: null }}" in declaration(given_schema(document))
