#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs Pharo's own tests in an image of the set all-tests, and compares with what docs/pharo.md says.

    tools/pharo_tests.py IMAGE [--vm=OPTION]... [--alone] [--list] [PACKAGE...]

The packages, and how many tests each has, are the table of docs/pharo.md; the tests that are known to
fail, each under its reason, are the indented lines of docs/pharo-failures.md, where {a,b} behind the
class stands for one or the other. Those of its last part are known with --alone only: in an image
without what the document says. Each package is run by Pharo's runner in a folder of its own, two at a
time; what it reports as JUnit XML is counted. Tests that a package should have and did not run count
as failed. Prints the table anew, in the form of the document, then the tests that fail and are not
known, the known ones that pass, and the counts; with --list all that fail, with the message. The exit
code is 0 when everything is as the documents say, 1 otherwise. --vm gives the VM an option, as in
--vm=--interpreter."""

import argparse
import collections
import html
import os
import re
import subprocess
import sys
import tempfile
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
JOBS = 2
LIMIT = 1200         # seconds for a package
ROW = re.compile(r'^\| ([A-Z][\w-]+-Tests[\w-]*) \| (\d+) \| (\d+) \|$', re.M)
CASE = re.compile(r'<testcase classname="([^"]*)" name="([^"]*)"[^>]*>(.*?)</testcase>', re.S)
SEVERAL = re.compile(r'^(\w+>>)\{([\w,]+)\}(.*)$')
ALONE = '\n# Without '      # the heading of the document's last part
FAULT = re.compile(r'<(?:error|failure) type="([^"]*)" message="([^"]*)"')


class Package:
    """One package: what the document says of it, and how it went."""

    def __init__(self, name, wanted, expected):
        self.name, self.wanted, self.expected = name, wanted, expected
        self.names, self.failed, self.code = [], [], None

    def run(self, command, folder):
        with open(os.path.join(folder, 'output'), 'wb') as output:
            try:
                self.code = subprocess.run(
                    command + ['test', '--junit-xml-output', self.name], cwd=folder, timeout=LIMIT,
                    stdin=subprocess.DEVNULL, stdout=output, stderr=output).returncode
            except subprocess.TimeoutExpired:
                self.code = 'over the time limit'
        report = os.path.join(folder, self.name + '-Test.xml')
        if os.path.exists(report):
            with open(report, encoding='utf-8', errors='replace', newline='') as text:
                self.read(text.read())

    def read(self, text):
        for case in CASE.finditer(text):
            fault = FAULT.search(case.group(3))
            name = '%s>>%s' % (case.group(1).split('.')[-1], one_line(case.group(2)))
            self.names.append(name)
            if fault:
                self.failed.append((name, '%s: %s' % (fault.group(1), one_line(fault.group(2)))))

    # Pharo's runner ends with 1 when tests have failed.
    def has_crashed(self):
        return self.code not in (0, 1)

    def passed(self):
        return len(self.names) - len(self.failed)


def one_line(text):
    return ' '.join(html.unescape(text).split())


def read_table():
    with open(os.path.join(ROOT, 'docs/pharo.md'), encoding='utf-8') as text:
        return [Package(row[0], int(row[1]), int(row[2])) for row in ROW.findall(text.read())]


def names_of(line):
    several = SEVERAL.match(line)
    if not several:
        return [line]
    return [several.group(1) + name + several.group(3) for name in several.group(2).split(',')]


# A name stands there as often as tests of that name fail.
def read_known(alone):
    with open(os.path.join(ROOT, 'docs/pharo-failures.md'), encoding='utf-8') as text:
        with_library, without = text.read().split(ALONE)
    lines = (with_library + without if alone else with_library).split('\n')
    return collections.Counter(name for line in lines if line.startswith('    ')
                               for name in names_of(line.strip()))


def run_all(packages, command):
    waiting = sorted(packages, key=lambda package: -package.wanted)
    lock = threading.Lock()

    def work():
        while True:
            with lock:
                if not waiting:
                    return
                package = waiting.pop(0)
            with tempfile.TemporaryDirectory() as folder:
                package.run(command, folder)

    threads = [threading.Thread(target=work) for _ in range(JOBS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def print_table(packages):
    print('| package | run | passed |\n| --- | ---: | ---: |')
    for package in packages:
        print('| %s | %d | %d |' % (package.name, package.wanted, package.passed()))
    wanted = sum(package.wanted for package in packages)
    passed = sum(package.passed() for package in packages)
    print('| all | %d | %d |' % (wanted, passed))
    print('%.2f %% pass' % (100 * passed / wanted))


# How many things are not as the documents say.
def compare(packages, messages, alone):
    failed = collections.Counter(name for package in packages for name, _ in package.failed)
    run = {name for package in packages for name in package.names}
    known = read_known(alone)
    differences = 0
    for package in packages:
        if package.has_crashed():
            print('%s ended with %s' % (package.name, package.code))
            differences += 1
        if len(package.names) != package.wanted:
            print('%s ran %d tests instead of %d' % (package.name, len(package.names), package.wanted))
            differences += 1
    for name, times in sorted((failed - known).items()):
        print('fails: %s%s -- %s' % (name, ' (%d times)' % times if times > 1 else '', messages[name]))
        differences += times
    for name, times in sorted((known - failed).items()):
        if name in run:
            print('passes: %s%s' % (name, ' (%d times)' % times if times > 1 else ''))
            differences += times
    return differences


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('image')
    parser.add_argument('packages', nargs='*')
    parser.add_argument('--vm', action='append', default=[])
    parser.add_argument('--alone', action='store_true')
    parser.add_argument('--list', action='store_true')
    arguments = parser.parse_intermixed_args()
    program = os.environ.get('PARLEY_PROGRAM', os.path.join(ROOT, 'build/release/parley'))
    packages = [package for package in read_table()
                if not arguments.packages or package.name in arguments.packages]
    if not packages:
        sys.exit('no such package in the table of docs/pharo.md')
    run_all(packages, [program] + arguments.vm + [os.path.abspath(arguments.image)])
    messages = {name: message for package in packages for name, message in package.failed}
    print_table(packages)
    if arguments.list:
        for package in packages:
            for name, message in package.failed:
                print('%s %s -- %s' % (package.name, name, message))
    differences = compare(packages, messages, arguments.alone)
    print('%d differences from what the documents say' % differences)
    sys.exit(differences != 0)


if __name__ == '__main__':
    main()
