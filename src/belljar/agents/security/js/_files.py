"""Rules about paths of files."""

from __future__ import annotations

from typing import Final

from belljar.agents.security.js._fact import ARCHIVE, REQUEST
from belljar.agents.security.js._rule import Rule, argument, arguments, callee_path, fact, value_of
from belljar.agents.security.js._tree import Node

_NAMES: Final = (
    "readFile", "writeFile", "appendFile", "createReadStream", "createWriteStream", "unlink", "rm", "rmdir", "readdir",
    "open", "rename", "copyFile", "cp", "mkdir", "symlink", "link", "truncate", "opendir", "readlink", "outputFile",
    "remove", "move", "copy", "ensureDir", "emptyDir", "readJson", "writeJson",
)  # fmt: skip
_FILE_CALLS: Final = (*_NAMES, *(f"{name}Sync" for name in _NAMES))
_TWO_PATHS: Final = ("rename", "copyFile", "cp", "symlink", "link", "move", "copy")


def _path_from_outside(call: Node) -> Node | None:
    if not callee_path(call).startswith("@fs."):
        return None
    paths = arguments(call)[: 2 if callee_path(call).rpartition(".")[2].removesuffix("Sync") in _TWO_PATHS else 1]
    return call if any(path.fact.origin & REQUEST for path in paths) else None


def _sent_file(call: Node) -> Node | None:
    path = fact(argument(call, 0))
    has_root = any(value_of(given, "root") for given in arguments(call)[1:])
    return call if path.origin & REQUEST and not has_root else None


_WRITES: Final = tuple(
    f"{name}{ending}"
    for name in ("createWriteStream", "writeFile", "outputFile", "mkdir", "ensureDir", "open", "symlink")
    for ending in ("", "Sync")
)


def _entry_path(call: Node) -> Node | None:
    is_file = callee_path(call).startswith("@fs.")
    return call if is_file and any(given.fact.origin & ARCHIVE for given in arguments(call)[:2]) else None


RULES: Final = (
    Rule(
        id="js-path-from-outside",
        title="Path of a file with a value of a request",
        severity="high",
        confidence="high",
        cwe=22,
        message="A part of the request becomes part of the path of a file; `..` in it leaves the folder.",
        help="Take path.basename of the name, or resolve the path and check that it starts with the folder's.",
        calls=_FILE_CALLS,
        check=_path_from_outside,
    ),
    Rule(
        id="js-send-file",
        title="File to send is named by the request",
        severity="high",
        confidence="high",
        cwe=22,
        message="The request names the file to send, and no root bounds it.",
        help="Give sendFile or download the option root, and the name alone as path.",
        calls=("sendFile", "sendfile", "download"),
        check=_sent_file,
    ),
    Rule(
        id="js-zip-slip",
        title="Path of an archive's entry used as it is",
        severity="high",
        confidence="medium",
        cwe=22,
        message="A file is written to the path that an archive gives its entry; `..` in it leaves the folder.",
        help="Resolve the path, and refuse the entry unless it starts with the folder's path and a separator.",
        calls=_WRITES,
        check=_entry_path,
    ),
)
