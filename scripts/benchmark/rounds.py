"""The slots: everybody does a work in turn, work after work, round after round."""

from . import load
from .contestants import OURS
from .medians import Cell, Results
from .quiet import DISTURBED, Watch
from .stage import Stage
from .works import LIMIT, WORKS, Work


class Rounds:
    def __init__(self, programs: dict, results: Results, works: list[str], rounds: int, shorter: float):
        self.program, self.results, self.works = programs["load"], results, works
        self.rounds, self.shorter = rounds, shorter

    def run(self, stage: Stage) -> None:
        for number in range(self.rounds):
            print(f"{stage.database}: round {number + 1} of {self.rounds}", flush=True)
            for name in self.works:
                for size in stage.sizes if WORKS[name].is_page else [stage.main_size]:
                    self.turns(stage, name, size, number)

    def turns(self, stage: Stage, name: str, size: int, number: int) -> None:
        work = WORKS[name]
        there = [who for who in work.who if who in stage.contestants and self.takes_part(stage, who, work, size)]
        if work.limit and OURS in there:
            # What the machine gives drifts within seconds, and hashes feel it: both twice, from either side.
            place = there.index(OURS)
            there[place : place + 1] = [LIMIT, OURS, OURS, LIMIT]
        # Every other round goes back, and those who are compared stay side by side.
        for who in there[:: -1 if number % 2 else 1]:
            if who == LIMIT:
                self.limit(stage, work, number)
            else:
                self.slot(stage, (name, work), size, who, number)

    def limit(self, stage: Stage, work: Work, number: int) -> None:
        with Watch() as watch:
            figures = load.limit(self.program, work.limit, work.seconds * self.shorter)
        self.note((stage.database, work.limit, 0, LIMIT), {"main": figures}, watch, number)

    def takes_part(self, stage: Stage, who: str, work: Work, size: int) -> bool:
        return size in stage.contestants[who].users if work.is_page else True

    def slot(self, stage: Stage, named: tuple[str, Work], size: int, who: str, number: int) -> None:
        (name, work), contestant = named, stage.contestants[who]
        server = work.server(contestant, size)
        watched = name == "flood" and who == OURS
        if watched:
            server.forget_peak()
        seconds = work.seconds * self.shorter * (1 if size == stage.main_size else 0.6)
        with Watch() as watch:
            figures = load.run(self.program, server.address, work.streams(contestant, size), seconds)
        if watched:
            figures["memory"] = {"peak": server.memory("VmHWM")}
        self.note((stage.database, name, size, who), figures, watch, number)

    def note(self, cell: Cell, figures: dict, watch: Watch, number: int) -> None:
        self.results.add(cell, figures | {"others": watch.share, "round": number})
        _, name, size, who = cell
        disturbed = f"  others took {watch.share:.0%}" if watch.share > DISTURBED else ""
        print(f"  {name:10} {size:>9,} {who:26} {figures['main']['per_second']:>10,.1f}/s{disturbed}", flush=True)
