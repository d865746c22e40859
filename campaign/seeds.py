"""Where the fuzzers begin: scripts of the project's own tests, and what the library itself writes.

Test modules are read, not imported: every string in them that is long enough is a seed.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from campaign import images, words

TESTS: Final = Path(__file__).resolve().parents[1] / "tests"
_SHORTEST: Final = 8
_LONGEST: Final = 2_000


@cache
def scripts(*patterns: str) -> tuple[str, ...]:
    """Strings of the test modules that `patterns` name."""
    files = [file for pattern in patterns for file in sorted(TESTS.glob(pattern))]
    return tuple(dict.fromkeys(text for file in files for text in _strings(ast.parse(file.read_text()))))


def _strings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SHORTEST <= len(node.value) <= _LONGEST:
            yield node.value


def attacks() -> tuple[str, ...]:
    """Scripts of the siege."""
    return scripts("siege/attacks*.py")


def _replies() -> Iterator[bytes]:
    for reply in scripts("script/test_detecting.py", "script/test_streaming.py"):
        yield b"\x03\x10\x01\x20" + reply.encode("utf-8", "surrogatepass")


def _sources() -> Iterator[bytes]:
    for source in scripts("script/erasure_cases.py", "script/test_*.py"):
        yield source.encode("utf-8", "surrogatepass")


_REPORTS: Final[tuple[dict[str, Any], ...]] = (
    {"status": "running", "calls": [[2, "x", [{"a": {"$bytes": "AA=="}}], 65537]], "aborts": [1]},
    {"status": "finished", "value": {"a": [1, 2.5, "x", None, {"$object": {"$a": 1}}]}, "abandoned": [1]},
    {
        "status": "failed",
        "error": {
            "code": "ToolNotFoundError",
            "message": "m",
            "position": 65537,
            "trace": "    at f (script.ts:1:1)\n    at script.ts:2:2",
            "known": ["x"],
            "name_asked": "y",
            "details": {"path": "$"},
        },
        "console": [{"level": "log", "text": "t", "position": 65537}],
        "progress": [{"message": "m", "kind": "k"}],
        "dropped": {"console": 1, "progress": 2},
    },
)


def _reports() -> Iterator[bytes]:
    for report in _REPORTS:
        yield json.dumps(report, separators=(",", ":")).encode()


_RUNS: Final = (
    "return {a: 1, b: [new Uint8Array([1]), null]}",
    "return await Promise.all([tools.echo({value: 1}), tools.echo({value: 2})])",
    "try { await tools.boom({}) } catch (e) { return e.code }",
    "tools.echo({value: 0}); throw new Error('mine')",
)


def _journals() -> Iterator[bytes]:
    """Journals of real runs, without the hashes, which the target makes."""
    for source in _RUNS:
        lines = _journal_of(source).splitlines()
        yield "\n".join(line.rpartition(',"sha256":')[0] + "}" for line in lines).encode()


def _journal_of(source: str) -> str:
    import belljar

    @belljar.tool
    def echo(value: int) -> int:
        return value

    @belljar.tool
    def boom() -> int:
        raise ValueError("boom")

    return belljar.run(source, tools=[echo, boom]).journal.text()


SEEDS: Final[Mapping[str, Callable[[], Iterable[bytes]]]] = {
    "detector": _replies,
    "parser": _sources,
    "eraser": _sources,
    "protocol": _reports,
    "image": images.seeds,
    "journal": _journals,
}
WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "detector": words.REPLY,
    "parser": (*words.JAVASCRIPT, *words.TYPESCRIPT),
    "eraser": (*words.JAVASCRIPT, *words.TYPESCRIPT),
    "protocol": words.REPORT,
    "image": words.IMAGE,
    "journal": words.JOURNAL,
}


def kept(target: str) -> Iterator[bytes]:
    """What was found of a target before: close to other mistakes."""
    for file in sorted((TESTS / "siege" / "found" / target).glob("*")):
        yield file.read_bytes()


def beginnings(target: str) -> Iterator[bytes]:
    """Everything that a search of a Python target begins with."""
    yield from SEEDS[target]()
    yield from kept(target)
