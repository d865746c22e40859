"""Scripts that would fill all memory, with every kind of thing that takes some."""

# ruff: noqa: E501 - an attack stays on one line, as an attacker would paste it
from __future__ import annotations

from ends import MEMORY, RUNTIME, STACK, TIME, Table, each

MEMORY_BOMBS: Table = {
    "array of arrays": ("const a = []; for (;;) a.push([])", MEMORY),
    "array of objects": ("const a = []; for (;;) a.push({a: 1, b: 2})", MEMORY),
    "array length": ("const a = new Array(2 ** 32 - 1); a.fill(1)", {MEMORY, TIME}),
    "concat doubles": ("let a = [1]; for (;;) a = a.concat(a)", MEMORY),
    "padStart": ("return 'x'.padStart(2 ** 29, 'ab').length", MEMORY),
    "repeat and join": ("return new Array(1e6).join('x'.repeat(1000)).length", MEMORY),
    "ropes": ("let t = 'x'.repeat(1000); for (;;) t = t + t + '!'", MEMORY),
    "typed arrays": ("const a = []; for (;;) a.push(new Uint8Array(1e5))", each(quickjs=MEMORY, v8={MEMORY, RUNTIME})),
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
    "errors": ("const a = []; for (;;) a.push(new Error('x'))", {MEMORY, TIME}),
    "proxies": ("const a = []; for (;;) a.push(new Proxy({}, {}))", MEMORY),
    "weak map": ("const keep = [], w = new WeakMap(); for (;;) { const k = {}; keep.push(k); w.set(k, {}) }", MEMORY),
    "big integers": ("const a = []; for (let i = 1n; ; i++) a.push(i << 10_000n)", MEMORY),
    "bytes from base64": ("const t = 'AAAA'.repeat(1e5), a = []; for (;;) a.push(Uint8Array.fromBase64(t))", MEMORY),
    "split": ("const t = 'a'.repeat(1e6), a = []; for (;;) a.push(t.split(''))", MEMORY),
    "arguments": ("const f = (...a) => f(...a, ...a, 1); f()", {MEMORY, STACK, RUNTIME}),
    "data view": (
        "const a = []; for (;;) a.push(new DataView(new ArrayBuffer(1e6)))",
        each(quickjs=MEMORY, v8={MEMORY, RUNTIME}),
    ),
    "iterator helpers": ("let i = [1].values(); for (;;) i = i.map(x => x)", {MEMORY, STACK}),
    "cycles that are garbage": ("for (let i = 0; i < 1e5; i++) { const a = {}; a.a = a }; return 1", 1),
    "large garbage": ("for (let i = 0; i < 200; i++) new Uint8Array(1e6); return 1", 1),
}

