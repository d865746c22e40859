"""Signed snapshots (`.msqs`): a sealed program with the memory of a machine that has it loaded, in one file.

`_layout` knows where the bytes are, `_header` what they say, `_pages` the memory, `_signature` and `_certificates`
whose word counts; `_pack` and `_unpack` put them together. `_keys` reads PEM files; the rest is a function of its
arguments. Nothing here knows a machine: pages are offsets and bytes.
"""

from belljar.snapshot._certificates import Authorities
from belljar.snapshot._keys import (
    Certificate,
    PrivateKey,
    PublicKey,
    key_id,
    keygen,
    load_certificate,
    load_private_key,
    load_public_key,
)
from belljar.snapshot._layout import FORMAT, MAX_FILE_BYTES, MAX_MEMORY_BYTES
from belljar.snapshot._pack import pack, sign
from belljar.snapshot._program import Program, build, open_snapshot
from belljar.snapshot._snapshot import PROFILE, Build, Manifest, Snapshot
from belljar.snapshot._unpack import inspect, unpack

__all__ = [
    "FORMAT",
    "MAX_FILE_BYTES",
    "MAX_MEMORY_BYTES",
    "PROFILE",
    "Authorities",
    "Build",
    "Certificate",
    "Manifest",
    "PrivateKey",
    "Program",
    "PublicKey",
    "Snapshot",
    "build",
    "inspect",
    "key_id",
    "keygen",
    "load_certificate",
    "load_private_key",
    "load_public_key",
    "open_snapshot",
    "pack",
    "sign",
    "unpack",
]
