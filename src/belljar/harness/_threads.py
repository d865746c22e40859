"""Worker threads for machine steps and for sync tools, started when first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

STACK_BYTES = 16 << 20
"""A step may use 1.9 MB of native stack, more than some systems give a thread."""
STEP_THREADS = 32
TOOL_THREADS = 64


class StepThreads(ThreadPoolExecutor):
    """Threads that are large enough to step a machine on."""

    def __init__(self) -> None:
        super().__init__(STEP_THREADS, thread_name_prefix="belljar-step")

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """As usual; a thread that this starts gets STACK_BYTES."""
        before = threading.stack_size(STACK_BYTES)
        try:
            return super().submit(fn, *args, **kwargs)
        finally:
            threading.stack_size(before)


def tool_threads() -> ThreadPoolExecutor:
    """Threads for sync tools."""
    return ThreadPoolExecutor(TOOL_THREADS, thread_name_prefix="belljar-tool")
