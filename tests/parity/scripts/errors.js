//// kinds of errors
return [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError, AggregateError].map((E) => { const e = E === AggregateError ? new E([], 'm') : new E('m'); return [e.name, e.message, String(e), e instanceof Error, Object.keys(e), E.length, Object.getPrototypeOf(E) === Error, Object.hasOwn(e, 'name')] })
//// cause
const c = new Error('c'); const e = new Error('m', {cause: c}); return [e.cause === c, Object.hasOwn(new Error('m', {cause: undefined}), 'cause'), Object.hasOwn(new Error('m'), 'cause'), Object.getOwnPropertyDescriptor(e, 'cause').enumerable, new TypeError('t', {cause: 5}).cause, new AggregateError([1], 'a', {cause: 6}).cause, 'cause' in new Error('x', 5)]
//// returns: [true,true,false,false,5,6,false]
//// AggregateError
const e = new AggregateError(new Set([1, 'x']), 'm'); return [e.errors, e.message, Object.keys(e), e.name, String(new AggregateError([]))]
//// returns: [[1,"x"],"m",[],"AggregateError","AggregateError"]
//// SuppressedError
const e = new SuppressedError(1, 2, 'm'); return [e.error, e.suppressed, e.message, e.name, e instanceof Error]
//// returns: [1,2,"m","SuppressedError",true]
//// Error without new, and messages of every kind
return [Error('x') instanceof Error, Error().message, Object.hasOwn(Error(), 'message'), new Error(undefined).message, new Error(null).message, new Error({toString: () => 'obj'}).message, Object.hasOwn(new Error(''), 'message'), new Error(5).message]
//// returns: [true,"",false,"","null","obj",true,"5"]
//// Error.prototype.toString
const s = (o) => Error.prototype.toString.call(o); return [s({}), s({name: 'N'}), s({message: 'M'}), s({name: '', message: 'M'}), s({name: 'N', message: ''}), s({name: undefined, message: undefined}), s({name: 1, message: null})]
//// returns: ["Error","N","Error: M","M","N","Error","1: null"]
//// Error.isError
return [Error.isError(new TypeError()), Error.isError({__proto__: Error.prototype}), Error.isError(5), Error.isError(new Proxy(new Error(), {}))]
//// returns: [true,false,false,false]
//// names of what engines throw
const t = (f) => { try { f(); return 'ok' } catch (e) { return e.name } }; return [t(() => null.x), t(() => undefined()), t(() => ({}).x.y), t(() => new (() => 1)()), t(() => 'x' in 'y'), t(() => 1 instanceof 1), t(() => [...1]), t(() => { const c = 1; c = 2 }), t(() => x1), t(() => new Array(-1)), t(() => 'x'.repeat(-1)), t(() => decodeURI('%')), t(() => Symbol() + ''), t(() => BigInt(0.5)), t(() => JSON.parse('{')), t(() => new RegExp('[')), t(() => Object.defineProperty(1, 'x', {})), t(() => Reflect.construct(1)), t(() => new Proxy({}, null)), t(() => (1).toFixed(200)), t(() => class A extends null { constructor() { super() } } && new (class extends Object { constructor() { this.x } })())]; let x1 = 1
//// what can be thrown
const out = []; for (const v of [1, 'x', null, undefined, {a: 1}, [1], Symbol.iterator, 1n, () => 1]) try { throw v } catch (e) { out.push(e === v) } return out
//// returns: [true,true,true,true,true,true,true,true,true]
//// thrown: a string
throw 'plain text'
//// differs: place of a thrown value
//// fails: ScriptRuntimeError 1:7
//// thrown: a number
throw 42
//// differs: place of a thrown value
//// fails: ScriptRuntimeError 1:7
//// thrown: null
throw null
//// differs: place of a thrown value
//// fails: ScriptRuntimeError 1:7
//// thrown: undefined
throw undefined
//// differs: place of a thrown value
//// fails: ScriptRuntimeError 1:7
//// thrown: an object
throw {code: 5, message: 'own message', nested: {a: [1]}}
//// differs: place of a thrown value
//// fails: ScriptRuntimeError 1:7
//// thrown: an object without a message
throw {code: 5}
//// differs: place of a thrown value
//// fails: ScriptRuntimeError 1:7
//// thrown: an array
throw [1, 'two']
//// differs: place of a thrown value
//// fails: ScriptRuntimeError 1:7
//// thrown: a symbol
throw Symbol('mine')
//// differs: place of a thrown value
//// fails: ScriptRuntimeError 1:7
//// thrown: a BigInt
throw 5n
//// differs: place of a thrown value
//// fails: ScriptRuntimeError 1:7
//// thrown: a function
throw function mine() {}
//// differs: place of a thrown value
//// fails: ScriptRuntimeError 1:7
//// thrown: an error with a changed name
const e = new Error('own text'); e.name = 'Mine'; throw e
//// fails: ScriptRuntimeError 1:11
//// thrown: an own class
class Mine extends Error { name = 'Mine'; extra = 1 } throw new Mine('own text')
//// fails: ScriptRuntimeError 1:61
//// thrown: an error without text
throw new Error()
//// fails: ScriptRuntimeError 1:7
//// thrown: a long text
throw new Error('x'.repeat(10000))
//// fails: ScriptRuntimeError 1:7
//// thrown: an error with hostile text
const e = new Error('own text'); Object.defineProperty(e, 'message', {get() { throw 1 }}); throw e
//// fails: ScriptRuntimeError 1:11
//// thrown: an AggregateError
throw new AggregateError([new TypeError('one'), 'two', null], 'several')
//// fails: ScriptRuntimeError 1:7
//// thrown: an error with a cause
throw new Error('outer', {cause: new Error('inner')})
//// fails: ScriptRuntimeError 1:7
//// thrown: a frozen error
throw Object.freeze(new Error('cold'))
//// fails: ScriptRuntimeError 1:21
//// thrown: a null prototype
throw {__proto__: null, message: 'm'}
//// differs: place of a thrown value
//// fails: ScriptRuntimeError 1:7
//// thrown: an object that cannot be text
throw {toString() { throw 1 }, get message() { throw 2 }}
//// fails: ScriptRuntimeError None:None
//// thrown: a proxy of an error
throw new Proxy(new Error('inside'), {})
//// differs: place of a thrown value
//// fails: ScriptRuntimeError 1:7
//// thrown: half a surrogate pair
throw new Error('\ud83d!')
//// fails: ScriptRuntimeError 1:7
//// the stack is text with the script's lines
const f = () => new Error('x').stack
const s = f(); return [typeof s, [...s.matchAll(/script\.ts:(\d+):(\d+)/g)].map((m) => [m[1], m[2]])]
//// returns: ["string",[["1","17"],["2","11"]]]
//// frames of the stack have names
function outer() { return inner() } function inner() { return new Error('x').stack } return [...outer().matchAll(/at (?:(\S+) )?\(?script/g)].map((m) => m[1] ?? '')
//// returns: ["inner","outer","<anonymous>"]
//// the stack in full
const f = () => { throw new TypeError('own') }
try { [1].map(() => f()) } catch (e) { return e.stack }
//// the stack of an error made in a class
class A { constructor() { this.e = new Error('x') } static s() { return new A() } m() { return A.s() } get g() { return this.m() } }
return A.prototype.g.e.stack
//// the stack of async functions
async function a() { await null; throw new Error('x') } async function b() { await a() } try { await b() } catch (e) { return e.stack }
//// returns: "    at a (script.ts:1:40)\n"
//// the stack can be written
const e = new Error('x'); e.stack = 'mine'; return [e.stack, Object.keys(e)]
//// differs: where the stack is kept
//// where the stack is kept
const e = new Error('x'); return [Object.hasOwn(e, 'stack'), 'stack' in Error.prototype, 'stack' in {__proto__: e}, typeof Error.captureStackTrace, typeof Error.stackTraceLimit, typeof Error.prepareStackTrace]
//// differs: where the stack is kept
//// errors that are made and not thrown have a stack
return [typeof new Error().stack, typeof new (class extends Error {})().stack, typeof new AggregateError([]).stack, typeof Object.create(Error.prototype).stack]
//// own properties of errors and their order
try { null.x } catch (e) { return [Object.getOwnPropertyNames(e).sort(), Object.keys(e), JSON.stringify(e)] }
//// differs: where the stack is kept
//// errors from tools
try { await tools.boom({message: 'the tool says no'}) } catch (e) { return [e.name, e.code, e.message, e.retryable, e.tool, typeof e.hint, e instanceof Error, Object.keys(e), String(e)] }
//// errors from tools, uncaught
const x = 1
await tools.boom({message: 'the tool says no'})
//// fails: ToolExecutionError 2:13
//// errors from tools, thrown on
try { await tools.boom({message: 'inner'}) } catch (e) { throw new Error('outer', {cause: e}) }
//// fails: ScriptRuntimeError 1:64
//// errors from tools, thrown again
try { await tools.boom({message: 'inner'}) } catch (e) { e.extra = 1; throw e }
//// fails: ToolExecutionError 1:19
//// an unknown tool, by a computed name
tools['ech' + 'oo']({value: 1})
//// fails: ToolNotFoundError 1:6
//// an unknown tool, caught
try { tools['la' + 'ter2'] } catch (e) { return [e.name, e.code, e.message, Object.keys(e)] }
//// returns: ["ToolNotFoundError","ToolNotFoundError","there is no tool \"later2\"",[]]
//// rejections nobody handles do not end a run
Promise.reject(new Error('x')); new Promise((_, no) => no(1)); await null; return 'fine'
//// returns: "fine"
//// a rejection that is handled late
const p = Promise.reject(new Error('late')); await null; try { await p } catch (e) { return e.message }
//// returns: "late"
//// a promise that nothing settles
await new Promise(() => {})
//// fails: ScriptRuntimeError None:None
//// a returned promise that rejects
return Promise.reject(new RangeError('own text'))
//// fails: ScriptRuntimeError 1:23
//// a getter that throws while the value crosses
return {get a() { throw new Error('in the getter') }}
//// fails: ScriptRuntimeError 1:25
//// an AggregateError that the engine made
await Promise.any([])
//// differs: place of an AggregateError
//// fails: ScriptRuntimeError 1:15
