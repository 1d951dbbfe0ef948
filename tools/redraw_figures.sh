#!/usr/bin/env bash
# Redraws docs/figures with the program of this checkout: `tools/redraw_figures.sh` what takes a second,
# `tools/redraw_figures.sh NAME...` of the names below.
#
#   summaries   from docs/results/*.csv                                    a second
#   cost        the time of a step: run it on a core that does nothing else a minute
#   histograms  weights of a ticket: 10 rounds of 50 epochs                5 minutes on a core
#   filters     LeNet-5 on Fashion-MNIST: 20 rounds of 10 epochs           5 minutes on a core
#   PAPER/FIGURE  of those that `lth reproduce` lists, with its tables in docs/results: as long as it says there; FLAGS are
#                 further ones of `lth reproduce`, which the page names, and AS is the page's name where it is not PAPER-FIGURE
#
# The filters of Conv-2 (re-encoded-cifar-10-conv-2-filters.svg) are those of the run in docs/results/models-and-data-sets.md: `lth plot` draws them
# as figures/filters.svg. LTH is the program, RUNS the folder in which runs are made and found again: with RUNS of a time before,
# nothing is trained twice.
set -euo pipefail
cd "$(dirname "$0")/.."
LTH=${LTH:-target/release/lth}
RUNS=${RUNS:-$(mktemp -d)}
into=docs/figures

# The figure of a run's folder, under the name that documents know it by.
take() { cp "$1"/figures/"$2".svg "$into/$3.svg"; }

of_summary() { # SUMMARY FIGURE NAME MODEL DATASET [LENGTH]
    local folder="$RUNS/summaries/$3"
    rm -rf "$folder"
    tools/run_of_summary.py "docs/results/$1.csv" "$folder" "${@:4}"
    "$LTH" plot "$folder" --quiet
    take "$folder" "$2" "$3"
}

find_ticket() { "$LTH" find-winning-ticket "$@" --quiet >/dev/null; }

summaries() {
    of_summary lenet-300-100-fashion-mnist accuracy-against-density fashion-mnist-lenet-300-100 lenet-300-100 fashion-mnist 50000it
    of_summary lenet-5-fashion-mnist accuracy-against-density fashion-mnist-lenet-5 lenet-5 fashion-mnist 10ep
    local conv_2=(conv-2 image-folder:re-encoded-cifar-10 2000it)
    of_summary conv-2-re-encoded-cifar-10 accuracy-against-density re-encoded-cifar-10-conv-2 "${conv_2[@]}"
    of_summary conv-2-re-encoded-cifar-10 layer-density re-encoded-cifar-10-conv-2-layers "${conv_2[@]}"
}

published() { # PAPER/FIGURE
    local name=${AS:-${1/\//-}} made
    # shellcheck disable=SC2086 # several flags
    made=$("$LTH" reproduce "$1" ${FLAGS:-} --output-path "$RUNS/published" --quiet --print-folder)
    cp "$made/comparison.svg" "$into/$name.svg"
    sed "s|(comparison\.svg)|(../figures/$name.svg)|" "$made/comparison.md" >"docs/results/$name.md"
}

cost() {
    find_ticket lenet-300-100 mnist -e 5 --jobs 1 --output-path "$RUNS/cost"
    take "$RUNS"/cost/* step-time-against-density step-time-against-density
}

histograms() {
    find_ticket lenet-300-100 mnist -i 10 --keep all --no-figures --output-path "$RUNS/histograms"
    local ticket=("$RUNS"/histograms/*/replicate-0/round-09/ticket.safetensors)
    "$LTH" inspect --histograms "${ticket[0]}" --output "$RUNS/weights" >/dev/null
    cp "$RUNS/weights.svg" "$into/histograms-lenet-300-100.svg"
}

filters() {
    find_ticket lenet-5 fashion-mnist -e 10 --output-path "$RUNS/filters"
    take "$RUNS"/filters/* filters fashion-mnist-lenet-5-filters
}

if [ $# = 0 ]; then set -- summaries; fi
for name; do
    case $name in
    summaries | cost | histograms | filters) "$name" ;;
    */*) published "$name" ;;
    *)
        sed -n '2,14s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
    esac
done
