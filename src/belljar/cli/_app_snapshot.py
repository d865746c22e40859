"""The surface of `belljar snapshot`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from belljar.cli._options import (
    AccountId,
    Approve,
    Engine,
    FunctionVersion,
    GasLimit,
    Journal,
    Json,
    ProgramInput,
    RequestId,
    ToolSpecs,
    specs,
)

snapshot = typer.Typer(name="snapshot", help="Signed sealed programs in files.", rich_markup_mode=None)
SnapshotFile = Annotated[Path, typer.Argument(metavar="FILE", help="A snapshot, usually *.msqs.")]
Trust = Annotated[
    list[Path] | None, typer.Option("--trust", metavar="KEY.pub", help="A public key whose programs are run.")
]


@snapshot.command()
def keygen(
    output: Annotated[Path, typer.Option("--output", "-o", help="The private key's file; KEY.pub is made beside it.")],
) -> int:
    """Make a pair of keys: ECDSA on P-256, PEM."""
    from belljar.cli._snapshot import keygen_command

    return keygen_command(output)


@snapshot.command()
def build(
    file: Annotated[Path, typer.Argument(metavar="PROGRAM.ts", help="A program of the sealed profile.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The snapshot's file.")],
    name: Annotated[str | None, typer.Option("--name", help="Of the program; else the file's.")] = None,
    version: Annotated[str, typer.Option("--version", help="Of the program.")] = "0",
    tools: ToolSpecs = None,
    key: Annotated[Path | None, typer.Option("--key", help="A private key to sign with.")] = None,
) -> int:
    """Seal a program, load it into a machine, and keep that. The same source gives the same bytes."""
    from belljar.cli._snapshot import build_command

    return build_command(file, output=output, name=name, version=version, tools=specs(tools), key=key)


@snapshot.command()
def sign(
    file: SnapshotFile,
    key: Annotated[Path, typer.Option("--key", help="The private key, PEM.")],
    certificate: Annotated[Path | None, typer.Option("--certificate", help="Of that key, PEM.")] = None,
) -> int:
    """Sign in place."""
    from belljar.cli._snapshot import sign_command

    return sign_command(file, key=key, certificate=certificate)


@snapshot.command()
def verify(file: SnapshotFile, trust: Trust = None, json: Json = False) -> int:
    """Open it as a run would; exit code 1 where it is not to be trusted."""
    from belljar.cli._snapshot import verify_command

    return verify_command(file, trust=tuple(trust or ()), as_json=json)


@snapshot.command()
def inspect(file: SnapshotFile, json: Json = False) -> int:
    """What it says of itself. Nothing is verified."""
    from belljar.cli._snapshot import inspect_command

    return inspect_command(file, as_json=json)


@snapshot.command()
def run(
    file: SnapshotFile,
    trust: Trust = None,
    tools: ToolSpecs = None,
    approve: Approve = "ask",
    engine: Engine = "quickjs",
    json: Json = False,
    journal: Journal = None,
    input: ProgramInput = None,
    gas_limit: GasLimit = None,
    request_id: RequestId = None,
    account_id: AccountId = "",
    function_version: FunctionVersion = "",
) -> int:
    """Verify and run it. Tools are its effects."""
    from belljar.cli._run import RunOptions, SealedOptions, run_command
    from belljar.cli._snapshot import trusted_program

    about = SealedOptions(
        program=trusted_program(file, tuple(trust or ())),
        input=input,
        gas_limit=gas_limit,
        request_id=request_id,
        account_id=account_id,
        function_version=function_version,
    )
    return run_command(
        RunOptions(
            file=file,
            tools=specs(tools),
            approve=approve,
            engine=engine,
            as_json=json,
            journal=journal,
            sealed=about,
        )
    )
