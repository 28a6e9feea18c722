#!/bin/bash
# SPDX-License-Identifier: MIT
# Compiled code on simulated processors of both kinds gives what the interpreter gives.
set -u
. "$(dirname "$0")/../support/common.sh"
if "$parley" --features | grep -q '^simulator: no'; then
    "$parley" --simulate -e '3 + 4' 2>said
    code=$?
    [ $code = 2 ] && [ "$(wc -l <said)" = 1 ] && grep -q 'no simulator' said && echo "ok 1 - says what is missing"
    echo "ok 2 - simulate # SKIP built without Unicorn"
    exit
fi
program='| fib list table |
fib := nil.
fib := [ :n | n < 2 ifTrue: [ n ] ifFalse: [ (fib value: n - 1) + (fib value: n - 2) ] ].
list := OrderedCollection new.
1 to: 300 do: [ :i | list addFirst: (i \\ 7) printString; add: i sqrt ].
table := Dictionary new.
list do: [ :each | table at: each put: (table at: each ifAbsent: [ 0 ]) + 1 ].
{ fib value: 15. list size. table size. (table at: ''3''). 30 factorial.
  ([ 1 / 0 ] on: ZeroDivide do: [ :e | e return: 5 ]).
  (list inject: 0 into: [ :sum :each | sum + each size ]) } printString'
program=${program//each size/each printString size}
expected=$("$parley" -e "$program")
check "the program runs" [ "${expected:0:6}" = "'#(610" ]
for isa in x64 arm64; do
    for how in "--simulate" "--simulate --simulate-strictly" "--simulate --naive" \
        "--simulate --gc-every 400"; do
        # shellcheck disable=SC2086
        check "$how on $isa" [ "$("$parley" $how --isa $isa -e "$program" 2>&1)" = "$expected" ]
    done
done
"$parley" --simulate --simulate-report -e '10 factorial' >said 2>report
check "the report" grep -qE '^simulated (x64|arm64): [0-9]+ calls of C, [0-9]+ entries' report
check "the report is not mixed with output" [ "$(cat said)" = 3628800 ]
refused() { "$parley" "$@" >/dev/null 2>said; [ $? = 2 ] && [ "$(wc -l <said)" = 1 ]; }
check "no such machine" refused --simulate --isa vax -e 3
check "another machine's code natively" refused --isa arm64 -e 3
echo "1..$count"
[ $failures = 0 ]
