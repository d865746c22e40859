"""The machine on QuickJS in WebAssembly: one clone of the base image runs one script.

Rule 1: everything the script can see comes in with `start` and `resume`. Rule 2: an exception that is not illegal
input ends the machine for good. Rule 3: memory is overwritten before it is given back. No clock here: the watchdog
measures, callers bring the time.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import wasmtime

from belljar.errors import (
    BelljarError,
    HarnessInternalError,
    ImageError,
    ScriptCancelledError,
    ScriptError,
    ScriptMemoryError,
    ScriptStackError,
    ScriptTimeoutError,
    UsageError,
)
from belljar.limits import FUEL_PER_MS, Limits
from belljar.machine import _cache, _frozen, _guest, _report
from belljar.machine._engine import (
    NOW_OFFSET,
    OP_CHECK,
    OP_RESUME,
    OP_START,
    PORT,
    REQUEST,
    REQUEST_OFFSET,
    BaseImage,
    Port,
    base_image,
)
from belljar.machine._protocol import Answer, Figures, Finished, State, Step, Waiting, require
from belljar.machine._watchdog import STOP_CANCEL, STOP_TIME, Watch, ticks
from belljar.script import Script, reread
from belljar.values import to_wire

MEMORY_RESERVE = 1 << 20
"""Kept back from the script, so that an error can still be reported when its own memory is used up."""
STACK_BYTES = 11 * 65_536
"""The linear stack, at the bottom of memory; as in guest/build.py."""
_STACK_CHUNK = 16_384
_ZEROS = bytes(_STACK_CHUNK)
_STOP_MEMORY, _STOP_STACK = 3, 4


class QuickJsMachine:
    """See `Machine` in `_protocol`; `open_machine` makes it."""

    def __init__(self, limits: Limits, base: BaseImage | None = None) -> None:
        self._limits = limits
        self._base = base or base_image()
        self._fuel = limits.fuel or limits.timeout_ms * FUEL_PER_MS
        self._instance: Any = self._base.clone(memory_bytes=max(limits.memory_mb << 20, 4 << 20), fuel=self._fuel)
        self._word = ctypes.c_uint32.from_address(self._instance.address + self._base.layout.port)
        self._state = State.READY
        self._script: Script | None = None
        self._open: dict[int, _report.OpenCall] = {}
        self._setup: dict[str, Any] = {}
        self._used_s = 0.0
        self._steps = 0
        self._figures = Figures()
        self._watch: Watch | None = None
        self._cancelled = False

    # -- the protocol ---------------------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        return self._state

    @property
    def figures(self) -> Figures:
        """What the run used so far; final once it has ended."""
        return self._figures

    def start(
        self,
        script: Script,
        *,
        tools: Sequence[str] = (),
        context: Mapping[str, Any] | None = None,
        seed: bytes = b"",
        now_ms: int = 0,
        budget_ms: float | None = None,
    ) -> Step:
        """Run `script` to its first wait or its end.

        `tools` are the names the script may call, `seed` any bytes from which its random numbers come, `now_ms` the
        time it sees, in milliseconds since 1970. `budget_ms` bounds this step, besides what is left of the limits'
        timeout. Raises MachineStateError on a machine that was started before.
        """
        require(self._state, "start")
        self._script = script
        request = {
            "code": script.code,
            "tools": list(tools),
            "context": dict(context or {}),
            "seed": hashlib.sha256(b"belljar seed\0" + seed).hexdigest()[:32],
            "limits": _guest_limits(self._limits),
        }
        return self._step(OP_START, json.dumps(request), now_ms, budget_ms)

    def resume(self, answers: Sequence[Answer], *, now_ms: int | None = None, budget_ms: float | None = None) -> Step:
        """Settle calls in the order of `answers` and run on. `now_ms` None leaves the script's clock where it is.

        Raises UsageError, and changes nothing, for an answer to a call that is not open.
        """
        require(self._state, "resume")
        ids = [answer.id for answer in answers]
        if unknown := [id_ for id_ in ids if id_ not in self._open]:
            raise UsageError(f"no open call has the id {unknown[0]}", hint=f"Open calls: {sorted(self._open)}")
        if len(set(ids)) != len(ids):
            raise UsageError("two answers to the same call")
        message = f'{{"answers":[{",".join(map(_answer_text, answers))}]}}'
        for id_ in ids:
            del self._open[id_]
        return self._step(OP_RESUME, message, now_ms, budget_ms)

    def freeze(self, *, key: bytes | None = None) -> bytes:
        """The waiting run as bytes: what differs from the base image, compressed, with an HMAC under `key`.

        None takes this user's own key, kept in the cache folder. The machine stays as it is; close it to free its
        memory. Raises MachineStateError unless it is waiting.
        """
        require(self._state, "freeze")
        assert self._script is not None
        header = {
            "source": self._script.source,
            "profile": self._script.profile,
            "limits": asdict(self._limits),
            "open": [list(call) for call in self._open.values()],
            "used_s": self._used_s,
            "steps": self._steps,
            "fuel_left": self._instance.store.get_fuel(),
        }
        return _frozen.pack(
            build_id=_guest.build_id(),
            header=header,
            memory=ctypes.string_at(self._instance.address, self._memory_bytes()),
            base=self._base.memory,
            key=key or _cache.image_key(),
        )

    def cancel(self) -> None:
        """From any thread: the step that runs now, or else the next one, ends with ScriptCancelledError."""
        self._cancelled = True
        watch = self._watch
        if watch is not None:
            self._base.watchdog.interrupt(watch, STOP_CANCEL)

    def close(self) -> None:
        """Overwrite what the run left in memory and give the memory back. May be called again."""
        if self._instance is None:
            return
        self._state = State.ENDED
        self.wipe()
        self._instance.store.close()
        self._instance = None

    def wipe(self) -> None:
        """Overwrite the stack, the inbox and everything above the base image. What is left is no data of the run."""
        instance, layout = self._instance, self._base.layout
        ctypes.memset(instance.address + layout.fresh, 0, self._memory_bytes() - layout.fresh)
        ctypes.memset(instance.address + layout.inbox, 0, layout.inbox_size)
        for top in range(STACK_BYTES, 0, -_STACK_CHUNK):  # it grows downwards; a chunk of zeros was never reached
            chunk = instance.address + top - _STACK_CHUNK
            if ctypes.string_at(chunk, _STACK_CHUNK) == _ZEROS:
                break
            ctypes.memset(chunk, 0, _STACK_CHUNK)

    def __enter__(self) -> QuickJsMachine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_instance", None) is not None:
            self.close()

    # -- one step -------------------------------------------------------------------------------------------------

    def _step(self, op: int, message: str, now_ms: int | None, budget_ms: float | None) -> Step:
        try:
            text, error = self._run(op, message.encode("ascii"), now_ms, budget_ms)
        except BaseException:
            self.close()
            raise
        if error is not None:
            return self._end(Finished(error=error, abandoned=tuple(self._open)))
        assert self._script is not None
        try:
            step = _report.read(text, self._script, self._open, self._limits)
        except HarnessInternalError as unreadable:
            return self._end(Finished(error=unreadable, abandoned=tuple(self._open)))
        if isinstance(step, Finished):
            return self._end(step)
        self._state = State.WAITING
        return step

    def _end(self, step: Finished) -> Finished:
        self._open.clear()
        self.close()
        return step

    def _run(
        self, op: int, message: bytes, now_ms: int | None = None, budget_ms: float | None = None
    ) -> tuple[str, BelljarError | None]:
        """One crossing: the report's text, or the error that ended the machine."""
        instance, layout = self._instance, self._base.layout
        if self._cancelled:
            return "", ScriptCancelledError("the run was cancelled")
        inbox = layout.inbox
        if len(message) >= layout.inbox_size:
            inbox = instance.reserve(instance.store, len(message) + 1)
            if not inbox:
                return "", ScriptMemoryError("the message to the script does not fit into its memory")
        ctypes.memmove(instance.address + (inbox & 0xFFFFFFFF), message, len(message))
        ctypes.memmove(instance.address + layout.port + REQUEST_OFFSET, REQUEST.pack(op, len(message)), REQUEST.size)
        if now_ms is not None:
            ctypes.c_double.from_address(instance.address + layout.port + NOW_OFFSET).value = now_ms
        budget_s = self._limits.timeout_ms / 1000 - self._used_s
        budget_s = max(budget_s if budget_ms is None else min(budget_s, budget_ms / 1000), 0.001)
        instance.store.set_epoch_deadline(ticks(budget_s))
        trap: wasmtime.Trap | None = None
        watch = self._watch = self._base.watchdog.begin(self._word, budget_s)
        try:
            instance.step(instance.store)
        except wasmtime.Trap as caught:
            trap = caught
        finally:
            self._watch = None
            self._used_s += self._base.watchdog.end(watch)
            self._steps += 1
        port = Port(*PORT.unpack(ctypes.string_at(instance.address + layout.port, PORT.size)))
        self._figures = Figures(
            fuel=self._fuel - (0 if _out_of_fuel(trap) else instance.store.get_fuel()),
            memory_bytes=self._memory_bytes(),
            cpu_ms=self._used_s * 1000,
            steps=self._steps,
        )
        if trap is None and not port.status:
            return ctypes.string_at(instance.address + port.outbox, port.outbox_size).decode(), None
        return "", self._stopped(trap, reason=port.stop or port.interrupt, line=port.line, column=port.column)

    def _stopped(self, trap: wasmtime.Trap | None, *, reason: int, line: int, column: int) -> BelljarError:
        """Why the machine stopped without a report."""
        assert self._script is not None
        where = _report.place(self._script, line, column)
        code = trap.trap_code if trap is not None else None
        if reason == STOP_CANCEL:
            return ScriptCancelledError("the run was cancelled", **where)
        if _out_of_fuel(trap):
            return ScriptTimeoutError("the script used up its fuel", details={"cause": "fuel"}, **where)
        if reason == STOP_TIME or code is wasmtime.TrapCode.INTERRUPT:
            limit = f"{self._limits.timeout_ms:,} ms"
            return ScriptTimeoutError(f"the script ran longer than {limit}", details={"cause": "clock"}, **where)
        if reason == _STOP_MEMORY:
            return ScriptMemoryError(_report.limit_message("ScriptMemoryError", self._limits), **where)
        if reason == _STOP_STACK or code is wasmtime.TrapCode.STACK_OVERFLOW:
            return ScriptStackError(_report.limit_message("ScriptStackError", self._limits), **where)
        return HarnessInternalError("the machine stopped unexpectedly", details={"trap": str(code), "reason": reason})

    def _memory_bytes(self) -> int:
        size: int = self._instance.memory.data_len(self._instance.store)
        return size

    # -- thaw -----------------------------------------------------------------------------------------------------

    @classmethod
    def thaw(cls, image: bytes, *, key: bytes | None = None) -> tuple[QuickJsMachine, Waiting]:
        """The machine that `freeze` saw, and the step it waits at. Raises ImageError; nothing is mapped then."""
        frozen = _frozen.unpack(image, build_id=_guest.build_id(), key=key or _cache.image_key())
        machine: QuickJsMachine | None = None
        try:
            machine = cls(Limits(**frozen.header["limits"]))
            machine._restore(frozen)
        except BaseException as error:
            if machine is not None:
                machine.close()
            if isinstance(error, KeyError | TypeError | ValueError | AttributeError | ScriptError):
                raise ImageError("the image's header is not of this format") from error
            raise
        return machine, Waiting(calls=tuple(call.to_call() for call in machine._open.values()))

    def _restore(self, frozen: _frozen.Frozen) -> None:
        header = frozen.header
        self._script = reread(header["source"], profile=header["profile"], source_bytes=self._limits.source_bytes)
        self._open = {call.id: call for call in map(_report.OpenCall.checked, header["open"])}
        self._used_s = float(header["used_s"])
        self._steps = int(header["steps"])
        self._map(frozen)
        self._instance.store.set_fuel(header["fuel_left"])
        self._state = State.WAITING

    def _map(self, frozen: _frozen.Frozen) -> None:
        instance, base_size = self._instance, self._base.layout.memory_bytes
        pages = math.ceil((frozen.size - base_size) / 65_536)
        if pages < 0 or frozen.size > self._limits.memory_mb << 20:
            raise ImageError("the image's memory is larger than its limits allow")
        if pages:
            instance.memory.grow(instance.store, pages)
        for begin, content in frozen.runs:
            if begin + len(content) > frozen.size:
                raise ImageError("the image writes beyond its memory")
            here = ctypes.string_at(instance.address + begin, len(content))
            ctypes.memmove(instance.address + begin, _frozen.exclusive_or(content, here), len(content))


