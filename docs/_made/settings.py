"""docs/configuration.md: every setting with its default, unit, range and effect.

What a dataclass says of its fields is taken from there. Parameters of functions have no such place, so their effects
stand here, and a parameter that is missing here, or is no more, stops the generator.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, Final
from unittest.mock import patch

from belljar import Harness, Limits, gate
from belljar.cli._exits import EXIT_CODES, ExitCode
from belljar.durable import Worker
from belljar.limits import _RANGES as LIMIT_RANGES
from belljar.mcp import McpServers
from belljar.packs import ExecLimits, FileLimits, HostSecret, HttpPolicy
from belljar.store import Checkpoints, QueueLimits, open_store
from belljar.telemetry import Telemetry
from belljar.tools import Ceiling, Quorum, Tool
from belljar.tools._tool import _OPTIONS as TOOL_OPTIONS
from belljar.typecheck import TypeChecker
from belljar.web._buckets import Rate
from belljar.web._console import Settings

from .environment import VARIABLES
from .extras import extras
from .text import code, field_docs, linked, page, settings, shown, table, unit_of

_ABOUT: Final = (
    "Every number, switch and variable that changes what belljar does. What crosses a bound gets the error that the "
    "table names; each is in the [error catalogue](errors.md). Options of commands are in [commands.md](commands.md)."
)

PARAMETERS: Final[Mapping[Callable[..., Any], Mapping[str, str]]] = {
    Harness.__init__: {
        "tools": "What scripts may call: functions under `@tool`, plain functions, tools of packs.",
        "approver": "Answers calls that need approval. None denies; with a store it leaves the question open there.",
        "limits": "Bounds on each run, see above. None is `Limits()`.",
        "engine": "`quickjs` or `v8`; see [engines](engines.md).",
        "isolation": '`"process"` puts each machine into a confined process of its own. Such runs are not frozen.',
        "mode": "`enabled`, `dry-run` or `disabled`, one for all or one for each provider (`*`: the rest). None runs "
        "what a developer runs, and not what a provider's adapter brings.",
        "context": "Plain data that scripts read as `context`.",
        "journal": "A folder for `RUN_ID.jsonl` of each run. None keeps journals in memory. Not with a store.",
        "store": "A store or its URL: runs outlive the process. See [durable runs](durable.md).",
        "secrets": "Values that no approver is shown and no audit record has.",
        "image_key": "Seals frozen and suspended runs. None is a key in this user's cache folder.",
        "mcp": "MCP servers by name, or an `McpServers`; their tools are `tools.mcp.NAME.TOOL`.",
        "prompt_tokens": "Estimated tokens of `prompt()`; the rest is found by `tools.search`. None: no bound.",
        "type_checker": "`auto` takes the TypeScript compiler that is found; None checks no types.",
        "telemetry": "A `Telemetry`: OpenTelemetry traces and metrics. None: none.",
        "origin": "The plugin or agent on whose behalf all runs are made. Set by their hosts.",
    },
    open_store: {
        "url": "A path, `sqlite:///PATH` or `postgresql://…`. Made where there is none, and brought up to date.",
        "secrets": "Values that never get into the audit log.",
        "checkpoints": "A `Checkpoints`: how the audit log is signed. None signs nothing.",
        "worker": "This process's name among the store's workers. None makes one.",
        "dead_after_ms": "A worker whose last heartbeat is older is dead, and its runs go on elsewhere.",
    },
    Worker.__init__: {
        "harness": "Whose store is worked off, with its tools.",
        "orchestrator": "How slices are handed out. None: in this process.",
        "concurrency": "Slices at once.",
        "queues": "Only these queues; none named: all.",
        "grace_s": "What runs get to come to a rest when the worker is stopped. Then they are handed back.",
        "on_slice": "Told how each slice ended.",
    },
    McpServers.__init__: {
        "targets": "Name -> a command line, a URL, or a server object.",
        "approval": "Which calls are asked about. None: all of them.",
        "trust_hints": "Believes servers on which tools only read and which may be repeated.",
        "elicitation": "Answers what a server asks while it works on a call. None fails the call.",
    },
    Telemetry.__init__: {
        "tracer_provider": "Where spans go. None: OpenTelemetry's global one.",
        "meter_provider": "Where metrics go. None: OpenTelemetry's global one.",
        "content": "Whether arguments, results and values are on spans, redacted and cut.",
        "redact": "What redacts them. The default is `belljar.tools.redact`.",
    },
    TypeChecker.__init__: {
        "compiler": "The compiler's path. None looks for one; see `BELLJAR_TSC`.",
        "seconds": "Longest wait for one check. Then the script runs unchecked.",
    },
}  # fmt: skip
"""Parameter -> effect, of each function that has settings."""
_CLASSES: Final = (
    ("Limits of a run", "`Limits`, of a harness or of one run (`run(limits=)`).", Limits),
    ("Tools", "`@tool(...)`; `Tool.of(existing, ...)` makes a changed copy.", Tool),
    ("Approvals by several people", "`@tool(quorum=Quorum(...))`", Quorum),
    ("Approvals for a run, up to a ceiling", "`Decision.approve_for_run(request, ceiling=Ceiling(...))`", Ceiling),
    ("Files", "`files(root, limits=FileLimits(...))`, `core(...)`", FileLimits),
    ("Commands", "`exec_tool(root, limits=ExecLimits(...))`", ExecLimits),
    ("HTTP", "`http_tool(HttpPolicy(...))`", HttpPolicy),
    ("Secrets of HTTP", "`HttpPolicy(secrets=[HostSecret(...)])`", HostSecret),
    ("Queues", "`store.queues.put(QueueLimits(...))`", QueueLimits),
    ("Checkpoints of the audit log", "`open_store(url, checkpoints=Checkpoints(...))`", Checkpoints),
    ("Console", "`belljar.web.make_app(store, settings=Settings(...))`", Settings),
    ("Rates of the console", "`Settings(requests=Rate(...), sign_ins=Rate(...))`", Rate),
)
_OWN_EFFECTS: Final = {
    ("HostSecret", "header"): "The header that carries it.",
    ("Ceiling", "calls"): "Calls that the approval covers, the one that was asked about included.",
    ("Ceiling", "sum_of"): "The argument that is added up; with `at_most`.",
    ("Ceiling", "at_most"): "The most that it may come to. The call beyond is asked about.",
    ("Quorum", "needed"): "So many of them must approve the same arguments.",
    ("QueueLimits", "name"): "The queue.",
    ("QueueLimits", "rate_period_ms"): "The period of `rate_limit`; both or neither.",
    ("Checkpoints", "key"): "What signs: a private key on P-256.",
}
"""Where a field's name was enough for the code's own readers."""
_FUNCTIONS: Final = (
    ("Harness", "`Harness(tools, ...)`", Harness.__init__),
    ("Store", "`open_store(url, ...)`", open_store),
    ("Worker", "`Worker(harness, ...)` of `belljar.durable`; or [`belljar worker`](commands.md)", Worker.__init__),
    ("MCP servers", "`Harness(mcp=McpServers({...}, ...))`", McpServers.__init__),
    ("Telemetry", "`Harness(telemetry=Telemetry(...))`", Telemetry.__init__),
    ("Type checker", "`Harness(type_checker=TypeChecker(...))`", TypeChecker.__init__),
)  # fmt: skip


def configuration() -> str:
    """The whole page."""
    parts = [_of_class(*each) for each in _CLASSES[:1]]
    parts += [_of_function(*each) for each in _FUNCTIONS]
    parts += [_of_class(*each) for each in _CLASSES[1:]]
    with patch.object(gate, "_is_on", True):
        from .settings_gated import gated

        parts += gated()
    return page("Configuration", _ABOUT, *parts, extras(), _environment(), _exit_codes())


# -- fields -----------------------------------------------------------------------------------------------------------


def _of_class(title: str, how: str, kind: type) -> list[str]:
    docs = field_docs(kind)
    shown = [field for field in fields(kind) if kind is not Tool or field.name in TOOL_OPTIONS]
    rows = [_row_of(kind, field, docs) for field in shown]
    return [f"## {title}", "", how, "", *settings(rows)]


def _row_of(kind: type, field: Field[Any], docs: Mapping[str, str]) -> tuple[str, ...]:
    effect = linked(docs.get(field.name) or _OWN_EFFECTS[kind.__name__, field.name])
    return code(field.name), _default_of(field), unit_of(field.name), _range(kind, field.name), effect


def _default_of(field: Field[Any]) -> str:
    if field.default is not MISSING:
        return shown(field.default)
    return "must be given" if field.default_factory is MISSING else code(field.default_factory())


def _range(kind: type, name: str) -> str:
    known = LIMIT_RANGES if kind is Limits else getattr(inspect.getmodule(kind), "_RANGES", {})
    low, high = known.get(name, (None, None)) if kind in (Limits, FileLimits, ExecLimits) else (None, None)
    if kind is Limits and low is None and name != "allow_detached":
        low, high = 1, 1 << 31
    return f"{low:,} to {_bound(high)}" if low is not None and high is not None else ""


def _bound(high: int) -> str:
    """A power of two as one, where its digits say nothing."""
    return f"2^{high.bit_length() - 1}" if high >= 1 << 31 and high.bit_count() == 1 else f"{high:,}"


# -- parameters -------------------------------------------------------------------------------------------------------


def _of_function(title: str, how: str, function: Callable[..., Any]) -> list[str]:
    effects = PARAMETERS[function]
    known = [each for each in inspect.signature(function).parameters.values() if each.name != "self"]
    if [each.name for each in known] != list(effects):
        raise SystemExit(
            f"{title}: {[each.name for each in known]} are not {list(effects)}: correct docs/_made/settings.py"
        )
    rows = ((code(each.name), _given(each), unit_of(each.name), "", effects[each.name]) for each in known)
    return [f"## {title}", "", how, "", *settings(rows)]


def _given(parameter: inspect.Parameter) -> str:
    return "must be given" if parameter.default is parameter.empty else shown(parameter.default)


# -- the environment, and exit codes ----------------------------------------------------------------------------------


_NO_OTHER: Final = (
    "belljar reads no other variable but those that a policy names (`env` of a secret). The SDKs of model providers",
    "read their own, such as keys.",
)


def _environment() -> Iterable[str]:
    rows = ((code(name), each.default, each.effect) for name, each in VARIABLES.items())
    return ["## Environment variables", "", *_NO_OTHER, "", *table(("variable", "unset", "effect"), rows)]


_MEANING: Final = {
    ExitCode.FINE: "Fine.",
    ExitCode.FAILED: "What was run or looked at failed: a script, a check, a replay, the audit log's proof, a "
    "manifest, a signature, a scan, a job.",
    ExitCode.USAGE: "Wrong options, or an input that cannot be used.",
    ExitCode.DENIED: "A person or a policy said no.",
    ExitCode.TIME_LIMIT: "The run's time was used up.",
    ExitCode.INTERNAL: "belljar or its installation is at fault, or a tool of the security scan failed.",
    ExitCode.WAITING: "A run waits in the store for a decision: neither done nor failed.",
    ExitCode.INTERRUPTED: "Ctrl-C.",
    ExitCode.BROKEN_PIPE: "Nobody read standard output any more.",
}


_DECIDES: Final = (
    "The nearest class in an error's ancestry decides. Of several runs the largest code counts, but 6 only where all",
    "others are 0.",
)


def _exit_codes() -> list[str]:
    rows = ((str(int(each)), _MEANING[each], ", ".join(_ending(each))) for each in ExitCode)
    return ["## Exit codes", "", *_DECIDES, "", *table(("code", "meaning", "errors"), rows)]


def _ending(exit_code: ExitCode) -> Iterable[str]:
    return (code(kind.__name__) for kind, given in EXIT_CODES.items() if given is exit_code)
