"""Archive rules: which analyses are archived when, trying them, and what they did."""

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from pydantic import BaseModel, ConfigDict, Field

from api import rules as stored
from api.answers import Listing, listing
from api.parameters import DIGEST, RULE_NAME, After, Limit, RuleName, text
from api.queries.paging import DEFAULT_LIMIT
from api.queries.rule_runs import RuleRun, list_runs
from api.queries.states import states
from api.routing import new_router
from api.rules import StoredRule
from api.services import services
from cargohold.archive_rules import Rule
from cargohold.contracts import ScheduledRun
from cargohold.database.connection import Cursor
from cargohold.errors import ImageUnknown, InvalidQuery
from cargohold.identifiers import uuid7

router = new_router()
TAG = ["rules"]


class NewRule(BaseModel):
    """A rule and its name."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(pattern=RULE_NAME)]
    rule: Rule


class RunRequested(BaseModel):
    """The message was sent; the list of runs has what it found under this id."""

    execution_id: str


@router.get("/v1/rules", tags=TAG, summary="List archive rules", operation_id="listRules")
def list_all() -> Listing[StoredRule]:
    """List rules by name."""
    return Listing[StoredRule](items=tuple(services().database.run(stored.list_rules)))


@router.post(
    "/v1/rules",
    tags=TAG,
    summary="Add an archive rule",
    description="docs/archive-rules.md explains the fields.",
    operation_id="addRule",
    status_code=201,
)
def add(body: Annotated[NewRule, Body()]) -> StoredRule:
    """Add a rule."""
    document = body.rule.model_dump(mode="json", exclude_none=True)
    return services().database.run(lambda cursor: stored.add_rule(cursor, body.name, document))


@router.get(
    "/v1/rule-runs",
    tags=TAG,
    summary="List what archive rules did",
    description="A row a rule and run, newest first, dry runs too, with the first 20 decisions.",
    operation_id="listRuleRuns",
)
def runs(
    execution_id: Annotated[str | None, text("only of this run")] = None,
    rule: Annotated[str | None, text("only of the rule with this name")] = None,
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
) -> Listing[RuleRun]:
    """List runs."""
    return listing(
        services().database.run(
            lambda cursor: list_runs(cursor, execution_id=execution_id, rule=rule, limit=limit, after=after)
        )
    )


@router.post(
    "/v1/rule-runs",
    tags=TAG,
    summary="Run the archive rules",
    description="A dry run says what would happen and why, and changes nothing; with an image, of that one, also when "
    "no rule names it. The list of runs has the answer.",
    operation_id="runRules",
    status_code=202,
)
def run(
    mode: Annotated[Literal["dry-run", "run"], Query(description="whether to do what the rules say")] = "dry-run",
    image: Annotated[str | None, Query(pattern=DIGEST, description="with `dry-run`: only of this image")] = None,
) -> RunRequested:
    """Ask for a run."""
    if image is not None:
        if mode != "dry-run":
            raise InvalidQuery(reason="rules run for all images; of one there is a dry run.")
        if not services().database.run(lambda cursor: states(cursor, image)):
            raise ImageUnknown(digest=image)
    identifier = str(uuid7())
    message = ScheduledRun(
        job="archive-rules", execution_id=identifier, dry_run=mode == "dry-run", image=image, correlation_id=identifier
    )
    services().messenger.send("archive", message)
    return RunRequested(execution_id=identifier)


@router.get("/v1/rules/<name>", tags=TAG, summary="Get an archive rule", operation_id="getRule")
def get(name: RuleName) -> StoredRule:
    """Get a rule."""
    return services().database.run(lambda cursor: stored.get_rule(cursor, name))


@router.put(
    "/v1/rules/<name>",
    tags=TAG,
    summary="Change an archive rule",
    description="The whole rule is replaced; its name and history stay.",
    operation_id="replaceRule",
)
def replace(name: RuleName, body: Annotated[Rule, Body()]) -> StoredRule:
    """Replace a rule."""
    document = body.model_dump(mode="json", exclude_none=True)
    return services().database.run(lambda cursor: stored.replace_rule(cursor, name, document))


@router.delete(
    "/v1/rules/<name>",
    tags=TAG,
    summary="Remove an archive rule",
    description="Its history stays. The answer is the rule as it was.",
    operation_id="removeRule",
)
def remove(name: RuleName) -> StoredRule:
    """Remove a rule."""

    def work(cursor: Cursor) -> StoredRule:
        found = stored.get_rule(cursor, name)
        stored.remove_rule(cursor, name)
        return found

    return services().database.run(work)
