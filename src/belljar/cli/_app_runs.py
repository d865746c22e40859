"""The surface of `belljar runs`, and of what works off and watches runs: `belljar worker`, `belljar serve`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from belljar.cli._options import (
    STORE_VARIABLE,
    AnswersOrLater,
    Engine,
    Json,
    Limit,
    Login,
    Servers,
    StoreUrl,
    ToolSpecs,
    Workspace,
    specs,
)

runs = typer.Typer(name="runs", help="Runs in a store: what there is, and how it goes on.", rich_markup_mode=None)
RunId = Annotated[str, typer.Argument(metavar="RUN", help="Its id.")]


@runs.command("list")
def runs_list(
    store: StoreUrl = None,
    state: Annotated[
        Literal["queued", "running", "suspended", "succeeded", "failed", "cancelled"] | None,
        typer.Option("--state", help="Only those."),
    ] = None,
    search: Annotated[
        str | None, typer.Option("--search", metavar="TEXT", help="In ids, scripts, tools' names and error codes.")
    ] = None,
    limit: Limit = 50,
    json: Json = False,
) -> int:
    """The newest runs first."""
    from belljar.cli._runs import list_command

    return list_command(store, state=state, search=search, limit=limit, as_json=json)


@runs.command("show")
def runs_show(
    run: RunId,
    store: StoreUrl = None,
    journal: Annotated[
        Path | None, typer.Option("--journal", metavar="FILE", help="A new file for a copy of its journal.")
    ] = None,
    json: Json = False,
) -> int:
    """One run: its script with the line it waits at, its calls, its questions."""
    from belljar.cli._runs import show_command

    return show_command(store, run, journal=journal, as_json=json)


@runs.command("resume")
def runs_resume(
    run: Annotated[str | None, typer.Argument(metavar="RUN", help="Its id; or --all.")] = None,
    store: StoreUrl = None,
    all_ready: Annotated[bool, typer.Option("--all", help="Every run that is ready to go on.")] = False,
    tools: ToolSpecs = None,
    workspace: Workspace = None,
    mcp: Servers = None,
    approve: Annotated[
        AnswersOrLater | None,
        typer.Option("--approve", help="Who answers; without a terminal: later, in the store."),
    ] = None,
    json: Json = False,
) -> int:
    """Go on with what waited, was queued, or was left by a process that died. Its tools must be named again."""
    from belljar.cli._resume import ResumeOptions, resume_command

    return resume_command(
        ResumeOptions(
            store=store,
            run_id=run,
            all_ready=all_ready,
            tools=specs(tools),
            workspace=workspace,
            mcp=tuple(mcp or ()),
            approve=approve,
            as_json=json,
        )
    )


@runs.command("cancel")
def runs_cancel(run: RunId, store: StoreUrl = None, login: Login = None, json: Json = False) -> int:
    """End a run. One that goes on in a process is told, and ends within seconds."""
    from belljar.cli._runs import cancel_command

    return cancel_command(store, run, who=login, as_json=json)


def worker(
    store: Annotated[
        str | None,
        typer.Option(
            "--store", "--database", metavar="URL", help=f"A file, or postgresql://…; else ${STORE_VARIABLE}."
        ),
    ] = None,
    tools: ToolSpecs = None,
    workspace: Workspace = None,
    mcp: Servers = None,
    approve: Annotated[
        Literal["all", "none", "later"], typer.Option("--approve", help="later: questions wait in the store.")
    ] = "later",
    orchestrator: Annotated[
        Literal["local", "dbos"], typer.Option("--orchestrator", help="dbos: over DBOS, on PostgreSQL.")
    ] = "local",
    queue: Annotated[
        list[str] | None, typer.Option("--queue", metavar="NAME", help="Only this one; may be given several times.")
    ] = None,
    concurrency: Annotated[int, typer.Option("--concurrency", metavar="N", min=1, help="Runs at a time.")] = 4,
    once: Annotated[bool, typer.Option("--once", help="Work off what is ready, and end.")] = False,
) -> int:
    """Work off the runs of a store. Beside other workers, until Ctrl-C or SIGTERM."""
    from belljar.cli._worker import WorkerOptions, worker_command

    return worker_command(
        WorkerOptions(
            store=store,
            tools=specs(tools),
            workspace=workspace,
            mcp=tuple(mcp or ()),
            approve=approve,
            orchestrator=orchestrator,
            queues=tuple(queue or ()),
            concurrency=concurrency,
            once=once,
        )
    )


def serve(
    store: StoreUrl = None,
    host: Annotated[str, typer.Option("--host", help="Elsewhere than here only with a token.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any free one.")] = 8790,
    token_file: Annotated[
        Path | None, typer.Option("--token-file", help="Lines NAME:TOKEN, or one token; else it makes one.")
    ] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option("--allow-host", metavar="NAME", help="A name by which browsers reach it.")
    ] = None,
    key: Annotated[
        list[Path] | None,
        typer.Option("--key", metavar="KEY.pub", help="Whose signatures must be there when the log is verified."),
    ] = None,
    tools: ToolSpecs = None,
    workspace: Workspace = None,
    mcp: Servers = None,
    engine: Engine = "quickjs",
) -> int:
    """Show runs and questions in a browser. With tools it works off runs as well."""
    from belljar.cli._serve import ServeCommandOptions, serve_command
    from belljar.cli._store import opened

    options = ServeCommandOptions(
        host=host,
        port=port,
        token_file=token_file,
        allow_hosts=tuple(allow_host or ()),
        keys=tuple(key or ()),
        tools=specs(tools),
        workspace=workspace,
        mcp=tuple(mcp or ()),
        engine=engine,
    )
    with opened(store, may_be_new=True) as opened_store:
        return serve_command(opened_store, options)
