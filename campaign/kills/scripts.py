"""What is run: scripts that come past everything a run can wait for.

Every script's outcome has the same bytes however often it was killed, and whoever was asked first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from belljar import Limits

SOON: Final = {"freeze_after_ms": 10, "freeze_after_steps": 3}
"""Images are taken at nearly every wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One script, and what it is run with."""

    name: str
    source: str
    limits: Mapping[str, Any] = field(default_factory=dict)

    def to_limits(self) -> Limits:
        """Its limits; questions wait for as long as it takes where the script does not say."""
        return Limits(**{"open_approval_ms": 3_600_000, **self.limits})


CASES: Final = (
    Case(
        name="row",
        source="""
            let sum = 0;
            for (let n = 1; n <= 4; n++) sum += await tools.look({n});
            return [sum, await tools.post({n: 1}), await tools.probed({n: 5})];
        """,
    ),
    Case(
        name="all",
        source="""
            const all = [tools.look({n: 1}), tools.post({n: 2}), tools.probed({n: 3}), tools.slow({n: 4})];
            return [await Promise.all(all), await tools.post({n: 9})];
        """,
    ),
    Case(
        name="race",
        source="""
            const first = await Promise.race([tools.slow({n: 7}), tools.hang()]);
            return [first, await tools.look({n: first})];
        """,
    ),
    Case(
        name="edit",
        source="""
            const paid = await tools.pay({cents: 5000});
            return [paid, await tools.post({n: 1}), await tools.pay({cents: 7000})];
        """,
    ),
    Case(
        name="ceiling",
        source="""
            const paid = [];
            for (let n = 1; n <= 5; n++) paid.push(await tools.pay({cents: n}));
            return paid;
        """,
    ),
    Case(
        name="sum",
        source="""
            const paid = [];
            for (const cents of [10, 15, 20, 1]) paid.push(await tools.pay({cents}));
            return paid;
        """,
    ),
    Case(
        name="crowd",
        source="return await Promise.all([1, 2, 3].map(cents => tools.pay({cents})));",
    ),
    Case(
        name="spare",
        source="""
            await Promise.race([tools.pay({cents: 1}), tools.refused({n: 2})]);
            return [await tools.post({n: 3}), await tools.quorum({n: 4})];
        """,
    ),
    Case(
        name="quorum",
        source="return [await tools.quorum({n: 1}), await tools.look({n: 2}), await tools.quorum({n: 3})];",
    ),
    Case(
        name="denied",
        source="""
            try {
                return await tools.refused({n: 1});
            } catch (error) {
                return [error.name, error.message, await tools.post({n: 3})];
            }
        """,
    ),
    Case(
        name="console",
        source="""
            for (let n = 1; n <= 3; n++) {
                console.log("step", n);
                console.info(`step ${n}`);
                console.warn(await tools.slow({n}));
            }
            return "told";
        """,
    ),
    Case(
        name="many",
        source="""
            let sum = 0;
            for (let n = 1; n <= 20; n++) sum += await tools.look({n});
            const paid = await tools.pay({cents: sum});
            for (let n = 1; n <= 6; n++) sum += await tools.slow({n});
            return [paid, sum, await tools.post({n: sum})];
        """,
        limits=SOON,
    ),
    Case(
        name="thrown",
        source="""
            await tools.post({n: 1});
            throw new RangeError(`after ${await tools.look({n: 2})}`);
        """,
    ),
    Case(
        name="raised",
        source="""
            let code = "";
            try { await tools.raises({n: 1}); } catch (error) { code = error.name; }
            await tools.post({n: code.length});
            return await tools.raises({n: 2});
        """,
    ),
    Case(
        name="asked",
        source="return [await tools.asks({n: 1}), await tools.post({n: 2}), await tools.asks({n: 3})];",
    ),
    Case(
        name="late",
        source="""
            const found = await tools.probed({n: 1});
            try { await tools.late({n: 2}); } catch (error) { return [found, error.name]; }
        """,
        limits={"open_approval_ms": 300},
    ),
)
BY_NAME: Final = {case.name: case for case in CASES}


def case_of(run_id: str) -> Case:
    """The script of a run; ids are NAME-NUMBER."""
    return BY_NAME[run_id.rpartition("-")[0]]
