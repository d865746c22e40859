"""Programs that scripts run: how they are started, what they are given, and what comes back."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import error_of, value_of

import belljar
from belljar import AutoApprover
from belljar.errors import UsageError
from belljar.packs._capture import Capture
from belljar.packs._exec import ExecLimits, exec_tool
from belljar.packs._sleep import sleep_tool


def ran(folder: Path, *argv: str, cwd: str = ".", **options: Any) -> Any:
    """What the script gets for this command."""
    source = f"return await tools.exec({{argv: {list(argv)!r}, cwd: {cwd!r}}})"
    return value_of(source, exec_tool(folder, approval="never", **options))


def refused(folder: Path, arguments: str, **options: Any) -> tuple[str, str]:
    """Code and message of the error that these arguments lead to."""
    error = error_of(f"return await tools.exec({arguments})", exec_tool(folder, approval="never", **options))
    return error.code, error.message


# -- results ----------------------------------------------------------------------------------------------------------


def test_f23_both_streams_and_the_exit_code_come_back(tmp_path: Path) -> None:
    """A command that fails is a result, not an error."""
    assert ran(tmp_path, "sh", "-c", "echo out; echo err >&2; exit 3") == {
        "exitCode": 3, "signal": None, "stdout": "out\n", "stderr": "err\n", "truncated": False,
    }  # fmt: skip


def test_a_command_that_a_signal_ended_has_its_name(tmp_path: Path) -> None:
    """And no exit code."""
    result = ran(tmp_path, "sh", "-c", "kill -USR1 $$")

    assert (result["exitCode"], result["signal"]) == (None, "SIGUSR1")


def test_a_real_time_signal_has_a_number(tmp_path: Path) -> None:
    """Such signals have no names."""
    assert ran(tmp_path, "sh", "-c", "kill -40 $$")["signal"] == "signal 40"


def test_there_is_no_shell(tmp_path: Path) -> None:
    """Arguments arrive as they are."""
    words = ["$HOME;ls", "a b", "*", "", "x\r\ny\rz\n", "é", "-I"]

    assert ran(tmp_path, "printf", "[%s]", *words)["stdout"] == "".join(f"[{word}]" for word in words)


def test_a_program_reads_what_the_script_gives_it(tmp_path: Path) -> None:
    """Text as UTF-8, bytes as they are; without any, its input is empty."""
    source = """
        const told = async (stdin) => (await tools.exec({argv: ["od", "-An", "-tx1"], ...stdin})).stdout.trim();
        return [await told({stdin: "hé"}), await told({stdin: new Uint8Array([0, 255])}), await told({})];
    """

    assert value_of(source, exec_tool(tmp_path, approval="never")) == ["68 c3 a9", "00 ff", ""]


def test_a_large_input_reaches_a_program_that_reads_late(tmp_path: Path) -> None:
    """Nobody waits for the other when both sides have much to say."""
    source = """
        const {stdout} = await tools.exec({argv: ["sh", "-c", "yes | head -c 200000; wc -c"], stdin: "x".repeat(2e5)});
        return [stdout.length, stdout.slice(-7)];
    """

    assert value_of(source, exec_tool(tmp_path, approval="never")) == [200_007, "200000\n"]


def test_what_is_not_utf_8_is_replaced(tmp_path: Path) -> None:
    """One U+FFFD for each byte that fits nowhere."""
    assert ran(tmp_path, "printf", r"a\377\376b")["stdout"] == "a��b"


def test_a_pipe_that_nobody_reads_ends_its_writer_as_usual(tmp_path: Path) -> None:
    """Programs do not inherit that Python ignores SIGPIPE."""
    result = ran(tmp_path, "sh", "-c", "yes | head -n 1")

    assert (result["stdout"], result["stderr"], result["exitCode"]) == ("y\n", "", 0)


def test_long_output_loses_its_middle_and_says_so(tmp_path: Path) -> None:
    """Each stream by itself."""
    result = ran(
        tmp_path, "sh", "-c", "printf 0123456789abcdef; printf short >&2", limits=ExecLimits(output_bytes=8)
    )  # fmt: skip

    assert result["stdout"] == "0123\n[... 8 bytes left out ...]\ncdef"
    assert (result["stderr"], result["truncated"]) == ("short", True)


@given(st.lists(st.binary(max_size=40)), st.integers(1, 30))
def test_whatever_is_kept_was_there_and_the_mark_counts_the_rest(chunks: list[bytes], half: int) -> None:
    """Beginning, mark and end account for every byte, however the stream was cut into pieces."""
    capture, whole = Capture(2 * half), b"".join(chunks)
    for chunk in chunks:
        capture.add(chunk)

    if not capture.is_cut:
        assert (len(whole) <= 2 * half, capture.text()) == (True, whole.decode("utf-8", "replace"))
        return
    head, _, rest = capture.text().partition("\n[... ")
    count, _, tail = rest.partition(" bytes left out ...]\n")
    sides = [(at, int(count) + at) for at in range(max(half - 3, 0), half + 1)]
    assert (head, tail) in [
        (whole[:end].decode("utf-8", "replace"), whole[begin:].decode("utf-8", "replace")) for end, begin in sides
    ]


@given(st.text(alphabet="aé€😀", min_size=1, max_size=200), st.integers(4, 30))
def test_a_cut_falls_between_characters(text: str, half: int) -> None:
    """No half character is shown as U+FFFD."""
    capture = Capture(2 * half)
    capture.add(text.encode())

    assert "�" not in capture.text()
    assert "�" not in capture.last(half)


# -- what cannot be run -----------------------------------------------------------------------------------------------


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The error is the call's own."""
    assert refused(tmp_path, "{argv: ['no-such-program']}") == (
        "ToolExecutionError",
        "'no-such-program' was not found, or the interpreter that its first line names was not",
    )


