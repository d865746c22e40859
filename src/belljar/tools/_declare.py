"""What the model is told of the tools, as TypeScript declarations.

One `declare const tools`, groups of dotted names as nested objects, and before it a `type` for each model, dataclass
or enum that the schemas define. A definition that several tools share is written once; two different ones of the same
name (two modules' `User`, or one model's input and output form) get different names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from belljar.audit._words import word_set
from belljar.tools._jsdoc import comment
from belljar.tools._names import CANCEL, SPAWN
from belljar.tools._typescript import Schema, TypeWriter, key_text


class Declarable(Protocol):
    """What a declaration needs of a tool."""

    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def parameters(self) -> dict[str, Any]: ...
    @property
    def result(self) -> dict[str, Any]: ...


def declaration(tool: Declarable) -> str:
    """The declarations of one tool."""
    return declarations([tool])


def declarations(tools: Iterable[Declarable]) -> str:
    """TypeScript that declares `tools`, in the order given; it passes `tsc --strict` whatever the schemas hold."""
    definitions = _Definitions()
    tree: dict[str, Any] = {}
    for tool in tools:
        _plant(tree, tool.name.split("."), _Method.of(tool, definitions))
    types = [f"{text}\n" for text in definitions.texts()]
    return f"{''.join(types)}declare const tools: {_group(tree, depth=0)};\n"


def call_text(name: str, parameters: Schema, result: Schema) -> str:
    """`f(args: { a: string }): Promise<number>`: one line, no comments; for hints."""
    definitions = _Definitions()
    method = _Method(
        name=name,
        description="",
        parameters=definitions.adopt(parameters, is_shared=False),
        result=definitions.adopt(result),
    )
    return method.text(name, depth=0, has_comments=False)


# -- methods and groups -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    """A schema and the TypeScript names of what it refers to."""

    schema: Schema
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Method:
    name: str
    description: str
    parameters: _Document
    result: _Document

    @classmethod
    def of(cls, tool: Declarable, definitions: _Definitions) -> _Method:
        return cls(
            name=tool.name,
            description=tool.description,
            parameters=definitions.adopt(tool.parameters, is_shared=False),
            result=definitions.adopt(tool.result, suffix="Result"),
        )

    def text(self, name: str, *, depth: int, has_comments: bool = True) -> str:
        writer = TypeWriter(names=self.parameters.names, depth=depth, has_comments=has_comments)
        answer = TypeWriter(names=self.result.names, depth=depth, has_comments=has_comments)
        if self.name == CANCEL:
            return f"{name}(id: number): boolean"
        promise = f"Promise<{answer.text(self.result.schema)}>"
        if self.name.startswith(SPAWN):
            promise = f"{{ id: number; done: {promise} }}"
        return f"{name}({self._arguments(writer)}): {promise}"

    def _arguments(self, writer: TypeWriter) -> str:
        schema = self.parameters.schema
        if not schema.get("properties"):
            return "" if schema.get("additionalProperties") is False else f"args?: {writer.text(schema)}"
        return f"args{'' if schema.get('required') else '?'}: {writer.text(schema)}"


def _plant(tree: dict[str, Any], segments: list[str], method: _Method) -> None:
    for segment in segments[:-1]:
        tree = tree.setdefault(segment, {})
    tree[segments[-1]] = method


def _group(tree: Mapping[str, Any], *, depth: int) -> str:
    inside = "  " * (depth + 1)
    lines = [f"{inside}{_member(name, node, depth + 1)};\n" for name, node in tree.items()]
    return "{\n" + "".join(lines) + "  " * depth + "}"


def _member(name: str, node: Any, depth: int) -> str:
    if isinstance(node, dict):
        return f"{key_text(name)}: {_group(node, depth=depth)}"
    indent = "  " * depth
    described = comment(node.description, indent=indent)
    method: str = node.text(key_text(name), depth=depth)
    return f"{described}\n{indent}{method}" if described else method


# -- shared definitions -----------------------------------------------------------------------------------------------

_PREFIXES: Final = ("#/$defs/", "#/definitions/")

_GLOBALS: Final = word_set(
    "any unknown never object string number boolean bigint symbol undefined null void true false this infer keyof is"
    " asserts type interface declare const let var function class enum new typeof import export default extends"
    " Array ArrayBuffer AsyncIterable Awaited BigInt Boolean DataView Date Error Exclude Extract Function Infinity"
    " Intl Iterable Iterator JSON Map Math NaN NonNullable Number Object Omit Parameters Partial Pick Promise"
    " PromiseLike Proxy Readonly ReadonlyArray Record Reflect RegExp Required ReturnType Set String Symbol Uint8Array"
    " WeakMap WeakSet globalThis tools context console"
)
"""Names that a definition must not take: keywords, and what scripts and declarations already know."""


@dataclass(slots=True)
class _Definition:
    name: str
    schema: Schema
    names: dict[str, str]


@dataclass(slots=True)
class _Definitions:
    """Every definition met so far, by its TypeScript name and by what it says."""

    _by_content: dict[str, _Definition] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)

    def adopt(self, schema: Schema, *, suffix: str = "", is_shared: bool = True) -> _Document:
        """Give every definition of a schema document its name, and the document the names of all of them.

        A document that is itself a model becomes a definition too when `is_shared`, so that others can refer to it.
        """
        root, local = _parted(schema)
        if is_shared:
            root = _lifted(root, local)
        names: dict[str, str] = {}
        for local_name in local:
            definition = self._definition(local_name, local, suffix)
            names.update({f"{prefix}{local_name}": definition.name for prefix in _PREFIXES})
            definition.names = names
        return _Document(schema=root, names=names)

    def texts(self) -> Iterator[str]:
        """`type X = ...;` for each, with its comment, in the order they were met."""
        for definition in self._by_content.values():
            body = TypeWriter(names=definition.names).text(definition.schema)
            description = definition.schema.get("description")
            described = comment(description, indent="") if isinstance(description, str) else ""
            yield "\n".join(filter(None, [described, f"type {definition.name} = {body};"]))

    def _definition(self, local_name: str, local: Mapping[str, Schema], suffix: str) -> _Definition:
        content = _content(local_name, local)
        if content not in self._by_content:
            name = self._free_name(local_name, suffix)
            schema = {} if _is_hollow(local_name, local) else local[local_name]
            self._by_content[content] = _Definition(name=name, schema=schema, names={})
        return self._by_content[content]

    def _free_name(self, local_name: str, suffix: str) -> str:
        plain = re.sub(r"[^A-Za-z0-9]+", "_", local_name.rpartition("__")[2] or local_name).strip("_") or "Type"
        base = f"T{plain}" if plain[0].isdigit() or plain in _GLOBALS else plain
        candidates = [base, f"{base}{suffix}", *(f"{base}{number}" for number in range(2, len(self._taken) + 3))]
        name = next(candidate for candidate in candidates if candidate not in self._taken | _GLOBALS)
        self._taken.add(name)
        return name


def _parted(schema: Schema) -> tuple[Schema, dict[str, Schema]]:
    """A document's root and its definitions."""
    local: dict[str, Schema] = {}
    for key in ("$defs", "definitions"):
        found = schema.get(key)
        if isinstance(found, Mapping):
            local.update({str(name): inner for name, inner in found.items() if isinstance(inner, Mapping)})
    return {key: value for key, value in schema.items() if key not in ("$defs", "definitions")}, local


