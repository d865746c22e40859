"""belljar in Pydantic AI agents, with the framework's own test model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from framework_support import SCRIPT, VALUE, in_processes
from pydantic_ai import Agent, DeferredToolRequests, ModelRetry, RunContext, Tool, ToolApproved, ToolDenied, UsageLimits
from pydantic_ai.capabilities import HandleDeferredToolCalls, Hooks
from pydantic_ai.exceptions import ApprovalRequired, CallDeferred, ToolFailed, UsageLimitExceeded
from pydantic_ai.messages import (
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
)
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.tools import DeferredToolResults, ToolDefinition
from pydantic_ai.toolsets import ExternalToolset, FunctionToolset

from belljar.errors import JournalError, UsageError
from belljar.integrations.pydantic_ai import Belljar


class Clerk:
    """An agent's tools, and what they did."""

    def __init__(self) -> None:
        self.log: list[Any] = []
        self.infos: list[AgentInfo] = []

    async def look(self, ctx: RunContext[str], at: int) -> int:
        """Twice the number."""
        self.log.append(("look", ctx.deps, at))
        return at * 2

    async def pay(self, cents: int) -> str:
        """Pay."""
        self.log.append(("pay", cents))
        return f"paid {cents}"

    def model(self, code: str) -> FunctionModel:
        """Runs one script, then says what came of it."""

        def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
            self.infos.append(info)
            last = messages[-1].parts[-1]
            if isinstance(last, ToolReturnPart):
                return ModelResponse(parts=[TextPart(f"{last.outcome}: {last.content}")])
            return ModelResponse(parts=[ToolCallPart("run_typescript", {"code": code}, tool_call_id="t1")])

        return FunctionModel(answer)

    def agent(self, code: str, *capabilities: Any, tools: Any = None, **options: Any) -> Agent[str, Any]:
        given = [Tool(self.look), Tool(self.pay, requires_approval=True)] if tools is None else tools
        return Agent(
            self.model(code),
            deps_type=str,
            tools=given,
            capabilities=list(capabilities) or [Belljar()],
            output_type=[str, DeferredToolRequests],
            **options,
        )


def output(agent: Agent[str, Any], **options: Any) -> Any:
    """The output of one run of the agent."""
    return asyncio.run(agent.run("go", deps="D", **options)).output


def said(agent: Agent[str, Any], **options: Any) -> Any:
    """What a script returned that the agent was told of."""
    outcome, _, text = output(agent, **options).partition(": ")
    assert outcome == "success", text
    return json.loads(text)


def going_on(agent: Agent[str, Any], decide: Callable[[DeferredToolRequests], DeferredToolResults]) -> Any:
    """The agent's output when every question is answered, each time from JSON."""

    async def main() -> Any:
        result = await agent.run("go", deps="D")
        while isinstance(result.output, DeferredToolRequests):
            messages = ModelMessagesTypeAdapter.validate_json(result.all_messages_json())
            results = decide(result.output)
            result = await agent.run(message_history=messages, deps="D", deferred_tool_results=results)
        return result.output

    return asyncio.run(main())


def answering(answer: Any, **metadata: Any) -> Callable[[DeferredToolRequests], DeferredToolResults]:
    """Gives one answer to `run_typescript`."""

    def decide(requests: DeferredToolRequests) -> DeferredToolResults:
        given = {"t1": {**requests.metadata["t1"], **metadata}}
        return requests.build_results(approvals={"t1": answer}, metadata=given)

    return decide


# -- without approvals ------------------------------------------------------------------------------------------------


def test_the_model_sees_one_tool_that_declares_the_others() -> None:
    """With the types of their results; a tool that is kept direct stays beside it."""
    clerk = Clerk()

    output(clerk.agent("return 1", Belljar(direct=["pay"])))

    [script, pay] = sorted(clerk.infos[0].function_tools, key=lambda tool: tool.name, reverse=True)
    assert (script.name, pay.name) == ("run_typescript", "pay")
    assert script.parameters_json_schema["required"] == ["code"]
    told = clerk.infos[0].instructions or ""
    assert "look(args: { at: number }): Promise<number>;" in told
    assert "pay(" not in told
    assert len(script.description or "") < 1_024  # more is refused by many models


