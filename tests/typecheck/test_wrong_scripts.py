"""What cannot go well is found before anything runs: at its place, with the compiler's number and reason."""

from __future__ import annotations

import pytest
from runs import run_checked
from shop import DECLARATIONS, TOOLS

from belljar.errors import Finding
from belljar.typecheck import TypeChecker

Place = tuple[int, int, str]
"""Line, column and the compiler's number."""

WRONG: dict[str, tuple[str, list[Place]]] = {
    "a field that is not there": (
        "const [i] = await tools.list_invoices(); return i.amount",
        [(1, 51, "2339")],
    ),
    "a field misspelt": (
        "const [i] = await tools.list_invoices(); return i.custmer",
        [(1, 51, "2551")],
    ),
    "a field of a field": (
        "return (await tools.list_invoices())[0].customer?.nmae",
        [(1, 51, "2339")],
    ),
    "a field in a callback": (
        "return (await tools.list_invoices()).map(i => i.amount * 2)",
        [(1, 49, "2339")],
    ),
    "a field in a template": (
        "const i = await tools.get_invoice({id: 'a'}); return `${i?.number}`",
        [(1, 60, "2339")],
    ),
    "a field taken out": (
        "for (const {id, amount} of await tools.list_invoices()) console.log(id, amount)",
        [(1, 17, "2339")],
    ),
    "a field behind a wrong annotation": (
        "interface Row { id: string; amount: number }\nconst rows: Row[] = await tools.list_invoices();\n"
        "return rows.map(r => r.amount)",
        [(3, 24, "2339")],
    ),
    "a field by Promise.all": (
        "const [a] = await Promise.all([tools.list_invoices()]); return a[0].amount",
        [(1, 69, "2339")],
    ),
    "a field in all of a loop": (
        "let sum = 0;\nfor (const i of await tools.list_invoices({})) {\n  sum += i.total;\n}\nreturn sum",
        [(3, 12, "2339")],
    ),
    "a field of what was found": (
        "return (await tools.list_invoices()).find(i => i.id === 'a1').amount",
        [(1, 63, "2339")],
    ),
    "a method of lists that is none": (
        "return (await tools.list_invoices()).contains('a')",
        [(1, 38, "2339")],
    ),
    "a method of texts that is none": (
        "return (await tools.now()).contains('Z')",
        [(1, 28, "2339")],
    ),
    "a list for its wrapper": (
        "return (await tools.list_invoices()).items",
        [(1, 38, "2339")],
    ),
    "an await forgotten before a field": (
        "return tools.now().length",
        [(1, 20, "2339")],
    ),
    "an await forgotten before a method": (
        "return tools.list_invoices().map(i => i.id)",
        [(1, 30, "2339")],
    ),
    "an await forgotten in a loop": (
        "for (const i of tools.list_invoices()) console.log(i)",
        [(1, 17, "2488")],
    ),
    "an await forgotten in a condition": (
        "if (tools.save({invoice: {id: 'a', cents: 1, due: ''}})) return 1",
        [(1, 5, "2801")],
    ),
    "an await forgotten in a sum": (
        "return 1 + tools.total({cents: [1]})",
        [(1, 8, "2365")],
    ),
    "an await forgotten in a product": (
        "return tools.total({cents: [1]}) * 2",
        [(1, 8, "2362")],
    ),
    "an await forgotten in a comparison": (
        "return tools.now() === 'today'",
        [(1, 8, "2367")],
    ),
    "an await forgotten when spread": (
        "return [...tools.list_invoices()]",
        [(1, 12, "2488")],
    ),
    "an argument misspelt": (
        "return await tools.get_invoice({ident: 'a1'})",
        [(1, 33, "2353")],
    ),
    "an argument too many": (
        "return await tools.get_invoice({id: 'a1', deep: true})",
        [(1, 43, "2353")],
    ),
    "an argument missing": (
        "return await tools.get_invoice({})",
        [(1, 32, "2741")],
    ),
    "no argument at all": (
        "return await tools.get_invoice()",
        [(1, 20, "2554")],
    ),
    "an argument of another type": (
        "return await tools.get_invoice({id: 17})",
        [(1, 33, "2322")],
    ),
    "an argument of another type in a variable": (
        "const id = 17; return await tools.get_invoice({id})",
        [(1, 48, "2322")],
    ),
    "an argument that is a list": (
        "return await tools.note({text: ['a', 'b']})",
        [(1, 26, "2322")],
    ),
    "an argument that is no list": (
        "return await tools.total({cents: 5})",
        [(1, 27, "2322")],
    ),
    "an argument within an argument": (
        "return await tools.save({invoice: {id: 'a', cents: '5', due: ''}})",
        [(1, 45, "2322")],
    ),
    "a missing argument within an argument": (
        "return await tools.save({invoice: {id: 'a', due: ''}})",
        [(1, 26, "2741")],
    ),
    "a choice that is none": (
        "return await tools.list_invoices({status: 'opened'})",
        [(1, 35, "2820")],
    ),
    "a choice of literals that is none": (
        "return await tools.span({range: [1, 2], unit: 'days'})",
        [(1, 41, "2820")],
    ),
    "a list of another type": (
        "return await tools.total({cents: ['a', 'b']})",
        [(1, 35, "2322"), (1, 40, "2322")],
    ),
    "a date for a number": (
        "return await tools.total({cents: [new Date()]})",
        [(1, 35, "2322")],
    ),
    "a class for a text": (
        "return await tools.note({text: new (class { a = 1 })()})",
        [(1, 26, "2322")],
    ),
    "a number where a date would do": (
        "return await tools.note({text: Date.now()})",
        [(1, 26, "2322")],
    ),
    "an object in a variable": (
        "const q = {ident: 'a1'}; return await tools.get_invoice(q)",
        [(1, 57, "2741")],
    ),
    "a whole invoice for its id": (
        "const [i] = await tools.list_invoices(); return await tools.get_invoice({id: i})",
        [(1, 74, "2322")],
    ),
    "one of many calls": (
        "const ids = [1, 2];\nreturn await Promise.all(ids.map((id) => tools.get_invoice({ id: id })))",
        [(2, 62, "2322")],
    ),
    "a promise for an argument": (
        "return await tools.note({text: tools.now()})",
        [(1, 26, "2322")],
    ),
    "a comparison with no choice": (
        "return (await tools.list_invoices()).filter(i => i.status === 'closed')",
        [(1, 50, "2367")],
    ),
    "a case that is none": (
        "const [i] = await tools.list_invoices(); switch (i.status) { case 'done': return 1 }",
        [(1, 67, "2678")],
    ),
    "a value called": (
        "const i = await tools.now(); return i()",
        [(1, 37, "2349")],
    ),
    "a value constructed": (
        "const i = await tools.now(); return new i()",
        [(1, 41, "2351")],
    ),
    "an object as a list": (
        "const i = await tools.find({id: 'a'}); const [n] = await tools.total({cents: []}); return n",
        [(1, 46, "2488")],
    ),
    "a tool taken apart": (
        "const {get_invoice} = tools; return await get_invoice({ident: 'a'})",
        [(1, 56, "2353")],
    ),
    "two at once": (
        "const i = await tools.get_invoice({ident: 'a'});\nreturn i.amount",
        [(1, 36, "2353"), (2, 10, "2339")],
    ),
    "behind wide characters": (
        "const s = '😀😀'; return s.length + (await tools.now()).nope",
        [(1, 57, "2339")],
    ),
    "behind every line end": (
        "const a = '\u2028';\r\nconst b = 1;\rreturn a + b + (await tools.now()).nope",
        [(4, 36, "2339")],
    ),
    "in the last statement": (
        "const xs = await tools.list_invoices()\nxs[0].amount",
        [(2, 7, "2339")],
    ),
    "behind an enum": (
        "enum A { X = 1, Y } const l = A.X; return l + (await tools.now()).nope",
        [(1, 67, "2339")],
    ),
    "behind a cast": (
        "const a = ('x' as string).length; return a + (await tools.now()).nope",
        [(1, 66, "2339")],
    ),
}


@pytest.mark.parametrize(("source", "places"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_script_is_found_at_its_places(checker: TypeChecker, source: str, places: list[Place]) -> None:
    """Every place, counted in the model's own text, and the compiler's number."""
    found = checker.findings(source, DECLARATIONS)

    assert [(finding.line, finding.column, number_of(finding)) for finding in found] == places
    assert {finding.code for finding in found} == {"ScriptTypeError"}


@pytest.mark.parametrize("source", [source for source, _ in WRONG.values()], ids=list(WRONG))
def test_a_wrong_script_reaches_no_tool(checker: TypeChecker, source: str) -> None:
    """The outcome is the finding; nothing was run, so nothing was written."""
    outcome = run_checked(source, *TOOLS, checker=checker)

    assert (outcome.error and outcome.error.code, outcome.calls) == ("ScriptTypeError", ())


def number_of(finding: Finding) -> str:
    return finding.message.rpartition("(TS")[2].rstrip(")")
