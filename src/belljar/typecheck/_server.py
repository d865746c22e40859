"""The compiler's process, spoken to in the language server protocol over its pipes.

It reads what a model wrote, so it gets no environment, limits on memory, CPU, files and core dumps, and a deadline for
each question; one that is late is killed. All texts are in memory: it finds nothing on disk and is told (`noResolve`)
to look for nothing. What it says is never more than text about types.

Used by one thread at a time, except `kill`.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from belljar.typecheck._project import PROJECTS, SCRIPT_FILES, TOOLS_FILE, Reading

CHECKS: Final = 1_000
"""Questions that one process answers before another takes its place: what it keeps of them is its own affair."""

START_S: Final = 5.0
"""From the process's start to its first word: 50 ms, much more on a busy computer with a cold disk."""

_MEMORY_MB: Final = 768
"""Private memory. An ordinary check takes 60 MB, one against 1,000 tools 150."""
_HEAP_MB: Final = 512
"""Where its garbage collector begins to work for its life."""
_CPU_S: Final = 300
"""Of one process: a thousand checks take 10 to 20."""
_LIMITS: Final = {
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_NOFILE: 64,
    resource.RLIMIT_CPU: _CPU_S,
    resource.RLIMIT_DATA: _MEMORY_MB << 20,
}
_LONGEST_BYTES: Final = 32 << 20
_CHUNK: Final = 1 << 16
_LANGUAGES: Final[dict[str, str]] = {".ts": "typescript", ".js": "javascript"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One thing that the compiler says. Lines and columns count from 0, columns in UTF-16 units, the end is not in."""

    code: int
    line: int
    column: int
    end_line: int
    end_column: int
    message: str
    """The first line is the matter, further ones say why."""
    related: tuple[str, ...] = ()
    """What it says of other places."""


class Server:
    """One process. Raises OSError where it cannot be started, and for whatever ends it."""

    def __init__(self, program: Path) -> None:
        self.checks = 0
        self._owner = os.getpid()
        self._texts: dict[str, str] = {}
        self._requests = 0
        self._received = bytearray()
        self._process = self._started(program)
        try:
            self._greet(time.monotonic() + START_S)
        except BaseException:  # Control-C too must leave no process behind
            self.bury()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def diagnostics(self, reading: Reading, *, tools: str, script: str, within_s: float) -> list[Diagnostic]:
        """What the compiler says of a framed script. Raises TimeoutError, OSError; the process is of no use then."""
        self.checks += 1
        deadline = time.monotonic() + within_s
        self._tell(self._uri(reading, TOOLS_FILE), tools, deadline)
        uri = self._uri(reading, SCRIPT_FILES[reading])
        self._tell(uri, script, deadline)
        answer = self._ask("textDocument/diagnostic", {"textDocument": {"uri": uri}}, deadline)
        try:
            return [_diagnostic(item) for item in answer["items"] if item.get("severity") == 1]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise OSError(f"the compiler answered something else than diagnostics ({type(error).__name__})") from None

    def is_alive(self) -> bool:
        """Whether it can be asked here; a process forked from the one that started it cannot."""
        return os.getpid() == self._owner and self._process.poll() is None

    def bury(self) -> None:
        """End it, and give back what the system keeps of it."""
        if os.getpid() != self._owner:
            return
        with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

    # -- the start ------------------------------------------------------------------------------------------------

    def _started(self, program: Path) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(  # noqa: S603  (a compiler that the operator named or installed)
            [program, "--lsp", "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"GOMAXPROCS": "2", "GOMEMLIMIT": f"{_HEAP_MB}MiB", "GOTRACEBACK": "none"},
            start_new_session=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        self._in, self._out = process.stdin.fileno(), process.stdout.fileno()
        for fd in (self._in, self._out):
            os.set_blocking(fd, False)
        _limit(process.pid)
        return process

    def _greet(self, deadline: float) -> None:
        """Before this no text has gone to it, and the limits hold already."""
        capabilities = {"textDocument": {"diagnostic": {"relatedInformation": True}}}
        root = PROJECTS.as_uri()
        self._ask("initialize", {"processId": None, "rootUri": root, "capabilities": capabilities}, deadline)
        self._send({"method": "initialized", "params": {}}, deadline)

    # -- the protocol ---------------------------------------------------------------------------------------------

    def _uri(self, reading: Reading, name: str) -> str:
        return (PROJECTS / reading / name).as_uri()

    def _tell(self, uri: str, text: str, deadline: float) -> None:
        """What a file holds now, where it holds something else than before."""
        if self._texts.get(uri) == text:
            return
        if uri in self._texts:
            changed = {"uri": uri, "version": self.checks}
            self._note("didChange", {"textDocument": changed, "contentChanges": [{"text": text}]}, deadline)
        else:
            language = _LANGUAGES[Path(uri).suffix]
            opened = {"uri": uri, "languageId": language, "version": self.checks, "text": text}
            self._note("didOpen", {"textDocument": opened}, deadline)
        self._texts[uri] = text

    def _note(self, method: str, params: dict[str, Any], deadline: float) -> None:
        self._send({"method": f"textDocument/{method}", "params": params}, deadline)

    def _ask(self, method: str, params: dict[str, Any], deadline: float) -> Any:
        self._requests += 1
        self._send({"id": self._requests, "method": method, "params": params}, deadline)
        while True:
            message = self._receive(deadline)
            if "method" in message:
                self._answer(message, deadline)
            elif message.get("id") == self._requests:
                if "result" not in message:
                    raise OSError(f"the compiler refused {method}")
                return message["result"]

    def _answer(self, message: dict[str, Any], deadline: float) -> None:
        """It may ask back (to be told of changed files, for settings); it gets nothing. What it only notes is noise."""
        if "id" in message:
            items = message.get("params", {}).get("items") if isinstance(message.get("params"), dict) else None
            nothing = [None] * len(items) if isinstance(items, list) else None
            self._send({"id": message["id"], "result": nothing}, deadline)

    def _send(self, message: dict[str, Any], deadline: float) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        data = memoryview(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        while data:
            self._await(self._in, select.POLLOUT, deadline)
            data = data[os.write(self._in, data[:_CHUNK]) :]

    def _receive(self, deadline: float) -> dict[str, Any]:
        head = self._read_until(b"\r\n\r\n", deadline)
        try:
            size = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            if not 0 <= size <= _LONGEST_BYTES:
                raise ValueError
            message = json.loads(self._read(size, deadline))
        except ValueError:
            raise OSError("the compiler spoke another language") from None
        if not isinstance(message, dict):
            raise OSError("the compiler spoke another language")
        return message

    def _read_until(self, mark: bytes, deadline: float) -> bytes:
        while (at := self._received.find(mark)) < 0:
            if len(self._received) > _CHUNK:
                raise OSError("the compiler spoke another language")
            self._fill(deadline)
        return self._take(at + len(mark))

    def _read(self, size: int, deadline: float) -> bytes:
        while len(self._received) < size:
            self._fill(deadline)
        return self._take(size)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._received[:size])
        del self._received[:size]
        return taken

    def _fill(self, deadline: float) -> None:
        self._await(self._out, select.POLLIN, deadline)
        part = os.read(self._out, _CHUNK)
        if not part:
            raise OSError("the compiler ended by itself")
        self._received += part

    @staticmethod
    def _await(fd: int, event: int, deadline: float) -> None:
        poll = select.poll()
        poll.register(fd, event)
        if not poll.poll(max(deadline - time.monotonic(), 0) * 1000):
            raise TimeoutError("the compiler did not answer in time")


def _limit(pid: int) -> None:
    """From outside, so that no code runs between fork and exec; systems without `prlimit` go without these."""
    prlimit = getattr(resource, "prlimit", None)
    if prlimit is None:
        return
    for limit, most in _LIMITS.items():
        with contextlib.suppress(ProcessLookupError):  # it ended at once; who asks it will see
            prlimit(pid, limit, (most, most))


def _diagnostic(item: dict[str, Any]) -> Diagnostic:
    start, end = item["range"]["start"], item["range"]["end"]
    return Diagnostic(
        code=int(item.get("code") or 0),
        line=int(start["line"]),
        column=int(start["character"]),
        end_line=int(end["line"]),
        end_column=int(end["character"]),
        message=str(item["message"]),
        related=tuple(str(place["message"]) for place in item.get("relatedInformation") or ()),
    )
