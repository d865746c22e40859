"""Running plugins: what comes before a run, what bounds it, and what is written down."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_args

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from host_support import PLACE, Bench, code_of, granted, granting, made

from belljar import Decision, tool
from belljar.audit import key_id
from belljar.errors import (
    ManifestError,
    PluginSignatureError,
    PolicyRefusedError,
    QueueFullError,
    SecretFoundError,
    UsageError,
)
from belljar.harness import Identity
from belljar.plugins import Grant, ManifestLimits, Policy, PolicyKey, load_policy, sign
from belljar.plugins._approvals import last_approved, write_approval
from belljar.plugins._clean import Cleaner
from belljar.plugins._host import PluginHost
from belljar.plugins._outlet import told
from belljar.store import Store
from belljar.tools import events
from belljar.tools._clock import wall_ms


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made_ = Bench(tmp_path)
    with made_.store:
        yield made_


# -- with an empty policy ---------------------------------------------------------------------------------------------


def test_with_an_empty_policy_a_plugin_computes(bench: Bench) -> None:
    """Input in, value out; the api is there, and no tool but those behind it."""
    plugin = made("return { sum: input.a + input.b, tools: Object.keys(tools), now: typeof api.now() };")

    outcome = bench.run(plugin, input={"a": 1, "b": 2})

    assert outcome.value == {"sum": 3, "tools": ["api"], "now": "number"}


TOOLS = (
    "http", "readFile", "listDir", "grepFiles", "fileSearch", "applyPatch", "exec", "query", "gitLog", "gitShow",
    "gitDiff", "sleep", "spawn", "search",
)  # fmt: skip


def test_with_an_empty_policy_no_tool_can_be_named_or_found(bench: Bench) -> None:
    """A script that names one is refused before it runs; one that looks for it finds nothing to call."""
    each = "for (const name of input) try { await tools[name]({}); } catch (error) { codes.push(error.code); }"
    found = bench.run(made(f"const codes = []; {each} return codes;"), input=[*TOOLS])

    assert (found.value, found.figures.tool_calls) == (["ToolNotFoundError"] * len(TOOLS), 0)
    for name in TOOLS:
        named = bench.run(made(f"return await tools.{name}({{}});"))
        assert (code_of(named), named.figures.steps) == ("ToolNotFoundError", 0)


def test_with_an_empty_policy_there_is_no_other_way_out(bench: Bench) -> None:
    """No network, no files, no process: not by any name that a JavaScript host has."""
    doors = [
        "fetch", "XMLHttpRequest", "WebSocket", "require", "process", "Deno", "Bun", "navigator", "importScripts",
        "localStorage", "indexedDB", "std", "os",
    ]  # fmt: skip
    outcome = bench.run(made("return input.filter((door) => typeof globalThis[door] !== 'undefined');"), input=doors)

    assert outcome.value == []


@pytest.mark.parametrize(
    "capability",
    ["network", "secrets", "files.read", "files.write", "commands", "database", "read:repo", "metrics"],
)
def test_a_plugin_that_asks_for_anything_never_starts_under_an_empty_policy(bench: Bench, capability: str) -> None:
    """It is refused with its need named, and the refusal is in the log before it is raised."""
    plugin = made("return 1;", capabilities=(capability,))

    with pytest.raises(PolicyRefusedError) as refused:
        bench.run(plugin)

    assert f"capability {capability}" in refused.value.message
    assert bench.events(plugin) == ["gate.used", "policy.refused"]


# -- the order --------------------------------------------------------------------------------------------------------


def test_everything_that_a_run_did_is_found_by_its_checksum(bench: Bench) -> None:
    """Gate, queue, start, calls and end: each record of the run has the plugin's checksum."""
    plugin = made("await api.sleep(1); return 1;")

    outcome = bench.run(plugin)

    assert bench.told(plugin) == [
        ("gate.used", "plugin probe"),
        ("run.queued", "standard"),
        ("run.started", "standard"),
        ("call.intended", "api.sleep"),
        ("call.done", "api.sleep"),
        ("run.ended", "succeeded"),
    ]
    of_run = bench.store.audit.find(run_id=outcome.run_id)
    assert {record.facts["manifest_sha256"] for record in of_run} == {plugin.checksum}
    bench.store.audit.verify()


