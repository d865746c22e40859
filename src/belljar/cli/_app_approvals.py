"""The surface of `belljar approvals`."""

from __future__ import annotations

from typing import Annotated

import typer

from belljar.cli._options import Json, Limit, Login, StoreUrl

approvals = typer.Typer(name="approvals", help="Questions that runs in a store wait for.", rich_markup_mode=None)
Ids = Annotated[list[str], typer.Argument(metavar="ID", help="Questions, as approvals list names them.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why. A script that is denied reads it.")]
Digests = Annotated[
    list[str] | None,
    typer.Option("--digest", metavar="HEX", help="Of the question that was seen; one for each ID, in order."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not show the question first and ask back.")]


@approvals.command("list")
def approvals_list(
    store: StoreUrl = None,
    every: Annotated[bool, typer.Option("--all", help="Those that have their answer, too.")] = False,
    limit: Limit = 50,
    json: Json = False,
) -> int:
    """Open questions, oldest first."""
    from belljar.cli._approvals import list_command

    return list_command(store, every=every, limit=limit, as_json=json)


@approvals.command("show")
def approvals_show(
    id: Annotated[str, typer.Argument(metavar="ID", help="As approvals list names it.")],
    store: StoreUrl = None,
    json: Json = False,
) -> int:
    """One question: the call, the line that makes it, the votes."""
    from belljar.cli._approvals import show_command

    return show_command(store, id, as_json=json)


@approvals.command("approve")
def approvals_approve(
    ids: Ids,
    store: StoreUrl = None,
    edit: Annotated[
        str | None, typer.Option("--edit", metavar="JSON|@FILE", help="Make the call with these arguments instead.")
    ] = None,
    for_run: Annotated[
        bool, typer.Option("--for-run", help="And later calls of the tool in the same run, without asking.")
    ] = False,
    calls: Annotated[int | None, typer.Option("--calls", metavar="N", help="With --for-run: N calls in all.")] = None,
    sum_of: Annotated[
        str | None, typer.Option("--sum-of", metavar="NAME", help="With --for-run: an argument to add up.")
    ] = None,
    at_most: Annotated[float | None, typer.Option("--at-most", metavar="X", help="What the sum may come to.")] = None,
    reason: Reason = "",
    login: Login = None,
    digest: Digests = None,
    yes: Yes = False,
    json: Json = False,
) -> int:
    """Let calls be made. The run goes on when it is resumed, or when a worker takes it."""
    from belljar.cli._approvals import Answer, answer_command, ceiling_of

    answer = Answer(
        ids=tuple(ids),
        word="approve_for_run" if for_run else "approve",
        arguments=edit,
        ceiling=ceiling_of(calls, sum_of, at_most),
        reason=reason,
        login=login,
        digests=tuple(digest or ()),
        is_sure=yes,
    )
    return answer_command(store, answer, as_json=json)


@approvals.command("deny")
def approvals_deny(
    ids: Ids,
    store: StoreUrl = None,
    reason: Reason = "",
    login: Login = None,
    digest: Digests = None,
    yes: Yes = False,
    json: Json = False,
) -> int:
    """Refuse calls. The script may go on without them."""
    from belljar.cli._approvals import Answer, answer_command

    answer = Answer(
        ids=tuple(ids),
        word="deny",
        reason=reason,
        login=login,
        digests=tuple(digest or ()),
        is_sure=yes,
    )
    return answer_command(store, answer, as_json=json)


@approvals.command("respond")
def approvals_respond(
    id: Annotated[str, typer.Argument(metavar="ID", help="Of a call of which nobody knows whether it took place.")],
    value: Annotated[str, typer.Option("--value", metavar="JSON|@FILE", help="What the call gave.")],
    store: StoreUrl = None,
    reason: Reason = "",
    login: Login = None,
    digest: Digests = None,
    yes: Yes = False,
    json: Json = False,
) -> int:
    """It took place: do not make it again, go on with what it gave."""
    from belljar.cli._approvals import Answer, answer_command

    answer = Answer(
        ids=(id,),
        word="respond",
        value=value,
        reason=reason,
        login=login,
        digests=tuple(digest or ()),
        is_sure=yes,
    )
    return answer_command(store, answer, as_json=json)
