"""The table in docs/performance.md, between two marks."""

import pathlib

from .participants import CONFIGURATIONS, OURS
from .goals import NAMES, Goal
from .summary import Results
from .workloads import WORKLOADS

BEGIN, END = "<!-- begin: made by scripts/bench --save -->", "<!-- end -->"


def quote(document: pathlib.Path, results: Results, goals: list[Goal], size: int) -> None:
    text = document.read_text()
    before, _, rest = text.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise SystemExit(f"{document.name} has no place for the table: {BEGIN} … {END}")
    held = f"{sum(goal.holds for goal in goals)} of {len(goals)} goals hold."
    document.write_text(f"{before}{BEGIN}\n{table(results, size)}\n\n{held}\n{END}{after}")


def table(results: Results, size: int) -> str:
    """Our calls a second, and how many times the rate of each peer that is. A peer that does not run on a database has no
    column there."""
    columns = [(database, peer) for database in NAMES for peer in ("", *CONFIGURATIONS)
               if any(known[0] == database and known[3] in (CONFIGURATIONS[peer] if peer else [OURS])
                      for known in results.cells)]  # fmt: skip
    heads = [f"over {peer}" if peer else NAMES[database] for database, peer in columns]
    lines = [f"| {' | '.join([f'calls a second, {size:,} users', *heads])} |", "|---|" + "--:|" * len(columns)]
    for workload, told in WORKLOADS.items():
        if workload != "flood":
            cells = [cell(results, database, workload, size, peer) for database, peer in columns]
            lines.append(f"| {' | '.join([told.title, *cells])} |")
    return "\n".join(lines)


def cell(results: Results, database: str, workload: str, size: int, peer: str) -> str:
    if not peer:
        rate = results.median((database, workload, size, OURS))
        return "–" if rate is None else f"{rate:,.0f}"
    ratio = results.over_best(database, workload, size, OURS, CONFIGURATIONS[peer])
    return "–" if ratio is None else f"{ratio:,.0f}×" if ratio >= 10 else f"{ratio:.1f}×"
