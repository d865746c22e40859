"""Policies: what an operator grants, and whether a plugin may start with it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar import snapshot
from belljar.audit import key_id, load_private_key, load_public_key
from belljar.errors import ManifestError, PluginSignatureError, PolicyRefusedError
from belljar.packs import HttpPolicy
from belljar.packs._url import parse_url
from belljar.plugins import (
    DatabaseGrant,
    Grant,
    Manifest,
    ManifestLimits,
    Needs,
    Permission,
    Plugin,
    Policy,
    PolicyKey,
    SecretGrant,
    check,
    is_secret_config_key,
    load_policy,
    sign,
)

PRIVATE_PEM, PUBLIC_PEM = snapshot.keygen()
PRIVATE, PUBLIC = load_private_key(PRIVATE_PEM), load_public_key(PUBLIC_PEM)
OTHER_PRIVATE_PEM, OTHER_PUBLIC_PEM = snapshot.keygen()
OTHER_PRIVATE, OTHER = load_private_key(OTHER_PRIVATE_PEM), load_public_key(OTHER_PUBLIC_PEM)
ACME, EMCA = key_id(PUBLIC), key_id(OTHER)
KEYS = (PolicyKey(name="acme", id=ACME, public=PUBLIC), PolicyKey(name="emca", id=EMCA, public=OTHER))


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a policy beside a folder, a database and two keys."""
    (tmp_path / "work").mkdir()
    (tmp_path / "sales.db").write_bytes(b"")
    (tmp_path / "acme.pub").write_bytes(PUBLIC_PEM)
    (tmp_path / "acme.key").write_bytes(PRIVATE_PEM)

    def write(text: str) -> Path:
        path = tmp_path / "policy.toml"
        path.write_text(text)
        return path

    return write


# -- the file ---------------------------------------------------------------------------------------------------------

FULL = """\
[[key]]
name = "acme"
file = "acme.pub"

[[grant]]
plugin = "fx-report"
checksum = "%s"
key = "acme"
capabilities = ["network", "secrets", "files.read", "commands", "database", "metrics"]
hosts = ["*.example.com", "[::1]"]
methods = ["GET", "POST"]
schemes = ["https", "http"]
ports = [8080]
allow_private = ["[::1]"]
tools = ["pay", "mcp.search"]
timeout_ms = 10_000
memory_mb = 50
concurrent = 10
workspace = "work"
commands = ["ruff"]

  [[grant.secret]]
  name = "FX_TOKEN"
  host = "api.example.com"
  header = "X-Token"
  prefix = "Bearer "
  env = "FX"

  [[grant.secret]]
  name = "OTHER"
  host = "b.example.com"
  file = "other.txt"

  [[grant.database]]
  name = "sales"
  url = "sqlite:///sales.db"
  rows = 10

  [[grant.database]]
  name = "big"
  url = "postgresql://me:hunter2-hunter2@db/x"

  [grant.config]
  base = "EUR"
  table = { rows = [1, 2.5, true] }

[[grant]]
plugin = "other"
""" % ("ab" * 32)


def test_a_policy_is_read_whole(written: Callable[[str], Path], tmp_path: Path) -> None:
    """Every field arrives, paths are the folder's of the file, and each thing knows its line."""
    policy = load_policy(written(FULL))

    assert policy.file == "policy.toml"
    assert [(key.name, key.id) for key in policy.keys] == [("acme", ACME)]
    assert policy.grants == (
        Grant(
            plugin="fx-report",
            checksum="ab" * 32,
            key_id=ACME,
            key_name="acme",
            capabilities=("network", "secrets", "files.read", "commands", "database", "metrics"),
            hosts=("*.example.com", "[::1]"),
            methods=("GET", "POST"),
            schemes=("https", "http"),
            ports=(8080,),
            allow_private=("[::1]",),
            tools=("pay", "mcp.search"),
            timeout_ms=10_000,
            memory_mb=50,
            concurrent=10,
            workspace=tmp_path / "work",
            commands=("ruff",),
            secrets=(
                SecretGrant(
                    name="FX_TOKEN",
                    host="api.example.com",
                    header="X-Token",
                    prefix="Bearer ",
                    env="FX",
                    place="policy.toml:22",
                ),
                SecretGrant(name="OTHER", host="b.example.com", file=tmp_path / "other.txt", place="policy.toml:29"),
            ),
            databases=(
                DatabaseGrant(
                    name="sales",
                    url=f"sqlite:///{tmp_path}/sales.db",
                    rows=10,
                    path=tmp_path / "sales.db",
                    place="policy.toml:34",
                ),
                DatabaseGrant(
                    name="big",
                    url="postgresql://me:hunter2-hunter2@db/x",
                    rows=1_000,
                    path=None,
                    place="policy.toml:39",
                ),
            ),
            config={"base": "EUR", "table": {"rows": [1, 2.5, True]}},
            place="policy.toml:5",
        ),
        Grant(plugin="other", place="policy.toml:47"),
    )
    assert "hunter2" not in repr(policy)


