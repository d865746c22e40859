"""Coverage-guided fuzzing of every reader of outside text: `python -m campaign.fuzz TARGET --seconds N`, and `run`.

The fuzzer is atheris (libFuzzer for Python). It runs in a child process for each target, because libraries in C may
take their process down: a child that dies leaves the input that killed it. Without atheris the same targets get
mutations of the same seeds without the guidance of coverage. What fails is made small (`shrink`) and told once for each
kind; the child then goes on and passes over that kind.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from campaign.plan import Find, Plan, Report

MAX_FINDS: Final = 12
"""Of one target; more of them are the same few mistakes."""
MAX_BYTES: Final = 4_096
HANG_S: Final = 10
MEMORY_MB: Final = 2_048
_START_S: Final = 60
"""What a child may take to start, to write its seeds and to end."""
_STATISTICS: Final = re.compile(r"stat::number_of_executed_units: +(\d+)")
_COVERAGE: Final = re.compile(r"cov: (\d+) ft: (\d+)")


def run(plan: Plan) -> Report:
    """Every target for an equal share of the time."""
    targets = _targets().TARGETS
    hunts = [hunt(target, plan.seconds / len(targets)) for target in targets]
    lines = (
        [] if has_atheris() else ["atheris is not installed (pip install 'belljar[campaign]'): random mutations only"]
    )
    return Report(
        lines=(*lines, *(hunted.line for hunted in hunts)),
        finds=tuple(find for hunted in hunts for find in hunted.finds),
    )


def has_atheris() -> bool:
    """Whether inputs are guided by coverage."""
    return importlib.util.find_spec("atheris") is not None


def _targets() -> Any:
    """Imported late: a child imports it under instrumentation."""
    return importlib.import_module("campaign.targets")


# -- the parent -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunt:
    """What came of one target."""

    target: str
    executions: int
    coverage: str
    """Edges and features as libFuzzer counts them; empty without atheris."""
    finds: tuple[Find, ...]

    @property
    def line(self) -> str:
        return f"{self.target:<9} {self.executions:>10,} executions  {self.coverage:<24} {len(self.finds)} finds"


def hunt(target: str, seconds: float) -> Hunt:
    """Fuzz one target for `seconds`, going on after what was found."""
    finds: dict[str, Find] = {}
    executions, coverage, end = 0, "", time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        while (left := end - time.monotonic()) > 0 and len(finds) < MAX_FINDS:
            (folder / "known.json").write_text(json.dumps(sorted(finds)))
            told = _searched(target, left, folder)
            executions += sum(map(int, _STATISTICS.findall(told)))
            coverage = " ".join(f"{label} {n}" for label, n in zip(("edges", "features"), _last(told), strict=False))
            before = len(finds)
            for file in _failures(folder):
                find = _small(target, file)
                finds.setdefault(find.why.partition(" | ")[0], find)
            if len(finds) == before:
                break  # time is up, or what kills the child is known
    return Hunt(target=target, executions=executions, coverage=coverage, finds=tuple(finds.values()))


def _last(told: str) -> tuple[str, ...]:
    found = _COVERAGE.findall(told)
    return found[-1] if found else ()


def _failures(folder: Path) -> list[Path]:
    return [file for kind in ("crash", "timeout", "oom") for file in sorted(folder.glob(f"{kind}-*"))]


def _searched(target: str, seconds: float, folder: Path) -> str:
    """What a child that fuzzes says."""
    try:
        return _child([target, "--seconds", f"{seconds:.0f}", "--folder", str(folder)], seconds + _START_S)
    except subprocess.TimeoutExpired as expired:
        return (expired.stderr or b"").decode("utf-8", "replace")


def _small(target: str, file: Path) -> Find:
    """The file's content made small; the file goes."""
    data = file.read_bytes()
    file.unlink()
    small, why = data, file.name.partition("-")[0]
    try:
        Path(f"{file}.shrink").write_bytes(data)
        answer = json.loads(_child([target, "--shrink", f"{file}.shrink"], 4 * _START_S, output=True))
        small, why = bytes.fromhex(answer["data"]), answer["why"] or f"{why}, not seen again"
    except (subprocess.TimeoutExpired, ValueError):
        why = f"{why}, too slow to make small"
    return Find(target=target, data=small, why=why)


