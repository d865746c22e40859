"""Processes that are killed while they work off durable runs, and laws that must hold whatever the moment.

`round.play` is one store, a set of runs, and lives that end with SIGKILL until nothing is left to be done. The scripts
are in `scripts`, their tools in `hands`, the processes in `child`, what the people do who are asked in `voters`, the
laws in `laws`.
"""

from __future__ import annotations

from campaign.kills.campaign import run

__all__ = ["run"]
