"""The grammar fuzzer: it writes, it compares, it cuts down. A fuzzer that finds nothing must be known to be able to."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from belljar.machine import installed_engines
from belljar.script import analyse
from campaign import grammar
from campaign.grammar import Node, check, compare, program, setting_of, shrunk
from campaign.law import BrokenLawError
from campaign.plan import Plan
from campaign.trace import TOOLS, Setting, Trace, trace

SEEDS = range(24)


def traced(source: str) -> Trace:
    return trace(source, "quickjs", setting_of(0))


def without_random(source: str) -> Trace:
    """An engine with a fault: Math.random is always the same number."""
    return traced(source.replace("Math.random()", "0.5"))


def statement(text: str) -> Node:
    return Node("statement", (text,))


def nodes(kind: str, root: Node) -> Iterator[Node]:
    return (node for _, node in root.walk() if node.kind == kind)


# -- writing ----------------------------------------------------------------------------------------------------------


def test_the_same_seed_writes_the_same_program() -> None:
    """A seed is all that is needed to see a program again."""
    texts = [program(seed).text() for seed in SEEDS]
    assert texts == [program(seed).text() for seed in SEEDS]
    assert len(set(texts)) == len(SEEDS)


def test_most_programs_parse() -> None:
    """The grammar writes scripts that the front end accepts, nine of ten at least."""
    refused = [seed for seed in SEEDS if analyse(program(seed).text(), tools=TOOLS).findings]
    assert len(refused) <= len(SEEDS) // 10


def test_programs_make_calls_and_end_in_several_ways() -> None:
    """What is written reaches the tools, returns values and throws."""
    traces = [trace(program(seed).text(), "quickjs", setting_of(seed)) for seed in SEEDS]
    kinds = {event[0] for each in traces for event in each}
    assert kinds >= {"call", "answer", "end", "error"}


def test_every_rule_can_be_filled() -> None:
    """Every place of every rule names a rule, a variable that is always there, or a name of its own rule."""
    for seed in SEEDS:
        assert "<" not in {part for node in nodes("expression", program(seed)) for part in node.parts}


# -- comparing --------------------------------------------------------------------------------------------------------


def test_a_planted_difference_is_found() -> None:
    """Two ways of running that differ in one function are told apart, and no known difference explains it."""
    expected, found = compare("return Math.random()", {"quickjs": traced, "faulty": without_random})
    assert expected == traced("return Math.random()")
    assert [(each.way, each.names, each.got) for each in found] == [
        ("faulty", None, (("end", "0.5", ()),)),
    ]
    assert found[0].line().startswith("faulty: ('end', '0.")


def test_a_known_difference_is_recognised() -> None:
    """Another column of an error that the engine made has its name in docs/engines.md."""

    def elsewhere(source: str) -> Trace:
        return tuple((*event[:4], 99, *event[5:]) if event[0] == "error" else event for event in traced(source))

    _, found = compare("return null.x", {"quickjs": traced, "elsewhere": elsewhere})
    assert [each.names for each in found] == [("column of an error",)]


def test_another_line_of_an_error_is_no_known_difference() -> None:
    """A column may be another; a line may not."""

    def elsewhere(source: str) -> Trace:
        return tuple((*event[:3], 99, *event[4:]) if event[0] == "error" else event for event in traced(source))

    _, found = compare("return null.x", {"quickjs": traced, "elsewhere": elsewhere})
    assert [each.names for each in found] == [None]


@pytest.mark.parametrize("policy", ["each", "all", "last first"])
def test_freezing_at_every_wait_changes_nothing(policy: str) -> None:
    """A run that is frozen and thawed whenever it waits does the same as one that is not."""
    source = (
        "const [a, b] = await Promise.all([tools.later({n: 2}), tools.later({n: 1})])\nreturn [a, b, Math.random()]"
    )
    kept = trace(source, "quickjs", Setting(answers=policy))  # type: ignore[arg-type]  # a parameter is a str
    thawed = trace(source, "quickjs", Setting(answers=policy, freezes=True))  # type: ignore[arg-type]  # as above
    assert kept == thawed
    assert [event[0] for event in kept].count("answer") == (1 if policy == "all" else 2)


# -- cutting down -----------------------------------------------------------------------------------------------------


def test_the_shrinker_keeps_what_shows_it_and_nothing_else() -> None:
    """Statements around the one that matters go, and so do the blocks around it."""
    loop = Node(
        "statement", ("for (const x of [1]) { ", Node("block", (statement("f();"), statement("keep();"))), " }")
    )
    root = Node("block", (statement("a();"), loop, statement("b();")))
    assert shrunk(root, lambda node: "keep()" in node.text()).text() == "keep();"


def test_the_shrinker_simplifies_expressions() -> None:
    """An expression becomes the part of it that matters; the rest becomes something plain."""
    inner = Node("expression", ("keep",))
    call = Node("expression", ("f(", Node("expression", ("1 + 2",)), ", ", inner, ")"))
    root = Node("block", (Node("statement", ("return ", call, ";")),))
    assert shrunk(root, lambda node: "keep" in node.text()).text() == "return keep;"


def test_the_shrinker_stops_after_its_tries() -> None:
    """However large a program is, no more than the given number is tried."""
    tried = []
    root = Node("block", tuple(statement(f"s{n}();") for n in range(50)))
    shrunk(root, lambda node: bool(tried.append(node)), tries=10)  # type: ignore[func-returns-value]  # counts them
    assert len(tried) == 10


def test_a_planted_difference_is_cut_down() -> None:
    """A long program that shows a difference ends as the statement that does."""
    long = Node("block", (*program(3).parts[:-1], statement("return Math.random();")))

    def shows(node: Node) -> bool:
        return bool(compare(node.text(), {"quickjs": traced, "faulty": without_random})[1])

    assert shrunk(long, shows, tries=60).size() < long.size() / 4


# -- the campaign -----------------------------------------------------------------------------------------------------


def test_a_campaign_tells_what_it_did() -> None:
    """The report counts programs and their ends."""
    report = grammar.run(Plan(seconds=0.05, engines=("quickjs",)))
    assert re.fullmatch(r"\d+ programs from seed \d+ on quickjs and thawed, [\d.]+ a second", report.lines[0])
    assert report.finds == ()


def test_a_campaign_keeps_a_difference_with_the_program_that_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of an engine comes back as a find: why, and the smallest program."""
    faulty = {"quickjs": traced, "faulty": lambda source: (*traced(source), ("extra",))}
    monkeypatch.setattr(grammar, "ways", lambda *_: faulty)
    monkeypatch.setattr(grammar, "MOST_FINDS", 1)
    monkeypatch.setattr(grammar, "first_seed", lambda: 0)
    (find,) = grammar.run(Plan(seconds=5, engines=("quickjs",))).finds
    assert (find.target, find.data) == ("parity", b"")
    assert find.why == "seed 0, answers each; faulty: None is ('extra',)"