def test_an_empty_file_is_the_empty_policy(written: Callable[[str], Path]) -> None:
    """Nothing is granted by being silent."""
    nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    assert load_policy(written("")) == replace(Policy.empty(), file="policy.toml", sha256=nothing)


def test_a_whole_path_stays_what_it_is(written: Callable[[str], Path]) -> None:
    """Only others are put under the policy's folder."""
    text = (
        '[[grant]]\nplugin = "a"\ncapabilities = ["files.read", "database"]\nworkspace = "/srv/w"\n'
        '[[grant.database]]\nname = "d"\nurl = "sqlite:////srv/d.db"\n'
    )
    grant = load_policy(written(text)).grants[0]

    assert (grant.workspace, grant.databases[0].path) == (Path("/srv/w"), Path("/srv/d.db"))


def problems_of(path: Path) -> list[str]:
    with pytest.raises(ManifestError) as caught:
        load_policy(path)
    lines = caught.value.message.splitlines()
    return lines[1:] if lines[0].endswith(" problems:") else lines


def test_every_problem_of_a_policy_is_told_at_once(written: Callable[[str], Path]) -> None:
    """With line and path, across keys and grants."""
    text = """\
[[key]]
name = "acme"
file = "none.pub"

[[grant]]
capabilities = ["network"]
hosts = ["a.example.com"]
workspace = "work"
timeout_ms = 10_001

  [[grant.secret]]
  name = "FX"
  host = "a.example.com"

[[grant]]
key = "acne"
ports = ["80"]
plugins = "x"
"""

    assert problems_of(written(text)) == [
        "policy.toml:3 key[0].file: cannot be read: No such file or directory, got 'none.pub'",
        "policy.toml:5 grant[0].key: must be there, or plugin, or checksum: a grant is for somebody",
        "policy.toml:8 grant[0].workspace: is of no use without 'files.read' or 'files.write' or 'commands' or"
        " 'read:repo' among the capabilities, got 'work'",
        "policy.toml:9 grant[0].timeout_ms: must be from 100 to 10,000, got 10,001",
        "policy.toml:11 grant[0].secret[0].file: needs one of env and file, and not both",
        "policy.toml:16 grant[1].key: is the name of no [[key]]; did you mean 'acme'?",
        "policy.toml:17 grant[1].ports[0]: must be a whole number without quotes, got '80'",
        "policy.toml:18 grant[1].plugins: is no known field; did you mean 'plugin'?",
    ]


