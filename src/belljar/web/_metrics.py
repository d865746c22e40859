"""The store's figures in Prometheus' text format. Pure.

A figure whose name ends in `{label="..."}` keeps that label; every name gets the prefix `belljar_` where it has none.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_NAME: Final = re.compile(r"[^a-zA-Z0-9_:]")


def metrics_text(figures: Mapping[str, float]) -> str:
    """One gauge for each name, in order; those of one name stand together, as the format wants it."""
    families: dict[str, list[str]] = {}
    for key in sorted(figures):
        name, brace, labels = key.partition("{")
        family = _family(name)
        families.setdefault(family, []).append(f"{family}{brace}{labels} {_number(figures[key])}")
    return "".join(
        f"# TYPE {family} gauge\n" + "".join(f"{line}\n" for line in lines) for family, lines in families.items()
    )


def _family(name: str) -> str:
    clean = _NAME.sub("_", name)
    return clean if clean.startswith("belljar_") else f"belljar_{clean}"


def _number(value: float) -> str:
    if math.isinf(value) or math.isnan(value):
        return {math.inf: "+Inf", -math.inf: "-Inf"}.get(value, "NaN")
    return str(int(value)) if value == int(value) else repr(value)
