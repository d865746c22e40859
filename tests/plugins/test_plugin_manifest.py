"""Manifests: everything that is wrong with one, at once, with file, line and path, in plain words."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar.errors import ManifestError, UsageError
from belljar.packs import HttpPolicy
from belljar.plugins import Manifest, ManifestLimits, Needs, read_manifest
from belljar.plugins._problems import path_of

GOOD: dict[str, Any] = {
    "name": "fx-report",
    "version": "1.4.0",
    "description": "Rates as a table.",
    "author": "Ada <ada@example.com>",
    "entry_point": "report",
}
"""The fields that have no default."""


def problems_of(text: str, file: str = "plugin.toml") -> list[str]:
    with pytest.raises(ManifestError) as caught:
        read_manifest(text.encode(), file)
    lines = caught.value.message.splitlines()
    return lines[1:] if lines[0].endswith(" problems:") else lines


def problem_with(**fields: Any) -> str:
    """The one problem of a manifest that is good but for these fields, without file and line."""
    with pytest.raises(ManifestError) as caught:
        read_manifest(json.dumps(GOOD | fields).encode(), "plugin.json")
    return caught.value.message.removeprefix("plugin.json:1 ")


def manifest_with(**fields: Any) -> Manifest:
    return read_manifest(json.dumps(GOOD | fields).encode(), "plugin.json")


def test_a_manifest_of_what_is_required_has_every_default() -> None:
    """Nothing is asked for that is not written down, and the limits are the documented ones."""
    assert manifest_with() == Manifest(
        name="fx-report",
        version="1.4.0",
        description="Rates as a table.",
        author="Ada <ada@example.com>",
        entry_point="report",
        script="plugin.ts",
        profile="standard",
        capabilities=(),
        hosts=(),
        secrets=(),
        tools=(),
        limits=ManifestLimits(timeout_ms=2_000, memory_mb=10, concurrent=1),
        repository="",
        licence="",
        tags=(),
    )
    assert manifest_with().needs == Needs()


def test_every_problem_is_told_at_once_with_its_line_and_path() -> None:
    """One look at the file finds all there is to correct."""
    text = """\
name = "Fx"
versio = "1.0.0"
capabilities = ["network", "netwrok", 5]
hosts = [
  "a.example.com",
  "API.example.com",
]
profile = "open"
description = \"\"\"two
lines\"\"\"

