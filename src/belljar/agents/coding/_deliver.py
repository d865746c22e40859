"""The patch: put before a person, and written where it was to go.

`deliverPatch` is a tool like any: its question is in the store's inbox, its approval is for these very bytes, and both
are on record. It may be done again: what is there already is left as it is.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets as random
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field
from typing_extensions import TypedDict

from belljar.agents.coding._apply import apply_exactly, clear, still_to_apply
from belljar.errors import ToolExecutionError, ToolValidationError
from belljar.patch import parse_patch
from belljar.tools import AbortSignal, AnyTool, Tool, tool

_NAME: Final = 80
"""Characters of a file's name in a summary."""
_PLAIN: Final = re.compile(r"[\w./-]+")
_BEGINNING: Final = b"diff --git "


class Delivered(TypedDict):
    """What deliverPatch gives."""

    sha256: str
    """Of the patch."""
    written: str
    """The file that it is in."""
    applied: bool
    """Whether the repository has it now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One patch, and where it goes."""

    patch: str
    out: str
    """A file. What was there is replaced."""
    apply_to: str | None
    """A folder: the repository."""

    @property
    def arguments(self) -> dict[str, Any]:
        """Of the call."""
        return {"summary": self.summary, "out": self.out, "apply_to": self.apply_to, "patch": self.patch}

    @property
    def summary(self) -> str:
        """`3 files, +30 -4: removes test_words.py, changes words.py, new.py`: first what was there before."""
        sections = sorted(parse_patch(self.patch), key=lambda section: _KINDS.index(section.kind))
        lines = [line.mark for section in sections for hunk in section.hunks for line in hunk.lines]
        count = f"{len(sections)} file{'s' if len(sections) != 1 else ''}"
        names = ", ".join(_VERBS[section.kind] + _shown_name(section.new) for section in sections[:5])
        return f"{count}, +{lines.count('+')} -{lines.count('-')}: {names}{', ...' if len(sections) > 5 else ''}"

    @property
    def sha256(self) -> str:
        """Of the patch."""
        return hashlib.sha256(self.patch.encode()).hexdigest()


_VERBS: Final = {"delete": "removes ", "change": "changes ", "create": ""}
_KINDS: Final = tuple(_VERBS)


def _shown_name(path: str) -> str:
    """In quotes where it could be taken for words of ours."""
    short = path if len(path) <= _NAME else f"{path[: _NAME - 3]}..."
    return short if _PLAIN.fullmatch(short) else json.dumps(short)


def delivery_tool(plan: Plan) -> AnyTool:
    """`deliverPatch` for one patch, and no other."""
    return Tool.of(_Delivery(plan).deliver, name="deliverPatch", approval=lambda _: _question(plan))


def _question(plan: Plan) -> str:
    applied = f", and applied to {plan.apply_to}" if plan.apply_to is not None else ""
    return f"a patch is written to {plan.out}{applied}; it passed its acceptance command: {plan.summary}"


class _Delivery:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    @tool(name="deliverPatch", approval="always", idempotent=True)
    def deliver(
        self,
        summary: Annotated[str, Field(description="What the patch changes.")],
        out: Annotated[str, Field(description="The file that it is written to.")],
        apply_to: Annotated[str | None, Field(description="The folder that it is applied to; null is none.")],
        patch: Annotated[str, Field(description="A unified diff.")],
        signal: AbortSignal,
    ) -> Delivered:
        """Hand out the patch of this job."""
        plan = self._plan
        if {"summary": summary, "out": out, "apply_to": apply_to, "patch": patch} != plan.arguments:
            message = "only the patch that was tested is handed out, and only to where the job was told"
            raise ToolValidationError(message, hint="Approve it as it is, or deny it.")
        if apply_to is not None:
            rest = still_to_apply(patch, apply_to)
            clear(Path(apply_to), patch, signal)
            if rest:
                apply_exactly(Path(apply_to), rest, signal)
        _write(Path(out), patch)
        return {"sha256": plan.sha256, "written": out, "applied": apply_to is not None}


def unfit(path: Path) -> str | None:
    """Why no patch is written there; None where nothing is, or a patch. Only what is ours is replaced."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return "it is no file"
    with path.open("rb") as file:
        return None if file.read(len(_BEGINNING)) in (b"", _BEGINNING) else "there is another file"


def _write(path: Path, text: str) -> None:
    """All of it or nothing, for its owner's eyes."""
    beside = path.with_name(f".{path.name}.{random.token_hex(4)}")
    try:
        if why := unfit(path):
            raise ToolExecutionError(f"{path} cannot be written: {why}")
        with open(
            os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", newline=""
        ) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise ToolExecutionError(f"{path} cannot be written: {error.strerror}") from None
