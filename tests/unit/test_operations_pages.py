"""Pages for operators agree with the template and the code; every handler observes in the one way there is."""

import re
from pathlib import Path

import pytest
from docs import cost, template_facts

DOCS = Path(cost.__file__).parent


def page(name: str) -> str:
    return (DOCS / name).read_text()


def section(text: str, title: str) -> str:
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_every_alarm_says_what_to_do() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]+ \|$", section(page("operations.md"), "Alarms"), re.MULTILINE)
    assert sorted(rows) == sorted(template_facts.alarms())


def test_every_metric_is_explained() -> None:
    rows = re.findall(r"^\| (`.+`) \|", section(page("operations.md"), "Metrics"), re.MULTILINE)
    explained = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    for name in template_facts.metrics():
        pattern = re.compile(name.replace("*", r"\w+"))
        assert any(pattern.fullmatch(each) for each in explained), f"{name} is not in docs/operations.md"
    patterns = [re.compile(name.replace("*", r"\w+")) for name in template_facts.metrics()]
    for each in explained:
        assert any(pattern.fullmatch(each) for pattern in patterns), f"{each} is no metric"


def test_the_dashboard_shows_metrics_that_exist() -> None:
    [dashboard] = template_facts.resources("AWS::CloudWatch::Dashboard").values()
    shown = set(re.findall(r'\["Cargohold", "(\w+)"', dashboard["Properties"]["DashboardBody"]["Sub"]))
    assert {"SecondsFromPush", "ImagesWritten"} <= shown
    assert shown <= template_facts.metrics()


def test_cost_page_is_current() -> None:
    assert page("cost.md") == cost.page(), "run `make docs`"


def test_rights_are_current() -> None:
    assert page("security.md") == template_facts.with_rights(page("security.md")), "run `make docs`"


def test_cost_grows_with_use_and_stays_below_what_is_promised() -> None:
    totals = [cost.total(images) for images in (0, 1_000, 10_000, 100_000)]
    assert totals == sorted(totals)
    assert totals[0] < 10, "the front page says so"
    # From the price pages by hand: 3,538 MB for 3.2 s on arm64 is 0.000147 $, twice persist's 0.4 s 0.0000107 $.
    assert cost.lambda_cost(1) == pytest.approx(0.000147 + 0.0000107, rel=0.02)
    assert cost.aurora_hours(10_000_000) == pytest.approx(cost.HOURS)


HANDLERS = sorted(
    {each["Properties"]["Handler"] for each in template_facts.resources("AWS::Serverless::Function").values()}
)


@pytest.mark.parametrize("handler", HANDLERS)
def test_handlers_log_measure_and_trace_in_one_way(handler: str) -> None:
    source = (DOCS.parent / "functions" / f"{handler.rpartition('.')[0].replace('.', '/')}.py").read_text()
    imported = re.search(r"^from cargohold.telemetry import (.+)$", source, re.MULTILINE)
    assert imported, "logger, metrics and tracer are made once, in cargohold.telemetry"
    names = set(imported[1].split(", "))
    assert {"logger", "traced"} <= names
    assert "@traced\ndef handle" in source or "@traced\n@logger" in source
    assert "inject_lambda_context" in source or "set_correlation_id" in source, "what it logs cannot be followed"
    if "migrate" not in handler:
        assert "@metrics.log_metrics" in source


def test_nothing_else_makes_loggers_metrics_or_tracers() -> None:
    for root in ("functions", "layers/common"):
        for file in (DOCS.parent / root).rglob("*.py"):
            if file.name != "telemetry.py":
                assert not re.search(r"import .*\b(Logger|Metrics|Tracer)\b", file.read_text()), file
