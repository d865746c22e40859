"""The attacks: name -> (script, what must come of it). A string is an error's code, a list the value that is returned.

Scripts are plain JavaScript in the eyes of an attacker, with the tools `echo({value})`, `boom({})` and `hang()`. Names of
tools are computed where the front end would find the trick before the jar could.
"""

# ruff: noqa: E501 - an attack stays on one line, as an attacker would paste it
from __future__ import annotations

from typing import Any

TIME, MEMORY, STACK, RUNTIME = "ScriptTimeoutError", "ScriptMemoryError", "ScriptStackError", "ScriptRuntimeError"
DATA, LARGE = "SerializationError", "ReturnValueTooLargeError"
CATCH = "const name = f => { try { return f() } catch (e) { return e.name } }; "

FORGERIES: dict[str, tuple[str, Any]] = {
    "getter as result": ("return {get a() { return 1 }}", {"a": 1}),
    "getter that throws": ("return {get a() { throw new Error('mine') }}", RUNTIME),
    "getter that loops": ("return {get a() { for (;;); }}", TIME),
    "getter that changes its mind": ("let n = 0; return {get a() { return n++ }}", {"a": 0}),
    "getter that grows the list it is in": (
        "const list = []; Object.defineProperty(list, 0, {enumerable: true, get() { list.push(1); return 0 }}); return list",
        [0],
    ),
    "length that lies": ("return new Proxy([1, 2], {get: (t, k) => k === 'length' ? 1e9 : t[k]})", LARGE),
    "length that is no number": ("return new Proxy([1, 2], {get: (t, k) => k === 'length' ? {} : t[k]})", []),
    "proxy object as result": ("return new Proxy({a: 1}, {})", {"a": 1}),
    "proxy with endless keys": (
        "return new Proxy({}, {ownKeys: () => { for (;;); }, getOwnPropertyDescriptor: () => ({enumerable: true, configurable: true})})",
        TIME,
    ),
    "proxy that throws from getPrototypeOf": (
        "return new Proxy({}, {getPrototypeOf() { throw new Error('mine') }})",
        RUNTIME,
    ),
    "proxy nested without end": (
        "const p = new Proxy({}, {ownKeys: () => ['a'], getOwnPropertyDescriptor: () => ({enumerable: true, configurable: true}), get: (t, k) => k === 'a' ? p : undefined}); return p",
        DATA,
    ),
    "proxy fresh at each level": (
        "const make = () => new Proxy({}, {ownKeys: () => ['a'], getOwnPropertyDescriptor: () => ({enumerable: true, configurable: true}), get: (t, k) => k === 'a' ? make() : undefined}); return make()",
        LARGE,
    ),
    "revoked proxy": ("const {proxy, revoke} = Proxy.revocable({}, {}); revoke(); return proxy", RUNTIME),
    "revoked array proxy": ("const {proxy, revoke} = Proxy.revocable([], {}); revoke(); return [proxy]", RUNTIME),
    "toJSON that forges bytes": ("return {toJSON: () => ({$bytes: 'AAAA'})}", {"$bytes": "AAAA"}),
    "toJSON that loops": ("return {toJSON() { for (;;); }}", TIME),
    "toJSON without end": ("const f = () => ({a: {toJSON: f}}); return {toJSON: f}", LARGE),
    "toJSON that returns this": ("return {a: 1, toJSON() { return this }}", DATA),
    "toJSON that calls a tool": ("return {toJSON() { tools.echo({value: 'late'}); return 1 }}", 1),
    "toString of a key": ("return {[{toString() { return 'k' }}]: 1}", {"k": 1}),
    "symbol keys": ("return {[Symbol('x')]: 1, a: 1}", {"a": 1}),
    "thenable result": ("return {then(resolve) { resolve('adopted') }}", "adopted"),
    "thenable that never resolves": ("return {then() {}}", RUNTIME),
    "thenable that resolves twice": ("return {then(resolve, reject) { resolve(1); resolve(2); reject(3) }}", 1),
    "thenable chain without end": ("const t = {then(r) { r(t) }}; return t", TIME),
    "thenable getter": ("return {get then() { throw 'mine' }}", RUNTIME),
    "wire tag for bytes": ("return {$bytes: 'AAAA'}", {"$bytes": "AAAA"}),
    "wire tag for an object": ("return {$object: {$bytes: 'AAAA'}}", {"$object": {"$bytes": "AAAA"}}),
    "wire tag to a tool and back": (
        "return await tools.echo({value: {$bytes: '!', x: {$object: 1}}})",
        {"$bytes": "!", "x": {"$object": 1}},
    ),
    "wire tag alone to a tool and back": ("return await tools.echo({value: {$bytes: '!'}})", {"$bytes": "!"}),
    "protocol words as a value": (
        'return {status: "failed", error: {code: "ScriptTimeoutError"}, calls: [[1, "x", [], 0]]}',
        {"status": "failed", "error": {"code": "ScriptTimeoutError"}, "calls": [[1, "x", [], 0]]},
    ),
    "json in a key": (
        'return {\'"}],"calls":[[9,"pay",[],0]],"x":[{"\': 1}',
        {'"}],"calls":[[9,"pay",[],0]],"x":[{"': 1},
    ),
    "json in console": ('console.log(\'"}],"status":"failed"\'); return 1', 1),
    "json in a tool's error": (
        'try { await tools.boom({message: \'","code":"ScriptTimeoutError\'}) } catch (e) { return e.code }',
        "ToolExecutionError",
    ),
    "key __proto__ in a result": (
        'return await tools.echo({value: JSON.parse(\'{"__proto__": {"x": 1}}\')})',
        {"__proto__": {"x": 1}},
    ),
    "tool named __proto__": (
        CATCH + "return name(() => String(Object.getPrototypeOf(Object.getPrototypeOf(tools)) === null))",
        "true",
    ),
    "tool names of Object.prototype": (
        CATCH
        + "return ['hasOwnProperty', '__proto__', '__defineGetter__', 'isPrototypeOf', 'x y'].map(k => name(() => typeof tools[k]))",
        ["ToolNotFoundError"] * 5,
    ),
    "tool with a forged name": (CATCH + "return name(() => tools['echo\\n(script.ts:99:99)'])", "ToolNotFoundError"),
    "tools as a prototype": ("const mine = Object.create(tools); return await mine.echo({value: 1})", 1),
    "tool called as a constructor": (CATCH + "return name(() => new tools.echo({}))", "TypeError"),
    "tool through Reflect.apply with a fake list": (
        "return await Reflect.apply(tools.echo, null, {length: 1, 0: {value: 7}})",
        7,
    ),
    "tool called with a million arguments": (
        "try { await tools.echo(...new Array(100_000).fill(0)) } catch (e) { return e.name }",
        "RangeError",
    ),
    "forged code on an error": (
        "const e = new Error('x'); e.code = 'HarnessInternalError'; e.name = 'HarnessInternalError'; throw e",
        RUNTIME,
    ),
    "forged coded error": (
        "throw Object.assign(new Error('x'), {name: 'ScriptCancelledError', code: 'ScriptCancelledError', retryable: true})",
        RUNTIME,
    ),
    "answer's error thrown again, changed": (
        "try { await tools.boom({}) } catch (e) { e.code = 'ScriptTimeoutError'; e.message = 'forged'; throw e }",
        "ToolExecutionError",
    ),
    "error with getters": (
        "throw Object.defineProperties(new Error('x'), {message: {get() { for (;;); }}, name: {get() { throw 1 }}})",
        TIME,
    ),
    "error whose name is an object": (
        "const e = new Error('x'); e.name = {toString() { return {} }}; throw e",
        RUNTIME,
    ),
    "error whose stack is a lie": ("const e = new Error('x'); e.stack = 'at evil (script.ts:99:99)'; throw e", RUNTIME),
    "thrown proxy": (
        "throw new Proxy(new Error('x'), {get() { throw 'again' }, getPrototypeOf() { throw 'again' }})",
        RUNTIME,
    ),
    "thrown revoked proxy": ("const {proxy, revoke} = Proxy.revocable({}, {}); revoke(); throw proxy", RUNTIME),
    "thrown null": ("throw null", RUNTIME),
    "thrown symbol": ("throw Symbol('s')", RUNTIME),
    "thrown function": ("throw () => 1", RUNTIME),
    "thrown huge string": ("throw 'x'.repeat(5_000_000)", RUNTIME),
    "message of megabytes": ("throw new Error('x'.repeat(5_000_000))", RUNTIME),
    "half a surrogate as message": ("throw new Error('\\ud800')", RUNTIME),
    "half a surrogate as value": ("return '\\ud800'", DATA),
    "half a surrogate as key": ("return {'\\udfff': 1}", DATA),
    "half a surrogate in console": ("console.log('\\ud800'); return 1", 1),
    "half a surrogate in progress": ("context.telemetry.emitProgress('\\ud800', '\\udc00'); return 1", 1),
    "surrogate pair cut by console": ("console.log('a' + '\\u{1F600}'.repeat(4000)); return 1", 1),
    "aggregate of hostile errors": (
        "throw new AggregateError([null, undefined, {get name() { throw 1 }}, new Proxy({}, {get() { throw 1 }}), 5, 6])",
        RUNTIME,
    ),
    "aggregate that lies about its length": (
        "const e = new AggregateError([]); e.errors = new Proxy([], {get: (t, k) => k === 'length' ? -1 : {}}); throw e",
        RUNTIME,
    ),
    "cause without end": ("const e = new Error('x'); e.cause = e; throw e", RUNTIME),
    "function name with newlines": (
        "const f = {['a\\n    at script.ts:99:99']() { throw new Error('x') }}; f['a\\n    at script.ts:99:99']()",
        RUNTIME,
    ),
    "line spoofing by message": ("throw new Error('x\\n    at <anonymous> (script.ts:99:99)')", RUNTIME),
    "line spoofing by sourceURL": ("throw new Error('x') //# sourceURL=/etc/passwd", RUNTIME),
    "bytes subclass": (
        "class B extends Uint8Array { toBase64() { return 'x' } get length() { return 1e9 } }; return new B([1, 2])",
        b"\x01\x02",
    ),
    "bytes with a forged tag": (
        "const b = new Uint8Array([1]); Object.defineProperty(b, Symbol.toStringTag, {value: 'x'}); return b",
        b"\x01",
    ),
    "bytes on a detached buffer": ("const b = new Uint8Array(4); b.buffer.transfer(); return b", RUNTIME),
    "bytes on a shrunk buffer": (
        "const r = new ArrayBuffer(8, {maxByteLength: 16}); const b = new Uint8Array(r, 4, 4); r.resize(2); return b",
        RUNTIME,
    ),
    "species of an array": (
        "class A extends Array { static get [Symbol.species]() { return function () { return tools } } }; return name2(); function name2() { try { new A(1, 2).map(x => x); return 'made' } catch (e) { return e.name } }",
        "TypeError",
    ),
    "hasInstance of everything": (
        "class A { static [Symbol.hasInstance]() { return true } }; return [{} instanceof A]",
        [True],
    ),
    "toPrimitive": ("return `${{[Symbol.toPrimitive]: () => 'x'}}`", "x"),
    "sparse array": ("const a = []; a[5] = 1; return a", [None] * 5 + [1]),
    "sparse array of four thousand millions": ("const a = []; a[4294967294] = 1; return a", LARGE),
    "array with names": ("const a = [1]; a.x = 2; return a", [1]),
    "BigInt": ("return 1n", DATA),
    "NaN": ("return {a: [NaN]}", DATA),
    "cycle": ("const a = {}; a.b = [a]; return a", DATA),
    "cycle through toJSON": ("const a = {toJSON: () => ({a})}; return a", LARGE),
    "shared graph of 2 to the 40": ("let a = [0]; for (let i = 0; i < 25; i++) a = [a, a]; return a", LARGE),
    "deep value": ("let a = 1; for (let i = 0; i < 5000; i++) a = [a]; return a", LARGE),
    "deep arguments": ("let a = 1; for (let i = 0; i < 5000; i++) a = [a]; return await tools.echo({value: a})", DATA),
    "huge key": ("return {['k'.repeat(200_000)]: 1}", LARGE),
    "a million keys": ("const o = {}; for (let i = 0; i < 3e4; i++) o['k' + i] = i; return o", LARGE),
    "huge arguments": ("return await tools.echo({value: 'x'.repeat(9_000_000)})", {DATA, MEMORY}),
    "wide characters against a byte limit": ("return '\\u4e2d'.repeat(100_000)", LARGE),
}

