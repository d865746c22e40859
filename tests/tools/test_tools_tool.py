"""The decorator and the object it makes: names, options, methods, injection, laziness."""

from __future__ import annotations

import asyncio
import functools
import inspect
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from belljar.errors import UsageError
from belljar.tools import AbortSignal, CallInfo, Tool, tool

CALL = CallInfo(run_id="r1", call_id="c1", ordinal=0, tool="f", line=1, column=7, key="k")


@tool
def add(first: int, second: int = 2) -> int:
    """Add two numbers.

    Indented in the source.
    """
    return first + second


class Account:
    def __init__(self, balance: int) -> None:
        self.balance = balance

    @tool(approval="always")
    def withdraw(self, amount: int) -> int:
        """Take money out."""
        return self.balance - amount

    @classmethod
    @tool
    def kinds(cls, limit: int) -> list[str]:
        """List the kinds."""
        return [cls.__name__][:limit]

    @staticmethod
    @tool
    def rate(year: int) -> float:
        """Interest."""
        return year / 1000


def test_a_tool_is_still_the_function() -> None:
    """Calling it runs the function; its name, docstring, signature and wrapped function are the function's."""
    assert add(1) == 3
    assert (add.__name__, add.__doc__, add.__module__) == ("add", add.fn.__doc__, __name__)
    assert add.__wrapped__ is add.fn  # type: ignore[attr-defined]  # set in the instance's dictionary
    assert str(inspect.signature(add)) == "(first: 'int', second: 'int' = 2) -> 'int'"


def test_a_tools_repr_is_its_name() -> None:
    """No memory address, so that logs and messages can be compared."""
    assert repr(add) == "Tool('add')"


def test_a_tool_says_what_the_model_needs() -> None:
    """Name, cleaned docstring and the two schemas come from the function."""
    assert (add.name, add.description) == ("add", "Add two numbers.\n\nIndented in the source.")
    assert add.parameters == {
        "type": "object",
        "properties": {"first": {"type": "integer"}, "second": {"type": "integer", "default": 2}},
        "required": ["first"],
        "additionalProperties": False,
    }
    assert add.result == {"type": "integer"}


def test_options_are_kept() -> None:
    """Every option of the decorator is a field of the tool, and the description wins over the docstring."""

    def is_done() -> bool:
        return True

    @tool(
        name="bank.pay",
        description="Pay.",
        approval="always",
        idempotent=True,
        probe=is_done,
        capability="money",
        timeout_ms=500,
    )
    def pay() -> None:
        """Not this."""

    assert (pay.name, pay.description, pay.approval) == ("bank.pay", "Pay.", "always")
    assert (pay.idempotent, pay.probe, pay.capability, pay.timeout_ms) == (True, is_done, "money", 500)


def test_the_defaults_of_options_are_the_safe_ones() -> None:
    """Unless said, a tool needs no approval, is not repeated blindly, has no capability and no time limit."""
    assert (add.approval, add.idempotent, add.probe, add.capability, add.timeout_ms) == (
        "never",
        False,
        None,
        None,
        None,
    )


@pytest.mark.parametrize("name", ["a", "$x", "_y", "mcp.server.tool", "readFile", "a1", "delete", "new"])
def test_names_are_paths_of_javascript_identifiers(name: str) -> None:
    """What can be written after `tools.` is a name; reserved words can be."""
    assert Tool.of(add, name=name).name == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a b",
        "a-b",
        "1a",
        "a..b",
        ".a",
        "a.",
        "é",
        "a\n",
        "a;evil()",
        "a]['x",
        "then",
        "mcp.then",
        "constructor",
        "a.__proto__",
        "prototype",
        "toJSON",
        "toString",
        "hasOwnProperty",
        "x" * 129,
        "a.a.a.a.a.a.a.a.a",
    ],
)
def test_hostile_names_are_refused(name: str) -> None:
    """A name that is no identifier path, or that JavaScript gives a meaning of its own, is a UsageError."""
    with pytest.raises(UsageError, match="tool name"):
        Tool.of(add, name=name)


def test_a_plain_callable_becomes_a_tool() -> None:
    """Tool.of takes functions, bound methods, partials and objects with __call__; a tool stays itself."""

    class Greeter:
        """Greets."""

        def __call__(self, name: str) -> str:
            return f"hello {name}"

    partial = functools.partial(add.fn, 1)

    assert Tool.of(add) is add
    assert Tool.of(Greeter(), name="greet").parameters["properties"] == {"name": {"type": "string"}}
    assert Tool.of(partial).name == "add"
    assert Tool.of(partial).validate([{"second": 4}]) == {"second": 4}


