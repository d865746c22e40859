"""What differs between two commits, as a diff of files without their secrets.

A diff is a choice of lines: it can have eight rows of a private key and not its header, and no cleaning finds those. So
both sides of each file are cleaned whole, put into a repository of ours, and compared there. A change inside of a
secret is none.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from belljar.errors import ToolExecutionError
from belljar.plugins._clean import Cleaner
from belljar.plugins._git import Git

_RAW: Final = ("-r", "--raw", "-z", "--no-abbrev", "--no-renames", "--no-commit-id")
_PATCH: Final = ("-r", "-p", "-M", "--no-ext-diff", "--no-textconv", "--no-color", "--submodule=short")
_CHANGE: Final = re.compile(r":(\d{6}) (\d{6}) ([0-9a-f]+) ([0-9a-f]+) [A-Z]\d*\0([^\0]+)\0")
_NOTHING: Final = "000000"
_SUBMODULE: Final = "160000"


@dataclass(frozen=True, slots=True)
class _File:
    """A file on one side."""

    mode: str
    id: str
    path: str


async def clean_diff(git: Git, trees: Sequence[str], paths: Sequence[str], cleaner: Cleaner) -> str:
    """As git writes it. `trees` are two of them, or `--root` and a commit."""
    raw = await git.output("diff-tree", *_RAW, *trees, "--", *paths)
    changes = [match.groups() for match in _CHANGE.finditer(raw)]
    before = [_File(mode, id_, path) for mode, _, id_, _, path in changes if mode != _NOTHING]
    after = [_File(mode, id_, path) for _, mode, _, id_, path in changes if mode != _NOTHING]
    ids = sorted({each.id for each in (*before, *after) if each.mode != _SUBMODULE})
    texts = await _texts(git, ids)
    clean = await asyncio.to_thread(lambda: {id_: cleaner.text(text) for id_, text in texts.items()})
    async with git.beside() as ours:
        stream = "".join((*_blobs(ids, clean), *_commit("a", before, ids), *_commit("b", after, ids)))
        await ours.output("fast-import", "--quiet", stdin=stream.encode())
        return await ours.output("diff-tree", *_PATCH, "a^{tree}", "b^{tree}")


async def _texts(git: Git, ids: Sequence[str]) -> Mapping[str, str]:
    """Of blobs, by id. What stands between them is not to be guessed."""
    if not ids:
        return {}
    mark = secrets.token_hex(16)
    said = await git.output("cat-file", f"--batch={mark} %(objectname)", stdin="\n".join(ids).encode())
    parts = f"\n{said}".split(f"\n{mark} ")[1:]
    if len(parts) < len(ids):
        raise ToolExecutionError("the repository lacks a part of its history", hint="Clone it whole.")
    found = (part.partition("\n") for part in parts)
    last = len(parts) - 1
    return {id_: text.removesuffix("\n") if at == last else text for at, (id_, _, text) in enumerate(found)}


def _blobs(ids: Sequence[str], texts: Mapping[str, str]) -> Iterator[str]:
    for number, id_ in enumerate(ids, 1):
        yield f"blob\nmark :{number}\ndata {len(texts[id_].encode())}\n{texts[id_]}\n"


def _commit(name: str, files: Sequence[_File], ids: Sequence[str]) -> Iterator[str]:
    numbers = {id_: number for number, id_ in enumerate(ids, 1)}
    yield f"commit refs/heads/{name}\ncommitter belljar <> 0 +0000\ndata 0\n\n"
    for each in files:
        what = each.id if each.mode == _SUBMODULE else f":{numbers[each.id]}"
        yield f"M {each.mode} {what} {_quoted(each.path)}\n"


def _quoted(path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
