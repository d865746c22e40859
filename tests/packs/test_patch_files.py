"""applyPatch on files: all of a patch or none of it, on the disk too, and what the result says."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import resource
import stat
import struct
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import error_of, failed, value_of

from belljar import AbortSignal, AutoApprover, BelljarError
from belljar.errors import CallAbortedError, PatchError, WorkspaceError
from belljar.packs import FileLimits, Workspace, files
from belljar.packs._patch import apply_patch

ALL = AutoApprover("all")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="attributes are kept on Linux only")

CHANGE_A = "--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n"
CHANGE_B = "--- a/sub/b\n+++ b/sub/b\n@@ -1 +1 @@\n-bee\n+B\n"
CREATE = "--- /dev/null\n+++ b/new/deep/c\n@@ -0,0 +1 @@\n+sea\n"
DELETE = "--- a/d\n+++ /dev/null\n@@ -1 +0,0 @@\n-dee\n"
RENAME = "diff --git a/e b/sub/f\nrename from e\nrename to sub/f\n"
EVERYTHING = CHANGE_A + CHANGE_B + CREATE + DELETE + RENAME


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    for path, text in {"a": "one\ntwo\n", "sub/b": "bee\n", "d": "dee\n", "e": "ee\n"}.items():
        (tmp_path / path).write_text(text)
    return tmp_path


def contents(root: Path) -> dict[str, str]:
    """Every file, whatever its name."""
    return {str(path.relative_to(root)): path.read_text() for path in sorted(root.rglob("*")) if path.is_file()}


def apply(root: Path, patch: str, **limits: Any) -> Any:
    source = f"return await tools.applyPatch({{patch: {json.dumps(patch)}}})"
    return value_of(source, *files(root, limits=FileLimits(**limits)), approver=ALL)


def refused(root: Path, patch: str, **limits: Any) -> BelljarError:
    """The error, with everything as it was before."""
    before = contents(root)
    source = f"return await tools.applyPatch({{patch: {json.dumps(patch)}}})"
    error = error_of(source, *files(root, limits=FileLimits(**limits)), approver=ALL)
    assert contents(root) == before
    assert str(root) not in error.to_model()
    return error


# -- what is done -----------------------------------------------------------------------------------------------------


def test_everything_a_patch_can_do(root: Path) -> None:
    """Changed, created with its folders, deleted, renamed; the result says what, where, and how it fitted."""
    assert apply(root, EVERYTHING) == {
        "files": [
            {"path": "a", "action": "changed", "added": 1, "removed": 1, "hunks": [fitted(1)]},
            {"path": "sub/b", "action": "changed", "added": 1, "removed": 1, "hunks": [fitted(1)]},
            {"path": "new/deep/c", "action": "created", "added": 1, "removed": 0, "hunks": []},
            {"path": "d", "action": "deleted", "added": 0, "removed": 1, "hunks": []},
            {"path": "sub/f", "action": "renamed", "added": 0, "removed": 0, "hunks": [], "previous": "e"},
        ],
        "added": 3,
        "removed": 3,
    }
    assert contents(root) == {"a": "one\n2\n", "new/deep/c": "sea\n", "sub/b": "B\n", "sub/f": "ee\n"}


def fitted(line: int, offset: int | None = 0, fuzz: int = 0) -> dict[str, int | None]:
    return {"line": line, "offset": offset, "fuzz": fuzz}


def test_the_result_says_how_far_off_a_hunk_was(root: Path) -> None:
    """Offset and fuzz, for whoever wants to make better patches."""
    found = apply(root, "--- a/a\n+++ b/a\n@@ -7,2 +7,2 @@\n   one\n-two\n+2\n")

    assert found["files"][0]["hunks"] == [fitted(1, offset=-6, fuzz=1)]


def test_a_file_twice_in_one_patch(root: Path) -> None:
    """The second section sees what the first made, also under a new name."""
    again = "--- a/a\n+++ b/a\n@@ -2 +2 @@\n-2\n+zwei\n"
    moved = "diff --git a/a b/z\nrename from a\nrename to z\n"
    once_more = "--- a/z\n+++ b/z\n@@ -1 +1 @@\n-one\n+eins\n"

    apply(root, CHANGE_A + again + moved + once_more)

    assert contents(root) == {"d": "dee\n", "e": "ee\n", "sub/b": "bee\n", "z": "eins\nzwei\n"}


def test_what_comes_and_goes_in_one_patch_is_not_written(root: Path) -> None:
    """Created and deleted again: nothing is left to do."""
    apply(root, CREATE + "--- a/new/deep/c\n+++ /dev/null\n@@\n-sea\n")

    assert not (root / "new").exists()


def test_two_names_without_the_word_rename(root: Path) -> None:
    """Where only the old name is there it is a rename; where the new one is, the old one is a label."""
    apply(root, "--- a/e\n+++ b/g\n@@\n-ee\n+gee\n")
    apply(root, "--- a/a.orig\n+++ b/a\n@@\n-two\n+2\n")

    assert contents(root) == {"a": "one\n2\n", "d": "dee\n", "g": "gee\n", "sub/b": "bee\n"}


def test_additions_to_a_file_that_is_not_there(root: Path) -> None:
    """Somebody forgot /dev/null."""
    assert apply(root, "--- a/n\n+++ b/n\n@@ -0,0 +1,2 @@\n+x\n+\n")["files"][0]["action"] == "created"
    assert (root / "n").read_text() == "x\n\n"


def test_bytes_that_are_no_utf_8_stay_as_they_are(root: Path) -> None:
    """A patch of the lines around them does not touch them."""
    (root / "a").write_bytes(b"caf\xe9\none\ntwo\n")

    apply(root, CHANGE_A)

    assert (root / "a").read_bytes() == b"caf\xe9\none\n2\n"


def test_permissions_are_kept(root: Path) -> None:
    """Of a changed file and of a renamed one; a created one has the usual ones, or may be run."""
    (root / "a").chmod(0o751)
    (root / "e").chmod(0o600)
    script = "diff --git a/s b/s\nnew file mode 100755\n--- /dev/null\n+++ b/s\n@@\n+#!/bin/sh\n"

    umask = os.umask(0o022)
    try:
        apply(root, EVERYTHING + script)
    finally:
        os.umask(umask)

    modes = {path: stat.S_IMODE((root / path).stat().st_mode) for path in ("a", "sub/f", "new/deep/c", "s")}
    assert modes == {"a": 0o751, "sub/f": 0o600, "new/deep/c": 0o644, "s": 0o755}


LIST = "system.posix_acl_access"


def access_list(*entries: tuple[int, int, int]) -> bytes:
    """Tag, permissions and id of each (linux/posix_acl_xattr.h)."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


