"""The machine on QuickJS in WebAssembly: one clone of the base image runs one script.

Memory is overwritten before it is given back. No clock here: the watchdog measures.
"""

from __future__ import annotations

import ctypes
import math
from dataclasses import asdict
from typing import Any

import wasmtime

from belljar.errors import BelljarError, ImageError, ScriptError
from belljar.limits import FUEL_PER_MS, Limits
from belljar.machine import _cache, _frozen, _guest, _report
from belljar.machine._engine import (
    INBOX,
    INBOX_OFFSET,
    NOW_OFFSET,
    OP_CHECK,
    OP_RESUME,
    OP_SEAL,
    OP_START,
    PORT,
    REQUEST,
    REQUEST_OFFSET,
    BaseImage,
    Port,
    base_image,
)
from belljar.machine._machine import CHECK, RESUME, START, ScriptMachine, Stop, checked_profile
from belljar.machine._places import BytePlaces
from belljar.machine._protocol import Figures, State, Waiting, require
from belljar.machine._watchdog import STOP_CANCEL, STOP_TIME, Watch, ticks
from belljar.script import Script, reread
from belljar.values import MAX_DEPTH, from_wire, to_wire

STACK_BYTES = 11 * 65_536
"""The linear stack, at the bottom of memory; as in guest/build.py."""
LOAD_S = 5.0
"""For sealing memory a second time, which takes some milliseconds."""
_STACK_CHUNK = 16_384
_ZEROS = bytes(_STACK_CHUNK)
_OPS = {START: OP_START, RESUME: OP_RESUME, CHECK: OP_CHECK}
_CAUSES = {STOP_TIME: "clock", STOP_CANCEL: "cancelled", 3: "memory", 4: "stack"}
"""The port's `stop` and `interrupt`, as in guest/jar.h; anything else is a bug of the engine."""
_ODD_HEADER = (KeyError, TypeError, ValueError, AttributeError, OverflowError, ScriptError)
"""What reading a header of another shape may raise."""
_TRAP_CAUSES = {wasmtime.TrapCode.OUT_OF_FUEL: "fuel", wasmtime.TrapCode.INTERRUPT: "clock"}


