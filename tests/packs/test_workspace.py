"""The one folder: no path leads out of it, whatever is exchanged meanwhile."""

from __future__ import annotations

import errno
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support import error_of, value_of

from belljar import AutoApprover, Limits
from belljar.errors import UsageError, WorkspaceError
from belljar.packs import Workspace, files

HIDDEN = "what is outside"
ALL = AutoApprover("all")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace with a file, beside a file and a folder that must not be reached."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_text(HIDDEN)
    inside = tmp_path / "inside"
    (inside / "sub").mkdir(parents=True)
    (inside / "file").write_text("inside\n")
    (inside / "sub/deep").write_text("deep\n")
    return inside


def read(root: Path, path: str) -> str:
    return str(value_of(f"return (await tools.readFile({{path: {json.dumps(path)}}})).text", *files(root)))


def refusal(root: Path, path: str, tool: str = "readFile") -> str:
    error = error_of(f"return await tools.{tool}({{path: {json.dumps(path)}}})", *files(root))
    assert error.code == "WorkspaceError"
    assert str(root.parent) not in error.to_model()
    return error.message


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


# -- paths ------------------------------------------------------------------------------------------------------------

REFUSED = {
    "": "'' is empty; the workspace itself is '.'",
    "..": "'..' holds '..'; paths begin in the workspace and only go down",
    "sub/../../outside/secret": "'sub/../../outside/secret' holds '..'; paths begin in the workspace and only go down",
    "sub/../file": "'sub/../file' holds '..'; paths begin in the workspace and only go down",
    "/etc/passwd": "'/etc/passwd' is absolute; paths begin in the workspace, without a slash",
    "//etc/passwd": "'//etc/passwd' is absolute; paths begin in the workspace, without a slash",
    "file\0.txt": "'file\\x00.txt' holds a NUL character",
    "~/secret": "'~/secret' does not exist",
    "..\\outside": "'..\\\\outside' does not exist",
    "file/x": "'file/x' is no folder, or leads through a file",
    "sub": "'sub' is a folder",
    ".": "'.' is a folder",
    "missing": "'missing' does not exist",
}


@pytest.mark.parametrize(("path", "message"), REFUSED.items())
def test_a_path_that_names_no_file_of_the_workspace(root: Path, path: str, message: str) -> None:
    """Each is refused in the words of the script's own path; the host's never shows."""
    assert refusal(root, path) == message


def test_paths_may_be_written_in_several_ways(root: Path) -> None:
    """`./`, doubled slashes and a slash at the end change nothing."""
    assert [read(root, path) for path in ("sub/deep", "./sub/deep", "sub//./deep", "sub/deep/")] == ["deep\n"] * 4


def test_names_and_paths_that_are_too_long(root: Path) -> None:
    """256 bytes of a name, 4,096 of a path; the message shows their beginning."""
    assert refusal(root, "x" * 256) == f"'{'x' * 200}…' is too long"
    assert refusal(root, "sub/" * 1024) == f"'{'sub/' * 50}…' is too long"


def test_text_that_is_no_unicode(root: Path) -> None:
    """Half a surrogate pair does not become a byte of a name."""
    (root / os.fsdecode(b"a\x80")).write_text(HIDDEN)

    with pytest.raises(WorkspaceError, match="is no Unicode text"):
        Workspace(root).open_file("a\udc80")
    assert error_of(r"await tools.readFile({path: 'a\udc80'})", *files(root)).code == "SerializationError"


def test_a_misspelt_name_is_guessed(root: Path) -> None:
    """The hint names what is there."""
    assert error_of("await tools.readFile({path: 'sub/Deep'})", *files(root)).hint == "Did you mean 'deep'?"
    assert error_of("await tools.readFile({path: 'subb/deep'})", *files(root)).hint == "Did you mean 'sub'?"


def test_the_root_must_be_a_folder(root: Path) -> None:
    """UsageError at once, not at the first call."""
    for wrong in (root / "file", root / "missing"):
        with pytest.raises(UsageError):
            files(wrong)


