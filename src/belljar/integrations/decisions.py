"""Decisions that an operator leaves in a folder, for runs that wait in other processes.

    DecisionFolder(FOLDER).record(request, Decision.approve(request, who="ada"))     the operator's process
    build_server(harness, operator=DecisionFolder(FOLDER))                            the server's

One file for each run, `RUN_ID.decisions`, to which lines are added. Each carries an HMAC-SHA-256 with this user's key:
a tool that can write files in the folder, and so a script, decides nothing by it.
"""

from __future__ import annotations

import hmac
import logging
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from belljar.errors import SerializationError
from belljar.machine import user_key
from belljar.tools import ApprovalRequest, Decision
from belljar.values import canonical_json, from_wire, to_wire, wire_tree

_DOMAIN: Final = b"belljar decision 1\x00"
_DEPTH: Final = 256
"""`Limits.return_depth`'s largest value bounds arguments too."""


class DecisionFolder:
    """An approver that answers with what was recorded, and leaves the rest open."""

    def __init__(self, folder: str | os.PathLike[str], *, key: bytes | None = None) -> None:
        """`key` seals decisions; None is this user's own."""
        self._folder = Path(folder)
        self._key = key or user_key()

    async def decide(self, request: ApprovalRequest) -> Decision | None:
        """The last decision recorded on exactly this request; None where there is none."""
        found = [facts for facts in self._recorded(request.run_id) if facts["digest"] == request.digest]
        return Decision(**found[-1]) if found else None

    def record(self, request: ApprovalRequest, decision: Decision) -> None:
        """Write a decision down; on the disk when this returns. Raises OSError."""
        facts = asdict(decision)
        line = to_wire({"decision": facts, "tag": self._tag(request.run_id, facts)}, depth=_DEPTH)
        file = os.open(self._file(request.run_id), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(file, "wb") as stream:
            stream.write(f"{line}\n".encode())
            stream.flush()
            os.fsync(file)

    def _file(self, run_id: str) -> Path:
        return self._folder / f"{run_id}.decisions"

    def _recorded(self, run_id: str) -> Iterator[dict[str, Any]]:
        """The decisions in a run's file, oldest first. A line that is not sealed with the key is none."""
        try:
            text = self._file(run_id).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return
        for line in text.splitlines():
            if (facts := self._unsealed(run_id, line)) is None:
                logging.getLogger("belljar").warning("a decision on %s is not sealed with this key", run_id)
            else:
                yield facts

    def _unsealed(self, run_id: str, line: str) -> dict[str, Any] | None:
        try:
            match from_wire(line):
                case {"decision": dict() as facts, "tag": str() as tag}:
                    return facts if hmac.compare_digest(tag.encode(), self._tag(run_id, facts).encode()) else None
        except SerializationError:  # torn, or somebody else's: no decision, as any line without the seal
            return None
        return None

    def _tag(self, run_id: str, facts: dict[str, Any]) -> str:
        sealed = canonical_json(wire_tree({"run_id": run_id, "decision": facts}, depth=_DEPTH))
        return hmac.digest(self._key, _DOMAIN + sealed.encode(), "sha256").hex()
