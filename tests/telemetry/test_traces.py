"""The spans of a run: full trees, as an application's exporter gets them."""

from __future__ import annotations

import asyncio
import logging
import threading
from functools import partial
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from watched import Watch

from belljar import DeferApprover, Harness, tool
from belljar.tools import redact

RUN = {
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.tool.name": "run_typescript",
    "gen_ai.tool.type": "function",
    "belljar.run.id": "r1",
    "belljar.engine": "quickjs",
}


@tool
async def double(n: int) -> int:
    """Twice the number."""
    return n * 2


@tool
async def broken() -> int:
    """Fails."""
    raise OSError("disk on fire")


@tool
async def login(user: str, password: str) -> dict[str, str]:
    """A session."""
    return {"token": f"t-{user}-{len(password)}", "user": user}


@tool(approval="always")
async def pay(cents: int) -> str:
    """Pay."""
    return f"paid {cents}"


def call(name: str, id_: str, description: str, **more: Any) -> dict[str, Any]:
    """A call's span as a tree has it."""
    attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": name,
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": id_,
        "gen_ai.tool.description": description,
    }
    extra = more.pop("attributes", {})
    return {"name": f"execute_tool {name}", "kind": "INTERNAL", "attributes": {**attributes, **extra}, **more}


def run(*children: dict[str, Any], ended: str = "done", **more: Any) -> dict[str, Any]:
    """A run's span as a tree has it."""
    attributes = {**RUN, "belljar.run.status": ended, **more.pop("attributes", {})}
    tree = {"name": "execute_tool run_typescript", "kind": "INTERNAL", "attributes": attributes, "figures": 10, **more}
    return {**tree, "children": list(children)} if children else tree


def failed(code: str) -> dict[str, Any]:
    return {"attributes": {"error.type": code}, "status": ("ERROR", code)}


def test_a_run_is_a_span_and_each_call_a_child_of_it() -> None:
    """Also calls that are made at once, each in a task of its own; and nothing of what they carry."""
    watch = Watch()

    watch.run("const [a, b] = await Promise.all([tools.double({n: 1}), tools.double({n: 2})]); return a + b", double)

    one, two = (call("double", id_, "Twice the number.") for id_ in ("1", "2"))
    assert watch.trees() == [run(one, two)]


def test_a_runs_span_is_a_child_of_what_the_application_does() -> None:
    """The agent's own span is around the run, and what it says of the conversation is on it."""
    watch = Watch()

    async def work(harness: Harness) -> None:
        with watch.tracer.start_as_current_span("agent"):
            await harness.run("1", run_id="r1", context={"conversationId": "c7"})

    watch.using(work)

    told = run(attributes={"gen_ai.conversation.id": "c7"})
    assert watch.trees() == [{"name": "agent", "kind": "INTERNAL", "attributes": {}, "children": [told]}]


def test_a_tools_own_spans_are_in_its_calls() -> None:
    """In an async tool and in a sync one, which works in a thread of its own."""
    watch = Watch()

    @tool
    async def outer() -> int:
        """Async."""
        with watch.tracer.start_as_current_span("query"):
            return 1

    @tool
    def inner() -> int:
        """Sync."""
        with watch.tracer.start_as_current_span("read"):
            return threading.current_thread() is not threading.main_thread()

    watch.run("await tools.outer(); return await tools.inner()", outer, inner)

    query: list[dict[str, Any]] = [{"name": "query", "kind": "INTERNAL", "attributes": {}}]
    read = [{**query[0], "name": "read"}]
    assert watch.trees() == [
        run(call("outer", "1", "Async.", children=query), call("inner", "2", "Sync.", children=read))
    ]


def test_a_failing_call_and_a_failing_run_say_the_kind_of_error_only() -> None:
    """An error's message may hold what the script handled, so only its code leaves."""
    watch = Watch()

    watch.run(
        "try { await tools.broken() } catch {}\nthrow new Error('secret ' + await tools.double({n: 4}))", broken, double
    )

    calls = call("broken", "1", "Fails.", **failed("ToolExecutionError")), call("double", "2", "Twice the number.")
    assert watch.trees() == [run(*calls, ended="failed", **failed("ScriptRuntimeError"))]


def test_a_call_that_reaches_no_tool_is_an_event_of_the_run() -> None:
    """Refused for its arguments, or because nobody may decide: there is no span, for nothing took any time."""
    watch = Watch()
    source = "try { await tools.double({n: 'x'}) } catch {}\ntry { await tools.pay({cents: 1}) } catch {}"

    watch.run(source, double, pay)

    refused = [("double", "ToolValidationError"), ("pay", "ApprovalDeniedError")]
    events = [("belljar.call_refused", {"gen_ai.tool.name": name, "error.type": code}) for name, code in refused]
    assert watch.trees() == [run(events=events)]


def test_a_script_that_is_refused_has_its_span_too() -> None:
    """With the code of what is wrong with it."""
    watch = Watch()

    watch.run("return (", double)

    assert watch.trees() == [run(ended="failed", **failed("ScriptSyntaxError"))]


def test_content_is_on_the_spans_only_where_it_was_asked_for_and_redacted_then() -> None:
    """What sits under the name of a secret is hidden, and so is what the host's own redaction hides."""
    watch = Watch()
    hide = partial(redact, secrets=["ada"])

    watch.run(
        "return await tools.login({user: 'ada', password: 'hunter2'})", login, content={"content": True, "redact": hide}
    )

    shown = {
        "gen_ai.tool.call.arguments": '{"user": "[redacted]", "password": "[redacted]"}',
        "gen_ai.tool.call.result": '{"token": "[redacted]", "user": "[redacted]"}',
    }
    value = {"gen_ai.tool.call.result": shown["gen_ai.tool.call.result"]}
    assert watch.trees() == [run(call("login", "1", "A session.", attributes=shown), attributes=value)]