MORE_MEMORY: Table = {
    "padEnd": ("return 'x'.padEnd(2 ** 28, 'ab').length", {MEMORY, 268435456}),
    "padEnd, kept": ("const a = []; for (let i = 0; ; i++) a.push('x'.padEnd(1e5, 'ab' + i))", MEMORY),
    "repeat, kept": ("const a = []; for (let i = 0; ; i++) a.push(('y' + i).repeat(1e5))", MEMORY),
    "repeat beyond any string": ("return 'x'.repeat(2 ** 30).length", {MEMORY, RUNTIME}),
    "concat of strings": ("let t = 'x'; for (;;) t = t.concat(t, t)", {MEMORY, RUNTIME}),
    "join of a million": (
        "const a = new Array(1e6).fill('x'.repeat(100)); return a.join('-').length",
        {MEMORY, 100999999},
    ),
    "replace with itself": ("let t = 'ab'; for (;;) t = t.replace(/[ab]/g, '$&$&$&')", {MEMORY, TIME, RUNTIME}),
    "replace by a function that grows": (
        "const a = []; 'x'.repeat(1e6).replace(/x/g, m => { a.push(m + a.length); return m + m })",
        {MEMORY, TIME, None},
    ),
    "replaceAll with a pattern of itself": (
        "let t = 'x'; for (;;) t = t.replaceAll('x', \"$'$`x$&x\")",
        {MEMORY, TIME, RUNTIME},
    ),
    "slices that keep their string": (
        "const a = []; for (let i = 0; ; i++) a.push(('x'.repeat(1e5) + i).slice(1, 50_000))",
        {MEMORY, TIME},
    ),
    "fromCharCode of many": (
        "const a = []; for (;;) a.push(String.fromCharCode(...new Array(5000).fill(0x4e2d)) + a.length)",
        {MEMORY, TIME},
    ),
    "String.raw of a lie": ("return String.raw({raw: {length: 2 ** 53 - 1}}).length", {TIME, MEMORY}),
    "template with many parts": (
        "const a = []; for (let i = 0; ; i++) a.push(`${'x'.repeat(1e4)}${i}${'y'.repeat(1e4)}`)",
        {MEMORY, TIME},
    ),
    "case mapping": (
        "let t = '\\u0130'.repeat(1e5); for (;;) t = t.toLowerCase() + t.toUpperCase()",
        {MEMORY, TIME, RUNTIME},
    ),
    "Array.from of a length": ("return Array.from({length: 1e8}).length", {MEMORY, TIME}),
    "Array.from of an iterator": (
        "return Array.from({*[Symbol.iterator]() { for (;;) yield {} }}).length",
        {MEMORY, TIME},
    ),
    "holes filled": ("const a = []; a.length = 2 ** 31; a.fill({}); return a.length", {MEMORY, TIME}),
    "array of numbers that are not small": ("const a = []; for (;;) a.push(0.1)", MEMORY),
    "array spread into itself": ("let a = [1]; for (;;) a = [...a, ...a]", MEMORY),
    "toSpliced and with": (
        "let a = new Array(1e4).fill(1), all = []; for (;;) all.push(a.with(0, all.length), a.toSpliced(0, 1), a.toReversed())",
        MEMORY,
    ),
    "flatMap": ("let a = [1]; for (;;) a = a.flatMap(x => [x, x])", {MEMORY, TIME}),
    "Object.entries of much": (
        "const o = Object.fromEntries(Array.from({length: 3e4}, (_, i) => ['k' + i, i])), a = []; for (;;) a.push(Object.entries(o))",
        {MEMORY, TIME},
    ),
    "Object.assign of a string": ("const a = []; for (;;) a.push(Object.assign({}, 'x'.repeat(1e4)))", {MEMORY, TIME}),
    "getters": (
        "const o = {}; for (let i = 0; ; i++) Object.defineProperty(o, 'g' + i, {get: () => i})",
        {MEMORY, TIME},
    ),
    "classes": ("const a = []; for (;;) a.push(class { #x = 1; static s = 2; m() { return this.#x } })", MEMORY),
    "instances with private fields": (
        "class A { #a = {}; #b = []; }; const all = []; for (;;) all.push(new A())",
        MEMORY,
    ),
    "prototypes": ("let p = {}; for (;;) p = Object.create(p, {a: {value: 1}})", {MEMORY, TIME}),
    "Map": ("const m = new Map(); for (let i = 0; ; i++) m.set(i, i)", {MEMORY, RUNTIME}),
    "Map of objects": ("const m = new Map(); for (;;) m.set({}, {})", {MEMORY, RUNTIME}),
    "Set": ("const s = new Set(); for (let i = 0; ; i++) s.add('k' + i)", {MEMORY, RUNTIME}),
    "Set unions": (
        "let s = new Set([1]), n = 1; for (;;) { s = s.union(new Set(Array.from({length: 1000}, () => n++))) }",
        {MEMORY, TIME},
    ),
    "WeakSet": ("const w = new WeakSet(), a = []; for (;;) { const o = {}; a.push(o); w.add(o) }", MEMORY),
    "Map.groupBy": (
        "return Map.groupBy({*[Symbol.iterator]() { for (let i = 0; ; i++) yield i }}, x => x).size",
        {MEMORY, TIME},
    ),
    "closures over much": ("const a = []; for (;;) { const big = new Array(1000).fill(1); a.push(() => big) }", MEMORY),
    "arguments kept": (
        "const a = []; const f = function () { a.push(arguments) }; for (;;) f(1, 2, 3, {}, [])",
        MEMORY,
    ),
    "async functions that wait": (
        "const p = new Promise(() => 0), f = async () => { const big = new Array(100).fill(0); await p; return big }; for (;;) f()",
        {MEMORY, TIME},
    ),
    "reactions on one promise": ("const p = new Promise(() => 0); for (;;) p.then(() => 0)", MEMORY),
    "Promise.all of much": ("const a = []; for (;;) a.push(Promise.all([new Promise(() => 0), 1, 2, 3]))", MEMORY),
    "resolvers kept": ("const a = []; for (;;) a.push(Promise.withResolvers())", MEMORY),
    "DataViews": ("const r = new ArrayBuffer(8), a = []; for (;;) a.push(new DataView(r))", MEMORY),
    "views of one buffer": ("const r = new ArrayBuffer(8), a = []; for (;;) a.push(new Uint8Array(r))", MEMORY),
    "one huge buffer": ("return new ArrayBuffer(2 ** 32).byteLength", {MEMORY, RUNTIME}),
    "buffer of the largest length": ("return new ArrayBuffer(2 ** 53 - 1).byteLength", {MEMORY, RUNTIME}),
    "reserved, never used": (
        "const a = []; for (;;) a.push(new ArrayBuffer(0, {maxByteLength: 1e6}))",
        {MEMORY, RUNTIME, TIME},
    ),
    "buffer slices": ("const r = new ArrayBuffer(1e6), a = []; for (;;) a.push(r.slice(0))", {MEMORY, RUNTIME}),
    "bytes from hex": ("const t = 'ab'.repeat(1e5), a = []; for (;;) a.push(Uint8Array.fromHex(t))", {MEMORY, RUNTIME}),
    "bytes to base64": (
        "const b = new Uint8Array(1e5), a = []; for (;;) a.push(b.toBase64() + a.length)",
        {MEMORY, RUNTIME},
    ),
    "bytes set from base64": (
        "const b = new Uint8Array(1e6); const t = 'AAAA'.repeat(3e5); for (;;) b.setFromBase64(t)",
        {TIME, RUNTIME},
    ),
    "BigInt shifted": ("return (1n << (1n << 40n)) > 0n", {MEMORY, RUNTIME}),
    "BigInt that doubles": ("let n = 3n; for (;;) n *= n", {MEMORY, TIME, RUNTIME}),
    "BigInt that doubles, kept": ("const a = []; for (let i = 1n; ; i++) a.push(i << 100_000n)", {MEMORY, TIME}),
    "BigInt as text, kept": ("const a = []; for (let i = 1n; ; i++) a.push((i << 3000n).toString(2))", {MEMORY, TIME}),
    "asUintN": ("return BigInt.asUintN(2 ** 53 - 1, -1n) > 0n", {MEMORY, RUNTIME, TIME}),
    "JSON.parse, kept": (
        "const t = '[' + '{\"a\":[1,2]},'.repeat(1000) + '0]', a = []; for (;;) a.push(JSON.parse(t))",
        MEMORY,
    ),
    "JSON.parse of new keys": (
        "const a = []; for (let i = 0; ; i++) a.push(JSON.parse('{\"k' + i + '\":{\"q' + i + '\":1}}'))",
        {MEMORY, TIME},
    ),
    "JSON.stringify with a long indent": (
        "let o = {}; for (let i = 0; i < 1000; i++) o = {o}; const t = JSON.stringify(o, null, 10), a = []; for (;;) a.push(t + a.length)",
        {MEMORY, STACK},
    ),
    "JSON.stringify of long strings": (
        "const s = '\\u0001'.repeat(1e5), a = []; for (;;) a.push(JSON.stringify([s, a.length]))",
        {MEMORY, TIME},
    ),
    "symbols with long names": ("const a = []; for (let i = 0; ; i++) a.push(Symbol('x'.repeat(1e4) + i))", MEMORY),
    "shapes that fork": (
        "const a = []; for (let i = 0; ; i++) { const o = {}; for (let j = 0; j < 8; j++) o['p' + (i >> j & 7) + j] = 1; a.push(o) }",
        {MEMORY, TIME},
    ),
    "properties by number": ("const o = {}; for (let i = 0; ; i += 997) o[i] = i", {MEMORY, TIME}),
    "regular expression with a big count": ("return /(?:a{0,1000}){0,1000}/.test('b')", {True, MEMORY, TIME, RUNTIME}),
    "regular expression with many groups": (
        "return new RegExp('(a)'.repeat(30_000)).test('a')",
        {False, MEMORY, RUNTIME, STACK, TIME},
    ),
    "regular expression with many classes": (
        "const a = []; for (let i = 0; ; i++) a.push(new RegExp('[\\\\p{L}\\\\p{N}' + String.fromCharCode(97 + i % 26) + ']{' + i + '}', 'u'))",
        {MEMORY, TIME, RUNTIME},
    ),
    "regular expression that remembers": (
        "return /^((a?)*)*$/.test('a'.repeat(5000) + 'b')",
        {TIME, MEMORY, RUNTIME, STACK},
    ),
    "split by a regular expression": (
        "const t = 'a1'.repeat(2e5), a = []; for (;;) a.push(t.split(/(\\d)/))",
        {MEMORY, TIME},
    ),
    "matchAll kept": ("const a = []; for (;;) a.push([...'abc'.repeat(1000).matchAll(/(?<x>b)/g)])", {MEMORY, TIME}),
    "errors with causes": ("let e = null; for (;;) e = new Error('x'.repeat(1000), {cause: e})", {MEMORY, TIME}),
    "AggregateErrors": ("const a = []; for (;;) a.push(new AggregateError(new Array(1000).fill(0)))", {MEMORY, TIME}),
    "stacks of errors": (
        "const f = n => n ? f(n - 1) : new Error('x').stack, a = []; for (;;) a.push(f(50) + a.length)",
        {MEMORY, TIME},
    ),
    "iterators": (
        "const a = [], m = new Map([[1, 1]]); for (;;) a.push(m.entries(), [].values(), 'x'[Symbol.iterator]())",
        MEMORY,
    ),
    "disposable stacks": (
        "if (typeof DisposableStack === 'undefined') for (const a = []; ;) a.push({}); const s = new DisposableStack(); for (;;) s.defer(() => 0)",
        MEMORY,
    ),
    "console kept by its own copies": (
        "const t = 'x'.repeat(1e6); for (let i = 0; ; i++) console.log(t + i)",
        {TIME, MEMORY},
    ),
    "calls with big arguments": ("const t = 'x'.repeat(2e5); for (;;) tools.echo({value: t})", {MEMORY, TIME}),
    "results that are kept": (
        "const a = []; const t = 'x'.repeat(250_000); for (;;) a.push(await tools.echo({value: t}) + a.length)",
        {MEMORY, "ToolBudgetExceededError", TIME},
    ),
    "message of an error doubled": (
        "let t = 'x'; for (;;) try { throw new Error(t) } catch (e) { t = e.message + e.message }",
        {MEMORY, TIME, RUNTIME},
    ),
    "names of functions": ("const a = []; for (let i = 0; ; i++) a.push({['f' + 'x'.repeat(1000) + i]() { }})", MEMORY),
    "labels of a template": (
        "const f = (s, ...v) => s.raw, a = []; for (let i = 0; ; i++) a.push([f`a${i}b`, {...f`c${i}`}])",
        MEMORY,
    ),
}

TYPED_ARRAYS: Table = {
    f"{kind}s": (f"const a = []; for (;;) a.push(new {kind}(1e5))", each(quickjs=MEMORY, v8={MEMORY, RUNTIME}))
    for kind in [
        "Int8Array",
        "Uint8Array",
        "Uint8ClampedArray",
        "Int16Array",
        "Uint16Array",
        "Int32Array",
        "Uint32Array",
        "Float16Array",
        "Float32Array",
        "Float64Array",
        "BigInt64Array",
        "BigUint64Array",
    ]
}
