"""Pages and forms over a real store, without a browser: what they show, and what a form does."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.testclient import TestClient
from web_support import HOSTILE, REFUNDS, TOKEN, forget_requests, lose_a_call, new_store, resume, run

from belljar import DeferApprover, Harness, tool
from belljar.audit import AuditEvent
from belljar.store import Checkpoints, QueueLimits, RunRequest, Schedule, Store, open_store
from belljar.web import People, Settings, make_app


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with new_store(tmp_path) as store:
        yield store


class Browser:
    """As much of one as a form needs: cookies, and the token of the page."""

    def __init__(
        self,
        store: Store,
        *,
        token: str = TOKEN,
        name: str = "Ann",
        people: People | None = None,
        secrets: Any = (),
        keys: Any = (),
    ) -> None:
        app = make_app(store, token=people or TOKEN, settings=Settings(), secrets=secrets, keys=keys)
        self.client = TestClient(app, base_url="http://127.0.0.1:8790", follow_redirects=False)
        self.form_token = ""
        self.get("/sign-in")
        assert self.post("/sign-in", token=token, name=name).status_code == 303
        self.get("/runs")

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        found = re.search(r'name="form_token" value="([0-9a-f]+)"', answer.text)
        self.form_token = found[1] if found else self.form_token
        return answer.text

    def post(self, path: str, **form: str) -> Any:
        return self.client.post(path, data={"form_token": self.form_token, **form})

    def vote(self, store: Store, id_: str, verdict: str, **form: str) -> Any:
        digest = store.approvals.get(id_).digest
        return self.post(f"/approvals/{id_}/vote", verdict=verdict, **{"digest": digest, "back": "run"} | form)


def waiting(store: Store) -> None:
    """A run with two open questions, `r:2` and `r:3`."""
    assert run(store, REFUNDS, "r") == "suspended"


def text_of(page: str) -> str:
    """What a person reads, more or less."""
    return " ".join(re.sub(r"<[^>]*>", " ", page.split("<main", 1)[1]).split())


def test_the_inbox_shows_what_is_asked(store: Store) -> None:
    """Script, line, arguments without their secrets, digest, time left; one way to answer all calls of the run."""
    waiting(store)
    page = Browser(store).get("/")
    text = text_of(page)

    assert "2 questions wait" in text
    assert page.count("asks here") >= 2
    assert "it pays 5000 cents" in text
    assert "[redacted]" in text
    assert store.approvals.get("r:2").digest[:12] in text
    assert "Answer several calls of this run at once" in text
    assert re.search(r"Time left \d", text)


def test_two_runs_that_ask_the_same_are_told_apart(store: Store) -> None:
    """The same script asks for the same call, so the digests are one; no two elements of the page have one name."""
    for id_ in ("one", "two", "three"):
        run(store, REFUNDS, id_)
    page = Browser(store).get("/")
    ids = re.findall(r'\bid="([^"]+)"', page)
    sections = re.findall(r'<section class="group" id="(g-\w+)"', page)

    assert len({store.approvals.get(f"{id_}:2").digest for id_ in ("one", "two", "three")}) == 1
    assert (len(ids), len(set(sections))) == (len(set(ids)), 3)


def test_the_inbox_shows_the_oldest_of_many(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """With how many there are, and what was decided lately although more came after it."""
    monkeypatch.setattr("belljar.web._approval_pages._OPEN", 2)
    monkeypatch.setattr("belljar.web._approval_pages._DECIDED", 1)
    run(store, REFUNDS, "first")
    browser = Browser(store)
    browser.vote(store, "first:2", "deny")
    browser.vote(store, "first:3", "deny")
    for id_ in ("a", "b"):
        run(store, REFUNDS, id_)
    asked: list[int] = []
    real = store.approvals.open

    def opened(*, limit: int) -> Any:
        asked.append(limit)
        return real(limit=limit)

    monkeypatch.setattr(store.approvals, "open", opened)
    page = browser.get("/")
    text = text_of(page)

    assert asked == [3]
    assert "4 questions wait" in text
    assert "2 more came later" in text
    assert [page.count(f"/approvals/{id_}/vote") > 0 for id_ in ("a%3A2", "a%3A3", "b%3A2")] == [True, True, False]
    assert ["first%3A3" in page, "first%3A2" in page] == [True, False]


def test_a_question_of_another_version_is_shown_and_not_answered(store: Store) -> None:
    """Its page and the inbox say so; the others of the run are not in its way."""
    waiting(store)
    forget_requests(store)
    browser = Browser(store)

    for path in ("/", "/runs/r", "/approvals/r:2"):
        page = browser.get(path)
        assert "Another version of belljar asked this" in text_of(page)
        assert "/vote" not in page
    assert browser.vote(store, "r:2", "approve").status_code == 422


def test_a_run_goes_on_with_what_the_page_decided(store: Store) -> None:
    """One call approved, one denied; another process takes the run to its end."""
    waiting(store)
    browser = Browser(store)
    answers = [
        browser.vote(store, "r:2", "approve").headers["location"],
        browser.vote(store, "r:3", "deny", reason="not that one", back="inbox").headers["location"],
    ]
    outcome = resume(store, "r")

    assert answers == ["/runs/r?note=approved", "/?note=denied"]
    assert outcome.error.code == "ApprovalDeniedError"
    assert [
        (each.who, each.source, each.verdict) for id_ in ("r:2", "r:3") for each in store.approvals.get(id_).votes
    ] == [
        ("Ann", "web testclient", "approve"),
        ("Ann", "web testclient", "deny"),
    ]
    assert "denied: not that one" in outcome.error.message


def test_edited_arguments_are_what_runs(store: Store) -> None:
    """The amount is the person's; the secret that they did not see is the script's."""
    waiting(store)
    browser = Browser(store)
    arguments = json.dumps({"order": "A-1", "cents": 4000, "password": "[redacted]"})
    browser.vote(store, "r:2", "edit", arguments=arguments)
    browser.vote(store, "r:3", "approve")
    decided = store.approvals.get("r:2")
    page = text_of(browser.get("/approvals/r:2"))

    assert decided.decision is not None
    assert decided.decision.arguments == {"order": "A-1", "cents": 4000, "password": "hunter2-hunter2"}
    assert decided.edited_digest not in (None, decided.digest)
    assert "What Ann changed Where Asked Instead cents 5000 4000" in page
    assert resume(store, "r").value == {"paid": 4900}


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"verdict": "edit", "arguments": '{"order": 7, "cents": 1}'}, "order"),
        ({"verdict": "edit", "arguments": "{"}, "this is no JSON"),
        ({"verdict": "approve_for_run", "calls": "many", "sum_of": "", "at_most": ""}, "this is no JSON"),
        ({"verdict": "approve_for_run", "calls": "0", "sum_of": "", "at_most": ""}, "whole number from 1"),
        ({"verdict": "approve_for_run", "calls": "", "sum_of": "cents", "at_most": "10"}, "ceiling"),
        ({"verdict": "approve", "digest": "0" * 64}, "another"),
        ({"verdict": "respond", "value": "1"}, "only a call that may have taken place"),
        ({"verdict": "dance"}, "is no verdict"),
        ({"verdict": "join", "joined": "0" * 64}, "nobody approved these arguments"),
    ],
)
def test_an_answer_that_cannot_count_is_told_at_its_field(store: Store, form: dict[str, str], message: str) -> None:
    """What was written is still there, and the question is still open."""
    waiting(store)
    answer = Browser(store).vote(store, "r:2", **form)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert message in text_of(answer.text)
    assert "{" not in form.get("arguments", "") or "&#34;order&#34;" in answer.text or form["arguments"] == "{"
    assert store.approvals.get("r:2").state == "open"


def test_an_approval_for_the_run_has_a_ceiling(store: Store) -> None:
    """So many calls, and a sum over a number among the arguments."""
    waiting(store)
    Browser(store).vote(store, "r:2", "approve_for_run", calls="5", sum_of="cents", at_most="5000")
    decision = store.approvals.get("r:2").decision

    assert decision is not None
    assert decision.ceiling is not None
    assert decision.ceiling.to_dict() == {"calls": 5, "sum_of": "cents", "at_most": 5000}


def test_several_calls_are_answered_together(store: Store) -> None:
    """With one form; a digest that is not the question's is refused, and the others count."""
    waiting(store)
    browser = Browser(store)
    picks = {"pick:r:2": store.approvals.get("r:2").digest, "pick:r:3": "0" * 64}
    answer = browser.post("/approvals/together", verdict="approve", reason="", **picks)

    assert answer.status_code == 422
    assert "1 of 2 answers count" in text_of(answer.text)
    assert [store.approvals.get(id_).state for id_ in ("r:2", "r:3")] == ["decided", "open"]
    picks = {"pick:r:3": store.approvals.get("r:3").digest}
    assert (
        browser.post("/approvals/together", verdict="deny", reason="", **picks).headers["location"] == "/?note=together"
    )
    assert browser.post("/approvals/together", verdict="deny", reason="").status_code == 422


