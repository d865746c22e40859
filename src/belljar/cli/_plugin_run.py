"""`belljar plugin run`: one run of a plugin, with what its manifest asks for and the policy grants."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from belljar.cli._document import print_json
from belljar.cli._exits import ExitCode, exit_code_of
from belljar.cli._inputs import checked_engine
from belljar.cli._loading import load_registry
from belljar.cli._options import AnswersOrLater
from belljar.cli._outcomes import print_waiting, tell_outcome, tool_words
from belljar.cli._plugin import policy_of
from belljar.cli._progress import ProgressPrinter
from belljar.cli._run import SealedOptions, chosen_approver
from belljar.cli._screen import err
from belljar.cli._store import opened
from belljar.errors import UsageError
from belljar.plugins import Plugin, PluginHost, load

if TYPE_CHECKING:
    from belljar.harness import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginRunOptions:
    """What the command line said."""

    path: Path
    policy: Path | None = None
    """None: nothing is granted."""
    store: str | None = None
    input: str | None = None
    tools: tuple[str, ...] = ()
    approve: AnswersOrLater | None = None
    resume: str | None = None
    engine: str = "quickjs"
    gas_limit: int | None = None
    request_id: str | None = None
    account_id: str = ""
    function_version: str = ""
    as_json: bool = False

    @property
    def sealed(self) -> SealedOptions:
        """What a sealed run is given; the input is any run's."""
        return SealedOptions(
            input=self.input,
            gas_limit=self.gas_limit,
            request_id=self.request_id,
            account_id=self.account_id,
            function_version=self.function_version,
        )


def plugin_run_command(options: PluginRunOptions) -> ExitCode:
    """Check, run, print. Raises ManifestError, PluginSignatureError, PolicyRefusedError: then nothing of it ran."""
    plugin, policy = load(options.path), policy_of(options.policy)
    arguments = _arguments(options, plugin)
    registry = load_registry(options.tools)
    with opened(options.store, may_be_new=options.resume is None) as store:
        host = PluginHost(
            store,
            policy,
            tools=tuple(registry),
            approver=chosen_approver(options.approve, has_store=True),
            engine=checked_engine(options.engine),
        )
        return asyncio.run(_run(host, plugin, options, arguments))


def _arguments(options: PluginRunOptions, plugin: Plugin) -> dict[str, Any]:
    """Of `PluginHost.run`. Raises UsageError for what the plugin's profile does not have."""
    given = options.sealed.arguments()
    of_run = (options.input, options.gas_limit, options.request_id)
    if options.resume is not None and any(each is not None for each in of_run):
        raise UsageError("a run that is resumed has its input already", hint="Leave out --input and what is like it.")
    if plugin.manifest.profile != "sealed" and (options.gas_limit is not None or options.request_id is not None):
        raise UsageError(
            "--gas-limit and ids are for sealed plugins", hint=f"{plugin.manifest.name} is a standard one."
        )
    return given


async def _run(host: PluginHost, plugin: Plugin, options: PluginRunOptions, arguments: dict[str, Any]) -> ExitCode:
    progress = ProgressPrinter(err())
    try:
        async with host:
            if options.resume is not None:
                outcome = await host.resume(plugin, options.resume)
            else:
                outcome = await host.run(plugin, on_event=progress, **arguments)
    finally:
        progress.close()
    if outcome is None:
        raise UsageError(
            f"the run {options.resume} waits for nothing", hint="belljar runs show RUN says how it stands."
        )
    return _told(outcome, plugin, options)


def _told(outcome: Outcome, plugin: Plugin, options: PluginRunOptions) -> ExitCode:
    if options.as_json:
        print_json(outcome.to_dict() | {"plugin": {"checksum": plugin.checksum, "name": plugin.manifest.name}})
    tell_outcome(outcome, f"{options.path}/{plugin.manifest.script}", as_json=options.as_json)
    policy = () if options.policy is None else (f"--policy={options.policy}",)
    words = (*policy, *tool_words(options.tools, None, ()))
    print_waiting(outcome, words, store=options.store, again=("plugin", "run", str(options.path), "--resume"))
    return exit_code_of(outcome.error)
