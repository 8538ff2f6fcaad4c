"""The slots: every participant does one workload in turn, then the next one, round after round."""

from . import load
from .participants import OURS
from .summary import Cell, Results
from .background_load import DISTURBED, Watch
from .test_bed import TestBed
from .workloads import LIMIT, WORKLOADS, Workload


class Rounds:
    def __init__(self, programs: dict, results: Results, workloads: list[str], rounds: int, time_factor: float):
        self.program, self.results, self.workloads = programs["load"], results, workloads
        self.rounds, self.time_factor = rounds, time_factor

    def run(self, test_bed: TestBed) -> None:
        for number in range(self.rounds):
            print(f"{test_bed.database}: round {number + 1} of {self.rounds}", flush=True)
            for name in self.workloads:
                for size in test_bed.sizes if WORKLOADS[name].is_page else [test_bed.main_size]:
                    self.turns(test_bed, name, size, number)
                if WORKLOADS[name].by_size:
                    self.few_and_many_users(test_bed, WORKLOADS[name], number)

    def turns(self, test_bed: TestBed, name: str, size: int, number: int) -> None:
        workload = WORKLOADS[name]
        started = [who for who in workload.who if who in test_bed.participants]
        there = [who for who in started if self.takes_part(test_bed, who, workload, size)]
        if workload.limit and OURS in there:
            # The machine's speed drifts within seconds, which affects hashes. So both are measured twice, in both orders.
            place = there.index(OURS)
            there[place : place + 1] = [LIMIT, OURS, OURS, LIMIT]
        # Every other round goes in reverse order, and participants that are compared stay side by side.
        for who in there[:: -1 if number % 2 else 1]:
            if who == LIMIT:
                self.limit(test_bed, workload, number)
            else:
                self.slot(test_bed, (name, workload), size, who, number)

    def few_and_many_users(self, test_bed: TestBed, workload: Workload, number: int) -> None:
        # Side by side and in both orders, because the machine's speed drifts within seconds.
        few, many = test_bed.sizes[0], test_bed.sizes[-1]
        for size in (few, many, many, few):
            self.slot(test_bed, (workload.by_size, workload), size, OURS, number)

    def limit(self, test_bed: TestBed, workload: Workload, number: int) -> None:
        with Watch() as watch:
            figures = load.limit(self.program, workload.limit, workload.seconds * self.time_factor)
        self.note((test_bed.database, workload.limit, 0, LIMIT), {"main": figures}, watch, number)

    def takes_part(self, test_bed: TestBed, who: str, workload: Workload, size: int) -> bool:
        return size in test_bed.participants[who].users if workload.is_page else True

    def slot(self, test_bed: TestBed, named: tuple[str, Workload], size: int, who: str, number: int) -> None:
        (name, workload), participant = named, test_bed.participants[who]
        server = workload.server(participant, size)
        watched = name == "flood" and who == OURS
        if watched:
            server.forget_peak()
        seconds = workload.seconds * self.time_factor * (1 if size == test_bed.main_size else 0.6)
        with Watch() as watch:
            figures = load.run(self.program, server.address, workload.streams(participant, size), seconds)
        if watched:
            figures["memory"] = {"peak": server.memory("VmHWM")}
        self.note((test_bed.database, name, size, who), figures, watch, number)

    def note(self, cell: Cell, figures: dict, watch: Watch, number: int) -> None:
        self.results.add(cell, figures | {"others": watch.share, "round": number})
        _, name, size, who = cell
        disturbed = f"  others took {watch.share:.0%}" if watch.share > DISTURBED else ""
        print(f"  {name:14} {size:>9,} {who:26} {figures['main']['per_second']:>10,.1f}/s{disturbed}", flush=True)
