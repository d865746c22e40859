"""The code-generation agent: a specification in, a patch out.

The model writes scripts, the scripts change files in a scratch workspace, a command says whether that is what was asked
for, and what it said goes back to the model. Then the patch waits for a person.

Each thing done is a step of the job: `begin`, then for each reply `model-N`, `script-N` and, where files changed,
`test-N`; then `patch`. A job that is resumed hears no reply twice, and begins an unfinished step in the workspace as
the last finished one left it.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from belljar.agents._job import Job
from belljar.agents._model import Message, Model, ask, host_secrets, model_error, open_model
from belljar.agents._steps import DATA_BYTES, STEP_BYTES
from belljar.agents.coding._accept import Acceptance
from belljar.agents.coding._apply import still_to_apply
from belljar.agents.coding._budget import Spent, over
from belljar.agents.coding._check import check_new, check_patch, is_kept
from belljar.agents.coding._deliver import Plan
from belljar.agents.coding._given import BuildInput, BuildReport, check_permission, read_input
from belljar.agents.coding._handover import NOTE as HANDOVERS
from belljar.agents.coding._handover import hand_over, run_id_of
from belljar.agents.coding._prompt import feedback, opening, shown_files
from belljar.agents.coding._runs import Tools, end_left_runs
from belljar.agents.coding._scratch import Scratch
from belljar.agents.coding._scripts import Scripts
from belljar.agents.coding._secrets import secrets_in
from belljar.audit import redacted_whole, secret_spans
from belljar.errors import ModelError, PatchError, SecretFoundError, UsageError, WorkspaceError, from_dict
from belljar.tools._clock import wall_ms
from belljar.values import canonical_json

NOTE: Final = "spent"
"""The job's note of what it has spent."""
_BYTES: Final = 3
"""Of UTF-8 that a token is taken for before the model has counted: most texts have more."""
_REPLY: Final = 200_000
"""Bytes of a reply as it is kept: what a step keeps beside it has room, too."""
_KEPT: Final = DATA_BYTES - 4 * STEP_BYTES
"""Bytes of all steps before another question: its answer, what came of it and what was noted have room, too."""
_LEAST: Final = 8
"""Bytes of UTF-8 that a token has at most, in the mean: no answer costs less, whatever its provider says."""


async def build(job: Job, model: Model | None = None) -> BuildReport:
    """Do the job, as far as it goes without a person. Inside of its `async with`.

    Ends with the job finished, denied, or waiting for the approval of its patch; `resume` and `build` go on then.
    `model` None is the one that the job was begun with.

    Raises PolicyRefusedError, ModelError, AgentBudgetError, SecretFoundError, PatchError; the job has failed then.
    """
    given = read_input(job.input)
    check_permission(job, given)
    async with AsyncExitStack() as stack:
        if model is None:
            model = await stack.enter_async_context(open_model(given.model))
        return await _Build(job, model, given).run()


