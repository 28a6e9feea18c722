# SPDX-License-Identifier: MIT
# What tests of the command line share; sourced, not run. They run in a scratch folder and speak TAP.
#   $root, $parley       the sources, and the program under test (PARLEY_PROGRAM: another one)
#   $count, $failures    of checks so far; a script ends with "1..$count" and fails with any failure
root=${PARLEY_SOURCE:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
parley=${PARLEY_PROGRAM:-$root/build/${PARLEY_CONFIG:-release}/parley}
failures=0
count=0
# Run by hand among the sources, they make a folder of their own, which goes with them.
if [ "$PWD" = "$root" ]; then
    scratch=$(mktemp -d) && cd "$scratch" || exit 2
    trap 'rm -rf "$scratch"' EXIT
fi

# check NAME COMMAND...: the command must succeed. Otherwise what stands in out and err is shown.
check() {
    local name=$1
    shift
    count=$((count + 1))
    if "$@"; then echo "ok $count - $name"; else
        echo "not ok $count - $name"
        cat out err 2>/dev/null | head -12 | sed 's/^/# /'
        failures=$((failures + 1))
    fi
}
# run CODE ARGUMENTS...: output in out and err.
run() {
    local expected=$1 code
    shift
    "$parley" "$@" >out 2>err </dev/null
    code=$?
    [ $code = "$expected" ] || { echo "# exit code $code"; sed 's/^/# /' out err | head -5; return 1; }
}
# refuses WORDS ARGUMENTS...: exit code 2, nothing on standard output, one line with the words.
refuses() {
    local words=$1
    shift
    run 2 "$@" && [ ! -s out ] && [ "$(wc -l <err)" = 1 ] && grep -q "^parley: .*$words" err
}