NOBODY, ALL_OF_THEM = 65_534, 0xFFFF_FFFF
GROUP_LEFT_OUT = access_list(
    (0x01, 6, ALL_OF_THEM), (0x02, 6, NOBODY), (0x04, 0, ALL_OF_THEM), (0x10, 6, ALL_OF_THEM), (0x20, 0, ALL_OF_THEM)
)
"""Owner and one other user read and write; the group, whose bits in the mode are the mask's, may nothing."""


def set_attribute(path: Path, name: str, value: bytes) -> None:
    try:
        os.setxattr(path, name, value)
    except OSError:
        pytest.skip(f"no {name} here")


@LINUX
@pytest.mark.parametrize("patch", [CHANGE_A, "diff --git a/a b/sub/z\nrename from a\nrename to sub/z\n"])
def test_an_access_control_list_and_the_users_attributes_are_kept(root: Path, patch: str) -> None:
    """Without its list the file's group would get what the mask allows to others."""
    set_attribute(root / "a", "user.origin", b"here")
    set_attribute(root / "a", LIST, GROUP_LEFT_OUT)

    path = root / apply(root, patch)["files"][0]["path"]

    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert {name: os.getxattr(path, name) for name in os.listxattr(path)} == {
        LIST: GROUP_LEFT_OUT, "user.origin": b"here",
    }  # fmt: skip


@LINUX
def test_a_list_that_a_folder_gives_to_new_files_is_not_given_to_old_ones(root: Path) -> None:
    """A file without one stays without one."""
    (root / "a").chmod(0o640)
    set_attribute(root, "system.posix_acl_default", GROUP_LEFT_OUT)

    apply(root, CHANGE_A)

    assert (stat.S_IMODE((root / "a").stat().st_mode), os.listxattr(root / "a")) == (0o640, [])


