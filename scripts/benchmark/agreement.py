"""Checks that all participants answer the same call with the same users; otherwise the rates cannot be compared."""

from .participants import OURS
from .test_bed import TestBed, answer
from .workloads import PER_PAGE, WORKLOADS


def check(test_bed: TestBed, workloads: list[str]) -> None:
    """Ends the program if a participant's page differs from ours."""
    for name in (name for name in workloads if WORKLOADS[name].is_page):
        for size in test_bed.sizes:
            expected = page(test_bed, name, size, OURS)
            if len(expected) != PER_PAGE:
                raise SystemExit(f"{name}, {size} users: {len(expected)} users on a page of {PER_PAGE}")
            for who in WORKLOADS[name].who:
                if who in test_bed.participants and size in test_bed.participants[who].users:
                    found = page(test_bed, name, size, who)
                    if found != expected:
                        raise SystemExit(f"{name}, {size} users: {who} shows {found}, ours {expected}")


def page(test_bed: TestBed, name: str, size: int, who: str) -> list[dict]:
    participant, workload = test_bed.participants[who], WORKLOADS[name]
    return answer(participant.users[size], workload.streams(participant, size)[0]["calls"][0])["users"]
