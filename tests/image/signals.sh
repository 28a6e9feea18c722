#!/bin/bash
# SPDX-License-Identifier: MIT
# A real image that waits, and one that is busy: waiting costs nothing, SIGQUIT prints the stacks
# and the image goes on, SIGINT interrupts, a fatal signal prints all there is to say and ends with
# exit code 3. The image's command printVersion is given a method that prints `waiting' and returns
# (after which the image waits for a user), or that loops.
. "$(dirname "$0")/common.sh"

inject=$root/build/${PARLEY_CONFIG:-release}/tests/image/inject
copy_image pharo8-kernel-spur64.image first.image
"$parley" first.image >/dev/null 2>&1 || exit
print='70 D1 20 E2 87'
"$inject" first.image idle.image 'PrintVersionCommandLineHandler>>activate' 0 "$print 78" \
    "'waiting" '#stdout' '#nextPutAll:' || exit
"$inject" first.image busy.image 'PrintVersionCommandLineHandler>>activate' 0 "$print A3FE" \
    "'waiting" '#stdout' '#nextPutAll:' || exit

# start IMAGE: runs it until it has printed `waiting'. Background jobs of scripts ignore SIGINT
# until they say otherwise, as the VM does.
start() {
    : >out
    : >err
    "$parley" "${switches[@]}" "$1" printVersion >out 2>>err </dev/null &
    victim=$!
    for ((i = 0; i < 300; i++)); do
        grep -q waiting out && return
        sleep 0.1
    done
}
# Waits for the end of the VM; its exit code is in `code'.
await_end() {
    for ((i = 0; i < 300; i++)); do
        kill -0 $victim 2>/dev/null || break
        sleep 0.1
    done
    kill -9 $victim 2>/dev/null
    wait $victim 2>/dev/null
    code=$?
}
# told PATTERN: what the VM has said on standard error, some time later at most.
told() {
    for ((i = 0; i < 300; i++)); do
        grep -qE "$1" err && return
        sleep 0.1
    done
    false
}
# Clock ticks (a hundredth of a second) of user and system time.
cpu_ticks() { awk '{ print $14 + $15 }' "/proc/$victim/stat"; }
goes_on() { kill -0 $victim 2>/dev/null; }

start idle.image
sleep 1
seconds=${PARLEY_NIGHTLY:+10}
seconds=${seconds:-3}
before=$(cpu_ticks)
sleep "$seconds"
used=$(($(cpu_ticks) - before))
check "waiting for $seconds s takes less than 1 % of the CPU (took $used hundredths of a second)" \
    [ $used -le "$seconds" ]

# What a report holds: the state, every process with its stack, the events.
report_is_whole() {
    told '^  send #' && grep -q '^State: ' err && grep -q '^Heap: ' err &&
        grep -qE '^  Process 0x[0-9a-f]+, priority 10, active$' err &&
        grep -qE '^    ProcessorScheduler class>>idleProcess  pc [0-9]+, frame 0x' err &&
        grep -qE '^    SmalltalkImage>>lowSpaceWatcher  pc [0-9]+' err &&
        grep -qE '^    DelayMicrosecondTicker>>waitForUserSignalled:orExpired:  pc [0-9]+' err &&
        grep -q '^Last events, ' err
}
kill -QUIT $victim
check "SIGQUIT prints the stacks of all processes, the events and the state" report_is_whole
check "and the image goes on" goes_on
: >err
kill -QUIT $victim
check "as often as wanted" told '^Last events, '
kill -INT $victim
sleep 0.5
check "SIGINT goes to the image's semaphore" goes_on
kill -INT $victim
await_end
check "a second one, when nobody has taken the first, ends it with exit code 130 (was $code)" \
    [ $code = 130 ]

start idle.image
: >err
kill -SEGV $victim
await_end
check "a fatal signal ends the VM with exit code 3 (was $code)" [ $code = 3 ]
check "and a whole report" report_is_whole
check "that begins with a line that says what happened" grep -qm1 '^parley: crashed with signal 11' err

start busy.image
: >err
kill -QUIT $victim
check "SIGQUIT shows what a busy image does" \
    told '^    PrintVersionCommandLineHandler>>activate  pc [0-9]+, frame'
kill -INT $victim
sleep 0.5
kill -INT $victim
await_end
check "SIGINT ends a busy image with exit code 130 (was $code)" [ $code = 130 ]

start busy.image
: >err
kill -SEGV $victim
await_end
check "a fatal signal of a busy image: exit code 3 (was $code)" [ $code = 3 ]
check "and a report with its stack" grep -q '^    PrintVersionCommandLineHandler>>activate' err
finish
