"""`belljar snapshot`: signed programs in files. Needs the extra `snapshot`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.text import Text

from belljar.cli._document import print_json
from belljar.cli._exits import ExitCode
from belljar.cli._loading import load_registry
from belljar.cli._screen import err, out, safe
from belljar.errors import UsageError
from belljar.snapshot import (
    Program,
    build,
    inspect,
    key_id,
    keygen,
    load_certificate,
    load_private_key,
    load_public_key,
    open_snapshot,
    sign,
)


def keygen_command(place: Path) -> ExitCode:
    """Write PLACE (the private key, for its owner only) and PLACE.pub. Neither may exist."""
    public_place = place.with_name(f"{place.name}.pub")
    private, public = keygen()
    _write_new(place, private, mode=0o600)
    _write_new(public_place, public, mode=0o644)
    _say(f"{place}: the private key; {public_place}: the public key, {key_id(load_public_key(public_place))}")
    return ExitCode.FINE


def build_command(
    file: Path, *, output: Path, name: str | None, version: str, tools: tuple[str, ...], key: Path | None
) -> ExitCode:
    """Build, and sign where there is a key. What `tools` hold are the program's effects."""
    data = build(
        _read(file),
        name=name or file.stem,
        version=version,
        entry=file.name,
        effects=load_registry(tools).names if tools else (),
    )
    if key is not None:
        data = sign(data, load_private_key(key))
    output.write_bytes(data)
    _say(f"{output}: {len(data):,} bytes, {'signed' if key is not None else 'not signed'}")
    return ExitCode.FINE


def sign_command(file: Path, *, key: Path, certificate: Path | None) -> ExitCode:
    """Sign in place, instead of whoever signed it before."""
    vouched = load_certificate(certificate) if certificate is not None else None
    file.write_bytes(sign(_read(file), load_private_key(key), vouched))
    _say(f"{file}: signed")
    return ExitCode.FINE


def verify_command(file: Path, *, trust: tuple[Path, ...], as_json: bool) -> ExitCode:
    """Open it as a run would. Raises SnapshotError."""
    program = trusted_program(file, trust)
    if as_json:
        print_json({"ok": True, **inspect(_read(file))})
    _say(f"{file}: {program.manifest.name} {program.manifest.version}, {program.content_sha256}, can be trusted")
    return ExitCode.FINE


def inspect_command(file: Path, *, as_json: bool) -> ExitCode:
    """What it says of itself. Nothing is verified."""
    facts = inspect(_read(file))
    if as_json:
        print_json(facts)
        return ExitCode.FINE
    for name, value in _flat(facts).items():
        out().print(Text(safe(f"{name:<28} {value}")))
    return ExitCode.FINE


def trusted_program(file: Path, trust: tuple[Path, ...]) -> Program:
    """The program in a file. Raises SnapshotError, and UsageError where nobody is trusted."""
    if not trust:
        raise UsageError("no key is trusted", hint="Name the signer's public key: --trust KEY.pub.")
    keys = [load_public_key(place) for place in trust]
    return open_snapshot(_read(file), trusted={key_id(key): key for key in keys})


def _flat(facts: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in facts.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
    return flat


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from None


def _write_new(place: Path, data: bytes, *, mode: int) -> None:
    try:
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except OSError as error:
        raise UsageError(f"{place} cannot be made: {error.strerror}") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def _say(text: str) -> None:
    err().print(Text(safe(text)))
