#!/bin/bash
# SPDX-License-Identifier: MIT
# Programs that use up their stack, or the memory, get an error that they can catch, as often as
# they do it; one that recurses once more while it handles the error is ended.
set -u
root=${PARLEY_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
parley=$root/build/${PARLEY_CONFIG:-release}/parley
failures=0
count=0

# answers NAME EXPECTED SWITCHES... < expression
answers() {
    local name=$1 expected=$2 code
    shift 2
    "$parley" "$@" -e "$(cat)" >out 2>err </dev/null
    code=$?
    count=$((count + 1))
    if [ $code = 0 ] && [ "$(cat out)" = "$expected" ] && [ ! -s err ]; then echo "ok $count - $name"; else
        echo "not ok $count - $name (exit code $code)"
        head -5 out err
        failures=$((failures + 1))
    fi
}

answers "recursion without end is an error, each time" '#(true true true true)' --max-process-words=200000 <<'END'
| deeper |
deeper := nil.
deeper := [ :depth | 1 + (deeper value: depth + 1) ].
((1 to: 4) collect: [ :i | [ deeper value: i. false ] on: Error do: [ :error | true ] ]) asArray
END
answers "large objects without end are an error, each time" '#(true true true true)' --max-old-space=60m <<'END'
((1 to: 4) collect: [ :i |
	| all |
	[ [ all := { all. Array new: 100000 } ] repeat. false ] on: Error, OutOfMemory do: [ :error | true ] ]) asArray
END
answers "small objects without end are an error, each time" '#(true true true true)' --max-old-space=60m <<'END'
((1 to: 4) collect: [ :i |
	| all |
	[ [ all := { all } ] repeat. false ] on: Error, OutOfMemory do: [ :error | true ] ]) asArray
END
echo "1..$count"
[ $failures = 0 ]
