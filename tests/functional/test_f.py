"""What a harness must do: SPEC-harness, section 10, F1 to F30, each through the real engine."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import Any

import pytest
from pydantic import BaseModel
from support import QUICK, Witness, add, boom, echo, error_of, failed, hang, place, value_of

import belljar
from belljar import CallbackApprover, Harness, Limits, Turn, tool
from belljar.harness import ErrorItem, MessageItem, ReasoningItem, ScriptCallItem, ScriptOutputItem


def turn(reply: str, *tools: Any, **options: Any) -> Turn:
    """One reply, worked off by a harness of its own."""
    settings = {name: options.pop(name) for name in ("mode", "modes", "limits") if name in options}

    async def process() -> Turn:
        async with Harness(tools, **settings) as harness:
            return await harness.process(reply, **options)

    return asyncio.run(process())


def kinds(made: Turn) -> list[str]:
    """The items' types in order."""
    return [item.type for item in made.items]


def outputs(made: Turn) -> list[ScriptOutputItem]:
    """The script outputs among the items."""
    return [item for item in made.items if isinstance(item, ScriptOutputItem)]


def test_f01_one_tool_call() -> None:
    """A script calls a tool with named arguments and returns its result; the outcome lists the call."""
    outcome = belljar.run("return await tools.add({a: 2, b: 40})", tools=[add])
    assert (outcome.ok, outcome.value, outcome.canonical_json, outcome.figures.tool_calls) == (True, 42, "42", 1)
    assert [(call.id, call.tool, call.state.value, call.line, call.column) for call in outcome.calls] == [
        (1, "add", "done", 1, 20)
    ]


def test_f02_text_around_a_script_is_kept() -> None:
    """Every byte of prose before and after is an item, in order."""
    made = turn("Before \u2028 \U0001f600\n\n<tool-calls>return 1</tool-calls>\n after.\n")
    assert [item.text for item in made.items if isinstance(item, MessageItem)] == [
        "Before \u2028 \U0001f600\n\n",
        "\n after.\n",
    ]
    assert kinds(made) == ["message", "script_call", "script_output", "message"]


def test_f03_typescript_compiles_and_awaits() -> None:
    """Interfaces, generics, enums, satisfies and annotations are erased; await works at the top level."""
    source = """
        interface Pair<T> { left: T; right: T }
        enum Size { Small = 1, Large = 10 }
        type Both = Pair<number> & { size: Size }
        const swap = <T,>({ left, right }: Pair<T>): Pair<T> => ({ left: right, right: left })
        const both = { left: 1, right: await tools.add({ a: 1, b: 1 }), size: Size.Large } satisfies Both
        return [swap<number>(both), both!.size as number, Size[10]]
    """
    assert value_of(source, add) == [{"left": 2, "right": 1}, 10, "Large"]


def test_f04_promise_all_on_three_tools() -> None:
    """Three calls are under way at once, and their answers come back in the order of the list."""
    witness = Witness()
    source = "return await Promise.all([3, 1, 2].map(n => tools.turn({n, turns: n * 4})))"
    outcome = belljar.run(source, tools=[witness.turn])
    assert (outcome.value, witness.most_at_once) == ([3, 1, 2], 3)


def test_f05_promise_race_cancels_losers() -> None:
    """The winner's value counts, and the losing tool is cancelled before the script goes on to its end."""
    witness = Witness()
    source = """
        const first = await Promise.race([tools.hold({name: 'loser'}), tools.echo({value: 'winner'})])
        await tools.note({text: 'after'})
        return first
    """
    outcome = belljar.run(source, tools=[witness.hold, witness.note, echo])
    assert (outcome.value, witness.log, outcome.warnings) == ("winner", ["loser aborted", "after"], ())


def test_f06_try_catch_around_a_failing_tool() -> None:
    """The script reads code, message, tool and whether a retry may help, and goes on."""
    source = """
        try { await tools.boom({message: 'no such city'}) }
        catch (e) { return [e instanceof Error, e.name, e.code, e.message, e.tool, e.retryable] }
    """
    expected = [True, "ToolExecutionError", "ToolExecutionError", "boom failed: ValueError: no such city", "boom", True]
    assert value_of(source, boom) == expected


