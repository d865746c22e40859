"""Tools that another system describes: a JSON Schema instead of a Python signature.

The other system checks its own arguments; here only what is sure to be a mistake is caught, so that the model hears
of it at once and in the same words as for any tool: missing and unknown keys, and a top-level value of the
wrong JSON type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, NotRequired, Required

from pydantic import ConfigDict, Strict, TypeAdapter
from typing_extensions import TypedDict

from belljar.errors import UsageError
from belljar.tools._contract import Contract
from belljar.tools._names import check_parameter_name
from belljar.tools._signature import Parameter, Signature

_TYPES: Final[Mapping[str, Any]] = {
    "string": Annotated[str, Strict()],
    "integer": Annotated[int, Strict()],
    "number": Annotated[int, Strict()] | Annotated[float, Strict()],
    "boolean": Annotated[bool, Strict()],
    "array": list[Any],
    "object": dict[str, Any],
    "null": None,
}


def compile_given(
    parameters: Mapping[str, Any], result: Mapping[str, Any], *, function: Signature, tool: str
) -> Contract:
    """The contract of a tool with these two schemas. Raises UsageError when `parameters` describes no object."""
    stated = parameters.get("properties", {}) if isinstance(parameters, Mapping) else None
    if not isinstance(stated, Mapping) or parameters.get("type", "object") != "object":
        raise UsageError(f"tool {tool!r}: parameters is not the JSON Schema of an object", hint="Give its properties.")
    for name in stated:
        check_parameter_name(tool, str(name))
    properties = {str(name): schema if isinstance(schema, Mapping) else {} for name, schema in stated.items()}
    required = {name for name in _listed(parameters.get("required")) if name in properties}
    return Contract(
        signature=Signature(
            parameters=tuple(Parameter(name=name, annotation=Any) for name in properties),
            returns=Any,
            signal=function.signal,
            call=function.call,
        ),
        arguments=_arguments(properties, required, is_closed=parameters.get("additionalProperties") is False),
        result=TypeAdapter(Any),
        parameters_schema={**parameters, "properties": properties, "required": sorted(required)},
        result_schema=dict(result),
        result_may_hold_bytes=True,
    )


def _arguments(properties: Mapping[str, Any], required: set[str], *, is_closed: bool) -> TypeAdapter[Any]:
    make: Any = TypedDict
    fields = {name: _field(schema, is_required=name in required) for name, schema in properties.items()}
    arguments = make("Arguments", fields)
    arguments.__pydantic_config__ = ConfigDict(extra="forbid" if is_closed else "allow")
    return TypeAdapter(arguments)


def _field(schema: Mapping[str, Any], *, is_required: bool) -> Any:
    kind = schema.get("type")
    kinds = [_TYPES.get(name, Any) for name in (kind if isinstance(kind, list) else [kind]) if isinstance(name, str)]
    annotation: Any = Any
    if kinds and Any not in kinds:
        annotation = kinds[0]
        for other in kinds[1:]:
            annotation = annotation | other
    return Required[annotation] if is_required else NotRequired[annotation]


def _listed(value: Any) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []
