"""Names that no patch writes to.

First, version control's own folders, where files are programs that run by themselves.

Some file systems do not count letter case, some ignore invisible characters or compose letters anew: `.Git` and
`.g<zero width joiner>it` are `.git` there. A name is compared as what is left of it without all that.

Second, names that look like others: with control characters, or ones that nobody sees or that change the direction of
writing. Who approves a patch reads the names in it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from typing import Final

from belljar.packs._workspace import refused
from belljar.tools._characters import DECEIVING

_CONTROL: Final = re.compile(r"[\x00-\x1f]")
_INVISIBLE: Final = frozenset({"Cf", "Cc"})


def must_be_writable(path: str, names: Iterable[str], protected: Collection[str]) -> None:
    """Raises WorkspaceError when one of the path's names is protected, or deceives."""
    if DECEIVING.search(path) or _CONTROL.search(path):
        raise refused(path, "cannot be written: it holds characters that nobody sees")
    kept = {_folded(name) for name in protected}
    for name in names:
        if _folded(name) in kept:
            raise refused(path, f"cannot be written: {name!r} is protected", hint="Leave it to the user.")


def _folded(name: str) -> str:
    visible = "".join(letter for letter in name if unicodedata.category(letter) not in _INVISIBLE)
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold()).rstrip(". ")
