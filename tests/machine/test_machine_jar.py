"""The jar itself: no imports, the globals it has, memory that is wiped, and rooms that do no I/O."""

from __future__ import annotations

import ast
import ctypes
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import wasmtime
from support import finished, started, waiting

import belljar
from belljar.machine import Answer, guest_facts, open_machine
from belljar.machine._bake import _sections
from belljar.machine._engine import base_image
from belljar.machine._quickjs import QuickJsMachine
from belljar.script import GLOBALS, parse

SOURCES = Path(belljar.__file__).parent
IMPORT_SECTION = 2
"""Of a module, by the WebAssembly core specification, 5.5.2."""


def imports_of(path: Path) -> set[str]:
    """Top-level names of all modules that a file imports, inside functions too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


IO = {"asyncio", "socket", "ssl", "subprocess", "threading", "multiprocessing", "concurrent", "time", "random", "os"}
IO |= {"pathlib", "io", "tempfile", "shutil", "secrets", "signal", "select", "http", "urllib", "logging", "datetime"}
IO |= {"wasmtime", "ctypes", "sys", "builtins", "importlib"}
PURE = [
    *sorted((SOURCES / "script").glob("*.py")),
    *sorted((SOURCES / "values").glob("*.py")),
    *(SOURCES / "machine" / f"{name}.py" for name in ("_protocol", "_report", "_bake", "_frozen")),
    SOURCES / "journal" / "_records.py",
    SOURCES / "journal" / "_history.py",
    SOURCES / "errors.py",
    SOURCES / "limits.py",
]


@pytest.mark.parametrize("path", PURE, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_pure_rooms_import_no_io(path: Path) -> None:
    """Neither files, sockets, threads, processes, clocks, random numbers nor an engine. No thread lock either: the
    script room's cache is functools.lru_cache, which brings its own."""
    assert imports_of(path) & IO == set()


def test_the_quickjs_machine_reads_no_clock() -> None:
    """The watchdog measures, callers bring the time."""
    used = imports_of(SOURCES / "machine" / "_quickjs.py")
    assert used & {"time", "datetime", "threading", "asyncio", "random", "secrets", "os", "socket"} == set()


