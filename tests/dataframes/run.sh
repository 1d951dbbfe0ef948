#!/usr/bin/env bash
# The tidy files of `lth table --results`, CSV and Parquet, opened by pandas and polars: the same rows, types and figures.
#
#     tests/dataframes/run.sh
#
# Uses the lth in $LTH, or target/release/lth. pandas, polars and pyarrow come from PyPI into a virtual environment below the target folder.
# Where Python or PyPI is not to be had, it is skipped, and said.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/../../target}
lth=$(realpath "${LTH:-$target/release/lth}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

skip() {
    printf '\n== data frames: SKIPPED, %s\n' "$1"
    exit 0
}

venv=$target/dataframes
python3 -c 'import venv, ensurepip' 2>/dev/null || skip "there is no Python with venv (Debian: python3-venv)"
if ! cmp -s "$here/requirements.txt" "$venv/requirements.txt"; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: --timeout 10 --retries 1 -r "$here/requirements.txt" \
        >"$work/pip.log" 2>&1 || { rm -rf "$venv"; skip "pip cannot install pandas, polars and pyarrow: $(tail -n 1 "$work/pip.log")"; }
    cp "$here/requirements.txt" "$venv/requirements.txt"
fi

cd "$work"
"$lth" sweep lenet-300-100 mnist --axis criterion=large-final,random -i 3 --replicates 2 --control random-reinit --length 20it --evaluate-every 10 \
    >sweep.log 2>&1 || { cat sweep.log >&2; exit 1; }
"$lth" table runs --results results.csv
"$lth" table runs --results results.parquet
"$venv/bin/python" "$here/read.py"
