"""Fingerprints: what makes a finding the same one after the lines around it have moved.

A fingerprint is a hash over the rule, the path, the text of the line without blanks, and how many equal ones come
before it in the file. The text has no secret in it: what is known as one is out, and where a rule says that a text in
quotes is a secret, all such texts of the line are.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from belljar.agents.security._finding import ScanFinding
from belljar.agents.security._text import plain
from belljar.agents.security._walk import SourceFile, text_of
from belljar.audit import redacted_whole

_HEX: Final = 32
_HARDCODED: Final = frozenset({259, 321, 798})
"""Weaknesses that are a secret in the source."""
_TEXTS: Final = re.compile(r"\"[^\"]*\"|'[^']*'|`[^`]*`|[:=].*")
"""What may be the secret: a text in quotes; without quotes all behind the sign."""
_LINE: Final = 1_000
"""Characters. Of a longer line, with thousands of findings perhaps, the digest does."""
_BLANKS: Final = re.compile(r"\s+")


def stamped(root: Path, files: Sequence[SourceFile], findings: Iterable[ScanFinding]) -> list[ScanFinding]:
    """The findings, whose paths are the real ones, with fingerprints and paths to show; each file is read once."""
    by_path: dict[str, list[ScanFinding]] = {}
    for finding in findings:
        by_path.setdefault(finding.path, []).append(finding)
    shown = {file.path: file.shown for file in files}
    return [
        each
        for path, found in by_path.items()
        if path in shown
        for each in with_prints([_clean(finding, shown[path]) for finding in found], _line_text(root / path))
    ]


def with_prints(findings: Iterable[ScanFinding], text_at: Callable[[ScanFinding], str]) -> list[ScanFinding]:
    """Findings of one file with their fingerprints. `text_at` gives what stands where a finding is."""
    before: Counter[tuple[str, str]] = Counter()
    result = []
    for finding in sorted(findings, key=lambda each: (each.line, each.column, each.rule)):
        text = text_at(finding)
        parts = [finding.rule, finding.path, text, before[finding.rule, text]]
        before[finding.rule, text] += 1
        digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
        result.append(replace(finding, fingerprint=digest[:_HEX]))
    return result


def _clean(finding: ScanFinding, shown: str) -> ScanFinding:
    return replace(finding, path=shown, message=plain(finding.message), help=plain(finding.help))


def _line_text(file: Path) -> Callable[[ScanFinding], str]:
    try:
        text: str = redacted_whole(text_of(file))
    except OSError:
        text = ""
    lines: Mapping[int, str] = dict(enumerate(text.split("\n"), 1))

    @lru_cache(maxsize=1)
    def line_text(number: int, is_hardcoded: bool) -> str:
        line = lines.get(number, "")
        line = _BLANKS.sub("", _TEXTS.sub("", line) if is_hardcoded else line)
        return line if len(line) <= _LINE else hashlib.sha256(line.encode("utf-8", "surrogatepass")).hexdigest()

    return lambda finding: line_text(finding.line, finding.cwe in _HARDCODED)
