//// a value that is too large
return 'x'.repeat(200)
//// limits: {"return_bytes": 100}
//// fails: ReturnValueTooLargeError None:None
//// a value that is just small enough
return 'x'.repeat(98)
//// limits: {"return_bytes": 100}
//// a value that is just too large
return 'x'.repeat(99)
//// limits: {"return_bytes": 100}
//// fails: ReturnValueTooLargeError None:None
//// bytes are counted as UTF-8
return ['é'.repeat(48)]
//// limits: {"return_bytes": 100}
//// bytes are counted as UTF-8, emoji
return '😀'.repeat(25)
//// limits: {"return_bytes": 100}
//// fails: ReturnValueTooLargeError None:None
//// a large list has a preview
return Array.from({length: 100}, (_, i) => ({i, text: `item ${i}`}))
//// limits: {"return_bytes": 300}
//// fails: ReturnValueTooLargeError None:None
//// a value that is too deep
let d = 1; for (let i = 0; i < 33; i++) d = [d]; return d
//// fails: ReturnValueTooLargeError None:None
//// a value that is just not too deep
let d = 1; for (let i = 0; i < 32; i++) d = [d]; return d
//// returns: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]
//// objects too deep
let d = {}; for (let i = 0; i < 5; i++) d = {d}; return d
//// limits: {"return_depth": 5}
//// fails: ReturnValueTooLargeError None:None
//// large strings escape their size
return '\u0000'.repeat(20)
//// limits: {"return_bytes": 100}
//// fails: ReturnValueTooLargeError None:None
//// an endless loop
while (true);
//// limits: {"timeout_ms": 60}
//// differs: place of a stop
//// an endless loop in a function
const f = () => { for (;;) ; }
f()
//// limits: {"timeout_ms": 60}
//// differs: place of a stop
//// an endless recursion of promises
const f = async () => { await null; for (let i = 0; i < 1e5; i++) ; return f() }; await f()
//// limits: {"timeout_ms": 60}
//// differs: place of a stop
//// an endless chain of microtasks
const f = () => { for (let i = 0; i < 1e5; i++) ; return Promise.resolve().then(f) }; await f()
//// limits: {"timeout_ms": 60}
//// differs: place of a stop
//// an endless generator that is spread
[...(function* () { for (;;) yield })().filter(() => false)]
//// limits: {"timeout_ms": 60}
//// differs: place of a stop
//// an endless loop cannot be caught
try { for (;;) ; } catch { return 'caught' } finally { console.log('finally') }
//// limits: {"timeout_ms": 60}
//// differs: place of a stop
//// an endless regular expression
/^(a+)+$/.test('a'.repeat(40) + 'b')
//// limits: {"timeout_ms": 60}
//// differs: place of a stop
//// an endless sort
[1, 2, 3].sort(() => { for (;;) ; })
//// limits: {"timeout_ms": 60}
//// differs: place of a stop
//// an endless getter of the returned value
return {get a() { for (;;) ; }}
//// limits: {"timeout_ms": 60}
//// differs: place of a stop
//// an endless toJSON
return {toJSON() { for (;;) ; }}
//// limits: {"timeout_ms": 60}
//// differs: place of a stop
//// an endless loop after a call
await tools.echo({value: 1}); for (;;) ;
//// limits: {"timeout_ms": 60}
//// differs: place of a stop
//// a bomb of arrays
const a = []; for (;;) a.push(new Array(10000).fill(1.5))
//// limits: {"memory_mb": 16}
//// differs: place of a stop
//// a bomb of strings
let s = 'x'; for (;;) s += s + s.slice(1).toUpperCase()
//// limits: {"memory_mb": 16}
//// differs: place of a stop
//// a bomb of objects
const a = []; for (;;) a.push({x: {}, y: [a.length]})
//// limits: {"memory_mb": 16}
//// differs: place of a stop
//// a bomb of bytes
const a = []; for (;;) a.push(new Uint8Array(1 << 20).fill(1))
//// limits: {"memory_mb": 16}
//// differs: place of a stop
//// one huge typed array
new Uint8Array(1 << 29).fill(1)
//// limits: {"memory_mb": 16}
//// a bomb of maps
const m = new Map(); for (let i = 0; ; i++) m.set(`key ${i}`, [i])
//// limits: {"memory_mb": 16}
//// differs: place of a stop
//// a bomb of closures
const a = []; for (let i = 0; ; i++) a.push(() => i)
//// limits: {"memory_mb": 16}
//// differs: place of a stop
//// a bomb of BigInts
const a = []; for (let n = 1n << 9000n; ; n++) a.push(n)
//// limits: {"memory_mb": 16}
//// differs: place of a stop
//// a bomb of promises
const a = []; for (;;) a.push(new Promise(() => {}))
//// limits: {"memory_mb": 16}
//// differs: place of a stop
//// memory that is given back is not counted
let s = 0; for (let i = 0; i < 80; i++) s += new Array(50000).fill(i).length; return s
//// limits: {"memory_mb": 16}
//// recursion that ends
const f = (n) => n ? 1 + f(n - 1) : 0; return f(500)
//// returns: 500
//// recursion that does not end
const f = () => f() + 1; f()
//// differs: column of an error
//// fails: ScriptStackError 1:17
//// recursion through a method
class A { m() { return this.m() + 1 } }
new A().m()
//// fails: ScriptStackError 1:29
//// recursion through a getter
const o = {get a() { return this.a }}; o.a
//// fails: ScriptStackError 1:34
//// recursion through toString
const o = {toString() { return `${this}` }}; `${o}`
//// differs: column of an error
//// fails: ScriptStackError 1:1
//// recursion through a proxy
const p = new Proxy({}, {get(t, k, r) { return r[k] }}); p.x
//// differs: column of an error
//// fails: ScriptStackError 1:49
//// recursion through sort and map
const f = () => [1].map(f); f()
//// fails: ScriptStackError 1:21
//// recursion through JSON
const o = {toJSON() { return JSON.stringify(o) }}; JSON.stringify(o)
//// fails: ScriptStackError 1:35
//// recursion through a constructor
class A { constructor() { new A() } } new A()
//// fails: ScriptStackError 1:27
//// recursion through valueOf
const o = {valueOf() { return +this }}; +o
//// differs: column of an error
//// fails: ScriptStackError 1:1
//// recursion through async functions
const f = async () => await f(); await f()
//// fails: ScriptStackError 1:29
//// recursion through generators
function* g() { yield* g() } [...g()]
//// fails: ScriptStackError 1:24
//// deep JSON text
const t = '['.repeat(100000) + ']'.repeat(100000); try { JSON.parse(t); return 'ok' } catch (e) { return e instanceof RangeError || e instanceof SyntaxError }
//// differs: depth of native recursion
//// deep arrays to text
let a = []; for (let i = 0; i < 100000; i++) a = [a]; try { String(a); return 'ok' } catch (e) { return e.name }
//// returns: "RangeError"
//// deep objects to JSON
let a = {}; for (let i = 0; i < 100000; i++) a = {a}; try { JSON.stringify(a); return 'ok' } catch (e) { return e.name }
//// differs: depth of native recursion
//// recursion caught goes on
let n = 0; const f = () => { n++; f() }; try { f() } catch (e) { return [e instanceof RangeError, e.name, n > 300] }
//// returns: [true,"RangeError",true]
//// recursion in a caught handler
const f = () => { try { f() } catch (e) { f() } }; f()
//// limits: {"timeout_ms": 100}
//// differs: place of a stop
//// long strings
const t = (f) => { try { f(); return 'ok' } catch (e) { return e.name } }; return t(() => 'x'.repeat(2 ** 30))
//// returns: "RangeError"
//// long arrays
const a = []; a[4294967294] = 1; const t = (f) => { try { return f() } catch (e) { return e.name } }; return [a.length, t(() => a.push(1)), Object.keys(a), t(() => a.indexOf(1, 4294967290))]
//// returns: [4294967295,"RangeError",["4294967294","4294967295"],4294967294]
