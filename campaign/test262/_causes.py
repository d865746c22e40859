"""Why tests fail here: the table of rules, the first that fits wins.

Most of what is lost was given away on purpose: a jar is not a browser. A rule says so by the words a test ended with,
by its path, or by what its source uses; where none fits, the failure is unexplained, and that is what to look at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from campaign.test262._suite import Case

UNKNOWN: Final = "unexplained"
SHARED: Final = "unexplained on every engine"
"""What becomes of UNKNOWN once all engines have failed; see `_report`."""
_COMMENT: Final = re.compile(r"/\*.*?\*/|(?<![:'\"])//[^\n]*", re.DOTALL)
"""Also front matter. Strings that look like a comment are rare enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A reason, and the failures it stands for: those that every pattern given is found in."""

    name: str
    message: str = ""
    """Pattern on what the test ended with."""
    path: str = ""
    source: str = ""
    """Pattern on what the test says and includes, comments left out."""
    features: str = ""
    """Pattern on one of the features it declares."""
    engine: str = ""


MEANINGS: Final[Mapping[str, str]] = {
    "no code from text": "eval, Function and the other constructors of functions are not there",
    "no Intl": "neither Intl nor what it adds to toLocaleString and its kin",
    "no shared memory": "neither SharedArrayBuffer nor Atomics",
    "no weak references": "neither WeakRef nor FinalizationRegistry: the garbage collector cannot be seen",
    "no modules": "import() finds nothing to load, and says so in its own words",
    "no timers": "setTimeout is not there",
    "frozen intrinsics": "built-in objects and the global object can be neither changed nor extended",
    "a function's body": "the test is one: its declarations are local, and return and new.target are no errors",
    "no tail calls": "of the big engines only JavaScriptCore has them",
    "order of evaluation": "V8 reads the right side of an assignment before it has looked at the left; its own "
    "test262.status lists most of these tests",
    "another Unicode": "the suite's tables are those of another version of Unicode than the engine's",
    UNKNOWN: "no rule fits, and other engines pass",
    SHARED: "no rule fits, and no engine passes: the jar's prelude, the runner, or a suite of another year",
}
"""Every name that `cause_of` gives, for people."""

_WRITES_INTRINSIC: Final = (
    r"\b(?:Array|ArrayBuffer|Boolean|Date|Error|Function|Map|Math|Number|Object|Promise|RegExp|Set|String|Symbol|"
    r"TypedArray|\w+Iterator\w*)(?:\.prototype)?(?:\.\w+|\[[^\]]*\])\s*=[^=]"
    r"|definePropert(?:y|ies)\(\s*(?:\w+\.prototype|Array|Error|Math|Number|Object|Promise|RegExp|String|Symbol|this|globalThis)\b"
)

RULES: Final = (
    Rule(name="no Intl", message=r"\bIntl is not defined"),
    Rule(name="no shared memory", message=r"\b(SharedArrayBuffer|Atomics) is not defined"),
    Rule(name="no weak references", message=r"\b(WeakRef|FinalizationRegistry) is not defined"),
    Rule(name="no code from text", message=r"\b(eval|Function) is not defined|code cannot be made from text"),
    Rule(name="no modules", message=r"could not load module|^Error: Not supported"),
    Rule(
        name="frozen intrinsics",
        message=r"not extensible|is read-only|read only property|(?i:could not|cannot) delete property|frozen property"
        r"|property is not configurable|Cannot redefine property|must be extensible|no setter for property",
    ),
    Rule(name="frozen intrinsics", message=r"should be (writable|configurable)|to have (writable|configurable):true"),
    Rule(name="frozen intrinsics", message=r"\.(writable|configurable|value) Expected SameValue\(«(false|undefined)»"),
    Rule(name="frozen intrinsics", path=r"^built-ins/Object/is(Extensible|Frozen|Sealed)/", message="SameValue"),
    Rule(name="another Unicode", path=r"/property-escapes/generated/", message="should match"),
    Rule(name="no tail calls", features="^tail-call-optimization$", message="call stack"),
    Rule(
        name="order of evaluation",
        engine="^v8$",
        path=r"/S11\.(13\.[12]_A7|3\.[12]_A6|4\.[45]_A6)|-property-reference-target-evaluation-order",
    ),
    Rule(name="no Intl", path="^intl402/"),
    Rule(name="no modules", path="/dynamic-import/"),
    Rule(name="no shared memory", path="^built-ins/(Atomics|SharedArrayBuffer)/"),
    Rule(name="no weak references", path="^built-ins/(WeakRef|FinalizationRegistry)/"),
    Rule(name="no code from text", path="/eval-code/|^built-ins/(eval|Function|(Async)?(Generator)?Function)/[^/]*$"),
    Rule(name="a function's body", path="^language/(global-code|statements/return)/"),
    # By what the source uses, whatever came of it: last, since it says least.
    Rule(name="frozen intrinsics", source=r"\bisExtensible\b"),
    Rule(
        name="no code from text",
        source=r"\beval\b|\bFunction\b|\bError\.constructor\b|function ?\*? ?\(\) ?\{\}\)?\.constructor"
        r"|wellKnownIntrinsicObjects\.js",
    ),
    Rule(name="no shared memory", source=r"\b(SharedArrayBuffer|Atomics)\b"),
    Rule(name="frozen intrinsics", source=_WRITES_INTRINSIC),
    Rule(name="no timers", source=r"\bsetTimeout\b"),
    Rule(name="a function's body", source=r"\bin this\b|^\s*this[.\[]|\b\w+\(this\)"),
)


def cause_of(case: Case, engine: str, message: str) -> str:
    """The name of the first rule that fits, or UNKNOWN."""
    asked = {
        "engine": engine,
        "message": message,
        "path": case.path,
        "features": "\n".join(sorted(case.features)),
        "source": "\n".join((*case.includes, _COMMENT.sub("", case.source))),
    }
    return next((rule.name for rule in RULES if _fits(rule, asked)), UNKNOWN)


def _fits(rule: Rule, asked: Mapping[str, str]) -> bool:
    patterns = ((getattr(rule, name), text) for name, text in asked.items())
    return all(re.search(pattern, text, re.MULTILINE) for pattern, text in patterns if pattern)
