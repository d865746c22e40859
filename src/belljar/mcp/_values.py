"""What a tool gave, as data for the script.

Structured content is the value. Where a server sends none, one text is a string and anything else an array of blocks:
`{type: "text", text}`, `{type: "image" | "audio", mimeType, data}` with the bytes as Uint8Array, `{type: "resource",
uri, mimeType?, text | data}` and `{type: "resource_link", uri, name, ...}`; no block at all is null.

A text stays a text even when it is JSON, because nobody declared what it is: `JSON.parse` is the script's to call. Only
where the server declares a structured result and sends a text instead (as the protocol asks of it, for old clients)
is the text parsed, and a text that is not JSON then is the call's failure. Whether a value fits the server's schema is
not checked: a stranger's schema can be made to keep a validator busy for ever.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import mcp_types as types

from belljar.errors import ToolExecutionError
from belljar.mcp._faults import shortened
from belljar.mcp._schemas import unwrapped_value


def plain_value(result: types.CallToolResult, *, tool: str, is_declared: bool, is_wrapped: bool) -> Any:
    """The script's value. Raises ToolExecutionError for a result that says it is an error, and for a broken one."""
    if result.is_error:
        raise ToolExecutionError(f"{tool}: {shortened(_texts(result.content)) or 'failed'}", tool=tool)
    if result.structured_content is not None or "structured_content" in result.model_fields_set:
        value = result.structured_content
        return unwrapped_value(value) if is_wrapped else value
    value = _blocks(result.content, tool)
    return _parsed(value, tool, is_wrapped=is_wrapped) if is_declared and isinstance(value, str) else value


def is_json_text(value: Any) -> bool:
    """Whether a string holds a JSON object or array."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return False
    try:
        json.loads(value)
    except (ValueError, RecursionError):
        return False
    return True


def _parsed(text: str, tool: str, *, is_wrapped: bool) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        message = f"{tool} declares a structured result and sent a text instead: {shortened(text, 200)}"
        raise ToolExecutionError(message, tool=tool) from None
    return unwrapped_value(value) if is_wrapped else value


def _texts(blocks: Iterable[types.ContentBlock]) -> str:
    return "\n".join(block.text for block in blocks if isinstance(block, types.TextContent))


def _blocks(blocks: list[types.ContentBlock], tool: str) -> Any:
    if not blocks:
        return None
    if len(blocks) == 1 and isinstance(blocks[0], types.TextContent):
        return blocks[0].text
    try:
        return [_BLOCKS[block.type](block) for block in blocks]
    except binascii.Error:
        raise ToolExecutionError(f"{tool} sent data that is not base64", tool=tool) from None


def _text(block: types.TextContent) -> dict[str, Any]:
    return {"type": block.type, "text": block.text}


def _media(block: types.ImageContent | types.AudioContent) -> dict[str, Any]:
    return {"type": block.type, "mimeType": block.mime_type, "data": _bytes(block.data)}


def _resource(block: types.EmbeddedResource) -> dict[str, Any]:
    held = block.resource
    body = {"text": held.text} if isinstance(held, types.TextResourceContents) else {"data": _bytes(held.blob)}
    return _without_none({"type": block.type, "uri": str(held.uri), "mimeType": held.mime_type}) | body


def _link(block: types.ResourceLink) -> dict[str, Any]:
    facts = {"type": block.type, "uri": str(block.uri), "name": block.name, "title": block.title}
    return _without_none(facts | {"description": block.description, "mimeType": block.mime_type, "size": block.size})


_BLOCKS: Final[Mapping[str, Callable[[Any], dict[str, Any]]]] = {
    "text": _text,
    "image": _media,
    "audio": _media,
    "resource": _resource,
    "resource_link": _link,
}


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _without_none(facts: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in facts.items() if value is not None}