@pytest.mark.parametrize("kind", ["raised", "error"])
def test_a_machine_that_breaks_is_a_find_even_where_all_agree(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """What no script may cause is never taken for an outcome."""
    end = ("raised", "ValueError", "x") if kind == "raised" else ("error", "HarnessInternalError", "x")
    broken = {"quickjs": lambda _: (end,), "other": lambda _: (end,)}
    monkeypatch.setattr(grammar, "ways", lambda *_: broken)
    monkeypatch.setattr(grammar, "MOST_FINDS", 1)
    (find,) = grammar.run(Plan(seconds=5, engines=("quickjs",))).finds
    assert (find.data, find.why.partition("; ")[2]) == (b"", f"broken: {end!r}")


def test_a_kept_program_is_checked_in_every_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """A find that is kept passes when all ways agree again, and breaks the law as long as they do not."""
    check(b"return await Promise.all([tools.later({n: 2}), tools.later({n: 1})])")
    monkeypatch.setattr(grammar, "ways", lambda *_: {"quickjs": traced, "faulty": without_random})
    with pytest.raises(BrokenLawError, match="faulty"):
        check(b"return Math.random()")


def test_what_the_host_raises_is_a_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    """A script that makes belljar itself raise does not end the campaign."""

    def raises(*_: object) -> Trace:
        raise ValueError("not a step")

    monkeypatch.setattr(grammar, "trace", raises)
    assert grammar.ways(Setting(), ("quickjs",))["quickjs"]("") == (("raised", "ValueError", "not a step"),)


@pytest.mark.skipif("v8" not in installed_engines(), reason="the extra v8 is not installed")
@pytest.mark.parametrize("seed", SEEDS[:8])
def test_engines_agree_on_written_programs(seed: int) -> None:
    """A few programs of the campaign, on every engine: no difference without a name."""
    _, found = compare(program(seed).text(), grammar.ways(setting_of(seed), installed_engines()))
    assert [each.line() for each in found if each.names is None] == []