def test_a_shell_line_is_met_with_how_to_write_it(tmp_path: Path) -> None:
    """The likeliest mistake has a hint."""
    error = error_of("await tools.exec({argv: ['ls -l | wc']})", exec_tool(tmp_path, approval="never"))

    assert error.hint == 'There is no shell: write argv as ["ls", "-l"], one entry for each argument.'


@pytest.mark.parametrize(
    ("content", "mode", "why"),
    [(b"#!/bin/sh\n", 0o600, "may not be executed"), (b"echo no first line\n", 0o700, "is no program")],
)
def test_a_file_that_cannot_be_executed_is_refused(tmp_path: Path, content: bytes, mode: int, why: str) -> None:
    """And no shell tries it instead."""
    program = tmp_path / "program"
    program.write_bytes(content)
    program.chmod(mode)

    assert refused(tmp_path, "{argv: ['./program']}") == ("ToolExecutionError", f"'./program' {why}")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("{argv: ['']}", "argv[0] is empty; it names the program"),
        ("{argv: ['ls', 'a\\0b']}", "argv[1] holds a NUL character"),
        ("{argv: ['ls', 'x'.repeat(131072)]}", "argv[1] is longer than 131,071 bytes; put long text into stdin"),
    ],
)
def test_arguments_that_no_program_can_be_given_are_refused(tmp_path: Path, arguments: str, message: str) -> None:
    """Before anything is started."""
    assert refused(tmp_path, arguments) == ("ToolValidationError", message)


def test_an_argument_may_be_as_long_as_the_system_takes(tmp_path: Path) -> None:
    """131,071 bytes still go."""
    source = "return (await tools.exec({argv: ['printf', '%s', 'x'.repeat(131071)]})).stdout.length"

    assert value_of(source, exec_tool(tmp_path, approval="never")) == 131_071


def test_a_command_without_words_is_refused(tmp_path: Path) -> None:
    """argv has at least the program."""
    assert refused(tmp_path, "{argv: []}")[0] == "ToolValidationError"


def test_a_program_is_asked_about_unless_the_host_says_otherwise(tmp_path: Path) -> None:
    """`always` is the default."""
    tools = [exec_tool(tmp_path)]
    source = "return (await tools.exec({argv: ['printf', 'hi']})).stdout"

    assert belljar.run(source, tools=tools, approver=AutoApprover("all")).value == "hi"
    assert error_of(source, *tools).code == "ApprovalDeniedError"


def test_the_tool_can_have_another_name(tmp_path: Path) -> None:
    """As `tools.spawn.exec` it gives a handle at once."""
    tool = exec_tool(tmp_path, approval="never", name="spawn.exec")
    source = "return (await tools.spawn.exec({argv: ['printf', 'later']}).done).stdout"

    assert value_of(source, tool) == "later"


# -- where it runs, and what it is given ------------------------------------------------------------------------------


def test_a_program_starts_in_a_folder_of_the_workspace(tmp_path: Path) -> None:
    """The root, or one below it; a program named with a slash is sought from there."""
    (tmp_path / "sub").mkdir()
    program = tmp_path / "sub" / "here"
    program.write_text("#!/bin/sh\npwd\n")
    program.chmod(0o700)

    assert ran(tmp_path, "pwd")["stdout"] == f"{tmp_path}\n"
    assert ran(tmp_path, "./here", cwd="sub")["stdout"] == f"{tmp_path}/sub\n"


@pytest.mark.parametrize("cwd", ["..", "sub/../..", "/", "out", "sub/up/..", "file", "missing", "a\0b"])
def test_a_folder_outside_the_workspace_is_refused(tmp_path: Path, cwd: str) -> None:
    """By name, by link, and where there is no folder at all."""
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "out").symlink_to("/tmp")  # noqa: S108
    (root / "sub" / "up").symlink_to("../..")
    (root / "file").touch()

    source = f"return await tools.exec({{argv: ['pwd'], cwd: {cwd!r}}})"
    error = error_of(source, exec_tool(root, approval="never"))

    assert error.code == "WorkspaceError"
    assert str(tmp_path) not in error.to_model()


