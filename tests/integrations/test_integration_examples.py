"""The examples run as they are, with their frameworks' test models."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
PAID = '["A-2: 900.00", "A-3: 450.00"]'


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "lines"),
    [
        (
            "pydantic_ai_agent.py",
            ["waiting", "asked: pay {'invoice': 'A-2'}", "asked: pay {'invoice': 'A-3'}", f"Paid: {PAID}"],
        ),
        (
            "openai_agents_agent.py",
            [
                'asked: pay {"invoice": "A-2"}',
                'asked: pay {"invoice": "A-3"}',
                "paying A-2",
                "paying A-3",
                "Both are paid.",
            ],
        ),
        (
            "langchain_agent.py",
            ["asked: pay {'invoice': 'A-2'}", "asked: pay {'invoice': 'A-3'}", PAID, "Both are paid."],
        ),
    ],
)
def test_an_example_asks_pays_and_says_so(name: str, lines: list[str]) -> None:
    """Two invoices of three, in one script."""
    program = [sys.executable, "-W", "error", str(EXAMPLES / name)]

    done = subprocess.run(program, capture_output=True, text=True, check=True)  # noqa: S603 (our own interpreter)

    assert done.stdout.splitlines() == lines
