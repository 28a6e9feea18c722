#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs test programs and counts what they say.
#   tools/run_tests.sh [-v] [-p] [-t SECONDS] [-e EMULATOR] PROGRAM...
# Every program speaks TAP (cmocka does when asked): a line "ok" or "not ok" for each test, "# SKIP"
# behind an ok that did not run. A program that exits with another code than 0, dies, exceeds the
# time limit (default 300 s) or says nothing counts as one more failure. Output is shown for failing
# programs only. Programs run two at a time, each in a scratch folder of its own; the closing line
# is "N passed, M failed", with the number of skipped tests when there were any. -v says what each
# program came to at the end, -p at once, and what begins. -e names a command that runs the
# programs which this machine cannot; scripts find it in PARLEY_EMULATOR.
set -u

verbose= progress=
export PARLEY_EMULATOR=
limit=300
while getopts vpt:e: option; do
    case $option in
    v) verbose=1 ;;
    p) progress=1 ;;
    t) limit=$OPTARG ;;
    e) PARLEY_EMULATOR=$OPTARG ;;
    *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CMOCKA_MESSAGE_OUTPUT=TAP
PARLEY_SOURCE=$(cd "$(dirname "$0")/.." && pwd)
export PARLEY_SOURCE

run_one() {
    local program=$1 name=$2
    mkdir -p "$work/$name.d"
    local log=$work/$name.log begun=$SECONDS
    [ -z "$progress" ] || echo "$(date +%T) $name begins"
    local command=()
    case $program in
    *.sh) ;;
    *) read -ra command <<<"$PARLEY_EMULATOR" ;;
    esac
    command+=("$program")
    (cd "$work/$name.d" && timeout -k 10 "$limit" "${command[@]}") >"$log" 2>&1
    local code=$?
    local passed failed skipped
    # cmocka calls a skipped test "not ok".
    skipped=$(grep -aciE '^(not )?ok\b.*# *skip' "$log")
    passed=$(grep -aE '^ok\b' "$log" | grep -acviE '# *skip')
    failed=$(grep -aE '^not ok\b' "$log" | grep -acviE '# *skip')
    if [ $code -ne 0 ] && [ "$failed" = 0 ]; then failed=1; fi
    if [ $code -eq 0 ] && [ $((passed + failed + skipped)) = 0 ]; then failed=1; fi
    echo "$passed $failed $skipped $code" >"$work/$name.count"
    [ -z "$progress" ] ||
        echo "$(date +%T) $name: $passed passed, $failed failed, $((SECONDS - begun)) s"
    chmod -R u+w "$work/$name.d" 2>/dev/null
    rm -rf "$work/$name.d"
}

# What they are called here: several folders may have a script of one name.
names=()
running=0
for program in "$@"; do
    name=$(basename "$program")
    if [[ " ${names[*]} " = *" $name "* ]]; then name=$(basename "$(dirname "$program")")-$name; fi
    names+=("$name")
    run_one "$(realpath "$program")" "$name" &
    running=$((running + 1))
    if [ $running -ge 2 ]; then
        wait -n
        running=$((running - 1))
    fi
done
wait

passed=0 failed=0 skipped=0
for name in "${names[@]}"; do
    read -r p f s code <"$work/$name.count"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    [ -n "$verbose" ] && echo "$name: $p passed, $f failed, $s skipped"
    if [ "$f" != 0 ]; then
        echo "==== $name: $f failed (exit code $code)"
        grep -avE '^(ok\b|1\.\.|TAP version)' "$work/$name.log" | tail -60
    fi
    grep -aiE '^(not )?ok\b.*# *skip' "$work/$name.log" | sed "s/^[^#]*/skipped in $name: /" | sort -u
done
[ "$skipped" = 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