def test_who_comes_second_is_told_what_holds(store: Store) -> None:
    """Two browsers, one decision."""
    waiting(store)
    one, other = Browser(store), Browser(store, name="Bob")
    one.vote(store, "r:2", "approve")

    assert other.vote(store, "r:2", "deny").headers["location"] == "/runs/r?note=already"
    assert "Approved by Ann" in text_of(other.get("/approvals/r:2"))


def test_a_quorum_of_named_people_approves_the_same_arguments(store: Store) -> None:
    """The second sees what the first changed, and joins; whoever is not named is refused."""
    assert run(store, "return await tools.close_account({account: 'K-9', cents: 900})", "q") == "suspended"
    tokens = {name: f"{name}-{TOKEN}" for name in ("Ann", "Bob", "Zoe")}
    people = People(entries=tuple(_entry(name, token) for name, token in tokens.items()))
    ann, bob, zoe = (Browser(store, people=people, token=token, name="liar") for token in tokens.values())
    ann.vote(store, "q:1", "edit", arguments='{"account": "K-9", "cents": 800}')
    page = bob.get("/")
    joined = store.approvals.get("q:1").votes[0].digest
    refused = zoe.vote(store, "q:1", "join", joined=joined)
    again = ann.vote(store, "q:1", "approve").headers["location"]
    done = bob.vote(store, "q:1", "join", joined=joined).headers["location"]

    assert "1 of 2 approvals, of Ann, Bob, Cem." in text_of(page)
    assert "Ann approved with these changes Where Asked Instead cents 900 800" in text_of(page)
    assert (refused.status_code, again, done) == (422, "/runs/q?note=voted", "/runs/q?note=approved")
    assert resume(store, "q").value == "K-9 closed, 800 paid out"


