"""OpenAI's Responses API (openai 3.52), one question at a time, nothing kept there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from belljar.agents._model import Message, ModelReply, model_error, status_error, was_unsent
from belljar.errors import ModelError

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_NAME: Final = "openai"


class OpenAIModel:
    """A model by its name there."""

    def __init__(self, name: str, client: AsyncOpenAI) -> None:
        """`client` is not to try again by itself: `ask` does."""
        self._name = name
        self._client = client
        self._key = client.api_key

    async def reply(self, messages: Sequence[Message], *, max_tokens: int) -> ModelReply:
        """The answer; a refusal is an answer without scripts."""
        import openai

        try:
            response = await self._client.responses.create(
                model=self._name,
                instructions="\n\n".join(message.text for message in messages if message.role == "system"),
                input=[{"role": each.role, "content": each.text} for each in messages if each.role != "system"],
                max_output_tokens=max_tokens,
                store=False,
            )
        except openai.APIStatusError as error:
            wait = error.response.headers.get("retry-after")
            raise status_error(_NAME, error.status_code, error.message, wait, self._key) from None
        except openai.APIConnectionError as error:
            message = f"{_NAME} cannot be reached: {error.message}"
            raise model_error(message, is_passing=True, key=self._key, is_free=was_unsent(error)) from None
        except openai.OpenAIError as error:
            raise model_error(f"{_NAME}: {error}", is_passing=False, key=self._key) from None
        if response.error is not None:
            is_passing = response.error.code in ("server_error", "rate_limit_exceeded")
            raise model_error(f"{_NAME}: {response.error.message}", is_passing=is_passing, key=self._key)
        if response.usage is None:
            raise model_error(f"{_NAME} did not say what the answer cost", is_passing=False)
        cut = response.incomplete_details.reason if response.incomplete_details is not None else None
        return ModelReply(
            text=response.output_text,
            input_tokens=response.usage.input_tokens,
            output_tokens=response.usage.output_tokens,
            stop_reason=cut or "end",
        )


@asynccontextmanager
async def open_openai(name: str) -> AsyncIterator[OpenAIModel]:
    """The model, with a client of its own. The SDK finds the key in the environment (OPENAI_API_KEY).

    Raises ModelError where the SDK is missing, or finds no key.
    """
    async with _client() as client:
        yield OpenAIModel(name, client)


def _client() -> AsyncOpenAI:
    try:
        import openai
    except ImportError:
        raise ModelError("the package openai is not installed", hint="pip install openai") from None
    try:
        return openai.AsyncOpenAI(max_retries=0)
    except openai.OpenAIError as error:
        raise model_error(f"{_NAME}: {error}", is_passing=False) from None
