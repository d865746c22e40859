//// levels
console.log('a'); console.info('b'); console.warn('c'); console.error('d'); console.debug('e')
//// shapes: primitives
console.log(1, -0, 'two', true, null, undefined, 5n, Symbol('s'), NaN, 1e21, '')
//// shapes: arrays and objects
console.log([1, ['a', [2, [3]]]], {a: 1, b: {c: {d: {e: 1}}}}, [], {}, [undefined, , null])
//// shapes: functions and classes
console.log(() => 1, function named() {}, class A {}, Math.max, tools.echo, async () => 1)
//// shapes: errors
console.log(new Error('plain'), new TypeError('typed'), Object.assign(new Error('x'), {name: 'Own'}), [new RangeError('in a list')])
//// shapes: collections
console.log(new Map([['k', {v: 1}]]), new Set([1, 'x']), new Uint8Array([1, 2]), new ArrayBuffer(2), new WeakMap(), /re/g, new Date(0), Promise.resolve(1))
//// shapes: class instances and null prototypes
class P { x = 1; #y = 2 } console.log(new P(), Object.create(null), {__proto__: null, a: 1}, Object.create({inherited: 1}), new (class extends Array {})(2))
//// shapes: getters, symbols and hidden properties
console.log({get a() { return 1 }, [Symbol('s')]: 2}, Object.defineProperty({}, 'h', {value: 1}), {get bad() { throw new Error('x') }})
//// shapes: cycles
const a = {n: 1}; a.self = a; const l = [1]; l.push(l); console.log(a, l)
//// shapes: long things
console.log('x'.repeat(1500), {s: 'y'.repeat(1500)}, Array.from({length: 60}, (_, i) => i), Object.fromEntries(Array.from({length: 60}, (_, i) => [`k${i}`, i])))
//// shapes: proxies and boxed values
console.log(new Proxy({a: 1}, {}), new Proxy([1], {}), Object(1), Object('s'), (function () { return arguments })(1, 2), globalThis === undefined)
//// shapes: toString, toJSON and toStringTag are not asked
console.log({toString: () => 'never'}, {toJSON: () => 'never'}, {[Symbol.toStringTag]: 'never'}, {valueOf: () => 1})
//// shapes: iterators and generators
console.log([1].values(), (function* () {})(), new Map().entries(), JSON, Math, Reflect)
//// shapes: the jar's own objects
console.log(context, console, context.telemetry)
//// context: {"n": 1}
//// strings are not quoted at the top and quoted inside
console.log('a "b"', ['a "b"'], {k: 'line\nbreak'}, '%s %d', 'not formatted', 5)
//// no arguments
console.log(); console.warn('')
//// half surrogates are made whole
console.log('\ud83d', ['\ude00'], {'\ud800': 1})
//// positions
console.log('a')
  console.warn(1); console.error(2)
const f = () => console.info('in f')
f()
//// positions in callbacks and after emoji
['😀', 'b'].forEach((x) => console.log(x))
const s = '😀😀'; console.log(s)
//// positions through an alias
const {log} = console; log('a'); const w = console.warn.bind(null, 'bound')
w(1)
//// positions in a then callback
await Promise.resolve('v').then(console.log)
//// positions after an await
await tools.echo({value: 1}); console.log('x')
const g = async () => { await null
 console.log('later') }
await g()
//// lines belong to the step that wrote them
console.log(1); await tools.echo({value: 1}); console.log(2); await tools.echo({value: 1}); console.log(3)
//// lines before an error
console.log('before'); throw new Error('x')
//// fails: ScriptRuntimeError 1:30
//// too many in a second
for (let i = 0; i < 30; i++) console.log(i)
//// the second moves with the clock
for (let i = 0; i < 25; i++) console.log(i); for (let i = 0; i < 4; i++) await tools.echo({value: 1}); console.log('again')
//// too many in all
for (let i = 0; i < 9; i++) console.log(i)
//// limits: {"console_events": 5}
//// too many bytes
console.log('é'.repeat(40)); console.log('x'.repeat(31), '😀'.repeat(9)); console.log('x'.repeat(33))
//// limits: {"console_bytes": 32}
//// the console is frozen
const t = (f) => { try { f(); return 'ok' } catch (e) { return e.name } }; return [Object.isFrozen(console), Object.keys(console), t(() => { console.log = 1 }), t(() => { console.mine = 1 }), console.table === undefined, typeof console.log('x'), console.log.name, console.log.length]
//// console calls run code of the script
const log = []; console.log({get a() { log.push('a'); return 1 }}); return log
//// returns: ["a"]