NETWORK = 'capabilities = ["network", "secrets"]\nhosts = ["a.example.com", "b.example.com"]\n'
SENDING = '[[grant.secret]]\nname = "%s"\nhost = "%s"\nenv = "%s"\n'


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ('hosts = ["a.example.com"]', "hosts: is of no use without 'network' among the capabilities"),
        ('methods = ["GET"]', "methods: is of no use without 'network' among the capabilities"),
        ('schemes = ["http"]', "schemes: is of no use without 'network' among the capabilities"),
        ("ports = [80]", "ports: is of no use without 'network' among the capabilities"),
        ('commands = ["ruff"]', "commands: is of no use without 'commands' among the capabilities"),
        (
            '[[grant.database]]\nname = "d"\nurl = "sqlite:///d.db"',
            "database: is of no use without 'database' among the capabilities",
        ),
        (
            SENDING % ("A", "a.example.com", "A"),
            "secret: is of no use without 'network' and 'secrets' among the capabilities",
        ),
        (
            NETWORK + SENDING % ("A", "c.example.com", "A"),
            "secret: is for 'c.example.com', which is not among the hosts",
        ),
        (
            NETWORK + SENDING % ("A", "a.example.com", "A") + SENDING % ("A", "b.example.com", "A"),
            "secret: has the name 'A' more than once",
        ),
        (
            NETWORK + SENDING % ("A", "a.example.com", "A") + SENDING % ("B", "a.example.com", "A"),
            "secret: has two secrets for the same header of the same host",
        ),
        (NETWORK + SENDING % ("A", "*.example.com", "A"), "secret[0].host: must be one host, not a pattern, got"),
        (NETWORK + SENDING % ("A-B", "a.example.com", "A"), "secret[0].name: must be 1 to 64 of A-Z, a-z, 0-9 and '_'"),
        (NETWORK + SENDING % ("A", "a.example.com", "A") + 'file = "a"', "secret[0].file: needs one of env and file"),
        (NETWORK + SENDING % ("A", "a.example.com", "A") + 'header = "Host"', "secret[0].header: must be the name of"),
        (NETWORK + SENDING % ("A", "a.example.com", "A") + 'header = "A B"', "secret[0].header: must be the name of"),
        (NETWORK + SENDING % ("A", "a.example.com", "A") + 'prefix = "\\n"', "secret[0].prefix: must be at most 50"),
        (NETWORK + SENDING % ("A", "a.example.com", "A") + 'value = "s"', "secret[0].value: is no known field"),
        ("ports = [443, 8443]\n" + NETWORK + SENDING % ("A", "a.example.com", "A"), "secret: goes to one port"),
        (NETWORK + 'allow_private = ["c.example.com"]', "allow_private: is for 'c.example.com', which is not among"),
        (
            NETWORK + 'methods = ["CONNECT"]',
            "methods[0]: must be a method in capitals, and not CONNECT, TRACE or TRACK",
        ),
        (NETWORK + 'schemes = ["ftp"]', "schemes[0]: must be one of http, https, got 'ftp'"),
        (NETWORK + "ports = [0]", "ports[0]: must be from 1 to 65,535, got 0"),
        ('capabilities = ["commands"]\ncommands = ["/bin/sh"]', "commands[0]: must be the name of a program"),
        ('capabilities = ["commands"]\ncommands = ["-x"]', "commands[0]: must be the name of a program"),
        ('checksum = "AB"', "checksum: must be a checksum: 64 of 0-9 and a-f, got 'AB'"),
        ("memory_mb = 51", "memory_mb: must be from 1 to 50, got 51"),
        ("concurrent = 0", "concurrent: must be from 1 to 10, got 0"),
        ("[grant.config]\nd = 1979-05-27", "config.d: is no plain data"),
        ("[grant.config]\nd = nan", "config.d: is no plain data"),
        ('[grant.config]\n"a b" = 1', "config.'a b': must be 1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-', got 'a b'"),
        ("[grant.config]\nn = [{ token = 1 }]", "config.n: has 'token' in it, which looks like the name of a secret"),
    ],
)
def test_what_is_wrong_in_a_grant(written: Callable[[str], Path], fields: str, problem: str) -> None:
    """Each rule has its words; and what would never be used is a mistake."""
    (found,) = problems_of(written(f'[[grant]]\nplugin = "a"\n{fields}\n'))

    assert found.partition(" ")[2].startswith(f"grant[0].{problem}")


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:hunter2-pw@h/d",
        "sqlite://d.db",
        "sqlite:///",
        "sqlite:///a?mode=rw",
        "a.db",
        "postgresql://[x/y",
        "postgresql://u:hunt2@h/d",
    ],
)
def test_a_wrong_address_of_a_database_is_not_shown(written: Callable[[str], Path], url: str) -> None:
    """It may hold a password."""
    text = f'[[grant]]\nplugin = "a"\ncapabilities = ["database"]\n[[grant.database]]\nname = "d"\nurl = "{url}"\n'

    assert problems_of(written(text)) == [
        "policy.toml:6 grant[0].database[0].url: must be sqlite:///PATH or postgresql://..., "
        "with a password of six characters or more, or none"
    ]


@pytest.mark.parametrize(
    "key",
    [
        "KEY",
        "api_key",
        "apiKey",
        "Token",
        "refreshTOKENs",
        "SECRET",
        "client-secret",
        "Password",
        "db.password",
        "GITHUB",
        "github_user",
        "GITHUBx",
        "authorization",
        "cookie",
        "pin",
        "keyboard",
    ],
)
def test_names_of_secrets_are_no_configuration(written: Callable[[str], Path], key: str) -> None:
    """In any letter case, anywhere in the name."""
    (found,) = problems_of(written(f'[[grant]]\nplugin = "a"\n[grant.config]\n"{key}" = "x"\n'))

    assert is_secret_config_key(key)
    assert found == (
        f"policy.toml:4 grant[0].config.{key}: looks like the name of a secret; secrets are [[grant.secret]],"
        f" got {key!r}"
    )


