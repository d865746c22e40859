"""A plugin's manifest: who it is, and what it asks for. It grants nothing; an operator's policy does.

`read_manifest` finds everything that is wrong with one at once. What is declared must be of use: a host without the
capability to reach it is a mistake of the author's, and is refused as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, Literal, TypeVar

from pydantic import ValidationInfo, field_validator

from belljar.audit import secret_spans
from belljar.audit._whole import NAMED
from belljar.plugins._document import read_document
from belljar.plugins._needs import CONCURRENT, MEMORY_MB, TIMEOUT_MS, Needs
from belljar.plugins._problems import Problem, refusal
from belljar.plugins._rules import (
    AS_LIST,
    UNIQUE,
    Capabilities,
    Concurrent,
    Host,
    Identifier,
    Label,
    MemoryMb,
    PluginName,
    ScriptName,
    SecretName,
    Strict,
    TimeoutMs,
    ToolName,
    Version,
    WebAddress,
    at_most,
    broken,
    line_of_text,
)
from belljar.plugins._wording import checked
from belljar.values import canonical_json

T = TypeVar("T", bound=Sequence[str])

MANIFEST_NAMES: Final = ("plugin.toml", "plugin.json")
"""What the file is called; a plugin has one of them."""


class ManifestLimits(Strict):
    """The most that one run of the plugin uses; the machine holds it to that."""

    timeout_ms: TimeoutMs = TIMEOUT_MS
    """Wall clock of one run, in milliseconds; waiting for approvals is not counted."""
    memory_mb: MemoryMb = MEMORY_MB
    """Memory that the script itself may use, in MiB."""
    concurrent: Concurrent = CONCURRENT
    """Runs at the same time."""


class Manifest(Strict):
    """What a plugin says of itself. Two with the same fields have the same `canonical_json`, whatever file they were
    in."""

    name: PluginName
    version: Version
    description: Annotated[str, line_of_text(1, 200)]
    author: Annotated[str, line_of_text(1, 100)]
    entry_point: Identifier
    """The function that the script exports and that is called with `api` and the input."""
    script: ScriptName = "plugin.ts"
    """The one file beside the manifest that runs."""
    profile: Literal["standard", "sealed"] = "standard"
    """The language of the script."""
    capabilities: Capabilities = ()
    hosts: Annotated[tuple[Host, ...], AS_LIST, at_most(50), UNIQUE] = ()
    """Whom it asks over the network; `*.example.com` is all names below one."""
    secrets: Annotated[tuple[SecretName, ...], AS_LIST, at_most(20), UNIQUE] = ()
    """Names of secrets that the host is to put into its requests. The script sees none of them."""
    tools: Annotated[tuple[ToolName, ...], AS_LIST, at_most(50), UNIQUE] = ()
    """Tools of the host, by name."""
    limits: ManifestLimits = ManifestLimits()
    repository: WebAddress = ""
    licence: Annotated[str, line_of_text(0, 100)] = ""
    tags: Annotated[tuple[Label, ...], AS_LIST, at_most(10), UNIQUE] = ()

    @field_validator("hosts")
    @classmethod
    def _hosts_are_reached(cls, hosts: T, info: ValidationInfo) -> T:
        return _used(hosts, info, "network")

    @field_validator("secrets")
    @classmethod
    def _secrets_are_sent(cls, secrets: T, info: ValidationInfo) -> T:
        return _used(secrets, info, "secrets", "network")

    @property
    def canonical_json(self) -> str:
        """All fields, defaults too, as RFC 8785 writes them: what the checksum is over."""
        return canonical_json(self.model_dump(mode="json"))

    @property
    def needs(self) -> Needs:
        """What it asks for."""
        return Needs(
            capabilities=self.capabilities,
            hosts=self.hosts,
            secrets=self.secrets,
            tools=self.tools,
            timeout_ms=self.limits.timeout_ms,
            memory_mb=self.limits.memory_mb,
            concurrent=self.limits.concurrent,
        )


def read_manifest(raw: bytes, file: str) -> Manifest:
    """The manifest in the bytes of a file with this name. Raises ManifestError with everything that is wrong."""
    manifest = checked(Manifest, read_document(raw, file, is_toml=not file.endswith(".json")))
    text = raw.decode()
    if found := [span for span in secret_spans(text) if span.kind != NAMED]:
        lines = [(text.count("\n", 0, span.start) + 1, f"holds a secret: {span.kind}") for span in found]
        raise refusal([Problem(file=file, line=line, message=message) for line, message in lines])
    return manifest


def _used(names: T, info: ValidationInfo, *capabilities: str) -> T:
    """`capabilities` comes first among the fields; where it was wrong itself, there is nothing to compare with."""
    declared = info.data.get("capabilities")
    missing = [each for each in capabilities if declared is not None and each not in declared]
    if names and missing:
        raise broken(f"is of no use without {' and '.join(map(repr, missing))} among the capabilities")
    return names
