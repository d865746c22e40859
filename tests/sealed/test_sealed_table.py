"""The table of sealed programs: recorded bytes, gas and SHA-256 that every engine, process and thread must give again.

`table/NAME.ts` is a program, and `table/table.json` has its runs: an input, answers of its effects by name and order,
a gas limit where it is not the default, and what was recorded. `python tests/sealed/test_sealed_table.py --record`
writes the records anew; whoever does that reads what changed, line by line.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest

from belljar import Harness
from belljar.cli import main
from belljar.harness import Outcome
from belljar.tools import AnyTool, Tool

FOLDER: Final = Path(__file__).parent / "table"
ROOT: Final = Path(__file__).parents[2]
TABLE: Final = FOLDER / "table.json"
GAS_LIMIT: Final = 10_000_000
COMMA: Final = ",\n"
ANYTHING: Final = {"type": "object", "additionalProperties": True}

Run: TypeAlias = dict[str, Any]
"""Of the table: input, effects, gas_limit and outcome."""

PROGRAMS: Final[dict[str, list[Run]]] = json.loads(TABLE.read_text(encoding="utf-8"))
RUNS: Final = [(name, at) for name, runs in PROGRAMS.items() for at in range(len(runs))]

# -- a run ------------------------------------------------------------------------------------------------------------


def effect(name: str, answers: list[Mapping[str, Any]], asked: list[Any]) -> AnyTool:
    """Gives the recorded answers, one after another, and notes what it was asked."""
    left = iter(answers)

    def answer(arguments: dict[str, Any]) -> Any:
        asked.append([name, arguments])
        recorded = next(left)
        if "failure" in recorded:
            raise RuntimeError(recorded["failure"])
        return recorded["answer"]

    return Tool.from_schema(answer, name=name, parameters=ANYTHING, description="As recorded.")


async def performed(name: str, at: int, engine: str) -> dict[str, Any]:
    """What a run comes to, in the form in which it is recorded."""
    run, asked = PROGRAMS[name][at], list[Any]()
    tools = [effect(each, answers, asked) for each, answers in run.get("effects", {}).items()]
    source = (FOLDER / f"{name}.ts").read_text(encoding="utf-8")
    async with Harness(tools, engine=engine, type_checker=None) as harness:
        limit = run.get("gas_limit", GAS_LIMIT)
        return record(await harness.run_sealed(source, run["input"], gas_limit=limit), asked)


def record(outcome: Outcome, asked: list[Any]) -> dict[str, Any]:
    """Questions and console lines only where there are any."""
    told = {"asked": asked, "console": [line.text for line in outcome.console]}
    return {
        "canonical_json": outcome.canonical_json,
        "gas": outcome.figures.gas,
        "sha256": outcome.sha256,
        **{key: values for key, values in told.items() if values},
    }


def again(run: tuple[str, int]) -> dict[str, Any]:
    """In an event loop of its own."""
    return asyncio.run(performed(*run, "quickjs"))


def recorded(run: tuple[str, int]) -> Any:
    name, at = run
    return PROGRAMS[name][at]["outcome"]


# -- the table --------------------------------------------------------------------------------------------------------


def test_the_table_is_of_at_least_sixty_programs() -> None:
    """Each file has its runs, and each run its file."""
    assert sorted(PROGRAMS) == sorted(path.stem for path in FOLDER.glob("*.ts"))
    assert len(PROGRAMS) >= 60
    assert all(PROGRAMS.values())


@pytest.mark.parametrize(("name", "at"), RUNS)
def test_a_program_gives_what_was_recorded(name: str, at: int, engine: str) -> None:
    """The same bytes, gas and hash on each engine; the same questions and console lines, too."""
    assert asyncio.run(performed(name, at, engine)) == recorded((name, at))


def test_a_recorded_hash_is_of_the_recorded_bytes() -> None:
    """So that a record cannot be wrong in itself."""
    for outcome in map(recorded, RUNS):
        assert outcome["sha256"] == hashlib.sha256(outcome["canonical_json"].encode()).hexdigest()


@pytest.mark.slow
@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_another_process_gives_what_was_recorded(hash_seed: str) -> None:
    """The whole table, with another seed of Python's own hashes."""
    told = subprocess.run(  # noqa: S603 (our own interpreter)
        [sys.executable, __file__, "--print"],
        capture_output=True,
        check=True,
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
    )
    assert json.loads(told.stdout) == list(map(recorded, RUNS))


@pytest.mark.parametrize("threads", [1, 8])
def test_threads_give_what_was_recorded(threads: int) -> None:
    """The whole table, in as many threads at once."""
    with ThreadPoolExecutor(threads) as pool:
        assert list(pool.map(again, RUNS)) == list(map(recorded, RUNS))


# -- examples ---------------------------------------------------------------------------------------------------------

EXAMPLES: Final = {
    "access": '[{"by":null,"role":"guest","allowed":false,"action":"doc.write"}]',
    "invoice": '{"taxes":[{"net":"59.97","rate":"0.19","tax":"11.39"}],"gross":"71.36","isPaid":true,'
    '"netTotal":"59.97","taxTotal":"11.39"}',
    "payments": '{"putOff":["Bob"],"paid":["Ada: paid 9.00","Cyd: paid 1.00"],"left":8000}',
}


@pytest.mark.parametrize(("name", "answer"), EXAMPLES.items())
def test_an_example_runs_by_the_command_that_it_tells(
    name: str, answer: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second line of the file, from the folder that has the examples."""
    monkeypatch.chdir(ROOT)
    command = (ROOT / f"examples/sealed/{name}.ts").read_text(encoding="utf-8").splitlines()[1]
    program, *arguments = shlex.split(command.removeprefix("//"))

    assert (program, main(arguments), capsys.readouterr().out) == ("belljar", 0, f"{answer}\n")


# -- as a program -----------------------------------------------------------------------------------------------------


def write_records() -> None:
    """What quickjs gives now becomes the record."""
    for name, at in RUNS:
        PROGRAMS[name][at]["outcome"] = again((name, at))
    programs = (f"{line(name)}: [\n{COMMA.join(map(lines, runs))}\n]" for name, runs in PROGRAMS.items())
    TABLE.write_text(f"{{\n{COMMA.join(programs)}\n}}\n", encoding="utf-8")


def lines(run: Run) -> str:
    """A line for each part of a run, so that a changed record is a changed line."""
    given = [f"    {line(key)}: {line(value)}" for key, value in run.items() if key != "outcome"]
    outcome = COMMA.join(f"      {line(key)}: {line(value)}" for key, value in run["outcome"].items())
    return f'  {{\n{COMMA.join(given)},\n    "outcome": {{\n{outcome}\n    }}\n  }}'


def line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def print_records() -> None:
    """What quickjs gives now, in the order of the table."""
    json.dump(list(map(again, RUNS)), sys.stdout)


COMMANDS: Final[dict[str, Callable[[], None]]] = {"--record": write_records, "--print": print_records}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]]()