def test_f07_one_tool_s_output_feeds_the_next() -> None:
    """Results are plain values to go on with."""
    source = "const n = await tools.add({a: 1, b: 2}); return await tools.add({a: n, b: n * 10})"
    assert value_of(source, add) == 33


def giving(value: Any) -> Any:
    """A tool `data` that gives `value`."""

    async def data() -> Any:
        """The value."""
        return value

    return data


def test_f08_nested_return_values() -> None:
    """Objects, arrays, bytes, null and Unicode come out as they went in, also through a tool."""
    nested = {
        "a": [1, -0.5, 1e21, {"b": [None, True, "\u00e9\U0001f600\x00\n"]}],
        "": {"__proto__": 1},
        "bytes": b"\x00\xff",
    }
    assert value_of("return await tools.echo({value: await tools.data()})", echo, giving(nested)) == nested


def test_f09_thinking_text_and_script_stay_in_order() -> None:
    """Items follow the reply's own order, thinking untouched."""
    made = turn(
        "<thinking>first <b>think</b></thinking>then say<tool-calls>return 1</tool-calls><thinking>more</thinking>"
    )
    assert kinds(made) == ["reasoning", "message", "script_call", "script_output", "reasoning"]
    thoughts = [item.text for item in made.items if isinstance(item, ReasoningItem)]
    assert thoughts == ["<thinking>first <b>think</b></thinking>", "<thinking>more</thinking>"]


def test_f10_progress_events_stream() -> None:
    """An event is out before the call that follows it has ended."""

    async def stream() -> Any:
        seen: list[str] = []
        told = asyncio.Event()

        @tool
        async def look() -> list[str]:
            """What was streamed so far."""
            await told.wait()
            return list(seen)

        source = "context.telemetry.emitProgress('half way', 'step'); return await tools.look()"
        async with Harness([look]) as harness:
            async for event in harness.stream(source):
                seen.append(event.name)
                if event.name == "progress":
                    told.set()
            return event

    finished = asyncio.run(stream())
    assert finished.outcome.value[:2] == ["script_started", "progress"]
    assert [(p.message, p.kind) for p in finished.outcome.progress] == [("half way", "step")]


@tool(approval="always")
async def pay(invoice: str, cents: int) -> dict[str, Any]:
    """Pay an invoice."""
    return {"paid": invoice, "cents": cents}


def test_f11_approval_suspends_and_resumes() -> None:
    """The tool runs only after the person's yes; another call goes on meanwhile."""
    witness = Witness()

    async def run() -> Any:
        noted = asyncio.Event()

        @tool
        async def note() -> None:
            """Note."""
            witness.log.append("noted")
            noted.set()

        async def decide(request: belljar.ApprovalRequest) -> bool:
            await noted.wait()
            witness.log.append(f"asked for {request.tool} at {request.line}:{request.column}")
            return True

        async with Harness([pay, note], approver=CallbackApprover(decide)) as harness:
            return await harness.run(
                "const [paid] = await Promise.all([tools.pay({invoice: 'A', cents: 5}), tools.note()])\nreturn paid"
            )

    assert asyncio.run(run()).value == {"paid": "A", "cents": 5}
    assert witness.log == ["noted", "asked for pay at 1:41"]


def test_f12_denial_is_catchable() -> None:
    """A denied call throws in the script with the person's words, and the tool is never called."""
    source = "try { await tools.pay({invoice: 'A', cents: 5}) } catch (e) { return [e.code, e.message, e.retryable] }"
    outcome = belljar.run(source, tools=[pay], approver=CallbackApprover(lambda _: "too much"))
    assert outcome.value == ["ApprovalDeniedError", "the call of pay was denied: too much", False]
    assert [call.state.value for call in outcome.calls] == ["failed"]
    assert outcome.figures.tool_calls == 0


