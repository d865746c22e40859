"""Attacks on what is already in the jar when a script comes: the prelude's objects, its protocol, the way out to the engine."""

# ruff: noqa: E501 - an attack stays on one line, as an attacker would paste it
from __future__ import annotations

from ends import CATCH, DATA, NO_TOOL, RUNTIME, STACK, Table, each

_KEYS = (
    "code message position details tool hint retryable name value 0 1 length status calls then toJSON get set enumerable"
    " configurable writable parts left bounds bytes depth path ancestors answers limits resolve reject $bytes $object"
)
_PROTOTYPES = (
    "Object Array String Number Boolean Function Promise Map Set WeakMap WeakSet RegExp Error Date Symbol BigInt"
)

TAMPERING: Table = {
    "property on Object.prototype for each word of the protocol": (
        CATCH
        + f"return [...new Set('{_KEYS}'.split(' ').map(k => name(() => Object.defineProperty(Object.prototype, k, {{value: 1}}))))]",
        ["TypeError"],
    ),
    "getter on Object.prototype for each word of the protocol": (
        CATCH
        + f"return [...new Set('{_KEYS}'.split(' ').map(k => name(() => Object.defineProperty(Object.prototype, k, {{get() {{ return 'forged' }}, set() {{ }}}}))))]",
        ["TypeError"],
    ),
    "assignment to Object.prototype for each word of the protocol": (
        CATCH
        + f"return [...new Set('{_KEYS}'.split(' ').map(k => name(() => {{ Object.prototype[k] = 1; return ({{}})[k] === 1 ? 'set' : 'TypeError' }})))]",
        ["TypeError"],
    ),
    "property on every other prototype": (
        CATCH
        + f"return [...new Set('{_PROTOTYPES}'.replace('Function ', '').split(' ').map(k => name(() => Object.defineProperty(globalThis[k].prototype, 'x', {{value: 1}}))))]",
        ["TypeError"],
    ),
    "prototype of every prototype": (
        CATCH
        + f"return [...new Set('{_PROTOTYPES}'.replace('Function ', '').split(' ').map(k => name(() => {{ Object.setPrototypeOf(globalThis[k].prototype, new Proxy({{}}, {{}})) }})))]",
        ["TypeError"],
    ),
    "prototype of every constructor": (
        CATCH
        + "return [...new Set(['Object', 'Array', 'Promise', 'Map', 'Error', 'Proxy', 'Reflect', 'JSON', 'Math'].map(k => name(() => { Object.setPrototypeOf(globalThis[k], {}) })))]",
        ["TypeError"],
    ),
    "prototype by __proto__": (
        CATCH
        + "return [Array.prototype, Promise.prototype, tools, context, console, globalThis].map(o => name(() => { o.__proto__ = {x: 1}; return o.x ?? 'kept' }))",
        ["TypeError"] * 6,
    ),
    "prototype of the toolbox": (CATCH + "return name(() => Object.setPrototypeOf(tools, {pay: 1}))", "TypeError"),
    "prototype of the context": (
        CATCH + "return name(() => Object.setPrototypeOf(context, {model: 'x'}))",
        "TypeError",
    ),
    "prototype of the global object": (
        CATCH + "return name(() => Object.setPrototypeOf(globalThis, new Proxy({}, {get: () => 'forged'})))",
        "TypeError",
    ),
    "prototype of a function kind": (
        CATCH
        + "return [function () {}, async () => 1, function* () {}, async function* () {}].map(f => name(() => Object.setPrototypeOf(Object.getPrototypeOf(f), {})))",
        ["TypeError"] * 4,
    ),
    "next of every iterator": (
        CATCH
        + "return [[].values(), ''[Symbol.iterator](), new Map().keys(), new Set().keys(), ''.matchAll(/a/g), [].values().map(x => x), Iterator.from({next() { }})].map(i => name(() => { Object.defineProperty(Object.getPrototypeOf(i), 'next', {value: () => ({done: true})}) }))",
        ["TypeError"] * 7,
    ),
    "next of the generators": (
        CATCH
        + "return [(function* () { })(), (async function* () { })()].map(i => name(() => { Object.defineProperty(Object.getPrototypeOf(Object.getPrototypeOf(i)), 'next', {value: 1}) }))",
        ["TypeError", "TypeError"],
    ),
    "then on the prototypes of results": (
        CATCH
        + "return [Object, Array, String, Number, Boolean].map(C => name(() => { C.prototype.then = r => r('forged'); return 'set' })).concat(await tools.echo({value: [1]}))",
        ["TypeError"] * 5 + [1],
    ),
    "then on a function's prototype": (
        CATCH + "return name(() => { Object.getPrototypeOf(() => 1).then = r => r('forged'); return 'set' })",
        "TypeError",
    ),
    "toJSON on the prototypes": (
        CATCH
        + "return [Object, Array, String, Number, Uint8Array].map(C => name(() => { C.prototype.toJSON = () => 'forged'; return 'set' })).concat(await tools.echo({value: 1}))",
        ["TypeError"] * 5 + [1],
    ),
    "toString on the prototypes": (
        CATCH
        + "return [Object, Array, Promise, Error, Date].map(C => name(() => { C.prototype.toString = () => 'forged'; return 'set' }))",
        ["TypeError", "TypeError", "TypeError", "TypeError", "TypeError"],
    ),
    "methods that the prelude may use": (
        CATCH
        + "return [[Array.prototype, 'push'], [Array.prototype, 'join'], [String.prototype, 'slice'], [Map.prototype, 'get'], [WeakMap.prototype, 'set'], [JSON, 'stringify'], [JSON, 'parse'], [Reflect, 'apply'], [Object, 'freeze'], [Object, 'keys'], [Array, 'isArray'], [Number, 'isFinite'], [Date, 'now'], [Math, 'random'], [Promise, 'resolve'], [Promise.prototype, 'then'], [Uint8Array, 'fromBase64'], [Uint8Array.prototype, 'toBase64']].map(([o, k]) => name(() => { Object.defineProperty(o, k, {value: () => 'forged'}) }))",
        ["TypeError"] * 18,
    ),
    "methods deleted": (
        CATCH
        + "return [[Array.prototype, 'push'], [Object, 'keys'], [JSON, 'stringify'], [Promise.prototype, 'then'], [Date, 'now'], [globalThis, 'tools'], [globalThis, 'Promise'], [tools, 'echo'], [console, 'log'], [context, 'telemetry']].map(([o, k]) => name(() => { delete o[k] }))",
        ["TypeError"] * 10,
    ),
    "well known symbols on the prototypes": (
        CATCH
        + "return [[Promise, Symbol.species], [Array.prototype, Symbol.iterator], [Map.prototype, Symbol.iterator], [Object.getPrototypeOf(() => 1), Symbol.hasInstance], [Date.prototype, Symbol.toPrimitive], [RegExp.prototype, Symbol.replace], [Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag], [Object.prototype, Symbol.toPrimitive], [Error, Symbol.hasInstance]].map(([o, k]) => name(() => { Object.defineProperty(o, k, {value: () => 'forged'}) }))",
        ["TypeError"] * 9,
    ),
    "constructors replaced": (
        CATCH
        + "return ['Promise', 'Array', 'Object', 'Error', 'Map', 'Proxy', 'JSON', 'Date', 'Uint8Array', 'undefined', 'NaN'].map(k => name(() => { globalThis[k] = 1 }))",
        ["TypeError"] * 11,
    ),
    "globals made": (
        CATCH
        + "return [name(() => { globalThis.forged = 1 }), name(() => Object.defineProperty(globalThis, 'then', {value: 1}))]",
        ["TypeError", "TypeError"],
    ),
    "override that is not shared": (
        "const a = {}; a.toString = () => 'mine'; a.constructor = 1; const e = new Error('x'); e.name = 'Mine'; const p = Promise.resolve(1); p.then = undefined; return [String({}), ({}).constructor === Object, new Error('x').name, await tools.echo({value: 2})]",
        ["[object Object]", True, "Error", 2],
    ),
    "override through a proxy receiver": (
        CATCH
        + "const seen = []; const p = new Proxy({}, {defineProperty(t, k, d) { seen.push(k); return Reflect.defineProperty(t, k, d) }}); p.toString = 1; return [seen, typeof Object.prototype.toString]",
        [["toString"], "function"],
    ),
    "override by Reflect.set on a prototype": (
        CATCH
        + "return [name(() => Reflect.set(Object.prototype, 'toString', 1)), name(() => Reflect.set({}, 'toString', 1, Object.prototype)), String({})]",
        ["TypeError", "TypeError", "[object Object]"],
    ),
    "override by super": (
        CATCH + "const o = {m() { super.toString = () => 'mine' }}; o.m(); return [String(o), String({})]",
        ["mine", "[object Object]"],
    ),
    "Error.prepareStackTrace": (
        CATCH
        + "const tried = name(() => { Error.prepareStackTrace = (e, frames) => frames; return 'set' }); const s = new Error('x').stack; return [tried, typeof s]",
        ["TypeError", "string"],
    ),
    "Error.prepareStackTrace by defineProperty": (
        CATCH
        + "return [name(() => Object.defineProperty(Error, 'prepareStackTrace', {value: (e, f) => f})), typeof new Error('x').stack]",
        ["TypeError", "string"],
    ),
    "Error.prepareStackTrace on a subclass": (
        "class E extends Error { static prepareStackTrace(e, frames) { return frames } }; return typeof new E('x').stack",
        "string",
    ),
    "Error.captureStackTrace": (
        CATCH
        + "return [name(() => { if (Error.captureStackTrace) { const o = {}; Error.captureStackTrace(o); return typeof o.stack }; return 'string' }), name(() => { Error.stackTraceLimit = 1e9; return 'set' })]",
        ["string", "TypeError"],
    ),
    "stack taken from its prototype": (
        "const d = Object.getOwnPropertyDescriptor(Error.prototype, 'stack'); const s = d?.get ? d.get.call(new Error('x')) : new Error('x').stack; return /prelude|host|wasm|internal|native/.test(s)",
        False,
    ),
    "caller of a script's function": (
        CATCH
        + "const f = function () { return name(() => f.caller) }; return [tools.echo, console.log, Promise.race, context.telemetry.emitProgress].map(g => name(() => g.caller ?? 'none')).concat(f())",
        ["TypeError"] * 5,
    ),
    "source of the prelude's functions": (
        "return [tools.echo, console.log, Promise.race, Promise.prototype.then, Math.random, context.telemetry.emitProgress].filter(f => /call\\(|run\\.|pending|callsOf|logged|draw/.test(String(f))).length",
        0,
    ),
    "legacy properties of RegExp": (
        "'mine'.match(/m/); return [RegExp.input, RegExp.$_, RegExp.lastMatch, RegExp.leftContext, RegExp.$1].filter(t => t && !'mine'.includes(t)).length",
        0,
    ),
    "code from the constructors of everything": (
        CATCH
        + "return [tools.echo, console.log, Promise.race, Math.random, context.telemetry.emitProgress, Object, class {}, () => 1].map(f => name(() => f.constructor('return 1')()))",
        ["TypeError"] * 8,
    ),
    "code by a subclass of a function's constructor": (
        CATCH
        + "const F = (() => 1).constructor; return [name(() => new (class extends F { })('return 1')()), name(() => Reflect.construct(F, ['return 1'], class { })()), name(() => Reflect.apply(F, null, ['return 1'])())]",
        ["TypeError"] * 3,
    ),
    "code by getters of the constructors": (
        CATCH
        + "return [() => 1, async () => 1, function* () { }, async function* () { }].map(f => { let p = f; const out = []; while ((p = Object.getPrototypeOf(p))) { const d = Object.getOwnPropertyDescriptor(p, 'constructor'); const C = d && (d.value ?? d.get?.call(f)); if (typeof C === 'function' && C !== Object) out.push(name(() => C('return 1')())) }; return out.every(n => n === 'TypeError') })",
        [True] * 4,
    ),
    "what hosts and shells give to scripts": (
        "return 'WebAssembly Atomics SharedArrayBuffer FinalizationRegistry WeakRef ShadowRealm Intl Temporal performance crypto fetch setTimeout setInterval queueMicrotask structuredClone MessageChannel Worker process require module global window self document navigator print load read gc quit d8 version scriptArgs std os bjson Deno Bun Buffer eval Function importScripts __proto__host host run pending AsyncFunction navigator escapeHTML'.split(' ').filter(n => n in globalThis)",
        [],
    ),
    "names in scope that are not globals": (
        CATCH
        + "return [typeof coded, typeof pending, typeof run, typeof host, typeof callsOf, typeof encode, typeof settle, typeof realm, typeof enter, typeof dropped]",
        ["undefined"] * 10,
    ),
    "clock inside a step": (
        "const a = Date.now(); for (let i = 0; i < 3e5; i++); return [Date.now() - a, new Date() - a, new (class extends Date { })() - a, Reflect.construct(Date, []) - a, new Date().constructor.now() - a, new (Object.getPrototypeOf(new Date(0)).constructor)() - a, Date() === String(new Date(a))]",
        [0, 0, 0, 0, 0, 0, True],
    ),
    "time zone and language of the host": (
        "return [new Date(0).getTimezoneOffset(), new Date(2026, 6, 1).getTimezoneOffset(), new Date(0).getHours(), new Date(1970, 0, 1).getTime()]",
        [0, 0, 0, 0],
    ),
    "language of the host": (
        CATCH
        + "return [typeof Intl, name(() => (1234.5).toLocaleString('de-DE')), ['b', 'a', '\\u00e4', 'Z'].sort((a, b) => a.localeCompare(b)).length]",
        ["undefined", "1234.5", 4],
    ),
    "addresses in text": (
        "const all = [String(() => 1), String(tools), String(context), String(Symbol('x')), Object.prototype.toString.call(globalThis), String(new Map()), new Error('x').stack]; return all.some(t => /0x[0-9a-f]{5}/.test(t))",
        {False, RUNTIME},
    ),
    "memory that was used before": (
        "for (let i = 0; i < 50; i++) { const b = new Uint8Array(1e5); if (b.some(x => x)) return 'dirty' }; const r = new ArrayBuffer(8, {maxByteLength: 1e5}); r.resize(1e5); return new Uint8Array(r).some(x => x) ? 'dirty' : 'clean'",
        "clean",
    ),
}

