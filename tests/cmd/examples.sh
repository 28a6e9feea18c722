#!/bin/bash
# SPDX-License-Identifier: MIT
# Each script in examples/ prints what it says at its end (as comments that begin with "prints: "),
# and the tests of the project there pass.
set -u
. "$(dirname "$0")/../support/common.sh"

prints() {
    "$parley" "$@" >out 2>err </dev/null && [ ! -s err ] && cmp -s want out
}

for script in "$root"/examples/*.st; do
    sed -n 's/^"prints: \(.*\)"$/\1/p' "$script" >want
    check "$(basename "$script")" [ -s want ]
    check "$(basename "$script") prints what it says" prints "$script"
done
printf 'Hello, Ada!\nHello, Grace!\n' >want
check "a script with arguments" prints "$root/examples/hello.st" Ada Grace
printf '3\tb\n1\ta\n' >want
echo "a b, b; B" >text
check "a script with a file" prints "$root/examples/words.st" text
"$parley" test --examples "$root/examples/Bank" >out 2>err </dev/null
check "the project's tests and example" grep -q "^3 run, 3 passed" out
echo 500 >want
check "the project itself" prints --load "$root/examples/Bank" -e "Account new deposit: 500; balance"

echo "1..$count"
[ $failures = 0 ]
