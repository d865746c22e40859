"""The JSON API: the same store, a token, and a document that says what there is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from starlette.routing import Route
from starlette.testclient import TestClient
from web_support import REFUNDS, TOKEN, forget_requests, lose_a_call, new_store, resume, run

from belljar.store import Store
from belljar.web import People, make_app
from belljar.web._api import OPERATIONS, PREFIX
from belljar.web._openapi import SCHEMAS, document

GITHUB = "ghp_aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with new_store(tmp_path) as store:
        yield store


class Client:
    """Speaks for whoever has the token, and holds each answer to the document."""

    def __init__(self, store: Store, *, people: People | None = None, token: str = TOKEN) -> None:
        self.app = make_app(store, token=people or TOKEN)
        self._client = TestClient(
            self.app, base_url="http://127.0.0.1:8790", headers={"authorization": f"Bearer {token}"}
        )

    def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        content = None if body is None else json.dumps(body)
        answer = self._client.request(method, PREFIX + path, content=content)
        assert answer.status_code == status, answer.text
        found = answer.json()
        _check(method, path, found, status)
        return found

    def text(self, path: str) -> str:
        return self._client.get(path).text


def _check(method: str, path: str, found: Any, status: int) -> None:
    described = next(
        each[method.lower()]
        for template, each in document()["paths"].items()
        if re.fullmatch(template.replace("{id}", "[^/]+"), PREFIX + path.partition("?")[0])
    )
    answer = described["responses"]["200" if status == 200 else "default"]
    schema = answer["content"]["application/json"]["schema"]
    jsonschema.validate(found, {**schema, "components": {"schemas": SCHEMAS}})


def test_routes_and_document_agree(store: Store) -> None:
    """Each operation has one route and one entry; each reference in the document leads somewhere."""
    routes = {
        (method, route.path)
        for route in Client(store).app.routes
        if isinstance(route, Route) and route.path.startswith(PREFIX)
        for method in (route.methods or set()) - {"HEAD"}
    }
    described = {(method.upper(), path) for path, each in document()["paths"].items() for method in each}
    names = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document())))

    assert routes == described == {(each.method, PREFIX + each.path) for each in OPERATIONS}
    assert names == set(SCHEMAS)
    assert len({each.name for each in OPERATIONS}) == len(OPERATIONS)
    assert document()["openapi"] == "3.1.0"
    for schema in SCHEMAS.values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_the_document_is_served(store: Store) -> None:
    """At its own place."""
    assert Client(store).ask("GET", "/openapi.json") == json.loads(json.dumps(document()))


def test_a_question_is_answered_and_the_run_goes_on(store: Store) -> None:
    """List, look, vote; the digest of the list is the one that the vote names."""
    run(store, REFUNDS, "r")
    client = Client(store)
    items = client.ask("GET", "/approvals?state=open&run_id=r")["items"]
    assert [(item["id"], item["arguments"]["cents"]) for item in sorted(items, key=lambda item: item["ordinal"])] == [
        ("r:2", 5000),
        ("r:3", 900),
    ]
    for item in items:
        body = {"verdict": "approve", "digest": item["digest"], "who": "Ann"}
        standing = client.ask("POST", f"/approvals/{item['id']}/vote", body)
        assert (standing["is_new"], standing["decided"]) == (True, "approve")
        assert client.ask("POST", f"/approvals/{item['id']}/vote", body)["is_new"] is False
    votes = client.ask("GET", "/approvals/r:2")["votes"]

    assert [(vote["who"], vote["source"]) for vote in votes] == [("Ann", "api testclient")]
    assert resume(store, "r").value == {"paid": 5900}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"verdict": "approve", "digest": "0" * 64, "who": "Ann"}, "DecisionRefusedError"),
        ({"verdict": "edit", "digest": None, "arguments": {"order": 7}, "who": "Ann"}, "DecisionRefusedError"),
        ({"verdict": "approve", "digest": None}, "DecisionRefusedError"),
        ({"verdict": "approve_for_run", "digest": None, "calls": 0, "who": "Ann"}, "DecisionRefusedError"),
    ],
)
def test_an_answer_that_cannot_count_is_refused(store: Store, body: dict[str, Any], code: str) -> None:
    """With the library's own code; None stands for the right digest."""
    run(store, REFUNDS, "r")
    body = {**body, "digest": body["digest"] or store.approvals.get("r:2").digest}

    assert Client(store).ask("POST", "/approvals/r:2/vote", body, 422)["error"]["code"] == code


