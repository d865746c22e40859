"""Sealed programs through the harness: answers, gas, identity, effects, and what a replay gives again."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

import belljar
from belljar import AutoApprover, CallInfo, DeferApprover, Harness, Limits, tool
from belljar.errors import GasLimitOutOfRangeError, JournalError, ReplayDivergedError, SeedReusedError, UsageError
from belljar.harness import Identity, Outcome, _sealed
from belljar.journal import History, Journal, Record
from belljar.machine import Finished, installed_engines, open_machine
from belljar.script import GLOBALS, parse
from belljar.values import encode_cbor

T = TypeVar("T")


def using(work: Callable[[Harness], Coroutine[Any, Any, T]], *tools: Any, **options: Any) -> T:
    async def main() -> T:
        async with Harness(tools, **options) as harness:
            return await work(harness)

    return asyncio.run(main())


def sealed(
    source: str, input: Any = None, *, engine: str = "quickjs", tools: tuple[Any, ...] = (), **options: Any
) -> Outcome:
    settings = {name: options.pop(name) for name in ("approver",) if name in options}
    return using(lambda harness: harness.run_sealed(source, input, **options), *tools, engine=engine, **settings)


SUM = "return input.numbers.reduce((sum, n) => sum + n, 0);"

# -- answers --------------------------------------------------------------------------------------------------------


def test_a_program_gives_the_same_bytes_and_gas_on_every_engine(engine: str) -> None:
    """The answer is a text; its hash is of its UTF-8."""
    outcome = sealed("return { b: [1, 'é'], a: Decimal.fromInt(2), c: some(none) };", engine=engine)

    assert outcome.canonical_json == '{"a":"2","b":[1,"é"],"c":null}'
    assert outcome.sha256 == hashlib.sha256(outcome.canonical_json.encode()).hexdigest()
    assert (outcome.value, outcome.figures.gas, outcome.figures.gas_limit) == (
        {"a": "2", "b": [1, "é"], "c": None}, 23, 10_000_000,
    )  # fmt: skip


def test_input_is_plain_data_of_integers() -> None:
    """Null is JsonNull; what the language has no value for is refused before anything runs."""
    assert sealed("return [input.a, input.b === JsonNull]", {"a": [1, "x", True], "b": None}).value == [
        [1, "x", True], True,
    ]  # fmt: skip
    for bad in (1.5, float("nan"), 2**53, {"a": b""}, {1: 2}, {"a": object()}):
        with pytest.raises(UsageError, match=r"sealed"):
            sealed("return 1", bad)


@pytest.mark.parametrize(("key", "code"), [("\ud800", "InvalidStringError"), ("k" * 1_048_577, "LimitError")])
def test_a_key_of_the_input_is_a_text_like_any(key: str, code: str, engine: str) -> None:
    """Whole, and not too long."""
    outcome = sealed("return input", {"a": [{key: 1}]}, engine=engine)

    assert outcome.error is not None
    assert outcome.error.code == code


def test_an_error_has_the_authors_line_and_column(engine: str) -> None:
    """The operator's own; and bytes like any answer's."""
    outcome = sealed("const a = 9007199254740991;\nreturn [1,\n  a + input];", 1, engine=engine)

    assert outcome.error is not None
    assert (outcome.error.code, outcome.error.line, outcome.error.column) == ("IntegerOverflowError", 3, 5)
    assert json.loads(outcome.canonical_json)["error"]["code"] == "IntegerOverflowError"


def test_what_a_program_logs_is_in_the_outcome() -> None:
    """In order, with its values as canonical JSON."""
    assert [line.text for line in sealed("log('a', { z: 1, b: 2 }); log(3); return 1").console] == [
        'a {"b":2,"z":1}',
        "3",
    ]


def test_lines_beyond_the_limits_are_counted_and_change_no_answer(engine: str) -> None:
    """So many are kept, each cut to so many bytes."""
    outcome = sealed("return List.range(300).map((n) => log(n, 'é'.repeat(5_000))).length", engine=engine)

    assert (outcome.value, len(outcome.console), outcome.figures.console_dropped) == (300, 200, 100)
    assert {len(line.text.encode()) for line in outcome.console} <= {4_095, 4_096}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("return Result.isOk(Json.parse('1' + '0'.repeat(300_000) + '1'))", False),
        ("return 'a'.repeat(500_000).indexOf('a'.repeat(250_000) + 'b')", -1),
        ("return 'a'.repeat(100_000).replaceAll('a'.repeat(50_000), 'b')", "bb"),
        ("return ('x'.repeat(20) + ',' ).repeat(3).split('x'.repeat(20) + ',').length", 4),
    ],
)
def test_work_on_long_texts_is_linear(source: str, value: Any, engine: str) -> None:
    """Gas does not grow with a text's length, so the work must not grow faster than it."""
    assert sealed(source, engine=engine, limits=Limits(timeout_ms=2_000)).value == value


