"""What a script must not be able to do: SPEC-harness, section 10, S1 to S20, each on both engines."""

from __future__ import annotations

import asyncio
import time

import pytest
from support import QUICK, Witness, echo, error_of, failed, place, stubborn, value_of

import belljar
from belljar import Harness, Limits
from belljar.harness import ScriptCallItem, ScriptOutputItem

pytestmark = pytest.mark.usefixtures("engine")

STOPPED_AT = {"quickjs": 1, "v8": None}
"""The line of a script that was stopped from outside: V8 does not tell it (docs/engines.md)."""

POLLUTIONS = [
    "Object.prototype.polluted = 1",
    "({}).__proto__.polluted = 1",
    "({}).constructor.prototype.polluted = 1",
    "Array.prototype.polluted = 1",
    "[].__proto__.__proto__.polluted = 1",
    "Object.defineProperty(Object.prototype, 'polluted', {value: 1})",
    "Object.assign(Object.prototype, {polluted: 1})",
    "Object.setPrototypeOf(Object.prototype, {polluted: 1})",
    "Reflect.getPrototypeOf(() => 1).polluted = 1",
    "Promise.prototype.polluted = 1",
    "Error.prototype.polluted = 1",
    "Object.getPrototypeOf(async function () {}).polluted = 1",
    "Object.getPrototypeOf([][Symbol.iterator]()).polluted = 1",
    "globalThis.polluted = 1",
]


@pytest.mark.parametrize("attack", POLLUTIONS)
def test_s01_prototype_pollution_fails(attack: str) -> None:
    """Every write to a shared prototype throws, and no object has the property afterwards."""
    source = f"let thrown = ''; try {{ {attack} }} catch (e) {{ thrown = e.name }}\n" + (
        "return [thrown, ({} as any).polluted, ([] as any).polluted, (globalThis as any).polluted ?? null]"
    )
    assert value_of(source) == ["TypeError", None, None, None]


def test_s01_data_named_proto_pollutes_nothing() -> None:
    """A key called __proto__ in an argument or in a tool's result is data on both sides of the wall."""
    source = """
        const sent = JSON.parse('{"__proto__": {"polluted": 1}}')
        const got = await tools.echo({value: sent})
        return [Object.keys(got), ({} as any).polluted, got.polluted, Object.getPrototypeOf(got) === Object.prototype]
    """
    assert value_of(source, echo) == [["__proto__"], None, None, True]


REASSIGNMENTS = [
    "tools.echo = async () => 'forged'",
    "delete tools.echo",
    "Object.defineProperty(tools, 'echo', {value: 1})",
    "Object.setPrototypeOf(tools, {})",
    "(tools as any)['ex' + 'tra'] = 1",
    "tools.echo.call = () => 'forged'",
    "Object.assign(tools, {echo: 1})",
    "globalThis.tools = {}",
    "Object.defineProperty(globalThis, 'tools', {value: {}})",
    "delete globalThis.tools",
]


@pytest.mark.parametrize("attack", REASSIGNMENTS)
def test_s02_tools_cannot_be_reassigned(attack: str) -> None:
    """Every change to the toolbox throws, and the tool still is the tool."""
    source = (
        f"let thrown = ''; try {{ {attack} }} catch (e) {{ thrown = e.name }}\nreturn [thrown, "
        f"await tools.echo({{value: 7}})]"
    )
    assert value_of(source, echo) == ["TypeError", 7]


def test_s03_require_is_refused_before_the_engine() -> None:
    """`require` is found in the syntax tree: the outcome has the position, and no machine made a step."""
    outcome = failed("const fs = require('fs'); return fs")
    assert outcome.error is not None
    assert place(outcome.error) == ("BannedIdentifierError", 1, 12)
    assert outcome.figures.steps == 0


@pytest.mark.parametrize(
    ("source", "column"),
    [("import fs from 'fs'", 1), ("return await import('fs')", 14), ("return import.meta", 8)],
)
def test_s04_import_is_refused(source: str, column: int) -> None:
    """Static and dynamic imports and import.meta are refused where they stand, before the engine."""
    outcome = failed(source)
    assert outcome.error is not None
    assert place(outcome.error) == ("BannedIdentifierError", 1, column)
    assert outcome.figures.steps == 0


