"""belljar in agents of the OpenAI Agents SDK, with its own scripted model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from agents import (
    Agent,
    FunctionTool,
    RunContextWrapper,
    Runner,
    RunState,
    ToolGuardrailFunctionOutput,
    ToolInputGuardrail,
    ToolInputGuardrailTripwireTriggered,
    ToolOutputGuardrail,
    ToolTimeoutError,
    UserError,
    WebSearchTool,
    function_tool,
    set_tracing_disabled,
)
from agents.items import ToolApprovalItem, ToolCallOutputItem
from agents.testing import ScriptedModel, assistant_message, function_call
from agents.tool_context import ToolContext
from framework_support import SCRIPT, VALUE, in_processes

from belljar.integrations.openai_agents import with_scripts

Decide = Callable[[RunState[Any, Any], ToolApprovalItem], None]


@pytest.fixture(autouse=True)
def _untraced() -> Iterator[None]:
    """Nothing is sent anywhere."""
    set_tracing_disabled(True)
    yield
    set_tracing_disabled(False)


class Clerk:
    """An agent's tools, and what they did."""

    def __init__(self) -> None:
        self.log: list[Any] = []

    def tools(self) -> list[FunctionTool]:
        @function_tool
        async def look(context: RunContextWrapper[Any], at: int) -> int:
            """Twice the number."""
            self.log.append(("look", context.context, at))
            return at * 2

        @function_tool(needs_approval=True)
        async def pay(cents: int) -> str:
            """Pay."""
            self.log.append(("pay", cents))
            return f"paid {cents}"

        return [look, pay]

    def agent(self, code: str, *tools: FunctionTool, **options: Any) -> Agent[Any]:
        """Runs one script and says goodbye."""
        first = function_call("run_typescript", {"code": code}, call_id="t1")
        model = ScriptedModel([[first], [assistant_message("bye")]])
        return with_scripts(Agent(name="clerk", model=model, tools=list(tools or self.tools())), **options)


def text_of(items: list[Any]) -> str:
    """What the model was told of the script."""
    [text] = [item.output for item in items if isinstance(item, ToolCallOutputItem)]
    return str(text)


def said(agent: Agent[Any]) -> Any:
    """What the script returned."""
    return json.loads(text_of(asyncio.run(Runner.run(agent, "go", context="C")).new_items))


def going_on(agent: Agent[Any], decide: Decide) -> str:
    """What the model was told when every question is answered, each time from JSON."""

    async def main() -> str:
        result = await Runner.run(agent, "go", context={"who": "C"})
        while result.interruptions:
            state = await RunState.from_string(agent, result.to_state().to_string())
            for item in state.get_interruptions():
                decide(state, item)
            result = await Runner.run(agent, state)
        return text_of(result.new_items)

    return asyncio.run(main())


def approve(state: RunState[Any, Any], item: ToolApprovalItem) -> None:
    state.approve(item)


# -- without approvals ------------------------------------------------------------------------------------------------


def told(agent: Agent[Any]) -> str:
    """The agent's instructions."""
    return str(asyncio.run(agent.get_system_prompt(RunContextWrapper("C"))))


def test_the_model_sees_one_tool_and_is_told_of_the_others_in_the_instructions() -> None:
    """After the agent's own instructions, whatever kind they are."""
    tools: Any = Clerk().tools()
    agent = with_scripts(Agent(name="clerk", instructions=lambda context, _: f"For {context.context}.", tools=tools))

    [tool] = agent.tools
    assert isinstance(tool, FunctionTool)
    assert (tool.name, tool.params_json_schema["required"], len(tool.description) < 1_024) == (
        "run_typescript",
        ["code"],
        True,
    )
    assert told(agent).startswith("For C.\n\n# Tools")
    assert "look(args: { at: number })" in told(agent)
    assert "A person may be asked before `pay` runs" in told(agent)
    assert told(with_scripts(Agent(name="clerk", tools=tools))).startswith("# Tools")


