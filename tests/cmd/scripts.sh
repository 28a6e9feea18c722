#!/bin/bash
# SPDX-License-Identifier: MIT
# Scripts: what is wrong with one is told with file, line and column, and only what belongs to the
# program is in the stack; files that are no text are refused; chunks are read as such; output that
# cannot be written is a failure.
set -u
. "$(dirname "$0")/../support/common.sh"

# script TEXT: x.st has it, with the escapes of printf.
script() {
    # shellcheck disable=SC2059
    printf "$1" >x.st
}
# ends CODE LINES...: x.st ends with the code, and says the lines on standard error.
ends() {
    local expected=$1 code
    shift
    "$parley" x.st a b >out 2>err </dev/null
    code=$?
    printf '%s\n' "$@" >want
    [ $code = "$expected" ] && cmp -s want err
}
prints() {
    "$parley" x.st a b >out 2>err </dev/null && [ "$(cat out)" = "$1" ] && [ ! -s err ]
}

script "Transcript show: (', ' join: arguments); cr"
check "arguments" prints "a, b"
script '\xef\xbb\xbf#!/usr/bin/parley\n| a | a := 3. Transcript show: a printString; cr'
check "a byte order mark, and a line for the system" prints 3
script "Integer >> thrice [ ^ self * 3 ]\n\nTranscript show: 4 thrice printString; cr"
check "methods" prints 12

echo "Transcript show: (', ' join: arguments); cr" | "$parley" - a b >out 2>err
check "from standard input" [ "$?-$(cat out)" = "0-a, b" ]
echo "nil foo" | "$parley" - >out 2>err
check "errors have its name" grep -q "^standard input:1:1: MessageNotUnderstood" err
check "from a pipe" [ "$("$parley" <(echo "Transcript show: arguments first; cr") a)" = a ]
script 'a := 3.\nb := 4. c := nil foo.\n'
check "an error in a statement" ends 1 "x.st:2:14: MessageNotUnderstood: receiver of foo is nil" \
    "    UndefinedObject>>DoIt (x.st:2:14)"
script '#(1 2) do: [ :x |\n\tx foo ]'
check "an error in a block" ends 1 "x.st:2:2: MessageNotUnderstood: Instance of SmallInteger did not understand #foo" \
    "    [ :... | ... ] in UndefinedObject>>DoIt (x.st:2:2)" "    Array>>do: (line 2)" \
    "    UndefinedObject>>DoIt (x.st:1:1)"
script "Object << #Thing slots: {}; install.\nThing >> bar [\n\t^ self\n\t\tquux ]\nThing >> foo [ ^ self bar ]\nThing new foo"
check "an error in methods of the script" ends 1 \
    "x.st:3:4: MessageNotUnderstood: Instance of Thing did not understand #quux" \
    "    Thing>>bar (x.st:3:4)" "    Thing>>foo (x.st:5:18)" "    UndefinedObject>>DoIt (x.st:6:1)"
script "Object << #Thing slots: {}; install.\nThing >> foo [ thisContext instVarNamed: 'sender' put: 7. ^ 5 ]\nThing new foo"
check "in a context whose sender is none" ends 1 \
    "x.st:2:59: BlockCannotReturn: the method that this block returns from has returned already" \
    "    Context>>cannotReturn:to: (line 2)" "    Context>>cannotReturn: (line 4)" "    Thing>>foo (x.st:2:59)"
script "Error << #Bad slots: {}; install.\nBad >> writeReport: aReport on: aStream [ self signal ]\nBad new signal"
check "an error whose report is one" ends 1 "an error while an error was reported: Bad"
script '[ nil foo ] fork.\n(Delay forSeconds: 60) wait'
check "an error in a process" ends 1 "x.st:1:3: MessageNotUnderstood: receiver of foo is nil" \
    "    [ ... ] in UndefinedObject>>DoIt (x.st:1:3)" "    Process>>runBlock:arguments: (line 3)"
script "Object compile: 'foo ^ ]'"
"$parley" x.st >out 2>err </dev/null
check "a text that is compiled by the script has its own places" grep -q "^1:7: error" err

script 'a := 3.\n\nb := (4 + \n\n'
check "an error at the end" ends 1 "x.st:3:10: error: an argument is expected behind '+'" "    b := (4 + " "             ^"
script "a := 1. größe := 2. b := Nope new. c := 3"
check "an unknown name" ends 1 "x.st:1:26: error: unknown variable 'Nope'" \
    "    a := 1. größe := 2. b := Nope new. c := 3" "                             ^"
script "Object >> bar [\n\t^ self\n\nObject new bar.\n"
check "a method that is not closed" ends 1 "x.st:1:1: error: this method is not closed" "    Object >> bar [" "    ^"
script "3 + 4.\n\n Object >> bar [\n\t^ 3 +\n]\n"
check "an error in a method" ends 1 "x.st:4:7: error: an argument is expected behind '+'" "    	^ 3 +" "    	     ^"
script "Object >> bar [ ^ 3 + ]\n"
check "an error in a method of one line" ends 1 "x.st:1:22: error: an argument is expected behind '+'" \
    "    Object >> bar [ ^ 3 + ]" "                         ^"
script "3.\nNope >> bar [ ^ 3 ]"
check "a method of an absent class" ends 1 "x.st:2:1: error: there is no class Nope" "    Nope >> bar [ ^ 3 ]" "    ^"

