"""A real SLURM of one node, in a folder of its own: the machine's own is neither read nor changed.

Daemons, authentication and configuration live in the folder, on free ports. Where control groups
(version 1) can be written, jobs are confined to their memory and to their devices, as on a cluster;
elsewhere memory is watched by polling and devices are only counted.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

DAEMONS = ("munged", "slurmctld", "slurmd")
COMMANDS = ("sbatch", "srun", "squeue", "scancel", "scontrol", "sinfo", "sacct", "sacctmgr")
GROUPS = Path("/sys/fs/cgroup")
# Character devices that anyone may read stand for two GPUs: full and random of Linux.
DEVICES = ((1, 7), (1, 8))
CPUS = 4  # slots; the machine itself may have fewer cores
MEMORY = 8000  # MB that the scheduler deals out
FREE = ("CompleteWait=0", "KillWait=2", "MinJobAge=600", "ReturnToService=2")


def missing() -> str:
    """Why no SLURM can be started here, in a sentence; nothing where it can."""
    if lacking := [name for name in (*DAEMONS, *COMMANDS) if not program(name)]:
        return f"SLURM is not installed ({', '.join(lacking)}): apt-get install slurm-wlm munge"
    if os.getuid() != 0:
        return "SLURM's daemons are started by root only"
    if any(process.name() == "slurmd" for process in psutil.process_iter()):
        return "a SLURM runs on this machine already, whose jobs this one's could be taken for"
    return ""


def program(name: str) -> str | None:
    """Debian keeps daemons where only root looks."""
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")


@dataclass(frozen=True)
class OneNode:
    """A running scheduler. ``confined``: whether control groups hold its jobs."""

    folder: Path
    confined: bool

    @property
    def devices(self) -> list[Path]:
        return [self.folder / f"gpu{number}" for number in range(len(DEVICES))]

    def run(self, *command: str) -> str:
        """What a command of SLURM says. Raises CalledProcessError."""
        program = str(self.folder / "bin" / command[0])
        return subprocess.run(
            [program, *command[1:]], capture_output=True, text=True, check=True
        ).stdout

    def environment(self) -> dict[str, str]:
        """Commands that speak to this scheduler come first on the path.

        $SLURM_CONF would not do: inside jobs, Snakemake's plugin drops it.
        """
        return os.environ | {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"}

    def jobs(self) -> list[dict[str, str]]:
        """All jobs that the scheduler remembers, in the order of their numbers."""
        lines = self.run("scontrol", "--oneliner", "show", "job").splitlines()
        records = [dict(re.findall(r"(\S+?)=(\S*)", line)) for line in lines]
        known = [record for record in records if "JobId" in record]
        return sorted(known, key=lambda record: int(record["JobId"]))

    def state(self, job: dict[str, str]) -> str:
        """What has become of a job by now."""
        return next(one["JobState"] for one in self.jobs() if one["JobId"] == job["JobId"])

    def queue(self) -> list[str]:
        """Numbers of the jobs that wait, run or are being ended."""
        return self.run("squeue", "--noheader", "--format=%i").split()

    def cancel_all(self) -> None:
        """Leave an empty queue for the next test."""
        self.run("scancel", "--state=PENDING")
        self.run("scancel", "--signal=KILL", "--full", "--state=RUNNING")
        self.run("scancel", "--state=RUNNING")
        deadline = time.monotonic() + 60
        while self.queue() and time.monotonic() < deadline:
            time.sleep(0.2)
        assert not self.queue()


class Unstartable(Exception):
    """This machine does not let SLURM's daemons run, in their own words."""


@contextlib.contextmanager
def one_node(folder: Path) -> Iterator[OneNode]:
    """Start the daemons, and end them and their jobs. Raises Unstartable."""
    folder.chmod(0o755)
    node = OneNode(folder, confined=groups_can_be_made())
    configure(node)
    try:
        start(node)
        yield node
        node.cancel_all()
    finally:
        for daemon in reversed(DAEMONS):
            end(folder / f"{daemon}.pid")
        if node.confined:
            remove_groups()


def groups_can_be_made() -> bool:
    for kind in ("memory", "devices", "freezer"):
        group = GROUPS / kind / "scalinglaws_probe"
        try:
            group.mkdir()
            (group / "cgroup.procs").read_text()
            group.rmdir()
        except OSError:
            return False
    return True


