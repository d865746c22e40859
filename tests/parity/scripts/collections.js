//// Map keys
const o = {}, m = new Map([[NaN, 'nan'], [0, 'zero'], ['0', 's'], [o, 'o'], [undefined, 'u'], [1n, 'big']]); m.set(-0, 'minus')
return [m.get(NaN), m.get(0), m.get('0'), m.get(o), m.get({}) === undefined, m.get(undefined), m.get(1n), m.get(1) === undefined, m.size, Object.is([...m.keys()][1], 0)]
//// returns: ["nan","minus","s","o",true,"u","big",true,6,true]
//// Map methods
const m = new Map([['a', 1]]); const r = m.set('b', 2) === m; return [r, m.has('a'), m.delete('a'), m.delete('a'), [...m], [...m.values()], m.forEach((v, k, x) => x === m) === undefined, (m.clear(), m.size)]
//// returns: [true,true,true,false,[["b",2]],[2],true,0]
//// Map and Set keep the order of insertion
const m = new Map(); for (const k of 'hello') m.set(k, (m.get(k) ?? 0) + 1); m.delete('h'); m.set('h', 9); return [[...m], [...new Set('mississippi')].join('')]
//// returns: [[["e",1],["l",2],["o",1],["h",9]],"misp"]
//// Map.groupBy and Object.groupBy
const xs = [1, 2, 3, 4, 5]; const m = Map.groupBy(xs, (x) => x % 2 === 0); const o = Object.groupBy(xs, (x, i) => i > 2 ? 'late' : 'early'); return [m.get(true), m.get(false), o, Object.getPrototypeOf(o)]
//// returns: [[2,4],[1,3,5],{"early":[1,2,3],"late":[4,5]},null]
//// getOrInsert of Map is there on both or on neither
return [typeof Map.prototype.getOrInsert, typeof Map.prototype.getOrInsertComputed, typeof WeakMap.prototype.getOrInsert]
//// Set methods
const a = new Set([1, 2, 3, 4]), b = new Set([3, 4, 5]); const l = (s) => [...s]
return [l(a.union(b)), l(a.intersection(b)), l(a.difference(b)), l(a.symmetricDifference(b)), new Set([3]).isSubsetOf(b), a.isSupersetOf(new Set([1])), a.isDisjointFrom(new Set([9]))]
//// returns: [[1,2,3,4,5],[3,4],[1,2],[1,2,5],true,true,true]
//// Set methods with set-likes and maps
const like = {size: 2, has: (x) => x === 2, keys: () => [2, 7][Symbol.iterator]()}; const a = new Set([1, 2]); const t = (f) => { try { return f() } catch (e) { return e.name } }
return [[...a.union(like)], [...a.intersection(like)], [...a.difference(like)], [...a.union(new Map([['k', 1]]))], t(() => a.union([1])), t(() => a.union({size: NaN, has() {}, keys() {}})), t(() => a.union({size: -1, has() {}, keys() {}}))]
//// returns: [[1,2,7],[2],[1],[1,2,"k"],"TypeError","TypeError","RangeError"]
//// the order of intersection
return [[...new Set([1, 2, 3]).intersection(new Set([3, 2]))], [...new Set([3, 2]).intersection(new Set([1, 2, 3]))], [...new Set([1, 2, 3]).symmetricDifference(new Set([4, 3, 0]))]]
//// returns: [[3,2],[3,2],[1,2,4,0]]
//// WeakMap and WeakSet
const k = {}, s = Symbol('x'), w = new WeakMap([[k, 1]]); const t = (f) => { try { return f() } catch (e) { return e.name } }
return [w.get(k), w.has({}), w.delete(k), w.has(k), t(() => w.set(1, 1)), t(() => (w.set(s, 5), w.get(s))), t(() => w.set(Symbol.for('r'), 1)), t(() => new WeakSet([1])), new WeakSet([k]).has(k), `${w}`]
//// returns: [1,false,true,false,"TypeError",5,"TypeError","TypeError",true,"[object WeakMap]"]
//// constructors of collections
const t = (f) => { try { return f() } catch (e) { return e.name } }
return [t(() => Map()), t(() => new Map(5)), t(() => new Map([[1]]).get(1) === undefined), t(() => new Map(['ab']).get('a')), t(() => new Set(null).size), t(() => [...new Set('aab')]), Map.length, t(() => new Map({}))]
//// returns: ["TypeError","TypeError",true,"TypeError",0,["a","b"],0,"TypeError"]
//// Array basics
const a = [3, 1, 2]; return [a.push(4), a.pop(), a.unshift(0), a.shift(), a.splice(1, 1, 'x', 'y'), a, a.slice(-2), a.concat(1, [2, [3]]), a.indexOf('x'), a.includes(NaN), [NaN].includes(NaN), [NaN].indexOf(NaN), a.join('-'), a.reverse(), [1, [2, [3, [4]]]].flat(Infinity)]
//// array methods with callbacks
const a = [5, 1, 4]; return [a.map((x, i, s) => x + i + s.length), a.filter((x) => x > 1), a.reduce((p, x) => p + x), a.reduceRight((p, x) => p + x, ''), a.find((x) => x < 5), a.findLast((x) => x > 3), a.findIndex((x) => x > 9), a.findLastIndex((x) => x > 3), a.some((x) => x > 4), a.every(Boolean), a.flatMap((x) => [x, [x]])]
//// returns: [[8,5,9],[5,4],10,"415",1,4,-1,2,true,true,[5,[5],1,[1],4,[4]]]
//// copying methods
const a = [3, 1, 2]; return [a.toSorted(), a.toReversed(), a.toSpliced(1, 1, 'n'), a.with(-1, 9), a, a.at(-1), [, 1].toSorted(), [, 1].toReversed()]
//// returns: [[1,2,3],[2,1,3],[3,"n",2],[3,1,9],[3,1,2],2,[1,null],[1,null]]
//// copying methods refuse
const t = (f) => { try { return f() } catch (e) { return e.name } }; return [t(() => [1].with(1, 0)), t(() => [1].with(-2, 0)), t(() => [1].toSorted(5)), t(() => [1, 2].sort('x')), t(() => [2, 1].toSorted(undefined)), t(() => [1].toSpliced())]
//// returns: ["RangeError","RangeError","TypeError","TypeError",[1,2],[1]]
//// sort is stable and converts
const a = Array.from({length: 200}, (_, i) => ({k: i * 7 % 5, i})); a.sort((x, y) => x.k - y.k); let ok = true; for (let i = 1; i < 200; i++) if (a[i - 1].k === a[i].k && a[i - 1].i > a[i].i) ok = false
return [ok, [10, 9, 1, undefined, 'b', , null, -1, true].sort(), ['é', 'z', 'a', 'Z', '😀', '\uffee'].sort(), [3, 2, 1].sort(() => 0)]
//// sort with odd comparers
return [[3, 1, 2].sort(() => NaN), [1, 2, 3, 4].sort((a, b) => String(b - a)), [2, 1].sort((a, b) => ({valueOf: () => a - b}))]
//// returns: [[3,1,2],[4,3,2,1],[1,2]]
//// sort with a comparer that gives booleans
return [3, 1, 2].sort((a, b) => a > b)
//// differs: comparisons in sort
//// how often sort compares
let n = 0; const log = []; [3, 1, 2].sort((a, b) => (n++, log.push(`${a}${b}`), a - b)); return [n, log]
//// differs: comparisons in sort
//// holes
const a = [1, , 3]; const seen = []; a.forEach((x, i) => seen.push(i)); return [seen, a.map((x) => x * 2).length, 1 in a.map((x) => x), a.findIndex((x) => x === undefined), Object.keys([...a]), a.indexOf(undefined), a.includes(undefined), [, 1].join(), Object.keys(a.flat()), Object.keys(a.concat([, 2])), a.at(1) === undefined, JSON.stringify([, 1])]
//// returns: [[0,2],3,false,1,["0","1","2"],-1,true,",1",["0","1"],["0","2","4"],true,"[null,1]"]
//// length
const a = [1, 2, 3]; a.length = 1; a[4] = 5; const t = (f) => { try { return f() } catch (e) { return e.name } }; return [a, a.length, t(() => { a.length = -1 }), t(() => { a.length = 1.5 }), t(() => new Array(-1)), new Array(3).length, new Array('3'), Array(2).fill().map((_, i) => i), [1, 2, 3, 4].fill(0, 1, -1)]
//// returns: [[1,null,null,null,5],5,"RangeError","RangeError","RangeError",3,["3"],[0,1],[1,0,0,4]]
//// array-likes and generics
const o = {length: 2, 0: 'a', 1: 'b'}; return [Array.prototype.map.call('ab', (c) => c + c), Array.from(o), Array.prototype.push.call(o, 'c'), o, Array.prototype.join.call({length: 3, 1: 'x'}, '|'), Array.prototype.concat.call(1, 2).length, Array.prototype.slice.call(o, 1)]
//// returns: [["aa","bb"],["a","b"],3,{"0":"a","1":"b","2":"c","length":3},"|x|",2,["b","c"]]
//// Array.from and of
return [Array.from('a😀'), Array.from({length: 3}, (_, i) => i * i), Array.of(7), Array.from(new Map([[1, 2]])), Array.from([1, , 3]), Array.from(new Set([1, 1])), Array.isArray(new Proxy([], {}))]
//// returns: [["a","\ud83d\ude00"],[0,1,4],[7],[[1,2]],[1,null,3],[1],true]
//// copyWithin and splice forms
return [[1, 2, 3, 4, 5].copyWithin(0, 3), [1, 2, 3, 4, 5].copyWithin(1, -3, -1), (() => { const a = [1, 2, 3, 4]; return [a.splice(-2), a, a.splice(), a.splice(0, undefined), a.splice(undefined)] })(), [1, 2].lastIndexOf(2, -2)]
//// returns: [[4,5,3,4,5],[1,3,4,4,5],[[3,4],[],[],[],[1,2]],-1]
//// changes while iterating
const a = [1, 2, 3]; const seen = []; a.forEach((x) => { seen.push(x); if (x === 1) a.pop(); if (a.length < 5) a.push(x * 10) }); return [seen, a, [1, 2, 3].map((x, i, s) => (s.length = 1, x)).length]
//// returns: [[1,2,10],[1,2,10,20,100],3]
//// reduce of nothing
const t = (f) => { try { return f() } catch (e) { return e.name } }; return [t(() => [].reduce((a) => a)), t(() => [].reduce((a) => a, 5)), t(() => [, ,].reduce((a) => a)), t(() => [7].reduce(() => 1)), t(() => [].reduceRight(1))]
//// returns: ["TypeError",5,"TypeError",7,"TypeError"]
//// join of arrays that hold themselves
const c = [1]; c.push(c, 2); return [`${c}`, [c].join('+')]
//// differs: cycles in join
//// fails: ScriptStackError 1:41
//// join and toString of nested arrays
const a = [1, [2, [3]], null, undefined, {}]; return [String(a), [[], [[]]].toString(), [1, 2].toLocaleString(), [null].join()]
//// returns: ["1,2,3,,,[object Object]",",","1,2",""]
//// object statics
const o = {a: 1, b: {c: 2}}; return [Object.keys(o), Object.values(o), Object.entries(o), Object.fromEntries([['x', 1], ['y', 2]]), Object.fromEntries(new Map([[1, 2]])), Object.assign({}, null, {z: 1}, 'ab'), Object.is(-0, 0), Object.is(NaN, NaN), Object.hasOwn(o, 'a')]
//// freezing and sealing
const f = Object.freeze({a: {b: 1}}), s = Object.seal({a: 1}), p = Object.preventExtensions({a: 1}); f.a.b = 2; s.a = 2; delete p.a; return [Object.isFrozen(f), Object.isSealed(s), Object.isExtensible(p), f, s, p, Object.isFrozen('x'), Object.isFrozen({}), Object.isFrozen(Object.preventExtensions({}))]
//// returns: [true,true,false,{"a":{"b":2}},{"a":2},{},true,false,true]
//// descriptors
const o = {}; Object.defineProperty(o, 'h', {value: 1}); Object.defineProperties(o, {g: {get: () => 2, enumerable: true, configurable: true}, w: {value: 3, writable: true}}); const t = (f) => { try { f(); return 'ok' } catch (e) { return e.name } }
return [Object.getOwnPropertyDescriptor(o, 'h'), Object.keys(Object.getOwnPropertyDescriptors(o)), Object.keys(o), t(() => { o.h = 2 }), t(() => Object.defineProperty(o, 'h', {value: 2})), t(() => Object.defineProperty(o, 'h', {value: 1})), t(() => Object.defineProperty(o, 'x', {get() {}, value: 1})), t(() => Object.defineProperty(o, 'x', {get: 1})), t(() => Object.defineProperty(1, 'x', {}))]
//// prototypes
const p = {hi: 1}; const o = Object.create(p, {own: {value: 2, enumerable: true}}); const t = (f) => { try { f(); return 'ok' } catch (e) { return e.name } }
return [o.hi, Object.keys(o), p.isPrototypeOf(o), Object.getPrototypeOf(1) === Number.prototype, t(() => Object.setPrototypeOf(p, o)), t(() => Object.setPrototypeOf(Object.preventExtensions({}), {})), t(() => Object.create(1)), t(() => { ({}).__proto__ = 5 }), Object.setPrototypeOf({}, null) instanceof Object]
//// returns: [1,["own"],true,true,"TypeError","TypeError","TypeError","ok",false]
//// __proto__ as accessor
const o = {}; const p = {x: 1}; o.__proto__ = p; return [o.x, o.__proto__ === p, Object.hasOwn(o, '__proto__'), Object.create(null).__proto__ === undefined, '__proto__' in {}, JSON.parse('{"__proto__": 1}').__proto__, {...JSON.parse('{"__proto__": {"y": 1}}')}.y === undefined]
//// returns: [1,true,false,true,true,1,true]
//// __defineGetter__ and its kin
const o = {}; o.__defineGetter__('a', () => 5); o.__defineSetter__('a', () => 1); return [o.a, typeof o.__lookupGetter__('a'), typeof o.__lookupSetter__('b'), Object.keys(o)]
//// Reflect
class A { constructor(x) { this.x = x } } const o = {a: 1, get me() { return this }}; return [Reflect.has(o, 'a'), Reflect.get(o, 'me', 5), Reflect.set(o, 'b', 2), Reflect.ownKeys({b: 1, 1: 1, [Symbol.iterator]: 1}).length, Reflect.apply(Math.max, null, [1, 3]), Reflect.construct(A, [7]).x, Reflect.defineProperty(Object.freeze({}), 'x', {value: 1}), Reflect.deleteProperty(Object.freeze({a: 1}), 'a'), Reflect.getPrototypeOf([]) === Array.prototype, Reflect.isExtensible({}), Reflect.setPrototypeOf(Object.freeze({}), {})]
//// returns: [true,5,true,3,3,7,false,false,true,true,false]
//// Reflect.set with receivers
const log = []; const p = {set v(x) { log.push(this === r) }}; const r = {}; return [Reflect.set(p, 'v', 1, r), log, Reflect.set({a: 1}, 'a', 2, r), r, Reflect.set({}, 'a', 1, 5), Reflect.set([], 'length', 2), Reflect.get({get a() { return this }}, 'a', 'recv')]
//// returns: [true,[true],true,{"a":2},false,true,"recv"]
//// Proxy: every trap is told, in order
const log = []; const h = new Proxy({}, {get: (_, name) => (...a) => (log.push(name), Reflect[name](...a))}); const target = () => 1; const p = new Proxy(target, h)
p.a = 1; p.a; 'a' in p; delete p.a; Object.keys(p); p(); Object.getPrototypeOf(p); Object.setPrototypeOf(p, Object.getPrototypeOf(target)); Object.isExtensible(p); Object.defineProperty(p, 'x', {value: 1, configurable: true}); Object.preventExtensions(p); for (const k in p) ; ({...p}); return log
//// differs: traps of a proxy
//// Proxy: what built-ins ask of it
const log = []; const spy = (o) => new Proxy(o, {get(t, k, r) { log.push(`get ${String(k)}`); return Reflect.get(t, k, r) }, has(t, k) { log.push(`has ${String(k)}`); return k in t }, ownKeys(t) { log.push('keys'); return Reflect.ownKeys(t) }, getOwnPropertyDescriptor(t, k) { log.push(`desc ${String(k)}`); return Reflect.getOwnPropertyDescriptor(t, k) }, set(t, k, v, r) { log.push(`set ${String(k)}`); return Reflect.set(t, k, v, r) }, defineProperty(t, k, d) { log.push(`def ${String(k)}`); return Reflect.defineProperty(t, k, d) }, deleteProperty(t, k) { log.push(`del ${String(k)}`); return delete t[k] }})
const a = spy([3, 1]); a.sort(); log.push('|'); a.push(5); log.push('|'); Object.assign({}, spy({x: 1})); log.push('|'); JSON.stringify(spy({y: [1]})); log.push('|'); [...spy([1])]; log.push('|'); a.reverse(); return log
//// differs: descriptors of a proxy
//// fails: ScriptRuntimeError 1:421
//// Proxy: array methods one by one
const out = {}; for (const m of ['concat', 'slice', 'includes', 'indexOf', 'join', 'pop', 'shift', 'flat', 'at', 'entries', 'fill', 'splice']) { const log = []; const p = new Proxy([1, 2], {get(t, k, r) { log.push(`g${String(k)}`); return Reflect.get(t, k, r) }, has(t, k) { log.push(`h${String(k)}`); return k in t }, set(t, k, v) { log.push(`s${String(k)}`); return Reflect.set(t, k, v) }, deleteProperty(t, k) { log.push(`d${String(k)}`); return delete t[k] }, defineProperty(t, k, d) { log.push(`f${String(k)}`); return Reflect.defineProperty(t, k, d) }}); p[m](0, 1); out[m] = log.slice(1).join(' ') } return out
//// Proxy: what copying array methods ask
const log = []; const p = new Proxy([1, 2], {get(t, k, r) { log.push(`get ${String(k)}`); return Reflect.get(t, k, r) }, has(t, k) { log.push(`has ${String(k)}`); return k in t }}); p.toReversed(); p.with(0, 1); p.toSpliced(0, 1); p.toSorted(); return log
//// differs: traps of a proxy
//// Proxy: invariants
const t = (f) => { try { return f() } catch (e) { return e.name } }; const f = Object.freeze({a: 1})
return [t(() => new Proxy(f, {get: () => 2}).a), t(() => Object.keys(new Proxy(f, {ownKeys: () => []}))), t(() => 'a' in new Proxy(f, {has: () => false})), t(() => delete new Proxy(f, {deleteProperty: () => true}).a), t(() => { new Proxy({}, {set: () => false}).x = 1 }), t(() => Object.getPrototypeOf(new Proxy(f, {getPrototypeOf: () => null}))), t(() => Object.keys(new Proxy({}, {ownKeys: () => ['a', 'a']}))), t(() => new Proxy({}, 1)), t(() => Reflect.ownKeys(new Proxy({}, {ownKeys: () => [1]})))]
//// Proxy: revoked
const {proxy, revoke} = Proxy.revocable({}, {}); revoke(); const t = (f) => { try { return f() } catch (e) { return e.name } }; return [t(() => proxy.x), t(() => Array.isArray(proxy)), typeof proxy, t(() => Object.prototype.toString.call(proxy)), t(() => new Proxy(proxy, {}) && 'made')]
//// returns: ["TypeError","TypeError","object","TypeError","made"]
//// Proxy: apply, construct and classes
class A { #p = 1; get p() { return this.#p } } const P = new Proxy(A, {construct: (t, a, n) => (n === P ? {made: a} : Reflect.construct(t, a, n)), apply: () => 'called'}); const t = (f) => { try { return f() } catch (e) { return e.name } }
return [new P(1, 2), t(() => P()), t(() => new Proxy(new A(), {}).p), new (class extends P {})() instanceof A]
//// returns: [{"made":[1,2]},"called","TypeError",true]
//// structured data stays apart
const a = {x: [1]}; const b = {...a}, c = JSON.parse(JSON.stringify(a)); b.x.push(2); return [a, c, typeof structuredClone]
//// Object.prototype methods
const o = {a: 1}; return [o.hasOwnProperty('a'), o.propertyIsEnumerable('a'), o.toLocaleString(), o.valueOf() === o, Object.prototype.toString.call(o), [].propertyIsEnumerable('length'), Object.prototype.hasOwnProperty.call('ab', 1)]
//// returns: [true,true,"[object Object]",true,"[object Object]",false,true]
//// boxed primitives
return [typeof Object(1), Object('ab')[1], Object(1n) + 1n === 2n, new Boolean(false) ? 1 : 0, Object.keys(Object('ab')), new Number(5) == 5, new String('x') === 'x', Object(Symbol.iterator) == Symbol.iterator, JSON.stringify([Object(1), Object('s'), Object(true)])]
//// returns: ["object","b",true,1,["0","1"],true,false,true,"[1,\"s\",true]"]
