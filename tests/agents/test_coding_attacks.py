"""What a model, a command or a repository may try: secrets that leave, states that stay, files that are not its own."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import coding_support as support
import pytest
from coding_support import DONE, EXISTS, GRANTED

from belljar.agents._model import Message, ModelReply, model_error
from belljar.agents._model_scripted import Scripted, ScriptedModel
from belljar.agents._steps import JobData
from belljar.agents.coding import _accept, _build, _deliver
from belljar.agents.coding._apply import apply_exactly, still_to_apply
from belljar.agents.coding._deliver import Plan
from belljar.agents.coding._scratch import Scratch
from belljar.agents.coding._secrets import secrets_in
from belljar.errors import AgentBudgetError, ModelError, PatchError, UsageError
from belljar.store import Store, open_store
from belljar.tools import AbortSignal

TOKEN = "ghp_" + "a1B2" * 9
BODY = ["MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDq", "q7Xh3uV0mZk2n8Yb5Rt1Lw9Pd6Sf4Ga0Jc3Ke7Mi2No5Qu8Tv1Wx"]
KEY = "\n".join(["-----BEGIN PRIVATE KEY-----", *BODY, "-----END PRIVATE KEY-----", ""])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "runs.db") as opened:
        yield opened


class Heard(ScriptedModel):
    """Keeps what it was asked."""

    def __init__(self, replies: Sequence[str | Scripted]) -> None:
        super().__init__(replies)
        self.said = ""

    async def reply(self, messages: Sequence[Message], *, max_tokens: int) -> ModelReply:
        self.said += "\n".join(message.text for message in messages)
        return await super().reply(messages, max_tokens=max_tokens)


def build(store: Store, folder: Path, *replies: str | Scripted, **options: Any) -> tuple[Any, Heard]:
    model = Heard(replies)
    job = support.begin(store, folder, **{"specification": EXISTS, "permission": GRANTED, **options})
    return asyncio.run(support.go(job, model)), model


def written(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("runs.db*"))


def python(code: str) -> dict[str, Any]:
    """A specification whose command is this code."""
    specification = support.SPECIFICATION.replace('"-m", "unittest", "-q"', f'"-c", {json.dumps(code)}')
    return {"specification": specification, "permission": support.permission()}


# -- secrets ----------------------------------------------------------------------------------------------------------


def test_a_reply_with_a_secret_is_not_run_and_not_kept(store: Store, tmp_path: Path) -> None:
    """The model is told so, and writes it again without."""
    first = support.script(support.new_file("done.txt", f"{TOKEN}\n"))
    second = Scripted(text=support.script(DONE), expect=("Nothing of your reply was run: it holds a secret (github",))
    report, model = build(store, tmp_path, first, second)

    assert (report.state, report.repairs) == ("waiting", 0)
    assert TOKEN not in model.said
    assert TOKEN.encode() not in written(tmp_path)


def test_no_line_of_a_secret_in_the_repository_gets_to_the_model(store: Store, tmp_path: Path) -> None:
    """By a search, by lines, by bytes, or by an error that shows what is there."""
    there = tmp_path / "there"
    there.mkdir()
    (there / "key.pem").write_text(KEY)
    near = f"--- a/key.pem\n+++ b/key.pem\n@@ -2,2 +2,2 @@\n {BODY[0][:-1]}\n-a\n+b\n"
    looks = (
        "tools.grepFiles({pattern: '^MII'})",
        "tools.readFile({path: 'key.pem', start: 2, end: 3})",
        "tools.readFile({path: 'key.pem', encoding: 'bytes', offset: 31})",
        f"tools.applyPatch({{patch: {json.dumps(near)}}})",
    )
    script = "\n".join(
        f"try {{ out.push(await {look}) }} catch (error) {{ out.push(String(error)) }}" for look in looks
    )
    first = f"<tool-calls>\nconst out: unknown[] = [];\n{script}\nreturn out;\n</tool-calls>"
    _, model = build(store, tmp_path, first, support.script(DONE), repository=there)

    assert "files are read as text here, by lines" in model.said
    assert "[redacted]" in model.said
    for secret in BODY:
        assert secret not in model.said
        assert secret.encode() not in written(tmp_path)


def test_lines_of_secrets_are_known_and_ordinary_ones_are_not(tmp_path: Path) -> None:
    """Each line of a key, and a token, whatever will stand before them; nothing of what is no text."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "key.pem").write_text(KEY)
    (tmp_path / "plain.py").write_text(
        "token = read_token()\npassword = 'password123'\nauth_token = 'application/json'\n"
    )
    (tmp_path / "token.txt").write_text(f"{TOKEN}\n")
    (tmp_path / "binary").write_bytes(b"\0" + KEY.encode())

    assert secrets_in(tmp_path, is_over=lambda: False) == {*BODY, TOKEN}
    assert secrets_in(tmp_path, is_over=lambda: True) == set()
    (tmp_path / "large").write_text(f"{KEY}{'x' * (1 << 20)}".replace("q7Xh", "q7Yh"))
    assert secrets_in(tmp_path, is_over=lambda: False) == {*BODY, TOKEN}


