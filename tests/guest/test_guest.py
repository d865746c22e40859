"""The guest module: no imports, few exports, built the same each time."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest
import wasmtime

from belljar.machine import _guest

GUEST = Path(__file__).resolve().parents[2] / "guest"


def load(name: str) -> ModuleType:
    """A module of guest/, which is no package."""
    sys.path.insert(0, str(GUEST))
    try:
        spec = importlib.util.spec_from_file_location(f"guest_{name}", GUEST / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(GUEST))


def test_the_module_imports_nothing() -> None:
    """There is no door to lock: the jar has no function of the host to call."""
    module = wasmtime.Module(wasmtime.Engine(), _guest.wasm())

    assert module.imports == []
    assert [export.name for export in module.exports] == [
        "memory",
        "_initialize",
        "jar_port",
        "jar_reserve",
        "jar_step",
    ]


def test_the_installed_guest_is_the_locked_one() -> None:
    """What runs is what guest.lock pins."""
    locked = json.loads((GUEST / "guest.lock").read_text())

    assert hashlib.sha256(_guest.wasm()).hexdigest() == locked["wasm_sha256"]
    assert _guest.facts()["wasm_sha256"] == locked["wasm_sha256"]


def test_the_prelude_is_that_of_the_source_tree() -> None:
    """An edited prelude without a new build would be tested in vain."""
    assert load("build").prelude_source() == _guest.prelude("standard")


def test_every_patch_says_why() -> None:
    """A change to somebody else's engine has a reason, and changes something."""
    for patch in load("patches").PATCHES:
        assert len(patch.why) > 10
        assert patch.old != patch.new


def test_a_patch_that_no_longer_fits_stops_the_build(tmp_path: Path) -> None:
    """An engine update cannot lose a patch unseen."""
    build = load("build")
    for name in {patch.file for patch in load("patches").PATCHES}:
        (tmp_path / name).write_text("int main;")

    with pytest.raises(SystemExit, match="no longer fits"):
        build.patch(tmp_path)


def test_an_installation_with_other_bytes_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each build compares its module with guest.lock, a cached one too, and keeps no other."""
    build = load("build")
    monkeypatch.setenv("BELLJAR_CACHE", str(tmp_path / "cache"))
    cached = build.cache_folder() / build.cache_key(build.lock())
    cached.mkdir(parents=True)
    (cached / "guest.wasm").write_bytes(b"another module")

    with pytest.raises(SystemExit, match=r"guest\.wasm is [0-9a-f]{64}, guest\.lock says"):
        build.build(tmp_path / "out")
    assert not cached.exists()


@pytest.mark.skipif(
    os.environ.get("HYPOTHESIS_PROFILE") != "campaign",
    reason="`make campaign` compiles the guest once more; each installation compiles and compares it",
)
def test_a_build_from_nothing_gives_the_locked_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The build is reproducible: fetched, patched and compiled again, it has the SHA-256 of guest.lock."""
    pytest.importorskip("ziglang", reason="the compiler is in the extra `dev`")
    build = load("build")
    monkeypatch.setenv("BELLJAR_CACHE", str(tmp_path / "cache"))

    build.build(tmp_path / "out")

    digest = hashlib.sha256((tmp_path / "out" / "guest.wasm").read_bytes()).hexdigest()
    assert digest == build.lock()["wasm_sha256"]
