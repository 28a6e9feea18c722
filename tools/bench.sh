#!/bin/bash
# SPDX-License-Identifier: MIT
# The benchmarks: seconds of processor time, and how they compare with python3 (the same core, the
# same time), so that machines can be compared with each other.
#   tools/bench.sh [ROUNDS]        default: 3; the best of each is told
# Images are looked for in $PARLEY_IMAGES, else in ../shared/images beside the source tree.
set -eu
cd "$(dirname "$0")/.."
rounds=${1:-3}
parley=$PWD/build/release/parley
images=${PARLEY_IMAGES:-$PWD/../shared/images}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TIMEFORMAT='%U'

# best COMMAND...: the least user time of all rounds, in seconds.
best() {
    for _ in $(seq "$rounds"); do
        { time "$@" >/dev/null 2>&1; } 2>&1
    done | sort -n | head -1
}
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", (b > 0 ? a / b : 0) }'; }

fib() {
    python3 -c '
def fib(n): return 1 if n < 2 else fib(n - 1) + fib(n - 2)
fib(27)'
}
candle() {
    cp "$images/candle-bench-spur64.image" "$work/candle.image"
    chmod u+w "$work/candle.image"
    (cd "$work" && "$parley" candle.image)
}
pharo_version() {
    (cd "$work" && "$parley" pharo.image --version)
}
# Milliseconds of wall clock and kilobytes resident of one start.
pharo_start() {
    python3 - "$parley" "$work/pharo.image" <<'EOF'
import os, resource, subprocess, sys, time
best = 1e9
for _ in range(10):
    start = time.time()
    subprocess.run([sys.argv[1], sys.argv[2], "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    best = min(best, time.time() - start)
print("%.1f ms, %.1f MB resident" % (best * 1000, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024))
EOF
}

python=$(best fib)
echo "python3, fib 27:              $python s"
if [ ! -d "$images" ]; then
    echo "the images are not here ($images): nothing more to measure"
    exit 0
fi
time_of_candle=$(best candle)
echo "candle, n = 1000:             $time_of_candle s, $(ratio "$time_of_candle" "$python") times the Python"
cp "$images/pharo8-kernel-spur64.image" "$work/pharo.image"
chmod u+w "$work/pharo.image"
(cd "$work" && "$parley" pharo.image >/dev/null 2>&1) || true # its first run saves itself
pharo_version >/dev/null 2>&1 || true
echo "Pharo 8 kernel, --version:    $(pharo_start)"
