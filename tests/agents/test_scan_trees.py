"""The scan over two trees of other people's code that the development packages bring: it ends, whole and readable."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from scan_support import scanned_as_job

from belljar.agents.security import ScanReport, to_json, to_markdown, to_sarif


def folder_of(package: str, *parts: str) -> Path:
    place = find_spec(package)
    assert place is not None
    assert place.origin is not None
    return Path(place.origin).parent.joinpath(*parts)


def scanned_tree(root: Path, tmp_path: Path, **options: Any) -> ScanReport:
    report = scanned_as_job(root, str(tmp_path / "runs.db"), **options)
    run = json.loads(to_sarif(report))["runs"][0]

    assert len(run["results"]) == len(report.findings) == len(json.loads(to_json(report))["findings"])
    assert len({result["partialFingerprints"]["belljar/v1"] for result in run["results"]}) == len(run["results"])
    assert run["invocations"][0]["executionSuccessful"]
    assert to_markdown(report).count("\n- **") == len(report.findings)
    return report


@pytest.mark.slow
def test_a_package_of_python(tmp_path: Path) -> None:
    """jinja2: bandit reads all of it, and finds the code that it builds at run time."""
    report = scanned_tree(folder_of("jinja2"), tmp_path)

    assert report.problems == ()
    assert report.files > 20
    assert {"B102", "B324"} <= {finding.rule for finding in report.findings}
    assert [finding for finding in report.findings if finding.severity == "critical"] == []


@pytest.mark.slow
def test_a_tree_of_javascript(tmp_path: Path) -> None:
    """playwright's driver: without what was bundled from other sources, which is said."""
    bundles = ("vite", "utilsBundle.js", "coreBundle.js")
    report = scanned_tree(folder_of("playwright", "driver", "package", "lib"), tmp_path, exclude=bundles)

    assert report.problems == ()
    assert report.files > 10
    assert report.skipped_by_reason["it is excluded"] == 3
