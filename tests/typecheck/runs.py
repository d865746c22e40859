"""A run without a type checker: what a script does when nobody has looked at its types."""

from __future__ import annotations

import asyncio
from typing import Any

from belljar import Harness, Outcome


def run_unchecked(source: str, *tools: Any) -> Outcome:
    """The outcome of a script with no checker before it."""
    return run_checked(source, *tools, checker=None)


def run_checked(source: str, *tools: Any, checker: Any) -> Outcome:
    """The outcome of a script with this checker before it."""

    async def run() -> Outcome:
        async with Harness(tools=tools, type_checker=checker) as harness:
            return await harness.run(source)

    return asyncio.run(run())
