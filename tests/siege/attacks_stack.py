"""Recursion without end, through the language and through every built-in function that recurses."""

# ruff: noqa: E501 - an attack stays on one line, as an attacker would paste it
from __future__ import annotations

from ends import DATA, LARGE, MEMORY, RUNTIME, STACK, TIME, Table, each

STACKS: Table = {
    "JSON.parse deep": ("return JSON.parse('['.repeat(1e5) + ']'.repeat(1e5))", each(quickjs=STACK, v8=LARGE)),
    "JSON.stringify deep": (
        "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return JSON.stringify(a)",
        each(quickjs=STACK, v8=LARGE),
    ),
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
        each(quickjs=STACK, v8=True),
    ),
    "proxy chain call": (
        "let p = () => 1; for (let i = 0; i < 2e4; i++) p = new Proxy(p, {}); return p()",
        each(quickjs=STACK, v8=1),
    ),
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
    "prototype chain": (
        "let p = {}; for (let i = 0; i < 1e5; i++) p = Object.create(p); return p.x ?? null",
        each(quickjs=None, v8={None, MEMORY}),
    ),
    "bound function chain": (
        "let f = () => 1; for (let i = 0; i < 3e4; i++) f = f.bind(null); return f()",
        each(quickjs={STACK, MEMORY}, v8=1),
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

_CHAIN = "let p = {}; for (let i = 0; i < 2e4; i++) p = new Proxy(p, {}); "
_DEEP = "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; "

MORE_STACKS: Table = {
    "proxy chain getOwnPropertyDescriptor": (_CHAIN + "return Object.getOwnPropertyDescriptor(p, 'x')", STACK),
    "proxy chain setPrototypeOf": (_CHAIN + "Object.setPrototypeOf(p, {})", STACK),
    "proxy chain isExtensible": (_CHAIN + "return Object.isExtensible(p)", STACK),
    "proxy chain preventExtensions": (_CHAIN + "Object.preventExtensions(p)", STACK),
    "proxy chain freeze": (_CHAIN + "Object.freeze(p)", STACK),
    "proxy chain for in": (_CHAIN + "for (const k in p) return k", STACK),
    "proxy chain spread": (_CHAIN + "return {...p}", STACK),
    "proxy chain instanceof": (_CHAIN + "return p instanceof Map", STACK),
    "proxy chain stringify": (_CHAIN + "return JSON.stringify(p)", STACK),
    "proxy chain toString": (_CHAIN + "return Object.prototype.toString.call(p)", STACK),
    "proxy chain logged": (_CHAIN + "console.log(p); return 1", {STACK, 1}),
    "proxy chain as argument": (_CHAIN + "return await tools.echo({value: p})", STACK),
    "proxy chain as a key": (_CHAIN + "return ({})[p]", STACK),
    "proxy chain concat": (
        "let p = []; for (let i = 0; i < 2e4; i++) p = new Proxy(p, {}); return [].concat(p)",
        STACK,
    ),
    "proxy chain species": (
        "let p = []; for (let i = 0; i < 2e4; i++) p = new Proxy(p, {}); return Array.prototype.map.call(p, x => x)",
        STACK,
    ),
    "proxy chain as a class": (
        "let p = class {}; for (let i = 0; i < 2e4; i++) p = new Proxy(p, {}); return new (class extends p {})()",
        STACK,
    ),
    "proxy chain of a promise": (
        "let p = Promise.resolve(1); for (let i = 0; i < 2e4; i++) p = new Proxy(p, {}); await p",
        STACK,
    ),
    "proxy chain of typed arrays": (
        "let p = new Uint8Array(1); for (let i = 0; i < 2e4; i++) p = new Proxy(p, {}); return new Uint8Array(p).length",
        STACK,
    ),
    "getter through prototypes": (
        "let p = {get x() { return 1 }}; for (let i = 0; i < 1e5; i++) p = Object.create(p); return p.x",
        each(quickjs=1, v8={1, MEMORY}),
    ),
    "setter of itself": ("const o = {set a(v) { this.a = v }}; o.a = 1", STACK),
    "toJSON of itself": ("const o = {toJSON() { return JSON.stringify(this) }}; return JSON.stringify(o)", STACK),
    "toLocaleString of itself": (
        "const o = {toLocaleString() { return [this].toLocaleString() }}; return o.toLocaleString()",
        STACK,
    ),
    "toPrimitive of itself": ("const o = {[Symbol.toPrimitive]() { return `${this}` }}; return `${o}`", STACK),
    "join of itself": (
        "const a = []; a.push({toString: () => a.join() + [a, a].join()}); const b = [{toString: () => b.toString.call([b[0]])}]; return b.join()",
        STACK,
    ),
    "JSON.parse reviver of itself": ("const f = () => JSON.parse('[1]', f); f()", STACK),
    "JSON.stringify replacer of itself": ("const f = () => JSON.stringify([1], f); f()", STACK),
    "JSON.stringify replacer that nests": ("return JSON.stringify(1, () => ({a: 1}))", {STACK, MEMORY, TIME}),
    "JSON.parse deep objects": (
        "return JSON.parse('{\"a\":'.repeat(1e5) + '1' + '}'.repeat(1e5))",
        each(quickjs=STACK, v8=LARGE),
    ),
    "JSON.parse deep, never closed": ("return JSON.parse('['.repeat(1e6))", {STACK, RUNTIME}),
    "toSorted, flatMap, reduce and find of themselves": (
        "const out = []; for (const m of ['toSorted', 'flatMap', 'reduce', 'find', 'filter', 'some', 'forEach', 'findLast', 'reduceRight', 'every']) { const f = () => [1, 2][m](f); try { f() } catch (e) { out.push(e.name) } }; return [...new Set(out)]",
        ["RangeError"],
    ),
    "Array.from of itself": ("const f = () => Array.from([1], f); f()", STACK),
    "Map and Set forEach of themselves": ("const m = new Map([[1, 1]]), f = () => m.forEach(f); f()", STACK),
    "typed array map of itself": ("const t = new Uint8Array(2), f = () => t.map(f); f()", STACK),
    "typed array sort of itself": ("const f = () => new Uint8Array(2).sort(f); f()", STACK),
    "matchAll and exec of themselves": (
        "const r = Object.defineProperty(/x/g, 'exec', {value: () => r.test('x')}); return r.test('x')",
        STACK,
    ),
    "Symbol.replace of itself": (
        "const o = {[Symbol.replace]: () => 'x'.replace(o, '')}; return 'x'.replace(o, '')",
        STACK,
    ),
    "Reflect.apply of itself": ("const f = () => Reflect.apply(f, null, []); f()", STACK),
    "call of call": ("const f = () => f.call.call(f.call, f); f()", STACK),
    "bind of itself": ("const f = () => f.bind(null)(); f()", STACK),
    "new.target of itself": ("class A { constructor() { Reflect.construct(A, [], new.target) } }; new A()", STACK),
    "super without end": (
        "const a = {m() { return super.m() }}; Object.setPrototypeOf(a, a.__proto__); const b = {m() { return b.m() }}; return b.m()",
        STACK,
    ),
    "static block of itself": ("const f = () => class { static { f() } }; f()", STACK),
    "iterator helper of itself": ("const f = () => [1].values().map(f).next(); f()", STACK),
    "iterator helpers, nested": (
        "let i = [1].values(); for (let n = 0; n < 1e5; n++) i = i.map(x => x); return i.next().value",
        {STACK, MEMORY},
    ),
    "flatMap of iterators, nested": (
        "let i = [1].values(); for (let n = 0; n < 5e4; n++) { const j = i; i = [1].values().flatMap(() => j) }; return i.next().value",
        {STACK, MEMORY},
    ),
    "async generator delegation, nested": (
        "let g = (async function* () { yield 1 })(); for (let i = 0; i < 1e4; i++) { const h = g; g = (async function* () { yield* h })() }; return (await g.next()).value",
        {1, STACK, MEMORY, TIME},
    ),
    "Promise.all nested": (
        "let p = 1; for (let i = 0; i < 2000; i++) p = Promise.all([p]); await p; return 1",
        {1, MEMORY, TIME},
    ),
    "thenables nested": (
        "let t = 1; for (let i = 0; i < 2e4; i++) { const u = t; t = {then(r) { r(u) }} }; return await t",
        {1, MEMORY, TIME},
    ),
    "async functions nested": ("const f = async n => n ? await f(n - 1) : 1; return await f(1e5)", {STACK, MEMORY}),
    "promise executor of itself": ("const f = () => new Promise(f); await f()", {STACK, RUNTIME}),
    "then getter of itself": ("const o = {get then() { Promise.resolve(o); return undefined }}; await o", {}),
    "species of itself": (
        "class A extends Array { static get [Symbol.species]() { return new A(1).map(x => x) } }; new A(1).map(x => x)",
        STACK,
    ),
    "hasInstance of itself": (
        "const o = {[Symbol.hasInstance](v) { return v instanceof o }}; return 1 instanceof o",
        STACK,
    ),
    "proxy apply of itself": ("const p = new Proxy(() => 1, {apply: () => p()}); return p()", STACK),
    "proxy construct of itself": ("const p = new Proxy(class {}, {construct: () => new p()}); return new p()", STACK),
    "proxy get of itself": ("const p = new Proxy({}, {get: () => p.x}); return p.x", STACK),
    "proxy that handles itself": (
        "const h = {}; const p = new Proxy({}, h); Object.setPrototypeOf(h, p); return p.x",
        STACK,
    ),
    "proxy of proxies that handle each other": (
        "const h = new Proxy({}, new Proxy({}, {get: (t, k, r) => r[k]})); return new Proxy({}, h).x",
        {STACK, RUNTIME},
    ),
    "console of itself": (
        "const o = {get a() { console.log(o); return 1 }}; for (let i = 0; i < 3; i++) console.log(o); return 1",
        {1, STACK},
    ),
    "errors of errors": ("const e = new AggregateError([]); e.errors = [e]; e.cause = e; throw e", RUNTIME),
    "toString of an error of itself": (
        "const e = new Error(); e.name = {toString() { return String(e) }}; throw e",
        {RUNTIME, STACK},
    ),
    "deep value thrown": (_DEEP + "throw a", RUNTIME),
    "deep value logged": (_DEEP + "console.log(a); return 1", 1),
    "deep value compared": (_DEEP + "return a == '' + 1", STACK),
    "deep value as a key": (_DEEP + "return ({})[a]", STACK),
    "deep value toString of typed arrays": (_DEEP + "return new Float64Array([a])[0]", STACK),
    "deep structure dropped": (
        _DEEP + "a = null; let b = {}; for (let i = 0; i < 1e5; i++) b = {b, c: [b]}; b = null; return 1",
        {1, MEMORY},
    ),
    "deep cons of strings, flattened": (
        "let t = ''; for (let i = 0; i < 1e5; i++) t = 'x' + t; return t.charCodeAt(5)",
        {120, TIME},
    ),
    "deep concat of strings, both ways": (
        "let t = 'x'; for (let i = 0; i < 3e4; i++) t = i % 2 ? t + 'y' : 'z' + t; return t.indexOf('q')",
        {-1, TIME},
    ),
    "regular expression alternatives": (
        "return new RegExp('a|'.repeat(5e4)).test('b')",
        {True, STACK, RUNTIME, MEMORY},
    ),
    "regular expression lookaheads, nested": (
        "return RegExp('(?='.repeat(2e4) + 'a' + ')'.repeat(2e4)).test('a')",
        {STACK, RUNTIME, MEMORY, True},
    ),
    "regular expression sets, nested": (
        "return RegExp('['.repeat(2e4) + 'a' + ']'.repeat(2e4), 'v').test('a')",
        {STACK, RUNTIME, MEMORY, True},
    ),
    "regular expression backtracking stack": (
        "return /(?:a|b|c|d|e|f)*?z/.test('abcdef'.repeat(1e5))",
        {False, STACK, MEMORY, TIME, RUNTIME},
    ),
    "deep ternaries": ("return " + "1 ? " * 2300 + "1" + " : 0" * 2300, {"ScriptSyntaxError", STACK, 1}),
    "deep assignments": ("let a; a" + " = a" * 4000 + "; return 1", {"ScriptSyntaxError", STACK, 1}),
    "deep object literals": ("return " + "{a:" * 3000 + "1" + "}" * 3000, {"ScriptSyntaxError", STACK, LARGE}),
    "deep classes": (
        "class A extends " + "(class extends " * 800 + "Object {}" + ") {}" * 800 + "; return 1",
        {"ScriptSyntaxError", STACK, 1},
    ),
    "deep types": (
        "const a: " + "Array<" * 2500 + "number" + ">" * 2500 + " = []; return a.length",
        {"ScriptSyntaxError", STACK, 0},
    ),
    "deep optional chain": ("const a = {}; return a" + "?.b" * 6000 + " ?? 1", {1, STACK, "ScriptSyntaxError"}),
    "deep exponent": ("return 1" + " ** 1" * 3500, {1, STACK, "ScriptSyntaxError"}),
    "deep new": ("return " + "new " * 4000 + "Object()", {"ScriptSyntaxError", STACK, RUNTIME}),
    "deep arrow types": ("const f = " + "(x: any) => " * 1500 + "1; return 1", {"ScriptSyntaxError", STACK, 1}),
    "deep await": ("return " + "await " * 3000 + "1", {1, STACK, "ScriptSyntaxError", TIME}),
    "deep if": ("if (1) " * 2800 + "return 1", {1, STACK, "ScriptSyntaxError"}),
    "deep labels": ("".join(f"l{i}: " for i in range(2500)) + "return 1", {1, STACK, "ScriptSyntaxError"}),
    "deep switch": ("switch (1) { case 1: " * 800 + "return 1" + " }" * 800, {1, STACK, "ScriptSyntaxError"}),
}
