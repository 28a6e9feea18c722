#!/bin/bash
# SPDX-License-Identifier: MIT
# Fuzzes the whole VM with libFuzzer, address and undefined-behaviour sanitizers: a real image with
# some words changed is loaded and run for a while.
#   tools/fuzz_run.sh [SECONDS] [IMAGE]     default: 600 seconds, the smallest of the real images
# A finding is left in build/fuzz-run. Exit code 0: none.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
seconds=${1:-600}
export FUZZ_IMAGE=${2:-${PARLEY_IMAGES:-$root/../shared/images}/candle-spur64.image}
if ! command -v clang >/dev/null; then
    echo "skipped: clang is not installed"
    exit 0
fi
if [ ! -r "$FUZZ_IMAGE" ]; then
    echo "skipped: there is no image $FUZZ_IMAGE"
    exit 0
fi
FUZZ_IMAGE=$(realpath "$FUZZ_IMAGE")
work=$root/build/fuzz-run
mkdir -p "$work/corpus" "$work/scratch"
make -s -C "$root" CONFIG=fuzz CC=clang build/fuzz/fuzz_run
cd "$work/scratch"
"$root/build/fuzz/fuzz_run" -max_total_time="$seconds" -max_len=192 -timeout=20 -rss_limit_mb=4096 \
    -artifact_prefix="$work/" -print_final_stats=1 "$work/corpus" >/dev/null 2>"$work/fuzz.log" || {
    tail -60 "$work/fuzz.log"
    exit 1
}
tail -8 "$work/fuzz.log"
