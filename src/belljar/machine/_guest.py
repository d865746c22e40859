"""Where the guest's files are, and what identifies them."""

from __future__ import annotations

import functools
import hashlib
import json
from importlib.resources import files
from typing import Any

from belljar.errors import EngineUnavailableError

_FOLDER = files("belljar") / "_guest"


def _read(name: str) -> bytes:
    try:
        return (_FOLDER / name).read_bytes()
    except FileNotFoundError:
        raise EngineUnavailableError(
            f"the guest's {name} is not in this installation",
            hint="Install belljar with pip, or run `python guest/build.py` in a checkout.",
        ) from None


@functools.cache
def wasm() -> bytes:
    """The engine and the jar's C file, as built; no imports."""
    return _read("guest.wasm")


@functools.cache
def prelude(profile: str) -> bytes:
    """The JavaScript that is loaded before any script of a profile."""
    return _read(f"{profile}.js")


@functools.cache
def v8_scripts(profile: str) -> bytes:
    """The prelude with the host's part for V8 around it: one expression."""
    return _read("v8_host.js") + b"(" + prelude(profile) + b")"


@functools.cache
def facts() -> dict[str, Any]:
    """Versions and digests, as guest/build.py wrote them."""
    return dict(json.loads(_read("guest.json")))


@functools.cache
def build_id() -> str:
    """SHA-256 that names this guest: module and preludes. What is frozen by one build thaws in no other."""
    digest = hashlib.sha256(b"belljar guest\0")
    for part in ("wasm", "standard", "sealed"):
        digest.update(bytes.fromhex(facts()[f"{part}_sha256"]))
    return digest.hexdigest()
