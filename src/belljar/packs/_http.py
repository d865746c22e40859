"""The tool `http`: requests that a policy allows, to addresses that were checked, with secrets that no script sees.

For each hop, the first and every redirect, in this order: the URL is read in one way only (`_url`), the policy looks
at host, scheme, port and method (`_http_policy`), the name is looked up once, every address that came is judged
(`_guard`), and one of exactly these is connected to (`_line`). Between the judgement and the connection nobody asks the
DNS again.

No proxy, no cookie jar, no kept connection, no compression: each would be something that one script leaves for another,
or that grows out of bounds.
"""

from __future__ import annotations

import json as json_text
import re
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any, Final

from pydantic import Field

from belljar.audit import is_secret_key
from belljar.errors import NetworkPolicyError, ScriptError, ToolExecutionError, ToolValidationError, UsageError
from belljar.packs._exchange import Answered, AnswerError, Exchange
from belljar.packs._guard import refusal
from belljar.packs._http_answer import HttpResult, is_coded, result_of
from belljar.packs._http_policy import HttpPolicy, is_header_name
from belljar.packs._http_secrets import Cleaner
from belljar.packs._line import Line, Resolver, TooMuchError, look_up, system_resolver
from belljar.packs._pace import Pace
from belljar.packs._url import Target, is_address, join_url, parse_url
from belljar.tools import AbortSignal, AnyTool, Tool, tool
from belljar.tools._tool import Approval

_VALUE: Final = re.compile(r"[\t\x20-\x7e]*\Z", re.ASCII)
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_BODILESS: Final = frozenset({"GET", "HEAD"})
_MOST_HEADERS: Final = 50
_OVERHEAD_BYTES: Final = 1 << 20
"""Of an answer, beside twice its body: headers, and the frames of a body that comes in small chunks."""


def http_tool(
    policy: HttpPolicy,
    *,
    name: str = "http",
    approval: Approval = "never",
    resolver: Resolver = system_resolver,
    tls: ssl.SSLContext | None = None,
) -> AnyTool:
    """The tool that makes the HTTP requests that `policy` allows.

    `tls` is for certificates of one's own; it must verify them and the name. Raises UsageError where it does not.
    """
    if tls is not None and not (tls.check_hostname and tls.verify_mode == ssl.CERT_REQUIRED):
        raise UsageError("the TLS context does not verify certificates", hint="Use ssl.create_default_context().")
    client = _Http(policy, resolver, tls, name)
    description = f"{client.request.description}\n{policy.description()}"
    return Tool.of(client.request, name=name, approval=approval, description=description)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """One hop."""

    target: Target
    method: str
    headers: Mapping[str, str]
    """Names in lower case; the script's own, and those about the body."""
    body: bytes | None
    is_redirect: bool = False