def test_methods_are_bound_when_they_are_looked_up() -> None:
    """A decorated method of an object takes no `self`; class and static methods work too."""
    withdraw = Tool.of(Account(10).withdraw)
    kinds = Tool.of(Account.kinds)
    rate = Tool.of(Account.rate)

    assert withdraw.parameters["properties"] == {"amount": {"type": "integer"}}
    assert withdraw.approval == "always"
    assert withdraw(3) == 7
    assert withdraw.invoke(withdraw.validate([{"amount": 4}]), signal=AbortSignal(), call=CALL) == 6
    assert kinds.invoke(kinds.validate([5]), signal=AbortSignal(), call=CALL) == ["Account"]
    assert rate(20) == 0.02


def test_a_bound_method_around_a_tool_is_that_tool_bound() -> None:
    """What @classmethod makes of a tool since Python 3.13."""
    withdraw = Tool.of(types.MethodType(Account.__dict__["withdraw"], Account(10)))

    assert (withdraw.name, withdraw.approval, withdraw(3)) == ("withdraw", "always", 7)
    assert list(withdraw.parameters["properties"]) == ["amount"]


def test_a_tool_in_a_class_attribute_is_no_method_of_that_class() -> None:
    """Keeping a tool that was made elsewhere in a class changes nothing about it."""

    class Kit:
        adder = add

    assert not add.is_method
    assert Kit.adder is add


def test_two_objects_share_what_was_compiled() -> None:
    """The schema of a method is compiled once for its class."""
    assert Account(1).withdraw.contract is Account(2).withdraw.contract


def test_signal_and_call_are_the_hosts_to_fill_in() -> None:
    """Parameters annotated AbortSignal or CallInfo are in no schema, and invoke hands them over."""

    @tool
    def watched(a: int, *, stop: AbortSignal | None = None, info: CallInfo) -> tuple[int, bool, str]:
        assert stop is not None
        return a, stop.aborted, info.key

    signal = AbortSignal()

    assert list(watched.parameters["properties"]) == ["a"]
    assert (watched.wants_signal, watched.wants_call) == (True, True)
    assert (add.wants_signal, add.wants_call) == (False, False)
    assert watched.invoke({"a": 1}, signal=signal, call=CALL) == (1, False, "k")


def test_an_async_tool_gives_its_awaitable() -> None:
    """invoke decides nothing about threads: it returns what the function returns."""

    @tool
    async def later(a: int) -> int:
        return a

    assert later.is_async
    assert not add.is_async
    assert asyncio.run(later.invoke({"a": 3}, signal=AbortSignal(), call=CALL)) == 3


def positional(x: int, /) -> None: ...


def prototype(__proto__: int) -> None: ...


def a_class_method(cls: type) -> None: ...


def numbers() -> Iterator[int]:
    yield 1


@pytest.mark.parametrize(
    ("fn", "message"),
    [
        (lambda *paths: paths, r"cannot take \*paths: take one list instead"),
        (lambda **rest: rest, r"cannot take \*\*rest: take one dict instead"),
        (positional, "cannot take x before `/`: scripts pass arguments by name"),
        (prototype, "has a parameter named '__proto__'"),
        (numbers, "is a generator; a tool returns one value"),
        (5, "is a int, which cannot be called"),
        (type, "has no signature to read"),
        (classmethod(a_class_method), "is a class method"),
    ],
)
def test_what_a_script_cannot_call_by_name_is_refused(fn: Callable[..., Any], message: str) -> None:
    """Shapes that one object of named arguments cannot express are UsageErrors when the tool is made."""
    with pytest.raises(UsageError, match=message):
        Tool.of(fn, name="f")


def test_a_lambda_needs_a_name() -> None:
    """Without a name there is nothing to write after `tools.`."""
    with pytest.raises(UsageError, match="a function without a name cannot be a tool"):
        Tool.of(lambda: 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"approval": "sometimes"}, 'approval of tool \'add\' must be "never", "always" or a function'),
        ({"probe": 5}, "probe of tool 'add' must be a function"),
        ({"timeout_ms": 0}, "timeout_ms of tool 'add' must be a whole number from 1, got 0"),
        ({"timeout_ms": True}, "timeout_ms of tool 'add' must be a whole number from 1, got True"),
    ],
)
def test_options_are_checked(options: dict[str, Any], message: str) -> None:
    """A wrong option is found when the tool is made, not when a script calls it."""
    with pytest.raises(UsageError, match=message):
        Tool.of(add, **options)


