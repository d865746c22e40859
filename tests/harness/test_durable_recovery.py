"""A run's process may die at any point: whoever goes on does nothing twice, loses nothing, and gives the same bytes."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recovery_support import Image, World, finished, keep_image, left_behind, types

from belljar import Outcome, replay
from belljar.harness._durable import StoreImages
from belljar.journal import History, Record
from belljar.machine import Machine, Step
from belljar.store import Lease, Store, open_store

SCRIPTS = {
    "row": "let s = 0; for (const n of [1, 2, 3]) s += await tools.look({n}); return [s, await tools.post({n: s})]",
    "all": "return await Promise.all([tools.look({n: 1}), tools.post({n: 2}), tools.find({n: 3})])",
    "pay": "return [await tools.pay({cents: 5}), await tools.look({n: 1}), await tools.pay({cents: 6})]",
    "two": "return await Promise.all([tools.pay({cents: 1}), tools.pay({cents: 2}), tools.look({n: 3})])",
    "asks": "return [await tools.asks({n: 1}), await tools.find({n: 2})]",
    "told": "console.log('a'); await tools.look({n: 1}); console.log('b'); return await tools.post({n: 2})",
    "caught": "try { await tools.fails({n: 1}) } catch (e) { return [e.name, await tools.post({n: 2})] }",
    "thrown": "throw new RangeError(await tools.post({n: 1}))",
    "uncaught": "await tools.look({n: 1}); await tools.fails({n: 2})",
    "race": "return [await Promise.race([tools.hang(), tools.look({n: 1})]), await tools.post({n: 2})]",
    "nothing": "return 1",
}


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """In memory where there is a file system there: a test waits for a hundred commits, and nobody pulls the plug."""
    shm = Path("/dev/shm")  # noqa: S108
    folder = shm if os.access(shm, os.W_OK) else tmp_path
    with tempfile.TemporaryDirectory(dir=folder) as name:
        yield Path(name) / "runs.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with open_store(path) as opened:
        yield opened


async def whole(store: Store, source: str) -> Outcome:
    """The outcome of a script that nobody kills."""
    world = World()
    async with world.harness(store) as harness:
        return await finished(harness, await harness.submit(source, run_id="whole"), world)


def happened(world: World, run_id: str, records: Sequence[Record], *, also_in_flight: bool) -> None:
    """What these records say took place; what was on its way took place or did not."""
    history = History(records)
    made = [call for call in history.intents if call in history.answers and not history.answers[call].get("error")]
    flying = [call for call in history.intents if history.is_in_flight(call)] if also_in_flight else []
    world.seen.update((run_id, call) for call in (*made, *flying))


@pytest.mark.parametrize("also_in_flight", [False, True], ids=["before the effect", "after the effect"])
@pytest.mark.parametrize("name", SCRIPTS)
def test_wherever_a_process_dies_the_outcome_is_the_same_and_nothing_happens_twice(
    name: str, also_in_flight: bool, store: Store, path: Path
) -> None:
    """After each record of each script: same bytes, one effect of each call that must not be made twice."""

    async def scene() -> None:
        outcome = await whole(store, SCRIPTS[name])
        records = store.runs.journal("whole").records
        cuts = [records[:end] for end in range(1, len(records))]
        world, ids = World(), left_behind(path, *cuts)
        for run_id, cut in zip(ids, cuts, strict=True):
            happened(world, run_id, cut, also_in_flight=also_in_flight)
        async with world.harness(store) as harness:
            again = await asyncio.gather(*(finished(harness, run_id, world) for run_id in ids))
        once = {call.id: 1 for call in outcome.calls if call.tool in ("post", "find", "pay")}
        for result, cut in zip(again, cuts, strict=True):
            assert result.canonical_json == outcome.canonical_json, types(cut)
            assert {call: world.seen[result.run_id, call] for call in once} == once, types(cut)
            assert replay(store.runs.journal(result.run_id)).canonical_json == outcome.canonical_json

    asyncio.run(scene())


# -- thaw and replay --------------------------------------------------------------------------------------------------


@pytest.fixture
def thawed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Has the number of settled steps of each image that a machine was made of."""
    steps: list[int] = []
    get = StoreImages.get

    def noted(images: StoreImages) -> tuple[int, Step, Machine] | None:
        kept = get(images)
        steps.extend([kept[0]] if kept is not None else [])
        return kept

    monkeypatch.setattr(StoreImages, "get", noted)
    return steps


