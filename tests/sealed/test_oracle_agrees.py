"""The engines against the reference interpreter, which was written from the specification and shares no code."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from oracle.json_text import sealed_json
from oracle.machine import run
from oracle.strategies import sealed_programs

from belljar import Limits
from belljar.machine import Finished, installed_engines, open_machine
from belljar.script import parse

GAS = 200_000
LIMITS = Limits(source_bytes=200_000, timeout_ms=60_000)


def on_engine(source: str, engine: str, *, gas: int = GAS, input: Any = None) -> tuple[Any, ...]:
    """Answer or error with its place, and gas."""
    script = parse(source, profile="sealed", source_bytes=200_000)
    with open_machine(engine=engine, limits=LIMITS, profile="sealed") as machine:
        step = machine.start(script, context={"input": input, "gas_limit": gas})
    assert isinstance(step, Finished)
    error = step.error
    told = (error.code, error.line, error.column) if error is not None else step.answer
    return told, step.output.gas


def by_oracle(source: str, *, gas: int = GAS, input: Any = None) -> tuple[Any, ...]:
    """The same, by the interpreter."""
    outcome = run(source, input=input, gas_limit=gas)
    if outcome.error == "GasExhausted":
        exhausted = {"error": "GasExhausted", "gasLimit": gas, "gasUsed": outcome.gas_used}
        return json.dumps(exhausted, separators=(",", ":")), outcome.gas_used
    told = (outcome.error, *outcome.at) if outcome.error is not None else sealed_json(outcome.value)
    return told, outcome.gas_used


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(source=sealed_programs())
def test_programs_that_nobody_wrote_mean_the_same_everywhere(source: str) -> None:
    """Answer, error, place and gas: the interpreter's, on every engine."""
    expected = by_oracle(source)
    for engine in installed_engines():
        assert on_engine(source, engine) == expected


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(source=sealed_programs())
def test_every_gas_limit_ends_a_program_at_the_same_place(source: str) -> None:
    """A third of what it needs, by the interpreter's count."""
    limit = max(by_oracle(source)[1] // 3, 1)
    expected = by_oracle(source, gas=limit)
    for engine in installed_engines():
        assert on_engine(source, engine, gas=limit) == expected
