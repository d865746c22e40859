"""Writes docs/reference.md from the code: every error and every limit. `--check` compares instead."""

from __future__ import annotations

import ast
import inspect
import sys
from dataclasses import fields
from pathlib import Path

from belljar import limits
from belljar.errors import ERRORS, HostError, ScriptError

TARGET = Path(__file__).with_name("reference.md")
_WHO = ((ScriptError, "the script"), (HostError, "the host"))
_ABSTRACT = ("BelljarError", "ScriptError", "HostError", "SourceError")


def reference() -> str:
    """The whole page."""
    return "\n".join(["# Reference", "", "Made from the code by `make docs`.", "", *_limits(), "", *_errors(), ""])


def _limits() -> list[str]:
    out = ["## Limits", "", "| field of `Limits` | default | meaning |", "| --- | --- | --- |"]
    meanings = _field_docs(inspect.getsource(limits.Limits))
    for field in fields(limits.Limits):
        out.append(f"| `{field.name}` | {field.default!r} | {meanings[field.name]} |")
    return out


def _field_docs(source: str) -> dict[str, str]:
    """Field name -> the text under it."""
    body = ast.parse(source).body[0]
    assert isinstance(body, ast.ClassDef)
    docs: dict[str, str] = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
            docs[ast.unparse(field.target)] = " ".join(str(ast.literal_eval(text.value)).split())
    return docs


def _errors() -> list[str]:
    out = ["## Errors", "", "| code | who acts | phase | retry | what happened | what to do |"]
    out.append("| --- | --- | --- | --- | --- | --- |")
    for code, kind in ERRORS.items():
        if code in _ABSTRACT:
            continue
        who = next((who for base, who in _WHO if issubclass(kind, base)), "belljar")
        what = " ".join((inspect.getdoc(kind) or "").split())
        retry = "yes" if kind.retryable else "no"
        out.append(f"| `{code}` | {who} | {kind.phase} | {retry} | {what} | {kind.advice} |")
    return out


def main() -> int:
    """0 when the page is written, or with --check, when it is up to date."""
    text = reference()
    if "--check" not in sys.argv:
        TARGET.write_text(text)
        return 0
    if TARGET.exists() and TARGET.read_text() == text:
        return 0
    sys.stderr.write(f"{TARGET.name} is not up to date; run `make docs`\n")
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
