"""The tools that most agents need of a workspace."""

from __future__ import annotations

import os

from belljar.packs._exec import exec_tool
from belljar.packs._files import files
from belljar.packs._sleep import sleep_tool
from belljar.tools import AnyTool


def core(root: str | os.PathLike[str]) -> list[AnyTool]:
    """Files, `exec` and `sleep` in the folder `root`; a person is asked before a patch is applied or a program runs.

    Raises UsageError when `root` is no folder, and on systems without openat.
    """
    return [*files(root), exec_tool(root), sleep_tool()]
