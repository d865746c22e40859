//// one call
return await tools.echo({value: {a: [1, null, 'x']}})
//// returns: {"a":[1,null,"x"]}
//// calls one after the other
const a = await tools.echo({value: 1}); const b = await tools.echo({value: a + 1}); return [a, b]
//// returns: [1,2]
//// calls together, each answered alone
return await Promise.all([tools.later({n: 3}), tools.later({n: 1}), tools.later({n: 2})])
//// returns: [3,1,2]
//// calls together, answered all at once
return await Promise.all([tools.later({n: 3}), tools.later({n: 1}), tools.later({n: 2})])
//// answers: all
//// returns: [3,1,2]
//// calls together, answered from behind
return await Promise.all([tools.later({n: 3}), tools.later({n: 1}), tools.later({n: 2})])
//// answers: last first
//// returns: [3,1,2]
//// the order in which answers arrive is seen
const log = []; await Promise.all([3, 1, 2].map((n) => tools.later({n}).then((v) => log.push(v)))); return log
//// returns: [1,2,3]
//// the order in which answers arrive from behind is seen
const log = []; await Promise.all([3, 1, 2].map((n) => tools.later({n}).then((v) => log.push(v)))); return log
//// answers: last first
//// returns: [3,2,1]
//// answers of one step settle in their order
const log = []; const ps = [2, 1, 3].map((n) => tools.later({n}).then((v) => log.push(v)).then(() => log.push(`then ${n}`))); await Promise.all(ps); return log
//// answers: all
//// returns: [1,2,3,"then 1","then 2","then 3"]
//// a race that aborts the others
return await Promise.race([tools.later({n: 2}), tools.later({n: 1}), tools.later({n: 3})])
//// returns: 1
//// a race won by the last
return await Promise.race([tools.later({n: 2}), tools.later({n: 1}), tools.later({n: 3})])
//// answers: last first
//// returns: 3
//// a race with all the answers in one step
return await Promise.race([tools.later({n: 2}), tools.later({n: 1}), tools.later({n: 3})])
//// answers: all
//// returns: 1
//// a race lost to a value
const r = await Promise.race([tools.later({n: 1}), 'at once']); await null; return r
//// returns: "at once"
//// a race lost to an error
try { await Promise.race([tools.later({n: 5}), tools.boom({message: 'no'})]) } catch (e) { return [e.code, e.message] }
//// returns: ["ToolExecutionError","no"]
//// the loser's promise is rejected
const slow = tools.later({n: 9}); const r = await Promise.race([slow, tools.echo({value: 'won'})]); try { await slow } catch (e) { return [r, e.name, e.code, e.message] }
//// any passes over failures and aborts the rest
return await Promise.any([tools.boom({message: 'a'}), tools.later({n: 5}), tools.later({n: 7})])
//// returns: 5
//// any with nothing but failures
try { await Promise.any([tools.boom({message: 'a'}), tools.boom({message: 'b'})]) } catch (e) { return [e.name, e.errors.map((x) => x.message)] }
//// returns: ["AggregateError",["a","b"]]
//// all fails early and leaves the others
try { await Promise.all([tools.later({n: 4}), tools.boom({message: 'no'})]) } catch (e) { return e.message }
//// returns: "no"
//// allSettled with failures
return (await Promise.allSettled([tools.boom({message: 'a'}), tools.echo({value: 2})])).map((r) => [r.status, r.value, r.reason?.message])
//// returns: [["rejected",null,"a"],["fulfilled",2,null]]
//// races of chains and of races
const a = tools.later({n: 3}).then((v) => v * 10), b = Promise.race([tools.later({n: 4}), tools.later({n: 2})]); return await Promise.race([a, b])
//// returns: 2
//// a race of a call in all
return await Promise.race([Promise.all([tools.later({n: 5}), tools.later({n: 6})]), tools.echo({value: 'fast'})])
//// returns: "fast"
//// a race with an async function around the call
const f = async (n) => (await tools.later({n})) * 2; const r = await Promise.race([f(2), f(1)]); return r
//// returns: 2
//// calls left behind at the end
tools.later({n: 9}); tools.later({n: 8}); return await tools.echo({value: 'done'})
//// returns: "done"
//// calls left behind by an error
tools.later({n: 9}); await tools.echo({value: 1}); throw new Error('over')
//// fails: ScriptRuntimeError 1:58
//// calls made in the last step
tools.later({n: 1}); return 'done'
//// returns: "done"
//// a call that is returned without await
return tools.echo({value: 'returned'})
//// returns: "returned"
//// errors: retry in a loop
const log = []; for (let i = 0; i < 3; i++) try { log.push(await tools[i < 2 ? 'boom' : 'echo']({message: `m${i}`, value: i})) } catch (e) { log.push(e.message) } return log
//// differs: column of a call
//// returns: ["m0","m1",2]
//// arguments of every plain kind
await tools.echo({value: null}, 2, 'x', true, [1], undefined, {a: undefined}); await tools.echo(); return await tools.echo({value: new Uint8Array([1, 255])})
//// returns: {"$bytes":"Af8="}
//// bytes come back as bytes
const b = await tools.echo({value: new Uint8Array([1, 2, 3])}); return [b instanceof Uint8Array, b.length, b[2], (b[0] = 9, b[0])]
//// returns: [true,3,3,9]
//// objects that look like bytes stay objects
return await tools.echo({value: [{$bytes: 'AQI='}, {$object: {$bytes: 1}}, {$x: 1, y: 2}]})
//// results are frozen and plain
const v = await tools.echo({value: {a: [{b: 1}]}}); return [Object.isFrozen(v), Object.isFrozen(v.a[0]), Array.isArray(v.a), Object.getPrototypeOf(v) === Object.prototype, Object.isFrozen(await tools.echo({value: []}))]
//// returns: [true,true,true,true,true]
//// keys of results keep their order
return Object.keys(await tools.echo({value: {b: 1, 2: 1, a: 1, 1: 1}}))
//// returns: ["1","2","b","a"]
//// __proto__ as a key of data
const v = await tools.echo({value: JSON.parse('{"__proto__": {"x": 1}, "y": 2}')}); return [Object.keys(v), Object.hasOwn(v, '__proto__'), v.x === undefined]
//// returns: [["__proto__","y"],true,true]
//// arguments are read when the call is made
const a = {value: [1]}; const p = tools.echo(a); a.value.push(2); a.value = 5; return await p
//// returns: [1]
//// arguments with getters, toJSON and dates
let n = 0; return await tools.echo({value: {get a() { return ++n }, d: new Date(0), j: {toJSON: (k) => `json of ${k}`}}})
//// returns: {"a":1,"d":"1970-01-01T00:00:00.000Z","j":"json of j"}
//// arguments that cannot cross: each kind
const t = async (value) => { try { return await tools.echo({value}) } catch (e) { return [e.code, e.message, e.path] } }; const c = []; c.push(c)
return [await t(1n), await t(Symbol('x')), await t(() => 1), await t(NaN), await t(c), await t(new Map()), await t('\ud800'), await t(Promise.resolve()), await t(/x/), await t(new Float64Array(1)), await t(Object(1)), await t({a: {'b c': [1n]}})]
//// arguments too large and too deep
let d = 1; for (let i = 0; i < 40; i++) d = [d]; const t = async (value) => { try { await tools.echo({value}); return 'ok' } catch (e) { return [e.code, e.message] } }; return [await t('x'.repeat(300000)), await t(d), await t('é'.repeat(1000))]
//// errors while arguments are read
try { await tools.echo({get value() { throw new TypeError('in the getter') }}) } catch (e) { return [e.name, e.message] }
//// returns: ["TypeError","in the getter"]
//// tools is frozen
const t = (f) => { try { f(); return 'ok' } catch (e) { return e.name } }; return [t(() => { tools.echo = 1 }), t(() => { delete tools.echo }), t(() => { tools['mi' + 'ne'] = 1 }), t(() => { tools.echo.x = 1 }), Object.isFrozen(tools), Object.keys(tools), 'echo' in tools, 'nope' in tools, typeof tools.echo, tools.echo.name, tools['th' + 'en'] === undefined, JSON.stringify(tools), `${typeof tools}`]
//// tools as a value
return [Object.getOwnPropertyNames(tools), tools['to' + 'String'] === undefined, Symbol.iterator in tools, Object.prototype.toString.call(tools), tools[Symbol.toPrimitive] === undefined]
//// returns: [["echo","boom","later"],true,false,"[object Object]",true]
//// many calls at once
const ps = []; for (let i = 0; i < 30; i++) ps.push(tools.echo({value: i})); return (await Promise.all(ps)).reduce((a, b) => a + b)
//// answers: all
//// returns: 435
//// calls in async generators
async function* pages() { for (let n = 1; n < 4; n++) yield* await tools.echo({value: [n, n * 10]}) } const out = []; for await (const x of pages()) out.push(x); return out
//// returns: [1,10,2,20,3,30]
//// a pool of workers
const queue = [5, 4, 3, 2, 1, 0]; const log = []; const worker = async (name) => { while (queue.length) { const n = queue.shift(); log.push(`${name}${await tools.later({n})}`) } }; await Promise.all(['a', 'b', 'c'].map(worker)); return log
//// returns: ["c3","c2","c1","c0","b4","a5"]
//// a pool of workers, answered from behind
const queue = [5, 4, 3, 2, 1, 0]; const log = []; const worker = async (name) => { while (queue.length) { const n = queue.shift(); log.push(`${name}${await tools.later({n})}`) } }; await Promise.all(['a', 'b', 'c'].map(worker)); return log
//// answers: last first
//// returns: ["a5","b4","c3","a2","b1","c0"]
//// a tree of calls
const walk = async (n) => n < 1 ? [] : [n, ...(await Promise.all([walk(n - 1), tools.later({n})])).flat()]; return await walk(4)
//// returns: [4,3,2,1,1,2,3,4]
//// progress
context.telemetry.emitProgress('one'); context.telemetry.emitProgress('dropped'); await tools.echo({value: 1}); await tools.echo({value: 1}); context.telemetry.emitProgress({a: 1}, 'kind'); await tools.echo({value: 1}); await tools.echo({value: 1}); context.telemetry.emitProgress('x'.repeat(1200), 5); return 1
//// returns: 1
//// random numbers go on after a wait
const a = Math.random(); await tools.echo({value: 1}); return [a, Math.random()]
//// returns: [0.19961633455465744,0.9308465665596162]
//// budget of calls inside the machine
const t = []; for (let i = 0; i < 4; i++) t.push(tools.echo({value: i}).catch((e) => [e.code, e.message])); return await Promise.all(t)
//// limits: {"tool_calls": 1, "queued_calls": 1}
//// bytes as arguments while others wait
const [a, b] = await Promise.all([tools.echo({value: new Uint8Array([1, 2])}), tools.later({n: 1})]); return [a, b]
//// returns: [{"$bytes":"AQI="},1]
