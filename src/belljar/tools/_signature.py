"""A Python function's parameters as a script sees them. The standard library only, so that decorating costs nothing.

Parameters annotated `AbortSignal` or `CallInfo` are the host's to fill in: they are found here and shown to nobody.
"""

from __future__ import annotations

import functools
import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Union

from belljar.errors import UsageError
from belljar.tools._call_info import CallInfo
from belljar.tools._names import check_parameter_name
from belljar.tools._signal import AbortSignal

_UNRESOLVED: Final = (NameError, TypeError, AttributeError, SyntaxError)
"""What an annotation raises that is misspelt, is no type, or waits for an import."""

EMPTY: Final = inspect.Parameter.empty

_REFUSED_KINDS: Final = {
    inspect.Parameter.VAR_POSITIONAL: "*{name}: take one list instead",
    inspect.Parameter.VAR_KEYWORD: "**{name}: take one dict instead",
    inspect.Parameter.POSITIONAL_ONLY: "{name} before `/`: scripts pass arguments by name",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One argument that a script gives."""

    name: str
    annotation: Any
    """With its Annotated extras; Any where the function does not say."""
    default: Any = EMPTY
    """EMPTY when the argument is required."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a tool takes and gives."""

    parameters: tuple[Parameter, ...]
    returns: Any
    """EMPTY when the function does not say."""
    signal: str | None
    """Name of the parameter that takes the AbortSignal."""
    call: str | None
    """Name of the parameter that takes the CallInfo."""


Hints = Mapping[str, Any]


def check_kind(fn: object, tool: str) -> None:
    """Raises UsageError for what cannot be a tool: not callable, a generator, `*args`, `**kwargs`, `x, /`."""
    if isinstance(fn, classmethod):
        raise UsageError(f"tool {tool!r} is a class method", hint="Write @classmethod above @tool, not below.")
    if not callable(fn):
        raise UsageError(f"tool {tool!r} is a {type(fn).__name__}, which cannot be called")
    if inspect.isgeneratorfunction(fn) or inspect.isasyncgenfunction(fn):
        raise UsageError(f"tool {tool!r} is a generator; a tool returns one value", hint="Return a list.")
    for parameter in _parameters(fn, tool):
        if parameter.kind in _REFUSED_KINDS:
            advice = _REFUSED_KINDS[parameter.kind].format(name=parameter.name)
            raise UsageError(f"tool {tool!r} cannot take {advice}")
        check_parameter_name(tool, parameter.name)


def _parameters(fn: Callable[..., Any], tool: str) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(fn).parameters.values())
    except (TypeError, ValueError):
        raise UsageError(f"tool {tool!r} has no signature to read", hint="Wrap it in a def.") from None


def early_hints(fn: Callable[..., Any], local_names: Mapping[str, Any]) -> Hints | None:
    """The annotations as far as they can be resolved while the function is being defined, or None to try later.

    Types of an enclosing function are only reachable now; types defined further down only later.
    """
    try:
        return typing.get_type_hints(_annotated(fn), localns=dict(local_names), include_extras=True)
    except _UNRESOLVED:
        return None  # `read_signature` resolves again and reports what stays unresolved


def read_signature(fn: Callable[..., Any], tool: str, *, hints: Hints | None, is_method: bool) -> Signature:
    """The signature; `is_method` leaves out the first parameter. Raises UsageError when an annotation is unknown."""
    known = hints if hints is not None else _late_hints(fn, tool)
    found = _parameters(fn, tool)[1 if is_method else 0 :]
    shown = [parameter for parameter in found if _injected(known.get(parameter.name)) is None]
    return Signature(
        parameters=tuple(_parameter(parameter, known) for parameter in shown),
        returns=known.get("return", EMPTY),
        signal=_name_of(AbortSignal, found, known),
        call=_name_of(CallInfo, found, known),
    )


def _late_hints(fn: Callable[..., Any], tool: str) -> Hints:
    try:
        return typing.get_type_hints(_annotated(fn), include_extras=True)
    except _UNRESOLVED as error:
        raise UsageError(
            f"tool {tool!r} has an annotation that cannot be resolved: {error}",
            hint="Define the type at module level, and import it outside of TYPE_CHECKING.",
        ) from None


def _annotated(fn: Any) -> Any:
    """The function that carries the annotations of a partial, a static method or an object with `__call__`."""
    if isinstance(fn, functools.partial):
        return _annotated(fn.func)
    if isinstance(fn, (staticmethod, classmethod)):
        return fn.__func__
    if inspect.isroutine(fn) or isinstance(fn, type):
        return fn
    return type(fn).__call__


def _parameter(parameter: inspect.Parameter, hints: Hints) -> Parameter:
    annotation = hints.get(parameter.name, Any)
    return Parameter(name=parameter.name, annotation=annotation, default=parameter.default)


def _name_of(kind: type, parameters: list[inspect.Parameter], hints: Hints) -> str | None:
    names = (parameter.name for parameter in parameters if _injected(hints.get(parameter.name)) is kind)
    return next(names, None)


def _injected(annotation: Any) -> type | None:
    """AbortSignal or CallInfo when the annotation is one of them, also as `X | None` and inside Annotated."""
    if annotation is AbortSignal or annotation is CallInfo:
        return typing.cast(type, annotation)
    origin = typing.get_origin(annotation)
    if origin in (Union, types.UnionType):
        members = [_injected(member) for member in typing.get_args(annotation) if member is not type(None)]
        return members[0] if len(members) == 1 else None
    return _injected(typing.get_args(annotation)[0]) if origin is typing.Annotated else None
