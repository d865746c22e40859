"""The console in a real Chromium: every flow clicked, nothing on the console, nothing to another origin."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from web_support import HOSTILE, REFUNDS, TOKEN, new_store, resume, run

from belljar.store import Store
from belljar.web import Rate, Settings, make_app

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if CHROMIUM is None or find_spec("playwright") is None:
    pytest.skip("no Chromium, or no playwright: the console is not clicked through", allow_module_level=True)

from playwright.sync_api import Browser, Page, expect, sync_playwright  # noqa: E402 - where it is installed

pytestmark = pytest.mark.slow
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
PHONE = {"width": 360, "height": 740}
NO_LIMITS = Settings(requests=Rate(burst=10_000, per_s=1_000), sign_ins=Rate(burst=1_000, per_s=100), poll_s=0.05)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with new_store(tmp_path) as store:
        yield store


@pytest.fixture
def address(store: Store) -> Iterator[str]:
    """Where a server of this store listens, for as long as the test."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = make_app(store, token=TOKEN, settings=NO_LIMITS)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
        started = threading.Event()
        thread = threading.Thread(target=_serve, args=(server, listener, started))
        thread.start()
        assert started.wait(10)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        app.state.loop.call_soon_threadsafe(lambda: asyncio.ensure_future(app.state.console.feed.close()))
        thread.join(10)


def _serve(server: uvicorn.Server, listener: socket.socket, started: threading.Event) -> None:
    async def work() -> None:
        server.config.app.state.loop = asyncio.get_running_loop()  # type: ignore[union-attr]  # an application, not its name
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started and not task.done():
            await asyncio.sleep(0.005)
        started.set()
        await task

    asyncio.run(work())


Visit = Callable[..., "Page"]


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Visit]:
    """Opens a page as somebody who signed in; at the end nothing was complained of and nothing left the origin."""
    trouble: list[str] = []
    contexts = []

    def open_page(path: str = "/", *, name: str = "Ann", **options: Any) -> Page:
        context = browser.new_context(base_url=address, **options)
        context.set_default_timeout(5_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: trouble.append(message.text) if _is_trouble(message.text) else None)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith(address) else trouble.append(request.url))
        _sign_in(page, name)
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert trouble == []


def _is_trouble(message: str) -> bool:
    """All but the browser's own remark that a form was answered with 422, which is what a refusal is."""
    return not message.endswith("status of 422 (Unprocessable Entity)")


def _sign_in(page: Page, name: str) -> None:
    page.goto(f"/sign-in#token={TOKEN}")
    assert page.url.endswith("/sign-in"), "the token is out of the address"
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Inbox")


def waiting(store: Store) -> None:
    assert run(store, REFUNDS, "r") == "suspended"


def card(page: Page, ordinal: int) -> Any:
    return page.get_by_role("article").filter(has_text=f"{ordinal}, line")


def test_approve_and_deny_and_the_run_goes_on_elsewhere(store: Store, visit: Visit) -> None:
    """Two clicks; another process finds the decisions, and the page shows its end without being loaded again."""
    waiting(store)
    page = visit("/runs/r")
    card(page, 2).get_by_role("button", name="Approve refund, call 2").click()
    expect(page.get_by_text("The run goes on as soon as")).to_be_visible()
    card(page, 3).get_by_label("Reason for denying refund, call 3").fill("not that one")
    card(page, 3).get_by_role("button", name="Deny").click()
    expect(page.get_by_text("The script is told so.")).to_be_visible()
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    outcome = resume(store, "r")

    expect(page.get_by_text("denied: not that one").first).to_be_visible()
    assert outcome.error.code == "ApprovalDeniedError"
    assert page.get_by_role("article").count() == 0


