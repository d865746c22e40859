"""The self-test: every limit, crossed for real, must end the run with its own error.

A guard that is never tripped is a guess. Each probe runs a script which a limit has to stop, in a machine of its own,
with the limit set low so that all of them together take about a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files
from typing import Any, Final

from belljar.errors import (
    ApprovalDeniedError,
    BannedIdentifierError,
    BelljarError,
    ConcurrencyLimitError,
    ReturnValueTooLargeError,
    ScriptMemoryError,
    ScriptRuntimeError,
    ScriptStackError,
    ScriptTimeoutError,
    ScriptTooLargeError,
    ToolBudgetExceededError,
    ToolValidationError,
)
from belljar.harness import run
from belljar.limits import Limits
from belljar.machine import METERED, installed_engines
from belljar.tools import AnyTool, AutoApprover, tool

_IMPORT_SECTION: Final = 2
"""Of the WebAssembly binary format, core specification 5.5.2."""


@tool
def echo(value: int) -> int:
    """The value itself."""
    return value


@tool(approval="always")
def guarded() -> str:
    """Needs approval."""
    return "reached"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One limit and what must happen when it is crossed."""

    name: str
    source: str
    expect: type[BelljarError]
    limits: Limits = field(default_factory=Limits)
    tools: tuple[AnyTool, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)
    """What the error's details must hold besides."""
    metered: bool = False
    """Whether the limit is fuel, which not every engine has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What happened."""

    name: str
    ok: bool
    found: str
    ms: float


PROBES: Final = (
    Probe(name="wall clock", source="while (true) {}", limits=Limits(timeout_ms=60), expect=ScriptTimeoutError),
    Probe(
        name="fuel (a native loop)",
        source="Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)",
        limits=Limits(fuel=20_000_000),
        expect=ScriptTimeoutError,
        details={"cause": "fuel"},
        metered=True,
    ),
    Probe(
        name="memory",
        source="const kept = []; for (;;) kept.push(new Uint8Array(1 << 20))",
        limits=Limits(memory_mb=8),
        expect=ScriptMemoryError,
    ),
    Probe(
        name="stack",
        source="function deeper(n: number): number { return 1 + deeper(n + 1) }\nreturn deeper(0)",
        expect=ScriptStackError,
    ),
    Probe(
        name="source size",
        source="return 'a script of more than sixteen bytes'",
        limits=Limits(source_bytes=16),
        expect=ScriptTooLargeError,
    ),
    Probe(
        name="return size",
        source="return 'x'.repeat(2000)",
        limits=Limits(return_bytes=1_000),
        expect=ReturnValueTooLargeError,
    ),
    Probe(
        name="return depth",
        source="let deep = {}; for (let n = 0; n < 40; n++) deep = { deep }; return deep",
        expect=ReturnValueTooLargeError,
    ),
    Probe(
        name="tool budget",
        source="for (let n = 0; n < 3; n++) await tools.echo({ value: n })",
        limits=Limits(tool_calls=2),
        tools=(echo,),
        expect=ToolBudgetExceededError,
    ),
    Probe(
        name="concurrent calls",
        source="await Promise.all([1, 2, 3].map((value) => tools.echo({ value })))",
        limits=Limits(concurrent_calls=1, queued_calls=1),
        tools=(echo,),
        expect=ConcurrencyLimitError,
    ),
    Probe(
        name="argument schema",
        source="await tools.echo({ value: 'three' as never })",
        tools=(echo,),
        expect=ToolValidationError,
    ),
    Probe(name="approval", source="return await tools.guarded()", tools=(guarded,), expect=ApprovalDeniedError),
    Probe(name="banned syntax", source="return eval('1 + 1')", expect=BannedIdentifierError),
    Probe(
        name="frozen built-ins",
        source="Array.prototype.map = () => []; return [1].map((n) => n)",
        expect=ScriptRuntimeError,
    ),
)


def run_probes() -> Iterator[Result]:
    """The results, one by one: the jar's own wall, then every limit on every engine that is installed."""
    yield _timed("no imports in the guest", _no_imports)
    for engine in installed_engines():
        yield _timed(f"{engine}: a plain script", partial(_plain, engine))
        for probe in PROBES:
            if engine in METERED or not probe.metered:
                yield _timed(f"{engine}: {probe.name}", partial(_tripped, probe, engine))


def _timed(name: str, action: Callable[[], tuple[bool, str]]) -> Result:
    began = time.perf_counter()
    try:
        ok, found = action()
    except (BelljarError, OSError) as error:  # boundary: a broken installation is what this is there to report
        ok, found = False, f"{type(error).__name__}: {error}"
    return Result(name=name, ok=ok, found=found, ms=round((time.perf_counter() - began) * 1000, 1))


def _tripped(probe: Probe, engine: str) -> tuple[bool, str]:
    outcome = run(probe.source, tools=probe.tools, limits=probe.limits, approver=AutoApprover("none"), engine=engine)
    error = outcome.error
    if error is None:
        return False, f"nothing stopped it; {probe.expect.__name__} was due"
    details = {name: error.details.get(name) for name in probe.details}
    return type(error) is probe.expect and details == probe.details, error.code


def _plain(engine: str) -> tuple[bool, str]:
    outcome = run("return [1, 2, 3].map((n: number) => n * 14).at(-1)", engine=engine)
    return outcome.value == 42, outcome.canonical_json


def _no_imports() -> tuple[bool, str]:
    count = count_imports((files("belljar") / "_guest" / "guest.wasm").read_bytes())
    return count == 0, f"{count} imports"


def count_imports(module: bytes) -> int:
    """How many imports a WebAssembly module declares, read from its bytes and not through an engine."""
    at = 8
    while at < len(module):
        kind = module[at]
        size, body = _leb(module, at + 1)
        if kind == _IMPORT_SECTION:
            return _leb(module, body)[0]
        at = body + size
    return 0


def _leb(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned LEB128 number and the offset behind it."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
