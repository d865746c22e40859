"""git as a machine uses it: no configuration but ours, no hooks, no pager, killed when nobody waits for it any more.

It starts no program that could outlive it, so it needs no process above it as a stranger's command does
(`packs._process`).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from belljar.errors import StoreError, UsageError

OUTPUT_BYTES: Final = 64 << 20
"""Of one command. More is an error: nothing here is shown in part."""

_SETTINGS: Final = (
    "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.quotePath=true", "core.autocrlf=false",
    "core.symlinks=true", "core.fileMode=true", "core.excludesFile=/dev/null", "core.attributesFile=/dev/null",
    "core.protectNTFS=false", "core.protectHFS=false",  # who applies patches looks at names
    "safe.directory=*", "gc.auto=0", "diff.external=", "init.defaultBranch=work", "protocol.allow=never",
)  # fmt: skip


async def git(*arguments: str, folder: Path, checks: Sequence[int] = (0,)) -> tuple[int, bytes]:
    """Exit code and output of `git ARGUMENTS` in a folder. Raises StoreError for another code than `checks`."""
    settings = [part for each in _SETTINGS for part in ("-c", each)]
    try:
        process = await asyncio.create_subprocess_exec(
            "git",
            *settings,
            *arguments,
            cwd=folder,
            env=_environment(folder),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except FileNotFoundError:
        raise UsageError("the code-generation agent needs git, which is not installed") from None
    try:
        out, said = await _both(process)
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode not in checks:
        message = said.decode(errors="replace").strip()[:500]
        raise StoreError(f"git {arguments[0]} in {folder} failed: {message or process.returncode}")
    return process.returncode or 0, out


async def _both(process: asyncio.subprocess.Process) -> tuple[bytes, bytes]:
    assert process.stdout is not None  # they are pipes
    assert process.stderr is not None
    said = asyncio.ensure_future(process.stderr.read())
    try:
        out = bytearray()
        while data := await process.stdout.read(1 << 16):
            out += data
            if len(out) > OUTPUT_BYTES:
                raise StoreError(f"git says more than {OUTPUT_BYTES:,} bytes")
        await process.wait()
        return bytes(out), await said
    finally:
        said.cancel()


def _environment(folder: Path) -> dict[str, str]:
    own = {"HOME": str(folder), "LC_ALL": "C", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}
    own |= {"GIT_TERMINAL_PROMPT": "0", "GIT_PAGER": "cat", "GIT_OPTIONAL_LOCKS": "0"}
    own |= {"GIT_DEFAULT_HASH": "sha1"}  # the digests that a patch has
    return {"PATH": os.environ.get("PATH", os.defpath), **own}
