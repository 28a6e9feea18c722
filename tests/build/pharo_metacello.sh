#!/bin/bash
# SPDX-License-Identifier: MIT
# Metacello, in a Pharo that was built from the checkout that PARLEY_PHARO_TREE names, loads libraries
# from folders: a small one of our own (wick/), and those that PARLEY_PHARO_LIBRARIES, a folder of
# checkouts, has. Tonel is read where these include tonel (pharo-vcs/tonel, branch Pharo12).
set -u
. "$(dirname "$0")/../support/common.sh"
says() { grep -qF -- "$1" out || { sed 's/^/# /' out | head -5; return 1; }; }
complains() { grep -qF -- "$1" err || { sed 's/^/# /' err | head -5; return 1; }; }
skip() { count=$((count + 1)); echo "ok $count - $1 # SKIP $2"; }

tree=${PARLEY_PHARO_TREE:-}
if [ -z "$tree" ]; then
    skip "Metacello loads libraries" "PARLEY_PHARO_TREE does not name a checkout of Pharo 13"
    echo "1..$count"
    exit $((failures > 0))
fi
libraries=${PARLEY_PHARO_LIBRARIES:-}
reader=()
for part in Core FileSystem; do
    folder=$libraries/tonel/MonticelloTonel-$part.package
    [ -d "$folder" ] && reader+=(--with "$folder")
done
check "a Pharo with Metacello is built" \
    run 0 build --quiet --pharo "$tree" --packages metacello "${reader[@]}" -o pharo.image
check "old names are kept" run 0 pharo.image eval '{ RBLiteralValueNode. RBComment }'
check "for the same classes" says "{ASTLiteralValueNode. ASTCommentNode}"
check "Metacello's own command" run 0 pharo.image metacello --help
check "is there" complains "metacello install <repository url>"
check "get is refused" run 1 pharo.image get
check "for want of a network" complains "loads over the network, which Parley does not have"

# passes PACKAGE TESTS [PASSES]: so many tests run, and pass.
passes() {
    check "the tests of $1 run" run 0 loaded.image test --junit-xml-output "$1"
    check "$2 of them" says "$2 run, ${3:-$2} passes"
}
cp pharo.image loaded.image
check "a library is loaded from a folder" \
    run 0 loaded.image metacello install "filetree://$root/tests/build/wick" BaselineOfWick
passes Wick-Tests 1
check "a class has its comment" run 0 loaded.image eval 'Wick comment'
check "as it was" says "'A wick is measured in inches."
check "nothing is left beside the image" [ ! -e pharo-local ]
check "what is elsewhere is asked for over the network" run 1 pharo.image eval \
    "Metacello new baseline: 'Wick'; repository: 'github://nobody/nothing'; load"
check "and refused" complains "loads over the network, which Parley does not have"
check "so is what wants a password there" run 1 pharo.image eval "Metacello new baseline: 'Wick'; load"
check "and is refused, too" complains "loads over the network, which Parley does not have"

# library CHECKOUT SCHEME FOLDER BASELINE: is loaded, behind what was loaded before, and locked:
# others that ask for it find it.
library() {
    local url=$2://$libraries/$1/$3
    url=${url%/}
    check "$1 is loaded" run 0 loaded.image eval --save "Metacello new baseline: '$4'; repository: '$url'; load${5:+: $5}.
        Metacello new baseline: '$4'; repository: '$url'; lock"
}
has() { # all the checkouts
    local each
    for each; do
        [ -d "$libraries/$each" ] || { skip "$*" "PARLEY_PHARO_LIBRARIES has no $each"; return 1; }
    done
    cp pharo.image loaded.image
}
if has tonel mustache; then
    library mustache tonel repository Mustache
    passes Mustache-Tests 47
fi
if has ston; then
    library ston filetree repository Ston
    passes STON-Tests 310
fi
if has tonel Aconcagua; then
    library Aconcagua tonel source Aconcagua
    passes Aconcagua-Tests 591
fi
if has tonel Ghost StateSpecs Mocketry TinyLogger; then
    library Ghost tonel '' Ghost
    library StateSpecs tonel '' StateSpecs "#(default GhostSupport)"
    library Mocketry tonel '' Mocketry
    passes Mocketry-Domain-Tests 209
    library TinyLogger tonel src TinyLogger
    passes TinyLogger-Tests 55
fi
echo "1..$count"
exit $((failures > 0))
