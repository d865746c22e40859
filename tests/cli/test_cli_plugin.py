"""`belljar plugin`: from a new folder to a run, with an operator's word in between."""

from __future__ import annotations

import json
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cli_store import keyboard
from cli_support import Cli, Write
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from belljar.cli import main
from belljar.store import open_store

pytestmark = pytest.mark.usefixtures("phase5")
WORDS = '{"text": "one two three"}'
MANIFEST = """\
name = "asker"
version = "1.0.0"
description = "Asks somebody."
author = "Ann"
entry_point = "go"
"""
NETWORK = 'capabilities = ["network"]\nhosts = ["api.example.com"]\n'
GRANT = '[[grant]]\nplugin = "asker"\ncapabilities = ["network"]\nhosts = ["*.example.com"]\n'


def plugin(folder: Path, *, manifest: str = "", script: str = "export async function go() { return 1 }") -> str:
    """A folder named `asker` that asks for what `manifest` adds."""
    (folder / "asker").mkdir(exist_ok=True)
    (folder / "asker" / "plugin.toml").write_text(MANIFEST + manifest)
    (folder / "asker" / "plugin.ts").write_text(script)
    return "asker"


def keys(folder: Path, name: str = "key") -> tuple[str, str]:
    """Files of a new key: private, public."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / f"{name}.pem").write_bytes(private)
    (folder / f"{name}.pub").write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return f"{name}.pem", f"{name}.pub"


def records(folder: Path, event: str) -> list[dict[str, Any]]:
    """What the log of runs.db says of such events, the oldest first."""
    with closing(open_store(folder / "runs.db")) as store:
        return [record.facts for record in reversed(store.audit.find(event=event))]


# -- a new plugin -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "printed", "files"),
    [
        ("standard", '{\n  "words": 3\n}\n', {"plugin.toml", "plugin.ts", "policy.toml", "api.d.ts"}),
        ("sealed", '{"words":3}\n', {"plugin.toml", "plugin.ts", "policy.toml"}),
    ],
)
def test_a_new_plugin_runs_as_it_is(cli: Cli, tmp_path: Path, profile: str, printed: str, files: set[str]) -> None:
    """And the command that runs it is printed; it needs nothing, so it needs no policy."""
    made = cli("plugin", "init", "Word Count", "--profile", profile)
    ran = cli("plugin", "run", "Word Count", "--input", WORDS, "--store", "runs.db")
    listed = cli("plugin", "list", ".", "--json").document["plugins"]

    assert made.stdout == f"belljar plugin run 'Word Count' --input '{WORDS}' --store runs.db\n"
    assert {path.name for path in (tmp_path / "Word Count").iterdir()} == files
    assert (ran.code, ran.stdout) == (0, printed)
    assert [(each["name"], each["profile"], each["may_start"]) for each in listed] == [("word-count", profile, True)]
    assert cli("plugin", "check", "Word Count", "--policy", "Word Count/policy.toml").code == 0


def test_what_is_there_is_not_written_over(cli: Cli, write: Write, tmp_path: Path) -> None:
    """A folder with something in it is refused, and so is a name that a manifest cannot have."""
    (tmp_path / "full").mkdir()
    write("full/notes.txt", "mine")

    assert cli("plugin", "init", "full").stderr.startswith("UsageError: full has something in it\n")
    assert cli("plugin", "init", "…").code == 2
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["notes.txt"]


# -- check ------------------------------------------------------------------------------------------------------------


def test_everything_wrong_with_a_manifest_is_named_by_line_and_path(cli: Cli, tmp_path: Path) -> None:
    """All at once; exit code 1; the same in the JSON document."""
    plugin(tmp_path, manifest='tags = ["a", "a"]\nprofil = "sealed"\n[limits]\ntimeout_ms = 50\n')
    ran = cli("plugin", "check", "asker")
    problems = cli("plugin", "check", "asker", "--json").document["error"]["details"]["problems"]

    assert ran.code == 1
    assert [(each["file"], each["line"], each["path"]) for each in problems] == [
        ("plugin.toml", 6, "tags"),
        ("plugin.toml", 7, "profil"),
        ("plugin.toml", 9, "limits.timeout_ms"),
    ]
    assert "\nplugin.toml:9 limits.timeout_ms: " in ran.stderr


def test_a_script_without_the_entry_fails_the_check(cli: Cli, tmp_path: Path) -> None:
    """It is looked at, not run."""
    plugin(tmp_path, script="export async function other() {}")
    ran = cli("plugin", "check", "asker")

    assert (ran.code, ran.stdout) == (1, "")
    assert "plugin.ts" in ran.stderr


def test_without_a_policy_the_check_says_what_is_needed(cli: Cli, tmp_path: Path) -> None:
    """Whether it could start is asked only of a policy."""
    plugin(tmp_path, manifest=NETWORK)
    ran = cli("plugin", "check", "asker")

    lines = [line.split() for line in ran.stdout.splitlines()]
    assert ran.code == 0
    assert lines[0] == ["asker", "1.0.0", "Asks", "somebody."]
    assert lines[-1] == ["needs", "capability", "network,", "host", "api.example.com"]


def test_a_check_against_a_policy_denies_what_it_does_not_grant(cli: Cli, write: Write, tmp_path: Path) -> None:
    """Exit code 3; every need is named with the policy's place."""
    plugin(tmp_path, manifest=NETWORK)
    write("policy.toml", "# nothing\n" + GRANT.replace("*.example.com", "other.example.org"))
    ran = cli("plugin", "check", "asker", "--policy", "policy.toml")
    found = cli("plugin", "check", "asker", "--policy", "policy.toml", "--json")

    assert (ran.code, found.code, found.document["ok"], found.document["may_start"]) == (3, 3, False, False)
    assert "host api.example.com: not granted (policy.toml:2)" in ran.stderr