@pytest.mark.parametrize("key", ["base", "currency", "author", "page_size", "git", "hub", "to_ken"])
def test_names_that_are_fine_for_configuration(key: str) -> None:
    """Most words are."""
    assert not is_secret_config_key(key)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("acme.key", "holds no public key: an ECDSA key on P-256 in PEM, got 'acme.key'"),
        ("sales.db", "holds no public key: an ECDSA key on P-256 in PEM, got 'sales.db'"),
        ("work", "cannot be read: Is a directory, got 'work'"),
    ],
)
def test_a_key_that_is_none(written: Callable[[str], Path], file: str, message: str) -> None:
    """Told with its line; a private key is none, either."""
    assert problems_of(written(f'[[key]]\nname = "a"\nfile = "{file}"\n')) == [f"policy.toml:3 key[0].file: {message}"]


def test_a_key_s_name_is_there_once(written: Callable[[str], Path]) -> None:
    """Two keys of one name would make a grant mean two signers."""
    text = '[[key]]\nname = "a"\nfile = "acme.pub"\n' * 2

    assert problems_of(written(text)) == ["policy.toml:1 key: has the name 'a' more than once"]


def test_a_policy_that_is_not_there(tmp_path: Path) -> None:
    """Is no empty one."""
    assert problems_of(tmp_path / "none.toml") == ["none.toml: cannot be read: No such file or directory"]


# -- secrets ----------------------------------------------------------------------------------------------------------

SENT = SecretGrant(name="FX", host="api.example.com", prefix="Bearer ", env="FX_VARIABLE", place="policy.toml:9")


def test_a_secret_is_read_when_it_is_needed() -> None:
    """From the environment of that moment; the policy never holds it."""
    secret = SENT.read({"FX_VARIABLE": " s3cret-s3cret\n"})

    assert (secret.host, secret.header, secret.value) == ("api.example.com", "authorization", "Bearer s3cret-s3cret")
    assert "s3cret" not in repr(secret) + repr(SENT)


def test_a_secret_of_this_process_s_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no other is given."""
    monkeypatch.setenv("FX_VARIABLE", "s3cret-s3cret")

    assert SENT.read().value == "Bearer s3cret-s3cret"


def test_a_secret_in_a_file(tmp_path: Path) -> None:
    """Without the line break that editors put at the end."""
    (tmp_path / "s").write_text("s3cret-s3cret\n")

    assert replace(SENT, env=None, file=tmp_path / "s").read({}).value == "Bearer s3cret-s3cret"


@pytest.mark.parametrize("value", [None, "", " \n"])
def test_a_variable_that_is_not_set_is_named(value: str | None) -> None:
    """With the secret and the policy's line."""
    with pytest.raises(PolicyRefusedError) as caught:
        SENT.read({} if value is None else {"FX_VARIABLE": value})

    assert caught.value.message == "secret FX (policy.toml:9): the variable FX_VARIABLE is not set"
    assert caught.value.details == {"kind": "secret not readable", "secret": "FX", "where": "policy.toml:9"}


@pytest.mark.parametrize("value", ["short12", "two\nlines-of-it", "sécret-s3cret", "a\0bcdefgh"])
def test_a_secret_that_fits_in_no_header_is_refused_unseen(value: str) -> None:
    """Eight visible ASCII characters without the prefix; the message has none of them."""
    with pytest.raises(PolicyRefusedError) as caught:
        SENT.read({"FX_VARIABLE": value})

    assert caught.value.message == (
        "secret FX (policy.toml:9): the variable FX_VARIABLE is too short or not visible ASCII, so it cannot be a"
        " secret in a header"
    )
    assert caught.value.__cause__ is None


PIPE = b"a pipe that nobody writes to"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (None, "cannot be read: No such file or directory"),
        (PIPE, "cannot be read: it is no plain file"),
        (b"", "is empty"),
        (b"x" * 8_193, "is larger than 8,192 bytes"),
        (b"\xff" * 20, "is too short or not visible ASCII, so it cannot be a secret in a header"),
    ],
)
def test_a_file_without_a_secret_is_named(tmp_path: Path, data: bytes | None, why: str) -> None:
    """With what is wrong with it."""
    path = tmp_path / "s"
    if data == PIPE:
        os.mkfifo(path)
    elif data is not None:
        path.write_bytes(data)
    with pytest.raises(PolicyRefusedError) as caught:
        replace(SENT, env=None, file=path).read({})

    assert caught.value.message == f"secret FX (policy.toml:9): the file {path} {why}"