class QuickJsMachine(ScriptMachine):
    """See `Machine` in `_protocol`; `open_machine` makes it."""

    _places = BytePlaces

    def __init__(self, limits: Limits, profile: str = "standard", base: BaseImage | None = None) -> None:
        super().__init__(limits, profile)
        self._base = base or base_image(profile)
        self._is_loaded = base is not None
        self.can_freeze = base is None  # an image is what differs from the profile's own
        self._fuel = limits.fuel or limits.timeout_ms * FUEL_PER_MS
        self._instance: Any = self._base.clone(memory_bytes=max(limits.memory_mb << 20, 4 << 20), fuel=self._fuel)
        self._word = ctypes.c_uint32.from_address(self._instance.address + self._base.layout.port)
        self._watch: Watch | None = None

    def load_program(self, script: Script) -> BelljarError | None:
        """Compile a sealed program and keep it, for clones of this memory; what the engine says against it, or None."""
        error = self.compile_error(script, keeps_open=True)
        if error is None:
            instance, layout = self._instance, self._base.layout
            instance.store.set_epoch_deadline(ticks(LOAD_S))
            ctypes.memmove(instance.address + layout.port + REQUEST_OFFSET, REQUEST.pack(OP_SEAL, 0), REQUEST.size)
            instance.step(instance.store)
            self._clear_inbox()
        return error

    def memory_copy(self) -> bytes:
        """All of linear memory, as it is now."""
        return ctypes.string_at(self._instance.address, self._memory_bytes())

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
            "open": to_wire([list(call) for call in self._open.values()], depth=MAX_DEPTH),
            "last_id": self._open.last_id,
            "used_s": self._used_s,
            "steps": self._steps,
        }
        with self._inside():
            memory = self.memory_copy()
            header["fuel_left"] = self._instance.store.get_fuel()
        return _frozen.pack(
            build_id=_guest.build_id(),
            header=header,
            memory=memory,
            base=self._base.memory,
            key=key or _cache.user_key(),
        )

    def cancel(self) -> None:
        """From any thread: the step that runs now, or else the next one, ends with ScriptCancelledError."""
        self._cancelled = True
        watch = self._watch
        if watch is not None:
            self._base.watchdog.interrupt(watch, STOP_CANCEL)

    def _release(self) -> None:
        if self._instance is None:
            return
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

    def __del__(self) -> None:
        if getattr(self, "_instance", None) is not None:
            self.close()

    # -- one step -------------------------------------------------------------------------------------------------

    def _cross(self, op: str, message: bytes, now_ms: int | None, budget_s: float) -> str | Stop:
        instance, layout = self._instance, self._base.layout
        instance.store.set_epoch_deadline(ticks(budget_s))
        inbox = self._inbox(len(message) + 1)
        if not inbox:
            return Stop(cause="message")
        ctypes.memmove(instance.address + inbox, message, len(message))
        request = REQUEST.pack(_OPS[op], len(message))
        ctypes.memmove(instance.address + layout.port + REQUEST_OFFSET, request, REQUEST.size)
        if now_ms is not None:
            ctypes.c_double.from_address(instance.address + layout.port + NOW_OFFSET).value = now_ms
        trap: wasmtime.Trap | None = None
        watch = self._watch = self._base.watchdog.begin(self._word, budget_s)
        if self._cancelled:  # since the last look at it, by somebody who found no watch
            self._base.watchdog.interrupt(watch, STOP_CANCEL)
        try:
            instance.step(instance.store)
        except wasmtime.Trap as caught:
            trap = caught
        finally:
            self._watch = None
            self._used_s += self._base.watchdog.end(watch)
            self._steps += 1
        port = Port(*PORT.unpack(ctypes.string_at(instance.address + layout.port, PORT.size)))
        out_of_fuel = trap is not None and trap.trap_code is wasmtime.TrapCode.OUT_OF_FUEL
        self._figures = Figures(
            fuel=self._fuel - (0 if out_of_fuel else instance.store.get_fuel()),
            memory_bytes=self._memory_bytes(),
            cpu_ms=self._used_s * 1000,
            steps=self._steps,
        )
        if trap is None and not port.status:
            return self._report_text(port)
        return _stop(port, trap.trap_code if trap is not None else None)

    def _inbox(self, size: int) -> int:
        """Address of the inbox, which has room for `size` bytes afterwards; 0 where the guest cannot have one.

        It is where the guest says, since that is where it will read; so what it says is checked.
        """
        instance = self._instance
        place = ctypes.string_at(instance.address + self._base.layout.port + INBOX_OFFSET, INBOX.size)
        address, room = INBOX.unpack(place)
        if room < size:
            try:
                address = instance.reserve(instance.store, size) & 0xFFFFFFFF
            except wasmtime.Trap:
                return 0
        return address if address + size <= self._memory_bytes() else 0

    def _report_text(self, port: Port) -> str | Stop:
        """The outbox. Its address comes out of the guest's memory, so it may be anything."""
        if port.outbox + port.outbox_size > self._memory_bytes():
            return Stop(cause="died", details={"why": "the report lies outside memory"})
        try:
            return ctypes.string_at(self._instance.address + port.outbox, port.outbox_size).decode()
        except UnicodeDecodeError:
            return Stop(cause="died", details={"why": "the report is not UTF-8"})

    def _clear_inbox(self) -> None:
        """What was sent is no part of the program."""
        place = ctypes.string_at(self._instance.address + self._base.layout.port + INBOX_OFFSET, INBOX.size)
        address, size = INBOX.unpack(place)
        ctypes.memset(self._instance.address + address, 0, size)

    def _memory_bytes(self) -> int:
        size: int = self._instance.memory.data_len(self._instance.store)
        return size

    # -- thaw -----------------------------------------------------------------------------------------------------

    @classmethod
    def thaw(cls, image: bytes, *, key: bytes | None = None) -> tuple[QuickJsMachine, Waiting]:
        """The machine that `freeze` saw, and the step it waits at. Raises ImageError; nothing is mapped then."""
        frozen = _frozen.unpack(image, build_id=_guest.build_id(), key=key or _cache.user_key())
        machine: QuickJsMachine | None = None
        try:
            machine = cls(Limits(**frozen.header["limits"]), checked_profile(frozen.header["profile"]))
            machine._restore(frozen)
        except BaseException as error:  # nothing stays mapped, whatever it was
            if machine is not None:
                machine.close()
            if isinstance(error, _ODD_HEADER):
                raise ImageError("the image's header is not of this format") from error
            raise
        return machine, Waiting(calls=tuple(call.to_call() for call in machine._open.values()))

    def _restore(self, frozen: _frozen.Frozen) -> None:
        header = frozen.header
        self._script = reread(header["source"], profile=header["profile"], source_bytes=self._limits.source_bytes)
        self._open = _report.OpenCalls(
            map(_report.OpenCall.checked, from_wire(header["open"])), last_id=int(header["last_id"])
        )
        self._used_s = float(header["used_s"])
        self._steps = int(header["steps"])
        self._map(frozen)
        self._instance.store.set_fuel(_whole(header["fuel_left"]))
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


def _whole(number: Any) -> int:
    if type(number) is not int or not 0 <= number < 1 << 63:
        raise ValueError("not a number of units")
    return number


def _stop(port: Port, code: wasmtime.TrapCode | None) -> Stop:
    """Why the machine stopped without a report. What the guest says of itself comes after what the wall says."""
    reason = port.stop or port.interrupt
    cause = _CAUSES.get(reason)
    if cause != "cancelled" and code in _TRAP_CAUSES:
        cause = _TRAP_CAUSES[code]
    elif code is wasmtime.TrapCode.STACK_OVERFLOW:
        cause = cause or "stack"
    details = {} if cause else {"trap": str(code), "reason": reason}
    return Stop(cause=cause or "died", line=port.line, column=port.column, details=details)
