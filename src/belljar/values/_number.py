"""Numbers as ECMAScript writes them.

The algorithm is Number::toString of ECMA-262 (the one that RFC 8785, section 3.2.2.3, prescribes) on top of Python's
`repr`, which already finds the shortest digits that round-trip and, among those, the closest.
"""

from __future__ import annotations

from typing import Final

from belljar.values._refusal import RefusedError

MAX_SAFE_INTEGER: Final = 2**53 - 1
"""The largest n for which n and n + 1 are both exact doubles (Number.MAX_SAFE_INTEGER)."""


def ecmascript_number(value: float) -> str:
    """The text of a double: `1e21`, `0.000001`, `1e-7`, `0` for minus zero.

    Raises SerializationError for NaN and infinities, which JSON does not have.
    """
    try:
        return number_text(value)
    except RefusedError as refused:
        raise refused.to_error() from None


def number_text(value: float) -> str:
    """`ecmascript_number` for walks: what it raises is RefusedError."""
    text = repr(value)
    if "e" in text:
        return _from_exponent_form(text)
    if value - value != 0:  # NaN and both infinities are the doubles for which x - x is not 0
        raise _not_finite(value)
    if text.endswith(".0"):
        return "0" if text == "-0.0" else text[:-2]
    return text  # repr uses this form for 1e-4 <= |x| < 1e16, and ECMAScript does for 1e-6 <= |x| < 1e21


def safe_integer(value: int) -> int:
    """The same integer, as a plain int, when every double represents it exactly; others raise."""
    if -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
        return int(value)
    raise RefusedError("the integer is outside ±(2^53 - 1) and would lose digits", hint="Send it as a string.")


def finite_number(value: float) -> float:
    """The same double when JSON can write it; NaN and infinities raise."""
    if value - value == 0:
        return float(value)
    raise _not_finite(value)


def _not_finite(value: float) -> RefusedError:
    name = "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    return RefusedError(f"{name} is not a JSON number", hint="Use null, or a string.")


def _from_exponent_form(text: str) -> str:
    mantissa, _, exponent_text = text.partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = whole + fraction
    point = int(exponent_text) + 1  # the value is 0.DIGITS times ten to this power
    return sign + _place_point(digits, point)


def _place_point(digits: str, point: int) -> str:
    if len(digits) <= point <= 21:
        return digits + "0" * (point - len(digits))
    # A point inside the digits cannot be here: repr has no exponent for those, as 17 digits are the most there are.
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    mantissa = digits if len(digits) == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{mantissa}e{point - 1:+d}"
