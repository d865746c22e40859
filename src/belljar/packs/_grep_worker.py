"""The process that tries a stranger's regular expression. Stands alone: no import of belljar, and no file is opened.

A pattern can take for ever, or all memory, on a short line. So it is tried here, in a process with limits on memory and
processor time that its parent kills when the time is up. Frames go both ways as a length of four bytes, big-endian, and
that many bytes. First comes the task as JSON, answered by `{}` or `{"error": text}`; then file after file, each
answered by a JSON list of `[line, column, text, before, after]`.
"""

from __future__ import annotations

import contextlib
import json
import re
import resource
import struct
import sys
import warnings
from typing import Any, BinaryIO

_FLAGS = {"i": re.IGNORECASE, "s": re.DOTALL, "x": re.VERBOSE, "a": re.ASCII}
"""`s` and `x` are here for patterns that are pasted with them."""


def main() -> None:
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    task = json.loads(_received(source) or b"{}")
    _limit(resource.RLIMIT_AS, task["memory_bytes"])
    _limit(resource.RLIMIT_CPU, task["cpu_s"])  # for when the parent dies first
    _limit(resource.RLIMIT_CORE, 0)
    warnings.simplefilter("ignore")
    try:
        pattern = _compiled(task)
    except (re.error, ValueError, OverflowError, RecursionError) as error:  # ValueError: flags that exclude each other
        _send(sink, {"error": str(error) or type(error).__name__})
        return
    _send(sink, {})
    while (data := _received(source)) is not None:
        _send(sink, _matches(pattern, data, task))


def _limit(kind: int, most: int) -> None:
    with contextlib.suppress(ValueError, OSError):  # macOS has no limit on memory; the one on time stays
        resource.setrlimit(kind, (most, most))


def _compiled(task: dict[str, Any]) -> re.Pattern[str]:
    flags = 0
    for letter in task["flags"]:
        flags |= _FLAGS[letter]
    return re.compile(task["pattern"], flags)


def _matches(pattern: re.Pattern[str], data: bytes, task: dict[str, Any]) -> list[list[Any]]:
    lines = data.decode("utf-8", "replace").split("\n")
    if lines[-1] == "":
        lines.pop()
    lines = [line.removesuffix("\r") for line in lines]
    around, most = task["context"], task["line_characters"]
    found: list[list[Any]] = []
    for at, line in enumerate(lines):
        match = pattern.search(line)
        if match is None:
            continue
        before = [_cut(each, 0, most) for each in lines[max(at - around, 0) : at]]
        after = [_cut(each, 0, most) for each in lines[at + 1 : at + 1 + around]]
        column = len(line[: match.start()].encode("utf-16-le", "surrogatepass")) // 2 + 1
        found.append([at + 1, column, _cut(line, match.start(), most), before, after])
        if len(found) >= task["most"]:
            break
    return found


def _cut(line: str, at: int, most: int) -> str:
    """The part of a long line around `at`."""
    if len(line) <= most:
        return line
    start = max(0, min(at - most // 4, len(line) - most))
    return ("…" if start else "") + line[start : start + most] + ("…" if start + most < len(line) else "")


def _received(source: BinaryIO) -> bytes | None:
    head = source.read(4)
    return source.read(struct.unpack(">I", head)[0]) if len(head) == 4 else None


def _send(sink: BinaryIO, value: Any) -> None:
    data = json.dumps(value).encode()
    sink.write(struct.pack(">I", len(data)) + data)
    sink.flush()


if __name__ == "__main__":
    main()
