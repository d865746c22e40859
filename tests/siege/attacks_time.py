"""Scripts that would run without end, most of them inside one call of a built-in function."""

# ruff: noqa: E501 - an attack stays on one line, as an attacker would paste it
from __future__ import annotations

from ends import DATA, MEMORY, RUNTIME, STACK, TIME, Table, each

TIME_BOMBS: Table = {
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
    "replaceAll into much": (
        "return 'a'.repeat(1e5).replaceAll('a', 'b'.repeat(1e5)).length",
        {TIME, MEMORY},
    ),
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
    "template of templates": ("let t = 'x'; for (;;) t = `${t}${t}`", {TIME, MEMORY}),
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

_LIE = "{length: 2 ** 53 - 1}"
_ANY = "new Proxy({length: 2 ** 53 - 1}, {get: (t, k) => k === 'length' ? t.length : 0, has: () => true, set: () => true, defineProperty: () => true, deleteProperty: () => true})"

LIES: Table = {
    "find on a lie": (f"return Array.prototype.find.call({_LIE}, () => false)", TIME),
    "findIndex on a lie": (f"return Array.prototype.findIndex.call({_LIE}, () => false)", TIME),
    "findLast on a lie": (f"return Array.prototype.findLast.call({_LIE}, () => false)", TIME),
    "findLastIndex on a lie": (f"return Array.prototype.findLastIndex.call({_LIE}, () => false)", TIME),
    "forEach on a lie": (f"Array.prototype.forEach.call({_LIE}, () => 0)", TIME),
    "every on a lie": (f"return Array.prototype.every.call({_LIE}, () => true)", TIME),
    "some on a lie": (f"return Array.prototype.some.call({_LIE}, () => false)", TIME),
    "reduce on a lie": (f"return Array.prototype.reduce.call({_LIE}, () => 0, 0)", TIME),
    "reduceRight on a lie": (f"return Array.prototype.reduceRight.call({_LIE}, () => 0, 0)", TIME),
    "filter on a lie": (f"return Array.prototype.filter.call({_LIE}, () => true)", TIME),
    "map on a lie": ("return Array.prototype.map.call({length: 2 ** 32 - 1}, x => x).length", {TIME, MEMORY}),
    "flat on a lie": (f"return Array.prototype.flat.call({_LIE})", TIME),
    "flatMap on a lie": (f"return Array.prototype.flatMap.call({_LIE}, x => x)", TIME),
    "concat on a lie": (
        f"return Array.prototype.concat.call([], Object.assign({_LIE}, {{[Symbol.isConcatSpreadable]: true}})).length",
        each(quickjs={TIME, MEMORY, RUNTIME}, v8={TIME, MEMORY, RUNTIME, 0}),
    ),
    "keys on a lie": (f"for (const k of Array.prototype.keys.call({_LIE}));", TIME),
    "entries on a lie": (f"for (const e of Array.prototype.entries.call({_LIE}));", TIME),
    "shift on a lie": (f"Array.prototype.shift.call({_LIE})", TIME),
    "splice on a lie": ("Array.prototype.splice.call({length: 2 ** 53 - 1}, 0, 1)", TIME),
    "toLocaleString on a lie": (f"return Array.prototype.toLocaleString.call({_LIE})", {TIME, MEMORY, RUNTIME}),
    "toReversed on a lie": ("return Array.prototype.toReversed.call({length: 2 ** 32 - 1})", {TIME, MEMORY, RUNTIME}),
    "toSorted on a lie": ("return Array.prototype.toSorted.call({length: 2 ** 32 - 1})", {TIME, MEMORY, RUNTIME}),
    "toSpliced on a lie": (
        "return Array.prototype.toSpliced.call({length: 2 ** 32 - 1}, 0, 0)",
        {TIME, MEMORY, RUNTIME},
    ),
    "with on a lie": ("return Array.prototype.with.call({length: 2 ** 32 - 1}, 0, 0)", {TIME, MEMORY, RUNTIME}),
    "push and pop on a lie": (f"const o = {_LIE}; Array.prototype.pop.call(o); return o.length", 9007199254740990),
    "at on a lie": (f"return Array.prototype.at.call({_LIE}, -1) ?? null", None),
    "reverse through a proxy": (f"Array.prototype.reverse.call({_ANY})", TIME),
    "sort through a proxy": (f"Array.prototype.sort.call({_ANY})", {TIME, MEMORY, RUNTIME}),
    "copyWithin through a proxy": (f"Array.prototype.copyWithin.call({_ANY}, 1, 0)", TIME),
    "unshift through a proxy": (
        "Array.prototype.unshift.call(new Proxy({length: 2 ** 52}, {has: () => true, get: (t, k) => k === 'length' ? t.length : 0, set: () => true}), 1)",
        TIME,
    ),
    "Array.from a lie": ("return Array.from({length: 2 ** 53 - 1}, x => x).length", {TIME, MEMORY, RUNTIME}),
    "Array.of a lie": (
        "return Array.from.call(function () { return new Proxy({}, {defineProperty: () => true, set: () => true}) }, {length: 2 ** 53 - 1})",
        TIME,
    ),
    "Reflect.apply of a lie": (
        "return Reflect.apply(Math.max, null, {length: 2 ** 53 - 1})",
        {TIME, MEMORY, RUNTIME, STACK},
    ),
    "Reflect.construct of a lie": (
        "return Reflect.construct(Array, {length: 2 ** 31})",
        {TIME, MEMORY, RUNTIME, STACK},
    ),
    "typed array of a lie": ("return new Uint8Array({length: 2 ** 31}).length", {TIME, MEMORY, RUNTIME}),
    "typed array set of a lie": ("new Uint8Array(1).set({length: 2 ** 53 - 1})", RUNTIME),
    "String.raw of nothing": (
        "return String.raw({raw: new Proxy({length: 2 ** 53 - 1}, {get: (t, k) => k === 'length' ? t.length : ''})})",
        each(quickjs=TIME, v8={TIME, MEMORY}),
    ),
    "JSON.stringify of a lie": (
        "return JSON.stringify(new Proxy([], {get: (t, k) => k === 'length' ? 2 ** 53 - 1 : 0}))",
        each(quickjs={TIME, MEMORY}, v8={TIME, MEMORY, RUNTIME}),
    ),
    "JSON.stringify replacer list of a lie": (
        "return JSON.stringify({}, new Proxy([], {get: (t, k) => k === 'length' ? 2 ** 53 - 1 : 'a'}))",
        {TIME, MEMORY},
    ),
    "Object.defineProperties from a proxy": (
        "Object.defineProperties({}, new Proxy({}, {ownKeys: () => { for (;;); }}))",
        TIME,
    ),
    "Object.fromEntries of a lie": (
        "return Object.fromEntries({*[Symbol.iterator]() { for (;;) yield ['a', 1] }})",
        TIME,
    ),
    "Set methods on a lie": (
        "return new Set([1]).union({size: 1e15, has: () => false, keys: () => ({next: () => ({done: false, value: 1})})})",
        TIME,
    ),
    "Set difference on a lie": (
        "return new Set([1]).isSupersetOf({size: 0, has: () => true, keys: () => ({next: () => ({done: false, value: 1})})})",
        {TIME, True},
    ),
    "Map from an iterator without end": ("return new Map({*[Symbol.iterator]() { for (;;) yield [1, 1] }})", TIME),
    "WeakSet from an iterator without end": (
        "const o = {}; return new WeakSet({*[Symbol.iterator]() { for (;;) yield o }})",
        TIME,
    ),
    "Promise.allSettled without end": (
        "return await Promise.allSettled({*[Symbol.iterator]() { for (;;) yield 1 }})",
        {TIME, MEMORY},
    ),
    "iterator drop without end": ("return Iterator.from({next: () => ({done: false})}).drop(2 ** 53 - 1).next()", TIME),
    "iterator take without end": (
        "return Iterator.from({next: () => ({done: false, value: 1})}).take(Infinity).toArray()",
        {TIME, MEMORY},
    ),
    "iterator reduce without end": (
        "return Iterator.from({next: () => ({done: false, value: 1})}).reduce((a, b) => a + b)",
        TIME,
    ),
    "iterator find without end": (
        "return Iterator.from({next: () => ({done: false, value: 1})}).find(() => false)",
        TIME,
    ),
    "destructuring without end": (
        "const [...a] = {*[Symbol.iterator]() { for (;;) yield 1 }}; return a.length",
        {TIME, MEMORY},
    ),
    "yield star without end": (
        "const g = (function* () { yield* {[Symbol.iterator]: () => ({next: () => ({done: false})})} })(); for (const x of g);",
        TIME,
    ),
}

MORE_TIME: Table = {
    "regular expression with backreferences": (
        "return /^(.*)\\1\\1\\1\\1$/.test('a'.repeat(20_000) + 'b')",
        {TIME, False},
    ),
    "regular expression on evil mail": (
        "return /^([a-zA-Z0-9])(([-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}(([a-z]{2,3})|([a-z]{2,3}[.]{1}[a-z]{2,3}))$/.test('a'.repeat(60) + '!')",
        TIME,
    ),
    "regular expression with alternation": ("return /(a|a)*$/.test('a'.repeat(40) + 'b')", {TIME, True}),
    "regular expression, sticky and global": (
        "const r = /(?:)/g; let n = 0; while (r.test('x')) { r.lastIndex = 0; n++ } return n",
        TIME,
    ),
    "regular expression ignoring case": (
        "return /(\\u0130|i)*K/iu.test('i'.repeat(50_000).repeat(20))",
        {TIME, False, STACK, MEMORY, RUNTIME},
    ),
    "regular expression through split": ("return ('a'.repeat(40) + 'b').split(/(a+)+$/).length", {TIME, 1}),
    "regular expression through matchAll": ("return [...('a'.repeat(35) + 'b').matchAll(/(a+)+$/g)].length", TIME),
    "regular expression through replaceAll": ("return ('x'.repeat(35) + 'b').replaceAll(/(x+x+)+y/g, '')", TIME),
    "regular expression through search": ("return ('x'.repeat(35) + 'b').search(/(x+x+)+y/)", TIME),
    "regular expression with a class of its own exec": (
        "const r = Object.defineProperty(/x/g, 'exec', {value: () => ({index: 0, 0: '', length: 1})}); return 'abc'.replace(r, '')",
        {TIME, MEMORY},
    ),
    "regular expression named groups of a lie": (
        "const r = Object.defineProperty(/x/, 'exec', {value: () => ({index: 0, 0: 'x', length: 2 ** 53 - 1})}); return 'x'.replace(r, '$1')",
        {TIME, MEMORY, RUNTIME},
    ),
    "JSON.parse of a long number": ("const t = '1'.repeat(1e6); for (;;) JSON.parse(t)", TIME),
    "JSON.parse of escapes": (
        "const t = '\"' + '\\\\u0041'.repeat(2e5) + '\"'; for (;;) JSON.parse(t)",
        {TIME, MEMORY},
    ),
    "JSON.parse with a slow reviver": (
        "return JSON.parse('[' + '1,'.repeat(1e5) + '1]', () => { for (let i = 0; i < 1e5; i++); })",
        TIME,
    ),
    "JSON.stringify of much": ("const a = new Array(1e5).fill('\\n'); for (;;) JSON.stringify(a)", {TIME, MEMORY}),
    "JSON.stringify with spaces": (
        "const a = new Array(1e4).fill([1]); for (;;) JSON.stringify(a, null, 10)",
        {TIME, MEMORY},
    ),
    "BigInt division": ("const a = 7n ** 60_000n, b = 3n ** 30_000n; for (;;) a / b", {TIME, MEMORY}),
    "BigInt multiplication": ("const a = 7n ** 60_000n; for (;;) a * a", {TIME, MEMORY}),
    "BigInt power without end": ("return (2n ** 53n) ** (2n ** 40n) > 0n", {TIME, MEMORY, RUNTIME}),
    "BigInt to text in base 3": ("const a = 7n ** 100_000n; for (;;) a.toString(3)", {TIME, MEMORY}),
    "BigInt to text in base 36": ("const a = 7n ** 100_000n; for (;;) a.toString(36)", {TIME, MEMORY}),
    "BigInt from hex": ("const t = '0x' + 'f'.repeat(200_000); for (;;) BigInt(t)", {TIME, MEMORY, RUNTIME}),
    "BigInt as a locale string": ("const a = 7n ** 100_000n; for (;;) a.toLocaleString()", {TIME, MEMORY}),
    "BigInt shifts": ("let a = 1n; for (;;) { a = a << 100_000n; a = a >> 100_000n }", {TIME, MEMORY}),
    "number to text in base 2": ("for (;;) (Number.MAX_VALUE).toString(2)", TIME),
    "number to text in base 36": ("for (;;) (Math.PI * 1e-300).toString(36)", TIME),
    "toPrecision": ("for (;;) (Math.PI).toPrecision(100)", TIME),
    "toExponential": ("for (;;) (1e-300).toExponential(100)", TIME),
    "parseFloat of much": ("const t = '1'.repeat(1e6) + 'e1'; for (;;) parseFloat(t)", {TIME, MEMORY}),
    "parseInt of much": ("const t = 'z'.repeat(5e5); for (;;) parseInt(t, 36)", {TIME, MEMORY}),
    "Number of much": ("const t = '0.' + '1'.repeat(1e6); for (;;) Number(t)", {TIME, MEMORY}),
    "normalize in every form": (
        "const t = '\\uac00\\u1161\\u0344'.repeat(30_000); for (;;) for (const f of ['NFC', 'NFD', 'NFKC', 'NFKD']) t.normalize(f)",
        {TIME, MEMORY},
    ),
    "normalize that expands": ("let t = '\\ufdfa'; for (;;) t = t.normalize('NFKC') + t", {TIME, MEMORY, RUNTIME}),
    "localeCompare of marks": (
        "const t = 'a' + '\\u0301'.repeat(50_000); for (;;) t.localeCompare(t.slice(0, -1) + 'b')",
        {TIME, MEMORY},
    ),
    "localeCompare while sorting": (
        "const a = Array.from({length: 3000}, (_, i) => 'x'.repeat(3000) + i); for (;;) a.sort((x, y) => y.localeCompare(x))",
        {TIME, MEMORY},
    ),
    "toUpperCase": ("const t = '\\u0149\\ufb03'.repeat(1e5); for (;;) t.toUpperCase().toLowerCase()", {TIME, MEMORY}),
    "trim of much": ("const t = ' '.repeat(2e6); for (;;) t.trim() + t.trimEnd()", {TIME, MEMORY}),
    "isWellFormed of much": ("const t = '\\ud83d\\ude00'.repeat(5e5); for (;;) t.isWellFormed()", {TIME, MEMORY}),
    "toWellFormed of much": ("const t = '\\ud83d'.repeat(5e5); for (;;) t.toWellFormed()", {TIME, MEMORY}),
    "lastIndexOf of a needle": (
        "return ('a'.repeat(2e5) + 'b').repeat(5).lastIndexOf('c' + 'a'.repeat(1e5))",
        {TIME, -1},
    ),
    "includes of a needle": ("const t = 'a'.repeat(3e5), n = 'a'.repeat(1.5e5) + 'b'; for (;;) t.includes(n)", TIME),
    "search by two-way strings": (
        "const t = 'ab'.repeat(1e5), n = 'ab'.repeat(5e4) + 'ba'; for (;;) t.indexOf(n)",
        TIME,
    ),
    "split into words": ("const t = 'a '.repeat(2e5); for (;;) t.split(' ')", {TIME, MEMORY}),
    "codePointAt in a loop of spread": ("const t = '\\ud83d\\ude00'.repeat(2e5); for (;;) [...t]", {TIME, MEMORY}),
    "escape and unescape": ("const t = '\\u4e2d'.repeat(1e5); for (;;) unescape(escape(t))", {TIME, MEMORY}),
    "decodeURIComponent": ("const t = '%E4%B8%AD'.repeat(3e4); for (;;) decodeURIComponent(t)", {TIME, MEMORY}),
    "sort of what compares slowly": ("return [3, 2, 1].sort(() => { for (let i = 0; i < 1e9; i++); return 1 })", TIME),
    "sort that changes the array": (
        "const a = Array.from({length: 1e4}, (_, i) => -i); return a.sort((x, y) => { a.length = 0; a.push(1); return x - y }).length > 0",
        {TIME, MEMORY, True},
    ),
    "sort of proxies": (
        "const a = Array.from({length: 1e4}, () => new Proxy({}, {get: () => () => 'x'})); for (;;) a.sort()",
        {TIME, MEMORY},
    ),
    "typed array sort by function": ("const a = new Float64Array(1e5); for (;;) a.sort((x, y) => y - x)", TIME),
    "typed array search": ("const a = new Uint8Array(4e6); for (;;) a.indexOf(1)", TIME),
    "typed array join": ("const a = new Uint8Array(1e6); for (;;) a.join()", {TIME, MEMORY}),
    "typed array copyWithin": ("const a = new Uint8Array(4e6); for (;;) a.copyWithin(1, 0)", TIME),
    "typed array from an iterator": (
        "return new Uint8Array({*[Symbol.iterator]() { for (;;) yield 1 }}).length",
        {TIME, MEMORY},
    ),
    "DataView in a loop": (
        "const v = new DataView(new ArrayBuffer(8)); for (;;) v.setFloat64(0, v.getFloat64(0) + 1)",
        TIME,
    ),
    "buffer comparisons": (
        "const b = new ArrayBuffer(2e6); for (;;) new Uint8Array(b.slice(0)).fill(1)",
        {TIME, MEMORY},
    ),
    "Date of every text": ("for (;;) new Date('Tue Mar 01 2022 00:00:00 GMT+0100 ('.padEnd(1e5, 'x'))", {TIME, MEMORY}),
    "Date to text": ("const d = new Date(0); for (;;) d.toString() + d.toISOString() + d.toLocaleString()", TIME),
    "Math functions": ("for (;;) Math.pow(Math.sin(1.1), Math.hypot(...new Array(1000).fill(2)))", TIME),
    "Math.sumPrecise": (
        "if (!Math.sumPrecise) for (;;); const a = new Array(1e5).fill(1e300).concat(new Array(1e5).fill(-1e-300)); for (;;) Math.sumPrecise(a)",
        {TIME, MEMORY},
    ),
    "property enumeration": (
        "const o = {}; for (let i = 0; i < 2e4; i++) o['k' + i] = i; for (;;) for (const k in o);",
        {TIME, MEMORY},
    ),
    "Object.keys of an array": ("const a = new Array(1e5).fill(1); for (;;) Object.keys(a)", {TIME, MEMORY}),
    "delete from the front": ("const a = new Array(1e5).fill(1); for (;;) { a.shift(); a.unshift(1) }", TIME),
    "splice in the middle": ("const a = new Array(2e5).fill(1); for (;;) a.splice(1e5, 1, 2)", TIME),
    "concat in a loop": ("let a = new Array(1e5).fill(1); for (;;) [].concat(a, a)", {TIME, MEMORY}),
    "destructuring in a loop": ("for (;;) { const {a, ...b} = {a: 1, b: 2, c: 3} }", TIME),
    "labels and continue": ("a: for (;;) { b: for (;;) { continue a } }", TIME),
    "do while": ("do { } while (true)", TIME),
    "recursion of exponential kind": ("const f = n => n < 2 ? n : f(n - 1) + f(n - 2); return f(60)", TIME),
    "switch in a loop": (
        "let i = 0; for (;;) switch (i++ % 3) { case 0: continue; case 1: break; default: i++ }",
        TIME,
    ),
    "try in a loop": ("for (;;) try { throw 1 } catch { continue } finally { Math.abs(1) }", TIME),
    "getter in a loop": ("const o = {get a() { return 1 }}; for (;;) o.a", TIME),
    "class making in a loop": ("for (;;) { class A { static #x = 1; static { A.#x++ } } }", TIME),
    "closure garbage": ("for (;;) (() => [{}, () => 1])()", TIME),
    "await of a value in a loop": ("for (;;) await 1", TIME),
    "caught stack overflows": ("const f = () => { f() }; for (;;) try { f() } catch { }", {TIME, STACK}),
    "console in a loop": ("for (;;) console.log('x')", TIME),
    "progress in a loop": ("for (;;) context.telemetry.emitProgress('x')", TIME),
    "unknown tool in a loop": ("for (;;) try { tools['no' + 'pe'] } catch { }", TIME),
    "refused arguments in a loop": ("for (;;) try { await tools.echo({value: 1n}) } catch { }", TIME),
    "random numbers in a loop": ("for (;;) Math.random()", TIME),
}
