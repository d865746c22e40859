"""The baseline: findings that somebody has seen already, in a file beside the source.

A finding is known when its fingerprint is there; one about a secret only while the secret's digest is the same, so a
new secret in the place of an old one is new. The digests' salt is in the file: random, made when it is first written.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from belljar.agents.security._file import read, write_whole
from belljar.agents.security._finding import ScanFinding
from belljar.errors import UsageError

_SALT_BYTES: Final = 16
_FILE_BYTES: Final = 64 << 20


class _Known(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    fingerprint: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    rule: str
    path: str
    digest: Annotated[str, Field(pattern=r"^(?:[0-9a-f]{16})?$")] = ""


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    belljar_baseline: Literal[1]
    salt: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    findings: list[_Known]


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What is known."""

    salt: str
    known: frozenset[tuple[str, str]] = frozenset()
    """Fingerprint and digest of a secret."""

    @classmethod
    def empty(cls) -> Baseline:
        """With a salt of its own."""
        return cls(salt=secrets.token_hex(_SALT_BYTES))

    @classmethod
    def load(cls, path: Path) -> Baseline:
        """Raises UsageError for a file that is none."""
        try:
            data = read(path, _FILE_BYTES + 1)
        except OSError as error:
            hint = "--update-baseline writes it the first time."
            raise UsageError(f"the baseline {str(path)!r} cannot be read: {error.strerror}", hint=hint) from error
        if len(data) > _FILE_BYTES:
            raise UsageError(f"the baseline {str(path)!r} has more than {_FILE_BYTES >> 20} MB")
        try:
            file = _File.model_validate_json(data)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            place = ".".join(map(str, first["loc"])) or "its beginning"
            hint = "Write it anew with --update-baseline, from a file name that is not there yet."
            raise UsageError(f"{str(path)!r} is no baseline: at {place}: {first['msg']}", hint=hint) from error
        return cls(salt=file.salt, known=frozenset((each.fingerprint, each.digest) for each in file.findings))

    def marked(self, findings: Iterable[ScanFinding]) -> list[ScanFinding]:
        """The findings, with what is known marked so."""
        return [replace(each, is_known=(each.fingerprint, each.digest) in self.known) for each in findings]


def write_baseline(path: Path, salt: str, findings: Iterable[ScanFinding]) -> None:
    """Make these findings the known ones; suppressed ones need no baseline. The file is whole at each moment."""
    rows = sorted((_row(each) for each in findings if each.suppressed is None), key=lambda row: tuple(row.values()))
    text = json.dumps({"belljar_baseline": 1, "salt": salt, "findings": rows}, indent=1, sort_keys=True)
    write_whole(path, text + "\n")


def _row(finding: ScanFinding) -> dict[str, Any]:
    row = {"path": finding.path, "rule": finding.rule, "fingerprint": finding.fingerprint}
    return {**row, "digest": finding.digest} if finding.digest else row
