"""The capability `commands`: programs that the policy names, and a person agrees to, one call at a time.

A program has the rights of this process, so which one it is must be certain: a script gives its bare name, and it is
looked for where the operator's PATH says, never in the workspace. What it is told to do is for the person to read.

Output that is too long is given from its beginning and in whole lines: what stands behind a cut could be the second
half of a secret, which has no form that could be known.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field

from belljar.errors import CapabilityRefusedError, ToolExecutionError
from belljar.packs import ExecLimits, exec_tool
from belljar.packs._exec import ExecResult
from belljar.tools import AnyTool, tool

OUTPUT_BYTES: Final = 262_144
"""Kept of each of stdout and stderr."""
_CHARACTER_BYTES: Final = 4
"""By so much less may have been kept, so that no character is cut in two; what follows is not the program's."""
_HOME: Final = "/nonexistent"
"""Not the workspace: programs read settings at home, and settings can name other programs."""


def command_tool(root: Path, *, timeout_ms: int) -> AnyTool:
    """exec in the workspace."""
    # Twice as much, since one half of it is kept of the end.
    limits = ExecLimits(timeout_ms=timeout_ms, output_bytes=2 * OUTPUT_BYTES)
    return _Commands(exec_tool(root, env={"HOME": _HOME, "PATH": search_path(root)}, limits=limits)).run


def search_path(root: Path) -> str:
    """The operator's PATH: its absolute folders, but for those in the workspace, where a script may have put things."""
    folders = [each for each in os.environ.get("PATH", os.defpath).split(":") if os.path.isabs(each)]
    inside = Path(root).resolve()
    return ":".join(each for each in folders if not Path(each).resolve().is_relative_to(inside)) or os.defpath


def only(commands: Collection[str]) -> Callable[[Mapping[str, Any]], None]:
    """A check of exec's arguments, before anybody is asked: raises CapabilityRefusedError for another program."""

    def check(arguments: Mapping[str, Any]) -> None:
        name = arguments["argv"][0]
        if name not in commands or "/" in name:
            raise CapabilityRefusedError(
                f"the policy lets this plugin start {', '.join(sorted(commands)) or 'no program'}, not {name[:80]!r}",
                hint="A program is named without a path.",
                tool="exec",
            )

    return check


class _Commands:
    def __init__(self, inner: AnyTool) -> None:
        self._inner = inner

    @tool(name="exec", approval="always")
    async def run(
        self,
        argv: Annotated[list[str], Field(min_length=1, description='["ruff", "check"]: no shell, no quoting.')],
        cwd: Annotated[str, Field(description="Folder, from the workspace's root.")] = ".",
        stdin: Annotated[str | bytes, Field(description="What the program can read.")] = "",
        timeout_ms: Annotated[int | None, Field(ge=1, description="Null is the longest allowed.")] = None,
    ) -> ExecResult:
        """Run a program that the policy names. Exit codes other than 0 are no errors: look at `exitCode`. Whatever the
        program started ends with it, background processes too.
        """
        try:
            result: ExecResult = await self._inner.fn(argv=argv, cwd=cwd, stdin=stdin, timeout_ms=timeout_ms)
        except ToolExecutionError as error:
            if "stderr" not in error.details:
                raise
            raise ToolExecutionError(f"{argv[0]!r} ran too long, or was killed", tool="exec") from None
        if not result["truncated"]:
            return result
        return {**result, "stdout": _beginning(result["stdout"]), "stderr": _beginning(result["stderr"])}


def _beginning(text: str) -> str:
    """The whole lines of what was kept of the beginning; all of a text that was not cut."""
    if len(raw := text.encode()) <= OUTPUT_BYTES:
        return text
    end = raw.rfind(b"\n", 0, OUTPUT_BYTES - _CHARACTER_BYTES)
    return raw[: end + 1].decode("utf-8", "replace")