@pytest.mark.parametrize(
    "source",
    [
        "while (true) {}",
        "for (;;) ;",
        "const f = () => { while (true) {} }; await f()",
        "do { [].push(1) } while (true)",
    ],
)
def test_s05_infinite_loop_is_stopped(source: str, engine: str) -> None:
    """The run ends at its time limit, with the position of the loop where the engine tells it."""
    begun = time.monotonic()
    error = error_of(source, limits=QUICK)
    assert (error.code, error.details["cause"], error.line) == ("ScriptTimeoutError", "clock", STOPPED_AT[engine])
    assert 0.2 < time.monotonic() - begun < 5.0  # a hang, not a busy computer


@pytest.mark.parametrize(
    "source",
    [
        "const again = () => Promise.resolve().then(again); await again()",
        "while (true) await null",
        "const f = async () => { await f() }; for (;;) await Promise.race([f(), 1])",
        "for await (const x of (async function* () { while (true) yield 1 })()) ;",
    ],
)
def test_s06_microtask_flood_is_stopped(source: str) -> None:
    """A flood of promise jobs ends at the time limit, or with the memory it fills."""
    begun = time.monotonic()
    assert error_of(source, limits=QUICK).code in ("ScriptTimeoutError", "ScriptMemoryError", "ScriptStackError")
    assert time.monotonic() - begun < 0.6


MEMORY_BOMBS = [
    "return new Array(1e9).fill(0).length",
    "const list = []; while (true) list.push(new Array(1000).fill(0))",
    "let text = 'x'; while (true) text += text",
    "return 'x'.repeat(2 ** 29).length",
    "const parts = []; while (true) parts.push('x'.repeat(100_000) + parts.length)",
    "return new Uint8Array(2 ** 30).length",
    "const all = []; while (true) all.push(new Float64Array(10_000))",
    "return new ArrayBuffer(2 ** 31 - 1).byteLength",
    "const map = new Map(); for (let i = 0; ; i++) map.set(i, {i})",
    "const big: any = {}; for (let i = 0; ; i++) big['key' + i] = i",
    "const all: bigint[] = []; for (let n = 1n << 4000n; ; n++) all.push(n)",
]


@pytest.mark.parametrize("source", MEMORY_BOMBS)
def test_s07_memory_bomb_is_a_memory_error(source: str, engine: str) -> None:
    """Arrays, strings, typed arrays and all else that grows ends with ScriptMemoryError, at its line if it is known."""
    error = error_of(source, limits=Limits(timeout_ms=5_000, memory_mb=24))
    assert error.code == "ScriptMemoryError"
    assert error.line in (1, STOPPED_AT[engine])


@pytest.mark.parametrize(
    "source",
    [
        "const down = (n: number): number => down(n + 1); return down(0)",
        "const o: any = {toString() { return `${o}` }}; return `${o}`",
        "class A { get a(): any { return this.a } }; return new A().a",
    ],
)
def test_s08_deep_recursion_is_a_stack_error(source: str) -> None:
    """Recursion without end is a ScriptStackError that the script may also catch as a RangeError."""
    error = error_of(source)
    assert (error.code, error.line) == ("ScriptStackError", 1)
    assert value_of(f"try {{ (() => {{ {source} }})() }} catch (e) {{ return e instanceof RangeError }}") is True


@pytest.mark.parametrize("path", ["globalThis.eval", "(0, globalThis['ev' + 'al'])", "Reflect.get(globalThis, 'eval')"])
def test_s09_eval_is_gone(path: str) -> None:
    """By any path eval is undefined; by its name it is refused before the engine."""
    assert value_of(f"return typeof {path}") == "undefined"
    assert place(error_of("return eval('1')")) == ("BannedIdentifierError", 1, 8)


FUNCTION_KINDS = [
    "(function () {})",
    "(() => 1)",
    "(async () => 1)",
    "(function* () {})",
    "(async function* () {})",
    "(class {})",
    "({m() {}}).m",
    "Object.getOwnPropertyDescriptor({get a() { return 1 }}, 'a')!.get!",
    "(function () {}).bind(null)",
    "Math.max",
    "Array",
    "tools.echo",
    "console.log",
    "context.telemetry.emitProgress",
    "Object.getPrototypeOf(function () {})",
    "new Proxy(function () {}, {})",
]


@pytest.mark.parametrize("kind", FUNCTION_KINDS)
def test_s10_function_constructor_is_gone_by_every_path(kind: str) -> None:
    """`.constructor` of every kind of function makes no code from text, however it is reached and called."""
    source = f"""
        const make: any = ({kind} as any).constructor
        const tries = [() => make('return 1'), () => new make('return 1'), () => Reflect.construct(make, ['return 1']),
                       () => make.call(null, 'return 1'), () => Reflect.construct(make, ['return 1'], class {{}})]
        return tries.map(f => {{ try {{ f(); return 'made' }} catch (e) {{ return e.name }} }})
    """
    assert value_of(source, echo) == ["TypeError"] * 5


