"""Everybody answers the same question with the same users, or the rates say nothing."""

from .contestants import OURS
from .stage import Stage, answer
from .works import PER_PAGE, WORKS


def check(stage: Stage, works: list[str]) -> None:
    """Ends the program if somebody's page differs from ours."""
    for name in (name for name in works if WORKS[name].is_page):
        for size in stage.sizes:
            expected = page(stage, name, size, OURS)
            if len(expected) != PER_PAGE:
                raise SystemExit(f"{name}, {size} users: {len(expected)} users on a page of {PER_PAGE}")
            for who in WORKS[name].who:
                if who in stage.contestants and size in stage.contestants[who].users:
                    found = page(stage, name, size, who)
                    if found != expected:
                        raise SystemExit(f"{name}, {size} users: {who} shows {found}, ours {expected}")


def page(stage: Stage, name: str, size: int, who: str) -> list[dict]:
    contestant, work = stage.contestants[who], WORKS[name]
    return answer(contestant.users[size], work.streams(contestant, size)[0]["calls"][0])["users"]
