"""Pinned packages against a folder of advisories, of every shape that osv.dev has."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar.agents.security._cvss import base_score, severity_of
from belljar.agents.security._finding import ScanFinding
from belljar.agents.security._osv import vulnerable
from belljar.agents.security._problem import ScanProblem
from belljar.agents.security._versions import ECOSYSTEMS, VersionUnreadableError

CRITICAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


def events(*pairs: str) -> list[dict[str, str]]:
    return [dict([pair.split(" ")]) for pair in pairs]


def affected(*pairs: str, ecosystem: str = "PyPI", name: str = "jinja2", **facts: Any) -> dict[str, Any]:
    kind = "SEMVER" if ecosystem == "npm" else "ECOSYSTEM"
    ranges = [{"type": kind, "events": events(*pairs)}] if pairs else []
    return {"package": {"ecosystem": ecosystem, "name": name}, "ranges": ranges, **facts}


def advisory(*packages: dict[str, Any], id: str = "GHSA-1", **facts: Any) -> dict[str, Any]:
    return {"id": id, "modified": "2026-01-01T00:00:00Z", "affected": list(packages), **facts}


def compared(
    folder: Path, advisories: list[Any], *pins: str, ecosystem: str = "PyPI"
) -> tuple[list[ScanFinding], list[ScanProblem]]:
    """Pins are `name version`."""
    for number, each in enumerate(advisories):
        text = each if isinstance(each, str) else json.dumps(each)
        (folder / f"{number:03}.json").write_text(text)
    names = [pin.split(" ", 1) for pin in pins]
    return vulnerable(
        folder,
        [
            {"ecosystem": ecosystem, "name": name, "version": version, "path": "a.lock", "line": line}
            for line, (name, version) in enumerate(names, 1)
        ],
    )


def hit(folder: Path, advisories: list[Any], *pins: str, ecosystem: str = "PyPI") -> list[str]:
    """Which of the pins have a vulnerability."""
    findings, problems = compared(folder, advisories, *pins, ecosystem=ecosystem)
    assert problems == []
    return [pins[finding.line - 1] for finding in findings]


def versions(text: str, name: str = "jinja2") -> list[str]:
    return [f"{name} {version}" for version in text.split(" ")]


def test_a_finding_says_what_is_vulnerable_and_what_repairs_it(tmp_path: Path) -> None:
    """All of its fields, by the advisory."""
    told = advisory(
        affected("introduced 0", "fixed 3.1.3"),
        summary="Attributes\nget\x1b[31m through",
        aliases=["CVE-2024-1", "PYSEC-1"],
        severity=[{"type": "CVSS_V3", "score": CRITICAL}],
        database_specific={"cwe_ids": ["CWE-79", "CWE-80"], "severity": "LOW"},
    )
    findings, problems = compared(tmp_path, [told], "six 1.16.0", "Jinja2 3.1.2")

    assert problems == []
    assert [finding.to_dict() for finding in findings] == [
        {
            "rule": "GHSA-1",
            "severity": "critical",
            "confidence": "high",
            "message": "Jinja2 3.1.2 has a known vulnerability: Attributes get\\u001b[31m through. "
            "Also CVE-2024-1, PYSEC-1. Fixed in 3.1.3.",
            "path": "a.lock",
            "line": 2,
            "column": 1,
            "end_line": 2,
            "end_column": 1,
            "cwe": 79,
            "tool": "osv",
            "help": "Update the package, or replace it: https://osv.dev/vulnerability/GHSA-1",
            "fingerprint": findings[0].fingerprint,
            "digest": "",
            "suppressed": None,
            "is_known": False,
        }
    ]


@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        (["introduced 0", "fixed 2.0"], "1.0 1.9 2.0rc1"),
        (["introduced 1.5", "fixed 2.0"], "1.9 2.0rc1"),
        (["introduced 0", "last_affected 2.0"], "1.0 1.9 2.0rc1 2.0"),
        (["introduced 0"], "1.0 1.9 2.0rc1 2.0 2.1 3.0"),
        (["introduced 2.1"], "2.1 3.0"),
        (["fixed 2.0", "introduced 0"], "1.0 1.9 2.0rc1"),
        (["introduced 0", "fixed 1.5", "introduced 2.0", "fixed 2.1"], "1.0 2.0"),
        (["introduced 0", "fixed 1.5", "introduced 2.1", "last_affected 2.5"], "1.0 2.1"),
        (["introduced 0", "limit 2.0"], "1.0 1.9 2.0rc1"),
        (["introduced 0", "limit *"], "1.0 1.9 2.0rc1 2.0 2.1 3.0"),
        ([], ""),
    ],
)
def test_ranges_of_pypi(tmp_path: Path, pairs: list[str], found: str) -> None:
    """introduced and last_affected are inside, fixed and limit are not; the order of the events means nothing."""
    pins = versions("1.0 1.9 2.0rc1 2.0 2.1 3.0")
    told = [advisory(affected(*pairs))]

    assert hit(tmp_path, told, *pins) == (versions(found) if found else [])


@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        (["introduced 0", "fixed 4.17.21"], "1.0.0 4.17.20 4.17.21-rc.1"),
        (["introduced 4.17.21-rc.1", "last_affected 4.17.21"], "4.17.21-rc.1 4.17.21"),
        (["introduced 4.17", "fixed 5"], "4.17.20 4.17.21-rc.1 4.17.21 4.18.0"),
        (["introduced 0", "fixed 2.0.0", "introduced 4.18.0"], "1.0.0 4.18.0"),
    ],
)
def test_ranges_of_npm(tmp_path: Path, pairs: list[str], found: str) -> None:
    """By semantic versions: a version before the release lies before it, and a part may be left out."""
    pins = versions("1.0.0 4.17.20 4.17.21-rc.1 4.17.21 4.18.0", "lodash")
    told = [advisory(affected(*pairs, ecosystem="npm", name="lodash"))]

    assert hit(tmp_path, told, *pins, ecosystem="npm") == versions(found, "lodash")


def test_a_listed_version_is_affected_without_a_range(tmp_path: Path) -> None:
    """Also where it is written in another way; a build of a version is that version."""
    told = [advisory(affected(versions=["1.0", "2.0.0", "0.1-dev-weird"]))]
    pins = versions("1.0 1.0.0 2 1.1 2.0+cu118 0.1-dev-weird")

    assert hit(tmp_path, told, *pins) == versions("1.0 1.0.0 2 2.0+cu118 0.1-dev-weird")


def test_names_are_compared_as_each_registry_does(tmp_path: Path) -> None:
    """PyPI knows no case and one separator; npm takes a name letter by letter."""
    told = [
        advisory(affected("introduced 0", name="My_Package.x")),
        advisory(affected("introduced 0", ecosystem="npm", name="Lodash"), id="GHSA-2"),
    ]

    assert hit(tmp_path, told, "my-package-X 1", "MY.PACKAGE_x 1", "mypackagex 1") == [
        "my-package-X 1",
        "MY.PACKAGE_x 1",
    ]
    assert hit(tmp_path, told, "lodash 1.0.0", "Lodash 1.0.0", ecosystem="npm") == ["Lodash 1.0.0"]
    assert hit(tmp_path, told, "My_Package.x 1.0.0", ecosystem="npm") == []


@pytest.mark.parametrize(
    "told",
    [
        advisory(affected("introduced 0"), withdrawn="2026-01-01T00:00:00Z"),
        advisory(affected("introduced 0", ecosystem="Go")),
        advisory({"ranges": [{"type": "GIT", "repo": "https://x", "events": events("introduced 0")}]}),
        advisory(affected() | {"ranges": [{"type": "GIT", "repo": "https://x", "events": events("introduced 0")}]}),
        advisory(affected() | {"ranges": None, "versions": None}, aliases=None, severity=None),
        advisory(),
    ],
)
def test_what_is_withdrawn_or_about_something_else_finds_nothing(tmp_path: Path, told: dict[str, Any]) -> None:
    """Other ecosystems, commits, advisories taken back, lists that are null."""
    assert hit(tmp_path, [told], "jinja2 1.0") == []


@pytest.mark.parametrize(
    ("facts", "own", "expected"),
    [
        ({"severity": [{"type": "CVSS_V3", "score": CRITICAL}]}, {}, "critical"),
        ({"severity": [{"type": "CVSS_V3", "score": CRITICAL.replace("C:H/I:H/A:H", "C:N/I:N/A:L")}]}, {}, "medium"),
        (
            {"severity": [{"type": "CVSS_V3", "score": CRITICAL}]},
            {"severity": [{"type": "CVSS_V3", "score": CRITICAL.replace("C:H/I:H/A:H", "C:N/I:N/A:N")}]},
            "low",
        ),
        (
            {
                "severity": [{"type": "CVSS_V4", "score": "CVSS:4.0/AV:N"}],
                "database_specific": {"severity": "MODERATE"},
            },
            {},
            "medium",
        ),
        ({"database_specific": {"severity": "low"}}, {}, "low"),
        ({}, {"ecosystem_specific": {"severity": "critical"}}, "critical"),
        ({"database_specific": {"severity": 7}}, {"database_specific": None}, "high"),
        ({}, {}, "high"),
    ],
)
def test_severity_is_the_advisorys_own(
    tmp_path: Path, facts: dict[str, Any], own: dict[str, Any], expected: str
) -> None:
    """The package's score before the whole's, a score before a word; without any it is high."""
    findings, _ = compared(tmp_path, [advisory(affected("introduced 0", **own), **facts)], "jinja2 1.0")

    assert [finding.severity for finding in findings] == [expected]


def test_a_malicious_package_is_critical(tmp_path: Path) -> None:
    """Whatever its advisory says."""
    told = advisory(affected("introduced 0"), id="MAL-2026-1", database_specific={"severity": "LOW"})
    findings, _ = compared(tmp_path, [told], "jinja2 1.0")

    assert [(finding.rule, finding.severity) for finding in findings] == [("MAL-2026-1", "critical")]
    assert "No fixed version is known." in findings[0].message


def test_advisories_of_one_vulnerability_are_one_finding(tmp_path: Path) -> None:
    """They share a name, directly or through a third; the worst severity of them counts."""
    package = affected("introduced 0", "fixed 2.0")
    told = [
        advisory(package, id="PYSEC-1", aliases=["CVE-1"]),
        advisory(
            affected("introduced 0", "fixed 2.1"),
            id="GHSA-1",
            aliases=["GO-1"],
            database_specific={"severity": "CRITICAL"},
        ),
        advisory(package, id="CVE-1", aliases=["GHSA-1"]),
        advisory(package, id="GHSA-2", database_specific={"severity": "LOW"}),
    ]
    findings, _ = compared(tmp_path, told, "jinja2 1.0")

    assert [(each.rule, each.severity) for each in findings] == [("CVE-1", "critical"), ("GHSA-2", "low")]
    assert findings[0].message.endswith("Also GHSA-1, GO-1, PYSEC-1. Fixed in 2.0, 2.1.")


@pytest.mark.parametrize(
    "told",
    [
        "{",
        "[]",
        "null",
        '{"affected": []}',
        '{"id": "x y", "affected": []}',
        '{"id": "A", "affected": [{"package": {"name": "jinja2"}}]}',
        '{"id": "A", "affected": 3}',
        "[" * 100_000,
    ],
)
def test_a_file_that_is_no_advisory_is_an_error_of_the_scan(tmp_path: Path, told: str) -> None:
    """With its name; the others count all the same."""
    findings, problems = compared(tmp_path, [told, advisory(affected("introduced 0"))], "jinja2 1.0")

    assert [finding.rule for finding in findings] == ["GHSA-1"]
    assert [(each.level, each.message) for each in problems] == [
        ("error", "the advisory 000.json was left out: it is no advisory as OSV writes them")
    ]


def test_many_broken_advisories_are_counted(tmp_path: Path) -> None:
    """A hundred by name, the rest as a number."""
    _, problems = compared(tmp_path, ["{"] * 130, "jinja2 1.0")

    assert len(problems) == 101
    assert problems[-1].message == "30 more advisories were left out"


@pytest.mark.parametrize(
    ("pin", "pairs"),
    [
        ("jinja2 git-main", ["introduced 0"]),
        ("jinja2 1.0", ["introduced 0", "fixed not.a.version"]),
        ("jinja2 " + "1" * 300, ["introduced 0"]),
    ],
)
def test_a_version_that_cannot_be_compared_is_a_finding(tmp_path: Path, pin: str, pairs: list[str]) -> None:
    """Where there are advisories about the package: the pin's own version, or the advisory's."""
    findings, _ = compared(tmp_path, [advisory(affected(*pairs))], pin, "six git-main")

    assert [(each.rule, each.severity, each.line) for each in findings] == [("dependency-not-compared", "high", 1)]


def test_a_range_that_cannot_be_read_does_not_hide_the_others(tmp_path: Path) -> None:
    """A version is affected where any of them holds."""
    told = [advisory(affected("introduced not-one"), affected("introduced 0"))]
    told[0]["affected"] = [{**told[0]["affected"][0], "ranges": [each["ranges"][0] for each in told[0]["affected"]]}]
    findings, _ = compared(tmp_path, told, "jinja2 1.0")

    assert [each.rule for each in findings] == ["GHSA-1"]


def test_an_advisory_of_any_length_leaves_a_short_finding(tmp_path: Path) -> None:
    """Its names and versions are cut, and the first ten told."""
    names = ["A" * 250_000, *(f"N{number}" for number in range(30))]
    told = advisory(affected("introduced 0", "fixed 9." + "9" * 10_000), aliases=names, summary="s" * 10_000)
    findings, _ = compared(tmp_path, [told], "jinja2 1.0")

    assert [each.rule for each in findings] == ["dependency-not-compared"]
    told = advisory(affected("introduced 0", "fixed 9.0"), aliases=names, summary="s" * 10_000)
    findings, _ = compared(tmp_path, [told], "jinja2 1.0")
    assert len(findings[0].message) < 1_000
    assert findings[0].message.endswith(" N6, N7, N8, ... Fixed in 9.0.") or "Fixed in 9.0." in findings[0].message


def test_a_folder_of_advisories_may_hold_anything(tmp_path: Path) -> None:
    """A pipe is not waited for, and no name of a file is a line of its own; none is told with its folder."""
    (tmp_path / "folder.json").mkdir()
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "a\nb\x1b.json").write_text("{")
    _, problems = compared(tmp_path, [], "jinja2 1.0")

    assert [each.message for each in problems] == [
        r"the advisory a\nb\u001b.json was left out: it is no advisory as OSV writes them",
        "the advisory folder.json was left out: Is a directory",
        "the advisory pipe.json was left out: it is no plain file",
    ]


def test_a_fingerprint_stays_when_lines_move(tmp_path: Path) -> None:
    """It is over the rule, the path and the package's name."""
    told = [advisory(affected("introduced 0"))]
    first, _ = compared(tmp_path, told, "jinja2 1.0")
    moved, _ = compared(tmp_path, told, "six 1.0", "jinja2 1.1")

    assert (first[0].line, moved[0].line) == (1, 2)
    assert first[0].fingerprint == moved[0].fingerprint