def _lifted(root: Schema, local: dict[str, Schema]) -> Schema:
    """The root, or a reference to it where it has a title and moves among the definitions."""
    title = root.get("title")
    if isinstance(title, str) and title not in local and ("properties" in root or "enum" in root):
        local[title] = root
        return {"$ref": f"{_PREFIXES[0]}{title}"}
    return root


def _content(local_name: str, local: Mapping[str, Schema]) -> str:
    """A text that two definitions share exactly when they say the same, all they refer to included."""
    reached = {local_name}
    waiting = [local_name]
    while waiting:
        for name in _references(local[waiting.pop()]) & local.keys() - reached:
            reached.add(name)
            waiting.append(name)
    return json.dumps([local_name, {name: local[name] for name in reached}], sort_keys=True, default=str)


def _references(node: Any) -> set[str]:
    if isinstance(node, Mapping):
        own = {_local_name(node["$ref"])} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(_references(inner) for inner in node.values()))
    return set().union(*map(_references, node)) if isinstance(node, list) else set()


def _local_name(reference: str) -> str:
    for prefix in _PREFIXES:
        reference = reference.removeprefix(prefix)
    return reference


def _is_hollow(local_name: str, local: Mapping[str, Schema]) -> bool:
    """Whether a definition is only itself again, which TypeScript refuses: reached by $ref and unions alone."""
    waiting, seen = [local_name], set[str]()
    while waiting:
        for name in _direct_references(local[waiting.pop()]) & local.keys() - seen:
            seen.add(name)
            waiting.append(name)
    return local_name in seen


def _direct_references(schema: Any) -> set[str]:
    if not isinstance(schema, Mapping):
        return set()
    own = {_local_name(schema["$ref"])} if isinstance(schema.get("$ref"), str) else set()
    members = [schema[key] for key in ("anyOf", "oneOf", "allOf") if isinstance(schema.get(key), list)]
    return own.union(*(_direct_references(member) for listed in members for member in listed))
