#!/bin/bash
# SPDX-License-Identifier: MIT
# A real image that allocates, or calls itself, without end gets an error that it can catch, and
# goes on: its command printVersion is given a method that runs
#
#     [ endless ] on: Error do: [ :e | e class name ]
#
# prints what that answers and ` caught', and quits as it always does.
. "$(dirname "$0")/common.sh"

inject=$root/build/${PARLEY_CONFIG:-release}/tests/image/inject

# catching IMAGE BLOCK: literals are 0 Array, 1 1000000, 2 #new:, 3 #on:do:, 4 Error, 5 #stdout,
# 6 #nextPutAll:, 7 ' caught', 8 #name, 9 #exitSuccess, 10 #help.
catching() {
    # push the block's closure, Error, [:e | e class name]; on:do:, pop into temporary 0;
    # self stdout nextPutAll: the temporary; self stdout nextPutAll: ' caught'; self exitSuccess
    "$inject" base.image "$1" 'PrintVersionCommandLineHandler>>activate' 1 \
        "$2 24 8F010004 10 C7 D8 7D F3 68 70 D5 10 E6 87 70 D5 27 E6 87 70 D9 87 78" \
        Array 1000000 '#new:' '#on:do:' Error '#stdout' '#nextPutAll:' "' caught" '#name' \
        '#exitSuccess' '#help'
}
# goes_on NAME EXPECTED IMAGE SWITCHES...
goes_on() {
    local name=$1 expected=$2 image=$3
    shift 3
    timeout 60 "$parley" "${switches[@]}" "$@" "$image" printVersion >out 2>err </dev/null
    local code=$?
    check "$name: exit code 0 (was $code)" [ $code = 0 ]
    check "$name: $expected caught (was $(head -c 60 out))" [ "$(cat out)" = "$expected caught" ]
    check "$name: nothing on standard error" [ ! -s err ]
}

copy_image pharo8-kernel-spur64.image first.image
"$parley" first.image >/dev/null 2>&1 || exit
# | all | [ all := {all. Array new} ] repeat: most of the time it is {} that finds no room
small='8F000009 73 10 20 CC 8A82 68 A3F8'

# The image's own watcher opens a debugger on the process, which ends an image without a display.
cp first.image base.image
catching watched.image "$small"
for limit in 12m 30m; do
    timeout 60 "$parley" "${switches[@]}" --max-old-space=$limit watched.image printVersion >out 2>err </dev/null
    check "the image's watcher is told, a limit of $limit: exit code 1" [ $? = 1 ]
    check "and says so" grep -q "Low space signal received" out err
    check "of whoever used up the memory" grep -q "PrintVersionCommandLineHandler>>activate$" out err
done

# Without a watcher the VM's own error remains.
"$inject" first.image base.image 'SmalltalkImage>>lowSpaceWatcher' 0 78
"$inject" base.image recursive.image 'CommandLineHandler>>help' 0 '70 D0 78' '#help'

# | all | [ all := {all. Array new: 1000000} ] repeat
catching large.image '8F00000A 73 10 20 21 E2 8A82 68 A3F7'
goes_on "large arrays" OutOfMemory large.image --max-old-space=100m
catching small.image "$small"
for collector in compact sweep; do
    goes_on "small arrays, $collector" MessageNotUnderstood small.image --max-old-space=30m \
        --collector=$collector
done
goes_on "small arrays, tiny eden" MessageNotUnderstood small.image --max-old-space=12m --eden=64k
# | all | [ all := [ all ] ] repeat: closures and contexts
catching closures.image '8F00000B 73 10 8F100002 10 7D 68 A3F6'
goes_on "closures" MessageNotUnderstood closures.image --max-old-space=30m

# self help, where help is: self help
mv recursive.image base.image
catching recursion.image '8F000003 70 DA 7D'
goes_on "recursion" MessageNotUnderstood recursion.image --max-process-words=1000000
goes_on "recursion, tiny pages" MessageNotUnderstood recursion.image --max-process-words=200000 \
    --stack-page-words=300 --stack-pages=3
goes_on "recursion into the limit of memory" MessageNotUnderstood recursion.image --max-old-space=30m
finish
