//// next, return and throw
function* g() { try { const a = yield 1; yield a } catch (e) { yield 'c' + e } finally { yield 'f' } return 'end' }
const a = g(), b = g(), c = g(); a.next(); b.next(); c.next(); return [a.next(5), b.throw('x'), b.next(), b.next(), c.return('r'), c.next(), c.next(), c.return(1)]
//// yield star passes everything on
const log = []; function* inner() { try { log.push(yield 1); return 'ret' } finally { log.push('fin') } } function* outer() { log.push(yield* inner()); yield 2 }
const g = outer(); return [g.next('lost'), g.next('in'), g.next(), log, [...outer()].length]
//// yield star over iterables and strings
function* g() { yield* 'aé😀'; yield* [1, [2]]; const r = yield* (function* () { return 7 })(); yield r } return [...g()]
//// returns: ["a","\u00e9","\ud83d\ude00",1,[2],7]
//// yield star without throw closes the inner one
const log = []; const inner = {[Symbol.iterator]() { return {next: () => ({value: 1, done: false}), return: () => (log.push('closed'), {})} }}
function* g() { yield* inner } const it = g(); it.next(); try { it.throw(1) } catch (e) { log.push(e.name) } return log
//// returns: ["closed","TypeError"]
//// generators that run while they run
function* g() { try { it.next() } catch (e) { yield e.name } } const it = g(); return it.next()
//// returns: {"value":"TypeError","done":false}
//// generator objects
function* g() {} const it = g(); return [it[Symbol.iterator]() === it, `${it}`, g.prototype === Object.getPrototypeOf(it), typeof it.next, Object.prototype.toString.call(g), it instanceof g]
//// returns: [true,"[object Generator]",true,"function","[object GeneratorFunction]",true]
//// infinite generators, destructuring and spread
function* nat() { let n = 0; while (true) yield n++ } const [a, b, ...[c]] = (function* () { for (const x of nat()) { if (x > 4) return; yield x } })(); return [a, b, c, nat().take(3).toArray()]
//// returns: [0,1,2,[0,1,2]]
//// return in finally of generators
function* g() { try { yield 1 } finally { return 'over' } } const a = g(); a.next(); const b = g(); b.next(); return [a.return('x'), (() => { try { return b.throw(1) } catch (e) { return e } })()]
//// returns: [{"value":"over","done":true},{"value":"over","done":true}]
//// parameters are bound before the first next
let log = []; function* g(a = log.push('bound')) { log.push('body'); yield a } const it = g(); log.push('made'); it.next(); return log
//// returns: ["bound","made","body"]
//// recursion in generators
function* walk(t) { if (!t) return; yield* walk(t.l); yield t.v; yield* walk(t.r) } return [...walk({v: 4, l: {v: 2, l: {v: 1}, r: {v: 3}}, r: {v: 6, l: {v: 5}}})]
//// returns: [1,2,3,4,5,6]
//// this and arguments in generators
const o = {n: 3, *g() { yield this.n; yield arguments.length }}; return [...o.g(1, 2)]
//// returns: [3,2]
//// yield as an expression
function* g() { const x = [yield 1, yield 2]; const y = {a: yield}; return [x, y, `${yield 't'}`] } const it = g(); const out = []; for (const v of [0, 'a', 'b', 'c', 'd']) out.push(it.next(v)); return out
//// async generators: order of requests
const log = []; async function* g() { log.push('start'); const a = yield 1; log.push(`got ${a}`); yield 2; return 3 }
const it = g(); const rs = [it.next('x'), it.next('y'), it.next('z'), it.next(), it.return(9)]; log.push('asked'); return [await Promise.all(rs), log]
//// async generators: await, throw and finally
const log = []; async function* g() { try { yield await Promise.resolve(1); yield Promise.reject('bad') } catch (e) { log.push(`caught ${e}`); yield 'after' } finally { log.push('fin') } }
for await (const x of g()) log.push(x); return log
//// returns: [1,"caught bad","after","fin"]
//// async generators: return awaits its value
async function* g() { try { yield 1 } finally { await null } } const it = g(); await it.next(); return [await it.return(Promise.resolve('r')), await g().return(Promise.reject('no')).catch((e) => e)]
//// returns: [{"value":"r","done":true},"no"]
//// async generators: yield star
const log = []; async function* inner() { try { yield 1; yield 2; return 'r' } finally { log.push('inner closed') } } async function* outer() { log.push(yield* inner()); yield* [3, Promise.resolve(4)] }
for await (const x of outer()) log.push(x); for await (const x of outer()) { if (x === 2) break } return log
//// returns: [1,2,"inner closed","r",3,4,"inner closed"]
//// for await closes and awaits
const log = []; const it = {[Symbol.asyncIterator]() { let i = 0; return {async next() { return {value: i++, done: false} }, async return() { log.push('closing'); await null; log.push('closed'); return {} }} }}
for await (const x of it) { if (x === 1) break } try { for await (const x of it) throw 'out' } catch (e) { log.push(e) } return log
//// returns: ["closing","closed","closing","out","closed"]
//// differs: for await left by a throw
//// for await over sync iterables closes them on rejection
const log = []; const it = {[Symbol.iterator]() { let i = 0; return {next: () => ({value: i++ ? Promise.reject('no') : 1, done: false}), return: () => (log.push('closed'), {})} }}
try { for await (const x of it) log.push(x) } catch (e) { log.push(e) } return log
//// returns: [1,"closed","no"]
//// iterator helpers
const it = () => [1, 2, 3, 4, 5].values(); const log = []
return [it().map((x, i) => x * i).toArray(), it().filter((x) => x % 2).toArray(), it().take(2).toArray(), it().drop(3).toArray(), it().flatMap((x) => [x, x]).take(3).toArray(), it().reduce((a, b) => a + b), it().reduce((a, b) => a + b, 10), it().some((x) => x > 4), it().every((x) => x > 4), it().find((x) => x > 2), it().forEach((x) => log.push(x)) === undefined, log]
//// returns: [[0,2,6,12,20],[1,3,5],[1,2],[4,5],[1,1,2],15,25,true,false,3,true,[1,2,3,4,5]]
//// iterator helpers are lazy and close
const log = []; function* g() { try { for (let i = 0; ; i++) { log.push('y' + i); yield i } } finally { log.push('closed') } }
const a = g().map((x) => x * 2).filter((x) => x % 4 === 0).drop(1).take(2); log.push('made'); return [[...a], log, g().some((x) => x === 1), log.length]
//// returns: [[4,8],["made","y0","y1","y2","y3","y4","closed","y0","y1","closed"],true,10]
//// iterator helpers refuse wrong arguments
const t = (f) => { try { return f() } catch (e) { return e.name } }; const it = () => [1].values()
return [t(() => it().take(-1)), t(() => it().take(NaN)), t(() => it().map(1)), t(() => it().drop('x')), t(() => it().take(Infinity).toArray()), t(() => it().flatMap((x) => x).next()), t(() => it().reduce()), t(() => [].values().reduce((a) => a)), t(() => new Iterator()), t(() => Iterator.prototype.map.call({next: () => ({done: true})}, (x) => x).next())]
//// Iterator.from and subclassing
class I extends Iterator { n = 0; next() { return {value: this.n++, done: this.n > 3} } } const w = Iterator.from({next() { return {value: 1, done: this.d ? true : !(this.d = true)} }})
return [[...new I().map((x) => x + 1)], new I() instanceof Iterator, w instanceof Iterator, w.toArray(), Iterator.from('ab').toArray(), Iterator.from(new I()) instanceof I]
//// returns: [[1,2,3],true,true,[1],["a","b"],true]
//// array iterators follow the array
const a = [1, 2]; const it = a.values(); const out = []; for (const x of it) { out.push(x); if (a.length < 5) a.push(x * 10) } a.push(9); return [out, it.next()]
//// returns: [[1,2,10,20,100],{"done":true}]
//// map and set iterators follow changes
const m = new Map([[1, 'a'], [2, 'b'], [3, 'c']]); const out = []; for (const [k] of m) { out.push(k); if (k === 1) { m.delete(2); m.set(4, 'd') } if (k === 3) { m.delete(1); m.set(1, 'again') } if (out.length > 9) break }
const s = new Set([1]); let n = 0; for (const x of s) { s.delete(x); if (n++ < 3) s.add(x) } return [out, n]
//// returns: [[1,3,4,1],4]
//// iterator tags
return [[][Symbol.iterator](), new Map().entries(), new Set().values(), ''[Symbol.iterator](), 'a'.matchAll(/a/g), (function* () {})(), (async function* () {})(), [].values().map((x) => x), Iterator.from({next() {}})].map((x) => Object.prototype.toString.call(x))
//// custom iterators with bad results
const t = (f) => { try { return f() } catch (e) { return e.name } }; const bad = (r) => ({[Symbol.iterator]: () => ({next: () => r})})
return [t(() => [...bad(1)]), t(() => [...bad({done: true, value: 4})]), t(() => [...{[Symbol.iterator]: () => 5}]), t(() => [...{}]), t(() => [...5]), t(() => { const [a] = null }), t(() => new Map([1])), t(() => Array.from({[Symbol.iterator]: 1})), t(() => { for (const x of {}) ; })]
//// Iterator.prototype is where generators end
const ip = Iterator.prototype; return [Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) === ip, ip.isPrototypeOf((function* () {})()), ip[Symbol.iterator].call(5) === 5, ip[Symbol.toStringTag]]
//// returns: [true,true,true,"Iterator"]
//// array from async
const g = async function* () { yield 1; yield 2 }; return [await Array.fromAsync(g()), await Array.fromAsync([Promise.resolve(3), 4], (x) => x * 2), await Array.fromAsync({length: 2, 0: Promise.resolve('a')})]
//// returns: [[1,2],[6,8],["a",null]]
