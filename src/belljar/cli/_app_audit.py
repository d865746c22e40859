"""The surface of `belljar audit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from belljar.cli._options import MOST, Json, StoreUrl

audit = typer.Typer(name="audit", help="The log that a store keeps of what was done.", rich_markup_mode=None)
PrivateKey = Annotated[Path, typer.Option("--key", metavar="KEY", help="A private key, PEM.")]


@audit.command()
def verify(
    store: StoreUrl = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="EXPORT.jsonl", help="An export, instead of a store; it may begin anywhere."),
    ] = None,
    key: Annotated[
        list[Path] | None,
        typer.Option(
            "--key",
            metavar="KEY.pub",
            help="Whose signatures must be there; may be given several times.",
        ),
    ] = None,
    checkpoints: Annotated[
        Path | None, typer.Option("--checkpoints", metavar="FILE", help="Checkpoints that were kept elsewhere.")
    ] = None,
    head: Annotated[
        str | None, typer.Option("--head", metavar="SEQ:HASH", help="A record that is known to have been there.")
    ] = None,
    json: Json = False,
) -> int:
    """Compute the chain again; exit code 1 where it is broken, and the record is named."""
    from belljar.cli._audit_proof import VerifyOptions, verify_command

    return verify_command(
        VerifyOptions(store=store, file=file, keys=tuple(key or ()), checkpoints=checkpoints, head=head, as_json=json)
    )


@audit.command()
def tail(
    store: StoreUrl = None,
    count: Annotated[int, typer.Option("-n", metavar="N", min=0, max=MOST, help="Records to begin with.")] = 10,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="And those that come, until Ctrl-C.")] = False,
    search: Annotated[
        str, typer.Option("--search", metavar="TEXT", help="Only records with it: a checksum, a tool, a person.")
    ] = "",
    json: Json = False,
) -> int:
    """The last records, a line each."""
    from belljar.cli._audit import tail_command

    return tail_command(store, count=count, follow=follow, search=search, as_json=json)


@audit.command()
def show(
    seq: Annotated[int, typer.Argument(metavar="SEQ", min=0, max=MOST, help="Its number.")],
    store: StoreUrl = None,
    json: Json = False,
) -> int:
    """One record, whole."""
    from belljar.cli._audit import show_command

    return show_command(store, seq, as_json=json)


@audit.command()
def export(
    file: Annotated[
        Path, typer.Argument(metavar="FILE|-", allow_dash=True, help="A new file; - is standard output.")
    ] = Path("-"),
    store: StoreUrl = None,
    after: Annotated[
        int, typer.Option("--after", metavar="SEQ", min=0, max=MOST, help="Leave out records up to this.")
    ] = 0,
) -> int:
    """The very texts that are hashed, a line each: audit verify --file needs no database."""
    from belljar.cli._audit import export_command

    return export_command(store, file, after=after)


@audit.command()
def checkpoint(
    key: PrivateKey,
    store: StoreUrl = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="Add the checkpoint to this file, too."),
    ] = None,
) -> int:
    """Sign where the chain is now, and print that."""
    from belljar.cli._audit_proof import checkpoint_command

    return checkpoint_command(store, key=key, file=file)