def compile_only(script: Script) -> BelljarError | None:
    """What the jar's own compiler says against `script`; None when it compiles. Nothing of it runs."""
    with QuickJsMachine(Limits()) as machine:
        machine._script = script
        text, error = machine._run(OP_CHECK, json.dumps({"code": script.code}).encode("ascii"))
        return error or _report.compile_error(text, script, machine._limits)


def _out_of_fuel(trap: wasmtime.Trap | None) -> bool:
    return trap is not None and trap.trap_code is wasmtime.TrapCode.OUT_OF_FUEL


def _guest_limits(limits: Limits) -> list[int]:
    """In the order in which prelude/90_protocol.js reads them."""
    return [
        max((limits.memory_mb << 20) - 2 * MEMORY_RESERVE, MEMORY_RESERVE),
        limits.stack_kb * 1024,
        limits.return_bytes,
        limits.argument_bytes,
        limits.return_depth,
        limits.console_events,
        limits.console_events_per_s,
        limits.console_bytes,
        limits.progress_events,
        limits.progress_interval_ms,
        limits.progress_chars,
        limits.tool_calls + limits.queued_calls,
    ]


def _answer_text(answer: Answer) -> str:
    if answer.error is not None:
        return f"[{answer.id},0,{json.dumps(_report.error_facts(answer.error))}]"
    text = to_wire(answer.value)
    tagged = int('"$' in text)
    return f"[{answer.id},1,{text},{tagged}]"
