"""The header: canonical JSON in one exact form, and the snapshot that it describes.

A header has the fields below, each of its kind, and no others; the text is the canonical one, byte for byte. So a
snapshot has one header only, and nothing can hide in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from belljar.errors import SerializationError, SnapshotBuildError, SnapshotHeaderError, SnapshotProfileError
from belljar.snapshot._pages import Pages, Spans
from belljar.snapshot._snapshot import PROFILE, Build, Manifest, Snapshot
from belljar.values import canonical_json

Header = dict[str, Any]
Form: TypeAlias = "Mapping[str, Form | Callable[[Any], bool]]"
"""The fields of an object: for each a form, or what tells whether a value is of its kind."""


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_name, value)) and len(set(value)) == len(value)


def _is_span(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_count, value))


def _are_spans(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_span, value))


_FORM: Final[Form] = {
    "build": {"engine": _is_name, "guest": _is_digest},
    "manifest": {
        "effects": _are_names,
        "entry": _is_name,
        "gas_table_sha256": _is_digest,
        "name": _is_name,
        "source_sha256": _is_digest,
        "version": _is_name,
    },
    "memory_bytes": _is_count,
    "pages": _are_spans,
    "profile": _is_name,
    "source": _is_text,
}
"""Every field of a header, and what it must be."""
_DEPTH: Final = 3
"""How deep a header nests: the length of a page, in the list of pages, in the header."""


def write(snapshot: Snapshot) -> bytes:
    """The header of a snapshot. Raises SnapshotHeaderError for what `read` would not give back."""
    manifest, build = snapshot.manifest, snapshot.build
    header: Header = {
        "build": {"engine": build.engine, "guest": build.guest},
        "manifest": {
            "effects": list(manifest.effects),
            "entry": manifest.entry,
            "gas_table_sha256": manifest.gas_table_sha256,
            "name": manifest.name,
            "source_sha256": manifest.source_sha256,
            "version": manifest.version,
        },
        "memory_bytes": snapshot.memory_bytes,
        "pages": [[offset, len(data)] for offset, data in snapshot.pages],
        "profile": snapshot.profile,
        "source": snapshot.source,
    }
    text = _canonical(header)
    refuse_other_profile(header)
    check(header)
    return text


def read(text: bytes) -> Header:
    """The header as data. Raises SnapshotHeaderError unless it is an object in canonical JSON."""
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SnapshotHeaderError("the header is not JSON") from error
    if not isinstance(header, dict):
        raise SnapshotHeaderError("the header is not an object")
    if _canonical(header) != text:
        raise SnapshotHeaderError("the header is not in canonical form")
    return header


def refuse_other_build(header: Header, guest_build: str) -> None:
    """Raise SnapshotBuildError where the header names another build of the guest."""
    build = header.get("build")
    found = build.get("guest") if isinstance(build, dict) else None
    if _is_digest(found) and found != guest_build:
        details = {"snapshot_build": found, "this_build": guest_build}
        raise SnapshotBuildError("the snapshot was made by another build of the guest", details=details)


def refuse_other_profile(header: Header) -> None:
    """Raise SnapshotProfileError where the header names another profile."""
    found = header.get("profile")
    if _is_name(found) and found != PROFILE:
        raise SnapshotProfileError(f"the snapshot is of the profile {found!r}, not {PROFILE!r}")


def check(header: Header) -> None:
    """Raise SnapshotHeaderError unless every field is there, of its kind, and the source is the manifest's."""
    odd = list(_odd_fields(_FORM, header, "header"))
    if odd:
        raise SnapshotHeaderError(f"{odd[0]} has other fields or another kind", details={"fields": odd})
    if hashlib.sha256(header["source"].encode()).hexdigest() != header["manifest"]["source_sha256"]:
        raise SnapshotHeaderError("the source does not have the hash that the manifest states")


def spans(header: Header) -> Spans:
    """Offset and length of each page, from a checked header."""
    return [(offset, length) for offset, length in header["pages"]]


def snapshot_of(header: Header, *, pages: Pages, content_hash: bytes) -> Snapshot:
    """The snapshot that a checked header describes."""
    manifest = header["manifest"]
    return Snapshot(
        manifest=Manifest(**{**manifest, "effects": tuple(manifest["effects"])}),
        source=header["source"],
        build=Build(**header["build"]),
        profile=header["profile"],
        memory_bytes=header["memory_bytes"],
        pages=pages,
        content_sha256=content_hash.hex(),
    )


def _canonical(header: Header) -> bytes:
    try:
        return canonical_json(header, depth=_DEPTH).encode()
    except SerializationError as error:
        raise SnapshotHeaderError(f"the header cannot be written as canonical JSON: {error.message}") from error


def _odd_fields(form: Form | Callable[[Any], bool], value: Any, path: str) -> Iterator[str]:
    """The paths at which a value is not of the form."""
    if callable(form):
        if not form(value):
            yield path
    elif not isinstance(value, dict) or value.keys() != form.keys():
        yield path
    else:
        for name, inner in form.items():
            yield from _odd_fields(inner, value[name], f"{path}.{name}")
