#!/usr/bin/env bash
# A campaign of 8 shards as an array job of a real Slurm on this machine: one of them is killed in the middle and requeued, and
# what is merged is compared with the hunt of one process.
# Needs root, Debian's slurm-wlm and munge (apt-get install slurm-wlm munge), and two minutes; not part of the tests.
# It starts munged, slurmctld and slurmd of its own, on ports and in a directory of its own, and ends them. Call it from the
# repository's top.
# PROGRAM names another build.
set -euo pipefail
program=${PROGRAM:-$PWD/target/release/bohrbug}
[ -n "${PROGRAM:-}" ] || cargo build --quiet --release
dir=$(mktemp -d)
chmod 755 "$dir"
export SLURM_CONF=$dir/slurm.conf
end() {
    scontrol shutdown >/dev/null 2>&1 || true
    [ ! -e "$dir/munge/pid" ] || kill "$(cat "$dir/munge/pid")" || true
    rm -rf "$dir"
}
trap end EXIT

mkdir -m 700 "$dir/munge"
mkdir -m 755 "$dir/run" "$dir/state" "$dir/spool"
dd if=/dev/urandom of="$dir/munge/key" bs=1024 count=1 status=none
chmod 600 "$dir/munge/key"
munged --force --key-file="$dir/munge/key" --socket="$dir/run/munge" --pid-file="$dir/munge/pid" \
    --log-file="$dir/munge/log" --seed-file="$dir/munge/seed"
host=$(hostname -s)
cat >"$SLURM_CONF" <<CONF
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
AuthType=auth/munge
# A requeued task begins again when its old credential has expired.
AuthInfo=socket=$dir/run/munge,cred_expire=5
CredType=cred/munge
SlurmUser=root
SlurmctldPort=17817
SlurmdPort=17818
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/run/slurmctld
SlurmdPidFile=$dir/run/slurmd
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES State=UP
CONF
slurmctld
slurmd
until sinfo --noheader --states=idle | grep -q .; do sleep 1; done
sinfo --version

hunt=(hunt reorder_10 --strategy random --executions 1000000 --jobs 1 --quiet)
cat >"$dir/shard.sh" <<SHARD
#!/bin/sh
exec "$program" ${hunt[*]} --shard env/8 --out "$dir/results"
SHARD
job=$(sbatch --parsable --array=1-8 --requeue --output="$dir/output.%a" "$dir/shard.sh")
echo "array job of $(squeue --noheader --array --job="$job" | wc -l) tasks"
until [ "$(squeue --noheader --array --states=running --job="$job" | wc -l)" = 2 ]; do sleep 0.2; done
sleep 1
scontrol requeue "${job}_2"
echo "task 2 is killed and requeued; $(ls "$dir/results" 2>/dev/null | wc -l) results are there"
until [ -z "$(squeue --noheader --array --job="$job")" ]; do sleep 1; done
ls "$dir/results"
echo "restarts of task 2: $(scontrol show job "${job}_2" | grep -o 'Restarts=[0-9]*')"

cd "$dir"
# Times differ, and behaviours are estimated where a shard has seen more than 65,536.
same() { sed -E 's/"(seconds|behaviours|unseen)":[^,]*/"\1":null/g; s#"trace":"[a-z]+/#"trace":"#'; }
"$program" merge results --traces merged --format json | same >merged.json && merged=0 || merged=$?
"$program" "${hunt[@]}" --traces whole --format json | same >whole.json && whole=0 || whole=$?
cut -c1-170 merged.json
echo "exit codes: $merged merged, $whole whole"
cmp merged.json whole.json && diff -r merged whole && echo "the same as one process: row and trace"
