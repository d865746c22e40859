"""Every environment variable that belljar reads, and where in the code that is.

`VARIABLES` is for readers. `reads` finds the places in the code: a test compares the two, so that a variable which the
code begins to read has to be written down.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import belljar

SOURCE: Final = Path(belljar.__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One row."""

    default: str
    """What holds where it is not set."""
    effect: str


VARIABLES: Final[Mapping[str, Variable]] = {
    "BELLJAR_CACHE": Variable(
        default="`$XDG_CACHE_HOME/belljar`",
        effect="The folder of the compiled guest and of this user's image key. Only its owner may write to it "
        "(CacheError).",
    ),
    "XDG_CACHE_HOME": Variable(default="`~/.cache`", effect="The folder above `belljar`, unless BELLJAR_CACHE is set."),
    "BELLJAR_STORE": Variable(default="no store", effect="The store of commands that are given no `--store`."),
    "BELLJAR_DEBUG": Variable(default="off", effect="Any text: commands show tracebacks, as with `--debug`."),
    "BELLJAR_TSC": Variable(
        default="a compiler on PATH, or of `belljar[types]`",
        effect="The native TypeScript compiler, or the folder where npm put one; `off` checks no types.",
    ),
    "BELLJAR_MCP_TOKEN": Variable(
        default="no token", effect="What clients of `belljar mcp --http` must send; 32 characters or more."
    ),
    "MTP_GAS_LIMIT": Variable(
        default="10,000,000",
        effect="Gas of sealed programs that are given no limit; from 1 to 2,000,000,000 (GasLimitOutOfRangeError).",
    ),
    "PHASE5_ENABLE": Variable(
        default="off",
        effect="`1`, `true` or `on`: plugins and agents can be used. Read once, when belljar is first imported; "
        "any other text is off.",
    ),
    "VISUAL": Variable(default="`$EDITOR`", effect="The editor for arguments that a person edits at a terminal."),
    "EDITOR": Variable(default="no editing", effect="The same, where VISUAL is unset."),
    "PATH": Variable(
        default="no programs",
        effect="Where programs of `exec` are looked for; absolute folders only.",
    ),
}  # fmt: skip
BY_NAME: Final = {
    "packs/_exec.py": "those that the caller names in `exec_tool(inherit=...)`",
    "plugins/_policy.py": "those that a policy names as `env` of a secret",
    "agents/_model.py": "those whose names are of secrets, so that no agent shows their values",
    "cli/_demo/_tools.py": "PATH, HOME and SYSTEMROOT for the demo's own test runner",
}
"""Where names of variables are themselves data."""


def reads() -> Iterator[tuple[str, str | None]]:
    """(file, variable) of each place that reads the environment; None where the name is computed."""
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "environ" not in text and "getenv" not in text:
            continue
        tree = ast.parse(text)
        file = path.relative_to(SOURCE).as_posix()
        for name in filter(None, map(_name_read, ast.walk(tree))):
            yield file, _value(name, tree)
        if _is_handed_on(tree):
            yield file, None


def _name_read(node: ast.AST) -> ast.expr | None:
    """What names a variable: in `os.environ[x]`, `os.environ.get(x)`, `os.getenv(x)`, `x in os.environ`."""
    match node:
        case ast.Subscript(value=inner, slice=name, ctx=ast.Load()) if _is_environ(inner):
            return name
        case ast.Call(func=ast.Attribute(value=inner, attr="get" | "pop" | "setdefault"), args=[name, *_]):
            return name if _is_environ(inner) else None
        case ast.Call(func=ast.Attribute(value=ast.Name(id="os"), attr="getenv"), args=[name, *_]):
            return name
        case ast.Compare(left=name, ops=[ast.In() | ast.NotIn()], comparators=[inner]) if _is_environ(inner):
            return name
    return None


def _is_handed_on(tree: ast.Module) -> bool:
    """Whether the environment as a whole is a value somewhere: whoever gets it may read any name."""
    used = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Subscript | ast.Attribute)}
    used |= {id(each) for node in ast.walk(tree) if isinstance(node, ast.Compare) for each in node.comparators}
    return any(isinstance(node, ast.expr) and _is_environ(node) and id(node) not in used for node in ast.walk(tree))


def _is_environ(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and ast.unparse(node) == "os.environ"


def _value(name: ast.expr, tree: ast.Module) -> str | None:
    """A constant's text; of a name, the constant that the module, or the one it imports it from, has under it."""
    if isinstance(name, ast.Constant):
        return str(name.value)
    if not isinstance(name, ast.Name):
        return None
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=known)], value=ast.Constant(value=str(text))) if known == name.id:
                return text
            case ast.AnnAssign(target=ast.Name(id=known), value=ast.Constant(value=str(text))) if known == name.id:
                return text
            case ast.ImportFrom(module=str(module), names=names) if name.id in {each.name for each in names}:
                return _value(name, ast.parse(_file_of(module).read_text(encoding="utf-8")))
    return None


def _file_of(module: str) -> Path:
    """Of a module of belljar; it is read and not imported, since some are behind a gate."""
    path = SOURCE.parent.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
