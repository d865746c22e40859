"""Each capability, granted and used, and each way in which it is refused."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from host_support import Bench, caught, code_of, granted, granting, made
from http_site import Site, answer, redirect, site

from belljar import AutoApprover
from belljar.errors import PolicyRefusedError
from belljar.plugins import DatabaseGrant, ManifestLimits, SecretGrant

TOKEN = "ghp_" + "a1B2c3D4e5" * 4
HOST = "127.0.0.1"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made_ = Bench(tmp_path)
    with made_.store:
        yield made_


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace."""
    root = tmp_path / "work"
    root.mkdir()
    (root / "a.txt").write_text("one\ntwo\nthree\n")
    (root / ".env").write_text(f"API_URL=https://api.test\nGH={TOKEN}\nLAST=1\n")
    return root


@pytest.mark.parametrize(
    ("capability", "tool"),
    [("network", "http"), ("files.read", "readFile"), ("files.write", "applyPatch"), ("commands", "exec"),
     ("database", "query"), ("read:repo", "gitLog")],
)  # fmt: skip
def test_what_is_granted_and_not_declared_is_not_there(bench: Bench, folder: Path, capability: str, tool: str) -> None:
    """A policy may grant more than a plugin asks for; it gets what it asked for."""
    plugin = made(f"return typeof tools[{tool!r}];")
    policy = granting(plugin, capabilities=(capability,), workspace=folder)

    assert code_of(bench.run(plugin, policy)) == "ToolNotFoundError"


@pytest.mark.parametrize(
    "capability", ["network", "secrets", "files.read", "files.write", "commands", "database", "read:repo", "metrics"]
)
def test_what_is_declared_and_not_granted_never_starts(bench: Bench, capability: str) -> None:
    """The refusal names the capability and the policy's place."""
    plugin = made("return 1;", capabilities=(capability,))

    with pytest.raises(PolicyRefusedError) as refused:
        bench.run(plugin, granting(plugin))

    (reason,) = refused.value.details["reasons"]
    assert (reason["need"], reason["value"], reason["where"]) == ("capability", capability, "policy.toml:1")


# -- network and secrets ----------------------------------------------------------------------------------------------


def online(body: str, here: Site, *, secrets: tuple[SecretGrant, ...] = (), **grant: Any) -> Any:
    """A plugin that may ask the site."""
    reach = {"schemes": ("http",), "ports": (here.port,), "allow_private": (HOST,), "secrets": secrets, **grant}
    names = tuple(secret.name for secret in secrets)
    return granted(
        body.replace("URL", here.url("", host=HOST)),
        *("network", "secrets")[: 2 if secrets else 1],
        grant=reach,
        hosts=(HOST,),
        secrets=names,
    )


def test_a_host_that_manifest_and_policy_name_can_be_asked(bench: Bench) -> None:
    """And its answer comes back."""
    with site({"/rates": answer(b'{"USD": 125}')}) as here:
        plugin, policy = online("return JSON.parse((await tools.http({ url: 'URL/rates' })).body).USD;", here)

        assert bench.run(plugin, policy).value == 125


@pytest.mark.parametrize(
    "url", ["http://other.test/", "http://169.254.169.254/", "http://[::1]/", "https://127.0.0.1:1/"]
)
def test_another_host_cannot_be_asked(bench: Bench, url: str) -> None:
    """Not by name, not by address, not on another port; and the log has a refusal."""
    with site({}) as here:
        plugin, policy = online(caught(f"tools.http({{ url: '{url}' }})"), here)

        assert bench.run(plugin, policy).value == "NetworkPolicyError"
        assert here.connections == 0
    assert "policy.refused" in bench.events(plugin)


def test_a_redirect_leads_to_no_other_host(bench: Bench) -> None:
    """What the plugin may not ask, a server cannot send it to."""
    with site({"/": redirect("http://other.test/")}) as here:
        plugin, policy = online(caught("tools.http({ url: 'URL/' })"), here)

        assert bench.run(plugin, policy).value == "NetworkPolicyError"


def test_an_answer_is_as_large_as_may_be(bench: Bench) -> None:
    """One MiB comes, one byte more does not."""
    with site({"/fits": answer(b"x" * (1 << 20)), "/large": answer(b"x" * ((1 << 20) + 1))}) as here:
        refused = caught("tools.http({ url: 'URL/large' })")
        plugin, policy = online(
            f"const fits = await tools.http({{ url: 'URL/fits' }});"
            f"return [fits.body.length, await (async () => {{ {refused} }})()];",
            here,
            timeout_ms=10_000,
        )

        assert bench.run(plugin, policy).value == [1 << 20, "ToolExecutionError"]


def test_a_method_that_the_policy_does_not_name_is_refused(bench: Bench) -> None:
    """Where it says nothing, a plugin may ask and not tell."""
    with site({"/": answer(b"x")}) as here:
        body = caught("tools.http({ url: 'URL/', method: 'POST', body: 'x' })")
        plugin, policy = online(body, here)
        post = "return (await tools.http({ url: 'URL/', method: 'POST' })).status;"
        other, wider = online(post, here, methods=("POST",))

        assert bench.run(plugin, policy).value == "NetworkPolicyError"
        assert bench.run(other, wider).value == 200


