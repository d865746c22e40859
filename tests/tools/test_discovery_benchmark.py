"""The benchmark on 1,000 tools: `python -m benchmarks.catalogue`."""

from __future__ import annotations

import re

import pytest

from benchmarks import catalogue


@pytest.mark.slow
def test_the_benchmark_prints_its_tables(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Prompts under each budget, with and without a question, then recall and times."""
    monkeypatch.setattr(catalogue, "BUDGETS", (2_000,))
    monkeypatch.setattr(catalogue, "ROUNDS", 1)

    catalogue.main()

    printed = re.sub(r"\d[\d.,%]*", "N", capsys.readouterr().out)
    assert [" ".join(line.split()) for line in printed.splitlines()] == [
        "max_tokens tokens declared named ms query",
        "- N N N N -",
        "N N N N N -",
        "N N N N N open a new bug report on github",
        "search: N questions on N tools",
        "recall @N N @N N @N N @N N",
        "index N ms, N ms when the tools were read before",
        "query N ms, slowest N ms",
    ]


def test_a_figure_counts_what_the_prompt_holds() -> None:
    """Declared and named tools are different ones; all of them without a budget."""
    tools = catalogue.catalogue()[:50]

    whole = catalogue.prompt_figure(tools, None)

    assert (whole.declared, whole.named) == (50, 0)