def test_a_question_appears_the_moment_it_is_asked(store: Store, visit: Visit) -> None:
    """And goes from another browser's page when it is answered; what somebody writes meanwhile stays."""
    page, other = visit("/"), visit("/", name="Bob")
    expect(page.get_by_text("Nothing waits for you.")).to_be_visible()
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    waiting(store)
    expect(card(page, 2)).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("2 questions wait")
    expect(page).to_have_title("(2) Inbox · belljar")
    expect(card(other, 3)).to_be_visible()
    reason = card(other, 3).get_by_label("Reason for denying")
    reason.fill("I am still")
    card(page, 3).get_by_role("button", name="Approve refund, call 3").click()

    expect(other.get_by_text("This has changed since.")).to_be_visible()
    expect(reason).to_have_value("I am still")
    expect(page.get_by_role("article")).to_have_count(1)


def test_runs_that_ask_the_same_come_and_go_by_themselves(store: Store, visit: Visit) -> None:
    """One script three times: what was decided elsewhere goes, what comes appears, each form is of its own run."""
    for id_ in ("one", "two", "three"):
        run(store, REFUNDS, id_)
    page = visit("/")
    groups = page.locator("section.group h2")
    expect(groups).to_have_text(["Run one", "Run two", "Run three"])
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    store.runs.cancel("two", who="Bob", now_ms=2)
    expect(groups).to_have_text(["Run one", "Run three"])
    run(store, REFUNDS, "four")
    expect(groups).to_have_text(["Run one", "Run three", "Run four"])
    forms = page.locator("section.group form.together input.pick, section.group form.answer").evaluate_all(
        "forms => forms.map(each => each.action)"
    )

    assert {form.split("/approvals/")[1].split("%3A")[0] for form in forms} == {"one", "three", "four"}


def test_arguments_are_edited_and_what_is_wrong_is_told_at_the_field(store: Store, visit: Visit) -> None:
    """First a value that the tool does not take, then one that it does."""
    waiting(store)
    page = visit("/approvals/r:2")
    page.get_by_text("Approve with other arguments").click()
    editor = page.get_by_label("Arguments, as JSON")
    editor.fill(editor.input_value().replace("5000", '"much"'))
    page.get_by_role("button", name="Approve with these arguments").click()
    expect(page.get_by_role("alert")).to_contain_text("cents")
    expect(editor).to_have_value(re.compile('"much"'))
    expect(editor).to_have_attribute("aria-invalid", "true")
    editor.fill(editor.input_value().replace('"much"', "4000"))
    page.get_by_role("button", name="Approve with these arguments").click()
    expect(page.get_by_text("Approved. The run goes on")).to_be_visible()
    decision = store.approvals.get("r:2").decision

    assert decision is not None
    assert decision.arguments == {"order": "A-1", "cents": 4000, "password": "hunter2-hunter2"}
    page.goto("/approvals/r:2")
    expect(page.get_by_role("table", name="What Ann changed")).to_contain_text("5000")


def test_an_approval_for_the_run_gets_its_ceiling(store: Store, visit: Visit) -> None:
    """Fields, not syntax."""
    waiting(store)
    page = visit("/")
    card(page, 2).get_by_text("Approve refund for the rest of this run").click()
    card(page, 2).get_by_label("Calls at most").fill("5")
    card(page, 2).get_by_label("Sum over the argument").select_option("cents")
    card(page, 2).get_by_label("at most, in all").fill("6000")
    card(page, 2).get_by_role("button", name="Approve for this run").click()
    expect(page.get_by_text("Approved. The run goes on")).to_be_visible()
    decision = store.approvals.get("r:2").decision

    assert decision is not None
    assert decision.ceiling is not None
    assert decision.ceiling.to_dict() == {"calls": 5, "sum_of": "cents", "at_most": 6000}


def test_several_calls_are_answered_at_once(store: Store, visit: Visit) -> None:
    """One click for both."""
    waiting(store)
    page = visit("/")
    page.get_by_role("button", name="Approve the chosen").click()
    expect(page.get_by_text("All the chosen calls are answered.")).to_be_visible()

    assert resume(store, "r").value == {"paid": 5900}


