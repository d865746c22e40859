"""The jar's C, built for this computer with AddressSanitizer and UndefinedBehaviorSanitizer, under libFuzzer.

The same sources with the same patches as the guest (guest/build.py), as 32-bit code: `jar.c` keeps addresses in 32 bits
and the sizes that overflow are those that overflow in WebAssembly. QuickJS's arenas are off, so that each block is
guarded by itself; its assertions, which the guest is built without, are on. No check of the sanitizers is suppressed.
native/harness.c says what an input is and which laws hold; `-fwrapv` makes signed overflow defined, as in the guest.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from campaign.plan import Find, Plan, Report
from campaign.seeds import attacks, kept
from campaign.words import JAVASCRIPT, dictionary

TARGET: Final = "native"
HERE: Final = Path(__file__).resolve().parent / "native"
GUEST: Final = HERE.parents[1] / "guest"
COMPILERS: Final = ("clang", *(f"clang-{version}" for version in range(22, 13, -1)))
INSTALL: Final = "apt-get install clang-14 libclang-rt-14-dev g++-multilib"
MAX_BYTES: Final = 2_000
MAX_FINDS: Final = 5
_HANG_S: Final = 10
_LOAD_S: Final = 120
"""What reading the seeds and ending may take besides the time of the search."""
_MINIMISE_S: Final = 20

_SANITIZERS: Final = ("-fsanitize=address,undefined", "-fno-sanitize-recover=undefined")
_JAR: Final = (
    "-m32", "-O1", "-gline-tables-only", "-fno-omit-frame-pointer", *_SANITIZERS,
    "-fsanitize-coverage=inline-8bit-counters,pc-table",
    "-D__SANITIZE_ADDRESS__",  # what GCC defines and QuickJS looks for: no arenas
    "-D__STDC_NO_ATOMICS__",  # as WebAssembly has them
    "-include", str(HERE / "shim.h"), "-include", "jar.h",
)  # fmt: skip
_HARNESS: Final = ("-m32", "-O1", "-g", "-D_GNU_SOURCE", "-fsanitize=address", "-Wall", "-Wextra", "-Werror", "-I.")
_ASAN: Final = "detect_leaks=0:allocator_may_return_null=1:detect_stack_use_after_return=0"
"""A jar never gives its memory back, and a script may ask for more than there is."""

_PROBE: Final = (
    "#include <stdlib.h>\nint LLVMFuzzerTestOneInput(const char *d, size_t n) { return d && !n && getenv(d); }"
)
_KINDS: Final = re.compile(
    r"BROKEN LAW: (.*)|runtime error: (.*)|ERROR: AddressSanitizer: (\S+)|(Assertion `.*' failed)"
)
_FRAME: Final = re.compile(
    r"^ +#\d+ \S+ in (\w+) \S*/(?:quickjs|jar|libregexp|libunicode|dtoa|cutils)\.[ch]:", re.MULTILINE
)
_ADDRESS: Final = re.compile(r"0x[0-9a-f]+")
_STATISTICS: Final = re.compile(r"stat::number_of_executed_units: +(\d+)")
_COVERAGE: Final = re.compile(r"cov: (\d+) ft: (\d+)")
_EDGES: Final = re.compile(r"\((\d+) inline 8-bit counters\)")


def run(plan: Plan) -> Report:
    """Build the fuzzer, unless that is done, and let it search."""
    compiler = usable_compiler()
    if compiler is None:
        return Report(lines=(f"no clang that links 32-bit libFuzzer programs is on PATH; on Debian: {INSTALL}",))
    searched = search(built(compiler), plan.seconds)
    return Report(lines=searched.lines, finds=searched.finds)


# -- building ---------------------------------------------------------------------------------------------------------


def usable_compiler() -> str | None:
    """The first clang on PATH that makes 32-bit programs with libFuzzer and the sanitizers; None without one."""
    found = (path for name in COMPILERS if (path := shutil.which(name)) is not None)
    return next((path for path in found if _links(path)), None)


def _links(compiler: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "probe.c"
        source.write_text(_PROBE)
        command = [compiler, "-m32", *_SANITIZERS, "-fsanitize=fuzzer", str(source), "-o", str(source.with_suffix(""))]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


@functools.cache
def guest_build() -> Any:
    """guest/build.py, which is in no package."""
    sys.path.insert(0, str(GUEST))
    try:
        return importlib.import_module("build")
    finally:
        sys.path.remove(str(GUEST))


def built(compiler: str) -> Path:
    """The fuzzer, with the prelude beside it: from the cache folder of the guest, or compiled now (a minute)."""
    build = guest_build()
    folder: Path = build.cache_folder() / f"native-{_key(compiler)}"
    if not (folder / "fuzz").exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            tree = _patched_tree(Path(scratch))
            _compile(compiler, tree)
            folder.mkdir(exist_ok=True)
            (tree / "fuzz").replace(folder / "fuzz")
    (folder / "prelude.js").write_bytes(build.prelude_source())
    return folder / "fuzz"


def _key(compiler: str) -> str:
    """Changes with every input of the compilation."""
    build = guest_build()
    version = subprocess.run([compiler, "--version"], capture_output=True, check=True).stdout
    parts = [version, build.cache_key(build.lock()).encode(), *(file.read_bytes() for file in sorted(HERE.iterdir()))]
    return hashlib.sha256(b"\0".join([*parts, *map(str.encode, (*_JAR, *_HARNESS))])).hexdigest()[:24]


def _patched_tree(scratch: Path) -> Path:
    """What the guest is compiled from."""
    build = guest_build()
    tree = scratch / "tree"
    build.unpack(build.fetch(build.lock(), scratch), tree)
    build.patch(tree)
    for name in ("jar.c", "jar.h"):
        shutil.copy(GUEST / name, tree)
    shutil.copy(HERE / "harness.c", tree)
    return tree


def _compile(compiler: str, tree: Path) -> None:
    build = guest_build()
    shared = [flag for flag in build.FLAGS if flag.startswith(("-D", "-f", "-w")) and flag != "-DNDEBUG"]
    for name in build.SOURCES:
        subprocess.run([compiler, *shared, *_JAR, "-c", name], check=True, cwd=tree)
    subprocess.run([compiler, *_HARNESS, "-c", "harness.c"], check=True, cwd=tree)
    objects = [str(file) for file in sorted(tree.glob("*.o"))]
    subprocess.run(
        [compiler, "-m32", *_SANITIZERS, "-fsanitize=fuzzer", *objects, "-lm", "-o", "fuzz"], check=True, cwd=tree
    )


# -- searching --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What came of it."""

    executions: int
    seconds: float
    edges: int
    """Reached at least once, of `all_edges`."""
    all_edges: int
    finds: tuple[Find, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        share = 100 * self.edges / max(self.all_edges, 1)
        rate = self.executions / max(self.seconds, 1)
        return (
            f"{TARGET:<9} {self.executions:>10,} executions  {rate:.0f} a second, each in a fresh machine",
            f"{'':<9} {self.edges:,} of {self.all_edges:,} edges ({share:.0f} %)  {len(self.finds)} finds",
        )


def seeds() -> Iterator[bytes]:
    """Sessions with the scripts of the siege, with answers to the first calls, and what was found before."""
    yield from kept(TARGET)
    for script in attacks():
        code = script.encode("utf-8", "replace")
        yield b"\0\0\0" + code + b'\0{"a":[1,"x"]}\0!no\0some text'
    for header in (b"\x40\x01\x00", b"\0\0\x01", b"\0\0\x02", b"\0\0\x0c"):
        yield header + b"const a = [1]; for (;;) a.push(await tools.echo({value: a}))\0x\0[1]\0x"


def search(fuzzer: Path, seconds: float) -> Search:
    """Let it run for `seconds`, going on after each find."""
    finds: dict[str, Find] = {}
    executions, said, begin = 0, "", time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = _prepared(Path(name))
        while (left := begin + seconds - time.monotonic()) > 0 and len(finds) < MAX_FINDS:
            told = _searched(fuzzer, folder, left)
            executions += sum(map(int, _STATISTICS.findall(told)))
            said += told
            find = _failure(fuzzer, folder)
            if find is None or find.why in finds:
                break
            finds[find.why] = find
    return Search(
        executions=executions,
        seconds=time.monotonic() - begin,
        edges=max((int(edges) for edges, _ in _COVERAGE.findall(said)), default=0),
        all_edges=max(map(int, _EDGES.findall(said)), default=0),
        finds=tuple(finds.values()),
    )


def _prepared(folder: Path) -> Path:
    (folder / "corpus").mkdir()
    (folder / "seeds").mkdir()
    for number, seed in enumerate(seeds()):
        (folder / "seeds" / str(number)).write_bytes(seed[:MAX_BYTES])
    (folder / "words").write_text(dictionary((*JAVASCRIPT, "\0", "\0!", '\0{"a":')))
    return folder


def _searched(fuzzer: Path, folder: Path, seconds: float) -> str:
    options = [f"-max_total_time={max(seconds, 1):.0f}", f"-max_len={MAX_BYTES}", f"-dict={folder / 'words'}"]
    options += [f"-artifact_prefix={folder}/", f"-timeout={_HANG_S}", "-rss_limit_mb=0", "-print_final_stats=1"]
    return _said(fuzzer, [*options, "-reload=0", str(folder / "corpus"), str(folder / "seeds")], seconds + _LOAD_S)


def _failure(fuzzer: Path, folder: Path) -> Find | None:
    """The input that ended the search, made small; None where time did."""
    for file in sorted(folder.glob("crash-*")) + sorted(folder.glob("timeout-*")):
        small = folder / "small"
        options = ["-minimize_crash=1", f"-exact_artifact_path={small}", f"-max_total_time={_MINIMISE_S}", str(file)]
        _said(fuzzer, options, 2 * _MINIMISE_S)
        data = (small if small.exists() else file).read_bytes()
        file.write_bytes(data)
        why = kind(_said(fuzzer, [str(file)], _LOAD_S))
        file.unlink()
        small.unlink(missing_ok=True)
        return Find(target=TARGET, data=data, why=why)
    return None


def kind(told: str) -> str:
    """What the sanitizers or the harness say, and in which function of ours or the engine's."""
    found, frame = _KINDS.search(told), _FRAME.search(told)
    what = next(part for part in found.groups() if part) if found else "ended"
    return f"{_ADDRESS.sub('…', what)} in {frame[1]}" if frame else _ADDRESS.sub("…", what)


def _said(fuzzer: Path, options: Sequence[str], seconds: float) -> str:
    """What the fuzzer prints, however it ends."""
    try:
        done = subprocess.run(
            [str(fuzzer), *options], env=_environment(fuzzer), capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as expired:
        return (expired.stderr or b"").decode("utf-8", "replace")
    return done.stderr.decode("utf-8", "replace")


def _environment(fuzzer: Path) -> Mapping[str, str]:
    settings = {"BELLJAR_PRELUDE": str(fuzzer.with_name("prelude.js")), "ASAN_OPTIONS": _ASAN}
    return {**os.environ, **settings, "UBSAN_OPTIONS": "print_stacktrace=1"}