ROOMS = ["errors", "limits", "values", "script", "machine", "journal", "tools", "harness"]
"""From the ground up; a room imports only rooms below it, and the journal is between machine and tools."""


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_rooms_below_it(room: str) -> None:
    """No import goes up, not even inside a function or for type checking."""
    place = SOURCES / room
    above = set(ROOMS[ROOMS.index(room) + 1 :])
    for path in [place.with_suffix(".py")] if not place.is_dir() else sorted(place.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("belljar."):
                assert (node.module or "").split(".")[1] not in above, f"{path.name}:{node.lineno}"


def test_the_module_in_the_jar_imports_nothing() -> None:
    """The WebAssembly module that is shipped has no import section: there is no door. Every clone's has none either."""
    assert IMPORT_SECTION not in {
        kind for kind, _ in _sections((files("belljar") / "_guest" / "guest.wasm").read_bytes())
    }
    module = wasmtime.Module.deserialize_file(base_image()._engines[0][0], str(base_image()._place))
    assert list(module.imports) == []
    assert {export.name for export in module.exports} == {"memory", "jar_step", "jar_reserve"}


def test_globals_are_those_that_the_front_end_knows() -> None:
    """What the name check takes for a global is exactly what the jar has."""
    found = finished("return Object.getOwnPropertyNames(globalThis)").value
    assert set(found) == GLOBALS


def test_globals_do_not_grow_while_scripts_run() -> None:
    """Sloppy ways to make a global make none."""
    source = (
        "var a = 1; function b() {}; try { (globalThis as any).c = 1 } catch {}; class d {}; "
        "return Object.getOwnPropertyNames(globalThis)"
    )
    assert set(finished(source).value) == GLOBALS


CANARY = "CANARY-8d1f-7c02"


class _Looked(QuickJsMachine):
    """Keeps a copy of its memory from just before it is given back."""

    seen = b""

    def close(self) -> None:
        instance: Any = self._instance
        if instance is not None:
            self.wipe()
            _Looked.seen = ctypes.string_at(instance.address, self._memory_bytes())
        super().close()


@pytest.mark.parametrize(
    ("source", "answers"),
    [
        ("return await tools.f(context.model)", ["x"]),
        ("const a = await tools.f(); const b = a + a; return b.length", [CANARY * 1000]),
        (
            (
                "const parts = []; for (let i = 0; i < 500; i++) parts.push(context.model + i); "
                "throw new Error(parts.join())"
            ),
            [],
        ),
        ("await tools.f(); for (;;) Math.max(context.model.length)", ["x"]),
        ("const f = (n: number, s: string): any => f(n + 1, s + 'x'); f(0, context.model)", []),
        ("const all = []; while (true) all.push(context.model.repeat(100) + all.length)", []),
    ],
    ids=["small", "large answer", "thrown", "timeout", "stack", "memory"],
)
def test_memory_is_wiped_before_it_is_given_back(source: str, answers: list[str]) -> None:
    """Nothing of script, context, arguments, answers or result is left in memory, however the run ended."""
    machine = _Looked(belljar.Limits(timeout_ms=200, memory_mb=16))
    instance: Any = machine._instance
    step = machine.start(parse(f"const secret = '{CANARY}'; {source}"), tools=["f"], context={"model": CANARY})
    if answers:
        assert CANARY.encode() in ctypes.string_at(instance.address, machine._memory_bytes())
        step = machine.resume([Answer(1, answers[0])])
    del step
    machine.close()
    assert CANARY.encode() not in _Looked.seen
    assert CANARY.encode("utf-16-le") not in _Looked.seen
    assert b"const secret" not in _Looked.seen


def test_a_new_machine_begins_with_the_base_image() -> None:
    """Whatever ran before in the same slot: the memory of a fresh machine is that of the first."""

    def fresh() -> bytes:
        machine = open_machine()
        assert isinstance(machine, QuickJsMachine)
        memory = ctypes.string_at(machine._instance.address, machine._memory_bytes())
        machine.close()
        return memory

    first = fresh()
    for source in ("const a = []; for (let i = 0; i < 1e5; i++) a.push('x' + i); return 1", "throw new Error('x')"):
        started(source)
        assert fresh() == first


def test_clones_come_from_the_pool() -> None:
    """Fails where a wasmtime no longer has the bindings that machine/_pool.py uses: then every clone is slower."""
    assert guest_facts()["pooled"] is True


@pytest.mark.slow
def test_machines_still_open_when_the_pool_is_full() -> None:
    """The 513th machine and those after it are opened outside the pool, and all of them run."""
    machines = [waiting("return await tools.f()", "f")[0] for _ in range(530)]
    try:
        ends = [machine.resume([Answer(1, n)]) for n, machine in enumerate(machines)]
        assert [getattr(end, "value", None) for end in ends] == list(range(530))
    finally:
        for machine in machines:
            machine.close()


MEASURE = """
import re, sys
from pathlib import Path
from belljar.machine import open_machine
from belljar.script import parse
def own_kb():
    return int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
def opened(count):
    machines = [open_machine() for _ in range(count)]
    for machine in machines:
        machine.start(parse("return await tools.f()"), tools=["f"])
    return machines
opened(1)[0].close()
before = own_kb()
machines = opened(150)
print((own_kb() - before) // 150)
for machine in machines:
    machine.close()
print((own_kb() - before) // 1024)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
def test_memory_of_idle_machines_is_little_and_given_back() -> None:
    """A waiting machine has less than 400 kB of its own; of a burst of 150 less than 150 MB stay."""
    ran = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True)  # noqa: S603
    idle_kb, kept_mb = map(int, ran.stdout.split())
    assert (idle_kb < 400, kept_mb < 150) == (True, True), (idle_kb, kept_mb)


def test_importing_belljar_loads_no_engine() -> None:
    """`import belljar` brings neither wasmtime nor pydantic, rich, asyncio nor a parser in."""
    program = (
        "import sys, belljar; print(sorted({'wasmtime', 'pydantic', 'rich', 'asyncio', "
        "'tree_sitter'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603
    assert ran.stdout == "[]\n"
