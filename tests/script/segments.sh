#!/bin/bash
# SPDX-License-Identifier: MIT
# Files a graph of objects of the built-in image out into an image segment and in again, with a
# class of the program's own. Speaks TAP.
set -u
. "$(dirname "$0")/../support/common.sh"

cat >segments.st <<'END'
| class probe graph words out loaded copy traveller line |
line := [ :text | Transcript show: text; show: (String with: (Character value: 10)) ].
class := Object subclass: #SegmentProbe instanceVariableNames: 'partner' classVariableNames: '' package: 'Probe'.
class compile: 'store: roots into: words out: out
	<primitive: 98 error: code>
	^ code'.
class compile: 'load: words out: out
	<primitive: 99 error: code>
	^ code'.
probe := class new.
graph := Dictionary new. "keys are strings: the symbol table is weak and would let symbols go"
graph at: 'list' put: (OrderedCollection with: 1 with: 'two' with: 3.5 with: 100 factorial).
graph at: 'self' put: graph.
traveller := class new.
graph at: 'traveller' put: traveller.
words := (Smalltalk at: #WordArray ifAbsent: [ Smalltalk at: #Bitmap ]) new: 10000.
out := Array new: 100.
line value: (probe store: (Array with: graph) into: words out: out) class printString.
line value: (words size < 1000) printString , ' ' , (out includes: OrderedCollection) printString.
loaded := probe load: words out: out.
copy := loaded first.
line value: (copy == graph) printString , ' ' , copy class printString.
line value: ((copy at: 'self') == copy) printString.
line value: ((copy at: 'list') = (graph at: 'list')) printString.
line value: (((copy at: 'list') at: 2) == ((graph at: 'list') at: 2)) printString.
line value: ((copy at: 'traveller') class == class) printString.
line value: words class printString , ' ' , (words includes: copy) printString.
line value: (probe store: (Array with: graph) into: ((Smalltalk at: #WordArray ifAbsent: [ Smalltalk at: #Bitmap ]) new: 20) out: (Array new: 100)) printString
END
cat >expected <<'END'
SegmentProbe
true true
false Dictionary
true
true
false
true
Array true
END
"$parley" segments.st >output 2>errors
code=$?
head -8 output | cmp -s expected - && [ $code = 0 ] && echo "ok 1 - a graph comes back" || {
    echo "not ok 1 - a graph comes back"
    sed 's/^/# /' output errors
}
sed -n 9p output | grep -q 'write beyond end' && echo "ok 2 - too few words are an error" || {
    echo "not ok 2 - too few words are an error"
    sed -n '9p' output | sed 's/^/# /'
}
echo 1..2
