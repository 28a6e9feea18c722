#!/bin/bash
# SPDX-License-Identifier: MIT
# bench/compare measures, counts only what ran and came out right, and refuses what makes no sense.
set -u
. "$(dirname "$0")/../support/common.sh"
if ! command -v python3 >/dev/null; then
    echo "ok 1 - compare # SKIP python3 is not installed"
    echo "1..1"
    exit 0
fi
unset PARLEY_AWFY
compare() {
    "$root/bench/compare" --parley "$parley" --iterations 1 --small "$@" >out 2>err
    code=$?
}

compare --json Queens towers
check "two benchmarks run (exit code $code)" [ $code = 0 ]
check "the object names both and their times" python3 -c '
import json
times = json.load(open("out"))["milliseconds"]["parley"]
assert sorted(times) == ["Queens", "Towers"] and all(time > 0 for time in times.values())'

# A peer whose result is wrong: it says so by its exit code, though it prints a time.
cat >wrong <<'END'
#!/bin/sh
echo "$3: iterations=1 runtime: 1us"
echo "$3: iterations=1 runtime: 1us"
echo "$3: wrong result" >&2
exit 1
END
chmod +x wrong
compare Queens --peer-vm bad="$PWD/wrong" --peer-vm "$parley"
check "a wrong result makes the exit code 1 (was $code)" [ $code = 1 ]
check "who was wrong is told" grep -q "Queens on bad: Queens: wrong result" err
check "and takes part in no mean" grep -qE "^of so many +1 +0 +1$" out
check "a peer runs the image that Parley wrote" grep -qE "^milliseconds +parley +bad +peer2$" out

compare --cpu Queens
check "processor time is measured" grep -qE "^Queens +[0-9.]+ \(1.00\)" out

compare NoSuchBenchmark
check "an unknown name is refused with the names that there are" grep -q "Mandelbrot" err
compare --suite "$PWD" Queens
check "a folder without the suite is refused" grep -q "is no checkout of the suite" err
compare --iterations 0
check "no iterations are refused" [ $code = 2 ]

echo "1..$count"
[ $failures = 0 ]
