"""The abort signal, from both sides."""

from __future__ import annotations

import threading

import pytest

from belljar.errors import CallAbortedError
from belljar.tools import AbortSignal


def test_a_fresh_signal_says_go_on() -> None:
    """Nothing is aborted, there is no reason, waiting runs into its timeout."""
    signal = AbortSignal()
    signal.throw_if_aborted()

    assert (signal.aborted, signal.reason, signal.wait(0)) == (False, None, False)


def test_the_first_abort_stays() -> None:
    """A later reason changes nothing."""
    signal = AbortSignal()
    signal.abort("lost the race")
    signal.abort("too late")

    assert (signal.aborted, signal.reason, signal.wait(0)) == (True, "lost the race", True)
    with pytest.raises(CallAbortedError, match="the call was aborted: lost the race"):
        signal.throw_if_aborted()


def test_callbacks_hear_the_reason_once() -> None:
    """Callbacks added before and after the abort are each called once with the reason."""
    heard: list[str] = []
    signal = AbortSignal()
    signal.add_callback(lambda reason: heard.append(f"before: {reason}"))
    signal.abort("timeout")
    signal.abort("again")
    signal.add_callback(lambda reason: heard.append(f"after: {reason}"))

    assert heard == ["before: timeout", "after: timeout"]


def test_a_callback_that_raises_keeps_no_other_from_hearing() -> None:
    """All callbacks run; then the first exception is raised to the one who aborts."""
    heard: list[str] = []
    signal = AbortSignal()
    signal.add_callback(lambda _: 1 / 0)
    signal.add_callback(heard.append)

    with pytest.raises(ZeroDivisionError):
        signal.abort("stop")
    assert (heard, signal.aborted) == (["stop"], True)


def test_a_thread_that_waits_is_woken() -> None:
    """wait in one thread returns True as soon as another aborts."""
    signal = AbortSignal()
    woken: list[bool] = []
    thread = threading.Thread(target=lambda: woken.append(signal.wait(10)))
    thread.start()
    signal.abort("stop")
    thread.join(10)

    assert woken == [True]
