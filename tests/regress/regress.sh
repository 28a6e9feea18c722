#!/bin/bash
# SPDX-License-Identifier: MIT
# Bugs that were found, a file each: a script that is wrong, exit code 1, where the bug is back, and
# tells of the bug in its first comment. Every one runs interpreted, compiled and compiled at once. A
# second comment "Options: ..." has options of the machine that it needs.
set -u
. "$(dirname "$0")/../support/common.sh"

for file in "$root"/tests/regress/*.st; do
    read -ra options <<<"$(sed -n 's/^"Options: \(.*\)"$/\1/p' "$file")"
    name=$(basename "$file" .st)
    for tier in --interpreter --naive --compile-at-once ""; do
        check "${name//_/ }${tier:+ $tier}" run 0 "${options[@]}" $tier "$file"
    done
done

echo "1..$count"
[ $failures = 0 ]
