"""Databases and stores, their servers and clients."""

from analyze.catalogers.binary.clues import (
    NULS,
    THREE,
    TWO_OR_THREE,
    Classifier,
    Clue,
    dotted,
    following,
    near,
    version,
)

_PRE = rb"(?:(?:alpha|beta|rc)[0-9]{1,2})?"
_MYSQL = TWO_OR_THREE + _PRE
# release.h of Redis: version, host name and time of the build, without a separator; a container's host
# name is twelve hexadecimal digits.
_BUILT = rb"-[0-9]{10}"
_REDIS = (
    near(b"buildkitsandbox-", rb"(?<![0-9.])" + version(THREE) + rb"buildkitsandbox-[0-9]{10}", before=24),
    Clue(rb"-1[0-9]{9}", rb"(?<![0-9.])" + version(THREE) + rb"[0-9a-f]{12}" + _BUILT, before=40),
    Clue(rb"-1[0-9]{9}", rb"(?<![0-9.])" + version(THREE) + rb"[a-z][-0-9A-Za-z.]{0,63}" + _BUILT, before=96),
    # the arguments of INFO: the version, and how atomics are done
    Clue(
        rb"\x00(?:c11|atomic|sync)-builtin", rb"\x00" + version(THREE) + rb"\x00(?:c11|atomic|sync)-builtin", before=24
    ),
    following(b"Redis version ", THREE),
)
_CLUSTER = (
    following(b"/mysql-cluster-gpl-", _MYSQL),
    near(b"-cluster-gpl\0", rb"-cluster-gpl\x00" + TWO_OR_THREE + rb"-ndb-" + version(TWO_OR_THREE)),
)

CLASSIFIERS = (
    Classifier(
        "redis-binary",
        "redis",
        "generic/redis",
        ("redis-server",),
        tuple(
            Clue(
                clue.hook, clue.expression.replace(rb"(?<![0-9.])", rb"(?<![0-9.])(?<!valkey)"), clue.before, clue.after
            )
            for clue in _REDIS
        ),
    ),
    Classifier(
        "valkey-binary",
        "valkey",
        "generic/valkey",
        ("valkey-server",),
        _REDIS[:-1],
    ),
    Classifier(
        "memcached-binary", "memcached", "generic/memcached", ("memcached",), (following(b"memcached ", THREE),)
    ),
    Classifier(
        "arangodb-binary",
        "arangodb",
        "generic/arangodb",
        ("arangosh",),
        (near(b"[linux]", version(THREE + rb"(?:-[0-9]{1,4})?") + rb" (?:enterprise )?\[linux\]", before=40),),
    ),
    Classifier(
        "postgresql-binary",
        "postgresql",
        "generic/postgresql",
        ("postgres",),
        (
            near(
                b"PostgreSQL ",
                rb"[\x00?]PostgreSQL " + version(rb"[0-9]{1,3}(?:\.[0-9]{1,3}){0,2}" + _PRE),
                before=1,
            ),
        ),
    ),
    # All of these are clients with the words of MySQL in them.
    Classifier(
        "mysql-binary",
        "percona-xtradb-cluster",
        "generic/percona-xtradb-cluster",
        ("mysql",),
        (following(b"/Percona-XtraDB-Cluster-", _MYSQL),),
        branch="mysql",
    ),
    Classifier(
        "mysql-binary",
        "percona-server",
        "generic/percona-server",
        ("mysql",),
        (following(b"/percona-server-", _MYSQL),),
        branch="mysql",
    ),
    Classifier(
        "mariadb-binary",
        "mariadb",
        "generic/mariadb",
        ("mariadb", "mysql"),
        (
            near(b"-MariaDB", version(_MYSQL) + rb"-MariaDB", before=32),
            following(b"/mariadb-", THREE, rb"[-/]"),
        ),
        branch="mysql",
    ),
    Classifier(
        "mysql-binary",
        "mysql",
        "generic/mysql",
        ("mysql",),
        (near(b"\0mysql", rb"\x00" + version(_MYSQL) + NULS + rb"mysql", before=64), following(b"/mysql-", _MYSQL)),
        branch="mysql",
    ),
    Classifier(
        "mysqld-mysql-cluster-legacy-binary",
        "mysql-server",
        "generic/mysql-server",
        ("mysqld",),
        (near(b"-cluster-gpl\0", rb"-cluster-gpl\x00" + version(TWO_OR_THREE) + rb"-ndb-" + TWO_OR_THREE),),
    ),
    Classifier(
        "mysqld-mysql-cluster-legacy-binary",
        "mysql-cluster",
        "generic/mysql-cluster",
        ("mysqld",),
        (_CLUSTER[1],),
        branch="mysqld",
    ),
    Classifier(
        "mysqld-mysql-cluster-binary",
        "mysql-cluster",
        "generic/mysql-cluster",
        ("mysqld",),
        (_CLUSTER[0],),
        branch="mysqld",
    ),
    Classifier(
        "mysqld-mysql-server-binary",
        "mysql-server",
        "generic/mysql-server",
        ("mysqld",),
        (
            # what --version prints: server version, machine, system
            dotted(
                rb"\x00" + version(THREE) + NULS + rb"(?:x86_64|aarch64|i686)" + NULS + rb"Linux", before=24, after=160
            ),
            following(b"/mysql-", _MYSQL, rb"/"),
        ),
        branch="mysqld",
    ),
    Classifier("ndbd-binary", "mysql-cluster", "generic/mysql-cluster", ("ndbd",), _CLUSTER),
    Classifier("ndbmtd-binary", "mysql-cluster", "generic/mysql-cluster", ("ndbmtd",), _CLUSTER),
    Classifier("ndb_mgmd-binary", "mysql-cluster", "generic/mysql-cluster", ("ndb_mgmd",), _CLUSTER),
    Classifier(
        "xtrabackup-binary",
        "percona-xtrabackup",
        "generic/percona-xtrabackup",
        ("xtrabackup",),
        (following(b"/percona-xtrabackup-", THREE + _PRE), following(b"/percona-xtrabackup-", TWO_OR_THREE + _PRE)),
    ),
    Classifier(
        "mongodb-binary",
        "mongodb",
        "generic/mongodb",
        ("mongod",),
        (
            near(b"\0tcmalloc", version(THREE) + rb"\x00tcmalloc", before=24),
            near(b"\0heap_size", version(THREE) + NULS + rb"heap_size", before=64),
            near(b"\0cppdefines", version(THREE) + NULS + rb"cppdefines", before=64),
        ),
    ),
    Classifier(
        "sqlcipher-binary",
        "sqlcipher",
        "generic/sqlcipher",
        ("sqlcipher",),
        # 3.x are the versions of the SQLite inside
        (dotted(rb"\x00" + version(rb"4\.[0-9]{1,2}\.[0-9]{1,3}") + rb"(?: community)?\x00"),),
    ),
)
