"""The texts that the compiler is given: a project for each reading of a script, and the script in its frame. Pure.

A script is the body of an async function, so it stands between a line of ours and a closing brace, and its own lines
begin one further down. The two readings:

- `typescript`: what the model wrote, under strict rules, with the tools as they are declared;
- `javascript`: what the machine will run, without the types, with the tools as the facade takes calls of them.

Their settings are in `projects/`, a folder of this package; nothing is ever written there or elsewhere.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal, TypeAlias

Reading: TypeAlias = Literal["typescript", "javascript"]

TOOLS_FILE: Final = "tools.d.ts"
SCRIPT_FILES: Final[dict[Reading, str]] = {"typescript": "script.ts", "javascript": "script.js"}

LINES_BEFORE: Final = 1
"""Of the frame, before the script's own first line."""
_MODULE: Final = "belljar"

_FOLDER: Final = Path(__file__).resolve().parent
PROJECTS: Final = _FOLDER / "projects"
_DECLARED: Final = re.compile(r"^declare const tools:", re.MULTILINE)
_TYPE: Final = re.compile(r"^type (\w+) =", re.MULTILINE)
_UNKNOWN: Final = re.compile(
    r"""/\*.*?\*/ | "(?:[^"\\]|\\.)*" | (?P<type>(?<![\w$]) unknown (?![\w$] | \??: | \())""", re.DOTALL | re.VERBOSE
)
"""Where a declaration says `unknown` and means a type: not in a comment or string, not a field's or method's name."""


def framed(code: str, declarations: str, reading: Reading) -> str:
    """`code`, the body of an async function, as a file; a comment at its end does not swallow the frame's.

    The tools' types come from a module, so that one of theirs that is called as one of the library's hides it.
    """
    types = _TYPE.findall(declarations) if reading == "typescript" else ()
    names = ", ".join(dict.fromkeys(("tools", *types)))
    return f'import {{ {names} }} from "{_MODULE}"; async function belljarScript() {{\n{code}\n}}\n'


@lru_cache(maxsize=4)
def declared(declarations: str, reading: Reading) -> str:
    """Everything a script finds in the machine, from what `belljar.tools.declarations` gives.

    What a tool gives without a declared type may be anything, so `unknown` becomes `any`: a script need not narrow it.
    """
    known = _UNKNOWN.sub(lambda found: "any" if found["type"] else found[0], declarations)
    if not _DECLARED.search(known):
        known += "declare const tools: {};\n"
    if reading == "typescript":
        inside = _DECLARED.sub("const tools:", known)
    else:
        inside = _DECLARED.sub("const belljarDeclared:", known) + _file("lenient.d.ts")
    return f'{_file("machine.d.ts")}declare module "{_MODULE}" {{\n{inside}}}\n'


@lru_cache
def _file(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")
