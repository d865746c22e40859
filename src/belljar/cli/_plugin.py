"""`belljar plugin check`, `sign`, `verify` and `approve`: what a plugin is, whose it is, and what it may have."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from rich.console import Console
from rich.text import Text

from belljar.audit import load_private_key, load_public_key
from belljar.cli._approve import can_ask
from belljar.cli._document import print_json
from belljar.cli._exits import ExitCode
from belljar.cli._question import said_yes
from belljar.cli._screen import err, out, print_error, safe
from belljar.cli._store import file_of, login_name, opened, print_facts, store_url_or_none
from belljar.errors import BelljarError, PluginSignatureError, PolicyRefusedError, UsageError
from belljar.plugins import (
    SIGNATURE_NAME,
    Needs,
    Plugin,
    PluginHost,
    Policy,
    check,
    load,
    load_policy,
    sign,
    verify,
)
from belljar.plugins._approvals import last_approved
from belljar.plugins._check import NOT_APPROVED
from belljar.plugins._entry import compose

if TYPE_CHECKING:
    from belljar.store import Store

T = TypeVar("T")
_NO_LEDGER: Final = "Approvals are in a store, and none was named that is there: --store URL."
_KEYGEN: Final = "belljar snapshot keygen -o KEY.pem makes one, and KEY.pub beside it."


def policy_of(path: Path | None) -> Policy:
    """The file's; without one nothing is granted."""
    return Policy.empty() if path is None else load_policy(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A plugin as a policy sees it, without running it."""

    plugin: Plugin
    key_id: str | None
    """Whose signature counts and holds."""
    refused: BelljarError | None
    """Why it could not start; None where it could."""

    @property
    def signature_text(self) -> str:
        """In words."""
        if self.plugin.signature is None:
            return "none"
        return f"of {self.key_id[:16]}…" if self.key_id else "of a key that the policy does not name"

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        manifest = self.plugin.manifest
        return {
            "name": manifest.name,
            "version": manifest.version,
            "profile": manifest.profile,
            "checksum": self.plugin.checksum,
            "signed": self.plugin.signature is not None,
            "key_id": self.key_id,
            "needs": manifest.needs.to_dict(),
            "may_start": self.refused is None,
            "refused": self.refused.to_dict() if self.refused is not None else None,
        }


def standing(plugin: Plugin, policy: Policy, store: Store | None) -> Standing:
    """What `check` says of it. With a store an approval counts that is on record there."""
    key_id = None
    try:
        key_id = policy.signer(plugin)
        approved = last_approved(store, plugin.manifest.name, key=key_id) if store is not None else None
        check(plugin, policy, approved=approved)
    except (PluginSignatureError, PolicyRefusedError) as error:  # boundary: reported as a finding of this command
        if store is None and error.details.get("kind") == NOT_APPROVED:
            error = PolicyRefusedError(error.message, hint=_NO_LEDGER, details=error.details)
        return Standing(plugin=plugin, key_id=key_id, refused=error)
    return Standing(plugin=plugin, key_id=key_id, refused=None)


@contextmanager
def ledger(named: str | None) -> Iterator[Store | None]:
    """The store with the approvals; None where none is named, or nothing was ever written to it."""
    url = store_url_or_none(named)
    file = file_of(url) if url is not None else None
    if url is None or (file is not None and not file.exists()):
        yield None
        return
    with opened(named) as store:
        yield store


def composed(path: Path) -> Plugin:
    """The plugin there, whose script has the entry that the manifest names. Raises ManifestError."""
    plugin = load(path)
    manifest = plugin.manifest
    compose(plugin.source, entry_point=manifest.entry_point, profile=manifest.profile, file=manifest.script)
    return plugin


def needs_text(needs: Needs) -> str:
    """What goes beyond computing within the bounds that every plugin has."""
    return ", ".join(needs.beyond(Needs())) or "nothing beyond computing"


def check_command(path: Path, *, policy: Path | None, store: str | None, as_json: bool) -> ExitCode:
    """Print what the plugin is. Raises ManifestError for what is wrong with it, PolicyRefusedError by exit code."""
    plugin = composed(path)
    found = _standing(plugin, policy, store)
    asked = policy is not None
    if as_json:
        print_json({"ok": found.refused is None or not asked, **found.to_dict()})
    else:
        _print_plugin(out(), found, asked=asked)
    if not asked or found.refused is None:
        return ExitCode.FINE
    if not as_json:
        print_error(err(), found.refused)
    return ExitCode.DENIED


def _standing(plugin: Plugin, policy: Path | None, store: str | None) -> Standing:
    with ledger(store) as known:
        return standing(plugin, policy_of(policy), known)


def _print_plugin(console: Console, found: Standing, *, asked: bool) -> None:
    manifest = found.plugin.manifest
    console.print(
        Text.assemble((safe(f"{manifest.name} {manifest.version}"), "bold"), f"  {safe(manifest.description)}")
    )
    facts = [
        ("by", manifest.author),
        ("profile", manifest.profile),
        ("checksum", found.plugin.checksum),
        ("signature", found.signature_text),
        ("needs", needs_text(manifest.needs)),
    ]
    if asked:
        facts.append(("could start", "yes" if found.refused is None else "no"))
    print_facts(console, facts)


def sign_command(path: Path, *, key: Path) -> ExitCode:
    """Write plugin.sig. Raises UsageError for a package, which is made after the signature."""
    if not path.is_dir():
        raise UsageError(f"{path} is no folder", hint="Sign the folder, then pack it with its plugin.sig.")
    plugin = composed(path)
    signature, file = sign(plugin, loaded(load_private_key, key)), path / SIGNATURE_NAME
    try:
        file.write_text(signature.to_text(), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from None
    err().print(Text(safe(f"signed {plugin.manifest.name} {plugin.manifest.version}: {file}"), style="bold green"))
    out().print(Text(plugin.checksum))
    return ExitCode.FINE


def verify_command(path: Path, *, keys: Iterable[Path], policy: Path | None, as_json: bool) -> ExitCode:
    """Print whose signature it is. Raises PluginSignatureError."""
    public = [loaded(load_public_key, each) for each in keys]
    if policy is not None:
        public += load_policy(policy).public_keys
    if not public:
        raise UsageError("no key is named that could have signed it", hint="--key KEY.pub, or --policy POLICY.toml.")
    plugin = load(path)
    key_id = verify(plugin, public)
    if as_json:
        print_json({"ok": True, "checksum": plugin.checksum, "key_id": key_id})
    else:
        err().print(Text("the signature holds", style="bold green"))
        out().print(Text(f"{key_id} {plugin.checksum}"))
    return ExitCode.FINE


def loaded(load_key: Callable[[Path], T], file: Path) -> T:
    """A key from its file. Raises UsageError where there is none."""
    try:
        return load_key(file)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}", hint=_KEYGEN) from None
    except UsageError as error:
        raise UsageError(error.message, hint=_KEYGEN) from None


def approve_command(path: Path, *, policy: Path, store: str | None, who: str | None, is_sure: bool) -> ExitCode:
    """Show what is asked for, and write the approval down; at a terminal it asks back first.

    Raises PolicyRefusedError where the policy would not let the plugin have it anyway.
    """
    plugin, granted, person = composed(path), load_policy(policy), login_name(who)

    async def work(known: Store) -> None:
        async with PluginHost(known, granted) as host:
            host.approve(plugin, who=person)

    with opened(store, may_be_new=True) as known:
        _print_asked(plugin, last_approved(known, plugin.manifest.name, key=granted.signer(plugin)))
        if not is_sure and can_ask() and not said_yes("Approve it?"):
            err().print(Text("nothing was approved", style="yellow"))
            return ExitCode.FAILED
        asyncio.run(work(known))
    manifest = plugin.manifest
    err().print(Text(safe(f"{person} approved {manifest.name} {manifest.version}"), style="bold green"))
    out().print(Text(plugin.checksum))
    return ExitCode.FINE


def _print_asked(plugin: Plugin, before: Needs | None) -> None:
    manifest = plugin.manifest
    facts = [("plugin", f"{manifest.name} {manifest.version}"), ("needs", needs_text(manifest.needs))]
    if before is not None:
        facts.append(("new", ", ".join(manifest.needs.beyond(before)) or "nothing since the last approval"))
    print_facts(err(), facts)
