#!/bin/bash
# SPDX-License-Identifier: MIT
# What a program that ends badly says, and with which code: unhandled errors, halts, interrupts,
# errors in forked processes, exit codes.
set -u
. "$(dirname "$0")/../support/common.sh"

# says NAME CODE LINE EXPRESSION: the first line on standard error, and the exit code
says() {
    "$parley" -e "$4" >out 2>err </dev/null
    local code=$?
    check "$1: exit code $2" [ $code = "$2" ]
    check "$1: the line" [ "$(head -1 err)" = "$3" ]
}

says "message not understood" 1 "MessageNotUnderstood: receiver of foo is nil" "nil foo"
check "with the stack below" grep -q "UndefinedObject>>DoIt (line 1)" err
check "nothing on standard output" [ ! -s out ]
says "error" 1 "Error: no good" "self error: 'no good'"
says "zero divide" 1 "ZeroDivide: division by zero" "1/0"
says "halt" 1 "Halt" "self halt"
says "unknown name" 1 "1:1: error: unknown variable 'foo'" "foo bar"
says "error in a forked process" 1 "MessageNotUnderstood: receiver of foo is nil" \
    "[ nil foo ] fork. (Delay forSeconds: 5) wait"
says "warning goes on" 0 "Warning: careful" "(Warning signal: 'careful'). 3"
check "to its end" [ "$(cat out)" = 3 ]
"$parley" -e "Smalltalk exit: 7" </dev/null
check "exit code of the program" [ $? = 7 ]

# An object whose class knows no message at all is the end of the program.
says "no class below" 1 "parley: the receiver of a message does not even understand doesNotUnderstand:" \
    "| class | class := Behavior new. class superclass: nil; methodDict: MethodDictionary new; setFormat: Object format. class basicNew foo"
check "with the stack below" grep -q "UndefinedObject>>DoIt" err

# The interrupt reaches what runs, and what waits.
interrupted() {
    "$parley" -e "$2" >out 2>err </dev/null &
    local pid=$!
    sleep 0.7
    kill -INT $pid
    wait $pid
    local code=$?
    check "$1: exit code" [ $code = "$3" ]
    check "$1: said" grep -q "$4" "$5"
}
set -m
interrupted "a loop" "[ true ] whileTrue" 1 "UserInterrupt: interrupted" err
interrupted "a wait" "(Delay forSeconds: 20) wait" 1 "UserInterrupt: interrupted" err
interrupted "a handler takes it" "[ Semaphore new wait ] on: UserInterrupt do: [ :e | #taken ]" 0 taken out

echo "1..$count"
[ $failures = 0 ]