def test_a_script_calls_the_agents_tools() -> None:
    """The run's deps reach them, and each call has an id that is the same on every attempt."""
    ids = []

    def name(ctx: RunContext[str], index: int) -> dict[str, Any]:
        ids.append((ctx.tool_name, ctx.tool_call_id))
        return {"name": f"{ctx.deps}{index}"}

    agent = Clerk().agent(
        "return (await tools.name({index: 1})).name + (await tools.name({index: 2})).name", tools=[name]
    )

    assert said(agent) == "D1D2"
    assert [(tool, id_.partition(":")[2]) for tool, id_ in ids] == [("name", "1"), ("name", "2")]  # type: ignore[union-attr]


def test_a_script_that_fails_is_told_to_the_model_and_the_agent_goes_on() -> None:
    """As a failed call, not as a retry that would be counted."""
    text = output(Clerk().agent("await tools.look({at: 1}); throw new Error('no')"))

    assert text.startswith("failed: ScriptRuntimeError at script.ts:1:")
    assert "look (line 1): done" in text


def test_arguments_are_checked_by_belljar_and_by_the_framework() -> None:
    """What JSON Schema's top level does not say, the tool's own validator does; the script catches both."""

    def total(numbers: list[int]) -> int:
        return sum(numbers)

    code = """
        const tell = (wrong) => tools.total(wrong).catch((error) => [error.code, error.message]);
        return [await tell({numbers: 1}), await tell({numbers: ["x"]}), await tell({numbers: [1, 2]})];
    """

    first, second, third = said(Clerk().agent(code, tools=[total]))

    assert (first[0], second, third) == (
        "ToolValidationError",
        ["ToolValidationError", "numbers.0: Input should be a valid integer, unable to parse string as an integer"],
        3,
    )


@pytest.mark.parametrize("error", [ModelRetry("try later"), ToolFailed("try later"), ValueError("try later")])
def test_what_a_tool_raises_is_the_scripts_to_catch(error: Exception) -> None:
    """Also what would end the agent, or count as a retry of it."""

    def fragile() -> None:
        raise error

    code = "return await tools.fragile({}).catch((error) => error.message)"

    assert said(Clerk().agent(code, tools=[fragile])).endswith("try later")


def test_hooks_see_the_calls_of_a_script() -> None:
    """A capability's hooks run around each call, as around the model's own."""
    hooks: Hooks[str] = Hooks()
    seen = []

    @hooks.on.before_tool_execute
    async def watch(_: Any, *, tool_def: ToolDefinition, args: Any, **__: Any) -> Any:
        seen.append((tool_def.name, args))
        return {"at": 5} if tool_def.name == "look" else args

    agent = Clerk().agent("return await tools.look({at: 1})", Belljar(), hooks)

    assert said(agent) == 10
    assert [name for name, _ in seen] == ["run_typescript", "look"]


def test_a_sequential_tool_runs_alone() -> None:
    """What the script starts at the same time waits, before it and after it."""
    now: list[str] = []
    seen = []

    async def step(name: str) -> None:
        now.append(name)
        seen.append("".join(sorted(now)))
        for _ in range(20):
            await asyncio.sleep(0)
        now.remove(name)

    async def alone(name: str) -> None:
        await step(name)

    code = "await Promise.all([tools.step({name: 'a'}), tools.step({name: 'b'}), tools.alone({name: 'X'}), tools.step({name: 'c'})])"  # fmt: skip  # noqa: E501

    output(Clerk().agent(code, tools=[step, Tool(alone, sequential=True)]))

    assert "ab" in seen
    assert [names for names in seen if "X" in names] == ["X"]


