"""Calls that go on while the script does something else: `tools.spawn.NAME(args)` gives `{id, done}` at once.

What happens to them is the machine's business and holds for every call: one that nobody awaited is aborted when the
script ends, and `tools.spawn.cancel(id)` aborts one before, so that its `done` is rejected with CallAbortedError.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from belljar.errors import HarnessInternalError
from belljar.tools import AnyTool, Tool, tool


@tool(name="spawn.cancel")
def _cancel(id: int) -> bool:
    """Abort a call that `tools.spawn` began. False where it has its answer already, or there is no such call."""
    raise HarnessInternalError(f"the machine did not answer the cancellation of call {id}")


def spawn(*tools: AnyTool | Callable[..., Any]) -> list[AnyTool]:
    """`tools` under `tools.spawn`, and `tools.spawn.cancel`. The tools themselves are not among them."""
    given = [Tool.of(each) for each in tools]
    return [*(Tool.of(each, name=f"spawn.{each.name}") for each in given), _cancel]
