#!/bin/bash
# SPDX-License-Identifier: MIT
# The benchmarks: milliseconds of user time on one core, and how they compare with python3.11 there,
# so that machines can be compared with each other. What is compared runs in turns, round by round,
# so that all of it meets the same machine. The best and the median of all rounds are told, for each
# ratio too.
#   tools/bench.sh [ROUNDS]        default: 5
# PARLEY_PEER names another virtual machine (a command that takes an image and its arguments), which
# then runs beside. PYTHON names the Python. Images are looked for in $PARLEY_IMAGES, else in
# ../shared/images beside the source tree. `make bench` builds tools/measure.c, which this needs.
set -eu
cd "$(dirname "$0")/.."
rounds=${1:-5}
parley=$PWD/build/release/parley
program=$PWD/build/release/tools/measure
peer=${PARLEY_PEER:-}
python=${PYTHON:-$(command -v python3.11 || command -v python3)}
images=${PARLEY_IMAGES:-$PWD/../shared/images}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
core=$(nproc --all)
pin=()
if taskset -c $((core - 1)) true 2>/dev/null; then pin=(taskset -c $((core - 1))); fi

measure() { (cd "$work" && "${pin[@]}" "$program" "$@"); }
copy() { cp -f "$images/$1" "$work/$2" && chmod u+w "$work/$2"; }

# best FILE COLUMN, median FILE COLUMN. Columns: 1 user time, 2 wall clock, 3 kilobytes resident.
best() { sort -n -k "$2,$2" "$work/$1" | awk -v c="$2" 'NR == 1 { print $c }'; }
median() { sort -n -k "$2,$2" "$work/$1" | awk -v c="$2" '{ v[NR] = $c } END { print v[int((NR + 1) / 2)] }'; }
# ratio A B COLUMN: how many times B's figure A's is, best and median.
ratio() {
    awk -v a="$(best "$1" "$3")" -v b="$(best "$2" "$3")" -v c="$(median "$1" "$3")" -v d="$(median "$2" "$3")" \
        'BEGIN { printf "%.2f (median %.2f)", (b > 0 ? a / b : 0), (d > 0 ? c / d : 0) }'
}
tell() { printf '%-34s best %6.1f ms, median %6.1f ms%s\n' "$1" "$(best "$2" "$3")" "$(median "$2" "$3")" "${4:-}"; }

fib='
def fib(n): return 1 if n < 2 else fib(n - 1) + fib(n - 2)
fib(27)'
have_images=
if [ -d "$images" ]; then have_images=yes; fi
for _ in $(seq "$rounds"); do
    measure python "$python" -c "$fib"
    [ "$have_images" ] || continue
    copy candle-bench-spur64.image candle.image
    measure candle "$parley" candle.image
    [ "$peer" ] || continue
    copy candle-bench-spur64.image candle.image
    measure candle-peer "$peer" candle.image
done
tell "fib 27, $(basename "$python")" python 1
if [ ! "$have_images" ]; then
    echo "the images are not here ($images): nothing more to measure"
    exit 0
fi
tell "candle, n = 1000" candle 1 "; $(ratio candle python 1) times the Python"
if [ "$peer" ]; then
    tell "  the peer" candle-peer 1 "; $(ratio candle-peer python 1) times the Python"
    echo "  Parley takes $(ratio candle candle-peer 1) of the peer's time"
fi

copy pharo8-kernel-spur64.image pharo.image
(cd "$work" && "$parley" pharo.image >/dev/null 2>&1) || true # its first run saves itself
for _ in $(seq $((rounds * 4))); do
    measure start "$parley" pharo.image --version
    measure start-interpreted "$parley" --interpreter pharo.image --version
    measure own "$parley" -e '3 + 4'
    measure own-interpreted "$parley" --interpreter -e '3 + 4'
    [ ! "$peer" ] || measure start-peer "$peer" pharo.image --version
done
resident() { awk -v k="$(median "$1" 3)" 'BEGIN { printf "; %.1f MB resident", k / 1024 }'; }
tell "Pharo 8 kernel, --version, wall" start 2 "$(resident start)"
tell "  with --interpreter" start-interpreted 2 "; with the compiler $(ratio start start-interpreted 2) of that"
[ ! "$peer" ] || tell "  the peer" start-peer 2 "$(resident start-peer)"
tell "-e '3 + 4', wall" own 2 "$(resident own)"
tell "  with --interpreter" own-interpreted 2 "; with the compiler $(ratio own own-interpreted 2) of that"
