"""Moves of images into and out of the archive: carried out here to the end, or asked of an API that does."""

from collections.abc import Sequence

from cargohold.errors import ArchiveUnknown, ImageUnknown
from cargohold.lifecycle import Transition
from cargohold_cli import client, endpoint, resumed
from cargohold_cli.output import say
from cargohold_cli.source import Source, source

_DONE = {
    Transition.ARCHIVE: "archived {}",
    Transition.RESTORE: "restored {}",
    Transition.DELETE_IMAGE: "deleted {}",
    Transition.DELETE_ARCHIVE: "deleted {} from the archive",
    Transition.CANCEL: "cancelled {}",
}
_ASKED = {
    Transition.ARCHIVE: "archiving {} was asked for",
    Transition.RESTORE: "restoring {} was asked for",
    Transition.DELETE_IMAGE: "deleting {} was asked for",
    Transition.DELETE_ARCHIVE: "deleting {} from the archive was asked for",
    Transition.CANCEL: "cancelling what is under way with {} was asked for",
}
_ROUTES = {
    Transition.ARCHIVE: ("POST", "/v1/images/{}/archive"),
    Transition.RESTORE: ("POST", "/v1/archives/{}/restore"),
    Transition.DELETE_IMAGE: ("DELETE", "/v1/images/{}"),
    Transition.DELETE_ARCHIVE: ("DELETE", "/v1/archives/{}"),
    Transition.CANCEL: ("POST", "/v1/archives/{}/cancel"),
}


def carry_out(transition: Transition, names: Sequence[str], *, force: bool = False) -> int:
    """Move the images that `names` mean, one after the other; with `force` what is under way is taken up first.

    Raises `ImageUnknown`, `ArchiveUnknown`, `AmbiguousName`, `TransitionConflict`, and what the protocol raises.
    """
    asked = source()
    for name in names:
        digest = _find(asked, transition, name)
        if address := endpoint.endpoint():
            _there(client.connect(address), digest, transition, force=force)
        else:
            _here(digest, transition, force=force)
    return 0


def _there(asked: client.Client, digest: str, transition: Transition, *, force: bool) -> None:
    if force and resumed.to_its_end(asked, digest, transition):
        say(_DONE[transition].format(digest))
        return
    method, path = _ROUTES[transition]
    asked.send(method, path.format(digest), dict[str, str])
    say(f"{_ASKED[transition].format(digest)}; `cargohold archives status` shows how it goes")


def _find(asked: Source, transition: Transition, name: str) -> str:
    if transition in (Transition.ARCHIVE, Transition.DELETE_IMAGE):
        return asked.find_image(name)
    if transition is not Transition.CANCEL:
        return asked.find_archive(name)
    return find_either(asked, name)


def find_either(asked: Source, name: str) -> str:
    """Return the digest of the image that `name` means, here or in the archive. Raises `ImageUnknown`, ..."""
    try:
        return asked.find_image(name)
    except ImageUnknown as error:
        try:
            return asked.find_archive(name)
        except ArchiveUnknown:
            raise error from None


def _here(digest: str, transition: Transition, *, force: bool) -> None:
    from cargohold_cli import loop

    if loop.transition(digest, transition, force=force):
        say(_DONE[transition].format(digest))
    else:
        say(f"{digest} is in a cold class and was asked for; `cargohold work --scheduled` goes on with it")
