"""Agents on the console and in its API: only while the gate is open, nothing unescaped, and a button that stops."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from starlette.testclient import TestClient
from web_support import HOSTILE_TEXT, TOKEN, done, new_store, run

from belljar import Harness, gate
from belljar.errors import AgentStoppedError
from belljar.harness import Origin
from belljar.store import Store, open_store
from belljar.web import make_app
from belljar.web._api import PREFIX
from belljar.web._openapi import document
from belljar.web._run_pages import PAGE

with pytest.MonkeyPatch.context() as opened:
    opened.setattr(gate, "_is_on", True)
    from belljar.agents import AGENTS, Job

SCAN = AGENTS["security-scan"]
GITHUB = "ghp_" + "a1B2" * 9
pytestmark = pytest.mark.usefixtures("phase5")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with new_store(tmp_path) as store:
        yield store


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch, phase5: None) -> None:  # noqa: ARG001 - after it
    monkeypatch.setattr(gate, "_is_on", False)


class Visitor:
    """Somebody who signed in, and a script with the same token."""

    def __init__(self, store: Store, name: str = "Ann") -> None:
        self.client = TestClient(make_app(store, token=TOKEN), base_url="http://127.0.0.1:8790", follow_redirects=False)
        self.form_token = ""
        self.get("/sign-in")
        self.post("/sign-in", token=TOKEN, name=name)
        self.get("/runs")

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        found = re.search(r'name="form_token" value="([0-9a-f]+)"', answer.text)
        self.form_token = found[1] if found else self.form_token
        return answer.text

    def post(self, path: str, **form: str) -> Any:
        return self.client.post(path, data={"form_token": self.form_token, **form})

    def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """An answer of the API, held to its document."""
        answer = self.client.request(
            method, PREFIX + path, content=json.dumps(body or {}), headers={"authorization": f"Bearer {TOKEN}"}
        )
        assert answer.status_code == status, answer.text
        _check(method, path, answer.json(), status)
        return answer.json()


def _check(method: str, path: str, found: Any, status: int) -> None:
    described = next(
        each[method.lower()]
        for template, each in document()["paths"].items()
        if re.fullmatch(template.replace("{id}", "[^/]+"), PREFIX + path) and method.lower() in each
    )
    schema = described["responses"]["200" if status == 200 else "default"]["content"]["application/json"]["schema"]
    jsonschema.validate(found, {**schema, "components": document()["components"]})


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page.split("<main", 1)[1]).split())


async def _finding(word: str) -> Any:
    return {"findings": 3, "first": word}


def finished_job(store: Store, word: str = "line 1") -> str:
    """A job of two steps and one run, which has finished."""

    async def work() -> str:
        job = Job.begin(store, SCAN, None, {"root": "/work"})
        async with job:
            await job.step("secrets", lambda: _finding(word))
            await job.step("bandit", lambda: _finding(word))
            origin = Origin(manifest_sha256=job.checksum, agent_id=job.id)
            async with Harness(store=store, origin=origin) as harness:
                await harness.run("return 1", run_id="run-of-the-job")
            await job.finish({"critical": 0})
        return job.id

    return done(work())


def going_job(store: Store) -> str:
    """A job as another process has it that works at it."""
    store.workers.beat(1)
    store.agents.register("security-scan:00000001", name="security-scan", manifest_sha256="5" * 64, now_ms=1)
    store.agents.start("security-scan:00000001", now_ms=1 << 42)
    return "security-scan:00000001"


# -- open and closed --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("closed")
def test_with_the_gate_closed_there_is_no_such_page(store: Store) -> None:
    """Neither page nor API nor an entry that leads there, and the API's document does not name them."""
    id_ = going_job(store)
    visitor = Visitor(store)
    bearer = {"authorization": f"Bearer {TOKEN}"}

    for path in ("/agents", f"/agents/{id_}", f"{PREFIX}/registry", f"{PREFIX}/agents/{id_}"):
        assert visitor.client.get(path, headers=bearer).status_code == 404, path
    for path in (f"/agents/{id_}/stop", f"{PREFIX}/agents/{id_}/stop"):
        assert visitor.client.post(path, headers=bearer, data={}).status_code in (403, 404), path
    assert "/agents" not in visitor.get("/")
    assert not [path for path in document()["paths"] if re.search("registry|agents/", path)]
    assert not {"Job", "RegisteredAgent", "Stop"} & set(document()["components"]["schemas"])
    assert store.agents.get(id_).state == "running"


