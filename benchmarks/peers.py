"""What a Python user could pick instead, each behind the verbs of `Subject`.

Rule 1: nothing is imported before a subject is made, so a peer that is missing costs nothing. Rule 2: tools are what
the peer recommends for concurrent calls: coroutines where it takes them, plain functions where it does not. Rule 3: no
peer validates arguments, counts calls, asks for approval or keeps a journal, and none is made to.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Final

from benchmarks import workloads
from benchmarks.subject import Ability, Subject
from benchmarks.workloads import Work

_NO_FREEZE: Final = "no: freeze"
_NO_PARSE: Final = "no: parse"
PAGE_BYTES: Final = 4_096


async def _add(arguments: Mapping[str, int]) -> int:
    return workloads.add(**arguments)


async def _mul(arguments: Mapping[str, int]) -> int:
    return workloads.mul(**arguments)


async def _never(_: Any) -> None:
    """A tool whose answer does not come."""
    await asyncio.get_running_loop().create_future()


_TOOLS: Final[Mapping[str, Callable[..., Any]]] = {"add": _add, "mul": _mul}
_PLAIN_TOOLS: Final[Mapping[str, Callable[..., Any]]] = {
    "add": lambda given: workloads.add(**given),
    "mul": lambda given: workloads.mul(**given),
}
_SILENT_TOOLS: Final[Mapping[str, Callable[..., Any]]] = {"add": _never, "mul": _never}


def _sync_body(work: Work) -> str:
    """As an expression; the trivial script as a user of an evaluator would write it."""
    return "1+1" if work is workloads.TINY else f"(() => {{ {work.js}\n}})()"


def _async_body(work: Work) -> str:
    """As an expression that is a promise; tools are globals."""
    return f"(async () => {{ {work.js}\n}})()".replace("tools.", "")


class TaskSubject(Subject):
    """A subject whose suspended machines are tasks of its event loop."""

    SETTLE_S: ClassVar[float] = 0.02
    """Longer than any of them needs to come to its first call."""

    def __init__(self) -> None:
        super().__init__()
        self._held: list[asyncio.Task[Any]] = []

    def hold(self, doing: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Begin, and let it run to where it waits. Raises RuntimeError where it does not wait."""
        task = self.loop.create_task(doing)
        self.wait(asyncio.sleep(self.SETTLE_S))
        if task.done():
            raise RuntimeError(f"{self.name} did not wait for its tools") from task.exception()
        self._held.append(task)
        return task

    def __exit__(self, *_: object) -> None:
        for task in self._held:
            task.cancel()
        if self._held:
            self.wait(asyncio.wait(self._held))
        super().__exit__()


class QuickjsRs(TaskSubject):
    """QuickJS-ng in WebAssembly on wasmtime, from LangChain."""

    name = "quickjs-rs"
    module = "quickjs_rs"
    distribution = "quickjs-rs"
    settings = "one Runtime and Context per script, default limits (64 MB, 5 s), async tools, eval_async"
    lacks: ClassVar[Mapping[Ability, str]] = {"freeze": "no: freeze while a call is pending"}
    first_result = (
        "from quickjs_rs import Runtime\nwith Runtime() as runtime, runtime.new_context() as context:\n"
        "    print(context.eval('1+1'))"
    )

    def __init__(self) -> None:
        super().__init__()
        self._package = import_module(self.module)

    def open(self) -> Any:
        runtime = self._package.Runtime()
        return runtime, runtime.new_context()

    def evaluate(self, machine: Any, work: Work) -> Any:
        return machine[1].eval(_sync_body(work))

    def close(self, machine: Any) -> None:
        machine[0].close()

    def call_tools(self, work: Work) -> Any:
        return self.wait(self._call_tools(work))

    async def _call_tools(self, work: Work) -> Any:
        with self._package.Runtime() as runtime, runtime.new_context() as context:
            for name, function in _TOOLS.items():
                context.register(name, function)
            return await context.eval_async("await " + _async_body(work))

    def suspend(self, work: Work) -> Any:
        _, context = machine = self.open()
        for name, function in _SILENT_TOOLS.items():
            context.register(name, function)
        return machine, self.hold(context.eval_async("await " + _async_body(work)))

    def parse(self, source: str) -> str:
        flags = self._package.SourceTransform
        code: str = self._package.transform_source(
            "script.ts", f"async () => {{{source}}}", flags=flags.SOURCE_TS | flags.STRIP_TYPESCRIPT
        )
        return code


