"""Who has claimed an action, and whether that worker still lives."""

import os
import socket
from pathlib import Path


def worker_id() -> str:
    """`host/namespace/process/start` of this process: no other process ever has the same."""
    number = os.getpid()
    return f"{socket.gethostname()}/{_namespace()}/{number}/{_started(number)}"


def is_dead(worker: str | None) -> bool:
    """Whether a worker has surely died: a process of this very machine and namespace that isn't there any more.

    Of other machines nobody can tell: their claims lapse with time.
    """
    if worker is None:
        return True
    host, _, rest = worker.partition("/")
    namespace, _, process = rest.partition("/")
    number, _, started = process.partition("/")
    if host != socket.gethostname() or not namespace or namespace != _namespace() or not started:
        return False
    return _started(int(number)) != started


def _namespace() -> str:
    """The boot and the process namespace; "" where the system doesn't tell them."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}:{Path('/proc/self/ns/pid').readlink().name}"
    except OSError:
        return ""


def _started(number: int) -> str:
    """When a process began, in ticks since the boot; "" when there is no such process (any more)."""
    try:
        text = Path(f"/proc/{number}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    rest = text.rpartition(")")[2].split()
    return "" if rest[0] in "ZX" else rest[19]