# -- which grant ------------------------------------------------------------------------------------------------------


def plugin(signer: Any = None, **fields: Any) -> Plugin:
    facts = {"name": "fx-report", "version": "1.4.0", "description": "Rates.", "author": "Ada", "entry_point": "report"}
    made = Plugin(manifest=Manifest(**{**facts, **fields}), source="export function report() {}")
    if signer is None:
        return made
    return Plugin(manifest=made.manifest, source=made.source, signature=sign(made, signer))


def policy_of(*grants: Grant) -> Policy:
    placed = tuple(replace(grant, place=f"policy.toml:{number}") for number, grant in enumerate(grants, start=1))
    return Policy(grants=placed, keys=KEYS, file="policy.toml")


def test_the_first_grant_that_matches_counts_alone() -> None:
    """Grants are not added up."""
    policy = policy_of(
        Grant(plugin="other"), Grant(plugin="fx-report", memory_mb=20), Grant(plugin="fx-report", tools=("a",))
    )

    assert policy.grant_for(plugin(), None).place == "policy.toml:2"
    assert policy.grant_for(plugin(name="third"), None) == Grant.empty()


@pytest.mark.parametrize(
    ("grant", "is_matching"),
    [
        (Grant(plugin="fx-report"), True),
        (Grant(checksum=plugin().checksum), True),
        (Grant(key_id=ACME), True),
        (Grant(plugin="fx-report", checksum=plugin().checksum, key_id=ACME), True),
        (Grant(plugin="fx-reports", checksum=plugin().checksum, key_id=ACME), False),
        (Grant(plugin="fx-report", checksum="ab" * 32, key_id=ACME), False),
        (Grant(plugin="fx-report", checksum=plugin().checksum, key_id=EMCA), False),
    ],
)
def test_all_that_a_grant_names_must_match(grant: Grant, is_matching: bool) -> None:
    """Name, checksum and signer; those that it names."""
    assert (Policy(grants=(grant,), keys=KEYS).grant_for(plugin(), ACME) is grant) == is_matching


def test_a_grant_for_nobody_matches_nobody() -> None:
    """A file cannot say it; made in code it is not for everybody either."""
    assert Policy(grants=(Grant(capabilities=("metrics",)),)).grant_for(plugin(), None) == Grant.empty()


def test_the_empty_policy_grants_nothing() -> None:
    """Computing within the limits that everybody has, and nothing else."""
    assert Grant.empty().needs == Needs()
    assert check(plugin(), Policy.empty()) == Permission(
        name="fx-report", checksum=plugin().checksum, key_id=None, needs=Needs(), grant=Grant.empty()
    )


# -- may it start -----------------------------------------------------------------------------------------------------

ASKING: dict[str, Any] = {
    "capabilities": ("network", "secrets", "files.read"),
    "hosts": ("api.example.com",),
    "secrets": ("FX",),
    "tools": ("pay",),
    "limits": ManifestLimits(timeout_ms=5_000, memory_mb=20, concurrent=2),
}
GRANTED: dict[str, Any] = {
    "plugin": "fx-report",
    "capabilities": ("network", "secrets", "files.read"),
    "hosts": ("*.example.com",),
    "secrets": (SENT,),
    "tools": ("pay",),
    "timeout_ms": 5_000,
    "memory_mb": 20,
    "concurrent": 2,
    "workspace": Path(__file__).parent,
}


def reasons(
    asking: Plugin, policy: Policy, approved: Needs | None = None
) -> tuple[str, list[tuple[str, str, str | int, str, str]]]:
    with pytest.raises(PolicyRefusedError) as caught:
        check(asking, policy, approved=approved)
    details = caught.value.details
    told = [(each["kind"], each["need"], each["value"], each["why"], each["where"]) for each in details["reasons"]]
    lines = [f"{asking.title} may not start:"]
    lines += [
        f"{need} {f'{value:,}' if isinstance(value, int) else value}: {why} ({where})"
        for _, need, value, why, where in told
    ]
    assert caught.value.message == "\n".join(lines)
    return details["kind"], told


