"""From what a script passed to the keyword arguments of a function.

A script should write `tools.f({a: 1, b: 2})`. What it may also write, in the order of the rules:
  1. `f()` passes nothing;
  2. `f(x, y)` goes by the order of the parameters;
  3. `f({...})` is named arguments, with one exception: where the tool has a single parameter that itself takes an
     object, and no key is that parameter's name, the object is taken as the value;
  4. `f(x)` with anything but a plain object is the value of the first parameter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError

from belljar.errors import ToolValidationError
from belljar.tools._contract import Contract, Schema
from belljar.tools._declare import call_text
from belljar.tools._problems import Problem, javascript_type, javascript_value, problems_of, refuse

_LONGEST_HINT: Final = 300
"""Characters. A longer declaration is in the prompt anyway."""


def bind(contract: Contract, args: Any, *, tool: str) -> dict[str, Any]:
    """Name the values in `args`: the list a script passed, or a dict that is named already. Nothing is checked yet."""
    if isinstance(args, Mapping):
        return dict(args)
    if not isinstance(args, (list, tuple)):
        raise refuse(tool, [_problem("$", "should be a list of arguments", args)], what="arguments")
    if len(args) == 1 and isinstance(args[0], Mapping) and _is_named(contract, args[0]):
        return dict(args[0])
    return _by_position(contract, args, tool)


def validate(contract: Contract, named: Mapping[str, Any], *, tool: str) -> dict[str, Any]:
    """The function's keyword arguments, defaults filled in. Raises ToolValidationError with `details["problems"]`."""
    try:
        arguments: dict[str, Any] = contract.arguments.validate_python(dict(named))
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False)
        problems = problems_of(errors, named, describe=javascript_value, names=contract.names)
        raise refuse(tool, problems, what="arguments", hint=_declared(contract, tool)) from None
    return arguments


def _declared(contract: Contract, tool: str) -> str:
    text = call_text(f"tools.{tool}", contract.parameters_schema, contract.result_schema)
    return f"It is declared as {text}" if len(text) <= _LONGEST_HINT else ""


def _is_named(contract: Contract, given: Mapping[str, Any]) -> bool:
    if len(contract.names) != 1:
        return True
    return (
        not given.keys().isdisjoint(contract.names) or not (given or contract.required) or not _takes_objects(contract)
    )


def _takes_objects(contract: Contract) -> bool:
    root = contract.parameters_schema
    return any(_is_object(schema) for schema in _alternatives(root["properties"][contract.names[0]], root))


def _is_object(schema: Schema) -> bool:
    kind = schema.get("type", "object")
    return (kind == "object" or (isinstance(kind, list) and "object" in kind)) and not {"const", "enum"} & schema.keys()


def _alternatives(schema: Schema, root: Schema) -> Iterator[Schema]:
    """The schemas that a value may fit, through references and unions; each reference is followed once."""
    waiting: list[Schema] = [schema]
    seen: list[Any] = []  # a stranger's reference may be unhashable
    while waiting:
        current = waiting.pop()
        reference = current.get("$ref")
        members = [member for key in ("anyOf", "oneOf", "allOf") for member in _schemas(current.get(key))]
        if reference is not None and reference not in seen:
            seen.append(reference)
            members += _schemas([_mapping(root.get("$defs")).get(str(reference).rpartition("/")[2])])
        if reference is None and not members:
            yield current
        waiting.extend(members)


def _schemas(value: Any) -> list[Schema]:
    return [member for member in value if isinstance(member, dict)] if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _by_position(contract: Contract, args: Any, tool: str) -> dict[str, Any]:
    names = contract.names
    if len(args) > len(names):
        raise _too_many(len(args), names, tool)
    return dict(zip(names, args, strict=False))


def _too_many(count: int, names: tuple[str, ...], tool: str) -> ToolValidationError:
    takes = f"takes at most {len(names)} ({', '.join(names)})" if names else "takes no arguments"
    problem: Problem = {"path": "$", "message": f"{takes}, got {count}", "input_type": "array"}
    return refuse(tool, [problem], what="arguments", hint=f"Pass one object with named arguments: {tool}({{...}}).")


def _problem(path: str, message: str, value: Any) -> Problem:
    return {"path": path, "message": f"{message}, got {javascript_type(value)}", "input_type": javascript_type(value)}
