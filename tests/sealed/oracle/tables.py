"""All built-ins by name, and the gas table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import belljar
from oracle.natives import Native
from oracle.natives_data import CHOICES, DICT, OBJECT, OTHERS
from oracle.natives_list import ARRAY_METHODS, LIST
from oracle.natives_number import DECIMAL, INT
from oracle.natives_text import STRING_METHODS, TEXT
from oracle.syntax import Literal
from oracle.values import NONE

GAS_TABLE: Final = Path(belljar.__file__).parent / "script" / "seal" / "gas.json"

UNITS: Final[dict[str, int]] = {row["id"]: row["units"] for row in json.loads(GAS_TABLE.read_text())["rows"]}
"""What each row costs."""

BUILT_INS: Final[dict[str, Native]] = {**LIST, **TEXT, **INT, **DECIMAL, **OBJECT, **DICT, **CHOICES, **OTHERS}

NAMESPACES: Final = {name.partition(".")[0] for name in BUILT_INS if "." in name} | {"effects"}

CONSTANTS: Final = {"none": Literal(value=NONE, row="none"), "JsonNull": Literal(value=None)}

METHODS: Final[dict[str, dict[str, Native]]] = {"array": ARRAY_METHODS, "string": STRING_METHODS}
"""The methods of each kind that has some; a record's are its own functions."""
