"""Anthropic's Messages API (anthropic 2.11), one question at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from belljar.agents._model import Message, ModelReply, model_error, status_error, was_unsent
from belljar.errors import ModelError

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

_NAME: Final = "anthropic"
_ENDS: Final = ("end_turn", "stop_sequence")


class AnthropicModel:
    """A model by its name there."""

    def __init__(self, name: str, client: AsyncAnthropic) -> None:
        """`client` is not to try again by itself: `ask` does."""
        self._name = name
        self._client = client
        self._key = client.api_key

    async def reply(self, messages: Sequence[Message], *, max_tokens: int) -> ModelReply:
        """The answer; a refusal is an answer without scripts."""
        import anthropic

        said: list[Any] = [{"role": each.role, "content": each.text} for each in messages if each.role != "system"]
        try:
            response = await self._client.messages.create(
                model=self._name,
                system="\n\n".join(message.text for message in messages if message.role == "system"),
                messages=said,
                max_tokens=max_tokens,
            )
        except anthropic.APIStatusError as error:
            wait = error.response.headers.get("retry-after")
            raise status_error(_NAME, error.status_code, error.message, wait, self._key) from None
        except anthropic.APIConnectionError as error:
            message = f"{_NAME} cannot be reached: {error.message}"
            raise model_error(message, is_passing=True, key=self._key, is_free=was_unsent(error)) from None
        except (anthropic.AnthropicError, TypeError) as error:  # TypeError is what it says without a key
            raise model_error(f"{_NAME}: {error}", is_passing=False, key=self._key) from None
        usage = response.usage
        read = (usage.cache_creation_input_tokens or 0) + (usage.cache_read_input_tokens or 0)
        stop = response.stop_reason or ""
        return ModelReply(
            text="".join(block.text for block in response.content if block.type == "text"),
            input_tokens=usage.input_tokens + read,
            output_tokens=usage.output_tokens,
            stop_reason="end" if stop in _ENDS else stop,
        )


@asynccontextmanager
async def open_anthropic(name: str) -> AsyncIterator[AnthropicModel]:
    """The model, with a client of its own. The SDK finds the key in the environment (ANTHROPIC_API_KEY).

    Raises ModelError where the SDK is missing, or finds no key.
    """
    async with _client() as client:
        yield AnthropicModel(name, client)


def _client() -> AsyncAnthropic:
    try:
        import anthropic
    except ImportError:
        raise ModelError("the package anthropic is not installed", hint="pip install anthropic") from None
    try:
        return anthropic.AsyncAnthropic(max_retries=0)
    except anthropic.AnthropicError as error:
        raise model_error(f"{_NAME}: {error}", is_passing=False) from None