def test_some_tools_stay_with_the_model() -> None:
    """Those named, those found by search, hosted ones, and agents, which may have questions of their own."""
    look, pay = Clerk().tools()
    hidden = replace(look, name="hidden", defer_loading=True)
    helper = Agent(name="helper").as_tool("helper", "Helps.")
    tools: Any = [look, pay, hidden, helper, WebSearchTool()]

    agent = with_scripts(Agent(name="clerk", tools=tools), direct=["pay"])

    assert [tool.name for tool in agent.tools] == ["run_typescript", "pay", "hidden", "helper", "web_search"]


def test_a_script_calls_the_tools_with_the_runs_context() -> None:
    """Each call has an id that is the same on every attempt; results are data."""
    ids = []

    @function_tool
    def name(context: ToolContext[Any], index: int) -> dict[str, str]:
        """A name."""
        ids.append(context.tool_call_id)
        return {"name": f"{context.context}{index}"}

    agent = Clerk().agent("return (await tools.name({index: 1})).name + (await tools.name({index: 2})).name", name)

    assert said(agent) == "C1C2"
    assert [id_.partition(":")[2] for id_ in ids] == ["1", "2"]


def test_a_script_that_fails_is_told_to_the_model_and_the_agent_goes_on() -> None:
    """With the calls that were made."""
    result = asyncio.run(Runner.run(Clerk().agent("await tools.look({at: 1}); throw new Error('no')"), "go"))

    assert result.final_output == "bye"
    assert "look (line 1): done" in text_of(result.new_items)


def test_what_a_tool_raises_is_the_scripts_to_catch() -> None:
    """Not the text that the SDK has for the model; so is a call that takes too long."""

    @function_tool
    def fragile() -> None:
        """Fails."""
        raise ValueError("broken")

    @function_tool(timeout=0.01)
    async def slow() -> None:
        """Takes too long."""
        await asyncio.Event().wait()

    code = """
        const tell = (call) => call.catch((error) => `${error.code}: ${error.message}`);
        return [await tell(tools.fragile({})), await tell(tools.slow({}))];
    """

    assert said(Clerk().agent(code, fragile, slow)) == [
        "ToolExecutionError: fragile failed: ValueError: broken",
        "ToolExecutionError: Tool 'slow' timed out after 0.01 seconds.",
    ]


def test_a_timeout_that_is_to_end_the_agents_run_does() -> None:
    """The script cannot catch it and go on."""

    @function_tool(timeout=0.01, timeout_behavior="raise_exception")
    async def slow() -> None:
        """Takes too long."""
        await asyncio.Event().wait()

    with pytest.raises(ToolTimeoutError):
        asyncio.run(Runner.run(Clerk().agent("await tools.slow({}).catch(() => 0)", slow), "go"))


def test_a_mistake_of_the_model_in_calling_the_tool_is_told_to_it() -> None:
    """Arguments that are no JSON, or others than `code`."""
    wrong = [function_call("run_typescript", text, call_id=text) for text in ("{", "{}")]
    model = ScriptedModel([wrong, [assistant_message("bye")]])
    tools: Any = Clerk().tools()
    agent = with_scripts(Agent(name="clerk", model=model, tools=tools))

    result = asyncio.run(Runner.run(agent, "go"))

    told = [item.output for item in result.new_items if isinstance(item, ToolCallOutputItem)]
    assert ["Invalid JSON input for tool run_typescript" in text for text in told] == [True, True]
    assert result.final_output == "bye"


def test_a_tool_that_is_not_enabled_cannot_be_called() -> None:
    """Its own rule is asked at each call."""

    def ask(context: RunContextWrapper[Any], _: Any) -> bool:
        return bool(context.context == "somebody else")

    @function_tool(is_enabled=ask)
    def secret() -> None:
        """Not for all."""

    code = "return await tools.secret({}).catch((error) => error.message)"

    assert said(Clerk().agent(code, secret)) == "secret is not enabled in this run"


