"""What is fuzzed: TARGETS, each a function of any bytes that raises where its reader's law is broken.

Each turns the bytes into its reader's input itself, so that one mutator serves all of them and a find is a file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from campaign import grammar
from campaign.session import session
from campaign.text_laws import detector, eraser, parser
from campaign.wall_laws import image, journal, protocol

Check: TypeAlias = Callable[[bytes], None]

TARGETS: Final[Mapping[str, Check]] = {
    "detector": detector,
    "parser": parser,
    "eraser": eraser,
    "protocol": protocol,
    "image": image,
    "journal": journal,
}
"""What is fuzzed in Python, by name."""
REPLAYED: Final[Mapping[str, Check]] = {**TARGETS, "native": session, "parity": grammar.check}
"""Every target that finds are kept of: those, the C shim, whose sessions run again in the machine itself, and programs
that must do the same on every engine."""
