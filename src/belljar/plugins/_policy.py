"""An operator's policy, as values: which keys are known, and what each grant allows. Nothing is allowed that is not
named here.

Secrets are read when a run needs them, from the environment or from a file, and are in no value of this module.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from belljar.audit import PublicKey
from belljar.errors import PluginSignatureError, PolicyRefusedError, UsageError
from belljar.packs import HostSecret
from belljar.packs._plain_file import beginning_of
from belljar.plugins._needs import CONCURRENT, MEMORY_MB, TIMEOUT_MS, Needs
from belljar.plugins._signature import verify

if TYPE_CHECKING:
    from belljar.plugins._package import Plugin

_SECRET_BYTES: Final = 8_192
"""Of a file that holds one. No server takes a longer header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretGrant:
    """A secret that the host may put into a plugin's requests to one host; where it is kept, and not what it is."""

    name: str
    host: str
    header: str = "Authorization"
    prefix: str = ""
    """Before the secret in the header, as in `Bearer `."""
    env: str | None = None
    """The variable that has it; or else `file`."""
    file: Path | None = None
    place: str = ""
    """Where the policy says so, as `policy.toml:12`."""

    def read(self, environ: Mapping[str, str] | None = None) -> HostSecret:
        """The secret itself, now. Raises PolicyRefusedError, which names the variable or file, where there is none."""
        value = self._from_file() if self.env is None else self._from(os.environ if environ is None else environ)
        try:
            secret = HostSecret(host=self.host, value=value, header=self.header)  # long enough without the prefix, too
            return replace(secret, value=self.prefix + value)
        except UsageError:
            # HostSecret's own words, without a chance that a value gets into a trace
            raise self._refused("is too short or not visible ASCII, so it cannot be a secret in a header") from None

    def forms(self, secret: HostSecret) -> set[str]:
        """What must not be seen of a secret that was read: with the prefix and without, in all parts."""
        return secret.forms() | replace(secret, value=secret.value.removeprefix(self.prefix)).forms()

    def _from(self, environ: Mapping[str, str]) -> str:
        assert self.env is not None
        if not (value := environ.get(self.env, "").strip()):
            raise self._refused("is not set")
        return value

    def _from_file(self) -> str:
        assert self.file is not None
        try:
            raw = beginning_of(self.file, _SECRET_BYTES + 1)
        except OSError as error:
            raise self._refused(f"cannot be read: {error.strerror}") from None
        if len(raw) > _SECRET_BYTES:
            raise self._refused(f"is larger than {_SECRET_BYTES:,} bytes")
        if not (value := raw.decode("utf-8", "replace").strip()):
            raise self._refused("is empty")
        return value

    def _refused(self, why: str) -> PolicyRefusedError:
        source = f"the variable {self.env}" if self.env is not None else f"the file {self.file}"
        details = {"kind": "secret not readable", "secret": self.name, "where": self.place}
        return PolicyRefusedError(f"secret {self.name} ({self.place}): {source} {why}", details=details)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseGrant:
    """A database that may be read."""

    name: str
    url: str = field(repr=False)
    """`sqlite:///` with an absolute path, or `postgresql://...`; may hold a password."""
    rows: int = 1_000
    """Of one answer, at most."""
    path: Path | None = None
    """The file, where it is SQLite."""
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What plugins that match may have, at most. Without arguments: nothing."""

    plugin: str | None = None
    """Its name; of `plugin`, `checksum` and `key_id`, those that are given must all match."""
    checksum: str | None = None
    key_id: str | None = None
    key_name: str | None = None
    """As the policy calls the key."""
    capabilities: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    methods: tuple[str, ...] = ("GET", "HEAD")
    """Of requests, as in HttpPolicy; so are the next three."""
    schemes: tuple[str, ...] = ("https",)
    ports: tuple[int, ...] | None = None
    allow_private: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    timeout_ms: int = TIMEOUT_MS
    memory_mb: int = MEMORY_MB
    concurrent: int = CONCURRENT
    workspace: Path | None = None
    """The folder that files, commands and the repository are in."""
    commands: tuple[str, ...] = ()
    """Programs that may be started, by name."""
    secrets: tuple[SecretGrant, ...] = ()
    databases: tuple[DatabaseGrant, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    """What the plugin may ask for by key; plain data, no secrets."""
    place: str = ""
    """Where the policy says so, as `policy.toml:12`; empty where no file does."""

    @classmethod
    def empty(cls) -> Grant:
        """Computing, within the limits that every plugin has."""
        return cls()

    @property
    def needs(self) -> Needs:
        """The most that a plugin may need."""
        return Needs(
            capabilities=self.capabilities,
            hosts=self.hosts,
            secrets=tuple(secret.name for secret in self.secrets),
            tools=self.tools,
            timeout_ms=self.timeout_ms,
            memory_mb=self.memory_mb,
            concurrent=self.concurrent,
        )

    @property
    def is_for_nobody(self) -> bool:
        """Whether it names no plugin at all: the grant of nothing."""
        return (self.plugin, self.checksum, self.key_id) == (None, None, None)

    def matches(self, name: str, checksum: str, key_id: str | None) -> bool:
        """Whether it is for this plugin, signed by this key."""
        pairs = ((self.plugin, name), (self.checksum, checksum), (self.key_id, key_id))
        return not self.is_for_nobody and all(wanted in (None, given) for wanted, given in pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyKey:
    """A key of somebody whose plugins may be granted something."""

    name: str
    id: str
    public: PublicKey = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Grants in the order of the file: the first that matches counts, alone."""

    grants: tuple[Grant, ...] = ()
    keys: tuple[PolicyKey, ...] = ()
    file: str = "the empty policy"
    sha256: str = ""
    """Of the file's bytes, in hex; empty where there is no file."""

    @classmethod
    def empty(cls) -> Policy:
        """With which plugins compute, and nothing else."""
        return cls()

    def facts(self, plugin: Plugin) -> dict[str, Any]:
        """Which line of which policy is about the plugin: for the log."""
        grant = ""
        with suppress(PluginSignatureError):  # then no grant is
            grant = self.grant_for(plugin, self.signer(plugin)).place
        return {"policy": self.file, "policy_sha256": self.sha256, "grant": grant}

    @property
    def public_keys(self) -> tuple[PublicKey, ...]:
        """Of everybody who is known."""
        return tuple(key.public for key in self.keys)

    def grant_for(self, plugin: Plugin, key_id: str | None) -> Grant:
        """The first grant that matches, or the grant of nothing. `key_id` is what `signer` found."""
        name, checksum = plugin.manifest.name, plugin.checksum
        return next((each for each in self.grants if each.matches(name, checksum, key_id)), Grant.empty())

    def signer(self, plugin: Plugin) -> str | None:
        """The id of the known key that signed it; None where it is not signed, or by a key that is not known here.

        Raises PluginSignatureError where a known key's signature is not of these bytes.
        """
        if plugin.signature is None or plugin.signature.key_id not in {key.id for key in self.keys}:
            return None
        return verify(plugin, self.public_keys)

    def key_name(self, key_id: str) -> str:
        """As the policy calls a key, or else the id."""
        return next((key.name for key in self.keys if key.id == key_id), key_id)
