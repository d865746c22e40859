"""How a test runs in the jar, and whether it passed.

A script is the body of an async function in strict mode, in a realm whose intrinsics are frozen. So the harness files
and the test become one such body: what they declare is local, and nothing is written to the global object. The test is
a function within it, which gives it what global code has: `await` is a name, and `this` is the global object. It also
gives it what global code has not: `return` and `new.target` are no errors. The front end is left out, since the jar is
what is measured. An async test's $DONE is a promise.
"""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from belljar.limits import Limits
from belljar.machine import Finished, open_machine
from belljar.script import Script
from campaign.test262._suite import ALWAYS, Case, Suite

LIMITS: Final = Limits(timeout_ms=10_000, memory_mb=256)
"""Of one test. The slowest of the suite, tables of Unicode properties, take 2 s where they pass."""

_DONE: Final = """
let $DONE;
const $ended = new Promise((resolve, reject) => { $DONE = (error) => (error ? reject(error) : resolve()); });
const print = (text) => $DONE(text === 'Test262:AsyncTestComplete' ? undefined : text);
"""
_REPLACED: Final = {"fnGlobalObject.js": "function fnGlobalObject() { return globalThis; }"}
"""Harness files that the suite lets its runners replace: this one makes code from text."""
_MENDED: Final = {
    "asyncHelpers.js": "function asyncTest(test) { test().then(() => $DONE(), (e) => $DONE(e ?? 'rejected')); }",
}
"""What follows a harness file: this one looks for $DONE on the global object."""
_FUNCTION_PROTOTYPE: Final = "Object.getPrototypeOf(() => {})"
"""What harness files get for `Function.prototype`, to bind their helpers; for tests there is no Function."""
_BODY: Final = """{before}
try {{
    (function () {{
{test}
    }}).call(globalThis);
    {wait}
}} catch (error) {{
    const text = (value) => String(value).slice(0, 400).toWellFormed();
    return [text(error?.constructor?.name ?? typeof error), text(error?.message ?? error)];
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one engine made of one test."""

    passed: bool
    message: str = ""
    """What the test ended with: the error's name and its words. Empty where it ended well."""
    cause: str = ""
    """Why it failed, as far as a rule knows; see `_causes`."""
    seconds: float = 0.0


def body(suite: Suite, case: Case) -> str:
    """The test as the body of an async function."""
    is_async = "async" in case.flags
    before = [_harness(suite, name) for name in (*ALWAYS, *case.includes)]
    if is_async:
        before.insert(0, _DONE)
    return _BODY.format(before="\n".join(before), test=case.source, wait="await $ended;" if is_async else "")


def _harness(suite: Suite, name: str) -> str:
    text = _REPLACED.get(name) or suite.harness(name)
    return f"{text.replace('Function.prototype', _FUNCTION_PROTOTYPE)}\n{_MENDED.get(name, '')}"


def judge(suite: Suite, case: Case, engine: str, *, limits: Limits = LIMITS) -> Verdict:
    """Run a test once, on a machine of its own."""
    code = body(suite, case)
    begun = time.monotonic()
    with closing(open_machine(engine=engine, limits=limits)) as machine:
        step = machine.start(Script(source=code, sha256="", code=code))
    assert isinstance(step, Finished), "there are no tools to wait for"
    phase, name, words = _end(step)
    return Verdict(
        passed=_as_expected(case, phase, name),
        message=f"{name}: {words}" if phase else "",
        seconds=time.monotonic() - begun,
    )


def _end(step: Finished) -> tuple[str, str, str]:
    """When the error came (parse, runtime, or empty where none came), its name and its message."""
    if step.error is None:
        return ("runtime", *step.value) if step.returned else ("", "", "")
    if step.error.code == "ScriptSyntaxError":
        return "parse", "SyntaxError", step.error.message
    return "stop", step.error.code, step.error.message


_PHASES: Final = {"parse": "parse", "early": "parse", "runtime": "runtime"}


def _as_expected(case: Case, phase: str, name: str) -> bool:
    if case.negative is None:
        return not phase
    return (phase, name) == (_PHASES.get(case.negative.phase, ""), case.negative.type)
