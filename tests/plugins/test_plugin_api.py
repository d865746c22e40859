"""What every plugin has: its settings, metrics, log, clock, and a check of values that ends."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from host_support import Bench, caught, code_of, granted, granting, made

from belljar.errors import CallAbortedError, ToolExecutionError, ToolValidationError
from belljar.plugins import ManifestLimits, Metric, _api
from belljar.plugins._schema_check import SCHEMA_BYTES, SCHEMA_DEPTH, schema_result
from belljar.tools import AbortSignal
from belljar.tools.events import ProgressMade


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made_ = Bench(tmp_path)
    with made_.store:
        yield made_


# -- getConfig --------------------------------------------------------------------------------------------------------


def test_a_setting_of_the_policy_is_given(bench: Bench) -> None:
    """Plain data of [grant.config], and nothing that is not there."""
    refused = caught("api.getConfig('other')")
    plugin = made(f"return [await api.getConfig('base'), await (async () => {{ {refused} }})()];")

    outcome = bench.run(plugin, granting(plugin, config={"base": {"currency": "EUR", "digits": [2]}}))

    assert outcome.value == [{"currency": "EUR", "digits": [2]}, "CapabilityRefusedError"]


SECRET_NAMES = (
    "API_KEY", "apikey", "Key", "keyboard", "TOKEN", "refreshToken", "SECRET", "client_secret", "PASSWORD",
    "dbPassword", "GITHUB_REPO", "github", "my_gitHub_org", "authorization", "cookie", "credentials",
)  # fmt: skip


def test_a_setting_with_the_name_of_a_secret_is_refused_whatever_the_policy_says(bench: Bench) -> None:
    """In any letter case; a policy that was made by hand grants it in vain."""
    plugin = made("""
        const codes = new Set();
        for (const name of input) {
            try { await api.getConfig(name); codes.add(name); } catch (error) { codes.add(error.code); }
        }
        return [...codes];
    """)
    policy = granting(plugin, config=dict.fromkeys(SECRET_NAMES, "harmless"))

    assert bench.run(plugin, policy, list(SECRET_NAMES)).value == ["CapabilityRefusedError"]


# -- metrics ----------------------------------------------------------------------------------------------------------


def test_a_metric_reaches_the_listener(bench: Bench) -> None:
    """With plugin and run; the journal has it as a call."""
    told: list[Metric] = []
    plugin, policy = granted("return await api.metrics.emit('fx.reports', 2.5);", "metrics")

    outcome = bench.run(plugin, policy, host={"on_metric": told.append})

    assert told == [Metric(plugin="probe", run_id=outcome.run_id, name="fx.reports", value=2.5)]
    assert ("call.done", "api.metrics.emit") in bench.told(plugin)


def test_a_metric_has_a_plain_name_and_a_finite_number(bench: Bench) -> None:
    """Names go into other systems; only what is a name everywhere is one."""
    told: list[Metric] = []
    plugin, policy = granted(
        """
        const codes = [];
        const values = ["1", true, null, [1], Number("1e400")];
        for (const [name, value] of [...input.map((name) => [name, 1]), ...values.map((value) => ["a", value])]) {
            try { await api.metrics.emit(name, value); } catch (error) { codes.push(error.code); }
        }
        return codes;
        """,
        "metrics",
    )
    names = ["", "Upper", "a b", "1a", "a" * 65, "ä", "a\n"]

    codes = bench.run(plugin, policy, names, host={"on_metric": told.append}).value

    assert codes[:7] == ["CapabilityRefusedError"] * 7
    assert set(codes[7:]) == {"ToolValidationError", "SerializationError"}
    assert (len(codes), told) == (12, [])


def test_metrics_need_the_capability(bench: Bench) -> None:
    """The function is there and refuses."""
    assert bench.run(made(caught("api.metrics.emit('a', 1)"))).value == "CapabilityRefusedError"


def test_a_listener_that_fails_fails_no_run(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """It is the host's code; the log has its error."""

    def broken(_metric: Metric) -> None:
        raise RuntimeError("no disk")

    plugin, policy = granted("await api.metrics.emit('a', 1); return 1;", "metrics")

    assert bench.run(plugin, policy, host={"on_metric": broken}).value == 1
    assert "a listener of metrics failed at a" in caplog.text


