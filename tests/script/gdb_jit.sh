#!/bin/bash
# SPDX-License-Identifier: MIT
# --gdb-jit: gdb shows compiled methods and blocks in a backtrace, and goes on through them to the C
# function that entered them; also when code was moved (320 KB are too little for all of it, and enough
# for what runs). Without gdb only that programs run as before.
set -u
. "$(dirname "$0")/../support/common.sh"

# A block deep inside collects, from its 300th turn on: everything around it is compiled then.
cat >deep.st <<'END'
| block count sum |
count := sum := 0.
block := [ :x | count := count + 1.
	(count >= 300 and: [ count \\ 300 = 0 ]) ifTrue: [ Smalltalk garbageCollect ]. x ].
1 to: 150 do: [ :i | sum := sum + (#(1 2) collect: [ :each |
	#(3 4 5 6) inject: 0 into: [ :a :b | a + (block value: b) ] ]) last ].
Transcript show: sum printString; cr
END
says_sum() { "$parley" --gdb-jit "$@" deep.st 2>err </dev/null | grep -qx 2700; }
check "a program runs" says_sum
check "naively compiled" says_sum --naive
check "all of it" says_sum --compile-at-once
check "with little room for code" says_sum --code-size=64k --compile-at-once
check "code of another machine is refused" refuses "on this machine only" --simulate --isa arm64 --gdb-jit -e 3
if ! command -v gdb >/dev/null || [ "${PARLEY_CONFIG:-release}" = san ]; then
    echo "# gdb is not installed, or would meet a sanitizer: no backtrace was looked at"
    echo "1..$count"
    exit $((failures > 0))
fi

# trace FUNCTION SWITCHES...: the backtrace at the first call of the C function; each frame is a line.
trace() {
    local function=$1
    shift
    gdb -q -batch -ex 'set pagination off' -ex 'set width 0' -ex "break $function" -ex run -ex bt \
        --args "$parley" --gdb-jit "$@" deep.st >trace 2>&1 </dev/null
}
# in_order NAME...: such frames follow each other, with others between.
in_order() {
    local last=0 line name
    for name; do
        line=$(grep -nE "^#[0-9]+ .*$name \(" trace | cut -d: -f1 | awk -v last=$last '$1 > last' | head -1)
        [ -n "$line" ] || { echo "# no $name behind line $last"; sed 's/^/# /' trace | head -40; return 1; }
        last=$line
    done
}
smalltalk=('\[\] in UndefinedObject>>DoIt' '\[\] in Collection>>inject:into:' 'Array>>do:'
    'Collection>>inject:into:' '\[\] in UndefinedObject>>DoIt')
for switches in --code-size=4m --naive --compile-at-once "--code-size=320k --compile-at-once"; do
    # shellcheck disable=SC2086
    trace prim_full_gc $switches
    check "$switches: Smalltalk between C and C" in_order prim_full_gc "${smalltalk[@]}" jit_run main
    check "$switches: the trace has no gaps" eval '! grep -E "^#[0-9]+ .* in \?\? \(" trace'
done

echo "1..$count"
[ $failures = 0 ]
