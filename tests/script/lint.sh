#!/bin/bash
# SPDX-License-Identifier: MIT
# The sources keep the rules that the compiler does not check; planted faults that have lost their
# place are told.
cd "${PARLEY_SOURCE:?}" || exit 1
failed=0
say() { # NUMBER TEXT, after the command
    [ $? = 0 ] && echo "ok $1 - $2" && return
    echo "not ok $1 - $2"
    failed=1
}
tools/lint.sh
say 1 lint
PYTHONPATH=tests/mutation python3 -B - <<'END'
import plant_faults

def fault(file, piece):
    made = plant_faults.Fault(piece)
    made.file, made.old = file, [piece]
    return made

faults = [fault('src/gone.c', 'x'), fault('tests/script/lint.sh', 'nowhere' + ' to be found'),
          fault('tests/script/lint.sh', 'PYTHONPATH=tests' + '/mutation')]
assert plant_faults.stale(faults) == faults[:2]
END
say 2 "a fault whose file or piece is gone is told, no other"
echo 1..2
exit $failed
