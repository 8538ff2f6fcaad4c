"""The slots: everybody does a work in turn, work after work, round after round."""

from . import load
from .contestants import OURS
from .medians import Results
from .stage import Stage
from .works import LIMITS, WORKS, Work


class Rounds:
    def __init__(self, programs: dict, results: Results, works: list[str], rounds: int, shorter: float):
        self.program, self.results, self.works = programs["load"], results, works
        self.rounds, self.shorter = rounds, shorter

    def run(self, stage: Stage, with_limits: bool) -> None:
        for number in range(self.rounds):
            print(f"{stage.database}: round {number + 1} of {self.rounds}", flush=True)
            if with_limits:
                self.limits()
            for name in self.works:
                for size in stage.sizes if WORKS[name].is_page else [stage.main_size]:
                    self.turns(stage, name, size, number)

    def limits(self) -> None:
        for name in LIMITS:
            figures = load.limit(self.program, name, 2.0 * self.shorter)
            self.results.add(("", name, 0, ""), {"main": figures})

    def turns(self, stage: Stage, name: str, size: int, number: int) -> None:
        work = WORKS[name]
        there = [who for who in work.who if who in stage.contestants and self.takes_part(stage, who, work, size)]
        # Somebody else begins each round.
        first = number % len(there)
        for who in there[first:] + there[:first]:
            self.slot(stage, (name, work), size, who)

    def takes_part(self, stage: Stage, who: str, work: Work, size: int) -> bool:
        return size in stage.contestants[who].users if work.is_page else True

    def slot(self, stage: Stage, named: tuple[str, Work], size: int, who: str) -> None:
        (name, work), contestant = named, stage.contestants[who]
        server = work.server(contestant, size)
        watched = name == "flood" and who == OURS
        if watched:
            server.forget_peak()
        seconds = work.seconds * self.shorter * (1 if size == stage.main_size else 0.6)
        figures = load.run(self.program, server.address, work.streams(contestant, size), seconds)
        if watched:
            figures["memory"] = {"peak": server.memory("VmHWM")}
        self.results.add((stage.database, name, size, who), figures)
        print(f"  {name:8} {size:>9,} {who:26} {figures['main']['per_second']:>10,.1f}/s", flush=True)
