"""What the integrations with agent frameworks share: runs that wait, decisions as JSON, names, missing frameworks."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from belljar import AutoApprover, CallInfo
from belljar.errors import JournalError, UsageError
from belljar.harness import Outcome
from belljar.integrations._script_names import script_names
from belljar.integrations._script_run import AgentMustStopError, FrameworkTool
from belljar.integrations._scripts import Scripts, decisions_on, waiting
from belljar.tools._names import checked_tool_name

BOTH = "return (await Promise.allSettled([tools.pay({cents: 1}), tools.pay({cents: 2})])).map((one) => one.value ?? one.reason.message)"  # fmt: skip  # noqa: E501


class Bank:
    """One framework's tool, and what it did."""

    def __init__(self) -> None:
        self.log: list[Any] = []
        self.tools = [
            FrameworkTool(
                name="pay",
                description="Pay.",
                parameters={"type": "object", "properties": {"cents": {"type": "integer"}}, "required": ["cents"]},
                approval="always",
                invoke=self.pay,
            )
        ]

    async def pay(self, arguments: dict[str, Any], call: CallInfo) -> str:
        self.log.append(arguments["cents"])
        return f"paid {arguments['cents']} as {call.ordinal}"

    def start(self, source: str = BOTH, **options: Any) -> Any:
        """What a script waits for, from JSON."""
        outcome = asyncio.run(Scripts(options).run(self.tools, source))
        return json.loads(json.dumps(waiting(outcome)))

    def go_on(self, waits: Any, decisions: Any, **options: Any) -> Outcome:
        return asyncio.run(Scripts(options).resume(self.tools, waits, decisions))


# -- decisions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decision", "told"),
    [
        (True, "paid 1 as 1"),
        (False, "the call of pay was denied"),
        ("no", "the call of pay was denied: no"),
        ({"approve": True}, "paid 1 as 1"),
        ({"approve": True, "arguments": {"cents": 9}, "reason": "more"}, "paid 9 as 1"),
        ({"approve": False, "reason": "no"}, "the call of pay was denied: no"),
        ({"result": {"done": True}}, {"done": True}),
        ({"result": None}, None),
    ],
)
def test_every_form_of_a_decision(decision: Any, told: Any) -> None:
    """The first call gets it; the second is denied."""
    bank = Bank()
    waits = bank.start("return await tools.pay({cents: 1}).catch((error) => error.message)")

    outcome = bank.go_on(waits, {waits["pending"][0]["id"]: decision})

    assert outcome.value == told


@pytest.mark.parametrize(
    "decision", [1, [], {}, {"approve": "yes"}, {"approve": True, "args": {}}, {"result": 1, "approve": True}]
)
def test_anything_else_is_no_decision_and_the_script_goes_on_waiting(decision: Any) -> None:
    """Nothing was done with the state."""
    bank = Bank()
    waits = bank.start("return await tools.pay({cents: 1})")
    [question] = waits["pending"]
    scripts = Scripts({})

    with pytest.raises(UsageError, match="not a decision on run_"):
        asyncio.run(scripts.resume(bank.tools, waits, {question["id"]: decision}))

    assert asyncio.run(scripts.resume(bank.tools, waits, {question["id"]: True})).value == "paid 1 as 1"


def test_arguments_of_a_decision_are_checked_again() -> None:
    """A person's slip is the script's error, not the tool's."""
    bank = Bank()
    waits = bank.start("return await tools.pay({cents: 1}).catch((error) => error.code)")
    decision = {"approve": True, "arguments": {"cents": "nine"}}

    assert bank.go_on(waits, {waits["pending"][0]["id"]: decision}).value == "ToolValidationError"
    assert bank.log == []


def test_a_decision_on_another_call_is_a_mistake() -> None:
    """It names what was asked."""
    bank = Bank()
    waits = bank.start("return await tools.pay({cents: 1})")

    with pytest.raises(UsageError, match="nobody asked 'run_other:1'"):
        bank.go_on(waits, {"run_other:1": True})


def test_one_decision_may_be_on_all_calls_and_a_denial_comes_first() -> None:
    """What a framework's one answer becomes."""
    waits = {"pending": [{"id": "a"}, {"id": "b"}], "decisions": {"a": "no"}}

    assert decisions_on({**waits, "decision": True}) == {"a": "no"}
    assert decisions_on({**waits, "decision": False}) == {"a": False, "b": False}
    assert decisions_on({"pending": waits["pending"], "decision": True}) == {"a": True, "b": True}
    assert decisions_on(None) == {}


def test_an_approver_in_the_options_is_asked_first() -> None:
    """The framework then hears of nothing."""
    bank = Bank()

    outcome = asyncio.run(Scripts({"approver": AutoApprover("all")}).run(bank.tools, BOTH))

    assert outcome.value == ["paid 1 as 1", "paid 2 as 2"]


# -- a state is used once ---------------------------------------------------------------------------------------------


