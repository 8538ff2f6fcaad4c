"""The paths of files and folders."""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
PEERS = pathlib.Path(__file__).resolve().parent / "peers"
TARGET = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
# Kept between runs: installed peers and filled databases.
WORK = TARGET / "bench"
# Each run makes it again.
RUN = WORK / "run"
SAVED = ROOT / "docs" / "benchmarks"
