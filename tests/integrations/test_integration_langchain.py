"""belljar in LangChain agents, with a fake chat model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import pytest
from framework_support import SCRIPT, VALUE, in_processes
from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, AgentState
from langchain.tools import InjectedState, ToolRuntime
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import BaseTool, StructuredTool, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command, interrupt
from pydantic import ValidationError

from belljar import Limits
from belljar.errors import JournalError, UsageError
from belljar.integrations.langchain import Belljar

CONFIG: Any = {"configurable": {"thread_id": "1"}}


class FakeModel(GenericFakeChatModel):
    """Says what it was given to say, and remembers what it was offered and told."""

    offered: list[list[Any]] = []  # noqa: RUF012 (a pydantic field)
    told: list[str] = []  # noqa: RUF012 (a pydantic field)

    def bind_tools(self, tools: Any, **_: Any) -> Any:
        self.offered.append(list(tools))
        return self

    def _generate(self, messages: Any, *others: Any, **options: Any) -> Any:
        self.told.append(messages[0].text)
        return super()._generate(messages, *others, **options)


def call(name: str, id_: str = "t1", **arguments: Any) -> Any:
    """A tool call of the model."""
    return {"name": name, "args": arguments, "id": id_}


def model_of(*calls: Any, then: Any = ()) -> FakeModel:
    """Makes these calls in one message, then those of `then` in another, then says goodbye."""
    messages = [AIMessage("", tool_calls=list(calls)), *([AIMessage("", tool_calls=list(then))] if then else [])]
    return FakeModel(messages=iter([*messages, AIMessage("bye")]), offered=[], told=[])


def script(code: str, id_: str = "t1") -> Any:
    """A call of `run_typescript`."""
    return call("run_typescript", id_, code=code)


class Clerk:
    """An agent's tools, and what they did."""

    def __init__(self) -> None:
        self.log: list[Any] = []

    def tools(self) -> list[BaseTool]:
        @tool
        def look(at: int, runtime: ToolRuntime) -> int:
            """Twice the number."""
            self.log.append(("look", runtime.config["configurable"]["thread_id"], at))
            return at * 2

        def pay(cents: int) -> str:
            """Pay."""
            self.log.append(("pay", cents))
            return f"paid {cents}"

        async def pay_on_the_loop(cents: int) -> str:
            return pay(cents)

        return [look, StructuredTool.from_function(pay, pay_on_the_loop)]

    def agent(self, model: FakeModel, *others: Any, **options: Any) -> Any:
        """`pay` and `look` behind scripts; a checkpointer; `others` are middleware."""
        middleware = Belljar(self.tools(), approval={"pay": "always"}, **options)
        return create_agent(model, middleware=[middleware, *others], checkpointer=InMemorySaver())


def behind(*tools: BaseTool, code: str, **options: Any) -> Any:
    """An agent that runs one script, with these tools behind it."""
    return create_agent(model_of(script(code)), middleware=[Belljar(tools, **options)], checkpointer=InMemorySaver())


Ask = Callable[[Any], list[Any]]


def worked_off(agent: Any, decide: Ask = lambda _: []) -> Any:
    """The agent's last state, with every interrupt answered."""

    async def main() -> Any:
        state = await agent.ainvoke({"messages": ["go"]}, CONFIG)
        while found := state.get("__interrupt__"):
            decisions = decide(found[0].value)
            state = await agent.ainvoke(Command(resume={"decisions": decisions}), CONFIG)
        return state

    return asyncio.run(main())


def answers(state: Any) -> dict[str, str]:
    """The answers to the model's calls, by id."""
    return {each.tool_call_id: str(each.content) for each in state["messages"] if isinstance(each, ToolMessage)}


def said(agent: Any, decide: Ask = lambda _: []) -> Any:
    """What the script returned."""
    return json.loads(answers(worked_off(agent, decide))["t1"])


def approve(value: Any) -> list[Any]:
    """Everything."""
    return [{"type": "approve"} for _ in value["action_requests"]]


# -- without approvals ------------------------------------------------------------------------------------------------


def test_the_model_sees_one_tool_that_declares_the_others() -> None:
    """With the types of their results; the agent's own tools stay beside it."""

    @tool
    def direct() -> None:
        """The agent's own."""

    model = model_of(script("return 1"))
    middleware = Belljar(Clerk().tools())
    worked_off(create_agent(model, tools=[direct], middleware=[middleware], system_prompt="Be kind."))

    offered = {each.name: each for each in model.offered[0]}
    assert set(offered) == {"run_typescript", "direct"}
    assert len(offered["run_typescript"].description) < 1_024  # more is refused by many models
    assert model.told[0].startswith("Be kind.\n\n# Tools")
    assert "look(args: { at: number }): Promise<number>;" in model.told[0]
    assert offered["run_typescript"].args_schema["required"] == ["code"]


