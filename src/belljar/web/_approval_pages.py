"""The inbox of open questions, one question, and the forms that answer them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from starlette.responses import Response

from belljar.errors import BelljarError, DecisionRefusedError, NotInStoreError
from belljar.web._audit_pages import facts_of
from belljar.web._console import Visit, go, signed_in
from belljar.web._question_view import Group, QuestionView, decided_text, group, question_view
from belljar.web._votes import decision_of_form

if TYPE_CHECKING:
    from belljar.audit import AuditRecord
    from belljar.store import Question, RunRow, Standing, Store

_OPEN = 50
"""Of the open questions, the oldest first; the page says how many more there are."""
_DECIDED = 20
"""Of the last decided questions, below the open ones."""
_ENDED = ("approval.decided", "approval.expired")
_DONE = {"approve": "approved", "approve_for_run": "approved", "deny": "denied", "respond": "responded"}


@signed_in
async def inbox(visit: Visit) -> Response:
    """What waits for a person, the oldest first, by run; and what was decided lately."""

    def look(store: Store) -> tuple[int, list[Group], list[Question]]:
        waiting = store.approvals.open(limit=_OPEN + 1)
        count = len(waiting)
        if count > _OPEN:
            count = max(count, int(store.metrics(visit.console.now_ms())["approvals_open"]))
        return count, _groups(waiting[:_OPEN], store), _decided(store)

    count, groups, decided = await visit.console.ask(look)
    return visit.page("inbox.html", count=count, groups=groups, more=max(count - _OPEN, 0), decided=decided)


def _groups(questions: Iterable[Question], store: Store) -> list[Group]:
    """The questions by run, the run that waits longest first."""
    by_run: dict[str, list[Question]] = {}
    for question in questions:
        by_run.setdefault(question.run_id, []).append(question)
    return [_group(store.runs.get(run_id), each) for run_id, each in by_run.items()]


def _group(run: RunRow, questions: Iterable[Question]) -> Group:
    return group(run.id, [question_view(each, run) for each in questions])


def _decided(store: Store) -> list[Question]:
    """By the audit log, which has them in the order in which they were decided, however many wait."""
    records = [each for event in _ENDED for each in store.audit.find(event=event, limit=_DECIDED)]
    ids = [facts_of(each).get("details", {}).get("approval") for each in sorted(records, key=_seq, reverse=True)]
    found = [each for id_ in dict.fromkeys(ids) for each in _known(store, str(id_)) if each.state != "open"]
    return found[:_DECIDED]


def _seq(record: AuditRecord) -> int:
    return record.seq


def _known(store: Store, id_: str) -> list[Question]:
    """None where the log names what is not there: `audit verify` says more of that."""
    try:
        return [store.approvals.get(id_)]
    except NotInStoreError:
        return []


@signed_in
async def question_page(visit: Visit) -> Response:
    """One question, open or decided."""
    return await _question(visit, visit.part("id"))


async def _question(visit: Visit, id_: str, *, status: int = 200, refused: BelljarError | None = None) -> Response:
    def look(store: Store) -> QuestionView:
        question = store.approvals.get(id_)
        return question_view(question, store.runs.get(question.run_id))

    view = await visit.console.ask(look)
    form = await visit.form() if refused is not None else {}
    return visit.page(
        "question.html", status=status, view=view, refused=refused, given=form, replaced=decided_text(view.question)
    )


@signed_in
async def vote(visit: Visit) -> Response:
    """One answer to one question; what is refused is said at its field, with all that was written kept."""
    form, id_ = await visit.form(), visit.part("id")

    def cast(store: Store) -> Standing:
        question = store.approvals.get(id_)
        now = visit.console.now_ms()
        decision = decision_of_form(question, form, now_ms=now)
        return store.approvals.vote(id_, decision, who=visit.who, source=visit.source, now_ms=now)

    try:
        standing = await visit.console.ask(cast)
    except DecisionRefusedError as error:
        return await _question(visit, id_, status=422, refused=error)
    return go("/" if form.get("back") == "inbox" else f"/runs/{standing.question.run_id}", _note(standing))


def _note(standing: Standing) -> str:
    if not standing.is_new:
        return "already" if standing.decided is not None else "voted"
    return _DONE[standing.decided.verdict] if standing.decided is not None else "counted"


@signed_in
async def vote_together(visit: Visit) -> Response:
    """One answer, approve or deny, to several questions of one run. Each is cast for what its box showed."""
    form = await visit.form()
    picked = {name.removeprefix("pick:"): digest for name, digest in form.items() if name.startswith("pick:")}

    def cast(store: Store) -> list[tuple[str, BelljarError]]:
        return [(id_, error) for id_, digest in picked.items() if (error := _cast_one(visit, store, id_, form, digest))]

    refused = await visit.console.ask(cast)
    if refused or not picked:
        return visit.page("together.html", status=422, refused=refused, chosen=len(picked))
    return go("/", "together")


def _cast_one(visit: Visit, store: Store, id_: str, form: dict[str, str], digest: str) -> BelljarError | None:
    """What was wrong with it; the others are cast all the same."""
    now = visit.console.now_ms()
    try:
        given = {"verdict": form.get("verdict", ""), "reason": form.get("reason", ""), "digest": digest}
        decision = decision_of_form(store.approvals.get(id_), given, now_ms=now)
        store.approvals.vote(id_, decision, who=visit.who, source=visit.source, now_ms=now)
    except (DecisionRefusedError, NotInStoreError) as error:
        return error
    return None
