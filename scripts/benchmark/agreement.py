"""Everybody answers the same question with the same users, or the rates say nothing."""

from .competitors import OURS
from .test_bed import TestBed, answer
from .workloads import PER_PAGE, WORKLOADS


def check(test_bed: TestBed, workloads: list[str]) -> None:
    """Ends the program if somebody's page differs from ours."""
    for name in (name for name in workloads if WORKLOADS[name].is_page):
        for size in test_bed.sizes:
            expected = page(test_bed, name, size, OURS)
            if len(expected) != PER_PAGE:
                raise SystemExit(f"{name}, {size} users: {len(expected)} users on a page of {PER_PAGE}")
            for who in WORKLOADS[name].who:
                if who in test_bed.competitors and size in test_bed.competitors[who].users:
                    found = page(test_bed, name, size, who)
                    if found != expected:
                        raise SystemExit(f"{name}, {size} users: {who} shows {found}, ours {expected}")


def page(test_bed: TestBed, name: str, size: int, who: str) -> list[dict]:
    competitor, workload = test_bed.competitors[who], WORKLOADS[name]
    return answer(competitor.users[size], workload.streams(competitor, size)[0]["calls"][0])["users"]
