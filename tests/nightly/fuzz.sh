#!/bin/bash
# SPDX-License-Identifier: MIT
# Ten minutes of fuzzing for each part that tools/fuzz.sh knows.
root=${PARLEY_SOURCE:?}
failures=0
number=0

for part in image sources compile run; do
    number=$((number + 1))
    if "$root/tools/fuzz.sh" $part 600 >log 2>&1; then
        echo "ok $number - ten minutes of fuzzing find nothing: $part$(sed -n 's/^skipped:/ # SKIP/p' log)"
    else
        echo "not ok $number - ten minutes of fuzzing: $part"
        failures=1
    fi
    sed 's/^/# /' log
done
echo 1..$number
exit $failures