def test_each_effect_of_a_sealed_plugin_is_there(bench: Bench) -> None:
    """By the names of the api."""
    script = """
    export const main = async (given) => {
        await effects.log({ level: "info", message: "begins" });
        const checked = await effects.validateInput({ value: given, schema: { type: "number" } });
        await effects.emit({ name: "a", value: 1 });
        return [checked.valid, await effects.getConfig({ name: "vat" })];
    };
    """
    told: list[Metric] = []
    heard: list[Any] = []
    plugin, policy = granted("", "metrics", script=script, profile="sealed", grant={"config": {"vat": 19}})

    outcome = bench.run(plugin, policy, 1, host={"on_metric": told.append}, on_event=heard.append)

    assert outcome.value == [True, 19]
    assert [each.name for each in told] == ["a"]
    assert [event.message for event in heard if isinstance(event, ProgressMade)] == ["info: begins"]


# -- log and now ------------------------------------------------------------------------------------------------------


def test_a_log_is_a_line_of_the_console(bench: Bench) -> None:
    """With its level and what goes with it; another level is the author's mistake."""
    outcome = bench.run(made("api.log('warn', 'slow', { ms: 12 }); api.log('error', 'x');"))

    assert [(line.level, line.text) for line in outcome.console] == [("warn", "slow { ms: 12 }"), ("error", "x")]
    error = bench.run(made("api.log('loud', 'x');")).error
    assert error is not None
    assert "takes the level debug, info, warn or error" in error.message


def test_the_api_cannot_be_changed(bench: Bench) -> None:
    """What one part of a script was given, another part does not exchange."""
    outcome = bench.run(
        made("'use strict'; try { api.log = 1; } catch (e) { return [e.name, Object.isFrozen(api.metrics)]; }")
    )

    assert outcome.value == ["TypeError", True]


def test_a_call_has_the_line_of_its_author(bench: Bench) -> None:
    """The api's functions are the tools themselves, so journal and questions point into the script."""
    plugin = made("\n\nawait api.sleep(0);")

    assert [call.line for call in bench.run(plugin).calls] == [4]


def test_the_declarations_name_what_there_is(bench: Bench) -> None:
    """api.d.ts and the api have the same functions."""
    there = bench.run(made("return [...Object.keys(api), ...Object.keys(api.metrics)];")).value
    _, _, api = Path(_api.__file__).with_name("api.d.ts").read_text().partition("interface PluginApi")
    declared = re.findall(r"^  (\w+)[(:]", api, re.MULTILINE)

    assert sorted(there) == sorted([*declared, "emit"])


# -- validateInput ----------------------------------------------------------------------------------------------------


def test_a_value_is_held_against_a_schema(bench: Bench) -> None:
    """Whether it fits, and where it does not; draft 2020-12."""
    plugin = made("""
        const schema = { type: "object", required: ["a"], properties: { a: { $ref: "#/$defs/n" } },
                         $defs: { n: { type: "integer", minimum: 2 } }, unevaluatedProperties: false };
        return [await api.validateInput({ a: 2 }, schema), await api.validateInput({ a: 1, "b/c": 1 }, schema)];
    """)

    fits, does_not = bench.run(plugin).value

    assert fits == {"valid": True, "problems": []}
    assert {"path": "/a", "message": "1 is less than the minimum of 2"} in does_not["problems"]
    assert not does_not["valid"]


def checked(value: Any, schema: Any, **options: Any) -> Any:
    return schema_result(value, schema, AbortSignal(), **options)