class _Build:
    def __init__(self, job: Job, model: Model, given: BuildInput) -> None:
        self._job = job
        self._model = model
        self._given = given
        self._spec = given.specification
        self._budget = self._spec.terms.budget
        self._scratch = Scratch(Path(given.scratch) / job.id.replace(":", "-"))
        self._spent = Spent.of(job.notes.get(NOTE)).settled(job.seen_ms)
        self._begun = ""
        """State of the workspace at the beginning."""
        self._state = ""
        """Of the workspace: what the last finished step left."""
        self._text = ""
        """The patch."""
        self._repairs = 0
        self._known: frozenset[str] = frozenset()
        """Secrets of this process, and those of the files that no look at a part of them shows."""

    async def run(self) -> BuildReport:
        """All of it, and what it took is noted however it ends."""
        try:
            return await self._run()
        except Exception:  # what it cost counts when the job is resumed, whatever went wrong
            if not self._job.cancelled:
                await self._note()
            raise

    async def _run(self) -> BuildReport:
        await self._recover()
        begun = await self._step("begin", self._begin)
        self._begun = self._state = begun["state"]
        self._scratch.check()
        self._known = frozenset({*host_secrets(), *await self._secrets()})
        tools = Tools(job=self._job, tree=self._scratch.tree, secrets=tuple(self._known))
        async with Scripts(tools) as scripts, Acceptance(tools, self._spec.terms) as acceptance:
            messages = opening(scripts.harness, self._spec, begun["shown"])
            await self._work(messages, scripts, acceptance)
        await self._step("patch", self._patch)
        return await self._deliver()

    async def _recover(self) -> None:
        """End what a process left that died; its calls were made."""
        if not self._job.seen_ms:
            return
        asked = run_id_of(self._job, int(self._job.notes.get(HANDOVERS, 1)))
        lost = await end_left_runs(self._job, keep=asked)
        self._spent = replace(self._spent, lost_calls=self._spent.lost_calls + lost)
        await self._note()

    async def _begin(self) -> Any:
        repository = self._given.repository
        state, copied = await self._scratch.begin(
            Path(repository) if repository is not None else None, leave=Path(self._given.out)
        )
        self._check_kept()
        shown = shown_files(self._spec, self._scratch.tree)
        return {"state": state, "shown": shown, "files": copied.files, "skipped": copied.skipped}

    def _check_kept(self) -> None:
        """Raises UsageError for what the specification wants kept where there is nothing of the kind."""
        tree = self._scratch.tree
        paths = [path.relative_to(tree).as_posix() for path in tree.rglob("*") if not path.is_dir()]
        for pattern in self._spec.terms.keep:
            if not any(is_kept(path, pattern) for path in paths):
                raise UsageError(
                    f"no file is like {pattern!r}, which is to be kept", hint="Look at `keep` in the block."
                )

    async def _secrets(self) -> frozenset[str]:
        """Those of the files to begin with, in a thread that ends soon after the job is stopped."""
        await self._scratch.restore(self._begun)
        over = threading.Event()
        try:
            return await asyncio.to_thread(secrets_in, self._scratch.tree, is_over=over.is_set)
        finally:
            over.set()

    # -- reply after reply --------------------------------------------------------------------------------------------

    async def _work(self, messages: list[Message], scripts: Scripts, acceptance: Acceptance) -> None:
        """Until the command passes."""
        for number in itertools.count(1):
            reply = await self._step(f"model-{number}", partial(self._ask, f"model-{number}", messages))
            done = await self._step(f"script-{number}", partial(self._scripts, scripts, reply))
            is_changed, self._state = done["state"] != self._state, done["state"]
            verdict = await self._step(f"test-{number}", partial(self._test, acceptance)) if is_changed else None
            if verdict is not None and verdict["passed"]:
                return
            if verdict is not None:
                self._count_repair(verdict)
            messages += [
                Message(role="assistant", text=reply["text"]),
                Message(role="user", text=feedback(done["text"], verdict)),
            ]

    def _count_repair(self, verdict: Mapping[str, Any]) -> None:
        """One more. Raises why there is none, where that was the last."""
        self._repairs += 1
        if self._repairs > self._budget.repairs:
            if verdict["refusal"] is not None:
                raise from_dict(verdict["refusal"])
            over("repairs", self._budget.repairs, self._budget.repairs)

    async def _ask(self, step: str, messages: list[Message]) -> Any:
        size = len(canonical_json(self._job.steps).encode())
        if size > _KEPT:
            over("kept_bytes", size, _KEPT)
        about = sum(len(message.text.encode()) // _BYTES + 1 for message in messages)
        before = self._spent
        self._spent, room = before.asking(step, about, self._job.steps, self._budget)
        await self._note()
        try:
            reply = await ask(self._model, messages, max_tokens=room)
        except ModelError as error:
            if error.details.get("is_free"):  # a wrong key, nobody there: it was no question
                self._spent = replace(self._spent, questions=before.questions)
            raise
        size = len(canonical_json(reply.text).encode())
        if not reply.text.strip() or size > _REPLY:
            what = f"more than {_REPLY:,} bytes" if reply.text.strip() else "nothing"
            raise model_error(f"the model answered {what} ({reply.stop_reason})", is_passing=False)
        least = {"input_tokens": about * _BYTES // _LEAST, "output_tokens": size // _LEAST}
        kept = asdict(reply) | {name: max(getattr(reply, name), tokens) for name, tokens in least.items()}
        found = secret_spans(reply.text, secrets=self._known)
        return {**kept, "text": self._clean(reply.text), "secret": found[0].kind if found else None}

    def _clean(self, text: str) -> str:
        return str(redacted_whole(text, secrets=self._known))

    async def _scripts(self, scripts: Scripts, reply: Mapping[str, Any]) -> Any:
        left = self._spent.calls_left(self._job.steps, self._budget)
        if reply["secret"] is not None:  # of which nothing may get into a journal
            text = f"Nothing of your reply was run: it holds a secret ({reply['secret']}). Write it without."
            return {"text": text, "tool_calls": 0, "runs": [], "state": self._state}
        await self._scratch.restore(self._state)
        done = await scripts.run(reply["text"], calls_left=left)
        return {**done, "state": await self._scratch.keep()}

    async def _test(self, acceptance: Acceptance) -> Any:
        self._spent.calls_left(self._job.steps, self._budget)
        await self._scratch.restore(self._state)
        verdict = await acceptance.run()
        refusal = await self._refusal() if verdict["passed"] else None
        return {**verdict, "passed": verdict["passed"] and refusal is None, "refusal": refusal}

    async def _refusal(self) -> dict[str, Any] | None:
        """Why the work cannot be handed out, although the command passed: a secret, what is no text or has no place."""
        try:
            text = await self._scratch.diff(self._begun, self._state)
            check_patch(text, self._known, keep=self._spec.terms.keep)
            if self._given.repository is not None:
                check_new(text, Path(self._given.repository))
            if self._given.apply:
                await self._scratch.try_patch(text, self._begun, self._state)
        except (PatchError, SecretFoundError, WorkspaceError) as error:
            return error.to_dict()
        return None

    # -- the patch ----------------------------------------------------------------------------------------------------

    async def _patch(self) -> Any:
        self._text = await self._scratch.diff(self._begun, self._state)
        check_patch(self._text, self._known, keep=self._spec.terms.keep)
        return {"bytes": len(self._text.encode())}

    async def _deliver(self) -> BuildReport:
        given = self._given
        plan = Plan(
            patch=self._text or await self._scratch.diff(self._begun, self._state),
            out=given.out,
            apply_to=given.repository if given.apply else None,
        )
        if plan.apply_to is not None:
            await asyncio.to_thread(still_to_apply, plan.patch, plan.apply_to)
        await self._note()
        handed = await hand_over(self._job, plan)
        report = BuildReport(
            job=self._job.id,
            state=handed.verdict,
            patch_sha256=plan.sha256,
            summary=plan.summary,
            out=plan.out,
            repairs=self._repairs,
            approval=handed.approval,
            applied=handed.verdict == "finished" and given.apply,
            reason=handed.reason,
            skipped=self._job.steps["begin"]["skipped"],
        )
        if handed.verdict == "waiting":
            await self._job.wait(asdict(report))
        else:
            await self._job.finish(asdict(report), outcome=handed.verdict)
            await asyncio.to_thread(self._scratch.remove)
        return report

    # -- steps --------------------------------------------------------------------------------------------------------

    async def _step(self, name: str, work: Callable[[], Awaitable[Any]]) -> Any:
        """A step of the job, in the time that is left for work."""
        if name in self._job.steps:
            return self._job.steps[name]
        left_s, begun_s = self._spent.work_left_s(self._budget), time.monotonic()
        self._spent = replace(self._spent, since_ms=wall_ms())
        await self._note()
        try:
            async with asyncio.timeout(left_s) as limit:
                return await self._job.step(name, work)
        except TimeoutError:
            if limit.expired():
                over("work_s", self._budget.work_s, self._budget.work_s)
            raise
        finally:  # it is noted with the next step, or at the end
            worked_ms = round((time.monotonic() - begun_s) * 1_000)
            self._spent = replace(self._spent, work_ms=self._spent.work_ms + worked_ms, since_ms=None)

    async def _note(self) -> None:
        await self._job.note(NOTE, asdict(self._spent))
