"""Python: bandit with a fixed configuration, and its findings in our format. For a child process of the scan only.

Bandit is run as `python -m bandit` would run it, in the process that calls. It is given files, never folders, so that
no `.bandit` file of the repository has a word in it; `# nosec` is not heard, since it gives no reason. A message of
bandit that quotes what it takes for a password is replaced by one that does not.
"""

from __future__ import annotations

import io
import json
import runpy
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from belljar.agents.security._finding import Confidence, ScanFinding, Severity
from belljar.agents.security._problem import ScanProblem
from belljar.agents.security._walk import SourceFile, text_of

TOOL: Final = "bandit"
_SKIPPED_TESTS: Final = "B101"
"""assert: a matter of style, a hundred times in each test file."""
_OPTIONS: Final = ("-q", "-f", "json", "-n", "1", "--ignore-nosec", "-x", "", "-s", _SKIPPED_TESTS, "--")
_DEPTH: Final = 20_000
_STACK_BYTES: Final = 512 << 20
_DONE: Final = (None, 0, 1)
"""1: there are findings."""

_SEVERITY: Final[Mapping[tuple[str, str], Severity]] = {
    ("HIGH", "HIGH"): "high",
    ("HIGH", "MEDIUM"): "high",
    ("HIGH", "LOW"): "medium",
    ("MEDIUM", "HIGH"): "medium",
    ("MEDIUM", "MEDIUM"): "medium",
}
"""Of bandit's severity and confidence; whatever is not here is low."""
_CONFIDENCE: Final[Mapping[str, Confidence]] = {"HIGH": "high", "MEDIUM": "medium"}
_QUOTING: Final[Mapping[str, str]] = {
    "B105": "A password may stand in the source here, as a text.",
    "B106": "A password may stand in the source here, as an argument.",
    "B107": "A password may stand in the source here, as a default.",
}


def is_installed() -> bool:
    """Whether bandit can be run."""
    return find_spec("bandit") is not None


def python_findings(root: Path, files: Sequence[SourceFile]) -> tuple[list[ScanFinding], list[ScanProblem]]:
    """What bandit finds in the files, whose paths stay the real ones. Raises RuntimeError when it fails."""
    answer = _deep(lambda: _run([str(root / file.path) for file in files]))
    by_path = {str(root / file.path): file for file in files}
    lines = _Lines(root)
    found = [_finding(row, by_path[row["filename"]].path, lines) for row in answer["results"]]
    return found, [_problem(row, by_path) for row in answer["errors"]]


def _deep(work: Callable[[], Any]) -> Any:
    """With room for whatever nesting Python itself can compile: `1+1+...+1` must not hide a file."""
    sys.setrecursionlimit(_DEPTH)
    threading.stack_size(_STACK_BYTES)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()


def _run(paths: Sequence[str]) -> Any:
    written = _Output()
    before = sys.argv
    sys.argv = ["bandit", *_OPTIONS, *paths]
    code: object = 0
    try:
        with redirect_stdout(written):
            runpy.run_module("bandit", run_name="__main__")
    except SystemExit as end:
        code = end.code
    finally:
        sys.argv = before
    if code not in _DONE:
        raise RuntimeError(f"bandit ended with {code!r}")
    return json.loads(written.getvalue())


class _Output(io.StringIO):
    """Standard output, as far as bandit asks: it compares the name, and closes what it has written to."""

    name = "<stdout>"

    def close(self) -> None:
        """Stay readable."""


def _problem(row: Mapping[str, Any], by_path: Mapping[str, SourceFile]) -> ScanProblem:
    file = by_path.get(row["filename"])
    message = f"bandit did not read the file, {row['reason']}; where that is meant, leave it out with --exclude"
    return ScanProblem(tool=TOOL, level="error", message=message, path=file.shown if file else "")


def _finding(row: Mapping[str, Any], path: str, lines: _Lines) -> ScanFinding:
    line, end_line = row["line_number"], max(row["line_range"] or [row["line_number"]])
    severity, confidence = row["issue_severity"], row["issue_confidence"]
    column = lines.column(path, line, row["col_offset"])
    return ScanFinding(
        rule=row["test_id"],
        severity=_SEVERITY.get((severity, confidence), "low"),
        confidence=_CONFIDENCE.get(confidence, "low"),
        message=_QUOTING.get(row["test_id"], row["issue_text"]),
        path=path,
        line=line,
        column=column,
        end_line=end_line,
        end_column=max(lines.column(path, end_line, row["end_col_offset"]), column if end_line == line else 1),
        cwe=row.get("issue_cwe", {}).get("id"),
        tool=TOOL,
        help=f"{row['test_name'].replace('_', ' ')}: {row['more_info']}",
    )


class _Lines:
    """Columns in code points, for offsets that count the bytes of a line."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._path = ""
        self._lines: list[str] = []

    def column(self, path: str, line: int, offset: int) -> int:
        if path != self._path:
            self._path, self._lines = path, text_of(self._root / path).split("\n")
        text = self._lines[line - 1] if line <= len(self._lines) else ""
        return len(text.encode("utf-8", "surrogatepass")[: max(offset, 0)].decode("utf-8", "ignore")) + 1
