"""What all adapters have in common: a response in, a turn out.

An adapter of a provider reads its responses (`_read`), writes its answers (`_write`) and follows its streams
(`_reading`); everything between is here and is the same for all, so a script that a model wrote for one provider gives
the same items through the others.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, ClassVar, Literal

from belljar.errors import UsageError
from belljar.harness import Harness, Mode, Turn
from belljar.providers._live import LiveEvent, Reading, each
from belljar.providers._reply import Frame, Reply
from belljar.providers._resume import go_on
from belljar.providers._shape import Plain
from belljar.providers._state import Waiting, dump, load, suspended_runs
from belljar.providers._turn import Answer, ProviderTurn, Suspended, answers_of, note_of
from belljar.providers._work import has_work, in_context, work_off
from belljar.tools import ApprovalRequest, MaybeAnswer
from belljar.tools.events import Event


class Adapter(ABC):
    """Between one conversation with a model and a harness. Make one for each conversation.

    Whether scripts and calls run is the harness's `mode`; with none given for the provider or for all, they do not.
    """

    provider: ClassVar[str]
    """The name for `Harness(mode={...})`."""

    def __init__(self, harness: Harness) -> None:
        self.harness = harness
        self._programs: dict[str, int] = {}

    def instructions(self, *, form: Literal["tool", "tags"] = "tool", query: str | None = None) -> str:
        """What to tell the model in the request's instructions or system text.

        "tool" is for requests with `tools()`; with "tags" the model writes scripts into its text, and the request needs
        no tools. `query` is that of `Harness.prompt`.
        """
        return self.harness.prompt(form=form, query=query)

    async def process(self, response: Any, *, mode: Mode | None = None, **options: Any) -> ProviderTurn:
        """Work off a response: the SDK's own object, or a dict of the same shape.

        `mode` is for this turn alone; `options` are those of `Harness.process`. Raises UsageError for what is no whole
        response; whatever the model did wrong is answered, not raised.
        """
        return await self._work_off(self._understood(response), mode=mode, **options)

    async def stream(
        self, events: AsyncIterable[Any] | Iterable[Any], *, mode: Mode | None = None, **options: Any
    ) -> AsyncGenerator[LiveEvent]:
        """Follow a streamed response; the last event is the ProviderTurn.

        First come text and thinking as the model writes them, then, when the reply is whole, the events of the runs.
        `events` is the stream of a sync or an async client. Leaving the loop early cancels what runs.
        """
        reading = self._reading()
        async with aclosing(each(events)) as arriving:
            async for event in arriving:
                for delta in reading.feed(event):
                    yield delta
        for delta in reading.texts.close():
            yield delta
        reply = self._understood(reading.response())
        work = partial(self._work_off, reply, mode=mode, **options)
        async with aclosing(_events(work)) as live:
            async for told in live:
                yield told

    async def resume(
        self,
        state: str,
        decisions: Mapping[str, MaybeAnswer] | None = None,
        *,
        on_event: Callable[[Event], None] | None = None,
    ) -> ProviderTurn:
        """The turn of `ProviderTurn.suspended.state`, gone on with; here, or in another process.

        `decisions` are by `ApprovalRequest.id`, as in `Harness.resume`, and so are the errors; what is still open after
        it leaves the turn suspended again, with a new state. Scripts of the reply that stood behind the suspended one
        run now, with the harness's own limits and context, where the turn's mode, else the harness's, lets them. The
        turn's `outcomes` are those of what ran here.
        """
        waiting = load(state, self.provider)
        for program, used in waiting.programs.items():
            self._programs[program] = max(used, self._programs.get(program, 0))
        turn = await go_on(self.harness, waiting, decisions or {}, provider=self.provider, on_event=on_event)
        return self._turn(waiting.frame, turn, waiting.mode)

    def pending(self, state: str) -> tuple[ApprovalRequest, ...]:
        """The open questions in a `Suspended.state`."""
        runs = load(state, self.provider).runs.values()
        return tuple(ask for run in runs for ask in self.harness.pending(run))

    # -- what each provider does its own way ------------------------------------------------------------------------

    @abstractmethod
    def _read(self, response: Any) -> Reply:
        """Raises UsageError for what is no response."""

    @abstractmethod
    def _write(self, answers: Sequence[Answer], note: str) -> list[Plain]:
        """What follows the model's words: an answer for each call, then `note` unless it is empty."""

    @abstractmethod
    def _reading(self) -> Reading:
        """For one streamed response."""

    # -- inside -----------------------------------------------------------------------------------------------------

    def _understood(self, response: Any) -> Reply:
        try:
            return self._read(response)
        except (AttributeError, KeyError, TypeError) as error:  # a block that lacks what its kind is made of
            raise UsageError(
                f"this is no response of {self.provider}: {error}", hint="Give it whole, as the SDK returned it."
            ) from error

    async def _work_off(self, reply: Reply, *, mode: Mode | None, **options: Any) -> ProviderTurn:
        options = in_context(options, self.provider, reply.model)
        turn = await work_off(reply, self.harness, self._programs, provider=self.provider, mode=mode, **options)
        return self._turn(reply.frame(is_silent=bool(reply.flaw) and not has_work(reply)), turn, mode)

    def _turn(self, frame: Frame, turn: Turn, mode: Mode | None) -> ProviderTurn:
        runs = suspended_runs(turn.items, turn.outcomes)
        if runs:
            waiting = Waiting(frame=frame, items=turn.items, runs=runs, programs=self._programs, mode=mode)
            suspended = Suspended(pending=_pending(turn), state=dump(waiting, self.provider))
            return ProviderTurn(provider=self.provider, turn=turn, stop=frame.stop, suspended=suspended)
        answers = [] if frame.is_silent else self._answers(turn, frame)
        return ProviderTurn(
            provider=self.provider,
            turn=turn,
            said=frame.said,
            answers=tuple(answers),
            goes_on=bool(answers) or bool(frame.unanswered) or frame.is_paused,
            stop=frame.stop,
            refusal=frame.refusal,
            unanswered=frame.unanswered,
            request=frame.request,
        )

    def _answers(self, turn: Turn, frame: Frame) -> list[Plain]:
        return self._write(answers_of(turn.items, frame.slots), note_of(turn.items, frame.slots))


def _pending(turn: Turn) -> tuple[ApprovalRequest, ...]:
    waiting = (outcome.suspension for outcome in turn.outcomes)
    return tuple(ask for suspension in waiting if suspension is not None for ask in suspension.pending)


async def _events(
    work: Callable[..., Coroutine[Any, Any, ProviderTurn]],
) -> AsyncGenerator[Event | ProviderTurn]:
    """What `work` tells while it goes on, then what it came to."""
    queue: asyncio.Queue[Event | None] = asyncio.Queue()
    task = asyncio.ensure_future(work(on_event=queue.put_nowait))
    task.add_done_callback(lambda _: queue.put_nowait(None))
    try:
        while (event := await queue.get()) is not None:
            yield event
        yield await task
    finally:
        task.cancel()
        await asyncio.wait([task])
