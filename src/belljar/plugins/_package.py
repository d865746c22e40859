"""A plugin: a manifest and one script, from a folder or a zip. What was checked is what runs.

Each file is read once, and never by following a link. The checksum is over the manifest's canonical JSON and the bytes
of the script, so how and where the manifest was written down makes no difference, and everything else does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeVar

from belljar.errors import ManifestError
from belljar.plugins._document import DOCUMENT_BYTES
from belljar.plugins._files import FileSource, FolderFiles, ZipFiles
from belljar.plugins._manifest import MANIFEST_NAMES, Manifest, read_manifest
from belljar.plugins._problems import Problem, refusal
from belljar.plugins._signature import SIGNATURE_NAME, Signature, read_signature

T = TypeVar("T")

SCRIPT_BYTES: Final = 1 << 20
"""Of a plugin's script. Larger ones than a model writes: somebody may have bundled one."""
_SIGNATURE_BYTES: Final = 1_000
_DOMAIN: Final = b"belljar plugin 1\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """A manifest and a script that belong together. Nothing of it has run, and nothing is granted."""

    manifest: Manifest
    source: str = field(repr=False)
    """The script, character for character."""
    signature: Signature | None = None
    """What came along; not checked."""
    origin: str = ""
    """Where it was read from, for messages."""
    kind: Literal["plugin", "agent"] = "plugin"
    """For messages: an agent is held against a policy as a plugin is."""
    checksum: str = field(init=False)
    """SHA-256 over manifest and script, in hex: what the audit log knows the plugin by."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "checksum", checksum(self.manifest, self.source))

    @property
    def title(self) -> str:
        """For messages."""
        return f"{self.kind} {self.manifest.name} {self.manifest.version}"


def checksum(manifest: Manifest, source: str) -> str:
    """SHA-256 over both. Canonical JSON holds no NUL, so nothing can pass from one to the other."""
    script = source.encode("utf-8", "surrogatepass")  # no file has half a character; the parser refuses one in code
    text = _DOMAIN + manifest.canonical_json.encode() + b"\0" + script
    return hashlib.sha256(text).hexdigest()


def load(path: Path | str) -> Plugin:
    """The plugin in a folder or a zip file. Raises ManifestError with everything that is wrong with it."""
    place = Path(path)
    if place.is_dir():
        with FolderFiles(place) as files:
            return _read(files, str(path))
    with ZipFiles(place) as files:
        return _read(files, str(path))


def _read(files: FileSource, origin: str) -> Plugin:
    """Manifest and signature are looked at even where the other is wrong, so that all problems come at once."""
    problems: list[Problem] = []
    signature = _kept(problems, lambda: _signature(files))
    manifest = _kept(problems, lambda: _manifest(files))
    source = _kept(problems, lambda: _source(files, manifest.script)) if manifest else None
    if manifest is not None:
        problems += files.strangers(manifest.script)
    if problems:
        raise refusal(problems)
    assert manifest is not None
    assert source is not None
    return Plugin(manifest=manifest, source=source, signature=signature, origin=origin)


def _kept(problems: list[Problem], read: Callable[[], T]) -> T | None:
    try:
        return read()
    except ManifestError as error:
        problems += [Problem(**each) for each in error.details["problems"]]
        return None


def _manifest(files: FileSource) -> Manifest:
    there = [name for name in MANIFEST_NAMES if files.has(name)]
    if len(there) != 1:
        message = f"is not there, and nor is {MANIFEST_NAMES[1]}" if not there else f"is there beside {there[1]}"
        raise refusal([Problem(file=MANIFEST_NAMES[0], message=message)])
    return read_manifest(files.read(there[0], DOCUMENT_BYTES), there[0])


def _source(files: FileSource, name: str) -> str:
    raw = files.read(name, SCRIPT_BYTES)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise refusal([Problem(file=name, line=line, message="is not UTF-8")]) from None


def _signature(files: FileSource) -> Signature | None:
    return read_signature(files.read(SIGNATURE_NAME, _SIGNATURE_BYTES)) if files.has(SIGNATURE_NAME) else None