def test_an_error_of_the_engine_has_no_place(engine: str) -> None:
    """It would be one in the compiled text."""
    source = "const f = (list) => f(list.concat(list.map((x) => `${x}${x}`))); return f([input])"
    outcome = sealed(source, "x" * 1_000, engine=engine, limits=Limits(memory_mb=16))

    assert outcome.error is not None
    assert outcome.error.code in ("ScriptMemoryError", "LimitError")
    if outcome.error.code == "ScriptMemoryError":
        assert (outcome.error.line, outcome.error.column) == (None, None)


def test_a_program_with_findings_does_not_run() -> None:
    """All of them are told, and it has used no gas and no identity."""
    who = Identity(request_id="findings")
    outcome = sealed("let x = 1; return null", identity=who)

    assert outcome.error is not None
    assert (outcome.error.code, len(outcome.error.details["findings"]), outcome.figures.gas) == (
        "SealedLanguageError", 2, 0,
    )  # fmt: skip
    assert sealed("return 1", identity=who).value == 1


def test_hash_randomisation_and_processes_make_no_difference() -> None:
    """Other processes, with other seeds of Python's own hashes, give the same bytes, gas and hash."""
    program = (
        "import asyncio; from belljar import Harness\n"
        "async def main():\n"
        "    async with Harness() as harness:\n"
        '        o = await harness.run_sealed("return Object.entries({ z: 1, y: [2], x: { b: 1, a: 2 } })")\n'
        "        print(o.canonical_json, o.figures.gas, o.sha256)\n"
        "asyncio.run(main())"
    )
    said = {
        subprocess.run(  # noqa: S603 (our own interpreter)
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1", "4711")
    }

    assert len(said) == 1
    assert "ok" not in said


# -- gas --------------------------------------------------------------------------------------------------------------


def test_gas_is_exhausted_one_below_what_the_program_needs_and_not_at_it(engine: str) -> None:
    """The answer at the limit is the program's; below it is a value that says so, hashed like any other."""
    need = sealed(SUM, {"numbers": [1, 2, 3]}, engine=engine).figures.gas

    at, below = (sealed(SUM, {"numbers": [1, 2, 3]}, engine=engine, gas_limit=limit) for limit in (need, need - 1))

    assert (at.value, at.figures.gas) == (6, need)
    assert below.ok
    assert (
        below.canonical_json == f'{{"error":"GasExhausted","gasLimit":{need - 1},"gasUsed":{below.value["gasUsed"]}}}'
    )
    assert below.value["gasUsed"] == below.figures.gas < need


def test_every_limit_ends_a_program_at_the_same_place_on_both_engines() -> None:
    """From 1 to what it needs: the used gas never passes the limit."""
    source = "const f = (n) => n === 0 ? 0 : n + f(n - 1); return `${f(input)}`.length > 1 && f(2) === 3"
    need = sealed(source, 5).figures.gas
    for limit in range(1, need + 1, 7):
        first, second = (sealed(source, 5, engine=name, gas_limit=limit) for name in installed_engines())
        assert first.canonical_json == second.canonical_json
        assert first.figures.gas == second.figures.gas <= limit


@pytest.mark.parametrize("limit", [0, -1, 2_000_000_001, True, 1.5, "5"])
def test_a_gas_limit_out_of_range_is_refused(limit: Any) -> None:
    """Nothing runs."""
    with pytest.raises(GasLimitOutOfRangeError):
        sealed("return 1", gas_limit=limit)


@pytest.mark.parametrize(("named", "limit"), [("1", 1), ("2000000000", 2_000_000_000)])
def test_the_environment_may_name_the_gas_limit(monkeypatch: pytest.MonkeyPatch, named: str, limit: int) -> None:
    """MTP_GAS_LIMIT; an argument comes before it, and the program cannot read it."""
    monkeypatch.setenv("MTP_GAS_LIMIT", named)

    assert sealed("return 1").figures.gas_limit == limit
    assert sealed("return 1", gas_limit=50).figures.gas_limit == 50


@pytest.mark.parametrize("named", ["0", "", "x", "1e3", "99999999999", " 5"])
def test_an_environment_that_names_no_gas_limit_is_refused(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    """Rather than run with another limit than was meant."""
    monkeypatch.setenv("MTP_GAS_LIMIT", named)
    with pytest.raises(GasLimitOutOfRangeError):
        sealed("return 1")


def test_a_million_tail_calls_take_no_stack(engine: str) -> None:
    """Of a function to itself, and of two to each other."""
    source = """
        const count = (n, sum) => n === 0 ? sum : count(n - 1, sum + 1);
        const even = (n) => n === 0 ? true : odd(n - 1);
        const odd = (n) => n === 0 ? false : even(n - 1);
        return [count(1_000_000, 0), even(100_000)];
    """
    assert sealed(source, engine=engine, gas_limit=100_000_000).value == [1_000_000, True]


def test_calls_that_nest_too_deep_are_an_error_at_the_same_depth(engine: str) -> None:
    """A limit of the profile, not of an engine's stack; here with large frames, callbacks and patterns."""
    source = """
        const deep = ({ n, a, b }) => n === 0 ? 0 : 1 + [n].map((m) => deep({ n: m - 1, a: [a, b], b: `${m}` }))[0];
        return deep({ n: input, a: none, b: "" });
    """
    assert sealed(source, 256, engine=engine).value == 256
    outcome = sealed(source, 257, engine=engine)
    assert outcome.error is not None
    assert (outcome.error.code, outcome.error.details) == ("LimitError", {"limit": "call depth", "max": 256})


def with_names(count: int) -> str:
    declared = " ".join(f"const c{at} = n + {at};" for at in range(count))
    return f"const deep = (n) => {{ {declared} return n === 0 ? 0 : deep(n - 1) + 1; }}; return deep(input);"


def with_operands(count: int) -> str:
    nested = "deep(n - 1)"
    for _ in range(count):
        nested = f"Int.max(0, {nested})"
    return f"const deep = (n) => n === 0 ? 0 : {nested} + 1; return deep(input);"


def with_arguments(count: int) -> str:
    call = f"g(deep(n - 1){', 1' * count})"
    return f"const g = (x, ...more) => x; const deep = (n) => n === 0 ? 0 : {call} + 1; return deep(input);"


def with_substitutions(count: int) -> str:
    text = f"`${{deep(n - 1)}}{'${1}' * count}`"
    return f"const deep = (n) => n === 0 ? 0 : {text}.length * 0 + n; return deep(input);"


@pytest.mark.parametrize("wide", [with_names, with_operands, with_arguments, with_substitutions])
def test_the_widest_function_reaches_the_same_depth(wide: Callable[[int], str], engine: str) -> None:
    """What a function may keep on the stack is bounded, so that the depth is the profile's on every engine."""
    most = max(count for count in range(5, 100) if belljar.check(wide(count), profile="sealed").ok)

    assert sealed(wide(most), 256, engine=engine).value == 256
    outcome = sealed(wide(most), 257, engine=engine)
    assert outcome.error is not None
    assert outcome.error.code == "LimitError"
    (finding,) = belljar.check(wide(most + 1), profile="sealed").findings
    assert "too large" in finding.message or "too many" in finding.message


def test_a_loop_without_gas_is_ended_by_its_time(engine: str) -> None:
    """Fuel on one engine, the clock on the other: the one code says that it was no answer."""
    limits = Limits(timeout_ms=150)
    outcome = sealed("const f = () => f(); return f();", engine=engine, limits=limits)

    assert outcome.error is not None
    assert outcome.error.code == "CpuLimitError"


# -- identity ---------------------------------------------------------------------------------------------------------


def test_the_seed_is_what_the_specification_says() -> None:
    """SHA-256 of ids, the profile's name, the content's digest and the limit in decimal."""
    seen: list[bytes] = []

    @tool
    def look(call: CallInfo) -> None:
        """See the seed."""
        seen.append(call.seed)

    source = "await effects.look({}); return 1"
    who = Identity(request_id="r-é", account_id="acc", function_version="7")
    sealed(source, tools=(look,), identity=who, gas_limit=5_000)

    content = hashlib.sha256(source.encode()).digest()
    assert seen == [hashlib.sha256("r-éacc7mtpscript-v5.1".encode() + content + b"5000").digest()]


def test_an_identity_has_one_run_of_a_program() -> None:
    """In this process, whatever the harness; another program, limit or id is another seed."""
    who = Identity(request_id="once")
    sealed("return 1", identity=who)

    with pytest.raises(SeedReusedError):
        sealed("return 1", identity=who)
    assert [
        sealed("return 2", identity=who).value,
        sealed("return 1", identity=who, gas_limit=100).value,
        sealed("return 1", identity=Identity(request_id="once", account_id="a")).value,
    ] == [2, 1, 1]


def test_a_journal_folder_remembers_what_its_processes_forget(tmp_path: Path) -> None:
    """The mark is made by whoever comes first; other folders know nothing of it."""
    who, source = Identity(request_id="folder"), "return 'in a folder'"

    def run_in(folder: Path) -> Outcome:
        _sealed.SEEDS._used.clear()  # as another process would be
        return using(lambda harness: harness.run_sealed(source, identity=who), journal=folder)

    assert run_in(tmp_path / "a").ok
    with pytest.raises(SeedReusedError):
        run_in(tmp_path / "a")
    assert run_in(tmp_path / "b").ok


def test_an_identity_is_not_used_up_by_a_run_that_did_not_begin(tmp_path: Path) -> None:
    """Its journal could not be made."""
    who, taken = Identity(request_id="began"), tmp_path / "taken.jsonl"
    taken.write_text("")

    with pytest.raises(JournalError):
        sealed("return 1", identity=who, journal=taken)

    assert sealed("return 1", identity=who).value == 1


@pytest.mark.parametrize("bad", [5, None, b"x", "\ud800"])
def test_an_identity_is_made_of_texts(bad: Any) -> None:
    """Anything else is the host's mistake."""
    with pytest.raises(UsageError, match=r"Identity\.account_id must be a text"):
        Identity(request_id="r", account_id=bad)


def test_a_sealed_run_has_no_context_and_no_seed_of_its_own() -> None:
    """Both would be inputs that its identity does not name."""
    for options in ({"context": {"a": 1}}, {"seed": b"x"}):
        with pytest.raises(UsageError, match="no context and no seed"):
            sealed("return 1", **options)


# -- effects ----------------------------------------------------------------------------------------------------------


class Rates:
    """Effects that remember what they were asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    @tool
    async def rate(self, base: str, quote: str) -> int:
        """Hundredths."""
        self.asked.append((base, quote))
        return {"USD": 125, "GBP": 80}[quote]

    @tool(approval="always")
    def pay(self, cents: int) -> dict[str, Any]:
        """Pay."""
        self.asked.append(cents)
        return {"paid": cents, "note": None}


CONVERT = """
    const convert = async (cents, quote) => Int.div(cents * await effects.rate({ base: "EUR", quote }), 100);
    const total = async (list, sum) => list.length === 0
        ? sum
        : await total(list.slice(1), sum + await convert(list[0], "USD"));
    return { total: await total(input, 0), gbp: await convert(1_000, "GBP") };
"""


def test_effects_are_tools_asked_one_after_another(engine: str) -> None:
    """With the harness's schema, journal and figures; a tail call over them takes no stack."""
    rates = Rates()
    outcome = sealed(CONVERT, [100, 200], tools=(rates.rate,), engine=engine)

    assert (outcome.value, outcome.figures.tool_calls) == ({"gbp": 800, "total": 375}, 3)
    assert rates.asked == [("EUR", "USD"), ("EUR", "USD"), ("EUR", "GBP")]


def test_a_replay_gives_the_same_bytes_on_either_engine_and_asks_nobody(engine: str) -> None:
    """The answers come from the journal, by seed and ordinal."""
    rates = Rates()
    outcome = sealed(CONVERT, [100, 200], tools=(rates.rate,), engine=engine)

    replays = [belljar.replay(outcome.journal, engine=name) for name in installed_engines()]

    assert {each.sha256 for each in replays} == {outcome.sha256}
    assert len(rates.asked) == 3


def test_the_journal_of_a_program_with_findings_can_be_replayed() -> None:
    """It says that nothing ran, and so does its replay."""
    outcome = sealed("let x = 1")

    assert belljar.replay(outcome.journal).sha256 == outcome.sha256


def test_a_replay_that_asks_another_question_names_both() -> None:
    """A journal whose answer was changed leads elsewhere; so does one whose question was."""
    outcome = sealed(CONVERT, [100], tools=(Rates().rate,))
    changed = Journal()
    for each in outcome.journal.records:
        facts = dict(each.facts)
        if each.type == "intent":
            facts |= {"arguments": {"base": "EUR", "quote": "CHF"}, "asked": None}
        changed.append(Record(each.type, facts))

    with pytest.raises(ReplayDivergedError) as diverged:
        belljar.replay(changed)

    assert diverged.value.details["ordinal"] == 1
    assert "CHF" in diverged.value.details["run"]
    assert "USD" in diverged.value.details["replay"]


def test_the_journal_has_the_promise_of_each_effect() -> None:
    """SHA-256 of the deterministic CBOR of the call, at its ordinal."""
    outcome = sealed("return await effects.rate({ quote: 'USD', base: 'EUR' })", tools=(Rates().rate,))

    (intent,) = [each.facts for each in outcome.journal.records if each.type == "intent"]
    call = encode_cbor(["rate", {"base": "EUR", "quote": "USD"}])
    assert (intent["call"], intent["promise"]) == (1, hashlib.sha256(call).hexdigest())


def test_a_process_that_died_between_effect_and_answer_leaves_the_truth() -> None:
    """The effect may have taken place: the journal says so, nobody guesses, and nobody asks again."""
    rates = Rates()
    outcome = sealed(CONVERT, [100], tools=(rates.rate,))
    died = Journal()
    for each in outcome.journal.records:
        if each.type == "answer":
            break
        died.append(each)

    with pytest.raises(JournalError, match="the journal ends before the run did"):
        belljar.replay(died)
    assert [(call.tool, call.state.value) for call in History(died.records).after_crash()] == [("rate", "unknown")]


def test_an_effect_that_fails_ends_the_program_at_its_call(engine: str) -> None:
    """Nothing in the language catches it."""

    @tool
    def broken() -> int:
        """Fail."""
        raise RuntimeError("down")

    outcome = sealed("const a = 1;\nreturn a + await effects.broken({});", tools=(broken,), engine=engine)

    assert outcome.error is not None
    assert (outcome.error.code, outcome.error.line, outcome.error.column) == ("ToolExecutionError", 2, 26)


def test_an_answer_that_is_no_sealed_value_ends_the_program(engine: str) -> None:
    """A fraction is none, wherever it is in the answer."""

    @tool
    def half() -> dict[str, list[float]]:
        """A half."""
        return {"values": [1, 0.5]}

    outcome = sealed("return await effects.half({})", tools=(half,), engine=engine)

    assert outcome.error is not None
    assert (outcome.error.code, outcome.error.line) == ("InexactResultError", 1)


def test_only_declared_effects_can_be_asked() -> None:
    """An unknown one is a finding, with the nearest name."""
    outcome = sealed("return await effects.raet({})", tools=(Rates().rate,))

    assert outcome.error is not None
    assert (outcome.error.code, outcome.error.hint) == ("UndefinedNameError", "Did you mean 'rate'?")


def test_an_effect_may_wait_for_a_person_and_the_program_goes_on_elsewhere() -> None:
    """Suspension, approval and resumption are those of every run; the bytes are those of a run without them."""
    rates = Rates()
    source = (
        "const first = await effects.rate({ base: 'EUR', quote: 'USD' }); return await effects.pay({ cents: first })"
    )

    async def suspend(harness: Harness) -> Outcome:
        return await harness.run_sealed(source, identity=Identity(request_id="waits"))

    waiting = using(suspend, rates.rate, rates.pay, approver=DeferApprover())
    assert waiting.suspension is not None
    state, (request,) = waiting.suspension.state, waiting.suspension.pending
    done = using(lambda harness: harness.resume(state, {request.id: True}), rates.rate, rates.pay)

    direct = sealed(source, tools=(rates.rate, rates.pay), approver=AutoApprover("all"))
    assert (done.canonical_json, done.figures.gas) == (direct.canonical_json, direct.figures.gas)
    assert rates.asked == [("EUR", "USD"), 125, ("EUR", "USD"), 125]


def test_arguments_reach_an_effect_as_plain_data(engine: str) -> None:
    """Decimals as text, Options as their value, and keys that look like ours as they are."""
    seen: list[Any] = []

    @tool
    def look(value: Any) -> None:
        """Look."""
        seen.append(value)

    source = """
        const d = match(Decimal.of("1.50"), { ok: (x) => x, err: () => Decimal.fromInt(0) });
        await effects.look({ value: { d, o: some([1]), n: JsonNull, "$bytes": "x" } });
        await effects.look({ value: { "$object": 1 } });
        return 1;
    """
    assert sealed(source, tools=(look,), engine=engine).ok
    assert seen == [{"$bytes": "x", "d": "1.5", "n": None, "o": [1]}, {"$object": 1}]


@pytest.mark.parametrize("answer", [{"$bytes": "aGk="}, {"$object": 1}, {"$": [{"$bytes": 1}]}])
def test_an_answer_whose_keys_look_like_ours_is_data(answer: Any, engine: str) -> None:
    """As it is; real bytes are no sealed value."""

    @tool
    def give(raw: bool) -> Any:
        """The answer."""
        return b"x" if raw else answer

    source = "return await effects.give({ raw: input })"
    assert sealed(source, False, tools=(give,), engine=engine).value == answer
    outcome = sealed(source, True, tools=(give,), engine=engine)
    assert outcome.error is not None
    assert outcome.error.code == "SerializationError"


def test_arguments_that_are_no_data_end_the_program_at_the_effect(engine: str) -> None:
    """A function is none."""
    outcome = sealed(
        "return 1 +\n await effects.rate({ base: (x) => x, quote: '' })", tools=(Rates().rate,), engine=engine
    )

    assert outcome.error is not None
    assert (outcome.error.code, outcome.error.line, outcome.error.column) == ("UnencodableError", 2, 16)


# -- the realm --------------------------------------------------------------------------------------------------------


def test_nothing_of_the_realm_is_left_to_find(engine: str) -> None:
    """Not even for code that our compiler would not write: the standard profile's globals and the engines' are gone."""
    names = sorted({*GLOBALS, "eval", "Function", "globalThis", "WebAssembly", "Intl", "Atomics", "SharedArrayBuffer"})
    kinds = ", ".join(f"typeof {name}" for name in names if name not in ("undefined", "NaN", "Infinity"))
    code = f"return (function* ($, input) {{ 'use strict'; return $.arr([{kinds}, typeof this]); }});"
    script = dataclasses.replace(parse("return 1", profile="sealed"), code=code)
    with open_machine(engine=engine, profile="sealed") as machine:
        step = machine.start(script, context={"input": None, "gas_limit": 1_000})

    assert isinstance(step, Finished)
    assert set(step.value) == {"undefined"}
