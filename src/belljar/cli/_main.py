"""From arguments to an exit code. The one place where an error becomes a message to a person."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Final, TextIO

import typer

from belljar.cli._app import app
from belljar.cli._document import one_document, print_json
from belljar.cli._faults import as_ours, show_trace
from belljar.errors import BelljarError, ScriptCancelledError, UsageError

_INTERRUPTED: Final = 130
_NOTHING_ASKED: Final = 2
"""Exit codes; their table in `_exits` brings in more than `--version` should wait for."""
_INTERRUPTIONS: Final = (KeyboardInterrupt, typer.Abort)
_WRONG_OPTIONS: Final = typer.BadParameter.__mro__[1]
"""Base of all of typer's complaints about a command line; it has no public name."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; raises nothing."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _tolerate_any_text(sys.stdout)
    _tolerate_any_text(sys.stderr)
    as_json = "--json" in given
    with one_document() if as_json else nullcontext():
        try:
            code = int(app(given or ["--help"], prog_name="belljar", standalone_mode=False) or 0)
            sys.stdout.flush()
            if code == _INTERRUPTED:  # typer turns Ctrl-C into this
                raise KeyboardInterrupt
        except BaseException as error:  # boundary: every error ends here, as a message and an exit code
            return _report(error, as_json=as_json)
    return code if given else _NOTHING_ASKED


def _tolerate_any_text(stream: TextIO) -> None:
    """Write a character that the stream's encoding lacks as an escape, instead of failing half way."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")


def _report(error: BaseException, *, as_json: bool) -> int:
    from belljar.cli._exits import exit_code_of

    if isinstance(error, SystemExit) and isinstance(error.__context__, BrokenPipeError):
        error = error.__context__  # typer leaves with 1 then, which means that the script failed
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    show_trace(error)
    if isinstance(error, BrokenPipeError):
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - the interpreter flushes it at exit
        return exit_code_of(error)
    told = _told(error)
    _print(told, as_json=as_json)
    return exit_code_of(error if isinstance(error, _INTERRUPTIONS) else told)


def _told(error: BaseException) -> BelljarError:
    """The error as one of ours; of the command line itself, and of Ctrl-C, too."""
    if isinstance(error, _WRONG_OPTIONS):
        return _usage(error)
    if isinstance(error, _INTERRUPTIONS):
        return ScriptCancelledError("interrupted", hint="What a run had done until then is in its journal.")
    return as_ours(error)


def _usage(error: BaseException) -> UsageError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "belljar"
    return UsageError(str(getattr(error, "format_message", lambda: error)()), hint=f"Try: {command} --help")


def _print(error: BelljarError, *, as_json: bool) -> None:
    from belljar.cli._screen import err, print_error

    if as_json:
        print_json({"ok": False, "error": error.to_dict()})
    print_error(err(), error)
