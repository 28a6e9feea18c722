#!/bin/bash
# SPDX-License-Identifier: MIT
# What a REPL session has accepted survives its death: sessions that define classes, methods and
# variables are killed at random moments, and `--recover` brings everything back that had been
# answered. Six sessions every day, a hundred in the nightly tests, or as many as PARLEY_KILLS says.
set -u
. "$(dirname "$0")/../support/common.sh"
sessions=6
[ -z "${PARLEY_NIGHTLY:-}" ] || sessions=100
sessions=${PARLEY_KILLS:-$sessions}
if ! command -v python3 >/dev/null; then
    echo "ok 1 - # SKIP python3 is not here"
    exit 0
fi
python3 - "$parley" "$sessions" <<'PYTHON'
import os, random, select, subprocess, sys, time

parley, sessions = sys.argv[1], int(sys.argv[2])
seed = int(time.time())
random.seed(seed)
changes = os.path.abspath("changes.st")
environment = dict(os.environ, PARLEY_CHANGES=changes)
failures = 0


def steps():
    """What is typed, what is answered."""
    for n in range(10000):
        kind = n % 3
        if kind == 0:
            yield f"Object << #Kept{n} slots: {{ #value }}; package: 'Kept'; install", f"Kept{n}"
        elif kind == 1:
            yield f"Kept{n - 1} >> answer [ ^ '!{n}!' ]", f"Kept{n - 1}>>#answer"
        else:
            yield f"kept{n} := {n}", str(n)


def session(seconds):
    """Kills a session after some time; answers how many steps were accepted."""
    process = subprocess.Popen([parley], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, env=environment)
    end = time.monotonic() + seconds
    accepted = 0
    for typed, answer in steps():
        process.stdin.write((typed + "\n").encode())
        process.stdin.flush()
        rest = end - time.monotonic()
        if rest <= 0 or not select.select([process.stdout], [], [], rest)[0]:
            break
        line = process.stdout.readline().decode().strip()
        if line != answer:
            print(f"# {typed} answered {line}")
            return -1
        accepted += 1
    process.kill()
    process.wait()
    return accepted


def check(accepted):
    """Expressions that prove that the first steps are there, and what they print."""
    lines, want = [], []
    for n in range(accepted):
        if n % 3 == 0:
            lines.append(f"Kept{n} name")
            want.append(f"#Kept{n}")
        elif n % 3 == 1:
            lines.append(f"Kept{n - 1} new answer")
            want.append(f"'!{n}!'")
        else:
            lines.append(f"kept{n}")
            want.append(str(n))
    done = subprocess.run([parley, "--recover"], input="\n".join(lines + [""]), text=True,
                          capture_output=True, env=environment, timeout=60)
    printed = done.stdout.splitlines()
    return done.returncode == 0 and printed[len(printed) - len(want):] == want, done


for number in range(1, sessions + 1):
    if os.path.exists(changes):
        os.remove(changes)
    accepted = session(random.uniform(0.02, 0.6))
    right, done = check(accepted) if accepted >= 0 else (False, None)
    print(f"{'ok' if right else 'not ok'} {number} - killed after {accepted} steps")
    if not right:
        failures += 1
        print(f"# seed {seed}")
        if done:
            print("# " + (done.stderr or done.stdout)[-400:].replace("\n", "\n# "))
print(f"1..{sessions}")
sys.exit(failures != 0)
PYTHON
