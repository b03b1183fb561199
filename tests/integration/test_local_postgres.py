"""The embedded server, started for real: as the user who runs the tests, and under root as another."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import psycopg2
import pytest

from cargohold.errors import LocalPostgresFailed
from cargohold_cli import postgres_binaries
from cargohold_cli.postgres import LocalPostgres
from cargohold_cli.postgres_binaries import Binaries

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")


def of_wheel(major=None):
    directories = list(postgres_binaries._of_wheel())
    if not directories:
        pytest.skip("the wheel with Postgres is not installed")
    found = [Binaries(directory, postgres_binaries._major(directory)) for directory in directories]
    return max(found, key=lambda binaries: binaries.major)


@pytest.fixture
def place():
    directory = Path(tempfile.mkdtemp(prefix="ch-", dir="/tmp"))
    directory.chmod(0o755)
    made: list[LocalPostgres] = []

    def local(home="home", **arguments):
        made.append(LocalPostgres(directory / home, shared=directory / "shared", **arguments))
        return made[-1]

    yield SimpleNamespace(directory=directory, local=local)
    for server in made:
        server.stop()
    shutil.rmtree(directory)


def query(url, statement):
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            rows = cursor.fetchall() if cursor.description else []
        connection.commit()
        return rows
    finally:
        connection.close()


@pytest.mark.parametrize("binaries", [postgres_binaries.find, of_wheel], ids=["found", "wheel"])
def test_it_starts_is_reused_and_keeps_its_data(place, binaries):
    steps = []
    server = place.local(find_binaries=binaries, progress=steps.append)
    assert server.status() == server.status().__class__(False, 0, 0, server.status().directory)
    url = server.start()
    query(url, "CREATE TABLE kept (n integer)")
    pid = server.status().pid
    assert server.status().running
    assert place.local(find_binaries=binaries).start() == url
    assert server.status().pid == pid
    server.stop()
    assert not server.status().running
    with pytest.raises(psycopg2.OperationalError):
        query(url, "SELECT 1")
    query(server.start(), "SELECT * FROM kept")
    assert steps[0].startswith("Preparing")
    server.stop()
    server.stop()


def test_only_a_socket_of_its_own_user_is_open(place):
    url = place.local().start()
    settings = "listen_addresses", "fsync", "full_page_writes", "synchronous_commit"
    ((sockets, *values),) = query(
        url,
        "SELECT current_setting('unix_socket_directories'), " + ", ".join(f"current_setting('{s}')" for s in settings),
    )
    assert values == ["", "on", "on", "on"]
    assert stat.S_IMODE(Path(sockets).stat().st_mode) == 0o700
    assert query(url, "SELECT count(*) FROM pg_hba_file_rules WHERE auth_method <> 'peer' OR error IS NOT NULL") == [
        (0,)
    ]
    with pytest.raises(psycopg2.OperationalError, match="pg_hba"):
        query(url.replace("//cargohold@", "//postgres@"), "SELECT 1")


@pytest.mark.parametrize("again", [1, 2])
def test_after_kill_9_it_starts_with_what_was_committed(place, again):
    server = place.local()
    url = server.start()
    query(url, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    for _ in range(again):
        os.kill(server.status().pid, signal.SIGKILL)
        assert query(server.start(), "SELECT count(*) FROM kept") == [(1000,)]


def test_a_pid_file_whose_number_is_someone_elses_does_not_stop_it(place):
    server = place.local()
    server.start()
    data = server.status().directory / "data"
    before = (data / "postmaster.pid").read_text()
    server.stop()
    owner = data.stat()
    other = subprocess.Popen(["sleep", "60"], **({"user": owner.st_uid} if os.geteuid() == 0 else {}))
    try:
        _, _, rest = before.partition("\n")
        (data / "postmaster.pid").write_text(f"{other.pid}\n{rest}")
        os.chown(data / "postmaster.pid", owner.st_uid, owner.st_gid)
        assert server.status().pid == 0
        assert query(server.start(), "SELECT 1") == [(1,)]
    finally:
        other.kill()
        other.wait()


def test_commands_that_start_it_together_share_one_server(place):
    with ThreadPoolExecutor(4) as threads:
        urls = list(threads.map(lambda _: place.local().start(), range(4)))
    assert len(set(urls)) == 1
    starts = {query(url, "SELECT pg_postmaster_start_time()")[0] for url in urls}
    assert len(starts) == 1


def test_an_initialization_that_was_killed_is_begun_again(place):
    server = place.local()
    directory = server.status().directory
    (directory / "data.partial" / "base").mkdir(parents=True)
    (directory / "data.partial" / "PG_VERSION").write_text("15\n")
    assert query(server.start(), "SELECT 1") == [(1,)]
    assert not (directory / "data.partial").exists()


def test_a_long_home_gets_a_short_socket_directory(place):
    server = LocalPostgres(place.directory / ("h" * 90), shared=place.directory / ("s" * 90))
    try:
        assert query(server.start(), "SELECT 1") == [(1,)]
        ((sockets,),) = query(server.url, "SELECT current_setting('unix_socket_directories')")
        assert len(sockets) < 90
    finally:
        server.stop()
        shutil.rmtree(sockets)


def test_a_directory_that_is_not_its_own_is_refused(place):
    server = place.local()
    directory = server.status().directory
    directory.mkdir(parents=True)
    (directory / "run").symlink_to(place.directory)
    with pytest.raises(LocalPostgresFailed, match="someone else"):
        server.start()
    (directory / "run").unlink()
    if os.geteuid() == 0:
        (directory / "run").mkdir()
        os.chown(directory / "run", 12345, 12345)
        with pytest.raises(LocalPostgresFailed, match="someone else"):
            server.start()


def test_data_of_a_version_that_is_gone_is_left_alone(place):
    server = place.local()
    server.start()
    server.stop()
    (server.status().directory / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(LocalPostgresFailed, match="written by Postgres 9"):
        server.start()


def test_without_any_postgres_the_error_says_what_to_install(place, monkeypatch):
    monkeypatch.setattr(postgres_binaries, "_of_system", lambda: iter(()))
    monkeypatch.setattr(postgres_binaries, "_of_wheel", lambda: iter(()))
    with pytest.raises(LocalPostgresFailed, match="Install"):
        place.local().start()


def test_an_error_of_the_server_is_shown(place):
    with pytest.raises(LocalPostgresFailed, match="shared_buffers"):
        place.local(settings={"shared_buffers": "many"}).start()


@as_root
def test_root_changes_no_permissions_of_its_own_and_copies_what_cannot_be_reached(place):
    private = place.directory / "private"
    private.mkdir(mode=0o700)
    installation = of_wheel().directory.parent
    package = private / "site-packages" / postgres_binaries.WHEEL
    shutil.copytree(installation, package / installation.name, symlinks=True)
    libraries = f"{postgres_binaries.WHEEL}.libs"
    shutil.copytree(installation.parent.with_name(libraries), package.with_name(libraries), symlinks=True)
    binaries = Binaries(package / installation.name / "bin", of_wheel().major)
    server = place.local("private/home", find_binaries=lambda _: binaries)
    assert query(server.start(), "SELECT 1") == [(1,)]
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    assert private.stat().st_uid == 0
    assert not (private / "home").exists()
    command = Path(f"/proc/{server.status().pid}/exe").readlink()
    assert command.is_relative_to(place.directory / "shared" / "binaries")


@as_root
def test_an_ordinary_user_runs_its_own_and_root_may_join(place):
    user = pwd.getpwnam("nobody")
    home = place.directory / "home"
    home.mkdir()
    os.chown(home, user.pw_uid, user.pw_gid)
    # Imported before the change of user, who may not be able to read the interpreter's library.
    script = f"""
