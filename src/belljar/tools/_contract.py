"""A tool's types, compiled: what checks arguments, what encodes results, and the two JSON Schemas.

This is the one module of the room that needs pydantic at import, and it is imported when the first tool is looked into:
`import belljar` stays fast.

Arguments are one TypedDict with a key for each parameter, unknown keys forbidden. pydantic's lax mode decides what
fits, because a script only has JSON: "2026-01-31" is a date, a list is a tuple or a set, a number or a text a Decimal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaWarningKind
from typing_extensions import TypedDict

from belljar.errors import UsageError
from belljar.tools._signature import EMPTY, Parameter, Signature

_BINARY: Final = "binary"
"""pydantic's JSON Schema `format` for bytes."""

Schema = dict[str, Any]


class _PlainSchema(GenerateJsonSchema):
    """pydantic's schemas without what a model does not need: a title for each field."""

    ignored_warning_kinds: set[JsonSchemaWarningKind] = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """The compiled types of one signature."""

    signature: Signature
    arguments: TypeAdapter[Any]
    result: TypeAdapter[Any]
    parameters_schema: Schema
    result_schema: Schema
    result_may_hold_bytes: bool
    """Whether the result must be dumped as Python data, leaf by leaf, so that bytes stay bytes."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of the parameters, in order."""
        return tuple(parameter.name for parameter in self.signature.parameters)

    @property
    def required(self) -> frozenset[str]:
        """Names without which a call cannot be."""
        return frozenset(self.parameters_schema.get("required", ()))


def compile_contract(signature: Signature, tool: str) -> Contract:
    """Raises UsageError, naming the tool and the parameter, for a type that JSON Schema cannot describe."""
    for parameter in signature.parameters:
        _adapter(parameter.annotation, f"tool {tool!r}, parameter {parameter.name!r}", mode="validation")
    arguments, parameters_schema = _adapter(_typed_dict(signature.parameters), f"tool {tool!r}", mode="validation")
    declared = Any if signature.returns is EMPTY else signature.returns
    result, result_schema = _adapter(declared, f"tool {tool!r}, return type", mode="serialization")
    parameters_schema.pop("title", None)
    return Contract(
        signature=signature,
        arguments=arguments,
        result=result,
        parameters_schema=parameters_schema,
        result_schema=result_schema,
        result_may_hold_bytes=_may_hold_bytes(result_schema),
    )


def _adapter(kind: Any, place: str, *, mode: Any) -> tuple[TypeAdapter[Any], Schema]:
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(kind)
        return adapter, adapter.json_schema(mode=mode, schema_generator=_PlainSchema)
    except (PydanticUserError, PydanticSchemaGenerationError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise UsageError(f"{place}: {reason}", hint="Use types that JSON can carry.") from None


def _typed_dict(parameters: tuple[Parameter, ...]) -> Any:
    make: Any = TypedDict  # the functional form, with keys that are only known now
    arguments = make("Arguments", {parameter.name: _field(parameter) for parameter in parameters})
    arguments.__pydantic_config__ = ConfigDict(extra="forbid")
    return arguments


def _field(parameter: Parameter) -> Any:
    default = parameter.default
    if default is EMPTY:
        return parameter.annotation
    if not isinstance(default, FieldInfo):
        default = Field(default=default)
    annotated: Any = Annotated[parameter.annotation, default]  # x: int = Field(3, ge=1)
    return annotated if default.is_required() else NotRequired[annotated]


def _may_hold_bytes(schema: Any) -> bool:
    """True for a schema with bytes in it, and for one with a hole where anything fits."""
    if isinstance(schema, Mapping):
        if schema.get("format") == _BINARY or not _DESCRIBES.intersection(schema):
            return True
        return any(_may_hold_bytes(inner) for inner in _subschemas(schema))
    return schema is True


_DESCRIBES: Final = frozenset({"type", "$ref", "anyOf", "oneOf", "allOf", "const", "enum"})


def _subschemas(schema: Mapping[str, Any]) -> list[Any]:
    found = [schema[key] for key in ("items", "additionalProperties") if isinstance(schema.get(key), (Mapping, bool))]
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        found.extend(schema.get(key, ()))
    for key in ("properties", "$defs", "patternProperties"):
        found.extend(schema.get(key, {}).values())
    return found
