"""Runs of a plugin or an agent: named by its checksum wherever they are on record, and gone on with by nobody else."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from belljar import Decision, DeferApprover, Harness, tool
from belljar.errors import BelljarError, QueueFullError, UsageError
from belljar.harness import Origin
from belljar.store import QueueLimits, Store, open_store

OURS = Origin(manifest_sha256="a" * 64, agent_id="scan:1")
THEIRS = Origin(manifest_sha256="b" * 64)


@tool(approval="always")
def pay(cents: int) -> int:
    """Pay."""
    return cents


def harness(store: Store, origin: Origin | None) -> Harness:
    return Harness([pay], store=store, origin=origin, approver=DeferApprover())


def test_every_record_of_such_a_run_has_the_checksum(tmp_path: Path) -> None:
    """Those of its calls and questions too; the run is among the agent's."""

    async def main() -> tuple[set[str | None], list[str], list[str]]:
        with open_store(tmp_path / "runs.db") as store:
            async with harness(store, OURS) as ours:
                await ours.run("return await tools.pay({cents: 1})", run_id="r")
            records = store.audit.records()
            found = store.audit.find(text=OURS.manifest_sha256)
            return (
                {json.loads(record.text)["manifest_sha256"] for record in records if record.run_id},
                sorted({record.event for record in found}),
                [row.id for row in store.runs.find(agent_id="scan:1")],
            )

    checksums, events, runs = asyncio.run(main())

    assert checksums == {OURS.manifest_sha256}
    assert events == ["approval.requested", "run.queued", "run.started", "run.suspended"]
    assert runs == ["r"]


@pytest.mark.parametrize("origin", [THEIRS, None], ids=["another", "none"])
def test_a_harness_of_another_origin_does_not_go_on_with_it(origin: Origin | None, tmp_path: Path) -> None:
    """Its tools have the same names, and another workspace. The run is as it was, and its own harness goes on."""

    async def main() -> tuple[list[BelljarError], str, object]:
        refusals: list[BelljarError] = []
        with open_store(tmp_path / "runs.db") as store:
            async with harness(store, OURS) as ours:
                outcome = await ours.run("return await tools.pay({cents: 1})", run_id="r")
            assert outcome.suspension is not None
            async with harness(store, origin) as other:
                for going_on in (other.resume_run("r"), other.resume(outcome.suspension.state, {})):
                    with pytest.raises(UsageError) as caught:
                        await going_on
                    refusals.append(caught.value)
            state = store.runs.get("r").state
            async with harness(store, OURS) as ours:
                again = await ours.resume_run("r")
            return refusals, state, again.status if again is not None else None

    refusals, state, status = asyncio.run(main())

    assert {refused.message for refused in refusals} == {"the run r is of the plugin or agent aaaaaaaaaaaa"}
    assert (state, status) == ("suspended", "suspended")


def test_a_persons_word_has_the_checksum_too(tmp_path: Path) -> None:
    """Who agreed is what one looks for: no record of the run is without it, whoever wrote it."""

    async def main() -> dict[str, str | None]:
        with open_store(tmp_path / "runs.db") as store:
            async with harness(store, OURS) as ours:
                await ours.run("return await tools.pay({cents: 1})", run_id="r")
                (question,) = store.approvals.open()
                assert question.request is not None
                decision = Decision.approve(question.request, who="ana")
                store.approvals.vote(question.id, decision, who="ana", source="test", now_ms=1)
                outcome = await ours.resume_run("r")
            assert outcome is not None
            assert outcome.value == 1
            return {record.event: record.facts["manifest_sha256"] for record in store.audit.find(run_id="r")}

    checksums = asyncio.run(main())

    assert {"approval.voted", "approval.decided", "approval.used", "call.done", "run.ended"} <= checksums.keys()
    assert set(checksums.values()) == {OURS.manifest_sha256}


def test_a_queue_of_the_origin_bounds_what_begins(tmp_path: Path) -> None:
    """Two at once where one may be: the second is refused before anything of it is written."""

    async def main() -> tuple[dict[str, str], int]:
        started = asyncio.Event()

        @tool
        async def hold() -> None:
            """Hold the first run until the second was refused."""
            started.set()
            await refused.wait()

        refused = asyncio.Event()
        with open_store(tmp_path / "runs.db") as store:
            store.queues.put(QueueLimits(name="plugin:p", concurrency=1))
            bound = Origin(manifest_sha256="a" * 64, queue="plugin:p")
            async with Harness([hold], store=store, origin=bound) as ours:
                first = asyncio.ensure_future(ours.run("await tools.hold()"))
                await started.wait()
                with pytest.raises(QueueFullError) as caught:
                    await ours.run("1")
                refused.set()
                assert (await first).ok
            return caught.value.details, sum(store.runs.counts().values())

    assert asyncio.run(main()) == ({"queue": "plugin:p"}, 1)


def test_an_origin_needs_a_store() -> None:
    """Without one nothing of the run would be on record."""
    with pytest.raises(UsageError, match="runs of a plugin or agent are runs of a store"):
        Harness(origin=OURS)