def test_with_the_gate_open_a_server_writes_that_down(store: Store) -> None:
    """Once, when it starts; one with the gate closed writes nothing."""
    with TestClient(make_app(store, token=TOKEN)):
        used = [(record.facts["action"], record.facts["actor"]) for record in store.audit.find(event="gate.used")]

    assert used == [("console", "belljar")]


@pytest.mark.usefixtures("closed")
def test_with_the_gate_closed_nothing_is_written_of_it(store: Store) -> None:
    """No use, no record."""
    with TestClient(make_app(store, token=TOKEN)):
        assert store.audit.find(event="gate.used") == []


# -- what is shown ----------------------------------------------------------------------------------------------------


def test_the_registry_is_shown(store: Store) -> None:
    """Name, version, what it asks for, what begins it, the gate, the checksum; the entry is marked as the page's."""
    page = Visitor(store).get("/agents")
    text = text_of(page)

    assert '<a href="/agents" aria-current="page">Agents</a>' in page
    for info in AGENTS.values():
        row = f"{info.name} {info.version} {info.description} {', '.join(info.capabilities)} "
        assert row + f"{', '.join(info.triggers)} open {info.checksum[:12]}" in text
    assert "No agent has worked here yet." in text


def test_a_job_is_shown_with_its_steps_runs_and_records(store: Store) -> None:
    """What it did, in that order, and what the log says of it; one that is over has no button."""
    id_ = finished_job(store)
    visitor = Visitor(store)

    assert f"{id_} security-scan {SCAN.version} finished" in text_of(visitor.get("/agents"))
    page = visitor.get(f"/agents/{id_}")
    text = text_of(page)
    assert f"Job {id_} finished" in text
    assert "Steps 2 secrets" in text
    assert "run-of-the-job succeeded" in text
    assert "agent.finished" in text
    assert "agent.step" in text
    assert f'title="{SCAN.checksum}"' in page
    assert "Stop this job" not in page
    assert "not the code that is installed here" not in page


def test_a_job_of_other_code_is_told(store: Store) -> None:
    """Its checksum is not that of what is installed."""
    assert "not the code that is installed here" in Visitor(store).get(f"/agents/{going_job(store)}")


def test_jobs_are_shown_a_page_at_a_time(store: Store) -> None:
    """Newest first; the others are behind a link."""
    for number in range(PAGE + 2):
        store.agents.register(f"agent-{number:02}", name="theirs", now_ms=1)
    visitor = Visitor(store)
    first = visitor.get("/agents")
    link = re.search(r'<a href="(/agents\?before=[^"]+)" rel="next">Older</a>', first)
    assert link is not None
    second = visitor.get(link[1])

    assert (text_of(first).count("agent-"), text_of(second).count("agent-")) == (PAGE, 2)
    assert ('rel="next"' in second, ">Newest</a>" in second) == (False, True)
    assert "is no place in the list" in visitor.get("/agents?before=x", status=400)


def test_an_agent_of_the_hosts_own_is_shown_as_it_is(store: Store) -> None:
    """Whatever it keeps: neither a page nor the API fails, and none of it is shown."""
    store.workers.beat(1)
    store.agents.register("theirs", name="theirs", now_ms=1)
    store.agents.register("a/b?c#d", name="theirs", now_ms=1)
    lease = store.agents.start("theirs", now_ms=1 << 42)
    assert lease is not None
    assert store.agents.start("a/b?c#d", now_ms=1 << 42) is not None
    store.agents.save(lease, {"steps": [1, "their words"], "notes": "x", "error": "text"}, now_ms=1 << 42)
    visitor = Visitor(store)

    assert "theirs" in visitor.get("/agents")
    assert "their words" not in visitor.get("/agents/theirs")
    assert visitor.ask("GET", "/agents/theirs")["is_job"] is False
    (odd,) = re.findall(r'href="(/agents/a[^"]+)"', visitor.get("/agents"))
    assert "Stop this job" in visitor.get(odd)
    assert visitor.post(f"{odd}/stop").status_code == 303
    assert store.agents.get("a/b?c#d").state == "stopped"


def test_hostile_text_and_secrets_are_neither_run_nor_shown(store: Store) -> None:
    """Whatever a step kept: it is text, and a token in it is gone."""
    id_ = finished_job(store, f"{HOSTILE_TEXT} {GITHUB} \u202e")
    visitor = Visitor(store, name="Bob")
    for path in ("/agents", f"/agents/{id_}"):
        page = visitor.get(path)
        assert re.findall(r"<script[^>]*>", page) == ['<script src="/static/console.js" defer>'], path
        assert "<img" not in page, path
        assert not re.search(r"<[^>]* (on\w+|style)=", page), path
        assert "\u202e" not in page, path
        assert GITHUB not in page, path
    assert GITHUB not in json.dumps(visitor.ask("GET", f"/agents/{id_}"))


