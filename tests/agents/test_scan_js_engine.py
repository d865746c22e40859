"""What scans JavaScript ends on any text, in time that grows with the text, and knows what a name means."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar.agents.security import ScanFinding
from belljar.agents.security.js import scan_source
from belljar.agents.security.js._regex import MAX_PATTERNS
from belljar.agents.security.js._tree import MAX_NODES, MAX_OPEN


def fired(text: str, path: str = "a.js") -> list[tuple[str, int]]:
    return [(finding.rule, finding.line) for finding in scan_source(path, text)]


def lies_within(finding: ScanFinding, text: str) -> bool:
    """Whether both ends are places in the text, and the first is not after the second."""
    lines = text.split("\n")
    start, end = (finding.line, finding.column), (finding.end_line, finding.end_column)
    return start <= end and all(
        1 <= line <= len(lines) and 1 <= column <= len(lines[line - 1]) + 1 for line, column in (start, end)
    )


PIECES = (
    "eval(", "req.body", ")", "(", "{", "}", "[", "]", "`", "${", "=>", "=", "+", ";", "\n", " ", "'", '"', "\\", "/",
    "<", ">", "a", "const ", "function ", "class ", "import ", "require(", "'child_process'", ".exec(", "/(a+)+$/",
    "innerHTML", ".", ",", ":", "\0", "\ud800", "é", "\U0001d4b3", "<a target='_blank'", "password", "'a1b2c3d4'",
    "for(const k of ", "debugger", "await ", "async ", "...", "//", "/*", "*/", "#", "@", "?", "!", "&", "|",
)  # fmt: skip


@settings(derandomize=True, deadline=None, max_examples=250)
@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join), st.sampled_from(["a.js", "a.ts", "a.tsx"]))
def test_any_pieces_of_code_end_with_findings_inside_the_text(text: str, path: str) -> None:
    """Whatever the pieces make, the scan returns, and each finding's place is in the text."""
    assert [finding for finding in scan_source(path, text) if not lies_within(finding, text)] == []


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.text(st.characters(), max_size=200), st.text(max_size=5))
def test_any_text_ends_with_findings_inside_the_text(text: str, path: str) -> None:
    """Text that is no code ends as well, with surrogates, NULs and line ends of all kinds in it."""
    assert [finding for finding in scan_source(path, text) if not lies_within(finding, text)] == []


DEEP = {
    "brackets that open": "[" * 11_000,
    "brackets": "[" * 11_000 + "]" * 11_000,
    "blocks": "{" * 11_000 + "}" * 11_000,
    "calls in calls": "f(" * 11_000 + ")" * 11_000,
    "a chain": "a" + ".b()" * 11_000,
    "indexes in indexes": "a[" * 11_000 + "b" + "]" * 11_000 + " = 1",
    "a sum": "x = 'q' + " + " + ".join(["a"] * 11_000),
    "arrows": "a => " * 11_000 + "1",
    "functions": "function f() { var a; " * 4_000,
    "patterns": "const " + "[" * 11_000 + "a" + "]" * 11_000 + " = req.body",
    "assignments": "a = " * 11_000 + "1",
    "elements": "<a>" * 11_000,
    "branches": "if (a) b; else " * 5_000 + "c",
}


@pytest.mark.parametrize("name", DEEP)
def test_depth_costs_no_stack(name: str) -> None:
    """Nothing recurses over the depth of a file: ten times the interpreter's limit is a list like any other."""
    assert len(DEEP[name]) > 10 * sys.getrecursionlimit()
    assert scan_source("a.js", DEEP[name]) == []


@pytest.mark.slow
def test_any_number_of_brackets_and_a_line_larger_than_any_file_that_is_scanned_end() -> None:
    """They are scanned, or said to be unread."""
    assert scan_source("a.js", "[" * 25_000 + "]" * 25_000) == []
    assert fired("a(b);" * 250_000) == [("js-unread", 1)]
    assert fired("a.b<c," * 5_000) == [("js-unread", 1)]


