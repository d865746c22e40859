"""Text that would deceive, and the words for times."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar.audit import secrets_pattern
from belljar.tools._characters import UNPRINTABLE
from belljar.web._console import environment
from belljar.web._metrics import metrics_text
from belljar.web._visible import cut, json_text, masked, moment_iso, moment_text, shown, span_text


def test_controls_and_direction_marks_are_written_out() -> None:
    """What a page would hide, obey or turn round stands there as its code."""
    assert shown("pay\u202etxt.exe\x1b[31m\x00") == "pay\\u202etxt.exe\\u001b[31m\\u0000"
    assert shown("two\nlines\tand ünïcödé שלום") == "two\nlines   and ünïcödé שלום"


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.text())
def test_nothing_that_deceives_is_left(text: str) -> None:
    """Whatever the text was."""
    assert UNPRINTABLE.search(shown(text)) is None


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.dictionaries(st.text(), st.text() | st.integers(-(2**53) + 1, 2**53 - 1) | st.none()))
def test_json_to_edit_means_the_same(value: dict[str, object]) -> None:
    """The characters written out in JSON are JSON's own escapes, so an editor gives back what it was given."""
    assert json.loads(json_text(value)) == value


def test_secrets_are_taken_out_of_data() -> None:
    """Out of texts, names and numbers; two names that look alike then are two still."""
    value = {"a-1795": 1795, "b": [True, None, 1, "x1795y"], "c-1795": {"1795": 1.5}, "a-2024": 2}

    assert masked(value, secrets_pattern(["1795", "2024", "true", "1.5"])) == {
        "a-[redacted]": "[redacted]",
        "b": [True, None, 1, "x[redacted]y"],
        "c-[redacted]": {"[redacted]": "[redacted]"},
        "a-[redacted] (2)": 2,
    }
    assert masked(value, None) is value


def test_a_template_escapes_what_it_prints() -> None:
    """In text and in attributes; markup of the template itself stays."""
    template = environment().from_string('<p title="{{ a }}">{{ a }}{{ nothing }}</p>')

    assert (
        template.render(a='<b onclick="x">\'\u202e', nothing=None)
        == '<p title="&lt;b onclick=&#34;x&#34;&gt;&#39;\\u202e">&lt;b onclick=&#34;x&#34;&gt;&#39;\\u202e</p>'
    )


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (-5, "0 ms"), (840, "840 ms"), (2_400, "2.4 s"), (60_000, "1 min"), (192_000, "3 min 12 s"),
        (7_260_000, "2 h 1 min"), (187_200_000, "2 d 4 h"),
    ],
)  # fmt: skip
def test_a_length_of_time_has_its_two_largest_units(ms: int, text: str) -> None:
    """As a person would say it."""
    assert span_text(ms) == text


def test_moments_are_in_utc() -> None:
    """For a person and for a machine; there may be none."""
    assert moment_text(1_795_269_898_000) == "2026-11-21 14:04:58"
    assert moment_iso(1_795_269_898_000) == "2026-11-21T14:04:58Z"
    assert moment_text(None) == "-"


def test_a_long_text_says_that_it_was_cut() -> None:
    """And is no longer than asked."""
    assert (cut("abcdef", 4), cut("abcd", 4)) == ("abc…", "abcd")


def test_figures_are_in_the_format_of_prometheus() -> None:
    """One type line for each name; labels stay; names are made fit."""
    figures = {'runs{state="failed"}': 2, 'runs{state="queued"}': 0, "belljar_audit_seq": 7, "oldest-age_s": 1.5}
    figures["never"] = float("inf")

    assert metrics_text(figures) == (
        "# TYPE belljar_audit_seq gauge\nbelljar_audit_seq 7\n"
        "# TYPE belljar_never gauge\nbelljar_never +Inf\n"
        "# TYPE belljar_oldest_age_s gauge\nbelljar_oldest_age_s 1.5\n"
        '# TYPE belljar_runs gauge\nbelljar_runs{state="failed"} 2\nbelljar_runs{state="queued"} 0\n'
    )