def test_a_plugin_within_its_grant_may_start() -> None:
    """With its own needs, and the grant that it has them from."""
    asking, policy = plugin(**ASKING), policy_of(Grant(**GRANTED))

    assert check(asking, policy, approved=asking.manifest.needs) == Permission(
        name="fx-report",
        checksum=asking.checksum,
        key_id=None,
        needs=asking.manifest.needs,
        grant=policy.grants[0],
    )


NOT_GRANTED: list[tuple[str, dict[str, Any], list[tuple[str, str | int, str]]]] = [
    ("no capability", {"capabilities": ("network", "secrets")}, [("capability", "files.read", "not granted")]),
    ("another host", {"hosts": ("a.example.org",)}, [("host", "api.example.com", "not granted")]),
    ("no secret", {"secrets": ()}, [("secret", "FX", "not granted")]),
    ("another secret", {"secrets": (replace(SENT, name="OTHER"),)}, [("secret", "FX", "not granted")]),
    ("another tool", {"tools": ("pays",)}, [("tool", "pay", "not granted")]),
    ("less time", {"timeout_ms": 4_999}, [("timeout_ms", 5_000, "at most 4,999 is granted")]),
    ("less memory", {"memory_mb": 19}, [("memory_mb", 20, "at most 19 is granted")]),
    ("fewer at once", {"concurrent": 1}, [("concurrent", 2, "at most 1 is granted")]),
    ("no such folder", {"workspace": Path("/no/such")}, [("workspace", "/no/such", "is no folder")]),
]


@pytest.mark.parametrize(("less", "expected"), [row[1:] for row in NOT_GRANTED], ids=[row[0] for row in NOT_GRANTED])
def test_a_plugin_beyond_its_grant_does_not_start(
    less: dict[str, Any], expected: list[tuple[str, str | int, str]]
) -> None:
    """One thing less in the grant, and the one reason names it with the policy's line."""
    asking = plugin(**ASKING)
    found = reasons(asking, policy_of(Grant(**{**GRANTED, **less})), asking.manifest.needs)

    assert found == ("not granted", [("not granted", *each, "policy.toml:1") for each in expected])


def test_a_secret_for_a_host_that_the_plugin_never_asks_is_not_granted() -> None:
    """The manifest must name the secret's host: nothing is sent where the plugin did not say it goes."""
    asking = plugin(**ASKING)
    elsewhere = replace(SENT, host="b.example.com")

    assert reasons(asking, policy_of(Grant(**{**GRANTED, "secrets": (elsewhere,)})), asking.manifest.needs) == (
        "not granted",
        [("not granted", "secret", "FX", "granted for b.example.com, which is not among the hosts of the manifest",
          "policy.toml:9")],
    )  # fmt: skip


def test_a_database_must_be_there(tmp_path: Path) -> None:
    """Where it is a file; its place in the policy is named."""
    database = DatabaseGrant(name="sales", url="sqlite:///x", path=tmp_path / "x.db", place="policy.toml:7")
    asking = plugin(capabilities=("database",))
    policy = policy_of(Grant(plugin="fx-report", capabilities=("database",), databases=(database,)))

    assert reasons(asking, policy, asking.manifest.needs) == (
        "not granted",
        [("not granted", "database", "sales", "its file is not there", "policy.toml:7")],
    )
    (tmp_path / "x.db").write_bytes(b"")
    assert check(asking, policy, approved=asking.manifest.needs).grant is policy.grants[0]


def test_all_reasons_come_at_once() -> None:
    """Every need that no grant gives; a need that is not granted is not also said to be unapproved."""
    kind, told = reasons(plugin(**ASKING), Policy.empty())

    assert kind == "not granted"
    assert told == [
        ("not granted", need, value, why, "the empty policy")
        for need, value, why in [
            ("capability", "files.read", "no grant is for this plugin"),
            ("capability", "network", "no grant is for this plugin"),
            ("capability", "secrets", "no grant is for this plugin"),
            ("host", "api.example.com", "no grant is for this plugin"),
            ("secret", "FX", "no grant is for this plugin"),
            ("tool", "pay", "no grant is for this plugin"),
            ("timeout_ms", 5_000, "at most 2,000 is granted"),
            ("memory_mb", 20, "at most 10 is granted"),
            ("concurrent", 2, "at most 1 is granted"),
        ]
    ]