def test_a_tool_behind_scripts_cannot_be_called_by_the_model_itself() -> None:
    """It would go past approval, budget and journal."""
    clerk = Clerk()

    told = answers(worked_off(clerk.agent(model_of(call("pay", cents=1)))))

    assert told == {"t1": "pay is called in a script: tools.pay(...) with run_typescript"}
    assert clerk.log == []


@pytest.mark.parametrize("arguments", [{}, {"code": 1}, {"script": "1"}])
def test_a_mistake_of_the_model_in_calling_the_tool_is_told_to_it(arguments: dict[str, Any]) -> None:
    """Nothing is run."""
    agent = Clerk().agent(model_of(call("run_typescript", **arguments)))

    assert answers(worked_off(agent)) == {"t1": "run_typescript takes the script as `code`"}


def test_the_tool_of_scripts_does_nothing_without_its_middleware() -> None:
    """Somebody who takes it out of `tools` is told."""
    with pytest.raises(UsageError, match="an agent that has this middleware"):
        Belljar(Clerk().tools()).tools[0].invoke({"code": "1"})


def test_a_script_calls_tools_through_the_agents_tool_node() -> None:
    """State and runtime are injected; each call has an id that is the same on every attempt."""
    ids = []

    @tool
    def name(index: int, runtime: ToolRuntime, state: Annotated[Any, InjectedState]) -> dict[str, Any]:
        """A name."""
        ids.append(runtime.tool_call_id)
        return {"name": f"{state['messages'][0].content}{index}"}

    code = "return (await tools.name({index: 1})).name + (await tools.name({index: 2})).name"

    assert said(behind(name, code=code)) == "go1go2"
    assert [str(id_).partition(":")[2] for id_ in ids] == ["1", "2"]


def test_results_are_data_and_text_stays_text() -> None:
    """What LangChain made text of is read back; a tool that declares `str` is believed."""

    @tool
    def number() -> int:
        """A number."""
        return 5

    @tool
    def text() -> str:
        """A text that looks like a number."""
        return "5"

    @tool
    def blocks() -> list[dict[str, str]]:
        """Content blocks."""
        return [{"type": "text", "text": "five"}]

    @tool
    def untyped():  # type: ignore[no-untyped-def]
        """Nobody knows."""
        return "five"

    code = "return [await tools.number({}), await tools.text({}), await tools.blocks({}), await tools.untyped({})]"

    assert said(behind(number, text, blocks, untyped, code=code)) == [
        5,
        "5",
        [{"type": "text", "text": "five"}],
        "five",
    ]


def test_a_script_that_fails_is_told_to_the_model_and_the_agent_goes_on() -> None:
    """As an error, with the calls that were made."""
    clerk = Clerk()

    state = worked_off(clerk.agent(model_of(script("await tools.look({at: 1}); throw new Error('no')"))))

    [message] = [each for each in state["messages"] if isinstance(each, ToolMessage)]
    assert message.status == "error"
    assert "look (line 1): done" in str(message.content)
    assert state["messages"][-1].content == "bye"


def test_what_a_tool_raises_or_cannot_do_is_the_scripts_to_catch() -> None:
    """An exception, arguments that its own schema refuses, an interrupt, a change of the agent's state."""

    @tool
    def fragile(numbers: list[int]) -> None:
        """Fails."""
        raise ValueError(f"broken with {len(numbers)}")

    @tool
    def picky() -> Any:
        """Asks in the middle of its work."""
        return interrupt("May I?")

    @tool
    def stateful(runtime: ToolRuntime) -> Any:
        """Changes the agent's state."""
        return Command(update={"messages": [ToolMessage("done", tool_call_id=runtime.tool_call_id)]})

    code = """
        const tell = (call) => call.catch((error) => error.message);
        return [
            await tell(tools.fragile({numbers: []})), await tell(tools.fragile({numbers: ["x"]})),
            await tell(tools.picky({})), await tell(tools.stateful({})),
        ];
    """

    raised, refused, picked, changed = said(behind(fragile, picky, stateful, code=code))

    assert raised == "fragile failed: ValueError: broken with 0"
    assert "numbers.0: Input should be a valid integer" in refused
    assert "give it a rule of approval" in picked
    assert "which a script cannot make" in changed


