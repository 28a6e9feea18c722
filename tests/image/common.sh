# SPDX-License-Identifier: MIT
# What the tests on real images share; sourced, not run. A test script runs in a scratch folder and
# speaks TAP.
#   $images    the folder with the real images; without it the script skips itself in plain words
#   $parley    the VM under test (PARLEY_PROGRAM: another one)
#   $switches  more switches for it (PARLEY_SWITCHES)
root=${PARLEY_SOURCE:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
images=${PARLEY_IMAGES:-$root/../shared/images}
parley=${PARLEY_PROGRAM:-$root/build/${PARLEY_CONFIG:-release}/parley}
read -ra switches <<<"${PARLEY_SWITCHES:-}"
# Started by hand inside the sources it makes a scratch folder of its own.
case $PWD/ in
"$root"/*)
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    cd "$scratch" || exit 1
    ;;
esac
failures=0
count=0

if [ ! -d "$images" ]; then
    echo "ok 1 - $(basename "$0") # SKIP the real images are not here ($images)"
    exit 0
fi

ok() {
    count=$((count + 1))
    echo "ok $count - $*"
}
not_ok() {
    count=$((count + 1))
    failures=$((failures + 1))
    echo "not ok $count - $*"
}
# check NAME COMMAND...: the command must succeed.
check() {
    local name=$1
    shift
    if "$@"; then ok "$name"; else not_ok "$name"; fi
}
# same NAME EXPECTED ACTUAL: two files must be equal byte for byte.
same() {
    if cmp -s "$2" "$3"; then ok "$1"; else
        not_ok "$1"
        diff -a <(head -c 4000 "$2") <(head -c 4000 "$3") | head -10
    fi
}
# A writable copy of an image in the current folder.
copy_image() {
    cp "$images/$1" "$2"
    chmod u+w "$2"
}
# pharo8_cases LABEL IMAGE VM...: every recorded case of the Pharo 8 kernel, on copies of an image that
# has had its first run. Of --version only the first line is the image's own.
pharo8_cases() {
    local label=$1 image=$2 args case expected words code
    shift 2
    for args in "$images"/expected/pharo8/*.args; do
        case=$(basename "$args" .args)
        expected=${args%.args}
        cp "$image" case.image
        cp "$expected.out" want
        read -ra words <"$args"
        timeout 100 "$@" case.image "${words[@]}" >out 2>err
        code=$?
        if [ "$case" = version-first-line ]; then sed -i '1!d' out want; fi
        same "$label$case: standard output" want out
        same "$label$case: standard error" "$expected.err" err
        check "$label$case: exit code (was $code)" [ "$code" = "$(cat "$expected.rc")" ]
    done
}
finish() {
    echo "1..$count"
    [ $failures = 0 ]
    exit
}
