"""Turns on wasmtime's pooling allocator, which its Python package does not offer yet.

A pooled memory keeps its pages between machines and is reset by copying the base image over them. That replaces some
fifty page faults a run, which cost twice what a small script does. This is the one place that uses names of wasmtime
that begin with an underscore: the generated bindings of its documented C API. Where they are missing the plain
allocator is used, and a test fails so that somebody notices. See docs/decisions.md, "The pooling allocator".
"""

from __future__ import annotations

import wasmtime

SLOTS = 16
"""Machines that a pool holds at once. More are opened outside the pool: slower to start, and leaner, since a slot that
was used once keeps its 2.2 MB."""
MAX_MEMORY_BYTES = 1 << 31


def enable(config: wasmtime.Config, *, keep_resident: int) -> bool:
    """Let engines made from `config` pool their memories, of which the first `keep_resident` bytes stay in place.

    False, with `config` unchanged, where this wasmtime has no such bindings.
    """
    try:
        from wasmtime import _ffi as c_api

        pool = c_api.wasmtime_pooling_allocation_config_new()
        settings = {
            "total_core_instances": SLOTS,
            "total_memories": SLOTS,
            "total_tables": SLOTS,
            "table_elements": 4_000,
            "max_memory_size": MAX_MEMORY_BYTES,
            "max_unused_warm_slots": SLOTS,
            "linear_memory_keep_resident": keep_resident,
        }
        for name, value in settings.items():
            getattr(c_api, f"wasmtime_pooling_allocation_config_{name}_set")(pool, value)
        c_api.wasmtime_pooling_allocation_strategy_set(config.ptr(), pool)
        c_api.wasmtime_pooling_allocation_config_delete(pool)
    except (ImportError, AttributeError):
        return False
    return True
