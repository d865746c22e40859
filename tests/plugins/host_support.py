"""Plugins made of a few lines, grants for them, and a host that runs them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from belljar.harness import Outcome
from belljar.plugins import Grant, Manifest, Plugin, Policy
from belljar.plugins._host import PluginHost
from belljar.store import Store, open_store

PLACE = "policy.toml:1"


def made(body: str, *, script: str | None = None, **fields: Any) -> Plugin:
    """A plugin whose entry has this body; or of this whole script."""
    facts = {"name": "probe", "version": "1.0.0", "description": "A test.", "author": "us", "entry_point": "main"}
    source = script if script is not None else f"export async function main(api, input) {{\n{body}\n}}\n"
    return Plugin(manifest=Manifest(**{**facts, **fields}), source=source)


def granting(plugin: Plugin, **fields: Any) -> Policy:
    """A policy that grants this very plugin something; by checksum, so that nobody need approve it."""
    return Policy(grants=(Grant(checksum=plugin.checksum, place=PLACE, **fields),), file="policy.toml")


def granted(body: str, *capabilities: str, grant: dict[str, Any] | None = None, **fields: Any) -> tuple[Plugin, Policy]:
    """A plugin with capabilities that a policy gives it."""
    plugin = made(body, capabilities=capabilities, **fields)
    same: dict[str, Any] = {name: fields[name] for name in ("hosts", "tools") if name in fields}
    allowed: dict[str, Any] = {"capabilities": capabilities, **same, **(grant or {})}
    return plugin, granting(plugin, **allowed)


class Bench:
    """A store in a folder, and runs in it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "runs.db"
        self.store: Store = open_store(self.path, worker="here:1:a")

    def run(
        self,
        plugin: Plugin,
        policy: Policy | None = None,
        input: Any = None,
        *,
        host: dict[str, Any] | None = None,
        **options: Any,
    ) -> Outcome:
        """One run, to its end."""

        async def go() -> Outcome:
            async with PluginHost(self.store, policy or Policy.empty(), **(host or {})) as runs:
                return await runs.run(plugin, input, **options)

        return asyncio.run(go())

    def told(self, plugin: Plugin) -> list[tuple[str, str]]:
        """Event and action of all records with the plugin's checksum, oldest first."""
        found = self.store.audit.find(text=plugin.checksum, limit=1_000)
        return [(record.facts["event"], record.facts["action"]) for record in reversed(found)]

    def events(self, plugin: Plugin) -> list[str]:
        return [event for event, _ in self.told(plugin)]


def code_of(outcome: Outcome) -> str | None:
    return outcome.error.code if outcome.error is not None else None


def caught(call: str) -> str:
    """A body that makes a call and returns the code of what it throws."""
    return f"try {{ return {{ value: await {call} }}; }} catch (error) {{ return error.code ?? error.name; }}"
