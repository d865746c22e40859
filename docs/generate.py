"""Writes the pages of docs/ that are made from the code. `--check` writes nothing, and says which are not up to date.

What each page is made of is in `_made`; nothing of it is random, and none of it has a date of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from _made.pages import stale


def main() -> int:
    """0 when the pages are written, or with --check, when they are up to date."""
    pages = stale()
    if "--check" not in sys.argv:
        for path, text in pages.items():
            path.write_text(text, encoding="utf-8")
        return 0
    for path in pages:
        sys.stderr.write(f"docs/{path.name} is not up to date; run `make docs`\n")
    return 1 if pages else 0


if __name__ == "__main__":
    raise SystemExit(main())