def test_content_is_bounded() -> None:
    """Redaction shortens texts and lists; what is left is cut, and says how long it was."""
    watch = Watch()
    source = "return Array.from({length: 10}, () => Array.from({length: 10}, () => 'x'.repeat(400)))"

    watch.run(source, content={"content": True})

    (span,) = watch.spans
    text = str((span.attributes or {})["gen_ai.tool.call.result"])
    assert (len(text.partition("…")[0]), text.rpartition("… ")[2]) == (8_192, "[40,420 characters]")


def test_a_resumed_run_links_to_its_first_trace_and_is_no_part_of_it() -> None:
    """Perhaps days later in another process: a trace of its own, with a link to the span that was suspended."""
    before, after = Watch(), Watch()
    outcome = before.using(
        lambda harness: harness.run("return await tools.pay({cents: 5})", run_id="r1"), pay, approver=DeferApprover()
    )
    assert outcome.suspension is not None
    state = outcome.suspension.state

    after.using(lambda harness: harness.resume(state, {"r1:1": True}), pay, approver=DeferApprover())

    (first,), (called, second) = before.spans, after.spans
    assert first.context is not None
    assert second.context is not None
    assert before.trees() == [run(ended="suspended")]
    assert after.trees() == [run(call("pay", "1", "Pay."))]
    assert [link.context.span_id for link in second.links] == [first.context.span_id]
    assert [link.context.trace_id for link in second.links] == [first.context.trace_id]
    assert second.parent is None
    assert second.context.trace_id != first.context.trace_id
    assert called.context is not None
    assert called.context.trace_id == second.context.trace_id


@pytest.mark.parametrize(
    "carrier", [{}, {"traceparent": "nonsense"}, {"traceparent": "00-" + "0" * 32 + "-" + "0" * 16 + "-01"}]
)
def test_a_carrier_that_names_nothing_links_to_nothing(carrier: dict[str, str]) -> None:
    """A journal may come from a process without telemetry."""
    from belljar.tools._tracing import RunFacts

    watch = Watch()
    with watch.telemetry().run(RunFacts(run_id="r", script_sha256="", engine="quickjs", resumed_from=carrier)):
        pass

    assert [span.links for span in watch.spans] == [()]


def test_runs_at_once_do_not_mix() -> None:
    """Each call is in its own run's trace, however their tasks interleave."""
    watch = Watch()

    async def work(harness: Harness) -> None:
        source = "for (let i = 0; i < 3; i++) await Promise.all([tools.double({n: i}), tools.double({n: i})])"
        await asyncio.gather(*(harness.run(source) for _ in range(8)))

    watch.using(work, double)

    trees = watch.trees()
    assert [len(tree["children"]) for tree in trees] == [6] * 8
    assert len({span.context.trace_id for span in watch.spans if span.context}) == 8


def test_nothing_is_current_after_a_run() -> None:
    """Neither in the task that ran it nor in a tool's thread."""
    watch = Watch()

    async def work(harness: Harness) -> trace.Span:
        await harness.run("await tools.double({n: 1}); throw 1")
        return trace.get_current_span()

    assert watch.using(work, double) is trace.INVALID_SPAN


class Faulty(SpanProcessor):
    """An application's processor that fails at everything."""

    def on_start(self, span: ReadableSpan, parent_context: Any = None) -> None:
        raise RuntimeError(f"on_start {span} {parent_context}")

    def on_end(self, span: ReadableSpan) -> None:
        raise RuntimeError(f"on_end {span}")


def test_telemetry_that_fails_fails_no_run(caplog: pytest.LogCaptureFixture) -> None:
    """Its errors are in the log; the run, its calls and its value are as without."""
    watch = Watch()
    watch.tracer_provider.add_span_processor(Faulty())

    def unable(value: Any) -> Any:
        raise ValueError(f"not {value}")

    with caplog.at_level(logging.ERROR, "belljar"):
        outcome = watch.run("return await tools.double({n: 21})", double, content={"content": True, "redact": unable})

    assert (outcome.value, outcome.error) == (42, None)
    assert {record.message for record in caplog.records} == {
        "telemetry failed at a span's start; the run goes on",
        "telemetry failed at redaction; the run goes on",
    }


def test_a_cancelled_run_and_its_calls_end_their_spans() -> None:
    """With what ended them."""
    watch = Watch()

    started = asyncio.Event()

    @tool
    async def wait() -> None:
        """Waits."""
        started.set()
        await asyncio.Event().wait()

    async def work(harness: Harness) -> None:
        task = asyncio.ensure_future(harness.run("await tools.wait()", run_id="r1"))
        await started.wait()
        harness.cancel("r1")
        await task

    watch.using(work, wait)

    waits = call("wait", "1", "Waits.", **failed("CallAbortedError"))
    assert watch.trees() == [run(waits, ended="failed", **failed("ScriptCancelledError"))]


def test_an_error_of_the_host_ends_the_span_with_its_name() -> None:
    """What is no outcome is an error all the same."""
    from belljar.tools._tracing import CallFacts, RunFacts

    watch = Watch()
    facts = CallFacts(call_id="1", tool="t", description="", arguments={}, key="")
    about = RunFacts(run_id="r", script_sha256="", engine="e")
    with pytest.raises(KeyError), watch.telemetry().run(about) as traced, traced.call(facts):
        raise KeyError("x")

    assert [(dict(span.attributes or {})["error.type"], span.status.description) for span in watch.spans] == [
        ("KeyError", "KeyError")
    ] * 2
    assert watch.counts("belljar.runs") == {(("belljar.outcome", "KeyError"),): 1}
