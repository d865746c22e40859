"""The scratch workspace: copied, kept, brought back, and told apart from what it was."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path

import pytest

from belljar.agents.coding import _copy
from belljar.agents.coding._git import git
from belljar.agents.coding._scratch import Scratch
from belljar.errors import PatchError, StoreError, UsageError
from belljar.packs import FileLimits, Workspace
from belljar.packs._patch import apply_patch
from belljar.tools import AbortSignal


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path / "job")


def repository(folder: Path) -> Path:
    subprocess.run(["git", "init", "-q", folder], check=True)  # noqa: S603, S607
    return folder


def files_in(tree: Path) -> dict[str, str]:
    return {
        str(path.relative_to(tree)): os.readlink(path) if path.is_symlink() else path.read_text()
        for path in sorted(tree.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def test_a_repository_is_copied_without_what_git_ignores(scratch: Scratch, tmp_path: Path) -> None:
    """Tracked or new, executable or not; links that lead out stay where they are."""
    origin = repository(tmp_path / "origin")
    (origin / "sub").mkdir()
    for name in ("a.txt", "sub/b.txt", ".env", "run.sh"):
        (origin / name).write_text(name)
    (origin / "run.sh").chmod(0o755)
    (origin / ".gitignore").write_text(".env\n")
    (origin / "inside").symlink_to("sub/b.txt")
    (origin / "sub" / "up").symlink_to("../a.txt")
    (origin / "outside").symlink_to("../elsewhere")
    (origin / "absolute").symlink_to("/etc/passwd")
    _, copied = asyncio.run(scratch.begin(origin))
    assert copied == (6, 2)
    assert files_in(scratch.tree) == {
        ".gitignore": ".env\n",
        "a.txt": "a.txt",
        "inside": "sub/b.txt",
        "run.sh": "run.sh",
        "sub/b.txt": "sub/b.txt",
        "sub/up": "../a.txt",
    }
    assert os.access(scratch.tree / "run.sh", os.X_OK)
    assert not os.access(scratch.tree / "a.txt", os.X_OK)
    assert scratch.folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_of_a_repository_is_copied_by_the_same_rules(scratch: Scratch, tmp_path: Path) -> None:
    """What the repository around it ignores stays where it is."""
    origin = repository(tmp_path / "origin")
    (origin / ".gitignore").write_text(".env\n")
    (origin / "sub").mkdir()
    (origin / "sub" / "a.txt").write_text("a")
    (origin / "sub" / ".env").write_text("TOKEN=1")
    _, copied = asyncio.run(scratch.begin(origin / "sub"))
    assert (copied, list(files_in(scratch.tree))) == ((1, 0), ["a.txt"])


def test_a_folder_without_git_is_copied_without_the_usual_noise(scratch: Scratch, tmp_path: Path) -> None:
    """All but version control's and package managers' folders."""
    origin = tmp_path / "origin"
    for name in ("a.txt", "node_modules/x.js", ".venv/y.py", "sub/z.py"):
        (origin / name).parent.mkdir(parents=True, exist_ok=True)
        (origin / name).write_text(name)
    _, copied = asyncio.run(scratch.begin(origin))
    assert (copied, list(files_in(scratch.tree))) == ((2, 0), ["a.txt", "sub/z.py"])


def test_a_repository_may_be_so_large_and_no_larger(
    scratch: Scratch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In files and in bytes, at the edge."""
    origin = tmp_path / "origin"
    origin.mkdir()
    for number in range(3):
        (origin / str(number)).write_text("1234")
    monkeypatch.setattr(_copy, "FILES", 3)
    monkeypatch.setattr(_copy, "ALL_BYTES", 12)
    assert asyncio.run(scratch.begin(origin))[1] == (3, 0)
    monkeypatch.setattr(_copy, "ALL_BYTES", 11)
    with pytest.raises(UsageError, match="more than 11 bytes"):
        asyncio.run(scratch.begin(origin))
    monkeypatch.setattr(_copy, "ALL_BYTES", 12)
    monkeypatch.setattr(_copy, "FILES", 2)
    with pytest.raises(UsageError, match="more than 2 files"):
        asyncio.run(scratch.begin(origin))


def test_a_hook_or_a_setting_of_the_repository_does_not_run(scratch: Scratch, tmp_path: Path) -> None:
    """A monitor that git would start to find what changed, and hooks."""
    origin = repository(tmp_path / "origin")
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path / 'sprung'}\n")
    trap.chmod(0o755)
    config = origin / ".git" / "config"
    config.write_text(f"{config.read_text()}[core]\n\tfsmonitor = {trap}\n\thooksPath = {tmp_path}\n")
    (origin / "a.txt").write_text("a")
    asyncio.run(scratch.begin(origin))
    assert list(files_in(scratch.tree)) == ["a.txt"]
    assert not (tmp_path / "sprung").exists()


