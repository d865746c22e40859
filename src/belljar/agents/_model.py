"""A model that writes text: the one thing that the code-generation agent needs of a provider.

A model is asked with the whole conversation and answers with a text and what it cost. What goes wrong there is a
ModelError; one that may pass is told by `is_passing`, and `ask` tries it again a few times, later each time. A key is
the provider's SDK's affair: it is read from the environment by it, and stands in no error.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol

from belljar.audit import is_secret_key, redact_text
from belljar.errors import ModelError, UsageError
from belljar.guess import listing

TRIES: Final = 4
"""Of one question."""
PAUSE_S: Final = 1.0
"""Before the second try; doubled before each further one."""
MOST_PAUSE_S: Final = 60.0
"""However long a provider asks to be left alone."""

_MESSAGE: Final = 500
_UNHEARD: Final = (401, 403, 404, 429)
"""Answers of HTTP that cost nothing: nobody has looked at the question."""
_KEYS: Final = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
_RANDOM: Final = 12
"""Characters of a text that looks random, at least."""
_SHORTEST: Final = 8
"""Characters of a secret: shorter values stand in every text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One part of a conversation."""

    role: Literal["system", "user", "assistant"]
    """system comes first, once; then user and assistant in turn."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReply:
    """What a model answered."""

    text: str
    input_tokens: int
    output_tokens: int
    stop_reason: str
    """"end" where the model had said all; else the provider's word: length, refusal."""


class Model(Protocol):
    """Asks one model. Raises ModelError."""

    async def reply(self, messages: Sequence[Message], *, max_tokens: int) -> ModelReply:
        """The answer, of at most `max_tokens`."""
        ...


def host_secrets() -> tuple[str, ...]:
    """What this process was given to keep: providers' keys, and random values under the names of secrets."""
    named = ((name, value) for name, value in dict(os.environ).items() if is_secret_key(name))
    return tuple(value for name, value in named if looks_random(value) or (name in _KEYS and len(value) >= _SHORTEST))


def looks_random(text: str) -> bool:
    """Whether nobody would write the text for anything but a secret: no word, no path, no address."""
    is_mixed = any(each.isdigit() for each in text) and any(each.isalpha() for each in text)
    is_path = "/" in text and (text.islower() or text.isupper())
    return len(text) >= _RANDOM and is_mixed and not is_path and ":" not in text and " " not in text


def model_error(
    message: str, *, is_passing: bool, wait_s: float | None = None, key: str | None = None, is_free: bool = False
) -> ModelError:
    """The error for what a provider said: bounded, and without its `key`. `wait_s`: as it asks for.

    `is_free`: nobody worked on the question, so it counts for nothing.
    """
    secrets = (*host_secrets(), *((key,) if key else ()))
    told = redact_text(message, secrets=secrets)[:_MESSAGE]
    return ModelError(told, details={"is_passing": is_passing, "wait_s": wait_s, "is_free": is_free})


def status_error(provider: str, status: int, message: str, wait: str | None, key: str | None) -> ModelError:
    """The error for an answer with this HTTP status; `wait` is its Retry-After."""
    is_passing = status in (408, 409, 429) or status >= 500
    wait_s = float(wait) if wait is not None and wait.isascii() and wait.isdigit() else None
    told = f"{provider} answered {status}: {message}"
    return model_error(told, is_passing=is_passing, wait_s=wait_s, key=key, is_free=status in _UNHEARD)


async def ask(
    model: Model,
    messages: Sequence[Message],
    *,
    max_tokens: int,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> ModelReply:
    """The model's answer. Raises ModelError where it comes to none in `TRIES`."""
    for tried in range(1, TRIES + 1):
        try:
            return _checked(await _reply(model, messages, max_tokens))
        except ModelError as error:
            if tried == TRIES or not error.details.get("is_passing"):
                raise
            await sleep(min(error.details.get("wait_s") or PAUSE_S * 2 ** (tried - 1), MOST_PAUSE_S))
    raise AssertionError("unreachable")


async def _reply(model: Model, messages: Sequence[Message], max_tokens: int) -> ModelReply:
    try:
        return await model.reply(messages, max_tokens=max_tokens)
    except ModelError:
        raise
    except Exception as error:  # boundary: an SDK that was given something else than an answer fails in its own ways
        message = f"the provider's answer cannot be read: {type(error).__name__}"
        raise model_error(message, is_passing=True) from error


def was_unsent(error: BaseException) -> bool:
    """Whether a connection failed before the question was on it: `error` is that of an SDK."""
    return type(error.__cause__).__name__ in ("ConnectError", "ConnectTimeout")


def _checked(reply: ModelReply) -> ModelReply:
    """With a text that can be kept. Raises ModelError for an answer that does not say what it cost."""
    if not isinstance(reply, ModelReply):
        raise model_error("the provider gave no answer", is_passing=True)
    for told in (reply.input_tokens, reply.output_tokens):
        if type(told) is not int or told < 0:
            raise model_error("the provider's answer does not say what it cost", is_passing=False)
    if not isinstance(reply.text, str):
        raise model_error("the provider's answer has no text", is_passing=True)
    text = reply.text.encode("utf-8", "replace").decode()
    return replace(reply, text=text, stop_reason=str(reply.stop_reason)[:_MESSAGE])


def check_model(text: str) -> None:
    """Raises UsageError for what `open_model` does not know."""
    kind, _, name = text.partition(":")
    if kind not in _KINDS or not name:
        known = listing([f"{each}:NAME" for each in _KINDS])
        raise UsageError(f"there is no model {text!r}", hint=f"A model is {known}.")


@asynccontextmanager
async def open_model(text: str) -> AsyncIterator[Model]:
    """The model of `openai:NAME`, `anthropic:NAME` or `scripted:FILE`.

    Raises UsageError, and ModelError where the provider's SDK is not installed or finds no key.
    """
    check_model(text)
    kind, _, name = text.partition(":")
    async with _KINDS[kind](name) as model:
        yield model


def _openai(name: str) -> AbstractAsyncContextManager[Model]:
    from belljar.agents._model_openai import open_openai

    return open_openai(name)


def _anthropic(name: str) -> AbstractAsyncContextManager[Model]:
    from belljar.agents._model_anthropic import open_anthropic

    return open_anthropic(name)


def _scripted(name: str) -> AbstractAsyncContextManager[Model]:
    from belljar.agents._model_scripted import ScriptedModel

    return nullcontext(ScriptedModel.load(name))


_KINDS: Final[Mapping[str, Callable[[str], AbstractAsyncContextManager[Model]]]] = {
    "openai": _openai,
    "anthropic": _anthropic,
    "scripted": _scripted,
}
