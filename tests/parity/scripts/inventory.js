//// properties of Object
return Reflect.ownKeys(Object).map(String).sort()
//// properties of Object.prototype
return Reflect.ownKeys(Object.prototype).map(String).sort()
//// properties of Array
return Reflect.ownKeys(Array).map(String).sort()
//// properties of Array.prototype
return Reflect.ownKeys(Array.prototype).map(String).sort()
//// properties of String
return Reflect.ownKeys(String).map(String).sort()
//// properties of String.prototype
return Reflect.ownKeys(String.prototype).map(String).sort()
//// properties of Number
return Reflect.ownKeys(Number).map(String).sort()
//// properties of Number.prototype
return Reflect.ownKeys(Number.prototype).map(String).sort()
//// properties of Boolean
return Reflect.ownKeys(Boolean).map(String).sort()
//// properties of Symbol
return Reflect.ownKeys(Symbol).map(String).sort()
//// properties of Symbol.prototype
return Reflect.ownKeys(Symbol.prototype).map(String).sort()
//// properties of BigInt
return Reflect.ownKeys(BigInt).map(String).sort()
//// properties of BigInt.prototype
return Reflect.ownKeys(BigInt.prototype).map(String).sort()
//// properties of Math
return Reflect.ownKeys(Math).map(String).sort()
//// properties of JSON
return Reflect.ownKeys(JSON).map(String).sort()
//// properties of Reflect
return Reflect.ownKeys(Reflect).map(String).sort()
//// properties of Map
return Reflect.ownKeys(Map).map(String).sort()
//// properties of Map.prototype
return Reflect.ownKeys(Map.prototype).map(String).sort()
//// properties of Set
return Reflect.ownKeys(Set).map(String).sort()
//// properties of Set.prototype
return Reflect.ownKeys(Set.prototype).map(String).sort()
//// properties of WeakMap.prototype
return Reflect.ownKeys(WeakMap.prototype).map(String).sort()
//// properties of WeakSet.prototype
return Reflect.ownKeys(WeakSet.prototype).map(String).sort()
//// properties of Promise
return Reflect.ownKeys(Promise).map(String).sort()
//// properties of Promise.prototype
return Reflect.ownKeys(Promise.prototype).map(String).sort()
//// properties of Proxy
return Reflect.ownKeys(Proxy).map(String).sort()
//// properties of RegExp
return Reflect.ownKeys(RegExp).map(String).sort()
//// properties of RegExp.prototype
return Reflect.ownKeys(RegExp.prototype).map(String).sort()
//// properties of Date
return Reflect.ownKeys(Date).map(String).sort()
//// properties of Date.prototype
return Reflect.ownKeys(Date.prototype).map(String).sort()
//// properties of Error
return Reflect.ownKeys(Error).map(String).sort()
//// differs: where the stack is kept
//// properties of Error.prototype
return Reflect.ownKeys(Error.prototype).map(String).sort()
//// differs: where the stack is kept
//// properties of AggregateError
return Reflect.ownKeys(AggregateError).map(String).sort()
//// properties of SuppressedError
return Reflect.ownKeys(SuppressedError).map(String).sort()
//// properties of TypeError.prototype
return Reflect.ownKeys(TypeError.prototype).map(String).sort()
//// properties of ArrayBuffer
return Reflect.ownKeys(ArrayBuffer).map(String).sort()
//// properties of ArrayBuffer.prototype
return Reflect.ownKeys(ArrayBuffer.prototype).map(String).sort()
//// properties of DataView.prototype
return Reflect.ownKeys(DataView.prototype).map(String).sort()
//// properties of Uint8Array
return Reflect.ownKeys(Uint8Array).map(String).sort()
//// properties of Uint8Array.prototype
return Reflect.ownKeys(Uint8Array.prototype).map(String).sort()
//// properties of Float16Array
return Reflect.ownKeys(Float16Array).map(String).sort()
//// properties of Iterator
return Reflect.ownKeys(Iterator).map(String).sort()
//// properties of Iterator.prototype
return Reflect.ownKeys(Iterator.prototype).map(String).sort()
//// properties of DisposableStack.prototype
return Reflect.ownKeys(DisposableStack.prototype).map(String).sort()
//// properties of AsyncDisposableStack.prototype
return Reflect.ownKeys(AsyncDisposableStack.prototype).map(String).sort()
//// properties of typed arrays
return Reflect.ownKeys(Object.getPrototypeOf(Uint8Array)).map(String).sort()
//// properties of the prototype of typed arrays
return Reflect.ownKeys(Object.getPrototypeOf(Uint8Array.prototype)).map(String).sort()
//// properties of the prototype of functions
return Reflect.ownKeys(Object.getPrototypeOf(() => 1)).map(String).sort()
//// properties of the prototype of generators
return Reflect.ownKeys(Object.getPrototypeOf(function* () {}).prototype).map(String).sort()
//// properties of the prototype of async generators
return Reflect.ownKeys(Object.getPrototypeOf(async function* () {}).prototype).map(String).sort()
//// properties of the prototype of array iterators
return Reflect.ownKeys(Object.getPrototypeOf([].values())).map(String).sort()
//// properties of the prototype of iterator helpers
return Reflect.ownKeys(Object.getPrototypeOf([].values().map((x) => x))).map(String).sort()
//// properties of the prototype of wrapped iterators
return Reflect.ownKeys(Object.getPrototypeOf(Iterator.from({next() {}}))).map(String).sort()
//// properties of functions
return Reflect.ownKeys(function (a) {}).map(String).sort()
//// properties of arrow functions
return Reflect.ownKeys(() => 1).map(String).sort()
//// properties of classes
return Reflect.ownKeys(class { static x = 1 }).map(String).sort()
//// properties of arguments
return Reflect.ownKeys((function () { return arguments })(1)).map(String).sort()
//// properties of errors
return Reflect.ownKeys(new Error('m')).map(String).sort()
//// differs: where the stack is kept
//// properties of regular expressions
return Reflect.ownKeys(/x/).map(String).sort()
//// properties of bound functions
return Reflect.ownKeys((() => 1).bind()).map(String).sort()
//// properties of async functions
return Reflect.ownKeys(async () => 1).map(String).sort()
//// properties of generator functions
return Reflect.ownKeys(function* () {}).map(String).sort()
//// properties of tools
return Reflect.ownKeys(tools).map(String).sort()
//// properties of context
return Reflect.ownKeys(context).map(String).sort()
//// properties of console
return Reflect.ownKeys(console).map(String).sort()
//// lengths and names of all built-in functions
const seen = new Set([Error, Error.prototype]); const out = []; const walk = (o, path) => { if ((typeof o !== 'object' && typeof o !== 'function') || o === null || seen.has(o)) return; seen.add(o); if (typeof o === 'function' && !/^Iterator.prototype.[gs]et constructor/.test(path)) out.push(`${path} ${o.name}/${o.length}`); for (const k of Reflect.ownKeys(o).sort((a, b) => String(a) < String(b) ? -1 : 1)) { const d = Reflect.getOwnPropertyDescriptor(o, k); walk(d.value, `${path}.${String(k)}`); walk(d.get, `${path}.get ${String(k)}`); walk(d.set, `${path}.set ${String(k)}`) } }
for (const k of Object.getOwnPropertyNames(globalThis).sort()) if (k !== 'Error') walk(globalThis[k], k); return out
//// attributes of all built-in properties
const seen = new Set([Error, Error.prototype]); const out = []; const walk = (o, path) => { if ((typeof o !== 'object' && typeof o !== 'function') || o === null || seen.has(o)) return; seen.add(o); for (const k of Reflect.ownKeys(o).sort((a, b) => String(a) < String(b) ? -1 : 1)) { const d = Reflect.getOwnPropertyDescriptor(o, k); if (k !== 'stack') out.push(`${path}.${String(k)} ${'value' in d ? 'v' : `${d.get ? 'g' : ''}${d.set ? 's' : ''}`}${d.writable ? 'w' : ''}${d.enumerable ? 'e' : ''}${d.configurable ? 'c' : ''}`); walk(d.value, `${path}.${String(k)}`); walk(d.get, `${path}.get ${String(k)}`); walk(d.set, `${path}.set ${String(k)}`) } }
for (const k of Object.getOwnPropertyNames(globalThis).sort()) if (k !== 'Error') walk(globalThis[k], k); return out
