"""How much of the machine others take while something is measured.

The system shares cores by runnable thread: beside a foreign build, a server of many threads keeps more of the machine
than one of few, and the program that measures a bare limit, with one thread for each core, keeps least. That tilts ratios, and no median takes it out again.
"""

import os
import pathlib

# Above this share of all cores a slot counts as disturbed.
DISTURBED = 0.05
# Medians tolerate a few disturbed slots. Above this share of disturbed slots the run is not valid.
TOO_MANY = 0.1


class Watch:
    """Entered and left around a slot; then `share` is what others took of all cores."""

    def __enter__(self) -> "Watch":
        self.before = readings()
        return self

    def __exit__(self, *_: object) -> None:
        everyone, own, stolen, total = (after - before for after, before in zip(readings(), self.before, strict=True))
        # Interrupts and the kernel's own threads work for us as well: only foreign programs and hosts are counted.
        foreign = max(everyone - own, 0) + stolen
        self.share = foreign / max(total, 1)


def readings() -> tuple[int, int, int, int]:
    """Ticks so far: of all programs, of ours, stolen by the host, in all. The first two are without the kernel's."""
    fields = list(map(int, pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]))
    user, nice, stolen = fields[0], fields[1], fields[7]
    return user + nice, own_ticks(), stolen, sum(fields[:8])


def own_ticks() -> int:
    """User time of this process and all below it. The time of a process that has ended counts for the parent that waited for it."""
    parents, ticks = {}, {}
    for folder in pathlib.Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                # After the name, which may hold anything: state, parent, … user time and that of ended children.
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            pid = int(folder.name)
            parents[pid], ticks[pid] = int(fields[1]), int(fields[11]) + int(fields[13])
    return sum(ticks[pid] for pid in ticks if is_below(pid, parents))


def is_below(pid: int, parents: dict[int, int]) -> bool:
    while pid in parents:
        if pid == os.getpid():
            return True
        pid = parents[pid]
    return False