[limits]
timeout_ms = 50
memory_mb = "10"
memory = 3
"""

    found = problems_of(text)

    assert found == [
        "plugin.toml:1 name: must be 1 to 50 of a-z, 0-9 and '-', and not begin with '-', got 'Fx'",
        "plugin.toml:1 version: is missing",
        "plugin.toml:1 author: is missing",
        "plugin.toml:1 entry_point: is missing",
        "plugin.toml:2 versio: is no known field; did you mean 'version'?",
        "plugin.toml:3 capabilities[1]: must be one of commands, database, files.read, files.write, metrics, network,"
        " read:repo, secrets, got 'netwrok'; did you mean 'network'?",
        "plugin.toml:3 capabilities[2]: must be one of commands, database, files.read, files.write, metrics, network,"
        " read:repo, secrets, got 5",
        "plugin.toml:6 hosts[1]: must be written as 'api.example.com', got 'API.example.com'",
        "plugin.toml:8 profile: must be one of sealed, standard, got 'open'",
        "plugin.toml:9 description: must be 1 to 200 characters on one line, all of them visible, got 'two\\nlines'",
        "plugin.toml:13 limits.timeout_ms: must be from 100 to 10,000, got 50",
        "plugin.toml:14 limits.memory_mb: must be a whole number without quotes, got '10'",
        "plugin.toml:15 limits.memory: is no known field; did you mean 'memory_mb'?",
    ]


def test_problems_are_data_too() -> None:
    """Who shows them in another way needs to read no message."""
    with pytest.raises(ManifestError) as caught:
        read_manifest(json.dumps(GOOD | {"limits": {"timeout_ms": 50}}, indent=1).encode(), "plugin.json")

    assert caught.value.details == {
        "problems": [
            {
                "file": "plugin.json",
                "line": 8,
                "path": "limits.timeout_ms",
                "message": "must be from 100 to 10,000, got 50",
            }
        ]
    }
    assert caught.value.message == "plugin.json:8 limits.timeout_ms: must be from 100 to 10,000, got 50"


@pytest.mark.parametrize(
    ("field", "low", "high"), [("timeout_ms", 100, 10_000), ("memory_mb", 1, 50), ("concurrent", 1, 10)]
)
def test_a_limit_is_taken_at_both_ends_and_refused_beyond(field: str, low: int, high: int) -> None:
    """The range is the documented one, to the unit."""
    for fine in (low, high):
        assert getattr(manifest_with(limits={field: fine}).limits, field) == fine
    for wrong in (low - 1, high + 1):
        assert problem_with(limits={field: wrong}) == f"limits.{field}: must be from {low:,} to {high:,}, got {wrong:,}"


@pytest.mark.parametrize(
    ("value", "shown"), [("2000", "'2000'"), (True, "true"), (2000.0, "a number with a point"), (None, "null")]
)
def test_nothing_is_made_into_a_number(value: Any, shown: str) -> None:
    """A text of digits, a truth and a whole float are none."""
    assert problem_with(limits={"timeout_ms": value}) == (
        f"limits.timeout_ms: must be a whole number without quotes, got {shown}"
    )


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", 5, "must be text in quotes, got 5"),
        ("name", ["a"], "must be text in quotes"),
        ("hosts", "a.example.com", "must be a list, got 'a.example.com'"),
        ("limits", 5, "must be a table, got 5"),
        ("limits", [], "must be a table"),
        ("tags", {"a": 1}, "must be a list"),
        ("limits", {"memory_mb": 10**20}, "must be from 1 to 50, got a number beyond all bounds"),
    ],
)
def test_a_value_of_another_kind_is_named_in_plain_words(field: str, value: Any, message: str) -> None:
    """No word of the library that checks gets through."""
    path = f"{field}.{next(iter(value))}" if field == "limits" and value and value != 5 else field
    assert problem_with(**{field: value}) == f"{path}: {message}"


@pytest.mark.parametrize("name", ["a", "0", "a-b", "a" * 50, "a-"])
def test_names_that_are_fine(name: str) -> None:
    """1 to 50 small letters, digits and hyphens."""
    assert manifest_with(name=name).name == name


@pytest.mark.parametrize("name", ["", "a" * 51, "-a", "A", "a_b", "a b", "a\n", "ä", "\u0430", "\u0663", "a.b", "../a"])
def test_names_that_are_not(name: str) -> None:
    """Nothing beyond ASCII, no path, no line break at the end."""
    assert problem_with(name=name).startswith("name: must be 1 to 50 of a-z, 0-9 and '-'")


@pytest.mark.parametrize(
    "version",
    [
        "0.0.4",
        "1.2.3",
        "10.20.30",
        "1.1.2-prerelease+meta",
        "1.0.0-alpha.1",
        "1.0.0-0A.is.legal",
        "1.0.0+0.build.1-rc",
        "2.0.0-rc.1+build.123",
        "1.2.3----RC-SNAPSHOT.12.9.1--.12",
        "99999999999999999999999.999999999999999999.9",
    ],
)
def test_versions_of_semver_2(version: str) -> None:
    """Examples of semver.org that are right."""
    assert manifest_with(version=version).version == version


@pytest.mark.parametrize(
    "version",
    [
        "1",
        "1.2",
        "1.2.3-0123",
        "1.2.3-0123.0123",
        "1.1.2+.123",
        "+invalid",
        "alpha",
        "1.0.0-alpha..1",
        "01.1.1",
        "1.01.1",
        "1.2.3.DEV",
        "v1.2.3",
        "1.2.3\n",
        " 1.2.3",
        "1.2.3-ä",
        "\u0661.2.3",
        "",
    ],
)
def test_versions_that_are_none(version: str) -> None:
    """Examples of semver.org that are wrong, and digits of other scripts."""
    assert problem_with(version=version).startswith("version: must be a version after semver.org")


@pytest.mark.parametrize(("field", "most"), [("description", 200), ("author", 100), ("licence", 100)])
def test_texts_for_people_are_bounded_and_on_one_line(field: str, most: int) -> None:
    """They are shown in terminals: no control characters, nothing that turns the reading direction."""
    assert getattr(manifest_with(**{field: "ä" * most}), field) == "ä" * most
    for wrong in ("x" * (most + 1), "a\nb", "a\x1b[2Jb", "a\u202eb", "a\ud800b"):
        assert problem_with(**{field: wrong}).startswith(f"{field}: must be ")


@pytest.mark.parametrize("name", ["plugin.ts", "main.js", "a_b-c.1.ts"])
def test_scripts_are_files_beside_the_manifest(name: str) -> None:
    """Any bare name that ends in .ts or .js."""
    assert manifest_with(script=name).script == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "plugin",
        "plugin.py",
        "src/plugin.ts",
        "../plugin.ts",
        "/plugin.ts",
        "..\\a.ts",
        ".ts",
        ".a.ts",
        "a.d.ts",
        "a.ts\n",
        "a\0.ts",
        "a.TS",
        "ä.ts",
        "C:a.ts",
        "-a.ts",
    ],
)
def test_scripts_that_are_no_file_beside_the_manifest(name: str) -> None:
    """No folder, no parent, nothing hidden."""
    assert problem_with(script=name).startswith("script: must be the name of a file beside the manifest")


@pytest.mark.parametrize("name", ["", "a-b", "1a", "a.b", "a()", "ä", "a\n", "a" * 129])
def test_an_entry_point_is_a_javascript_name(name: str) -> None:
    """It is written into code, so nothing else can stand there."""
    assert problem_with(entry_point=name).startswith("entry_point: must be a JavaScript name")


@pytest.mark.parametrize("name", ["then", "a.b.__proto__", "a-b", "a..b", "a" * 129, ""])
def test_a_tool_is_one_that_a_host_can_have(name: str) -> None:
    """The rules are those of tools themselves."""
    assert problem_with(tools=[name]).startswith("tools[0]: is no name that a tool can have: ")


HOSTS = [
    "example.com", "a-b.example.com", "xn--bcher-kva.example", "192.0.2.1", "[::1]", "*.example.com", "localhost",
    "", "*", "*.com", "**.example.com", "a.*.com", "*.192.0.2.1", "a b", "https://a.com", "a.com/x", "a.com:80",
    "ä.com", "a.com.", ".a.com", "127.1", "0x7f.1", "[::1%eth0]", "::1", "*.[::1]", "a@b.com", "a.com\n",
]  # fmt: skip


def is_taken_by_http(host: str) -> bool:
    try:
        HttpPolicy(hosts=[host])
    except UsageError:
        return False
    return True


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_is_one_that_an_http_policy_takes(host: str) -> None:
    """What a manifest may name and what can be reached are the same, so a plugin that starts can ask its hosts."""
    if is_taken_by_http(host):
        assert manifest_with(capabilities=["network"], hosts=[host]).hosts == (host,)
    else:
        assert problem_with(capabilities=["network"], hosts=[host]).startswith("hosts[0]: ")


@pytest.mark.parametrize(
    ("host", "plain"), [("EXAMPLE.com", "example.com"), ("*.Example.com", "*.example.com"), ("[0::1]", "[::1]")]
)
def test_a_host_has_one_spelling(host: str, plain: str) -> None:
    """So that hosts are compared letter by letter, in the policy too."""
    assert problem_with(capabilities=["network"], hosts=[host]) == (
        f"hosts[0]: must be written as {plain!r}, got {host!r}"
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [("capabilities", "metrics"), ("hosts", "a.example.com"), ("secrets", "A"), ("tools", "pay"), ("tags", "x")],
)
def test_nothing_is_named_twice(field: str, value: str) -> None:
    """A list that says something twice was not meant so."""
    base = {"capabilities": ["network", "secrets"]}
    assert problem_with(**(base | {field: [value, value]})) == f"{field}: has {value!r} more than once"


@pytest.mark.parametrize(
    ("field", "most", "item"),
    [("tags", 10, "t{}"), ("hosts", 50, "h{}.a.com"), ("tools", 50, "t{}"), ("secrets", 20, "S{}")],
)
def test_lists_are_bounded(field: str, most: int, item: str) -> None:
    """At the documented number, and not beyond."""
    base = {"capabilities": ["network", "secrets"]}
    full = [item.format(number) for number in range(most)]
    assert getattr(manifest_with(**base, **{field: full}), field) == tuple(full)
    assert problem_with(**base, **{field: [*full, item.format(most)]}) == f"{field}: must have at most {most} items"


def test_hosts_without_the_network_are_refused() -> None:
    """They would never be asked: one of the two was forgotten."""
    assert problem_with(hosts=["a.example.com"]) == "hosts: is of no use without 'network' among the capabilities"


@pytest.mark.parametrize(
    ("capabilities", "missing"),
    [([], "'secrets' and 'network'"), (["network"], "'secrets'"), (["secrets"], "'network'")],
)
def test_secrets_without_network_and_secrets_are_refused(capabilities: list[str], missing: str) -> None:
    """A secret goes into a request and nowhere else."""
    assert problem_with(capabilities=capabilities, secrets=["A"]) == (
        f"secrets: is of no use without {missing} among the capabilities"
    )


@pytest.mark.parametrize("address", ["javascript:alert(1)", "http://a.com", "https://a b", "https://" + "a" * 193])
def test_a_repository_is_an_https_address(address: str) -> None:
    """The console makes a link of it."""
    assert problem_with(repository=address).startswith("repository: must be an https:// address")
    assert manifest_with(repository="https://" + "a" * 192).repository == "https://" + "a" * 192


def test_a_secret_in_the_wrong_field_is_not_shown() -> None:
    """Messages go to logs and to people."""
    token = "ghp_" + "a1B2c3D4e5F6" * 3
    found = problem_with(name=token)

    assert "a1B2c3D4" not in found
    assert found.startswith("name: must be 1 to 50 of a-z")


# -- the text itself --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "file", "message"),
    [
        ("a = 1\nb", "plugin.toml", "plugin.toml:2: is no TOML: expected '=' after a key in a key/value pair"),
        ("a = 1\na = 2\n", "plugin.toml", "plugin.toml:2: is no TOML: cannot overwrite a value"),
        ('{"a": 1,\n"b" 2}', "plugin.json", "plugin.json:2: is no JSON: expecting ':' delimiter"),
        ('{"a": 1,\n"a": 2}', "plugin.json", "plugin.json:1 a: is there more than once"),
        ("[1]", "plugin.json", "plugin.json:1: must be a table"),
        ("x = " + "[" * 17, "plugin.toml", "plugin.toml:1: goes more than 16 brackets or dots deep"),
        ("[" * 60_000, "plugin.json", "plugin.json:1: goes more than 16 brackets or dots deep"),
        ("\n" + "a." * 30_000 + "a = 1", "plugin.toml", "plugin.toml:2: goes more than 16 brackets or dots deep"),
        ("x = 1" + "0" * 5_000, "plugin.toml", "plugin.toml: has a number of thousands of digits"),
        ("[1" + "0" * 5_000 + "]", "plugin.json", "plugin.json: has a number of thousands of digits"),
        ("#" * 65_537, "plugin.toml", "plugin.toml: is larger than 65,536 bytes"),
    ],
)
def test_a_text_that_cannot_be_read_says_where(text: str, file: str, message: str) -> None:
    """By line, in the parser's words where it has some; and no text takes a parser down."""
    assert problems_of(text, file) == [message]


