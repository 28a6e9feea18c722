#!/bin/bash
# SPDX-License-Identifier: MIT
# Libraries are loaded into a Pharo that was built from the checkout that PARLEY_PHARO_TREE names, and
# pass their tests there: a small one of our own (library/), and those that PARLEY_PHARO_LIBRARIES, a
# folder of checkouts, has: NeoJSON, NeoCSV, Containers-OrderedSet, PetitParser.
set -u
. "$(dirname "$0")/../support/common.sh"
says() { grep -qF -- "$1" out || { sed 's/^/# /' out | head -5; return 1; }; }
left_out() { ! grep -q "$1" "$2"; }
skip() { count=$((count + 1)); echo "ok $count - $1 # SKIP $2"; }
library=$root/tests/build/library

check "sources are filed out" run 0 file-out "$library" -o lamp.st
check "without the baseline" left_out BaselineOf lamp.st
check "a comment is a chunk" grep -q "^!Lamp commentStamp: '' prior: 0!$" lamp.st
tree=${PARLEY_PHARO_TREE:-}
if [ -z "$tree" ]; then
    skip "libraries pass their tests" "PARLEY_PHARO_TREE does not name a checkout of Pharo 13"
    echo "1..$count"
    exit $((failures > 0))
fi

# passes IMAGE PACKAGE TESTS: so many tests, and all of them.
passes() {
    check "the tests of $2 run" run 0 "$1" test --junit-xml-output "$2"
    check "all $3 pass" says "$3 run, $3 passes, 0 failures, 0 errors."
}
# loads IMAGE FILE: into a copy, loaded.image.
loads() {
    cp "$1" loaded.image
    check "$2 is taken in" run 0 loaded.image st "$2" --save --quit
}
check "a Pharo is built" run 0 build --quiet --pharo "$tree" -o pharo.image
loads pharo.image lamp.st
passes loaded.image Lamp-Tests 6
check "a class has its comment" run 0 loaded.image eval 'LampTest comment'
check "as it was" says "'Every part of the library that a file out could lose is asked for.'"

libraries=${PARLEY_PHARO_LIBRARIES:-}
# others CHECKOUT IMAGE TEST-PACKAGE TESTS PACKAGES...: folders of the checkout.
others() {
    local name=${1%%/*} folder=$libraries/$1 image=$2 tests=$3 number=$4
    shift 4
    if [ ! -d "$libraries/$name" ]; then
        skip "$name" "PARLEY_PHARO_LIBRARIES has no checkout of it"
        return
    fi
    check "$name is filed out" run 0 file-out "${@/#/$folder/}" "$folder/$tests" -o "$name.st"
    loads "$image" "$name.st"
    passes loaded.image "$tests" "$number"
}
others NeoJSON/repository pharo.image Neo-JSON-Tests 116 Neo-JSON-Core Neo-JSON-Pharo-Core
others NeoCSV/repository pharo.image Neo-CSV-Tests 66 Neo-CSV-Core
others Containers-OrderedSet/src pharo.image Containers-OrderedSet-Tests 85 Containers-OrderedSet
if [ -d "$libraries/PetitParser" ]; then
    # It extends Text.
    check "a Pharo with texts is built" run 0 build --quiet --pharo "$tree" --packages all-tests -o all.image
fi
others PetitParser/src all.image PetitParser-Tests 231 PetitParser PetitTests PetitParser-Examples
echo "1..$count"
exit $((failures > 0))
