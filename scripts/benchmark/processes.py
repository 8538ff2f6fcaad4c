"""Servers: started in process groups of their own, awaited, ended by id."""

import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

from .paths import RUN

READY_WITHIN = 60


class Server:
    """A server that is ready when `/readyz` says so."""

    def __init__(self, name: str, command: list, settings: dict[str, str], port: int, folder: pathlib.Path = RUN):
        self.name, self.port, self.address = name, port, f"127.0.0.1:{port}"
        self.command, self.settings, self.folder = [str(word) for word in command], settings, folder
        self.process: subprocess.Popen | None = None

    def start(self, poll: float = 0.05) -> float:
        """Starts it; the seconds until it was ready."""
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        began = time.perf_counter()
        # All participants write their logs where it costs least.
        self.process = subprocess.Popen(
            self.command,
            cwd=self.folder,
            env=inherited | self.settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        while not self.is_ready():
            if self.process.poll() is not None or time.perf_counter() - began > READY_WITHIN:
                self.stop()
                given = " ".join(f"{name}='{value}'" for name, value in self.settings.items())
                raise SystemExit(f"{self.name} does not start; to see why:\n{given} {' '.join(self.command)}")
            time.sleep(poll)
        return time.perf_counter() - began

    def stop(self) -> None:
        if self.process is None:
            return
        group, self.process = self.process, None
        for ending in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(group.pid, ending)
                group.wait(timeout=10)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self.address}/readyz", timeout=5) as answer:
                return answer.status == 200
        except (OSError, urllib.error.HTTPError):
            return False

    def memory(self, figure: str) -> int:
        """A figure of the process's status in bytes: VmRSS now, VmHWM at the most."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name == figure:
                return int(value.split()[0]) * 1024
        raise SystemExit(f"/proc shows no {figure} of {self.name}")

    def forget_peak(self) -> None:
        """Resets VmHWM, the peak of the memory in use."""
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]
