"""What agents there are: one row for each, with the manifest that a policy grants.

An agent asks for capabilities as a plugin does, so an operator grants both in one file. Its checksum is over its
manifest, every file of its own code, and what all agents share: a record that names it says which code it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

from belljar import gate
from belljar.plugins import Manifest, Plugin

_CODE: Final = ("*.py", "*.toml", "*.ts")
_SHARED: Final = ("_job.py", "_hold.py", "_beat.py", "_steps.py", "_permission.py", "_model*.py")
"""What all agents work by: what a job keeps and when it ends, what the policy is asked, how a model is."""
_HERE: Final = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class AgentInfo:
    """One agent. No slots: what is computed from its files is kept."""

    manifest: Manifest
    """What it asks for. Its limits are those of a plugin and bound no agent."""
    triggers: tuple[str, ...]
    """What begins it. There is the command line, `cli`; a schedule or a repository's CI calls that."""
    input_schema: Mapping[str, Any]
    """JSON Schema of what one job is given."""
    package: Path
    """The folder of its own code."""

    @property
    def name(self) -> str:
        """As policies and commands call it."""
        return self.manifest.name

    @property
    def version(self) -> str:
        """Of its behaviour."""
        return self.manifest.version

    @property
    def description(self) -> str:
        """What it does."""
        return self.manifest.description

    @property
    def capabilities(self) -> tuple[str, ...]:
        """What a policy must grant before it starts."""
        return tuple(self.manifest.capabilities)

    @property
    def gate(self) -> Literal["open", "closed"]:
        """Whether it may be used in this process."""
        return "open" if gate.is_on() else "closed"

    @property
    def checksum(self) -> str:
        """SHA-256 over its manifest, its code and the shared code, in hex: what every record of its jobs has."""
        return self.plugin.checksum

    @cached_property
    def plugin(self) -> Plugin:
        """The agent as a policy looks at it: its script is the list of its files, each with a digest."""
        own = (path for pattern in _CODE for path in self.package.rglob(pattern))
        shared = (path for pattern in _SHARED for path in _HERE.glob(pattern))
        listed = (f"{path.relative_to(_HERE).as_posix()} {_digest(path)}\n" for path in sorted((*own, *shared)))
        return Plugin(manifest=self.manifest, source="".join(listed), origin=f"agent {self.name}", kind="agent")

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "name": self.name,
            "version": self.version,
            "description": self.description,
            "capabilities": list(self.capabilities),
            "triggers": list(self.triggers),
            "gate": self.gate,
            "checksum": self.checksum,
            "input": dict(self.input_schema),
        }


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


_TEXT: Final = {"type": "string"}
_NUMBER: Final = {"type": "integer", "minimum": 1}

_SECURITY_SCAN: Final = AgentInfo(
    manifest=Manifest(
        name="security-scan",
        version="1.0.0",
        description="Looks a checked-out repository through: code, secrets, dependencies.",
        author="belljar",
        entry_point="scan",
        capabilities=("files.read", "commands"),
    ),
    triggers=("cli",),
    input_schema={
        "type": "object",
        "required": ["root"],
        "properties": {"root": _TEXT, "advisories": _TEXT, "baseline": _TEXT, "out": _TEXT},
    },
    package=_HERE / "security",
)
_CODE_GENERATION: Final = AgentInfo(
    manifest=Manifest(
        name="code-generation",
        version="1.0.0",
        description="Writes what a specification asks for, tests it, repairs it, and hands out a patch once approved.",
        author="belljar",
        entry_point="build",
        capabilities=("files.read", "files.write", "commands"),
    ),
    triggers=("cli",),
    input_schema={
        "type": "object",
        "required": ["specification", "model"],
        "properties": {"specification": _TEXT, "model": _TEXT, "repository": _TEXT, "out": _TEXT},
    },
    package=_HERE / "coding",
)

AGENTS: Final[Mapping[str, AgentInfo]] = MappingProxyType(
    {info.name: info for info in (_SECURITY_SCAN, _CODE_GENERATION)}
)
"""Every agent, by name."""
