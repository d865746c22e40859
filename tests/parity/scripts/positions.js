//// in a callback
const xs = [1, 2]
xs.map((x) => {
  if (x === 2) throw new Error('here')
})
//// fails: ScriptRuntimeError 3:22
//// in a getter
const o = {
  get bad() { throw new Error('here') },
}
return o.bad
//// fails: ScriptRuntimeError 2:21
//// in a setter
class A { set v(x) {
    throw new RangeError('here') } }
new A().v = 1
//// fails: ScriptRuntimeError 2:11
//// in a constructor
class A {
  constructor() { this.x = null; this.x.y }
}
new A()
//// fails: ScriptRuntimeError 2:41
//// in a field
class A { a = 1
  b = null.x }
new A()
//// fails: ScriptRuntimeError 2:12
//// in a static block
class A {
  static { null.f() }
}
//// fails: ScriptRuntimeError 2:17
//// in a default parameter
const f = (a,
  b = a.b.c) => b
f({})
//// fails: ScriptRuntimeError 2:11
//// after an await
await null
await tools.echo({value: 1})
  throw new Error('here')
//// fails: ScriptRuntimeError 3:9
//// after a tool's answer
const v = await tools.echo({value: null})
return v.field
//// fails: ScriptRuntimeError 2:10
//// in an async function that is awaited later
const f = async () => {
  await null
  undefined.x
}
const p = f()
await tools.echo({value: 1})
await p
//// fails: ScriptRuntimeError 3:13
//// in a then callback
await Promise.resolve(1).then((x) => x.y.z)
//// fails: ScriptRuntimeError 1:42
//// in a nested function on a line with emoji
const a = '😀😀'; (() => { const b = '😀'; null.x })()
//// fails: ScriptRuntimeError 1:49
//// after an emoji in a string
'😀'.repeat(1); throw new Error('here')
//// fails: ScriptRuntimeError 1:23
//// after letters of two bytes
const ñ = 'é'; /* ü */ throw new Error('here')
//// fails: ScriptRuntimeError 1:30
//// after a combining sequence
const s = 'e\u0301 é 👨‍👩‍👧'; s.x.y
//// fails: ScriptRuntimeError 1:37
//// after tabs
	const a = 1;		null.x
//// fails: ScriptRuntimeError 1:21
//// with CRLF
const a = 1
const b = 2

  throw new Error('here')
//// line ends: crlf
//// fails: ScriptRuntimeError 4:9
//// with CRLF and a template literal before
const a = `x
y`
null.x
//// line ends: crlf
//// fails: ScriptRuntimeError 3:6
//// after a line separator in a string
const s = 'a b'; const t = `
`; null.x
//// fails: ScriptRuntimeError 2:9
//// in a template literal
const o = null
return `one ${1} two ${o.x} three`
//// fails: ScriptRuntimeError 2:26
//// in a template literal over lines
return `one
  two ${null.x}
`
//// fails: ScriptRuntimeError 2:14
//// in a tagged template
const tag = () => { throw new Error('here') }
tag`a${1}`
//// fails: ScriptRuntimeError 1:27
//// in a generator
function* g() { yield 1; null.x }
[...g()]
//// fails: ScriptRuntimeError 1:31
//// in an async generator
async function* g() { yield 1
  null.x }
