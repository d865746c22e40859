"""Pure functions on values: canonical text, the text that crosses the wall. No I/O, no clock, no other room.

One noun a file: `_canonical` is RFC 8785, `_number` its numbers, `_wire` the JSON between host and machine, `_refusal`
how they, and other walks over values, say which part cannot pass. The sealed profile's values are `_sealed` (options,
results, null), `_decimal` and `_keys` (Dict, and the order of keys); `_cbor`, `_fnv`, `_sealed_json` and `_strict_json`
are their forms, as the guest has them.
"""

from belljar.values._canonical import MAX_DEPTH, canonical_json
from belljar.values._cbor import encode_cbor
from belljar.values._decimal import Decimal128
from belljar.values._fnv import fnv1a64
from belljar.values._keys import Dict, key_order
from belljar.values._number import MAX_SAFE_INTEGER, ecmascript_number
from belljar.values._refusal import RefusedError, type_name
from belljar.values._sealed import JSON_NULL, NONE, Err, Ok, Some
from belljar.values._sealed_json import plain_json, sealed_json
from belljar.values._strict_json import parse_json
from belljar.values._wire import from_wire, to_wire, wire_tree

__all__ = [
    "JSON_NULL",
    "MAX_DEPTH",
    "MAX_SAFE_INTEGER",
    "NONE",
    "Decimal128",
    "Dict",
    "Err",
    "Ok",
    "RefusedError",
    "Some",
    "canonical_json",
    "ecmascript_number",
    "encode_cbor",
    "fnv1a64",
    "from_wire",
    "key_order",
    "parse_json",
    "plain_json",
    "sealed_json",
    "to_wire",
    "type_name",
    "wire_tree",
]
