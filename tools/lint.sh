#!/bin/bash
# SPDX-License-Identifier: MIT
# Checks what the compiler does not: layers, the MAY_GC discipline, opaque words, constants of one
# particular image, generated documents, planted faults, file heads. Prints file:line: what is wrong;
# exits 1 when anything is.
#   tools/lint.sh
set -u
cd "$(dirname "$0")/.."

layers="base object memory image bytecode run plugin jit tool compile embed cmd"
problems=0
complain() {
    echo "$*"
    problems=$((problems + 1))
}
rank() {
    local i=0 layer
    for layer in $layers; do
        [ "$layer" = "$1" ] && echo $i && return
        i=$((i + 1))
    done
    echo -1
}
declare -A ranks
for layer in $layers; do ranks[$layer]=$(rank "$layer"); done

# A file includes only its own layer and lower ones.
check_layers() {
    local line file number included own
    while IFS=: read -r file number line; do
        own=${file#src/}
        own=${own%%/*}
        included=${line#*\"}
        included=${included%%/*}
        [ -n "${ranks[$included]+x}" ] || continue
        [ -n "${ranks[$own]+x}" ] || { complain "$file:$number: unknown layer $own"; continue; }
        [ "${ranks[$included]}" -le "${ranks[$own]}" ] ||
            complain "$file:$number: layer $own must not include layer $included"
    done < <(grep -rnE '^#include "' src --include=*.c --include=*.h)
}

# The MAY_GC discipline.
check_may_gc() { tools/may_gc.py; }

# The faults that are planted to test the tests fit the sources.
check_faults() { tests/mutation/plant_faults.py -c; }

# Debris of test runs: no other files lie at the root, and no image is kept.
check_debris() {
    git ls-files 2>/dev/null | grep -vE '/|^(\.clang-format|\.gitignore|LICENSE|Makefile|README\.md)$' |
        sed 's/$/: does not belong at the root/'
    git ls-files 2>/dev/null | grep -E '\.(image|changes|dump|log)$' | sed 's/$/: debris of a run/'
}

# Scripts that are run by name can be.
check_modes() {
    git ls-files -s 'tests/*.sh' 'tools/*.sh' 'bench/*' 2>/dev/null | grep '^100644' | cut -f2 |
        while read -r file; do
            if head -1 "$file" | grep -q '^#!'; then echo "$file: is not executable"; fi
        done
}

# Semantic code does not open words.
check_opaque() {
    grep -nE '\.bits\b|oop_bits\(|oop_from_bits\(|\braw_(load|store|slot)|\bobject/(header|small_float)\.h|\(Oop\)\{|\(Num\)\{' \
        src/run/bodies.h src/run/elements.h src/run/elements.c src/run/prim_*.c src/plugin/*.c 2>/dev/null |
        sed 's/$/   <- semantic code must not open words/'
}

# Names and class indices of one image have no place in the VM: below the plugins no text is compared
# with a literal that looks like a class or a selector, and class indices are named in object/ only.
check_image_constants() {
    grep -nE '(strcmp|strncmp|memcmp|strcasecmp)\([^;]*"([A-Z][A-Za-z]+|[a-z][A-Za-z]*:[A-Za-z:]*)"' \
        src/{object,memory,image,bytecode,run}/*.[ch] 2>/dev/null |
        sed 's/$/   <- a name of an image/'
    grep -nE '\bCLASS_INDEX_[A-Z0-9_]+ *=' src/*/*.[ch] 2>/dev/null |
        grep -vE '^src/object/(header|layouts|format)\.h:|CLASS_INDEX_LIMIT' | sed 's/$/   <- class indices are named in object\/ only/'
}

# Every source file begins with its licence and says what it is for.
check_heads() {
    local file
    for file in src/*/*.[ch] tests/*/*.[ch] include/*.h; do
        [ -f "$file" ] || continue
        head -1 "$file" | grep -q 'SPDX-License-Identifier: MIT' || complain "$file:1: no licence line"
        sed -n 2p "$file" | grep -qE '^(//|/\*)' || complain "$file:2: no purpose"
        [ "$(wc -l <"$file")" -le 1000 ] || head -12 "$file" | grep -qi 'long' ||
            complain "$file:1: over 1,000 lines without a word why"
    done
    grep -nE '\bTODO\b|\bFIXME\b|//.*\bXXX\b|#if 0' -r src include tests tools --include=*.[ch] --include=*.tbl |
        sed 's/$/   <- a puzzle left behind/'
}

# docs/primitives.md says what the tables say.
check_generated() {
    local program=build/${PARLEY_CONFIG:-release}/tools/primitives_doc
    [ -x "$program" ] || { complain "$program: not built, run make lint"; return; }
    "$program" src | cmp -s - docs/primitives.md ||
        complain "docs/primitives.md: not what the tables say, run make docs"
}

check_layers
check_heads >/tmp/lint.$$ 2>&1
{
    cat /tmp/lint.$$
    check_may_gc
    check_faults
    check_opaque
    check_image_constants
    check_debris
    check_modes
} >/tmp/lint2.$$ 2>&1 # a check that fails itself is a problem, too
found=$(wc -l </tmp/lint2.$$)
cat /tmp/lint2.$$
rm -f /tmp/lint.$$ /tmp/lint2.$$
problems=$((problems + found))
check_generated
echo "$problems problems"
[ "$problems" = 0 ]