def test_bytes_that_are_no_text_are_refused_by_line() -> None:
    """A manifest is UTF-8."""
    with pytest.raises(ManifestError) as caught:
        read_manifest(b'name = "a"\nauthor = "\xff"\n', "plugin.toml")

    assert caught.value.message == "plugin.toml:2: is not UTF-8"


def test_of_thousands_of_problems_the_first_are_told_and_the_others_counted() -> None:
    """64 kB can be 32,000 of them, and a message is for reading."""
    text = "".join(f'{name} = "{value}"\n' for name, value in GOOD.items()) + "tools = [" + "1," * 30_000 + "]\n"
    found = problems_of(text)

    assert len(found) == 51
    assert found[0] == "plugin.toml:6 tools[0]: must be text in quotes, got 1"
    assert found[-1] == "and 29,950 more"


def test_lines_are_found_in_every_way_that_toml_can_be_written() -> None:
    """Dotted keys, inline tables, quoted names, strings over lines, comments, brackets and quotes in strings."""
    text = '''\
# name = "x" [limits]
"name" = "a]b#c"
'version' = \'\'\'
[limits]
1.0.0\'\'\'
description = """
x = 1 \\"""
[[a]]""""
author = "\\"#"   # "
limits.timeout_ms = 1
limits."memory_mb" = 0
hosts = [ # [
  "a.com", [
  "b"
], { c = "}" } ]
tags = [ 1979-05-27 07:32:00, 1.5,
  { x = 1, y = [1, 2] } ]
entry_point = { a.b = 1, c = "," }
'''
    with pytest.raises(ManifestError) as caught:
        read_manifest(text.encode(), "plugin.toml")

    tomllib.loads(text)  # it is right TOML
    assert [(each["path"], each["line"]) for each in caught.value.details["problems"]] == [
        ("name", 2),
        ("version", 3),
        ("description", 6),
        ("limits.timeout_ms", 10),
        ("limits.memory_mb", 11),
        ("hosts[1]", 13),
        ("hosts[2]", 15),
        ("tags[0]", 16),
        ("tags[1]", 16),
        ("tags[2]", 17),
        ("entry_point", 18),
    ]


