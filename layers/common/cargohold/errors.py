"""Every error that Cargohold reports, with its stable code.

A class's docstring is its message template, `code` is what scripts and the database see, and
`permanent` says what a queue consumer does: a permanent error is recorded and the message consumed,
a transient one is retried with back-off. `docs/errors.md` is generated from this module.
"""

from typing import Any, ClassVar


class CargoholdError(Exception):
    """{detail}"""

    code: ClassVar[str] = "internal"
    permanent: ClassVar[bool] = False

    def __init__(self, **fields: Any) -> None:
        self.fields = fields
        super().__init__((type(self).__doc__ or "").strip().format(**fields))

    @property
    def message(self) -> str:
        """The message, without the code."""
        return str(self)


# What was asked for ---------------------------------------------------------------------------


class InvalidDigest(CargoholdError):
    """'{digest}' is not a digest. Digests look like sha256: followed by 64 hexadecimal digits."""

    code = "invalid_digest"
    permanent = True


class InvalidReference(CargoholdError):
    """'{reference}' is not an image reference: {reason}"""

    code = "invalid_reference"
    permanent = True


class InvalidMessage(CargoholdError):
    """The message is not one Cargohold understands: {reason}"""

    code = "invalid_message"
    permanent = True


class InvalidConfiguration(CargoholdError):
    """The setting {setting} is wrong: {reason}"""

    code = "invalid_configuration"
    permanent = True


class InvalidQuery(CargoholdError):
    """The query is not valid: {reason}"""

    code = "invalid_query"
    permanent = True


class ImageUnknown(CargoholdError):
    """No analysis of {digest} is known. Analyze it first, or look under the archives."""

    code = "image_unknown"
    permanent = True


class ArchiveUnknown(CargoholdError):
    """{digest} is not in the archive."""

    code = "archive_unknown"
    permanent = True


class DocumentUnknown(CargoholdError):
    """The analysis of {digest} has no document {document}. It has {known}."""

    code = "document_unknown"
    permanent = True


class ImportUnknown(CargoholdError):
    """There is no import {import_id}, or it is over. Begin another one: a bundle that comes twice counts once."""

    code = "import_unknown"
    permanent = True


class ContentUnknown(CargoholdError):
    """The file {path} was not kept with the analysis of {digest}. RETRIEVE says which files are."""

    code = "content_unknown"
    permanent = True


class AmbiguousName(CargoholdError):
    """'{name}' means more than one image: {found}. Give more of the digest."""

    code = "ambiguous_name"
    permanent = True


class InvalidRule(CargoholdError):
    """The archive rule is not valid: {reason}"""

    code = "invalid_rule"
    permanent = True


class RuleExists(CargoholdError):
    """There is a rule {name} already. Remove it first, or choose another name."""

    code = "rule_exists"
    permanent = True


class RuleUnknown(CargoholdError):
    """There is no rule {name}."""

    code = "rule_unknown"
    permanent = True


class RegistryExists(CargoholdError):
    """{name} is configured already. Remove it first, or change the registries document."""

    code = "registry_exists"
    permanent = True


class RegistryUnknown(CargoholdError):
    """No registry {name} is configured. `cargohold registries list` shows those that are."""

    code = "registry_unknown"
    permanent = True


class TransitionConflict(CargoholdError):
    """{digest} cannot {transition} now: {reason}"""

    code = "transition_conflict"
    permanent = True


class InvalidRequest(CargoholdError):
    """The request is not valid: {reason}"""

    code = "invalid_request"
    permanent = True


class RouteUnknown(CargoholdError):
    """There is nothing at {path}. GET /v1/openapi.json says what there is."""

    code = "route_unknown"
    permanent = True


class MethodNotAllowed(CargoholdError):
    """{method} is not possible at {path}, but {allowed} is."""

    code = "method_not_allowed"
    permanent = True


class Unauthenticated(CargoholdError):
    """The request has no valid token. Send it as Authorization: Bearer TOKEN."""

    code = "unauthenticated"
    permanent = True


class EndpointFailed(CargoholdError):
    """{endpoint} did not answer as the API does: {reason}"""

    code = "endpoint_failed"


class LocalOnly(CargoholdError):
    """{what} is done on this machine only. Leave out --endpoint, or ask where the store is."""

    code = "local_only"
    permanent = True


class NotCollected(CargoholdError):
    """When {digest} was analyzed, no {what} were asked for. Analyze it again with {setting} set."""

    code = "not_collected"
    permanent = True


class AnswerTooLarge(CargoholdError):
    """The answer is larger than {limit} bytes. Accept gzip, or ask for parts of it with the header Range."""

    code = "answer_too_large"
    permanent = True


class RangeNotSatisfiable(CargoholdError):
    """The range {range} cannot be had of an answer of {size} bytes."""

    code = "range_not_satisfiable"
    permanent = True


