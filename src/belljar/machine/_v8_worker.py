"""The program of a worker process: one V8 isolate after another, each for one run.

Stands alone: it imports the standard library, `_confine`, and mini-racer's library, and reads the two scripts that it
loads into every isolate from its first request. The parent ends it by closing its input, or kills it.
Requests and replies are frames: length, kind, content (see FRAME). A run that stops without a report is the worker's
last.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import struct
import sys
from collections.abc import Iterator
from typing import Any

from belljar.machine._confine import MOST_DATA_BYTES, confine

FRAME = struct.Struct("<IB")
"""Length of the content, and the kind of the frame."""
SCRIPTS, STEP, RESET = 1, 2, 3
READY, REPORT, STOPPED = 11, 12, 13
BOOT_S = 20.0
"""Far more than starting an isolate takes."""
PRELUDE_STACK_KB = 64
"""Stack that the prelude may use besides the script's; it loads with 48."""
SLACK_BYTES = 96 << 20
"""Memory beyond a run's own that the kernel grants the process: V8 collects array buffers that nobody needs only when
there are some 64 MB of them, and the collector itself needs room."""

NAMED = "\n//# sourceURL=script.ts"
"""How positions know the script's lines: by this name, and from line 2."""
NOT_ONE_BODY = "the script must be one function body; check the closing brackets"
"""As guest/jar.c says it."""

_STDIN, _STDOUT = 0, 1
_NUMBER, _TEXT, _UNDEFINED, _FUNCTION = 4, 5, 11, 100
_THROWN, _REFUSED, _OUT_OF_MEMORY = 200, 201, 202
"""Types of values in mini-racer's C interface."""