def test_a_state_comes_back_whatever_was_done_since(scratch: Scratch) -> None:
    """Changed, deleted and new files, ignored ones too, folders in the place of files, repositories in the tree."""

    async def run() -> None:
        await scratch.begin(None)
        (scratch.tree / "a.txt").write_text("a")
        (scratch.tree / "b.txt").write_text("b")
        (scratch.tree / ".gitignore").write_text("*.log\n")
        state = await scratch.keep()
        before = files_in(scratch.tree)
        await scratch.restore(state)
        (scratch.tree / "a.txt").write_text("A")
        (scratch.tree / "b.txt").unlink()
        (scratch.tree / "b.txt").mkdir()
        (scratch.tree / "b.txt" / "c").write_text("c")
        (scratch.tree / "x.log").write_text("x")
        repository(scratch.tree / "inner")
        (scratch.folder / "history" / "index.lock").touch()  # as a killed git leaves it
        await scratch.restore(state)
        assert files_in(scratch.tree) == before
        assert not (scratch.tree / "inner").exists()
        assert await scratch.keep() == state

    asyncio.run(run())


def test_the_same_files_are_the_same_state(scratch: Scratch) -> None:
    """Whoever made them, and when: a step that is done again comes to the same."""

    async def run() -> None:
        empty, _ = await scratch.begin(None)
        (scratch.tree / "a.txt").write_text("a")
        first = await scratch.keep()
        assert first != empty
        await scratch.restore(empty)
        assert files_in(scratch.tree) == {}
        (scratch.tree / "a.txt").write_text("a")
        assert await scratch.keep() == first

    asyncio.run(run())


def diffed(scratch: Scratch, before: dict[str, bytes], after: dict[str, bytes]) -> str:
    async def run() -> str:
        await scratch.begin(None)
        states = []
        for files in (before, after):
            for path in scratch.tree.iterdir():
                path.unlink()
            for name, data in files.items():
                (scratch.tree / name).write_bytes(data)
            states.append(await scratch.keep())
        return await scratch.diff(*states)

    return asyncio.run(run())


def test_a_patch_is_of_bytes_as_they_are(scratch: Scratch) -> None:
    """Whatever the tree's attributes say of line ends, filters and binaries; a rename is a file less and one more."""
    attributes = b"* text=auto eol=crlf ident filter=x\n*.txt binary -diff\n"
    before = {".gitattributes": attributes, "a.txt": b"one\r\n$Id$\r\n", "old": b"same\n"}
    text = diffed(scratch, before, {".gitattributes": attributes, "a.txt": b"two\r\n$Id$\r\n", "new": b"same\n"})
    shown = [line for line in text.split("\n") if not line.startswith("index ")]
    assert shown == [
        "diff --git a/a.txt b/a.txt",
        "--- a/a.txt",
        "+++ b/a.txt",
        "@@ -1,2 +1,2 @@",
        "-one\r",
        "+two\r",
        " $Id$\r",
        "diff --git a/new b/new",
        "new file mode 100644",
        "--- /dev/null",
        "+++ b/new",
        "@@ -0,0 +1 @@",
        "+same",
        "diff --git a/old b/old",
        "deleted file mode 100644",
        "--- a/old",
        "+++ /dev/null",
        "@@ -1 +0,0 @@",
        "-same",
        "",
    ]


def test_a_patch_that_is_applied_gives_the_same_bytes(scratch: Scratch, tmp_path: Path) -> None:
    """By the machinery that applies models' patches: line ends, no line feed at the end, odd names, empty files."""
    before = {"a.txt": b"one\r\ntwo\nthree", "gone": b"x\n", "two words.txt": b"1\n2\n3\n", "empty": b""}
    after = {
        "a.txt": b"one\r\nTWO\nthree\n",
        "two words.txt": b"1\n2\n3",
        '\u00e4".txt': b"\xc3\xa4\n",
        "-- x": b"--- a\n+++ b\n@@ -1 +1 @@\n",
        "seps": "line\x0cfeed\x85 \u2028 \u00a0\n".encode(),
        "new-empty": b"",
    }
    text = diffed(scratch, before, after)
    target = tmp_path / "target"
    target.mkdir()
    for name, data in before.items():
        (target / name).write_bytes(data)
    apply_patch(Workspace(target), text, FileLimits(fuzz=0), AbortSignal())
    assert {path.name: path.read_bytes() for path in target.iterdir()} == after


@pytest.mark.parametrize("data", [b"a\0b\n", b"\xff\xfe\n"])
def test_what_is_no_text_is_in_no_patch(scratch: Scratch, data: bytes) -> None:
    """The error names the file."""
    with pytest.raises(PatchError, match=r"pic\.png is binary, and a patch is text"):
        diffed(scratch, {}, {"a.txt": b"a\n", "pic.png": data})


def test_a_change_of_kind_or_mode_is_in_no_patch(scratch: Scratch) -> None:
    """A link, and a file that becomes a program."""

    async def run(name: str) -> None:
        await scratch.begin(None)
        (scratch.tree / "a.sh").write_text("a\n")
        before = await scratch.keep()
        if name == "link":
            (scratch.tree / "link").symlink_to("a.sh")
        else:
            (scratch.tree / "a.sh").chmod(0o755)
        await scratch.diff(before, await scratch.keep())

    for name in ("link", "a.sh"):
        with pytest.raises(PatchError, match=f"{name} changes its kind or its mode"):
            asyncio.run(run(name))


def test_git_that_fails_is_an_error_with_its_words(tmp_path: Path) -> None:
    """Not with its exit code alone."""
    with pytest.raises(StoreError, match=r"git rev-parse in .* failed: fatal: not a git repository"):
        asyncio.run(git("rev-parse", "HEAD", folder=tmp_path))
