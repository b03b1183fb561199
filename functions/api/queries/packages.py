"""Packages: of one image, and across the fleet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from api.queries import versions
from api.queries.paging import DEFAULT_LIMIT, Page, checked_limit, make_page, read_cursor
from api.queries.versions import Bound
from api.queries.views import ImagePackage, PackageCount, PackageView
from cargohold.database.connection import Cursor
from cargohold.digests import to_bytes
from cargohold.errors import ImageUnknown, InvalidQuery
from cargohold.model import Scope

VISIBLE = (Scope.VISIBLE,)
_FREQUENT = 2_000  # packages: fewer are sorted, more are walked to
FIELDS = (
    "p.id, p.type, p.namespace, p.name, p.version, p.source_name, p.source_version, p.distro, p.purl, p.licenses, "
    "p.first_seen, p.last_seen"
)


@dataclass(frozen=True, slots=True)
class PackageFilter:
    """Which packages. `name`, `version`, `type` and `source` are exact, `contains` is a part of a name.

    `purl` matches with its qualifiers when it has any, and whatever the qualifiers when it has none.
    `versions` are bounds of the version in its ecosystem's order, and need a type.
    """

    name: str | None = None
    version: str | None = None
    type: str | None = None
    purl: str | None = None
    source: str | None = None
    contains: str | None = None
    license: str | None = None
    versions: tuple[Bound, ...] = ()

    def conditions(self) -> tuple[list[str], dict[str, Any]]:
        """Return SQL conditions on `package p`, and their parameters. Raises `InvalidQuery`."""
        conditions, parameters = [], {}
        for value in (self.name, self.version, self.type, self.purl, self.source, self.contains, self.license):
            if value is not None and "\0" in value:
                raise InvalidQuery(reason="a value has a NUL in it")
        for column, value in (("name", self.name), ("version", self.version), ("type", self.type)):
            if value is not None:
                conditions.append(f"p.{column} = %(p_{column})s")
                parameters[f"p_{column}"] = value
        if self.source is not None:
            conditions.append("p.source_name = %(p_source)s AND p.source_name <> ''")
            parameters["p_source"] = self.source
        if self.purl is not None:
            conditions.append("split_part(p.purl, '?', 1) = split_part(%(p_purl)s, '?', 1)")
            parameters["p_purl"] = self.purl
            if "?" in self.purl:
                conditions.append("p.purl = %(p_purl)s")
        if self.license is not None:
            conditions.append("p.licenses @> ARRAY[%(p_license)s]")
            parameters["p_license"] = self.license
        if self.contains is not None:
            conditions.append("p.name LIKE %(p_contains)s")
            escaped = self.contains.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            parameters["p_contains"] = f"%{escaped}%"
        if self.versions:
            bounds, keys = versions.conditions(self.type, self.versions)
            conditions += bounds
            parameters |= keys
        return conditions, parameters

    def narrows(self) -> bool:
        """Tell whether an index finds the packages: a type or versions alone are no question to ask."""
        return any(value for value in (self.name, self.purl, self.source, self.contains))


def packages_of_image(
    cursor: Cursor,
    digest: str,
    wanted: PackageFilter | None = None,
    *,
    scopes: Sequence[Scope] = VISIBLE,
    limit: int = DEFAULT_LIMIT,
    after: str | None = None,
) -> Page[ImagePackage]:
    """Return the packages of an image by name. Raises `ImageUnknown`, `InvalidQuery`, `InvalidDigest`."""
    key = read_cursor(after, "image-packages", str, str, int, str, str)
    conditions, parameters = (wanted or PackageFilter()).conditions()
    image_id = image_id_of(cursor, digest)
    if key is not None:
        conditions.append("(p.name, p.version, p.id, i.cataloger, i.scope) > (%(k0)s, %(k1)s, %(k2)s, %(k3)s, %(k4)s)")
        parameters |= {f"k{number}": value for number, value in enumerate(key)}
    cursor.execute(
        f"SELECT {FIELDS}, i.cataloger, i.scope FROM image_package_set i "  # noqa: S608 -- constants only
        "JOIN package_set s ON s.id = i.set_id CROSS JOIN LATERAL unnest(s.members) member "
        "JOIN package p ON p.id = member WHERE i.image_id = %(image)s AND i.scope = ANY(%(scopes)s)"
        + "".join(f" AND {condition}" for condition in conditions)
        + " ORDER BY p.name, p.version, p.id, i.cataloger, i.scope LIMIT %(limit)s",
        parameters | {"image": image_id, "scopes": list(scopes), "limit": checked_limit(limit) + 1},
    )
    return make_page(
        "image-packages",
        cursor.fetchall(),
        limit,
        lambda row: (row[3], row[4], row[0], row[12], row[13]),
        lambda row: ImagePackage(package_view(row[:12]), row[12], row[13]),
    )


def package_counts(cursor: Cursor, image_id: int) -> tuple[PackageCount, ...]:
    """Return how many different packages an image has, by scope and type."""
    cursor.execute(
        "SELECT i.scope, p.type, count(DISTINCT p.id)::integer FROM image_package_set i "
        "JOIN package_set s ON s.id = i.set_id CROSS JOIN LATERAL unnest(s.members) member "
        "JOIN package p ON p.id = member WHERE i.image_id = %s GROUP BY 1, 2 ORDER BY 1, 2",
        (image_id,),
    )
    return tuple(PackageCount(*row) for row in cursor.fetchall())


def search_packages(
    cursor: Cursor,
    wanted: PackageFilter,
    *,
    scopes: Sequence[Scope] = VISIBLE,
    include_archived: bool = False,
    limit: int = DEFAULT_LIMIT,
    after: str | None = None,
) -> Page[PackageView]:
    """Return the packages of the fleet by name and version: those that an image has in one of `scopes`.

    Versions come in the order of their text, or where a range of them is asked for in their ecosystem's.
    With `include_archived` all that were ever seen, in any scope: archiving an image does not erase
    when its packages were. Raises `InvalidQuery`.
    """
    kind, column = ("packages-in-range", "version_key") if wanted.versions else ("packages", "version")
    key = read_cursor(after, kind, str, bytes if wanted.versions else str, int)
    conditions, parameters = wanted.conditions()
    walked = False
    if _is_frequent(cursor, wanted, conditions, parameters):
        # Most names are looked at before the few that match are sorted, so walk them in their order instead.
        conditions = [condition.replace("p.name LIKE", "p.name || '' LIKE") for condition in conditions]
        walked = True
    if key is not None:
        conditions.append(f"(p.name, p.{column}, p.id) > (%(k0)s, %(k1)s, %(k2)s)")
        parameters |= {f"k{number}": value for number, value in enumerate(key)}
    where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    found = f"SELECT {FIELDS}, p.{column} AS place FROM package p {where}"  # noqa: S608 -- constants only
    order = f" ORDER BY p.name, p.{column}, p.id"
    if not include_archived:
        # Looking for sets costs more than all the rest: only for as many as the page takes, so in their order.
        source = found if walked else f"{found}{order} OFFSET 0"
        found = (
            f"SELECT * FROM ({source}) p WHERE EXISTS ("  # noqa: S608 -- constants only
            "SELECT FROM package_set s JOIN image_package_set i ON i.set_id = s.id "
            "WHERE s.members @> ARRAY[p.id] AND s.scope = ANY(%(scopes)s))"
        )
        # Of one name the inner order says nothing about names, and the outer one must not ask for more.
        order = f" ORDER BY {'' if wanted.name else 'p.name, '}p.place, p.id"
    cursor.execute(
        f"{found}{order} LIMIT %(limit)s", parameters | {"scopes": list(scopes), "limit": checked_limit(limit) + 1}
    )
    return make_page(
        kind,
        cursor.fetchall(),
        limit,
        lambda row: (row[3], row[12], row[0]),
        lambda row: package_view(row[:12]),
    )


def _is_frequent(cursor: Cursor, wanted: PackageFilter, conditions: list[str], parameters: dict[str, Any]) -> bool:
    """Tell whether a part of names or a licence is that of so many packages that sorting them takes long."""
    if wanted.name or wanted.purl or wanted.source or not (wanted.contains or wanted.license):
        return False
    statement = f"SELECT FROM package p WHERE {' AND '.join(conditions)} LIMIT %(many)s"
    cursor.execute(f"SELECT count(*) FROM ({statement}) p", parameters | {"many": _FREQUENT})  # noqa: S608
    return bool(cursor.fetchone()[0] >= _FREQUENT)


def package_view(row: Sequence[Any]) -> PackageView:
    """Return the view of a row of `FIELDS`."""
    return PackageView(*[*row[:9], tuple(row[9]), *row[10:]])


def image_id_of(cursor: Cursor, digest: str) -> int:
    """Return the id of an image. Raises `ImageUnknown`, `InvalidDigest`."""
    cursor.execute("SELECT id FROM image WHERE digest = %s", (to_bytes(digest),))
    row = cursor.fetchone()
    if row is None:
        raise ImageUnknown(digest=digest)
    return int(row[0])
