#!/usr/bin/env bash
# The DAG through a real scheduler: starts a one-node SLURM, runs the same targets locally and
# through it, and compares every result byte for byte. A GPU request must reach the scheduler.
#
#   sudo tests/slurm/one_node_slurm.sh [TARGET ...]      # default: the whole quick scale
#
# Needs root and Debian's packages slurm-wlm and munge (installed here if apt-get can), and the
# environment of `make environment`. Leaves the machine's SLURM configuration as it found it.
set -euo pipefail
repository=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
export PATH="$repository/.venv/bin:$PATH"
die() { echo "error: $1" >&2; exit 2; }

[ "$(id -u)" = 0 ] || die "SLURM's daemons must be started by root; run this script with sudo."
if ! command -v slurmctld >/dev/null || ! command -v munged >/dev/null; then
    apt-get update -qq && apt-get install -y -qq slurm-wlm munge >/dev/null ||
        die "slurm-wlm and munge are missing and could not be installed with apt-get."
fi
if pgrep -x slurmctld >/dev/null; then die "a SLURM controller already runs here."; fi

host=$(hostname -s)
saved=$work/etc-slurm
cp -a /etc/slurm "$saved"
stop() {
    pkill -x slurmd || true
    pkill -x slurmctld || true
    [ -z "${munge_started:-}" ] || pkill -x munged || true
    for node in 0 1; do rm -f "/dev/scalinglaws_gpu$node"; done
    rm -rf /etc/slurm && cp -a "$saved" /etc/slurm
    [ -n "${KEEP:-}" ] || rm -rf "$work"
}
trap stop EXIT

# Two device nodes stand for two GPUs: the scheduler counts them, nothing computes on them.
for node in 0 1; do [ -e "/dev/scalinglaws_gpu$node" ] || mknod "/dev/scalinglaws_gpu$node" c 1 3; done
mkdir -p "$work"/{state,spool,log}
chmod 755 "$work"
cat >/etc/slurm/slurm.conf <<EOF
ClusterName=scalinglaws
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
MinJobAge=600
SchedulerParameters=sched_interval=2
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldLogFile=$work/log/slurmctld.log
SlurmdLogFile=$work/log/slurmd.log
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
GresTypes=gpu
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$(free -m | awk '/^Mem/{print int($2 * 0.8)}') Gres=gpu:2 State=UNKNOWN
PartitionName=batch Nodes=$host Default=YES MaxTime=INFINITE State=UP
EOF
printf 'Name=gpu File=/dev/scalinglaws_gpu[0-1]\n' >/etc/slurm/gres.conf

if ! pgrep -x munged >/dev/null; then
    mkdir -p /run/munge && chown munge: /run/munge
    runuser -u munge -- munged
    munge_started=yes
fi
slurmctld
slurmd
for _ in $(seq 30); do sinfo -h -o %T 2>/dev/null | grep -q idle && break || sleep 1; done
sinfo -h -o %T | grep -q idle || { tail -n 5 "$work"/log/*.log; die "the node did not become idle."; }
echo "one-node SLURM $(sinfo --version | cut -d' ' -f2): $(sinfo -h -o '%c CPUs, %m MB, %G')"

targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(all)
for copy in local slurm; do
    git clone -q "$repository" "$work/$copy"
    # Data prepared once for both; snakemake would fetch them again otherwise.
    [ ! -d "$repository/results/data" ] || { mkdir -p "$work/$copy/results" &&
        cp -r "$repository/results/data" "$work/$copy/results/"; }
done

echo "== the local run"
(cd "$work/local" && time snakemake "${targets[@]}" --cores "$(nproc)" --quiet all)

echo "== the same through SLURM, training blocks asking for a GPU each"
(cd "$work/slurm" && time snakemake "${targets[@]}" --workflow-profile workflow/profiles/slurm \
    --set-resources train_block:gpu=1 --slurm-no-account --slurm-status-command squeue \
    --slurm-init-seconds-before-status-checks 5 --latency-wait 10 \
    --default-resources mem_mb=1500 runtime=30 slurm_partition=batch >"$work/log/snakemake.log" 2>&1) &
running=$!
seen=$work/gpu-requests
while kill -0 $running 2>/dev/null; do
    scontrol show job 2>/dev/null | grep -oE '(TRES|TresPer(Job|Node|Task)|tres_per_[a-z]+)=[^ ]*gpu[^ ]*' >>"$seen" || true
    sleep 1
done
wait $running || { tail -n 20 "$work"/log/*.log; die "the run through SLURM failed."; }
[ -s "$seen" ] || die "no GPU request reached the scheduler."
echo "the scheduler saw: $(sort "$seen" | uniq -c | sort -rn | head -1)"
scontrol show job | grep -c JobId= | xargs echo "jobs submitted:"

echo "== comparing tables, fits, figures"
cd "$work/local/results/quick"
mapfile -t files < <(find tables fits figures ledger -type f 2>/dev/null | sort)
[ ${#files[@]} -gt 0 ] || die "the local run left no results to compare."
different=0
for file in "${files[@]}"; do
    cmp "$file" "$work/slurm/results/quick/$file" || different=1
done
[ $different = 0 ] || die "results differ between the local run and the run through SLURM."
echo "${#files[@]} files are byte-identical"