def test_middleware_later_in_the_list_sees_the_calls_of_a_script() -> None:
    """Not the call of the script itself, which is answered before."""
    seen = []

    class Watch(AgentMiddleware[AgentState[Any], Any, Any]):
        async def awrap_tool_call(self, request: Any, handler: Any) -> Any:
            seen.append(request.tool_call["name"])
            return await handler(request)

    assert said(Clerk().agent(model_of(script("return await tools.look({at: 1})")), Watch())) == 2
    assert seen == ["look"]


def test_belljars_own_budget_holds() -> None:
    """Options are those of the harness."""
    clerk = Clerk()
    model = model_of(script("for (let n = 0; n < 3; n++) await tools.look({at: n})"))

    told = answers(worked_off(clerk.agent(model, limits=Limits(tool_calls=2))))

    assert told["t1"].startswith("ToolBudgetExceededError")
    assert len(clerk.log) == 2


def test_a_rule_for_a_tool_that_is_not_there_is_a_mistake() -> None:
    """A slip in a name would leave a tool without its rule."""
    with pytest.raises(UsageError, match="'pya'"):
        Belljar(Clerk().tools(), approval={"pya": "always"})


# -- with approvals ---------------------------------------------------------------------------------------------------


def test_questions_interrupt_the_agent_as_its_own_middleware_would() -> None:
    """What can be done is done before."""
    clerk = Clerk()

    state = asyncio.run(clerk.agent(model_of(script(SCRIPT))).ainvoke({"messages": ["go"]}, CONFIG))

    value = state["__interrupt__"][0].value
    assert [(asked["name"], asked["args"]) for asked in value["action_requests"]] == [
        ("pay", {"cents": 4}),
        ("pay", {"cents": 3}),
    ]
    assert value["review_configs"] == [
        {"action_name": "pay", "allowed_decisions": ["approve", "edit", "reject", "respond"]}
    ]
    assert "belljar_waiting" not in state
    assert clerk.log == [("look", "1", 2)]


def test_several_pauses_are_several_rounds_and_nothing_is_done_twice() -> None:
    """Also beside a call of another tool in the same message, and with a second script of the same call id."""
    clerk = Clerk()
    done = []

    @tool
    def direct() -> str:
        """The agent's own."""
        done.append(1)
        return "done"

    model = model_of(call("direct", "t0"), script(SCRIPT), then=[script("return await tools.pay({cents: 1})")])
    middleware = Belljar(clerk.tools(), approval={"pay": "always"})
    agent = create_agent(model, tools=[direct], middleware=[middleware], checkpointer=InMemorySaver())

    state = worked_off(agent, approve)

    told = [str(each.content) for each in state["messages"] if isinstance(each, ToolMessage)]
    assert (told[0], json.loads(told[1]), json.loads(told[2])) == ("done", VALUE, "paid 1")
    assert (done, clerk.log) == ([1], [("look", "1", 2), ("pay", 4), ("pay", 3), ("pay", 9), ("pay", 1)])


def test_an_agent_without_an_event_loop_works_the_same() -> None:
    """`invoke` and `Command(resume=...)` from plain functions."""
    clerk = Clerk()
    agent = clerk.agent(model_of(script(SCRIPT)))

    state = agent.invoke({"messages": ["go"]}, CONFIG)
    while found := state.get("__interrupt__"):
        state = agent.invoke(Command(resume={"decisions": approve(found[0].value)}), CONFIG)

    assert json.loads(answers(state)["t1"]) == VALUE
    assert sorted(map(str, clerk.log)) == ["('look', '1', 2)", "('pay', 3)", "('pay', 4)", "('pay', 9)"]


def test_the_four_kinds_of_decision() -> None:
    """Approved, edited, rejected with a message that the script reads, and answered in the tool's place."""
    clerk = Clerk()
    code = "return (await Promise.allSettled([1, 2, 3, 4].map((cents) => tools.pay({cents})))).map((one) => one.value ?? one.reason.message)"  # fmt: skip  # noqa: E501
    decisions = [
        {"type": "approve"},
        {"type": "edit", "edited_action": {"name": "pay", "args": {"cents": 20}}},
        {"type": "reject", "message": "not today"},
        {"type": "respond", "message": "paid by hand"},
    ]

    assert said(clerk.agent(model_of(script(code))), lambda _: decisions) == [
        "paid 1",
        "paid 20",
        "the call of pay was denied: not today",
        "paid by hand",
    ]
    assert clerk.log == [("pay", 1), ("pay", 20)]


