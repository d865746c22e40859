"""Programs that end in an error, for the error catalogue: one for each code that a page can show.

Each is run when the page is made, and the generator stops where one ends otherwise. What the model or the operator
reads is taken from that run, so no example is invented. `scripts` and `programs` have the programs; `ELSEWHERE` says
why a code has none, and which test trips it instead.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from unittest.mock import patch

from belljar import AutoApprover, CallbackApprover, DeferApprover, Harness, Limits, gate, tool
from belljar.errors import BelljarError
from belljar.packs import HttpPolicy, files, http_tool, spawn
from belljar.tools.events import CallStarted
from belljar.typecheck import TypeChecker

_RUN_ID: Final = re.compile(r"\b[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\b|\brun_[0-9a-z]+\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """A program, and what was read of its error."""

    language: str
    source: str
    said: str
    """How it was run, where that is not the default."""
    read: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A script of the standard or the sealed profile, with how it is run."""

    source: str
    limits: Mapping[str, Any] = field(default_factory=dict)
    approver: str = ""
    """`all`, `none`, `later` or `nobody`."""
    sealed: bool = False
    input: Any = None
    types: bool = False
    cancelled: bool = False
    reply: bool = False
    """The source is a whole reply."""

    @property
    def said(self) -> str:
        """For the reader."""
        facts = (
            [f"`Limits({', '.join(f'{name}={value}' for name, value in self.limits.items())})`"] if self.limits else []
        )
        facts += [_APPROVERS[self.approver][0]] if self.approver else []
        facts += ["in the sealed profile"] if self.sealed else []
        facts += ["with a type checker"] if self.types else []
        facts += ["cancelled by the host during the call"] if self.cancelled else []
        return ", ".join(facts)


@tool
def rate(base: str, quote: str) -> float:
    """Units of quote for one unit of base."""
    return {"EURUSD": 1.25, "EURGBP": 0.8}[base + quote]


@tool
def whole(base: str, quote: str) -> int:
    """Hundredths of quote for one unit of base."""
    return {"EURUSD": 125, "EURGBP": 80}[base + quote]


@tool(approval="always")
def refund(invoice: str, cents: int) -> str:
    """Give money back."""
    return f"{cents} cents of {invoice}"


@tool
def open_exchange() -> int:
    """Ask the exchange to open."""
    raise RuntimeError("the exchange is closed today")


@tool(name="slow")
async def slow(ms: int) -> int:
    """Wait."""
    await asyncio.sleep(ms / 1000)
    return ms


async def _never(_request: Any) -> bool:
    await asyncio.sleep(60)
    return True


_APPROVERS: Final[Mapping[str, tuple[str, Any]]] = {
    "": ("", None),
    "all": ("every call approved", AutoApprover("all")),
    "none": ("every approval denied", AutoApprover("none")),
    "later": ("questions left open (`DeferApprover`)", DeferApprover()),
    "nobody": ("an approver that does not answer", CallbackApprover(_never)),
}


def tripped_script(code: str, script: Script) -> Trip:
    """What the model reads of it. Raises SystemExit where it ends otherwise."""
    with _folder():
        outcome = asyncio.run(_run(script))
        if outcome.error is None or outcome.error.code != code:
            raise SystemExit(f"docs/_made: {code}: ended with {outcome.error or outcome.value!r}")
        return Trip(
            language="markdown" if script.reply else "ts",
            source=script.source,
            said=script.said,
            read=clean(outcome.to_model()),
        )


async def _run(script: Script) -> Any:
    tools = [whole if script.sealed else rate, refund, open_exchange, slow, *spawn(slow), *files("."), _http()]
    async with Harness(
        tools,
        approver=_APPROVERS[script.approver][1],
        limits=Limits(**script.limits),
        type_checker=_checker() if script.types else None,
    ) as harness:
        if script.reply:
            return _first_error(await harness.process(script.source, mode="enabled"))
        if script.sealed:
            return await harness.run_sealed(script.source, script.input, gas_limit=2_000_000_000)
        return await harness.run(script.source, run_id="run-1", on_event=_cancelling(harness, script))


def _cancelling(harness: Harness, script: Script) -> Callable[[Any], None]:
    """Cancels once the script's call is under way, where that is asked for."""

    def heard(event: Any) -> None:
        if script.cancelled and isinstance(event, CallStarted):
            asyncio.get_running_loop().call_soon(harness.cancel, "run-1")

    return heard


def _checker() -> TypeChecker:
    return TypeChecker(seconds=30.0)  # a busy computer must not make it a page without types


def _http() -> Any:
    return http_tool(HttpPolicy(hosts=["api.example.com"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """Of a reply: its error, in place of an outcome."""

    error: BelljarError
    text: str

    def to_model(self) -> str:
        """What the model reads."""
        return self.text


def _first_error(turn: Any) -> _Told:
    item = next(each for each in turn.items if getattr(each, "error", None) is not None)
    return _Told(error=item.error, text=item.error.to_model())


def tripped_program(code: str, source: str, *, gate_open: bool = False) -> Trip:
    """What the operator reads of a Python program that raises. Raises SystemExit where it ends otherwise."""
    with _folder(), _opened() if gate_open else _closed():
        try:
            # belljar: ignore B102 -- runs our own examples, as the documentation shows them
            exec(compile(source, code, "exec"), {"__name__": "example"})  # noqa: S102 - our own examples
        except BelljarError as error:
            if error.code == code:
                return Trip(language="python", source=source, said="", read=clean(error.to_model()))
            raise SystemExit(f"docs/_made: {code}: ended with {error.code}: {error}") from error
    raise SystemExit(f"docs/_made: {code}: nothing was raised")


def clean(text: str) -> str:
    """Without what differs from run to run."""
    return _RUN_ID.sub("RUN", text.replace(os.path.realpath(os.getcwd()), "FOLDER").replace(os.getcwd(), "FOLDER"))


@contextlib.contextmanager
def _closed() -> Iterator[None]:
    """With the gate closed, and as if nothing behind it had been imported."""
    hidden = [each for each in sys.modules if each.startswith(("belljar.plugins", "belljar.agents"))]
    kept = {name: sys.modules.pop(name) for name in hidden}
    try:
        with patch.object(gate, "_is_on", False):
            yield
    finally:
        sys.modules.update(kept)


def _opened() -> contextlib.AbstractContextManager[Any]:
    return patch.object(gate, "_is_on", True)


@contextlib.contextmanager
def _folder() -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        yield
