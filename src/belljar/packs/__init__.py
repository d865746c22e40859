"""Tools that come with belljar: plain tools like anybody's, made for one workspace or one policy.

`files(root)` are the tools of a folder: readFile, listDir, grepFiles, fileSearch and, unless `write=False`, applyPatch.
`core(root)` adds exec and sleep. `http_tool(policy)` reaches the hosts that a policy names, and `spawn(*tools)` begins
calls that a script awaits later.

`_workspace` opens paths one name at a time, and everything that touches a file goes through it: `_tree`, `_read`,
`_search` (`_matcher`, `_program` and `_grep_worker` for patterns, `_glob`, `_rank`), `_patch` (`_plan`, `_protect`,
`_commit`) and `_exec` (`_process` and `_exec_worker` start and end it, `_capture` keeps what it says). `_http` follows
what `_http_policy` allows; `_guard` and `_url` say which addresses those are, `_line` and `_http_answer` speak with
them. `_plain_file` reads small files of the host's own that somebody else may have put there.
"""

from belljar.packs._core import core
from belljar.packs._exec import ExecLimits, exec_tool
from belljar.packs._files import files
from belljar.packs._http import http_tool
from belljar.packs._http_policy import HostSecret, HttpPolicy
from belljar.packs._limits import FileLimits
from belljar.packs._sleep import sleep_tool
from belljar.packs._spawn import spawn
from belljar.packs._workspace import Workspace

__all__ = [
    "ExecLimits",
    "FileLimits",
    "HostSecret",
    "HttpPolicy",
    "Workspace",
    "core",
    "exec_tool",
    "files",
    "http_tool",
    "sleep_tool",
    "spawn",
]
