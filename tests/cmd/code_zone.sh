#!/bin/bash
# SPDX-License-Identifier: MIT
# The code zone, seen from outside: --jit-events writes what happens to compiled code as lines of JSON,
# and no page of a process is ever writable and executable.
set -u
. "$(dirname "$0")/../support/common.sh"

work='| all | all := OrderedCollection new. 1 to: 300 do: [ :i | all add: i factorial printString size ]. all size'

events() {
    python3 - "$@" <<'END'
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
kinds = {event["event"] for event in events}
times = [event["at"] for event in events]
assert times == sorted(times)
assert all(event["used"] <= int(sys.argv[2]) for event in events)
assert all(">>" in event["name"] and event["bytes"] for event in events if event["event"] == "compiled")
assert kinds >= set(sys.argv[3:]), kinds
END
}
run 0 --interpreter -e "$work"
if ! "$parley" -e 'JitCompiler isRunning' 2>/dev/null </dev/null | grep -q true; then
    echo "ok 1 - code_zone.sh # SKIP nothing is compiled here"
    echo "1..1"
    exit 0
fi
check "--jit-events" run 0 --jit-events=all.json -e "$work"
check "its lines are JSON: what was compiled" events all.json 4194304 compiled
check "with a small zone" run 0 --code-size=40k --compile-at-once --jit-events=small.json -e "$work"
check "they tell of compactions, within the zone" events small.json 40960 compiled noRoom compacted
check "a program that is over at once" run 0 --jit-events=short.json -e '3 + 4'
check "has not compiled anything" [ ! -s short.json ]
check "unless it shall be compiled at once" run 0 --compile-at-once --jit-events=short.json -e '3 + 4'
check "then it is" grep -q '"compiled"' short.json
check "a file that cannot be written" refuses "No such file" --jit-events=/nowhere/file -e 3
run 0 --interpreter --jit-events=none.json -e 3
check "nothing is written where nothing is compiled" [ ! -e none.json ]

# While compiled code runs, some of it moves.
pages() {
    "$parley" "$@" -e "$work. (Subprocess command: 'cat' arguments: { '/proc/' , OSPlatform current processId printString , '/maps' }) run output" \
        >maps 2>err </dev/null || { head -3 err; return 1; }
    grep -qE '^.?[0-9a-f-]+ r-xs' maps || { echo "# no code zone"; return 1; }
    ! grep -E '^.?[0-9a-f-]+ .wx' maps
}
check "no page is writable and executable" pages
check "nor with a zone that is full again and again" pages --code-size=40k --compile-at-once
echo "1..$count"
[ $failures = 0 ]