def test_a_script_that_is_no_plugin_is_refused_and_the_log_says_so(bench: Bench) -> None:
    """The manifest's entry must be there; nothing ran."""
    plugin = made("", script="export function other() {}")

    with pytest.raises(ManifestError) as refused:
        bench.run(plugin)

    assert [(each["file"], each["line"]) for each in refused.value.details["problems"]] == [("plugin.ts", 1)]
    assert bench.events(plugin) == ["gate.used", "policy.refused"]


def test_a_tool_of_the_host_is_there_by_name(bench: Bench) -> None:
    """Manifest and policy both name it, and the host has it; others of the host's are not there."""

    @tool
    def rate(currency: str) -> int:
        return {"USD": 125}[currency]

    @tool
    def delete_all() -> None:
        raise AssertionError

    plugin, policy = granted("return [await tools.rate('USD'), Object.keys(tools)];", tools=("rate",))

    outcome = bench.run(plugin, policy, host={"tools": [rate, delete_all]})

    assert outcome.value == [125, ["api", "rate"]]


def test_a_tool_that_the_host_lacks_keeps_the_plugin_from_running(bench: Bench) -> None:
    """The error names it, and the nearest that is there."""

    @tool
    def rates() -> int:
        return 1

    plugin, policy = granted("return 1;", tools=("rate",))

    with pytest.raises(PolicyRefusedError, match="needs the tool 'rate'") as refused:
        bench.run(plugin, policy, host={"tools": [rates]})

    assert refused.value.hint == "Did you mean 'rates'?"


def test_a_tool_of_the_host_does_not_take_the_name_of_another(bench: Bench) -> None:
    """Neither that of a capability's tool nor one of the api's; the log has the refusal."""

    @tool(name="api.getConfig")
    def mine() -> int:
        return 1

    plugin, policy = granted("return 1;", tools=("api.getConfig",))

    with pytest.raises(PolicyRefusedError, match="two tools are named 'api"):
        bench.run(plugin, policy, host={"tools": [mine]})
    assert bench.events(plugin) == ["gate.used", "policy.refused"]


def test_an_input_with_a_secret_is_refused_by_its_path(bench: Bench) -> None:
    """What is registered, what has the form of a secret and what stands under its name; the error has no value."""
    plugin = made("return 1;")
    token = "ghp_" + "a1B2c3D4e5" * 4

    for given, place in (
        ({"list": [{"note": f"use {token}"}]}, "input.list[0].note"),
        ({"x": "correct horse battery"}, "input.x"),
        ({"password": "short1"}, "input"),
    ):
        with pytest.raises(SecretFoundError) as refused:
            bench.run(plugin, input=given, host={"secrets": ["correct horse battery"]})
        assert refused.value.details["path"] == place
        assert "horse" not in str(refused.value)
        assert token not in str(refused.value)


def test_an_input_is_plain_data(bench: Bench) -> None:
    """What JSON can hold; all else is the caller's mistake, and nothing began."""
    plugin = made("return input;")
    deep: list[Any] = []
    for _ in range(200):
        deep = [deep]

    assert bench.run(plugin, input={"a": [1, None, "x", 1.5]}).value == {"a": [1, None, "x", 1.5]}
    assert bench.run(plugin, input=(1, (2,))).value == [1, [2]]
    for wrong in (object(), b"bytes", {1: "a number as a key"}, float("nan"), deep):
        with pytest.raises(UsageError, match="the input is no plain data"):
            bench.run(plugin, input=wrong)
    assert bench.events(plugin).count("run.queued") == 2


def test_a_script_with_a_secret_in_it_does_not_run(bench: Bench) -> None:
    """The store keeps the source of what ran, so it must hold none."""
    plugin = made(f"\nconst a = 'ghp_{'a1B2c3D4e5' * 4}'; return 1;")

    with pytest.raises(SecretFoundError) as refused:
        bench.run(plugin)

    assert refused.value.details == {"path": "plugin.ts:3", "kind": "github token"}


def test_a_manifest_with_a_secret_in_it_does_not_run(bench: Bench) -> None:
    """Its texts are shown in lists and on pages."""
    with pytest.raises(SecretFoundError) as refused:
        bench.run(made("return 1;", description=f"use ghp_{'a1B2c3D4e5' * 4}"))

    assert refused.value.details == {"path": "the manifest:1", "kind": "github token"}