def test_the_agents_usage_limit_holds_inside_a_script() -> None:
    """It ends the agent's run; the script cannot catch it and go on."""
    clerk = Clerk()
    code = "for (let n = 0; n < 9; n++) await tools.look({at: n}).catch(() => 0)"

    with pytest.raises(UsageLimitExceeded):
        output(clerk.agent(code), usage_limits=UsageLimits(tool_calls_limit=4))

    assert [at for _, _, at in clerk.log] == [0, 1, 2]  # with run_typescript itself that makes four


def test_a_name_that_javascript_cannot_write_is_changed_in_scripts_only() -> None:
    """The framework goes on calling the tool by its own name."""
    clerk = Clerk()
    agent = clerk.agent("return await tools.look_up({at: 4})", tools=[Tool(clerk.look, name="look-up")])

    assert said(agent) == 8


def test_belljars_own_budget_holds() -> None:
    """Options are those of the harness."""
    from belljar import Limits

    clerk = Clerk()
    code = "for (let n = 0; n < 3; n++) await tools.look({at: n})"

    assert output(clerk.agent(code, Belljar(limits=Limits(tool_calls=2)))).startswith("failed: ToolBudgetExceededError")
    assert len(clerk.log) == 2


def test_tools_that_the_framework_reveals_step_by_step_stay_outside() -> None:
    """Deferred loading is the framework's own discovery, which a script would go past."""
    clerk = Clerk()

    output(clerk.agent("return 1", tools=[Tool(clerk.pay), Tool(clerk.look, defer_loading=True)]))

    told = clerk.infos[0].instructions or ""
    assert ("pay(" in told, "look(" in told) == (True, False)


# -- with approvals ---------------------------------------------------------------------------------------------------


def test_questions_suspend_the_script_and_the_agent() -> None:
    """What can be done is done, and the requests say what is asked."""
    clerk = Clerk()

    requests = output(clerk.agent(SCRIPT))

    assert [call.tool_name for call in requests.approvals] == ["run_typescript"]
    asked = requests.metadata["t1"]["pending"]
    assert [(question["tool"], question["arguments"]) for question in asked] == [
        ("pay", {"cents": 4}),
        ("pay", {"cents": 3}),
    ]
    assert clerk.log == [("look", "D", 2)]


def test_several_pauses_are_several_rounds_and_nothing_is_done_twice() -> None:
    """Everything goes through JSON between the rounds."""
    clerk = Clerk()

    text = going_on(clerk.agent(SCRIPT), answering(True))

    assert json.loads(text.removeprefix("success: ")) == VALUE
    assert clerk.log == [("look", "D", 2), ("pay", 4), ("pay", 3), ("pay", 9)]


def test_a_denial_is_an_error_that_the_script_catches() -> None:
    """With the message of ToolDenied, which Pydantic AI alone would have given to the model."""
    clerk = Clerk()
    code = "return await tools.pay({cents: 1}).catch((error) => `${error.code}: ${error.message}`)"

    text = going_on(clerk.agent(code), answering(ToolDenied("not today")))

    assert text == 'success: "ApprovalDeniedError: the call of pay was denied: not today"'
    assert clerk.log == []


def test_changed_arguments_are_those_of_the_one_call_that_waits() -> None:
    """Not those of `run_typescript`; with two calls waiting they would be of neither."""
    clerk = Clerk()
    decide = answering(ToolApproved(override_args={"cents": 7}))

    assert going_on(clerk.agent("return await tools.pay({cents: 1})"), decide) == 'success: "paid 7"'
    with pytest.raises(UsageError, match="2 calls wait"):
        going_on(clerk.agent(SCRIPT), decide)
    assert clerk.log == [("pay", 7), ("look", "D", 2)]