def test_edited_arguments_and_a_ceiling_come_as_json(store: Store) -> None:
    """As values, not as text in text."""
    run(store, REFUNDS, "r")
    client = Client(store)
    two, three = (store.approvals.get(id_).digest for id_ in ("r:2", "r:3"))
    edit = {"verdict": "edit", "digest": two, "arguments": {"order": "A-1", "cents": 7}, "who": "Ann", "calls": None}
    ceiling = {
        "verdict": "approve_for_run",
        "digest": three,
        "calls": 2,
        "sum_of": "cents",
        "at_most": 900.5,
        "who": "B",
    }
    client.ask("POST", "/approvals/r:2/vote", edit)
    client.ask("POST", "/approvals/r:3/vote", ceiling)
    decisions = [store.approvals.get(id_).decision for id_ in ("r:2", "r:3")]

    assert [decision.arguments for decision in decisions if decision] == [{"order": "A-1", "cents": 7}, None]
    assert decisions[1] is not None
    assert decisions[1].ceiling is not None
    assert decisions[1].ceiling.to_dict() == {"calls": 2, "sum_of": "cents", "at_most": 900.5}


def test_what_a_lost_call_gave_is_any_json(store: Store) -> None:
    """A text is a text, not JSON in it."""
    lose_a_call(store, "lost")
    (question,) = store.approvals.open()
    body = {"verdict": "respond", "digest": question.digest, "value": "17", "who": "Ann"}
    Client(store).ask("POST", f"/approvals/{question.id}/vote", body)

    assert resume(store, "lost").value == "17"


def test_runs_are_listed_looked_at_replayed_and_cancelled(store: Store) -> None:
    """A page at a time; the journal is the very lines of a file."""
    run(store, "return 1", "one")
    run(store, REFUNDS, "two")
    client = Client(store)
    first = client.ask("GET", "/runs?limit=1")
    second = client.ask("GET", f"/runs?limit=1&before={first['next']}")

    assert [each["items"][0]["id"] for each in (first, second)] == ["two", "one"]
    assert (second["next"], client.ask("GET", "/runs?state=failed")["items"]) == (None, [])
    assert client.ask("GET", "/runs/one")["source"] == "return 1"
    assert client.text(f"{PREFIX}/runs/one/journal") == store.runs.journal_text("one")
    assert client.ask("POST", "/runs/one/replay")["same"] is True
    assert client.ask("POST", "/runs/two/cancel", {"who": "Ann"}) == {"result": "cancelled"}
    assert client.ask("GET", "/runs/nowhere", status=404)["error"]["code"] == "NotInStoreError"
    assert client.ask("GET", "/runs?state=asleep", status=400)["error"]["code"] == "UsageError"


def test_the_audit_log_is_read_verified_and_exported(store: Store) -> None:
    """The export is the texts that are hashed."""
    run(store, REFUNDS, "r")
    client = Client(store)
    page = client.ask("GET", "/audit?run_id=r&limit=2")
    verified = client.ask("GET", "/audit/verify")

    assert [item["event"] for item in page["items"]] == ["run.suspended", "approval.requested"]
    assert client.ask("GET", f"/audit?limit=1&before={page['next']}")["items"][0]["seq"] == int(page["next"]) - 1
    head = store.audit.head()
    assert verified == {"holds": True, "head": list(head), "records": head[0], "checkpoints": 0, "signed_until": None}
    lines = client.text(f"{PREFIX}/audit/export?after=2").splitlines()
    assert lines == [record.text for record in store.audit.records(2)]


def test_workers_agents_and_figures_are_there(store: Store) -> None:
    """As JSON, and for Prometheus."""
    store.workers.beat(1_000)
    store.agents.register("bot", name="Bot", now_ms=1_000)
    client = Client(store)

    assert [worker["id"] for worker in client.ask("GET", "/workers")["items"]] == ["test:1:00000000"]
    assert [agent["name"] for agent in client.ask("GET", "/agents")["items"]] == ["Bot"]
    assert client.ask("GET", "/metrics")["approvals_open"] == 0
    assert "# TYPE belljar_approvals_open gauge\nbelljar_approvals_open 0\n" in client.text("/metrics")