def guarded(kind: str) -> FunctionTool:
    """A tool with guardrails against numbers above 9, in and out."""

    def check(number: Any) -> ToolGuardrailFunctionOutput:
        if number < 10:
            return ToolGuardrailFunctionOutput.allow()
        if kind == "raise":
            return ToolGuardrailFunctionOutput.raise_exception()
        return ToolGuardrailFunctionOutput.reject_content("too much")

    @function_tool
    def double(number: int) -> int:
        """Twice the number."""
        return number * 2

    double.tool_input_guardrails = [
        ToolInputGuardrail(lambda data: check(json.loads(data.context.tool_arguments)["number"]))
    ]
    double.tool_output_guardrails = [ToolOutputGuardrail(lambda data: check(data.output))]
    return double


def test_a_tools_guardrails_hold_inside_a_script() -> None:
    """A rejection, of the arguments or of the result, is an error that the script catches."""
    code = """
        const tell = (number) => tools.double({number}).catch((error) => error.message);
        return [await tell(4), await tell(5), await tell(10)];
    """

    assert said(Clerk().agent(code, guarded("reject"))) == [8, "too much", "too much"]


@pytest.mark.parametrize("number", [5, 10])
def test_a_tripwire_ends_the_agents_run(number: int) -> None:
    """The script cannot catch it and go on."""
    clerk = Clerk()
    code = f"await tools.double({{number: {number}}}).catch(() => 0); await tools.look({{at: 1}})"

    with pytest.raises(Exception) as caught:  # noqa: PT011 (of two classes, compared below)
        asyncio.run(Runner.run(clerk.agent(code, guarded("raise"), *clerk.tools()), "go"))

    assert isinstance(caught.value, ToolInputGuardrailTripwireTriggered) == (number == 10)
    assert type(caught.value).__name__.endswith("GuardrailTripwireTriggered")
    assert clerk.log == []


# -- with approvals ---------------------------------------------------------------------------------------------------


def test_questions_interrupt_the_run_as_calls_of_the_model_would() -> None:
    """Each with the tool's own name and arguments; the outer model has seen nothing of it."""
    clerk = Clerk()
    agent = clerk.agent(SCRIPT)

    result = asyncio.run(Runner.run(agent, "go"))

    assert [(item.name, item.arguments) for item in result.interruptions] == [
        ("pay", '{"cents": 4}'),
        ("pay", '{"cents": 3}'),
    ]
    assert clerk.log == [("look", None, 2)]


def test_several_pauses_are_several_rounds_and_nothing_is_done_twice() -> None:
    """Everything goes through JSON between the rounds."""
    clerk = Clerk()

    assert json.loads(going_on(clerk.agent(SCRIPT), approve)) == VALUE
    assert clerk.log == [("look", {"who": "C"}, 2), ("pay", 4), ("pay", 3), ("pay", 9)]


def test_a_rejection_is_an_error_that_the_script_catches() -> None:
    """One of two calls, with its message; the other is made."""
    clerk = Clerk()
    code = "return (await Promise.allSettled([tools.pay({cents: 1}), tools.pay({cents: 2})])).map((one) => one.value ?? one.reason.message)"  # fmt: skip  # noqa: E501

    def decide(state: RunState[Any, Any], item: ToolApprovalItem) -> None:
        if json.loads(item.arguments or "")["cents"] == 1:
            state.reject(item, rejection_message="not today")
        else:
            state.approve(item)

    assert json.loads(going_on(clerk.agent(code), decide)) == ["the call of pay was denied: not today", "paid 2"]
    assert clerk.log == [("pay", 2)]


def test_a_tool_that_is_always_approved_is_not_asked_about_again() -> None:
    """The SDK remembers it for the rounds that follow."""
    clerk = Clerk()
    asked = []

    def always(state: RunState[Any, Any], item: ToolApprovalItem) -> None:
        asked.append(item.arguments)
        state.approve(item, always_approve=True)

    assert json.loads(going_on(clerk.agent(SCRIPT), always)) == VALUE
    assert asked == ['{"cents": 4}', '{"cents": 3}']