def test_f13_outputs_land_in_the_items() -> None:
    """The call item has the source and its hash, the output item the result, under the same id."""
    made = turn("<tool-calls>return {n: await tools.add({a: 1, b: 2})}</tool-calls>", add)
    call, output = made.items
    assert isinstance(call, ScriptCallItem)
    assert isinstance(output, ScriptOutputItem)
    assert call.call_id == output.call_id
    assert (call.language, call.status) == ("typescript", "completed")
    assert call.source == "return {n: await tools.add({a: 1, b: 2})}"
    assert (call.sha256, output.output_json, output.error) == (made.outcomes[0].script_sha256, '{"n":3}', None)
    assert output.figures is not None
    assert output.figures.tool_calls == 1
    json.dumps(made.to_dict())


def test_f14_time_limit_override_inside_the_allowed_range() -> None:
    """A run's own limit holds for it alone; one outside the range is refused where it is made."""

    async def run() -> list[Any]:
        async with Harness([], limits=Limits(timeout_ms=5_000)) as harness:
            short = await harness.run("while (true) {}", limits=Limits(timeout_ms=60))
            usual = await harness.run("return context.sandbox.timeoutMs")
            return [short.error.code if short.error else None, usual.value]

    assert asyncio.run(run()) == ["ScriptTimeoutError", 5_000]
    for wrong in (0, -1, 86_400_001, 1.5, True, None):
        with pytest.raises(belljar.errors.UsageError, match="timeout_ms"):
            Limits(timeout_ms=wrong)  # type: ignore[arg-type]  # the guard under test


def test_f15_a_tool_of_another_system_is_callable_by_its_path() -> None:
    """A tool that a JSON Schema describes, named as MCP tools are, is called and checked like any other."""

    async def search(arguments: dict[str, Any]) -> Any:
        return [arguments["query"]]

    schema = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
    made = belljar.Tool.from_schema(search, name="mcp.github.search", parameters=schema)
    assert value_of("return await tools.mcp.github.search({query: 'x'})", made) == ["x"]
    assert error_of("return await tools.mcp.github.search({query: 1})", made).code == "ToolValidationError"
    assert place(error_of("return await tools.mcp.github.serch({query: 'x'})", made)) == ("ToolNotFoundError", 1, 31)


def test_f16_no_state_survives_into_the_next_run() -> None:
    """The same harness gives every run a fresh machine."""

    async def run() -> list[Any]:
        source = (
            "const g: any = Symbol.for('x'); let n = 0; n++; return [n, Math.max(1, 2), Object.keys(globalThis).length]"
        )
        async with Harness() as harness:
            return [(await harness.run(source)).value for _ in range(3)]

    first, *others = asyncio.run(run())
    assert others == [first, first]


def test_f17_disabled_mode() -> None:
    """A warning takes the place of the output, nothing runs, and it is counted; the turn's mode goes first."""
    witness = Witness()

    async def run() -> tuple[Turn, Turn, int]:
        async with Harness([witness.note], mode={"*": "enabled", "openai": "disabled"}) as harness:
            reply = "<tool-calls>return await tools.note({text: 'ran'})</tool-calls>"
            off = await harness.process(reply, provider="openai")
            on = await harness.process(reply, provider="openai", mode="enabled")
            return off, on, harness.disabled_count

    off, on, count = asyncio.run(run())
    call, warning = off.items
    assert isinstance(call, ScriptCallItem)
    assert isinstance(warning, ErrorItem)
    assert (call.status, warning.error.code, warning.is_warning, count) == ("disabled", "FeatureDisabledError", True, 1)
    assert (on.outcomes[0].value, witness.log) == ("ran", ["ran"])


def test_f18_dry_run_report() -> None:
    """The report tells tools, approvals, budget and every finding, as JSON for the model."""
    made = turn(
        "<tool-calls>await tools.pay({invoice: 'A', cents: 1}); for (;;) await tools.add({a: 1, b: 2})</tool-calls>",
        pay,
        add,
        mode="dry-run",
    )
    report = json.loads(outputs(made)[0].output_json or "")
    assert report.pop("sha256") == made.to_dict()["items"][0]["sha256"]
    assert report == {
        "ok": True,
        "findings": [],
        "tools_used": ["pay", "add"],
        "approvals": ["pay"],
        "call_sites": 2,
        "tool_budget": 32,
    }