def read_exactly(fd: int, size: int) -> bytes:
    """The next `size` bytes. Raises EOFError where the other side has closed."""
    parts = []
    while size:
        part = os.read(fd, min(size, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def frame(kind: int, *contents: bytes) -> bytes:
    """A frame whose content is `contents`, one after the other."""
    return b"".join((FRAME.pack(sum(map(len, contents)), kind), *contents))


def reply(kind: int, *contents: bytes) -> None:
    """Send a frame to the parent."""
    data = memoryview(frame(kind, *contents))
    while data:
        data = data[os.write(_STDOUT, data) :]


class StoppedError(Exception):
    """The run cannot go on in this process."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class Isolate:
    """One V8 isolate with the host's part and the prelude in it."""

    def __init__(self, dll: Any, callback_type: Any, prelude: str, system: System) -> None:
        self._dll = dll
        self._system = system
        self._result: Any = None
        self._handles: list[Any] = []
        """Values that the library holds for us, until `_let_go`."""
        self._callback = callback_type(self._on_result)
        self._context = dll.mr_init_context(self._callback)
        self._enter = self._run(dll.mr_eval, self._text(prelude))
        if self._enter.contents.type != _FUNCTION:
            raise SystemExit(f"the prelude does not load: {self._read(self._enter)}")
        self._handles.remove(self._enter)
        self._base_bytes = self._heap_bytes()
        self._base_data = self._system.data_bytes()

    def close(self) -> None:
        self._dll.mr_free_context(self._context)
        self._system.limit_data(MOST_DATA_BYTES * 2)

    def limit_memory(self, size: int) -> None:
        """End the run when its heap has `size` bytes more than an empty isolate, or the process much more."""
        self._dll.mr_set_hard_memory_limit(self._context, self._base_bytes + size)
        self._system.limit_data(self._system.data_bytes() + size + SLACK_BYTES)

    def memory_bytes(self) -> int:
        """Heap, and what the process took besides since the isolate was fresh: array buffers, above all."""
        return max(self._heap_bytes(), self._base_bytes + self._system.data_bytes() - self._base_data)

    def _heap_bytes(self) -> int:
        facts = self._held(self._dll.mr_heap_stats(self._context))
        return int(json.loads(self._read(facts))["total_heap_size"])

    def step(self, op: str, now_ms: float, message: str) -> str:
        """One crossing: the prelude's report. Raises StoppedError."""
        self._let_go()
        body = refusal = self._undefined()
        if op in ("start", "check"):
            body, refusal = self._compiled(json.loads(message)["code"])
        request = self._list(self._text(op), self._number(now_ms), self._text(message), body, refusal)
        report = self._list(self._text("report"), self._number(now_ms))
        self._call(request)
        return self._read(self._call(report))

    def _compiled(self, code: str) -> tuple[Any, Any]:
        """The function whose body is `code`, or what the parser says against it.

        Each probe throws before anything of `code` runs. After a text that closes its function early, a declaration
        must be followed by a statement, and a method by a comma or a brace, with which no statement begins: what
        passes both is one function body.
        """
        told = self._parsed(f"async function f() {{\n{code}\n}}")
        if told is None and (told := self._parsed(f"({{async f() {{\n{code}\n}}}})")):
            told["message"] = NOT_ONE_BODY
        if told is not None:
            return self._undefined(), self._json(told)
        program = f"(async function () {{\n{code}\n}}){NAMED}"
        return self._run(self._dll.mr_eval, self._text(program)), self._undefined()

    def _parsed(self, program: str) -> dict[str, Any] | None:
        """What the parser says against `program`; None when it is well-formed. Nothing of it runs."""
        told = self._run(self._dll.mr_eval, self._text(f"throw 0;{program}{NAMED}"))
        return refusal_of(self._read(told)) if told.contents.type == _REFUSED else None

    # -- values ---------------------------------------------------------------------------------------------------

    def _text(self, text: str) -> Any:
        data = text.encode("utf-8", "surrogatepass")
        return self._held(self._dll.mr_alloc_string_val(self._context, data, len(data), _TEXT))

    def _number(self, number: float) -> Any:
        return self._held(self._dll.mr_alloc_double_val(self._context, number, _NUMBER))

    def _undefined(self) -> Any:
        return self._held(self._dll.mr_alloc_int_val(self._context, 0, _UNDEFINED))

    def _json(self, value: Any) -> Any:
        return self._text(json.dumps(value))

    def _read(self, handle: Any) -> str:
        value = handle.contents
        return ctypes.string_at(value.value.value_ptr, value.len).decode("utf-8", "replace")

    def _held(self, handle: Any) -> Any:
        self._handles.append(handle)
        return handle

    def _let_go(self) -> None:
        """Free what was held: a run of many steps must not keep what each of them brought."""
        for handle in self._handles:
            self._dll.mr_free_value(self._context, handle)
        self._handles.clear()

    # -- tasks ----------------------------------------------------------------------------------------------------

    def _list(self, *items: Any) -> Any:
        made = self._run(self._dll.mr_eval, self._text("[]"))
        for item in items:
            self._held(self._dll.mr_array_push(self._context, made, item))
        return made

    def _call(self, listed: Any) -> Any:
        result = self._run(self._dll.mr_call_function, self._enter, self._undefined(), listed)
        if self._dll.mr_hard_memory_limit_reached(self._context):
            raise StoppedError("memory")
        if result.contents.type >= _THROWN:
            raise StoppedError("died")
        return result

    def _run(self, task: Any, *arguments: Any) -> Any:
        """The result of a task on the isolate's own thread. Raises StoppedError."""
        task(self._context, *arguments, 1)
        ready, _, _ = select.select([self._system.done_out, _STDIN], [], [])
        if _STDIN in ready:
            os._exit(0)  # nothing is asked during a step: the parent is gone
        os.read(self._system.done_out, 1)
        if self._result.contents.type == _OUT_OF_MEMORY:
            raise StoppedError("memory")
        return self._held(self._result)

    def _on_result(self, _task: int, handle: Any) -> None:
        self._result = handle
        os.write(self._system.done_in, b".")


def refusal_of(text: str) -> dict[str, Any]:
    """What mini-racer writes of a SyntaxError, as data: `FILE:LINE: SyntaxError: MESSAGE`, the line, carets below."""
    first, _, rest = text.partition("\n")
    place, _, message = first.partition(": SyntaxError: ")
    line = place.rpartition(":")[2]
    below = rest.split("\n")[1:2]
    column = len(below[0]) - len(below[0].lstrip()) + 1 if below else 1
    told = message or "the script does not parse"
    return {"message": told, "line": int(line) - 1 if line.isdigit() else 0, "column": column}


# -- the process --------------------------------------------------------------------------------------------------


class System:
    """What the process has of the system, all of it opened before `confine`."""

    def __init__(self) -> None:
        self.done_out, self.done_in = os.pipe()
        """How V8's thread says that a task is done."""
        self._statm = os.open("/proc/self/statm", os.O_RDONLY) if sys.platform == "linux" else None
        self._most = self.data_bytes() + MOST_DATA_BYTES

    def data_bytes(self) -> int:
        """What the kernel counts as this process's data; 0 where it does not say."""
        return self._pages(5)

    def resident_bytes(self) -> int:
        return self._pages(1)

    def limit_data(self, size: int) -> None:
        """Let the kernel refuse memory beyond `size` bytes of data; where it cannot, V8's own limit is the only one."""
        if self._statm is not None:
            resource.setrlimit(resource.RLIMIT_DATA, (min(size, self._most), self._most))

    def _pages(self, index: int) -> int:
        if self._statm is None:
            return 0
        return int(os.pread(self._statm, 200, 0).split()[index]) * resource.getpagesize()


def requests() -> Iterator[tuple[dict[str, Any], str]]:
    """Head and message of each step of one run, until the parent asks for a fresh isolate."""
    while True:
        size, kind = FRAME.unpack(read_exactly(_STDIN, FRAME.size))
        content = read_exactly(_STDIN, size)
        if kind == RESET:
            return
        head, _, message = content.partition(b"\n")
        yield json.loads(head), message.decode("ascii")


def scripts() -> str:
    """What the parent sends first."""
    size, _ = FRAME.unpack(read_exactly(_STDIN, FRAME.size))
    return read_exactly(_STDIN, size).decode()


def step(isolate: Isolate, head: dict[str, Any], message: str) -> None:
    """Answer one STEP; ends the process where there is no report."""
    if head["op"] == "start":
        isolate.limit_memory(head["limits"]["memory_mb"] << 20)
    signal.setitimer(signal.ITIMER_REAL, head["budget_s"])  # nobody handles the signal: it ends the process
    try:
        report = isolate.step(head["op"], head["now_ms"], message)
    except StoppedError as stopped:
        reply(STOPPED, f"{stopped.cause} 0 0".encode())
        os._exit(0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    reply(REPORT, f"{isolate.memory_bytes()} 0\n".encode(), report.encode())


def main(packages: str, stack_kb: int) -> None:
    """Serve runs until the parent closes its end. `packages` is the folder that mini-racer is installed in."""
    with contextlib.suppress(EOFError):
        _serve(packages, stack_kb)
    os._exit(0)


def _serve(packages: str, stack_kb: int) -> None:
    sys.path.append(packages)
    from py_mini_racer import init_mini_racer
    from py_mini_racer._dll import mr_callback_func

    flags = (
        "--single-threaded",
        "--use-strict",
        "--disallow-code-generation-from-strings",
        "--initial-old-space-size=4",  # V8 collects from 4 MB on, so that what counts against a limit is in use
        f"--stack-size={stack_kb + PRELUDE_STACK_KB}",
    )
    dll = init_mini_racer(flags=flags)
    prelude = scripts()
    system = System()
    confine()
    while True:
        isolate = Isolate(dll, mr_callback_func, prelude, system)
        reply(READY, str(system.resident_bytes()).encode())
        for head, message in requests():
            step(isolate, head, message)
        isolate.close()
