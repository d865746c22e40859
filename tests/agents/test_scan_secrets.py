"""Secrets of a repository: all are found, and none of their letters is in anything that a scan writes."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from scan_support import GITHUB, grown

from belljar import gate
from belljar.agents import Job
from belljar.agents.security import ScanOptions, ScanReport, scan, to_json, to_markdown, to_sarif
from belljar.agents.security._secrets import secret_findings
from belljar.agents.security._walk import walk
from belljar.cli import _agents_scan, main
from belljar.store import open_store

SALT = "00" * 16
POLICY = """\
[[grant]]
plugin = "security-scan"
capabilities = ["files.read", "commands"]
workspace = "{folder}"
commands = ["bandit"]
"""
FILLED = "a1B2c3D4e5f6G7h8"


def letters(count: int) -> str:
    return (FILLED * 20)[:count]


PLANTED = {
    "github-token": GITHUB,
    "github-fine-grained-token": "github_pat_" + letters(82),
    "aws-access-key": "AKIA" + "QRSTUVWXYZ234567",
    "aws-secret-key": "wJa1rXUtnFEMI" + letters(27),
    "slack-token": "xoxb-123456789012-" + letters(24),
    "stripe-key": "sk_live_" + letters(24),
    "google-api-key": "AIza" + letters(35),
    "npm-token": "npm_" + letters(36),
    "pypi-token": "pypi-AgE" + letters(60),
    "gitlab-token": "glpat-" + letters(20),
    "sendgrid-key": "SG." + letters(22) + "." + letters(43),
    "hugging-face-token": "hf_" + letters(34),
    "jwt": "eyJ" + letters(30) + "." + letters(40) + "." + letters(43),
    "private-key": "MIIB" + letters(60) + "\n" + letters(64) + "\n" + letters(20) + "==",
    "connection-string": "c0nnection-Pa55",
    "connection-string-in-lock": "l0ck-file-Pa55",
    "connection-string-in-index": "1ndex-url-Pa55",
    "named-secret": "Pl4inly-N4med",
    "bearer-header": "b3arer" + letters(30),
    "telegram-bot-token": "1234567890:AA" + letters(33),
    "docker-token": "dckr_pat_" + letters(27),
}
"""By what finds them; the last one is in the name of a file."""

TREE = {
    "src/app.py": f'TOKEN = "{PLANTED["github-token"]}"\nPAT = "{PLANTED["github-fine-grained-token"]}"\n'
    f'password = "{PLANTED["named-secret"]}"\nconnect(host="db", password="{PLANTED["named-secret"]}")\n',
    "src/app.ts": f'const stripe = "{PLANTED["stripe-key"]}";\nconst apiKey = "{PLANTED["google-api-key"]}";\n'
    f'fetch(u, {{ headers: {{ Authorization: "Bearer {PLANTED["bearer-header"]}" }} }});\n'
    f'eval("{PLANTED["gitlab-token"]}" + x);\n',
    ".env": f"AWS_ACCESS_KEY_ID={PLANTED['aws-access-key']}\nAWS_SECRET_ACCESS_KEY={PLANTED['aws-secret-key']}\n"
    f"SLACK={PLANTED['slack-token']}\nDATABASE_URL=postgresql://app:{PLANTED['connection-string']}@db:5432/app\n",
    ".npmrc": f"//registry.npmjs.org/:_authToken={PLANTED['npm-token']}\n",
    "ci/.pypirc": f"password = {PLANTED['pypi-token']}\n",
    "notes.md": f"Mail: {PLANTED['sendgrid-key']}\n\nModels: {PLANTED['hugging-face-token']}\n\n{PLANTED['jwt']}\n"
    f"bot {PLANTED['telegram-bot-token']}\n",
    "keys/server.pem": f"-----BEGIN PRIVATE KEY-----\n{PLANTED['private-key']}\n-----END PRIVATE KEY-----\n",
    "package-lock.json": json.dumps(
        {
            "lockfileVersion": 3,
            "packages": {
                "node_modules/a": {
                    "version": "1.0.0",
                    "resolved": f"https://ci:{PLANTED['connection-string-in-lock']}@registry.example/a.tgz",
                }
            },
        },
        indent=2,
    ),
    "requirements.txt": f"--index-url https://ci:{PLANTED['connection-string-in-index']}@pypi.example/simple\nsix==1.0\n",
    f"backup-{PLANTED['docker-token']}.py": "import pickle\npickle.loads(x)  # belljar: ignore B301 -- see "
    + GITHUB
    + "\n",
}


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> tuple[ScanReport, bytes]:
    """One scan by the command line, with all that it and its reports wrote, in one piece."""
    folder = tmp_path_factory.mktemp("planted")
    grown(folder / "tree", TREE)
    told = {"id": "GHSA-1", "affected": [{"package": {"ecosystem": "npm", "name": "a"}, "versions": ["1.0.0"]}]}
    grown(folder, {"advisories/one.json": json.dumps(told), "policy.toml": POLICY.format(folder=folder)})
    report, console = by_command_line(folder)
    texts = [console, to_json(report), to_markdown(report), to_sarif(report), repr(report)]
    with open_store(str(folder / "runs.db")) as store:
        store.audit.export(texts.append)
        texts += [json.dumps(row.data) for row in store.agents.all()]
        files = [*folder.glob("runs.db*"), folder / "baseline.json"]
        assert len(files) >= 3  # the database, what was written ahead of it, and the baseline
        written = b"\n".join([*(text.encode() for text in texts), *(file.read_bytes() for file in files)])
    return report, written


def by_command_line(folder: Path) -> tuple[ScanReport, str]:
    """The report, and both streams of the console."""
    reports: list[ScanReport] = []

    async def scan_and_keep(job: Job, options: ScanOptions) -> ScanReport:
        reports.append(await scan(job, options))
        return reports[0]

    names = {"policy": "policy.toml", "store": "runs.db", "advisories": "advisories", "baseline": "baseline.json"}
    options = [word for name, file in names.items() for word in (f"--{name}", str(folder / file))]
    console = io.StringIO()
    with pytest.MonkeyPatch.context() as patched, redirect_stdout(console), redirect_stderr(console):
        patched.setattr(gate, "_is_on", True)
        patched.setattr(_agents_scan, "scan", scan_and_keep)
        code = main(["agents", "run", "security-scan", str(folder / "tree"), *options, "--update-baseline"])
    assert code == 0  # all is known from now on
    assert "## Known findings" in console.getvalue()
    return reports[0], console.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_secret_is_found_and_written_nowhere(everything: tuple[ScanReport, bytes], kind: str) -> None:
    """Not in the store, its write-ahead log, a report, the audit log, the baseline or the console; nor a row of it."""
    report, written = everything

    assert f"secret-{kind.partition('-in-')[0]}" in {finding.rule for finding in report.findings}
    for part in PLANTED[kind].split("\n"):
        assert part.encode() not in written
        assert json.dumps(part)[1:-1].encode() not in written


@pytest.mark.slow
def test_all_places_of_planted_secrets_are_told(everything: tuple[ScanReport, bytes]) -> None:
    """Each with its file and line; of a file whose name is one, the name is redacted everywhere."""
    report, _ = everything
    places = {(finding.rule, finding.path, finding.line) for finding in report.findings if finding.digest}

    assert places == {
        ("secret-github-token", "src/app.py", 1),
        ("secret-github-fine-grained-token", "src/app.py", 2),
        ("secret-named-secret", "src/app.py", 3),
        ("secret-named-secret", "src/app.py", 4),
        ("secret-stripe-key", "src/app.ts", 1),
        ("secret-google-api-key", "src/app.ts", 2),
        ("secret-bearer-header", "src/app.ts", 3),
        ("secret-gitlab-token", "src/app.ts", 4),
        ("secret-aws-access-key", ".env", 1),
        ("secret-aws-secret-key", ".env", 2),
        ("secret-slack-token", ".env", 3),
        ("secret-connection-string", ".env", 4),
        ("secret-npm-token", ".npmrc", 1),
        ("secret-pypi-token", "ci/.pypirc", 1),
        ("secret-sendgrid-key", "notes.md", 1),
        ("secret-hugging-face-token", "notes.md", 3),
        ("secret-jwt", "notes.md", 5),
        ("secret-telegram-bot-token", "notes.md", 6),
        ("secret-private-key", "keys/server.pem", 2),
        ("secret-connection-string", "package-lock.json", 6),
        ("secret-connection-string", "requirements.txt", 1),
        ("secret-docker-token", "backup-[redacted].py", 1),
        ("secret-github-token", "backup-[redacted].py", 2),
    }
    assert {finding.tool for finding in report.findings} >= {"bandit", "belljar-js", "belljar-secrets", "osv"}
    assert [finding.suppressed for finding in report.findings if finding.rule == "B301"] == ["see [redacted]"]


def test_a_finding_says_kind_and_place(tmp_path: Path) -> None:
    """And a digest under the scan's salt: the same for the same value, another one under another salt."""
    text = f"a\nüx = {GITHUB} {GITHUB}\n"
    first, second = secret_findings("a.txt", text, SALT)
    other = next(secret_findings("a.txt", text, "11" * 16))

    assert (first.line, first.column, first.end_line, first.end_column) == (2, 6, 2, 6 + len(GITHUB))
    assert second.column == 7 + len(GITHUB)
    assert first.message == "A github token stands in the source."
    assert (first.severity, first.confidence, first.cwe) == ("high", "high", 798)
    assert len(first.digest) == 16
    assert first.digest == second.digest != other.digest
    assert not tmp_path.joinpath("a.txt").exists()


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("-----BEGIN PRIVATE KEY-----\n" + letters(64) + "\n-----END PRIVATE KEY-----", "critical"),
        (GITHUB, "high"),
        ("password = 'Pl4inly-N4med'", "medium"),
        ("credentials: 'same-origin'", "low"),
        ("token = 'next_token()'", "low"),
        ("--token-string:#a31515;", None),
        ("integrity sha512-" + letters(86) + "==", None),
    ],
)
def test_severity_is_by_kind(text: str, severity: str | None) -> None:
    """Plain words under a secret's name are low; colours and hashes are nothing."""
    found = [finding.severity for finding in secret_findings("a.txt", text, SALT)]

    assert found == ([severity] if severity else [])


def test_names_of_files_are_shown_without_secrets_and_controls(tmp_path: Path) -> None:
    """Two that look alike then are told apart by a number."""
    other = GITHUB[:-1] + "Z"
    root = grown(
        tmp_path, {f"a-{GITHUB}.txt": "", f"a-{other}.txt": "", "b\n\x1b[31m\u202e.txt": "", "c\udcff.txt": ""}
    )

    assert [file.shown for file in walk(root).files] == [
        "a-[redacted].txt",
        "a-[redacted].txt (2)",
        r"b\n\u001b[31m\u202e.txt",
        "c\ufffd.txt",
    ]