def configure(node: OneNode) -> None:
    folder, host = node.folder, socket.gethostname().partition(".")[0]
    for name in ("state", "spool", "munge", "bin"):
        (folder / name).mkdir()
    for name in COMMANDS:
        told_where = folder / "bin" / name
        command = f'SLURM_CONF={folder}/slurm.conf exec {program(name)} "$@"'
        write(told_where, ["#!/bin/sh", command])
        told_where.chmod(0o755)
    key = folder / "munge" / "key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    for path, (major, minor) in zip(node.devices, DEVICES, strict=True):
        os.mknod(path, 0o20666, os.makedev(major, minor))
    if node.confined:
        holding = ["ProctrackType=proctrack/cgroup", "TaskPlugin=task/cgroup"]
        holding += ["JobAcctGatherType=jobacct_gather/none"]
    else:
        holding = ["ProctrackType=proctrack/linuxproc", "TaskPlugin=task/none"]
        holding += ["JobAcctGatherType=jobacct_gather/linux", "JobAcctGatherFrequency=task=1"]
        holding += ["JobAcctGatherParams=OverMemoryKill"]
    lines = [
        "ClusterName=scalinglaws",
        f"SlurmctldHost={host}(127.0.0.1)",
        "SlurmUser=root",
        f"SlurmctldPort={free_port()}",
        f"SlurmdPort={free_port()}",
        "AuthType=auth/munge",
        # A job that is queued again waits until its credentials have expired.
        f"AuthInfo=socket={folder}/munge/socket,cred_expire=5",
        "AccountingStorageType=accounting_storage/none",
        "SelectType=select/cons_tres",
        "SelectTypeParameters=CR_Core_Memory",
        "SchedulerParameters=sched_interval=2,batch_sched_delay=0",
        "SlurmdParameters=config_overrides",
        f"StateSaveLocation={folder}/state",
        f"SlurmdSpoolDir={folder}/spool",
        *(f"{one.title()}LogFile={folder}/{one}.log" for one in ("slurmctld", "slurmd")),
        *(f"{one.title()}PidFile={folder}/{one}.pid" for one in ("slurmctld", "slurmd")),
        "GresTypes=gpu",
        *FREE,
        *holding,
        f"NodeName={host} NodeAddr=127.0.0.1 CPUs={CPUS} RealMemory={MEMORY} "
        f"Gres=gpu:{len(DEVICES)} State=UNKNOWN",
        f"PartitionName=batch Nodes={host} Default=YES MaxTime=INFINITE State=UP",
    ]
    write(folder / "slurm.conf", lines)
    write(folder / "gres.conf", [f"Name=gpu File={folder}/gpu[0-{len(DEVICES) - 1}]"])
    if node.confined:
        held = ["CgroupPlugin=cgroup/v1", f"CgroupMountpoint={GROUPS}"]
        held += ["ConstrainRAMSpace=yes", "ConstrainDevices=yes"]
        write(folder / "cgroup.conf", held)


def write(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines) + "\n")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(node: OneNode) -> None:
    folder, munge = node.folder, node.folder / "munge"
    own = [f"--{what}={munge}/{what.partition('-')[0]}" for what in ("socket", "key-file")]
    own += [f"--{what}-file={munge}/{what}" for what in ("log", "seed")]
    for command in (
        ["munged", "--force", *own, f"--pid-file={folder}/munged.pid"],
        ["slurmctld", "-c", "-f", f"{folder}/slurm.conf"],
        ["slurmd", "-c", "-f", f"{folder}/slurm.conf"],
    ):
        daemon = program(command[0])
        assert daemon, command
        started = subprocess.run([daemon, *command[1:]], timeout=60)
        if started.returncode:
            raise Unstartable(f"{command[0]} does not start: {told(folder)}")
    deadline = time.monotonic() + 120
    while not is_idle(node):
        if time.monotonic() > deadline:
            raise Unstartable(f"the node does not come up: {told(folder)}")
        time.sleep(0.2)


def is_idle(node: OneNode) -> bool:
    try:
        return "idle" in node.run("sinfo", "--noheader", "--format=%T")
    except subprocess.CalledProcessError:  # a controller that does not answer yet
        return False


def told(folder: Path) -> str:
    """The last words of the daemons."""
    logs = sorted(folder.glob("*.log"))
    return "\n".join(f"{log.name}: {log.read_text()[-2000:]}" for log in logs)


def end(pid_file: Path) -> None:
    """End the daemon whose number a file holds, and wait until it is gone."""
    with contextlib.suppress(OSError, ValueError):
        pid = int(pid_file.read_text())
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 20
        while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
            time.sleep(0.1)


def remove_groups() -> None:
    """Groups that SLURM leaves behind, the inner ones first."""
    host = socket.gethostname().partition(".")[0]
    for kind in GROUPS.iterdir():
        made = kind / f"slurm_{host}"
        for group in sorted(made.rglob("*/"), reverse=True) if made.is_dir() else []:
            with contextlib.suppress(OSError):
                group.rmdir()
        with contextlib.suppress(OSError):
            made.rmdir()