for await (const x of g()) ;
//// fails: ScriptRuntimeError 2:8
//// in a sort comparer
[3, 2, 1].sort((a, b) => { throw new Error('here') })
//// fails: ScriptRuntimeError 1:34
//// in a reviver
JSON.parse('[1]', (k, v) => v.x.y)
//// fails: ScriptRuntimeError 1:33
//// in toJSON
JSON.stringify({toJSON() { throw new Error('here') }})
//// fails: ScriptRuntimeError 1:34
//// in valueOf
const o = {valueOf() { return null.x }}
1 + o
//// fails: ScriptRuntimeError 1:36
//// in a replacer function
'a'.replace(/a/, () => { throw new Error('here') })
//// fails: ScriptRuntimeError 1:32
//// in a proxy trap
const p = new Proxy({}, {get(t, k) { throw new Error('here') }})
p.anything
//// fails: ScriptRuntimeError 1:44
//// in a promise executor
await new Promise(() => { throw new Error('here') })
//// fails: ScriptRuntimeError 1:33
//// in a thenable
await {then() { throw new Error('here') }}
//// fails: ScriptRuntimeError 1:23
//// in finally
try { throw new Error('first') } finally { null.x }
//// fails: ScriptRuntimeError 1:49
//// in catch
try { throw new Error('first') } catch (e) { e.a.b }
//// fails: ScriptRuntimeError 1:50
//// made here, thrown there
const e = new Error('made here')
const f = () => {
  throw e
}
f()
//// fails: ScriptRuntimeError 1:11
//// made in a function, thrown outside
const make = () => new Error('made here')
throw make()
//// fails: ScriptRuntimeError 1:20
//// an error thrown again keeps its place
try { null.x } catch (e) { throw e }
//// fails: ScriptRuntimeError 1:12
//// rejected with an error made before
const e = new Error('made here')
await Promise.reject(e)
//// fails: ScriptRuntimeError 1:11
//// in a regular expression that is made from text
new RegExp('(')
//// fails: ScriptRuntimeError 1:1
//// JSON that does not parse
const text = '{"a": '
const o = JSON.parse(text)
//// fails: ScriptRuntimeError 2:16
//// null: read a member
const o = null; return o.member
//// fails: ScriptRuntimeError 1:26
//// null: read a nested member
const o = {a: {}}; return o.a.b.c
//// fails: ScriptRuntimeError 1:33
//// null: read a computed member
const o = undefined, k = 'x'; return o[k]
//// fails: ScriptRuntimeError 1:39
//// null: write a member
const o = null
o.member = 1
//// differs: column of an error
//// fails: ScriptRuntimeError 2:3
//// null: write a nested member
const o = {a: {}}; o.a.b.c = 1
//// differs: column of an error
//// fails: ScriptRuntimeError 1:26
//// null: call a member
const o = null
o.method()
//// fails: ScriptRuntimeError 2:3
//// null: destructure
const {a} = null
//// differs: column of an error
//// fails: ScriptRuntimeError 1:7
//// null: destructure a parameter
const f = ({a}) => a
f()
//// differs: column of an error
//// fails: ScriptRuntimeError 1:11
//// null: destructure nested
const {a: {b}} = {}
//// differs: column of an error
//// fails: ScriptRuntimeError 1:11
//// null: iterate
for (const x of null) ;
//// differs: column of an error
//// fails: ScriptRuntimeError 1:1
//// null: spread
const a = [...undefined]
//// fails: ScriptRuntimeError 1:15
//// null: spread into a call
Math.max(...undefined)
//// differs: column of an error
//// fails: ScriptRuntimeError 1:13
//// null: array destructuring
const [a] = undefined
//// differs: column of an error
//// fails: ScriptRuntimeError 1:7
//// null: array destructuring of an object
const [a] = {}
//// differs: column of an error
//// fails: ScriptRuntimeError 1:7
//// null: in
'x' in null
//// differs: column of an error
//// fails: ScriptRuntimeError 1:8
//// not a function: a variable
const f = 5
f()
//// fails: ScriptRuntimeError 2:1
//// not a function: a member
const o = {f: 5}; o.f()
//// fails: ScriptRuntimeError 1:21
//// not a function: a missing member
const o = {}; o.missing(1, 2)
//// fails: ScriptRuntimeError 1:17
//// not a function: a nested member
const o = {a: {}}; o.a.missing()
//// fails: ScriptRuntimeError 1:24
//// not a function: a computed member
const o = {}; o['missing']()
//// differs: column of an error
//// fails: ScriptRuntimeError 1:16
//// not a function: the result of a call
const f = () => 5; f()()
//// differs: column of an error
//// fails: ScriptRuntimeError 1:20
//// not a function: over lines
const xs = [1]
xs
  .map((x) => x)
  .filterr((x) => x)
//// fails: ScriptRuntimeError 4:4
//// not a function: a method of null in a chain
const xs = [1]
xs
  .find((x) => x > 1)
  .toFixed()
