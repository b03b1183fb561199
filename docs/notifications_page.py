"""Makes `docs/notifications.md` and the schemas of events for users, of their models and samples."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from pydantic import BaseModel

from cargohold.contracts import BusEvent

EVENTS: tuple[type[BaseModel], ...] = get_args(BusEvent)
SAMPLES = Path(__file__).parents[1] / "events"

PREFACE = """\
# Notifications

Made from `layers/common/cargohold/contracts.py` and the samples in `events/`.

Whoever wants to know what happens to images adds a rule to the stack's event bus (the output `EventBusName`). The
events have the source `cargohold`, their name as `detail-type`, and what is shown here as `detail`:

```json
{"source": ["cargohold"], "detail-type": ["ImageAnalyzed", "ImageAnalysisFailed"]}
```

Delivery is at least once and in no order. `event_id` is the same in a repetition, and `at` tells which of two events
is the newer one. `correlation_id` is in the logs of everything that led to the event. Each event is published after
what it tells is true: who gets `ImageAnalyzed` finds the packages. Fields may be added; a change that would break
readers gets another `schema_version`. Schemas (JSON Schema 2020-12) are beside this page, in `notifications/`.

`references` are the names by which the image is news: for ImageAnalyzed the tags that were pushed, for others may be
empty. In a reference `digest` is what its tag pointed to, which for a multi-platform image is its index.

On one machine (`cargohold serve`) the same events are kept for seven days as rows of the table `message`, queue `bus`.
"""


def schema(event: type[BaseModel]) -> str:
    """Return the JSON schema of an event as it is sent."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(head | event.model_json_schema(mode="serialization"), indent=2) + "\n"


def sample(event: type[BaseModel]) -> str:
    """Return the sample of an event, as in `events/`."""
    for path in sorted(SAMPLES.glob("*.json")):
        text = path.read_text(encoding="utf-8")
        if json.loads(text).get("kind") == event.__name__:
            return text
    raise LookupError(event.__name__)


def page() -> str:
    """Return the page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield PREFACE.rstrip()
    for event in EVENTS:
        yield from ("", f"## {event.__name__}", "", " ".join((event.__doc__ or "").split()), "")
        yield from (f"[Schema](notifications/{event.__name__}.schema.json).", "")
        yield from ("```json", sample(event).rstrip(), "```")


def write(folder: Path) -> None:
    """Write the page and the schemas into `folder`."""
    (folder / "notifications.md").write_text(page())
    (folder / "notifications").mkdir(exist_ok=True)
    for name, text in schemas().items():
        (folder / "notifications" / name).write_text(text)


def schemas() -> dict[str, str]:
    """Return the schemas by file name."""
    return {f"{event.__name__}.schema.json": schema(event) for event in EVENTS}
