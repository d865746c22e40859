"""The acceptance command at work, as a run of the store like any other: `exec` in the scratch workspace.

It runs code that a model wrote, with the rights of this process: what bounds it is what bounds `exec` (no shell, none
of the host's secrets in its environment, an end to all that it started), and whatever the operator put around this
process.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from belljar.agents.coding._prompt import cut
from belljar.agents.coding._runs import Tools, origin_of
from belljar.agents.coding._secrets import lines_of_secrets
from belljar.agents.coding._spec import Terms
from belljar.errors import UsageError
from belljar.harness import Harness
from belljar.limits import Limits
from belljar.packs import ExecLimits, exec_tool
from belljar.plugins._clean import Cleaner, cleaned

_OUTPUT_BYTES: Final = 262_144
"""Kept of each stream, half from the beginning and half from the end."""
_EDGE: Final = 8_192
"""Characters on both sides of what was left out: there may be a part of a secret, which looks like none."""
_STREAMS: Final = ("stdout", "stderr")
_COLOURS: Final = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_MARKS: Final = re.compile(r"(?m)^(?:E +)?[-+<>|?!] ?")
"""Before the lines of a difference: git's, unittest's, pytest's."""
_LEFT_OUT: Final = re.compile(r"\n\[\.\.\. [\d,]+ bytes left out \.\.\.\]\n")
_SLACK_MS: Final = 10_000
"""That the run may take longer than its command."""
_HOME: Final = "/nonexistent"
"""No settings of this user's, and none that the scratch workspace has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _OutputCleaner(Cleaner):
    """Reads what a command said as people do: without colours, and without what a comparison puts before its lines.

    Also takes away what is beside the cut of a long output.
    """

    def value(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return Cleaner.value(self, value)
        plain = value | {name: _COLOURS.sub("", value[name]) for name in _STREAMS if name in value}
        bare = "\n".join(_MARKS.sub("", plain.get(name, "")) for name in _STREAMS)
        cleaner = Cleaner(secrets=(*self.secrets, *lines_of_secrets(bare)))
        clean = cleaner.value(plain)
        return clean | {name: _without_edges(clean[name]) for name in _STREAMS} if clean.get("truncated") else clean


def _without_edges(text: str) -> str:
    parts = _LEFT_OUT.split(text)
    ends = [part[_EDGE * (at > 0) : len(part) - _EDGE * (at < len(parts) - 1)] for at, part in enumerate(parts)]
    return "\n[... the middle is left out ...]\n".join(ends)


class Acceptance:
    """Inside of `async with`."""

    def __init__(self, tools: Tools, terms: Terms) -> None:
        self._argv = list(terms.accept)
        if shutil.which(self._argv[0]) is None:
            raise UsageError(f"the acceptance command's program {self._argv[0]!r} is not in PATH")
        self._tree = str(tools.tree)
        limits = ExecLimits(timeout_ms=terms.timeout_s * 1_000, output_bytes=_OUTPUT_BYTES)
        tool = exec_tool(tools.tree, approval="never", env={"HOME": _HOME}, limits=limits)
        self._harness = Harness(
            [cleaned(tool, _OutputCleaner(secrets=tools.secrets))],
            store=tools.job.store,
            origin=origin_of(tools.job),
            secrets=tools.secrets,
            limits=replace(Limits(), timeout_ms=terms.timeout_s * 1_000 + _SLACK_MS),
        )

    async def __aenter__(self) -> Self:
        await self._harness.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._harness.aclose()

    async def run(self) -> dict[str, Any]:
        """Whether the work is accepted, and what the command said."""
        outcome = await self._harness.call("exec", {"argv": self._argv})
        told = {"run": outcome.run_id, "tool_calls": 1}
        if outcome.error is not None:
            message = self._without_folder(outcome.error.message)
            return {**told, "passed": False, "exit_code": None, "why": message.split(";")[0], "output": cut(message)}
        given: Any = outcome.value
        output = "\n".join(text for text in (given["stdout"], given["stderr"]) if text)
        code = given["exitCode"]
        why = given["signal"] or ""
        return {**told, "passed": code == 0, "exit_code": code, "why": why, "output": cut(self._without_folder(output))}

    def _without_folder(self, text: str) -> str:
        """The model knows the folder as `.` only."""
        return text.replace(f"{self._tree}/", "").replace(self._tree, ".")
