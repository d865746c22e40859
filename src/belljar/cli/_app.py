"""The command line's surface: every command, argument and option, and nothing else.

The work is in one module for each command, imported when the command runs: `belljar --help` loads no engine.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

import belljar
from belljar.cli._app_agents import agents
from belljar.cli._app_approvals import approvals
from belljar.cli._app_audit import audit
from belljar.cli._app_mcp import decide, mcp
from belljar.cli._app_plugin import plugin
from belljar.cli._app_runs import runs, serve, worker
from belljar.cli._app_snapshot import snapshot
from belljar.cli._complete import engines
from belljar.cli._options import (
    DEBUG_VARIABLE,
    AccountId,
    Answers,
    AnswersOrLater,
    Engine,
    FunctionVersion,
    GasLimit,
    InputFile,
    Json,
    Memory,
    ProgramInput,
    RequestId,
    Servers,
    StoreUrl,
    Timeout,
    ToolCalls,
    ToolSpecs,
    Workspace,
    specs,
)
from belljar.errors import UsageError

_EPILOG = (
    "Exit codes: 0 fine, 1 the script or the check failed, 2 usage, 3 denied, 4 time limit, 5 internal, 6 a run "
    "waits for a decision. --json prints one JSON document on standard output and everything else on standard error."
)

app = typer.Typer(
    name="belljar",
    help="Run the scripts that a language model writes: checked, metered, approved, replayable.",
    epilog=_EPILOG,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"belljar {belljar.__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[  # noqa: ARG001 - its callback does the work
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks; also BELLJAR_DEBUG=1.")] = False,
) -> None:
    """Run the scripts that a language model writes: checked, metered, approved, replayable."""
    if debug:
        os.environ[DEBUG_VARIABLE] = "1"


@app.command()
def demo(
    approve: Annotated[
        Answers | None,
        typer.Option("--approve", help="Who answers; without a terminal: all, as the demo works on a copy."),
    ] = None,
    engine: Engine = "quickjs",
    json: Json = False,
) -> int:
    """Play the main job on a shipped reply. Real tools, a real bug, one approval."""
    from belljar.cli._demo import demo_command

    return demo_command(approve=approve, engine=engine, as_json=json)


@app.command()
def run(
    file: InputFile,
    tools: ToolSpecs = None,
    workspace: Workspace = None,
    mcp: Servers = None,
    approve: Annotated[
        AnswersOrLater | None,
        typer.Option(
            "--approve",
            help="Who answers approvals; later: questions wait in the store. Unless stated it is ask, which without a "
            "terminal denies, or with a store is later.",
        ),
    ] = None,
    store: StoreUrl = None,
    engine: Engine = "quickjs",
    json: Json = False,
    journal: Annotated[
        Path | None,
        typer.Option("--journal", help="A new file for the run's journal, or a folder for those of a reply."),
    ] = None,
    timeout_ms: Timeout = 30_000,
    memory_mb: Memory = 96,
    tool_calls: ToolCalls = 32,
    mode: Annotated[
        Literal["enabled", "dry-run", "disabled"], typer.Option("--mode", help="Whether scripts run at all.")
    ] = "enabled",
    sealed: Annotated[
        bool, typer.Option("--sealed", help="A program of the sealed profile; tools are its effects.")
    ] = False,
    input: ProgramInput = None,
    gas_limit: GasLimit = None,
    request_id: RequestId = None,
    account_id: AccountId = "",
    function_version: FunctionVersion = "",
) -> int:
    """Run a reply or a script. A reply has scripts between <tool-calls> tags."""
    from belljar.cli._run import RunOptions, SealedOptions, run_command
    from belljar.cli._store import store_url_or_none
    from belljar.limits import Limits

    about = SealedOptions(
        input=input,
        gas_limit=gas_limit,
        request_id=request_id,
        account_id=account_id,
        function_version=function_version,
    )
    if not sealed and about != SealedOptions():
        raise UsageError("--input, --gas-limit and ids are for sealed programs", hint="Add --sealed.")

    return run_command(
        RunOptions(
            file=file,
            tools=specs(tools),
            workspace=workspace,
            mcp=tuple(mcp or ()),
            approve=approve,
            engine=engine,
            as_json=json,
            journal=journal,
            store=store_url_or_none(store),
            mode=mode,
            sealed=about if sealed else None,
            limits=Limits(timeout_ms=timeout_ms, memory_mb=memory_mb, tool_calls=tool_calls),
        )
    )


@app.command()
def check(
    file: InputFile,
    tools: ToolSpecs = None,
    json: Json = False,
    sealed: Annotated[bool, typer.Option("--sealed", help="As a program of the sealed profile.")] = False,
) -> int:
    """Check a reply or a script. Nothing runs; exit code 1 where something is wrong."""
    from belljar.cli._check import check_command

    return check_command(file, tools=specs(tools), as_json=json, profile="sealed" if sealed else "standard")


@app.command()
def replay(
    journal: Annotated[Path, typer.Argument(metavar="JOURNAL", help="A journal file of a run that has ended.")],
    engine: Annotated[
        str | None,
        typer.Option("--engine", autocompletion=engines, help="Instead of the run's own."),
    ] = None,
    json: Json = False,
) -> int:
    """Run a journal again and compare. No tool is called; exit code 1 where it diverges."""
    from belljar.cli._replay import replay_command

    return replay_command(journal, engine=engine, as_json=json)


@app.command()
def tools(
    spec: Annotated[Path, typer.Argument(metavar="MODULE|FILE.py[:ATTR]", help="Where the tools are.")],
    dts: Annotated[bool, typer.Option("--dts", help="The TypeScript declarations alone.")] = False,
    json: Json = False,
) -> int:
    """Print what the model is told of tools."""
    from belljar.cli._tools import tools_command

    return tools_command(str(spec), only_declarations=dts, as_json=json)


@app.command()
def doctor(json: Json = False) -> int:
    """Test this installation. Versions, cache, and every limit tripped; exit code 5 where one does not hold."""
    from belljar.cli._doctor import doctor_command

    return doctor_command(as_json=json)


@app.command()
def bench(
    json: Json = False,
    full: Annotated[bool, typer.Option("--full", help="In a checkout: long rounds.")] = False,
) -> int:
    """Measure this installation. W1 and W2; in a checkout every row of its benchmarks, without peers."""
    from belljar.cli._bench import bench_command

    return bench_command(as_json=json, full=full)


app.command()(mcp)
app.command()(decide)
app.add_typer(snapshot)
app.add_typer(runs)
app.add_typer(approvals)
app.add_typer(audit)
app.add_typer(plugin)
app.add_typer(agents)
app.command()(worker)
app.command()(serve)