def test_two_named_people_close_an_account(store: Store, visit: Visit) -> None:
    """The second approves what the first changed."""
    run(store, "return await tools.close_account({account: 'K-9', cents: 900})", "q")
    ann, bob = visit("/"), visit("/", name="Bob")
    ann.get_by_text("Approve with other arguments").click()
    editor = ann.get_by_label("Arguments, as JSON")
    editor.fill(editor.input_value().replace("900", "800"))
    ann.get_by_role("button", name="Approve with these arguments").click()
    expect(ann.get_by_text("Your vote is counted.")).to_be_visible()
    expect(bob.get_by_text("1 of 2")).to_be_visible()
    bob.get_by_role("button", name="Approve the arguments of Ann").click()
    expect(bob.get_by_text("Approved. The run goes on")).to_be_visible()

    assert resume(store, "q").value == "K-9 closed, 800 paid out"


def test_a_question_is_answered_with_the_keyboard_alone(store: Store, visit: Visit) -> None:
    """Skip link, question, button: Tab and Enter, and it is seen where one is."""
    run(store, "return await tools.refund({order: 'A', cents: 3})", "k")
    page = visit("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").startswith("Approve refund"):
            break
    approve = page.get_by_role("button", name="Approve refund, call 1")
    expect(approve).to_be_focused()
    assert approve.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_text("Approved. The run goes on")).to_be_visible()

    assert resume(store, "k").value["paid"] == 3


def test_a_reason_that_ends_with_enter_denies(store: Store, visit: Visit) -> None:
    """Never approves: each answer is a form of its own."""
    run(store, "return await tools.refund({order: 'A', cents: 3})", "k")
    page = visit("/")
    page.get_by_label("Reason for denying refund").fill("no")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The script is told so.")).to_be_visible()
    decision = store.approvals.get("k:1").decision

    assert decision is not None
    assert (decision.verdict, decision.reason, decision.who) == ("deny", "no", "Ann")


def test_runs_are_found_and_replayed_and_cancelled(store: Store, visit: Visit) -> None:
    """Filter, search, a look at one, verification, end."""
    waiting(store)
    run(store, "return await tools.find({order: 'B'})", "fine")
    page = visit("/runs")
    page.get_by_label("State").select_option("succeeded")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_role("link", name="fine").click()
    page.get_by_role("button", name="Replay and verify").click()
    expect(page.get_by_text("The same bytes again.")).to_be_visible()
    page.goto("/runs?q=refund")
    page.get_by_role("link", name="r", exact=True).click()
    page.get_by_text("The same as a table").click()
    expect(page.get_by_role("region", name="The run's time as a table")).to_contain_text("waited for a person")
    page.get_by_role("button", name="Cancel this run").click()
    expect(page.get_by_text("The run is cancelled.")).to_be_visible()

    assert store.runs.get("r").state == "cancelled"


def test_the_audit_log_is_verified_searched_and_exported(store: Store, visit: Visit) -> None:
    """A click each."""
    waiting(store)
    page = visit("/audit")
    page.get_by_role("button", name="Verify the chain").click()
    expect(page.get_by_text("The chain holds.")).to_be_visible()
    page.get_by_label("Event").fill("approval.requested")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("row")).to_have_count(3)
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as JSON lines").click()

    assert download.value.path().read_text().splitlines() == [record.text for record in store.audit.records()]


def test_signing_out_shuts_the_door(store: Store, visit: Visit) -> None:
    """Back at the form; the inbox is behind it."""
    page = visit("/workers")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    page.goto("/")

    assert page.url.endswith("/sign-in")
    assert [record.facts["actor"] for record in store.audit.find(event="web.signed_in")] == ["Ann"]


PATHS = (
    "/",
    "/runs",
    "/runs/evil",
    "/approvals/evil:2",
    "/audit",
    "/workers",
    "/runs?q=%3Cscript%3E1",
    "/runs/nowhere",
)