import os, sys, pathlib, pwd, encodings.idna, psycopg2
from cargohold_cli.postgres import LocalPostgres
binaries = LocalPostgres.__init__.__kwdefaults__["find_binaries"](None)
os.setgroups([]); os.setgid({user.pw_gid}); os.setuid({user.pw_uid})
server = LocalPostgres(pathlib.Path({str(home)!r}), find_binaries=lambda _: binaries)
url = server.start()
connection = psycopg2.connect(url)
connection.close()
print(url)
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd="/")
    assert result.returncode == 0, result.stderr
    url = result.stdout.strip()
    server = place.local()
    assert server.start() == url
    assert query(url, "SELECT 1") == [(1,)]
    assert server.status().directory == home / "postgres"
    assert (home / "postgres" / "data").stat().st_uid == user.pw_uid
    # What root writes into a directory of somebody else can be led astray by links.
    with pytest.raises(LocalPostgresFailed, match="run the command as nobody"):
        server.stop()
    os.kill(server.status().pid, signal.SIGQUIT)
    while server.status().pid:
        time.sleep(0.05)
    with pytest.raises(LocalPostgresFailed, match="run the command as nobody"):
        server.start()


@as_root
def test_root_writes_nothing_where_the_server_could_lead_it_astray(place):
    server = place.local()
    server.start()
    directory = server.status().directory
    precious = place.directory / "precious"
    precious.write_text("untouched")
    for name in ("postgresql.conf", "pg_hba.conf", "pg_ident.conf"):
        (directory / "data" / name).unlink(missing_ok=True)
        (directory / "data" / name).symlink_to(precious)
    server.stop()
    server.start()
    assert precious.read_text() == "untouched"
    assert precious.stat().st_uid == 0
    for path in (directory, directory / "configuration", *(directory / "configuration").iterdir()):
        assert path.stat().st_uid == 0
        assert not path.stat().st_mode & 0o022
