"""From a program's text to a snapshot, and from a snapshot that is trusted to machines that have it loaded."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from belljar.errors import SnapshotHeaderError, SnapshotPagesError
from belljar.limits import MAX_SOURCE_BYTES, Limits
from belljar.machine import Machine, guest_facts
from belljar.machine._engine import BaseImage
from belljar.machine._loaded import Loaded, load, open_program, program_image
from belljar.script import Script, parse
from belljar.script.seal import gas_table_sha256
from belljar.snapshot._certificates import Authorities
from belljar.snapshot._keys import PublicKey
from belljar.snapshot._pack import pack
from belljar.snapshot._snapshot import Build, Manifest, Snapshot
from belljar.snapshot._unpack import unpack


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A sealed program that is loaded and verified; `Harness.run_sealed` takes it in place of a text."""

    manifest: Manifest
    script: Script
    content_sha256: str
    """Of the snapshot: part of a run's seed."""
    image: BaseImage = field(repr=False)

    def open(self, limits: Limits | None = None) -> Machine:
        """A fresh machine for one run: a copy-on-write clone, some 50 us."""
        return open_program(self.image, limits or Limits())


def build(source: str | bytes, *, name: str, version: str, entry: str, effects: Collection[str] = ()) -> bytes:
    """An unsigned snapshot of a program: the same source gives the same bytes. `effects` are all it may ask for.

    Raises SourceError for a program with findings, SnapshotError where it is too large.
    """
    script = parse(source, tools=effects, source_bytes=MAX_SOURCE_BYTES, profile="sealed")
    loaded = load(script)
    facts = guest_facts()
    return pack(
        Snapshot(
            manifest=Manifest(
                name=name,
                version=version,
                entry=entry,
                effects=tuple(effects),
                source_sha256=script.sha256,
                gas_table_sha256=gas_table_sha256(),
            ),
            source=script.source,
            build=Build(guest=facts["build_id"], engine=facts["engine"]),
            memory_bytes=loaded.memory_bytes,
            pages=loaded.pages,
        )
    )


def open_snapshot(data: bytes, *, trusted: Mapping[str, PublicKey], authorities: Authorities | None = None) -> Program:
    """The program in a snapshot that a trusted key signed. Raises SnapshotError, for each reason another; nothing is
    mapped before all of it is believed."""
    facts: dict[str, Any] = guest_facts()
    snapshot = unpack(data, trusted=trusted, guest_build=facts["build_id"], authorities=authorities)
    manifest = snapshot.manifest
    script = parse(snapshot.source, tools=manifest.effects, source_bytes=MAX_SOURCE_BYTES, profile="sealed")
    if (script.sha256, gas_table_sha256()) != (manifest.source_sha256, manifest.gas_table_sha256):
        raise SnapshotHeaderError("the snapshot's source or costs are not those that its manifest states")
    loaded = Loaded(memory_bytes=snapshot.memory_bytes, pages=snapshot.pages)
    if load(script) != loaded:  # whoever signed it: the text is what people read, and what a replay runs
        raise SnapshotPagesError("the snapshot's memory is not that of its source")
    image = program_image(loaded)
    return Program(manifest=manifest, script=script, content_sha256=snapshot.content_sha256, image=image)