def test_calls_are_decided_one_by_one_and_what_is_left_open_is_asked_again() -> None:
    """In three rounds: one of two, the other, and the last."""
    clerk = Clerk()
    code = "return await Promise.allSettled([1, 2, 3].map((cents) => tools.pay({cents}))).then((all) => all.map((one) => one.value ?? one.reason.code))"  # fmt: skip  # noqa: E501
    rounds = []

    def decide(requests: DeferredToolRequests) -> DeferredToolResults:
        ids = [question["id"] for question in requests.metadata["t1"]["pending"]]
        rounds.append(len(ids))
        decision = {3: True, 2: {"approve": True, "arguments": {"cents": 20}}, 1: "no"}[len(ids)]
        return answering(True, decisions={ids[0]: decision})(requests)

    assert json.loads(going_on(clerk.agent(code), decide)[9:]) == ["paid 1", "paid 20", "ApprovalDeniedError"]
    assert (rounds, clerk.log) == ([3, 2, 1], [("pay", 1), ("pay", 20)])


def test_a_handler_of_deferred_calls_answers_without_a_pause() -> None:
    """It is asked by the tool's own name and arguments, and may approve, change, deny or answer."""
    clerk = Clerk()
    asked = []

    def handle(_: Any, requests: DeferredToolRequests) -> DeferredToolResults | None:
        [call] = requests.approvals
        asked.append((call.tool_name, call.args))
        cents = call.args_as_dict()["cents"]
        answers: dict[int, Any] = {1: True, 2: ToolApproved(override_args={"cents": 20}), 3: ToolDenied("no")}
        return requests.build_results(approvals={call.tool_call_id: answers[cents]})

    code = "return [await tools.pay_it({cents: 1}), await tools.pay_it({cents: 2}), await tools.pay_it({cents: 3}).catch((e) => e.code)]"  # fmt: skip  # noqa: E501
    tools = [Tool(clerk.pay, name="pay-it", requires_approval=True)]
    agent = clerk.agent(code, Belljar(), HandleDeferredToolCalls(handle), tools=tools)

    assert said(agent) == ["paid 1", "paid 20", "ApprovalDeniedError"]
    assert asked == [("pay-it", {"cents": 1}), ("pay-it", {"cents": 2}), ("pay-it", {"cents": 3})]


def test_a_call_that_is_carried_out_elsewhere_is_answered_with_its_result() -> None:
    """An external tool suspends the script; the result stands in the decision."""
    weigh = ToolDefinition(name="weigh", parameters_json_schema={"type": "object", "properties": {}})
    agent = Clerk().agent("return (await tools.weigh({})).kg * 2", tools=[], toolsets=[ExternalToolset([weigh])])

    def decide(requests: DeferredToolRequests) -> DeferredToolResults:
        [question] = requests.metadata["t1"]["pending"]
        return answering(True, decisions={question["id"]: {"result": {"kg": 4}}})(requests)

    assert going_on(agent, decide) == "success: 8"


def test_a_tool_that_asks_in_the_middle_of_its_work_suspends_the_script() -> None:
    """`ApprovalRequired` from the body, or from a toolset around it; the approved call knows that it is."""
    log = []

    async def pay_some(ctx: RunContext[str], cents: int) -> int:
        log.append((cents, ctx.tool_call_approved))
        if cents > 10 and not ctx.tool_call_approved:
            raise ApprovalRequired
        return cents

    code = "return [await tools.pay_some({cents: 1}), await tools.pay_some({cents: 20}), await tools.look({at: 4})]"
    clerk = Clerk()
    asking = FunctionToolset([clerk.look]).approval_required(lambda _, __, args: args["at"] > 3)
    agent = clerk.agent(code, tools=[pay_some], toolsets=[asking])

    assert going_on(agent, answering(True)) == "success: [1, 20, 8]"
    assert log == [(1, False), (20, False), (20, True)]
    assert clerk.log == [("look", "D", 4)]