def test_a_policy_that_is_wrong_is_told_by_line(cli: Cli, write: Write, tmp_path: Path) -> None:
    """As a manifest is."""
    plugin(tmp_path)
    write("policy.toml", '[[grant]]\nplugin = "asker"\ncapabilties = ["network"]\n')
    ran = cli("plugin", "check", "asker", "--policy", "policy.toml")

    assert ran.code == 1
    assert "policy.toml:3 grant[0].capabilties: " in ran.stderr


# -- approve ----------------------------------------------------------------------------------------------------------


def test_an_update_that_needs_more_waits_for_a_persons_word(cli: Cli, write: Write, tmp_path: Path) -> None:
    """A grant by name covers updates; what nobody approved does not start, and an approval covers no more."""
    plugin(tmp_path, manifest=NETWORK)
    write("policy.toml", GRANT + "timeout_ms = 5000\n")
    run = ("plugin", "run", "asker", "--policy", "policy.toml", "--store", "runs.db")
    approve = ("plugin", "approve", "asker", "--policy", "policy.toml", "--store", "runs.db", "--as", "Ann")
    codes = [cli(*run).code, cli(*approve).code, cli(*run).code]
    plugin(tmp_path, manifest=NETWORK + "[limits]\ntimeout_ms = 4000\n")
    codes += [cli(*run).code, cli(*approve).code, cli(*run).code]

    assert codes == [3, 0, 0, 3, 0, 0]
    assert [each["actor"] for each in records(tmp_path, "plugin.approved")] == ["Ann", "Ann"]
    assert len(records(tmp_path, "policy.refused")) == 2