# A name that a method uses and nobody declares is told, but the method is compiled.
script "Integer >> foo [\n\t^ Nope ]\nTranscript show: 3 foo printString; cr"
check "an unknown name in a method" ends 0 "x.st:2:4: warning: unknown variable 'Nope'" "    	^ Nope ]" "    	  ^"
check "the method runs" [ "$(cat out)" = nil ]
script "y := 3.\nInteger >> foo [ y := y + 1. ^ Nope2 ]\nInteger >> bar [ ^ Nope2 ]"
check "variables of the script are unknown there" ends 0 \
    "x.st:2:23: warning: unknown variable 'y'" "    Integer >> foo [ y := y + 1. ^ Nope2 ]" "                          ^" \
    "x.st:2:32: warning: unknown variable 'Nope2'" "    Integer >> foo [ y := y + 1. ^ Nope2 ]" "                                   ^" \
    "x.st:3:20: warning: unknown variable 'Nope2'" "    Integer >> bar [ ^ Nope2 ]" "                       ^"
script "Integer >> foo [ ^ Later new ]\nInteger >> bar [ ^ Other ]\nObject << #Later slots: {}; package: 'P'; install.\nSmalltalk at: #Other put: 5.\nTranscript show: 3 bar printString; cr"
check "a name that is declared later is none" prints 5
script "Integer >> foo [ ^ Later7 new ]\nInteger >> bar [ ^ Later ]\nTranscript show: #Later; cr"
check "mentioning it is not declaring it" ends 0 \
    "x.st:1:20: warning: unknown variable 'Later7'" "    Integer >> foo [ ^ Later7 new ]" "                       ^" \
    "x.st:2:20: warning: unknown variable 'Later'" "    Integer >> bar [ ^ Later ]" "                       ^"
script "Integer >> foo [ ^ Later new ]\n#Later size.\n3 foo"
check "it is told before the error that it causes" ends 1 \
    "x.st:1:20: warning: unknown variable 'Later'" "    Integer >> foo [ ^ Later new ]" "                       ^" \
    "x.st:1:20: MessageNotUnderstood: receiver of new is nil" "    SmallInteger(Integer)>>foo (x.st:1:20)" "    UndefinedObject>>DoIt (x.st:3:1)"
script "!Integer methodsFor: 'x'!\nfourfold\n\t^ Nope! !\n"
check "an unknown name in chunks" ends 0 "x.st:3:4: warning: unknown variable 'Nope'" "    	^ Nope! !" "    	  ^"
printf ' Integer >> foo [ ^ Nope ]\n3 foo\nInteger >> bar [ ^ 3 + ]\n' | PARLEY_CHANGES=$PWD/c.st "$parley" >out 2>err
printf '%s\n' "1:21: warning: unknown variable 'Nope'" "     Integer >> foo [ ^ Nope ]" "                        ^" \
    "1:23: error: an argument is expected behind '+'" "    Integer >> bar [ ^ 3 + ]" "                          ^" >want
check "the REPL tells it, with the place in what was typed" cmp want err
check "and goes on" [ "$(tr '\n' ' ' <out)" = "Integer>>#foo nil " ]

script "3 + 4.\n'caf\xe9'"
check "bytes that are no text" ends 2 "x.st:2:5: error: the bytes here are not UTF-8" "    'caf?" "        ^"
script "3 + 4.\0"
"$parley" x.st >out 2>err </dev/null
check "a NUL" [ "$?-$(head -1 err)" = "2-x.st:1:7: error: a NUL is no character of a text" ]

script "\"by hand!!\"\nObject subclass: #Chunky instanceVariableNames: '' classVariableNames: '' package: 'Chunky'!\n\n!Chunky methodsFor: 'greeting'!\ngreet\n\t^ 'hello!!'! !\n\n!Chunky class methodsFor: 'making'!\nmake\n\t^ self new! !\n\nTranscript show: Chunky make greet; cr!\n"
check "chunks" prints 'hello!'
script "!Integer methodsFor: 'x'!\nfourfold\n\t^ self quux * 4! !\n\n4 fourfold!\n"
check "an error in chunks" ends 1 "x.st:3:4: MessageNotUnderstood: Instance of SmallInteger did not understand #quux" \
    "    SmallInteger(Integer)>>fourfold (x.st:3:4)" "    UndefinedObject>>DoIt (x.st:5:1)"
script "!Integer methodsFor: 'x'!\nfourfold\n\t^ self * ! !\n"
check "a wrong method in chunks" ends 1 "x.st:3:10: error: an argument is expected behind '*'" \
    "    	^ self * ! !" "    	        ^"

if [ -w /dev/full ]; then
    for arguments in "-e 3" "--help" "test PointTest" "--features"; do
        # shellcheck disable=SC2086
        "$parley" $arguments >/dev/full 2>err </dev/null
        check "$arguments: lost output is a failure" [ "$?-$(wc -l <err)" = 1-1 ]
        check "$arguments: which is told" grep -q "^parley: standard output: " err
    done
fi

# A reader who has read enough, as head has, ends a program in silence: until_line ARGUMENTS...
until_line() {
    "$parley" "$@" 2>err | head -1 >out
    [ "${PIPESTATUS[0]}" = 141 ] && [ ! -s err ] && [ -s out ]
}
script "1 to: 200000 do: [ :i | Transcript show: i printString; cr ]"
check "a reader who stops ends a script" until_line x.st
check "an expression" until_line -e "1 to: 200000 do: [ :i | Stdio stdout nextPutAll: i printString; lf ]"
check "another process of it" until_line -e "[ 1 to: 200000 do: [ :i | StandardOutput stdout print: i; lf ] ] fork. Semaphore new wait"
check "and a run of tests" until_line test --tap Collections-Tests

echo "1..$count"
[ $failures = 0 ]
