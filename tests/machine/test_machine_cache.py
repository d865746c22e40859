"""The cache folder holds native code: what is in it is loaded only where nobody else can have written it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import wasmtime

from belljar.errors import CacheError
from belljar.machine import _cache, _engine, _guest

RUN = """
import belljar
print(belljar.run("return 6 * 7").to_model())
"""


def in_another_process(cache: Path) -> tuple[str, str]:
    """What a new process with this cache folder prints, and the last line of its errors."""
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-c", RUN],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "BELLJAR_CACHE": str(cache)},
    )
    return ran.stdout.strip(), (ran.stderr.strip().splitlines() or [""])[-1]


@pytest.fixture(scope="module")
def compiled() -> dict[str, bytes]:
    """The files of this user's own cache for the guest as it is."""
    _engine.base_image()
    name = _engine._cache_name()
    return {path.name: path.read_bytes() for path in _cache.folder().iterdir() if path.stem == name}


@pytest.fixture
def cache(tmp_path: Path, compiled: dict[str, bytes]) -> Path:
    """A cache folder of the test's own with a good image in it."""
    folder = tmp_path / "cache"
    folder.mkdir(mode=0o700)
    for name, data in compiled.items():
        (folder / name).write_bytes(data)
        (folder / name).chmod(0o600)
    return folder


def image_of(cache: Path) -> Path:
    """The compiled image's file."""
    (path,) = cache.glob("*.cwasm")
    return path


def test_a_good_cache_is_used(cache: Path) -> None:
    """A new process loads what is there and changes nothing."""
    before = {path.name: path.stat().st_mtime_ns for path in cache.iterdir()}
    assert in_another_process(cache) == ("42", "")
    assert {path.name: path.stat().st_mtime_ns for path in cache.iterdir()} == before


def by_a_link(cache: Path) -> Path:
    """The folder behind a symbolic link."""
    link = cache.parent / "link"
    link.symlink_to(cache)
    return link


def image_by_a_link(cache: Path) -> Path:
    """The image behind a symbolic link."""
    image = image_of(cache)
    image.rename(cache.parent / "elsewhere")
    image.symlink_to(cache.parent / "elsewhere")
    return cache


def with_mode(mode: int, pick: Callable[[Path], Path]) -> Callable[[Path], Path]:
    """The folder after a chmod of something in it."""

    def change(cache: Path) -> Path:
        pick(cache).chmod(mode)
        return cache

    return change


def facts_of(cache: Path) -> Path:
    """The image's file of facts."""
    return image_of(cache).with_suffix(".json")


UNSAFE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "folder others may write to": (with_mode(0o777, lambda cache: cache), "can be written by others"),
    "folder a group may write to": (with_mode(0o770, lambda cache: cache), "can be written by others"),
    "image others may write to": (with_mode(0o666, image_of), "can be written by others"),
    "facts others may write to": (with_mode(0o622, facts_of), "can be written by others"),
    "folder by a link": (by_a_link, "is a symbolic link"),
    "image by a link": (image_by_a_link, "is a symbolic link"),
}


