"""The surface of `belljar plugin`. Every command asks the gate before it looks at anything it was given."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from belljar import gate
from belljar.cli._options import (
    AccountId,
    AnswersOrLater,
    Engine,
    FunctionVersion,
    GasLimit,
    Json,
    Login,
    RequestId,
    StoreUrl,
    ToolSpecs,
    specs,
)

plugin = typer.Typer(
    name="plugin",
    help="Scripts of others, packaged: what one asks for, what a policy grants, and its runs. Off unless an operator "
    f"sets {gate.VARIABLE}.",
    rich_markup_mode=None,
)
_GATED: Final = "belljar plugin"

PluginPath = Annotated[Path, typer.Argument(metavar="PLUGIN", help="A folder or a .zip with plugin.toml.")]
PolicyFile = Annotated[
    Path | None, typer.Option("--policy", metavar="POLICY.toml", help="What an operator grants; else nothing is.")
]
NeededPolicy = Annotated[Path, typer.Option("--policy", metavar="POLICY.toml", help="What an operator grants.")]


@plugin.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder, or an empty one.")],
    profile: Annotated[
        Literal["standard", "sealed"], typer.Option("--profile", help="Which language its script is in.")
    ] = "standard",
) -> int:
    """Write a plugin that runs: manifest, script, the types of its api, and an example of a policy."""
    gate.require(_GATED)
    from belljar.cli._plugin_init import init_command

    return init_command(folder, profile=profile)


@plugin.command()
def check(path: PluginPath, policy: PolicyFile = None, store: StoreUrl = None, json: Json = False) -> int:
    """Say what is wrong with a plugin, all of it; with a policy also whether it could start. Nothing runs."""
    gate.require(_GATED)
    from belljar.cli._plugin import check_command

    return check_command(path, policy=policy, store=store, as_json=json)


@plugin.command()
def sign(
    path: Annotated[Path, typer.Argument(metavar="PLUGIN", help="Its folder; plugin.sig is written there.")],
    key: Annotated[Path, typer.Option("--key", metavar="KEY.pem", help="A private key, ECDSA P-256.")],
) -> int:
    """Sign what a plugin is now: its manifest and its script."""
    gate.require(_GATED)
    from belljar.cli._plugin import sign_command

    return sign_command(path, key=key)


@plugin.command()
def verify(
    path: PluginPath,
    key: Annotated[
        list[Path] | None,
        typer.Option("--key", metavar="KEY.pub", help="Whose signature counts; may be given several times."),
    ] = None,
    policy: Annotated[
        Path | None, typer.Option("--policy", metavar="POLICY.toml", help="Or the keys of this policy.")
    ] = None,
    json: Json = False,
) -> int:
    """Check a plugin's signature; exit code 1 where it is missing, of another key, or not of these bytes."""
    gate.require(_GATED)
    from belljar.cli._plugin import verify_command

    return verify_command(path, keys=tuple(key or ()), policy=policy, as_json=json)


@plugin.command()
def approve(
    path: PluginPath,
    policy: NeededPolicy,
    store: StoreUrl = None,
    login: Login = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask back at a terminal.")] = False,
) -> int:
    """Approve what a plugin asks for now. Updates that ask for no more are covered, those that do are refused."""
    gate.require(_GATED)
    from belljar.cli._plugin import approve_command

    return approve_command(path, policy=policy, store=store, who=login, is_sure=yes)


@plugin.command()
def run(
    path: PluginPath,
    policy: PolicyFile = None,
    store: StoreUrl = None,
    input: Annotated[
        str | None, typer.Option("--input", metavar="JSON|@FILE", help="What the entry point is given.")
    ] = None,
    tools: ToolSpecs = None,
    approve: Annotated[
        AnswersOrLater | None,
        typer.Option("--approve", help="Who answers approvals; without a terminal: later, in the store."),
    ] = None,
    resume: Annotated[
        str | None, typer.Option("--resume", metavar="RUN", help="Go on with this run of the plugin.")
    ] = None,
    engine: Engine = "quickjs",
    gas_limit: GasLimit = None,
    request_id: RequestId = None,
    account_id: AccountId = "",
    function_version: FunctionVersion = "",
    json: Json = False,
) -> int:
    """Run a plugin with what its manifest asks for and the policy grants; exit code 3 where that is not all of it."""
    gate.require(_GATED)
    from belljar.cli._plugin_run import PluginRunOptions, plugin_run_command

    return plugin_run_command(
        PluginRunOptions(
            path=path,
            policy=policy,
            store=store,
            input=input,
            tools=specs(tools),
            approve=approve,
            resume=resume,
            engine=engine,
            gas_limit=gas_limit,
            request_id=request_id,
            account_id=account_id,
            function_version=function_version,
            as_json=json,
        )
    )


@plugin.command("list")
def list_plugins(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder with plugins in it.")],
    policy: PolicyFile = None,
    store: StoreUrl = None,
    json: Json = False,
) -> int:
    """The plugins of a folder: what each needs, who signed it, and whether it could run."""
    gate.require(_GATED)
    from belljar.cli._plugin_list import list_command

    return list_command(folder, policy=policy, store=store, as_json=json)