def test_a_named_token_is_whose_it_is(store: Store) -> None:
    """What the body says of its sender counts only where the token is shared."""
    run(store, REFUNDS, "r")
    client = Client(store, people=People(entries=(_named("Bob"),)))
    body = {"verdict": "deny", "digest": store.approvals.get("r:2").digest, "reason": "no", "who": "Ann"}
    client.ask("POST", "/approvals/r:2/vote", body)

    assert [vote.who for vote in store.approvals.get("r:2").votes] == ["Bob"]


def _named(name: str) -> Any:
    shared = People.shared(TOKEN).entries[0]
    return type(shared)(name=name, digest=shared.digest)


@pytest.mark.parametrize("body", ["{", "[1]", "[" * 100_000])
def test_a_body_that_is_no_object_is_refused(store: Store, body: str) -> None:
    """As a request that cannot be read, not as a broken server."""
    client = TestClient(make_app(store, token=TOKEN), base_url="http://127.0.0.1:8790")
    answer = client.post(f"{PREFIX}/runs/x/cancel", content=body, headers={"authorization": f"Bearer {TOKEN}"})

    assert (answer.status_code, answer.json()["error"]["message"][:8]) == (400, "The body")


@pytest.mark.parametrize("before", ["9" * 5_000 + ":x", "9" * 20 + ":x", "x:x", "5"])
def test_a_place_that_there_is_not_is_refused(store: Store, before: str) -> None:
    """Also one that no database holds."""
    assert Client(store).ask("GET", f"/runs?before={before}", status=400)["error"]["code"] == "UsageError"


def test_half_a_character_is_no_argument(store: Store) -> None:
    """It has no bytes, so no digest covers it."""
    run(store, REFUNDS, "r")
    body = {
        "verdict": "edit",
        "digest": store.approvals.get("r:2").digest,
        "who": "Ann",
        "arguments": {"order": "\ud800"},
    }
    error = Client(store).ask("POST", "/approvals/r:2/vote", body, 422)["error"]

    assert (error["code"], error["message"]) == (
        "DecisionRefusedError",
        "$.order: the string has a lone surrogate at character 0",
    )


def test_nobody_answers_as_the_host_or_a_worker(store: Store) -> None:
    """A shared token proves no name, and some cannot be a person's."""
    run(store, REFUNDS, "r")
    body = {"verdict": "deny", "digest": store.approvals.get("r:2").digest}
    for who in ("belljar", "test:1:00000000"):
        error = Client(store).ask("POST", "/approvals/r:2/vote", {**body, "who": who}, 422)["error"]
        assert error["message"] == f"{who!r} cannot be a person's name"


def test_a_question_of_another_version_is_listed(store: Store) -> None:
    """Without what cannot be read of it."""
    run(store, REFUNDS, "r")
    forget_requests(store)

    assert [item["arguments"] for item in Client(store).ask("GET", "/approvals")["items"]] == [None, None]


def test_a_token_in_a_reason_is_shown_to_nobody(store: Store) -> None:
    """A person may have pasted one; the script that is denied reads what was written."""
    run(store, REFUNDS, "r")
    client = Client(store)
    said = f"not {GITHUB} again"
    body = {"verdict": "deny", "digest": store.approvals.get("r:2").digest, "who": "Ann", "reason": said}
    client.ask("POST", "/approvals/r:2/vote", body)
    found = client.ask("GET", "/approvals/r:2")

    assert [each["reason"] for each in (found["decision"], *found["votes"])] == ["not [redacted] again"] * 2
    assert store.approvals.get("r:2").votes[0].reason == said


def test_secrets_that_are_numbers_leave_the_answer_json(store: Store) -> None:
    """Each is taken out where it stands, and nothing around it."""
    run(store, "return 'x'", "r1795")
    app = make_app(store, token=TOKEN, secrets=["1795", "true", "script"])
    client = TestClient(app, base_url="http://127.0.0.1:8790", headers={"authorization": f"Bearer {TOKEN}"})
    found = client.get(f"{PREFIX}/runs").json()["items"][0]

    assert (found["id"], found["cancel_requested"], "[redacted]_sha256" in found) == ("r[redacted]", False, True)


def test_without_the_token_nothing_is_told(store: Store) -> None:
    """Not even whether a run is there."""
    client = TestClient(make_app(store, token=TOKEN), base_url="http://127.0.0.1:8790")
    statuses = {client.request(each.method, PREFIX + each.path).status_code for each in OPERATIONS[:9]}

    assert statuses == {401}
    assert client.get("/metrics").status_code == 401
