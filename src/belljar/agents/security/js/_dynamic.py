"""Rules about text that becomes code."""

from __future__ import annotations

import re
from typing import Final

from belljar.agents.security.js._fact import OUTSIDE
from belljar.agents.security.js._rule import Rule, argument, arguments, callee_path, fact
from belljar.agents.security.js._tree import FUNCTIONS, Node

_TIMERS: Final = ("setTimeout", "setInterval", "setImmediate")
_VM: Final = frozenset(
    {f"@vm.{name}" for name in ("runInNewContext", "runInThisContext", "runInContext", "compileFunction", "Script")}
)


def _eval(call: Node) -> Node | None:
    code = argument(call, 0)
    return call if callee_path(call) == "eval" and code and not code.fact.is_constant else None


def _function(call: Node) -> Node | None:
    given = arguments(call)
    is_found = callee_path(call) == "Function" and given and not all(code.fact.is_constant for code in given)
    return call if is_found else None


def _timer(call: Node) -> Node | None:
    code = argument(call, 0)
    if code is None or callee_path(call) not in _TIMERS or code.kind in FUNCTIONS:
        return None
    return call if code.fact.text is not None and not _NO_CODE.fullmatch(code.fact.text) else None


_NO_CODE: Final = re.compile(r"[\d._]*|null|true|false|undefined")


def _vm(call: Node) -> Node | None:
    code = argument(call, 0)
    return call if callee_path(call) in _VM and code and not code.fact.is_constant else None


def _module(call: Node) -> Node | None:
    name = argument(call, 0)
    return call if callee_path(call) in {"import", "require"} and fact(name).origin & OUTSIDE else None


RULES: Final = (
    Rule(
        id="js-eval",
        title="eval of a computed text",
        severity="high",
        confidence="high",
        cwe=95,
        message="eval runs a text that is put together at run time.",
        help="Read data with JSON.parse; choose behaviour from a table of functions.",
        calls=("eval",),
        check=_eval,
    ),
    Rule(
        id="js-function-constructor",
        title="Function made from a computed text",
        severity="high",
        confidence="high",
        cwe=95,
        message="The Function constructor compiles a text that is put together at run time.",
        help="Write the function in the source; choose behaviour from a table of functions.",
        calls=("Function",),
        check=_function,
    ),
    Rule(
        id="js-timer-string",
        title="Timer with a text instead of a function",
        severity="medium",
        confidence="high",
        cwe=95,
        message="A timer is given a text, which it runs as code.",
        help="Give the timer a function.",
        calls=_TIMERS,
        check=_timer,
    ),
    Rule(
        id="js-vm-code",
        title="Node's vm runs a computed text",
        severity="high",
        confidence="medium",
        cwe=94,
        message="node:vm runs a text that is put together at run time; its contexts keep no one in.",
        help="Run code that is not yours in a sealed machine or in another process without rights, never in node:vm.",
        calls=("runInNewContext", "runInThisContext", "runInContext", "compileFunction", "Script"),
        check=_vm,
    ),
    Rule(
        id="js-module-from-outside",
        title="Somebody outside names the module to load",
        severity="high",
        confidence="high",
        cwe=829,
        message="The module to load is chosen by a value from outside.",
        help="Map allowed names to modules in a table, and load from the table.",
        calls=("require", "import"),
        check=_module,
    ),
)