def test_what_this_process_was_given_to_keep_is_shown_to_nobody(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A provider's key has any form; a command finds it in its parent's environment."""
    monkeypatch.setenv("ACME_API_KEY", "plain-words-of-acme7")
    code = "import os; print('plain-words-' + 'of-acme7'); raise SystemExit(not os.path.exists('done.txt'))"
    _, model = build(
        store, tmp_path, support.script(support.new_file("a", "a\n")), support.script(DONE), **python(code)
    )

    assert "BEGIN DATA\n[redacted]\nEND DATA" in model.said
    assert b"plain-words-of-acme7" not in written(tmp_path)


@pytest.mark.parametrize("before", ["-", "+ ", "E     - ", "< ", "\x1b[1m\x1b[31m", "-\x1b[0;1m"])
def test_a_secret_in_a_comparison_or_in_colours_is_one(before: str) -> None:
    """A test that fails prints lines so; nobody needs the colours."""
    key = "\n".join(before + line for line in KEY.splitlines())
    said = f"{before}{TOKEN}\n{before}password = 'Corr3ct-Horse-Battery9'\n{key}\n"
    clean = _accept._OutputCleaner().value({"stdout": said, "stderr": said, "truncated": False})

    for stream in ("stdout", "stderr"):
        assert not [each for each in (TOKEN, "Corr3ct", *BODY, "\x1b") if each in clean[stream]]
    assert _accept._OutputCleaner().value("other") == "other"


def test_nothing_is_shown_of_what_is_beside_a_cut() -> None:
    """There may be half of a secret, which looks like none."""
    edge = _accept._EDGE
    text = "a" * (edge + 1) + "\n[... 1,000 bytes left out ...]\n" + "b" * (edge + 2)
    cleaner = _accept._OutputCleaner()

    assert cleaner.value({"stdout": text, "stderr": "short", "truncated": True}) == {
        "stdout": "a\n[... the middle is left out ...]\nbb",
        "stderr": "short",
        "truncated": True,
    }
    assert cleaner.value({"stdout": text, "stderr": "", "truncated": False})["stdout"] == text


# -- the workspace ----------------------------------------------------------------------------------------------------


def test_nothing_that_a_command_left_helps_the_next_one(store: Store, tmp_path: Path) -> None:
    """A repository of its own is what git itself says nothing of."""
    code = "import os; a = os.path.exists('.git/ok'); os.makedirs('.git', exist_ok=True); open('.git/ok', 'w');"
    code += " raise SystemExit(not a)"
    specification = python(code)["specification"].replace("timeout_s = 20", "[budget]\nrepairs = 1")
    tries = [support.script(support.new_file(name, "a\n")) for name in ("a", "b")]
    with pytest.raises(AgentBudgetError, match="repairs 1 of 1"):
        build(store, tmp_path, *tries, specification=specification, permission=support.permission())


def test_a_command_that_removes_its_folder_has_only_failed(store: Store, tmp_path: Path) -> None:
    """And all that is beside it."""
    code = "import os, shutil; done = os.path.exists('done.txt'); shutil.rmtree('..') if not done else None;"
    code += " raise SystemExit(not done)"
    report, _ = build(
        store, tmp_path, support.script(support.new_file("a", "a\n")), support.script(DONE), **python(code)
    )

    assert (report.state, report.repairs, report.summary) == ("waiting", 1, "2 files, +2 -0: a, done.txt")


def test_names_that_another_system_would_not_take_are_names(store: Store, tmp_path: Path) -> None:
    """Git refuses some unless it is told that files are looked at by somebody else."""
    report, _ = build(store, tmp_path, support.script(support.new_file("git~1", "a\n"), DONE))

    assert report.summary == '2 files, +2 -0: done.txt, "git~1"'


def test_a_link_that_leads_out_by_way_of_another_stays_where_it_is(tmp_path: Path) -> None:
    """Read letter by letter it would be inside."""
    origin = tmp_path / "origin"
    origin.mkdir()
    (origin / "d").symlink_to(".")
    (origin / "z").symlink_to("d/d/d/../../secret")
    (origin / "a").write_text("a")
    scratch = Scratch(tmp_path / "job")
    _, copied = asyncio.run(scratch.begin(origin))

    assert copied == (2, 1)
    assert sorted(path.name for path in scratch.tree.iterdir()) == ["a", "d"]


def test_a_folder_of_which_nothing_can_be_copied_is_no_empty_one(tmp_path: Path) -> None:
    """A repository around it that ignores all; one that is only begun is empty."""
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    for folder in (inner.parent, tmp_path / "new"):
        subprocess.run(["git", "init", "-q", folder], check=True)  # noqa: S603, S607
    (inner.parent / ".gitignore").write_text("*\n")
    (inner / "a").write_text("a")
    scratch = Scratch(tmp_path / "job")
    with pytest.raises(UsageError, match=r"no file of .* can be copied: git ignores all of them"):
        asyncio.run(scratch.begin(inner))
    assert asyncio.run(scratch.begin(tmp_path / "new"))[1] == (0, 0)


def test_a_workspace_comes_back_from_closed_and_deep_folders(tmp_path: Path) -> None:
    """Whoever made them so."""
    scratch = Scratch(tmp_path / "job")

    async def run() -> None:
        state, _ = await scratch.begin(None)
        await scratch.restore(state)
        (scratch.tree / "closed" / "below").mkdir(parents=True)
        (scratch.tree / "closed" / "below").chmod(0)
        (scratch.tree / "closed").chmod(0)
        await scratch.restore(state)
        assert list(scratch.tree.iterdir()) == []
        _dig(scratch.tree)
        await scratch.restore(state)

    asyncio.run(run())
    assert list(scratch.tree.iterdir()) == []


def _dig(folder: Path) -> None:
    """Deeper than a path may be long."""
    at = os.open(folder, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("n" * 250, dir_fd=at)
        below = os.open("n" * 250, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)


# -- the budget -------------------------------------------------------------------------------------------------------


def test_an_answer_costs_at_least_what_its_letters_do(store: Store, tmp_path: Path) -> None:
    """A provider that says nothing of its price is not free."""
    free = Scripted(text="x" * 8_000, input_tokens=0, output_tokens=0)
    specification = EXISTS.replace("timeout_s = 20", "[budget]\ntokens = 6_000")
    with pytest.raises(AgentBudgetError, match="tokens"):
        build(store, tmp_path, *[free] * 20, specification=specification)


@pytest.mark.parametrize("text", ["\u4e2d" * 66_667, "\x01" * 33_334])
def test_a_reply_is_as_long_as_what_is_kept_of_it(store: Store, tmp_path: Path, text: str) -> None:
    """Letters of three bytes, and such as are written as six."""
    with pytest.raises(ModelError, match="answered more than 200,000 bytes"):
        build(store, tmp_path, text)


def test_a_job_ends_before_it_has_no_room_for_an_answer(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a budget like the others, and the question that would be lost is not asked."""
    monkeypatch.setattr(_build, "_KEPT", 2_000)
    with pytest.raises(AgentBudgetError, match=r"kept_bytes 2,\d\d\d of 2,000"):
        build(store, tmp_path, "x" * 2_000, "y")


@pytest.mark.parametrize("is_free", [True, False])
def test_a_question_that_nobody_heard_costs_nothing(store: Store, tmp_path: Path, is_free: bool) -> None:
    """With a wrong key a job can be tried as often as it takes to find the right one."""

    class Closed:
        async def reply(self, messages: Any, *, max_tokens: int) -> ModelReply:
            raise model_error(f"no {len(messages)} {max_tokens}", is_passing=False, is_free=is_free)

    job = support.begin(store, tmp_path, EXISTS, permission=GRANTED)
    with pytest.raises(ModelError):
        asyncio.run(support.go(job, Closed()))
    asked = JobData.of(job.id, store.agents.get(job.id).data).notes["spent"]["questions"]
    assert len(asked) == (0 if is_free else 1)


# -- where the patch goes ---------------------------------------------------------------------------------------------


def test_the_patch_of_an_earlier_job_is_no_part_of_the_work(store: Store, tmp_path: Path) -> None:
    """It lies in the repository as often as not."""
    there = tmp_path / "there"
    there.mkdir()
    (there / "out.diff").write_text("diff --git a/x b/x\n")
    look = "<tool-calls>\nreturn (await tools.listDir({})).entries.length\n</tool-calls>"
    expect = Scripted(text=support.script(DONE), expect=("Script 1: 0",))
    build(store, tmp_path, look, expect, repository=there, out=there / "out.diff")


def test_a_new_file_is_new_in_the_repository_too(store: Store, tmp_path: Path) -> None:
    """One that git ignores is in no copy: the model is told, and nothing of anybody's is written over."""
    there = tmp_path / "there"
    there.mkdir()
    subprocess.run(["git", "init", "-q", there], check=True)  # noqa: S603, S607
    (there / ".gitignore").write_text("n.txt\n")
    (there / "n.txt").write_text("")
    told = Scripted(
        text=support.script("--- a/n.txt\n+++ /dev/null\n"),
        expect=("n.txt is there already, outside of your copy of the files",),
    )
    first = support.script(support.new_file("n.txt", "b\n"), DONE)
    report, _ = build(store, tmp_path, first, told, repository=there, apply=True)
    assert (report.state, report.summary) == ("waiting", "1 file, +1 -0: done.txt")


def test_what_is_to_be_kept_is_there(store: Store, tmp_path: Path) -> None:
    """A pattern that is like no file keeps nothing, and would say nothing of it."""
    there = tmp_path / "there"
    (there / "tests").mkdir(parents=True)
    (there / "tests" / "a.txt").write_text("a\n")
    keep = EXISTS.replace("timeout_s = 20", 'timeout_s = 20\nkeep = ["tests/"]')
    first = support.script(support.new_file("tests/b.txt", "b\n"), DONE)
    told = Scripted(text=support.script("--- a/tests/b.txt\n+++ /dev/null\n"), expect=("b.txt is to stay as it is",))
    report, _ = build(store, tmp_path, first, told, repository=there, specification=keep)
    assert (report.state, report.repairs) == ("waiting", 1)
    with pytest.raises(UsageError, match="no file is like 'test', which is to be kept"):
        build(store, tmp_path, repository=there, specification=keep.replace("tests/", "test"))


def blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def change(path: str, old: bytes, new: bytes) -> str:
    """As git writes it, for files of one line."""
    lines = f"-{old.decode()}+{new.decode()}"
    index = f"index {blob(old)}..{blob(new)} 100644"
    return f"diff --git a/{path} b/{path}\n{index}\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n{lines}"


def test_a_patch_is_applied_to_the_files_that_it_was_made_of(tmp_path: Path) -> None:
    """To the rest of them, where a process died in the middle; to no others, and to none behind a link."""
    patch = change("a", b"1\n", b"2\n") + change("b", b"3\n", b"4\n")
    there = tmp_path / "there"
    there.mkdir()
    (there / "a").write_text("1\n")
    (there / "b").write_text("3\n")
    assert still_to_apply(patch, str(there)) == patch
    (there / "a").write_text("2\n")
    assert still_to_apply(patch, str(there)) == change("b", b"3\n", b"4\n")
    (there / "b").write_text("4\n")
    assert still_to_apply(patch, str(there)) == ""
    (there / "b").write_text("3\n# mine\n")
    with pytest.raises(PatchError, match="changed in the repository since the job began: b"):
        still_to_apply(patch, str(there))
    shutil.move(there, tmp_path / "away")
    there.symlink_to(tmp_path / "away")
    with pytest.raises(PatchError, match="is a link now"):
        still_to_apply(patch, str(there))


def test_what_a_killed_process_left_of_applying_is_taken_away(tmp_path: Path) -> None:
    """A name that it had taken, files of its own; a file of somebody's under that name is not."""
    new = f"diff --git a/d/n b/d/n\nnew file mode 100644\nindex {'0' * 40}..{blob(b'1' + chr(10).encode())}\n"
    new += "--- /dev/null\n+++ b/d/n\n@@ -0,0 +1 @@\n+1\n"
    patch = change("a", b"1\n", b"2\n") + new
    (tmp_path / "there" / "d").mkdir(parents=True)
    (tmp_path / "there" / "a").write_text("2\n")
    (tmp_path / "there" / "d" / "n").write_text("")
    for place in ("there", "there/d"):
        (tmp_path / place / f".belljar-{'ab' * 8}").write_text("half")
    plan = Plan(patch=patch, out=str(tmp_path / "out.diff"), apply_to=str(tmp_path / "there"))
    _deliver._Delivery(plan).deliver(**plan.arguments, signal=AbortSignal())

    files = {str(path.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {"out.diff": patch, "there/a": "2\n", "there/d/n": "1\n"}
    (tmp_path / "there" / "d" / "n").write_text("mine")
    with pytest.raises(PatchError, match="changed in the repository since the job began: d/n"):
        still_to_apply(patch, str(tmp_path / "there"))


@pytest.mark.parametrize(
    ("old", "new"),
    [("\ufeffa\n", "\ufeffb\n"), ("\ufeffa\nx\n", "\ufeffa\ny\n"), ("a\n", "b\n")],
)
def test_a_byte_order_mark_stays_where_it_is(tmp_path: Path, old: str, new: str) -> None:
    """The patch has it in its first line, and who applies patches does not count it."""
    scratch = Scratch(tmp_path / "job")

    async def diff() -> str:
        await scratch.begin(None)
        (scratch.tree / "e.txt").write_text(old)
        before = await scratch.keep()
        (scratch.tree / "e.txt").write_text(new)
        after = await scratch.keep()
        text = await scratch.diff(before, after)
        await scratch.try_patch(text, before, after)
        with pytest.raises(PatchError):
            await scratch.try_patch(text, after, before)
        return text

    text = asyncio.run(diff())
    (tmp_path / "e.txt").write_text(old)
    apply_exactly(tmp_path, text, AbortSignal())
    assert (tmp_path / "e.txt").read_text() == new