def test_secrets_are_long_enough_to_be_known(bench: Bench) -> None:
    """Six characters are, five would stand in everything."""
    assert bench.run(made("return 'abc' + 'def';"), host={"secrets": ["abcdef"]}).value == "[redacted]"
    for short in ("", "abcde"):
        with pytest.raises(UsageError, match="at least 6 characters"):
            PluginHost(bench.store, Policy.empty(), secrets=[short])


def test_only_a_sealed_plugin_takes_gas(bench: Bench) -> None:
    """An option that would be passed over in silence is an error."""
    with pytest.raises(UsageError):
        bench.run(made("return 1;"), gas_limit=100)


# -- bounds -----------------------------------------------------------------------------------------------------------


def allocating(megabytes: int) -> str:
    one = "all.push(new Uint8Array(65_536 - 256).fill(1))"
    return f"const all = []; for (let i = 0; i < {megabytes} * 16; i++) {one}; return all.length / 16;"


@pytest.mark.parametrize("megabytes", [1, 2, 10])
def test_memory_is_what_the_script_itself_may_use(bench: Bench, megabytes: int) -> None:
    """It can fill all of it, and dies of one more."""
    limits = ManifestLimits(memory_mb=megabytes)

    assert bench.run(made(allocating(megabytes), limits=limits)).value == megabytes
    assert code_of(bench.run(made(allocating(megabytes + 1), limits=limits))) == "ScriptMemoryError"


def test_time_ends_a_loop_and_a_sleep(bench: Bench) -> None:
    """The machine is stopped at the manifest's time; so is a plugin that sleeps beyond it."""
    limits = ManifestLimits(timeout_ms=100)

    assert code_of(bench.run(made("for (;;) {}", limits=limits))) == "ScriptTimeoutError"
    assert code_of(bench.run(made("await api.sleep(5_000);", limits=limits))) == "ScriptTimeoutError"
    assert bench.run(made("await api.sleep(1); return 1;", limits=limits)).value == 1


def test_calls_are_counted(bench: Bench) -> None:
    """The hundredth call is made, the next is refused."""
    plugin, policy = granted(
        "for (let i = 0; i < 100; i++) await api.getConfig('base');"
        "try { await api.getConfig('base'); } catch (error) { return error.code; }",
        grant={"config": {"base": "EUR"}},
    )

    assert bench.run(plugin, policy).value == "ToolBudgetExceededError"


def test_as_many_runs_go_on_as_the_manifest_says_and_not_one_more(bench: Bench) -> None:
    """The next is QueueFullError, and the log has it; when one has ended there is room again."""
    started, release = asyncio.Event(), asyncio.Event()
    waiting = 0

    @tool
    async def wait() -> int:
        nonlocal waiting
        waiting += 1
        if waiting == 2:
            started.set()
        await release.wait()
        return 1

    plugin, policy = granted(
        "return await tools.wait();", tools=("wait",), limits=ManifestLimits(concurrent=2), grant={"concurrent": 2}
    )

    async def go() -> list[Any]:
        async with PluginHost(bench.store, policy, tools=[wait]) as host:
            both = [asyncio.ensure_future(host.run(plugin)) for _ in range(2)]
            await started.wait()
            with pytest.raises(QueueFullError):
                await host.run(plugin)
            release.set()
            ended = await asyncio.gather(*both)
            return [*ended, await host.run(plugin)]

    assert [outcome.value for outcome in asyncio.run(go())] == [1, 1, 1]
    assert bench.events(plugin).count("limit.hit") == 1


def test_a_queue_is_of_one_plugin_and_keeps_what_an_operator_made_of_it(bench: Bench) -> None:
    """A stranger that takes the name has a queue of its own; one that an operator holds stays held."""
    plugin, stranger = made("return 1;"), made("return 2;")
    bench.run(plugin)
    (queue,) = bench.store.queues.all()

    bench.store.queues.put(replace(queue, concurrency=0))

    with pytest.raises(QueueFullError):
        bench.run(plugin)
    assert bench.run(stranger).value == 2
    bench.store.queues.put(replace(queue, concurrency=1))
    assert bench.run(plugin).value == 1


