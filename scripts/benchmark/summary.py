"""The results of the rounds, and their medians and ratios."""

import json
import pathlib
import statistics

# Database, workload, size, participant.
Cell = tuple[str, str, int, str]


class Results:
    """Figures of each round by cell."""

    def __init__(self) -> None:
        self.cells: dict[Cell, list[dict]] = {}

    def add(self, cell: Cell, figures: dict) -> None:
        self.cells.setdefault(cell, []).append(figures)

    def median(self, cell: Cell, figure: str = "per_second", stream: str = "main") -> float | None:
        """`None` where nothing was measured."""
        values = [figures[stream][figure] for figures in self.cells.get(cell, [])]
        values = [value for value in values if value is not None]
        return statistics.median(values) if values else None

    def ratio(self, above: Cell, below: Cell) -> float | None:
        """The median of what each round gives: what changes between rounds changes both."""
        ours, theirs = self.by_round(above), self.by_round(below)
        ratios = [ours[number] / theirs[number] for number in ours.keys() & theirs.keys()]
        return statistics.median(ratios) if ratios else None

    def by_round(self, cell: Cell) -> dict[int, float]:
        """The mean rate of each round."""
        rates: dict[int, list[float]] = {}
        for figures in self.cells.get(cell, []):
            rates.setdefault(figures["round"], []).append(figures["main"]["per_second"])
        return {number: statistics.mean(values) for number, values in rates.items()}

    def best(self, database: str, workload: str, size: int, names: list[str]) -> tuple[str, float] | None:
        """The participant with the highest rate among these, and that rate."""
        rates = {name: self.median((database, workload, size, name)) for name in names}
        measured = {name: rate for name, rate in rates.items() if rate is not None}
        return max(measured.items(), key=lambda one: one[1], default=None)

    def over_best(self, database: str, workload: str, size: int, who: str, names: list[str]) -> float | None:
        """The rate of `who` divided by the best rate of these participants."""
        best = self.best(database, workload, size, names)
        return self.ratio((database, workload, size, who), (database, workload, size, best[0])) if best else None

    def disturbed(self, more_than: float) -> tuple[int, int]:
        """In how many slots others took more of the machine than this, and how many there were."""
        shares = [figures["others"] for slots in self.cells.values() for figures in slots if "others" in figures]
        return sum(share > more_than for share in shares), len(shares)

    def save(self, file: pathlib.Path, more: dict) -> None:
        cells = [[*cell, figures] for cell, figures in self.cells.items()]
        file.write_text(json.dumps(more | {"cells": cells}, indent=1))

    @classmethod
    def load(cls, file: pathlib.Path) -> tuple["Results", dict]:
        saved = json.loads(file.read_text())
        results = cls()
        results.cells = {tuple(cell[:4]): cell[4] for cell in saved.pop("cells")}
        return results, saved