def waits(records: Sequence[Record]) -> list[Sequence[Record]]:
    """The beginnings of an ended run's journal after which the machine waits: there it could be frozen."""
    ends = [n for n, record in enumerate(records) if record.type in ("output", "intent", "suspend")]
    cuts = [cut for n in ends if settled(cut := records[: n + 1]) < settled(records)]
    return [cut for n, cut in enumerate(cuts) if n + 1 == len(cuts) or settled(cut) != settled(cuts[n + 1])]


def settled(records: Sequence[Record]) -> int:
    """Steps that were taken after the first."""
    return sum(record.type == "settle" for record in records)


async def gone_on(store: Store, path: Path, cuts: Sequence[Sequence[Record]], image: Image | None) -> list[Outcome]:
    """The outcomes of runs that died after these records."""
    world, ids = World(), left_behind(path, *cuts, image=image)
    async with world.harness(store) as harness:
        return await asyncio.gather(*(finished(harness, run_id, world) for run_id in ids))


@pytest.mark.parametrize("name", [name for name in SCRIPTS if name != "nothing"])
def test_a_thawed_run_goes_on_as_a_replayed_one(name: str, store: Store, path: Path, thawed: list[int]) -> None:
    """At each step of each script: same bytes, same console lines, same calls."""

    async def scene() -> None:
        await whole(store, SCRIPTS[name])
        cuts = waits(store.runs.journal("whole").records)
        replays = await gone_on(store, path, cuts, None)
        thawed.clear()
        thaws = await gone_on(store, path, cuts, keep_image)
        assert [facts(outcome) for outcome in thaws] == [facts(outcome) for outcome in replays]
        assert {settled(cut) for cut in cuts} <= set(thawed)

    asyncio.run(scene())


def facts(outcome: Outcome) -> tuple[object, ...]:
    """What a person sees of a run."""
    return outcome.canonical_json, [line.text for line in outcome.console], [call.to_dict() for call in outcome.calls]


SEALED = """
const seen = await effects.look({ n: 2 });
const found = await effects.find({ n: seen });
const posted = await effects.post({ n: 1 });
return { found, posted, paid: await effects.pay({ cents: found }) };
"""


@pytest.mark.parametrize("image", [None, keep_image], ids=["replayed", "thawed"])
def test_a_sealed_program_has_the_same_bytes_and_gas_wherever_its_process_dies(
    image: Image | None, store: Store, path: Path
) -> None:
    """Gas, seed and clock are those of the first process."""

    async def scene() -> None:
        world = World()
        async with world.harness(store) as harness:
            run_id = (await harness.run_sealed(SEALED)).run_id
            outcome = await finished(harness, run_id, world)
        records = store.runs.journal(run_id).records
        cuts = waits(records) if image is not None else [records[:end] for end in range(1, len(records))]
        again = await gone_on(store, path, cuts, image)
        gas = {(one.canonical_json, one.figures.gas) for one in again}
        assert gas == {(outcome.canonical_json, outcome.figures.gas)}

    asyncio.run(scene())


def of_other_key(store: Store, lease: Lease, records: Sequence[Record]) -> None:
    keep_image(store, lease, records, key=b"k" * 32)


def damaged(store: Store, lease: Lease, records: Sequence[Record]) -> None:
    keep_image(store, lease, records)
    step, image = kept(store, lease)
    store.images.put(lease, step, image[:200] + bytes([image[200] ^ 1]) + image[201:])


