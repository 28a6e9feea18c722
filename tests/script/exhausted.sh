#!/bin/bash
# SPDX-License-Identifier: MIT
# Programs that use up their stack, or the memory, get an error that they can catch, as often as
# they do it: in the very process that did it, while others go on.
set -u
. "$(dirname "$0")/../support/common.sh"

# answers NAME EXPECTED SWITCHES... < expression
answers() {
    local name=$1 expected=$2 code
    shift 2
    "$parley" "$@" -e "$(cat)" >out 2>err </dev/null
    code=$?
    count=$((count + 1))
    if [ $code = 0 ] && [ "$(cat out)" = "$expected" ] && [ ! -s err ]; then echo "ok $count - $name"; else
        echo "not ok $count - $name (exit code $code)"
        head -5 out err
        failures=$((failures + 1))
    fi
}

answers "recursion without end is an error, each time" '#(true true true true)' --max-process-words=200000 <<'END'
| deeper |
deeper := nil.
deeper := [ :depth | 1 + (deeper value: depth + 1) ].
((1 to: 4) collect: [ :i | [ deeper value: i. false ] on: Error do: [ :error | true ] ]) asArray
END
answers "an Array that performs what it performs, with itself, is recursion, too" '#RecursionTooDeep' --max-process-words=200000 <<'END'
| perform itself |
itself := Array new: 2.
itself at: 1 put: #perform:withArguments:; at: 2 put: itself.
perform := [ :arguments | [ 5 perform: #perform:withArguments: withArguments: arguments ] on: Error do: [ :e | e class name ] ].
2000 timesRepeat: [ perform value: #( #perform:withArguments: #( #+ #( 3 ) ) ) ].
perform value: itself
END
answers "so is what comes of a doesNotUnderstand: of one's own" '#(#RecursionTooDeep #RecursionTooDeep #RecursionTooDeep #RecursionTooDeep #OutOfMemory #OutOfMemory)' --max-process-words=200000 --max-old-space=40m <<'END'
| class caught |
class := Object newAnonymousSubclass.
caught := OrderedCollection new.
class compile: 'doesNotUnderstand: aMessage ^ self unheardOf'.
2 timesRepeat: [ [ class new unheardOf ] on: Error do: [ :e | caught add: e class name ] ].
class compile: 'doesNotUnderstand: aMessage ^ 7'.
class compile: 'deeper: depth ^ 1 + (self deeper: depth + 1)'.
2 timesRepeat: [ [ class new deeper: 1 ] on: Error do: [ :e | caught add: e class name ] ].
class compile: 'fill | all | [ all := { all } ] repeat'.
2 timesRepeat: [ [ class new fill ] on: Error do: [ :e | caught add: e class name ] ].
caught asArray
END
answers "also in classes beside all others" '#(#RecursionTooDeep #RecursionTooDeep #OutOfMemory)' --max-process-words=200000 --max-old-space=40m <<'END'
| class caught |
class := (nil << #ApartFromAll package: 'Scratch'; yourself) install.
caught := OrderedCollection new.
class compile: 'doesNotUnderstand: aMessage ^ self unheardOf'.
2 timesRepeat: [ [ class basicNew unheardOf ] on: Error do: [ :e | caught add: e class name ] ].
class compile: 'fill | all | [ all := { all } ] repeat'.
[ class basicNew fill ] on: Error do: [ :e | caught add: e class name ].
caught asArray
END
answers "large objects without end are an error, each time" '#(true true true true)' --max-old-space=60m <<'END'
((1 to: 4) collect: [ :i |
	| all |
	[ [ all := { all. Array new: 100000 } ] repeat. false ] on: Error, OutOfMemory do: [ :error | true ] ]) asArray
END
answers "small objects without end are an error, each time" '#(true true true true)' --max-old-space=60m <<'END'
((1 to: 4) collect: [ :i |
	| all |
	[ [ all := { all } ] repeat. false ] on: Error, OutOfMemory do: [ :error | true ] ]) asArray
END
# Beside the one that allocates run one that is ready all the time, and one that waits for the clock.
others() {
    local name=$1 error=$2 hog=$3
    shift 3
    answers "$name" "{#hog->#$error. #hog->#$error. #hog->#$error}" "$@" <<END
| errors hogs runs watch |
errors := OrderedCollection new.
hogs := 0.
runs := true.
watch := [ :name :priority :step |
	[ [ [ runs ] whileTrue: step ] on: Error do: [ :e | errors add: name -> e class name ] ] forkAt: priority ].
watch value: #ready value: Processor activePriority value: [ Processor yield ].
watch value: #waiting value: Processor userSchedulingPriority + 10 value: [ (Delay forMilliseconds: 1) wait. Array new: 100 ].
3 timesRepeat: [
	| hog deeper |
	deeper := nil.
	hog := [ | all | [ $hog ] on: Error do: [ :e | all := nil. errors add: #hog -> e class name ] ] fork.
	[ hog isTerminated ] whileFalse: [ Processor yield ] ].
runs := false.
errors asArray
END
}
for switches in "" --interpreter --collector=sweep; do
    others "arrays: whoever made them gets the error, others go on $switches" OutOfMemory \
        '[ all := { all. Array new: 50 } ] repeat' --max-old-space=40m $switches
    others "small arrays: whoever made them gets the error $switches" OutOfMemory \
        '[ all := { all } ] repeat' --max-old-space=60m $switches
    others "whoever made them and left just then gets the error $switches" OutOfMemory \
        '[ all := { all. Array new: 500 }. Processor yield ] repeat' --max-old-space=40m $switches
    others "whoever recursed gets the error, others go on $switches" RecursionTooDeep \
        'deeper := [ :n | 1 + (deeper value: n + 1) ]. deeper value: 1' --max-process-words=200000 $switches
done
# Beyond a small limit old space may go further than the limit itself is.
for limit in 10m 24m; do
    others "small arrays, a limit of $limit: whoever made them gets the error" OutOfMemory \
        '[ all := { all } ] repeat' --max-old-space=$limit --interpreter
done
# Where the others run as often as can be: those of the image, and the one that waits.
for limit in 22m 26m; do
    others "small arrays, a limit of $limit, time by ticks: whoever made them gets the error" OutOfMemory \
        '[ all := { all } ] repeat' --max-old-space=$limit --interpreter --deterministic
done
answers "whoever was told, and is forgotten, is collected" true --max-old-space=30m <<'END'
| told hog |
told := Semaphore new.
hog := [ | all | [ [ all := { all. Array new: 20 } ] repeat ] on: OutOfMemory do: [ :e |
	told signal. Processor activeProcess suspend. all isNil ] ] fork.
told wait.
hog := WeakArray with: hog.
Smalltalk garbageCollect; garbageCollect.
(hog at: 1) isNil
END
answers "a method too large for the memory is no lack of a compiler" '#(#OutOfMemory #OutOfMemory #OutOfMemory)' --max-old-space=30m <<'END'
| source |
source := String streamContents: [ :s |
	s nextPutAll: 'foo ^ #('.
	600000 timesRepeat: [ s nextPutAll: '''abcdefghij'' ' ].
	s nextPut: $) ].
source := source utf8Encoded.
(1 to: 3) collect: [ :i |
	[ OpalCompiler new primCompile: source variables: #() known: nil flags: 0. nil ] on: Error do: [ :e | e class name ] ]
END
# The stacks of two processes grow in turns.
answers "two that recurse get an error each" '#(#RecursionTooDeep #RecursionTooDeep)' --max-process-words=100000 <<'END'
| caught |
caught := OrderedCollection new.
2 timesRepeat: [
	| deeper |
	deeper := nil.
	deeper := [ :n | n \\ 100 = 0 ifTrue: [ Processor yield ]. 1 + (deeper value: n + 1) ].
	[ [ deeper value: 1 ] on: Error do: [ :e | Processor yield. caught add: e class name ] ] fork ].
[ caught size = 2 ] whileFalse: [ (Delay forMilliseconds: 5) wait ].
caught asArray
END
echo "1..$count"
[ $failures = 0 ]
