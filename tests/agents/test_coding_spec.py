"""Specifications: what one says, and everything that can be wrong with it, with file and line."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from coding_support import SPECIFICATION
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar.agents._model_scripted import ScriptedModel
from belljar.agents.coding import Budget, Specification, Terms, build_input, load_specification
from belljar.agents.coding._spec import FILE_BYTES, read_specification
from belljar.errors import ManifestError, SecretFoundError, UsageError

TOKEN = "ghp_" + "a1B2" * 9


def spec(block: str, text: str = "Do it.", title: str = "# Title") -> str:
    return f"{title}\n\n{text}\n\n```toml belljar\n{block}\n```\n\nMore.\n"


def problems_of(text: str) -> list[dict[str, Any]]:
    with pytest.raises(ManifestError) as refused:
        read_specification(text, "SPEC.md")
    problems: list[dict[str, Any]] = refused.value.details["problems"]
    return problems


def test_a_specification_is_markdown_with_one_block() -> None:
    """The model reads all of it but the block."""
    block = 'accept = ["make", "test"]\ntimeout_s = 9\nfiles = ["a.py"]\n[budget]\ntokens = 5_000\nrepairs = 0'
    assert read_specification(spec(block), "SPEC.md") == Specification(
        file="SPEC.md",
        title="Title",
        text="# Title\n\nDo it.\n\n\nMore.",
        terms=Terms(accept=("make", "test"), timeout_s=9, files=("a.py",), budget=Budget(tokens=5_000, repairs=0)),
    )


def test_what_is_not_said_has_defaults() -> None:
    """A budget is never endless."""
    terms = read_specification(spec('accept = ["make"]'), "SPEC.md").terms
    assert terms.model_dump() == {
        "accept": ("make",),
        "timeout_s": 120,
        "files": (),
        "keep": (),
        "budget": {
            "tokens": 400_000,
            "model_calls": 20,
            "tool_calls": 400,
            "work_s": 1_800,
            "repairs": 5,
            "reply_tokens": 16_000,
        },
    }


@pytest.mark.parametrize(
    ("block", "line", "path", "message"),
    [
        ("", 5, "accept", "is missing"),
        ('accept = "make test"', 6, "accept", "must be a list"),
        ("accept = []", 6, "accept", "must begin with the bare name of a program, which is sought in PATH"),
        ('accept = ["./make"]', 6, "accept", "must begin with the bare name of a program, which is sought in PATH"),
        ('accept = ["make", 1]', 6, "accept[1]", "must be text in quotes, got 1"),
        ('accept = ["make"]\n\ntimeout_s = 0', 8, "timeout_s", "must be from 1 to 3,600, got 0"),
        ('accept = ["make"]\ntimeout_s = 3_601', 7, "timeout_s", "must be from 1 to 3,600, got 3,601"),
        ('accept = ["make"]\nfiles = ["../x"]', 7, "files", "must be paths inside of the repository"),
        ('accept = ["make"]\nfiles = ["/x"]', 7, "files", "must be paths inside of the repository"),
        ('accept = ["make"]\nkeep = ["/tests"]', 7, "keep", "must be paths inside of the repository"),
        ('accept = ["make"]\nkeep = [""]', 7, "keep", "must be paths inside of the repository"),
        ('accept = ["make"]\nkeep = ["./tests"]', 7, "keep", "must be written without './'"),
        ('accept = ["make"]\n[budget]\ntokns = 1', 8, "budget.tokns", "is no known field; did you mean 'tokens'?"),
        ('accept = ["make"]\n[budget]\nrepairs = -1', 8, "budget.repairs", "must be from 0 to 100, got -1"),
        (
            'accept = ["make"]\n[budget]\nwork_s = true',
            8,
            "budget.work_s",
            "must be a whole number without quotes, got true",
        ),
        ("accept = [", 6, "", "is no TOML: "),
    ],
)
def test_what_is_wrong_in_the_block_is_named(block: str, line: int, path: str, message: str) -> None:
    """With the line of the file, not of the block."""
    [problem] = problems_of(spec(block))
    assert (problem["file"], problem["line"], problem["path"]) == ("SPEC.md", line, path)
    assert problem["message"].startswith(message)


def test_all_that_is_wrong_is_said_at_once() -> None:
    """In the block and around it."""
    found = problems_of(spec('accept = ["make"]\ntimeout_s = 0\nfiles = 1', title="Title"))
    assert [(each["line"], each["path"]) for each in found] == [(1, ""), (7, "timeout_s"), (8, "files")]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("# Title\n\nText.\n", 1, "has no block ```toml belljar with the acceptance command"),
        (spec('accept = ["a"]') + spec('accept = ["b"]'), 14, "has more than one block"),
        ("# Title\n\nText.\n\n```toml belljar\naccept = ['a']\n", 5, "has a block that does not end"),
        ("Text.\n```toml belljar\naccept = ['a']\n```\n", 1, "has no title: a line that begins with '# '"),
        ("\n# Title\n```toml belljar\naccept = ['a']\n```\n", 2, "says nothing below its title"),
    ],
)
def test_what_is_wrong_around_the_block_is_named(text: str, line: int, message: str) -> None:
    """No block, two, one without an end; no title, no text."""
    [problem] = [each for each in problems_of(text) if each["message"] == message]
    assert problem["line"] == line


def test_a_block_may_have_other_fences() -> None:
    """Longer ones, and tildes, as in any Markdown; its end is as long as its beginning."""
    for fence in ("````", "~~~"):
        text = spec("accept = ['''a\n```\n''']").replace("```toml belljar", f"{fence}toml belljar")
        text = text.replace("```\n\nMore", f"{fence}\n\nMore")
        [problem] = problems_of(text)
        assert problem["path"] == "accept"


def test_a_specification_may_come_from_windows() -> None:
    """Its lines end in two characters."""
    text = spec('accept = ["make"]\ntimeout_s = 9')
    assert read_specification(text.replace("\n", "\r\n"), "SPEC.md") == read_specification(text, "SPEC.md")


@pytest.mark.parametrize(
    ("before", "after"),
    [("<!--", "-->"), ("<!-- a --> b <!-- c", "-->"), ("````", "````"), ("   ~~~ text", "~~~")],
)
def test_what_no_reader_sees_is_no_block(before: str, after: str) -> None:
    """In a comment, or shown as an example: the command is the one that people read, and so is the title."""
    seen, hidden = spec('accept = ["make"]'), spec('accept = ["rm"]', title="# Other")
    read = read_specification(f"{before}\n{hidden}{after}\n{seen}", "SPEC.md")
    assert (read.title, read.terms.accept) == ("Title", ("make",))
    [problem] = [each for each in problems_of(f"{before}\n{hidden}{after}\n") if "block" in each["message"]]
    assert problem["message"].startswith("has no block")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    """Neither as a specification nor as a model's answers; and answers have a bound."""
    pipe, large = tmp_path / "pipe", tmp_path / "large.json"
    os.mkfifo(pipe)
    large.write_text(json.dumps(["x" * (4 << 20)]))

    with pytest.raises(ManifestError, match="pipe: cannot be read: it is no plain file"):
        load_specification(pipe)
    with pytest.raises(UsageError, match="cannot be read: it is no plain file"):
        ScriptedModel.load(pipe)
    with pytest.raises(UsageError, match="is no JSON list of at most 4,194,304 bytes"):
        ScriptedModel.load(large)