def test_all_scripts_that_wait_are_asked_about_at_once() -> None:
    """The decisions are in the order of the requests."""
    clerk = Clerk()
    code = "return await tools.pay({cents: %d}).catch((error) => error.code)"
    agent = clerk.agent(model_of(script(code % 1, "t1"), script(code % 2, "t2")))
    asked = []

    def decide(value: Any) -> list[Any]:
        asked.append([each["args"]["cents"] for each in value["action_requests"]])
        return [{"type": "approve" if cents == 2 else "reject"} for cents in asked[-1]]

    assert answers(worked_off(agent, decide)) == {"t1": '"ApprovalDeniedError"', "t2": '"paid 2"'}
    assert ([sorted(each) for each in asked], clerk.log) == ([[1, 2]], [("pay", 2)])


@pytest.mark.parametrize(
    "decisions",
    [
        [],
        [{"type": "agree"}],
        [{"type": "edit", "edited_action": {"name": "look", "args": {}}}],
        [{"type": "approve"}] * 2,
    ],
)
def test_decisions_that_are_none_leave_the_script_waiting(decisions: list[Any]) -> None:
    """The interrupt can be answered again."""
    clerk = Clerk()
    agent = clerk.agent(model_of(script("return await tools.pay({cents: 1})")))

    async def main() -> Any:
        await agent.ainvoke({"messages": ["go"]}, CONFIG)
        with pytest.raises(ValidationError):
            await agent.ainvoke(Command(resume={"decisions": decisions}), CONFIG)
        return await agent.ainvoke(Command(resume={"decisions": [{"type": "approve"}]}), CONFIG)

    assert answers(asyncio.run(main())) == {"t1": '"paid 1"'}


def test_going_back_to_an_older_checkpoint_does_nothing_twice() -> None:
    """The state in it is used up."""
    clerk = Clerk()
    agent = clerk.agent(model_of(script("return await tools.pay({cents: 1})")))

    async def main() -> None:
        await agent.ainvoke({"messages": ["go"]}, CONFIG)
        waiting = (await agent.aget_state(CONFIG)).config
        await agent.ainvoke(Command(resume={"decisions": [{"type": "approve"}]}), CONFIG)
        with pytest.raises(JournalError, match="used up"):
            await agent.ainvoke(Command(resume={"decisions": [{"type": "approve"}]}), waiting)

    asyncio.run(main())
    assert clerk.log == [("pay", 1)]


PROGRAM = f"""
import json, pickle, sys
from pathlib import Path
from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from belljar.integrations.langchain import Belljar

class Model(GenericFakeChatModel):
    def bind_tools(self, tools, **options): return self

def write(line):
    with open(sys.argv[1], "a") as file: file.write(line + "\\n")

@tool
def look(at: int) -> int:
    "Twice the number."
    write(f"look {{at}}")
    return at * 2

@tool
def pay(cents: int) -> str:
    "Pay."
    write(f"pay {{cents}}")
    return f"paid {{cents}}"

told = json.load(sys.stdin)
call = {{"name": "run_typescript", "args": {{"code": {SCRIPT!r}}}, "id": "t1"}}
messages = [AIMessage("", tool_calls=[call]), AIMessage("bye")]
model = Model(messages=iter(messages if told is None else messages[1:]))
saver, file = InMemorySaver(), Path(sys.argv[1] + ".checkpoints")
if told is not None:
    storage, writes, blobs = pickle.loads(file.read_bytes())
    for thread, spaces in storage.items():
        for space, found in spaces.items(): saver.storage[thread][space].update(found)
    saver.writes.update(writes)
    saver.blobs.update(blobs)
middleware = Belljar([look, pay], approval={{"pay": "always"}}, image_key=b"k" * 32)
agent = create_agent(model, middleware=[middleware], checkpointer=saver)
config = {{"configurable": {{"thread_id": "1"}}}}
asked = {{"messages": ["go"]}} if told is None else Command(resume={{"decisions": [{{"type": "approve"}}] * told}})
state = agent.invoke(asked, config)
if interrupted := state.get("__interrupt__"):
    storage = {{at: {{key: dict(kept) for key, kept in found.items()}} for at, found in saver.storage.items()}}
    writes = {{key: dict(value) for key, value in saver.writes.items()}}
    file.write_bytes(pickle.dumps((storage, writes, dict(saver.blobs))))
    print(len(interrupted[0].value["action_requests"]))
else:
    [answer] = [each.content for each in state["messages"] if isinstance(each, ToolMessage)]
    print(answer)
"""


@pytest.mark.slow
def test_other_processes_go_on_from_a_checkpoint(tmp_path: Path) -> None:
    """Three processes, one after another, share nothing but checkpoints and the key; every line is written once."""
    assert in_processes(PROGRAM, tmp_path / "log", rounds=3) == VALUE
    assert sorted((tmp_path / "log").read_text().split("\n")) == ["", "look 2", "pay 3", "pay 4", "pay 9"]
