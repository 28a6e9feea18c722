#!/bin/bash
# SPDX-License-Identifier: MIT
# Pharo's own tests in an image of the set all-tests, built from the checkout that PARLEY_PHARO_TREE
# names: what passes and what fails is what docs/pharo.md and docs/pharo-failures.md say, by machine
# code and by the interpreter; the tests of the kernel also with everything compiled at once, in little
# space. PARLEY_PHARO_WITH names the extension of Roassal that docs/pharo.md tells of; without it the
# tests that need it count as known to fail.
set -u
. "$(dirname "$0")/../support/common.sh"
. "$(dirname "$0")/../support/pharo.sh"
tree=${PARLEY_PHARO_TREE:-}
if [ -z "$tree" ]; then
    echo "ok 1 - Pharo's own tests # SKIP PARLEY_PHARO_TREE does not name a checkout of Pharo 13"
    echo 1..1
    exit 0
fi
export PARLEY_PROGRAM=$parley

with=() known=(--alone)
if [ -n "${PARLEY_PHARO_WITH:-}" ]; then
    with=(--with "$(realpath "$PARLEY_PHARO_WITH")") known=()
fi
agrees() {
    "$root/tools/pharo_tests.py" all.image "${known[@]}" "$@" >told 2>&1 || { sed 's/^/# /' told; return 1; }
}
check "the image" run 0 build --pharo "$tree" --packages all-tests "${with[@]}" -o all.image
mkdir elsewhere
ln -s "$(realpath "$tree")" elsewhere/checkout
again() { (cd elsewhere && run 0 build --pharo checkout --packages all-tests "$@" -o other.image); }
check "again, elsewhere" again "${with[@]}"
check "the same bytes" cmp all.image elsewhere/other.image
check "slots of other kinds are there" run 0 all.image eval \
    '{ MockWithComplexSlot slots first. Breakpoint slotNamed: #targetInstance } collect: [ :each | each class name ]'
check "as the classes say" grep -qF '#(#ObservableSlot #WeakSlot)' out
check "its tests have time" run 0 all.image eval --save "$give_time"
check "its tests are as the documents say" agrees
check "interpreted" agrees --vm=--interpreter
for option in --compile-at-once --code-size=64k --naive; do
    check "those of the kernel with $option" agrees --vm=$option Kernel-Tests Kernel-Extended-Tests
done
echo "1..$count"
exit $((failures > 0))
