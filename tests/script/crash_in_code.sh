#!/bin/bash
# SPDX-License-Identifier: MIT
# A fatal signal that comes while compiled code runs: the report begins with the frame that ran, not
# with the one that called C last, and ends with registers and machine code of the place; the same
# naively compiled.
set -u
. "$(dirname "$0")/../support/common.sh"

cat >loop.st <<'END'
| calls |
calls := 0.
#(1 2) do: [ :each | calls := calls + 1. Transcript show: 'loops'; cr.
	[ calls > 0 ] whileTrue: [ calls := calls max: 1 ] ]
END
# crash SIGNAL SWITCHES...: lets it loop, then sends the signal; what it says is in err.
crash() {
    local signal=$1
    shift
    "$parley" "$@" loop.st >out 2>err </dev/null &
    local victim=$! i
    for ((i = 0; i < 200; i++)); do
        grep -q loops out && break
        sleep 0.05
    done
    sleep 0.5
    kill -"$signal" $victim
    wait $victim
    code=$?
}
told() { grep -qE -- "$1" err || { echo "# nothing like: $1"; return 1; }; }
# The lines behind the one that matches, joined.
behind() { grep -A"$2" -- "$1" err | tr '\n' ' '; }

for switches in --compile-at-once "--naive --compile-at-once"; do
    # shellcheck disable=SC2086
    crash SEGV $switches
    check "$switches: exit code 3" [ $code = 3 ]
    check "$switches: the block that looped is the newest frame, or what it calls is" \
        eval 'behind "^Processes:" 3 | grep -qE "active +(SmallInteger\(Magnitude\)>>max: .*)?\[\] in UndefinedObject>>DoIt "'
    check "$switches: its sender follows" told '^    Array>>do: '
    check "$switches: the code is named" told '^Compiled code: .*(DoIt|max:|parley stub|cache).*, at 0x[0-9a-f]+ \(\+[0-9a-f]+\)$'
    check "$switches: registers are told" told '^  T0  [a-z0-9]+ +0x[0-9a-f]+ +T1 '
    check "$switches: the place is marked" [ "$(grep -c '^  -> +[0-9a-f]* ' err)" = 1 ]
    check "$switches: there is code around it" [ "$(grep -cE '^     \+[0-9a-f]{4}  ' err)" -ge 3 ]
    check "$switches: the report is whole" told '^---- end of report$'
done
crash SEGV --interpreter
check "interpreted: exit code 3" [ $code = 3 ]
check "nothing is said of compiled code" eval '! grep -q "Compiled code:" err'

echo "1..$count"
[ $failures = 0 ]
