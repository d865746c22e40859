"""Secrets in text files, and in their names: found by the detectors of the redaction, told by kind and place alone."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Final

from belljar.agents.security._finding import ScanFinding, Severity
from belljar.audit import SecretSpan, secret_spans
from belljar.audit._whole import NAMED

TOOL: Final = "belljar-secrets"
_CWE: Final = 798
_MEDIUM: Final = frozenset({"signed address", "cookie header", "basic header", "bearer header", "jwt", NAMED})
"""Kinds that are often short-lived, or an example."""
_CRITICAL: Final = frozenset({"private key", "aws secret key"})
_ROUNDS: Final = 10_000
"""Of PBKDF2 for a digest: 3 ms. Who has a report and its salt cannot try all short passwords in no time."""
_DIGEST_HEX: Final = 16
_HELP: Final = (
    "Take it out of the repository and its history, make it invalid where it was issued, and let the program read the"
    " new one from its environment or a vault."
)
_COLOUR: Final = re.compile(r"#[0-9A-Fa-f]{3,8}")
"""In style sheets, under names such as `--token-string`."""
_WORD: Final = re.compile(r"[A-Za-z]?[a-z]+(?:[-_./][a-z]+)*|[\w.]+\([\w, ]*\)[\w.]*")
"""As a value it is more often a mode, a type or a call than a secret: `credentials: "same-origin"`."""
_NO_LETTERS: Final = re.compile(r"[^a-z0-9]+")


def secret_findings(path: str, text: str, salt: str) -> Iterator[ScanFinding]:
    """One finding for each secret of a file's text, and of its path."""
    if spans := secret_spans(path):
        yield _finding(
            path, spans[0], (1, 1), (1, 1), _digest(path[spans[0].start : spans[0].end], salt), "file's name"
        )
    starts = [0, *(found.end() for found in re.finditer("\n", text))]
    for span in secret_spans(text):
        value = text[span.start : span.end]
        if span.kind == NAMED and _COLOUR.fullmatch(value):
            continue
        finding = _finding(path, span, _place(starts, span.start), _place(starts, span.end), _digest(value, salt))
        is_word = span.kind == NAMED and _WORD.fullmatch(value)
        yield replace(finding, severity="low", confidence="low") if is_word else finding


def _finding(
    path: str, span: SecretSpan, start: tuple[int, int], end: tuple[int, int], digest: str, where: str = "source"
) -> ScanFinding:
    article = "An" if span.kind[0] in "aeio" else "A"
    return ScanFinding(
        rule=f"secret-{_NO_LETTERS.sub('-', span.kind.lower())}",
        severity=_severity(span.kind),
        confidence="medium" if span.kind == NAMED else "high",
        message=f"{article} {span.kind} stands in the {where}.",
        path=path,
        line=start[0],
        column=start[1],
        end_line=end[0],
        end_column=end[1],
        cwe=_CWE,
        tool=TOOL,
        help=_HELP,
        digest=digest,
    )


def _severity(kind: str) -> Severity:
    if kind in _CRITICAL:
        return "critical"
    return "medium" if kind in _MEDIUM else "high"


@lru_cache(maxsize=10_000)
def _digest(value: str, salt: str) -> str:
    raw = value.encode("utf-8", "surrogatepass")
    return hashlib.pbkdf2_hmac("sha256", raw, bytes.fromhex(salt), _ROUNDS).hex()[:_DIGEST_HEX]


def _place(starts: list[int], offset: int) -> tuple[int, int]:
    line = bisect_right(starts, offset)
    return line, offset - starts[line - 1] + 1
