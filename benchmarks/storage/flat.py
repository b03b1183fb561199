"""The same data in a flat schema: a row for every package of every image, as most tools keep it."""

from benchmarks.storage.report import Report, timed
from benchmarks.storage.subjects import Subjects

from cargohold.database.connection import Cursor, Database

IMAGES = 5_000  # as many as a flat schema takes in a minute
REPEATS = 3

_MAKE = """
DROP TABLE IF EXISTS flat_package;
CREATE TABLE flat_package (
    image_id integer NOT NULL,
    cataloger text NOT NULL,
    scope text NOT NULL,
    type text NOT NULL,
    namespace text NOT NULL,
    name text COLLATE "C" NOT NULL,
    version text COLLATE "C" NOT NULL,
    version_key bytea,
    source_name text NOT NULL,
    source_version text NOT NULL,
    distro text NOT NULL,
    purl text NOT NULL,
    licenses text[] NOT NULL
);
CREATE INDEX flat_package_image ON flat_package (image_id);
CREATE INDEX flat_package_name ON flat_package (name, version, image_id DESC);
CREATE INDEX flat_package_purl ON flat_package (purl, image_id DESC);
"""
_FILL = """
INSERT INTO flat_package
SELECT l.image_id, l.cataloger, l.scope, p.type, p.namespace, p.name, p.version, p.version_key, p.source_name,
    p.source_version, p.distro, p.purl, p.licenses
FROM image_package_set l JOIN package_set s ON s.id = l.set_id CROSS JOIN LATERAL unnest(s.members) member
JOIN package p ON p.id = member WHERE l.image_id > (SELECT max(id) FROM image) - %(images)s
"""
_MEMBERSHIPS = "SELECT sum(cardinality(s.members)) FROM image_package_set l JOIN package_set s ON s.id = l.set_id"


def measure(database: Database, subjects: Subjects, report: Report, *, ours: int) -> None:
    """Compare: bytes of a row by the rows that the whole fleet would have; `ours` is the database's size."""
    with database.transaction() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL synchronous_commit = off")
        cursor.execute(_MAKE)
        seconds = timed(lambda: cursor.execute(_FILL, {"images": IMAGES}))
        images = _one(cursor, "SELECT count(DISTINCT image_id) FROM flat_package")
        rows = _one(cursor, "SELECT count(*) FROM flat_package")
        size = _one(cursor, "SELECT pg_total_relation_size('flat_package')")
        cursor.execute("ANALYZE flat_package")
        whole = _one(cursor, _MEMBERSHIPS)
    report.say("flat: rows of so many images", f"{rows:,} of {images:,}, {rows / seconds:,.0f} a second")
    report.say("flat: bytes of a row, indexes too", f"{size / rows:.0f}")
    flat = size / rows * whole
    report.say("flat: the whole fleet", f"{whole:,} rows, {flat / 1e9:,.1f} GB")
    report.say("ours / flat", f"1 / {flat / ours:.1f}", value=ours / flat, target=1 / 15, unit="of flat")
    for name, packages in subjects.classes().items():
        times = [_ask(database, package.purl) for package in packages for _ in range(REPEATS)]
        report.times(f"flat: image ids with a package, {name}", times)
    with database.transaction() as cursor:
        cursor.execute("DROP TABLE flat_package")


def _ask(database: Database, purl: str) -> float:
    def work() -> None:
        with database.transaction() as cursor:
            cursor.execute(
                "SELECT DISTINCT image_id FROM flat_package WHERE purl = %s ORDER BY image_id DESC LIMIT 51", (purl,)
            )
            cursor.fetchall()

    return timed(work)


def _one(cursor: Cursor, statement: str) -> int:
    cursor.execute(statement)
    return int(cursor.fetchone()[0])
