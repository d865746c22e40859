"""The tool `sleep`: the only clock that a script can wait for."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

from pydantic import Field

from belljar.tools import AnyTool, tool

_MOST_MS: Final = 60_000


def sleep_tool() -> AnyTool:
    """`tools.sleep({ms})`: waits at most 60 s, and ends at once when the call is aborted."""
    return _sleep


@tool(name="sleep", idempotent=True)
async def _sleep(ms: Annotated[float, Field(ge=0, le=_MOST_MS, allow_inf_nan=False)]) -> None:
    """Wait. The time counts towards the script's own time limit."""
    await asyncio.sleep(ms / 1000)
