"""What it was measured on, and with which versions."""

import os
import pathlib
import platform
import subprocess

from .requirements import postgres_bin
from .paths import PEERS, ROOT


def facts(programs: dict) -> dict[str, str]:
    cpu = [line for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    memory = pathlib.Path("/proc/meminfo").read_text().split()[1]
    packages = [PEERS / "flask_tutorial/requirements.txt", PEERS / "fastapi/requirements.txt"]
    pinned = sorted({line for file in packages for line in file.read_text().split()}, key=str.lower)
    node = (PEERS / "node/package.json").read_text().split('"dependencies": {')[1].split("}")[0]
    return {
        "revision": said("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"),
        "cores": str(os.cpu_count()),
        "processor": cpu[0].partition(":")[2].strip() if cpu else platform.machine(),
        "memory": f"{int(memory) / 1024 / 1024:.0f} GiB",
        "kernel": platform.release(),
        "Rust": said("rustc", "--version").removeprefix("rustc "),
        "Python": platform.python_version(),
        "from PyPI": ", ".join(pinned).replace("==", " "),
        "Node": said("node", "--version"),
        "from npm": " ".join(node.replace('"', "").replace(":", "").split()),
        "PostgreSQL": said(str(postgres_bin() / "postgres"), "--version").split()[2] if postgres_bin() else "none",
    }


def said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else "unknown"