def test_a_system_without_openat(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No tools there, rather than unsafe ones."""
    monkeypatch.setattr(os, "supports_dir_fd", set())

    with pytest.raises(UsageError, match="file tools need openat"):
        files(root)


def test_a_root_that_is_gone(root: Path) -> None:
    """The workspace is opened anew for each call, and so may be made anew."""
    tools = files(root)
    root.rename(root.with_name("elsewhere"))

    assert error_of("await tools.readFile({path: 'file'})", *tools).message == "the workspace itself is gone"


def test_a_root_that_becomes_a_link(root: Path) -> None:
    """It was resolved when the tools were made; what takes its place is not followed."""
    tools = files(root)
    root.rename(root.with_name("elsewhere"))
    root.symlink_to(root.with_name("outside"))

    assert error_of("await tools.readFile({path: 'secret'})", *tools).message == "the workspace itself is gone"


# -- links ------------------------------------------------------------------------------------------------------------

LEADING_OUT = {
    "file": "../outside/secret",
    "folder": "../outside",
    "absolute": "{outside}/secret",
    "absolute inside": "{inside}/file",
    "up and down again": "../inside/file",
    "root": "/",
    "through another": "sub/up/../../outside/secret",
}


@pytest.mark.parametrize("target", LEADING_OUT.values(), ids=LEADING_OUT)
def test_a_link_that_leads_out(root: Path, target: str) -> None:
    """Refused, with and without names after it; so is one that would come back in."""
    (root / "sub/up").symlink_to("..")
    (root / "link").symlink_to(target.format(outside=root.parent / "outside", inside=root))

    assert refusal(root, "link") == "'link' leads out of the workspace"
    assert refusal(root, "link/secret") == "'link/secret' leads out of the workspace"
    assert refusal(root, "link", "listDir") == "'link' leads out of the workspace"


LEADING_IN = {
    "link": "file",
    "sub/link": "../file",
    "sub/two": "link",
    "dirs": "sub",
    "sub/round": "../sub/../sub/./deep",
}


def test_links_inside_are_followed(root: Path) -> None:
    """A link to a file, a link to a link, a link to a folder on the way, and `..` within a link."""
    for name, target in LEADING_IN.items():
        (root / name).symlink_to(target)

    paths = ["link", "sub/link", "sub/two", "dirs/deep", "dirs/link", "sub/round"]
    assert [read(root, path) for path in paths] == ["inside\n", "inside\n", "inside\n", "deep\n", "inside\n", "deep\n"]


def test_dots_of_a_link_go_to_the_folder_it_is_really_in(root: Path) -> None:
    """`far/up` is `..` from where the file system has it, not from the name `far`."""
    (root / "sub/inner").mkdir()
    (root / "sub/inner/up").symlink_to("../deep")
    (root / "far").symlink_to("sub/inner")

    assert read(root, "far/up") == "deep\n"


def test_links_in_a_circle(root: Path) -> None:
    """They end, as in the kernel, after forty."""
    (root / "one").symlink_to("two")
    (root / "two").symlink_to("one")
    (root / "self").symlink_to("self/x")

    assert refusal(root, "one") == "'one' goes through too many symbolic links"
    assert refusal(root, "self") == "'self' goes through too many symbolic links"


def test_proc_s_magic_links_are_only_text() -> None:
    """A workspace that has /proc in it: `/proc/self/root` and `/proc/self/fd/0` are links like any, and lead out."""
    tools = files("/proc/self")
    for path in ("root/etc/passwd", "cwd/x", "fd/0", "exe"):
        error = error_of(f"await tools.readFile({{path: '{path}'}})", *tools)
        assert (error.code, error.message.partition("' ")[2]) in (
            ("WorkspaceError", "leads out of the workspace"),
            ("WorkspaceError", "does not exist"),
        )


# -- what is no file --------------------------------------------------------------------------------------------------


def test_fifos_and_sockets_are_not_opened(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A FIFO without a writer would hang for ever; the others are not opened either, also through a link."""
    os.mkfifo(root / "fifo")
    (root / "link").symlink_to("fifo")
    with socket.socket(socket.AF_UNIX) as bound:
        monkeypatch.chdir(root)  # a socket's name may be 107 bytes long
        bound.bind("socket")

    assert refusal(root, "fifo") == "'fifo' is a FIFO"
    assert refusal(root, "link") == "'link' is a FIFO"
    assert refusal(root, "socket") == "'socket' is a socket"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes devices")
def test_a_device_is_not_opened(root: Path) -> None:
    """Opening one can do things."""
    try:
        os.mknod(root / "zero", 0o20666, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("no devices may be made here")

    assert refusal(root, "zero") == "'zero' is a device"


def test_what_may_not_be_read(root: Path) -> None:
    """Permission is the system's to give."""
    (root / "file").chmod(0)
    if os.access(root / "file", os.R_OK):
        pytest.skip("root reads everything")

    assert refusal(root, "file") == "'file' cannot be opened: permission denied"


def test_a_folder_that_may_be_entered_but_not_listed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is not there has no neighbours to be meant."""

    def refuse(_folder: int) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("belljar.packs._workspace.os.scandir", refuse)

    assert refusal(root, "sub/deeep") == "'sub/deeep' does not exist"


def test_names_that_are_no_utf_8_are_counted(root: Path) -> None:
    """They cannot be told to a script; the listing says that something is missing."""
    (root / os.fsdecode(b"bad\xff")).write_text("x")

    listing = value_of("return await tools.listDir()", *files(root))

    assert [entry["path"] for entry in listing["entries"]] == ["file", "sub"]
    assert (listing["truncated"], listing["reason"]) == (True, "1 could not be read")


# -- races ------------------------------------------------------------------------------------------------------------


@contextmanager
def swapping(first: Path, second: Path) -> Iterator[Callable[[], int]]:
    """A thread that exchanges two names without a pause; gives how often it did."""
    spare = first.with_name("spare")
    done = threading.Event()
    count = 0

    def swap() -> None:
        nonlocal count
        while not done.is_set():
            first.rename(spare)
            second.rename(first)
            spare.rename(second)
            count += 1

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield lambda: count
    finally:
        done.set()
        thread.join()


def outcomes(workspace: Workspace, path: str, times: int) -> dict[str, int]:
    """What came of opening `path` so many times."""
    seen: dict[str, int] = {}
    for _ in range(times):
        try:
            descriptor = workspace.open_file(path)
        except WorkspaceError as error:
            told = error.message
        else:
            with os.fdopen(descriptor) as file:
                told = file.read()
        seen[told] = seen.get(told, 0) + 1
    return seen


def test_a_folder_that_is_exchanged_for_a_link_while_it_is_read(root: Path) -> None:
    """Somebody exchanges a folder for a link that leads out: each attempt reads inside, or is refused."""
    (root / "sub/secret").write_text("harmless")
    (root / "evil").symlink_to("../outside")
    before = open_descriptors()

    with swapping(root / "sub", root / "evil") as swapped:
        seen = outcomes(Workspace(root), "sub/secret", 1_500)
        while swapped() < 3:
            pass

    assert HIDDEN not in seen
    assert seen.keys() <= {
        "harmless",
        "'sub/secret' leads out of the workspace",
        "'sub/secret' does not exist",
        "'sub/secret' is no folder, or leads through a file",
    }
    assert open_descriptors() == before


def test_a_file_that_is_exchanged_for_a_link_while_it_is_read(root: Path) -> None:
    """The same for the last name of a path, which is looked at before it is opened."""
    (root / "evil").symlink_to("../outside/secret")

    with swapping(root / "file", root / "evil") as swapped:
        seen = outcomes(Workspace(root), "file", 1_500)
        while swapped() < 3:
            pass

    assert HIDDEN not in seen
    assert seen.keys() <= {
        "inside\n",
        "'file' leads out of the workspace",
        "'file' does not exist",
        "'file' is no folder, or leads through a file",
        "'file' goes through a symbolic link that was not there a moment ago",
    }


def test_a_file_that_is_exchanged_for_a_fifo_after_it_was_looked_at(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is looked at again when it is open, and opening does not wait for a writer."""
    os.mkfifo(root / "fifo")
    workspace, real, before = Workspace(root), os.stat, open_descriptors()

    def exchange(path: Any, *rest: Any, **options: Any) -> os.stat_result:
        status = real(path, *rest, **options)
        if path == b"file":
            (root / "fifo").rename(root / "file")
        return status

    monkeypatch.setattr("belljar.packs._workspace.os.stat", exchange)
    with pytest.raises(WorkspaceError, match="'file' is a FIFO"):
        workspace.open_file("file")

    assert open_descriptors() == before


def test_a_folder_that_is_exchanged_for_a_link_while_it_is_searched(root: Path) -> None:
    """No line and no name from outside comes out of a search."""
    (root / "sub/secret").write_text("harmless")
    (root / "evil").symlink_to("../outside")
    source = """const seen = []
    for (let n = 0; n < 8; n++) {
      seen.push(...(await tools.grepFiles({pattern: 'secret|harmless'})).matches.map(m => m.text))
      seen.push(...(await tools.listDir({depth: 3})).entries.map(e => e.path))
    }
    return [...new Set(seen)]"""

    with swapping(root / "sub", root / "evil"):
        seen = value_of(source, *files(root))

    assert HIDDEN not in seen
    assert set(seen) <= {
        "harmless", "file", "evil", "sub", "spare", "sub/deep", "sub/secret", "evil/deep", "evil/secret",
        "spare/deep", "spare/secret",
    }  # fmt: skip


def test_a_folder_that_is_exchanged_for_a_link_while_it_is_written(root: Path) -> None:
    """Nothing outside changes, and nothing is made there."""
    outside = root.parent / "outside"
    (outside / "deep").write_text("deep\n")
    (root / "evil").symlink_to("../outside")
    patch = "--- a/sub/deep\\n+++ b/sub/deep\\n@@\\n+x\\n deep\\n--- a/file\\n+++ b/file\\n@@\\n+x\\n inside\\n"
    source = f"""const patch = `{patch}`, seen = []
    for (let n = 0; n < 30; n++) {{
      seen.push(await tools.applyPatch({{patch}}).then(() => 'done', error => error.code))
    }}
    return seen"""

    with swapping(root / "sub", root / "evil"):
        seen = value_of(source, *files(root), approver=ALL)

    assert set(seen) <= {"done", "PatchError", "WorkspaceError"}
    assert {path.name: path.read_text() for path in outside.iterdir()} == {"secret": HIDDEN, "deep": "deep\n"}
    assert (root / "file").read_text().count("x") == seen.count("done")
    assert [path.name for path in root.rglob(".belljar-*")] == []


def test_no_call_leaves_a_descriptor_open(root: Path) -> None:
    """Neither one that succeeds nor one that is refused."""
    (root / "out").symlink_to("../outside")
    (root / "round").symlink_to("round")
    tools = files(root)
    source = """for (const path of ['file', 'sub/deep', 'out/secret', 'round', 'missing/x', 'sub', 'file/x']) {
      for (const name of ['readFile', 'listDir', 'fileSearch', 'grepFiles']) {
        const more = {fileSearch: {query: 'x'}, grepFiles: {pattern: 'x'}}[name]
        try { await tools[name]({path, ...more}) } catch (error) { if (error.code !== 'WorkspaceError') throw error }
      }
    }"""
    limits = Limits(tool_calls=100)
    value_of(source, *tools, limits=limits)
    before = open_descriptors()
    value_of(source, *tools, limits=limits)

    assert open_descriptors() == before
