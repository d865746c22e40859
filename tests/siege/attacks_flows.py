"""Attacks on the order of things: promises, generators, microtasks, the end of a run, the console."""

# ruff: noqa: E501 - an attack stays on one line, as an attacker would paste it
from __future__ import annotations

from ends import CATCH, DATA, MEMORY, RUNTIME, STACK, TIME, Table, each

FLOWS: Table = {
    "end, then go on": ("const f = async () => { await null; for (;;) await null }; f(); return 1", {1, TIME}),
    "end, then call": (
        "(async () => { await null; await null; await null; tools.echo({value: 'after'}) })(); return 1",
        1,
    ),
    "resolve after the end": (
        "let settle; const p = new Promise(r => settle = r); p.then(() => tools.echo({value: 1})); settle(); return 1",
        1,
    ),
    "two ends": ("try { return 1 } finally { return 2 }", 2),
    "finally that loops": ("try { return 1 } finally { for (;;); }", TIME),
    "catch of the time limit": ("for (;;) { try { for (;;); } catch { } finally { } }", TIME),
    "catch of the memory limit": (
        "for (;;) { try { const a = []; for (;;) a.push('x'.repeat(1e5) + a.length) } catch { } }",
        {TIME, MEMORY},
    ),
    "catch of the stack limit": ("const f = () => { try { f() } catch { f() } }; f()", {TIME, STACK}),
    "unhandled rejection": ("Promise.reject(new Error('nobody')); return 1", 1),
    "await of itself": ("const p = Promise.resolve().then(() => p); return await p", RUNTIME),
    "await that nothing settles": ("await new Promise(() => 0)", RUNTIME),
    "generator that returns a tool's promise": (
        "const g = (async function* () { yield tools.echo({value: 1}) })(); return (await g.next()).value",
        1,
    ),
    "async generator thrown into": (
        "const g = (async function* () { for (;;) { try { yield 1 } catch { } } })(); await g.next(); for (;;) await g.throw(1)",
        TIME,
    ),
    "iterator without end in race": (
        "return await Promise.race({*[Symbol.iterator]() { for (;;) yield 1 }})",
        {TIME, MEMORY},
    ),
    "iterator without end in all": (
        "return await Promise.all((function* () { for (;;) yield tools.echo({value: 1}) })())",
        {TIME, MEMORY},
    ),
    "own promise class": (
        "class P extends Promise { then(a, b) { return super.then(x => a('forged'), b) } }; return [await P.resolve(1), await tools.echo({value: 2})]",
        ["forged", 2],
    ),
    "then taken from the prototype": (
        "const t = Promise.prototype.then; return await t.call(tools.echo({value: 1}), x => x + 1)",
        2,
    ),
    "then on no promise": (CATCH + "return name(() => Promise.prototype.then.call({}, 1))", "TypeError"),
    "constructor of a promise replaced": (
        "const p = tools.echo({value: 1}); try { p.constructor = class { constructor(f) { f(() => 0, () => 0) } } } catch { }; return await p.then(x => x)",
        1,
    ),
    "race with a hostile constructor": (
        "return await Promise.race.call(function (f) { f(() => 0, () => 0); return tools.echo({value: 1}) }, [1])",
        {RUNTIME, 1},
    ),
    "call inside a getter inside arguments": (
        "return await tools.echo({value: {get a() { tools.echo({value: 'inner'}); return 1 }}})",
        {"a": 1},
    ),
    "call inside toJSON inside arguments": (
        "return await tools.echo({value: {toJSON() { return {toJSON: 1, inner: typeof tools.echo({value: 2})} }}})",
        {"toJSON": 1, "inner": "object"},
    ),
    "toJSON in arguments without end": (
        "const f = () => ({a: {toJSON: f}}); return await tools.echo({value: {toJSON: f}})",
        DATA,
    ),
    "arguments that throw": ("try { await tools.echo({get value() { throw 'mine' }}) } catch (e) { return e }", "mine"),
    "call while console reads": ("console.log({get a() { tools.echo({value: 1}); return 1 }}); return 1", 1),
    "console reads without end": ("console.log({get a() { for (;;); }})", TIME),
    "console of a proxy": (
        "console.log(new Proxy({}, {ownKeys() { throw 1 }, getPrototypeOf() { throw 1 }})); return 1",
        1,
    ),
    "console of a proxy that is an error": ("console.log(new Proxy({}, {getPrototypeOf() { for (;;); }}))", TIME),
    "console of a set without end": (
        "class S extends Set { *[Symbol.iterator]() { for (;;) yield 1 } }; console.log(new S())",
        {TIME, MEMORY, None},
    ),
    "console flood": ("for (let i = 0; i < 50_000; i++) console.log('x'.repeat(100)); return 1", 1),
    "console with a million arguments": (
        "console.log(...new Array(100_000).fill('x')); return 1",
        each(quickjs=RUNTIME, v8=STACK),
    ),
    "progress flood": ("for (let i = 0; i < 50_000; i++) context.telemetry.emitProgress(i); return 1", 1),
    "progress of a hostile kind": (
        "context.telemetry.emitProgress({get a() { throw 1 }}, {toString() { throw 1 }}); return 1",
        1,
    ),
    "queue flood": (
        "return (await Promise.allSettled(Array.from({length: 1200}, () => tools.echo({value: 1})))).at(-1).reason.code",
        "ToolBudgetExceededError",
    ),
    "calls without end, never awaited": ("for (;;) tools.echo({value: 1})", {TIME, MEMORY}),
    "the same promise awaited everywhere": (
        "const p = tools.echo({value: 1}); return (await Promise.all(new Array(5000).fill(p))).length",
        5000,
    ),
    "array prototype setter": (
        CATCH + "return name(() => { Object.defineProperty(Array.prototype, 0, {set() { }}) })",
        "TypeError",
    ),
    "object prototype setter": (
        CATCH + "return name(() => { Object.defineProperty(Object.prototype, '0', {set() { }}) })",
        "TypeError",
    ),
    "override of a frozen method by class": (
        "class L extends Array { push() { return 'mine' } map() { return 'mine' } }; return [new L().push(1), await tools.echo({value: [1]})]",
        ["mine", [1]],
    ),
    "own global by this": ("return typeof this", "undefined"),
    "primordials by valueOf": (
        CATCH
        + "return [Map.prototype, WeakMap.prototype, String.prototype, JSON, Reflect].map(o => name(() => { o.get = o.stringify = o.apply = () => 'forged'; return 'set' }))",
        ["TypeError"] * 5,
    ),
    "symbol iterator of arrays": (
        CATCH + "return name(() => { Array.prototype[Symbol.iterator] = function* () { } })",
        "TypeError",
    ),
    "map size by a subclass": ("class M extends Map { get size() { return 0 } }; return new M([[1, 2]]).size", 0),
    "result is frozen": (
        CATCH
        + "const r = await tools.echo({value: {a: [1]}}); return [name(() => { r.a.push(2) }), name(() => { r.b = 1 })]",
        ["TypeError", "TypeError"],
    ),
    "using that throws": (
        "{ using x = {[Symbol.dispose]() { throw new Error('mine') }}; } return 1",
        {RUNTIME, "ScriptSyntaxError", "UndefinedNameError"},
    ),
    "label and closing bracket": ("}); globalThis.x = 1; (async function () {", "ScriptSyntaxError"),
    "html comments": ("return 1 <!-- 2", {"ScriptSyntaxError", 1}),
    "return of tools": ("return tools", DATA),
    "return of context": ("return context", DATA),
    "return of globalThis": ("return Object.keys(globalThis)", []),
}

