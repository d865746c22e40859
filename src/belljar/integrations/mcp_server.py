"""belljar as an MCP server: a client's model writes one script where it would have made ten calls.

    harness = Harness(tools, approver=DeferApprover(), journal=FOLDER)
    build_server(harness).run("stdio")

Three tools: `run_typescript` runs a script, `describe_tools` declares what it may call, `resume_run` goes on with a run
that waited for a person. The model never decides: see `build_server`. `_mcp_runs` does the work, `_mcp_caller` speaks
with the client meanwhile, `_mcp_questions` puts a question and reads the answer, `_mcp_results` says how a run ended,
`_mcp_http` serves all of it over HTTP. The SDK comes with the extra `belljar[mcp]`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Annotated, Any, Final

from belljar.errors import JournalError, ScriptError, UsageError

try:
    import mcp_types as t
    from mcp.server.mcpserver import MCPServer
    from mcp.server.request_state import RequestStateSecurity
except ImportError as error:
    raise UsageError("an MCP server needs the official SDK, version 2", hint="Install belljar[mcp].") from error

from pydantic import Field

import belljar
from belljar.harness import Harness
from belljar.integrations._mcp_caller import AnyContext, Caller
from belljar.integrations._mcp_http import http_app
from belljar.integrations._mcp_results import RunResult, encodable, refused
from belljar.integrations._mcp_runs import ClientDecision, Runs
from belljar.machine import user_key
from belljar.tools import Approver, discovery_tools

__all__ = ["DECISION_DAYS", "build_server", "http_app"]

DECISION_DAYS: Final = 7
"""How long a client may take to bring an answer back. A state is used once, so a long time costs nothing."""

_INSTRUCTIONS: Final = (
    "Tools are called from a script: write TypeScript that does several steps with logic between them and give it to "
    "run_typescript. describe_tools declares the tools. Some calls need a person's decision: the run then waits, and "
    "resume_run goes on with it."
)
_DESCRIBE: Final = (
    "Declare tools that a script may call, as TypeScript. With names: those tools exactly, also of a group such as "
    "`mcp.github` or a pattern such as `mcp.*`. With query: the tools that fit what is to be done, best first. With "
    "neither: all of them, listed where they are many. Nothing is run."
)
_RESUME: Final = (
    "Go on with a suspended run after a person has decided, or read the result of one that ended lately. You cannot "
    "decide: this only looks whether a person has, or asks one where the client can show the question. Call it when "
    "the user says so, not again and again."
)
_RESUME_ON_TRUST: Final = (
    "Go on with a suspended run with what the user decided, or read the result of one that ended lately. You must not "
    "decide yourself: show the user every entry of `pending` with tool, arguments and reason, wait for the answer, and "
    "pass on exactly that, with the entry's digest. What the user has not decided, leave out."
)
_RUNS: Final = t.ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=False)
_LOOKS: Final = t.ToolAnnotations(read_only_hint=True, open_world_hint=False)

Code = Annotated[str, Field(description="The script: the body of an async function, in TypeScript.")]
Names = Annotated[list[str] | None, Field(description="Of tools, groups or patterns.")]
Query = Annotated[str | None, Field(description="What the tool should do, in a few words.")]
RunId = Annotated[str, Field(description="As the suspended result named it.")]
Result = Annotated[t.CallToolResult, RunResult]


def build_server(
    harness: Harness,
    *,
    name: str = "belljar",
    keys: Sequence[bytes] | None = None,
    ttl_s: float = DECISION_DAYS * 86_400,
    asks_client: bool = True,
    operator: Approver | None = None,
    trust_client_decisions: bool = False,
) -> MCPServer[Any]:
    """A server of the official SDK, to be run or mounted; it runs scripts on `harness`, which the caller closes.

    The harness needs a journal folder, where suspended runs are kept, and `DeferApprover()` as its approver for calls
    to be decided here. Who decides:

    - a person at the client, in the protocol's form (elicitation), where `asks_client` is True and the client can show
      one. A client without it gets a suspended result that says what to do;
    - `operator`, who is asked each time `resume_run` is called; what he answers None to stays open;
    - with `trust_client_decisions`, `resume_run` takes decisions as an argument. An MCP server cannot tell whether they
      come from a person or from the model itself: switch it on only for a client that shows them to one.

    `keys` seal what a client carries from a question to its answer: the first seals, all open; None is this user's own
    key, so an answer is good after a restart, for `ttl_s` seconds. Raises UsageError where nobody could decide, or the
    harness keeps no journals.
    """
    if trust_client_decisions and operator is not None:
        raise UsageError("either an operator decides or the client's word counts, not both")
    if not (asks_client or operator is not None or trust_client_decisions):
        raise UsageError("nobody could decide", hint="asks_client=True, or an operator=.")
    with suppress(JournalError):  # there is no such run; without a folder it is a UsageError, which says so
        harness.suspended("run_")
    runs = Runs(harness=harness, asks_client=asks_client, operator=operator, trusts_client=trust_client_decisions)
    security = RequestStateSecurity(keys=[user_key()] if keys is None else list(keys), ttl=ttl_s)
    server = _Server(harness, name=name, security=security)
    server.add_tool(_run_tool(runs), name="run_typescript", annotations=_RUNS)
    server.add_tool(
        _describe_tool(harness),
        name="describe_tools",
        description=_DESCRIBE,
        annotations=_LOOKS,
        structured_output=False,
    )
    resume = _resume_on_trust_tool(runs) if trust_client_decisions else _resume_tool(runs)
    description = _RESUME_ON_TRUST if trust_client_decisions else _RESUME
    server.add_tool(resume, name="resume_run", description=description, annotations=_RUNS)
    return server


class _Server(MCPServer[Any]):
    """Tells of the tools as they are when a client asks: those of MCP servers behind the harness come and go."""

    def __init__(self, harness: Harness, *, name: str, security: RequestStateSecurity) -> None:
        self._harness = harness
        super().__init__(
            name,
            version=belljar.__version__,
            instructions=_INSTRUCTIONS,
            request_state_security=security,
            log_level="WARNING",
        )

    async def list_tools(self) -> list[t.Tool]:
        """The three tools, with the rules and declarations of this moment."""
        description = self._harness.prompt(form="tool")
        return [
            tool.model_copy(update={"description": description}) if tool.name == "run_typescript" else tool
            for tool in await super().list_tools()
        ]


def _run_tool(runs: Runs) -> Callable[..., Any]:
    async def run_typescript(code: Code, context: AnyContext) -> Result | t.InputRequiredResult:
        return await runs.start(code, Caller(context))

    return run_typescript


def _resume_tool(runs: Runs) -> Callable[..., Any]:
    async def resume_run(run_id: RunId, context: AnyContext) -> Result | t.InputRequiredResult:
        return await runs.go_on(run_id, (), Caller(context))

    return resume_run


def _resume_on_trust_tool(runs: Runs) -> Callable[..., Any]:
    async def resume_run(
        run_id: RunId, context: AnyContext, decisions: list[ClientDecision] | None = None
    ) -> Result | t.InputRequiredResult:
        return await runs.go_on(run_id, decisions or (), Caller(context))

    return resume_run


def _describe_tool(harness: Harness) -> Callable[..., Any]:
    search, describe = discovery_tools(lambda: harness.registry)

    async def describe_tools(names: Names = None, query: Query = None) -> t.CallToolResult:
        try:
            found = [hit["name"] for hit in search.fn({"query": query})] if query is not None else []
            asked = ["*"] if names is None and query is None else [*(names or ()), *found]
            text = describe.fn({"names": asked})
        except ScriptError as error:
            return refused(_without_hint(error))
        return t.CallToolResult(content=[t.TextContent(text=encodable(text))])

    return describe_tools


def _without_hint(error: ScriptError) -> str:
    """The hints are for scripts: they name tools of theirs."""
    nearest = error.details.get("closest")
    return f"{error.code}: {error.message}" + (f". Nearest: {', '.join(nearest)}." if nearest else "")