def test_lines_are_found_in_json() -> None:
    """Names and values over lines, brackets in strings."""
    text = '{"name":\n"]",\n"limits": {"a{": [\n{}], "timeout_ms":\n1}, "\\u0068osts": ["a.com",\n "b c"]}'
    with pytest.raises(ManifestError) as caught:
        read_manifest(text.encode(), "plugin.json")

    found = {each["path"]: each["line"] for each in caught.value.details["problems"]}
    assert found == {
        "name": 1, "version": 1, "description": 1, "author": 1, "entry_point": 1,
        "limits.'a{'": 3, "limits.timeout_ms": 4, "hosts[1]": 6,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("\x1b[31mx\nplugin.json: all is well", "'\\x1b[31mx\\nplugin.json: all is well'"),
        ("ghp_" + "a1B2c3D4e5" * 4, "'[redacted]'"),
        ("x" * 60_000, "'" + "x" * 60 + "'..."),
    ],
)
def test_a_name_that_somebody_made_up_is_shown_like_a_value(key: str, shown: str) -> None:
    """On one line, short, without what moves a cursor, and without secrets."""
    with pytest.raises(ManifestError) as caught:
        read_manifest(json.dumps({key: 1}).encode(), "plugin.json")

    paths = [each["path"] for each in caught.value.details["problems"]]
    assert shown in paths
    assert f"plugin.json:1 {shown}: is no known field" in caught.value.message