def test_approvals_are_looked_for_in_the_store_that_is_named(
    cli: Cli, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the option or the environment; without a store the hint says so, and one that is not there has none."""
    plugin(tmp_path, manifest=NETWORK)
    write("policy.toml", GRANT)
    asked = ("plugin", "check", "asker", "--policy", "policy.toml")
    listed = ("plugin", "list", ".", "--policy", "policy.toml", "--json")

    assert "none was named that is there: --store URL." in cli(*asked).stderr
    assert cli(*asked, "--store", "runs.db").code == 3
    assert not (tmp_path / "runs.db").exists()
    monkeypatch.setenv("BELLJAR_STORE", "runs.db")
    assert cli("plugin", "approve", "asker", "--policy", "policy.toml", "--as", "Ann").code == 0
    assert cli(*asked).code == 0
    assert [each["may_start"] for each in cli(*listed).document["plugins"]] == [True]


@pytest.mark.parametrize(("typed", "code"), [(b"y\n", 0), (b"n\n", 1)])
def test_a_person_at_the_terminal_sees_what_they_approve(
    cli: Cli,
    write: Write,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    typed: bytes,
    code: int,
) -> None:
    """All that it needs, and what is new since the last approval; then they are asked."""
    approve = ("plugin", "approve", "asker", "--policy", "policy.toml", "--store", "runs.db", "--as", "Ann")
    plugin(tmp_path, manifest=NETWORK)
    write("policy.toml", GRANT + "timeout_ms = 5000\n")
    first = cli(*approve)
    plugin(tmp_path, manifest=NETWORK + "[limits]\ntimeout_ms = 4000\n")
    with keyboard(monkeypatch, typed):
        assert main(approve) == code
    told = capsys.readouterr().err

    assert (first.code, "new" in first.stderr, "host api.example.com" in first.stderr) == (0, False, True)
    assert "  new     timeout_ms 4,000 > 2,000\nApprove it? [y/N]: " in told
    assert len(records(tmp_path, "plugin.approved")) == 2 - code


def test_only_a_plugin_that_could_run_is_approved(cli: Cli, write: Write, tmp_path: Path) -> None:
    """Its script has the entry that the manifest names."""
    plugin(tmp_path, script="export async function other() {}")
    write("policy.toml", "")

    assert cli("plugin", "approve", "asker", "--policy", "policy.toml", "--store", "runs.db", "--as", "Ann").code == 1
    assert not (tmp_path / "runs.db").exists()


def test_nobody_can_approve_what_the_policy_does_not_grant(cli: Cli, write: Write, tmp_path: Path) -> None:
    """The policy is the operator's, an approval comes after it."""
    plugin(tmp_path, manifest=NETWORK)
    write("policy.toml", "")
    ran = cli("plugin", "approve", "asker", "--policy", "policy.toml", "--store", "runs.db", "--as", "Ann")

    assert ran.code == 3
    assert records(tmp_path, "plugin.approved") == []


# -- sign, verify -----------------------------------------------------------------------------------------------------


def test_a_signature_holds_until_a_byte_changes(cli: Cli, tmp_path: Path) -> None:
    """Exit code 1 for other bytes, another key, no signature."""
    name, (private, public), (_, other) = plugin(tmp_path), keys(tmp_path), keys(tmp_path, "other")
    unsigned = cli("plugin", "verify", name, "--key", public)
    signed = cli("plugin", "sign", name, "--key", private)
    good = cli("plugin", "verify", name, "--key", other, "--key", public, "--json")
    stranger = cli("plugin", "verify", name, "--key", other)
    plugin(tmp_path, script="export async function go() { return 2 }")
    changed = cli("plugin", "verify", name, "--key", public)

    assert [each.code for each in (unsigned, signed, good, stranger, changed)] == [1, 0, 0, 1, 1]
    assert good.document["checksum"] == signed.stdout.strip()
    assert changed.stderr.startswith("PluginSignatureError: the signature beside plugin asker 1.0.0 is not of this")


def test_the_keys_of_a_policy_verify_too(cli: Cli, write: Write, tmp_path: Path) -> None:
    """Somebody must be named, though."""
    name, (private, public) = plugin(tmp_path), keys(tmp_path)
    cli("plugin", "sign", name, "--key", private)
    write("policy.toml", f'[[key]]\nname = "acme"\nfile = "{public}"\n')

    assert cli("plugin", "verify", name, "--policy", "policy.toml").code == 0
    assert cli("plugin", "verify", name).stderr.startswith("UsageError: no key is named")


def test_a_package_is_signed_before_it_is_packed(cli: Cli, tmp_path: Path) -> None:
    """And its signature is in it."""
    name, (private, public) = plugin(tmp_path), keys(tmp_path)
    cli("plugin", "sign", name, "--key", private)
    with zipfile.ZipFile(tmp_path / "asker.zip", "w") as package:
        for path in sorted((tmp_path / name).iterdir()):
            package.write(path, path.name)

    assert cli("plugin", "verify", "asker.zip", "--key", public).code == 0
    assert cli("plugin", "sign", "asker.zip", "--key", private).stderr.startswith("UsageError: asker.zip is no folder")
    for wrong in ("nowhere.pem", public):
        ran = cli("plugin", "sign", name, "--key", wrong)
        assert (ran.code, "belljar snapshot keygen -o KEY.pem makes one" in ran.stderr) == (2, True)


# -- run --------------------------------------------------------------------------------------------------------------


def test_with_an_empty_policy_a_needy_plugin_never_starts(cli: Cli, tmp_path: Path) -> None:
    """Exit code 3; the refusal is on record with its checksum, and there is no run."""
    plugin(tmp_path, manifest=NETWORK)
    checksum = cli("plugin", "check", "asker", "--json").document["checksum"]
    ran = cli("plugin", "run", "asker", "--store", "runs.db")

    assert (ran.code, ran.stdout) == (3, "")
    assert [each["manifest_sha256"] for each in records(tmp_path, "policy.refused")] == [checksum]
    assert records(tmp_path, "run.") == []


def test_every_use_is_on_record_with_the_checksum(cli: Cli, tmp_path: Path) -> None:
    """The gate's use before anything else, and all that the run did."""
    plugin(tmp_path)
    ran = cli("plugin", "run", "asker", "--store", "runs.db", "--json")
    checksum = ran.document["plugin"]["checksum"]

    assert (ran.document["ok"], ran.document["value"]) == (True, 1)
    with closing(open_store(tmp_path / "runs.db")) as store:
        found = [record.facts["event"] for record in store.audit.find(text=checksum)]
    assert found[::-1] == ["gate.used", "run.queued", "run.started", "run.ended"]


def test_a_script_that_throws_is_exit_code_1(cli: Cli, tmp_path: Path) -> None:
    """With the place in the author's own file."""
    plugin(tmp_path, script="export async function go() {\n  throw new Error('no luck')\n}")
    ran = cli("plugin", "run", "asker", "--store", "runs.db")

    assert ran.code == 1
    assert "asker/plugin.ts:2:" in ran.stderr
    assert "no luck" in ran.stderr


def test_gas_and_identity_are_a_sealed_plugins(cli: Cli, tmp_path: Path) -> None:
    """A standard one has none, and is told so before it runs; a sealed one runs out of it."""
    plugin(tmp_path)
    cli("plugin", "init", "tight", "--profile", "sealed")

    assert cli("plugin", "run", "asker", "--store", "runs.db", "--gas-limit", "9").code == 2
    assert cli("plugin", "run", "asker", "--store", "runs.db", "--request-id", "r").code == 2
    ran = cli("plugin", "run", "tight", "--store", "runs.db", "--input", WORDS, "--gas-limit", "9", "--json")
    assert ran.document["value"] == {"error": "GasExhausted", "gasLimit": 9, "gasUsed": 0}


@pytest.mark.parametrize("given", ["{", "@nowhere.json"])
def test_an_input_that_is_no_json_is_told(cli: Cli, tmp_path: Path, given: str) -> None:
    """Exit code 2, and nothing runs."""
    plugin(tmp_path)

    assert cli("plugin", "run", "asker", "--store", "runs.db", "--input", given).code == 2
    assert not (tmp_path / "runs.db").exists()


PAYING = 'tools = ["pay"]\n'
PAYS = "export async function go(api: any, input: any) { return await (tools as any).pay({ to: input.to }) }"


@pytest.fixture
def payer(cli: Cli, write: Write, tmp_path: Path) -> Any:
    """A plugin that may use the host's tool `pay`, which always asks; a command that runs it."""
    plugin(tmp_path, manifest=PAYING, script=PAYS)
    write("policy.toml", '[[grant]]\nplugin = "asker"\ntools = ["pay"]\n')
    common = ("asker", "--policy", "policy.toml", "--store", "runs.db")
    assert cli("plugin", "approve", *common, "--as", "Ann").code == 0
    return lambda *words: cli("plugin", "run", *common, "--tools", "tools.py", *words)


def test_a_tool_of_the_host_asks_as_ever(payer: Any) -> None:
    """The policy grants the tool; whether this call is made, a person says."""
    given = ("--input", '{"to": "ada"}', "--approve")

    assert payer(*given, "none").code == 3
    assert payer(*given, "all").stdout == 'paying ada\n"paid ada"\n'


def test_a_plugin_waits_for_a_decision_and_goes_on(cli: Cli, payer: Any) -> None:
    """Exit code 6 meanwhile; the command that is printed goes on with it, under the same policy."""
    asked = payer("--input", '{"to": "ada"}', "--approve", "later")
    run_id = cli("runs", "list", "--store", "runs.db", "--json").document["runs"][0]["id"]
    again = f"belljar plugin run asker --resume {run_id} --policy=policy.toml --tools=tools.py --store runs.db"

    assert (asked.code, f"  go on   {again}\n" in asked.stderr) == (6, True)
    assert cli("approvals", "approve", f"{run_id}:1", "--yes", "--as", "Ann", "--store", "runs.db").code == 0
    assert cli(*again.split()[1:]).stdout == 'paying ada\n"paid ada"\n'
    assert cli(*again.split()[1:]).code == 2


def test_a_run_that_is_resumed_has_its_input(payer: Any) -> None:
    """Another one would be another run."""
    assert payer("--resume", "run_1", "--input", "{}").stderr.startswith("UsageError: a run that is resumed has its")


def test_a_tool_that_is_not_there_is_told(cli: Cli, write: Write, tmp_path: Path) -> None:
    """The policy grants it, and the command line names none."""
    plugin(tmp_path, manifest=PAYING, script=PAYS)
    write("policy.toml", '[[grant]]\nplugin = "asker"\ntools = ["pay"]\n')
    common = ("asker", "--policy", "policy.toml", "--store", "runs.db")
    cli("plugin", "approve", *common, "--as", "Ann")
    ran = cli("plugin", "run", *common)

    assert ran.code in (2, 3)
    assert "pay" in ran.stderr


# -- list -------------------------------------------------------------------------------------------------------------


def test_the_list_says_what_could_run_and_why_not(cli: Cli, write: Write, tmp_path: Path) -> None:
    """One row for each; what is no plugin is passed over, what is a broken one is told: exit code 1."""
    plugin(tmp_path, manifest=NETWORK)
    cli("plugin", "init", "counter")
    (tmp_path / "notes").mkdir()
    write("policy.toml", "")
    ran = cli("plugin", "list", ".", "--policy", "policy.toml")
    write("asker/plugin.toml", "name = 1\n")
    broken = cli("plugin", "list", ".", "--json")

    rows = [line.split() for line in ran.stdout.splitlines()]
    assert (ran.code, [row[0] for row in rows]) == (0, ["PLUGIN", "asker", "counter"])
    assert ["no" in rows[1], "yes" in rows[2]] == [True, True]
    assert ran.stderr.startswith("asker: plugin asker 1.0.0 may not start:\ncapability network: no grant is for")
    assert broken.code == 1
    assert [each["error"] is None for each in broken.document["plugins"]] == [False, True]


def test_a_list_of_what_is_not_there_is_told(cli: Cli, tmp_path: Path) -> None:
    """A folder without plugins is none; no folder is a typing error."""
    (tmp_path / "empty").mkdir()

    assert cli("plugin", "list", "empty").stderr == "no plugin is there\n"
    assert cli("plugin", "list", "nowhere").code == 2


def test_the_list_knows_approvals_of_a_store(cli: Cli, write: Write, tmp_path: Path) -> None:
    """With the store that they are on record in."""
    plugin(tmp_path, manifest=NETWORK)
    write("policy.toml", GRANT)
    listed = ("plugin", "list", ".", "--policy", "policy.toml", "--json")
    cli("plugin", "approve", "asker", "--policy", "policy.toml", "--store", "runs.db", "--as", "Ann")
    could = [cli(*listed).document, cli(*listed, "--store", "runs.db").document]

    assert [each["plugins"][0]["may_start"] for each in could] == [False, True]
    assert json.loads(json.dumps(could[1]["plugins"][0]["needs"]["hosts"])) == ["api.example.com"]


def test_two_plugins_of_one_name_are_told_apart(cli: Cli, tmp_path: Path) -> None:
    """By the folders that they lie in."""
    plugin(tmp_path)
    (tmp_path / "asker").rename(tmp_path / "other")
    plugin(tmp_path)

    names = [line.split("  ")[0] for line in cli("plugin", "list", ".").stdout.splitlines()]
    assert names == ["PLUGIN", "asker", "asker (other)"]
