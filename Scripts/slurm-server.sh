#!/bin/bash
# A throw-away single-node Slurm on loopback.  usage: slurm-server.sh start|stop|status DIR
# Needs the Debian packages slurmctld slurmd slurm-client munge; runs as the calling user.
set -eu
command=${1:-}
dir=$(readlink -m "${2:?name a folder}")
controller_port=${SLURM_TEST_CONTROLLER_PORT:-16817}
node_port=${SLURM_TEST_NODE_PORT:-16818}
host=$(hostname -s)
user=$(id -un)

stop_pid() { # ends only a process that this script started, and only if it is still that program
  [ -s "$1" ] || return 0
  local pid
  pid=$(cat "$1")
  [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ] || return 0
  kill "$pid"
  for _ in $(seq 100); do
    [ -d "/proc/$pid" ] || return 0
    sleep 0.1
  done
  kill -9 "$pid"
}

case $command in
start)
  mkdir -p "$dir"/{etc,state,spool,log,run}
  chmod 755 "$dir" "$dir/run" "$dir/log" "$dir/etc"
  [ -s "$dir/etc/munge.key" ] || (umask 077; head -c 1024 /dev/urandom >"$dir/etc/munge.key")
  cat >"$dir/etc/slurm.conf" <<CONF
ClusterName=orrerytest
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$dir/run/munge.sock
CredType=cred/munge
SlurmctldPort=$controller_port
SlurmdPort=$node_port
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/slurmd.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=0,bf_interval=1
MpiDefault=none
ReturnToService=2
MaxArraySize=10001
MaxJobCount=20000
MinJobAge=600
KillWait=5
SlurmctldTimeout=30
SlurmdTimeout=30
NodeName=$host NodeAddr=127.0.0.1 CPUs=${SLURM_TEST_CPUS:-$(nproc)} RealMemory=${SLURM_TEST_MEMORY:-1000} State=UNKNOWN
PartitionName=debug Nodes=$host Default=YES MaxTime=60 State=UP
CONF
  export SLURM_CONF=$dir/etc/slurm.conf
  munged --socket="$dir/run/munge.sock" --key-file="$dir/etc/munge.key" \
    --log-file="$dir/log/munged.log" --pid-file="$dir/run/munged.pid" \
    --seed-file="$dir/run/munged.seed" --num-threads=2
  slurmctld -f "$SLURM_CONF"
  slurmd -f "$SLURM_CONF" -N "$host"
  for _ in $(seq 150); do
    [ "$(sinfo -h -o %T 2>/dev/null)" = idle ] && exit 0
    sleep 0.1
  done
  echo "slurm-server: the node does not become idle; see $dir/log" >&2
  exit 1
  ;;
stop)
  stop_pid "$dir/run/slurmd.pid" slurmd
  stop_pid "$dir/run/slurmctld.pid" slurmctld
  stop_pid "$dir/run/munged.pid" munged
  ;;
status) SLURM_CONF=$dir/etc/slurm.conf sinfo ;;
*)
  echo "usage: $0 start|stop|status DIR" >&2
  exit 2
  ;;
esac
