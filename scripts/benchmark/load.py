"""The load generator: crates/authpair/benches/load."""

import json
import pathlib
import subprocess


def run(program: pathlib.Path, address: str, streams: list[dict], seconds: float, warm_up: float = 0.25) -> dict:
    """Figures by stream. Ends the program if an answer is wrong."""
    plan = {"address": address, "warm_up": warm_up, "seconds": seconds, "streams": streams}
    return ask(program, ["run"], json.dumps(plan))


def limit(program: pathlib.Path, name: str, seconds: float) -> dict:
    return ask(program, [name, str(seconds)], "")


def ask(program: pathlib.Path, arguments: list[str], given: str) -> dict:
    done = subprocess.run([program, *arguments], input=given, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(done.stderr.strip())
    return json.loads(done.stdout)
