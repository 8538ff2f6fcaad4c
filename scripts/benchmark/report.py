"""The tables, from `results.json`; `python3 -m benchmark.report FOLDER` writes them again."""

import pathlib
import shutil
import sys

from . import chart, quote
from .participants import FASTAPI, FLASK, NODE, OPEN, OURS, PLAIN_FLASK
from .goals import NAMES, Goal, all_goals
from .summary import Results
from .paths import ROOT
from .background_load import DISTURBED, TOO_MANY
from .workloads import FLOOD_NODES, LIMIT, LIMITS, WORKLOADS


def write(folder: pathlib.Path) -> str:
    """Writes `report.md` and `report.svg`; the goals as text for the terminal."""
    results, run = Results.load(folder / "results.json")
    databases = [name for name in NAMES if any(cell[0] == name for cell in results.cells)]
    main_size, sizes = run["main_size"], run["sizes"]
    goals = judged(results, main_size, sizes)
    warning = disturbance(results)
    parts = [head(run["facts"], results, warning), goal_table(goals, not warning)]
    parts += [rate_table(results, database, sizes, main_size) for database in databases]
    parts += [flood_table(results, database, main_size) for database in databases]
    (folder / "report.md").write_text("\n\n".join(part for part in parts if part) + "\n")
    (folder / "report.svg").write_text(chart.draw(results, databases, main_size))
    return summary(goals, folder, warning)


def save(folder: pathlib.Path, saved: pathlib.Path) -> str:
    """Copies both to docs/benchmarks, and the table into docs/performance.md; or says why not."""
    results, run = Results.load(folder / "results.json")
    if disturbance(results):
        return "not saved: docs/performance.md would quote numbers that are not valid"
    saved.mkdir(exist_ok=True)
    for name in ("report.md", "report.svg"):
        shutil.copy(folder / name, saved / name)
    quote.quote(ROOT / "docs" / "performance.md", results, judged(results, run["main_size"], run["sizes"]), run["main_size"])
    return f"saved in docs/{saved.name}/ and docs/performance.md"


def judged(results: Results, main_size: int, sizes: list[int]) -> list[Goal]:
    return [goal for database in NAMES for goal in all_goals(results, database, main_size, sizes)]


def head(facts: dict, results: Results, warning: str) -> str:
    rounds = max((len(results.by_round(cell)) for cell in results.cells if cell[1] in WORKLOADS), default=0)
    lines = ["# Benchmarks", "", "Made by `scripts/bench`; do not edit.", ""]
    lines += [f"Medians of {rounds} interleaved rounds, ratios too; {facts.pop('minutes')} minutes in all.", ""]
    lines += [f"**{warning}**", ""] if warning else []
    lines += ["![Ours over the peers'](report.svg)", "", "| | |", "|---|---|"]
    return "\n".join(lines + [f"| {name} | {fact} |" for name, fact in facts.items()])


def disturbance(results: Results) -> str:
    """A warning if the run was disturbed so much that its ratios are not valid."""
    disturbed, slots = results.disturbed(DISTURBED)
    if disturbed <= slots * TOO_MANY:
        return ""
    return (
        f"NOT A VALID RUN: in {disturbed} of {slots} slots other programs took more than {DISTURBED:.0%} of the machine. "
        "Participants with more threads lose less by that, so the ratios are tilted. Run it again on a quiet machine."
    )


def goal_table(goals: list[Goal], is_valid: bool) -> str:
    lines = ["## Goals", "", "| goal | wanted | measured | |", "|---|---|---|---|"]
    return "\n".join(lines + [f"| {' | '.join([*told(goal), verdict(goal, is_valid)])} |" for goal in goals])


def told(goal: Goal) -> tuple[str, str, str]:
    bound = "≤" if goal.at_most else "≥"
    against = f" ({goal.against})" if goal.against else ""
    wanted, measured = (f"{number(value)}{goal.unit}" for value in (goal.wanted, goal.measured))
    return f"{goal.what}{against}", f"{bound} {wanted}", measured


def verdict(goal: Goal, is_valid: bool) -> str:
    """The verdict about a goal. A ratio from a disturbed run is shown, and gets no verdict."""
    if not is_valid:
        return "not judged"
    return "holds" if goal.holds else "DOES NOT HOLD"


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def rate_table(results: Results, database: str, sizes: list[int], main_size: int) -> str:
    rows = [(workload, size) for workload in WORKLOADS if workload != "flood"
            for size in (sizes if WORKLOADS[workload].is_page else [main_size])]  # fmt: skip
    lines = [f"## {NAMES[database]}: calls a second", ""]
    lines += [f"| workload | users | {OURS} | Node at its best | over Node | {FASTAPI} | Flask | Flask at its best | {OPEN} |"]
    lines += ["|---|" + "--:|" * 2 + "---|" + "--:|" * 5]
    for workload, size in rows:
        ours = results.median((database, workload, size, OURS))
        if ours is None:
            continue
        best = results.best(database, workload, size, list(NODE))
        over = results.over_best(database, workload, size, OURS, list(NODE))
        node = (f"{number(best[1])} ({best[0]})", f"{over:.2f}×") if best else ("–", "–")
        others = [shown(results.median((database, workload, size, who))) for who in (FASTAPI, PLAIN_FLASK)]
        flask = results.best(database, workload, size, list(FLASK))
        others += [f"{number(flask[1])} ({flask[0]})" if flask else "–"]
        others += [shown(results.median((database, workload, size, OPEN)))]
        lines.append(f"| {WORKLOADS[workload].title} | {size:,} | {number(ours)} | {' | '.join([*node, *others])} |")
    for name, title in LIMITS.items():
        limit = results.median((database, name, 0, LIMIT))
        if limit is not None:
            lines.append(f"| {title} on all cores, nothing else | – | {number(limit)} | – | – | – | – | – | – |")
    return "\n".join(lines)


def flood_table(results: Results, database: str, size: int) -> str:
    lines = [f"## {NAMES[database]}: while 64 clients sign in", "", "| | logins/s | JWKS p50 | p99 | refresh p50 | p99 |"]
    lines += ["|---|" + "--:|" * 5]
    for who in [OURS, *FLOOD_NODES, FASTAPI, PLAIN_FLASK]:
        cell = (database, "flood", size, who)
        if cell in results.cells:
            times = [results.median(cell, figure, stream) for stream in ("jwks", "refresh")
                     for figure in ("p50_ms", "p99_ms")]  # fmt: skip
            lines.append(f"| {' | '.join([who, shown(results.median(cell)), *(shown(time, ' ms') for time in times)])} |")
    return "\n".join(lines) if len(lines) > 4 else ""


def shown(value: float | None, unit: str = "") -> str:
    return "–" if value is None else f"{number(value)}{unit}"


def summary(goals: list[Goal], folder: pathlib.Path, warning: str) -> str:
    lines = []
    for goal in goals:
        what, wanted, measured = told(goal)
        lines.append(f"{verdict(goal, not warning):13}  {measured:>9}  (wanted {wanted})  {what}")
    held = "no goals judged" if warning else f"{sum(goal.holds for goal in goals)} of {len(goals)} goals hold"
    return "\n".join(["", *lines, "", *([warning, ""] if warning else []), f"{held}; the tables are in {folder / 'report.md'}"])


if __name__ == "__main__":
    print(write(pathlib.Path(sys.argv[1])))
