"""Arguments on a page: edited without their secrets, compared by place."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar import ApprovalRequest
from belljar.audit import redact
from belljar.errors import DecisionRefusedError
from belljar.web._edit import Change, changes, displayed, edit_text, edited, read_json

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=14) | st.dictionaries(st.text(min_size=1, max_size=6), inner, max_size=4),
    max_leaves=20,
)


GITHUB = "ghp_aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6"
OTHER = "ghp_bB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ7"
SHORT = st.recursive(
    st.sampled_from([1, 2, "x", "[redacted]", "L" * 501, "M" * 501, b"raw", GITHUB]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["to", "password", GITHUB, OTHER]), inner, max_size=4)
    ),
    max_leaves=10,
)
HIDDEN = {"password": "old-secret"}


def request(**arguments: Any) -> ApprovalRequest:
    return ApprovalRequest(
        id="r:1", run_id="r", script_sha256="0" * 64, ordinal=1, call_id="1", tool="pay", arguments=arguments,
        display=redact(arguments), excerpt="", line=1, column=1, reason="", elapsed_ms=0, expires_ms=1, digest="d" * 64,
    )  # fmt: skip


@settings(derandomize=True, deadline=None, max_examples=30)
@given(st.dictionaries(st.text(min_size=1, max_size=8), PLAIN, max_size=5))
def test_what_is_sent_back_as_it_was_shown_means_the_real_arguments(arguments: dict[str, Any]) -> None:
    """Secrets, long lists and odd characters included: an editor that changes nothing changes nothing."""
    asked = request(**{"password": "hunter2-hunter2", **arguments})

    assert edited(edit_text(asked), asked) == asked.arguments


def test_one_amount_is_changed_and_the_secret_stays() -> None:
    """The person types a number; the token that they never saw goes along."""
    asked = request(cents=5000, card={"token": "tok-91", "owner": "Ann"}, lines=list(range(30)), blob=b"\x00\x01")
    text = edit_text(asked).replace("5000", "4500").replace("Ann", "Anne")

    assert "tok-91" not in text
    assert edited(text, asked) == {
        "cents": 4500,
        "card": {"token": "tok-91", "owner": "Anne"},
        "lines": list(range(30)),
        "blob": b"\x00\x01",
    }


def test_a_long_list_keeps_its_tail_when_its_beginning_is_edited() -> None:
    """What the display left out is not lost; the line that stands for it says where it goes."""
    asked = request(lines=list(range(30)))
    text = edit_text(asked).replace("    3,", "    333,")

    assert edited(text, asked)["lines"] == [0, 1, 2, 333, *range(4, 30)]


def refusal(arguments: dict[str, Any], change: Callable[[dict[str, Any]], object]) -> str:
    """Why an edit of what is shown is refused."""
    asked = request(**arguments)
    shown = json.loads(edit_text(asked))
    change(shown)
    with pytest.raises(DecisionRefusedError) as refused:
        edited(json.dumps(shown), asked)
    return refused.value.message


SECRET, PART = " has [redacted] in it, which is no value", " is shown in part, and a part is no value"
ANA, BEN = {"to": "ana", "password": "anas-secret"}, {"to": "ben", "password": "bens-secret"}
LONG = "Dear Ana, " + "x" * 600


@pytest.mark.parametrize(
    ("arguments", "change", "message"),
    [
        ({"to": [ANA, BEN]}, lambda it: it["to"].pop(0), "to[0].password" + SECRET),
        ({"to": [ANA, BEN]}, lambda it: it["to"].reverse(), "to[0].password" + SECRET),
        ({"to": [ANA, 1]}, lambda it: it["to"].append(it["to"][0]), "to[0].password" + SECRET),
        ({"to": [ANA]}, lambda it: it["to"][0].update(to="ben"), "to[0].password" + SECRET),
        (
            {"a": ANA, "b": BEN},
            lambda it: it.update(a=it["b"], b=it["a"]),
            "a.password" + SECRET,
        ),
        ({"a": ANA, "b": BEN}, lambda it: it["a"].update(to="ben"), "a.password" + SECRET),
        ({"card": ANA}, lambda it: it.update(b=it.pop("card")), "b.password" + SECRET),
        (
            {"a": {GITHUB: 1, "x": 1}, "b": {GITHUB: 2, "x": 2}},
            lambda it: it.update(a=it["b"], b=it["a"]),
            'a["[redacted]"]' + SECRET,
        ),
        (
            {"a": [*range(30)], "b": [*range(40, 70)]},
            lambda it: it.update(a=it["b"], b=it["a"]),
            "a[10]" + PART,
        ),
        ({"a": [*range(30)]}, lambda it: it["a"].append(30), "a[10]" + PART),
        ({"mail": LONG}, lambda it: it.update(mail=it["mail"].replace("Ana", "Ben")), "mail" + PART),
        ({"raw": b"abc"}, lambda it: it.update(raw=it["raw"] + "!"), "raw" + PART),
        (
            {"o": {f"k{n}": n for n in range(60)}},
            lambda it: it["o"].update(k55=1),
            "o has a name twice: one of them is not shown",
        ),
    ],
)
def test_a_hidden_value_is_not_guessed(
    arguments: dict[str, Any], change: Callable[[dict[str, Any]], object], message: str
) -> None:
    """Where it is in doubt whose it is, or only its mark is left, the edit is refused with the place."""
    assert refusal(arguments, change) == message


def test_a_refused_edit_says_what_to_do() -> None:
    """Write it, or leave the whole argument alone."""
    asked = request(a=ANA, b=BEN)
    with pytest.raises(DecisionRefusedError) as refused:
        edited(edit_text(asked).replace("ana", "eve"), asked)

    assert refused.value.hint == "Write it out whole, or leave all of a as it was shown."


def test_what_is_shown_with_its_hash_is_known_wherever_it_stands() -> None:
    """Long texts and bytes can be moved and left out: the hash says which is meant."""
    asked = request(mails=["A" * 600, "B" * 600, {"raw": b"abc"}], x=1)
    shown = json.loads(edit_text(asked))

    assert edited(json.dumps({"mails": shown["mails"][1:], "x": 2}), asked) == {
        "mails": ["B" * 600, {"raw": b"abc"}],
        "x": 2,
    }


def test_two_texts_that_are_shown_alike_are_not_told_apart() -> None:
    """A script that writes the mark of a long text itself makes no other text of it."""
    mark = redact(LONG)
    changed = {"a": {"n": 1, "text": LONG}, "b": {"n": 1, "text": mark}}

    assert refusal(changed, lambda it: it["a"].update(n=2)) == "a.text is shown in part, and a part is no value"


def test_names_that_are_hidden_alike_keep_their_values() -> None:
    """Nothing shifts, and nothing is lost."""
    asked = request(pay={GITHUB: {"evil": 1_000_000}, "alice": 5, OTHER: 0, "bob": 500})
    shown = json.loads(edit_text(asked))
    shown["pay"]["bob"] = 6

    assert list(shown["pay"])[::2] == ["[redacted]", "[redacted] (2)"]
    assert edited(json.dumps(shown), asked) == {"pay": {**asked.arguments["pay"], "bob": 6}}


def test_what_was_shown_with_names_lost_is_never_completed() -> None:
    """A question of an earlier version that shows two names as one is answered whole, or written anew."""
    asked = replace(request(pay={GITHUB: 7, OTHER: 0, "bob": 5}), display={"pay": {"[redacted]": 0, "bob": 5}})

    assert edited(edit_text(asked), asked) == asked.arguments
    with pytest.raises(DecisionRefusedError):
        edited(edit_text(asked).replace("5", "6"), asked)
    assert edited('{"pay": {"bob": 6}}', asked) == {"pay": {"bob": 6}}


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    st.dictionaries(st.sampled_from("abc"), SHORT, max_size=3), st.integers(0, 50), st.sampled_from([None, 7, ["x"]])
)
def test_an_edit_means_what_the_page_then_shows(arguments: dict[str, Any], at: int, put: Any) -> None:
    """Take something out anywhere or put something there: it is refused, or shown again as it was written."""
    asked = request(**arguments)
    wanted = changed(json.loads(edit_text(asked)), at, put)
    try:
        meant = edited(json.dumps(wanted), asked)
    except DecisionRefusedError:
        return

    assert displayed(meant, asked) == wanted


def changed(shown: dict[str, Any], at: int, put: Any) -> dict[str, Any]:
    """With the place number `at` taken out (None), or another value there."""
    places = list(_places(shown))
    if places:
        holder, key = places[at % len(places)]
        holder[key] = put
        if put is None:
            del holder[key]
    return shown


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield value, key
        yield from _places(item)


def test_a_moved_secret_that_only_the_harness_knows_stays_hidden() -> None:
    """An item that moved is shown as it was shown before."""
    real = {"list": ["one", "swordfish", "three"], "x": {"swordfish": 1, "n": 1}}
    known = replace(request(**real), display=redact(real, secrets=["swordfish"]))

    assert displayed({"list": ["swordfish", "three"], "x": {"swordfish": 1, "n": 2}}, known) == {
        "list": ["[redacted]", "three"],
        "x": {"[redacted]": 1, "n": 2},
    }


def test_a_text_that_reads_like_bytes_is_another_value() -> None:
    """It is shown as what was written."""
    assert displayed({"raw": "b'abc'"}, request(raw=b"abc")) == {"raw": "b'abc'"}


def test_places_that_differ_read_differently() -> None:
    """A name with a dot in it is no path."""
    before = {"a.b": 1, "a": {"b": 1}}

    assert changes(before, {"a.b": 2, "a": {"b": 1}}) == (Change(path='["a.b"]', before="1", after="2"),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1]", "the arguments are an object, by name: {…}"),
        ('{"a": 1, "a": 2}', "this is no JSON: a name stands twice in one object"),
        ('{"a": NaN}', "this is no JSON: NaN is no number of JSON"),
        ('{"other": "[redacted]"}', "other has [redacted] in it, which is no value"),
        ('{"a": 99999999999999999999}', "$.a: the integer is outside ±(2^53 - 1) and would lose digits"),
        ("{", "this is no JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
    ],
)
def test_what_cannot_be_meant_is_refused(text: str, message: str) -> None:
    """With the reason, for the person at the field."""
    with pytest.raises(DecisionRefusedError) as refused:
        edited(text, request(**HIDDEN))

    assert refused.value.message == message


def test_very_deep_text_is_refused() -> None:
    """It ends as a refusal, not as a broken server."""
    with pytest.raises(DecisionRefusedError):
        read_json("[" * 100_000)


def test_versions_differ_by_place() -> None:
    """Changed, left out and added, in the order of the first."""
    before = {"cents": 500, "to": {"name": "Ann", "note": "x"}, "list": [1, 2]}
    after = {"cents": 400, "to": {"name": "Ann"}, "list": [1, 2, 3], "why": True}

    assert changes(before, after) == (
        Change(path="cents", before="500", after="400"),
        Change(path="to.note", before='"x"', after=""),
        Change(path="list[2]", before="", after="3"),
        Change(path="why", before="", after="true"),
    )


def test_edited_arguments_show_no_secret() -> None:
    """What was left alone is shown as before; a new secret is redacted like an old one."""
    asked = request(cents=1, **HIDDEN)

    assert displayed({"cents": 2, "password": "old-secret"}, asked) == {"cents": 2, "password": "[redacted]"}
    assert displayed({"cents": 2, "token": "fresh-secret"}, asked) == {"cents": 2, "token": "[redacted]"}


def test_a_secret_that_only_the_harness_knows_stays_hidden() -> None:
    """However deep it lies, and beside a value that was changed."""
    real = {"card": {"note": "the code is swordfish", "cents": 1}, "list": ["swordfish", *range(20)], "x": 1}
    known = replace(request(**real), display=redact(real, secrets=["swordfish"]))
    edit = edited(edit_text(known).replace('"cents": 1', '"cents": 2').replace("      8,", "      88,"), known)
    shown = displayed({**edit, "x": "swordfish typed by the person"}, known)

    assert edit["card"] == {"note": "the code is swordfish", "cents": 2}
    assert shown["card"] == {"note": "the code is [redacted]", "cents": 2}
    assert shown["list"][0] == "[redacted]"
    assert changes(known.display, shown)[0] == Change(path="card.cents", before="1", after="2")


@settings(derandomize=True, deadline=None, max_examples=30)
@given(st.dictionaries(st.text(min_size=1, max_size=8), PLAIN, max_size=5))
def test_arguments_that_nobody_changed_are_shown_as_before(arguments: dict[str, Any]) -> None:
    """Two versions without a difference have none on the page."""
    asked = request(**{"password": "hunter2-hunter2", **arguments})

    assert displayed(asked.arguments, asked) == asked.display
    assert changes(asked.display, displayed(asked.arguments, asked)) == ()