def test_the_environment_holds_nothing_of_the_hosts_but_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets stay where they are; folders that PATH names relatively are left out."""
    monkeypatch.setenv("API_TOKEN", "hunter2")
    monkeypatch.setenv("PATH", ".:bin::/usr/bin:/bin")

    assert sorted(ran(tmp_path, "env")["stdout"].splitlines()) == [
        f"HOME={tmp_path}", "LANG=C.UTF-8", "PATH=/usr/bin:/bin",
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["", ":", "bin:.", " :"])
@pytest.mark.parametrize("inherit", [[], ["PATH"]])
def test_no_program_is_sought_in_the_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, inherit: list[str]
) -> None:
    """Where PATH names no absolute folder the system's own are taken, not the current one."""
    impostor = tmp_path / "printf"
    impostor.write_text("#!/bin/sh\necho impostor\n")
    impostor.chmod(0o700)
    monkeypatch.setenv("PATH", path)

    assert ran(tmp_path, "printf", "genuine", inherit=inherit)["stdout"] == "genuine"
    assert f"PATH={os.defpath}" in ran(tmp_path, "env", inherit=inherit)["stdout"].splitlines()


def test_the_host_may_hand_variables_on_and_set_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By name, as they are when the program starts; what it sets itself comes last."""
    tool = exec_tool(tmp_path, approval="never", inherit=["COLOUR", "SIZE", "UNSET"], env={"SIZE": "9", "LANG": "C"})
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("COLOUR", "red")
    monkeypatch.setenv("SIZE", "1")

    result = value_of("return await tools.exec({argv: ['env']})", tool)

    assert sorted(result["stdout"].splitlines()) == [
        "COLOUR=red", f"HOME={tmp_path}", "LANG=C", "PATH=/usr/bin:/bin", "SIZE=9",
    ]  # fmt: skip


def test_what_is_not_utf_8_can_be_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Byte for byte: names of variables' values and of the root are the host's."""
    root = tmp_path / os.fsdecode(b"caf\xe9")
    root.mkdir()
    monkeypatch.setenv("ODD", os.fsdecode(b"\xff"))

    shown = ran(root, "sh", "-c", 'printf \'%s|%s\' "$ODD" "$HOME" | od -An -c', inherit=["ODD"])["stdout"]

    assert ("377   |" in shown, "f 351" in " ".join(shown.split())) == (True, True)


def test_a_program_has_no_descriptor_but_its_streams(tmp_path: Path) -> None:
    """Neither the host's open files nor our own pipes."""
    with (tmp_path / "open").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        program = "import os; print([n for n in range(256) if os.path.exists(f'/dev/fd/{n}')])"
        result = ran(tmp_path, sys.executable, "-I", "-S", "-c", program)

    assert result["stdout"] == "[0, 1, 2]\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"env": {"A=B": ""}}, "'A=B' cannot be an environment variable with that value"),
        ({"env": {"A": "\0"}}, "'A' cannot be an environment variable with that value"),
        ({"inherit": [""]}, "'' cannot be an environment variable with that value"),
        ({"env": {"PATH": ""}}, "env: PATH must name absolute folders only, got ''"),
        ({"env": {"PATH": "/bin:tools"}}, "env: PATH must name absolute folders only, got '/bin:tools'"),
    ],
)
def test_an_impossible_environment_is_refused(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    """When the tool is made."""
    with pytest.raises(UsageError) as caught:
        exec_tool(tmp_path, **options)

    assert caught.value.message == message


@pytest.mark.parametrize("limits", [{"timeout_ms": 0}, {"output_bytes": 1}, {"grace_ms": -1}, {"grace_ms": True}])
def test_impossible_limits_are_refused(limits: dict[str, Any]) -> None:
    """Each has a range."""
    with pytest.raises(UsageError):
        ExecLimits(**limits)


def test_a_workspace_must_be_a_folder(tmp_path: Path) -> None:
    """When the tool is made."""
    with pytest.raises(UsageError):
        exec_tool(tmp_path / "missing")


# -- sleep ------------------------------------------------------------------------------------------------------------


def test_sleep_waits_and_gives_nothing() -> None:
    """The run's clock moves meanwhile."""
    source = (
        "const before = Date.now(); const got = await tools.sleep({ms: 20}); return [got, Date.now() - before >= 20]"
    )

    assert value_of(source, sleep_tool()) == [None, True]


@pytest.mark.parametrize("ms", ["-1", "60001"])
def test_sleep_takes_at_most_a_minute(ms: str) -> None:
    """Anything else is refused at once."""
    assert error_of(f"await tools.sleep({{ms: {ms}}})", sleep_tool()).code == "ToolValidationError"


def test_sleep_ends_when_nobody_waits_for_it() -> None:
    """The loser of a race does not hold the run up."""
    source = "return await Promise.race([tools.sleep({ms: 60000}), tools.sleep({ms: 1})])"

    outcome = belljar.run(source, tools=[sleep_tool()])

    assert (outcome.error, outcome.value) == (None, None)
