"""One run of a plugin: its limits, its queue, and the harness that makes it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from belljar.errors import SerializationError, UsageError
from belljar.harness import Harness, Origin, RunOptions
from belljar.harness._runner import Start
from belljar.limits import MAX_SOURCE_BYTES, Limits
from belljar.plugins._clean import Cleaner
from belljar.plugins._package import Plugin
from belljar.store import Store
from belljar.tools import AnyTool, Approver
from belljar.values import to_wire

EMPTY_MACHINE_MB: Final = 3
"""What engine and prelude take of a machine's memory before a script has any: 2.4 MB in the profile `standard`, 2.9 in
`sealed` (figures.memory_mb of an empty run, quickjs, 2026)."""
TOOL_CALLS: Final = 100
"""Calls of one run, those of `api` among them."""
_INPUT_DEPTH: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A plugin that may run."""

    plugin: Plugin
    text: str
    """What runs: the script and the line that calls its entry."""
    tools: list[AnyTool]
    cleaner: Cleaner


class PluginHarness(Harness):
    """A harness whose runs find their input in `context.input`."""

    def __init__(self, tools: Iterable[AnyTool], *, given: Any, **options: Any) -> None:
        super().__init__(tools, **options)
        self._given = given

    def _start(self, source: str | bytes, options: RunOptions, *, profile: str = "standard") -> Start:
        start = super()._start(source, options, profile=profile)
        return replace(start, context={**start.context, "input": self._given}) if profile == "standard" else start


def plugin_harness(
    ready: Prepared, given: Any, *, store: Store, approver: Approver | None, engine: str, agent_id: str | None
) -> PluginHarness:
    """With exactly the tools that the plugin has, and within its limits."""
    most = ready.plugin.manifest.limits
    limits = Limits(
        timeout_ms=most.timeout_ms,
        memory_mb=most.memory_mb + EMPTY_MACHINE_MB,
        source_bytes=MAX_SOURCE_BYTES,
        tool_calls=TOOL_CALLS,
    )
    return PluginHarness(
        ready.tools,
        given=given,
        store=store,
        approver=approver,
        limits=limits,
        engine=engine,
        secrets=ready.cleaner.secrets,
        type_checker=None,
        origin=Origin(manifest_sha256=ready.plugin.checksum, agent_id=agent_id, queue=queue_of(ready.plugin)),
    )


def plain(value: Any) -> Any:
    """The value as a script sees it. Raises UsageError for what no script can be given."""
    try:
        to_wire(value, depth=_INPUT_DEPTH)
        return json.loads(json.dumps(value, allow_nan=False))  # bytes, which the wire takes, cannot be in a context
    except (SerializationError, TypeError, ValueError) as error:
        raise UsageError(f"the input is no plain data: {error}", hint="Give what JSON can hold.") from None


def queue_of(plugin: Plugin) -> str:
    """Of these very bytes: a queue of the name alone would be shared by all that call themselves so."""
    return f"plugin:{plugin.manifest.name}:{plugin.checksum[:12]}"