# -- stop -------------------------------------------------------------------------------------------------------------


def test_the_button_stops_the_job_and_says_who_did(store: Store) -> None:
    """Another process's, too; both that the gate was used and the stop are on record with the checksum."""
    id_ = going_job(store)
    visitor = Visitor(store)
    assert "Stop this job" in visitor.get(f"/agents/{id_}")

    answer = visitor.post(f"/agents/{id_}/stop")

    assert (answer.status_code, answer.headers["location"]) == (303, f"/agents/{id_}?note=stopped")
    assert "Stopped. Whoever works at it ends within a second." in visitor.get(f"/agents/{id_}?note=stopped")
    said = [(record.facts["event"], record.facts["actor"]) for record in store.audit.find(text=id_, limit=2)]
    assert said == [("agent.stopped", "Ann"), ("gate.used", "Ann")]
    assert {record.facts["manifest_sha256"] for record in store.audit.find(text=id_)} == {"5" * 64}


def test_a_form_of_another_session_stops_nothing(store: Store) -> None:
    """Without the page's token it is refused, and the job goes on."""
    id_ = going_job(store)
    visitor = Visitor(store)

    assert visitor.client.post(f"/agents/{id_}/stop", data={"form_token": "0" * 64}).status_code == 403
    assert store.agents.get(id_).state == "running"


def test_who_is_not_signed_in_stops_nothing(store: Store) -> None:
    """Nor sees anything."""
    id_ = going_job(store)
    client = TestClient(make_app(store, token=TOKEN), base_url="http://127.0.0.1:8790", follow_redirects=False)

    assert client.get("/agents").status_code == 401
    assert client.get(f"/agents/{id_}").status_code == 401
    assert client.post(f"/agents/{id_}/stop", data={}).status_code == 401
    assert client.get(f"{PREFIX}/registry").status_code == 401
    assert client.post(f"{PREFIX}/agents/{id_}/stop").status_code == 401
    assert store.agents.get(id_).state == "running"


def test_a_job_that_works_here_ends_at_the_button(store: Store, tmp_path: Path) -> None:
    """The step that was under way is cancelled; the next page says so."""
    with open_store(tmp_path / "runs.db", worker="test:2:00000000") as other:

        async def work() -> str:
            job = Job.begin(other, SCAN, None, {})
            async with job:
                await job.step("long", lambda: _for_ever(job.id))
            return job.id

        async def _for_ever(id_: str) -> None:
            await asyncio.to_thread(_press, id_)
            await asyncio.Event().wait()

        def _press(id_: str) -> None:
            visitor = Visitor(store)
            visitor.get(f"/agents/{id_}")
            assert visitor.post(f"/agents/{id_}/stop").status_code == 303

        with pytest.raises(AgentStoppedError, match="was stopped by Ann"):
            done(work())
    (row,) = store.agents.all()
    assert row.state == "stopped"


# -- the API ----------------------------------------------------------------------------------------------------------


def test_the_api_has_the_registry_and_the_jobs(store: Store) -> None:
    """As JSON, as the document describes it."""
    id_ = finished_job(store)
    visitor = Visitor(store)

    assert visitor.ask("GET", "/registry")["items"] == [info.to_dict() for info in AGENTS.values()]
    found = visitor.ask("GET", f"/agents/{id_}")
    assert (found["state"], found["checksum"], found["is_current"]) == ("finished", SCAN.checksum, True)
    assert found["steps"] == {
        "bandit": {"findings": 3, "first": "line 1"},
        "secrets": {"findings": 3, "first": "line 1"},
    }
    assert found["result"] == {"critical": 0}
    assert visitor.ask("GET", "/agents/nobody", status=404)["error"]["code"] == "NotInStoreError"


def test_the_api_stops_a_job(store: Store) -> None:
    """In the name that the body gives, as the token is shared; twice is harmless."""
    id_ = going_job(store)
    visitor = Visitor(store)

    assert visitor.ask("POST", f"/agents/{id_}/stop", status=422)["error"]["code"] == "DecisionRefusedError"
    for _ in range(2):
        assert visitor.ask("POST", f"/agents/{id_}/stop", {"who": "Cem"})["state"] == "stopped"
    assert [record.facts["actor"] for record in store.audit.find(event="agent.stopped")] == ["Cem"]


def test_a_run_without_a_job_is_on_no_page_of_agents(store: Store) -> None:
    """The list has jobs alone."""
    run(store, "return 1", "plain")

    assert "plain" not in Visitor(store).get("/agents")