GENERATORS: Table = {
    "async generator without end": ("for await (const x of (async function* () { for (;;) yield 1 })());", TIME),
    "async generator queue flood": (
        "const g = (async function* () { await new Promise(() => 0) })(); for (;;) g.next()",
        {MEMORY, TIME},
    ),
    "async generators, as many as there is room": (
        "const all = []; for (;;) { const g = (async function* () { yield new Array(100).fill(0) })(); all.push(g, g.next()) }",
        {MEMORY, TIME},
    ),
    "async generator that gives itself": (
        "async function* f() { yield* f() }; for await (const x of f());",
        {STACK, MEMORY, TIME},
    ),
    "async generator returned without end": (
        "const g = (async function* () { yield 1 })(); for (;;) await g.return({then(r) { r(1) }})",
        TIME,
    ),
    "async generator whose finally loops": (
        "async function* f() { try { yield 1 } finally { for (;;); } }; for await (const x of f()) break",
        TIME,
    ),
    "async generator whose finally awaits for ever": (
        "async function* f() { try { yield 1 } finally { await new Promise(() => 0) } }; for await (const x of f()) break",
        RUNTIME,
    ),
    "async generator that survives its end": (
        "const g = (async function* () { for (;;) { try { yield tools.echo({value: 1}) } finally { continue } } })(); g.next(); g.return(); return 1",
        1,
    ),
    "async iterator that is never done": (
        "for await (const x of {[Symbol.asyncIterator]: () => ({next: () => ({value: 1, done: false})})});",
        TIME,
    ),
    "async iterator whose next is no object": (
        "for await (const x of {[Symbol.asyncIterator]: () => ({next: () => 1})});",
        RUNTIME,
    ),
    "async iterator whose done is a getter": (
        "for await (const x of {[Symbol.asyncIterator]: () => ({next: () => ({value: 1, get done() { for (;;); }})})});",
        TIME,
    ),
    "async iterator whose next waits for ever": (
        "for await (const x of {[Symbol.asyncIterator]: () => ({next: () => new Promise(() => 0)})});",
        RUNTIME,
    ),
    "for await over a flood of promises": (
        "for await (const x of (function* () { for (;;) yield Promise.resolve(1) })());",
        TIME,
    ),
    "generator that runs itself": ("const g = (function* () { g.next() })(); g.next()", RUNTIME),
    "generator chain": (
        "let g = (function* () { yield 1 })(); for (let i = 0; i < 1e5; i++) { const h = g; g = (function* () { yield* h })() }; return g.next().value",
        {STACK, MEMORY, 1},
    ),
    "generator kept in a getter of the result": (
        "const g = (function* () { for (let i = 0; ; i++) yield i })(); return {get a() { return g.next().value }, get b() { return g.next().value }}",
        {"a": 0, "b": 1},
    ),
}

