"""How an operator says where a server is."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from mcp.client.stdio import StdioServerParameters
from servers import demo

from belljar.errors import UsageError
from belljar.mcp import McpServers, ServerSpec, Target, parse_target


@pytest.mark.parametrize(
    ("text", "name", "target"),
    [
        ("git=uvx mcp-server-git --repo '/a b'", "git", ("uvx", ["mcp-server-git", "--repo", "/a b"])),
        ("crm=https://crm.example/mcp?a=b", "crm", "https://crm.example/mcp?a=b"),
        ("local=http://127.0.0.1:8000/mcp", "local", "http://127.0.0.1:8000/mcp"),
        ("x=HTTPS://crm.example", "x", "HTTPS://crm.example"),
    ],
)
def test_a_target_on_the_command_line(text: str, name: str, target: Any) -> None:
    """NAME=COMMAND is split as a shell would, NAME=URL is taken as it is."""
    found_name, found = parse_target(text)

    assert found_name == name
    assert (found.command, found.args) == target if isinstance(found, StdioServerParameters) else found == target


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("uvx mcp-server-git", "'uvx mcp-server-git' is not NAME=COMMAND or NAME=URL"),
        ("my-server=x", "MCP server name 'my-server' is not a JavaScript name"),
        ("a.b=x", "MCP server name 'a.b' has a dot"),
        ("=x", "MCP server name '' is not a JavaScript name"),
        ("then=x", "MCP server name 'then' is not a JavaScript name"),
        ("a=", "the command is empty"),
        ("a=''", "the command is empty"),
        ("a='x", "the command cannot be split into words: No closing quotation"),
        ("a=ws://x.example", "MCP does not run over ws"),
        ("a=file:///etc/passwd", "MCP does not run over file"),
    ],
)
def test_a_target_that_cannot_be_one_is_refused(text: str, message: str) -> None:
    """Misuse by the operator is a UsageError that says what to write."""
    with pytest.raises(UsageError) as refused:
        parse_target(text)

    assert refused.value.message == message
    assert refused.value.hint


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (7, "MCP server 's': a int is no MCP server"),
        ([], "MCP server 's': the command is empty"),
        (["a\0b"], "MCP server 's': the command is empty"),
        ([1], "MCP server 's': a list is no MCP server"),
        (ServerSpec(target=ServerSpec(target="x")), "MCP server 's': a ServerSpec inside another one"),
        (ServerSpec(target="x", headers={"a": "b"}), "MCP server 's' has headers and no URL"),
        (ServerSpec(target="x", call_timeout_ms=0), "MCP server 's': a time limit must be at least 1 ms"),
        (ServerSpec(target="x", connect_timeout_ms=0), "MCP server 's': a time limit must be at least 1 ms"),
    ],
)
def test_a_target_in_code_that_cannot_be_one_is_refused(target: Any, message: str) -> None:
    """When the servers are named, before anything is started."""
    with pytest.raises(UsageError) as refused:
        McpServers({"s": target})

    assert refused.value.message == message


def test_every_form_of_a_target_is_taken() -> None:
    """Server objects, commands as text and as lists, parameters, URLs, and specs of them."""
    forms: list[Target] = [
        demo(),
        "uvx x",
        ["uvx", "x"],
        StdioServerParameters(command="uvx"),
        "https://x.example",
        "x",
    ]

    assert McpServers({f"s{n}": form for n, form in enumerate(forms)}).tools == ()


def test_without_the_sdk_the_import_says_what_to_install() -> None:
    """belljar itself does not need mcp, and does not import it."""
    program = (
        "import sys\n"
        "import belljar\n"
        "assert 'mcp' not in sys.modules, 'imported'\n"
        "sys.modules['mcp'] = None\n"
        "try:\n"
        "    import belljar.mcp\n"
        "except belljar.errors.UsageError as error:\n"
        "    print(error.message, error.hint)\n"
    )

    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)  # noqa: S603

    assert (found.stdout, found.stderr) == (
        "MCP servers need the official SDK, version 2 Install belljar[mcp].\n",
        "",
    )
