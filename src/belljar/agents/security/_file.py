"""Files of a repository, which may be anything: read with a bound, never waited for, no link followed; written whole.

The baseline is one of them: it mostly lies in the repository that is scanned.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

from belljar.errors import UsageError
from belljar.packs._plain_file import beginning_of

UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


def read(file: Path, most: int) -> bytes:
    """Its first bytes, at most `most`. Raises OSError, also for what is no file."""
    return beginning_of(file, most, follow=False)


def text_of(file: Path, most: int) -> str:
    """A file's text, whatever its bytes; what is no UTF-8 is marked. Raises OSError."""
    data = read(file, most)
    return data.decode("utf-16" if data.startswith(UTF16) else "utf-8-sig", "replace")


def write_whole(file: Path, text: str) -> None:
    """Put the text there in one moment. Raises UsageError."""
    made = None
    try:
        descriptor, made = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(text)
        os.chmod(made, 0o644)
        os.replace(made, file)
    except OSError as error:
        if made is not None:
            Path(made).unlink(missing_ok=True)
        raise UsageError(f"{str(file)!r} cannot be written: {error.strerror}") from error
