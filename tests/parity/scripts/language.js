//// let and const in blocks
let x = 1; { let x = 2; { const x = 3 } x++ } return x
//// returns: 1
//// closures in a for loop each have their own variable
const fs = []; for (let i = 0; i < 3; i++) fs.push(() => i++); return [fs[0](), fs[0](), fs[1](), fs[2]()]
//// returns: [0,1,1,2]
//// closures in a for-of loop
const fs = []; for (const [k, v] of Object.entries({a: 1, b: 2})) fs.push(() => k + v); return fs.map((f) => f())
//// returns: ["a1","b2"]
//// var is shared and hoisted
const fs = []; for (var i = 0; i < 3; i++) fs.push(() => i); return [typeof late, fs.map((f) => f())]; var late
//// functions in blocks are scoped to them
const seen = [typeof inner]; { seen.push(typeof inner); function inner() {} } return seen
//// default parameters see the earlier ones
const f = (a, b = a + 1, c = (() => a + b)()) => [a, b, c]; return [f(1), f(1, 5), f(1, undefined, 0), f.length]
//// returns: [[1,2,3],[1,5,6],[1,2,0],1]
//// default parameters have their own scope
let x = 1; function f(a = () => x) { let x = 2; return [x, a()] } return f()
//// returns: [2,1]
//// rest parameters
const f = (a, ...rest) => [a, rest, rest.length]; return [f(), f(1), f(1, 2, 3)]
//// returns: [[null,[],0],[1,[],0],[1,[2,3],2]]
//// arguments in strict mode is not mapped
function f(a) { arguments[0] = 9; return [a, arguments.length, Object.prototype.toString.call(arguments)] } return f(1, 2)
//// returns: [1,2,"[object Arguments]"]
//// this is undefined in a plain function
function f() { return this === undefined } return [f(), (() => this === undefined)(), f.call(5)]
//// returns: [true,true,false]
//// this at the top
return [typeof this, this === undefined]
//// this of a primitive is not boxed
function f() { 'use strict'; return typeof this } return [f.call(1), f.call('x'), f.call(true), f.call(null)]
//// returns: ["number","string","boolean","object"]
//// array destructuring with holes, defaults and rest
const [a, , b = 5, c = 6, ...d] = [1, 2, undefined, null, 7, 8]; return [a, b, c, d]
//// returns: [1,5,null,[7,8]]
//// object destructuring with renames, computed names and rest
const k = 'z'; const {a: {b: [c] = [9]} = {}, [k]: z = 4, ...rest} = {x: 1, y: 2}; return [c, z, rest]
//// returns: [9,4,{"x":1,"y":2}]
//// destructuring into members and swapping
const o = {}; let a = 1, b = 2; [a, b] = [b, a]; [o.x, o['y'], ...o.z] = 'abcd'; ({p: o.q, r: o.s = 3} = {p: 1}); return [a, b, o]
//// returns: [2,1,{"x":"a","y":"b","z":["c","d"],"q":1,"s":3}]
//// destructuring reads in the order of the pattern
const log = []; const src = {get b() { log.push('get b') }, get a() { log.push('get a'); return 1 }}
const {a = log.push('da'), b = log.push('db')} = src; return [a, b, log]
//// returns: [1,3,["get a","get b","db"]]
//// destructuring closes the iterator
const log = []; const it = {[Symbol.iterator]: () => ({next: () => ({value: log.push('next'), done: false}), return: () => { log.push('return'); return {} }})}
const [a, b] = it; return [a, b, log]
//// returns: [1,2,["next","next","return"]]
//// destructuring of parameters
const f = ({a, b: [c, d] = []} = {}, [e = 1] = []) => [a, c, d, e].map(String); return [f(), f({a: 1, b: [2, 3]}, [4])]
//// spread in calls, arrays and objects
const f = (...a) => a.length; return [f(...'añ😀', ...[1, , 3]), [...new Set([1, 1, 2])], {...'hi', ...[9], ...null, ...{get a() { return 1 }}}]
//// returns: [6,[1,2],{"0":9,"1":"i","a":1}]
//// optional chaining
let n = 0; const o = {f() { return this.v }, v: 7, g: null}; const key = () => (n++, 'v')
return [o?.f(), o.x?.y.z.w, o.g?.(n++), o.g?.[n++], o?.[key()], null?.[key()] === undefined, delete o?.v, o.v === undefined, n]
//// returns: [7,null,null,null,7,true,true,true,1]
//// nullish and logical assignment
let a = null, b = 0, c = 1; const log = []; const o = {get x() { log.push('get'); return 1 }, set x(v) { log.push('set') }}
a ??= 5; b ||= 6; c &&= 7; o.x ??= 2; o.x ||= 2; o.x &&= 2; return [a, b, c, log, null ?? 1, 0 ?? 1]
//// returns: [5,6,7,["get","get","get","set"],1,0]
//// exponentiation
return [2 ** 10, (-2) ** 3, 2 ** -1, 2 ** 3 ** 2, NaN ** 0, (-8) ** (1 / 3) !== (-8) ** (1 / 3), 10 ** 308 * 10 === Infinity]
//// returns: [1024,-8,0.5,512,1,true,true]
//// labels, break and continue
const out = []; outer: for (let i = 0; i < 4; i++) { inner: for (let j = 0; ; j++) { if (j > i) continue outer; if (i === 3) break outer; if (j === 1) { out.push(`${i}${j}`); break inner } } }
block: { out.push('in'); if (out) break block; out.push('never') } return out
//// returns: ["11","21","in"]
//// switch falls through, and default may stand first
const f = (x) => { const out = []; switch (x) { default: out.push('d'); case 1: out.push(1); break; case '1': out.push('s'); { let y = 2; out.push(y) } } return out }
return [f(0), f(1), f('1'), f(NaN)]
//// returns: [["d",1],[1],["s",2],["d",1]]
//// switch has one scope
switch (1) { case 0: let a; break; case 1: a = 4; return a }
//// differs: column of an error
//// fails: ScriptRuntimeError 1:44
//// for-in order and shadowing
const p = {z: 1, a: 2, hidden: 3}; const o = Object.create(p, {hidden: {value: 1, enumerable: false}}); o.q = 1; o[2] = 1; o[1] = 1
const out = []; for (const k in o) out.push(k); return out
//// returns: ["1","2","q","z","a"]
//// for-in skips what is deleted while it runs
const o = {a: 1, b: 2, c: 3}; const out = []; for (const k in o) { out.push(k); delete o.b } return out
//// returns: ["a","c"]
//// for-in over strings, arrays and null
const out = []; for (const k in 'ab') out.push(k); for (const k in [5, , 6]) out.push(k); for (const k in null) out.push(k); return out
//// returns: ["0","1","0","2"]
//// for-of closes its iterator on break, throw and return
const log = []; const it = () => ({[Symbol.iterator]() { let i = 0; return {next: () => ({value: i++, done: false}), return() { log.push('closed'); return {} }} }})
for (const x of it()) if (x === 2) break
try { for (const x of it()) throw x } catch (e) { log.push(e) }
(() => { for (const x of it()) return x })(); outer: for (const a of [1]) for (const b of it()) continue outer; return log
//// returns: ["closed","closed",0,"closed","closed"]
//// comma, void, typeof, in, instanceof, delete
const o = {a: 1}; return [(1, 2), void 0 === undefined, typeof null, typeof (() => 1), typeof 1n, typeof Symbol(), 'a' in o, delete o.a, 'a' in o, [] instanceof Array, Object.create(null) instanceof Object]
//// returns: [2,true,"object","function","bigint","symbol",true,true,false,true,false]
//// instanceof asks Symbol.hasInstance
class Even { static [Symbol.hasInstance](n) { return n % 2 === 0 } } return [2 instanceof Even, 3 instanceof Even]
//// returns: [true,false]
//// delete of what cannot be deleted throws
try { delete Object.freeze({a: 1}).a } catch (e) { return e instanceof TypeError }
//// returns: true
//// assignment to undeclared names is refused before the run
undeclared = 1
//// fails: UndefinedNameError 1:1
//// loose equality
return [null == undefined, null == 0, '' == 0, '1' == 1, [1] == 1, [] == '', NaN == NaN, ({}) == '[object Object]', 1n == 1, '1' == 1n, true == '1', Symbol.iterator == Object(Symbol.iterator)]
//// returns: [true,false,true,true,true,true,false,true,true,true,true,true]
//// relational comparison
return ['a' < 'b', 'B' < 'a', '10' < '9', 10 < '9', null >= 0, undefined >= 0, 1n < 1.5, '😀' < '\uffff', [2] > 1, NaN <= NaN]
//// returns: [true,true,true,false,true,false,true,true,true,false]
//// addition and conversion
return [1 + '2', '3' - 1, [] + {}, [] + [], true + 1, null + 1, String(undefined + 1), '5' * '2', +'0x1f', +'0b11', +' \n12\t', Number.isNaN(+'1_0'), -'3']
//// returns: ["12",2,"[object Object]","",2,1,"NaN",10,31,3,12,true,-3]
//// bit operators
return [5 & 3, 5 | 3, 5 ^ 3, ~5, 1 << 31, -1 >>> 0, -1 >> 1, 2 ** 32 | 0, 2 ** 31 | 0, 1.9 | 0, NaN | 0, '7' & 2, 1 << 33]
//// returns: [1,7,6,-6,-2147483648,4294967295,-1,0,-2147483648,1,0,2,2]
//// increment converts
let s = '5', b = 1n, u; s++; b++; u++; const o = {x: '1'}; return [s, String(b), String(u), o.x++, o.x, --o.x]
//// returns: [6,"2","NaN",1,2,1]
//// order of evaluation
const log = []; const t = (x) => (log.push(x), x); const o = {[t('k1')]: t('v1'), [t('k2')]: t('v2')}
t(o)[t('k1')] = t('v3'); t(1) + t(2) * t(3); t((a, b) => a)(t('a'), t('b')); return log.map((x) => typeof x === 'object' ? 'o' : typeof x === 'function' ? 'f' : x)
//// returns: ["k1","v1","k2","v2","o","k1","v3",1,2,3,"f","a","b"]
//// conversion order: valueOf, toString, Symbol.toPrimitive
const log = []; const o = {valueOf() { log.push('v'); return {} }, toString() { log.push('s'); return '7' }}
const p = {[Symbol.toPrimitive](hint) { return hint }}
return [o + 1, `${o}`, o * 2, log, `${p}`, p + '', +p !== +p, p == 'default', [p] + '']
//// returns: ["71","7",14,["v","s","s","v","s"],"string","default",true,true,"string"]
//// template literals
const a = 5; return [`a${a}b${`in${a + 1}`}c`, `line
two`, `\u{1F600}\x41\u0042\n`.length, `${[1, 2]}`, `${null} ${undefined}`, `\``]
//// tagged templates have raw strings and one object per site
const tag = (s, ...v) => ({cooked: [...s], raw: [...s.raw], v, frozen: Object.isFrozen(s) && Object.isFrozen(s.raw), s})
const f = (x) => tag`a\n${x}\u{41}\\`; const one = f(1), two = f(2)
return [one.cooked, one.raw, one.v, one.frozen, one.s === two.s, tag`` === tag``]
//// returns: [["a\n","A\\"],["a\\n","\\u{41}\\\\"],[1],true,true,false]
//// String.raw
return [String.raw`a\n${1}\\`, String.raw({raw: 'abc'}, 1, 2, 3)]
//// returns: ["a\\n1\\\\","a1b2c"]
//// tagged template with a member and a call as the tag
const o = {n: 2, t(s) { return this.n + s[0] }}; const mk = () => (s) => s[0]; return [o.t`x`, mk()`y`, (() => (s) => s.raw)()`z`]
//// returns: ["2x","y",["z"]]
//// getters and setters
const o = {_v: 1, get v() { return this._v * 10 }, set v(x) { this._v = x }, get ['c' + 1]() { return 'c' }, get 5() { return 5 }}
o.v = 4; return [o.v, o.c1, o[5], Object.keys(o), Object.getOwnPropertyDescriptor(o, 'v').set.name]
//// returns: [40,"c",5,["5","_v","v","c1"],"set v"]
//// object literals: shorthand, methods, computed, super, __proto__
const base = {hi() { return 'base ' + this.n }}; const n = 3; const o = {__proto__: base, n, ['a' + n]: 1, hi() { return 'own ' + super.hi() }, async *g() {}, 'q-q': 1, 1e3: 2, .5: 3}
return [o.hi(), Object.keys(o), Object.getPrototypeOf(o) === base, Object.hasOwn({['__proto__']: 1}, '__proto__'), Object.hasOwn({__proto__() {}}, '__proto__')]
//// returns: ["own base 3",["1000","n","a3","hi","g","q-q","0.5"],true,true,true]
//// names of functions
const a = () => {}, o = {b() {}, c: function () {}, get d() { return 1 }, [Symbol('s')]: () => {}, ['x' + 1]: class {}, *e() {}}
let {f = () => {}} = {}; const [g = function () {}] = []; const h = function named() {}; const i = (() => {}).bind()
return [a.name, o.b.name, o.c.name, Object.getOwnPropertyDescriptor(o, 'd').get.name, o[Object.getOwnPropertySymbols(o)[0]].name, o.x1.name, o.e.name, f.name, g.name, h.name, i.name, (() => {}).name, a.bind().name, (class { static m() {} }).m.name]
//// returns: ["a","b","c","get d","[s]","x1","e","f","g","named","bound ","","bound a","m"]
//// lengths of functions
return [((a, b) => 1).length, ((a, b = 1, c) => 1).length, ((...a) => 1).length, (({a}, [b]) => 1).length, (function (a) {}).bind(null, 1).length, Math.max.length, Promise.all.length, tools.echo.length]
//// returns: [2,1,0,2,0,2,1,0]
//// text of the script's own functions
function  f ( a,b ) { return a /* c */ }
const o = { m  ( ) { }, get  x () { return 1 }, async * g ( ) { }, ['c' + 1] () { } }; class  A  { static  s( ) { } #p = 1 }
return [String(f), String((a)=>a), `${o.m}`, Object.getOwnPropertyDescriptor(o, 'x').get.toString(), `${o.g}`, `${o.c1}`, String(A), String(A.s), String(async  x  =>  x)]
//// text of built-in functions
return [String(Math.max), String(Array.prototype.map), String(Map), String(Object.getOwnPropertyDescriptor(Map.prototype, 'size').get), String(f = () => {}).length, String(Array.prototype[Symbol.iterator])]; var f
//// text of the jar's own functions
return [tools.echo, tools.later, console.log, Promise.race, Promise.all, Promise.prototype.then, Math.random, context.telemetry.emitProgress, Date, Date.now].map(String)
//// bind, call and apply
function f(...a) { return [this?.n, new.target === undefined, ...a] } const b = f.bind({n: 1}, 2).bind({n: 9}, 3)
class A { constructor(...a) { this.a = a } } const B = A.bind(null, 1); return [b(4), f.call({n: 5}, 6), f.apply({n: 7}, {length: 2, 0: 8}), new B(2).a, new B(2) instanceof A, Object.hasOwn(B, 'prototype')]
//// returns: [[1,true,2,3,4],[5,true,6],[7,true,8,null],[1,2],true,false]
//// new.target
function F() { return new.target === F ? {yes: true} : {no: true} } return [new F(), F(), Reflect.construct(F, [], Array)]
//// returns: [{"yes":true},{"no":true},{"no":true}]
//// functions are hoisted, also over each other
return [f(), typeof g]; function f() { return 1 } function g() {} function f() { return 2 }
//// returns: [2,"function"]
//// recursion through a named function expression
const f = function g(n) { return n ? n * g(n - 1) : 1 }; return f(10)
//// returns: 3628800
//// the name of a function expression cannot be assigned
const f = function g() { g = 1 }; try { f() } catch (e) { return e.name }
//// returns: "TypeError"
//// IIFEs, arrows and commas
return [(() => ({a: 1}))(), (function () { return arguments.length })(1, 2), (() => { return })() === undefined, ((a) => (b) => (c) => a + b + c)(1)(2)(3)]
//// returns: [{"a":1},2,true,6]
//// try, catch and finally
const f = (n) => { const log = []; const g = () => { try { log.push('t'); if (n === 1) throw 1; if (n === 2) return 'r' } catch (e) { log.push('c' + e); return 'rc' } finally { log.push('f'); if (n === 3) return 'rf' } return 'end' }; return [g(), log.join('')] }
return [0, 1, 2, 3].map(f)
//// returns: [["end","tf"],["rc","tc1f"],["r","tf"],["rf","tf"]]
//// finally overrides and labels leave it
const f = () => { a: try { return 1 } finally { break a } return 2 }; const g = () => { for (const i of [1, 2]) try { continue } finally { if (i === 2) return 'g' } }
const h = () => { try { throw 1 } finally { return 'h' } }; return [f(), g(), h()]
//// returns: [2,"g","h"]
//// catch without a binding and with a pattern
try { throw {a: [1, 2]} } catch ({a: [, b]}) { try { null.x } catch { return b } }
//// returns: 2
//// catch parameters shadow
let e = 1; try { throw 2 } catch (e) { e = 3; var v = e } return [e, v]
//// returns: [1,3]
//// numeric literals
return [0xff, 0o17, 0b101, 1_000_000, .5, 5., 1e3, 0xFF_FF, 1e-7, 0.1 + 0.2, 9007199254740993, 1n.toString(), (0x1fn).toString()]
//// returns: [255,15,5,1000000,0.5,5,1000,65535,1e-07,0.30000000000000004,9007199254740992.0,"1","31"]
//// string literals and escapes
return ['\u0041\x42\u{43}\
D', '\0'.length, 'a\'b"c', '\u2028'.length, '\v\f\b'.length, "é" === '\xe9', 'é'.length, '😀'.length]
//// returns: ["ABCD",1,"a'b\"c",1,3,true,1,2]
//// identifiers with escapes and other letters
const \u0061b = 1, ñandú = 2, 変数 = 3, $ = 4, _ = 5, 𠮷 = 6; return [ab, ñandú, 変数, $, _, 𠮷]
//// returns: [1,2,3,4,5,6]
//// keywords as property names
const o = {class: 1, if: 2, new: 3, await: 4, yield: 5, get: 6, set: 7, async: 8, static: 9}; return [o.class, o.if, o.new, o.await, o.yield, o.get, o.set, o.async, o.static]
//// returns: [1,2,3,4,5,6,7,8,9]
//// semicolons that are not there
let a = 1
let b = a
++b
const c = b
;[1].forEach((x) => { a += x })
return (
  [a, b, c]
)
//// returns: [2,2,2]
//// comments of every kind
// one
/* two */ const /* three */ a /* four
*/ = /* five */ 1
return a
//// returns: 1
//// regular expressions and division
const a = 8, g = 2; return [a / 2 / g, /=/.test('='), [/[/]/.source], a /g/ 1, `${/x/}`]
//// returns: [2,true,["[/]"],4,"/x/"]
//// BigInt arithmetic
return [2n ** 64n, -7n / 2n, -7n % 2n, 5n & -2n, -5n >> 1n, 1n << 70n, ~0n, BigInt.asIntN(8, 255n), BigInt.asUintN(8, -1n), BigInt('0xff'), BigInt(1e21), -(-3n), 0n === -0n].map(String)
//// BigInt conversions and comparison
const t = (f) => { try { return String(f()) } catch (e) { return e.name } }
return [t(() => 1n + 1), t(() => +1n), t(() => BigInt(1.5)), t(() => BigInt('x')), t(() => 1n / 0n), t(() => 2n ** -1n), t(() => Math.max(1n)), t(() => Number(2n ** 53n + 1n)), t(() => 1n < 2), t(() => 2n > '1'), t(() => [3n, 1, 2n].sort().join()), t(() => 1n >>> 0n), t(() => parseInt('9n')), t(() => BigInt(' 12 ')), t(() => BigInt(''))]
//// large BigInts
let f = 1n; for (let i = 1n; i <= 60n; i++) f *= i; return [String(f), (f / 7n ** 5n).toString(36), (-f).toString(2).length, String(f % (2n ** 89n - 1n)), (10n ** 40n).toLocaleString?.() !== undefined]
//// symbols
const s = Symbol('d'), o = {[s]: 1, [Symbol.for('k')]: 2}; return [s.toString(), s.description, Symbol().description === undefined, Symbol.for('k') === Symbol.for('k'), Symbol.keyFor(Symbol.for('k')), Symbol.keyFor(s) === undefined, Object.keys(o).length, Object.getOwnPropertySymbols(o).length, typeof Object(s), JSON.stringify({s})]
//// returns: ["Symbol(d)","d",true,true,"k",true,0,2,"object","{}"]
//// well-known symbols
return Reflect.ownKeys(Symbol).filter((k) => typeof Symbol[k] === 'symbol').map((k) => Symbol[k].description).sort()
//// Symbol.species and concat
class A extends Array {} const a = A.from([1, 2]); return [a.map((x) => x) instanceof A, a.filter(Boolean).constructor.name, [].concat({length: 1, 0: 'x', [Symbol.isConcatSpreadable]: true}), [].concat([1], 2, [[3]])]
//// returns: [true,"A",["x"],[1,2,[3]]]
//// Symbol.toStringTag
class A { get [Symbol.toStringTag]() { return 'mine' } } return [`${new A()}`, ...[[], {}, null, undefined, 1, '', () => 1, /x/, new Date(0), new Error(), new Map(), Promise.resolve(), JSON, Math, (function* () {})(), 1n, Symbol(), (function () { return arguments })()].map((x) => Object.prototype.toString.call(x))]
//// Symbol.unscopables of arrays
return Object.keys(Array.prototype[Symbol.unscopables]).sort()
//// getter on the prototype chain and receiver
const p = {get me() { return this.n }, set me(v) { this.n = v * 2 }}; const o = Object.create(p); o.me = 4; return [o.me, Object.keys(o), Object.keys(p)]
//// returns: [8,["n"],["me"]]
//// strict mode: writes that cannot be
const t = (f) => { try { f(); return 'ok' } catch (e) { return e.name } }
return [t(() => { Object.freeze([1]).push(2) }), t(() => { 'x'.length = 2 }), t(() => { (5).a = 1 }), t(() => { ({get a() { return 1 }}).a = 2 }), t(() => { undefined.x = 1 }), t(() => { Object.preventExtensions({}).x = 1 }), t(() => { NaN = 1 }), t(() => { 'abc'[0] = 'x' })]
//// TypeScript: types, enums, assertions, generics
enum Colour { Red, Green = 'g', Blue = 7 } interface P { a: number } type Q = P | null
const f = <T,>(x: T, y?: number): T => x as T; abstract class A<T> { constructor(public_: T) { this.v = public_ } declare d: number; v: T; private w = 1; abstract m(): void; get(): T { return this.v! } }
class B extends A<number> { m(): void {} override get(): number { return 2 } } let q: Q = {a: 1} satisfies P; return [Colour.Red, Colour.Green, Colour[7], f<number>(3), new B(1).get(), q!.a]
//// returns: [0,"g","Blue",3,2,1]
//// the last expression is the value
const a = 2
a * 21
//// returns: 42
//// no value at all
const a = 1
//// an async function body without await
return (async () => 5)()
//// returns: 5
//// async arrow forms
const f = async x => x, g = async (x, y) => x + y, h = async () => ({a: 1}), o = {async m() { return this.n }, n: 4}; return [await f(1), await g(1, 2), await h(), await o.m()]
//// returns: [1,3,{"a":1},4]
//// await in every place
const p = (x) => Promise.resolve(x); const o = {[await p('k')]: await p(1), ...await p({z: 2})}; const f = async (a = 3) => a
return [o, [...await p([1, 2])], `${await p('t')}`, await p(1) + await p(2), await (await p(f))(), await (await p({f: p})).f(6), -(await p(4)), await p(true) ? await p('y') : 'n']
//// returns: [{"k":1,"z":2},[1,2],"t",3,3,6,-4,"y"]
//// for await over promises, generators and plain iterables
const out = []; for await (const x of [Promise.resolve(1), 2, Promise.resolve(3)]) out.push(x)
for await (const y of (async function* () { yield 4; yield Promise.resolve(5) })()) out.push(y); for await (const {z = 6} of [{}]) out.push(z); return out
//// returns: [1,2,3,4,5,6]
//// Math.random is seeded
return Array.from({length: 6}, () => Math.random())
//// the global object
return [globalThis === globalThis.globalThis, Object.isFrozen(globalThis), typeof globalThis.tools, Object.keys(globalThis), Object.prototype.toString.call(globalThis)]
//// returns: [true,true,"object",[],"[object Object]"]
//// a script sees its context frozen
return [Object.isFrozen(context), Object.keys(context), typeof context.telemetry.emitProgress, context.n, context.list]
//// context: {"n": 1.5, "list": [1, {"a": null}]}
//// returns: [true,["n","list","telemetry"],"function",1.5,[1,{"a":null}]]
//// escape, unescape, encodeURI
return [escape('ü€ +/'), unescape('%u20AC%FC'), encodeURI('ü/?€😀'), encodeURIComponent("a&b=c/d'"), decodeURIComponent('%F0%9F%98%80'), decodeURI('%2F%41')]
//// decodeURI of nonsense
const t = (s) => { try { return decodeURIComponent(s) } catch (e) { return e.name } }; return [t('%'), t('%C0%80'), t('%ED%A0%80'), t('%zz'), t('%E2%82')]
//// returns: ["URIError","URIError","URIError","URIError","URIError"]
//// parseInt, parseFloat, isNaN, isFinite
return [parseInt('12px'), parseInt('0x1F'), parseInt('z', 36), parseInt('1e3'), String(parseInt('')), parseInt(' -7.9'), parseFloat('1.5e3x'), parseFloat('.5.5'), parseFloat('-Infinityx') === -Infinity, isNaN('x'), isFinite('1'), Number.isFinite('1'), parseInt('9'.repeat(30)), parseInt(null, 36)]
//// returns: [12,31,35,1,"NaN",-7,1500,0.5,true,true,true,false,1e+30,1112745]
//// property order of objects
const o = {b: 1, 2: 1, a: 1, 1: 1, [Symbol.iterator]: 1, '-1': 1, '01': 1, 4294967294: 1, 4294967295: 1, 4294967296: 1}; delete o.b; o.b = 1; return [Object.keys(o), JSON.stringify(o), Reflect.ownKeys(o).length]
//// property order with accessors and redefinition
const o = {x: 1, y: 2}; Object.defineProperty(o, 'x', {get() { return 5 }, enumerable: true}); Object.assign(o, {a: 1, 0: 0}); return [Object.entries(o), Object.getOwnPropertyNames(class { static b() {} static a = 1 }), Object.getOwnPropertyNames(function (a) {}), Object.getOwnPropertyNames(() => 1)]
//// using is refused or understood alike
{ using x = {[Symbol.dispose]() {}}; } return 1
//// fails: UndefinedNameError 1:9
//// text of bound functions
return [String((() => {}).bind()), String((function named(a) {}).bind(null, 1))]
//// returns: ["function () { [native code] }","function () { [native code] }"]