class Jsbox(TaskSubject):
    """QuickJS in the host's own process, from Rust."""

    name = "jsbox"
    module = "jsbox"
    distribution = "jsbox"
    settings = (
        "one Runtime per script, default limits (64 MB), timeout=30; async tools by eval_async, but plain functions in "
        "W3, where it refuses 100 pending calls"
    )
    lacks: ClassVar[Mapping[Ability, str]] = {"freeze": _NO_FREEZE, "parse": _NO_PARSE}
    first_result = "from jsbox import Runtime\nprint(Runtime().eval('1+1', timeout=30))"

    def __init__(self) -> None:
        super().__init__()
        self._runtime = import_module(self.module).Runtime

    def open(self) -> Any:
        return self._runtime()

    def evaluate(self, machine: Any, work: Work) -> Any:
        return machine.eval(_sync_body(work), timeout=30)

    def call_tools(self, work: Work) -> Any:
        if work is workloads.FAN_OUT:
            return self._bound(_PLAIN_TOOLS).eval(_async_body(work), timeout=30)
        return self.wait(self._bound(_TOOLS).eval_async(_async_body(work), timeout=30))

    def _bound(self, tools: Mapping[str, Callable[..., Any]]) -> Any:
        machine = self.open()
        for name, function in tools.items():
            machine.bind_function(name, function)
        return machine

    def suspend(self, work: Work) -> Any:
        machine = self._bound(_SILENT_TOOLS)
        return machine, self.hold(machine.eval_async(_async_body(work)))


class MiniRacer(TaskSubject):
    """V8 in the host's own process."""

    name = "mini-racer"
    module = "py_mini_racer"
    distribution = "mini-racer"
    settings = "one isolate per script on a running event loop, async tools by wrap_py_function, no limits"
    lacks: ClassVar[Mapping[Ability, str]] = {"freeze": _NO_FREEZE, "parse": _NO_PARSE}
    first_result = "from py_mini_racer import mini_racer\nwith mini_racer() as context:\n    print(context.eval('1+1'))"

    def __init__(self) -> None:
        super().__init__()
        self._mini_racer = import_module(self.module).mini_racer

    def open(self) -> Any:
        return self.wait(self._open())

    async def _open(self) -> Any:
        manager = self._mini_racer()
        return manager, manager.__enter__()

    def evaluate(self, machine: Any, work: Work) -> Any:
        return self.wait(self._evaluate(machine[1], _sync_body(work)))

    async def _evaluate(self, context: Any, code: str) -> Any:
        return context.eval(code)

    def close(self, machine: Any) -> None:
        self.wait(self._close(machine[0]))

    async def _close(self, manager: Any) -> None:
        manager.__exit__(None, None, None)

    def call_tools(self, work: Work) -> Any:
        return self.wait(self._call_tools(work, _TOOLS))

    async def _call_tools(self, work: Work, tools: Mapping[str, Callable[..., Any]]) -> Any:
        """The tools come in as arguments of one function; objects come back as views of the isolate's, so as JSON."""
        async with AsyncExitStack() as stack:
            context = stack.enter_context(self._mini_racer())
            add = await stack.enter_async_context(context.wrap_py_function(_of_view(tools["add"])))
            mul = await stack.enter_async_context(context.wrap_py_function(_of_view(tools["mul"])))
            function = context.eval(f"async (add, mul) => JSON.stringify(await {_async_body(work)})")
            return json.loads(await function(add, mul))

    def suspend(self, work: Work) -> Any:
        return self.hold(self._call_tools(work, _SILENT_TOOLS))


def _of_view(function: Callable[..., Any]) -> Callable[..., Any]:
    async def called(view: Mapping[str, int]) -> Any:
        return await function({"x": view["x"], "y": view["y"]})

    return called


