"""Commands of a page, run in this process: a process for each would take a second."""

from __future__ import annotations

import contextlib
import io
import re
import runpy
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import belljar.gate
from belljar.cli import main

_ASSIGNED = re.compile(r"[A-Z][A-Z0-9_]*=")
_ID = re.compile(r"run_[0-9a-f]{16}|agent_[0-9a-f]{16}|(?<=[a-z][:-])[0-9a-f]{8}\b")
"""A page has the ids of some run, and what makes a job's unique: where one is shown any fits, and later commands are
about the run or job in its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What is typed, and what is shown after it."""

    typed: str
    shown: str


def commands(text: str) -> Iterator[Command]:
    """Of a console block. Raises ValueError for one that does not begin with a command."""
    text = text.replace("\\\n", " ")
    if not text.startswith("$ "):
        raise ValueError("a console block begins with `$ ` and a command")
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        typed, _, shown = part.partition("\n")
        yield Command(typed=typed, shown=shown)


@dataclass(slots=True)
class Shell:
    """As much of one as the pages need: `belljar`, `python FILE`, `cat`, `ls`, `echo`, a pipe, `NAME=value` before."""

    monkeypatch: pytest.MonkeyPatch
    status: int = 0
    """Of the last command: `echo $?`."""
    ids: dict[str, str] = field(default_factory=dict)
    """Id on the page -> id of the run here."""
    _known: Mapping[str, Callable[[list[str]], int]] = field(init=False)

    def __post_init__(self) -> None:
        self._known = {"belljar": main, "python": _python, "cat": _cat, "ls": _ls, "echo": self._echo}

    def run(self, typed: str) -> str:
        """What a terminal shows of it. Raises AssertionError where the last command failed and nobody asked."""
        assert self.status == 0 or typed == "echo $?", f"ended with {self.status}, and no `echo $?` follows"
        shown = ""
        for part in _piped(_ID.sub(lambda found: self.ids.get(found[0], found[0]), typed)):
            shown = self._one(part, shown)
        return shown

    def shows(self, command: Command) -> str:
        """Runs it. What is shown where that is not what the page says, or else nothing."""
        shown = self.run(command.typed)
        fit = fitting(shown, command.shown) if command.shown else {}
        if fit is None:
            return shown or "(nothing)"
        self.ids.update(fit)
        return ""

    def _one(self, words: list[str], given: str) -> str:
        written = io.BytesIO()
        stream = io.TextIOWrapper(written, encoding="utf-8", write_through=True)
        with (
            self.monkeypatch.context() as patch,
            contextlib.redirect_stdout(stream),
            contextlib.redirect_stderr(stream),
        ):
            while _ASSIGNED.match(words[0]):
                _assign(patch, words.pop(0))
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode()), encoding="utf-8"))
            self.status = self._known[words[0]](words[1:])
        return written.getvalue().decode()

    def _echo(self, words: list[str]) -> int:
        print(*(str(self.status) if word == "$?" else word for word in words))
        return 0


def _piped(typed: str) -> Iterator[list[str]]:
    part: list[str] = []
    for word in shlex.split(typed, comments=True):
        if word == "|":
            yield part
            part = []
        else:
            part.append(word)
    yield part


def _assign(patch: pytest.MonkeyPatch, assigned: str) -> None:
    """For one command; the gate reads its variable only when belljar is imported, so it is opened here."""
    name, _, value = assigned.partition("=")
    patch.setenv(name, value)
    if name == belljar.gate.VARIABLE:
        patch.setattr(belljar.gate, "_is_on", value in belljar.gate.ENABLING)


def _python(words: list[str]) -> int:
    """A module beside the file comes first, whatever this process knows under its name."""
    own = {path.stem for path in Path().glob("*.py")}
    kept = {name: sys.modules.pop(name) for name in own & sys.modules.keys()}
    sys.path.insert(0, str(Path.cwd()))
    try:
        runpy.run_path(words[0], run_name="__main__")
    finally:
        sys.path.remove(str(Path.cwd()))
        for name in own & sys.modules.keys():
            del sys.modules[name]
        sys.modules.update(kept)
    return 0


def _cat(words: list[str]) -> int:
    for name in words:
        print(Path(name).read_text(encoding="utf-8"), end="")
    return 0


def _ls(words: list[str]) -> int:
    print(*sorted(each.name for each in Path(*words).iterdir() if not each.name.startswith(".")), sep="\n")
    return 0


def fitting(shown: str, expected: str) -> dict[str, str] | None:
    """The ids on the page with those that stand in their places; None where it is another text.

    Blanks at ends of lines do not count. `...` is anything within a line, or, alone, any lines.
    """
    seen: dict[str, str] = {}
    pattern = "".join(_pattern(line.rstrip(), seen) for line in expected.rstrip().splitlines())
    found = re.fullmatch(pattern, "".join(line.rstrip() + "\n" for line in shown.rstrip().splitlines()))
    return None if found is None else {each: found[name] for each, name in seen.items()}


def _pattern(line: str, seen: dict[str, str]) -> str:
    """Of one line; `seen` gets the name of the group that each id has."""
    if line == "...":
        return r"(?:.*\n)*?"
    parts = []
    for at, text in enumerate(re.split(rf"({_ID.pattern}|\.\.\.)", line)):
        if text == "..." or not at % 2:
            parts.append(".*?" if text == "..." else re.escape(text))
        elif text in seen:
            parts.append(f"(?P={seen[text]})")
        else:
            seen[text] = f"id{len(seen)}"
            kind, sign, _ = text.rpartition("_")
            parts.append(f"(?P<{seen[text]}>{kind}{sign}[0-9a-f]+)")
    return "".join(parts) + r"\n"
