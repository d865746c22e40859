//// then runs after the script's own code
const log = []; Promise.resolve().then(() => log.push('then')); log.push('sync'); await null; log.push('after'); return log
//// returns: ["sync","then","after"]
//// three chains interleave
const log = []; const chain = (n) => { let p = Promise.resolve(); for (let i = 0; i < 3; i++) p = p.then(() => log.push(`${n}${i}`)); return p }; await Promise.all(['a', 'b', 'c'].map(chain)); return log
//// returns: ["a0","b0","c0","a1","b1","c1","a2","b2","c2"]
//// await takes one turn for native promises and values
const log = []; const a = async () => { log.push('a1'); await null; log.push('a2'); await Promise.resolve(); log.push('a3') }; const b = Promise.resolve().then(() => log.push('b1')).then(() => log.push('b2')).then(() => log.push('b3')); await Promise.all([a(), b]); return log
//// returns: ["a1","b1","a2","b2","a3","b3"]
//// await of a thenable takes more turns
const log = []; const thenable = {then(r) { log.push('then called'); r('v') }}; const a = (async () => { log.push(await thenable) })(); const b = Promise.resolve().then(() => log.push('b1')).then(() => log.push('b2')).then(() => log.push('b3')); await Promise.all([a, b]); return log
//// returns: ["then called","b1","v","b2","b3"]
//// returning a promise from async takes three turns
const log = []; const a = (async () => Promise.resolve('r'))().then(() => log.push('a')); let b = Promise.resolve(); for (let i = 0; i < 5; i++) b = b.then(() => log.push(i)); await Promise.all([a, b]); return log
//// returns: [0,1,"a",2,3,4]
//// return await and return of a value
const log = []; const f = async () => { return await Promise.resolve(1) }, g = async () => 1; f().then(() => log.push('f')); g().then(() => log.push('g')); for (let i = 0; i < 5; i++) { await null; log.push(i) } return log
//// returns: ["g",0,"f",1,2,3,4]
//// resolving with a promise takes two turns more
const log = []; new Promise((r) => r(Promise.resolve())).then(() => log.push('p')); for (let i = 0; i < 5; i++) { await null; log.push(i) } return log
//// returns: [0,1,"p",2,3,4]
//// returning a promise from then
const log = []; Promise.resolve().then(() => Promise.resolve()).then(() => log.push('p')); for (let i = 0; i < 6; i++) { await null; log.push(i) } return log
//// returns: [0,1,2,"p",3,4,5]
//// catch and finally take turns
const log = []; Promise.reject(1).finally(() => log.push('f')).catch(() => log.push('c')).finally(() => log.push('f2')).then(() => log.push('t')); for (let i = 0; i < 9; i++) { await null; log.push(i) } return log
//// returns: ["f",0,1,2,"c",3,"f2",4,5,6,"t",7,8]
//// finally passes values and reasons through
return [await Promise.resolve(1).finally(() => 2), await Promise.reject(3).finally(() => 4).catch((e) => e), await Promise.resolve(1).finally(() => { throw 5 }).catch((e) => e), await Promise.resolve(1).finally(() => Promise.reject(6)).catch((e) => e)]
//// returns: [1,3,5,6]
//// then with no functions
return [await Promise.resolve(1).then(), await Promise.resolve(1).then(null, 5), await Promise.reject(2).then(5).catch((e) => e), await Promise.reject(3).then(null, (e) => e + 1)]
//// returns: [1,1,2,4]
//// all, allSettled, any and race: results
const r = (v) => Promise.resolve(v), n = (v) => Promise.reject(v); return [await Promise.all([r(1), 2, r(3)]), await Promise.all([]), await Promise.all([r(1), n('no')]).catch((e) => e), await Promise.allSettled([r(1), n('no'), 3]), await Promise.any([n(1), r(2), r(3)]), await Promise.any([n(1), n(2)]).catch((e) => [e.name, e.errors]), await Promise.race([r(1), n(2)]), await Promise.race([n(3), r(4)]).catch((e) => e)]
//// combinators take their turns
const log = []; const mark = (n) => () => log.push(n); Promise.all([1]).then(mark('all')); Promise.allSettled([1]).then(mark('settled')); Promise.any([1]).then(mark('any')); Promise.race([1]).then(mark('race')); Promise.all([]).then(mark('empty')); for (let i = 0; i < 6; i++) { await null; log.push(i) } return log
//// returns: ["empty",0,"all","settled","any","race",1,2,3,4,5]
//// combinators of nothing and of what is no list
const t = (p) => p.then((v) => ['ok', v], (e) => ['no', e.name]); return [await t(Promise.any([])), await t(Promise.all(5)), await t(Promise.allSettled(null)), await t(Promise.race(undefined)), await t(Promise.all('ab')), await t(Promise.all({}))]
//// combinators close their iterator when it cannot go on
const log = []; const it = {[Symbol.iterator]: () => ({n: 0, next() { if (this.n++ === 2) throw 'broken'; return {value: this.n, done: false} }, return() { log.push('closed'); return {} }})}; return [await Promise.all(it).catch((e) => e), log]
//// returns: ["broken",[]]
//// combinators call resolve of their constructor
const log = []; class P extends Promise { static resolve(v) { log.push(`resolve ${v}`); return super.resolve(v) } then(...a) { log.push('then'); return super.then(...a) } }; await P.all([1, 2]); const all = log.splice(0); await P.race([3]); return [all, log]
//// returns: [["resolve 1","then","resolve 2","then","then"],["resolve 3","then","then"]]
//// race that nothing wins
await Promise.race([])
//// fails: ScriptRuntimeError None:None
//// Promise.withResolvers and try
const {promise, resolve, reject} = Promise.withResolvers(); resolve(1); reject(2); return [await promise, await Promise.try(() => 3), await Promise.try((a) => { throw a }, 4).catch((e) => e), await Promise.try(async () => 5)]
//// returns: [1,3,4,5]
//// resolve and reject only once
const log = []; const p = new Promise((yes, no) => { yes(1); no(2); yes(3); throw 4 }); return [await p, await new Promise((y, no) => { no(1); y(2) }).catch((e) => e)]
//// returns: [1,1]
//// executor runs at once
const log = ['before']; new Promise((r) => { log.push('executor'); r() }).then(() => log.push('then')); log.push('after'); await null; return log
//// returns: ["before","executor","after","then"]
//// executor that throws
return [await new Promise(() => { throw 1 }).catch((e) => e), await new Promise((r) => { r('ok'); throw 1 })]
//// returns: [1,"ok"]
//// a promise resolved with itself
let r; const p = new Promise((x) => { r = x }); r(p); try { await p } catch (e) { return e.name }
//// returns: "TypeError"
//// then getters are read once
let n = 0; const o = {get then() { n++; return (r) => r('v') }}; return [await Promise.resolve(o), n, await o, n, await new Promise((r) => r(o)), n]
//// returns: ["v",1,"v",2,"v",3]
//// thenables that misbehave
const t = async (o) => { try { return await o } catch (e) { return ['threw', e] } }; return [await t({then(y, n) { y(1); n(2); throw 3 }}), await t({then(y, n) { throw 4 }}), await t({then: 5}).then((v) => typeof v), await t({get then() { throw 6 }}), await t({then(y) { y({then(z) { z('deep') }}) }})]
//// returns: [1,["threw",4],"object",["threw",6],"deep"]
//// functions as thenables
const f = () => 1; f.then = (r) => r('from a function'); return await f
//// returns: "from a function"
//// Promise.resolve keeps promises of its kind
class P extends Promise {} const p = Promise.resolve(1), q = P.resolve(1); return [Promise.resolve(p) === p, P.resolve(p) === p, P.resolve(q) === q, Promise.resolve(q) === q, q.then(() => 1) instanceof P, p.constructor === Promise]
//// returns: [true,false,true,false,true,true]
//// subclasses and species
class P extends Promise { static get [Symbol.species]() { return Promise } } const p = new P((r) => r(1)); return [p.then(() => 1) instanceof P, p.finally(() => 1) instanceof P, P.all([]) instanceof P, await P.reject(1).catch((e) => e)]
//// returns: [false,false,true,1]
//// Promise without new and without a function
const t = (f) => { try { f(); return 'ok' } catch (e) { return e.name } }; return [t(() => Promise()), t(() => new Promise()), t(() => new Promise(5)), t(() => Promise.resolve.call(5)), t(() => Promise.prototype.then.call({})), Promise.length, Promise.all.name, Promise.race.length, Promise.prototype.then.length]
//// returns: ["TypeError","TypeError","TypeError","TypeError","TypeError",1,"all",1,2]
//// async functions throw by rejecting, also in parameters
const f = async (a = (() => { throw 1 })()) => a, g = async ({x}) => x; return [await f().catch((e) => e), await g().catch((e) => e.name)]
//// returns: [1,"TypeError"]
//// await in loops keeps the order
const log = []; const w = async (n, k) => { for (let i = 0; i < k; i++) { log.push(`${n}${i}`); await null } }; await Promise.all([w('a', 3), w('b', 2), w('c', 4)]); return log
//// returns: ["a0","b0","c0","a1","b1","c1","a2","c2","c3"]
//// try, catch and finally around await
const f = async () => { try { await Promise.reject(1); return 'no' } catch (e) { await null; return `c${e}` } finally { await null } }; return [await f(), await (async () => { try { return await Promise.reject(2) } catch (e) { return e } finally { return 'f' } })()]
//// returns: ["c1","f"]
//// async iteration interleaves with other work
const log = []; async function* g(n) { for (let i = 0; i < 3; i++) { log.push(`${n}y${i}`); yield i } } const run = async (n) => { for await (const x of g(n)) log.push(`${n}g${x}`) }; await Promise.all([run('a'), run('b')]); return log
//// returns: ["ay0","by0","ag0","ay1","bg0","by1","ag1","ay2","bg1","by2","ag2","bg2"]
//// sync iterators in for await interleave
const log = []; const run = async (n) => { for await (const x of [1, Promise.resolve(2)]) log.push(`${n}${x}`) }; const other = (async () => { for (let i = 0; i < 8; i++) { log.push(i); await null } })(); await Promise.all([run('a'), other]); return log
//// returns: [0,1,2,"a1",3,4,"a2",5,6,7]
//// async generator return and throw take their turns
const log = []; async function* g() { try { yield 1 } finally { log.push('fin') } } const a = g(); await a.next(); const p = a.return('r').then((v) => log.push(v.value)); for (let i = 0; i < 5; i++) { log.push(i); await null } await p; return log
//// returns: [0,"fin",1,"r",2,3,4]
//// yield in an async generator awaits
const log = []; async function* g() { yield Promise.resolve('y'); log.push('back'); yield {then(r) { log.push('thenable'); r('t') }} } const it = g(); const p = (async () => { for await (const x of it) log.push(x) })(); for (let i = 0; i < 12; i++) { log.push(i); await null } await p; return log
//// returns: [0,1,"y","back",2,"thenable",3,4,"t",5,6,7,8,9,10,11]
//// yield star in an async generator takes turns
const log = []; async function* inner() { yield 1; yield 2 } async function* outer() { yield* inner() } const p = (async () => { for await (const x of outer()) log.push(`v${x}`) })(); for (let i = 0; i < 16; i++) { log.push(i); await null } await p; return log
//// returns: [0,1,2,"v1",3,4,5,"v2",6,7,8,9,10,11,12,13,14,15]
//// a rejected promise in yield
async function* g() { try { yield Promise.reject('in') } catch (e) { yield `caught ${e}` } } const out = []; for await (const x of g()) out.push(x); return out
//// returns: ["caught in"]
//// unhandled chains do not stop others
const log = []; Promise.reject(1).then(() => log.push('never')); Promise.resolve().then(() => { throw 2 }).catch((e) => log.push(e)); await null; await null; await null; return log
//// returns: [2]
//// deep chains
let p = Promise.resolve(0); for (let i = 0; i < 5000; i++) p = p.then((x) => x + 1); return await p
//// returns: 5000
//// many promises at once
const ps = Array.from({length: 2000}, async (_, i) => { if (i % 3) await null; return i }); return (await Promise.all(ps)).reduce((a, b) => a + b)
//// returns: 1999000
//// allSettled keeps order and shapes
const r = await Promise.allSettled([Promise.reject('a'), (async () => { await null; return 'b' })(), {then(y, n) { n('c') }}]); return [r, r.map((x) => Object.keys(x))]
//// any collects its errors in order
const slow = (v, n) => (async () => { for (let i = 0; i < n; i++) await null; throw v })(); try { await Promise.any([slow('a', 3), slow('b', 1), slow('c', 2)]) } catch (e) { return [e.errors, e instanceof AggregateError] }
//// returns: [["a","b","c"],true]
//// await in the arguments
const log = []; const t = (x) => (log.push(x), x); const f = (...a) => a; return [f(t(1), await t(2), t(3)), log, [t(4), await t(5)].concat(await t(6))]
//// returns: [[1,2,3],[1,2,3,4,5,6],[4,5,6]]
//// awaiting in member assignment evaluates the left side first
const o = {n: 1}; const bump = async () => { o.n = 10; return 5 }; o.n += await bump(); return o.n
//// returns: 6
//// disposal symbols exist alike
return [typeof Symbol.dispose, typeof Symbol.asyncDispose, typeof DisposableStack, typeof AsyncDisposableStack]
//// returns: ["symbol","symbol","function","function"]
//// DisposableStack
const log = []; const s = new DisposableStack(); s.use({[Symbol.dispose]() { log.push('used') }}); s.adopt(5, (v) => log.push(v)); s.defer(() => log.push('deferred')); const m = s.move(); m.dispose(); return [log, s.disposed, m.disposed]
//// returns: [["deferred",5,"used"],true,true]
//// AsyncDisposableStack
const log = []; const s = new AsyncDisposableStack(); s.use({async [Symbol.asyncDispose]() { await null; log.push('a') }}); s.use({[Symbol.dispose]() { log.push('b') }}); s.defer(async () => { log.push('c') }); await s.disposeAsync(); return log
//// returns: ["c","b","a"]
