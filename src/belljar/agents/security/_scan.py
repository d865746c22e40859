"""The agent: a job that looks a folder through, tool by tool, and says what it found.

Each tool's look at one portion of the files is a step of the job, so a scan whose process died goes on at the portion
where it was. What parses the repository's files is a child process, or a plugin in the jar; a stop ends either at once.
Nothing is written but the baseline, where that is wanted. No step, report or record has a secret in it.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from belljar.agents.security._bandit import TOOL as BANDIT
from belljar.agents.security._bandit import is_installed
from belljar.agents.security._baseline import Baseline, write_baseline
from belljar.agents.security._batch import Found, batches, divided
from belljar.agents.security._child import Child, ChildFailedError, answer_of
from belljar.agents.security._finding import ScanFinding
from belljar.agents.security._kept import SCAN_ROOM, kept, of_kept, size_of
from belljar.agents.security._language import Language
from belljar.agents.security._locks import Inventory, InventoryError, Locked, locked
from belljar.agents.security._options import ScanOptions
from belljar.agents.security._osv import TOOL as OSV
from belljar.agents.security._plugin import inventory_of
from belljar.agents.security._problem import ScanProblem
from belljar.agents.security._report import ScanReport, is_whole, ordered
from belljar.agents.security._secrets import TOOL as SECRETS
from belljar.agents.security._suppress import Suppression, applied
from belljar.agents.security._walk import TOOL as SCAN
from belljar.agents.security._walk import SourceFile, Walk, walk
from belljar.agents.security.js import TOOL as JS
from belljar.errors import UsageError

if TYPE_CHECKING:
    from belljar.store import Store

VERSION: Final = "1.0.0"
_WORKER: Final = "belljar.agents.security._worker"
_LOCK_S: Final = 120.0
"""To read one lock file of 32 MB; Python's reader of TOML does 1 MB in a second."""
_ADVISORIES_S: Final = 300.0
"""To look through a folder of advisories. All of PyPI's, 20,000 files, take 5 s."""
_Work = Callable[[Sequence[SourceFile], float], Awaitable[Found]]


class StepsOfJob(Protocol):
    """What a scan needs of a Job."""

    @property
    def id(self) -> str: ...
    @property
    def store(self) -> Store: ...
    async def step(self, name: str, work: Callable[[], Awaitable[Any]]) -> Any: ...


async def scan(job: StepsOfJob, options: ScanOptions) -> ScanReport:
    """Look the folder through and judge what was found. The job is not finished then: the caller has a report to write.

    Raises UsageError for a folder, baseline or advisories that cannot be read, and where the folder has changed since
    the part of the scan that an earlier process did.
    """
    baseline = await asyncio.to_thread(options.load_baseline)
    tree = await _walked(options)
    salt = await _begun(job, tree, baseline)
    found = await _Scan(job=job, options=options, tree=tree, salt=salt).all()
    return await _judged(options, tree, baseline, found, salt)


async def _walked(options: ScanOptions) -> Walk:
    """In a thread that ends soon after the scan is stopped."""
    over = threading.Event()
    try:
        root = options.root.resolve()
        return await asyncio.to_thread(walk, root, exclude=options.exclude, own=options.own, is_over=over.is_set)
    finally:
        over.set()


async def _begun(job: StepsOfJob, tree: Walk, baseline: Baseline | None) -> str:
    """The salt, the same for the whole scan. Raises UsageError when the folder is not what it was."""

    async def begin() -> dict[str, Any]:
        salt = (baseline or Baseline.empty()).salt
        return {"files": len(tree.files), "tree": tree.digest, "salt": salt}

    first = await job.step("walk", begin)
    if first["tree"] != tree.digest:
        hint = "The rest of this scan would be about other files than its beginning: run it anew."
        raise UsageError("the folder has changed since this scan began", hint=hint)
    return str(first["salt"])


async def _judged(options: ScanOptions, tree: Walk, baseline: Baseline | None, found: Found, salt: str) -> ScanReport:
    comments = [Suppression(**each) for each in found.extra]
    problems = (*tree.problems, *found.problems)
    findings = applied(found.findings, comments, is_whole=is_whole(problems))
    if options.update_baseline and is_whole(problems):
        assert options.baseline is not None  # ScanOptions has seen to it
        await asyncio.to_thread(write_baseline, options.baseline, salt, findings)
        baseline = await asyncio.to_thread(Baseline.load, options.baseline)
    elif options.update_baseline:
        problems = (_unwritten(), *problems)
    return ScanReport(
        findings=ordered(baseline.marked(findings) if baseline else findings),
        problems=problems,
        skipped=tree.skipped,
        files=len(tree.files),
        version=VERSION,
        fail_on=options.fail_on,
        has_baseline=baseline is not None,
    )


