"""What runs fine is not refused: loose scripts as models write them, each run for real and then checked."""

from __future__ import annotations

from pathlib import Path

import pytest
from runs import run_unchecked
from shop import DECLARATIONS, TOOLS

from belljar.typecheck import TypeChecker

LOOSE = {
    "plain": "return (await tools.list_invoices()).map(i => i.id)",
    "an annotation of its own": (
        "interface Row { id: string; cents: number }\n"
        "const rows: Row[] = await tools.list_invoices({limit: 2});\nreturn rows.map((r: Row) => r.cents)"
    ),
    "a type that is nowhere": "const rows: Array<InvoiceRow> = await tools.list_invoices({}); return rows.length",
    "any": "const r: any = await tools.get_invoice({id: 'a1'}); return r.whatever?.deep ?? r.id",
    "a cast": "const r = (await tools.get_invoice({id: 'a1'})) as any; r.foo; return r.id",
    "a cast of the object": "return ((await tools.get_invoice({id: 'a1'})) as { nope?: string }).nope ?? 'none'",
    "a cast that TypeScript doubts": "const n = 'x' as number; return n",
    "an untyped parameter": "const cents = (i) => i.cents / 100; return (await tools.list_invoices()).map(cents)",
    "a parameter left out": "function f(a, b) { return b ?? a } return f(1)",
    "a typed parameter left out": "function f(a: number, b: number) { return b ?? a } return f(1)",
    "an argument too many": "const f = (a) => a; return f(1, 2, 3)",
    "a result without a type": "const {rows, query} = await tools.raw({query: 'q'}); return rows[0].n + query.length",
    "a result that may be null": "const i = await tools.get_invoice({id: 'a1'}); return i.customer.city.length",
    "a result that may be null, taken apart": (
        "const {id, customer} = await tools.get_invoice({id: 'a1'}); return id + customer.name"
    ),
    "one found in a list": "return (await tools.list_invoices()).find(i => i.id === 'b2').cents",
    "a map with lists in it": (
        "const by = new Map<string, string[]>();\nfor (const i of await tools.list_invoices()) {\n"
        "  if (!by.has(i.status)) by.set(i.status, []);\n  by.get(i.status).push(i.id);\n}\nreturn [...by.keys()]"
    ),
    "an object that grows": "const out = {}; out.total = 1; out.rows = []; out.rows.push(2); return out",
    "an object that grows more": "const out = {a: 1}; out.b = out.a + 1; return out.b",
    "a typed object that grows": "const out: {a: number} = {a: 1}; out.b = 2; return out.b",
    "a dictionary": (
        "const by = {}; for (const i of await tools.list_invoices()) (by[i.status] ||= []).push(i);"
        " return by.open.length"
    ),
    "a reduced dictionary": (
        "return (await tools.list_invoices()).reduce((a, i) => { a[i.status] = (a[i.status] || 0) + i.cents;"
        " a.all = (a.all || 0) + 1; return a }, {}).all"
    ),
    "the dictionary's entries": (
        "const n = {}; for (const i of await tools.list_invoices()) n[i.id] = i;\n"
        "return Object.entries(n).map(([k, v]) => k + v.cents)"
    ),
    "a copy that grows": (
        "const rows = (await tools.list_invoices()).map(i => ({...i}));\n"
        "for (const r of rows) r.euro = r.cents / 100;\nreturn rows[0].euro"
    ),
    "an object put together": "const o = {a: 1}; Object.assign(o, {b: 2}); return o.b",
    "a list of anything": "const xs = []; xs.push({n: 1}); xs.push('a'); return xs[0].n",
    "a list of two kinds": "const rows = [['a', 1], ['b', 2]]; return rows.map(r => r[1].toFixed(1) + r[0].length)",
    "a name for two things": (
        "let r = await tools.get_invoice({id: 'a1'}); r = r.customer; r = r.name; return r.toUpperCase()"
    ),
    "a name that is nothing first": (
        "let best = null; for (const i of await tools.list_invoices()) if (!best || i.cents > best.cents) best = i;"
        " return best.id"
    ),
    "a name that a callback fills": (
        "let hit: Invoice | null = null; (await tools.list_invoices()).forEach(i => { hit = i }); return hit.id"
    ),
    "a text that is a list later": (
        "let data = ''; data = await tools.list_invoices(); return data.length + data[0].cents"
    ),
    "a flag that a callback sets": "let seen = false; [1].forEach(() => { seen = true }); return seen === true ? 1 : 0",
    "a caught error": (
        "try { await tools.note({text: ''}); null.x } catch (e) { return [e.name, e.code, e.message.length] }"
    ),
    "a typed catch": "try { null.x } catch (e: any) { return e.code ?? e.message }",
    "an error's class asked": "try { null.x } catch (e) { if (e instanceof Error) return e.code ?? e.name }",
    "an error of its own": "const e = new Error('x'); e.code = 7; e.details = {a: 1}; return e.details.a + e.code",
    "results that settled": (
        "const [a, b] = await Promise.allSettled([tools.now(), Promise.reject(new Error('x'))]);\n"
        "return [a.value, b.reason.message, a.reason, a.status]"
    ),
    "a union by its tag": (
        "const r = await tools.find({id: 'a1'}); if (r.kind === 'found') return r.invoice.id; return r.reason"
    ),
    "a union without a question": "const r = await tools.find({id: 'zz'}); return r.reason ?? r.invoice.id",
    "a union in a question": "const r = await tools.find({id: 'a1'}); if (r.invoice) return r.invoice.id",
    "dates by arithmetic": (
        "const rows = [...await tools.list_invoices()];\nrows.sort((a, b) => new Date(b.due) - new Date(a.due));\n"
        "return rows[0].id + (new Date('2026-01-02') - new Date('2026-01-01'))"
    ),
    "a text times a number": "return '5' * 2 + +'3' - '1'",
    "numbers for texts": (
        "return parseFloat(5.5) + 'ab'.padStart(5, 0) + ['1'].includes(1) + isNaN('x') + Math.max('3', 2)"
    ),
    "a date's own order": "return [new Date(0) < new Date(1), 'a' < 5]",
    "a constant as a switch": "const mode = 'full'; if (mode === 'short') return 1; return 2",
    "a constant switched": "const mode = 'full'; switch (mode) { case 'short': return 1; case 'full': return 2 }",
    "arguments by position": "return await tools.note('hello', {a: 1})",
    "one argument by position": "return [(await tools.get_invoice('a1')).id, await tools.total([1, 2])]",
    "the one parameter's value": "return await tools.save({id: 'n', cents: 1, due: '2026-01-01'})",
    "an empty object for nothing": "return await tools.now({})",
    "undefined for nothing": "return await tools.list_invoices(undefined)",
    "null for nothing": "return (await tools.list_invoices({status: null})).length",
    "arguments in a variable": "const q = {status: 'open', limit: 1}; return (await tools.list_invoices(q)).length",
    "arguments that grew": "const q = {}; q.id = 'a1'; return (await tools.get_invoice(q)).id",
    "arguments that grew by name": (
        "const q: Record<string, any> = {}; for (const k of ['id']) q[k] = 'a1'; return (await tools.get_invoice(q)).id"
    ),
    "a date for a text": "return await tools.note({text: new Date()})",
    "a date for a text in a variable": "const q = {text: new Date(), extra: null}; return await tools.note(q)",
    "a choice and a date": "const q = {text: new Date(), extra: {}}; const u = {unit: 'day', range: [1, 2]};"
    " return [await tools.note(q), await tools.span(u)]",
    "what can say itself as JSON": "return await tools.note({text: {toJSON() { return 'x' }}})",
    "a pair in a variable": "const range = [1, 5]; return await tools.span({range})",
    "a unit in a variable": (
        "let unit = 'day'; if (1 > 2) unit = 'month'; return await tools.span({range: [1, 5], unit})"
    ),
    "an argument from a map": "const m = new Map([['x', 'a1']]); return (await tools.get_invoice({id: m.get('x')})).id",
    "an argument that may be null": (
        "const i = await tools.get_invoice({id: 'a1'}); return await tools.note({text: i?.customer?.city})"
    ),
    "what was read is written": (
        "const i = await tools.get_invoice({id: 'a1'}); return await tools.save({invoice: {...i, cents: i.cents + 1}})"
    ),
    "all at once": (
        "const [a, t] = await Promise.all([tools.list_invoices({limit: 1}), tools.now()]); return"
        " a[0].id + t.slice(0, 4)"
    ),
    "one after the other": (
        "const out = []; for (const id of ['a1', 'zz']) { const i = await tools.get_invoice({id});"
        " out.push(i ? i.cents : null) } return out"
    ),
    "a tool by its computed name": "const name = 'now'; return (await tools[name]()).length",
    "tools taken apart": "const {get_invoice, now} = tools; await now(); return (await get_invoice({id: 'a1'})).cents",
    "a class with fields": (
        "class Sum { n = 0; constructor() { this.extra = 1 } add(x) { this.n += x; return this } }\n"
        "return new Sum().add(2).n + new Sum().extra"
    ),
    "a private field": "class A { #n: number = 1; get n() { return this.#n } } return new A().n",
    "an enum": "enum Level { Low, High = 5 } const l: Level = Level.High; return [Level.Low, l, Level[5]]",
    "a generic": "const first = <T,>(xs: T[]): T => xs[0]; return first([1, 2]).toFixed(0)",
    "generators": "function* g() { yield 1; yield 2 } return [...g()].map(x => x + 1)",
    "optional everything": "const o: {a?: {b?: number}} = {}; return o.a?.b ?? o['a']?.['b'] ?? 0",
    "defaults of a parameter": "function f({a, b} = {}) { return (a ?? 0) + (b ?? 0) } return f({a: 1}) + f()",
    "a default of another type": "function f(a = 1) { return a } return f('x')",
    "a match": "const m = 'INV-12'.match(/(?<p>[A-Z]+)-(\\d+)/); return m[2] + m.groups.p",
    "json": 'const o = JSON.parse(\'{"a": {"b": 1}}\'); return o.a.b',
    "new built-ins": (
        "return [Object.groupBy([1, 2], x => x % 2 ? 'odd' : 'even').odd.length, [3, 1].toSorted()[0], 'a'.at(-1),"
        " new Set([1]).union(new Set([2])).size, [1, 2].values().map(x => x * 2).toArray()]"
    ),
    "what the context holds": (
        "return [context.capabilities.tools.length, context.turnId ?? null, context.limits?.foo ?? 0]"
    ),
    "a comment at the end": "return 1 // the end",
    "the value of the last statement": "const xs = await tools.list_invoices({limit: 1})\nxs.length",
    "an unused thing": "const unused = 1; let x: number; return 2",
    "what cannot be reached": "return 1; return 2",
    "a comma": "let a = (1, 2); return a",
    "a suppressed line": "// @ts-expect-error\nconst n: number = 1; return n",
    "globals by globalThis": "return [typeof globalThis.fetch, globalThis.tools === tools, globalThis.Math.abs(-1)]",
    "prototypes": "return [[].__proto__ === Array.prototype, ({}).constructor.name.length]",
    "a function that carries data": "const f = () => 1; f.calls = 0; f.calls++; return f.calls",
    "line ends of every kind": "const a = 'x\u2028y';\r\nconst o = {};\ro.z = 1; return a.length + o.z",
    "two units a character": "const s = '😀😀'; const o = {}; /* 😀 */ o.n = s.length; return o.n",
    "await of what is there": "return await (await 5)",
    "names tried one after the other": "const [i] = await tools.list_invoices(); return i.total ?? i.amount ?? i.cents",
    "a name tried last": "const [i] = await tools.list_invoices(); return i.due || i.dueDate",
    "a name only asked for": "const [i] = await tools.list_invoices(); return typeof i.amount",
    "a feature asked for": "return Math.sumOf ? Math.sumOf([1]) : [1].reduce((a, b) => a + b)",
    "an error looked for": "const i = await tools.get_invoice({id: 'a1'}); if (i.error) return i.error; return i.id",
    "a copy that is filled": (
        "const [i] = await tools.list_invoices(); const c = {...i}; Object.assign(c, {x: 1}); return c.x"
    ),
    "a missing field of its own object": "const o = {id: 'a', limit: 3, mine: 1}; return o.other ?? null",
    "parameters by name with a default": "function f({id, limit = 5} = {}) { return [id, limit] } return f({id: 1})",
    "a method that a subclass has": (
        "class A { all() { return this.one() } }\nclass B extends A { one() { return 1 } }\nreturn new B().all()"
    ),
    "a class in a variable": "const A = class { all() { return this.one?.() ?? 2 } }; return new A().all()",
    "a proxy": "const q = new Proxy([1], { get: (_, name) => name }); return q.nope",
    "the same object otherwise": "const r = await tools.list_invoices(); return (r.invoices || r).length",
    "an enum for a choice": (
        "enum S { Open = 'open', Paid = 'paid' }\nreturn (await tools.list_invoices({status: S.Open})).length"
    ),
    "a value of one of two types": "const r = [['a', 1]]; return await tools.note({text: r[0][0]})",
    "a union tested by typeof": "const r = [['a', 1]]; const v = r[0][0]; return typeof v === 'string' ? v.trim() : v",
    "a list that may be a text": (
        "const pick = (v) => Array.isArray(v) ? v : v.split(','); return pick('a,b').concat(pick(['c']))"
    ),
    "a sum of what may be a text": "let sum = 0; for (const v of [1, '2']) sum += v; return sum",
    "a promise kept": "const p = tools.now(); if (p) { const t = await p; return t.length }",
}

TASKS = (Path(__file__).parent / "tasks.txt").read_text("utf-8").split("\n----\n")
"""Whole tasks, in every style."""


@pytest.mark.parametrize(
    "source", [*LOOSE.values(), *TASKS], ids=[*LOOSE, *(f"task {number}" for number in range(len(TASKS)))]
)
def test_a_loose_script_that_runs_fine_is_not_refused(checker: TypeChecker, source: str) -> None:
    """Run without a checker it comes to a value; and the checker has nothing against it."""
    outcome = run_unchecked(source, *TOOLS)

    assert outcome.error is None, outcome.error.to_model()
    assert checker.findings(source, DECLARATIONS) == ()
    assert checker.problems == 0