def test_a_run_that_is_cancelled_ends_and_gives_its_place_back(bench: Bench) -> None:
    """Whoever awaits it is cancelled; the log says how it ended, and the next may run."""
    started = asyncio.Event()

    @tool
    async def wait() -> None:
        started.set()
        await asyncio.Event().wait()

    plugin, policy = granted("if (input) await tools.wait(); return 1;", tools=("wait",))

    async def go() -> Any:
        async with PluginHost(bench.store, policy, tools=[wait]) as host:
            run = asyncio.ensure_future(host.run(plugin, True))
            await started.wait()
            run.cancel()
            with pytest.raises(asyncio.CancelledError):
                await run
            return await host.run(plugin, False)

    assert asyncio.run(go()).value == 1
    ended = [action for event, action in bench.told(plugin) if event == "run.ended"]
    assert ended == ["cancelled", "succeeded"]


def test_on_both_databases_the_log_is_the_ledger(store: Store) -> None:
    """What was approved is read back, and all records of the plugin are found by its checksum."""
    policy = named(capabilities=("metrics",))
    plugin = made("return 1;", capabilities=("metrics",))

    async def go() -> Any:
        async with PluginHost(store, policy) as host:
            host.approve(plugin, who="ada")
            return await host.run(plugin)

    assert asyncio.run(go()).value == 1
    events = [record.facts["event"] for record in store.audit.find(text=plugin.checksum)]
    assert events == ["run.ended", "run.started", "run.queued", "gate.used", "plugin.approved", "gate.used"]


def test_more_than_the_policy_grants_never_starts(bench: Bench) -> None:
    """Each limit is compared before anything runs."""
    plugin = made("return 1;", limits=ManifestLimits(timeout_ms=2_001, memory_mb=11, concurrent=2))

    with pytest.raises(PolicyRefusedError) as refused:
        bench.run(plugin, granting(plugin))

    assert {each["need"] for each in refused.value.details["reasons"]} == {"timeout_ms", "memory_mb", "concurrent"}


# -- approvals --------------------------------------------------------------------------------------------------------


def named(**fields: Any) -> Policy:
    return Policy(grants=(Grant(plugin="probe", place=PLACE, **fields),), file="policy.toml")


def test_a_plugin_that_nobody_approved_waits_until_somebody_does(bench: Bench) -> None:
    """A grant by name covers any version, so a person says once what it may be used for."""
    policy = named(capabilities=("metrics",))
    plugin = made("return 1;", capabilities=("metrics",))

    with pytest.raises(PolicyRefusedError, match="nobody approved") as refused:
        bench.run(plugin, policy)
    PluginHost(bench.store, policy).approve(plugin, who="ada")

    assert refused.value.details["kind"] == "not approved"
    assert bench.run(plugin, policy).value == 1
    (record,) = bench.store.audit.find(event="plugin.approved")
    assert (record.facts["actor"], record.facts["manifest_sha256"]) == ("ada", plugin.checksum)


def test_an_update_runs_on_the_old_approval_until_it_needs_more(bench: Bench) -> None:
    """Fewer needs or the same: as before. One more: refused until it is approved again."""
    policy = named(capabilities=("metrics", "database"))
    PluginHost(bench.store, policy).approve(made("return 1;", capabilities=("metrics",)), who="ada")
    update = made("return 3;", version="2.0.0", capabilities=("metrics", "database"))

    assert bench.run(made("return 2;", version="1.1.0", capabilities=("metrics",)), policy).value == 2
    with pytest.raises(PolicyRefusedError, match="beyond what was approved"):
        bench.run(update, policy)
    PluginHost(bench.store, policy).approve(update, who="ada")
    assert bench.run(update, policy).value == 3