def test_a_host_that_the_policy_does_not_name_keeps_the_plugin_from_starting(bench: Bench) -> None:
    """The manifest asks for two, the policy grants one."""
    plugin = made("return 1;", capabilities=("network",), hosts=("a.test", "b.test"))

    with pytest.raises(PolicyRefusedError, match=r"host b\.test"):
        bench.run(plugin, granting(plugin, capabilities=("network",), hosts=("a.test",)))


def test_a_secret_is_sent_by_the_host_and_seen_by_nobody(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server gets the header; what it repeats of it does not reach the machine."""
    monkeypatch.setenv("FX", "v3ry-secret-value")
    secret = SecretGrant(name="FX", host=HOST, env="FX", prefix="Bearer ", place="policy.toml:9")

    def repeat(connection: Any) -> None:
        connection.sendall(answer(b"you sent v3ry-secret-value", "X-Seen: v3ry-secret-value"))

    with site({"/": repeat}) as here:
        plugin, policy = online("return await tools.http({ url: 'URL/' });", here, secrets=(secret,))

        outcome = bench.run(plugin, policy)

    assert here.asked[0].headers["authorization"] == "Bearer v3ry-secret-value"
    assert outcome.ok
    assert "v3ry" not in repr(outcome.to_dict())


def test_a_secret_that_is_not_set_keeps_the_plugin_from_starting(bench: Bench) -> None:
    """The refusal names the variable and where the policy has it, and is in the log."""
    secret = SecretGrant(name="FX", host=HOST, env="BELLJAR_TEST_NOT_SET", place="policy.toml:9")
    with site({}) as here:
        plugin, policy = online("return 1;", here, secrets=(secret,))

        with pytest.raises(PolicyRefusedError, match="BELLJAR_TEST_NOT_SET is not set"):
            bench.run(plugin, policy)

    assert bench.events(plugin) == ["gate.used", "policy.refused"]


def test_a_script_cannot_send_a_secret_of_its_own_in_its_place(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The header is the host's alone."""
    monkeypatch.setenv("FX", "v3ry-secret-value")
    secret = SecretGrant(name="FX", host=HOST, env="FX", place="policy.toml:9")
    with site({"/": answer(b"x")}) as here:
        body = caught("tools.http({ url: 'URL/', headers: { authorization: 'mine' } })")
        plugin, policy = online(body, here, secrets=(secret,))

        assert bench.run(plugin, policy).value == "ToolValidationError"


# -- files ------------------------------------------------------------------------------------------------------------


def reading(body: str, folder: Path, *more: str, **fields: Any) -> Any:
    return granted(body, "files.read", *more, grant={"workspace": folder}, **fields)


def test_files_of_the_workspace_can_be_read(bench: Bench, folder: Path) -> None:
    """Read, listed, searched by name and by pattern; nothing can be written."""
    plugin, policy = reading(
        """
        const { text } = await tools.readFile({ path: "a.txt", start: 2, end: 2 });
        const { entries } = await tools.listDir({});
        const { files } = await tools.fileSearch({ query: "a.txt" });
        const { matches } = await tools.grepFiles({ pattern: "t[wh]" });
        return [text, entries.map((e) => e.path), files.map((f) => f.path), matches.map((m) => m.line),
                "applyPatch" in tools];
        """,
        folder,
    )

    assert bench.run(plugin, policy).value == ["two\n", [".env", "a.txt"], ["a.txt"], [2, 3], False]


@pytest.mark.parametrize("path", ["/etc/passwd", "../runs.db", "a/../../runs.db", "link"])
def test_nothing_outside_of_the_workspace_can_be_read(bench: Bench, folder: Path, path: str) -> None:
    """Not by an absolute path, not upwards, not by a link."""
    (folder / "link").symlink_to("/etc/passwd")
    plugin, policy = reading(caught(f"tools.readFile({{ path: '{path}' }})"), folder)

    assert bench.run(plugin, policy).value == "WorkspaceError"


def test_a_secret_in_a_file_is_taken_out_and_the_lines_stay(bench: Bench, folder: Path) -> None:
    """As text and as bytes, by lines and by offsets, by pattern: there is no way of asking that shows a part of it."""
    plugin, policy = reading(
        """
        const text = (await tools.readFile({ path: ".env" })).text;
        const bytes = (await tools.readFile({ path: ".env", encoding: "bytes" })).data;
        let pieces = "";
        for (let offset = 0; offset < 60; offset += 3) {
            const { data } = await tools.readFile({ path: ".env", encoding: "bytes", offset });
            pieces += [...data.slice(0, 3)].map((code) => String.fromCharCode(code)).join("");
        }
        const guessed = (await tools.grepFiles({ pattern: "gh[p]_a1", path: ".env" })).matches.length;
        const kept = (await tools.grepFiles({ pattern: "GH=", path: ".env" })).matches[0].text;
        return [text, bytes.length, pieces, guessed, kept];
        """,
        folder,
    )
    clean = "API_URL=https://api.test\nGH=[redacted]\nLAST=1\n"

    text, length, pieces, guessed, kept = bench.run(plugin, policy).value

    assert (text, length, guessed, kept) == (clean, len(clean), 0, "GH=[redacted]")
    assert clean.startswith(pieces[: len(clean)])


def test_a_file_whose_name_holds_a_secret_is_in_no_search(bench: Bench, folder: Path) -> None:
    """Its name could be found by trying; in a list it is without the secret."""
    (folder / TOKEN).mkdir()
    (folder / TOKEN / "in.txt").write_text("one")
    plugin, policy = reading(
        """
        const found = await tools.grepFiles({ pattern: "one", glob: "**/i[mn].txt" });
        const named = await tools.fileSearch({ query: "ghp", limit: 1 });
        const all = await tools.fileSearch({ query: "t", limit: 1 });
        const { entries } = await tools.listDir({});
        return [found.searched, found.matches, named.files, named.truncated, all, entries[1].path];
        """,
        folder,
    )

    *none, all_, listed = bench.run(plugin, policy).value

    assert none == [0, [], [], False]
    assert (all_["searched"], all_["truncated"], [file["path"] for file in all_["files"]]) == (2, False, ["a.txt"])
    assert listed == "a.txt"


def test_a_row_of_a_private_key_is_not_given_alone(bench: Bench, folder: Path) -> None:
    """A key has many lines; asking for one of them shows none of it."""
    rows = ["A1b2C3d4" * 8] * 6
    (folder / "id.pem").write_text("\n".join(["-----BEGIN PRIVATE KEY-----", *rows, "-----END PRIVATE KEY-----", ""]))
    plugin, policy = reading("return (await tools.readFile({ path: 'id.pem', start: 3, end: 4 })).text;", folder)

    assert "A1b2" not in bench.run(plugin, policy).value


def test_bytes_that_are_no_text_and_hold_a_secret_are_refused(bench: Bench, folder: Path) -> None:
    """Nothing can be put in its place there; other bytes are given as they are."""
    (folder / "safe.bin").write_bytes(b"\xff\x00\x01")
    (folder / "ascii.bin").write_bytes(b"\xff" + TOKEN.encode())
    (folder / "wide.bin").write_bytes(TOKEN.encode("utf-16-le"))
    plugin, policy = reading(
        """
        const read = async (path) => {
            try { return [...(await tools.readFile({ path, encoding: "bytes" })).data]; } catch (e) { return e.code; }
        };
        return [await read("safe.bin"), await read("ascii.bin"), await read("wide.bin")];
        """,
        folder,
    )

    assert bench.run(plugin, policy).value == [[255, 0, 1], "CapabilityRefusedError", "CapabilityRefusedError"]


def test_a_file_is_as_large_as_can_be_cleaned(bench: Bench, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the bound it is read, one byte more is refused."""
    monkeypatch.setattr("belljar.plugins._workspace.FILE_BYTES", 100)
    (folder / "fits").write_bytes(b"\n" * 100)
    (folder / "large").write_bytes(b"\n" * 101)
    plugin, policy = reading(
        """
        const fits = (await tools.readFile({ path: "fits", end: 1 })).text;
        try { await tools.readFile({ path: "large", end: 1 }); } catch (error) { return [fits, error.code]; }
        """,
        folder,
    )

    assert bench.run(plugin, policy).value == ["\n", "WorkspaceError"]


PATCH = "--- a/a.txt\\n+++ b/a.txt\\n@@ -1,3 +1,3 @@\\n one\\n-two\\n+TWO\\n three\\n"


def test_a_patch_is_applied_when_a_person_agrees(bench: Bench, folder: Path) -> None:
    """The capability is to ask; the answer is a person's, each time."""
    plugin, policy = granted(
        f"return (await tools.applyPatch({{ patch: '{PATCH}' }})).added;", "files.write", grant={"workspace": folder}
    )

    outcome = bench.run(plugin, policy, host={"approver": AutoApprover("all")})

    assert outcome.value == 1
    assert (folder / "a.txt").read_text() == "one\nTWO\nthree\n"


def test_a_patch_waits_where_nobody_agrees(bench: Bench, folder: Path) -> None:
    """Without a word the run is suspended, and the file is as it was."""
    plugin, policy = granted(f"return await tools.applyPatch({{ patch: '{PATCH}' }});", "files.write",
                             grant={"workspace": folder})  # fmt: skip

    assert bench.run(plugin, policy).status == "suspended"
    assert (folder / "a.txt").read_text() == "one\ntwo\nthree\n"


def test_a_patch_that_does_not_fit_shows_nothing_of_the_file(bench: Bench, folder: Path) -> None:
    """Who may write may not read: the error has the place and no line."""
    wrong = PATCH.replace("-two", "-twoo")
    body = f"try {{ await tools.applyPatch({{ patch: '{wrong}' }}); }} catch (e) {{ return [e.message, e.details]; }}"
    plugin, policy = granted(body, "files.write", grant={"workspace": folder})

    assert bench.run(plugin, policy, host={"approver": AutoApprover("all")}).value == [
        "a.txt, hunk 1 (line 3 of the patch): it does not fit the file",
        {"path": "a.txt", "hunk": 1, "patch_line": 3},
    ]


# -- commands ---------------------------------------------------------------------------------------------------------


def commanding(body: str, folder: Path) -> Any:
    return granted(body, "commands", grant={"workspace": folder, "commands": ("cat",)})


def test_a_program_that_the_policy_names_runs_when_a_person_agrees(bench: Bench, folder: Path) -> None:
    """In the workspace; what it prints is cleaned."""
    plugin, policy = commanding("return (await tools.exec({ argv: ['cat', '.env'] })).stdout;", folder)

    outcome = bench.run(plugin, policy, host={"approver": AutoApprover("all")})

    assert outcome.value == "API_URL=https://api.test\nGH=[redacted]\nLAST=1\n"
    assert "approval.decided" in bench.events(plugin)


@pytest.mark.parametrize("program", ["sh", "/bin/cat", "./cat", "CAT", "cat ", ""])
def test_another_program_is_refused_before_anybody_is_asked(bench: Bench, folder: Path, program: str) -> None:
    """By its name exactly: no path leads around the policy."""
    plugin, policy = commanding(caught(f"tools.exec({{ argv: ['{program}', '.env'] }})"), folder)

    outcome = bench.run(plugin, policy, host={"approver": AutoApprover("all")})

    assert outcome.value == "CapabilityRefusedError"
    assert "approval.decided" not in bench.events(plugin)


def test_a_program_in_the_workspace_does_not_take_the_place_of_the_named_one(bench: Bench, folder: Path) -> None:
    """The name is looked for in the operator's PATH."""
    (folder / "cat").write_text("#!/bin/sh\necho mine\n")
    (folder / "cat").chmod(0o755)
    plugin, policy = commanding("return (await tools.exec({ argv: ['cat', 'a.txt'] })).stdout;", folder)

    assert bench.run(plugin, policy, host={"approver": AutoApprover("all")}).value == "one\ntwo\nthree\n"


def test_a_program_is_not_looked_for_in_the_workspace(
    bench: Bench, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where the operator's PATH has a folder in it."""
    (folder / "bin").mkdir()
    (folder / "bin" / "cat").write_text("#!/bin/sh\necho mine\n")
    (folder / "bin" / "cat").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}/bin:{os.environ['PATH']}")
    plugin, policy = commanding("return (await tools.exec({ argv: ['cat', 'a.txt'] })).stdout;", folder)

    assert bench.run(plugin, policy, host={"approver": AutoApprover("all")}).value == "one\ntwo\nthree\n"


def test_output_that_is_cut_is_given_from_its_beginning_in_whole_lines(
    bench: Bench, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the bound all of it is given; beyond, no half of a line, and nothing of what follows."""
    monkeypatch.setattr("belljar.plugins._commands.OUTPUT_BYTES", 100)
    (folder / "fits").write_text("x" * 99 + "\n")
    (folder / "long").write_text("line\n" * 19 + "a long line" * 40)
    plugin, policy = commanding(
        """
        const cat = async (path) => {
            const { stdout, truncated } = await tools.exec({ argv: ["cat", path] });
            return [stdout, truncated];
        };
        return [await cat("fits"), await cat("long")];
        """,
        folder,
    )

    outcome = bench.run(plugin, policy, host={"approver": AutoApprover("all")})

    assert outcome.value == [["x" * 99 + "\n", False], ["line\n" * 19, True]]


def test_a_program_that_takes_too_long_is_killed_and_its_words_are_not_shown(bench: Bench, folder: Path) -> None:
    """The end of what it said could be the half of a secret."""
    plugin, policy = granted(
        "try { await tools.exec({ argv: ['sh', '-c', 'echo half-of-it >&2; exec sleep 9'], timeout_ms: 50 }); }"
        "catch (error) { return [error.message, error.details]; }",
        "commands",
        grant={"workspace": folder, "commands": ("sh",)},
    )

    outcome = bench.run(plugin, policy, host={"approver": AutoApprover("all")})

    assert outcome.value == ["'sh' ran too long, or was killed", None]


# -- database ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    """A database of 1,000 rows."""
    path = tmp_path / "sales.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE sale (id INTEGER PRIMARY KEY, note TEXT)")
        connection.executemany("INSERT INTO sale VALUES (?, ?)", [(number, f"n{number}") for number in range(1_000)])
        connection.execute("UPDATE sale SET note = ? WHERE id = 7", (TOKEN,))
        connection.execute("CREATE TABLE who (name TEXT, password TEXT, is_token INTEGER)")
        connection.execute("INSERT INTO who VALUES ('joe', 'hunter', NULL)")
    connection.close()
    return path


def asking(body: str, sales: Path, *, rows: int = 10) -> Any:
    database = DatabaseGrant(name="sales", url=f"sqlite:///{sales}", path=sales, rows=rows, place="policy.toml:4")
    limits = ManifestLimits(timeout_ms=10_000)
    return granted(body, "database", grant={"databases": (database,), "timeout_ms": 10_000}, limits=limits)


def query(sql: str, *, params: str = "[]", database: str = "sales") -> str:
    return f"tools.query({{ database: '{database}', sql: `{sql}`, params: {params} }})"


def test_a_database_can_be_asked(bench: Bench, sales: Path) -> None:
    """Parameters are bound, and secrets in rows are taken out, those with the names of secrets too."""
    asked = query("SELECT id, note, x'ff' FROM sale WHERE id IN (?, ?)", params="[3, 7]")
    who = query("SELECT name, password, is_token AS token FROM who")
    body = f"const {{ rows: [[id, note, data], last] }} = await {asked}; const others = await {who};"
    plugin, policy = asking(f"{body} return [[id, note, data[0]], last[1], others.rows];", sales)

    assert bench.run(plugin, policy).value == [[3, "n3", 255], "[redacted]", [["joe", "[redacted]", None]]]


def test_as_many_rows_come_as_the_policy_says(bench: Bench, sales: Path) -> None:
    """Ten of ten are all, ten of eleven are not."""
    ten, eleven = query("SELECT id FROM sale LIMIT 10"), query("SELECT id FROM sale LIMIT 11")
    plugin, policy = asking(f"return [await {ten}, await {eleven}];", sales)

    all_of_them, some = bench.run(plugin, policy).value

    assert (len(all_of_them["rows"]), all_of_them["truncated"]) == (10, False)
    assert (len(some["rows"]), some["truncated"]) == (10, True)


ASK_ALL = """
const said = [];
for (const sql of input) {
    try { await tools.query({ database: "sales", sql }); said.push("no error"); }
    catch (error) { said.push(`${error.code}: ${error.message}`); }
}
return said;
"""
LARGE = "SELECT %s FROM (SELECT zeroblob(262144) AS z, CAST(hex(zeroblob(60000)) || 'b' AS BLOB) AS y)"
FAILED = "ToolExecutionError: the query of 'sales' failed: "


def test_what_is_no_small_question_fails(bench: Bench, sales: Path) -> None:
    """The engine itself refuses to change, attach and tune; no error tells the path."""
    before = sales.read_bytes()
    only = "only SELECT is allowed"
    asked = {
        "DELETE FROM sale": only,
        "INSERT INTO sale VALUES (5000, 'x')": only,
        "CREATE TABLE t (a)": only,
        "DROP TABLE sale": only,
        "PRAGMA query_only = OFF": only,
        "PRAGMA table_info(sale)": only,
        "SELECT * FROM pragma_table_info('sale')": "not authorized",
        "ATTACH 'other.db' AS other": only,
        "VACUUM INTO 'copy.db'": only,
        "BEGIN IMMEDIATE": only,
        "SELECT load_extension('x')": "not authorized to use function: load_extension",
        "SELECT 1; DELETE FROM sale": "You can only execute one statement at a time.",
        "SELECT zeroblob(1000000000)": "a value is too large",
        LARGE % ", ".join("z" * 1900): "it takes too much memory",
        "nonsense": 'near "nonsense": syntax error',
        "": "it is no query",
    }
    plugin, policy = asking(ASK_ALL, sales)

    said = bench.run(plugin, policy, list(asked)).value

    assert said == [FAILED + why for why in asked.values()]
    assert sales.read_bytes() == before


@pytest.mark.parametrize(
    "sql",
    [
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t",
        LARGE % "+".join(["instr(z, y)"] * 900),
    ],
    ids=["many steps", "long steps"],
)
def test_a_question_that_takes_too_long_ends(
    bench: Bench, sales: Path, monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    """Whether it has many steps or long ones; nothing of it goes on."""
    monkeypatch.setattr("belljar.plugins._grants.QUERY_MS", 100)
    plugin, policy = asking(ASK_ALL, sales)
    since_s = time.monotonic()

    assert bench.run(plugin, policy, [sql]).value == [FAILED + "it took too long"]
    assert time.monotonic() - since_s < 2


def test_another_database_is_refused(bench: Bench, sales: Path) -> None:
    """What is granted is granted by name."""
    plugin, policy = asking(caught(query("SELECT 1", database="payroll")), sales)

    assert bench.run(plugin, policy).value == "CapabilityRefusedError"


# -- PostgreSQL -------------------------------------------------------------------------------------------------------


def asking_postgres(body: str, url: str) -> Any:
    database = DatabaseGrant(name="sales", url=url, rows=3, place="policy.toml:4")
    limits = ManifestLimits(timeout_ms=10_000)
    return granted(body, "database", grant={"databases": (database,), "timeout_ms": 10_000}, limits=limits)


def test_postgresql_can_be_asked(bench: Bench, postgres_url: str) -> None:
    """Parameters by number, as many rows as the policy says, an empty answer with its columns."""
    several = query("SELECT $1::int + g AS n, now() > '2000-01-01' AS late FROM generate_series(1, 5) g", params="[10]")
    none = query("SELECT 1 AS one WHERE false")
    plugin, policy = asking_postgres(f"return [await {several}, await {none}];", postgres_url)

    assert bench.run(plugin, policy).value == [
        {"columns": ["n", "late"], "rows": [[11, True], [12, True], [13, True]], "truncated": True},
        {"columns": ["one"], "rows": [], "truncated": False},
    ]


def test_a_query_of_postgresql_has_its_time(bench: Bench, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server ends it."""
    monkeypatch.setattr("belljar.plugins._grants.QUERY_MS", 100)
    plugin, policy = asking_postgres(ASK_ALL, postgres_url)

    assert bench.run(plugin, policy, ["SELECT pg_sleep(30)"]).value == [FAILED + "it took too long"]


def test_postgresql_is_asked_and_nothing_else(bench: Bench, postgres_url: str) -> None:
    """One statement, a query, in a read-only transaction, within its size."""
    import psycopg

    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE sale (id int); INSERT INTO sale VALUES (1); CREATE SEQUENCE numbers;")
    off = "set_config('transaction_read_only', 'off', false)"
    twice = """SELECT 1 FROM (SELECT set_config('default_transaction_read_only', 'off', false) AS x OFFSET 0) q
               WHERE x = '' OR current_setting('transaction_read_only') = 'off' AND setval('numbers', 42) < 0"""
    wide = "SELECT 'a') AS asked UNION ALL (SELECT repeat('x', 9999999)) UNION ALL SELECT * FROM (SELECT 'b'"
    out = "SELECT 1) AS a; COMMIT; DROP TABLE sale; SELECT * FROM (SELECT 1"
    asked = {
        "DELETE FROM sale RETURNING id": 'syntax error at or near "DELETE"',
        "SELECT 1; DROP TABLE sale": "cannot insert multiple commands into a prepared statement",
        out: 'syntax error at or near ")"',
        wide: 'syntax error at or near ")"',
        "SELECT nextval('numbers')": "only SELECT is allowed",
        f"SELECT {off}, nextval('numbers')": "transaction read-write mode must be set before any query",
        "SELECT repeat('x', 262145)": "a row is too large",
        "COPY sale TO PROGRAM 'true'": 'syntax error at or near "COPY"',
    }
    plugin, policy = asking_postgres(ASK_ALL, postgres_url)

    said = bench.run(plugin, policy, [*asked, twice]).value

    assert said == [*(FAILED + why for why in asked.values()), "no error"]
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT count(*), (SELECT is_called FROM numbers) FROM sale").fetchone() == (1, False)


def test_a_database_that_is_not_there_is_an_error_without_its_address(bench: Bench) -> None:
    """Neither host nor password."""
    url = "postgresql://app:hunter2x@127.0.0.1:1/none"
    plugin, policy = asking_postgres(
        f"try {{ await {query('SELECT 1')}; }} catch (error) {{ return error.message; }}", url
    )

    assert bench.run(plugin, policy).value == "the query of 'sales' failed: the database cannot be reached"


# -- read:repo --------------------------------------------------------------------------------------------------------

GIT = shutil.which("git")
needs_git = pytest.mark.skipif(GIT is None, reason="git is not installed")


def git(root: Path, *arguments: str) -> str:
    own = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "PATH": os.environ["PATH"], "HOME": str(root)}
    facts = {"NAME": "Ada", "EMAIL": "ada@example.com", "DATE": "2026-01-02T03:04:05Z"}
    whose = {f"GIT_{who}_{name}": value for who in ("AUTHOR", "COMMITTER") for name, value in facts.items()}
    done = subprocess.run(["git", *arguments], cwd=root, env=own | whose, check=True, capture_output=True)  # noqa: S603, S607
    return done.stdout.decode("utf-8", "replace")


def key(row: int, letters: str) -> str:
    """A private key of twenty rows, one of which has these letters."""
    rows = [letters * 8 if at == row else f"A1b2C3{at:02}" * 8 for at in range(20)]
    return "\n".join(["-----BEGIN PRIVATE KEY-----", *rows, "-----END PRIVATE KEY-----", ""])


POEM = "by the river\nat the bridge\nunder the stone"
"""A secret of several lines."""


@pytest.fixture
def repository(folder: Path) -> Path:
    """Two commits."""
    git(folder, "init", "-q", "-b", "main")
    (folder / "id.pem").write_text(key(12, "Xy7Zw3Qp"))
    git(folder, "add", "a.txt", "id.pem")
    git(folder, "commit", "-q", "-m", "First")
    (folder / "a.txt").write_text(f"one\n2\nthree\n{POEM}\n{TOKEN}\n")
    (folder / "id.pem").write_text(key(12, "Kj5Lm9Rt") + "later\n")
    git(folder, "commit", "-q", "-a", "-m", f"Second {TOKEN}")
    return folder


def looking(body: str, root: Path) -> Any:
    return granted(body, "read:repo", grant={"workspace": root})


@needs_git
def test_the_history_of_the_workspace_can_be_read(bench: Bench, repository: Path) -> None:
    """Commits, one of them, a file as it was, and what differs; without secrets, rows of a key and lines of one of
    several lines too."""
    plugin, policy = looking(
        """
        const log = await tools.gitLog({});
        const then = await tools.gitShow({ revision: log[1].hash, path: "a.txt" });
        const shown = await tools.gitShow({});
        const diff = await tools.gitDiff({ base: "HEAD~1", head: "main", path: "a.txt" });
        return [log.map((c) => [c.subject, c.author, c.time]), then, shown.text.includes("+2"),
                diff.text.split("\\n").slice(-9), (await tools.gitDiff({ base: "HEAD~1", path: "id.pem" })).text];
        """,
        repository,
    )

    *told, of_key = bench.run(plugin, policy, host={"secrets": [POEM]}).value

    assert of_key.splitlines()[-3:] == [" ", " -----END PRIVATE KEY-----", "+later"]
    assert told == [
        [["Second [redacted]", "Ada", "2026-01-02T03:04:05+00:00"], ["First", "Ada", "2026-01-02T03:04:05+00:00"]],
        {"text": "one\ntwo\nthree\n", "truncated": False},
        True,
        [" one", "-two", "+2", " three", "+[redacted]", "+", "+", "+[redacted]", ""],
    ]


@needs_git
def test_where_nothing_is_secret_a_diff_is_gits_own(bench: Bench, repository: Path) -> None:
    """Renamed files, modes, bytes, submodules, and names that are hard to write."""
    (repository / "id.pem").unlink()
    (repository / "bytes").write_bytes(b"a\0b")
    (repository / "latin").write_bytes("ä\n".encode("latin-1"))
    (repository / 'a "b\\\n').write_text("x")
    (repository / "link").symlink_to("a.txt")
    git(repository, "add", ".")
    git(repository, "update-index", "--add", "--cacheinfo", "160000,0123456789012345678901234567890123456789,sub")
    git(repository, "commit", "-q", "-m", "Third")
    (repository / "bytes").rename(repository / "renamed")
    (repository / 'a "b\\\n').write_text("y")
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "Fourth")
    plugin, policy = looking(
        "return (await tools.gitDiff({ base: 'HEAD~2' })).text + (await tools.gitDiff({ base: 'HEAD~1' })).text;",
        repository,
    )
    own = "".join(
        git(
            repository,
            "-c",
            "core.quotePath=false",
            "diff-tree",
            "-r",
            "-p",
            "-M",
            base,
            "HEAD",
            "--",
            ":!.env",
            ":!id.pem",
        )
        for base in ("HEAD~2", "HEAD~1")
    )

    said = bench.run(plugin, policy).value

    assert "rename to renamed" in own
    assert [line for line in own.splitlines() if line not in said.splitlines() and "index" not in line] == []


@needs_git
def test_a_revision_is_a_name_and_no_option(bench: Bench, repository: Path, tmp_path: Path) -> None:
    """What git would take for something else does not reach it; a name that it does not know does."""
    wrong = [
        f"--output={tmp_path}/x",
        "-p",
        "HEAD..main",
        "HEAD@{1}",
        ":/First",
        "",
        "a b",
        "HEAD^{/x}",
        "main\nHEAD",
        "HEAD^-",
    ]
    plugin, policy = looking(
        """
        const codes = [];
        for (const revision of input) {
            try { await tools.gitLog({ revision }); } catch (error) { codes.push(error.code); }
        }
        return codes;
        """,
        repository,
    )

    assert bench.run(plugin, policy, [*wrong, "none"]).value == [*["ToolValidationError"] * 10, "ToolExecutionError"]


@needs_git
def test_no_program_of_the_repositorys_settings_runs(bench: Bench, repository: Path, tmp_path: Path) -> None:
    """Every setting of git that names a program names one that leaves a mark; after all three tools there is none. Nor
    does one that changes what git says, or has it read another file."""
    mark = tmp_path / "mark"
    program = tmp_path / "program.sh"
    program.write_text(f"#!/bin/sh\ntouch {mark}\ncat\n")
    program.chmod(0o755)
    for name in ("core.fsmonitor", "core.pager", "pager.log", "pager.show", "diff.external", "diff.x.command",
                 "diff.x.textconv", "filter.x.clean", "filter.x.smudge", "filter.x.process", "core.sshCommand",
                 "gpg.program", "core.editor", "core.askPass", "credential.helper", "core.alternateRefsCommand",
                 "interactive.diffFilter", "uploadpack.packObjectsHook", "alias.log", "alias.show"):  # fmt: skip
        git(repository, "config", name, f"!{program}" if name.startswith(("alias", "credential")) else str(program))
    git(repository, "config", "log.showSignature", "true")
    git(repository, "config", "core.hooksPath", str(tmp_path))
    git(repository, "config", "i18n.logOutputEncoding", "UTF-16LE")
    git(repository, "config", "extensions.partialClone", "origin")
    git(repository, "config", "remote.origin.url", f"ext::{program}")
    git(repository, "config", "remote.origin.promisor", "true")
    git(repository, "config", "protocol.ext.allow", "always")
    with (repository / ".git" / "config").open("a") as config:
        config.write("[include]\npath = /etc/passwd\n")
    (repository / ".gitattributes").write_text("* diff=x filter=x\n")
    (repository / ".git" / "info" / "attributes").write_text("* diff=x filter=x\n")
    plugin, policy = looking(
        """
        const log = await tools.gitLog({ path: "a.txt" });
        await tools.gitShow({}); await tools.gitShow({ path: "a.txt" });
        await tools.gitDiff({ base: "HEAD~1" });
        try { await tools.gitShow({ revision: "0123456789012345678901234567890123456789" }); } catch {}
        return log.map((commit) => commit.subject);
        """,
        repository,
    )

    assert bench.run(plugin, policy).value == ["Second [redacted]", "First"]
    assert not mark.exists()


@needs_git
def test_a_repository_that_keeps_itself_elsewhere_is_refused(
    bench: Bench, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Objects of another folder, a .git that is a file or a link, and a link in it lead out of the workspace."""
    plugin, policy = looking("return await tools.gitLog({});", repository)
    alternates = repository / ".git" / "objects" / "info" / "alternates"
    alternates.parent.mkdir(exist_ok=True)
    alternates.write_text(f"{tmp_path}\n")
    with pytest.raises(PolicyRefusedError, match="keeps a part of itself elsewhere"):
        bench.run(plugin, policy)
    alternates.unlink()
    pack = repository / ".git" / "objects" / "pack"
    (pack / "a.pack").symlink_to(tmp_path / "a.pack")
    with pytest.raises(PolicyRefusedError, match="behind a symbolic link"):
        bench.run(plugin, policy)
    (pack / "a.pack").unlink()
    (repository / ".git" / "HEAD").rename(tmp_path / "HEAD")
    os.mkfifo(repository / ".git" / "HEAD")
    with pytest.raises(PolicyRefusedError, match="or in no file"):
        bench.run(plugin, policy)
    (tmp_path / "HEAD").rename(repository / ".git" / "HEAD")
    (repository / ".git").rename(tmp_path / "git")
    (repository / ".git").symlink_to(tmp_path / "git")

    with pytest.raises(PolicyRefusedError, match=r"no \.git folder"):
        bench.run(plugin, policy)
    (repository / ".git").unlink()
    (tmp_path / "git").rename(repository / ".git")
    monkeypatch.setattr("belljar.plugins._git._ENTRIES", 3)
    with pytest.raises(PolicyRefusedError, match="more than 3 files"):
        bench.run(plugin, policy)


@needs_git
def test_a_repository_may_count_with_sha256(bench: Bench, folder: Path) -> None:
    """That is in its settings, and the one thing that is taken from them."""
    git(folder, "init", "-q", "--object-format=sha256")
    git(folder, "add", "a.txt")
    git(folder, "commit", "-q", "-m", "First")
    plugin, policy = looking(
        "return [(await tools.gitLog({}))[0].hash.length, (await tools.gitShow({})).text.endsWith('+three\\n')];",
        folder,
    )

    assert bench.run(plugin, policy).value == [64, True]


@needs_git
def test_what_a_repository_lacks_is_told(bench: Bench, repository: Path) -> None:
    """One file of a clone that is not whole."""
    lost = git(repository, "rev-parse", "HEAD:a.txt").strip()
    (repository / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
    plugin, policy = looking("try { await tools.gitShow({}); } catch (error) { return error.message; }", repository)

    assert bench.run(plugin, policy).value == "the repository lacks a part of its history"


@needs_git
def test_more_than_can_be_cleaned_is_not_given(bench: Bench, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Output over the bound is an error; a text within it is cut at the end of a line."""
    monkeypatch.setattr("belljar.plugins._git.OUTPUT_BYTES", 100)
    monkeypatch.setattr("belljar.plugins._repo.TEXT_CHARACTERS", 9)
    plugin, policy = looking(
        """
        const one = await tools.gitShow({ revision: "HEAD~1", path: "a.txt" });
        try { await tools.gitShow({}); } catch (error) { return [one, error.code]; }
        """,
        repository,
    )

    assert bench.run(plugin, policy).value == [{"text": "one\ntwo\n", "truncated": True}, "ToolExecutionError"]