def test_angles_that_nothing_closes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the bound the file is scanned, above it it is unread. Closed ones, and those in texts and comments, do not
    count."""
    monkeypatch.setattr("belljar.agents.security.js._tree.MAX_OPEN", 20)

    assert MAX_OPEN == 4_000
    assert fired("a<b," * 20 + "c; debugger") == [("js-debugger", 1)]
    assert fired("a<b," * 21 + "c; debugger") == [("js-unread", 1)]
    assert fired("a<b>(c);" * 30) == []
    assert fired('"<<<";\'<\';/*<*/"\\"<";a<=b;a<<b;//<\n' * 30) == []


def test_a_tree_with_too_many_nodes_is_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is on the parser's nodes: at it the file is scanned, above it the finding says that it was not."""
    monkeypatch.setattr("belljar.agents.security.js._tree.MAX_NODES", 7)

    assert MAX_NODES == 1_000_000
    assert fired("debugger") == [("js-debugger", 1)]
    assert scan_source("a.js", "debugger;debugger;debugger;") == [
        ScanFinding(
            rule="js-unread",
            severity="low",
            confidence="high",
            message="The parser gave this file up, so no rule has seen it.",
            path="a.js",
            cwe=1120,
            tool="belljar-js",
            help="Leave generated and minified files out of the scan; split a file that people write.",
        )
    ]


