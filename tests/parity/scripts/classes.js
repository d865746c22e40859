//// constructor, methods, statics, inheritance
class A { constructor(x) { this.x = x } m() { return 'A' + this.x } static s() { return this.name } } class B extends A { constructor() { super(5) } m() { return 'B' + super.m() } static s() { return 'sub ' + super.s() } }
return [new B().m(), B.s(), new B() instanceof A, Object.getPrototypeOf(B) === A, B.length, typeof B]
//// returns: ["BA5","sub B",true,true,0,"function"]
//// fields, computed names and their order
const log = []; const k = (n) => (log.push('k' + n), n); class A { [k('a')] = log.push('va'); static [k('s')] = log.push('vs'); b; 'c d' = 1; 0 = 2; constructor() { log.push('c') } }
const a = new A(); return [log, Object.keys(a), a.b === undefined, Object.keys(A)]
//// returns: [["ka","ks","vs","va","c"],["0","a","b","c d"],true,["s"]]
//// fields are defined, not assigned
const log = []; class A { set x(v) { log.push(v) } } class B extends A { x = 1 } const b = new B(); return [log, Object.hasOwn(b, 'x'), b.x]
//// returns: [[],true,1]
//// private fields, methods, accessors and statics
class A { #x = 1; static #n = 0; #m() { return this.#x * 10 } get #g() { return this.#x + 1 } set #g(v) { this.#x = v } static #sm(a) { return a.#m() } static run(a) { A.#n++; a.#g = 5; a.#x **= 2; return [a.#g, A.#sm(a), A.#n, #x in a, #m in {}] } }
return A.run(new A())
//// returns: [26,250,1,true,false]
//// private names are checked
class A { #x = 1; read(o) { return o.#x } write(o) { o.#x = 1 } #m() {} over() { this.#m = 1 } get #g() { return 1 } set(o) { this.#g = 1 } }
const t = (f) => { try { return f() } catch (e) { return e.name } }; const a = new A(); return [t(() => a.read(a)), t(() => a.read({})), t(() => a.write({})), t(() => a.over()), t(() => a.set()), t(() => a.read(null))]
//// returns: [1,"TypeError","TypeError","TypeError","TypeError","TypeError"]
//// private fields on foreign objects by return override
class Base { constructor(o) { return o } } class Stamp extends Base { #s = 1; static has(o) { return #s in o } } const o = {}; new Stamp(o); let twice; try { new Stamp(o) } catch (e) { twice = e.name } return [Stamp.has(o), Stamp.has({}), twice]
//// returns: [true,false,"TypeError"]
//// static blocks
class A { static x = 1; static { this.y = A.x + 1; var v = 5; try { throw 1 } catch { this.z = v } } static w = this.y + 1; static { A.all = [A.x, A.y, A.z, A.w] } } return A.all
//// returns: [1,2,5,3]
//// this in fields and arrows in fields
class A { n = 3; f = () => this.n; static g = () => this.name } const {f} = new A(); return [f(), A.g.call(null)]
//// returns: [3,"A"]
//// super property in objects, statics, fields and arrows
class A { get v() { return this.k + 1 } static t = 4 } class B extends A { k = 1; f = super.v; g = () => super.v; static u = super.t; set v(x) { super.k = x } } const b = new B(); b.v = 9; return [b.f, b.g(), B.u, b.k]
//// returns: [2,10,4,9]
//// super must be called, once
const t = (C) => { try { new C(); return 'ok' } catch (e) { return e.name } }
return [t(class extends Object { constructor() {} }), t(class extends Object { constructor() { this.x = 1 } }), t(class extends Object { constructor() { super(); super() } }), t(class extends Object { constructor() { return {} } }), t(class extends Object { constructor() { return 1 } }), t(class { constructor() { return 1 } })]
//// returns: ["ReferenceError","ReferenceError","ReferenceError","ok","TypeError","ok"]
//// derived constructor forms
class A { constructor(...a) { this.a = a } } class B extends A {} class C extends A { constructor() { const f = () => super(1, 2); f() } } return [new B(1, 2).a, new C().a]
//// returns: [[1,2],[1,2]]
//// extends null and extends what is no constructor
const t = (f) => { try { return f() } catch (e) { return e.name } }
return [t(() => Object.getPrototypeOf((class extends null {}).prototype)), t(() => new (class extends null {})()), t(() => class extends (() => 1) {}), t(() => class extends 5 {})]
//// returns: [null,"TypeError","TypeError","TypeError"]
//// accessors, static accessors and inheritance of halves
class A { static #v = 1; static get v() { return A.#v } static set v(x) { A.#v = x * 2 } get p() { return 1 } } class B extends A { set p(v) {} } A.v = 4; return [A.v, B.v, new B().p === undefined]
//// returns: [8,8,true]
//// generators and async methods
class A { *g() { yield* [1, 2] } async a() { return 3 } async *ag() { yield 4 } static *[Symbol.iterator]() { yield 5 } get 'quoted name'() { return 6 } }
const a = new A(); const out = [...a.g(), await a.a(), ...A, a['quoted name']]; for await (const x of a.ag()) out.push(x); return out
//// returns: [1,2,3,5,6,4]
//// class without new
class A {} try { A() } catch (e) { return [e.name, typeof A.prototype.constructor] }
//// returns: ["TypeError","function"]
//// class declarations are in their dead zone
try { new A() } catch (e) { return e.name } class A {}
//// returns: "ReferenceError"
//// the inner name of a class is fixed
class A { m() { A = 1 } static n() { return A } } const B = A; A = null; let e1; try { B.prototype.m() } catch (e) { e1 = e.name } return [e1, B.n() === B]
//// returns: ["TypeError",true]
//// class heritage sees the dead zone
try { class A extends A {} } catch (e) { return e.name }
//// returns: "ReferenceError"
//// mixins and instanceof through them
const M = (B) => class extends B { hi() { return 'm' + (super.hi?.() ?? '') } }; class A { hi() { return 'a' } } return [new (M(A))().hi(), new (M(Object))().hi(), new (M(M(A)))().hi(), M(A).name]
//// returns: ["ma","m","mma",""]
//// extending Array
class L extends Array { last() { return this[this.length - 1] } } const l = new L(1, 2, 3); return [l.last(), l.length, l.map((x) => x * 2).last(), l.slice(1) instanceof L, Array.isArray(l), L.of(7).last(), JSON.stringify(l), (l.length = 1, [...l])]
//// returns: [3,3,6,true,true,7,"[1,2,3]",[1]]
//// extending Map, Promise and Function is possible or not
class M extends Map { get(k) { return super.get(k) ?? 'none' } } class P extends Promise { static get [Symbol.species]() { return Promise } }
const p = new P((r) => r(1)); return [new M([[1, 2]]).get(1), new M().get(1), p.then(() => 1) instanceof P, p instanceof P, await p]
//// returns: [2,"none",false,true,1]
//// extending Error
class E extends Error { constructor(m, extra) { super(m, {cause: 'why'}); this.extra = extra } get name() { return 'E!' } } const e = new E('text', 5)
return [String(e), e instanceof Error, e.extra, e.cause, Object.keys(e), e.message, Object.prototype.toString.call(e)]
//// returns: ["E!: text",true,5,"why",["extra"],"text","[object Error]"]
//// this.name in the constructor of an error
class E extends Error { constructor(m) { super(m); this.name = 'MyError' } } try { throw new E('x') } catch (e) { return [e.name, `${e}`, e.constructor === E, Object.keys(e)] }
//// returns: ["MyError","MyError: x",true,["name"]]
//// extending Date, RegExp, Number and typed arrays
class D extends Date { year() { return this.getUTCFullYear() } } class R extends RegExp { exec(s) { const m = super.exec(s); return m && Object.assign(m, {mine: true}) } } class N extends Number { half() { return this / 2 } } class U extends Uint8Array { sum() { return this.reduce((a, b) => a + b) } }
return [new D(0).year(), new R('b').exec('abc').mine, new R('b').test('abc'), new N(5).half(), new U([1, 2]).sum(), new U([1, 2, 3]).subarray(1).sum()]
//// returns: [1970,true,true,2.5,3,5]
//// class expressions and names
const A = class {}, B = class Inner { static n = Inner.name }, C = class { static name = 'own' }, D = class { static name() {} }; return [A.name, B.name, B.n, C.name, typeof D.name, (class {}).name]
//// returns: ["A","Inner","Inner","own","function",""]
//// properties of methods
class A { m() {} static s() {} get g() { return 1 } } const d = (o, k) => { const {writable, enumerable, configurable} = Object.getOwnPropertyDescriptor(o, k); return [writable === true, enumerable, configurable] }
return [d(A.prototype, 'm'), d(A, 's'), d(A.prototype, 'g'), d(A, 'prototype'), Object.hasOwn(A.prototype.m, 'prototype')]
//// returns: [[true,false,true],[true,false,true],[false,false,true],[false,false,false],false]
//// methods cannot be constructed
class A { m() {} } const t = (f) => { try { new f(); return 'ok' } catch (e) { return e.name } }; return [t(new A().m), t({m() {}}.m), t(() => 1), t(async function () {}), t(function* () {}), t(Math.max), t(function () {})]
//// returns: ["TypeError","TypeError","TypeError","TypeError","TypeError","TypeError","ok"]
//// toString override and JSON
class Money { constructor(c) { this.c = c } toString() { return `${this.c / 100} EUR` } toJSON() { return {cents: this.c} } valueOf() { return this.c } [Symbol.toPrimitive](h) { return h === 'string' ? this.toString() : this.c } }
const m = new Money(1250); return [`${m}`, m + 1, m > 1000, JSON.stringify({m}), m]
//// returns: ["12.5 EUR",1251,true,"{\"m\":{\"cents\":1250}}",{"cents":1250}]
//// own properties that shadow frozen prototypes
class A { constructor() { this.toString = () => 'mine'; this.constructor = 1; this.hasOwnProperty = 2 } } const o = {}; o.valueOf = 3; const m = new Map(); m.get = 4; const a = []; a.map = 5; const f = () => 1; f.call = 6
return [`${new A()}`, new A().constructor, o.valueOf, m.get, a.map, f.call, Object.keys(o)]
//// returns: ["mine",1,3,4,5,6,["valueOf"]]
//// properties that cannot be shadowed by assignment alike
const t = (f) => { try { f(); return 'ok' } catch (e) { return e.name } }
return [t(() => { [].at = 1 }), t(() => { [].flat = 1 }), t(() => { 'x'.at = 1 }), t(() => { new Set().union = 1 }), t(() => { (() => 1).toString = 1 }), t(() => { /x/.test = 1 }), t(() => { new Date().getTime = 1 }), t(() => { Promise.resolve().finally = 1 }), t(() => { Object.create(Map.prototype).size = 1 })]
//// returns: ["ok","TypeError","TypeError","TypeError","ok","ok","TypeError","ok","TypeError"]
//// accessor keyword-like names
class A { static async = 1; get = 2; set = 3; static = 4; async() { return 5 } static static() { return 6 } 'constructor'() { this.c = 7 } } const a = new A(); return [A.async, a.get, a.set, a.static, a.async(), A.static(), a.c]
//// returns: [1,2,3,4,5,6,7]
//// fields that hold functions are named
class A { f = () => 1; #p = function () {}; static s = class {}; n() { return this.#p.name } } return [new A().f.name, new A().n(), A.s.name]
//// returns: ["f","#p","s"]
//// evaluation order of heritage, keys and decorators free
const log = []; const t = (x) => (log.push(x), x); class A extends (t('heritage'), Object) { static [t('k1')] = t('v1'); [t('k2')]() {} static { t('block') } static [t('k3')] = t('v3') } return log
//// returns: ["heritage","k1","k2","k3","v1","block","v3"]
