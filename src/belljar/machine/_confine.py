"""What a worker process gives up before it sees a script: the way to anything but its pipes.

Stands alone, like `_v8_worker`. Three walls of the kernel, one behind the other: no file descriptor can be made; a
filter of system calls (seccomp, Linux on x86-64) leaves those that an engine needs; Landlock (Linux 5.13 and later)
denies files, programs, connections and signals. What a kernel has not is left out.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import struct
import sys
from collections.abc import Iterable

MOST_DATA_BYTES = (2_048 + 256) << 20
"""The largest limit that a run may have, and room for the engine."""
_NO_NEW_PRIVILEGES = 38


def confine() -> None:
    """Give up files, connections, other processes, programs and core dumps, for this thread and those it starts."""
    landlock()
    for limit, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 0),  # what is open stays open
    ):
        resource.setrlimit(limit, (most, most))
    filter_calls()


# -- Landlock -----------------------------------------------------------------------------------------------------


def landlock() -> int:
    """Deny every access that Landlock knows. Its version; 0 where there is none.

    Numbers: include/uapi/linux/landlock.h and asm-generic/unistd.h; the same on all processors.
    """
    create, restrict = 444, 446
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(create, None, 0, 1) if sys.platform == "linux" else 0
    if version < 1:
        return 0
    files = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)) - 1
    connections, scopes = (3 if version >= 4 else 0), (3 if version >= 6 else 0)
    denied = struct.pack("<QQQ", files, connections, scopes)[: 8 if version < 4 else 16 if version < 6 else 24]
    rules = libc.syscall(create, denied, len(denied), 0)
    if rules < 0 or libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or libc.syscall(restrict, rules, 0):
        raise SystemExit(f"Landlock refused: {os.strerror(ctypes.get_errno())}")
    os.close(rules)
    return int(version)


# -- seccomp ------------------------------------------------------------------------------------------------------

_ALLOWED = {
    "read": 0, "write": 1, "close": 3, "fstat": 5, "lseek": 8, "mprotect": 10, "munmap": 11, "brk": 12,
    "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "pread64": 17, "select": 23, "sched_yield": 24,
    "mremap": 25, "mincore": 27, "madvise": 28, "nanosleep": 35, "setitimer": 38, "getpid": 39, "exit": 60, "uname": 63,
    "getrlimit": 97, "getrusage": 98, "sysinfo": 99, "sigaltstack": 131, "sched_getparam": 143,
    "sched_getscheduler": 145, "arch_prctl": 158, "gettid": 186, "futex": 202,
    "sched_getaffinity": 204, "restart_syscall": 219, "clock_gettime": 228, "clock_nanosleep": 230, "exit_group": 231,
    "pselect6": 270, "set_robust_list": 273, "getcpu": 309, "getrandom": 318, "membarrier": 324, "pkey_mprotect": 329,
    "pkey_alloc": 330, "pkey_free": 331, "rseq": 334,
}  # fmt: skip
"""System calls of x86-64 (arch/x86/entry/syscalls/syscall_64.tbl) that concern this process alone."""
_MMAP, _CLONE, _PRCTL, _TGKILL, _PRLIMIT, _CLONE3 = 9, 56, 157, 234, 302, 435
_SHARED = 1
"""MAP_SHARED: memory that the limit on the process's data does not count."""
_THREAD = 0x10000
"""CLONE_THREAD: a thread, and no process that would outlive its parent's kill."""
_SET_NAME, _SET_VMA = 15, 0x53564D41
_ARCHITECTURE = 0xC000003E
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16


def filter_calls() -> bool:
    """Let every system call fail that is not in the table, in all threads. False where there is no filter for this.

    The names and numbers are those of linux/seccomp.h, linux/filter.h and linux/audit.h.
    """
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return False
    set_filter, all_threads, seccomp = 1, 1, 317
    program = b"".join(_instructions(os.getpid()))
    code = ctypes.create_string_buffer(program)
    header = struct.pack("<HxxxxxxQ", len(program) // 8, ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or libc.syscall(seccomp, set_filter, all_threads, header):
        if ctypes.get_errno() in (errno.ENOSYS, errno.EINVAL):
            return False  # this kernel has none
        raise SystemExit(f"the filter of system calls was refused: {os.strerror(ctypes.get_errno())}")
    return True


def _instructions(pid: int) -> Iterable[bytes]:
    """The filter, in the kernel's little language. Each rule falls through to the next where it does not fit."""
    yield _instruction(_LOAD, _ARCHITECTURE_AT)
    yield _instruction(_EQUAL, _ARCHITECTURE, then=1)
    yield _instruction(_RETURN, _ERROR | _EPERM)
    yield _instruction(_LOAD, _NUMBER_AT)
    for number in sorted(_ALLOWED.values()):
        yield _instruction(_EQUAL, number, otherwise=1)
        yield _instruction(_RETURN, _ALLOW)
    yield _instruction(_EQUAL, _CLONE3, otherwise=1)
    yield _instruction(_RETURN, _ERROR | _ENOSYS)  # the C library then takes clone, whose flags can be seen
    yield _instruction(_EQUAL, _MMAP, otherwise=4)
    yield _instruction(_LOAD, _FIRST_ARGUMENT_AT + 3 * 8)
    yield _instruction(_ANY_BIT, _SHARED, then=1)
    yield _instruction(_RETURN, _ALLOW)
    yield _instruction(_LOAD, _NUMBER_AT)
    for number, test, value in (
        (_CLONE, _ANY_BIT, _THREAD),
        (_PRLIMIT, _EQUAL, 0),
        (_TGKILL, _EQUAL, pid),
        (_PRCTL, _EQUAL, _SET_NAME),
        (_PRCTL, _EQUAL, _SET_VMA),
    ):
        yield _instruction(_EQUAL, number, otherwise=4)
        yield _instruction(_LOAD, _FIRST_ARGUMENT_AT)
        yield _instruction(test, value, otherwise=1)
        yield _instruction(_RETURN, _ALLOW)
        yield _instruction(_LOAD, _NUMBER_AT)
    yield _instruction(_RETURN, _ERROR | _EPERM)


def _instruction(code: int, value: int, *, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("<HBBI", code, then, otherwise, value)