def test_an_approval_is_for_one_signer(bench: Bench) -> None:
    """What was approved signed does not cover the same name unsigned, nor signed by somebody else."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    known = tuple(PolicyKey(name=f"k{at}", id=key_id(each.public_key()), public=each.public_key())
                  for at, each in enumerate(keys))  # fmt: skip
    grants = named(capabilities=("metrics",)).grants
    policy = Policy(grants=grants, keys=known, file="policy.toml")
    plain = made("return 1;", capabilities=("metrics",))
    first, second = (replace(plain, signature=sign(plain, key)) for key in keys)
    PluginHost(bench.store, policy).approve(first, who="ada")

    assert bench.run(first, policy).value == 1
    for other in (plain, second):
        with pytest.raises(PolicyRefusedError, match="nobody approved"):
            bench.run(other, policy)


def test_a_signature_of_other_bytes_is_refused_and_the_log_says_so(bench: Bench) -> None:
    """Where a known key is said to have signed what it did not sign, nothing runs, whatever is granted."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = PolicyKey(name="k", id=key_id(key.public_key()), public=key.public_key())
    plugin = replace(made("return 1;"), signature=sign(made("return 2;"), key))

    with pytest.raises(PluginSignatureError):
        bench.run(plugin, Policy(keys=(public,), file="policy.toml"))

    assert bench.events(plugin) == ["gate.used", "policy.refused"]


def test_an_approval_keeps_every_need_whole(bench: Bench) -> None:
    """The log shortens lists and hides secrets' names; an approval of all that there is to ask is read back exactly."""
    hosts = tuple(f"api-{number}-a1b2c3d4e5f6g7h8.example.com" for number in range(50))
    secrets = tuple(f"SECRET_TOKEN_{number}" for number in range(20))
    plugin = made("return 1;", capabilities=("network", "secrets"), hosts=hosts, secrets=secrets)
    write_approval(bench.store, plugin, key="ab12" * 16, who="ada")

    assert last_approved(bench.store, "probe", key="ab12" * 16) == plugin.manifest.needs
    assert last_approved(bench.store, "probe", key=None) is None


def test_what_the_policy_does_not_grant_cannot_be_approved(bench: Bench) -> None:
    """The policy is the operator's, an approval is a person's; both are needed."""
    plugin = made("return 1;", capabilities=("metrics",))

    with pytest.raises(PolicyRefusedError):
        PluginHost(bench.store, Policy.empty()).approve(plugin, who="ada")

    assert bench.store.audit.find(event="plugin.approved") == []


@pytest.mark.parametrize("who", ["", " ", "x\x1b[31m", "a\nb", "x" * 201])
def test_who_approves_has_a_name(bench: Bench, who: str) -> None:
    """It is what the log says."""
    with pytest.raises(UsageError, match="who approves"):
        PluginHost(bench.store, Policy.empty()).approve(made("return 1;"), who=who)