def _unwritten() -> ScanProblem:
    message = "the baseline was not written, for the scan is not whole: what failed might have found more"
    return ScanProblem(tool=SCAN, level="error", message=message)


class _Scan:
    """The steps of one scan, one after the other."""

    def __init__(self, *, job: StepsOfJob, options: ScanOptions, tree: Walk, salt: str) -> None:
        self._job = job
        self._options = options
        self._tree = tree
        self._salt = salt
        self._found = Found()
        self._room = SCAN_ROOM

    async def all(self) -> Found:
        """What all tools found."""
        await self._python()
        await self._by_batch("js", JS, self._having("javascript"), partial(self._in_child, "javascript"))
        await self._by_batch("secrets", SECRETS, self._tree.files, partial(self._in_child, "secrets"))
        await self._step("dependencies", OSV, self._dependencies)
        return self._found

    async def _python(self) -> None:
        files = self._having("python")
        if files and not is_installed():
            await self._step("bandit", BANDIT, _without_bandit)
            return
        await self._by_batch("bandit", BANDIT, files, partial(self._in_child, "python"))

    def _having(self, language: Language) -> tuple[SourceFile, ...]:
        return tuple(file for file in self._tree.files if file.language == language)

    async def _by_batch(self, name: str, tool: str, files: Sequence[SourceFile], work: _Work) -> None:
        parts = list(batches(files))
        for number, part in enumerate(parts, 1):
            title = name if len(parts) == 1 else f"{name} {number} of {len(parts)}"
            await self._step(title, tool, partial(divided, tool, part, work))

    async def _step(self, name: str, tool: str, work: Callable[[], Awaitable[Found]]) -> None:
        async def bounded() -> dict[str, Any]:
            return kept(tool, await work(), room=self._room)

        result = await self._job.step(name, bounded)
        self._room -= size_of(result)
        self._found.add(of_kept(result))

    async def _in_child(self, kind: str, files: Sequence[SourceFile], seconds: float) -> Found:
        rows = [asdict(file) for file in files]
        return await self._told(seconds, kind=kind, root=str(self._tree.root), files=rows, salt=self._salt)

    async def _told(self, seconds: float, **told: Any) -> Found:
        child = Child(module=_WORKER, argv=(json.dumps(told),), folder=self._tree.root, seconds=seconds)
        answer = await answer_of(child)
        return Found(
            findings=[ScanFinding.from_dict(row) for row in answer["findings"]],
            problems=[ScanProblem(**row) for row in answer["problems"]],
            extra=answer["extra"],
        )

    async def _dependencies(self) -> Found:
        files = [file for file in self._tree.files if file.is_lock]
        if self._options.advisories is None:
            message = "no folder of advisories was given, so dependencies were not compared"
            return Found(problems=[ScanProblem(tool=OSV, level="note", message=message)] if files else [])
        if not files:
            return Found()
        async with inventory_of(self._job.store, self._tree.root, self._job.id) as plugin:
            found = await locked(files, partial(self._inventory, plugin), self._tree.files)
        return await self._compared(found, self._options.advisories)

    async def _inventory(self, plugin: Inventory, asked: Mapping[str, Any]) -> Any:
        """What one part of a lock file pins: told by the plugin, and by a child where it is TOML."""
        if asked["kind"] != "toml":
            return await plugin(asked)
        try:
            told = await self._told(_LOCK_S, kind="toml", root=str(self._tree.root), path=asked["path"])
        except ChildFailedError as error:
            raise InventoryError(str(error)) from error
        return told.extra[0]

    async def _compared(self, found: Locked, advisories: Path) -> Found:
        result = Found(findings=list(found.findings), problems=list(found.problems))
        pinned = [each.to_dict() for each in found.pinned]
        try:
            result.add(await self._told(_ADVISORIES_S, kind="dependencies", advisories=str(advisories), pinned=pinned))
        except ChildFailedError as error:
            message = f"the advisories could not be looked through: {error}"
            result.problems.append(ScanProblem(tool=OSV, level="error", message=message))
        return result


async def _without_bandit() -> Found:
    message = "bandit is not installed, so no Python was looked at; install belljar[agents]"
    return Found(problems=[ScanProblem(tool=BANDIT, level="error", message=message)])
