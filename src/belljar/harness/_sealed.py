"""What a sealed run is given besides its program: an identity, from which its seed comes, an input and a gas limit."""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from belljar.errors import GasLimitOutOfRangeError, SeedReusedError, UsageError

GAS_LIMIT: Final = 10_000_000
GAS_VARIABLE: Final = "MTP_GAS_LIMIT"
MOST_GAS: Final = 2_000_000_000
_DOMAIN: Final = b"mtpscript-v5.1"
_KEPT: Final = 1_000_000
"""Seeds that a process remembers, 150 bytes each; a journal folder remembers all of its own."""
STACK_KB: Final = 512
"""What the depth of calls of the profile was measured with; no limit of a run changes it."""
_MOST_INTEGER: Final = 2**53 - 1
_DEPTH: Final = 200
_LONE: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whose run this is. The same identity is refused twice.

    Ids are texts of any form. The seed joins them as they are, so give ids of one length, or with a mark at their end:
    "ab" and "c" give what "a" and "bc" give.
    """

    request_id: str
    account_id: str = ""
    function_version: str = ""

    def __post_init__(self) -> None:
        for name in ("request_id", "account_id", "function_version"):
            value = getattr(self, name)
            if not isinstance(value, str) or _LONE.search(value):
                raise UsageError(f"Identity.{name} must be a text, got {value!r}")

    def seed(self, *, content_sha256: str, gas_limit: int) -> bytes:
        """32 bytes: SHA-256 of the ids, "mtpscript-v5.1", the program's digest and the gas limit in decimal."""
        ids = (self.request_id, self.account_id, self.function_version)
        parts = [each.encode() for each in ids]
        parts += [_DOMAIN, bytes.fromhex(content_sha256), str(gas_limit).encode()]
        return hashlib.sha256(b"".join(parts)).digest()


def chosen_gas_limit(given: int | None) -> int:
    """`given`, else $MTP_GAS_LIMIT, else 10,000,000. Raises GasLimitOutOfRangeError."""
    if given is None:
        named = os.environ.get(GAS_VARIABLE)
        if named is None:
            return GAS_LIMIT
        given = int(named) if named.isascii() and named.isdigit() and len(named) <= 10 else 0
    if type(given) is not int or not 1 <= given <= MOST_GAS:
        raise GasLimitOutOfRangeError(f"a gas limit is from 1 to {MOST_GAS:,}, got {given!r}")
    return given


def check_input(value: Any, depth: int = _DEPTH) -> None:
    """Raises UsageError where a sealed program could not be given `value`."""
    if value is None or isinstance(value, bool | str):
        return
    if isinstance(value, int) and abs(value) <= _MOST_INTEGER:
        return
    if isinstance(value, int | float):
        raise UsageError(f"{value!r} is no integer of the sealed profile", hint="Pass a Decimal as text.")
    if depth and isinstance(value, list | tuple):
        for item in value:
            check_input(item, depth - 1)
    elif depth and isinstance(value, dict) and all(isinstance(key, str) for key in value):
        for item in value.values():
            check_input(item, depth - 1)
    else:
        raise UsageError(f"a sealed program cannot be given a {type(value).__name__}", hint="Pass plain JSON data.")


class Seeds:
    """The seeds that a process has used, and those that a journal folder knows."""

    def __init__(self) -> None:
        self._used: OrderedDict[bytes, None] = OrderedDict()
        self._lock = threading.Lock()

    def use(self, seed: bytes, folder: Path | None) -> None:
        """Raises SeedReusedError where this process or the folder has seen it."""
        with self._lock:
            if seed in self._used or not _mark(seed, folder):
                raise SeedReusedError("this identity has had its run of this program with this gas limit")
            self._used[seed] = None
            if len(self._used) > _KEPT:
                self._used.popitem(last=False)

    def give_back(self, seed: bytes, folder: Path | None) -> None:
        """For a run that did not begin."""
        with self._lock:
            self._used.pop(seed, None)
            if folder is not None:
                _place(seed, folder).unlink(missing_ok=True)


def _place(seed: bytes, folder: Path) -> Path:
    return folder / f"seed-{seed.hex()}"


def _mark(seed: bytes, folder: Path | None) -> bool:
    """False where the folder has the seed's mark: an empty file, made by whoever comes first."""
    if folder is None:
        return True
    folder.mkdir(parents=True, exist_ok=True)
    try:
        os.close(os.open(_place(seed, folder), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return False
    return True


SEEDS: Final = Seeds()
"""Of this process, whatever harness uses them."""
