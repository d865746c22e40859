"""Images of frozen machines, and a store's figures. On both databases."""

from __future__ import annotations

import pytest
from store_support import NOW, REQUEST, begun, end, question, suspended

from belljar.errors import LeaseLostError
from belljar.store import Store, open_store


def test_an_image_is_kept_until_another_or_none_is_wanted(store: Store) -> None:
    """One for each run, with its step, to the byte."""
    lease, _ = begun(store)
    assert store.images.get("r") is None
    store.images.put(lease, 3, b"\x00one")
    store.images.put(lease, 9, b"\xfftwo")

    assert store.images.get("r") == (9, b"\xfftwo")
    store.images.drop("r")
    store.images.drop("r")
    assert store.images.get("r") is None


def test_only_the_holder_of_a_run_keeps_its_image(store: Store) -> None:
    """A lease that is over keeps nothing."""
    lease, journal = begun(store)
    journal.append(end(), durable=True)

    with pytest.raises(LeaseLostError):
        store.images.put(lease, 1, b"late")
    assert store.images.get("r") is None


def test_the_figures_say_how_the_store_does(store: Store, store_url: str) -> None:
    """Runs by state, what waits and how long, who is dead, how far the log is."""
    asked = suspended(store, "r", question("r"))
    store.runs.add(REQUEST, run_id="q")
    with open_store(store_url, worker="far:1:z") as far:
        begun(far, "left")
        late_ms = store.approvals.get(asked.id).asked_ms + 60_000
        store.workers.beat(late_ms)

        assert store.metrics(late_ms) == {
            "runs_queued": 1, "runs_running": 1, "runs_suspended": 1, "runs_succeeded": 0, "runs_failed": 0,
            "runs_cancelled": 0, "approvals_open": 1, "approvals_oldest_seconds": 60, "runs_ready": 2,
            "workers_dead": 1, "audit_records": store.audit.head()[0], "audit_checkpoint_seconds": 0,
            "audit_file_behind": 0,
        }  # fmt: skip
    assert store.metrics(NOW)["workers_dead"] == 0
