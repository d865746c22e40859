"""The surface of `belljar mcp` and of `belljar decide`, which answers its questions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from belljar.cli._options import (
    Answers,
    Engine,
    Memory,
    Servers,
    Timeout,
    ToolCalls,
    ToolSpecs,
    Workspace,
    specs,
)


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
    approve: Annotated[Answers, typer.Option("--approve", help="ask: a person decides, as --decide says.")] = "ask",
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
    timeout_ms: Timeout = 30_000,
    memory_mb: Memory = 96,
    tool_calls: ToolCalls = 32,
    prompt_tokens: Annotated[
        int | None, typer.Option("--prompt-tokens", help="Of run_typescript's description; the rest is looked up.")
    ] = None,
) -> int:
    """Serve tools to an MCP client. Its model calls them from scripts; standard input and output unless --http."""
    from belljar.cli._mcp import McpOptions, mcp_command
    from belljar.limits import Limits

    return mcp_command(
        McpOptions(
            tools=specs(tools),
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


def decide(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The one of belljar mcp --journal.")],
    run_id: Annotated[
        str | None, typer.Argument(metavar="RUN_ID", help="Of one run; without it, all that wait.")
    ] = None,
    approve: Annotated[Answers, typer.Option("--approve", help="ask: you, one question after another.")] = "ask",
) -> int:
    """Decide on what runs wait for. The server goes on with them when its client asks."""
    from belljar.cli._decide import decide_command

    return decide_command(folder, run_id=run_id, approve=approve)
