"""The two plugins in examples/plugins, as an operator has them: a policy, an approval, a run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from host_support import Bench
from http_site import answer, site

from belljar.errors import PolicyRefusedError
from belljar.harness import Identity
from belljar.journal import replay
from belljar.plugins import Plugin, Policy, load, load_policy
from belljar.plugins._api import Metric
from belljar.plugins._host import PluginHost

FOLDER = Path(__file__).parents[2] / "examples" / "plugins"
HOST = "127.0.0.1"
INVOICE = {"number": "A-17", "lines": [{"text": "pen", "cents": 120}, {"text": "cup", "cents": 900}]}
ORDER = {"items": [{"cents": 5_000, "count": 2}, {"cents": 99, "count": 1}], "isMember": True}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    with made.store:
        yield made


def brought_here(plugin: Plugin, policy: Policy, port: int) -> tuple[Plugin, Policy]:
    """The same with a server of the test's for the service: an address instead of its name."""
    manifest = plugin.manifest.model_copy(update={"hosts": (HOST,)})
    grant = policy.grants[0]
    here = replace(
        grant,
        hosts=(HOST,),
        allow_private=(HOST,),
        schemes=("http",),
        ports=(port,),
        secrets=tuple(replace(secret, host=HOST) for secret in grant.secrets),
        config={**grant.config, "service": f"http://{HOST}:{port}"},
    )
    return Plugin(manifest=manifest, source=plugin.source), replace(policy, grants=(here, *policy.grants[1:]))


def test_the_report_has_the_totals_at_the_services_rates(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key goes to the service and nowhere else; what has no rate is a warning."""
    monkeypatch.setenv("RATES_ACCESS", "the-rates-key-of-acme")
    metrics: list[Metric] = []
    rates = answer(b'{"rates": {"USD": 1.25}, "for": "the-rates-key-of-acme"}')
    with site({"/latest?base=EUR": rates}) as here:
        plugin, policy = brought_here(load(FOLDER / "fx-report"), load_policy(FOLDER / "policy.toml"), here.port)
        PluginHost(bench.store, policy).approve(plugin, who="ada")
        outcome = bench.run(plugin, policy, INVOICE, host={"on_metric": metrics.append})

    assert outcome.value == {"invoice": "A-17", "base": "EUR", "cents": 1_020, "totals": {"USD": 1_275}}
    assert [(line.level, line.text) for line in outcome.console] == [("warn", 'no rate { currency: "GBP" }')]
    assert here.asked[0].headers["authorization"] == "Bearer the-rates-key-of-acme"
    assert [(metric.name, metric.value) for metric in metrics] == [("fx.reports", 1.0)]
    assert "the-rates-key" not in repr(outcome.to_dict())


def test_the_report_says_what_is_wrong_with_an_invoice(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is asked of anybody."""
    monkeypatch.setenv("RATES_ACCESS", "the-rates-key-of-acme")
    policy, plugin = load_policy(FOLDER / "policy.toml"), load(FOLDER / "fx-report")
    PluginHost(bench.store, policy).approve(plugin, who="ada")

    error = bench.run(plugin, policy, {"number": "A-17", "lines": [{"text": "pen", "cents": 1.5}]}).error

    assert error is not None
    assert error.message == "Error: the invoice is none: /lines/0/cents 1.5 is not of type 'integer'"


def test_the_report_does_not_start_before_somebody_approved_it(bench: Bench) -> None:
    """A grant by name is not enough."""
    with pytest.raises(PolicyRefusedError, match="nobody approved this plugin"):
        bench.run(load(FOLDER / "fx-report"), load_policy(FOLDER / "policy.toml"), INVOICE)


@pytest.mark.parametrize("engine", ["quickjs", "v8"])
def test_the_rule_gives_the_same_bytes_and_gas_on_both_engines(bench: Bench, engine: str) -> None:
    """And in a replay, which asks nobody."""
    if engine == "v8":
        pytest.importorskip("py_mini_racer")
    plugin, policy = load(FOLDER / "price-rule"), load_policy(FOLDER / "policy.toml")

    outcome = bench.run(plugin, policy, ORDER, host={"engine": engine}, identity=Identity(request_id=engine))

    assert outcome.canonical_json == '{"off":707,"sum":10099,"total":9392}'
    assert outcome.figures.gas == 267
    assert replay(outcome.journal).sha256 == outcome.sha256


def test_the_rule_needs_nobodys_approval(bench: Bench) -> None:
    """It asks for nothing but settings, which the operator wrote."""
    plugin, policy = load(FOLDER / "price-rule"), load_policy(FOLDER / "policy.toml")

    async def go() -> Any:
        async with PluginHost(bench.store, policy) as host:
            return await host.run(plugin, {"items": [], "isMember": False})

    assert asyncio.run(go()).value == {"sum": 0, "off": 0, "total": 0}
