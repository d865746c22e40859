"""What a plugin is given, without secrets: each tool's answer, error and progress, before the machine sees it.

A text is looked at as it is and as it reads without characters that nobody sees (`belljar.audit`). It keeps its number
of lines and is not shortened. Bytes that are text are cleaned like it; other bytes that hold a secret, in whatever
encoding, are refused, since nothing can be put in its place. What people are shown has its control characters taken out
first and is cleaned then, so that nothing is put together again. An answer is cleaned after it was checked against the
tool's own types, so the declaration that the author reads is the tool's.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from belljar.audit import REDACTED, redacted_whole, secret_forms, secret_spans
from belljar.audit._whole import NAMED
from belljar.errors import BelljarError, CapabilityRefusedError, SecretFoundError, from_dict
from belljar.tools import AbortSignal, AnyTool, CallInfo, Tool
from belljar.tools._approval import DecisionNeeded
from belljar.tools._open_call import tool_error

_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What moves a cursor or turns the direction of writing; the tab and the end of a line stay."""
_CODES: Final = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "latin-1", "cp1252")
_LEAST_READ: Final = 4
"""Characters of a secret that must have survived a wrong encoding for it to be known by them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaner:
    """Takes secrets out: those registered, and what has the form or the name of one."""

    secrets: tuple[str, ...] = field(default=(), repr=False)

    def text(self, text: str) -> str:
        """Without secrets, with as many lines."""
        return str(self.value(text))

    def value(self, value: Any) -> Any:
        """A copy of plain data, bytes included, without secrets."""
        return redacted_whole(value, secrets=self.secrets, data=self.data)

    def shown(self, value: Any) -> Any:
        """For people: also without control characters. Bytes that hold a secret are not there at all."""
        return redacted_whole(value, secrets=self.secrets, first=_without_controls, data=self._shown_data)

    def data(self, data: bytes) -> bytes:
        """Raises CapabilityRefusedError for bytes that are no text and hold a secret."""
        clean = self._data(data)
        if clean is None:
            raise CapabilityRefusedError(
                "the bytes hold a secret, and are no text that it could be taken out of",
                hint="Read what is UTF-8, or has no secrets in it.",
            )
        return clean

    def _shown_data(self, data: bytes) -> bytes:
        clean = self._data(data)
        return REDACTED.encode() if clean is None else clean

    def _data(self, data: bytes) -> bytes | None:
        """None where a secret cannot be taken out."""
        try:
            text = data.decode()
        except UnicodeDecodeError:
            text = "\0"
        if "\0" not in text:
            return self.text(text).encode()
        return None if self._is_hidden_in(data) else data

    def _is_hidden_in(self, data: bytes) -> bool:
        """Whether a secret stands in bytes, in one byte a character or in more."""
        if secret_spans(data.decode("latin-1"), secrets=self.secrets):  # ASCII, with zeros between it or without
            return True
        forms = {form for secret in self.secrets for form in secret_forms(secret) if not form.isascii()}
        return any(coded in data for form in forms for coded in _coded(form))

    def error(self, error: BelljarError) -> BelljarError:
        """The same error, for people."""
        facts = error.to_dict()
        return from_dict({**facts, **{name: self.shown(facts[name]) for name in _SPOKEN if facts.get(name)}})

    def refuse_input(self, value: Any) -> None:
        """Raises SecretFoundError, naming the place and never the value, where plain data holds a secret."""
        for path, text in _texts(value, "input"):
            if spans := secret_spans(text, secrets=self.secrets):
                raise _found(path, spans[0].kind)
        if self.value(value) != value:
            raise _found("input", "a value under the name of a secret")

    def refuse_text(self, text: str, file: str) -> None:
        """The same of a script, by value and by form: in code, a secret's name says little of what is beside it."""
        for span in secret_spans(text, secrets=self.secrets):
            if span.kind != NAMED:
                raise _found(f"{file}:{text.count(chr(10), 0, span.start) + 1}", span.kind)


def _found(place: str, kind: str) -> SecretFoundError:
    return SecretFoundError(
        f"{place} holds a secret: {kind}",
        hint="Let the policy give it to the one host that needs it ([[grant.secret]]).",
        details={"path": place, "kind": kind},
    )


_SPOKEN: Final = ("message", "hint", "excerpt", "details")
"""Fields of an error that hold what somebody wrote."""


def misread(secrets: Iterable[str]) -> set[str]:
    """What secrets become where bytes of another encoding are taken for UTF-8."""
    codes = {coded.decode("utf-8", "replace").replace("\0", "") for secret in secrets for coded in _coded(secret)}
    return {code for code in codes if len(code.replace("\ufffd", "")) >= _LEAST_READ} - set(secrets)


def _coded(form: str) -> Iterator[bytes]:
    for code in _CODES:
        with suppress(UnicodeEncodeError):  # what a code cannot say is not hidden in it
            yield form.encode(code)


def _without_controls(text: str) -> str:
    return _CONTROLS.sub("", text)


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    pending: list[tuple[str, Any]] = [(path, value)]
    while pending:
        place, item = pending.pop()
        if isinstance(item, str):
            yield place, item
        elif isinstance(item, Mapping):
            for number, (key, each) in enumerate(item.items()):
                yield f"{place}, key {number + 1}", str(key)
                pending.append((f"{place}.{key}", each))
        elif isinstance(item, list | tuple):
            pending += [(f"{place}[{number}]", each) for number, each in enumerate(item)]


# -- tools ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CleanTool(Tool[..., Any]):
    """A tool whose answers, errors and progress are cleaned. Schema, approval and the rest are the tool's own."""

    cleaner: Cleaner
    check: Callable[[Mapping[str, Any]], None] | None = None
    """Looks at the arguments before anybody is asked about the call; raises a ScriptError."""

    def validate(self, args: Any) -> dict[str, Any]:
        arguments = super().validate(args)
        if self.check is not None:
            self.check(arguments)
        return arguments

    def invoke(self, kwargs: Mapping[str, Any], *, signal: AbortSignal, call: CallInfo) -> Any:
        heard = replace(call, progress=lambda text: call.progress(self.cleaner.shown(str(text))))
        if self.is_async:
            return self._awaited(super().invoke(kwargs, signal=signal, call=heard))
        with self._clean_errors():
            return super().invoke(kwargs, signal=signal, call=heard)

    def encode(self, result: Any) -> Any:
        with self._clean_errors():
            return self.cleaner.value(super().encode(result))

    async def _awaited(self, result: Awaitable[Any]) -> Any:
        with self._clean_errors():
            return await result

    @contextmanager
    def _clean_errors(self) -> Iterator[None]:
        try:
            yield
        except DecisionNeeded as needed:
            raise DecisionNeeded(self.cleaner.text(needed.reason)) from None
        except (KeyboardInterrupt, asyncio.CancelledError):
            raise
        except BaseException as error:  # whatever a tool raises, SystemExit too, may quote what it read
            raise self.cleaner.error(tool_error(error, self.name)) from None


def cleaned(tool: AnyTool, cleaner: Cleaner, *, check: Callable[[Mapping[str, Any]], None] | None = None) -> AnyTool:
    """The tool as a plugin gets it."""
    if tool.is_method:
        return tool  # the registry refuses it, and says why
    own = {each.name: getattr(tool, each.name) for each in fields(tool)}
    return CleanTool(**own, cleaner=cleaner, check=check)