def test_a_tool_that_defers_in_the_middle_of_its_work_is_answered_with_a_result() -> None:
    """`CallDeferred` from the body."""

    async def weigh() -> None:
        raise CallDeferred

    def decide(requests: DeferredToolRequests) -> DeferredToolResults:
        [question] = requests.metadata["t1"]["pending"]
        assert question["reason"] == "weigh is carried out elsewhere"
        return answering(True, decisions={question["id"]: {"result": 4}})(requests)

    assert going_on(Clerk().agent("return await tools.weigh({}) * 2", tools=[weigh]), decide) == "success: 8"


def test_the_metadata_must_come_back_and_be_what_was_shown() -> None:
    """Without it there is nothing to go on with; with other questions somebody approved something else."""
    agent = Clerk().agent(SCRIPT)

    with pytest.raises(UsageError, match="not what a suspended run left"):
        going_on(agent, lambda requests: requests.build_results(approve_all=True))
    with pytest.raises(JournalError, match="the questions that were shown"):
        going_on(agent, answering(True, pending=[]))
    with pytest.raises(JournalError, match="seal"):
        going_on(agent, answering(True, state="A" * 100))


def test_a_state_is_used_once() -> None:
    """The same requests answered twice in one process pay once."""
    clerk = Clerk()
    agent = clerk.agent("return await tools.pay({cents: 1})")

    async def main() -> None:
        first = await agent.run("go", deps="D")
        results = answering(True)(first.output)
        again: Any = {"message_history": first.all_messages(), "deps": "D", "deferred_tool_results": results}
        assert (await agent.run(**again)).output == 'success: "paid 1"'
        with pytest.raises(JournalError, match="used up"):
            await agent.run(**again)

    asyncio.run(main())
    assert clerk.log == [("pay", 1)]


PROGRAM = f"""
import asyncio, json, sys
from pydantic import TypeAdapter
from pydantic_ai import Agent, DeferredToolRequests
from pydantic_ai.messages import ModelMessagesTypeAdapter, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import FunctionModel
from belljar.integrations.pydantic_ai import Belljar

REQUESTS = TypeAdapter(DeferredToolRequests)

def answer(messages, info):
    last = messages[-1].parts[-1]
    if isinstance(last, ToolReturnPart):
        return ModelResponse(parts=[TextPart(last.content)])
    return ModelResponse(parts=[ToolCallPart("run_typescript", {{"code": {SCRIPT!r}}}, tool_call_id="t1")])

capability = Belljar(image_key=b"k" * 32)
agent = Agent(FunctionModel(answer), capabilities=[capability], output_type=[str, DeferredToolRequests])

def write(line):
    with open(sys.argv[1], "a") as file: file.write(line + "\\n")

@agent.tool_plain
async def look(at: int) -> int:
    write(f"look {{at}}")
    return at * 2

@agent.tool_plain(requires_approval=True)
async def pay(cents: int) -> str:
    write(f"pay {{cents}}")
    return f"paid {{cents}}"

async def main():
    told = json.load(sys.stdin)
    if told is None:
        result = await agent.run("go")
    else:
        requests = REQUESTS.validate_python(told["requests"])
        results = requests.build_results(approve_all=True, metadata=requests.metadata)
        messages = ModelMessagesTypeAdapter.validate_json(told["messages"])
        result = await agent.run(message_history=messages, deferred_tool_results=results)
    if isinstance(result.output, DeferredToolRequests):
        requests = REQUESTS.dump_python(result.output, mode="json")
        print(json.dumps({{"messages": result.all_messages_json().decode(), "requests": requests}}))
    else:
        print(result.output)

asyncio.run(main())
"""


@pytest.mark.slow
def test_other_processes_go_on_from_json(tmp_path: Path) -> None:
    """Three processes, one after another, share nothing but JSON and the key; every line is written once."""
    assert in_processes(PROGRAM, tmp_path / "log", rounds=3) == VALUE
    assert (tmp_path / "log").read_text() == "look 2\npay 4\npay 3\npay 9\n"
