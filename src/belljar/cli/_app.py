"""The command line's surface: every command, argument and option, and nothing else.

The work is in one module for each command, imported when the command runs: `belljar --help` loads no engine.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

import belljar
from belljar.cli._complete import engines
from belljar.errors import UsageError

DEBUG_VARIABLE = "BELLJAR_DEBUG"
_EPILOG = (
    "Exit codes: 0 fine, 1 the script or the check failed, 2 usage, 3 denied, 4 time limit, 5 internal. "
    "--json prints one JSON document on standard output and everything else on standard error."
)

app = typer.Typer(
    name="belljar",
    help="Run the scripts that a language model writes: checked, metered, approved, replayable.",
    epilog=_EPILOG,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

InputFile = Annotated[Path, typer.Argument(metavar="FILE|-", allow_dash=True, help="A reply or a script; - is stdin.")]
ToolSpecs = Annotated[
    list[Path] | None,
    typer.Option("--tools", "-t", metavar="MODULE|FILE.py[:ATTR]", help="Where tools are; may be given several times."),
]
Servers = Annotated[
    list[str] | None,
    typer.Option("--mcp", metavar="NAME=COMMAND|URL", help="An MCP server; its tools are tools.mcp.NAME.TOOL."),
]
Workspace = Annotated[
    Path | None,
    typer.Option("--workspace", "-w", metavar="DIR", help="A folder whose files scripts may use; exec asks first."),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
ProgramInput = Annotated[str | None, typer.Option("--input", metavar="JSON|@FILE", help="Sealed: what it is given.")]
GasLimit = Annotated[int | None, typer.Option("--gas-limit", help="Sealed: else $MTP_GAS_LIMIT, or 10,000,000.")]
RequestId = Annotated[str | None, typer.Option("--request-id", help="Sealed: of this run, used once.")]
AccountId = Annotated[str, typer.Option("--account-id", help="Sealed: whose run it is.")]
FunctionVersion = Annotated[str, typer.Option("--function-version", help="Sealed: of the program.")]
Engine = Annotated[str, typer.Option("--engine", autocompletion=engines, help="What runs the script.")]


def _specs(paths: list[Path] | None) -> tuple[str, ...]:
    return tuple(str(path) for path in paths or ())


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
        Literal["ask", "all", "none"] | None,
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
        Literal["ask", "all", "none"],
        typer.Option("--approve", help="Who answers approvals; ask without a terminal denies."),
    ] = "ask",
    engine: Engine = "quickjs",
    json: Json = False,
    journal: Annotated[
        Path | None,
        typer.Option("--journal", help="A new file for the run's journal, or a folder for those of a reply."),
    ] = None,
    timeout_ms: Annotated[int, typer.Option("--timeout-ms", help="Wall clock, approvals not counted.")] = 30_000,
    memory_mb: Annotated[int, typer.Option("--memory-mb", help="The machine's memory.")] = 96,
    tool_calls: Annotated[int, typer.Option("--tool-calls", help="Calls that one script may make.")] = 32,
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
            tools=_specs(tools),
            workspace=workspace,
            mcp=tuple(mcp or ()),
            approve=approve,
            engine=engine,
            as_json=json,
            journal=journal,
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

    return check_command(file, tools=_specs(tools), as_json=json, profile="sealed" if sealed else "standard")


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


@app.command()
def mcp(
    tools: ToolSpecs = None,
    workspace: Workspace = None,
    servers: Servers = None,
    http: Annotated[
        str | None,
        typer.Option("--http", metavar="HOST:PORT", help="Serve over HTTP instead of standard input and output."),
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option("--token-file", help="The token that requests carry; also BELLJAR_MCP_TOKEN.")
    ] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option("--allow-host", metavar="NAME", help="A name by which clients reach the server.")
    ] = None,
    approve: Annotated[
        Literal["ask", "all", "none"], typer.Option("--approve", help="ask: a person decides, as --decide says.")
    ] = "ask",
    decide: Annotated[
        Literal["client", "operator"],
        typer.Option("--decide", help="Who is asked: the client's user, or whoever runs belljar decide."),
    ] = "client",
    trust_client_decisions: Annotated[
        bool,
        typer.Option(
            "--trust-client-decisions",
            help="Take decisions as arguments of resume_run. The model could write them itself: only for a client that "
            "shows them to a person.",
        ),
    ] = False,
    journal: Annotated[
        Path | None,
        typer.Option("--journal", help="A folder for the runs' journals; without it, what waits ends with the server."),
    ] = None,
    engine: Engine = "quickjs",
    timeout_ms: Annotated[int, typer.Option("--timeout-ms", help="Wall clock, approvals not counted.")] = 30_000,
    memory_mb: Annotated[int, typer.Option("--memory-mb", help="The machine's memory.")] = 96,
    tool_calls: Annotated[int, typer.Option("--tool-calls", help="Calls that one script may make.")] = 32,
    prompt_tokens: Annotated[
        int | None, typer.Option("--prompt-tokens", help="Of run_typescript's description; the rest is looked up.")
    ] = None,
) -> int:
    """Serve tools to an MCP client. Its model calls them from scripts; standard input and output unless --http."""
    from belljar.cli._mcp import McpOptions, mcp_command
    from belljar.limits import Limits

    return mcp_command(
        McpOptions(
            tools=_specs(tools),
            workspace=workspace,
            mcp=tuple(servers or ()),
            http=http,
            token_file=token_file,
            allow_hosts=tuple(allow_host or ()),
            approve=approve,
            decide=decide,
            trust_client_decisions=trust_client_decisions,
            journal=journal,
            engine=engine,
            limits=Limits(timeout_ms=timeout_ms, memory_mb=memory_mb, tool_calls=tool_calls),
            prompt_tokens=prompt_tokens,
        )
    )


@app.command()
def decide(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The one of belljar mcp --journal.")],
    run_id: Annotated[
        str | None, typer.Argument(metavar="RUN_ID", help="Of one run; without it, all that wait.")
    ] = None,
    approve: Annotated[
        Literal["ask", "all", "none"], typer.Option("--approve", help="ask: you, one question after another.")
    ] = "ask",
) -> int:
    """Decide on what runs wait for. The server goes on with them when its client asks."""
    from belljar.cli._decide import decide_command

    return decide_command(folder, run_id=run_id, approve=approve)


snapshot = typer.Typer(name="snapshot", help="Signed sealed programs in files.", rich_markup_mode=None)
app.add_typer(snapshot)
SnapshotFile = Annotated[Path, typer.Argument(metavar="FILE", help="A snapshot, usually *.msqs.")]
Trust = Annotated[
    list[Path] | None, typer.Option("--trust", metavar="KEY.pub", help="A public key whose programs are run.")
]


@snapshot.command("keygen")
def snapshot_keygen(
    output: Annotated[Path, typer.Option("--output", "-o", help="The private key's file; KEY.pub is made beside it.")],
) -> int:
    """Make a pair of keys: ECDSA on P-256, PEM."""
    from belljar.cli._snapshot import keygen_command

    return keygen_command(output)


@snapshot.command("build")
def snapshot_build(
    file: Annotated[Path, typer.Argument(metavar="PROGRAM.ts", help="A program of the sealed profile.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The snapshot's file.")],
    name: Annotated[str | None, typer.Option("--name", help="Of the program; else the file's.")] = None,
    version: Annotated[str, typer.Option("--version", help="Of the program.")] = "0",
    tools: ToolSpecs = None,
    key: Annotated[Path | None, typer.Option("--key", help="A private key to sign with.")] = None,
) -> int:
    """Seal a program, load it into a machine, and keep that. The same source gives the same bytes."""
    from belljar.cli._snapshot import build_command

    return build_command(file, output=output, name=name, version=version, tools=_specs(tools), key=key)


@snapshot.command("sign")
def snapshot_sign(
    file: SnapshotFile,
    key: Annotated[Path, typer.Option("--key", help="The private key, PEM.")],
    certificate: Annotated[Path | None, typer.Option("--certificate", help="Of that key, PEM.")] = None,
) -> int:
    """Sign in place."""
    from belljar.cli._snapshot import sign_command

    return sign_command(file, key=key, certificate=certificate)


@snapshot.command("verify")
def snapshot_verify(file: SnapshotFile, trust: Trust = None, json: Json = False) -> int:
    """Open it as a run would; exit code 1 where it is not to be trusted."""
    from belljar.cli._snapshot import verify_command

    return verify_command(file, trust=tuple(trust or ()), as_json=json)


@snapshot.command("inspect")
def snapshot_inspect(file: SnapshotFile, json: Json = False) -> int:
    """What it says of itself. Nothing is verified."""
    from belljar.cli._snapshot import inspect_command

    return inspect_command(file, as_json=json)


@snapshot.command("run")
def snapshot_run(
    file: SnapshotFile,
    trust: Trust = None,
    tools: ToolSpecs = None,
    approve: Annotated[
        Literal["ask", "all", "none"],
        typer.Option("--approve", help="Who answers approvals; ask without a terminal denies."),
    ] = "ask",
    engine: Engine = "quickjs",
    json: Json = False,
    journal: Annotated[Path | None, typer.Option("--journal", help="A new file for the run's journal.")] = None,
    input: ProgramInput = None,
    gas_limit: GasLimit = None,
    request_id: RequestId = None,
    account_id: AccountId = "",
    function_version: FunctionVersion = "",
) -> int:
    """Verify and run it. Tools are its effects."""
    from belljar.cli._run import RunOptions, SealedOptions, run_command
    from belljar.cli._snapshot import trusted_program

    about = SealedOptions(
        program=trusted_program(file, tuple(trust or ())),
        input=input,
        gas_limit=gas_limit,
        request_id=request_id,
        account_id=account_id,
        function_version=function_version,
    )
    return run_command(
        RunOptions(
            file=file,
            tools=_specs(tools),
            approve=approve,
            engine=engine,
            as_json=json,
            journal=journal,
            sealed=about,
        )
    )
