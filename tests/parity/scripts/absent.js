//// globals that must not be there
return ['eval', 'Function', 'setTimeout', 'setInterval', 'clearTimeout', 'setImmediate', 'queueMicrotask', 'requestAnimationFrame', 'Intl', 'SharedArrayBuffer', 'Atomics', 'WebAssembly', 'process', 'require', 'module', 'exports', 'global', 'window', 'self', 'document', 'fetch', 'XMLHttpRequest', 'WebSocket', 'Worker', 'performance', 'WeakRef', 'FinalizationRegistry', 'structuredClone', 'print', 'load', 'read', 'quit', 'gc', 'd8', 'std', 'os', 'scriptArgs', 'navigator', 'crypto', 'Buffer', 'TextEncoder', 'TextDecoder', 'URL', 'AbortController', 'Temporal', 'ShadowRealm', 'AsyncIterator', 'InternalError', 'Deno', 'atob', 'btoa', 'localStorage', 'version', 'bjson', 'Event', 'WebSocketStream', 'DOMException', 'AsyncFunction', 'GeneratorFunction', '__proto__x'].filter((n) => n in globalThis)
//// returns: []
//// typeof of absent names
return [typeof Intl, typeof setTimeout, typeof process, typeof require, typeof SharedArrayBuffer, typeof WebAssembly, typeof queueMicrotask, typeof WeakRef]
//// all globals
return Object.getOwnPropertyNames(globalThis).sort()
//// symbols of the global object
return Object.getOwnPropertySymbols(globalThis).map(String)
//// returns: []
//// the prototype of the global object
return [Object.getPrototypeOf(globalThis) === Object.prototype, Object.getOwnPropertyNames(Object.getPrototypeOf(globalThis)).length]
//// returns: [true,12]
//// code from text by any constructor
const t = (f) => { try { return String(f()) } catch (e) { return `${e.name}: ${e.message}` } }; const c = 'constructor'
return [t(() => (() => 1)[c]('return 1')()), t(() => (async () => 1)[c]('return 1')), t(() => (function* () {})[c]('yield 1')), t(() => (async function* () {})[c]('')), t(() => new (class {}[c])('return 1')), t(() => Math.max[c]('return 1')), t(() => ({})[c][c]('return this')()), t(() => Reflect.construct((() => 1)[c], ['return 1'])), t(() => tools.echo[c]('return 1'))]
//// globals cannot be written
const t = (f) => { try { f(); return 'ok' } catch (e) { return e.name } }; return [t(() => { globalThis.x = 1 }), t(() => { Array = 1 }), t(() => { delete globalThis.Array }), t(() => { undefined = 1 }), t(() => { tools = 1 }), t(() => { context = 1 }), t(() => { globalThis.Math = 1 }), t(() => Object.defineProperty(globalThis, 'x', {value: 1})), t(() => { globalThis.__proto__ = {} }), t(() => { Infinity++ })]
//// intrinsics are frozen
const seen = new Set(); const loose = []; const walk = (o, path) => { if ((typeof o !== 'object' && typeof o !== 'function') || o === null || seen.has(o)) return; seen.add(o); if (!Object.isFrozen(o)) loose.push(path); walk(Reflect.getPrototypeOf(o), `${path}.__proto__`); for (const k of Reflect.ownKeys(o)) { const d = Reflect.getOwnPropertyDescriptor(o, k); const p = `${path}.${String(k)}`; walk(d.value, p); walk(d.get, `${p}(get)`); walk(d.set, `${p}(set)`) } }
for (const k of Object.getOwnPropertyNames(globalThis)) walk(globalThis[k], k); for (const [n, o] of Object.entries({arrow: () => 1, async: async () => 1, gen: (function* () {})(), agen: (async function* () {})(), str: ''[Symbol.iterator](), re: 'a'.matchAll(/a/g)})) walk(Reflect.getPrototypeOf(o), n)
return loose
//// returns: ["gen","agen"]
//// methods that a prototype answers for are frozen too
return ['map', 'push', 'at', 'join'].map((k) => Object.isFrozen([][k])).concat(Object.isFrozen(new Map().get), Object.isFrozen(Promise.resolve().then), Object.isFrozen({}.toString))
//// returns: [true,true,true,true,true,true,true]
//// prototypes cannot be patched
const t = (f) => { try { f(); return 'ok' } catch (e) { return e.name } }; return [t(() => { Array.prototype.map = 1 }), t(() => { Object.prototype.x = 1 }), t(() => { String.prototype.at = 1 }), t(() => { Promise.prototype.then = 1 }), t(() => { (() => 1).__proto__.call = 1 }), t(() => { Symbol.prototype.x = 1 }), t(() => { delete Array.prototype.map }), t(() => Object.defineProperty(Map.prototype, 'x', {value: 1})), t(() => { Object.getPrototypeOf([][Symbol.iterator]()).next = 1 }), t(() => { Math.random = () => 4 }), t(() => { Date.now = () => 4 }), t(() => { JSON.parse = 1 }), t(() => { RegExp.prototype.exec = 1 }), t(() => Object.setPrototypeOf(Array.prototype, null)), t(() => { Object.prototype.__proto__ = {} })]
//// caller and callee are poisoned
'use strict'; const t = (f) => { try { return String(f()) } catch (e) { return e.name } }; function g() { return [t(() => g['call' + 'er']), t(() => g.arguments), t(() => (function () { return arguments['call' + 'ee'] })())] } return [g(), Object.hasOwn(g, 'caller'), Object.hasOwn(g, 'arguments')]
//// returns: [["TypeError","TypeError","TypeError"],false,false]
//// this of callbacks and functions does not leak the global object
return [[1].map(function () { return this === undefined })[0], (function () { return this })() === undefined, (() => { let r; 'a'.replace(/a/, function () { r = this === undefined; return '' }); return r })(), await new Promise((r) => r(1)).then(function () { return this === undefined })]
//// returns: [true,true,true,true]
//// seen from outside: names of the prelude are not in scope
return ['host', 'run', 'pending', 'codedError', 'enter', 'prelude', 'realm', 'compiled', 'refusal', 'handlers', 'ours'].filter((n) => n in globalThis)
//// returns: []
//// strict mode everywhere
return [(function () { return !this })(), typeof arguments]
//// returns: [true,"object"]
//// refused: eval
eval('1')
//// fails: BannedIdentifierError 1:1
//// refused: new Function
new Function('return 1')
//// fails: BannedIdentifierError 1:5
//// refused: import
const m = await import('x')
//// fails: BannedIdentifierError 1:17
//// refused: require
require('fs')
//// fails: BannedIdentifierError 1:1
//// refused: with
with ({}) {}
//// fails: BannedIdentifierError 1:1
//// refused: an unknown name
return nothingLikeThis
//// fails: UndefinedNameError 1:8
//// refused: an unknown tool
await tools.ecco({value: 1})
//// fails: ToolNotFoundError 1:13