HOST_NAMES = ["process", "global", "window", "self", "os", "std", "fetch", "XMLHttpRequest", "WebSocket", "Deno", "Bun"]
HOST_NAMES += ["scriptArgs", "print", "setTimeout", "setInterval", "setImmediate", "queueMicrotask", "performance"]
HOST_NAMES += ["WebAssembly", "SharedArrayBuffer", "Atomics", "WeakRef", "FinalizationRegistry", "Function", "require"]
HOST_NAMES += ["module", "exports", "__dirname", "navigator", "gc", "host", "belljar", "run", "pending", "Intl"]


def test_s11_no_host_global_exists() -> None:
    """None of the names that hosts give to scripts is there."""
    names = ", ".join(f"'{name}'" for name in HOST_NAMES)
    assert value_of(f"return [{names}].filter(name => name in globalThis)") == []


def test_s11_the_function_s_caller_cannot_be_reached() -> None:
    """Neither `caller` nor `arguments.callee` leads from the script into the prelude."""
    source = """
        const look = (get: () => any) => { try { return get() ?? null } catch (e) { return e.name } }
        function f(): any { return [look(() => (f as any).caller), look(() => (arguments as any).callee)] }
        return [...f(), look(() => (tools.echo as any).caller), look(() => (tools.echo as any).arguments)]
    """
    assert set(map(str, value_of(source, echo))) <= {"TypeError", "None"}


@pytest.mark.parametrize(
    "attack",
    [
        "context.model = 'x'",
        "context.sandbox.timeoutMs = 1e9",
        "context.capabilities.tools.push('x')",
        "context.telemetry.emitProgress = 1",
        "context.extra = 1",
        "delete context.sandbox",
        "Object.defineProperty(context, 'model', {value: 1})",
        "globalThis.context = {}",
    ],
)
def test_s12_context_cannot_be_changed(attack: str) -> None:
    """The context is frozen to its last leaf."""
    source = (
        f"const before = JSON.stringify(context); let thrown = ''; try {{ {attack} }} catch (e) {{ thrown = e.name }}\n"
    )
    assert value_of(source + "return [thrown, JSON.stringify(context) === before]") == ["TypeError", True]


def test_s13_every_intrinsic_is_frozen() -> None:
    """From the global object and from every syntax that makes objects, nothing reachable can be changed."""
    source = """
        const open: any[] = [globalThis, function () {}, async () => 1, function* () {}, async function* () {},
            (function* () {})(), (async function* () {})(), [].values(), new Map().values(), new Set().values(),
            ''[Symbol.iterator](), 'a'.matchAll(/a/g), /a/, Promise.resolve(), new Error(), Symbol(), 1n,
            [].values().map(x => x), Iterator.from({next() {}}), new Date(), new Proxy({}, {}), tools, context, console]
        const own = new Set(open.slice(1, -3)), seen = new Set(), soft: string[] = []
        for (const generator of open.slice(5, 7)) own.add(Object.getPrototypeOf(generator)) // a new object per function
        while (open.length) {
            const next = open.pop()
            if ((typeof next !== 'object' && typeof next !== 'function') || next === null || seen.has(next)) continue
            seen.add(next)
            if (!own.has(next) && !Object.isFrozen(next))
                soft.push(String(next.name ?? Object.prototype.toString.call(next)))
            open.push(Object.getPrototypeOf(next))
            if (own.has(next)) continue
            for (const key of Reflect.ownKeys(next)) {
                const found = Object.getOwnPropertyDescriptor(next, key)!
                open.push(found.value, found.get, found.set)
            }
        }
        return [soft, seen.size > 300]
    """
    assert value_of(source, echo) == [[], True]


@pytest.mark.parametrize(
    "attack",
    [
        "globalThis.Promise = class {}",
        "Promise.prototype.then = () => 'forged'",
        "Promise.all = () => 'forged'",
        "Promise.race = () => 'forged'",
        "Object.defineProperty(Promise.prototype, 'then', {value: 1})",
        "Promise.resolve = () => 'forged'",
        "Object.defineProperty(Promise, Symbol.species, {value: class {}})",
    ],
)
def test_s14_promise_cannot_be_patched(attack: str) -> None:
    """Awaiting a call goes through the engine's own promises."""
    source = f"let thrown = ''; try {{ {attack} }} catch (e) {{ thrown = e.name }}\n"
    source += "return [thrown, await tools.echo({value: 1}), await Promise.all([tools.echo({value: 2})])]"
    assert value_of(source, echo) == ["TypeError", 1, [2]]


