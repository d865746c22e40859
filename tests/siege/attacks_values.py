"""Attacks on the way out: what crosses to the host as a result, as arguments or as an error."""

# ruff: noqa: E501 - an attack stays on one line, as an attacker would paste it
from __future__ import annotations

from ends import CATCH, DATA, LARGE, MEMORY, RUNTIME, TIME, Table, each

FORGERIES: Table = {
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

SPECIES: Table = {
    "species that makes a plain object": (
        "class A extends Array { static get [Symbol.species]() { return class { } } }; return new A(1, 2, 3).map(x => x)",
        {"0": 1, "1": 2, "2": 3},
    ),
    "species that makes a proxy": (
        "class A extends Array { static get [Symbol.species]() { return function () { return new Proxy([], {}) } } }; return new A(1, 2, 3).filter(() => true)",
        [1, 2, 3],
    ),
    "species that makes a revoked proxy": (
        "class A extends Array { static get [Symbol.species]() { return function () { const {proxy, revoke} = Proxy.revocable([], {}); revoke(); return proxy } } }; return new A(1, 2).map(x => x)",
        RUNTIME,
    ),
    "species that returns the array itself": (
        "const a = [1, 2, 3]; a.constructor = {[Symbol.species]: function () { return a }}; return a.splice(0, 2)",
        [None],
    ),
    "species that shrinks the source": (
        "const a = [1, 2, 3, 4]; a.constructor = {[Symbol.species]: function (n) { a.length = 0; return new Array(n) }}; return a.slice(1, 3)",
        [None, None],
    ),
    "species that loops": (
        "class A extends Array { static get [Symbol.species]() { for (;;); } }; return new A(1, 2).slice()",
        TIME,
    ),
    "species that throws a tool's error": (
        "let mine; try { await tools.boom({}) } catch (e) { mine = e }; class A extends Array { static get [Symbol.species]() { throw mine } }; return new A(1).map(x => x)",
        "ToolExecutionError",
    ),
    "species of bytes that are shorter": (
        "class B extends Uint8Array { static get [Symbol.species]() { return function () { return new Uint8Array(1) } } }; return new B([1, 2, 3]).map(x => x)",
        RUNTIME,
    ),
    "species of bytes of another type": (
        "class B extends Uint8Array { static get [Symbol.species]() { return Float64Array } }; return [...new B([1, 2]).map(x => x / 2)]",
        [0.5, 1],
    ),
    "species of bytes that detaches the buffer": (
        "class B extends Uint8Array { static get [Symbol.species]() { return function (n) { b.buffer.transfer(); return new Uint8Array(n) } } }; const b = new B([1, 2, 3]); return b.slice(0, 2)",
        {RUNTIME, b"\x00\x00"},
    ),
    "species of a buffer that is the buffer itself": (
        "const r = new ArrayBuffer(8); r.constructor = {[Symbol.species]: function () { return r }}; return r.slice(0, 4).byteLength",
        RUNTIME,
    ),
    "species of a buffer that is too small": (
        "const r = new ArrayBuffer(8); r.constructor = {[Symbol.species]: function () { return new ArrayBuffer(1) }}; return r.slice(0, 4).byteLength",
        RUNTIME,
    ),
    "species of a promise that is the toolbox": (
        "class P extends Promise { static get [Symbol.species]() { return function (f) { f(() => {}, () => {}); return tools } } }; return new P(r => r(1)).then(x => x)",
        DATA,
    ),
    "species of a tool's promise": (
        "const p = tools.echo({value: 1}); p.constructor = {[Symbol.species]: function (f) { f(x => x, () => 0); return {then: 1} }}; return p.then(x => x)",
        {"then": 1},
    ),
    "species of a tool's promise that never settles": (
        "const p = tools.echo({value: 1}); p.constructor = {[Symbol.species]: function (f) { f(x => x, () => 0); return {then() {}} }}; return p.then(x => x)",
        RUNTIME,
    ),
    "species of a tool's promise without an executor": (
        "const p = tools.echo({value: 1}); p.constructor = {[Symbol.species]: function () { }}; return p.then(x => x)",
        RUNTIME,
    ),
    "species in Promise.prototype.finally": (
        "const p = tools.echo({value: 1}); p.constructor = {[Symbol.species]: class { constructor(f) { f(() => 0, () => 0) } then(r) { r('forged') } }}; return await Promise.prototype.finally.call(p, () => 0)",
        "forged",
    ),
    "species in RegExp split": (
        "class R extends RegExp { static get [Symbol.species]() { return function () { return {exec: () => null, lastIndex: 0} } } }; return 'abc'.split(new R('b'))",
        ["abc"],
    ),
    "species in RegExp split without end": (
        "class R extends RegExp { static get [Symbol.species]() { return function () { return {exec: () => ({length: 1e9}), set lastIndex(n) { }, get lastIndex() { return 1 }} } } }; return 'abc'.split(new R('b')).length",
        {TIME, MEMORY},
    ),
    "species on the frozen constructors": (
        CATCH
        + "return [Array, Map, Set, Promise, RegExp, ArrayBuffer, Object.getPrototypeOf(Uint8Array)].map(C => name(() => Object.defineProperty(C, Symbol.species, {value: 1})))",
        ["TypeError"] * 7,
    ),
    "isConcatSpreadable that lies": (
        "return [].concat({length: 3, [Symbol.isConcatSpreadable]: true, get 1() { return 'x' }})",
        [None, "x", None],
    ),
    "isConcatSpreadable without end": (
        "return [].concat({length: 2 ** 53 - 1, [Symbol.isConcatSpreadable]: true}).length",
        each(quickjs={TIME, MEMORY, RUNTIME}, v8={TIME, MEMORY, RUNTIME, 0}),
    ),
    "toStringTag of bytes": ("return {[Symbol.toStringTag]: 'Uint8Array', length: 3, 0: 1}", {"0": 1, "length": 3}),
    "iterator of the array that is returned": (
        "const a = [1, 2]; Object.defineProperty(a, Symbol.iterator, {value: function* () { for (;;) yield 3 }}); return a",
        [1, 2],
    ),
    "iterator of a Map in console": (
        "const m = new Map([[1, 2]]); Object.defineProperty(m, Symbol.iterator, {value: function* () { for (;;) yield [1, 2] }}); console.log(m); return 1",
        {TIME, MEMORY, 1},
    ),
    "Symbol.replace that gives the toolbox": ("return 'x'.replace({[Symbol.replace]: () => tools}, '')", DATA),
    "Symbol.split that gives a number": ("return 'x'.split({[Symbol.split]: () => 5})", 5),
    "Symbol.match of a lie": ("return 'x'.matchAll({[Symbol.matchAll]: () => ({a: 1})})", {"a": 1}),
    "toPrimitive of a key": ("return {[{[Symbol.toPrimitive]: () => 'k'}]: 1}", {"k": 1}),
    "toPrimitive that is an object": ("return `${{[Symbol.toPrimitive]: () => ({})}}`", RUNTIME),
    "toPrimitive that calls a tool": (
        "return +{[Symbol.toPrimitive]() { tools.echo({value: 1}); return 3 }}",
        3,
    ),
    "unscopables of arrays": (
        CATCH + "return name(() => { Array.prototype[Symbol.unscopables].at = false })",
        "TypeError",
    ),
    "raw JSON": ("return JSON.rawJSON ? JSON.rawJSON('{}'.slice(0, 0) + '1') : {rawJSON: '1'}", {"rawJSON": "1"}),
    "raw JSON in arguments": (
        "return await tools.echo({value: JSON.rawJSON ? JSON.rawJSON('\"x\"') : {rawJSON: '\"x\"'}})",
        {"rawJSON": '"x"'},
    ),
    "number beyond 2 to the 53": ("return 2 ** 60", 1152921504606846976.0),
    "number beyond 2 to the 53 to a tool": ("return await tools.echo({value: 2 ** 60})", 1152921504606846976.0),
    "number that prints without an exponent": ("return -123456789012345680000", -123456789012345680000.0),
    "number of a hundred digits": ("return await tools.echo({value: [1e100, 1e20, 5e-324]})", [1e100, 1e20, 5e-324]),
    "infinity out of JSON": ("return JSON.parse('1e400')", DATA),
    "minus zero": ("return [-0, await tools.echo({value: -0})]", [0, 0]),
    "NUL in a value": ("return await tools.echo({value: 'a\\0b'})", "a\0b"),
    "NUL in a key": ("return {'a\\0b': 1}", {"a\0b": 1}),
    "separator characters in keys": (
        "return await tools.echo({value: {'\\u2028\\u2029': '\\x7f\\x00'}})",
        {"\u2028\u2029": "\x7f\x00"},
    ),
    "key __proto__ as a result": ("return {['__proto__']: 1, a: 2}", {"__proto__": 1, "a": 2}),
    "keys of every prototype": (
        "return await tools.echo({value: {constructor: {prototype: 1}, hasOwnProperty: 2, then: 3, length: 1e9, toJSON: 4}})",
        {"constructor": {"prototype": 1}, "hasOwnProperty": 2, "then": 3, "length": 1000000000, "toJSON": 4},
    ),
    "error as a value": (
        "return {e: Object.assign(new Error('x'), {code: 'mine', stack: 'y'})}",
        {"e": {"name": "Error", "message": "x"}},
    ),
    "arguments object": ("return (function () { return arguments })(1, 2)", {"0": 1, "1": 2}),
    "generator as a value": ("return (function* () { yield 1 })()", {}),
    "every kind of typed array": (
        CATCH
        + "const out = []; for (const C of [Int8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array]) { try { await tools.echo({value: new C(1)}) } catch (e) { out.push(e.code) } }; return out",
        [DATA] * 10,
    ),
    "every wrapper and collection": (
        "const out = []; for (const v of [new Map(), new Set(), new WeakMap(), new WeakSet(), /x/, Promise.resolve(), new ArrayBuffer(1), Object(1), Object('s'), Object(true), () => 1, Symbol('s'), 1n]) { try { await tools.echo({value: v}) } catch (e) { out.push(e.code) } }; return out",
        [DATA] * 13,
    ),
    "buffer that grows while it is read": (
        "const r = new ArrayBuffer(4, {maxByteLength: 5e5}); const b = new Uint8Array(r); return {get a() { r.resize(5e5); return 1 }, b}",
        LARGE,
    ),
    "array that grows while it is read": (
        "const a = [{toJSON() { for (let i = 0; i < 1e5; i++) a.push(i); return 0 }}]; return a",
        [0],
    ),
    "array that shrinks while it is read": (
        "const a = [{toJSON() { a.length = 0; return 1 }}, 2, 3]; return a",
        [1, None, None],
    ),
    "object that loses keys while it is read": (
        "const o = {get a() { delete o.b; return 1 }, b: 2, c: 3}; return o",
        {"a": 1, "c": 3},
    ),
    "depth just at the limit and one more": (
        "const nest = n => n ? [nest(n - 1)] : []; try { await tools.echo({value: nest(29)}) } catch (e) { return e.code }; return nest(32)",
        LARGE,
    ),
    "preview of a hostile value": ("return ['\\ud83d\\ude00'.repeat(499) + 'x', '\\u0000'.repeat(90_000)]", LARGE),
}