@LINUX
def test_attributes_that_cannot_be_kept(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nothing is changed."""
    set_attribute(root / "a", "user.origin", b"here")

    def fail(*_args: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("belljar.packs._commit.os.setxattr", fail)

    assert refused(root, CHANGE_A).message == "nothing was changed: 'a' cannot be used: No space left on device"


@LINUX
@pytest.mark.parametrize("code", [errno.ENOTSUP, errno.EIO])
def test_a_file_system_without_attributes(root: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """Nothing to keep, unlike one that cannot be asked."""

    def fail(_descriptor: int) -> None:
        raise OSError(code, "")

    monkeypatch.setattr("belljar.packs._commit.os.listxattr", fail)

    if code == errno.ENOTSUP:
        assert apply(root, CHANGE_A)["added"] == 1
    else:
        assert refused(root, CHANGE_A).message == "nothing was changed: 'a' cannot be used: Input/output error"


def test_set_user_id_is_not_kept(root: Path) -> None:
    """New content does not run with somebody else's rights."""
    (root / "a").chmod(0o4755)

    apply(root, CHANGE_A)

    assert stat.S_IMODE((root / "a").stat().st_mode) == 0o755


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_is_kept(root: Path) -> None:
    """A host that runs as root does not make a user's files its own."""
    os.chown(root / "a", 1234, 5678)

    apply(root, CHANGE_A)

    status = (root / "a").stat()
    assert (status.st_uid, status.st_gid) == (1234, 5678)


def test_a_hard_link_s_other_name_is_left_alone(root: Path) -> None:
    """The name in the workspace gets a new file; what is outside keeps the old one."""
    outside = root.with_name("outside")
    outside.hardlink_to(root / "a")

    apply(root, CHANGE_A)

    assert ((root / "a").read_text(), outside.read_text()) == ("one\n2\n", "one\ntwo\n")


# -- what is refused --------------------------------------------------------------------------------------------------

REFUSED = {
    "a file that is not there": (
        "--- a/x\n+++ b/x\n@@\n-x\n+y\n",
        "x: there is no such file",
    ),
    "a file that is there": ("--- /dev/null\n+++ b/a\n@@\n+x\n", "a: the patch creates it, but it is there already"),
    "renamed onto another": (
        "diff --git a/e b/d\nrename from e\nrename to d\n",
        "d: 'e' is renamed to it, but it is there already",
    ),
    "a deletion that shows too little": (
        "--- a/a\n+++ /dev/null\n@@\n-one\n",
        "a: the patch deletes the file but shows 1 of its 2 lines",
    ),
    "a deletion of something else": (
        "--- a/d\n+++ /dev/null\n@@\n-two\n",
        "d, hunk 1 (line 3 of the patch): no line like its first, 'two', is in the file",
    ),
    "a creation that removes": (
        "--- /dev/null\n+++ b/n\n@@\n-x\n+y\n",
        "n, hunk 1: the file is created, so every line of it begins with '+'",
    ),
    "below a file": ("--- /dev/null\n+++ b/a/x\n@@\n+x\n", "'a/x' is no folder, or leads through a file"),
    "a folder": ("--- a/sub\n+++ b/sub\n@@\n-x\n+y\n", "'sub' is a folder"),
    "the workspace itself": ("--- a/.\n+++ b/.\n@@\n-x\n+y\n", "'.' is a folder"),
    "outside": (
        "--- /dev/null\n+++ b/../x\n@@\n+x\n",
        "'../x' holds '..'; paths begin in the workspace and only go down",
    ),
    "absolute": (
        "--- /dev/null\n+++ /etc/x\n@@\n+x\n",
        "'/etc/x' is absolute; paths begin in the workspace, without a slash",
    ),
}


@pytest.mark.parametrize(("patch", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(root: Path, patch: str, message: str) -> None:
    """With what is wrong, and with nothing written: what came before it in the patch neither."""
    assert refused(root, CHANGE_A.replace("two", "two") + patch).message == message or (
        refused(root, patch).message == message
    )


@pytest.mark.parametrize(
    "name", [".git/config", ".GIT/hooks/x", "sub/.git/x", ".g\u0600it/x", ".git./x", "\uff0egit/x", ".hg/hgrc", ".git"]
)
def test_version_control_is_protected(root: Path, name: str) -> None:
    """What lies there is run later by a program that nobody asked about; tricks with letters do not help."""
    (root / ".git").mkdir()
    error = refused(root, f"--- /dev/null\n+++ b/{name}\n@@\n+x\n")

    assert (error.code, "is protected" in error.message) == ("WorkspaceError", True)


@pytest.mark.parametrize("name", ["a\u202eb", "a\u200bb", "a\x1b[31m", "a\x7f", '"a\\nb"'])
def test_names_that_deceive(root: Path, name: str) -> None:
    """Who approves a patch reads the names in it."""
    error = refused(root, f"--- /dev/null\n+++ {name}\n@@\n+x\n")

    assert error.message.endswith("cannot be written: it holds characters that nobody sees")


@pytest.mark.parametrize(
    "patch", [CHANGE_A, "--- a/a\n+++ /dev/null\n@@\n-one\n-two\n", "diff --git a/a b/z\nrename from a\nrename to z\n"]
)
def test_a_read_only_file_stays_as_it_is(root: Path, patch: str) -> None:
    """Its folder would let it be replaced; who took the bit away did not want that."""
    (root / "a").chmod(0o444)

    error = refused(root, patch)

    assert (error.code, error.message) == ("WorkspaceError", "'a' cannot be written: it is read-only")


@pytest.mark.parametrize("name", [".belljar-0123456789abcdef", "new/.BELLJAR-0123456789ABCDEF/x"])
def test_names_of_a_patch_s_own_files_are_protected(root: Path, name: str) -> None:
    """A file under such a name would not be listed."""
    error = refused(root, f"--- /dev/null\n+++ b/{name}\n@@\n+x\n")

    assert (error.code, error.message.endswith("is protected")) == ("WorkspaceError", True)


def test_what_is_protected_is_the_host_s_to_say(root: Path) -> None:
    """Other names may be, or none."""
    (root / ".git").mkdir()
    patch = "--- /dev/null\n+++ b/.git/x\n@@\n+x\n"

    assert "'sub' is protected" in refused(root, CHANGE_B, protected=["sub"]).message
    assert apply(root, patch, protected=[])["added"] == 1


@pytest.mark.parametrize("target", ["a", "../outside", "/etc/hostname"])
def test_no_link_is_followed_when_writing(root: Path, target: str) -> None:
    """Not even one that stays inside: the approver reads the name that is written to."""
    (root / "link").symlink_to(target)
    (root / "folder").symlink_to("sub")
    message = "goes through a symbolic link, and writing follows none"

    assert refused(root, "--- a/link\n+++ b/link\n@@\n-one\n+1\n").message == f"'link' {message}"
    assert refused(root, "--- /dev/null\n+++ b/link\n@@\n+1\n").message == f"'link' {message}"
    assert refused(root, "--- a/folder/b\n+++ b/folder/b\n@@\n-bee\n+B\n").message == f"'folder/b' {message}"


def test_two_names_of_one_file(root: Path) -> None:
    """Each change would undo the other."""
    (root / "z").hardlink_to(root / "a")

    assert refused(root, CHANGE_A + CHANGE_A.replace("/a\n", "/z\n")).message == "a and z are one and the same file"


def test_sizes_have_limits(root: Path) -> None:
    """Of the patch, and of a file that it changes."""
    assert refused(root, CHANGE_A, patch_bytes=10).message == "the patch is longer than 10 bytes"
    assert refused(root, CHANGE_A, patch_file_bytes=7).message == "a: the file is larger than 7 bytes"
    assert refused(root, CHANGE_A + CHANGE_B, patch_total_bytes=11).message == (
        "sub/b: the files of the patch are larger than 11 bytes together"
    )
    assert apply(root, CHANGE_A + CHANGE_B, patch_file_bytes=8, patch_total_bytes=12)["added"] == 2


def test_fuzz_is_the_host_s_to_say(root: Path) -> None:
    """None at all, for those who want it exact."""
    bent = CHANGE_A.replace(" one", "   one")

    assert refused(root, bent, fuzz=0).details["nearest"]["differs"] == ["file 1: 'one'", "patch: '  one'"]
    assert apply(root, bent)["files"][0]["hunks"] == [fitted(1, fuzz=1)]


def test_the_script_can_read_the_details_of_an_error(root: Path) -> None:
    """A script may look where the nearest place is, and go on from there."""
    source = f"""const patch = {json.dumps(CHANGE_A.replace("two", "three"))}
    return await tools.applyPatch({{patch}}).catch(error => [error.code, error.details.path, error.details.nearest])"""

    assert value_of(source, *files(root), approver=ALL) == [
        "PatchError", "a", {"line": 1, "end": 2, "differs": ["file 2: 'two'", "patch: 'three'"]},
    ]  # fmt: skip


# -- all or nothing ---------------------------------------------------------------------------------------------------

CALLS = ("open", "mkdir", "rename", "link", "fsync", "stat", "fchmod")


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Lets the nth call of a function of `os` that the commit uses fail, as on a disk that is full."""

    def arrange(name: str, nth: int) -> None:
        real, count = getattr(os, name), 0

        def fail(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            if count == nth:
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(*args, **kwargs)

        monkeypatch.setattr(f"belljar.packs._commit.os.{name}", fail)

    return arrange


@pytest.mark.parametrize("name", CALLS)
def test_a_failure_at_any_step_leaves_everything_as_it_was(
    root: Path, breaking: Callable[[str, int], None], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Every single call to the system fails once; after each, the patch is applied whole or not at all."""
    before = {path: ((root / path).stat().st_ino, text) for path, text in contents(root).items()}
    workspace, seen = Workspace(root), set()
    for nth in range(1, 60):
        breaking(name, nth)
        try:
            apply_patch(workspace, EVERYTHING, FileLimits(), AbortSignal())
        except BelljarError as error:
            seen.add(error.code)
        else:
            monkeypatch.undo()
            break
        monkeypatch.undo()
        assert {path: ((root / path).stat().st_ino, text) for path, text in contents(root).items()} == before
        assert sorted(path.name for path in root.iterdir()) == ["a", "d", "e", "sub"]

    assert contents(root) == {"a": "one\n2\n", "new/deep/c": "sea\n", "sub/b": "B\n", "sub/f": "ee\n"}
    assert seen <= {"PatchError", "WorkspaceError"}


def test_the_error_of_a_full_disk(root: Path, breaking: Callable[[str, int], None]) -> None:
    """It says that nothing was changed."""
    breaking("fsync", 2)

    error = refused(root, EVERYTHING)

    assert (error.code, error.message) == (
        "PatchError", "nothing was changed: 'sub/b' cannot be used: No space left on device",
    )  # fmt: skip


def test_a_disk_that_fails_for_good(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither done nor undone: the error says so, and every old text is still there under some name."""
    real, count = os.rename, 0

    def fail(*args: Any, **kwargs: Any) -> None:
        nonlocal count
        count += 1
        if count > 3:
            raise OSError(errno.EIO, "Input/output error")
        real(*args, **kwargs)

    workspace = Workspace(root)
    monkeypatch.setattr("belljar.packs._commit.os.rename", fail)
    with pytest.raises(WorkspaceError, match="a patch failed halfway, and undoing it failed too: Input/output error"):
        apply_patch(workspace, EVERYTHING, FileLimits(), AbortSignal())

    assert {"one\ntwo\n", "bee\n", "dee\n", "ee\n"} <= set(contents(root).values())


def test_many_files_in_many_folders(root: Path) -> None:
    """A folder is opened once, however many files of it change."""
    patch = "".join(f"--- /dev/null\n+++ b/many/{n % 20}/{n}\n@@\n+{n}\n" for n in range(200))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 60, hard))
    try:
        assert apply_patch(Workspace(root), patch, FileLimits(), AbortSignal())["added"] == 200
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_file_system_without_hard_links(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old file is moved aside instead; everything else holds."""

    def refuse(*_args: Any, **_kwargs: Any) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr("belljar.packs._commit.os.link", refuse)

    apply(root, EVERYTHING)

    assert contents(root) == {"a": "one\n2\n", "new/deep/c": "sea\n", "sub/b": "B\n", "sub/f": "ee\n"}


@pytest.mark.parametrize("other", ["written", "exchanged", "gone", "a folder"])
def test_a_file_that_somebody_else_changes_meanwhile(root: Path, monkeypatch: pytest.MonkeyPatch, other: str) -> None:
    """Between reading and writing: their change stays, and all of the patch is undone."""
    real = os.fsync
    calls = 0

    def interfere(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            _do(other, root / "sub/b")
        real(descriptor)

    monkeypatch.setattr("belljar.packs._commit.os.fsync", interfere)
    with pytest.raises(PatchError, match="nothing was changed: "):
        apply_patch(Workspace(root), EVERYTHING, FileLimits(), AbortSignal())

    found = contents(root)
    theirs = {"written": {"sub/b": "theirs\n"}, "exchanged": {"sub/b": "theirs\n"}, "gone": {}, "a folder": {}}[other]
    assert found == {"a": "one\ntwo\n", "d": "dee\n", "e": "ee\n"} | theirs
    assert (root / "sub/b").is_dir() == (other == "a folder")


def _do(what: str, path: Path) -> None:
    if what != "written":
        path.unlink()
    if what in ("written", "exchanged"):
        path.write_text("theirs\n")
    if what == "a folder":
        path.mkdir()


def test_a_folder_that_is_gone_meanwhile(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is made for a file that is created, not for one that was there a moment ago."""
    real = os.fsync

    def interfere(descriptor: int) -> None:
        (root / "sub").rename(root / "moved")
        real(descriptor)

    monkeypatch.setattr("belljar.packs._commit.os.fsync", interfere)
    with pytest.raises(PatchError, match="nothing was changed: 'sub/b' does not exist"):
        apply_patch(Workspace(root), CHANGE_A + CHANGE_B, FileLimits(), AbortSignal())

    assert contents(root) == {"a": "one\ntwo\n", "d": "dee\n", "e": "ee\n", "moved/b": "bee\n"}


def test_a_name_that_somebody_else_takes_meanwhile(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is created does not go over one that came into being since the patch was computed."""
    real = os.fsync

    def interfere(descriptor: int) -> None:
        (root / "n").write_text("theirs\n")
        real(descriptor)

    monkeypatch.setattr("belljar.packs._commit.os.fsync", interfere)
    with pytest.raises(PatchError, match="nothing was changed: 'n' is there already"):
        apply_patch(Workspace(root), CHANGE_A + CREATE.replace("new/deep/c", "n"), FileLimits(), AbortSignal())

    assert contents(root)["n"] == "theirs\n"
    assert contents(root)["a"] == "one\ntwo\n"


def test_an_abort_before_the_first_write(root: Path) -> None:
    """Nothing is written."""
    signal = AbortSignal()
    signal.abort("nobody waits any more")

    with pytest.raises(CallAbortedError):
        apply_patch(Workspace(root), EVERYTHING, FileLimits(), signal)

    assert contents(root) == {"a": "one\ntwo\n", "d": "dee\n", "e": "ee\n", "sub/b": "bee\n"}


def test_patches_wait_for_each_other(root: Path) -> None:
    """Twenty at once, each adding a line to the same file: every line is there."""
    source = """await Promise.all(Array.from({length: 20}, (_, n) =>
      tools.applyPatch({patch: `--- a/a\\n+++ b/a\\n@@ -1 +1,2 @@\\n one\\n+line ${n}\\n`})))"""

    value_of(source, *files(root), approver=ALL)

    assert sorted((root / "a").read_text().split("\n")) == sorted(["", "one", "two", *(f"line {n}" for n in range(20))])


def test_a_patch_that_waits_can_be_aborted(root: Path) -> None:
    """For another process, say, that holds the lock."""
    signal = AbortSignal()
    held = os.open(root, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    timer = threading.Timer(0.05, signal.abort, ["enough"])
    timer.start()
    try:
        with pytest.raises(CallAbortedError):
            apply_patch(Workspace(root), CHANGE_A, FileLimits(), signal)
    finally:
        timer.join()
        os.close(held)


# -- approval ---------------------------------------------------------------------------------------------------------


def test_a_patch_is_applied_only_when_somebody_agrees(root: Path) -> None:
    """Without an approver nothing is; with one that approves other arguments, those are what is applied."""
    source = f"await tools.applyPatch({{patch: {json.dumps(CHANGE_A)}}})"

    assert failed(source, *files(root)).error.code == "ApprovalDeniedError"  # type: ignore[union-attr]
    assert contents(root)["a"] == "one\ntwo\n"
    assert value_of(source + "; return 1", *files(root, approval="never")) == 1
    assert contents(root)["a"] == "one\n2\n"