def test_a_manifest_holds_no_secret() -> None:
    """What it says is shown in lists and on pages."""
    assert problem_with(author=f"ghp_{'a1B2c3D4e5' * 4}") == "plugin.json:1: holds a secret: github token"


# -- laws -------------------------------------------------------------------------------------------------------------

NAMES = st.sampled_from([*Manifest.model_fields, "nmae", "", "a.b", "[key]"])
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["network", "a.com"])
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(derandomize=True, deadline=None, max_examples=80)
@given(st.dictionaries(NAMES, TREES, max_size=6))
def test_whatever_stands_in_a_manifest_is_refused_in_our_words(data: dict[str, Any]) -> None:
    """Any JSON: a ManifestError with a line for each problem, and no phrase of pydantic's."""
    with pytest.raises(ManifestError) as caught:
        read_manifest(json.dumps(data).encode(), "plugin.json")

    assert "Input should" not in caught.value.message
    assert "is not what belongs here" not in caught.value.message
    assert caught.value.details["problems"]


STRINGS = st.lists(st.text("ab\"'#[]{}=,.:\\\n ", max_size=6), max_size=3)
ROWS = st.tuples(st.text("ab. \"'#[]", min_size=1, max_size=4), STRINGS, st.sampled_from([" ", "\n", "\n\n"]))


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.lists(ROWS, min_size=1, max_size=6, unique_by=lambda row: row[0]), st.booleans())
def test_a_problem_names_the_line_that_its_field_was_written_on(
    rows: list[tuple[str, list[str], str]], is_toml: bool
) -> None:
    """Whatever names and texts hold, in TOML and in JSON, on one line or on many."""
    lines: dict[str, int] = {}
    text = "" if is_toml else "{"
    for key, values, gap in rows:
        lines[key] = text.count("\n") + 1
        listed = f",{gap}".join(json.dumps(value) for value in values)
        text += f"{json.dumps(key)} {'=' if is_toml else ':'} [{gap}{listed}{gap}]" + (" # ]\n" if is_toml else ",")
    text = text if is_toml else text.rstrip(",") + "}"
    with pytest.raises(ManifestError) as caught:
        read_manifest(text.encode(), f"plugin.{'toml' if is_toml else 'json'}")

    unknown = {each["path"]: each["line"] for each in caught.value.details["problems"] if "no known" in each["message"]}
    assert unknown == {path_of((key,)): line for key, line in lines.items()}