MICROTASKS: Table = {
    "job that makes itself again": (
        "const f = () => { Promise.resolve().then(f) }; f(); await tools.echo({value: 1}); return 'went on'",
        {TIME, MEMORY},
    ),
    "jobs that double": (
        "const f = () => { Promise.resolve().then(f); Promise.resolve().then(f) }; f(); await tools.hang()",
        {TIME, MEMORY},
    ),
    "async functions that double": (
        "const f = async () => { await null; f(); f() }; f(); await tools.hang()",
        {TIME, MEMORY},
    ),
    "thenable that gives itself": ("const t = {then(r) { r(t) }}; await t; return 1", TIME),
    "thenables that take turns": ("const a = {then(r) { r(b) }}, b = {then(r) { r(a) }}; await a; return 1", TIME),
    "thenable that is new each time": ("const make = () => ({then(r) { r(make()) }}); await make()", TIME),
    "thenable that settles in a job, twice": (
        "return await {then(r, j) { Promise.resolve().then(() => { r(1); j(2); r({then() { for (;;); }}) }) }}",
        1,
    ),
    "await in a loop that starves the calls": (
        "const p = tools.echo({value: 1}); let done = false; p.then(() => { done = true }); while (!done) await null; return 1",
        TIME,
    ),
    "rejections that nobody catches, without end": ("for (;;) Promise.reject(new Error('x'))", {TIME, MEMORY}),
    "catch that throws again, without end": (
        "const f = e => Promise.reject(e).catch(f); await f(1)",
        {TIME, MEMORY},
    ),
    "finally that is never through": ("const f = () => Promise.resolve().finally(f); await f()", {TIME, MEMORY}),
    "promise that waits for its own children": (
        "let p = new Promise(r => 0); for (let i = 0; i < 1000; i++) p = Promise.all([p, null]); await p",
        RUNTIME,
    ),
    "calls doubled by Promise.all": (
        "let p = tools.echo({value: 1}); for (let i = 0; i < 40; i++) p = Promise.all([p, p]); return 1",
        {MEMORY, TIME, 1},
    ),
    "race of races": (
        "let p = tools.hang(); for (let i = 0; i < 2000; i++) p = Promise.race([p, p]); return await Promise.race([p, 5])",
        {5, MEMORY, TIME},
    ),
    "withResolvers settled by its own value": (
        "const {promise, resolve} = Promise.withResolvers(); resolve(promise); await promise",
        RUNTIME,
    ),
    "Promise.try that loops": ("await Promise.try(() => { for (;;); })", TIME),
}

