#!/bin/bash
# SPDX-License-Identifier: MIT
# Fuzzes the compiler with libFuzzer, address and undefined-behaviour sanitizers.
#   tools/fuzz_compile.sh [SECONDS] [CORPUS]     default: 600 seconds, build/fuzz/compile-corpus
# The seeds are the lines below. A finding is left in build/fuzz. Exit code 0: none.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
seconds=${1:-600}
corpus=${2:-$root/build/fuzz/compile-corpus}
if ! command -v clang >/dev/null; then
    echo "skipped: clang is not installed"
    exit 0
fi
mkdir -p "$root/build/fuzz" "$corpus"
cd "$root/build/fuzz"

# seed NAME FLAGS TEXT: the first byte of a seed chooses the options.
seed() { printf '%b%s' "$2" "$3" >"$corpus/$1"; }
number=0
while IFS= read -r line; do
    number=$((number + 1))
    seed "sista$number" '\x12' "$line"
    seed "v3$number" '\x11' "$line"
    seed "script$number" '\x50' "$line"
done <<'END'
foo: x <primitive: 60 error: ec> | t | t := [:y | t := y + x. ^ t]. ^ t value: 16r1F
foo ^ #(1 foo nil $a 'b' #c (d) #[1 2]) , {3. 4.5e-3. 3.14s2}
foo: x x ifNil: [^ 1] ifNotNil: [:y | 1 to: y do: [:i | self a: i; b: i]]
foo | a b | [a < b] whileTrue: [a := a - 1]. ^ (a and: [b]) or: [a caseOf: {[1] -> [2]}]
foo: x <compilerOptions: #(+ optionInlineNone)> 3 timesRepeat: [x := [^ thisContext]]. super foo
END
printf 'ifTrue:\nwhileFalse:\nto:do:\nifNotNil:\n<primitive: \n":="\n"#("\n"16r"\n"^"\n"[:x|"\n' |
    sed 's/^\([^"].*\)$/"\1"/' >words

flags=(-std=gnu11 -g -O1 -D_GNU_SOURCE -DPARLEY_DEBUG -I"$root/src"
    -fno-strict-aliasing -fsanitize=address,undefined -fno-sanitize-recover=undefined)
sources=()
for name in arena assemble assemble_sections check_code compiler_options diagnostic encode_sista encode_v3 generate \
    inline_sends inlining ir lexer literal_set literal_table name_set numbers parse_pragmas parser scope unit; do
    sources+=("$root/src/compile/$name.c")
done
for source in "$root"/src/bytecode/{decode,verify}.c "$root"/src/base/{status,natural,natural_divide,natural_multiply}.c; do
    sources+=("$source")
done
clang "${flags[@]}" -fsanitize=fuzzer -o fuzz_compile "$root/tests/fuzz/fuzz_compile.c" "${sources[@]}" -lm
./fuzz_compile -max_total_time="$seconds" -max_len=20000 -timeout=10 -rss_limit_mb=2048 \
    -dict=words -print_final_stats=1 "$corpus" 2>fuzz_compile.log || { tail -40 fuzz_compile.log; exit 1; }
tail -8 fuzz_compile.log
