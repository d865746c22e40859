"""What is run: every script in both languages that the subjects speak, and the value that must come out.

JavaScript is written as the body of an async function, and calls `tools.NAME({...})`; Python as statements and a last
expression, for Monty, whose scripts are Python. The expected values are worked out here, apart from any subject.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from textwrap import dedent
from typing import Any, Final

MODULUS: Final = 1_000_003


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One script and its value."""

    js: str
    """Body of an async function."""
    python: str
    """The same work for a subject that runs Python."""
    expected: Any
    """Plain data; every repetition is compared with it."""


def add(x: int, y: int) -> int:
    """What the tool `add` does, for every subject."""
    return x + y


def mul(x: int, y: int) -> int:
    """What the tool `mul` does, for every subject."""
    return x * y


TINY: Final = Work(js="return 1+1", python="1+1", expected=2)

TOOL_CALLS: Final = Work(
    js=dedent("""\
        const [a, b] = await Promise.all([tools.add({x: 1, y: 2}), tools.add({x: 3, y: 4})]);
        const c = await tools.mul({x: a, y: b});
        return {a, b, c};
    """),
    python=dedent("""\
        import asyncio
        async def main():
            a, b = await asyncio.gather(add(x=1, y=2), add(x=3, y=4))
            c = await mul(x=a, y=b)
            return {'a': a, 'b': b, 'c': c}
        await main()
    """),
    expected={"a": 3, "b": 7, "c": 21},
)

PARALLEL_CALLS: Final = 100
FAN_OUT: Final = Work(
    js=dedent(f"""\
        const calls = Array.from({{length: {PARALLEL_CALLS}}}, (_, i) => tools.add({{x: i, y: 1}}));
        return (await Promise.all(calls)).reduce((sum, each) => sum + each, 0);
    """),
    python=dedent(f"""\
        import asyncio
        async def main():
            return sum(await asyncio.gather(*[add(x=i, y=1) for i in range({PARALLEL_CALLS})]))
        await main()
    """),
    expected=sum(add(i, 1) for i in range(PARALLEL_CALLS)),
)

PAUSE: Final = Work(
    js=dedent("""\
        const rows = Array.from({length: 20}, (_, i) => ({id: i, name: `row ${i}`}));
        const [a, b] = await Promise.all([tools.add({x: 1, y: 2}), tools.add({x: 3, y: 4})]);
        return a + b + rows.length;
    """),
    python=dedent("""\
        import asyncio
        async def main():
            rows = [{'id': i, 'name': f'row {i}'} for i in range(20)]
            a, b = await asyncio.gather(add(x=1, y=2), add(x=3, y=4))
            return a + b + len(rows)
        await main()
    """),
    expected=30,
)


def _fib(n: int) -> int:
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


def _fib_work(n: int) -> Work:
    return Work(
        js=f"function fib(n) {{ return n < 2 ? n : fib(n - 1) + fib(n - 2); }}\nreturn fib({n});",
        python=f"def fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\nfib({n})",
        expected=_fib(n),
    )


FIB: Final = _fib_work(25)
COMPUTE: Final = _fib_work(22)
"""Some three milliseconds in QuickJS: long beside opening a machine, short enough for many."""

LOOPS: Final = 3_000_000
LOOP: Final = Work(
    js=f"let s = 0;\nfor (let i = 0; i < {LOOPS}; i++) s = (s + i) % {MODULUS};\nreturn s;",
    python=f"s = 0\nfor i in range({LOOPS}):\n    s = (s + i) % {MODULUS}\ns",
    expected=LOOPS * (LOOPS - 1) // 2 % MODULUS,
)

OBJECTS: Final = 20_000
_ROW_JSON = json.dumps(
    [{"id": i, "name": f"row {i}", "tags": ["a", "b"], "score": i * 2} for i in range(OBJECTS)], separators=(",", ":")
)
JSON_WORK: Final = Work(
    js=dedent(f"""\
        const rows = [];
        for (let i = 0; i < {OBJECTS}; i++) rows.push({{id: i, name: 'row ' + i, tags: ['a', 'b'], score: i * 2}});
        const text = JSON.stringify(rows);
        return text.length + JSON.parse(text).length;
    """),
    python=dedent(f"""\
        import json
        rows = [{{'id': i, 'name': 'row ' + str(i), 'tags': ['a', 'b'], 'score': i * 2}} for i in range({OBJECTS})]
        text = json.dumps(rows, separators=(',', ':'))
        len(text) + len(json.loads(text))
    """),
    expected=len(_ROW_JSON) + OBJECTS,
)

SORTED: Final = 100_000


def _scrambled(count: int) -> list[int]:
    """Numbers in no order, from a linear congruence with a full period modulo 2**16 x 16."""
    out, x = [], 1
    for _ in range(count):
        x = (x * 1_664_525 + 1_013_904_223) % 1_048_576
        out.append(x)
    return out


SORT: Final = Work(
    js=dedent(f"""\
        const list = []; let x = 1;
        for (let i = 0; i < {SORTED}; i++) {{ x = (x * 1664525 + 1013904223) % 1048576; list.push(x); }}
        list.sort((a, b) => a - b);
        return list[0] + list[{SORTED // 2}] + list[{SORTED - 1}];
    """),
    python=dedent(f"""\
        values = []
        x = 1
        for i in range({SORTED}):
            x = (x * 1664525 + 1013904223) % 1048576
            values.append(x)
        values.sort(key=lambda each: each)
        values[0] + values[{SORTED // 2}] + values[{SORTED - 1}]
    """),
    expected=sum(sorted(_scrambled(SORTED))[at] for at in (0, SORTED // 2, SORTED - 1)),
)

APPENDS: Final = 200_000
APPEND: Final = Work(
    js=f"let s = '';\nfor (let i = 0; i < {APPENDS}; i++) s += i % 10;\nreturn s.length;",
    python=f"s = ''\nfor i in range({APPENDS}):\n    s += str(i % 10)\nlen(s)",
    expected=APPENDS,
)

CPU: Final = {"fib": FIB, "loop": LOOP, "json": JSON_WORK, "sort": SORT, "append": APPEND}
"""The parts of W4."""


def typescript(size: int, serial: int) -> str:
    """A TypeScript script of exactly `size` bytes, as a model writes them; another one for every `serial`."""
    head = f"// {serial:012d}\ninterface Row {{ id: number; name: string; tags?: string[] }}\n"
    tail = "return total0;\n"
    blocks, used, number = [head], len(head) + len(tail), 0
    while used + len(block := _block(number)) <= size:
        blocks.append(block)
        used += len(block)
        number += 1
    filler = "/" * (size - used - 1) + "\n" if size > used + 3 else " " * (size - used)
    return "".join(blocks) + filler + tail


def _block(number: int) -> str:
    return dedent(f"""\
        async function step{number}(rows: Row[], limit: number = {number}): Promise<Map<string, Row>> {{
          const kept = rows.filter((row): row is Row => row.id > limit && row.name !== 'skip');
          const found = new Map<string, Row>();
          for (const {{ id, name, tags }} of kept) found.set(`${{name}}-${{id}}`, {{ id, name, tags }} as Row);
          const sum = await tools.add({{ x: kept.length, y: found.size }});
          if (sum! > limit) console.log('over', sum, {{ limit }});
          return found;
        }}
        const total{number}: number = (await step{number}([{{ id: 1, name: 'a' }}])).size;
    """)