def _entry(name: str, token: str) -> Any:
    return type(People.shared(token).entries[0])(name=name, digest=People.shared(token).entries[0].digest)


@pytest.mark.parametrize(
    ("form", "came"),
    [
        ({"verdict": "respond", "value": '"sent by hand"'}, "sent by hand"),
        ({"verdict": "deny", "reason": "look first"}, "CallUnknownError"),
    ],
)
def test_a_call_whose_fate_is_unknown_is_a_persons_to_say(store: Store, form: dict[str, str], came: str) -> None:
    """It took place and gave this, or it is not made again; the page says plainly that nobody knows."""
    lose_a_call(store, "lost")
    (question,) = store.approvals.open()
    browser = Browser(store)
    page, at_first = text_of(browser.get("/")), browser.get("/runs/lost")
    wrong = browser.vote(store, question.id, "respond", value="{")
    answer = browser.vote(store, question.id, **form)
    outcome = resume(store, "lost")

    assert "Nobody knows whether this call took place." in page
    assert "Make the call again" in page
    assert "Approve with other arguments" not in page
    assert "transfer unknown line 1" in text_of(at_first)
    assert (wrong.status_code, "this is no JSON" in wrong.text) == (422, True)
    assert answer.status_code == 303
    assert (outcome.error.code if outcome.error else outcome.value) == came


