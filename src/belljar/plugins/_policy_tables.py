"""The tables of a policy file. What is granted must be of use: hosts without the capability to reach them are a
mistake, and are refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationInfo, field_validator

from belljar.plugins._needs import CONCURRENT, MEMORY_MB, TIMEOUT_MS, is_among
from belljar.plugins._policy_rules import (
    ConfigKey,
    ConfigValue,
    DatabaseUrl,
    FilePath,
    Header,
    KeyFile,
    KeyName,
    Method,
    Prefix,
    Program,
    only_once,
)
from belljar.plugins._rules import (
    AS_LIST,
    UNIQUE,
    Capabilities,
    Checksum,
    Concurrent,
    ExactHost,
    Host,
    Label,
    MemoryMb,
    PluginName,
    SecretName,
    Strict,
    TimeoutMs,
    ToolName,
    between,
    broken,
)

_USES: Final[Mapping[str, tuple[str, ...]]] = {
    "workspace": ("files.read", "files.write", "commands", "read:repo"),
    "commands": ("commands",),
    "database": ("database",),
    "hosts": ("network",),
    "methods": ("network",),
    "schemes": ("network",),
    "ports": ("network",),
    "allow_private": ("network",),
}
"""What each field is for: one of these capabilities must be granted beside it."""


class KeyTable(Strict):
    """`[[key]]`: somebody's public key, in PEM."""

    name: Label
    file: KeyFile


class SecretTable(Strict):
    """`[[grant.secret]]`: where a secret is kept, and the header and host it is for."""

    name: SecretName
    host: ExactHost
    header: Header = "Authorization"
    prefix: Prefix = ""
    env: SecretName | None = None
    file: FilePath | None = Field(default=None, validate_default=True)

    @field_validator("file")
    @classmethod
    def _one_source(cls, file: str | None, info: ValidationInfo) -> str | None:
        if "env" in info.data and (file is None) == (info.data["env"] is None):
            raise broken("needs one of env and file, and not both", is_shown=False)
        return file


class DatabaseTable(Strict):
    """`[[grant.database]]`: what may be read."""

    name: Label
    url: DatabaseUrl
    rows: Annotated[int, between(1, 10_000)] = 1_000


class GrantTable(Strict):
    """`[[grant]]`. `capabilities` and `hosts` stand before what is compared with them."""

    plugin: PluginName | None = None
    checksum: Checksum | None = None
    key: KeyName | None = Field(default=None, validate_default=True)
    capabilities: Capabilities = ()
    hosts: Annotated[tuple[Host, ...], AS_LIST, UNIQUE] = ()
    methods: Annotated[tuple[Method, ...], AS_LIST, UNIQUE] = ("GET", "HEAD")
    schemes: Annotated[tuple[Literal["https", "http"], ...], AS_LIST, UNIQUE] = ("https",)
    ports: Annotated[tuple[Annotated[int, Field(strict=True), between(1, 65_535)], ...], AS_LIST, UNIQUE] | None = None
    allow_private: Annotated[tuple[ExactHost, ...], AS_LIST, UNIQUE] = ()
    tools: Annotated[tuple[ToolName, ...], AS_LIST, UNIQUE] = ()
    timeout_ms: TimeoutMs = TIMEOUT_MS
    memory_mb: MemoryMb = MEMORY_MB
    concurrent: Concurrent = CONCURRENT
    workspace: FilePath | None = None
    commands: Annotated[tuple[Program, ...], AS_LIST, UNIQUE] = ()
    secret: Annotated[tuple[SecretTable, ...], AS_LIST, only_once("name")] = ()
    database: Annotated[tuple[DatabaseTable, ...], AS_LIST, only_once("name")] = ()
    config: dict[ConfigKey, ConfigValue] = Field(default_factory=dict)

    @field_validator("key")
    @classmethod
    def _is_for_somebody(cls, key: str | None, info: ValidationInfo) -> str | None:
        if key is None and all(info.data.get(name, "wrong") is None for name in ("plugin", "checksum")):
            raise broken("must be there, or plugin, or checksum: a grant is for somebody", is_shown=False)
        return key

    @field_validator(*_USES)
    @classmethod
    def _is_used(cls, value: Any, info: ValidationInfo) -> Any:
        assert info.field_name is not None
        uses = _USES[info.field_name]
        if value and not set(uses) & set(info.data.get("capabilities", uses)):
            raise broken(f"is of no use without {' or '.join(map(repr, uses))} among the capabilities")
        return value

    @field_validator("allow_private")
    @classmethod
    def _is_a_host(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        _refuse_unreached(names, info)
        return names

    @field_validator("secret")
    @classmethod
    def _is_sent(cls, secrets: tuple[SecretTable, ...], info: ValidationInfo) -> tuple[SecretTable, ...]:
        missing = {"secrets", "network"} - set(info.data.get("capabilities", ("secrets", "network")))
        if secrets and missing:
            raise broken(f"is of no use without {' and '.join(map(repr, sorted(missing)))} among the capabilities")
        if secrets and len(info.data.get("ports") or [443]) > 1:
            raise broken("goes to one port, and the grant has several `ports`")
        _refuse_unreached([secret.host for secret in secrets], info)
        places = [(secret.host, secret.header.lower()) for secret in secrets]
        if len(set(places)) < len(places):
            raise broken("has two secrets for the same header of the same host")
        return secrets


def _refuse_unreached(names: Iterable[str], info: ValidationInfo) -> None:
    for name in names if "hosts" in info.data else ():
        if not is_among(name, info.data["hosts"], is_host=True):
            raise broken(f"is for {name!r}, which is not among the hosts")


class PolicyTables(Strict):
    """The whole file."""

    key: Annotated[tuple[KeyTable, ...], AS_LIST, only_once("name")] = ()
    grant: Annotated[tuple[GrantTable, ...], AS_LIST] = ()
