"""Text in, `Script` out. Pure: no I/O, no clock, no threads.

A reply becomes segments (`detect`, or `Detector` for a stream), a script segment's source becomes a `Script`
(`parse`), and `analyse` tells everything about a source without raising. Inside: `_detect` reads replies; `_grammar`
parses once and queries once; `_scope`, `_bans`, `_tools`, `_characters` and `_syntax` look for faults; `_erase`,
`_enum` and `_result` make edits, which `_positions` applies and maps back; `_analyse` is the only coordinator.
"""

from belljar.script._analyse import PROFILES, analyse, parse, reread
from belljar.script._detect import Detector, Segment, decode_reply, detect
from belljar.script._names import GLOBALS
from belljar.script._near import near_misses
from belljar.script._positions import PositionMap
from belljar.script._script import Analysis, Script
from belljar.script._tools import ToolUse

__all__ = [
    "GLOBALS",
    "PROFILES",
    "Analysis",
    "Detector",
    "PositionMap",
    "Script",
    "Segment",
    "ToolUse",
    "analyse",
    "decode_reply",
    "detect",
    "near_misses",
    "parse",
    "reread",
]