@pytest.mark.parametrize(
    "fence", ["```ts\nreturn 1\n```", "```\n<tool-calls>return 1</tool-calls>\n```", "`<tool-calls>x</tool-calls>`"]
)
def test_f19_a_fenced_block_is_not_executed(fence: str) -> None:
    """Fences are prose, with or without tags inside."""
    made = turn(f"Look:\n{fence}\n")
    assert made.outcomes == ()
    assert "".join(item.text for item in made.items if isinstance(item, MessageItem)) == f"Look:\n{fence}\n"


def test_f20_several_scripts_in_order() -> None:
    """Scripts run one after another; after a failure the rest is skipped, unless the host says to go on."""
    reply = "".join(f"<tool-calls>{code}</tool-calls>" for code in ("return 1", "throw new Error('x')", "return 3"))
    made = turn(reply)
    assert [item.status for item in made.items if isinstance(item, ScriptCallItem)] == [
        "completed",
        "failed",
        "skipped",
    ]
    assert outputs(made)[2].text == "not run: a script before it failed"
    going_on = turn(reply, stop_on_failure=False)
    assert [outcome.value for outcome in going_on.outcomes] == [1, None, 3]
    assert not made.ok
    assert not going_on.ok


def test_f21_context_is_readable() -> None:
    """The script reads what the host told, its own limits, and the tools it has."""

    source = "return JSON.parse(JSON.stringify(context))"

    async def run() -> Any:
        async with Harness([pay, add], context={"model": "m-1"}, limits=Limits(tool_calls=7)) as harness:
            return (await harness.run(source, context={"turnId": "t-9"}, run_id="run-1")).value

    context = asyncio.run(run())
    assert context.pop("telemetry") == {}
    assert context == {
        "conversationId": None,
        "sessionId": None,
        "turnId": "t-9",
        "scriptId": "run-1",
        "workingDirectory": None,
        "provider": None,
        "model": "m-1",
        "sandbox": {
            "timeoutMs": 30_000,
            "memoryMb": 96,
            "remainingToolBudget": 7,
            "maxConcurrentToolCalls": 4,
            "mode": "enabled",
        },
        "capabilities": {"tools": ["pay", "add"]},
        "approvals": {"required": ["pay"], "lastRequestId": None},
    }


@pytest.mark.parametrize("source", ["", "return", "return undefined", "const a = 1", "// nothing", "if (0) { 1 }"])
def test_f22_no_return_value(source: str) -> None:
    """A script without a value is fine: the value is None, and it is told from a returned null."""
    outcome = belljar.run(source)
    assert (outcome.ok, outcome.value, outcome.returned, outcome.to_model()) == (True, None, False, "undefined")
    assert belljar.run("return null").to_model() == "null"


def test_f22_the_last_expression_is_the_value() -> None:
    """A script without a return yields its last statement, when that is an expression."""
    assert value_of("const n = 20\nn + 22") == 42


def test_f23_stdout_and_stderr_of_a_process() -> None:
    """A tool that runs a program gives both its streams and its exit code to the script."""

    @tool
    def execute(argv: list[str]) -> dict[str, Any]:
        """Run a program."""
        done = subprocess.run(argv, capture_output=True, text=True, check=False)  # noqa: S603 the test's own arguments
        return {"stdout": done.stdout, "stderr": done.stderr, "code": done.returncode}

    program = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    argv = json.dumps([sys.executable, "-S", "-c", program])
    assert value_of(f"return await tools.execute({{argv: {argv}}})", execute) == {
        "stdout": "out\n",
        "stderr": "err\n",
        "code": 3,
    }


class Order(BaseModel):
    """One line of an order."""

    item: str
    count: int


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ("{order: {item: 'tea', count: 'many'}}", "order.count"),
        ("{order: {item: 'tea'}}", "order.count"),
        ("{order: {item: 'tea', count: 1}, extra: 1}", "extra"),
        ("{}", "order"),
        ("", "order"),
    ],
)
def test_f24_invalid_arguments_are_caught_before_the_tool(arguments: str, path: str) -> None:
    """The schema refuses them with the path of what is wrong; the tool is not called."""
    called = []

    @tool
    async def buy(order: Order) -> None:
        """Buy."""
        called.append(order)

    error = error_of(f"await tools.buy({arguments})", buy)
    assert (place(error), called) == (("ToolValidationError", 1, 13), [])
    assert path in error.message