def test_s15_a_hung_machine_is_stopped_and_the_host_goes_on() -> None:
    """While one script loops, another runs to its end on the same event loop; the first is stopped."""

    async def both() -> list[str]:
        async with Harness([echo]) as harness:
            hung = asyncio.ensure_future(harness.run("while (true) {}", limits=QUICK))
            first = await harness.run("return await tools.echo({value: 'alive'})")
            assert not hung.done()
            stopped = await hung
            after = await harness.run("return 'still alive'")
            assert stopped.error is not None
            return [first.value, stopped.error.code, after.value]

    assert asyncio.run(both()) == ["alive", "ScriptTimeoutError", "still alive"]


def test_s16_one_script_cannot_see_another_s_state() -> None:
    """Nothing that a script leaves in any object it can reach is there for the next, one after another or at once."""
    leave = """
        const left: string[] = []
        for (const place of [globalThis, Object.prototype, Math, JSON, console, tools, context, Symbol, Array]) {
            try { (place as any).secret = 'left'; left.push('wrote') } catch { left.push('frozen') }
        }
        Symbol.for('left behind')
        return left.every(x => x === 'frozen')
    """
    look = "return [globalThis, {}, Math, JSON, console, Symbol, []].map(o => (o as any).secret ?? null)"

    async def runs() -> None:
        async with Harness([echo]) as harness:
            assert (await harness.run(leave)).value is True
            assert (await harness.run(look)).value == [None] * 7
            outcomes = await asyncio.gather(*(harness.run(source) for source in (leave, look) * 5))
            assert [outcome.value for outcome in outcomes] == [True, [None] * 7] * 5

    asyncio.run(runs())


def test_s17_an_orphan_call_is_aborted() -> None:
    """A call that nobody awaited is cancelled when the script ends, and the run says so."""
    witness = Witness()
    outcome = belljar.run(
        "tools.hold({name: 'orphan'}); return await tools.echo({value: 1})", tools=[witness.hold, echo]
    )
    assert (outcome.value, witness.log) == (1, ["orphan aborted"])
    assert [(warning.code, warning.details["calls"]) for warning in outcome.warnings] == [("DetachedPromiseError", [1])]


def test_s17_an_orphan_that_ignores_the_abort_is_let_go() -> None:
    """A tool that does not stop holds the run up for the grace and no longer; its call is unknown."""
    begun = time.monotonic()
    outcome = belljar.run(
        "tools.stubborn({ms: 400}); return await tools.echo({value: 1})", tools=[stubborn, echo], limits=QUICK
    )
    assert outcome.value == 1
    assert [(call.tool, call.state.value) for call in outcome.calls] == [("stubborn", "unknown"), ("echo", "done")]
    assert time.monotonic() - begun < 1


def test_s18_no_worker_exists() -> None:
    """There is no way to start a second thread of script."""
    assert place(error_of("return new Worker('x')")) == ("UndefinedNameError", 1, 12)
    assert (
        value_of("return ['Worker', 'SharedArrayBuffer', 'Atomics'].map(n => typeof (globalThis as any)[n])")
        == ["undefined"] * 3
    )


def test_s19_an_oversized_return_is_an_error_with_a_preview() -> None:
    """Over the limit the run fails, and the model is shown how the value began."""
    error = error_of("return {list: new Array(100_000).fill('abc')}")
    assert error.code == "ReturnValueTooLargeError"
    assert error.message == "the returned value is more than 131072 bytes of JSON"
    assert error.details["preview"].startswith('{"list":["abc","abc"')
    assert len(error.details["preview"]) == 1_000


def test_s20_dry_run_runs_nothing() -> None:
    """In dry-run mode no tool is called and no machine steps; the item carries the report."""
    witness = Witness()

    async def turn() -> belljar.Turn:
        async with Harness([witness.note], mode="dry-run") as harness:
            return await harness.process(
                "<tool-calls>\nawait tools.note({text: 'ran'}); while (true) {}\n</tool-calls>"
            )

    made = asyncio.run(turn())
    call, output = made.items[-2:]
    assert isinstance(call, ScriptCallItem)
    assert isinstance(output, ScriptOutputItem)
    assert (call.status, output.summary, witness.log, made.outcomes) == ("checked", "nothing was run: dry run", [], ())
