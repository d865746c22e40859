"""readFile and listDir: what they give, where they stop, and that they say so."""

from __future__ import annotations

import errno
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from support import error_of, value_of

from belljar import AutoApprover
from belljar.errors import UsageError
from belljar.packs import FileLimits, files

TEXT = "one\ntwo\nthree\n"


def read(root: Path, *, limits: FileLimits | None = None, **args: Any) -> Any:
    source = f"return await tools.readFile({json.dumps(args)})"
    return value_of(source, *files(root, limits=limits))


def refused(root: Path, **args: Any) -> tuple[str, str]:
    error = error_of(f"return await tools.readFile({json.dumps(args)})", *files(root))
    return error.code, error.message


def listed(root: Path, *, limits: FileLimits | None = None, **args: Any) -> Any:
    return value_of(f"return await tools.listDir({json.dumps(args)})", *files(root, limits=limits))


# -- readFile ---------------------------------------------------------------------------------------------------------


def test_a_whole_file(tmp_path: Path) -> None:
    """Its text, its size, and which lines those are."""
    (tmp_path / "f").write_text(TEXT)

    assert read(tmp_path, path="f") == {
        "path": "f", "size": 14, "text": TEXT, "start": 1, "end": 3, "lines": 3, "truncated": False, "next": None,
    }  # fmt: skip


RANGES = {
    (1, 1): ("one\n", 1),
    (2, 3): ("two\nthree\n", 3),
    (2, None): ("two\nthree\n", 3),
    (3, 99): ("three\n", 3),
    (4, None): ("", 3),
    (9, None): ("", 8),
    (3, 2): ("", 2),
}


@pytest.mark.parametrize(("lines", "given"), RANGES.items())
def test_some_lines(tmp_path: Path, lines: tuple[int, int | None], given: tuple[str, int]) -> None:
    """From 1, both ends included; behind the end there is nothing, and `lines` says how many there are."""
    (tmp_path / "f").write_text(TEXT)

    found = read(tmp_path, path="f", start=lines[0], end=lines[1])

    assert (found["text"], found["end"], found["lines"], found["truncated"]) == (*given, 3, False)


def test_only_a_line_feed_ends_a_line(tmp_path: Path) -> None:
    """CRLF stays, form feeds and Unicode's separators are text, and the last line may be open."""
    (tmp_path / "f").write_bytes("a\r\nb\x0c\u2028c\nd".encode())

    assert read(tmp_path, path="f", start=2, end=2)["text"] == "b\x0c\u2028c\n"
    assert read(tmp_path, path="f")["lines"] == 3
    assert read(tmp_path, path="f", end=1)["text"] == "a\r\n"


def test_an_empty_file(tmp_path: Path) -> None:
    """No lines."""
    (tmp_path / "f").touch()

    assert read(tmp_path, path="f") == {
        "path": "f", "size": 0, "text": "", "start": 1, "end": 0, "lines": 0, "truncated": False, "next": None,
    }  # fmt: skip


def test_a_long_file_in_parts(tmp_path: Path) -> None:
    """Whole lines up to the limit; `next` leads through the file without a gap."""
    text = "".join(f"line {number}\n" for number in range(500))
    (tmp_path / "f").write_text(text)
    source = """let text = '', start = 1, calls = 0
    for (let part; start; start = part.next, calls++) {
      part = await tools.readFile({path: 'f', start})
      text += part.text
    }
    return [text, calls]"""

    assert value_of(source, *files(tmp_path, limits=FileLimits(read_bytes=1000))) == [text, 5]


def test_a_line_that_is_longer_than_the_limit(tmp_path: Path) -> None:
    """It is cut, never within a character; the lines after it keep their numbers."""
    (tmp_path / "f").write_text("é" * 50 + "\nnext\n")

    found = read(tmp_path, path="f", limits=FileLimits(read_bytes=9))

    assert (found["text"], found["end"], found["lines"], found["truncated"], found["next"]) == ("éééé", 1, 2, True, 2)
    assert read(tmp_path, path="f", start=2, limits=FileLimits(read_bytes=9))["text"] == "next\n"


def test_a_file_that_is_too_long_to_count(tmp_path: Path) -> None:
    """What was asked for is given where it can be reached; `lines` is null."""
    (tmp_path / "f").write_text("x\n" * 100)
    limits = FileLimits(scan_bytes=20)

    assert read(tmp_path, path="f", end=5, limits=limits)["lines"] is None
    assert read(tmp_path, path="f", end=5, limits=limits)["truncated"] is False
    assert read(tmp_path, path="f", limits=limits)["next"] == 11
    error = error_of("await tools.readFile({path: 'f', start: 50})", *files(tmp_path, limits=limits))
    assert error.message == "'f' is too long: line 50 lies behind its first 20 bytes"


