"""What every request passes, and what every answer carries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from web_support import TOKEN, new_store

from belljar.errors import StoreBusyError, UsageError
from belljar.store import Store
from belljar.web import Rate, Settings, make_app
from belljar.web._guard import HEADERS, MAX_BODY
from belljar.web._sessions import COOKIE

WRONG = TOKEN[::-1]
HTML = {"accept": "text/html,*/*"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with new_store(tmp_path) as store:
        yield store


def client_of(store: Store, *, base: str = "http://127.0.0.1:8790", **settings: Rate) -> TestClient:
    app = make_app(store, token=TOKEN, hosts=("console.example",), settings=Settings(**settings))  # type: ignore[arg-type]  # names of rates
    return TestClient(app, base_url=base, follow_redirects=False)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 401), ("/sign-in", 200), ("/static/console.css", 200), ("/nowhere", 404), ("/healthz", 200),
        ("/metrics", 401), ("/api/v1/runs", 401), ("/events", 401), ("/sign-out", 405),
    ],
)  # fmt: skip
def test_every_answer_has_the_security_headers(store: Store, path: str, status: int) -> None:
    """Pages, refusals, files and the API alike."""
    answer = client_of(store).get(path)

    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in HEADERS} == dict(HEADERS)
    assert answer.headers.get_list("cache-control") == ["no-store"]


def test_the_policy_allows_only_this_server() -> None:
    """No inline script, no inline style, no frame, nothing of another origin."""
    assert HEADERS["content-security-policy"].split("; ") == [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self'",
        "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8790", 200), ("localhost", 200), ("[::1]:8790", 200), ("console.example", 200),
        ("evil.example", 400), ("127.0.0.1.evil.example", 400), ("", 400),
    ],
)  # fmt: skip
def test_only_known_hosts_are_answered(store: Store, host: str, status: int) -> None:
    """So no other name can be made to point here."""
    assert client_of(store).get("/healthz", headers={"host": host}).status_code == status


@pytest.mark.parametrize(
    ("headers", "is_refused"),
    [
        ({}, False),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, False),
        ({"origin": "http://127.0.0.1:8790"}, False),
        ({"origin": "null"}, False),
        ({"sec-fetch-site": "cross-site"}, True),
        ({"sec-fetch-site": "same-site"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"origin": "http://evil.example"}, True),
        ({"origin": "http://127.0.0.1:9999"}, True),
        ({"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1:8790"}, True),
    ],
)
def test_what_another_site_sends_is_refused(store: Store, headers: dict[str, str], is_refused: bool) -> None:
    """Before any page sees it; what passes still needs its form token."""
    answer = client_of(store).post("/sign-out", headers=headers)

    assert (answer.status_code, answer.text == "This request came from another site.") == (
        (403, True) if is_refused else (401, False)
    )


def test_too_many_requests_of_one_address_are_refused(store: Store) -> None:
    """With the time to wait."""
    client = client_of(store, requests=Rate(burst=2, per_s=0.1))
    answers = [client.get("/healthz") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["retry-after"] == "10"


def test_a_body_that_is_too_long_is_refused(store: Store) -> None:
    """Whether or not it says how long it is."""
    client = client_of(store)

    assert client.post("/sign-in", content=b"x" * (MAX_BODY + 1)).status_code == 413
    assert client.post("/sign-in", content=iter([b"x" * MAX_BODY, b"y"])).status_code == 413
    assert client.post("/sign-in", content=iter([b"x" * MAX_BODY])).status_code == 403


def sign_in(client: TestClient, token: str = TOKEN, name: str = "Ann") -> int:
    """The status of an attempt."""
    page = client.get("/sign-in").text
    form = {"form_token": page.split('name="form_token" value="')[1].split('"')[0], "token": token, "name": name}
    return client.post("/sign-in", data=form).status_code


def test_the_session_cookie_is_for_this_server_alone(store: Store) -> None:
    """Out of reach of scripts and of other sites, limited in time; over HTTPS it stays there."""
    plain, secure = client_of(store), client_of(store, base="https://console.example")
    cookies = [client.get("/sign-in").headers["set-cookie"].split("; ") for client in (plain, secure)]

    assert [sorted(cookie[1:]) for cookie in cookies] == [
        ["HttpOnly", "Max-Age=28800", "Path=/", "SameSite=strict"],
        ["HttpOnly", "Max-Age=28800", "Path=/", "SameSite=strict", "Secure"],
    ]


def test_signing_in_makes_a_new_session(store: Store) -> None:
    """The cookie from before sign-in opens nothing afterwards."""
    client = client_of(store)
    client.get("/sign-in")
    before = client.cookies[COOKIE]

    assert sign_in(client) == 303
    assert client.get("/").status_code == 200
    client.cookies.clear()
    assert client.get("/", headers={"cookie": f"{COOKIE}={before}"}).status_code == 401


def test_a_wrong_token_is_told_and_recorded(store: Store) -> None:
    """Whoever has no token is nobody: the name is a claim, and the token is not there."""
    client = client_of(store)

    assert sign_in(client, token=WRONG) == 403
    assert client.get("/").status_code == 401
    record = store.audit.find(event="web.refused")[0]
    assert (record.facts["actor"], record.facts["details"]) == (
        "somebody",
        {"claimed": "Ann", "source": "web testclient"},
    )


def test_sign_in_is_recorded_and_needs_a_name(store: Store) -> None:
    """Decisions carry it."""
    client = client_of(store)

    names = (" ", "belljar", "vm:1:deadbeef", "Ann")
    assert [sign_in(client, name=name) for name in names] == [403, 403, 403, 303]
    assert [record.facts["actor"] for record in store.audit.find(event="web.signed_in")] == ["Ann"]


def test_guessing_tokens_is_slow(store: Store) -> None:
    """On the page and over the API, from one allowance."""
    client = client_of(store, sign_ins=Rate(burst=2, per_s=0.001))
    wrong = {"authorization": "Bearer " + WRONG}
    statuses = [sign_in(client, token=WRONG)]
    statuses += [client.get("/api/v1/runs", headers=wrong).status_code for _ in range(2)]

    assert [*statuses, sign_in(client)] == [403, 401, 429, 429]
    assert [record.facts["details"]["source"] for record in store.audit.find(event="web.refused")] == [
        "api testclient",
        "web testclient",
    ]


def test_who_guesses_is_not_told_of_the_right_token(store: Store) -> None:
    """Where there is no attempt left; a figure for a monitor and a page of the API are alike in that."""
    client = client_of(store, sign_ins=Rate(burst=3, per_s=0.001))
    guess = [{"authorization": f"Bearer {token}"} for token in (WRONG, WRONG, WRONG, TOKEN)]
    statuses = [client.get("/metrics", headers=each).status_code for each in guess]

    assert statuses == [401, 401, 401, 429]
    assert client.get("/api/v1/runs", headers=guess[-1]).json()["error"]["code"] == "TooManyRequests"
    assert len(store.audit.find(event="web.refused")) == 3


def test_guesses_do_not_lock_out_who_was_there_before(store: Store) -> None:
    """A monitor goes on behind the address of somebody who guesses."""
    client = client_of(store, sign_ins=Rate(burst=2, per_s=0.001))
    tokens = (TOKEN, WRONG, WRONG, WRONG, TOKEN)
    answers = [client.get("/metrics", headers={"authorization": f"Bearer {token}"}) for token in tokens]

    assert [answer.status_code for answer in answers] == [200, 401, 401, 429, 200]
    assert [answer.headers.get("www-authenticate") for answer in answers] == [None, "Bearer", "Bearer", None, None]
    assert answers[3].headers["retry-after"] == "1000"


def test_forms_without_their_token_cost_attempts(store: Store) -> None:
    """So nobody fills the log with them."""
    client = client_of(store, sign_ins=Rate(burst=2, per_s=0.001))
    client.get("/sign-in")

    assert [client.post("/sign-in", data={"token": TOKEN}).status_code for _ in range(4)] == [403, 403, 429, 429]
    assert [record.facts["actor"] for record in store.audit.find(event="web.refused")] == ["somebody"] * 2


def test_a_session_is_over_after_its_time(store: Store) -> None:
    """The browser is told, and the server holds to it."""
    now = [1_000_000_000.0]
    app = make_app(store, token=TOKEN, settings=Settings(session_s=60, clock=lambda: now[0]))
    client = TestClient(app, base_url="http://127.0.0.1:8790", follow_redirects=False)
    sign_in(client)
    now[0] += 59
    assert client.get("/").status_code == 200
    now[0] += 1

    assert client.get("/").status_code == 401
    assert "Max-Age=60" in client.get("/sign-in").headers["set-cookie"]


@pytest.mark.parametrize("path", ["/sign-out", "/audit/verify", "/runs/x/cancel", "/runs/x/replay",
                                  "/approvals/x/vote", "/approvals/together"])  # fmt: skip
def test_every_form_needs_the_token_of_its_session(store: Store, path: str) -> None:
    """Without it nothing is done, and the refusal is on record."""
    client = client_of(store)
    sign_in(client)

    assert [client.post(path, data=form).status_code for form in ({}, {"form_token": "0" * 64})] == [403, 403]
    assert len(store.audit.find(event="web.refused")) == 2


@pytest.mark.parametrize("path", ["/", "/runs", "/runs/x", "/audit", "/audit/export", "/workers", "/approvals/x"])
def test_pages_are_for_those_who_signed_in(store: Store, path: str) -> None:
    """Others are sent to the door; a page's script is told so."""
    client = client_of(store)

    assert client.get(path, headers=HTML).headers["location"] == "/sign-in"
    assert client.get(path).status_code == 401


