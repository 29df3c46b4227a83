"""A Slurm of one machine for the tests: munge, a controller and its nodes, started without systemd and ended after."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.processes import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGES = ("slurm-wlm", "munge")
PATIENCE = 60
CONFIG = """
ClusterName=gate
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmctldPort={port}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n.spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={node_port} CPUs=2 State=UNKNOWN
PartitionName=all Nodes=n1 Default=YES MaxTime=INFINITE State=UP
"""


def installed() -> str:
    """Install Slurm if need be; give the reason why it cannot be here, or nothing."""
    if shutil.which("slurmctld") and shutil.which("munged"):
        return ""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return "Slurm is not installed, and only root on a Debian can install it"
    options = ("-o", "DPkg::Lock::Timeout=300")
    silent = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", *options, "update", "-qq"], variables=silent)
    done = run(["apt-get", *options, "install", "-y", "-qq", "--no-install-recommends", *PACKAGES], variables=silent)
    return "" if done.status == 0 else f"apt-get cannot install Slurm: {done.stderr[-300:]}"


@contextmanager
def cluster(folder: Path) -> Iterator[dict[str, str]]:
    """Start a cluster of one node, give the variables that lead to it, and end it."""
    host = socket.gethostname().partition(".")[0]
    (folder / "state").mkdir()
    config = folder / "slurm.conf"
    config.write_text(CONFIG.format(host=host, folder=folder, port=_free(), node_port=_free()))
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o600)
    variables = {"SLURM_CONF": str(config)}
    env = {**os.environ, **variables}
    started: list[subprocess.Popen[bytes]] = []
    try:
        munge = ["munged", "-F", "-f", f"-S{folder}/munge.sock", f"--key-file={key}"]
        munge += [f"--{kind}-file={folder}/munge.{kind}" for kind in ("pid", "log", "seed")]
        for words in (munge, ["slurmctld", "-D", "-f", str(config)], ["slurmd", "-D", "-f", str(config), "-N", "n1"]):
            silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            started.append(subprocess.Popen(words, env=env, **silent))  # type: ignore[call-overload]
            time.sleep(0.5)
        _wait(env, folder)
        yield variables
    finally:
        for process in reversed(started):
            process.terminate()
        for process in reversed(started):
            process.wait(timeout=30)


def _free() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _wait(env: dict[str, str], folder: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if run(["sinfo", "-h", "-o", "%t"], variables=env).stdout.strip() == "idle":
            return
        time.sleep(0.3)
    logs = "\n".join(f"{path.name}: {path.read_text()[-1500:]}" for path in sorted(folder.glob("*.log")))
    raise AssertionError(f"no node is ready\n{logs}")
