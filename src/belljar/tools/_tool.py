"""A tool: one Python function that a script may call.

The signature becomes the schema, the docstring the description, the name stays. A `Tool` is still the function:
call it, and the function runs, with no schema, approval or budget between; only the host goes through `validate`,
`invoke` and `encode`. Types are looked into at first use, because that is what needs pydantic.

    @tool(approval=lambda args: args["cents"] > 10_000)
    def pay(invoice: str, cents: int) -> dict[str, str]:
        "Pay an open invoice."
"""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, Literal, ParamSpec, TypeAlias, TypeVar, overload

from belljar.errors import UsageError
from belljar.tools._call_info import CallInfo
from belljar.tools._names import checked_tool_name
from belljar.tools._signal import AbortSignal
from belljar.tools._signature import Hints, Signature, check_kind, early_hints, read_signature
from belljar.tools._terms import Quorum

if TYPE_CHECKING:
    from belljar.tools._contract import Contract

P = ParamSpec("P")
R = TypeVar("R")

Approval: TypeAlias = Literal["never", "always"] | Callable[[dict[str, Any]], bool | str]
"""Whether a person must agree to a call. A callable gets the validated arguments and answers True, False, or a reason
to show to the person (an empty string is False)."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Tool(Generic[P, R]):
    """A function with a schema. Made by `tool` and `Tool.of`; compared by identity."""

    fn: Callable[P, R]
    """The function itself."""
    name: str
    """As the script writes it after `tools.`; dots make groups."""
    description: str
    """What the model reads, cleaned of indentation. May be empty."""
    approval: Approval = "never"
    """Whether a person must agree."""
    idempotent: bool = False
    """Whether a call may be made again when nobody knows if it took place."""
    probe: Callable[..., Any] | None = None
    """Asked whether a call took place that nobody knows of, with its arguments by name and its CallInfo; async or not.
    Returns `Happened(value)`, `NeverHappened()`, or None where it cannot tell."""
    quorum: Quorum | None = None
    """Whose word a call needs, where somebody must agree to it."""
    capability: str | None = None
    """Name of the permission that a policy must grant."""
    timeout_ms: int | None = None
    """Longest time for one call; None leaves it to the run's own limit."""
    is_method: bool = False
    """Whether the function still waits for its `self`: such a tool has a schema but cannot be registered."""
    schemas: tuple[Mapping[str, Any], Mapping[str, Any]] | None = None
    """Parameters and result of a tool that another system describes; None reads the signature."""
    hints: Hints | None = field(default=None, repr=False)
    """Annotations resolved while the function was defined; None when they must wait."""

    def __post_init__(self) -> None:
        checked_tool_name(self.name)
        check_kind(self.fn, self.name)
        _check_options(self)
        for name in ("__module__", "__qualname__", "__doc__"):
            self.__dict__[name] = getattr(self.fn, name, None) or getattr(type(self.fn), name, None)
        self.__dict__["__wrapped__"] = self.fn

    @classmethod
    def of(cls, fn: Callable[P, R] | Tool[P, R], **options: Any) -> Tool[P, R]:
        """The tool itself, or a plain callable as one; `options` are those of `tool`."""
        if isinstance(fn, Tool):
            return replace(fn, **options) if options else fn
        if isinstance(fn, types.MethodType) and isinstance(fn.__func__, Tool):
            return cls.of(fn.__func__._bound(fn.__func__.fn.__get__(fn.__self__)), **options)
        return _make(fn, {}, options)

    @classmethod
    def from_schema(
        cls,
        fn: Callable[..., Any],
        *,
        name: str,
        parameters: Mapping[str, Any],
        result: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Tool[..., Any]:
        """A tool that another system describes, for instance an MCP server, by the JSON Schema of its arguments.

        `fn` takes the argument object as its first parameter, and may take an AbortSignal and a CallInfo by annotation.
        Keys and top-level JSON types are checked here, the rest is the other system's. Raises UsageError when
        `parameters` describes no object.
        """
        made: Tool[..., Any] = _make(fn, {}, {**options, "name": name, "schemas": (parameters, result or {})})
        made.contract  # noqa: B018 - a schema that cannot be used is refused now, where it is given
        return made

    # -- as the function -----------------------------------------------------------------------------------------------

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the function directly, for its own unit tests."""
        return self.fn(*args, **kwargs)

    def __repr__(self) -> str:
        return f"Tool({self.name!r})"

    @property
    def __name__(self) -> str:
        """The function's own name, whatever the tool is called."""
        return str(getattr(self.fn, "__name__", self.name))

    def __get__(self, instance: object, owner: type | None = None) -> Tool[..., R]:
        """A method is bound when it is looked up on an object, like any function."""
        bind = getattr(self.fn, "__get__", None)
        if bind is None or (instance is None and not isinstance(self.fn, classmethod)):
            return self
        return self._bound(bind(instance, owner))

    def __set_name__(self, owner: type, name: str) -> None:
        # A tool that was made elsewhere and is merely kept in a class attribute is no method of that class.
        if inspect.isfunction(self.fn) and self.fn.__qualname__ == f"{owner.__qualname__}.{self.fn.__name__}":
            self.__dict__["is_method"] = True

    def _bound(self, fn: Callable[..., R]) -> Tool[..., R]:
        bound: Tool[..., R] = replace(self, fn=fn, is_method=False)
        if self.is_method:
            bound.__dict__["contract"] = self.contract  # compiled once for all objects of the class
        return bound

    # -- what the model is told ----------------------------------------------------------------------------------------

    @cached_property
    def contract(self) -> Contract:
        """The compiled types. Raises UsageError when an annotation is unknown or JSON cannot carry it."""
        if self.schemas is not None:
            from belljar.tools._given import compile_given

            return compile_given(*self.schemas, function=self.signature, tool=self.name)
        from belljar.tools._contract import compile_contract

        return compile_contract(self.signature, self.name)

    @cached_property
    def signature(self) -> Signature:
        """Parameters and return type. Raises UsageError when an annotation cannot be resolved."""
        return read_signature(self.fn, self.name, hints=self.hints, is_method=self.is_method)

    @property
    def parameters(self) -> dict[str, Any]:
        """JSON Schema of the argument object (pydantic's, mode "validation")."""
        return self.contract.parameters_schema

    @property
    def result(self) -> dict[str, Any]:
        """JSON Schema of what the script gets (mode "serialization"); `{}` where the function declares nothing."""
        return self.contract.result_schema

    @property
    def is_async(self) -> bool:
        """Whether the function is a coroutine function."""
        return inspect.iscoroutinefunction(self.fn) or inspect.iscoroutinefunction(getattr(self.fn, "__call__", None))  # noqa: B004

    @property
    def wants_signal(self) -> bool:
        """Whether a parameter is annotated AbortSignal."""
        return self.signature.signal is not None

    @property
    def wants_call(self) -> bool:
        """Whether a parameter is annotated CallInfo."""
        return self.signature.call is not None

    # -- what the host does --------------------------------------------------------------------------------------------

    def bind(self, args: Any) -> dict[str, Any]:
        """The arguments by name, not yet checked: what an approval shows and a digest covers.

        `args` is the list that the script passed, or a dict that is named already. No value: `{}`. One plain object:
        named arguments, except that a tool whose single parameter takes objects gets it as the value when its keys do
        not fit the parameter. Else by the order of the parameters. Raises ToolValidationError for too many values.
        """
        from belljar.tools._arguments import bind

        return bind(self.contract, args, tool=self.name)

    def validate(self, args: Any) -> dict[str, Any]:
        """Keyword arguments for `invoke`, defaults filled in, from what `bind` takes.

        Raises ToolValidationError with `details["problems"]`, a list of `{path, message, input_type}`.
        """
        from belljar.tools._arguments import validate

        return validate(self.contract, self.bind(args), tool=self.name)

    def approval_reason(self, arguments: dict[str, Any]) -> str | None:
        """Why a call with these validated arguments needs a person; None when it does not.

        Raises UsageError when the tool's rule answers neither a bool nor a str, and whatever the rule itself raises: a
        host must then not make the call.
        """
        if not callable(self.approval):
            return f"{self.name} always asks" if self.approval == "always" else None
        answer = self.approval(arguments)
        if isinstance(answer, bool):
            return f"the rule of {self.name} asks" if answer else None
        if isinstance(answer, str):
            return answer or None
        raise UsageError(f"the approval rule of tool {self.name!r} returned a {type(answer).__name__}, not bool or str")

    def invoke(self, kwargs: Mapping[str, Any], *, signal: AbortSignal, call: CallInfo) -> Any:
        """Call the function; an async one gives its awaitable. The host decides on which thread."""
        injected: dict[str, Any] = {}
        if self.signature.signal is not None:
            injected[self.signature.signal] = signal
        if self.signature.call is not None:
            injected[self.signature.call] = call
        function: Callable[..., Any] = self.fn
        return function(**kwargs, **injected) if self.schemas is None else function(dict(kwargs), **injected)

    def encode(self, result: Any) -> Any:
        """What the function returned, as plain data for `to_wire`; bytes stay bytes.

        Raises ToolValidationError when it does not fit the declared return type, SerializationError when it is no data.
        """
        from belljar.tools._results import encode

        return encode(self.contract, result, tool=self.name)


AnyTool: TypeAlias = Tool[..., Any]


@overload
def tool(fn: Callable[P, R], /) -> Tool[P, R]: ...


@overload
def tool(
    *,
    approval: Approval = ...,
    name: str | None = ...,
    description: str | None = ...,
    idempotent: bool = ...,
    probe: Callable[..., Any] | None = ...,
    quorum: Quorum | None = ...,
    capability: str | None = ...,
    timeout_ms: int | None = ...,
) -> Callable[[Callable[P, R]], Tool[P, R]]: ...


def tool(fn: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Make a function a tool, with or without options (those of `Tool`, by the same names).

    Raises UsageError for a name that a script cannot call, for `*args`, `**kwargs`, positional-only parameters and
    generators; and at first use, for types that JSON cannot carry.
    """
    unknown = options.keys() - _OPTIONS
    if unknown:
        raise UsageError(f"tool() has no option {', '.join(sorted(unknown))}", hint=f"It has {', '.join(_OPTIONS)}.")
    local_names = sys._getframe(1).f_locals  # a type that is local to the caller is out of reach later on
    if fn is not None:
        return _make(fn, local_names, {})
    return lambda decorated: _make(decorated, local_names, options)


_OPTIONS = ("approval", "name", "description", "idempotent", "probe", "quorum", "capability", "timeout_ms")


def _make(fn: Callable[P, R], local_names: Mapping[str, Any], options: Mapping[str, Any]) -> Tool[P, R]:
    if isinstance(fn, Tool):
        raise UsageError(f"{fn.name!r} is a tool already", hint="Use Tool.of(existing, name=...) for a changed copy.")
    given = {key: value for key, value in options.items() if value is not None}
    if "name" not in given:
        given["name"] = _name_of(fn)
    if "description" not in given:
        given["description"] = _description_of(fn)
    return Tool(fn=fn, hints=early_hints(fn, local_names), **given)


def _name_of(fn: object) -> str:
    name = getattr(fn, "__name__", None) or getattr(getattr(fn, "func", None), "__name__", None)
    if name is None or name == "<lambda>":
        raise UsageError(f"a {type(fn).__name__} without a name cannot be a tool", hint="Give name=.")
    return str(name)


def _description_of(fn: object) -> str:
    documented = getattr(fn, "func", fn)  # a partial's own docstring is that of functools.partial
    return inspect.getdoc(documented) or "" if callable(documented) else ""


def _check_options(made: AnyTool) -> None:
    if not (callable(made.approval) or made.approval in ("never", "always")):
        raise UsageError(f'approval of tool {made.name!r} must be "never", "always" or a function')
    if made.probe is not None and not callable(made.probe):
        raise UsageError(f"probe of tool {made.name!r} must be a function")
    if made.quorum is not None and (not isinstance(made.quorum, Quorum) or made.approval == "never"):
        raise UsageError(f"quorum of tool {made.name!r} is a Quorum, of a tool that has an approval")
    if made.timeout_ms is not None and (type(made.timeout_ms) is not int or made.timeout_ms < 1):
        raise UsageError(f"timeout_ms of tool {made.name!r} must be a whole number from 1, got {made.timeout_ms!r}")
