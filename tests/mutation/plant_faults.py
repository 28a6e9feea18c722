#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests the tests: plants the faults of faults.txt, one at a time, in a copy of the sources, builds,
and runs what `make check` runs until something fails. A fault that nothing notices is missed.

    plant_faults.py [-l | -c] [-k] [-f FIRST] [-u LAST] [WORD...]

Only the faults whose description or file contains one of the words, from one number to another; -l
lists them and ends, -c tells of those whose piece does not occur once in its file (`make lint` asks)
and ends, -k does not run the tests on the sources as they are before. Prints a line for
each fault, then the counts, and speaks TAP. At least 95 of 100 must be caught. A fault whose line is
gone from the source is an error of the list, to be repaired there, and so is one that does not
compile. One with which the kernel image cannot be made is caught: the build of `make check` fails.

A test must say that something is wrong, in time. One that hangs until the runner ends it has caught
nothing; the other tests are asked then, but after some that hang the fault counts as missed."""

import argparse
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
WANTED = 0.95
LIMIT = 300          # seconds for a test program, or for a build
SOUND_LIMIT = 600    # seconds for a test program without any fault, as `make check` gives
HANGING = 4          # test programs may exceed it before a fault is given up
BATCH = 12           # test programs between two looks at what failed


class Fault:
    def __init__(self, text):
        self.text, self.file, self.old, self.new, self.tries = text, '', [], [], []

    def plant(self, source):
        old, new = '\n'.join(self.old), '\n'.join(self.new)
        if source.count(old) != 1:
            return None
        return source.replace(old, new)


def read_faults():
    faults, part = [], None
    for line in open(os.path.join(HERE, 'faults.txt')):
        line = line.rstrip('\n')
        if line.startswith('== '):
            faults.append(Fault(line[3:]))
            part = None
        elif not line or line.startswith('#'):
            part = None
        elif line.startswith('file '):
            faults[-1].file = line[5:].strip()
        elif line.startswith('try '):
            faults[-1].tries = line[4:].split()
        elif line.startswith('- ') or line.rstrip() == '-':
            part = faults[-1].old
            part.append(line[2:])
        elif line.startswith('+ ') or line.rstrip() == '+':
            part = faults[-1].new
            part.append(line[2:])
        elif part is not None:  # the piece goes on in the next line
            part.append(line)
        else:
            sys.exit('faults.txt: what is this line? ' + line)
    return faults


class Tree:
    """A copy of the sources, with what has been built of them."""

    def __init__(self):
        self.path = os.path.join(tempfile.mkdtemp(prefix='parley-faults-'), 'tree')
        os.mkdir(self.path)
        names = [name for name in os.listdir(ROOT) if name not in ('build', '.git')]
        os.mkdir(os.path.join(self.path, 'build'))
        for name in names + ['build/gen', 'build/release']:
            source = os.path.join(ROOT, name)
            if os.path.isdir(source):
                shutil.copytree(source, os.path.join(self.path, name), symlinks=True)
            elif os.path.exists(source):
                shutil.copy2(source, self.path)
        self.environment = dict(os.environ, CMOCKA_MESSAGE_OUTPUT='TAP')
        self.environment.setdefault('PARLEY_IMAGES', os.path.join(ROOT, '../shared/images'))
        for name in ('PARLEY_NIGHTLY', 'PARLEY_CONFIG', 'PARLEY_SOURCE', 'PARLEY_PHARO_TREE',
                     'MAKEFLAGS', 'MFLAGS', 'MAKELEVEL'):
            self.environment.pop(name, None)

    def run(self, *command):
        return subprocess.run(command, cwd=self.path, env=self.environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors='replace')

    def make(self, *targets):
        return self.run('timeout', str(LIMIT), 'make', '-s', '-j2', 'CONFIG=release', *targets)

    def programs(self):
        """What `make check` runs, the quick ones first."""
        named = lambda pattern, suffix, folder: sorted(
            os.path.join(folder, os.path.basename(p)[:-len(suffix)])
            for p in glob.glob(os.path.join(self.path, pattern)))
        units = named('tests/unit/test_*.c', '.c', 'build/release/tests/unit')
        recording = ['build/release/recording/' + name
                     for name in ('test_record', 'test_bodies', 'test_primitives')]
        stress = named('tests/stress/*.c', '.c', 'build/release/tests/stress')
        diff = ['build/release/tests/diff/' + name
                for name in ('harness', 'natives', 'bytecodes', 'sequences')]
        scripts = sorted(os.path.relpath(p, self.path)
                         for p in glob.glob(os.path.join(self.path, 'tests/*/*.sh'))
                         if not any(part in p for part in ('/common.sh', '/support/', '/nightly/')))
        scripts.sort(key=lambda p: 'switches' in p)
        return units + recording + diff + stress + scripts

    def program(self, name):
        folder = {'../recording/': 'build/release/recording/',
                  '../diff/': 'build/release/tests/diff/',
                  '../stress/': 'build/release/tests/stress/'}
        if name.endswith('.sh'):
            return 'tests/' + name[3:]
        for prefix, place in folder.items():
            if name.startswith(prefix):
                return place + name[len(prefix):]
        return 'build/release/tests/unit/' + name

    def build(self, programs):
        """The message of a build that failed, or None."""
        targets = [p for p in programs if not p.endswith('.sh')]
        if len(targets) < len(programs):
            targets += ['all', 'build/release/tests/image/damage', 'build/release/tests/image/permute']
        done = self.make(*targets)
        return done.stdout if done.returncode else None

    def failures(self, programs, limit=LIMIT):
        """The names of programs that failed by themselves, and of those that hung."""
        done = self.run('tools/run_tests.sh', '-t', str(limit), *programs)
        heads = [line[5:] for line in done.stdout.splitlines() if line.startswith('==== ')]
        if done.returncode and not heads:
            return ['the test runner'], []
        named = lambda hung: [head.split(':')[0] for head in heads if (' code 124)' in head) == hung]
        return named(False), named(True)


class BadFault(Exception):
    """The list names a line that is not there, or the compiler refuses what it says."""


class NoKernel(Exception):
    """The VM with the fault compiles, but cannot make the kernel image that it carries."""


def build(tree, programs):
    message = tree.build(programs)
    if message and '/kernel.image] Error' in message:
        raise NoKernel
    if message:
        raise BadFault('does not build:\n' + message)


def notice(tree, fault):
    """Who notices the fault that is planted (None: nobody), and who hangs."""
    tries, hanging = [tree.program(name) for name in fault.tries], []
    for program in tries:
        build(tree, [program])
        found, hung = tree.failures([program])
        hanging += hung
        if found:
            return found[0], hanging
    build(tree, ['tests'])
    rest = [p for p in tree.programs() if p not in tries]
    for i in range(0, len(rest), BATCH):
        if len(hanging) >= HANGING:
            break
        found, hung = tree.failures(rest[i:i + BATCH])
        hanging += hung
        if found:
            return found[0] + ' (not expected there)', hanging
    return None, hanging


def try_fault(tree, fault):
    path = os.path.join(tree.path, fault.file)
    if not os.path.isfile(path):
        raise BadFault('its file is gone')
    source = open(path).read()
    planted = fault.plant(source)
    if planted is None:
        raise BadFault('its piece does not occur once')
    open(path, 'w').write(planted)
    try:
        return notice(tree, fault)
    except NoKernel:
        return 'the making of the kernel image', []
    finally:
        open(path, 'w').write(source)


def options():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('-l', dest='lists', action='store_true')
    parser.add_argument('-c', dest='checks', action='store_true')
    parser.add_argument('-k', dest='trusts', action='store_true')
    parser.add_argument('-f', dest='first', type=int, default=1)
    parser.add_argument('-u', dest='last', type=int, default=sys.maxsize)
    parser.add_argument('words', nargs='*')
    return parser.parse_args()


def prepare(tree, trusts):
    message = tree.build(['tests'])
    if message:
        sys.exit('the sources do not build:\n' + message)
    found, hung = ([], []) if trusts else tree.failures(tree.programs(), SOUND_LIMIT)
    if found or hung:
        sys.exit('without any fault %s fails' % ' '.join(found + hung))


def plant_all(tree, faults, first, last):
    """Those that were not caught, and how many are errors of the list."""
    missed, bad = [], 0
    for number, fault in enumerate(faults[first - 1:last], first):
        begun = time.time()
        try:
            found, hanging = try_fault(tree, fault)
        except BadFault as why:
            found, hanging, bad = None, [], bad + 1
            print('# %s: %s' % (fault.text, why))
        if not found:
            missed.append(fault)
        print('# %d/%d %s: %s [%s, %d s]' % (
            number, len(faults), 'caught' if found else 'MISSED', fault.text,
            (found or fault.file) + (', hanging: ' + ' '.join(hanging) if hanging else ''),
            time.time() - begun), flush=True)
    return missed, bad


def stale(faults):
    """Those that cannot be planted in the sources as they are."""
    def fits(fault):
        path = os.path.join(ROOT, fault.file)
        return os.path.isfile(path) and fault.plant(open(path).read()) is not None
    return [f for f in faults if not fits(f)]


def main():
    wanted = options()
    faults = [f for f in read_faults()
              if not wanted.words or any(w in f.text or w in f.file for w in wanted.words)]
    if wanted.lists:
        for fault in faults:
            print('%s: %s' % (fault.file, fault.text))
        return 0
    if wanted.checks:
        for fault in stale(faults):
            print('tests/mutation/faults.txt: %s has no such piece, or several: %s'
                  % (fault.file, fault.text))
        return 0
    tree = Tree()
    try:
        prepare(tree, wanted.trusts)
        missed, bad = plant_all(tree, faults, wanted.first, wanted.last)
    finally:
        shutil.rmtree(os.path.dirname(tree.path))
    tried = min(len(faults), wanted.last) - wanted.first + 1
    caught = tried - len(missed)
    for fault in missed:
        print('# missed: %s: %s' % (fault.file, fault.text))
    good = caught >= WANTED * tried and not bad
    print('%sok 1 - %d of %d planted faults are caught' % ('' if good else 'not ', caught, tried))
    print('1..1')
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
