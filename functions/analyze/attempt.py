"""One attempt at a request: resolve, claim, analyze, publish, and say how it went."""

from dataclasses import dataclass, field
from uuid import UUID

from analyze import claims
from analyze.catalogers import CATALOG_VERSION
from analyze.pipeline import analyze_image
from analyze.progress import observer
from analyze.publish import publish
from analyze.reading import PARALLEL
from analyze.requests import Dependencies, Outcome, Receipt
from analyze.transports import open_transport
from analyze.transports.contract import Skipped, SourceImage, Transport
from cargohold.announcement import Announcement, announcement_key
from cargohold.contracts import (
    AnalysisFailed,
    AnalysisReady,
    AnalysisStarted,
    AnalyzeRequest,
    DocumentKey,
    Reference,
    now,
)
from cargohold.errors import CargoholdError, DeadlineExceeded, GaveUp, NotAnImage
from cargohold.identifiers import uuid7
from cargohold.registry.patience import Patience
from cargohold.telemetry import logger

WAIT = 30  # seconds before a request whose image another holds is looked at again; each time so much more
LONGEST_WAIT = 600
MAX_HOPS = 40
MAX_STOPS = 3  # invocations in a row in which no layer was finished


def handle_request(request: AnalyzeRequest, to: Dependencies, receipt: Receipt) -> Outcome:
    """Carry out a request; what fails is reported to persist before it is raised again.

    Raises every error of `cargohold.errors` that transports, layers and stores raise.
    """
    attempt = _Attempt(request, to, receipt)
    try:
        return attempt.run()
    except CargoholdError as error:
        if isinstance(error, NotAnImage) and request.reason == "push":
            logger.info("skipped what is not an image")  # signatures and SBOMs are pushed beside every image
            return Outcome("skipped")
        attempt.report(error)
        raise