def branching(depth: int) -> dict[str, Any]:
    """Two ways at each level: a check of one value takes 2**depth steps."""
    levels = {f"l{at}": {"allOf": [{"$ref": f"#/$defs/l{at + 1}"}] * 2} for at in range(depth)}
    return {"$ref": "#/$defs/l0", "$defs": {**levels, f"l{depth}": {}}}


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ("a" * 40 + "!", {"pattern": "^(a+)+$"}),
        ({"a" * 40 + "!": 1}, {"patternProperties": {"^(a|a)*$": {}}}),
        (1, branching(40)),
    ],
)
def test_a_check_that_would_take_years_ends_and_nothing_of_it_goes_on(value: Any, schema: Any) -> None:
    """Patterns that go back and forth and trees of references cost their time, and a coded error says so."""
    since_s = time.monotonic()

    with pytest.raises(ToolExecutionError, match=r"could not be checked within 200 ms|too much time or memory"):
        checked(value, schema, check_ms=200)

    assert time.monotonic() - since_s < 2
    assert not _workers()


def _workers() -> list[str]:
    """Command lines of this process's children that check schemas now."""
    listed = subprocess.run(["ps", "-o", "args=", "--ppid", str(os.getpid())], capture_output=True, text=True)  # noqa: S603, S607
    return [line for line in listed.stdout.splitlines() if "_schema_worker" in line]


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"$ref": "https://example.com/schema.json"}, "refers to 'https://example.com/schema.json'"),
        ({"$ref": "file:///etc/passwd"}, "refers to 'file:///etc/passwd'"),
        ({"$ref": "#/$defs/none"}, "refers to"),
        ({"$ref": "#"}, "goes round in circles"),
        ({"type": "number!"}, "none of JSON Schema 2020-12, at /type"),
        ({"pattern": "("}, "the schema"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "of the draft"),
        ({"$schema": 1}, "of the draft"),
        (3, "none of JSON Schema 2020-12"),
        ({"description": "x" * SCHEMA_BYTES}, "at most 65,536 bytes"),
        ({"a": b"bytes"}, "plain JSON, without bytes"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused(schema: Any, told: str) -> None:
    """It refers to nothing outside of itself, is of one draft, and has a size."""
    with pytest.raises(ToolValidationError, match=re.escape(told)):
        checked(1, schema)


def test_a_schema_nests_so_deep_and_no_deeper() -> None:
    """At the limit it is used, one level on it is refused."""

    def nested(levels: int) -> dict[str, Any]:
        schema: dict[str, Any] = {}
        for _ in range(levels - 1):
            schema = {"not": schema}
        return schema

    assert checked(1, nested(SCHEMA_DEPTH))["valid"] in (True, False)
    with pytest.raises(ToolValidationError, match="at most 64 levels"):
        checked(1, nested(SCHEMA_DEPTH + 1))


def test_twenty_problems_are_told_and_each_is_cut() -> None:
    """An answer has a size, too."""
    problems = checked(["x" * 1_000] * 50, {"items": {"type": "number"}})["problems"]

    assert len(problems) == 20
    assert max(len(each["message"]) for each in problems) == 200


def test_a_check_that_is_aborted_ends_at_once() -> None:
    """The process is killed with the call."""
    signal = AbortSignal()
    signal.abort("the script gave it up")

    with pytest.raises(CallAbortedError):
        schema_result("a" * 40 + "!", {"pattern": "^(a+)+$"}, signal)

    assert not _workers()


def test_a_check_does_not_outlive_the_plugin(bench: Bench) -> None:
    """A plugin that is out of time takes its checks along."""
    plugin = made(
        "return await api.validateInput('a'.repeat(40) + '!', { pattern: '^(a+)+$' });",
        limits=ManifestLimits(timeout_ms=100),
    )

    assert code_of(bench.run(plugin)) == "ScriptTimeoutError"
    assert not _workers()