def test_f25_helper_functions_in_the_script() -> None:
    """Functions, classes, generators and closures of the script's own work, hoisted or not."""
    source = """
        return await total([1, 2, 3])
        async function total(list: number[]) {
            let sum = 0
            for (const n of each(list)) sum = await tools.add({a: sum, b: n})
            return sum
        }
        function* each<T>(list: T[]) { yield* list }
    """
    assert value_of(source, add) == 6


def test_f26_progress_throttling() -> None:
    """One event per interval of the run's clock is kept, cut to so many characters; the rest is counted."""
    outcome = belljar.run(
        "for (let i = 0; i < 100; i++) context.telemetry.emitProgress('x'.repeat(2000)); return 1",
        limits=Limits(progress_chars=10),
    )
    assert [event.message for event in outcome.progress] == ["x" * 10]
    assert outcome.figures.progress_dropped == 99


def test_f27_timeout_with_partial_results() -> None:
    """What tools had answered before the time was up is in the outcome and in what the model reads."""
    outcome = failed(
        "await tools.add({a: 1, b: 2}); await tools.echo({value: {big: true}})\nawait tools.hang()",
        add,
        echo,
        hang,
        limits=QUICK,
    )
    assert outcome.error is not None
    assert (*place(outcome.error), outcome.error.tool) == ("ScriptTimeoutError", 2, 13, "hang")
    assert [(part.call, part.tool, part.value) for part in outcome.partial] == [
        (1, "add", 3),
        (2, "echo", {"big": True}),
    ]
    assert outcome.summary == (
        "ScriptTimeoutError; calls so far: add (line 1): done, echo (line 1): done, "
        "hang (line 2): unknown, CallAbortedError"
    )
    assert '"value": {"big": true}' in outcome.to_model()


def test_f28_unknown_tool_with_a_suggestion() -> None:
    """The name is found before the run, with the closest one; a computed name is found at the property access."""
    error = error_of("return await tools.ad({a: 1})", add)
    assert (place(error), error.message) == (("ToolNotFoundError", 1, 20), "there is no tool 'ad'")
    assert error.hint.startswith("Did you mean 'add'?")
    late = error_of("const name = 'a' + 'd'\nreturn await tools[name]({a: 1})", add)
    assert (late.code, late.line, late.message) == ("ToolNotFoundError", 2, 'there is no tool "ad"')
    assert "Did you mean 'add'?" in late.hint


def test_f29_syntax_error_report() -> None:
    """Line, column and an excerpt with a caret, for the model."""
    error = error_of("const a = 1\nconst b = (a + 2\nreturn b")
    assert error.code == "ScriptSyntaxError"
    assert error.line in (2, 3)
    assert error.to_model().startswith(f"ScriptSyntaxError at script.ts:{error.line}:{error.column}: ")
    assert "^" in error.excerpt


def test_f29_what_only_the_engine_finds_is_a_syntax_error_too() -> None:
    """A name declared twice is refused at its position, in the check and in the run."""
    source = "let a = 1\nlet a = 2\nreturn a"
    assert place(error_of(source)) == ("ScriptSyntaxError", 2, 5)
    assert [(f.code, f.line, f.column) for f in belljar.check(source).findings] == [("ScriptSyntaxError", 2, 5)]


def test_f30_tool_budget() -> None:
    """The call over the budget throws at its place, catchable; no number of parallel calls passes it."""
    limits = Limits(tool_calls=3)
    witness = Witness()
    source = """
        const all = await Promise.allSettled([1, 2, 3, 4, 5].map(n => tools.turn({n})))
        return all.map(each => each.status === 'fulfilled' ? each.value : each.reason.code)
    """
    assert value_of(source, witness.turn, limits=limits) == [
        1,
        2,
        3,
        "ToolBudgetExceededError",
        "ToolBudgetExceededError",
    ]
    error = error_of("for (let n = 0; ; n++)\n  await tools.turn({n})", witness.turn, limits=limits)
    assert (place(error), error.details) == (("ToolBudgetExceededError", 2, 15), {"budget": 3})