class _Http:
    def __init__(self, policy: HttpPolicy, resolver: Resolver, tls: ssl.SSLContext | None, name: str) -> None:
        self._policy = policy
        self._resolver = resolver
        self._given_tls = tls
        self._name = name
        self._clean = Cleaner(policy.secrets)

    @tool
    def request(
        self,
        url: str,
        signal: AbortSignal,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        json: Annotated[Any, Field(description="The request's body as JSON.")] = None,
        body: Annotated[str | bytes | None, Field(description="The request's body as text or bytes.")] = None,
    ) -> HttpResult:
        """Make an HTTP request. Every status is a result: look at `ok`. JSON is in `body`, for JSON.parse."""
        request = self._first(url, method, headers or {}, self._content(method, json, body))
        pace = Pace(signal, ms=self._policy.timeout_ms)
        try:
            return self._follow(request, pace, signal)
        except TimeoutError:
            raise self._failed(f"no complete answer within {self._policy.timeout_ms:,} ms") from None
        except ScriptError as error:  # it may quote where a server redirects to
            raise self._clean.error(error) from None

    # -- the request ----------------------------------------------------------------------------------------------

    def _first(self, url: str, method: str, headers: Mapping[str, str], content: tuple[str, bytes] | None) -> _Request:
        try:
            target = parse_url(url)
        except ValueError as error:
            raise self._invalid(f"url {error}") from None
        self._policy.check(target, method)
        own = {"user-agent": "belljar", "accept": "*/*"} | ({"content-type": content[0]} if content else {})
        return _Request(
            target=target,
            method=method,
            headers=own | self._checked(headers, target),
            body=content[1] if content else None,
        )

    def _content(self, method: str, json: Any, body: str | bytes | None) -> tuple[str, bytes] | None:
        """Media type and bytes."""
        if json is None and body is None:
            return None
        if method in _BODILESS:
            raise self._invalid(f"a {method} request has no body")
        if json is not None and body is not None:
            raise self._invalid("there is json and body; give one of them")
        if isinstance(body, bytes):
            return "application/octet-stream", body
        if body is not None:
            return "text/plain; charset=utf-8", body.encode()
        try:
            return "application/json", json_text.dumps(json, allow_nan=False, separators=(",", ":")).encode()
        except TypeError:
            raise self._invalid("json holds bytes, which JSON has not") from None

    def _checked(self, headers: Mapping[str, str], target: Target) -> dict[str, str]:
        """By names in lower case."""
        if len(headers) > _MOST_HEADERS:
            raise self._invalid(f"there are more than {_MOST_HEADERS} headers")
        checked: dict[str, str] = {}
        for name, value in headers.items():
            key = name.lower()
            if not is_header_name(name) or not _VALUE.match(value):
                raise self._invalid(f"the header {name[:80]!r} holds characters that headers may not hold")
            if self._policy.is_ours(key, target):
                raise self._invalid(f"the header {name!r} is set by the host")
            if key in checked:
                raise self._invalid(f"the header {name!r} is there twice")
            checked[key] = value.strip(" \t")
        return checked

    # -- hops -----------------------------------------------------------------------------------------------------

    def _follow(self, request: _Request, pace: Pace, signal: AbortSignal) -> HttpResult:
        for _ in range(self._policy.redirects + 1):
            with Line(pace=pace, signal=signal, most_bytes=2 * self._policy.response_bytes + _OVERHEAD_BYTES) as line:
                result = self._hop(request, line, pace, signal)
            if not isinstance(result, _Request):
                return result
            request = result
        raise self._policy.refused(f"the answer is a redirect for more than {self._policy.redirects} times")

    def _hop(self, request: _Request, line: Line, pace: Pace, signal: AbortSignal) -> HttpResult | _Request:
        """The answer, or where it redirects to."""
        target = request.target
        try:
            line.connect(self._addresses(target, pace, signal), target.port)
            if target.scheme == "https":
                line.secure(self._tls, target.host)
            exchange = Exchange(line)
            answered = exchange.ask(request.method, target.path, self._headers(request), request.body)
            return self._redirected(request, answered) or self._result(request, answered, exchange)
        except TimeoutError:
            raise
        except (TooMuchError, AnswerError, OSError) as error:
            raise self._failed(self._why(target.host, error)) from None

    def _result(self, request: _Request, answered: Answered, exchange: Exchange) -> HttpResult:
        if is_coded(answered) and self._policy.secrets_for(request.target):
            raise AnswerError("is compressed, and secrets could not be taken out of it")
        body = exchange.body(self._policy.response_bytes)
        return result_of(answered, body, request.target, redirected=request.is_redirect, clean=self._clean)

    def _addresses(self, target: Target, pace: Pace, signal: AbortSignal) -> Sequence[str]:
        """All of them checked. Raises NetworkPolicyError."""
        if is_address(target.host):
            addresses: Sequence[str] = (target.host,)
        else:
            addresses = tuple(map(str, look_up(self._resolver, target.host, target.port, pace=pace, signal=signal)))
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        try:
            kind = refusal(addresses, allow_local=self._policy.allows_local(target.host))
        except ValueError:
            raise UsageError("the resolver gave what is no address") from None
        if kind is not None:
            raise self._policy.refused(f"{target.host} has a {kind} address, which may not be reached")
        return addresses

    def _headers(self, request: _Request) -> dict[str, str]:
        """As they are sent."""
        fixed = {"host": request.target.authority, "connection": "close", "accept-encoding": "identity"}
        if request.method not in _BODILESS:
            fixed["content-length"] = str(len(request.body or b""))
        return fixed | dict(request.headers) | self._policy.secrets_for(request.target)

    def _redirected(self, request: _Request, answered: Answered) -> _Request | None:
        """The next hop, if there is one. Raises NetworkPolicyError for one that is not allowed."""
        status, location = answered.status, answered.header("location")
        if status not in _REDIRECTS or location is None:
            return None
        try:
            target = join_url(request.target, location.encode("latin-1").decode("utf-8", "replace"))
        except ValueError as error:
            is_clean = self._clean.text(location) == location  # a message may cut what it quotes
            why = f"its URL {error}" if is_clean else "its URL cannot be taken"
            raise self._policy.refused(f"a redirect was refused: {why}") from None
        becomes_get = status == 303 or (status in (301, 302) and request.method == "POST")
        following = replace(request, target=target, is_redirect=True)
        if becomes_get and request.method != "HEAD":
            following = replace(following, method="GET", body=None, headers=_without_content(request.headers))
        if target.origin != request.target.origin:
            following = replace(following, headers=self._fit_for(target, following.headers))
        self._check_redirect(request.target, following)
        return following

    def _fit_for(self, target: Target, headers: Mapping[str, str]) -> dict[str, str]:
        """What another origin may get: no Authorization, Cookie, X-Api-Key or what else tells of a secret by its name;
        and nothing that the script could not have set there itself."""
        return {
            name: value
            for name, value in headers.items()
            if not (is_secret_key(name) or self._policy.is_ours(name, target))
        }

    def _check_redirect(self, before: Target, following: _Request) -> None:
        target = following.target
        if before.scheme == "https" and target.scheme == "http":
            raise self._policy.refused("a redirect was refused: it leads from https to http")
        try:
            self._policy.check(target, following.method)
        except NetworkPolicyError as error:
            # An address that the script did not give it must not learn here.
            why = "it leads to an address that is not allowed" if is_address(target.host) else error.message
            raise self._policy.refused(f"a redirect was refused: {why}") from None

    # -- inside ---------------------------------------------------------------------------------------------------

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Made at first use: it reads the system's certificates."""
        if self._given_tls is not None:
            return self._given_tls
        context = ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        return context

    def _why(self, host: str, error: Exception) -> str:
        """What went wrong, without addresses and paths, which only the host knows."""
        match error:
            case TooMuchError():
                return f"the answer of {host} has more than {self._policy.response_bytes:,} bytes"
            case ssl.SSLEOFError():
                return f"the answer of {host} ended too soon"
            case AnswerError():
                return f"the answer of {host} {error}"
            case socket.gaierror():
                return f"the name {host} has no address"
            case ssl.SSLCertVerificationError():
                return f"the certificate of {host} cannot be trusted: {error.verify_message}"
            case ssl.SSLError():
                return f"no secure connection to {host}: {error.reason or 'it ended'}"
        return f"{host} cannot be reached: {getattr(error, 'strerror', None) or 'the connection ended'}"

    def _failed(self, message: str) -> ToolExecutionError:
        return ToolExecutionError(message, tool=self._name)

    def _invalid(self, message: str) -> ToolValidationError:
        return ToolValidationError(message, tool=self._name)


def _without_content(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if not name.startswith("content-")}