def test_text_that_is_no_utf_8(tmp_path: Path) -> None:
    """An error that names the byte and the line; other lines can be read, and latin-1 reads all."""
    (tmp_path / "f").write_bytes(b"fine\ncaf\xe9\n")

    assert refused(tmp_path, path="f") == ("WorkspaceError", "'f' is not utf-8 text: byte 0xe9 in line 2")
    assert refused(tmp_path, path="f", start=2) == ("WorkspaceError", "'f' is not utf-8 text: byte 0xe9 in line 2")
    assert read(tmp_path, path="f", end=1)["text"] == "fine\n"
    assert read(tmp_path, path="f", encoding="latin-1")["text"] == "fine\ncafé\n"


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    """At the beginning of the file it is left out."""
    (tmp_path / "f").write_bytes(b"\xef\xbb\xbfa\n")

    assert read(tmp_path, path="f")["text"] == "a\n"


def test_bytes(tmp_path: Path) -> None:
    """A Uint8Array inside, from any offset, cut at the limit with the offset to go on from."""
    (tmp_path / "f").write_bytes(bytes(range(256)))
    source = """const part = await tools.readFile({path: 'f', encoding: 'bytes', offset: 250})
    return [part.data instanceof Uint8Array, Array.from(part.data), part.start, part.end, part.next, part.truncated]"""

    assert value_of(source, *files(tmp_path)) == [True, [250, 251, 252, 253, 254, 255], 250, 256, None, False]
    assert value_of(source, *files(tmp_path, limits=FileLimits(read_bytes=2))) == [
        True, [250, 251], 250, 252, 252, True,
    ]  # fmt: skip
    assert read(tmp_path, path="f", encoding="bytes", offset=999)["size"] == 256


def test_lines_and_offsets_do_not_mix(tmp_path: Path) -> None:
    """Lines are text's, offsets are bytes'."""
    (tmp_path / "f").write_text(TEXT)

    for args in ({"encoding": "bytes", "start": 2}, {"encoding": "bytes", "end": 2}, {"offset": 2}):
        assert refused(tmp_path, path="f", **args)[0] == "ToolValidationError"


def test_a_hard_link_reads_as_the_file_it_is(tmp_path: Path) -> None:
    """There is no telling one name of a file from another."""
    (tmp_path / "inside").mkdir()
    (tmp_path / "outside").write_text("linked\n")
    (tmp_path / "inside/f").hardlink_to(tmp_path / "outside")

    assert read(tmp_path / "inside", path="f")["text"] == "linked\n"


@pytest.mark.skipif(sys.platform != "linux", reason="a file that is there and cannot be read")
@pytest.mark.parametrize("encoding", ["utf-8", "bytes"])
def test_a_file_that_the_system_cannot_read(encoding: str) -> None:
    """An error of the file's, and no descriptor stays open. Nothing lies at the first address of a process."""
    before = len(os.listdir("/dev/fd"))

    assert refused(Path("/proc/self"), path="mem", encoding=encoding) == (
        "WorkspaceError", "'mem' cannot be used: Input/output error",
    )  # fmt: skip
    assert len(os.listdir("/dev/fd")) == before


# -- listDir ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for path in ("b.txt", "a/one.py", "a/two/deep.py", ".git/config", ".env"):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x\n")
    (tmp_path / "link").symlink_to("/etc")
    return tmp_path


def test_the_names_of_a_folder(tree: Path) -> None:
    """In order, hidden ones too; what a link leads to is not said."""
    assert listed(tree) == {
        "entries": [
            {"path": ".env", "kind": "file", "size": 2},
            {"path": ".git", "kind": "folder", "size": None},
            {"path": "a", "kind": "folder", "size": None},
            {"path": "b.txt", "kind": "file", "size": 2},
            {"path": "link", "kind": "link", "size": None},
        ],
        "truncated": False,
        "reason": "",
    }


def test_the_names_below_a_folder(tree: Path) -> None:
    """A folder before what is in it; version control's folder is listed and not entered; paths are readFile's."""
    assert [entry["path"] for entry in listed(tree, depth=3)["entries"]] == [
        ".env", ".git", "a", "a/one.py", "a/two", "a/two/deep.py", "b.txt", "link",
    ]  # fmt: skip
    assert [entry["path"] for entry in listed(tree, path="a", depth=1)["entries"]] == ["a/one.py", "a/two"]
    assert [entry["path"] for entry in listed(tree, path=".git")["entries"]] == [".git/config"]


