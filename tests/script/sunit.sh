#!/bin/bash
# SPDX-License-Identifier: MIT
# Every SUnit test of the kernel, in the image that the program carries; one line a test. Time
# limits are meant for the VM as users have it: under sanitizers a test that exceeds its own is
# skipped.
set -u
. "$(dirname "$0")/../support/common.sh"
if [ "${PARLEY_CONFIG:-release}" != san ]; then
    "$parley" test --tap --time-limit 60 </dev/null 2>errors
    code=$?
    # Errors that tests provoke are theirs to catch.
    [ -s errors ] || exit $code
    echo "not ok - tests write nothing on standard error"
    sed 's/^/# /' errors
    exit 1
fi
"$parley" test --tap --time-limit 60 </dev/null | awk '
    /^not ok/ { held = $0; next }
    held != "" && /^# TestTookTooMuchTime/ {
        sub(/^not ok/, "ok", held)
        print held " # SKIP too slow under sanitizers"
        held = ""
        next
    }
    held != "" { print held; held = ""; failed = 1 }
    { print }
    END { if (held != "") print held; exit failed || held != "" }'
codes=("${PIPESTATUS[@]}")
# 1 says that tests failed, which awk has judged; anything else is the VM itself.
[ "${codes[0]}" -le 1 ] && exit "${codes[1]}"
exit "${codes[0]}"
