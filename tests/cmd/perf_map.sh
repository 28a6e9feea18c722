#!/bin/bash
# SPDX-License-Identifier: MIT
# --perf-map: /tmp/perf-PID.map names every piece of compiled code, no two of them at one place, also
# after code was given up; and perf, where it is installed and may be used, finds the names.
set -u
. "$(dirname "$0")/../support/common.sh"

# map ARGUMENTS...: runs with --perf-map; the file is `map` then.
map() {
    "$parley" --perf-map "$@" >out 2>err </dev/null &
    local pid=$!
    wait $pid || { sed 's/^/# /' err; return 1; }
    mv /tmp/perf-$pid.map map
}
# Each line: address and size in hexadecimal, a name. Sorted, none reaches into the next.
is_sound() {
    [ -s map ] && ! grep -vE '^[0-9a-f]+ [0-9a-f]+ [^ ].*$' map && python3 - <<'END'
places = sorted((int(l.split()[0], 16), int(l.split()[1], 16), l) for l in open("map"))
for (start, size, line), (after, _, other) in zip(places, places[1:]):
    assert size > 0 and start + size <= after, (line, other)
END
}

cat >hot.st <<'END'
| shapes sum |
shapes := { 3. 4.5. 'abc'. #(1 2). 2/3. 1->2. Object new. $a }.
sum := 0.
1 to: 3000 do: [ :i |
	(shapes at: i \\ 8 + 1) printString.
	sum := sum + (#(1 2 3) inject: 0 into: [ :a :b | a + b ]) ].
Transcript show: sum printString; cr
END
check "a program" map hot.st
check "does its work" grep -qx 18000 out
check "the map can be read" is_sound
check "methods are named" grep -q ' Collection>>inject:into:$' map
check "blocks are named" grep -qE ' \[\] in Collection>>inject:into:$' map
check "classes' own methods are named" grep -qE ' [A-Z][A-Za-z]* class>>' map
check "stubs are named" grep -q ' parley stub SEND$' map
check "caches are named" grep -qE ' (closed|open) cache of #[a-zA-Z]' map

cat >again.st <<'END'
1 to: 3000 do: [ :i | #(1 2 3) inject: 0 into: [ :a :b | a + b ] ].
JitCompiler parameterAt: #literalLimit put: (JitCompiler parameterAt: #literalLimit).
1 to: 3000 do: [ :i | 100 factorial ]
END
check "all code is given up" map again.st
check "the map is sound" is_sound
check "what was given up is not named" eval '! grep -q "inject:into:" map'
check "what was compiled later is" grep -q '>>factorial$' map
check "little room for code" map --code-size=64k hot.st
check "the map is sound then" is_sound
check "for simulated code" map --simulate -e '100 factorial size'
check "the map is sound, too" is_sound

if perf record -q -o probe.data true >/dev/null 2>&1; then
    perf record -q -F 5000 -o perf.data "$parley" --perf-map -e '27 benchFib' >/dev/null 2>&1
    perf report -i perf.data --stdio >report 2>/dev/null
    rm -f /tmp/perf-*.map
    check "perf finds the names" grep -qE 'Integer>>benchFib' report
else
    echo "# perf is not installed here, or may not be used: nothing was recorded"
fi

echo "1..$count"
[ $failures = 0 ]
