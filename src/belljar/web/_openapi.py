"""The API's OpenAPI 3.1 document, made from the table of operations. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import belljar
from belljar import gate
from belljar.web._api import PREFIX, Operation, operations

_TEXT: Final = {"type": "string"}
_NUMBER: Final = {"type": "integer"}
_MAYBE: Final = {"type": ["string", "null"]}
_FLAG: Final = {"type": "boolean"}
_ANY: Final[dict[str, Any]] = {}


def _object(required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required.split(), "properties": properties}


SCHEMAS: Final[Mapping[str, Mapping[str, Any]]] = {
    "Run": _object(
        "id state created_ms updated_ms script_sha256 profile queue calls waiting",
        id=_TEXT, state={"enum": ["queued", "running", "suspended", "succeeded", "failed", "cancelled"]},
        created_ms=_NUMBER, updated_ms=_NUMBER, ended_ms={"type": ["integer", "null"]}, script_sha256=_TEXT,
        profile=_TEXT, queue=_TEXT, priority=_NUMBER, agent_id=_MAYBE, owner=_MAYBE, epoch=_NUMBER, slice=_NUMBER,
        steps=_NUMBER, calls=_NUMBER, spent_ms=_NUMBER, records=_NUMBER, head=_MAYBE, error=_MAYBE,
        outcome_sha256=_MAYBE, waiting=_NUMBER, cancel_requested=_FLAG, journal_bytes=_NUMBER, source=_TEXT,
    ),
    "Question": _object(
        "id run_id ordinal tool arguments digest state asked_ms expires_ms votes",
        id=_TEXT, run_id=_TEXT, ordinal=_NUMBER, tool=_TEXT, arguments={"type": ["object", "null"]}, reason=_TEXT,
        excerpt=_TEXT, line={"type": ["integer", "null"]}, column={"type": ["integer", "null"]},
        elapsed_ms=_NUMBER, digest=_TEXT, is_unknown=_FLAG,
        state={"enum": ["open", "decided", "used", "expired", "cancelled"]}, asked_ms=_NUMBER, expires_ms=_NUMBER,
        quorum={"type": ["object", "null"]}, votes={"type": "array", "items": {"type": "object"}},
        decision={"type": ["object", "null"]}, decided_ms={"type": ["integer", "null"]}, edited_digest=_MAYBE,
    ),
    "Vote": _object(
        "verdict digest",
        verdict={"enum": ["approve", "edit", "join", "approve_for_run", "deny", "respond"]}, digest=_TEXT, reason=_TEXT,
        arguments={"type": "object"}, joined=_TEXT, calls=_NUMBER, sum_of=_TEXT, at_most={"type": "number"}, value=_ANY,
        who=_TEXT,
    ),
    "Standing": _object("question is_new decided", question={"$ref": "#/components/schemas/Question"}, is_new=_FLAG,
                        decided=_MAYBE),
    "Cancel": _object("", who=_TEXT),
    "Cancelled": _object("result", result={"enum": ["cancelled", "requested", "ended"]}),
    "Replayed": _object("same sha256 error", same=_FLAG, sha256=_MAYBE, error={"type": ["object", "null"]}),
    "Record": _object("seq hash text", text=_TEXT, seq=_NUMBER, time=_TEXT, event=_TEXT, action=_TEXT,
                      actor=_TEXT, run_id=_MAYBE, details={"type": "object"}, hash=_TEXT, previous=_TEXT),
    "Verified": _object("holds", holds=_FLAG, records=_NUMBER, head={"type": "array"}, checkpoints=_NUMBER,
                        signed_until={"type": ["integer", "null"], "description": "null: signatures were not checked"},
                        message=_TEXT, details={"type": "object"}),
    "Worker": _object("id host pid started_ms beat_ms state is_dead", id=_TEXT, host=_TEXT, pid=_NUMBER,
                      started_ms=_NUMBER, beat_ms=_NUMBER, state=_TEXT, version=_TEXT, is_dead=_FLAG),
    "Agent": _object("id name state", id=_TEXT, name=_TEXT, version=_TEXT, queue=_TEXT, state=_TEXT, owner=_MAYBE,
                     epoch=_NUMBER, beat_ms=_NUMBER, created_ms=_NUMBER, updated_ms=_NUMBER),
    "Metrics": {"type": "object", "additionalProperties": {"type": "number"}},
    "Document": {"type": "object"},
    "Lines": {"type": "string", "description": "One JSON document on each line."},
    "Error": _object("error", error=_object("code message", code=_TEXT, message=_TEXT, hint=_TEXT, details=_ANY)),
}  # fmt: skip


def document() -> dict[str, Any]:
    """The whole document, as far as the gate lets one see."""
    return _document(gate.is_on())


@cache
def _document(is_open: bool) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations():
        paths.setdefault(PREFIX + operation.path, {})[operation.method.lower()] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "belljar", "version": belljar.__version__, "summary": "Runs, approvals and the audit log."},
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": _schemas(is_open),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _schemas(is_open: bool) -> dict[str, Mapping[str, Any]]:
    if not is_open:
        return dict(SCHEMAS)
    from belljar.web._agents import AGENT_SCHEMAS  # behind the gate

    return {**SCHEMAS, **AGENT_SCHEMAS}


def _described(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": _parameters(operation),
        "responses": {"200": _answer(operation), "default": _json("An error.", _reference("Error"))},
    }
    if operation.body is not None:
        content = {"application/json": {"schema": _reference(operation.body)}}
        described["requestBody"] = {"required": operation.body == "Vote", "content": content}
    return described


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    in_path = [{"name": "id", "in": "path", "required": True, "schema": _TEXT}] if "{id}" in operation.path else []
    return in_path + [{"name": name, "in": "query", "required": False, "schema": _TEXT} for name in operation.query]


def _answer(operation: Operation) -> dict[str, Any]:
    schema: dict[str, Any] = _reference(operation.answer)
    if operation.answer == "Lines":
        return {"description": operation.summary, "content": {"application/x-ndjson": {"schema": schema}}}
    if operation.is_list:
        schema = _object("items next", items={"type": "array", "items": schema}, next=_MAYBE)
    return _json(operation.summary, schema)


def _json(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}
