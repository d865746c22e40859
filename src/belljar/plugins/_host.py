"""Runs plugins: what one asks for is held against the policy, then it runs with exactly the tools that it was granted.

The order, each step before the next: the gate's use is written down; the signature, where there is one; the policy and
what was approved; the script's own form; the plugin's queue; the run. A refusal is in the audit log, with the plugin's
checksum, before it is raised. Nothing of a plugin runs before all of that.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final, Self

from belljar.audit import AuditEvent
from belljar.errors import (
    HostError,
    ManifestError,
    PluginSignatureError,
    PolicyRefusedError,
    QueueFullError,
    SecretFoundError,
    UsageError,
)
from belljar.harness import Identity, Outcome, RunOptions
from belljar.plugins._api import MetricListener, api_tools
from belljar.plugins._approvals import last_approved, write_approval
from belljar.plugins._check import Permission, check
from belljar.plugins._clean import Cleaner, misread
from belljar.plugins._entry import compose
from belljar.plugins._grants import Granted, known_secrets
from belljar.plugins._outlet import Listener, sanitised, told
from belljar.plugins._package import Plugin
from belljar.plugins._policy import Policy
from belljar.plugins._policy_rules import SHORTEST_SECRET
from belljar.plugins._run import PluginHarness, Prepared, plain, plugin_harness, queue_of
from belljar.store import QueueLimits, Store, open_store
from belljar.tools import AnyTool, Approver, Registry, Tool
from belljar.tools._clock import wall_ms

_REFUSALS: Final = (PolicyRefusedError, PluginSignatureError, SecretFoundError, ManifestError)
_WHO_CHARACTERS: Final = 200


class PluginHost:
    """Runs plugins under one policy, in one store. Use it in `async with`."""

    def __init__(
        self,
        store: Store | str | os.PathLike[str],
        policy: Policy,
        *,
        tools: Iterable[AnyTool | Callable[..., Any]] = (),
        approver: Approver | None = None,
        secrets: Sequence[str] = (),
        engine: str = "quickjs",
        on_metric: MetricListener | None = None,
        agent_id: str | None = None,
    ) -> None:
        """`store` is a Store, or the address of one that this host opens and closes. `tools` are those of the host that
        a manifest may name. `secrets` are values of six characters or more that no plugin is shown and nothing keeps,
        beside those of the policy. `on_metric` is told of each metric. `agent_id` is the agent on whose behalf the
        plugins run.
        """
        if any(len(secret) < SHORTEST_SECRET for secret in secrets):
            raise UsageError(
                f"a secret has at least {SHORTEST_SECRET} characters", hint="Shorter ones stand in every text."
            )
        self._owns_store = isinstance(store, str | os.PathLike)
        self._store = open_store(store) if isinstance(store, str | os.PathLike) else store
        self._policy = policy
        self._tools = [Tool.of(each) for each in tools]
        self._approver = approver
        self._secrets = tuple(secrets)
        self._engine = engine
        self._on_metric = on_metric
        self._agent_id = agent_id

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._owns_store:
            await asyncio.to_thread(self._store.close)

    # -- runs -------------------------------------------------------------------------------------------------------

    async def run(
        self,
        plugin: Plugin,
        input: Any = None,
        *,
        run_id: str | None = None,
        on_event: Listener | None = None,
        gas_limit: int | None = None,
        identity: Identity | None = None,
    ) -> Outcome:
        """Call the plugin's entry with `input`, plain data; what it does wrong is an outcome with an error.

        `gas_limit` and `identity` are a sealed plugin's, as in `Harness.run_sealed`. Raises PolicyRefusedError,
        PluginSignatureError, ManifestError and SecretFoundError for what may not begin, QueueFullError where as many of
        its runs go on as may.
        """
        ready = await asyncio.to_thread(self._prepared, plugin, input)
        is_sealed = plugin.manifest.profile == "sealed"
        if not is_sealed and (gas_limit is not None or identity is not None):
            raise UsageError("only a sealed plugin has gas and an identity")
        options = RunOptions(run_id=run_id, on_event=told(on_event, ready.cleaner))
        async with self._harness(ready, input) as harness:
            if is_sealed:
                work = harness.run_sealed(ready.text, input, identity=identity, gas_limit=gas_limit, **options)
            else:
                work = harness.run(ready.text, **options)
            try:
                outcome = await work
            except QueueFullError as full:
                await asyncio.to_thread(self._record, "limit.hit", plugin, _told_of(full) | {"limit": "concurrent"})
                raise
        return sanitised(outcome, ready.cleaner)

    async def resume(self, plugin: Plugin, run_id: str, *, on_event: Listener | None = None) -> Outcome | None:
        """Go on with a run of this very plugin, as `Harness.resume_run`. The policy is asked again.

        None where the run has ended, somebody alive holds it, or as many of the plugin's runs go on as may.
        """
        ready = await asyncio.to_thread(self._prepared, plugin, None)
        async with self._harness(ready, None) as harness:
            outcome = await harness.resume_run(run_id, on_event=told(on_event, ready.cleaner))
        return sanitised(outcome, ready.cleaner) if outcome is not None else None

    def approve(self, plugin: Plugin, *, who: str) -> None:
        """Let this plugin, and updates by the same signer that need no more, have what it asks for and policy grants.

        Raises PolicyRefusedError where the policy does not grant it, PluginSignatureError.
        """
        if not (who.strip() and who.isprintable() and len(who) <= _WHO_CHARACTERS):
            raise UsageError(f"who approves has a name of 1 to {_WHO_CHARACTERS} visible characters")
        self._record("gate.used", plugin, self._policy.facts(plugin))
        with self._refusals_written(plugin):
            key = self._policy.signer(plugin)
            check(plugin, self._policy, approved=plugin.manifest.needs)
        write_approval(self._store, plugin, key=key, who=who)

    # -- before a run -----------------------------------------------------------------------------------------------

    def _prepared(self, plugin: Plugin, input: Any) -> Prepared:
        """Raises whatever keeps the plugin from running, after the log has it."""
        self._record("gate.used", plugin, self._policy.facts(plugin))
        with self._refusals_written(plugin):
            key = self._policy.signer(plugin)
            approved = last_approved(self._store, plugin.manifest.name, key=key)
            permission = check(plugin, self._policy, approved=approved)
            ready = self._equipped(plugin, permission)
            ready.cleaner.refuse_text(plugin.source, plugin.manifest.script)
            ready.cleaner.refuse_text(plugin.manifest.canonical_json, "the manifest")
            ready.cleaner.refuse_input(plain(input))
        self._bound_queue(plugin)
        return ready

    def _equipped(self, plugin: Plugin, permission: Permission) -> Prepared:
        manifest, grant = plugin.manifest, permission.grant
        sent = [(secret, secret.read()) for secret in grant.secrets if secret.name in manifest.secrets]
        secrets = (*self._secrets, *known_secrets(self._policy, sent))
        cleaner = Cleaner(secrets=(*secrets, *misread(secrets)))
        self._store.know_secrets(cleaner.secrets)
        granted = Granted(manifest=manifest, grant=grant, secrets=tuple(read for _, read in sent), cleaner=cleaner)
        try:
            tools = list(Registry([*granted.clean(self._api(granted)), *granted.tools(self._tools)]))
        except UsageError as error:  # a folder without a repository, two tools of one name
            details = {"kind": "cannot work", "where": grant.place}
            raise PolicyRefusedError(f"{manifest.name}: {error.message}", hint=error.hint, details=details) from None
        text = compose(plugin.source, entry_point=manifest.entry_point, profile=manifest.profile, file=manifest.script)
        return Prepared(plugin=plugin, text=text, tools=tools, cleaner=cleaner)

    def _api(self, granted: Granted) -> list[AnyTool]:
        manifest = granted.manifest
        return api_tools(
            plugin=manifest.name,
            profile=manifest.profile,
            config=granted.grant.config,
            may_emit="metrics" in manifest.capabilities,
            on_metric=self._on_metric,
        )

    def _harness(self, ready: Prepared, input: Any) -> PluginHarness:
        return plugin_harness(
            ready, input, store=self._store, approver=self._approver, engine=self._engine, agent_id=self._agent_id
        )

    def _bound_queue(self, plugin: Plugin) -> None:
        """Once: what an operator made of the bounds since then stays."""
        name = queue_of(plugin)
        if all(each.name != name for each in self._store.queues.all()):
            self._store.queues.put(QueueLimits(name=name, concurrency=plugin.manifest.limits.concurrent))

    # -- what is written down ---------------------------------------------------------------------------------------

    @contextmanager
    def _refusals_written(self, plugin: Plugin) -> Iterator[None]:
        try:
            yield
        except _REFUSALS as error:
            self._record("policy.refused", plugin, _told_of(error))
            raise

    def _record(self, event: str, plugin: Plugin, details: Mapping[str, Any] | None = None) -> None:
        manifest = plugin.manifest
        self._store.audit.append(
            AuditEvent(
                event,
                f"plugin {manifest.name}",
                actor=self._store.worker,
                time_ms=wall_ms(),
                manifest_sha256=plugin.checksum,
                details={"version": manifest.version, **(details or {})},
            )
        )


def _told_of(error: HostError) -> dict[str, Any]:
    return {"error": error.code, "message": error.message}
