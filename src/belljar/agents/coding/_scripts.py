"""The model's scripts at work: file tools in the scratch workspace, and nothing else.

In there nobody is asked: the folder is thrown away, and what comes out of it is shown to a person as a whole. What the
tools give is without secrets, so none gets to the model, or into a journal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Self

from belljar.agents.coding._prompt import cut, turn_text
from belljar.agents.coding._runs import Tools, origin_of
from belljar.errors import MalformedReplyError, ToolValidationError
from belljar.harness import Harness
from belljar.limits import Limits
from belljar.packs import files
from belljar.script import detect

LIMITS: Final = Limits(tool_calls=100, source_bytes=200_000, argument_bytes=1 << 20, timeout_ms=60_000)
"""Of one script: it carries whole files in it."""


class Scripts:
    """Inside of `async with`."""

    def __init__(self, tools: Tools) -> None:
        job, each_of = tools.job, files(tools.tree, approval="never")
        self.harness = Harness(
            [tools.clean(each, check=_check_whole) for each in each_of],
            store=job.store,
            origin=origin_of(job),
            limits=LIMITS,
            secrets=tools.secrets,
        )

    async def __aenter__(self) -> Self:
        await self.harness.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.harness.aclose()

    async def run(self, reply: str, *, calls_left: int) -> dict[str, Any]:
        """Run what a reply has of scripts, one after another, with so many tool calls together at most."""
        each = calls_left // max(_scripts_in(reply), 1)
        limits = replace(LIMITS, tool_calls=min(LIMITS.tool_calls, each))
        turn = await self.harness.process(reply, mode="enabled", limits=limits)
        calls = sum(outcome.figures.tool_calls for outcome in turn.outcomes)
        return {
            "text": cut(turn_text(turn)),
            "tool_calls": calls,
            "runs": [outcome.run_id for outcome in turn.outcomes],
        }


def _check_whole(arguments: Mapping[str, Any]) -> None:
    """Half of a secret looks like none, so files are read by lines."""
    if arguments.get("encoding") == "bytes":
        raise ToolValidationError("files are read as text here, by lines")


def _scripts_in(reply: str) -> int:
    try:
        return sum(segment.kind == "script" for segment in detect(reply))
    except MalformedReplyError:  # nothing of it runs
        return 0
