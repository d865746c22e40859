"""The tools of one harness, by name."""

from __future__ import annotations

from typing import Any

import pytest

from belljar.errors import UsageError
from belljar.tools import Registry, Tool, tool


@tool
def get_rate(base: str) -> float: ...  # type: ignore[empty-body]  # never called


def send_mail(to: str) -> None: ...


class Account:
    @tool
    def close(self) -> None: ...


def named(name: str) -> Tool[..., Any]:
    return Tool.of(send_mail, name=name)


def test_a_registry_keeps_names_and_order() -> None:
    """Tools and plain callables, in the order given."""
    registry = Registry([named("b"), get_rate, send_mail])

    assert registry.names == ("b", "get_rate", "send_mail")
    assert [each.name for each in registry] == ["b", "get_rate", "send_mail"]
    assert (len(registry), "b" in registry, "c" in registry) == (3, True, False)
    assert registry.get("get_rate") is get_rate
    assert registry.get("nothing") is None


def test_two_tools_of_one_name_are_refused_and_both_are_named() -> None:
    """The error says where each of the two comes from."""
    other = Tool.of(send_mail, name="get_rate")

    with pytest.raises(UsageError) as caught:
        Registry([get_rate, other])

    assert caught.value.message == f"two tools are named 'get_rate': {__name__}.get_rate and {__name__}.send_mail"


def test_a_tool_cannot_be_a_group_as_well() -> None:
    """`tools.mcp` is a function or a namespace, not both."""
    with pytest.raises(UsageError, match=r"tool 'mcp\.a' is also the group of tool 'mcp\.a\.b'"):
        Registry([named("mcp.a.b"), named("mcp.a")])


def test_a_method_without_its_object_is_refused() -> None:
    """Account.close waits for a self; Account().close is a tool."""
    with pytest.raises(UsageError, match="tool 'close' is a method without its object"):
        Registry([Account.close])
    assert Registry([Account().close]).names == ("close",)


@pytest.mark.parametrize(
    ("slip", "meant"),
    [("getRate", "get_rate"), ("get_rates", "get_rate"), ("sendmial", "send_mail"), ("zzz", None), ("", None)],
)
def test_the_closest_name_is_suggested(slip: str, meant: str | None) -> None:
    """Case and underscores weigh nothing; what resembles nothing has no suggestion."""
    registry = Registry([get_rate, send_mail])

    assert registry.closest(slip) == meant
