"""From a plugin's script to the text that runs."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar.errors import ManifestError
from belljar.plugins._entry import compose

IMPORTS = "a plugin imports nothing; what it may use is in api and tools"
DECLARED = "write export in front of a declaration: export async function name(...) {...}"
RETURNS = "a return outside of functions would end the script before its entry is called"


def composed(source: str, *, profile: str = "standard") -> list[str]:
    return compose(source, entry_point="main", profile=profile).split("\n")


def problems(source: str, *, profile: str = "standard") -> list[tuple[int, str]]:
    with pytest.raises(ManifestError) as refused:
        compose(source, entry_point="main", profile=profile, file="p.ts")
    assert {each["file"] for each in refused.value.details["problems"]} == {"p.ts"}
    return [(each["line"], each["message"]) for each in refused.value.details["problems"]]


def test_only_the_word_export_is_blanked() -> None:
    """Every line and column stays where the author wrote it; the call is a line of its own at the end."""
    source = (
        "type A = number;\r\nexport type B = A;\n  export async function main(api, input: B) { return '💡'; } // end"
    )

    *own, last = composed(source)

    assert "\n".join(own) == source.replace("export", "      ")
    assert last.startswith(";return await main(Object.freeze({")
    assert last.endswith(",context.input);")


@pytest.mark.parametrize(
    "source",
    [
        "export function main() {}",
        "export async function main() {}",
        "export const main = () => 1;",
        "export const other = 1, main = async function () {};",
        "class A {}\nexport class B {}\nexport enum C { D }\nexport interface E {}\nexport function main() {}",
        "\ufeffexport function main() {}",
        "const text = 'export default 1; import x';\nexport function main() { return 'import(1)'; } // export {",
    ],
)
def test_a_declared_function_can_be_the_entry(source: str) -> None:
    """Declared any way, beside other exports, and whatever stands in strings and comments."""
    assert composed(source)[-1].startswith(";return await main(")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import x from 'y';\nexport function main() {}", [(1, IMPORTS)]),
        ("\nexport default function main() {}", [(2, DECLARED)]),
        ("function main() {}\nexport { main };", [(2, DECLARED)]),
        ("export * from 'x';", [(1, DECLARED)]),
        ("export function main() {}\nreturn 1;", [(2, RETURNS)]),
        ("export function main() {}\nif (true) { return 1 }", [(2, RETURNS)]),
        ("export function main() {}\ntry {\nreturn 1 } finally {}", [(3, RETURNS)]),
        ("export function main() {}\rconst a = 1;", [(1, "end lines with a line feed")]),
        ("function main() {}", [(1, "the script exports no function 'main'")]),
        ("export function mian() {}", [(1, "the script exports no function 'main'; did you mean 'mian'?")]),
        ("export const main = 1;", [(1, "the entry point 'main' is exported, but it is no function")]),
        ("export class main {}", [(1, "the entry point 'main' is exported, but it is no function")]),
        ("", [(1, "the script exports no function 'main'")]),
        ("function main() {\nconst a = ;\n}", [(2, "the syntax is wrong here")]),
    ],
)  # fmt: skip
def test_what_is_no_plugin_is_refused_with_its_line(source: str, expected: list[tuple[int, str]]) -> None:
    """In the words of somebody who writes plugins."""
    assert problems(source) == expected


def test_all_that_is_wrong_is_told_at_once() -> None:
    """In the order of the lines."""
    lines = [line for line, _ in problems("import a from 'b';\nexport default 1;\nimport 'c';\nreturn 1;")]

    assert lines == [1, 2, 3, 4]


def test_what_the_language_refuses_is_told_before_anything_runs() -> None:
    """`belljar plugin check` finds it, and so does a run."""
    assert problems("export function main() {\n  eval('1');\n}") == [(2, "'eval' is not available")]
    (line, _message), *_ = problems("export function main(n) {\n  while (true) {}\n}", profile="sealed")
    assert line == 2


@pytest.mark.parametrize("end", ["if (false)", "if (true) {} else", "while (false)", "for (const x of [])", "a:"])
def test_a_script_that_waits_for_one_more_statement_does_not_take_the_call(end: str) -> None:
    """It gets an empty one."""
    assert composed(f"export function main() {{}}\n{end}")[-1].startswith(";return await main(")


@pytest.mark.parametrize("name", ["tools", "context", "console", "Object", "Date", "TypeError"])
def test_an_entry_has_no_name_that_the_last_line_needs(name: str) -> None:
    """It would stand in its way."""
    with pytest.raises(ManifestError, match=f"an entry point cannot be called '{name}'"):
        compose(f"export function {name}() {{}}", entry_point=name, profile="standard")


def test_a_return_inside_of_functions_is_theirs() -> None:
    """Of every kind."""
    source = "class A { b() { return 1; } }\nfunction f() { if (1) { return 2; } }\nconst g = () => { return 3; };\n"

    assert len(composed(f"{source}export function main() {{ return [f, g, A]; }}")) == 5


def test_nothing_breaks_out_of_the_script() -> None:
    """A script that would take the last line into a comment, a text or a bracket of its own is refused."""
    for end in ("/*", "`", "'", "(", "function other() {", "return (", "}{"):
        assert [line for line, _ in problems(f"export function main() {{}}\n{end}")] == [2]
    assert composed("export function main() {}\n//")[-1].startswith(";return await main(")


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.text(alphabet="export functiomain(){}=>;,'`/*\n 💡", max_size=60))
def test_any_text_is_composed_or_refused(text: str) -> None:
    """No text gives another error, and what is composed has the lines of its source and one more."""
    for profile in ("standard", "sealed"):
        with suppress(ManifestError):
            lines = composed(f"{text}\nexport function main() {{}}", profile=profile)
            assert len(lines) == text.count("\n") + 3
