"""Names that no patch writes to.

First, version control's own folders, where files are programs that run by themselves.

Some file systems do not count letter case, some ignore invisible characters or compose letters anew: `.Git` and
`.g<zero width joiner>it` are `.git` there. A name is compared as what is left of it without all that.

Second, names that look like others: with control characters, or ones that nobody sees or that change the direction of
writing. Who approves a patch reads the names in it.

Third, names like those that a patch's own files have while it is written.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Collection, Iterable
from typing import Final

from belljar.packs._workspace import refused
from belljar.tools._characters import DECEIVING

_CONTROL: Final = re.compile(r"[\x00-\x1f]")
_INVISIBLE: Final = frozenset({"Cf", "Cc"})

OWN_PREFIX: Final = ".belljar-"
_OWN: Final = re.compile(re.escape(OWN_PREFIX) + "[0-9a-f]{16}")


def own_name() -> str:
    """A new name for a file of a patch's own."""
    return f"{OWN_PREFIX}{secrets.token_hex(8)}"


def is_own(name: str) -> bool:
    """Whether a name is such a one. What has it between two patches is left of one that was killed."""
    return _OWN.fullmatch(name) is not None


def must_be_writable(path: str, names: Iterable[str], protected: Collection[str]) -> None:
    """Raises WorkspaceError when one of the path's names is protected, or deceives."""
    if DECEIVING.search(path) or _CONTROL.search(path):
        raise refused(path, "cannot be written: it holds characters that nobody sees")
    kept = {_folded(name) for name in protected}
    for folded, name in ((_folded(name), name) for name in names):
        if folded in kept or is_own(folded):
            raise refused(path, f"cannot be written: {name!r} is protected", hint="Leave it to the user.")


def _folded(name: str) -> str:
    visible = "".join(letter for letter in name if unicodedata.category(letter) not in _INVISIBLE)
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold()).rstrip(". ")