def cut_short(store: Store, lease: Lease, records: Sequence[Record]) -> None:
    keep_image(store, lease, records)
    step, image = kept(store, lease)
    store.images.put(lease, step, image[: len(image) // 2])


def of_another_step(store: Store, lease: Lease, records: Sequence[Record]) -> None:
    keep_image(store, lease, records)
    step, image = kept(store, lease)
    store.images.put(lease, step - 1, image)


def of_a_later_step(store: Store, lease: Lease, records: Sequence[Record]) -> None:
    keep_image(store, lease, records)
    step, image = kept(store, lease)
    store.images.put(lease, step + 1, image)


def of_another_run(store: Store, lease: Lease, records: Sequence[Record]) -> None:
    keep_image(store, lease, records, run_id="another")


def of_another_build(store: Store, lease: Lease, records: Sequence[Record]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("belljar.machine._guest.build_id", lambda: "0" * 16)
        keep_image(store, lease, records)


BAD_IMAGES = (of_other_key, damaged, cut_short, of_another_step, of_a_later_step, of_another_run, of_another_build)


def kept(store: Store, lease: Lease) -> tuple[int, bytes]:
    """The image that is there."""
    image = store.images.get(lease.run_id)
    assert image is not None
    return image


@pytest.mark.parametrize("image", BAD_IMAGES)
def test_a_run_with_an_image_that_does_not_fit_is_replayed(
    image: Image, store: Store, path: Path, thawed: list[int]
) -> None:
    """Whatever is wrong with an image, the journal has all of it."""

    async def scene() -> None:
        outcome = await whole(store, SCRIPTS["row"])
        thawed.clear()
        cut = waits(store.runs.journal("whole").records)[2]
        (again,) = await gone_on(store, path, [cut], image)
        assert facts(again) == facts(outcome)
        assert thawed == []

    asyncio.run(scene())


# -- any script, any point --------------------------------------------------------------------------------------------

CALLS = ("look({n: 1})", "post({n: 2})", "find({n: 3})", "pay({cents: 4})", "asks({n: 5})", "fails({n: 6})")
SETTLED = "return all.map(group => group.map(one => one.reason ? one.reason.name : one.value))"


@st.composite
def scripts(draw: st.DrawFn) -> str:
    """Groups of calls, each group made at once, with lines printed between them."""
    group = st.lists(st.sampled_from(CALLS), min_size=1, max_size=3)
    groups = draw(st.lists(group, min_size=1, max_size=4))
    made = ("[" + ", ".join(f"tools.{call}" for call in calls) + "]" for calls in groups)
    steps = (f"all.push(await Promise.allSettled({calls})); console.log(all.length)" for calls in made)
    return "; ".join(["const all = []", *steps, SETTLED])


@pytest.mark.slow
@settings(derandomize=True, deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(source=scripts(), part=st.floats(0, 1), also_in_flight=st.booleans(), image=st.sampled_from([None, keep_image]))
def test_any_script_goes_on_after_any_record(
    source: str, part: float, also_in_flight: bool, image: Image | None, tmp_path: Path
) -> None:
    """Same bytes, same console, and what must not happen twice happens once."""

    async def scene(path: Path) -> None:
        with open_store(path) as store:
            outcome = await whole(store, source)
            records = store.runs.journal("whole").records
            cuts = waits(records) if image is not None else [records[:end] for end in range(1, len(records))]
            cut = cuts[round(part * (len(cuts) - 1))]
            world, (run_id,) = World(), left_behind(path, cut, image=image)
            happened(world, run_id, cut, also_in_flight=also_in_flight)
            async with world.harness(store) as harness:
                again = await finished(harness, run_id, world)
            assert facts(again) == facts(outcome)
            once = {(run_id, call.id): 1 for call in outcome.calls if call.tool in ("post", "find", "pay")}
            assert {key: world.seen[key] for key in once} == once

    with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
        asyncio.run(scene(Path(folder) / "runs.db"))