class QuickjsNg(Subject):
    """QuickJS-ng in the host's own process, from C."""

    name = "quickjs-ng"
    module = "quickjs"
    distribution = "quickjs-ng"
    settings = (
        "one Context per script, no limits (a time limit forbids tools), plain functions as tools with JSON arguments"
    )
    lacks: ClassVar[Mapping[Ability, str]] = {
        "hold": "no: async tools",
        "freeze": _NO_FREEZE,
        "parse": _NO_PARSE,
    }
    first_result = "import quickjs\nprint(quickjs.Context().eval('1+1'))"
    _PRELUDE: ClassVar[str] = (
        "let out; const add = (given) => addJson(JSON.stringify(given)); "
        "const mul = (given) => mulJson(JSON.stringify(given));"
    )

    def __init__(self) -> None:
        super().__init__()
        self._context = import_module(self.module).Context

    def open(self) -> Any:
        return self._context()

    def evaluate(self, machine: Any, work: Work) -> Any:
        return machine.eval(_sync_body(work))

    def call_tools(self, work: Work) -> Any:
        context = self._context()
        context.add_callable("addJson", lambda text: workloads.add(**json.loads(text)))
        context.add_callable("mulJson", lambda text: workloads.mul(**json.loads(text)))
        context.eval(f"{self._PRELUDE} {_async_body(work)}.then((value) => {{ out = JSON.stringify(value); }});")
        while context.execute_pending_job():
            pass
        return json.loads(context.eval("out"))


class Monty(Subject):
    """Pydantic's interpreter for a subset of Python, in worker processes. Its scripts are Python, not JavaScript."""

    name = "monty"
    module = "pydantic_monty"
    distribution = "pydantic-monty"
    settings = (
        "one checkout per script from a warm pool of worker processes, no limits, coroutines as tools; runs Python"
    )
    lacks: ClassVar[Mapping[Ability, str]] = {"parse": _NO_PARSE}
    first_result = (
        "from pydantic_monty import Monty\nwith Monty() as pool, pool.checkout() as session:\n"
        "    print(session.feed_run('1+1'))"
    )
    _HELD_PROCESSES: ClassVar[int] = 200

    def __init__(self) -> None:
        super().__init__()
        self._package = import_module(self.module)
        self._pools: list[Any] = []

    def __exit__(self, *_: object) -> None:
        for pool in self._pools:
            pool.__exit__(None, None, None)
        if "_async_pool" in self.__dict__:
            self.wait(self._leave(self._async_pool))
        super().__exit__()

    @cached_property
    def _pool(self) -> Any:
        pool = self._package.Monty(max_processes=self._HELD_PROCESSES).__enter__()
        self._pools.append(pool)
        return pool

    @cached_property
    def _async_pool(self) -> Any:
        async def enter() -> Any:
            return await self._package.AsyncMonty().__aenter__()

        return self.wait(enter())

    async def _leave(self, pool: Any) -> None:
        await pool.__aexit__(None, None, None)

    def open(self) -> Any:
        return self._pool.checkout().__enter__()

    def evaluate(self, machine: Any, work: Work) -> Any:
        return machine.feed_run(work.python)

    def close(self, machine: Any) -> None:
        machine.__exit__(None, None, None)

    def call_tools(self, work: Work) -> Any:
        return self.wait(self._call_tools(work, self._async_pool))

    async def _call_tools(self, work: Work, pool: Any) -> Any:
        async def add(x: int, y: int) -> int:
            return workloads.add(x, y)

        async def mul(x: int, y: int) -> int:
            return workloads.mul(x, y)

        async with pool.checkout() as session:
            return await session.feed_run(work.python, external_lookup={"add": add, "mul": mul})

    def suspend(self, work: Work) -> Any:
        session = self.open()
        return session, self._to_future(session.feed_start(work.python))

    def _to_future(self, snapshot: Any) -> Any:
        """Answer every call with `later`, until the script waits for all of them."""
        while isinstance(snapshot, self._package.FunctionSnapshot):
            snapshot = snapshot.resume({"future": ...})
        return snapshot

    def freeze(self, held: Any) -> bytes:
        image: bytes = held[1].dump()
        return image

    def thaw(self, image: bytes) -> Any:
        session = self.open()
        return session, session.load_snapshot(image)

    def finish(self, held: Any) -> Any:
        """The script waits for add(1, 2) and add(3, 4), in this order."""
        session, waiting = held
        values = (workloads.add(1, 2), workloads.add(3, 4))
        answers = {id_: {"return_value": value} for id_, value in zip(waiting.pending_call_ids, values, strict=True)}
        value = waiting.resume(answers).output
        self.close(session)
        return value

    def held_bytes(self, held: list[Any]) -> int:
        """What the worker processes do not share with each other."""
        return sum(_private_bytes(session.worker_pid) for session, _ in held)


def _private_bytes(pid: int) -> int:
    resident, shared = Path(f"/proc/{pid}/statm").read_text().split()[1:3]
    return (int(resident) - int(shared)) * PAGE_BYTES


PEERS: Final[tuple[type[Subject], ...]] = (QuickjsRs, Jsbox, MiniRacer, QuickjsNg, Monty)
