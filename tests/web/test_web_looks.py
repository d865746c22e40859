"""The sheet and the templates, read as files: contrast, and nothing that the policy would refuse."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

WEB = files("belljar.web")
SHEET = (WEB / "static" / "console.css").read_text(encoding="utf-8")
SCRIPT = (WEB / "static" / "console.js").read_text(encoding="utf-8")
TEMPLATES = {each.name: each.read_text(encoding="utf-8") for each in (WEB / "templates").iterdir()}

TEXT = [
    ("ink", "paper"), ("ink", "sheet"), ("ink", "well"), ("soft", "paper"), ("soft", "sheet"), ("soft", "well"),
    ("glass", "paper"), ("glass", "sheet"), ("glass", "well"), ("glass", "glass-wash"), ("glass-ink", "glass"),
    ("ask", "ask-wash"), ("ask", "sheet"), ("bad", "bad-wash"), ("bad", "sheet"), ("bad", "paper"), ("bad", "well"),
    ("good", "good-wash"), ("good", "sheet"), ("good", "well"), ("ink", "bad-wash"), ("ink", "good-wash"),
    ("ink", "ask-wash"),
]  # fmt: skip
"""Text and its ground, wherever the sheet puts one on the other."""
SHAPES = [
    ("edge", "sheet"), ("edge", "paper"), ("bar-done", "sheet"), ("bad", "sheet"), ("glass", "sheet"),
    ("ask-bar", "sheet"), ("ask-bar", "paper"),
]  # fmt: skip
"""Edges of fields, bars, the ring of the focus."""


def palettes() -> dict[str, dict[str, str]]:
    light, dark = re.findall(r":root \{(.*?)\}", SHEET, re.S)
    found = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in (light, dark)]
    return {"light": found[0], "dark": found[0] | found[1]}


def luminance(colour: str) -> float:
    """Relative, as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(scheme: str) -> None:
    """WCAG AA: 4.5 to 1 for text."""
    colours = palettes()[scheme]
    faint = {pair: round(ratio, 2) for pair in TEXT if (ratio := contrast(colours[pair[0]], colours[pair[1]])) < 4.5}

    assert faint == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_edges_can_be_seen(scheme: str) -> None:
    """WCAG AA: 3 to 1 for what is no text."""
    colours = palettes()[scheme]
    faint = {pair: round(ratio, 2) for pair in SHAPES if (ratio := contrast(colours[pair[0]], colours[pair[1]])) < 3}

    assert faint == {}


def test_the_two_schemes_name_the_same_colours() -> None:
    """None is forgotten in the dark."""
    light, dark = re.findall(r":root \{(.*?)\}", SHEET, re.S)
    names = [set(re.findall(r"--([\w-]+): #", block)) for block in (light, dark)]

    assert names[0] == names[1]


def test_no_template_has_what_the_policy_refuses() -> None:
    """No inline script, style or handler; no address of another origin; nothing that is printed unescaped."""
    wrong = {
        name: found
        for name, text in TEMPLATES.items()
        if (found := re.findall(r"<script(?! src=\"/)|<style|\sstyle=|\son\w+=|https?://|\|\s*safe|autoescape", text))
    }

    assert wrong == {}


def test_the_sheet_and_the_script_stay_here() -> None:
    """No font, picture or script from elsewhere; no markup made of text."""
    assert re.findall(r"https?:|@import|@font-face|data:", SHEET) == []
    assert re.findall(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(|https?:", SCRIPT) == []


def test_motion_is_only_for_those_who_like_it() -> None:
    """Every animation is behind the question."""
    before = SHEET.split("@media (prefers-reduced-motion: no-preference)")[0]

    assert re.findall(r"animation|transition", before) == []
    assert "@media (prefers-color-scheme: dark)" in SHEET
