//// undefined
return undefined
//// null
return null
//// returns: null
//// booleans and numbers
return [true, false, 0, -0, 1.5, -1e-7, 1e21, 2 ** 53, 123456789012345680000, 5e-324, 1.7976931348623157e308]
//// minus zero
return -0
//// returns: 0
//// large whole numbers
return [2 ** 53 - 1, 2 ** 53, 2 ** 60, 1e20, 1e22, -(2 ** 63)]
//// NaN
return NaN
//// fails: SerializationError None:None
//// Infinity in a list
return [1, -Infinity]
//// fails: SerializationError None:None
//// strings with everything
return ['\u0000\u001f\u007f\u0080', '"\\/', '\u2028\u2029', '😀é', '\ufeff\uffff', 'a\r\nb\t']
//// half a surrogate pair
return 'x\ud83d'
//// fails: SerializationError None:None
//// half a surrogate pair as a key
return {a: {'\udc00': 1}}
//// fails: SerializationError None:None
//// holes
return [1, , 3, undefined]
//// returns: [1,null,3,null]
//// undefined in objects
return {a: undefined, b: null, c: [undefined]}
//// returns: {"b":null,"c":[null]}
//// functions
return {f: () => 1}
//// fails: SerializationError None:None
//// functions in lists
return [() => 1]
//// fails: SerializationError None:None
//// symbols
return [Symbol('x')]
//// fails: SerializationError None:None
//// symbol keys are left out
return {[Symbol('x')]: 1, a: 2}
//// returns: {"a":2}
//// BigInt
return {total: 12n}
//// fails: SerializationError None:None
//// Map
return new Map([['a', 1]])
//// fails: SerializationError None:None
//// Set
return {s: new Set([1])}
//// fails: SerializationError None:None
//// Date
return [new Date(0), {d: new Date(NaN)}]
//// returns: ["1970-01-01T00:00:00.000Z",{"d":null}]
//// regular expressions
return /x/g
//// fails: SerializationError None:None
//// promises inside
return [Promise.resolve(1)]
//// fails: SerializationError None:None
//// bytes
return [new Uint8Array([0, 255]), {b: new Uint8Array(0)}, new Uint8Array([1, 2, 3, 4]).subarray(1, 3)]
//// returns: [{"$bytes":"AP8="},{"b":{"$bytes":""}},{"$bytes":"AgM="}]
//// other typed arrays
return new Float64Array([1])
//// fails: SerializationError None:None
//// DataView
return new DataView(new ArrayBuffer(1))
//// returns: {}
//// ArrayBuffer
return new ArrayBuffer(2)
//// fails: SerializationError None:None
//// detached bytes
const u = new Uint8Array(4); u.buffer.transfer(); return u
//// fails: ScriptRuntimeError None:None
//// cycles
const a = {b: {}}; a.b.a = a; return a
//// fails: SerializationError None:None
//// cycles in lists
const a = [1]; a.push([a]); return a
//// fails: SerializationError None:None
//// the same object twice is no cycle
const o = {x: 1}; return [o, o, {o}]
//// returns: [{"x":1},{"x":1},{"o":{"x":1}}]
//// getters
let n = 0; return {get a() { return ++n }, get b() { return ++n }}
//// returns: {"a":1,"b":2}
//// toJSON
return {a: {toJSON() { return {x: 1} }}, b: {toJSON() { return undefined }}, c: [{toJSON() { return undefined }}], d: {toJSON: 5}}
//// returns: {"a":{"x":1},"b":null,"c":[null],"d":{"toJSON":5}}
//// toJSON gets the key
return {a: {toJSON: (k) => k}, l: [0, {toJSON: (k) => [k, typeof k]}]}
//// returns: {"a":"a","l":[0,["1","string"]]}
//// toJSON that gives a toJSON
return {toJSON: () => ({toJSON: () => 1})}
//// fails: SerializationError None:None
//// classes
class P { a = 1; #p = 2; get g() { return 3 } static s = 4 } return [new P(), new (class extends P { b = 2 })()]
//// returns: [{"a":1},{"a":1,"b":2}]
//// inherited and hidden properties are left out
return Object.defineProperty(Object.create({inherited: 1}, {own: {value: 2, enumerable: true}}), 'hidden', {value: 3})
//// returns: {"own":2}
//// null prototypes
return {__proto__: null, a: {__proto__: null}}
//// returns: {"a":{}}
//// boxed values
return [Object(1)]
//// fails: SerializationError None:None
//// errors as values
class Own extends Error { name = 'Own' } return [new Error('plain'), {e: new TypeError('typed')}, new Own('own'), Object.assign(new Error('x'), {extra: 1})]
//// errors from tools as values
return (await Promise.allSettled([tools.boom({message: 'no'})]))
//// arrays with properties
const a = [1]; a.x = 2; return a
//// returns: [1]
//// arrays of odd lengths
const a = []; a[3] = 1; return a
//// returns: [null,null,null,1]
//// array subclasses and proxies
return [new (class extends Array {})(1, 2), new Proxy([1, 2], {}), new Proxy({a: 1}, {}), new Proxy(new Uint8Array(1), {}) && 1]
//// returns: [[1,2],[1,2],{"a":1},1]
//// arguments objects
return (function () { return arguments })(1, 'b')
//// returns: {"0":1,"1":"b"}
//// iterators and generators
return [[1].values(), (function* () { yield 1 })()]
//// returns: [{},{}]
//// huge keys
return {['k'.repeat(500)]: {'': 1, ' ': 2, '0': 3, 'a.b': 4}}
//// an error with a path through odd keys
return {a: {'b.c': [0, {'': 1n}]}}
//// fails: SerializationError None:None
//// keys that look like bytes
return [{$bytes: 'AQI='}, {$object: 1}, {$: {$bytes: 2}}, {$a: 1, $b: 2}, {'$bytes': new Uint8Array(1)}]
//// __proto__ as an own key
return {['__proto__']: 1, a: JSON.parse('{"__proto__": {"b": 2}}')}
//// returns: {"__proto__":1,"a":{"__proto__":{"b":2}}}
//// order of keys
return {b: 1, 2: 2, a: 3, 1: 4, '-1': 5}
//// returns: {"1":4,"2":2,"b":1,"a":3,"-1":5}
//// numbers as keys
return {1.5: 'a', 1e21: 'b', [-0]: 'c', 0x10: 'd'}
//// returns: {"0":"c","16":"d","1.5":"a","1e+21":"b"}
//// sparse and long lists
return Array.from({length: 1000}, (_, i) => i % 10).concat([[], [[]]])
//// a proxy that lies about its length
return new Proxy([1, 2, 3], {get: (t, k, r) => k === 'length' ? 2 : Reflect.get(t, k, r)})
//// returns: [1,2]
//// a proxy that lies about its keys
return new Proxy({a: 1}, {ownKeys: () => ['a', 'b'], getOwnPropertyDescriptor: (t, k) => ({value: 2, enumerable: true, configurable: true}), get: (t, k) => k === 'toJSON' ? undefined : `v ${String(k)}`})
//// returns: {"a":"v a","b":"v b"}
//// values change while they are read
const l = [1, {get x() { l.push(9); return 2 }}, 3]; return l
//// returns: [1,{"x":2},3]
//// a thenable is awaited at the end
return {then(r) { r({awaited: true}) }}
//// returns: {"awaited":true}
//// thenables inside are not awaited
return [{then: 5, a: 1}]
//// returns: [{"then":5,"a":1}]
//// the returned promise of a promise
return (async () => (async () => [1])())()
//// returns: [1]
//// context, tools and console as values
return [context, Object.keys(tools)]
//// fails: SerializationError None:None
//// tools as the value
return tools
//// fails: SerializationError None:None
//// console as the value
return console
//// fails: SerializationError None:None
//// globalThis as the value
return globalThis
//// returns: {}
//// weak collections
return new WeakMap()
//// fails: SerializationError None:None
//// symbols as the value
return Symbol.iterator
//// fails: SerializationError None:None
//// functions as the value
return Math.max
//// fails: SerializationError None:None
//// classes as the value
return class A {}
//// fails: SerializationError None:None
