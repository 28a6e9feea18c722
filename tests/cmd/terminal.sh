#!/bin/bash
# SPDX-License-Identifier: MIT
# The REPL in a terminal, as a person has it: editing, the end of input, interrupts while one types
# and while something runs, pastes, long lines, history over sessions, completion, errors that are
# mended and resumed. Needs python3, for a terminal, and line editing.
set -u
. "$(dirname "$0")/../support/common.sh"
if ! command -v python3 >/dev/null; then
    echo "ok 1 - # SKIP python3 is not here"
    exit 0
fi
if "$parley" --features | grep -q "line editing: no"; then
    echo "ok 1 - # SKIP this build has no line editing"
    exit 0
fi
# libedit keeps what it binds keys to until the end; nobody else copies wide strings that way.
echo 'leak:wcsdup' >leaks
export LSAN_OPTIONS=suppressions=$PWD/leaks:print_suppressions=0
export XDG_STATE_HOME=$PWD/state
unset PARLEY_CHANGES
exec python3 - "$parley" <<'PYTHON'
import os, pty, re, select, signal, sys, time

parley = sys.argv[1]
count = failures = 0


class Terminal:
    """A session; what it shows is text without control sequences."""

    def __init__(self, *arguments):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm"
            os.execv(parley, [parley, *arguments])
        self.shown = ""
        self.position = 0
        self.code = None

    def read_some(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        if not data:
            return False
        text = data.decode("utf-8", "replace")
        self.shown += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|[\r\x07]", "", text)
        return True

    def sees(self, words, seconds=60):
        """Waits until the words are shown, behind those that were seen before."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            at = self.shown.find(words, self.position)
            if at >= 0:
                self.position = at + len(words)
                return True
            if not self.read_some(1) and self.has_ended():
                return self.shown.find(words, self.position) >= 0
        return False

    def types(self, text):
        data = text.encode()
        while data:
            if select.select([], [self.fd], [], 60)[1]:
                data = data[os.write(self.fd, data[:512]):]
            self.read_some(0)

    def has_ended(self):
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
        return self.code is not None

    def ends(self, code=0, seconds=60):
        end = time.monotonic() + seconds
        while not self.has_ended() and time.monotonic() < end:
            self.read_some(0.1)
        if not self.has_ended():
            os.kill(self.pid, signal.SIGKILL)
        return self.code == code


def check(name, good, terminal=None):
    global count, failures
    count += 1
    print(f"{'ok' if good else 'not ok'} {count} - {name}")
    if not good:
        failures += 1
        if terminal:
            print("# " + re.sub(r"x{9,}", "xxxx", terminal.shown[-600:]).replace("\n", "\n# "))


def begun(*arguments):
    terminal = Terminal(*arguments)
    check("a prompt appears", terminal.sees("> "), terminal)
    return terminal


def asks(terminal, typed, answer):
    """Types a line; the answer stands at the beginning of one."""
    terminal.types(typed + "\r")
    check(f"{typed!r:.50} is answered", terminal.sees("\n" + answer) and terminal.sees("> "), terminal)


# Editing, and the end of input.
t = begun()
asks(t, "3 + 4", "7")
t.types("some text\x15")  # Ctrl-U
time.sleep(0.3)
asks(t, "5 + 6", "11")
t.types("ab\x7f\x7f\x7f")
time.sleep(0.3)
asks(t, "6 + 7", "13")
t.types("3 + 44\x02\x04")  # back, delete
asks(t, " negated", "-1")
asks(t, "'gr\u00fc\u00dfe' size", "5")
t.types("\x04")
check("Ctrl-D ends it", t.ends(0), t)

# History is there in the next session.
t = begun()
t.types("\x1b[A\x1b[A")
asks(t, "", "-1")
asks(t, "first := 1", "1")
t.types("+ 4\x12")  # Ctrl-R
check("the history is searched", t.sees("3 + 4 negated"), t)
t.types("\x03")
check("Ctrl-C drops the line", t.sees("^C") and t.sees("> "), t)
asks(t, "first + 1", "2")

# Several lines.
t.types("#(1 2\r")
check("unfinished input goes on", t.sees("... "), t)
asks(t, "\r3) size", "3")
t.types("(3 +\r")
t.sees("... ")
t.types("\x03")
check("Ctrl-C drops unfinished input", t.sees("^C") and t.sees("> "), t)
asks(t, "8 + 9", "17")
t.types("(3 +\r")
t.sees("... ")
t.types("\r\r")
check("two empty lines end it", t.sees("error: ") and t.sees("> "), t)

# Completion.
t.types("OrderedColl\t new siz\t\r")
check("Tab completes", t.sees("OrderedCollection new size") and t.sees("\n0") and t.sees("> "), t)
t.types("#(3 1 2) asSorted\t\t")
check("Tab shows what there is", t.sees("asSortedCollection:"), t)
t.types("\x15")

# A paste.
paste = ["Object << #Pasted slots: { #all }; package: 'Pasted'; install",
         "Pasted >> add: x [", "\t| new |", "", "\tnew := x * 2.",
         "\t^ all := (all ifNil: [ #() ]) copyWith: new", "]", "pasted := Pasted new"]
paste += [f"pasted add: {n}" for n in range(40)]
t.types("\r".join(paste) + "\r")
check("a paste of many lines is taken", t.sees("Pasted>>#add:"), t)
asks(t, "#end -> (pasted add: 100) size", "#end->41")
long = "'" + "x" * 20000 + "' size"
t.types(long + "\r")
check("a long line is taken", t.sees("\n20000"), t)
asks(t, "8 * 9", "72")

# Interrupts while something runs.
t.types("[ true ] whileTrue\r")
time.sleep(1)
t.types("\x03")
check("Ctrl-C interrupts what runs", t.sees("UserInterrupt: interrupted") and t.sees("1!> "), t)
asks(t, ":abandon", "")
t.types("n := 0. [ n >= 0 ] whileTrue: [ n := n + 1 ]. #done\r")
time.sleep(1)
t.types("\x03")
t.sees("1!> ")
t.types(":proceed\r")
time.sleep(1)
t.types("\x03")
check("what was resumed is interrupted again", t.sees("UserInterrupt") and t.sees("1!> "), t)
asks(t, ":return #left", "")

# An error is mended and resumed.
t.types("Pasted >> half: x [ ^ self halve: x ]\r")
t.sees("half:")
t.types("(Pasted new half: 10) + 1\r")
check("an error is kept", t.sees("halve:") and t.sees("1!> "), t)
t.types(":stack\r")
check("its frames are listed", t.sees("Pasted>>half:") and t.sees("1!> "), t)
t.types("x * 3\r")
check("expressions are evaluated there", t.sees("\n30") and t.sees("1!> "), t)
t.types("Pasted >> halve: x [ ^ x / 2 ]\r")
check("methods are defined meanwhile", t.sees("\nPasted>>#halve:"), t)
t.types(":restart\r")
check("and the frame is run again", t.sees("\n6") and t.sees("\n> "), t)
t.types(":quit 3\r")
check(":quit CODE", t.ends(3), t)

# What was accepted can be had again, from each session that has ended.
t = begun()
check("the greeting tells of what is not saved", "earlier sessions are not saved" in t.shown, t)
t.types("\x04")
t.ends()
t = Terminal("--recover")
check("--recover shows it", t.sees("were not saved") and t.sees("    first := 1") and t.sees("\n> "), t)
asks(t, "first", "1")
asks(t, "Pasted new half: 8", "4")
asks(t, ":save all.image", "saved as all.image")
t.types("\x04")
t.ends()
t = begun("all.image")
check("what was saved is not told any more", "not saved" not in t.shown, t)
asks(t, "first", "1")
asks(t, "Pasted new half: 8", "4")
asks(t, ":changes", "first")
asks(t, ":forget", "1 change forgotten")
os.close(t.fd)
time.sleep(0.1)
end = time.monotonic() + 60
while not t.has_ended() and time.monotonic() < end:
    time.sleep(0.1)
check("the end of the terminal ends it", t.has_ended())
print(f"1..{count}")
sys.exit(failures != 0)
PYTHON
