"""What the shell may complete: names that no file has. Imported at every start, so it loads nothing."""

from __future__ import annotations

from collections.abc import Iterable


def engines(incomplete: str) -> Iterable[str]:
    """Engines whose names begin with what was typed."""
    from belljar.machine._open import ENGINES

    return [name for name in ENGINES if name.startswith(incomplete)]
