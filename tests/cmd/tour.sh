#!/bin/bash
# SPDX-License-Identifier: MIT
# docs/tour.md says the truth: each of its blocks is typed into the REPL, or a shell, and what is
# printed is what stands there.
set -u
. "$(dirname "$0")/../support/common.sh"
export PARLEY_CHANGES=$PWD/changes.st

# Blocks become files: N.in what is typed, N.want what is printed.
awk '/^```repl$/ { n++; inside = 1; next }
     /^```console$/ { n++; inside = 2; next }
     /^```$/ { inside = 0; next }
     !inside { next }
     inside == 2 && /^\$ / { print substr($0, 3) >(n ".sh") }
     inside == 2 { print >(n ".shown"); next }
     /^> / { print substr($0, 3) >(n ".in"); next }
     /^\.\.\. / { print substr($0, 5) >(n ".in"); next }
     { print >(n ".want") }' "$root/docs/tour.md"

for input in $(ls [0-9]*.in | sort -n); do
    count=$((count + 1))
    number=${input%.in}
    if "$parley" <"$input" >"$number.out" 2>"$number.err" && cmp -s "$number.out" "$number.want"; then
        echo "ok $count - block $number of the tour"
    else
        echo "not ok $count - block $number of the tour"
        diff "$number.out" "$number.want" | sed 's/^/# /'
        sed 's/^/# /' "$number.err"
        failures=$((failures + 1))
    fi
done
# In a shell the commands are shown in front of what they print.
ln -s "$root/examples" examples
mkdir bin
ln -s "$parley" bin/parley
for commands in $(ls [0-9]*.sh | sort -n); do
    count=$((count + 1))
    number=${commands%.sh}
    rm -f "$PARLEY_CHANGES"
    while IFS= read -r line; do
        echo "\$ $line"
        PATH=$PWD/bin:$PATH bash -c "$line" 2>&1 </dev/null
    done <"$commands" >"$number.got"
    if cmp -s "$number.got" "$number.shown"; then
        echo "ok $count - block $number of the tour"
    else
        echo "not ok $count - block $number of the tour"
        diff "$number.got" "$number.shown" | sed 's/^/# /'
        failures=$((failures + 1))
    fi
done
echo "1..$count"
[ $failures = 0 ]
