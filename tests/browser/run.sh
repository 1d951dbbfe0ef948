#!/usr/bin/env bash
# The page of `lth report`, and that of `lth watch` while a run goes on, in a real browser without a screen.
#
#     tests/browser/run.sh
#
# Uses the lth in $LTH, or target/release/lth, and the Chromium in $CHROMIUM or on the path. As root on Debian it installs Chromium where it is
# missing; Playwright, which drives it, comes from PyPI into a virtual environment below the target folder. What cannot be had here is skipped,
# and said. With $PICTURES screenshots are left in that folder.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/../../target}
lth=$(realpath "${LTH:-$target/release/lth}")

skip() {
    printf '\n== browser: SKIPPED, %s\n' "$1"
    exit 0
}

chromium=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || :)}
if [ -z "$chromium" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    (apt-get update -q && apt-get install -q -y --no-install-recommends chromium fonts-dejavu-core) >/dev/null 2>&1 || :
    chromium=$(command -v chromium || :)
fi
[ -n "$chromium" ] || skip "there is no Chromium here"
environment=$target/browser-venv
if ! "$environment/bin/python" -c 'import playwright' 2>/dev/null; then
    python3 -m venv "$environment" 2>/dev/null || skip "python3 has no venv here"
    "$environment/bin/pip" install -q playwright==1.65.2 2>/dev/null || skip "Playwright cannot be had from PyPI here"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$environment/bin/python" -B "$here/pages.py" "$lth" "$chromium" "${PICTURES:-}"