def test_an_unknown_option_is_named() -> None:
    """A misspelt option is a UsageError, with the list of those there are."""
    misspelt: Any = tool

    with pytest.raises(UsageError, match=r"tool\(\) has no option aproval"):
        misspelt(aproval="always")
    with pytest.raises(UsageError, match="'add' is a tool already"):
        misspelt(add)


def test_annotations_that_cannot_be_resolved_are_named() -> None:
    """A type that exists nowhere is a UsageError at first use, and says which name it was."""

    @tool
    def broken(a: Nowhere) -> None:  # type: ignore[name-defined]  # noqa: F821 - the point of the test
        pass

    with pytest.raises(UsageError, match="tool 'broken' has an annotation that cannot be resolved: name 'Nowhere'"):
        _ = broken.parameters


def test_a_type_defined_later_in_the_module_is_found() -> None:
    """Annotations that cannot be resolved while the function is defined are resolved at first use."""
    assert later_typed.parameters["properties"]["at"] == {"$ref": "#/$defs/Place"}


def test_an_annotation_that_is_no_type_expression_is_an_error_of_the_tool() -> None:
    """A string annotation that does not parse is reported like one that names nothing."""

    def f(a: Any) -> None: ...

    f.__annotations__["a"] = "not a type"

    with pytest.raises(UsageError, match="tool 'f' has an annotation that cannot be resolved"):
        _ = Tool.of(f).parameters


@tool
def later_typed(at: Place) -> None:
    """Uses a class that is defined below."""


from dataclasses import dataclass  # noqa: E402 - everything from here on must come after `later_typed`


@dataclass
class Place:
    name: str


def test_types_that_json_cannot_carry_are_refused() -> None:
    """A parameter or return type without a JSON Schema is a UsageError that names it."""

    class Handle:
        pass

    def takes(handle: Handle) -> None: ...
    def gives() -> Handle:
        return Handle()

    Tool.of(takes, name="other")
    for fn, place in ((takes, "parameter 'handle'"), (gives, "return type")):
        wrapped = tool(name="f")(fn)
        with pytest.raises(UsageError, match=f"tool 'f', {place}: Unable to generate pydantic-core schema"):
            _ = wrapped.parameters


@pytest.mark.parametrize(
    ("approval", "reason"),
    [
        ("never", None),
        ("always", "add always asks"),
        (lambda args: args["first"] > 10, "the rule of add asks"),
        (lambda args: args["first"] > 99, None),
        (lambda args: f"{args['first']} is a lot", "11 is a lot"),
        (lambda _: "", None),
    ],
)
def test_the_approval_rule_sees_the_arguments(approval: Any, reason: str | None) -> None:
    """A rule answers with True, False or a reason; the reason is what the person reads."""
    assert Tool.of(add, approval=approval).approval_reason({"first": 11, "second": 2}) == reason


def test_an_approval_rule_that_answers_anything_else_is_an_error() -> None:
    """None from a rule that forgot its return is never taken for a no."""
    with pytest.raises(UsageError, match="the approval rule of tool 'add' returned a NoneType, not bool or str"):
        Tool.of(add, approval=lambda _: None).approval_reason({})


def test_the_room_has_no_other_names() -> None:
    """TerminalApprover comes in on demand; what is not there is an AttributeError as in any module."""
    import belljar.tools

    assert belljar.tools.TerminalApprover.__name__ == "TerminalApprover"
    assert all(hasattr(belljar.tools, name) for name in belljar.tools.__all__)
    with pytest.raises(AttributeError, match=r"module 'belljar\.tools' has no attribute 'Approve'"):
        _ = belljar.tools.Approve


def test_importing_tools_imports_neither_pydantic_nor_rich_nor_asyncio() -> None:
    """`import belljar` stays fast: heavy libraries come in with their first use."""
    code = "import sys, belljar.tools; print(sorted({'pydantic', 'rich', 'asyncio'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - ours

    assert found.stdout.strip() == "[]"