def test_a_refusal_tells_which_bytes_it_is_about() -> None:
    """As the audit log has them."""
    asking = plugin(PRIVATE, capabilities=("metrics",))
    with pytest.raises(PolicyRefusedError) as caught:
        check(asking, policy_of())

    facts = {name: caught.value.details[name] for name in ("plugin", "version", "checksum", "key_id")}
    assert facts == {"plugin": "fx-report", "version": "1.4.0", "checksum": asking.checksum, "key_id": ACME}


# -- signers ----------------------------------------------------------------------------------------------------------

METRICS: dict[str, Any] = {"capabilities": ("metrics",)}
FOR_ACME = Grant(key_id=ACME, key_name="acme", capabilities=("metrics",))


def test_a_grant_for_a_signer_s_plugins() -> None:
    """Whatever their names; the permission says who signed."""
    asking = plugin(PRIVATE, **METRICS)

    assert check(asking, policy_of(FOR_ACME), approved=asking.manifest.needs).key_id == ACME


@pytest.mark.parametrize(
    ("signer", "why"),
    [
        (None, "the plugin is not signed"),
        (load_private_key(snapshot.keygen()[0]), "the plugin is signed by an unknown key, "),
        (OTHER_PRIVATE, "the plugin is signed by 'emca'"),
    ],
)
def test_a_grant_for_a_signer_is_for_nobody_else(signer: Any, why: str) -> None:
    """And the refusal says what the signature would have had to be."""
    asking = plugin(signer, **METRICS)
    if why.endswith(", ") and asking.signature is not None:
        why += asking.signature.key_id
    _, told = reasons(asking, policy_of(FOR_ACME), asking.manifest.needs)

    assert told == [
        ("not granted", "key", "acme", f"{why}, and this grant is for plugins signed by 'acme'", "policy.toml:1"),
        ("not granted", "capability", "metrics", "no grant is for this plugin", "policy.toml"),
    ]


def test_an_unknown_signer_takes_nothing_away() -> None:
    """A grant by name or checksum does not ask who signed."""
    asking = plugin(load_private_key(snapshot.keygen()[0]), **METRICS)
    by_checksum = policy_of(Grant(checksum=asking.checksum, capabilities=("metrics",)))

    assert check(asking, by_checksum).key_id is None
    assert by_checksum.signer(asking) is None


def test_a_known_signer_s_false_signature_is_refused_even_where_nothing_is_needed() -> None:
    """Somebody changed the bytes; that is no matter of needs."""
    true = plugin(PRIVATE)
    changed = Plugin(manifest=true.manifest, source=true.source + " ", signature=true.signature)
    with pytest.raises(PluginSignatureError):
        check(changed, policy_of())


# -- a person's word --------------------------------------------------------------------------------------------------


def test_a_grant_by_name_waits_for_somebody_to_approve() -> None:
    """It covers versions that nobody has seen yet."""
    asking = plugin(**METRICS)
    policy = policy_of(Grant(plugin="fx-report", capabilities=("metrics",)))

    assert reasons(asking, policy) == (
        "not approved",
        [("not approved", "capability", "metrics", "nobody approved this plugin", "policy.toml:1")],
    )
    assert check(asking, policy, approved=asking.manifest.needs).needs == asking.manifest.needs


def test_a_grant_by_checksum_is_its_own_approval() -> None:
    """It was written by somebody who knew these bytes."""
    asking = plugin(**METRICS)

    assert check(asking, policy_of(Grant(checksum=asking.checksum, capabilities=("metrics",)))).key_id is None


def test_an_update_that_needs_more_waits_for_approval() -> None:
    """Within what policy grants, beyond what was approved: each such need is named."""
    asking = plugin(version="1.5.0", **ASKING)
    before = Needs(
        capabilities=("network", "secrets"),
        hosts=("*.example.com",),
        secrets=("FX",),
        timeout_ms=4_000,
        memory_mb=20,
        concurrent=2,
    )

    assert reasons(asking, policy_of(Grant(**GRANTED)), before) == (
        "not approved",
        [
            ("not approved", "capability", "files.read", "beyond what was approved", "policy.toml:1"),
            ("not approved", "tool", "pay", "beyond what was approved", "policy.toml:1"),
            ("not approved", "timeout_ms", 5_000, "beyond what was approved", "policy.toml:1"),
        ],
    )


