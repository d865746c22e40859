"""From a response to what the script gets: text or bytes, in bounds, without the host's secrets."""

from __future__ import annotations

import re
from typing import Final

from typing_extensions import TypedDict

from belljar.audit._words import word_set
from belljar.packs._exchange import Answered
from belljar.packs._http_secrets import Cleaner
from belljar.packs._url import Target

_TEXT: Final = re.compile(
    r"text/|application/(?:json|xml|javascript|ecmascript|x-ndjson|jsonl|yaml|toml|graphql|sql|x-www-form-urlencoded)\Z"
    r"|[^/]+/[^/]+\+(?:json|xml|yaml)\Z"
)
_CHARSET: Final = re.compile(r"(?:^|;)\s*charset=\"?([a-z0-9_-]+)", re.ASCII)
_CHARSETS: Final = word_set(
    "ascii us-ascii utf-8 utf8 utf-16 utf-16le utf-16be iso-8859-1 latin1 iso-8859-15 windows-1250 windows-1251"
    " windows-1252 shift_jis euc-jp euc-kr gb18030 gbk big5 koi8-r"
)
"""Others are read as UTF-8: Python's decoders also know things that are no charsets."""


class HttpResult(TypedDict):
    """An answer, whatever its status."""

    ok: bool
    """Whether the status is 200 to 299."""
    status: int
    headers: dict[str, str]
    """Names in lower case; what came several times is joined by ", "."""
    body: str
    """Text; empty where the answer is none."""
    bytes: bytes | None
    """What is not text; null where the answer is."""
    url: str
    """Where the answer came from."""
    redirected: bool


def result_of(answered: Answered, body: bytes, target: Target, *, redirected: bool, clean: Cleaner) -> HttpResult:
    """What the script gets. Bytes are cleaned before they are decoded too: a charset is the server's word."""
    data = clean.data(body)
    text = _text(answered, data)
    return {
        "ok": 200 <= answered.status <= 299,
        "status": answered.status,
        "headers": _headers(answered, clean),
        "body": clean.text(text) if text is not None else "",
        "bytes": data if text is None else None,
        "url": clean.text(target.url),
        "redirected": redirected,
    }


def _headers(answered: Answered, clean: Cleaner) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in answered.headers:
        key = clean.text(name)
        headers[key] = f"{headers[key]}, {clean.text(value)}" if key in headers else clean.text(value)
    return headers


def is_coded(answered: Answered) -> bool:
    """Whether the body is compressed, which nobody asked for."""
    return (answered.header("content-encoding") or "identity").lower() != "identity"


def _text(answered: Answered, data: bytes) -> str | None:
    """None for what is not text, and for what is compressed."""
    if is_coded(answered):
        return None
    if (declared := answered.header("content-type")) is None:
        return _utf8(data)
    kind, _, parameters = declared.lower().partition(";")
    if not _TEXT.match(kind.strip()):
        return None
    # Not the e-mail package's own reading of it, which fails on some parameters.
    named = _CHARSET.search(parameters)
    charset = named[1] if named is not None and named[1] in _CHARSETS else "utf-8"
    return data.decode(charset, "replace").removeprefix("\ufeff")


def _utf8(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None