def test_a_rule_of_the_tool_decides_whether_to_ask() -> None:
    """It gets the arguments of the script's call."""
    paid = []

    async def large(_: Any, arguments: dict[str, Any], __: str) -> bool:
        return bool(arguments["cents"] > 10)

    @function_tool(needs_approval=large)
    async def pay_it(cents: int) -> int:
        """Pay."""
        paid.append(cents)
        return cents

    agent = Clerk().agent("return [await tools.pay_it({cents: 1}), await tools.pay_it({cents: 20})]", pay_it)
    asked = []

    def decide(state: RunState[Any, Any], item: ToolApprovalItem) -> None:
        asked.append(item.arguments)
        state.approve(item)

    assert json.loads(going_on(agent, decide)) == [1, 20]
    assert (asked, paid) == (['{"cents": 20}'], [1, 20])


def test_a_state_is_used_once() -> None:
    """The same JSON approved twice in one process pays once."""
    clerk = Clerk()
    agent = clerk.agent("return await tools.pay({cents: 1})")

    async def go_on(text: str) -> None:
        state = await RunState.from_string(agent, text)
        state.approve(state.get_interruptions()[0])
        await Runner.run(agent, state)

    async def main() -> None:
        text = (await Runner.run(agent, "go")).to_state().to_string()
        await go_on(text)
        with pytest.raises(UserError, match="used up"):
            await go_on(text)

    asyncio.run(main())
    assert clerk.log == [("pay", 1)]


def test_other_calls_than_those_that_wait_are_not_approved() -> None:
    """A RunState in which the script's questions are not the SDK's any more is refused."""
    clerk = Clerk()
    agent = clerk.agent("return await tools.pay({cents: 1})")

    async def main() -> None:
        text = (await Runner.run(agent, "go")).to_state().to_string()
        changed = text.replace('\\"arguments\\": {\\"cents\\": 1}', '\\"arguments\\": {\\"cents\\": 2}')
        assert changed != text
        state = await RunState.from_string(agent, changed)
        for item in state.get_interruptions():
            state.approve(item)
        with pytest.raises(UserError, match="that were shown are not those"):
            await Runner.run(agent, state)

    asyncio.run(main())
    assert clerk.log == []


PROGRAM = f"""
import asyncio, json, sys
from agents import Agent, Runner, RunState, function_tool, set_tracing_disabled
from agents.testing import ScriptedModel, assistant_message, function_call
from belljar.integrations.openai_agents import with_scripts

set_tracing_disabled(True)

def write(line):
    with open(sys.argv[1], "a") as file: file.write(line + "\\n")

@function_tool
async def look(at: int) -> int:
    write(f"look {{at}}")
    return at * 2

@function_tool(needs_approval=True)
async def pay(cents: int) -> str:
    write(f"pay {{cents}}")
    return f"paid {{cents}}"

async def main():
    told = json.load(sys.stdin)
    steps = [[function_call("run_typescript", {{"code": {SCRIPT!r}}}, call_id="t1")], [assistant_message("bye")]]
    model = ScriptedModel(steps if told is None else steps[1:])
    agent = with_scripts(Agent(name="clerk", model=model, tools=[look, pay]), image_key=b"k" * 32)
    if told is None:
        result = await Runner.run(agent, "go")
    else:
        state = await RunState.from_string(agent, told)
        for item in state.get_interruptions(): state.approve(item)
        result = await Runner.run(agent, state)
    if result.interruptions:
        print(json.dumps(result.to_state().to_string()))
    else:
        [text] = [item.output for item in result.new_items if item.type == "tool_call_output_item"]
        print(text)

asyncio.run(main())
"""


@pytest.mark.slow
def test_other_processes_go_on_from_json(tmp_path: Path) -> None:
    """Three processes, one after another, share nothing but the RunState and the key; every line is written once."""
    assert in_processes(PROGRAM, tmp_path / "log", rounds=3) == VALUE
    assert (tmp_path / "log").read_text() == "look 2\npay 4\npay 3\npay 9\n"