AFTER_THE_END: Table = {
    "then of a call that comes after the end": ("tools.echo({value: 1}).then(() => { for (;;); }); return 1", 1),
    "finally of a call that comes after the end": (
        "(async () => { try { await tools.hang() } finally { for (;;); } })(); return 1",
        1,
    ),
    "catch of the abort, then a new call": (
        "(async () => { try { await tools.hang() } catch { await tools.echo({value: 'after'}) } })(); return 1",
        1,
    ),
    "loser of a race calls again": (
        "const again = async () => { try { await tools.hang() } catch { return again() } }; return await Promise.race([again(), tools.echo({value: 1})])",
        {1, TIME},
    ),
    "winner's sibling goes on calling": (
        "const v = await Promise.any([tools.hang(), tools.echo({value: 1})]); tools.echo({value: 'after'}); return v",
        1,
    ),
    "settle kept for after the end": (
        "let kept; const p = new Promise(r => { kept = r }); p.then(() => tools.echo({value: 'after'})); try { return 1 } finally { kept() }",
        1,
    ),
    "reject kept for after the end": (
        "let kept; new Promise((_, no) => { kept = no }); try { return 1 } finally { kept(new Error('late')) }",
        1,
    ),
    "value that changes after the end": (
        "const o = {a: 1}; Promise.resolve().then(() => 0).then(() => { o.a = 2 }); return o",
        {"a": 1},
    ),
    "error that changes after the end": (
        "const e = new Error('x'); Promise.resolve().then(() => { e.message = 'forged' }); throw e",
        RUNTIME,
    ),
    "second end by a throw in a job": ("Promise.resolve().then(() => { throw new Error('second') }); return 1", 1),
    "end inside a getter of the result": (
        "return {get a() { throw Object.assign(new Error('x'), {code: 'ScriptCancelledError'}) }}",
        RUNTIME,
    ),
}

REENTRANT: Table = {
    "result with a then": ("return await tools.echo({value: {then: 'x', catch: 1}})", {"then": "x", "catch": 1}),
    "then made on a frozen result": (
        CATCH
        + "const r = await tools.echo({value: {}}); return name(() => Object.defineProperty(r, 'then', {value: f => f(1)}))",
        "TypeError",
    ),
    "result given back as a prototype": (
        "const r = await tools.echo({value: {a: 1}}); const o = Object.create(r); return [o.a, await tools.echo({value: Object.keys(o).length})]",
        [1, 0],
    ),
    "call from the then of a call, all the way down": (
        "const f = async n => n ? f(n - await tools.echo({value: 1})) : 'done'; return await f(25)",
        "done",
    ),
    "call from the arguments of a call": (
        "let n = 0; const a = () => ({get value() { if (n++ < 20) tools.echo(a()); return n }}); return await tools.echo(a())",
        21,
    ),
    "call from the arguments of a call, without end": (
        "const a = () => ({get value() { tools.echo(a()); return 1 }}); return await tools.echo(a())",
        {STACK, TIME, MEMORY, "ToolBudgetExceededError"},
    ),
    "result thrown while a call is written": (
        "try { await tools.echo({get value() { throw tools.boom({}) }}) } catch (e) { return typeof e.then }",
        "function",
    ),
    "old error thrown while a call is written": (
        "let old; try { await tools.boom({}) } catch (e) { old = e }\ntry { await tools.echo({get value() { throw old }}) } catch (e) { return [e === old, e.code] }",
        [True, "ToolExecutionError"],
    ),
    "then of a call replaced by a getter": (
        "const p = tools.echo({value: 1}); Object.defineProperty(p, 'then', {get() { return f => f('forged') }}); return [await p]",
        [1],
    ),
    "promise of a call as argument": ("return await tools.echo({value: tools.echo({value: 1})})", DATA),
    "answer's error with a getter for its code": (
        "try { await tools.boom({}) } catch (e) { Object.defineProperty(e, 'code', {get() { for (;;); }}); Object.defineProperty(e, 'message', {get() { throw 1 }}); throw e }",
        "ToolExecutionError",
    ),
    "details of an answer's error are frozen": (
        CATCH
        + "try { await tools.echo(1, 2, 3) } catch (e) { return [e.code, name(() => { e.details.x = 1 }), name(() => { e.details.problems[0] = 1 })] }",
        ["ToolValidationError", "TypeError", "TypeError"],
    ),
    "generator resumed by the answer of its own call": (
        "const g = (function* () { const v = yield tools.echo({value: 2}).then(x => g.next(x)); return v })(); const p = g.next().value; return (await p).value",
        2,
    ),
    "console inside the arguments of console": (
        "const o = {get a() { console.log(o); return 1 }}; console.log(o); return 1",
        {1, STACK},
    ),
    "progress inside progress": (
        "const e = context.telemetry.emitProgress; e({get a() { e('inner'); return 1 }}, {toString() { e('kind'); return 'k' }}); return 1",
        1,
    ),
}