@pytest.mark.parametrize(
    ("vector", "score"),
    [
        (CRITICAL, 9.8),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0),
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),
        ("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 7.8),
        ("CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:N/A:H", 5.9),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:P", 9.8),
        ("CVSS:3.1/AV:N", None),
        ("CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", None),
        ("CVSS:4.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", None),
        ("9.8", None),
    ],
)
def test_scores_are_those_of_the_specification(vector: str, score: float | None) -> None:
    """Figures of published advisories; what is no vector has none."""
    assert base_score(vector) == score


def test_words_for_scores() -> None:
    """At their edges."""
    assert [severity_of(score) for score in (0.0, 3.9, 4.0, 6.9, 7.0, 8.9, 9.0, 10.0)] == [
        *["low"] * 2, *["medium"] * 2, *["high"] * 2, *["critical"] * 2,
    ]  # fmt: skip


@given(st.text(max_size=30), st.sampled_from(["PyPI", "npm"]))
@settings(derandomize=True, deadline=None, max_examples=150)
def test_any_text_is_a_version_or_is_refused_as_none(text: str, ecosystem: str) -> None:
    """No other error comes out of the libraries that read them."""
    try:
        version = ECOSYSTEMS[ecosystem].version(text)
    except VersionUnreadableError:
        return
    assert version == version