def test_a_file_is_read_whole_or_refused(tmp_path: Path) -> None:
    """Missing, too large by a byte, no UTF-8."""
    file = tmp_path / "SPEC.md"
    with pytest.raises(ManifestError, match=r"SPEC\.md: cannot be read: No such file"):
        load_specification(file)
    rest = spec('accept = ["make"]')
    file.write_text(rest + "x" * (FILE_BYTES - len(rest)))
    assert load_specification(file).title == "Title"
    file.write_text(rest + "x" * (FILE_BYTES - len(rest) + 1))
    with pytest.raises(ManifestError, match=r"SPEC\.md: is larger than 131,072 bytes"):
        load_specification(file)
    file.write_bytes(b"# Title\n\n\xff\n")
    with pytest.raises(ManifestError, match=r"SPEC\.md:3: is not UTF-8"):
        load_specification(file)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.text(alphabet="#`~ tomlbejarcp=[]\"'\n1.", max_size=200))
def test_any_text_is_a_specification_or_refused(text: str) -> None:
    """With at least one problem, whose line is in the file."""
    try:
        read_specification(text, "SPEC.md")
    except ManifestError as error:
        for problem in error.details["problems"]:
            assert 1 <= (problem["line"] or 1) <= text.count("\n") + 1


# -- the input of a job -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("as a dict.", f"with {TOKEN}.", r"SPEC\.md:3 holds a secret: github token"),
        ("as a dict.", "with password = 'Corr3ct-Horse-Battery9'.", r"SPEC\.md:3 holds a secret: named secret"),
        ('"-q"', f'"{TOKEN}"', r"SPEC\.md:6 holds a secret: github token"),
        ("timeout_s", f"# {TOKEN}\ntimeout_s", r"SPEC\.md:7 holds a secret: github token"),
        ('"-q"', f'"\\u0067{TOKEN[1:]}"', r"the block of SPEC\.md:1 holds a secret: github token"),
    ],
)
def test_a_specification_with_a_secret_begins_no_job(tmp_path: Path, old: str, new: str, place: str) -> None:
    """It would go to a provider, and into the store; so does the block, however it is written."""
    (tmp_path / "SPEC.md").write_text(SPECIFICATION.replace(old, new))
    with pytest.raises(SecretFoundError, match=place) as found:
        build_input(tmp_path / "SPEC.md", model="scripted:x", out=tmp_path / "out.diff")
    assert TOKEN not in str(found.value.to_dict())


def test_an_input_is_checked_before_anything_begins(tmp_path: Path) -> None:
    """What cannot work is said while somebody is there to hear it."""
    (tmp_path / "SPEC.md").write_text(SPECIFICATION)
    good: dict[str, Any] = {"model": "scripted:x", "out": tmp_path / "out.diff"}
    for wrong, message in (
        ({"model": "x"}, "there is no model 'x'"),
        ({"apply": True}, "a patch is applied to a repository, and none is given"),
        ({"repository": tmp_path / "none"}, "is no folder"),
        ({"out": tmp_path}, "no patch can be written to"),
        ({"out": tmp_path / "none" / "out.diff"}, "no patch can be written to"),
        ({"out": tmp_path / "SPEC.md"}, "there is another file"),
        ({"out": "/dev/null"}, "it is no file"),
    ):
        with pytest.raises(UsageError, match=message):
            build_input(tmp_path / "SPEC.md", **{**good, **wrong})
    given_to = build_input(tmp_path / "SPEC.md", **good)
    assert given_to.specification.title == "Count words"
    assert Path(given_to.scratch).is_absolute()
