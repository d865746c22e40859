"""Characters that make a text read as something other than it is."""

from __future__ import annotations

import re
from typing import Final

_DECEIVING: Final = r"\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff"
"""C1 controls, zero-width and direction-changing characters, line separators that no editor shows, lone surrogates."""

DECEIVING: Final = re.compile(f"[{_DECEIVING}]")
"""For text whose C0 controls are dealt with already."""

UNPRINTABLE: Final = re.compile(rf"[\x00-\x09\x0b-\x1f{_DECEIVING}]")
"""These and every C0 control but the newline."""