# The registry and the image -------------------------------------------------------------------


class ImageNotFound(CargoholdError):
    """{reference} was not found. Check the repository, the tag and the registry."""

    code = "image_not_found"
    permanent = True


class Unauthorized(CargoholdError):
    """{registry} refused the credentials for {repository}. Check them in the registries document."""

    code = "unauthorized"
    permanent = True


class RateLimited(CargoholdError):
    """{registry} limits the rate of requests. It is tried again after {seconds} seconds."""

    code = "rate_limited"


class RegistryUnavailable(CargoholdError):
    """{registry} did not answer as a registry does: {reason}"""

    code = "registry_unavailable"


class AddressForbidden(CargoholdError):
    """{host} is at {address}, which is not reachable by configuration. Allow it in the registries document."""

    code = "address_forbidden"
    permanent = True


class DigestMismatch(CargoholdError):
    """The content of {what} does not match its digest: expected {expected}, got {actual}."""

    code = "digest_mismatch"
    permanent = True


class TruncatedContent(CargoholdError):
    """{what} ends early: {reason}"""

    code = "truncated_content"
    permanent = True


class UnsupportedMediaType(CargoholdError):
    """{what} has the media type {media_type}, which is not that of a container image."""

    code = "unsupported_media_type"
    permanent = True


class NotAnImage(CargoholdError):
    """{reference} is not a container image but {kind}; it is recorded and skipped."""

    code = "not_an_image"
    permanent = True


class InvalidImage(CargoholdError):
    """{what} is not a valid image: {reason}"""

    code = "invalid_image"
    permanent = True


class NoMatchingPlatform(CargoholdError):
    """{reference} has no image for {wanted}. It has: {available}."""

    code = "no_matching_platform"
    permanent = True


class LayerUnavailable(CargoholdError):
    """The layer {digest} is not in the registry and could not be fetched from its other addresses: {reason}"""

    code = "layer_unavailable"
    permanent = True


class ImageArchivedInRegistry(CargoholdError):
    """{reference} is in the registry's archive class. Activate it in the registry, then analyze it again."""

    code = "image_archived_in_registry"
    permanent = True


class ImageTooLarge(CargoholdError):
    """{what} exceeds the limit {limit}: {actual}. Raise the limit, or leave the image out."""

    code = "image_too_large"
    permanent = True


class HostileContent(CargoholdError):
    """{what} is built to exhaust or mislead its reader: {reason}"""

    code = "hostile_content"
    permanent = True


class ScratchExhausted(CargoholdError):
    """The scratch space of {budget} bytes is used up. Give the function more ephemeral storage."""

    code = "scratch_exhausted"


class DeadlineExceeded(CargoholdError):
    """There is not enough time left for {what}. It is tried again from what is already known."""

    code = "deadline_exceeded"


class GaveUp(CargoholdError):
    """{what} was tried {attempts} times; the last error was {code}: {reason}"""

    code = "gave_up"
    permanent = True


class OutputNotWritten(CargoholdError):
    """{path} cannot be written: {reason}"""

    code = "output_not_written"
    permanent = True


# Stores and the database ----------------------------------------------------------------------


class ObjectNotFound(CargoholdError):
    """The object {key} is not in the store."""

    code = "object_not_found"
    permanent = True


class ObjectExists(CargoholdError):
    """The object {key} is already in the store."""

    code = "object_exists"
    permanent = True


class ObjectCorrupt(CargoholdError):
    """The object {key} is damaged: expected {expected}, got {actual}."""

    code = "object_corrupt"
    permanent = True


class ObjectCold(CargoholdError):
    """The object {key} is in a class that must be restored before it can be read."""

    code = "object_cold"


class StoreUnavailable(CargoholdError):
    """The store {store} failed: {reason}"""

    code = "store_unavailable"


class StoreForbidden(CargoholdError):
    """The store {store} refuses access: {reason}. Check the rights of the function, and that the object exists."""

    code = "store_forbidden"
    permanent = True


class CacheUnavailable(CargoholdError):
    """The layer cache under {root} cannot be used: {reason}"""

    code = "cache_unavailable"
    permanent = True


class DatabaseUnavailable(CargoholdError):
    """The database cannot be reached: {reason}"""

    code = "database_unavailable"


class DatabaseNotEmpty(CargoholdError):
    """The database has rows already; only an empty one is rebuilt. Use --resume for one that was interrupted."""

    code = "database_not_empty"
    permanent = True


class LocalPostgresFailed(CargoholdError):
    """The local Postgres does not work: {reason}"""

    code = "local_postgres_failed"
    permanent = True


class InvalidDocument(CargoholdError):
    """The document {document} cannot be read: {reason}"""

    code = "invalid_document"
    permanent = True


class InvalidBundle(CargoholdError):
    """The bundle {bundle} cannot be used: {reason}"""

    code = "invalid_bundle"
    permanent = True