@pytest.mark.skipif(os.name == "nt", reason="modes and links of POSIX")
@pytest.mark.parametrize("case", UNSAFE)
def test_an_unsafe_cache_is_refused(case: str, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CacheError, before a byte of it is loaded."""
    change, message = UNSAFE[case]
    monkeypatch.setenv("BELLJAR_CACHE", str(change(cache)))
    with pytest.raises(CacheError, match=message):
        _engine.base_image.__wrapped__()


@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("pick", [lambda cache: cache, image_of, facts_of])
def test_what_another_user_owns_is_refused(
    pick: Callable[[Path], Path], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CacheError that names the file."""
    os.chown(pick(cache), 12_345, 12_345)
    monkeypatch.setenv("BELLJAR_CACHE", str(cache))
    with pytest.raises(CacheError, match="belongs to another user"):
        _engine.base_image.__wrapped__()


def test_a_refused_cache_is_told_to_the_host_alone(cache: Path) -> None:
    """The caller gets the CacheError; the model is told no path of the host, whichever way it learns of it."""
    cache.chmod(0o777)
    told, raised = in_another_process(cache)
    assert str(cache) not in told
    assert "CacheError" in told + raised


def truncated(data: bytes) -> bytes:
    """Half of it."""
    return data[: len(data) // 2]


SPOILT: dict[str, Callable[[Path], object]] = {
    "truncated image": lambda cache: image_of(cache).write_bytes(truncated(image_of(cache).read_bytes())),
    "empty image": lambda cache: image_of(cache).write_bytes(b""),
    "foreign image": lambda cache: image_of(cache).write_bytes(b"\x7fELF" + bytes(1000)),
    "one bit": lambda cache: image_of(cache).write_bytes(b"\0" + image_of(cache).read_bytes()[1:]),
    "truncated facts": lambda cache: facts_of(cache).write_bytes(truncated(facts_of(cache).read_bytes())),
    "foreign facts": lambda cache: facts_of(cache).write_bytes(b"[]"),
    "facts of another layout": lambda cache: facts_of(cache).write_text(
        json.dumps(json.loads(facts_of(cache).read_text()) | {"layout": {"port": 1}})
    ),
    "no facts": lambda cache: facts_of(cache).unlink(),
    "no image": lambda cache: image_of(cache).unlink(),
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_spoilt_image_is_not_loaded(case: str, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loader sees by the digest that these are not the bytes that were written, and they are made anew."""
    SPOILT[case](cache)
    monkeypatch.setenv("BELLJAR_CACHE", str(cache))
    assert _engine._load(cache / f"{_engine._cache_name()}.cwasm") is None


@pytest.mark.slow
def test_a_spoilt_image_is_rebuilt(cache: Path, compiled: dict[str, bytes]) -> None:
    """The process that meets it compiles once, runs, and leaves a good one."""
    image = image_of(cache)
    image.write_bytes(b"\x7fELF")
    assert in_another_process(cache) == ("42", "")
    assert image.read_bytes() == compiled[image.name]


@pytest.mark.slow
def test_processes_that_start_at_once_on_an_empty_cache_all_run(tmp_path: Path) -> None:
    """Each makes the image or takes what is complete; no temporary file stays."""
    cache = tmp_path / "new" / "cache"
    processes = [
        subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", RUN],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "BELLJAR_CACHE": str(cache)},
        )
        for _ in range(2)
    ]
    assert [process.communicate()[0].strip() for process in processes] == ["42"] * 2
    assert sorted(path.suffix for path in cache.iterdir() if path.stem.startswith("guest-")) == [".cwasm", ".json"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in cache.iterdir())


def test_another_version_of_anything_has_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Guest build, wasmtime, processor and system are in the name: what one wrote, another never loads."""
    names = {_engine._cache_name()}
    monkeypatch.setattr(_engine, "engine_version", lambda: "99.0.0")
    names.add(_engine._cache_name())
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    names.add(_engine._cache_name())
    monkeypatch.setattr(_guest, "build_id", lambda: "00" * 32)
    names.add(_engine._cache_name())
    assert len(names) == 4


def test_code_of_another_wasmtime_is_an_error_and_not_run() -> None:
    """Should a file pass all checks and still be another engine's, wasmtime's own check refuses it."""
    config = _engine.engine_config()
    config.consume_fuel = False
    other = wasmtime.Module(wasmtime.Engine(config), "(module)").serialize()
    with pytest.raises(wasmtime.WasmtimeError):
        wasmtime.Module.deserialize(wasmtime.Engine(_engine.engine_config()), other)


def test_the_image_key_is_made_once_and_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """32 random bytes that only this user can read; a key of another length or mode is a CacheError."""
    monkeypatch.setenv("BELLJAR_CACHE", str(tmp_path / "c"))
    key = _cache.user_key()
    path = tmp_path / "c" / "image.key"
    assert (len(key), _cache.user_key(), path.stat().st_mode & 0o777) == (32, key, 0o600)
    path.write_bytes(b"short")
    with pytest.raises(CacheError, match="is not 32 bytes"):
        _cache.user_key()
    path.write_bytes(key)
    path.chmod(0o666)
    with pytest.raises(CacheError, match="can be written by others"):
        _cache.user_key()


def test_a_key_that_is_being_written_is_not_taken_for_a_short_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes that make the key at the same moment end up with the same whole key."""
    monkeypatch.setenv("BELLJAR_CACHE", str(tmp_path / "c"))
    program = "from belljar.machine._cache import user_key; print(user_key().hex())"
    processes = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(4)]  # noqa: S603
    keys = {process.communicate()[0].strip() for process in processes}
    assert len(keys) == 1
    assert all(process.returncode == 0 for process in processes)
