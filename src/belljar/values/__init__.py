"""Pure functions on values: canonical text, the text that crosses the wall. No I/O, no clock, no other room.

One noun a file: `_canonical` is RFC 8785, `_number` its numbers, `_wire` the JSON between host and machine, `_refusal`
how they, and other walks over values, say which part cannot pass.
"""

from belljar.values._canonical import MAX_DEPTH, canonical_json
from belljar.values._number import MAX_SAFE_INTEGER, ecmascript_number
from belljar.values._refusal import RefusedError, type_name
from belljar.values._wire import from_wire, to_wire, wire_tree

__all__ = [
    "MAX_DEPTH",
    "MAX_SAFE_INTEGER",
    "RefusedError",
    "canonical_json",
    "ecmascript_number",
    "from_wire",
    "to_wire",
    "type_name",
    "wire_tree",
]
