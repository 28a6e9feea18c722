#!/bin/bash
# SPDX-License-Identifier: MIT
# The command line: help, versions, options of ours and of others, one line for each error, exit
# codes. Needs no image but one, and that only for what looks into it.
set -u
. "$(dirname "$0")/../support/common.sh"
images=${PARLEY_IMAGES:-$root/../shared/images}
prints() {
    local words=$1
    shift
    run 0 "$@" && [ ! -s err ] && grep -q -- "$words" out
}

check "--help names the commands" prints "parley image" --help
check "--help names the options" prints "--max-ticks=N" --help
check "-h is help" prints "Exit codes" -h
check "image --help" prints "check FILE" image --help
check "--version" prints "^Parley [0-9]" --version
check "--features names each module once" bash -c "'$parley' --features | grep ^plugins: | tr ' ' '\n' | sort | uniq -d | wc -l | grep -qx 0"
check "--features names the collectors" prints "collectors: .*compact" --features
if "$parley" --features | grep -q "kernel image: none"; then
    check "without a kernel image there is no REPL" refuses "none is built into this program"
    check "nor are there scripts" refuses "none is built into this program" x.st
    check "nor expressions" refuses "none is built into this program" -e "3 + 4"
    check "options without an image" refuses "none is built into this program" --headless
fi
check "unknown options are refused" refuses "unknown option --nonsense" --nonsense x.image
check "a missing image is told" refuses "nonexistent.image: no such image, script or command; see parley --help" nonexistent.image
check "a folder that is no Pharo is told" refuses "no checkout of Pharo" build --pharo . -o pharo.image
check "a number is a number" refuses "no number" --max-ticks=many x.image
check "a value must follow" refuses "needs a value" --max-ticks
check "sim is not available yet" refuses "sim: not available" sim
check "image convert is not available yet" refuses "not available" image convert a b
check "image without a command" refuses "info, check" image
check "image with another command" refuses "no such command" image frobnicate
check "image check without a file" refuses "which file" image check
check "image info without a file" refuses "which file" image info
check "image check: missing file" refuses "No such file" image check nonexistent.image
check "image check: a folder is no image" refuses "not a regular file" image check .
echo "this is text" >text.image
check "image check: text is no image" refuses "not a Smalltalk image" image check text.image
check "text does not run either" refuses "not a Smalltalk image" text.image
: >empty.image
check "nor does an empty file" refuses "not a Smalltalk image" empty.image
check "image check: unknown option" refuses "unknown option" image check --frob text.image
check "standard streams may be closed" bash -c "'$parley' --version <&- >&- 2>&-; [ \$? -le 1 ]"

if [ -d "$images" ]; then
    spur=$images/candle-spur64.image
    check "image check" prints "sound" image check "$spur"
    check "image check --methods" prints "methods verified" image check --methods "$spur"
    check "image info" prints "format: 68021 (Spur, 64 bits)" image info "$spur"
    check "image info counts methods" prints "methods: 895, 895 with V3PlusClosures" image info "$spur"
    check "image info --json" prints '"format": 68021' image info "$spur" --json
    run 0 image info "$spur" --json
    check "its JSON is JSON" python3 -c 'import json; d = json.load(open("out")); assert d["methods"] == 895 and len(d["classes"]) > 40'
    check "other formats are named" refuses "6521 (Spur, 32 bits)" image check "$images/codeparadise-spur32.image"
    check "other byte orders are named" refuses "byte order" image check "$images/squeak2.2-mini-v3be.image"
    cp "$images/pharo8-kernel-spur64.image" p.image
    chmod u+w p.image
    options=(--headless -headless -vm-display-null -vm-sound-null -nodisplay -nosound -memory 100m
        --no-quit -plugins /nowhere --logLevel=4 --maxOldSpaceSize 2g -encoding UTF-8 -eden 2m)
    check "options of other VMs are accepted" run 0 "${options[@]}" p.image
    check "in silence" [ ! -s out -a ! -s err ]
    check "an option without sense here leaves a note" run 0 -fullscreen -display :0 p.image printVersion
    check "the note is one line" [ "$(wc -l <err)" = 1 ]
    check "-- ends the options" prints "Pharo8" --headless -- p.image printVersion
    check "the tick limit ends a run with 1" run 1 --max-ticks 1000 p.image --list
    check "and says so" grep -q "limit of 1000 ticks" err
else
    echo "ok $((count += 1)) - real images # SKIP they are not here ($images)"
fi
echo "1..$count"
[ $failures = 0 ]