def test_more_names_than_allowed(tree: Path) -> None:
    """The listing says so."""
    found = listed(tree, depth=3, limits=FileLimits(entries=3))

    assert ([entry["path"] for entry in found["entries"]], found["truncated"], found["reason"]) == (
        [".env", ".git", "a"], True, "more than 3 entries",
    )  # fmt: skip


def test_more_names_than_are_looked_at(tree: Path) -> None:
    """So does a walk that would look at too many."""
    found = listed(tree, depth=3, limits=FileLimits(visited=3))

    assert (len(found["entries"]), found["reason"]) == (3, "more than 3 files and folders")


def test_a_listing_whose_time_is_up(tmp_path: Path) -> None:
    """It gives what it has."""
    for number in range(2_000):
        (tmp_path / str(number)).touch()

    found = listed(tmp_path, limits=FileLimits(search_ms=1, entries=5_000))

    assert (len(found["entries"]) < 2_000, found["reason"]) == (True, "the time was up")


def test_a_file_that_is_gone_when_it_is_measured(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is listed without a size."""

    def gone(_found: Any) -> int:
        raise FileNotFoundError

    monkeypatch.setattr("belljar.packs._tree.Found.size", gone)

    assert listed(tree)["entries"][0] == {"path": ".env", "kind": "file", "size": None}


def test_a_folder_that_the_disk_cannot_list(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is counted, and the rest is listed."""
    real, sick = os.scandir, (tree / "a").stat().st_ino

    def scan(folder: int) -> Any:
        if os.fstat(folder).st_ino == sick:
            raise OSError(errno.EIO, "Input/output error")
        return real(folder)

    monkeypatch.setattr("belljar.packs._tree.os.scandir", scan)
    found = listed(tree, depth=2)

    assert ([entry["path"] for entry in found["entries"]], found["reason"]) == (
        [".env", ".git", "a", "b.txt", "link"], "1 could not be read",
    )  # fmt: skip


def test_what_a_killed_patch_left_behind_is_not_shown(tree: Path) -> None:
    """Nor searched; a name that only begins like it is anybody's."""
    for name in (".belljar-0123456789abcdef", "a/.belljar-fedcba9876543210", ".belljar-notes"):
        (tree / name).write_text("secret\n")
    source = """return [
      (await tools.listDir({depth: 2})).entries.map(each => each.path).filter(path => path.includes("belljar")),
      (await tools.grepFiles({pattern: "secret"})).matches.map(each => each.path),
      (await tools.fileSearch({query: "belljar"})).files.map(each => each.path),
    ]"""

    assert value_of(source, *files(tree)) == [[".belljar-notes"]] * 3


def test_a_file_is_no_folder(tree: Path) -> None:
    """And says so."""
    error = error_of("await tools.listDir({path: 'b.txt'})", *files(tree))

    assert error.message == "'b.txt' is no folder, or leads through a file"


# -- the pack ---------------------------------------------------------------------------------------------------------


def test_the_tools_of_the_pack(tmp_path: Path) -> None:
    """Five; four without writing. Only applyPatch asks, and only reading is safe to repeat."""
    names = ["readFile", "listDir", "grepFiles", "fileSearch"]

    assert [tool.name for tool in files(tmp_path, write=False)] == names
    assert [(tool.name, tool.approval, tool.idempotent) for tool in files(tmp_path)] == [
        *((name, "never", True) for name in names),
        ("applyPatch", "always", False),
    ]
    assert files(tmp_path, approval="never")[-1].approval == "never"


def test_each_tool_tells_the_model_what_it_does(tmp_path: Path) -> None:
    """A description, a type for each argument and for the result."""
    for tool in files(tmp_path):
        assert tool.description
        assert tool.result["properties"]
        assert all("description" in schema or schema for schema in tool.parameters["properties"].values())
        assert "signal" not in tool.parameters["properties"]


def test_reading_asks_nobody(tmp_path: Path) -> None:
    """With an approver that denies everything, reading goes on and patching does not."""
    (tmp_path / "f").write_text(TEXT)
    deny = AutoApprover("none")

    assert value_of("return (await tools.readFile({path: 'f'})).lines", *files(tmp_path), approver=deny) == 3
    error = error_of("await tools.applyPatch({patch: 'x'})", *files(tmp_path), approver=deny)
    assert error.code == "ApprovalDeniedError"


WRONG = {"read_bytes": 0, "entries": 100_001, "fuzz": -1, "search_ms": 1.5, "visited": True, "skip": ".git"}


@pytest.mark.parametrize(("name", "value"), WRONG.items())
def test_limits_have_a_range(name: str, value: Any) -> None:
    """Outside of it they are refused where they are made."""
    with pytest.raises(UsageError, match=f"FileLimits.{name} must be"):
        FileLimits(**{name: value})
