# A Slurm of one node without systemd, in $slurm, a folder of its own: to be sourced. Other Slurms of this machine do not notice it.

start_slurm() {
    mkdir -p "$slurm"/{state,spool,log}
    export SLURM_CONF="$slurm/slurm.conf"
    local user host ports
    user=$(id -un) host=$(hostname -s)
    ports=($(python3 -c '
import socket
free = [socket.socket() for _ in range(2)]
for one in free: one.bind(("127.0.0.1", 0))
print(*(one.getsockname()[1] for one in free))'))
    # More processors than there may be, so that trainings are side by side everywhere.
    cat >"$SLURM_CONF" <<END
ClusterName=lth
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=${ports[0]}
SlurmdPort=${ports[1]}
AuthType=auth/munge
AuthInfo=socket=$slurm/munge.socket
CredType=cred/munge
SlurmUser=$user
SlurmdUser=$user
StateSaveLocation=$slurm/state
SlurmdSpoolDir=$slurm/spool
SlurmctldPidFile=$slurm/slurmctld.pid
SlurmdPidFile=$slurm/slurmd.pid
SlurmctldLogFile=$slurm/log/slurmctld
SlurmdLogFile=$slurm/log/slurmd
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmdTimeout=5
SchedulerParameters=sched_interval=1,batch_sched_delay=0
MaxArraySize=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=4 RealMemory=100 State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
    head -c 1024 /dev/urandom >"$slurm/munge.key"
    chmod 400 "$slurm/munge.key"
    munged --force --key-file="$slurm/munge.key" --socket="$slurm/munge.socket" --pid-file="$slurm/munged.pid" \
        --log-file="$slurm/log/munged" --seed-file="$slurm/munge.seed" 2>/dev/null
    slurmctld -f "$SLURM_CONF" -c
    start_slurmd
}

start_slurmd() {
    rm -f "$slurm/slurmd.pid"
    slurmd -f "$SLURM_CONF"
}

# What the node has running, its daemon last: found by the folder of this Slurm, never by name alone.
node_processes() {
    local daemon
    daemon=$(cat "$slurm/slurmd.pid")
    descendants "$daemon"
    # A job's keeper is no child of the daemon.
    for keeper in $(pgrep -x slurmstepd); do
        if tr '\0' '\n' <"/proc/$keeper/environ" 2>/dev/null | grep -qx "SLURM_CONF=$SLURM_CONF"; then
            descendants "$keeper"
            echo "$keeper"
        fi
    done
    echo "$daemon"
}

descendants() {
    local child
    for child in $(pgrep -P "$1"); do
        descendants "$child"
        echo "$child"
    done
}

# Ends the node at once and with all that runs on it, as a loss of power does.
lose_node() {
    local processes
    processes=$(node_processes)
    # Stopped first, so that none sees another's end.
    kill -STOP $processes 2>/dev/null || :
    processes="$processes $(node_processes)"
    kill -KILL $processes 2>/dev/null || :
}

# Jobs that are queued again wait for two minutes by themselves.
hurry() {
    squeue --noheader --states=PENDING --format='%i %r' | while read -r job reason; do
        [ "$reason" != BeginTime ] || scontrol update jobid="$job" StartTime=now || :
    done
}

stop_slurm() {
    [ ! -e "$slurm/slurmd.pid" ] || lose_node
    local file
    for file in slurmctld munged; do
        [ ! -e "$slurm/$file.pid" ] || kill "$(cat "$slurm/$file.pid")" 2>/dev/null || :
    done
}
