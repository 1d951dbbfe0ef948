#!/usr/bin/env bash
# Sweeps on a real Slurm and a real HyperQueue, with nodes that vanish in mid-task: the same bits as without a cluster.
#
#     tests/cluster/run.sh [slurm] [hyperqueue]
#
# Uses the lth in $LTH, or target/release/lth. As root on Debian it installs Slurm (slurm-wlm, munge) where that is missing; HyperQueue
# comes from PyPI into a virtual environment below the target folder. What cannot be had here is skipped, and said.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/../../target}
lth=$(realpath "${LTH:-$target/release/lth}")
work=$(mktemp -d)
started=()

clean_up() {
    [ -z "${slurm:-}" ] || stop_slurm
    [ ${#started[@]} = 0 ] || kill "${started[@]}" 2>/dev/null || :
    wait
    rm -rf "$work"
}
trap clean_up EXIT
trap "exit 1" INT TERM
source "$here/slurm_node.sh"

say() { printf '   %3s s  %s\n' "$SECONDS" "$*"; }
skip() { printf '\n== %s: SKIPPED, %s\n' "$1" "$2"; }
fail() {
    printf 'FAILED: %s\n' "$*" >&2
    squeue >&2 || :
    tail -n 20 "$work"/*/runs/sweep-*/{slurm,hyperqueue}/{slurm.log,logs/*.log} "$work"/slurm/log/* "$work"/*.log 2>/dev/null >"$work/all" || :
    cat "$work/all" >&2
    exit 1
}

# Waits until a command succeeds.
await() {
    local what=$1 end=$((SECONDS + 120))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || fail "waited two minutes until $what"
        sleep 0.2
    done
}

# The files of two folders of runs, but for those that hold times or belong to the cluster.
same_bits() {
    diff -r -x .lth -x .lock -x timing.json -x timing.csv -x metrics-lec.csv -x provenance.json -x '*tfevents*' -x slurm -x hyperqueue \
        "$1/runs" "$2/runs" >&2 || fail "$1 is not as $2"
    say "$(find "$1/runs" -name round.json | wc -l) trainings in $(basename "$1") have the bits that they have without a cluster"
}

sweep=(sweep lenet-300-100 mnist --axis criterion=large-final,movement,random -i 3 --length 2000it --evaluate-every 500 --checkpoint-every 0.2)
long=(sweep lenet-300-100 mnist --axis seed=7 -i 1 --length 5000it --evaluate-every 1000 --checkpoint-every 0.2)
quietly() { "$lth" "$@" >/dev/null 2>"$work/last.log" || fail "lth $*"; }
# Undisturbed, in the background.
locally() {
    mkdir -p "$work/local" "$work/local-long"
    (cd "$work/local" && "$lth" "${sweep[@]}" --jobs 1 && cd "$work/local-long" && "$lth" "${long[@]}") >"$work/local.log" 2>&1 &
    local_work=$!
}
has_checkpoint() { compgen -G "$1/runs/*/replicate-0/round-0$2/checkpoint.safetensors" >/dev/null; }

slurm_is_there() {
    local program
    for program in sbatch scontrol slurmctld slurmd munged python3 pgrep; do command -v "$program" >/dev/null || return 1; done
}
bring_slurm() {
    slurm_is_there && return
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return
    (apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends slurm-wlm munge) >"$work/apt.log" 2>&1
    slurm_is_there
}
queue_is_empty() { hurry && [ -z "$(squeue --noheader)" ]; }
is_queued_again() { grep -q 'is queued again' "$work"/slurm-long/runs/*/slurm/logs/*.log 2>/dev/null; }

on_slurm() {
    printf '\n== %s\n' "$(slurmctld -V)"
    slurm=$work/slurm
    start_slurm
    await "Slurm has a node" sh -c 'sinfo --noheader --format=%t | grep -q idle'
    mkdir "$work/on-slurm" "$work/slurm-long"
    cd "$work/slurm-long"
    quietly "${long[@]}" --on slurm --job-option=--time=5
    local job
    job=$(sed -n 2p runs/sweep-*/slurm/jobs.csv | cut -d, -f2)
    cd "$work/on-slurm"
    quietly "${sweep[@]}" --on slurm
    say "queued: $(squeue --noheader --format=%i | tr '\n' ' ')"
    # An array has two jobs at most here.
    [ "$(grep -c part runs/sweep-*/slurm/jobs.csv)" = 4 ] || fail "arrays are not as large as they may be"
    if "$lth" "${sweep[@]}" --on slurm >/dev/null 2>"$work/last.log" || ! grep -q 'queued already' "$work/last.log"; then
        fail "a sweep was queued twice"
    fi
    # As Slurm does before the time limit, which it looks at twice a minute only.
    await "the long training is saved" has_checkpoint "$work/slurm-long" 0
    scancel --batch --signal=USR1 "$job"
    await "the long training is queued again" is_queued_again
    say "a training that came to its time limit was saved and is queued again"
    await "a pruned network is half trained" has_checkpoint "$work/on-slurm" 1
    lose_node
    say "the node vanished with all that ran on it"
    await "Slurm misses the node" sh -c 'sinfo --noheader --format=%t | grep -q down'
    start_slurmd
    # A job that starts while Slurm still asks the node what it does is taken for one on a wrong node.
    sleep 10
    await "Slurm is done" queue_is_empty
    wait "$local_work" || fail "the sweep without a cluster"
    grep -q 'restarts before: [1-9]' "$work"/on-slurm/runs/sweep-*/slurm/logs/*.log || fail "no training was queued again"
    grep -q 'goes on at iteration' "$work"/slurm-long/runs/sweep-*/slurm/logs/*.log || fail "a checkpoint was not used"
    same_bits "$work/on-slurm" "$work/local"
    same_bits "$work/slurm-long" "$work/local-long"
    cd "$work/on-slurm"
    quietly "${sweep[@]}" --on slurm
    grep -q 'nothing is left to train' "$work/last.log" || fail "what is done was queued again"
    stop_slurm
    # Programs look for it for so many seconds.
    echo MessageTimeout=2 >>"$SLURM_CONF"
    slurm=
    if "$lth" "${long[@]}" --on slurm >/dev/null 2>"$work/last.log"; then fail "a Slurm that is not there took a sweep"; fi
    grep -q '^error: scontrol: ' "$work/last.log" && grep -q '^hint: .*--print-tasks' "$work/last.log" || fail "$(cat "$work/last.log")"
    say "a Slurm that is away: $(grep '^error' "$work/last.log")"
}

bring_hyperqueue() {
    python=$target/hyperqueue/bin/python
    "$python" -c 'import hyperqueue, tomllib' 2>/dev/null && return
    (python3 -m venv "$target/hyperqueue" && "$python" -m pip install -q hyperqueue && "$python" -c 'import hyperqueue, tomllib') \
        >"$work/pip.log" 2>&1
}
start_node() {
    "$python" "$here/hyperqueue_node.py" "$@" >"$work/hyperqueue-$(basename "$2").log" 2>&1 &
    started+=($!)
    await "HyperQueue's $1 is there" grep -qs 'is ready' "$work/hyperqueue-$(basename "$2").log"
}
has_table() { compgen -G "$1/runs/sweep-*/sweep.csv" >/dev/null; }

on_hyperqueue() {
    printf '\n== HyperQueue %s\n' "$("$python" -c 'import hyperqueue; print(hyperqueue.get_version())')"
    mkdir "$work/on-hyperqueue" "$work/bin"
    printf '#!/bin/sh\nexec %q %q "$@"\n' "$python" "$here/hq.py" >"$work/bin/hq"
    chmod +x "$work/bin/hq"
    export HQ_SERVER_DIR=$work/hq-server
    start_node server "$HQ_SERVER_DIR"
    start_node worker "$work/hq-worker-1" "$HQ_SERVER_DIR" 2
    local worker=${started[-1]}
    cd "$work/on-hyperqueue"
    PATH=$work/bin:$PATH quietly "${sweep[@]}" --on hyperqueue
    say "queued: job $(tail -n 1 runs/sweep-*/hyperqueue/jobs.csv)"
    await "a pruned network is half trained" has_checkpoint "$work/on-hyperqueue" 1
    # The worker is stopped first, so that it sees no task end.
    kill -STOP "$worker"
    kill -KILL $(descendants "$worker") "$worker"
    say "the worker vanished with all that ran on it"
    start_node worker "$work/hq-worker-2" "$HQ_SERVER_DIR" 2
    await "HyperQueue is done" has_table "$work/on-hyperqueue"
    wait "$local_work" 2>/dev/null || [ $? = 127 ] || fail "the sweep without a cluster"
    grep -q 'goes on at iteration' runs/sweep-*/hyperqueue/logs/*.log || fail "a checkpoint was not used"
    same_bits "$work/on-hyperqueue" "$work/local"
}

[ -x "$lth" ] || fail "there is no $lth: build it first, or name one in \$LTH"
local_work=
for cluster in ${*:-slurm hyperqueue}; do
    case $cluster in
    slurm) bring_slurm || { skip Slurm "for slurm-wlm and munge are not here and cannot be installed"; continue; } ;;
    hyperqueue) bring_hyperqueue || { skip HyperQueue "for PyPI's hyperqueue (Python 3.11 or newer) cannot be installed"; continue; } ;;
    *) fail "there is no test of '$cluster'" ;;
    esac
    [ -n "$local_work" ] || locally
    "on_$cluster"
done