@pytest.fixture
def hostile(store: Store) -> Store:
    assert run(store, HOSTILE, "evil") == "suspended"
    store.agents.register("<img src=x onerror=window.hacked=1>", name="<script>window.hacked=1</script>", now_ms=1)
    return store


@pytest.mark.usefixtures("hostile")
def test_hostile_text_runs_on_no_page(visit: Visit) -> None:
    """Nor does it ask the policy to: the console stays empty, which the fixture looks at."""
    page = visit("/", name="<script>window.hacked=1</script>")
    for path in PATHS[:-1]:
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        assert page.evaluate("[window.hacked, document.scripts.length]") == [None, 1], path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.usefixtures("hostile")
def test_a_phone_needs_no_sideways_scrolling(visit: Visit, scheme: str) -> None:
    """Code, tables and the picture scroll by themselves; everything to press is large enough for a thumb."""
    page = visit("/", viewport=PHONE, color_scheme=scheme)
    for path in PATHS[:-1]:
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"], path
        small = page.evaluate(
            "[...document.querySelectorAll('button, select, input:not([type=hidden]):not([type=checkbox])')]"
            ".filter(each => each.getBoundingClientRect().height < 32).map(each => each.outerHTML)"
        )
        assert small == [], path


@pytest.mark.usefixtures("hostile")
def test_every_page_has_labels_headings_and_landmarks(visit: Visit) -> None:
    """One h1, no level skipped downwards, a name for each field, button, table region and picture; ids once."""
    page = visit("/")
    for path in PATHS[:-1]:
        page.goto(path)
        assert page.evaluate(_COMPLAINTS) == [], path


_COMPLAINTS = """() => {
  const found = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  if (all("h1").length !== 1) found.push("h1");
  let level = 1;
  for (const each of all("h1, h2, h3, h4")) {
    const now = Number(each.tagName[1]);
    if (now > level + 1) found.push("heading " + each.textContent);
    level = now;
  }
  for (const each of all("input:not([type=hidden]), select, textarea"))
    if (!each.labels.length || !each.labels[0].textContent.trim()) found.push("label " + each.outerHTML);
  for (const each of all("button, a, summary")) if (!each.textContent.trim()) found.push("name " + each.outerHTML);
  for (const each of all("[role=region], nav, [role=search]"))
    if (!each.getAttribute("aria-label")) found.push("region");
  for (const each of all(".scroll, .code, pre")) if (each.tabIndex !== 0) found.push("scroll " + each.className);
  for (const each of all("svg[role=img]")) if (!each.getAttribute("aria-label")) found.push("svg");
  for (const each of all("th")) if (!each.scope) found.push("th " + each.textContent);
  for (const name of ["aria-labelledby", "aria-describedby"])
    for (const each of all(`[${name}]`))
      for (const id of each.getAttribute(name).trim().split(/ +/))
        if (!document.getElementById(id)) found.push("idref " + id);
  const ids = all("[id]").map((each) => each.id);
  for (const id of new Set(ids)) if (ids.filter((each) => each === id).length > 1) found.push("twice " + id);
  for (const role of ["header", "main", "footer", "nav"]) if (!document.querySelector(role)) found.push(role);
  if (!document.documentElement.lang || !document.title) found.push("lang or title");
  return found;
}"""


def test_everything_works_without_a_script(store: Store, browser: Browser, address: str) -> None:
    """Sign in, approve, sign out: plain forms."""
    waiting(store)
    context = browser.new_context(base_url=address, java_script_enabled=False)
    with contextlib.closing(context):
        page = context.new_page()
        page.goto("/")
        page.get_by_label("Your name").fill("Ann")
        page.get_by_label("Token").fill(TOKEN)
        page.get_by_role("button", name="Sign in").click()
        card(page, 2).get_by_role("button", name="Approve refund, call 2").click()
        expect(page.get_by_text("Approved. The run goes on")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()

    assert store.approvals.get("r:2").state == "decided"