def test_runs_are_filtered_searched_and_paged(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """By state, by words, a page at a time."""
    monkeypatch.setattr("belljar.web._run_pages.PAGE", 5)
    waiting(store)
    run(store, "return 1", "one")
    browser = Browser(store)
    for number in range(8):
        store.runs.add(_request(), run_id=f"extra-{number:02}")
    first = browser.get("/runs?state=queued")
    older = re.search(r'href="(/runs\?[^"]*before=[^"]*)"', first)

    assert older is not None
    rows = [page.count('<th scope="row">') for page in (first, browser.get(older[1].replace("&amp;", "&")))]
    assert rows == [5, 3]
    assert re.findall(r'<th scope="row"><a href="/runs/(\w+)"', browser.get("/runs?q=tools.find")) == ["r"]
    assert "2 waiting" in text_of(browser.get("/runs?state=suspended"))
    assert "No run is like that." in browser.get("/runs?q=nothing-of-that")
    browser.get("/runs?state=asleep", 400)
    browser.get("/runs?before=x", 400)


def _request() -> Any:
    return RunRequest(source="return 2")


def test_a_run_is_shown_whole(store: Store) -> None:
    """Picture and table, script with its lines, calls, console, progress, journal."""
    waiting(store)
    text = text_of(Browser(store).get("/runs/r"))

    parts = [
        "1 find",
        "2 refund",
        "3 refund",
        "log: found A-1",
        "two refunds to go",
        "The same as a table",
        "6 records",
    ]
    parts += ["wait: waited for a person (open)", store.runs.get("r").head[:12]]
    for part in parts:
        assert part in text, part
    assert "hunter2-hunter2" not in text.split("Journal")[1].replace(REFUNDS, "").split("source")[0]


def test_replay_says_whether_the_bytes_match(store: Store) -> None:
    """No tool is called; a journal that was changed is told."""
    run(store, "return await tools.find({order: 'B'})", "one")
    browser = Browser(store)
    replayed = text_of(browser.post("/runs/one/replay").text)
    outcome = store.runs.get("one").outcome_sha256 or ""

    assert "The same bytes again." in replayed
    assert outcome[:12] in replayed
    assert browser.post("/runs/nowhere/replay").status_code == 404


def test_a_run_is_cancelled(store: Store) -> None:
    """At once where nobody has it; twice is harmless."""
    waiting(store)
    browser = Browser(store)

    assert [browser.post("/runs/r/cancel").headers["location"] for _ in range(2)] == [
        "/runs/r?note=cancelled",
        "/runs/r?note=ended",
    ]
    assert store.runs.get("r").state == "cancelled"
    assert "The run is cancelled." in text_of(browser.get("/runs/r?note=cancelled"))
    assert "hacked" not in browser.get("/runs/r?note=hacked")


def test_the_audit_page_verifies_searches_and_exports(store: Store) -> None:
    """And says which record was changed, and shows it all the same."""
    waiting(store)
    browser = Browser(store)
    text = text_of(browser.post("/audit/verify").text)
    assert "The chain holds." in text
    assert "Signatures were not checked: this server was given no key." in text
    found = browser.get("/audit?event=approval.requested&run=r")
    assert len(re.findall(r'<th scope="row" class="num">\d+</th>', found)) == 2
    exported = browser.client.get("/audit/export").text.splitlines()
    assert exported == [record.text for record in store.audit.records()]
    assert json.loads(exported[-1])["event"] == "audit.exported"

    _damage(store, 3)
    broken = text_of(browser.post("/audit/verify").text)
    assert "The chain is broken." in broken
    assert "3" in broken
    assert "(cannot be read)" in browser.get("/audit")


def test_the_audit_page_checks_signatures_with_the_servers_keys(tmp_path: Path) -> None:
    """It says how far they reach; where nothing is signed with these keys, nothing holds."""
    ours, others = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    with open_store(tmp_path / "runs.db", checkpoints=Checkpoints(key=ours)) as store:
        store.audit.append(AuditEvent("run.started", "start", actor="a", time_ms=1))
        store.audit.checkpoint(1)
        pages = [text_of(Browser(store, keys=[key.public_key()]).post("/audit/verify").text) for key in (ours, others)]

    assert "Signatures hold up to record 1, under 1 checkpoint." in pages[0]
    assert "The chain is broken." in pages[1]


def _damage(store: Store, seq: int) -> None:
    from sqlalchemy import text

    store._database.write(
        lambda connection: connection.execute(text("UPDATE audit SET text = :t WHERE seq = :n"), {"t": "{", "n": seq})
    )


def test_workers_agents_schedules_and_queues_have_a_page(store: Store) -> None:
    """Those that are gone, too."""
    store.workers.beat(1_000)
    store.agents.register("bot-1", name="Bot", now_ms=1_000)
    store.schedules.put(Schedule(id="nightly", request=_request(), cron="0 3 * * *"), now_ms=1_000)
    store.queues.put(QueueLimits(name="slow", concurrency=2, rate_limit=10, rate_period_ms=60_000))
    text = text_of(Browser(store).get("/workers"))

    assert "nightly on 0 3 * * *" in text
    assert "slow 2 10 in 1 min" in text
    assert "test:1:00000000" in text
    assert "bot-1 Bot" in text


@pytest.mark.parametrize("path", ["/runs/nowhere", "/approvals/nowhere", "/nowhere"])
def test_what_is_not_there_has_a_page_that_says_so(store: Store, path: str) -> None:
    """With the way back."""
    assert "To the inbox" in Browser(store).get(path, 404)


def test_hostile_text_is_text_on_every_page(store: Store) -> None:
    """No page has a script element or a handler that is not its own; what would deceive is written out."""
    run(store, HOSTILE, "evil")
    browser = Browser(store, name="<script>x</script>")
    store.agents.register("<img src=x onerror=1>", name="<script>", now_ms=1)
    for path in ("/", "/runs", "/runs/evil", "/approvals/evil:2", "/audit", "/workers", "/runs?q=<script>1</script>"):
        page = browser.get(path)
        assert re.findall(r"<script[^>]*>", page) == ['<script src="/static/console.js" defer>'], path
        assert "<img" not in page, path
        assert not re.search(r"<[^>]* (on\w+|style)=", page), path
        assert "\u202e" not in page, path
        assert "\x00" not in page, path


def test_the_end_of_a_question_is_there_for_the_clock_of_the_page(store: Store) -> None:
    """Beside the time left in words, for those without a script."""
    waiting(store)

    assert f'data-until="{store.approvals.get("r:2").expires_ms}"' in Browser(store).get("/")


def test_what_the_server_knows_to_be_secret_is_on_no_page(store: Store) -> None:
    """Wherever a script put it; tokens that anybody can tell by their form are gone without being named."""
    token = "ghp_" + "a1B2" * 9
    source = (
        f"const k = 'swordfish-77'; console.log(k, '{token}'); await tools.find({{order: k}}); return k + '{token}'"
    )
    run(store, source, "s")
    browser = Browser(store, secrets=["swordfish-77"])
    pages = "".join(browser.get(path) for path in ("/runs/s", "/runs", "/runs?q=swordfish-77"))
    answer = browser.client.get("/api/v1/runs/s", headers={"authorization": f"Bearer {TOKEN}"}).text

    assert "swordfish" not in pages + answer
    assert token not in pages
    assert pages.count("[redacted]") > 4


def test_a_long_text_among_the_arguments_is_shown_whole(tmp_path: Path) -> None:
    """Nobody can agree to the digest of a patch; what is a secret in it is not shown."""

    @tool(approval="always")
    def deliver(patch: str) -> str:
        """Hand a patch out."""
        return patch

    token = "ghp_" + "a1B2" * 9
    lines = [
        "--- a/a.txt",
        "+++ b/a.txt",
        "@@ -1 +1 @@",
        "-<b>old</b>",
        *[f"+line {n}" for n in range(100)],
        f"+{token}",
        "+a\r-b\x0b-c",
    ]
    with open_store(tmp_path / "long.db") as store:
        source = f"return await tools.deliver({{patch: {json.dumps(chr(10).join(lines))}}})"

        async def ask() -> str:
            async with Harness([deliver], store=store, approver=DeferApprover()) as harness:
                return (await harness.run(source)).run_id

        page = Browser(store).get(f"/approvals/{asyncio.run(ask())}:1")
    assert "The whole patch, 106 lines" in page
    assert '<span class="removed">-&lt;b&gt;old&lt;/b&gt;</span>\n<span class="added">+line 0</span>' in page
    assert '<span class="added">+line 99</span>\n<span class="added">+[redacted]</span>' in page
    assert '<span class="added">+a\\u000d-b\\u000b-c</span>' in page  # no sign but the end of a line begins another