def test_an_update_that_needs_less_starts() -> None:
    """Nobody is asked for what was given already."""
    approved = plugin(**ASKING).manifest.needs

    assert check(plugin(version="2.0.0", **METRICS | {"capabilities": ("network",), "hosts": ("api.example.com",)}),
                 policy_of(Grant(**GRANTED)), approved=approved).name == "fx-report"  # fmt: skip


def test_what_every_plugin_may_have_needs_no_approval() -> None:
    """Though an earlier version made do with less."""
    modest = Needs(capabilities=("metrics",), timeout_ms=500, memory_mb=1)
    asking = plugin(version="2.0.0", limits=ManifestLimits(timeout_ms=2_000), **METRICS)
    policy = policy_of(Grant(plugin="fx-report", capabilities=("metrics",)))

    assert check(asking, policy, approved=modest).needs.timeout_ms == 2_000


def test_a_grant_may_give_less_than_everybody_has() -> None:
    """Its maxima hold, below the defaults too."""
    policy = policy_of(Grant(plugin="fx-report", timeout_ms=500))

    assert reasons(plugin(), policy) == (
        "not granted",
        [("not granted", "timeout_ms", 2_000, "at most 500 is granted", "policy.toml:1")],
    )


def test_both_kinds_of_reasons_come_together() -> None:
    """What policy does not give, and what it gives and nobody approved."""
    asking = plugin(capabilities=("metrics", "database"))
    kind, told = reasons(asking, policy_of(Grant(plugin="fx-report", capabilities=("metrics",))))

    assert kind == "not granted"
    assert [(each[0], each[2]) for each in told] == [("not granted", "database"), ("not approved", "metrics")]


# -- needs ------------------------------------------------------------------------------------------------------------


def test_needs_are_sets() -> None:
    """Order and repetition do not matter; data and back is the same."""
    needs = Needs(hosts=("b.com", "a.com", "b.com"), timeout_ms=3_000)

    assert needs == Needs(hosts=("a.com", "b.com"), timeout_ms=3_000)
    assert Needs.from_dict(needs.to_dict()) == needs
    assert needs.to_dict() == {
        "capabilities": [], "hosts": ["a.com", "b.com"], "secrets": [], "tools": [],
        "timeout_ms": 3_000, "memory_mb": 10, "concurrent": 1,
    }  # fmt: skip


def test_what_is_beyond_is_told_in_words() -> None:
    """Names by their kind, limits with both numbers."""
    needs = Needs(capabilities=("network",), hosts=("a.com",), tools=("pay",), secrets=("FX",), timeout_ms=3_000)

    assert needs.beyond(Needs()) == (
        "capability network", "host a.com", "secret FX", "tool pay", "timeout_ms 3,000 > 2,000",
    )  # fmt: skip
    assert Needs().beyond(needs) == ()


LABELS = st.sampled_from(["a", "b", "c-d", "example", "com"])
NAMES = st.lists(LABELS, min_size=2, max_size=4).map(".".join)
PATTERNS = NAMES | NAMES.map(lambda name: f"*.{name}")


@settings(derandomize=True, deadline=None, max_examples=80)
@given(st.lists(PATTERNS, max_size=4), NAMES)
def test_a_host_is_covered_where_an_http_policy_lets_it_through(allowed: list[str], host: str) -> None:
    """What a policy's check says and what the network then does are the same."""
    lets_through = HttpPolicy(hosts=allowed).allows_host(parse_url(f"https://{host}/").host)

    assert (Needs(hosts=(host,)).beyond(Needs(hosts=tuple(allowed))) == ()) == lets_through


AMOUNTS = {"timeout_ms": st.integers(100, 300), "memory_mb": st.integers(1, 3), "concurrent": st.integers(1, 3)}
NEEDS = st.builds(
    Needs,
    capabilities=st.lists(st.sampled_from(["network", "metrics"])).map(tuple),
    hosts=st.lists(PATTERNS, max_size=3).map(tuple),
    tools=st.lists(LABELS, max_size=3).map(tuple),
    **AMOUNTS,
)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(NEEDS, NEEDS, NEEDS)
def test_being_within_is_an_order(one: Needs, two: Needs, three: Needs) -> None:
    """Nothing is beyond itself, and what is within something is within all that covers that."""
    assert one.beyond(one) == ()
    if not one.beyond(two) and not two.beyond(three):
        assert not one.beyond(three)
    beyond = {(each.need, each.value) for each in one.exceeding(two)}
    assert all(each.is_within(two) != ((each.need, each.value) in beyond) for each in one.exceeding(Needs()))
