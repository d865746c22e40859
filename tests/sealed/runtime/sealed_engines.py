"""The sealed runtime on both engines, without the rest of the machine: compiled text in, what came of it out.

QuickJS is the project's own guest module with another prelude; V8 is a process of its own, as it is in the library, so
that no test finds mini-racer loaded into this one.
"""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Protocol

import wasmtime

from belljar.machine import _guest
from belljar.machine._engine import OP_BOOT, OP_START, PORT, REQUEST, REQUEST_OFFSET, Port, engine_config

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parents[2]
NAMES: Final = (
    "charge, add, sub, mul, div, rem, neg, not, eq, ne, lt, le, gt, ge, bool, type, has, at, prop, text,"
    " arr, arrSpread, rec, recSpread, pobj, prest, parr, fn, call, tail, agcall, method, bi, effect, early,"
    " U, none, JsonNull"
)
"""What a compiled program takes from the runtime."""
GAS: Final = 1_000_000
P: Final = 3 << 16 | 7
"""The position that tests give: line 3, column 7."""
_FUEL: Final = 1 << 40
_V8: Final = """
import json, sys
from py_mini_racer import MiniRacer
isolate = MiniRacer()
isolate.eval(json.loads(sys.stdin.readline()))
print("ready", flush=True)
for line in sys.stdin:
    print(isolate.call("step", json.loads(line)), flush=True)
"""
_V8_HOST: Final = """{
    compile: (0, eval), trace: () => undefined, kind: () => 0, thrown: () => 0, exhausted: () => 0,
    size: (text) => text.length, memory() {}, stack() {},
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of a run."""

    gas: int
    lines: list[str]
    asked: list[list[Any]]
    """Effects: name, arguments as JSON, position."""
    json: str = ""
    cbor: str = ""
    error: Mapping[str, Any] = field(default_factory=dict)

    @property
    def value(self) -> Any:
        """The answer as plain data. Fails with the error where there is none."""
        assert not self.error, self.error
        return json.loads(self.json)

    @property
    def code(self) -> str:
        """The error's code; empty where there is an answer."""
        return str(self.error.get("code", ""))


class Engine(Protocol):
    """One prelude, many programs."""

    def step(self, message: str) -> str:
        """The report on a message."""


@cache
def prelude() -> str:
    """As the guest's build makes it, with the desk in the driver's place."""
    return str(guest_build().sealed_source(HERE / "desk.js"), "utf-8")


def guest_build() -> ModuleType:
    """guest/build.py, which is in no package."""
    sys.path.insert(0, str(ROOT / "guest"))
    try:
        return import_module("build")
    finally:
        sys.path.remove(str(ROOT / "guest"))


class QuickJs:
    """See `Engine`."""

    def __init__(self) -> None:
        engine = wasmtime.Engine(engine_config())
        self._store = wasmtime.Store(engine)
        self._store.set_epoch_deadline(1 << 40)
        self._exports: Any = wasmtime.Instance(self._store, wasmtime.Module(engine, _guest.wasm()), []).exports(
            self._store
        )
        self._call("_initialize")
        self._port = self._call("jar_port")
        self._send(OP_BOOT, prelude())

    def step(self, message: str) -> str:
        port = self._send(OP_START, message)
        return bytes(self._memory().read(self._store, port.outbox, port.outbox + port.outbox_size)).decode()

    def _call(self, name: str, *arguments: int) -> int:
        self._store.set_fuel(_FUEL)
        result: int = self._exports[name](self._store, *arguments)
        return result

    def _memory(self) -> Any:
        return self._exports["memory"]

    def _send(self, op: int, text: str) -> Port:
        message = text.encode()
        inbox = self._call("jar_reserve", len(message) + 1) & 0xFFFFFFFF
        self._memory().write(self._store, message, inbox)
        self._memory().write(self._store, REQUEST.pack(op, len(message)), self._port + REQUEST_OFFSET)
        self._call("jar_step")
        port = Port(*PORT.unpack(self._memory().read(self._store, self._port, self._port + PORT.size)))
        assert not port.status, port
        return port


class V8:
    """See `Engine`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603  (this Python, a text of our own, no shell)
            [sys.executable, "-c", _V8], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        atexit.register(self._process.communicate)
        desk = f"const desk = ({prelude()})({_V8_HOST});\n"
        self._ask(json.dumps(desk + "function step(text) { desk.start(JSON.parse(text)); return desk.report(); }"))

    def step(self, message: str) -> str:
        return self._ask(json.dumps(message))

    def _ask(self, line: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().rstrip("\n")


def both(body: str, *, gas: int = GAS, answers: Sequence[str] = ()) -> Told:
    """Run statements of compiled text, which return the program's value, on every engine that is here.

    `answers` are the JSON texts that effects are answered with, in turn. What the engines tell must not differ.
    """
    code = f"(function* ($, input) {{ 'use strict'; const {{ {NAMES} }} = $; const P = {P};\n{body}\n}})"
    message = json.dumps({"code": code, "gas": gas, "answers": list(answers)})
    first, *others = (Told(**json.loads(engine.step(message))) for engine in engines())
    assert all(other == first for other in others), (first, others)
    return first


@cache
def engines() -> tuple[Engine, ...]:
    """QuickJS, and V8 where mini-racer is installed."""
    return (QuickJs(), V8()) if find_spec("py_mini_racer") else (QuickJs(),)
