"""Whether a plugin may start: what it asks for, held against what the policy grants and what was approved.

A plugin that asks for more than it may have never starts, and hears all the reasons at once. A grant by checksum is for
these very bytes and needs nobody's word beside it. A grant by name or by key covers updates too, so whatever an update
needs beyond what a person approved waits until that person has approved it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from belljar.errors import PolicyRefusedError
from belljar.plugins._manifest import Manifest
from belljar.plugins._needs import Excess, Needs, is_among
from belljar.plugins._package import Plugin
from belljar.plugins._policy import Grant, Policy

NOT_GRANTED: Final = "not granted"
NOT_APPROVED: Final = "not approved"
_FREE: Final = Needs()
"""What every plugin may have, and nobody approves."""
_IN_WORKSPACE: Final = ("files.read", "files.write", "commands", "read:repo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a plugin may not start. As text: `host api.a.com: not granted (policy.toml:3)`."""

    kind: str
    """`not granted` or `not approved`."""
    need: str
    """`capability`, `host`, `secret`, `tool`, `key`, `workspace`, `database`, or the name of a limit."""
    value: str | int
    why: str
    where: str
    """The policy's place."""

    def __str__(self) -> str:
        value = f"{self.value:,}" if isinstance(self.value, int) else self.value
        return f"{self.need} {value}: {self.why} ({self.where})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """The word that a plugin may start, and with what: its own needs, all of them within the grant."""

    name: str
    checksum: str
    key_id: str | None
    needs: Needs
    grant: Grant


def check(plugin: Plugin, policy: Policy, *, approved: Needs | None = None) -> Permission:
    """What the plugin may have: manifest and policy together.

    `approved` is what a person last approved under its name and for its signer, which `Policy.signer` tells. Raises
    PolicyRefusedError with every reason, and PluginSignatureError where a known key's signature is not of these bytes.
    """
    key_id = policy.signer(plugin)
    asked = _Asked(plugin=plugin, policy=policy, key_id=key_id, grant=policy.grant_for(plugin, key_id))
    reasons = [*asked.not_granted(), *asked.not_approved(approved)]
    if reasons:
        raise _refused(asked, reasons)
    return Permission(
        name=plugin.manifest.name,
        checksum=plugin.checksum,
        key_id=key_id,
        needs=asked.needs,
        grant=asked.grant,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One question to a policy."""

    plugin: Plugin
    policy: Policy
    key_id: str | None
    grant: Grant

    @property
    def manifest(self) -> Manifest:
        return self.plugin.manifest

    @property
    def needs(self) -> Needs:
        return self.manifest.needs

    @property
    def _where(self) -> str:
        return self.grant.place or self.policy.file

    # -- the policy -----------------------------------------------------------------------------------------------

    def not_granted(self) -> Iterator[Reason]:
        """What the policy does not give."""
        beyond = self.needs.exceeding(self.grant.needs)
        if beyond:
            yield from self._meant_for_another_signer()
        yield from (self._reason(each, _why(each, self.grant)) for each in beyond)
        yield from self._secrets_for_others()
        yield from self._places_not_there()

    def _meant_for_another_signer(self) -> Iterator[Reason]:
        """Grants that would match, had their key signed the plugin."""
        for grant in self.policy.grants:
            is_of_another = grant.key_id not in (None, self.key_id)
            if is_of_another and grant.matches(self.manifest.name, self.plugin.checksum, grant.key_id):
                why = f"{self._signed}, and this grant is for plugins signed by {grant.key_name!r}"
                yield self._reason(Excess(need="key", value=grant.key_name or ""), why, grant.place)

    @property
    def _signed(self) -> str:
        if self.plugin.signature is None:
            return "the plugin is not signed"
        if self.key_id is None:
            return f"the plugin is signed by an unknown key, {self.plugin.signature.key_id}"
        return f"the plugin is signed by {self.policy.key_name(self.key_id)!r}"

    def _secrets_for_others(self) -> Iterator[Reason]:
        """Secrets that are granted for hosts that the plugin never asks."""
        for secret in self.grant.secrets:
            if secret.name in self.needs.secrets and not is_among(secret.host, self.needs.hosts, is_host=True):
                why = f"granted for {secret.host}, which is not among the hosts of the manifest"
                yield self._reason(Excess(need="secret", value=secret.name), why, secret.place)

    def _places_not_there(self) -> Iterator[Reason]:
        """A folder or a database that is named and is not there."""
        granted = set(self.needs.capabilities) & set(self.grant.capabilities)
        folder = self.grant.workspace
        if granted & set(_IN_WORKSPACE) and folder is not None and not folder.is_dir():
            yield self._reason(Excess(need="workspace", value=str(folder)), "is no folder")
        for database in self.grant.databases if "database" in granted else ():
            if database.path is not None and not database.path.is_file():
                missing = Excess(need="database", value=database.name)
                yield self._reason(missing, "its file is not there", database.place)

    # -- a person's word ------------------------------------------------------------------------------------------

    def not_approved(self, approved: Needs | None) -> Iterator[Reason]:
        """What the policy gives, and nobody has approved of. A grant by checksum is for bytes that somebody knew."""
        if self.grant.checksum is not None:
            return
        why = "nobody approved this plugin" if approved is None else "beyond what was approved"
        for each in self.needs.exceeding(approved or _FREE):
            if each.is_within(self.grant.needs) and not each.is_within(_FREE):
                yield self._reason(each, why, kind=NOT_APPROVED)

    def _reason(self, excess: Excess, why: str, where: str = "", *, kind: str = NOT_GRANTED) -> Reason:
        return Reason(kind=kind, need=excess.need, value=excess.value, why=why, where=where or self._where)


def _why(excess: Excess, grant: Grant) -> str:
    if excess.allowed is not None:
        return f"at most {excess.allowed:,} is granted"
    return "no grant is for this plugin" if grant.is_for_nobody else "not granted"


def _refused(asked: _Asked, reasons: Sequence[Reason]) -> PolicyRefusedError:
    kinds = {reason.kind for reason in reasons}
    kind = NOT_GRANTED if NOT_GRANTED in kinds else NOT_APPROVED
    lines = [f"{asked.plugin.title} may not start:", *map(str, reasons)]
    hint = "`belljar plugin approve` after reading what it asks for" if kind == NOT_APPROVED else ""
    details = {
        "kind": kind,
        "plugin": asked.manifest.name,
        "version": asked.manifest.version,
        "checksum": asked.plugin.checksum,
        "key_id": asked.key_id,
        "reasons": [asdict(reason) for reason in reasons],
    }
    return PolicyRefusedError("\n".join(lines), hint=hint, details=details)