def test_a_parser_that_runs_in_circles_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its time on the processor is bounded; a text that takes longer is unread."""
    monkeypatch.setattr("belljar.agents.security.js._tree._SECONDS", 0.0)
    monkeypatch.setattr("belljar.agents.security.js._tree._BYTES_PER_SECOND", 1e9)

    assert fired("&!" * 2_000) == [("js-unread", 1)]


def test_what_can_be_read_beside_an_error_is_scanned() -> None:
    """Broken code hides nothing that stands whole beside it."""
    assert fired("const = ;;; )(\nfunction f() {\n  eval(a + b);\n}\n@@@\n") == [("js-eval", 3)]


def test_the_path_decides_the_grammar() -> None:
    """`<T>x` is a cast in .ts, .mts and .cts; everywhere else `<a/>` is an element."""
    cast = "const a = <Code>eval(b + c);"

    assert [fired(cast, f"a{ending}") for ending in (".ts", ".MTS", ".cts")] == [[("js-eval", 1)]] * 3
    for ending in (".js", ".mjs", ".cjs", ".jsx", ".tsx"):
        assert fired("const a = <p>{eval(b + c)}</p>;", f"a{ending}") == [("js-eval", 1)]


def test_columns_are_characters_whatever_their_bytes() -> None:
    """Characters of one, two, three and four bytes, and a lone surrogate, are one column each; \\r is one too."""
    for before in ("a", "é", "€", "\U0001d4b3", "\ud800", "\0"):
        (finding,) = scan_source("a.js", f"'x';\r\n'{before}'; eval(a + b)\r\n")
        assert (finding.line, finding.column, finding.end_line, finding.end_column) == (2, 6, 2, 17)


def test_types_are_no_code() -> None:
    """Names and texts in types mean nothing when the program runs."""
    text = "type A = typeof eval;\ninterface B { password: 'a1b2c3d4' }\nlet c: { apiKey: 'a1b2c3d4' };\n"

    assert fired(text, "a.ts") == []


@pytest.mark.parametrize(
    "imported",
    [
        'const cp = require("child_process");\nconst run = cp.exec;',
        'const run = require("node:child_process").exec;',
        'const { exec: run } = require("child_process");',
        'const { ["exec"]: x, exec: run = null } = require("child_process");',
        'import { exec as run } from "child_process";',
        'import cp from "node:child_process";\nconst { exec: run } = cp;',
        'import * as cp from "child_process";\nconst run = cp["exec"];',
        'const cp = await import("child_process");\nconst run = cp.default.exec;',
        'var cp = __importStar(require("child_process"));\nlet run; run = cp.exec;',
        'import { promisify } from "util";\nimport { exec } from "child_process";\nconst run = promisify(exec);',
    ],
)
def test_a_function_is_known_by_the_module_it_comes_from(imported: str) -> None:
    """Whatever the name here, and however it was imported."""
    found = fired(f"{imported}\nrun(`ls ${{dir}}`);\n")

    assert found == [("js-shell-built", imported.count("\n") + 2)]


@pytest.mark.parametrize(
    "text",
    [
        "function exec() {}\nexec(`ls ${dir}`);",
        "import { exec } from './exec.js';\nexec(`ls ${dir}`);",
        "import { exec } from 'child_process';\nfunction f(exec) { exec(`ls ${dir}`); }",
        "import { exec } from 'child_process';\n{ exec(`ls ${dir}`); function exec() {} }",
        "import { exec } from 'child_process';\ntry {} catch (exec) { exec(`ls ${dir}`); }",
        "import { exec } from 'child_process';\nfor (const exec of list) exec(`ls ${dir}`);",
        "import { exec } from 'child_process';\nconst f = function exec() { exec(`ls ${dir}`); };",
        "import { exec } from 'child_process';\nconst f = ({ exec }) => exec(`ls ${dir}`);",
        "import { exec } from 'child_process';\nfunction f() { exec(`ls ${dir}`); var exec; }",
        "class Function {}\nnew Function(a + b);",
        "/a+/.exec(`ls ${dir}`);",
    ],
)
def test_a_name_that_means_something_else_does_not_fire(text: str) -> None:
    """Scopes, parameters and hoisting decide what a name is."""
    assert fired(text) == []


HANDLER = "const cp = require('child_process');\nconst path = require('path');\napp.get('/', (req, res) => {{\n{}\n}});"


@pytest.mark.parametrize(
    ("body", "fires"),
    [
        ("const a = req.query.x; cp.exec(a);", True),
        ("const { x: [a] } = req.body; cp.exec(a);", True),
        ("let a = 'ls '; a += req.params.x; cp.exec(a);", True),
        ("const a = req.query.x || 'b'; cp.exec(a);", True),
        ("const a = b ? req.query.x : 'b'; cp.exec(a);", True),
        ("const a = req.query.x.trim().split(',')[0]; cp.exec(a);", True),
        ("const a = JSON.parse(req.body.x).y; cp.exec(a);", True),
        ("for (const a of req.body.list) cp.exec(a);", True),
        ("req.body.list.forEach((a) => cp.exec(a));", True),
        ("cp.exec('ls '.concat(req.query.x));", True),
        ("cp.exec(['ls', req.query.x].join(' '));", True),
        ("cp.exec(String.raw`ls ${req.query.x}`);", True),
        ("const a = this.req.body.x; cp.exec(a);", True),
        ("let a = req.query.x; if (b) a = 'ls'; cp.exec(a);", True),
        ("let a = req.query.x; a = 'ls'; cp.exec(a);", False),
        ("let a = req.query.x; a = parseInt(a); cp.exec(a);", False),
        ("const a = req.query.x.length; cp.exec('head -n ' + a);", False),
        ("const a = TABLE[req.query.x]; cp.exec(a);", False),
        ("const a = lookUp(req.query.x); cp.exec(a);", False),
        ("const a = path.basename(req.query.x); cp.exec(a);", False),
        ("const a = req.query.x; if (!['ls'].includes(a)) return; cp.exec(a);", False),
        ("if (!/^[a-z]+$/.test(req.query.x)) return; cp.exec(req.query.x);", False),
        ("const a = req.query.x; assertSafe(a); cp.exec(a);", False),
        ("const a = encodeURIComponent(req.query.x); cp.exec(a);", False),
        ("const a = req.query.x.replace(/[^a-z]/g, ''); cp.exec(a);", False),
        ("const a = { x: req.query.x }; cp.exec(a);", False),
        ("const a = req.query.x === 'b'; cp.exec(a);", False),
        ("cp.exec(req.app.name);", False),
    ],
)
def test_values_from_outside_are_followed_until_they_are_made_harmless(body: str, fires: bool) -> None:
    """Names, members, destructuring, sums and methods pass a value on; numbers, checks and unknown functions do not."""
    found = [rule for rule, _ in fired(HANDLER.format(body)) if rule == "js-shell-from-outside"]

    assert found == ["js-shell-from-outside"] * fires


@pytest.mark.parametrize(
    ("function", "is_handler"),
    [
        ("function f(req, res) { BODY }", True),
        ("const f = async (request, reply) => { BODY };", True),
        ("router.post('/', async (request) => { BODY });", True),
        ("export async function POST(request) { BODY }", True),
        ("function f(error, req, res, next) { BODY }", True),
        ("function f(request) { BODY }", False),
        ("list.map((request) => { BODY });", False),
        ("const request = build(); BODY", False),
    ],
)
def test_a_request_is_a_parameter_of_what_looks_like_a_handler(function: str, is_handler: bool) -> None:
    """A parameter named req always is one; one named request needs a response beside it or a route around it."""
    name = "req" if "req," in function else "request"
    found = fired("import { exec } from 'child_process';\n" + function.replace("BODY", f"exec({name}.body.x);"))

    assert [rule for rule, _ in found] == ["js-shell-from-outside"] * is_handler


def test_findings_are_in_the_order_of_the_text_and_none_is_there_twice() -> None:
    """Sorted by place, then by rule."""
    text = "debugger;\nfunction f() { eval(a + b); debugger; }\neval(eval(a + b));\n"

    assert fired(text) == [("js-debugger", 1), ("js-eval", 2), ("js-debugger", 2), ("js-eval", 3), ("js-eval", 3)]


def test_the_cost_grows_with_the_text() -> None:
    """Each rule is asked once for each node that it is for: twice the text has twice the findings, not four times."""
    one = "app.get('/', (req, res) => { eval(req.body.a); db.query(`SELECT a FROM b WHERE c = '${req.body.d}'`); });\n"

    counts = [len(scan_source("a.js", one * times)) for times in (50, 100)]

    assert counts == [100, 200]


def test_no_rule_looks_at_text_alone() -> None:
    """What stands in comments, strings and regular expressions is not code."""
    code = "eval(a + b); debugger; document.write(location.hash);"

    assert fired(f"// {code}\n/* {code} */\nconst a = {code!r};\nconst b = /{re.escape(code).replace('/', '')}/;") == []


def test_the_patterns_of_one_file_that_are_judged_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is judged by two rules; after the bound no pattern is held against the file, everything else is."""
    monkeypatch.setattr("belljar.agents.security.js._regex.MAX_PATTERNS", 4)

    assert MAX_PATTERNS == 2_000
    assert fired("/(a+)+$/;\n" * 2 + "debugger") == [
        ("js-regex-exponential", 1),
        ("js-regex-exponential", 2),
        ("js-debugger", 3),
    ]
    assert fired("/b/;\n" * 2 + "/(a+)+$/;\ndebugger") == [("js-debugger", 4)]


def test_long_texts_and_paths_are_cut_and_keep_who_chose_them() -> None:
    """A value from outside stays one behind a text of 100,000 characters and a path of 1,000 members."""
    long_text = HANDLER.format("cp.exec('" + "a" * 100_000 + "' + req.query.x);")
    long_path = HANDLER.format("cp.exec(req.query" + ".abc" * 1_000 + ");")

    assert fired(long_text) == fired(long_path) == [("js-shell-from-outside", 4)]