def test_processes_with_one_journal_folder_use_a_state_once(tmp_path: Path) -> None:
    """The second one, here another `Scripts`, finds in the folder that the run went on."""
    bank = Bank()
    waits = bank.start(journal=tmp_path)
    decisions = {question["id"]: True for question in waits["pending"]}

    assert bank.go_on(waits, decisions, journal=tmp_path).ok
    with pytest.raises(JournalError, match="used up"):
        bank.go_on(waits, decisions, journal=tmp_path)
    assert bank.log == [1, 2]


def test_two_who_go_on_at_the_same_time_do_so_once() -> None:
    """One of them is refused."""
    bank = Bank()
    waits = bank.start()
    decisions = {question["id"]: True for question in waits["pending"]}
    scripts = Scripts({})

    async def main() -> list[Any]:
        both = [scripts.resume(bank.tools, waits, decisions) for _ in range(2)]
        return await asyncio.gather(*both, return_exceptions=True)

    found = asyncio.run(main())
    assert sorted(type(each).__name__ for each in found) == ["JournalError", "Outcome"]
    assert bank.log == [1, 2]


def test_a_state_that_could_not_be_gone_on_with_is_not_used_up() -> None:
    """Another key refuses it; the right one then takes it."""
    bank = Bank()
    waits = bank.start(image_key=b"k" * 32)
    decisions = {question["id"]: True for question in waits["pending"]}

    with pytest.raises(JournalError, match="seal"):
        bank.go_on(waits, decisions, image_key=b"x" * 32)
    assert bank.go_on(waits, decisions, image_key=b"k" * 32).ok


def test_a_tool_that_is_gone_meanwhile_is_an_error_that_the_script_catches() -> None:
    """Approved or not: nobody can make the call any more."""
    bank = Bank()
    waits = bank.start()
    decisions = {question["id"]: True for question in waits["pending"]}

    gone = asyncio.run(Scripts({}).resume([], waits, decisions))

    assert gone.value == ["there is no tool 'pay'"] * 2


# -- an error that is the agent's -------------------------------------------------------------------------------------


def test_an_error_of_the_agent_ends_the_script_and_is_raised() -> None:
    """The script cannot catch it and go on."""
    log = []

    async def fail(arguments: dict[str, Any], _: CallInfo) -> None:
        log.append(arguments)
        raise AgentMustStopError(LookupError("over"))

    tool = FrameworkTool(name="fail", description="", parameters={"type": "object"}, invoke=fail)
    source = "for (let n = 0; n < 3; n++) await tools.fail({n}).catch(() => 0)"

    with pytest.raises(LookupError, match="over"):
        asyncio.run(Scripts({}).run([tool], source))
    assert log == [{"n": 0}]


# -- options ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{"mcp": {"x": ["y"]}}, {"prompt_tokens": 1}, {"mode": "maybe"}])
def test_options_that_cannot_work_are_refused_at_once(options: dict[str, Any]) -> None:
    """Not when the first script comes."""
    with pytest.raises(UsageError):
        Scripts(options)


def test_the_description_changes_with_the_tools() -> None:
    """And is not made again where they are the same."""
    bank = Bank()
    scripts = Scripts({})

    first = scripts.prompt(bank.tools)

    assert "pay(args: { cents: number })" in first
    assert scripts.prompt(Bank().tools) is first
    assert "pay(" not in scripts.prompt(())


# -- names ------------------------------------------------------------------------------------------------------------


def test_names_that_javascript_can_write_stay() -> None:
    """The others are changed, and never into one that there is already."""
    names = ["get-weather", "get_weather", "get weather", "2fast", "then", "päy", "a.b", "---"]

    assert script_names(names) == {
        "get-weather": "get_weather_2",
        "get_weather": "get_weather",
        "get weather": "get_weather_3",
        "2fast": "_2fast",
        "then": "_then",
        "päy": "p_y",
        "a.b": "a_b",
        "---": "_",
    }


@given(st.lists(st.text(max_size=140), max_size=8, unique=True))
def test_every_name_is_callable_and_no_two_are_alike(names: list[str]) -> None:
    """Whatever a framework allows."""
    found = script_names(names)

    assert len(set(found.values())) == len(names)
    assert [checked_tool_name(name) for name in found.values()] == list(found.values())


# -- frameworks that are not there ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "package", "extra"),
    [
        ("pydantic_ai", "pydantic_ai", "pydantic-ai"),
        ("openai_agents", "agents", "openai-agents"),
        ("langchain", "langchain", "langchain"),
    ],
)
def test_a_missing_framework_is_said_with_what_to_install(module: str, package: str, extra: str) -> None:
    """And the module of one framework brings in no other."""
    others = {"pydantic_ai", "agents", "langchain"} - {package}
    program = f"""
import sys
sys.modules[{package!r}] = None
try:
    import belljar.integrations.{module}
except Exception as error:
    print(type(error).__name__, error.hint, sorted({others!r} & set(sys.modules)))
"""

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 (our own interpreter)

    assert done.stdout.strip() == f"UsageError Install belljar[{extra}]. []"
