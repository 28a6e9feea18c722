#!/bin/bash
# SPDX-License-Identifier: MIT
# The gdb helpers, on a script that is stopped in a primitive: what they print of processes, stacks,
# frames, contexts, objects and events.
set -u
. "$(dirname "$0")/../support/common.sh"

skip() {
    echo "ok 1 - gdb helpers # SKIP $*"
    exit 0
}
command -v gdb >/dev/null || skip "gdb is not installed"
[ "${PARLEY_CONFIG:-release}" != san ] || skip "sanitizers and gdb do not go together"
gdb -q -batch -ex 'python print(6 * 7)' 2>&1 | grep -q 42 || skip "this gdb has no Python"

# Another process waits for a semaphore, one is ready, one is suspended; then a block stops in a
# primitive, three words deep in its operands, with a context.
cat >stopped.st <<'END'
| semaphore |
semaphore := Semaphore new.
[ semaphore wait ] forkAt: 51.
[ #ready ] forkAt: 11.
([ #suspended ] newProcess) priority: 31; name: 'rests'.
[ :arg | | temp context | temp := arg + 1. context := thisContext.
	ProcessorScheduler relinquishProcessorForMicroseconds: 7. temp ] value: 41
END
cat >commands <<'END'
set pagination off
set confirm off
break vm_relinquish if microseconds == 7
run stopped.st
python
import re
def said(command):
    try:
        return gdb.execute(command, to_string=True)
    except gdb.error as error:
        return "error: %s\n" % error
def show(name, command):
    for line in said(command).splitlines():
        print("%s| %s" % (name, line))
show("processes", "p-processes")
show("stack", "p-stack")
show("frame", "p-frame")
active = re.search("active: a Process (0x[0-9a-f]+)", said("p-processes")).group(1)
show("none", "p-stack " + active)
waiting = re.search("waiting: a Process (0x[0-9a-f]+), priority 51", said("p-processes")).group(1)
show("waiting", "p-stack " + waiting)
context = re.search("context (0x[0-9a-f]+)", said("p-frame")).group(1)
show("context", "p-context " + context)
show("from", "p-stack " + context)
fp = re.search("frame (0x[0-9a-f]+)", said("p-frame")).group(1)
show("at", "p-frame " + fp)
show("object", "p-oop " + context)
show("true", "p-oop vm->heap.true_object")
show("number", "p-oop 41 * 8 + 1")
show("events", "p-events 2")
show("wrong", "p-context vm->heap.nil")
end
kill
END
timeout 120 gdb -q -batch -iex "set auto-load no" -ex "source $root/tools/gdb/parley-gdb.py" -x commands \
    "$parley" >out 2>err </dev/null
grep -q '^stack|' out || {
    # Where processes may not be traced, as in some containers, there is nothing to look at.
    ! grep -qiE 'ptrace|not permitted' out err || skip "gdb may not trace processes here"
}

# has NAME LINE...: what the command printed has a line that is LINE, a pattern.
has() {
    local name=$1 line good=1
    shift
    for line in "$@"; do
        grep -qE "^$name\| $line\$" out || { good=; echo "# no line: $line"; }
    done
    count=$((count + 1))
    if [ $good ]; then echo "ok $count - p-$name"; else
        echo "not ok $count - p-$name"
        grep "^$name|" out | head -20
        [ $count != 1 ] || tail -5 out err
        failures=$((failures + 1))
    fi
}
block='\[\] in UndefinedObject>>DoIt  pc [0-9]+, frame 0x[0-9a-f]+, self nil'
has processes 'active: a Process 0x[0-9a-f]+, priority 40' "    $block" \
    'waiting: a Process 0x[0-9a-f]+, priority 51' '    \[\] in UndefinedObject>>DoIt  pc [0-9]+, .*self nil' \
    'ready: a Process 0x[0-9a-f]+, priority 11' 'suspended: a Process 0x[0-9a-f]+, priority 31' \
    'ready: a Process 0x[0-9a-f]+, priority 10' 'waiting: a Process 0x[0-9a-f]+, priority 80'
has stack "$block" 'UndefinedObject>>DoIt  pc [0-9]+, frame 0x[0-9a-f]+, self nil' \
    'Script>>run  pc [0-9]+, frame 0x[0-9a-f]+, self a Script 0x[0-9a-f]+'
has frame "$block" '  flags 0x[0-9a-f]+, 1 arguments, block, married' '  argument 0: 41' '  word 0: 41' \
    '  word 1: 42' '  word 2: a Context 0x[0-9a-f]+' '  word 3: a ProcessorScheduler class 0x[0-9a-f]+' \
    '  word 4: 7'
has none 'error: .*has no stack.*'
has waiting '\[\] in UndefinedObject>>DoIt  pc [0-9]+, .*self nil' 'Process>>runBlock:.*'
has context 'married to frame 0x[0-9a-f]+' '  closure: a FullBlockClosure 0x[0-9a-f]+' '  receiver: nil' "$block"
has from "$block" 'Script>>run .*'
has at "$block" '  argument 0: 41'
has object 'a Context 0x[0-9a-f]+' '  0x[0-9a-f]+: class Context \(index 36\), format 3, [0-9]+ slots'
has true 'true'
has number '41'
has events "EVENT_SEND 0 'relinquishProcessorForMicroseconds:' 0x[0-9a-f]+"
has wrong 'error: nil is no Context'
echo "1..$count"
[ $failures = 0 ]
