"""The base score of a CVSS 3 vector, as the specification of FIRST computes it, and the word for a score."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final

from belljar.agents.security._finding import Severity

_VECTOR: Final = re.compile(r"CVSS:3\.[01]((?:/[A-Z]{1,3}:[A-Z])+)")
_WEIGHTS: Final[Mapping[str, Mapping[str, float]]] = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
_PRIVILEGES: Final[Mapping[str, Mapping[str, float]]] = {
    "U": {"N": 0.85, "L": 0.62, "H": 0.27},
    "C": {"N": 0.85, "L": 0.68, "H": 0.5},
}
"""By scope: unchanged or changed."""
_BOUNDS: Final[tuple[tuple[float, Severity], ...]] = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.0, "low"))


def base_score(vector: str) -> float | None:
    """From 0 to 10; None for what is no vector of CVSS 3.0 or 3.1."""
    found = _VECTOR.fullmatch(vector)
    if found is None:
        return None
    metrics = dict(each.split(":") for each in found[1].split("/")[1:])
    try:
        weights = {name: table[metrics[name]] for name, table in _WEIGHTS.items()}
        privileges, is_changed = _PRIVILEGES[metrics["S"]][metrics["PR"]], metrics["S"] == "C"
    except KeyError:
        return None
    lost = 1 - (1 - weights["C"]) * (1 - weights["I"]) * (1 - weights["A"])
    impact = 7.52 * (lost - 0.029) - 3.25 * (lost - 0.02) ** 15 if is_changed else 6.42 * lost
    if impact <= 0:
        return 0.0
    ease = 8.22 * weights["AV"] * weights["AC"] * weights["UI"] * privileges
    return _rounded_up(min((1.08 if is_changed else 1.0) * (impact + ease), 10.0))


def severity_of(score: float) -> Severity:
    """The word that the specification has for a score; its `none` is low here."""
    return next(word for bound, word in _BOUNDS if score >= bound)


def _rounded_up(score: float) -> float:
    """To one decimal, as appendix A of version 3.1 has it: errors of floating point do not lift a score."""
    hundred_thousandths = round(score * 100_000)
    if hundred_thousandths % 10_000 == 0:
        return hundred_thousandths / 100_000
    return (math.floor(hundred_thousandths / 10_000) + 1) / 10
