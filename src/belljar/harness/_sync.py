"""One line, no event loop: for scripts, notebooks and tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from belljar.errors import UsageError
from belljar.harness._harness import Harness
from belljar.harness._outcome import Outcome
from belljar.limits import Limits
from belljar.tools import AnyTool, Approver


def run(
    source: str | bytes,
    *,
    tools: Iterable[AnyTool | Callable[..., Any]] = (),
    approver: Approver | None = None,
    limits: Limits | None = None,
    engine: str = "quickjs",
    **options: Any,
) -> Outcome:
    """Run one script and wait for its outcome; `options` are those of `Harness.run`.

    Raises UsageError inside a running event loop, where this would block it: `await harness.run(...)` there.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(_run(source, tools, approver, limits, engine, options))
    raise UsageError("belljar.run cannot be called inside a running event loop", hint="await Harness(...).run(source).")


async def _run(
    source: str | bytes,
    tools: Iterable[AnyTool | Callable[..., Any]],
    approver: Approver | None,
    limits: Limits | None,
    engine: str,
    options: dict[str, Any],
) -> Outcome:
    async with Harness(tools, approver=approver, limits=limits, engine=engine) as harness:
        return await harness.run(source, **options)