def test_the_log_says_which_line_of_which_policy_a_plugin_ran_under(bench: Bench, tmp_path: Path) -> None:
    """A policy that was edited since has another digest."""
    file = tmp_path / "policy.toml"
    file.write_text('\n[[grant]]\nplugin = "probe"\ncapabilities = ["metrics"]\n')
    plugin = made("return 1;", capabilities=("metrics",))
    policy = load_policy(file)
    PluginHost(bench.store, policy).approve(plugin, who="ada")
    bench.run(plugin, policy)

    facts = {"policy": "policy.toml", "policy_sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    used = [record.facts["details"] for record in bench.store.audit.find(event="gate.used")]
    assert used == [{"version": "1.0.0", **facts, "grant": "policy.toml:2"}] * 2


def test_a_run_for_an_agent_has_the_agents_name(bench: Bench) -> None:
    """So what an agent had done is found by the agent."""
    outcome = bench.run(made("return 1;"), host={"agent_id": "scan:1a2b3c4d"})

    assert bench.store.runs.get(outcome.run_id).agent_id == "scan:1a2b3c4d"


# -- going on ---------------------------------------------------------------------------------------------------------


def test_a_run_that_waits_for_a_person_goes_on_in_another_host(bench: Bench) -> None:
    """Suspended in the store, decided there, resumed with the same input; not by another plugin."""

    @tool(approval="always")
    def pay(cents: int) -> str:
        return f"paid {cents}"

    plugin, policy = granted("return [await tools.pay(input.cents), input.note];", tools=("pay",))
    other = made("return 1;")
    waiting = bench.run(plugin, policy, {"cents": 5, "note": "x"}, host={"tools": [pay]}, run_id="run-1")
    (question,) = bench.store.approvals.open(run_id="run-1")

    async def go(which: Any, by: Policy) -> Any:
        async with PluginHost(bench.store, by, tools=[pay]) as host:
            return await host.resume(which, "run-1")

    assert question.request is not None
    yes = Decision.approve(question.request)
    bench.store.approvals.vote(question.id, yes, who="ada", source="test", now_ms=wall_ms())
    with pytest.raises(UsageError, match="is of the plugin"):
        asyncio.run(go(other, Policy.empty()))

    with pytest.raises(PolicyRefusedError):
        asyncio.run(go(plugin, Policy.empty()))

    assert waiting.status == "suspended"
    assert asyncio.run(go(plugin, policy)).value == ["paid 5", "x"]


# -- what leaves ------------------------------------------------------------------------------------------------------


def test_control_characters_do_not_leave(bench: Bench) -> None:
    """Value, console and error are for terminals and pages: what turns or erases a line is taken out."""
    plugin = made(r"api.log('info', 'a\u001b[2Jb\u202ec\n'); return { 'k\u0007': 'x\u001b]0;y\u0007z\t' };")
    failing = made(r"throw new Error('a\u001b[31mb');")

    outcome = bench.run(plugin)

    assert outcome.console[0].text == "a[2Jbc\n"
    assert outcome.value == {"k": "x]0;yz\t"}
    error = bench.run(failing).error
    assert error is not None
    assert "\x1b" not in error.message


def test_listeners_hear_what_may_be_heard(bench: Bench) -> None:
    """Events are cleaned like the outcome, the last one's outcome too."""
    heard: list[Any] = []

    plugin = made(
        "const word = 'correct ' + 'horse\\u001b'; console.log(`the ${word}`);"
        "context.telemetry.emitProgress(word, word); try { await api.getConfig(word); } catch {} return word;"
    )
    outcome = bench.run(plugin, host={"secrets": ["correct horse"]}, on_event=heard.append)

    assert "horse" not in repr((heard, outcome))
    assert "\\x1b" not in repr((heard, outcome.progress))
    assert heard[-1].outcome.value == "[redacted]"
    assert outcome.progress[0].kind == "[redacted]"


@pytest.mark.parametrize("kind", get_args(events.Event), ids=lambda kind: kind.name)
def test_each_text_of_each_event_is_cleaned(kind: Any) -> None:
    """Those of events that are new, too."""
    said: dict[Any, Any] = {
        "str": "a correct\x1b horse",
        "str | None": "correct horse",
        "dict[str, Any]": {"a": "correct horse"},
    }
    given = {field.name: said.get(field.type) for field in fields(kind)}
    heard: list[Any] = []
    listener = told(heard.append, Cleaner(secrets=("correct horse",)))
    assert listener is not None

    listener(kind(**given))

    clean = {"str": "a [redacted]", "str | None": "[redacted]", "dict[str, Any]": {"a": "[redacted]"}}
    assert heard == [kind(**{field.name: clean.get(str(field.type)) for field in fields(kind)})]


# -- sealed -----------------------------------------------------------------------------------------------------------


def test_a_sealed_plugin_gives_the_same_bytes_for_the_same_gas(bench: Bench) -> None:
    """Its entry is called with the input, its settings are effects, and its run is bound by gas."""
    script = """
    export const price = async (order) => {
        const percent = await effects.getConfig({ name: "vat" });
        return { cents: order.cents + Int.div(order.cents * percent, 100) };
    };
    """
    plugin = made("", script=script, profile="sealed", entry_point="price")
    policy = granting(plugin, config={"vat": 19})

    runs = [bench.run(plugin, policy, {"cents": 1_000}, identity=Identity(request_id=name)) for name in ("a", "b")]

    assert [run.canonical_json for run in runs] == ['{"cents":1190}'] * 2
    assert runs[0].figures.gas == runs[1].figures.gas > 0
    assert bench.run(plugin, policy, {"cents": 1_000}, gas_limit=10).value["error"] == "GasExhausted"


def test_a_sealed_entry_that_is_not_async_is_called_plainly(bench: Bench) -> None:
    """The last line awaits only what may be awaited."""
    plugin = made("", script="export function twice(n) { return n * 2; }", profile="sealed", entry_point="twice")

    assert bench.run(plugin, input=21).value == 42