@dataclass(slots=True)
class _Attempt:
    request: AnalyzeRequest
    to: Dependencies
    receipt: Receipt
    analysis_id: UUID = field(default_factory=uuid7)
    image: SourceImage | None = None

    def run(self) -> Outcome:
        reference = self.request.reference
        if self.request.image is not None:
            reference = reference.model_copy(update={"digest": self.request.image})
        transport = open_transport(
            reference,
            registries=self.to.registries.current(),
            limits=self.to.resources.limits,
            patience=Patience(deadline=self.receipt.deadline),
        )
        images: list[SourceImage] = []
        for item in transport.images(() if self.request.image else self.to.platforms):
            if isinstance(item, Skipped):
                logger.info("skipped a child that is not an image", extra={"kind": item.kind})
            else:
                images.append(item)
        if len(images) == 1:
            return self._claim(images[0], transport)
        for image in images:
            self.to.messenger.send("analyze", self._later(image))
        return Outcome("expanded", [image.digest for image in images])

    def _claim(self, image: SourceImage, transport: Transport) -> Outcome:
        self.image = image
        store, deadline = self.to.store, self.receipt.ends_at()
        anew = self.request.force or self.request.reason == "reanalyze"
        version = self.to.resources.version
        records = self.to.resources.records
        known = records.kept
        held = claims.claim(store, image.digest, version, self.analysis_id, deadline, anew=anew)
        if not held.mine:
            return self._follow(image, held)
        logger.append_keys(image=image.digest, analysis_id=str(self.analysis_id))
        try:
            started = AnalysisStarted(
                correlation_id=self.request.correlation_id,
                reference=self._pinned(image),
                image=image.digest,
                analysis_id=self.analysis_id,
                started_at=now(),
                deadline=deadline,
            )
            self.to.messenger.send("persist", started)
            analyzed = analyze_image(
                image,
                transport,
                self.to.resources,
                request_id=self.receipt.request_id,
                deadline=self.receipt.deadline,
                # What did not go well with two layers at once is tried with one: it has all time and memory then.
                parallel=1 if self.request.stops or self.receipt.receives > 1 else PARALLEL,
            )
            # Before the documents, so that who sees a whole analysis sees its announcement too.
            store.put(announcement_key(image.digest, self.analysis_id), self._announcement(image).write())
            keys = publish(store, analyzed, self.analysis_id)
        except DeadlineExceeded as late:
            claims.release(store, image.digest, version, held)
            return self._continue(image, late, progress=records.kept > known)
        except CargoholdError:
            claims.release(store, image.digest, version, held)
            raise
        return self._finish(image, self.analysis_id, keys, "analyzed")

    def _continue(self, image: SourceImage, late: DeadlineExceeded, *, progress: bool) -> Outcome:
        """Leave the rest to a message to itself: layers that were finished are in the cache."""
        stops = 0 if progress else self.request.stops + 1
        if stops >= MAX_STOPS or self.request.hops >= MAX_HOPS:
            tries = self.request.hops + 1 if progress else stops
            reason = "the whole time of an invocation is not enough."
            raise GaveUp(what=late.fields["what"], attempts=tries, code=late.code, reason=reason) from late
        self.to.messenger.send("analyze", self._later(image, stops))
        self.report(late, continues=True)
        return Outcome("continued", [image.digest], str(self.analysis_id))

    def _follow(self, image: SourceImage, held: claims.Claim) -> Outcome:
        """Join an analysis that another request holds: add this request's reference to its result."""
        keys = claims.finished(self.to.store, image.digest, held.analysis_id)
        if keys is not None:
            return self._finish(image, held.analysis_id, keys, "reused")
        if self.request.hops >= MAX_HOPS:
            raise DeadlineExceeded(what=f"the analysis of {image.digest} that another request holds")
        delay = min(LONGEST_WAIT, WAIT * (self.request.hops + 1))
        self.to.messenger.send("analyze", self._later(image, self.request.stops), delay_seconds=delay)
        return Outcome("waiting", [image.digest], str(held.analysis_id))

    def _finish(self, image: SourceImage, analysis_id: UUID, keys: tuple[DocumentKey, ...], outcome: str) -> Outcome:
        announcement = self._announcement(image)
        ready = AnalysisReady(
            correlation_id=self.request.correlation_id,
            analysis_id=analysis_id,
            image=image.digest,
            parents=announcement.parents,
            references=announcement.references,
            documents=keys,
            catalog_version=CATALOG_VERSION,
            reason=announcement.reason,
            force=self.request.force,
        )
        self.to.messenger.send("persist", ready)
        observer.get().image_done(image, reused=outcome == "reused")
        return Outcome(outcome, [image.digest], str(analysis_id))

    def _announcement(self, image: SourceImage) -> Announcement:
        return Announcement(
            image=image.digest,
            parents=image.parents or self.request.parents,
            references=(self._pinned(image), *self._aliases(image)),
            reason=self.request.reason,
        )

    def _pinned(self, image: SourceImage) -> Reference:
        """Return the request's reference with the digest that its tag pointed to."""
        asked = self.request.reference
        digest = asked.digest or (image.parents[0] if image.parents else image.digest)
        named = {"registry": image.reference.registry, "repository": image.reference.repository}
        return asked.model_copy(update={**named, "tag": asked.tag or image.reference.tag, "digest": digest})

    def _aliases(self, image: SourceImage) -> tuple[Reference, ...]:
        """Return the other names of an image in a file, for the same push."""
        digest = self._pinned(image).digest
        named = {"pushed_at": self.request.reference.pushed_at, "digest": digest}
        return tuple(alias.model_copy(update=named) for alias in image.aliases)

    def _later(self, image: SourceImage, stops: int = 0) -> AnalyzeRequest:
        """Return the request narrowed to one image, so that a tag that moves does not matter."""
        narrowed = {
            "reference": self._pinned(image),
            "image": image.digest,
            "parents": image.parents or self.request.parents,
            "hops": self.request.hops + 1,
            "stops": stops,
        }
        return self.request.model_copy(update=narrowed)

    def report(self, error: CargoholdError, *, continues: bool = False) -> None:
        """Tell persist that the attempt failed, and whoever watches unless another invocation `continues` it."""
        final = (error.permanent or self.receipt.last) and not continues
        if final and not error.permanent and self.receipt.receives > 1:
            tries = self.receipt.receives
            error = GaveUp(what="the image", attempts=tries, code=error.code, reason=error.message)
        failed = AnalysisFailed(
            correlation_id=self.request.correlation_id,
            reference=self._pinned(self.image) if self.image else self.request.reference,
            image=self.image.digest if self.image else self.request.image,
            analysis_id=self.analysis_id,
            error_code=error.code,
            error_message=error.message,
            final=final,
            failed_at=now(),
        )
        self.to.messenger.send("persist", failed)
        if not continues:
            observer.get().failed(failed.reference, error)
