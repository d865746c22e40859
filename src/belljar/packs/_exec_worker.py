"""The process between belljar and one command: it starts the command and outlives everything that the command starts.

Stands alone: no import of belljar. Arguments: the descriptors of the lifeline, the report, the working folder and the
request. The request is text, its fields parted by NUL: the grace in milliseconds, the environment as `NAME=value`, an
empty field, the command. The standard streams are the command's.

The command ends, or the lifeline does: the host let go of it, or is dead. Then every process that is left gets SIGTERM
and, after the grace, SIGKILL. On Linux this process is a subreaper (prctl(2)): whatever becomes an orphan below it
becomes its child, also what took a session of its own, so nothing gets away. Elsewhere it is the process group that is
ended. The report is one line each: `started PID`, or `refused ERRNO`; then `exit CODE` or `signal NUMBER`.

What gets away all the same: processes of another user (a set-user-id program), and, from a command that kills this
very process, those that have left its process group.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time

_SET_DUMPABLE = 4
_SET_CHILD_SUBREAPER = 36
"""include/uapi/linux/prctl.h."""
_LAST_S = 1.5
"""How long SIGKILL is tried. What does not die in this time belongs to another user, or hangs in the kernel."""
_AGAIN_S = 0.01
_CHANGED_BY_PYTHON = {signal.SIGPIPE, getattr(signal, "SIGXFSZ", signal.SIGPIPE), signal.SIGCHLD}


def main() -> None:
    lifeline, report, folder, request = (int(each) for each in sys.argv[1:])
    for descriptor in (lifeline, report):
        os.set_inheritable(descriptor, False)
    os.chdir(folder)
    os.close(folder)
    with open(request, encoding="utf-8", errors="surrogateescape", newline="") as file:
        grace_ms, *fields = file.read().split("\0")
    end = fields.index("")
    environment = dict(field.split("=", 1) for field in fields[:end])
    prctl(_SET_DUMPABLE, 0)  # or the command, which has our rights, could reach for our descriptors through /proc
    brood = Brood(adopts=prctl(_SET_CHILD_SUBREAPER, 1))
    with open(report, "w", buffering=1) as told:
        try:
            brood.start(fields[end + 1 :], environment)
        except OSError as error:
            told.write(f"refused {error.errno}\n")
            return
        told.write(f"started {brood.leader}\n")
        let_go_of_streams()
        brood.wait(lifeline)
        brood.end(int(grace_ms) / 1000)
        told.write(f"{brood.ending()}\n")
        os._exit(0)  # the report closes with the process: who waits for its end need not wait for ours


def prctl(option: int, value: int) -> bool:
    """prctl(2). False where the system has no such thing."""
    if sys.platform != "linux":
        return False
    import ctypes

    return bool(ctypes.CDLL(None).prctl(option, value, 0, 0, 0) == 0)


def let_go_of_streams() -> None:
    """The command's pipes close with the command, and nothing of ours gets into its output."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nothing, descriptor)


class Brood:
    """The command and all that comes from it."""

    def __init__(self, *, adopts: bool) -> None:
        self._adopts = adopts
        self.leader = 0
        self._status: int | None = None
        self._wake, waker = os.pipe()
        os.set_blocking(waker, False)
        os.set_blocking(self._wake, False)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def start(self, command: list[str], environment: dict[str, str]) -> None:
        """In a process group of its own. Raises OSError where the command cannot be started."""
        os.environ["PATH"] = environment["PATH"]  # where posix_spawnp looks for it
        self.leader = os.posix_spawnp(
            command[0], command, environment, setpgroup=0, setsigmask=(), setsigdef=_CHANGED_BY_PYTHON
        )

    def wait(self, lifeline: int) -> None:
        """Until the command has ended, or the lifeline has."""
        poll = select.poll()
        poll.register(lifeline, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        while self._status is None:
            ready = poll.poll()
            if any(descriptor == lifeline for descriptor, _ in ready):
                return
            self._drain()
            self._reap()

    def end(self, grace_s: float) -> None:
        """Ask what is left to end, then make it."""
        if not self._is_anyone_left():
            return
        self._tell(signal.SIGTERM)
        if self._quiet_within(grace_s):
            return
        gives_up_s = time.monotonic() + _LAST_S
        while time.monotonic() < gives_up_s:
            self._tell(signal.SIGKILL)  # again and again: what is killed may have started another just before
            if self._quiet_within(_AGAIN_S):
                return

    def ending(self) -> str:
        """How the command itself ended."""
        code = os.waitstatus_to_exitcode(self._status) if self._status is not None else -signal.SIGKILL
        return f"exit {code}" if code >= 0 else f"signal {-code}"

    # -- children -------------------------------------------------------------------------------------------------

    def _reap(self) -> bool:
        """Take the status of every child that has ended. Whether others are left."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return True
                if pid == self.leader:
                    self._status = status
        return False

    def _is_anyone_left(self) -> bool:
        if self._reap():
            return True
        if self._adopts:
            return False
        try:
            os.killpg(self.leader, 0)
        except OSError:
            return False
        return True

    def _quiet_within(self, seconds: float) -> bool:
        """Whether all have ended by then."""
        until_s = time.monotonic() + seconds
        poll = select.poll()
        poll.register(self._wake, select.POLLIN)
        while self._is_anyone_left():
            left_s = until_s - time.monotonic()
            if left_s <= 0:
                return False
            poll.poll(min(left_s, _AGAIN_S if not self._adopts else left_s) * 1000)
            self._drain()
        return True

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while os.read(self._wake, 4_096):
                pass

    def _tell(self, number: signal.Signals) -> None:
        """Send a signal to the group and to all below us."""
        with contextlib.suppress(OSError):  # nobody left in it, or somebody whom we may not signal
            if self._status is None or not self._adopts:  # until it is reaped the number is nobody else's
                os.killpg(self.leader, number)
        for pid in descendants(os.getpid()):
            with contextlib.suppress(OSError):
                os.kill(pid, number)


def descendants(root: int) -> list[int]:
    """Processes below `root`, from /proc; none where there is no /proc."""
    children: dict[int, list[int]] = {}
    with contextlib.suppress(OSError):
        for name in os.listdir("/proc"):
            if name.isdecimal():
                children.setdefault(_parent(name), []).append(int(name))
    found, waiting = [], [root]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def _parent(pid: str) -> int:
    """Of a process; 0 for one that is gone. The name before it, in parentheses, may hold anything (proc(5))."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[1])
    except OSError:
        return 0


if __name__ == "__main__":
    main()