FLOWS: dict[str, tuple[str, Any]] = {
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
    "console with a million arguments": ("console.log(...new Array(100_000).fill('x')); return 1", RUNTIME),
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

TIME_BOMBS: dict[str, tuple[str, Any]] = {
    "regular expression": ("return /^(a+)+$/.test('a'.repeat(40) + 'b')", TIME),
    "regular expression with lookbehind": (
        "return /(?<=(a|aa)+)b/.test('a'.repeat(5000) + 'c'.repeat(5000))",
        {TIME, False},
    ),
    "regular expression on a long text": ("return /(x*)*y/.test('x'.repeat(30))", TIME),
    "regular expression replace": ("return 'a'.repeat(1e6).replace(/a*?b/g, '')", TIME),
    "indexOf on a lie": ("return Array.prototype.indexOf.call({length: 2 ** 53 - 1}, 1)", TIME),
    "includes on a lie": ("return Array.prototype.includes.call({length: 2 ** 53 - 1}, 1)", TIME),
    "lastIndexOf on a lie": ("return Array.prototype.lastIndexOf.call({length: 2 ** 53 - 1}, 1)", TIME),
    "fill on a lie": ("Array.prototype.fill.call(new Proxy({length: 2 ** 53 - 1}, {set: () => true}), 0)", TIME),
    "reverse on a lie": ("Array.prototype.reverse.call({length: 2 ** 53 - 1})", TIME),
    "join on a lie": ("return Array.prototype.join.call({length: 4294967295}, '')", {TIME, MEMORY}),
    "slice on a lie": ("return Array.prototype.slice.call({length: 4294967295})", {TIME, MEMORY}),
    "copyWithin on a lie": ("Array.prototype.copyWithin.call({length: 2 ** 53 - 1}, 0, 1)", TIME),
    "unshift on a lie": ("Array.prototype.unshift.call({length: 2 ** 53 - 2}, 1)", {TIME, RUNTIME}),
    "sort of a lie": ("Array.prototype.sort.call({length: 2 ** 40})", {TIME, MEMORY, RUNTIME}),
    "sort that never agrees": (
        "return new Array(1e5).fill(0).map((_, i) => i).sort(() => Math.random() - 0.5).length",
        {TIME, 100000},
    ),
    "sort of many strings": (
        "const a = []; for (let i = 0; i < 2000; i++) a.push('x'.repeat(5000) + i); for (;;) a.sort()",
        {TIME, MEMORY},
    ),
    "JSON.parse of much": ("const t = '[' + '1,'.repeat(2e5) + '1]'; for (;;) JSON.parse(t)", {TIME, MEMORY}),
    "JSON.stringify of a shared graph": (
        "let a = [1]; for (let i = 0; i < 40; i++) a = [a, a]; return JSON.stringify(a)",
        {TIME, MEMORY},
    ),
    "BigInt power": ("return String(3n ** 2_000_000n).length", {TIME, MEMORY, RUNTIME, 954243}),
    "BigInt to text": ("let n = 7n; for (let i = 0; i < 17; i++) n *= n; for (;;) String(n)", TIME),
    "BigInt from text": ("const t = '9'.repeat(100_000); for (;;) BigInt(t)", TIME),
    "normalize": (
        "const t = 'e\\u0301\\u0323'.repeat(50_000); for (;;) t.normalize('NFC').normalize('NFD')",
        {TIME, MEMORY},
    ),
    "normalize of marks": (
        "return ('a' + '\\u0301\\u0323'.repeat(100_000)).normalize('NFC').length",
        {TIME, 200000, 199999},
    ),
    "localeCompare": ("const t = 'x'.repeat(100_000); for (;;) t.localeCompare(t + 'y')", {TIME, MEMORY}),
    "search for a needle": ("return ('a'.repeat(2e5) + 'b').repeat(5).indexOf('a'.repeat(1e5) + 'c')", {TIME, -1}),
    "split into much": ("const t = 'ab'.repeat(5e5); for (;;) t.split('b')", {TIME, MEMORY}),
    "replaceAll into much": ("return 'a'.repeat(1e5).replaceAll('a', 'b'.repeat(1e5)).length", {TIME, MEMORY}),
    "typed array fill": ("const a = new Uint8Array(4e6); for (;;) a.fill(1)", TIME),
    "typed array sort": ("const a = new Float64Array(5e5).map(Math.random); for (;;) a.sort().reverse()", TIME),
    "typed array set": ("const a = new Uint8Array(4e6); for (;;) a.set(a)", TIME),
    "typed array from a lie": ("return Uint8Array.from({length: 2 ** 40}).length", {RUNTIME, MEMORY}),
    "spread of a lie": (
        "return Math.max(...{length: 1e9, *[Symbol.iterator]() { for (;;) yield 1 }})",
        {TIME, MEMORY, RUNTIME},
    ),
    "apply on a lie": ("return Math.max.apply(null, {length: 2 ** 32})", {TIME, MEMORY, RUNTIME, STACK, DATA}),
    "flat without end": ("const a = []; a.push(a, a); return a.flat(Infinity)", {TIME, MEMORY, STACK}),
    "Object.assign from a proxy": ("Object.assign({}, new Proxy({}, {ownKeys: () => { for (;;); }}))", TIME),
    "in on a proxy chain": ("let p = {}; for (let i = 0; i < 1000; i++) p = Object.create(p); for (;;) 'x' in p", TIME),
    "Date parse": ("const t = '1'.repeat(1e6); for (;;) Date.parse(t)", {TIME, MEMORY}),
    "toFixed": ("for (;;) (1e20).toFixed(100)", TIME),
    "encodeURIComponent": ("const t = '\\u4e2d'.repeat(1e5); for (;;) encodeURIComponent(t)", {TIME, MEMORY}),
    "template of templates": ("let t = 'x'; for (;;) t = `${t}${t}`", MEMORY),
    "Map that grows while it is read": (
        "const m = new Map([[0, 0]]); for (const [k] of m) m.set(k + 1, 0)",
        {TIME, MEMORY},
    ),
    "groupBy": ("return Object.groupBy({*[Symbol.iterator]() { for (;;) yield {} }}, () => 'a')", {TIME, MEMORY}),
    "Array.fromAsync": ("return await Array.fromAsync((async function* () { for (;;) yield 1 })())", {TIME, MEMORY}),
    "iterator helper": (
        "return Iterator.from({next: () => ({value: 1, done: false})}).map(x => x).toArray()",
        {TIME, MEMORY},
    ),
    "structured error flood": ("for (;;) { try { null.x } catch { } }", TIME),
    "class fields": ("class A { x = new A() }; new A()", STACK),
}

STACKS: dict[str, tuple[str, Any]] = {
    "JSON.parse deep": ("return JSON.parse('['.repeat(1e5) + ']'.repeat(1e5))", STACK),
    "JSON.stringify deep": ("let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return JSON.stringify(a)", STACK),
    "JSON.parse with a reviver": (
        "return JSON.parse('['.repeat(3000) + ']'.repeat(3000), (k, v) => v)",
        {STACK, LARGE},
    ),
    "flat deep": ("let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a.flat(Infinity)", STACK),
    "join deep": ("let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a.join()", STACK),
    "String of deep": ("let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return String(a)", STACK),
    "toLocaleString deep": ("let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a.toLocaleString()", STACK),
    "proxy chain get": ("let p = {}; for (let i = 0; i < 2e4; i++) p = new Proxy(p, {}); return p.x", STACK),
    "proxy chain has": ("let p = {}; for (let i = 0; i < 2e4; i++) p = new Proxy(p, {}); return 'x' in p", STACK),
    "proxy chain getPrototypeOf": (
        "let p = {}; for (let i = 0; i < 2e4; i++) p = new Proxy(p, {}); return Object.getPrototypeOf(p)",
        STACK,
    ),
    "proxy chain ownKeys": (
        "let p = {}; for (let i = 0; i < 2e4; i++) p = new Proxy(p, {}); return Reflect.ownKeys(p)",
        STACK,
    ),
    "proxy chain set": ("let p = {}; for (let i = 0; i < 2e4; i++) p = new Proxy(p, {}); p.x = 1", STACK),
    "proxy chain delete": ("let p = {}; for (let i = 0; i < 2e4; i++) p = new Proxy(p, {}); delete p.x", STACK),
    "proxy chain isArray": (
        "let p = []; for (let i = 0; i < 2e4; i++) p = new Proxy(p, {}); return Array.isArray(p)",
        STACK,
    ),
    "proxy chain call": ("let p = () => 1; for (let i = 0; i < 2e4; i++) p = new Proxy(p, {}); return p()", STACK),
    "proxy chain construct": (
        "let p = class {}; for (let i = 0; i < 2e4; i++) p = new Proxy(p, {}); return new p()",
        STACK,
    ),
    "proxy chain defineProperty": (
        "let p = {}; for (let i = 0; i < 2e4; i++) p = new Proxy(p, {}); Object.defineProperty(p, 'x', {value: 1})",
        STACK,
    ),
    "proxy chain returned": ("let p = {}; for (let i = 0; i < 2e4; i++) p = new Proxy(p, {}); return p", STACK),
    "proxy chain thrown": ("let p = {}; for (let i = 0; i < 2e4; i++) p = new Proxy(p, {}); throw p", {STACK, RUNTIME}),
    "proxy that is its own prototype": ("const p = new Proxy({}, {get: (t, k, r) => r[k]}); return p.x", STACK),
    "prototype chain": ("let p = {}; for (let i = 0; i < 1e5; i++) p = Object.create(p); return p.x ?? null", None),
    "bound function chain": (
        "let f = () => 1; for (let i = 0; i < 3e4; i++) f = f.bind(null); return f()",
        {STACK, MEMORY},
    ),
    "regular expression groups": ("return RegExp('('.repeat(1e5) + ')'.repeat(1e5)).test('')", {STACK, RUNTIME}),
    "regular expression deep match": (
        "return /^(?:(a)|b)*$/.test('ab'.repeat(1e6))",
        {True, STACK, MEMORY, TIME, RUNTIME},
    ),
    "rope of strings": ("let t = ''; for (let i = 0; i < 5000; i++) t = 'x' + t + 'y'; return t.length", 10000),
    "getter of itself": ("const o = {get a() { return this.a }}; return o.a", STACK),
    "toString of itself": ("const o = {toString() { return '' + this }}; return '' + o", STACK),
    "valueOf of itself": ("const o = {valueOf() { return +this }}; return +o", STACK),
    "sort inside sort": ("const f = () => [1, 2].sort(f); f()", STACK),
    "map inside map": ("const f = () => [1].map(f); f()", STACK),
    "replace inside replace": ("const f = () => 'a'.replace(/a/, f); f()", STACK),
    "JSON inside toJSON": ("const o = {toJSON() { return JSON.stringify(o) }}; JSON.stringify(o)", STACK),
    "Reflect.construct of itself": ("function F() { Reflect.construct(F, []) }; new F()", STACK),
    "async recursion": ("const f = async () => f(); await f()", STACK),
    "generator recursion": ("function* f() { yield* f() }; [...f()]", STACK),
    "tagged template of itself": ("const f = () => f``; f()", STACK),
    "proxy trap of itself": ("const p = new Proxy({}, {has: (t, k) => k in p}); return 'x' in p", STACK),
    "destructuring default of itself": ("const f = ({a = f({})} = {}) => a; f()", STACK),
    "spread of itself": ("const o = {*[Symbol.iterator]() { yield* this }}; return [...o]", STACK),
    "instanceof of a chain": (
        "let f = function () {}; for (let i = 0; i < 3e4; i++) f = f.bind(); return ({}) instanceof f",
        {STACK, False, MEMORY},
    ),
    "promise chain": (
        "let p = Promise.resolve(1); for (let i = 0; i < 5e4; i++) p = p.then(x => x); return await p",
        {1, MEMORY, TIME},
    ),
    "promises in promises": (
        "let p = 1; for (let i = 0; i < 2e4; i++) { const q = p; p = new Promise(r => r(q)) }; return await p",
        {1, MEMORY, TIME},
    ),
    "linked list freed": ("let a = null; for (let i = 0; i < 1e5; i++) a = {a}; a = null; return 1", 1),
    "linked closures freed": (
        "let f = () => 0; for (let i = 0; i < 5e4; i++) { const g = f; f = () => g }; f = null; return 1",
        1,
    ),
    "deep source": ("return " + "[" * 4000 + "]" * 4000, {"ScriptSyntaxError", STACK, LARGE}),
    "deep brackets": ("return " + "(" * 6000 + "1" + ")" * 6000, {"ScriptSyntaxError", STACK, 1}),
    "deep functions": ("return " + "() => " * 2500 + "1", {"ScriptSyntaxError", STACK, DATA}),
    "deep blocks": ("{" * 8000 + "}" * 8000, {"ScriptSyntaxError", STACK, None}),
    "deep template": ("return " + "`${" * 3000 + "1" + "}`" * 3000, {"ScriptSyntaxError", STACK, "1"}),
    "deep unary": ("return " + "!" * 15000 + "1", {"ScriptSyntaxError", STACK, False, True}),
    "deep destructuring": ("const " + "[" * 3000 + "a" + "]" * 3000 + " = [1]", {"ScriptSyntaxError", STACK, RUNTIME}),
    "long sum": ("return " + "1+" * 9000 + "1", {9001, STACK, "ScriptSyntaxError"}),
    "long else if": ("if (0) {} " + "else if (0) {} " * 1200, {None, "ScriptSyntaxError", STACK}),
    "long chain of calls": ("const f = () => f; f" + "()" * 9000 + "; return 1", {1, STACK, "ScriptSyntaxError"}),
}

MEMORY_BOMBS: dict[str, tuple[str, Any]] = {
    "array of arrays": ("const a = []; for (;;) a.push([])", MEMORY),
    "array of objects": ("const a = []; for (;;) a.push({a: 1, b: 2})", MEMORY),
    "array length": ("const a = new Array(2 ** 32 - 1); a.fill(1)", {MEMORY, TIME}),
    "concat doubles": ("let a = [1]; for (;;) a = a.concat(a)", MEMORY),
    "padStart": ("return 'x'.padStart(2 ** 29, 'ab').length", MEMORY),
    "repeat and join": ("return new Array(1e6).join('x'.repeat(1000)).length", MEMORY),
    "ropes": ("let t = 'x'.repeat(1000); for (;;) t = t + t + '!'", MEMORY),
    "typed arrays": ("const a = []; for (;;) a.push(new Uint8Array(1e5))", MEMORY),
    "resizable buffer": (
        "const b = new ArrayBuffer(0, {maxByteLength: 2 ** 30}); for (let n = 1; ; n *= 2) b.resize(n)",
        {MEMORY, RUNTIME},
    ),
    "buffer transfer": ("let b = new ArrayBuffer(8); for (let n = 8; ; n *= 2) b = b.transfer(n)", {MEMORY, RUNTIME}),
    "symbols": ("const a = []; for (let i = 0; ; i++) a.push(Symbol('s' + i))", MEMORY),
    "registered symbols": ("for (let i = 0; ; i++) Symbol.for('s' + i)", {MEMORY, TIME}),
    "property names": ("const o = {}; for (let i = 0; ; i++) o['p' + i] = 0", MEMORY),
    "shapes": ("const a = []; for (let i = 0; ; i++) a.push({['p' + i]: 0})", MEMORY),
    "closures": ("const a = []; for (let i = 0; ; i++) a.push(() => i)", MEMORY),
    "bound functions": ("const a = []; for (;;) a.push(a.push.bind(a))", MEMORY),
    "promises": ("const a = []; for (;;) a.push(new Promise(() => 0))", MEMORY),
    "jobs": ("for (;;) Promise.resolve().then(() => 0)", {MEMORY, TIME}),
    "generators": ("const a = []; for (;;) { const g = (function* () { yield 1 })(); g.next(); a.push(g) }", MEMORY),
    "regular expressions": (
        "const a = []; for (let i = 0; ; i++) a.push(new RegExp('x{' + i % 1000 + '}' + i))",
        {MEMORY, TIME},
    ),
    "one regular expression": (
        "return new RegExp('(?:x{1000}){1000}'.repeat(50)).source.length",
        {MEMORY, TIME, RUNTIME, 850},
    ),
    "captures": ("const a = []; for (;;) a.push(...'ab'.repeat(1000).matchAll(/(a)(b)/g))", {MEMORY, TIME}),
    "dates": ("const a = []; for (;;) a.push(new Date(0))", MEMORY),
    "errors": ("const a = []; for (;;) a.push(new Error('x'))", MEMORY),
    "proxies": ("const a = []; for (;;) a.push(new Proxy({}, {}))", MEMORY),
    "weak map": ("const keep = [], w = new WeakMap(); for (;;) { const k = {}; keep.push(k); w.set(k, {}) }", MEMORY),
    "big integers": ("const a = []; for (let i = 1n; ; i++) a.push(i << 10_000n)", MEMORY),
    "bytes from base64": ("const t = 'AAAA'.repeat(1e5), a = []; for (;;) a.push(Uint8Array.fromBase64(t))", MEMORY),
    "split": ("const t = 'a'.repeat(1e6), a = []; for (;;) a.push(t.split(''))", MEMORY),
    "arguments": ("const f = (...a) => f(...a, ...a, 1); f()", {MEMORY, STACK, RUNTIME}),
    "data view": ("const a = []; for (;;) a.push(new DataView(new ArrayBuffer(1e6)))", MEMORY),
    "iterator helpers": ("let i = [1].values(); for (;;) i = i.map(x => x)", {MEMORY, STACK}),
    "cycles that are garbage": ("for (let i = 0; i < 1e5; i++) { const a = {}; a.a = a }; return 1", 1),
    "large garbage": ("for (let i = 0; i < 200; i++) new Uint8Array(1e6); return 1", 1),
}

ATTACKS = FORGERIES | FLOWS | TIME_BOMBS | STACKS | MEMORY_BOMBS
