"""Our programs in release; the peers with pinned versions, in folders of their own."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from .paths import PEERS, ROOT, WORK

# As in deploy/Dockerfile, which says why: what is measured is what the image runs.
RUSTFLAGS = "-C link-arg=-Wl,-z,pack-relative-relocs"


def everything() -> dict[str, pathlib.Path]:
    """The programs by name: auth-service, users-api, load, users_api_unchecked; node (its folder), flask and fastapi (their
    virtual environments)."""
    with ThreadPoolExecutor() as pool:
        python = {name: pool.submit(virtual_environment, name) for name in ("flask_tutorial", "fastapi")}
        node = pool.submit(node_modules)
        # At once, or half of all crates would be built twice, for other features. What the benches add to shared
        # crates and no service calls is left out when the services are linked.
        programs = cargo("-p", "auth-service", "-p", "users-api", "-p", "authpair", "--bin", "auth-service",
                         "--bin", "users-api", "--bench", "load", "--bench", "users_api_unchecked")  # fmt: skip
        return programs | {name: made.result() for name, made in python.items()} | {"node": node.result()}


def cargo(*what: str) -> dict[str, pathlib.Path]:
    command = ["cargo", "build", "--release", "--locked", "--message-format=json-render-diagnostics", *what]
    print(f'RUSTFLAGS="{RUSTFLAGS}"', *command, flush=True)
    environment = os.environ | {"RUSTFLAGS": RUSTFLAGS}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit("the build failed")
    messages = map(json.loads, done.stdout.splitlines())
    return {
        message["target"]["name"]: pathlib.Path(message["executable"])
        for message in messages
        if message["reason"] == "compiler-artifact" and message["executable"]
    }


def virtual_environment(peer: str) -> pathlib.Path:
    requirements, folder = PEERS / peer / "requirements.txt", WORK / peer
    if not is_installed(folder, requirements):
        run([sys.executable, "-m", "venv", "--clear", folder])
        run([folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements])
        note_installed(folder, requirements)
    return folder


def node_modules() -> pathlib.Path:
    folder = WORK / "node"
    package = PEERS / "node/package.json"
    if not is_installed(folder, package):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        shutil.copy(package, folder)
        run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--no-package-lock", "--prefix", folder])
        note_installed(folder, package)
    for source in (PEERS / "node").glob("*.mjs"):
        shutil.copy(source, folder)
    return folder


def is_installed(folder: pathlib.Path, listed: pathlib.Path) -> bool:
    note = folder / "installed"
    return note.exists() and note.read_text() == listed.read_text()


def note_installed(folder: pathlib.Path, listed: pathlib.Path) -> None:
    (folder / "installed").write_text(listed.read_text())


def run(command: list) -> None:
    print(" ".join(map(str, command)), flush=True)
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout}")
