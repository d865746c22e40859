"""Rules about programs that are started."""

from __future__ import annotations

from typing import Final

from belljar.agents.security.js._fact import OUTSIDE
from belljar.agents.security.js._rule import Rule, argument, arguments, callee_path, fact, is_false, value_of
from belljar.agents.security.js._tree import Node

_SHELLS: Final = frozenset(
    {"@child_process.exec", "@child_process.execSync", "@shelljs.exec", "@execa.execaCommand",
     "@execa.execaCommandSync", "@execa.command", "@execa.commandSync"}
)  # fmt: skip
_STARTERS: Final = frozenset(
    {
        f"@{module}.{name}"
        for module in ("child_process", "cross-spawn", "execa")
        for name in ("spawn", "spawnSync", "execFile", "execFileSync", "fork", "execa", "execaSync", "sync")
    }
    | {"@cross-spawn", "@execa"}
)


def _built_command(call: Node) -> Node | None:
    command = argument(call, 0)
    if callee_path(call) not in _SHELLS or command is None or command.fact.origin & OUTSIDE:
        return None
    return call if command.fact.is_built else None


def _command_from_outside(call: Node) -> Node | None:
    command = argument(call, 0)
    return call if callee_path(call) in _SHELLS and command and command.fact.origin & OUTSIDE else None


def _shell_option(call: Node) -> Node | None:
    given = arguments(call)
    if callee_path(call) not in _STARTERS or not given:
        return None
    shell = value_of(given[-1], "shell")
    if shell is None or is_false(shell) or not (shell.kind == "true" or shell.kind == "string"):
        return None
    return call if not _is_fixed(given[:-1]) else None


def _is_fixed(given: list[Node]) -> bool:
    parts = [part for value in given for part in (value.children if value.kind == "array" else [value])]
    return all(part.fact.is_constant for part in parts)


def _program_from_outside(call: Node) -> Node | None:
    program = fact(argument(call, 0))
    return call if callee_path(call) in _STARTERS and program.origin & OUTSIDE and not program.is_built else None


RULES: Final = (
    Rule(
        id="js-shell-from-outside",
        title="Shell command with a value from outside",
        severity="critical",
        confidence="high",
        cwe=78,
        message="A value from outside becomes part of a shell command.",
        help="Start the program with execFile or spawn and a list of arguments, without a shell.",
        calls=("exec", "execSync", "execaCommand", "execaCommandSync", "command", "commandSync"),
        check=_command_from_outside,
    ),
    Rule(
        id="js-shell-built",
        title="Shell command put together from parts",
        severity="medium",
        confidence="medium",
        cwe=78,
        message="A shell command is put together from parts; a blank or a quote in one of them changes it.",
        help="Start the program with execFile or spawn and a list of arguments, without a shell.",
        calls=("exec", "execSync", "execaCommand", "execaCommandSync", "command", "commandSync"),
        check=_built_command,
    ),
    Rule(
        id="js-spawn-shell",
        title="Program started through a shell",
        severity="medium",
        confidence="medium",
        cwe=78,
        message="The option shell hands arguments that are not fixed to a shell, unquoted.",
        help="Leave the option shell out, and give the arguments as a list.",
        calls=("spawn", "spawnSync", "execFile", "execFileSync", "execa", "execaSync", "sync", "cross-spawn"),
        check=_shell_option,
    ),
    Rule(
        id="js-program-from-outside",
        title="Somebody outside names the program to start",
        severity="high",
        confidence="high",
        cwe=78,
        message="The program to start is chosen by a value from outside.",
        help="Map allowed names to programs in a table, and start from the table.",
        calls=("spawn", "spawnSync", "execFile", "execFileSync", "execa", "execaSync", "fork", "cross-spawn"),
        check=_program_from_outside,
    ),
)