//// differs: column of an error
//// fails: ScriptRuntimeError 4:4
//// not a function: passed as a callback
[1].map(5)
//// fails: ScriptRuntimeError 1:5
//// not a constructor
const f = () => 1; new f()
//// fails: ScriptRuntimeError 1:20
//// not a constructor: a member
const o = {}; new o.Missing()
//// fails: ScriptRuntimeError 1:15
//// not iterable
for (const x of 5) ;
//// differs: column of an error
//// fails: ScriptRuntimeError 1:1
//// const: assignment
const a = 1
a = 2
//// differs: column of an error
//// fails: ScriptRuntimeError 2:1
//// const: compound assignment
const a = 1; a += 2
//// differs: column of an error
//// fails: ScriptRuntimeError 1:14
//// const: increment
const a = 1; a++
//// differs: column of an error
//// fails: ScriptRuntimeError 1:14
//// const: assignment in a loop
for (const i = 0; i < 2; i++) ;
//// differs: column of an error
//// fails: ScriptRuntimeError 1:26
//// const: destructuring assignment
const a = 1; [a] = [2]
//// differs: column of an error
//// fails: ScriptRuntimeError 1:14
//// dead zone: a variable
const a = b + 1; let b = 2
//// fails: ScriptRuntimeError 1:11
//// dead zone: in a function
const f = () => later
f(); const later = 1
//// fails: ScriptRuntimeError 1:17
//// dead zone: typeof
typeof a; let a
//// differs: column of an error
//// fails: ScriptRuntimeError 1:8
//// dead zone: assignment
a = 1; let a
//// differs: column of an error
//// fails: ScriptRuntimeError 1:1
//// dead zone: a class
new A(); class A {}
//// differs: column of an error
//// fails: ScriptRuntimeError 1:5
//// dead zone: its own initializer
const a = a
//// fails: ScriptRuntimeError 1:11
//// dead zone: default parameter
((a = b, b) => a)()
//// fails: ScriptRuntimeError 1:7
//// array length
const n = -1
const a = new Array(n)
//// fails: ScriptRuntimeError 2:11
//// array length set
const a = []; a.length = -1
//// differs: column of an error
//// fails: ScriptRuntimeError 1:17
//// repeat
return 'x'.repeat(-1)
//// fails: ScriptRuntimeError 1:12
//// toFixed
return (1).toFixed(200)
//// fails: ScriptRuntimeError 1:12
//// invalid date
new Date(NaN).toISOString()
//// fails: ScriptRuntimeError 1:15
//// BigInt and Number
return 1n + 1
//// differs: column of an error
//// fails: ScriptRuntimeError 1:13
//// BigInt from a fraction
BigInt(1.5)
//// fails: ScriptRuntimeError 1:1
//// symbol to text
const s = Symbol('x'); return `${s}`
//// differs: column of an error
//// fails: ScriptRuntimeError 1:34
//// instanceof of a non-function
return {} instanceof 5
//// differs: column of an error
//// fails: ScriptRuntimeError 1:22
//// frozen object
const o = Object.freeze({a: 1})
o.a = 2
//// differs: column of an error
//// fails: ScriptRuntimeError 2:3
//// frozen array
const a = Object.freeze([1]); a.push(2)
//// fails: ScriptRuntimeError 1:33
//// frozen result of a tool
const r = await tools.echo({value: {list: [1]}})
r.list.push(2)
//// fails: ScriptRuntimeError 2:8
//// write to a getter
const o = {get a() { return 1 }}; o.a = 2
//// differs: column of an error
//// fails: ScriptRuntimeError 1:37
//// delete of a frozen member
const o = Object.freeze({a: 1}); delete o.a
//// differs: column of an error
//// fails: ScriptRuntimeError 1:43
//// write to a built-in
Math.PI = 3
//// differs: column of an error
//// fails: ScriptRuntimeError 1:6
//// write to the global object
globalThis.mine = 1
//// differs: column of an error
//// fails: ScriptRuntimeError 1:12
//// write to a prototype
Array.prototype.mine = 1
//// differs: column of an error
//// fails: ScriptRuntimeError 1:17
//// write to an overridable method of a prototype
Object.prototype.toString = 1
//// differs: column of an error
//// fails: ScriptRuntimeError 1:18
//// private member of another object
class A { #x = 1; static r(o) { return o.#x } }
A.r({})
//// fails: ScriptRuntimeError 1:42
//// super not called
class A extends Object { constructor() { this.x = 1 } }
new A()
//// fails: ScriptRuntimeError 1:42
//// class called without new
class A {}
A()
//// differs: place of a class called without new
//// fails: ScriptRuntimeError 1:1
//// abstract recursion
const f = (n) => f(n + 1) + 1
f(0)
//// differs: column of an error
//// fails: ScriptStackError 1:18
//// recursion that is caught
const f = (n) => { try { return f(n + 1) } catch (e) { return e instanceof RangeError } }
return f(0)
//// returns: true
//// a tool's position in an expression
const a = 1; const r = [await tools.echo({value: 1}), await tools.boom({message: 'no'})]
//// fails: ToolExecutionError 1:67
//// a tool's position in a callback
await Promise.all([1, 2].map((n) =>
  tools.later({n})))
//// returns: [1,2]
//// a tool's position over lines
await tools
  .echo({
    value: 1,
  })
//// returns: 1
//// a tool's position through a variable
const {echo} = tools
const call = (v) => echo({value: v})
await call(1)
//// returns: 1
//// a tool's position through an alias and apply
const e = tools.echo; await e.call(null, {value: 1}); await Reflect.apply(e, null, [{value: 2}]); await [3].map(e)[0]
//// returns: null
//// a tool's position in a then callback
await Promise.resolve({value: 1}).then(tools.echo)
//// returns: 1
//// a tool's position as a promise's executor and handler
await Promise.resolve(1).then((v) => tools.echo({value: v})).then((v) => tools.later({n: v}))
//// returns: 1
//// arguments that cannot cross
await tools.echo({value: 5n})
//// fails: SerializationError 1:13
//// arguments that cannot cross, in a function
const f = (v) => tools.echo({value: {deep: [v]}})
await f(() => 1)
//// fails: SerializationError 1:24
//// TypeScript is blanked, not moved
interface A { a: number }
const f = <T extends A>(x: T | null): number => x!.a as number; type B = {b: string}; (f as (x: null) => number)(null)
//// fails: ScriptRuntimeError 2:52
//// enum before an error
enum E { A, B = 'b' } const x: E = E.A; null!.x
//// fails: ScriptRuntimeError 1:47
//// a syntax error the front end does not see: a name declared twice
const a = 1
let a = 2
//// fails: ScriptSyntaxError 2:5
//// a syntax error the front end does not see: break outside a loop
if (true) {
  break
}
//// differs: place of a syntax error
//// fails: ScriptSyntaxError 3:1
//// a syntax error the front end does not see: an undeclared label
for (;;) { continue nowhere }
//// fails: ScriptSyntaxError 1:21
//// a syntax error the front end does not see: an old octal
const a = 08
//// fails: ScriptSyntaxError 1:11
//// a syntax error the front end does not see: a private name
class A { m() { return this.#nope } }
//// differs: place of a syntax error
//// fails: ScriptSyntaxError None:None
//// a syntax error the front end does not see: two constructors
class A { constructor() {} constructor() {} }
//// differs: place of a syntax error
//// fails: ScriptSyntaxError 1:39
//// a syntax error the front end does not see: delete of a name
const a = 1; delete a
//// differs: place of a syntax error
//// fails: ScriptSyntaxError 1:22
//// a syntax error the front end does not see: assignment to a call
const f = () => 1
f() = 2
//// fails: ScriptSyntaxError 2:4
//// a syntax error the front end does not see: a regular expression
const r = /(?<a>.)(?<a>.)/
//// fails: ScriptSyntaxError 1:11
//// a syntax error the front end does not see: await in a plain function
const f = () => { await 1 }
//// differs: place of a syntax error
//// fails: ScriptSyntaxError 1:25
//// a syntax error the front end does not see: new.target
const a = new.target
//// a syntax error the front end does not see: super
const o = {m: function () { return super.x }}
//// differs: place of a syntax error
//// fails: ScriptSyntaxError 1:41
//// a syntax error the front end does not see: use strict after defaults
function f(a = 1) { 'use strict' }
//// fails: ScriptSyntaxError 1:21
//// a syntax error the front end does not see: eval as a name
const f = (arguments) => 1
//// differs: place of a syntax error
//// fails: ScriptSyntaxError 1:26
//// a syntax error the front end does not see: a repeated parameter
const f = (a, b, a) => 1
//// differs: place of a syntax error
//// fails: ScriptSyntaxError 1:24
//// a syntax error the front end does not see: optional chaining is assigned
const o = {}; o?.a = 1
//// differs: place of a syntax error
//// fails: ScriptSyntaxError 1:22
//// a syntax error the front end does not see: a rest element that is not last
const [...a, b] = []
//// differs: place of a syntax error
//// fails: ScriptSyntaxError 1:12
//// a syntax error the front end does not see: unary before **
return -1 ** 2
//// differs: place of a syntax error
//// fails: ScriptSyntaxError 1:11
//// a syntax error the front end does not see: ?? with ||
return null ?? 1 || 2
//// fails: ScriptSyntaxError 1:18
//// a syntax error the front end does not see: yield in a strict function
const yield = 1
//// fails: ScriptSyntaxError 1:7
//// a syntax error the front end does not see: a label twice
a: a: ;
//// fails: ScriptSyntaxError 1:4
//// a syntax error the front end does not see: return in a static block
class A { static { return } }
//// fails: ScriptSyntaxError 1:20
//// null: spread of a literal
return [...null]
//// differs: place of a spread of nothing
//// fails: ScriptRuntimeError None:None
//// null: spread of an optional chain
const u = undefined; const z = [...u?.x.y].join('')
//// differs: place of a spread of nothing
//// fails: ScriptRuntimeError 1:41
//// a syntax error the front end does not see: increment of a call
const f = () => 1
f()++
//// differs: assignment to a call
//// fails: ScriptSyntaxError 2:4
