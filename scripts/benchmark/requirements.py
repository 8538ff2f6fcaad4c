"""The programs that the benchmark takes from the machine."""

import os
import pathlib
import shutil
import subprocess
import sys

NEEDED = {
    "cargo": "Rust",
    "cc": "a C toolchain (Debian: build-essential)",
    "make": "a C toolchain (Debian: build-essential)",
    "node": "Node.js 20 or later",
    "npm": "npm",
}


def check(databases: list[str]) -> list[str]:
    """Ends the program, naming what is missing; the databases that can be measured."""
    missing = [f"{program}: {of}" for program, of in NEEDED.items() if shutil.which(program) is None]
    if subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True).returncode != 0:
        missing.append("Python's venv (Debian: python3-venv)")
    if missing:
        raise SystemExit("missing:\n  " + "\n  ".join(missing))
    if "postgres" in databases and postgres_bin() is None:
        print("no PostgreSQL found (initdb and postgres): that half is left out")
        databases = [database for database in databases if database != "postgres"]
    if "postgres" in databases and os.geteuid() == 0 and shutil.which("setpriv") is None:
        raise SystemExit("missing: setpriv (Debian: util-linux), for PostgreSQL does not run as root")
    return databases


def postgres_bin() -> pathlib.Path | None:
    """The folder of this machine's newest PostgreSQL server."""
    installed = pathlib.Path("/usr/lib/postgresql").glob("*/bin")
    newest_first = sorted(installed, key=lambda bin: int(bin.parent.name), reverse=True)
    on_path = [pathlib.Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep)]
    complete = (bin for bin in newest_first + on_path if (bin / "initdb").exists() and (bin / "postgres").exists())
    return next(complete, None)
