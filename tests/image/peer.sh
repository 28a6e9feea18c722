#!/bin/bash
# SPDX-License-Identifier: MIT
# Images that were saved here, run by another Smalltalk VM, which PARLEY_PEER names (OpenSmalltalk's, of
# its branch Cog). Of the image that is built in benchmarks and tests come out the same there; a test
# may skip itself, but must say why. The Pharo 8 kernel, saved here, gives the recorded answers there.
. "$(dirname "$0")/common.sh"

read -ra peer <<<"${PARLEY_PEER:-}"
if [ ${#peer[@]} = 0 ]; then
    echo "ok 1 - the image on another VM # SKIP PARLEY_PEER names none"
    echo "1..1"
    exit 0
fi
# on_peer SECONDS ARGUMENTS...: into out, err and code. Not all VMs know when memory is enough.
on_peer() {
    local seconds=$1
    shift
    (
        ulimit -v 6000000
        timeout "$seconds" "${peer[@]}" kernel.image "$@" </dev/null >out 2>err
    )
    code=$?
}
nothing() { ! grep -q . "$1"; }

"$parley" --save kernel.image </dev/null >out 2>&1
check "the image is written" [ -s kernel.image ]

for name in Richards DeltaBlue Json Bounce List Permute Queens Sieve Storage Towers NBody Mandelbrot; do
    on_peer 100 bench "$name" 2 1
    check "$name runs there (exit code $code)" [ $code = 0 ]
    check "$name tells three times" [ "$(grep -c "^$name: iterations=" out)" = 3 ]
done
on_peer 100 bench NoSuchBenchmark
check "an exit code comes through" [ $code = 2 ]
on_peer 100 -e '3 + 4'
check "a program without the compiler that it needs says so (exit code $code)" [ $code = 1 ]
check "in one line with the stack below" grep -aq "^NoCompiler: there is no compiler here" err

# Names of tests with what came of them. Tests that need a compiler are skipped there. Without it
# nobody knows which comments are examples, and blocks in parameters print without their source.
names() { sed "/^example in /d; s/\\[ 'b' \\]/a block/" | sort; }
on_peer 1500 test --tap --time-limit 120
sed -n 's/^ok - \(.*\) # SKIP/skip \1 #/p' out >skipped
sed -n '/# SKIP/!s/^ok - //p' out | sort >passed
grep -a '^not ok' out >failed
grep -a '^#' out | sed 's/^/# /' | head -20
"$parley" test --tap --time-limit 120 </dev/null 2>err | sed -n 's/^ok - //p' | sed 's/ # SKIP.*//' |
    names >own
check "its own tests ran to the end there (exit code $code)" [ $code = 0 ]
check "most of them" [ "$(wc -l <passed)" -gt 1500 ]
check "none failed: $(head -1 failed)" nothing failed
grep -v '# ..*' skipped >silent
check "each that did not run says why" nothing silent
check "the tests are the same ones" cmp -s own <(sed 's/^skip \(.*\) #.*/\1/' passed skipped | names)
sed 's/.* # */# skipped there: /' skipped | sort | uniq -c


copy_image pharo8-kernel-spur64.image pharo.image
timeout 100 "$parley" pharo.image >out 2>&1 </dev/null
check "the Pharo 8 kernel is saved here" [ $? = 0 ]
ulimit -v 6000000
pharo8_cases "Pharo 8, " pharo.image "${peer[@]}"
finish