FORGED_PROTOCOL: Table = {
    "tool by every forged name": (
        "const out = []; for (const k of ['echo\\0', ' echo', 'echo ', '\\uff45cho', 'e\\u0441ho', 'echo.call', 'tools.echo', '[object Object]', '1', '-1', 'Echo', 'echo\\u200b', '', 'undefined', 'null']) { try { tools[k]; out.push(k) } catch (e) { if (e.code !== 'ToolNotFoundError') out.push(e.code) } }; return out",
        [],
    ),
    "tool by a symbol": (
        "return [typeof tools[Symbol.iterator], typeof tools[Symbol.toPrimitive], typeof tools[Symbol('echo')]]",
        ["undefined"] * 3,
    ),
    "tool by an object that changes": (
        "let n = 0; const k = {toString: () => n++ ? 'pay' : 'echo'}; return await tools[k]({value: 1})",
        1,
    ),
    "toolbox through a proxy": ("return await new Proxy(tools, {get: (t, k) => t[k]}).echo({value: 1})", 1),
    "toolbox with a handler for what is missing": ("return new Proxy(tools, {}).nope", NO_TOOL),
    "toolbox listed": (
        "return [Object.keys(tools).sort(), Reflect.ownKeys(tools).length, 'echo' in tools, 'pay' in tools]",
        [["boom", "echo", "hang"], 3, True, False],
    ),
    "toolbox copied": ("const mine = {...tools}; return await mine.echo({value: 1})", 1),
    "tool made anew": (
        CATCH
        + "return [name(() => Object.defineProperty(tools, 'echo', {value: 1})), name(() => { tools.echo = 1 }), name(() => { tools['pa' + 'y'] = 1 }), name(() => { tools.echo.x = 1 })]",
        ["TypeError"] * 4,
    ),
    "tool's function used as a class": (
        CATCH
        + "return [name(() => new (class extends tools.echo { })()), name(() => Reflect.construct(Object, [], tools.echo))]",
        ["TypeError", "TypeError"],
    ),
    "answer to a call by a thenable": (
        "const p = tools.echo({value: 1}); const t = {then(r) { r('forged') }}; const v = await Promise.race([t, p]); try { await p } catch (e) { return [v, e.code] }",
        ["forged", "CallAbortedError"],
    ),
    "answer to a call by its own resolve": (
        "let kept; class P extends Promise { constructor(f) { super((r, j) => { kept = r; f(r, j) }) } }; const p = P.resolve(tools.echo({value: 1})); kept('forged'); return [await p, await tools.echo({value: 2})]",
        [1, 2],
    ),
    "coded error made by hand": (
        "throw Object.assign(Object.create(Error.prototype), {name: 'ScriptTimeoutError', code: 'ScriptTimeoutError', message: 'x', phase: 'running', retryable: true, details: {cause: 'clock'}})",
        RUNTIME,
    ),
    "coded error by every code": (
        "const out = []; for (const code of ['HarnessInternalError', 'ScriptCancelledError', 'UsageError', 'ImageError', 'ToolBudgetExceededError']) { try { await tools.boom({message: code}) } catch (e) { out.push(e.code) } }; return out",
        ["ToolExecutionError"] * 5,
    ),
    "coded error as a prototype": (
        "try { await tools.boom({}) } catch (e) { throw Object.create(e) }",
        RUNTIME,
    ),
    "coded error as a proxy": ("try { await tools.boom({}) } catch (e) { throw new Proxy(e, {}) }", RUNTIME),
    "coded error as a cause": (
        "try { await tools.boom({}) } catch (e) { throw new Error('mine', {cause: e}) }",
        RUNTIME,
    ),
    "coded error kept and thrown as another call's": (
        "let old; try { await tools.boom({}) } catch (e) { old = e }; try { await tools.echo({value: 1n}) } catch { throw old }",
        "ToolExecutionError",
    ),
    "script that claims to be out of memory": (
        "throw Object.assign(new Error('out of memory'), {name: 'InternalError'})",
        RUNTIME,
    ),
    "script that claims to be out of stack": (
        "throw new RangeError('Maximum call stack size exceeded')",
        each(quickjs=RUNTIME, v8=STACK),
    ),
    "script that claims to be interrupted": (
        "throw Object.assign(new Error('interrupted'), {name: 'InternalError'})",
        RUNTIME,
    ),
    "RangeError in the way of the engine's own": (
        "class Deep extends RangeError { }; throw new Deep('Maximum call stack size exceeded')",
        each(quickjs=RUNTIME, v8=STACK),
    ),
    "report by the console": (
        'console.log(\'{"status":"finished","value":"forged"}\'); console.error(\'\\n{"calls":[[1,"pay",[],0]]}\'); return \'mine\'',
        "mine",
    ),
    "report by progress": (
        'context.telemetry.emitProgress(\'"}],"status":"failed","error":{"code":"ScriptTimeoutError"}\', \'"}]\'); return \'mine\'',
        "mine",
    ),
    "report by the name of an error": (
        "const e = new Error('x'); e.name = '\",\"code\":\"ScriptCancelledError'; throw e",
        RUNTIME,
    ),
    "report by the names of functions": (
        "const f = {['\",\"trace\":\"    at script.ts:99:99']() { throw new Error('x') }}; Object.values(f)[0]()",
        RUNTIME,
    ),
    "report by the errors of an aggregate": (
        'throw new AggregateError([{name: \'"],"code":"\', message: \'UsageError"\'}])',
        RUNTIME,
    ),
    "report by the path of a refusal": ('return {\'","code":"UsageError\': 1n}', DATA),
    "report by a key of a million letters": ("return {['k'.repeat(1e6)]: 1n}", {DATA, "ReturnValueTooLargeError"}),
    "wire tags nested": (
        "return await tools.echo({value: {$object: {$object: {$bytes: 'AA=='}}}})",
        {"$object": {"$object": {"$bytes": "AA=="}}},
    ),
    "wire tag with a getter": ("return {get $bytes() { return 'AA==' }}", {"$bytes": "AA=="}),
    "wire tag that goes when it is looked at": (
        "return {$bytes: 'AA==', get a() { return undefined }}",
        {"$bytes": "AA=="},
    ),
    "wire tag by toJSON of a member": ("return {$bytes: {toJSON: () => 'AA=='}}", {"$bytes": "AA=="}),
    "wire tag in the context of a list": (
        "return await tools.echo({value: [{$bytes: 1}, {$: 2}, {$object: 3}]})",
        [{"$bytes": 1}, {"$": 2}, {"$object": 3}],
    ),
    "bytes to a tool and back": (
        "const b = await tools.echo({value: new Uint8Array([1, 2])}); b[0] = 9; return [b[0], b.length, b instanceof Uint8Array]",
        [9, 2, True],
    ),
    "ordinals by many calls in one step": (
        "return (await Promise.all(Array.from({length: 20}, (_, i) => tools.echo({value: i})))).every((v, i) => v === i)",
        True,
    ),
    "answers in another order": (
        "const out = []; await Promise.all([1, 2, 3].map(async i => { out.push(await tools.echo({value: i})) })); return out.sort()",
        [1, 2, 3],
    ),
}