def _child(arguments: Sequence[str], seconds: float, *, output: bool = False) -> str:
    command = [sys.executable, "-m", "campaign.fuzz", *arguments]
    done = subprocess.run(command, capture_output=True, timeout=seconds, check=False)
    return (done.stdout if output else done.stderr).decode("utf-8", "replace")


# -- the child --------------------------------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m campaign.fuzz", description="Fuzz one reader of outside text.")
    parser.add_argument("target")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--folder", type=Path, help="where inputs that fail are put; default: a new one")
    parser.add_argument("--shrink", type=Path, help="an input that fails: print the smallest like it as JSON, and end")
    arguments = parser.parse_args()
    if arguments.shrink:
        return _shrink(arguments.target, arguments.shrink)
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="belljar-fuzz-"))
    print(f"inputs that fail go to {folder}", file=sys.stderr)
    with _instrumented():
        check = _targets().TARGETS[arguments.target]
    known = folder / "known.json"
    passing = _passing_over(check, frozenset(json.loads(known.read_text()) if known.exists() else ()))
    search = _guided if has_atheris() else _unguided
    search(arguments.target, passing, max(arguments.seconds, 1), folder)
    return 0


def _instrumented() -> AbstractContextManager[Any]:
    if not has_atheris():
        return nullcontext()
    context: AbstractContextManager[Any] = importlib.import_module("atheris").instrument_imports(include=["belljar"])
    return context


def _shrink(target: str, file: Path) -> int:
    from campaign.shrink import smallest

    small, why = smallest(_targets().REPLAYED[target], file.read_bytes())
    print(json.dumps({"data": small.hex(), "why": why}))
    return 0


def _passing_over(check: Callable[[bytes], None], known: frozenset[str]) -> Callable[[bytes], None]:
    """`check`, silent about kinds of failure that are known."""
    from campaign.shrink import kind_of, told

    def checked(data: bytes) -> None:
        try:
            check(data)
        except Exception as error:
            if kind_of(told(error)) not in known:
                raise

    return checked


def _guided(target: str, check: Callable[[bytes], None], seconds: int, folder: Path) -> None:
    """Does not return: libFuzzer ends the process."""
    from campaign.seeds import WORDS, beginnings
    from campaign.words import dictionary

    atheris = importlib.import_module("atheris")
    corpus = folder / "corpus"
    corpus.mkdir(exist_ok=True)
    for number, seed in enumerate(beginnings(target)):
        (corpus / f"seed-{number}").write_bytes(seed)
    (folder / "words.dict").write_text(dictionary(WORDS[target]))
    options = [f"-dict={folder / 'words.dict'}", f"-max_total_time={seconds}", f"-artifact_prefix={folder}/"]
    options += [f"-max_len={MAX_BYTES}", f"-timeout={HANG_S}", f"-rss_limit_mb={MEMORY_MB}", "-print_final_stats=1"]
    options += ["-reload=0", "-report_slow_units=60"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], check, internal_libfuzzer=True)
    atheris.Fuzz()


def _unguided(target: str, check: Callable[[bytes], None], seconds: int, folder: Path) -> None:
    """Random mutations of the seeds, always the same ones in the same order."""
    from campaign.seeds import WORDS, beginnings

    seeds = [*beginnings(target), b""]
    words = [word.encode("utf-8", "surrogatepass") for word in WORDS[target]]
    chance = random.Random(target)  # noqa: S311  (repeatable on purpose)
    executions, end = 0, time.monotonic() + seconds
    last = folder / "crash-last"
    try:
        while time.monotonic() < end:
            data = mutated(chance, seeds, words)
            last.write_bytes(data)  # so that an input that kills this process is there
            executions += 1
            check(data)
        last.unlink(missing_ok=True)
    finally:
        print(f"stat::number_of_executed_units: {executions}", file=sys.stderr)


def mutated(chance: random.Random, seeds: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """One seed with one to six changes: a word put in, a piece dropped, copied or taken from another seed, a byte."""
    data = chance.choice(seeds)
    for _ in range(chance.randint(1, 6)):
        at = chance.randint(0, len(data))
        end = min(len(data), at + chance.choice((0, 1, 2, 8, 40)))
        other = chance.choice(seeds)
        begin = chance.randint(0, len(other))
        piece = chance.choice((chance.choice(words), data[at:end] * 2, other[begin : begin + 40], chance.randbytes(1)))
        data = data[:at] + chance.choice((piece, b"")) + data[end:]
    return data[:MAX_BYTES]


if __name__ == "__main__":
    raise SystemExit(main())