def test_signing_out_ends_the_session(store: Store) -> None:
    """For copies of the cookie, too."""
    client = client_of(store)
    sign_in(client)
    cookie = client.cookies[COOKIE]
    token = client.get("/").text.split('name="form_token" value="')[1].split('"')[0]

    assert client.post("/sign-out", data={"form_token": token}).headers["location"] == "/sign-in?note=signed-out"
    client.cookies.set(COOKIE, cookie)
    assert client.get("/").status_code == 401


def test_a_token_that_is_short_opens_no_server(store: Store) -> None:
    """It is refused before anything listens."""
    with pytest.raises(UsageError):
        make_app(store, token=TOKEN[:9])


def test_a_fault_of_ours_tells_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer has the headers of any other, and no word of what went wrong."""

    def broken() -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(store.audit, "head", broken)
    client = TestClient(make_app(store, token=TOKEN), base_url="http://localhost", raise_server_exceptions=False)
    answer = client.get("/healthz")

    assert (answer.status_code, answer.text) == (500, "This server has a fault. Its log says more.")
    assert {name: answer.headers.get(name) for name in HEADERS} == dict(HEADERS)


def test_a_store_that_is_busy_is_told_as_such(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a status that says: try again."""

    def busy() -> None:
        raise StoreBusyError("the store is busy")

    monkeypatch.setattr(store.audit, "head", busy)
    answer = client_of(store).get("/healthz")

    assert (answer.status_code, "the store is busy" in answer.text) == (503, True)
