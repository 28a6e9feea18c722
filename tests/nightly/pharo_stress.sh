#!/bin/bash
# SPDX-License-Identifier: MIT
# Kernel-Tests of the Pharo that is built from the checkout that PARLEY_PHARO_TREE names, under each
# row of ../stress/pharo_switches.tbl: the same tests fail as without switches. Time limits are raised,
# since switches may make the VM slower a hundred times.
set -u
. "$(dirname "$0")/../support/common.sh"
. "$(dirname "$0")/../support/pharo.sh"
tree=${PARLEY_PHARO_TREE:-}
if [ -z "$tree" ]; then
    echo "ok 1 - Kernel-Tests under stress # SKIP PARLEY_PHARO_TREE does not name a checkout of Pharo 13"
    echo "1..1"
    exit 0
fi

# What a switch may change. WeakMessageSendTest>>testCollectArguments looks at an object that only a
# weak array holds, and hopes that nothing is collected meanwhile.
# ProtoObjectTest>>testFastPointersTo counts who points to an object, and finds its own contexts,
# too, where stack pages are so few that they have become objects.
# LocalRecursionStopper keeps what it knows in a ProcessLocalVariable, which a process holds in a weak
# array, and asks for it again when it has put it there: nobody else holds it then.
depends='testCollectArguments\|testFastPointersTo\|LocalRecursionStopperTest'

# failed: the names of the failed tests, in order.
failed() {
    awk '/<testcase/ { match($0, /classname="[^"]*" name="[^"]*"/); test = substr($0, RSTART, RLENGTH) }
         /<(failure|error)/ { print test }' Kernel-Tests-Test.xml | grep -v "$depends" | sort
}
# under SWITCHES...: runs the tests; what fails is in the file now, how many ran in the file count.
under() {
    rm -f Kernel-Tests-Test.xml
    "$parley" "$@" pharo.image test --junit-xml-output Kernel-Tests >out 2>err </dev/null || return 1
    failed >now
    grep -o '^[1-9][0-9]* run' out >ran
}
same() {
    under "$@" && cmp -s ran ran_first && diff first now >difference && return
    sed 's/^/# /' err difference | head -20
    return 1
}
check "a Pharo is built" run 0 build --quiet --pharo "$tree" -o pharo.image
check "its tests have time" run 0 pharo.image eval --save "$give_time"
check "Kernel-Tests run" under
mv now first
mv ran ran_first
check "nearly all of them pass" [ "$(wc -l <first)" -le 5 ]
while read -ra switches; do
    check "the same with ${switches[*]}" same "${switches[@]}"
done < <(grep -v '^#' "$root/tests/stress/pharo_switches.tbl")
echo "1..$count"
exit $((failures > 0))
