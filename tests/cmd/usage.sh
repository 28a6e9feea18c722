#!/bin/bash
# SPDX-License-Identifier: MIT
# What the image that is built in says to arguments that make no sense, or name what cannot be used:
# one line, exit code 2; and what `parley test` says, and answers, of a project that cannot be
# loaded as a whole. Every word of the command line has its --help.
set -u
. "$(dirname "$0")/../support/common.sh"

mkdir -p empty folder.st
check "a missing script" refuses "nope.st: no such file" nope.st
check "a folder is no script" refuses "folder.st: this is a folder" folder.st
check "-e without an expression" refuses "needs an expression" -e
check "--load without a folder" refuses "needs a folder" --load
check "--load of nothing" refuses "no such folder" --load /nonexistent
check "--load of an empty folder" refuses "no Smalltalk sources" --load empty -e 3
mkdir half
printf "Class { #name : #Half, #superclass : #Object, #category : #Half }\n\nHalf >> foo [\n\t^ (\n]\n" >half/Half.class.st
check "--load of sources with an error, then the REPL" run 1 --load half
check "--save without a file" refuses "needs a file" --save
check "--save where nothing can be written" refuses "cannot save" --save /nonexistent/x.image
check "--save over a folder" refuses "cannot save" --save empty
check "words behind --save that mean nothing" refuses "do not know what to do with 'junk'" --save x.image junk
check "nothing was saved then" [ ! -e x.image ]
check "Exit ends a program" run 0 -e "Exit signalSuccess: 'done'. nil foo"
check "with its message" grep -q "^done$" out
check "or with a failure" run 1 -e "Exit signalFailure: 'why'"
check "which is told as an error" grep -q "^why$" err
check "words behind repl" refuses "what is 'junk' for" repl junk
# A change log that cannot be written is told in one line, and the session goes on.
for file in /nonexistent/changes.st "$PWD" /dev/full; do
    echo "3 + 4" | PARLEY_CHANGES=$file "$parley" >out 2>err
    check "changes to $file: the session goes on" [ "$?-$(cat out)" = 0-7 ]
    check "and it is told" [ "$(wc -l <err)-$(grep -c "^parley: $file: changes are not written" err)" = 1-1 ]
done
check "no folder was made" [ ! -e /nonexistent ]
mkdir home
echo 3 | HOME=$PWD/home XDG_STATE_HOME='' PARLEY_CHANGES='' "$parley" >out 2>err
check "changes are in the home folder else" [ -s home/.local/state/parley/changes.st ]
echo ":save /nonexistent/x.image" | PARLEY_CHANGES=$PWD/c.st "$parley" >out 2>err
check ":save where nothing can be written" [ "$?-$(wc -l <err)" = 1-1 ]
printf '%s\n' "3 + 4" "Integer >> five [ ^ 5 ]" "x := OrderedCollection new" "x add: 5 five" "Date today" ":changes" |
    PARLEY_CHANGES=$PWD/definitions.st "$parley" 2>err | sed -n '/^(Integer)/,$p' >out
check "expressions that only compute are no changes" [ "$(grep -v '^	' out | tr '\n' ';')" = \
    "(Integer) compile: 'five;x := OrderedCollection new;x add: 5 five;" ]
"$parley" <. >out 2>err
check "a folder is no input" [ "$?-$(cat out)" = "1-standard input cannot be read" ]
for word in exit quit help; do
    echo $word | "$parley" >out 2>err
    check "the REPL tells of its commands for $word" grep -q ":quit ends, :help lists them" out
done
printf '%s\n' "exit := 3" exit | "$parley" >out 2>err
check "but a variable may be called so" [ "$(tail -1 out)" = 3 ]
check "test of nothing" refuses "/nonexistent: no such folder" test /nonexistent
check "test of an empty folder" refuses "no Smalltalk sources" test empty
check "test of an unknown name" refuses "no tests match" test NobodyHasThisName
check "test: one name is unknown" refuses "no tests match" test PointTest NobodyHasThisName
check "test: unknown option" refuses "unknown option --frob" test --frob
check "test of a test that is not there" refuses "no tests match PointTest>>testNothing" test "PointTest>>testNothing"
check "test: an option without its value" refuses "needs a value" test --junit
check "test: no number" refuses "no number" test --time-limit soon
check "missing without a folder" refuses "needs a folder" missing
check "missing of nothing" refuses "no such folder" missing /nonexistent
check "missing of an empty folder" refuses "empty: there are no Smalltalk sources here" missing empty
check "missing: unknown option" refuses "unknown option --frob" missing --frob
mkdir broken
printf "Class { #name : #A, #superclass : #Object }\n\nA >> foo [\n\t^ (\n]\n\nA >> bar [ ^ Gone new ]\n" >broken/A.class.st
check "missing leaves a method with an error out" run 1 missing broken
check "it is told with its place" grep -q "^broken/A.class.st:4:5: an expression is expected" err
check "the others are looked at" grep -q "Gone$" out
check "bench: unknown name" refuses "no benchmark Frob" bench Frob
check "bench: unknown option" refuses "unknown option --frob" bench --frob
check "bench: no iterations" refuses "nothing is run 0 times" bench Sieve 0
check "bench: no number" refuses "needs a number" bench Sieve --inner many
# Every word of the tables explains itself, also where something stands before --help.
tables=("$root/src/cmd/own_words.tbl" "$root/src/cmd/commands.tbl")
words=$(grep -ohE '^(OWN_WORD|COMMAND)\("[^"]+"' "${tables[@]}" | cut -d'"' -f2)
check "the tables have words" [ "$(wc -w <<<"$words")" -ge 15 ]
explains() {
    run 0 "$@" && [ ! -s err ] && head -1 out | grep -q "^parley" && grep -q -e "$explained" out
}
for word in $words; do
    explained=$word
    check "$word --help" explains "$word" --help
    cp out first
    check "$word -h is the same" explains "$word" -h
    check "all of it" cmp first out
done
for word in image jit build file-out compile -e --load --save bench test missing; do
    explained=$word
    check "$word something --help" explains $word something --help
done
check "options and --help" run 0 --eden=4m --help
check "help of all" grep -q -e --max-ticks out

# Several expressions, options of the machine behind them, and arguments.
evaluates() {
    local wanted=$1
    shift
    run 0 "$@" && [ ! -s err ] && [ "$(tr '\n' ' ' <out)" = "$wanted " ]
}
check "two expressions" evaluates "1 2" -e 1 -e 2
check "with options between and behind" evaluates "1 2" -e 1 --interpreter --evaluate 2 --eden 4m
refuses_late() { refuses "unknown option --frob; arguments of the program follow --" "$@"; }
check "an unknown one" refuses_late -e 3 --frob
check "behind --load" refuses_late --load good -e 3 --frob
check "a wrong value" refuses "'many' is no number" -e 3 --max-ticks many
check "they take effect" bash -c "'$parley' -e '[ true ] whileTrue' --max-ticks 100000 2>&1 | grep -q 'limit of 100000 ticks'"
check "an expression without a text" refuses "needs an expression" -e 3 -e
check "what a Transcript has is in front of the value" evaluates "x 3 y 4" -e "Transcript show: 'x'. 3" -e "Transcript show: 'y'; flush. 4"
printf '%s\n' "Transcript show: 'x'. 3" "Transcript show: 'y'; cr. 4" | "$parley" >out 2>err
check "and in the REPL" [ "$(tr '\n' ' ' <out)" = "x 3 y 4 " ]
check "arguments" evaluates "#('a' '--interpreter' '-e')" -e arguments a --interpreter -e
check "arguments behind --" evaluates "#('-e' '3')" --interpreter -e arguments -- -e 3
check "there are none" evaluates "#() 3" -e arguments -e 3
check "what is assigned becomes a variable" evaluates "4 6" -e "x := 3. x + 1" -e "x * 2"
run 1 -e "y" -e "1"
check "what is not assigned is unknown" grep -q "^1:1: error: unknown variable 'y'" err
check "and nothing follows" [ ! -s out ]
check "an image is saved behind" evaluates 3 -e "x := 3" --save saved.image
check "it has the variables" evaluates "3 7" saved.image -e x -e "x + 4"
check "but not the arguments" evaluates "#('b')" saved.image -e arguments b
check "it refuses what is unknown, before it evaluates" refuses "do not know what to do with '--frob'" saved.image -e x --frob

check "test --help" run 0 test --help
check "names the options" grep -q -- --junit out
check "bench --help" run 0 bench --help
check "names the benchmarks" grep -q Mandelbrot out

# A project with one thing wrong at a time: make NAME.
project() {
    rm -rf "$1"
    mkdir -p "$1/BaselineOfShop" "$1/Shop" "$1/Shop-Tests" "$1/Shop-Windows"
    cat >"$1/BaselineOfShop/BaselineOfShop.class.st" <<'END'
Class { #name : 'BaselineOfShop', #superclass : 'BaselineOf', #category : 'BaselineOfShop' }

{ #category : 'baselines' }
BaselineOfShop >> baseline: spec [
	<baseline>
	spec for: #common do: [
		spec package: 'Shop'; package: 'Shop-Windows'; package: 'Shop-Tests' with: [ spec requires: #('Shop') ] ]
]
END
    cat >"$1/Shop/Till.class.st" <<'END'
Class { #name : 'Till', #superclass : 'Object', #instVars : [ 'sum' ], #category : 'Shop' }

{ #category : 'adding' }
Till >> add: price [
	sum := (sum ifNil: [ 0 ]) + price
]

{ #category : 'adding' }
Till >> sum [
	^ sum
]
END
    cat >"$1/Shop-Tests/TillTest.class.st" <<'END'
Class { #name : 'TillTest', #superclass : 'TestCase', #category : 'Shop-Tests' }

{ #category : 'tests' }
TillTest >> testSum [
	self assert: (Till new add: 3; add: 4; sum) equals: 7
]
END
    cat >"$1/Shop-Windows/TillWindow.class.st" <<'END'
Class { #name : 'TillWindow', #superclass : 'PictureFrameOfNobody', #category : 'Shop-Windows' }
END
    cat >"$1/Shop-Windows/PictureOfNobody.extension.st" <<'END'
Extension { #name : 'PictureOfNobody' }

{ #category : '*Shop-Windows' }
PictureOfNobody >> till [
	^ 1
]

{ #category : '*Shop-Windows' }
PictureOfNobody >> tills [
	^ 2
]
END
}

project good
check "tests pass though a package of windows is skipped" run 0 test good
check "which is named in a warning" grep -q "^warning: package Shop-Windows is skipped: .*PictureFrameOfNobody" err
check "and below the counts" grep -q "^not loaded: package Shop-Windows" out
check "--strict makes that a failure" run 1 test good --strict
check "a file of tests alone" run 0 test --load good/Shop/Till.class.st good/Shop-Tests/TillTest.class.st

# What is written takes the place of a file, but not of a link to it, nor of a device.
ln -s old.xml link.xml
head -c 100000 /dev/zero >old.xml
ln -s /dev/full full
check "a report" run 0 test good --junit link.xml
check "goes where a link leads to" [ -L link.xml ]
check "and nothing is left behind it" [ "$(tail -1 old.xml)" = "</testsuites>" ]
check "a report that cannot be written" run 2 test good --junit full
check "is told in a line" grep -q "^parley: full: the report cannot be written: " err
check "and the device is still there" [ -c full ]
mkdir keep
check "a folder in its place" run 2 test good --junit keep
check "is not removed" [ -d keep ]
check "a report in no folder" run 2 test good --junit /nonexistent/x.xml
check "is told in a line, too" [ "$(grep -c "^parley: " err)-$(grep -c '>>' err)" = 1-0 ]
check "file-out to where nothing fits" refuses "full: cannot be written: No space left" file-out good -o full
check "leaves the device there" [ -c full ]
ln -s old.st link.st
echo before >old.st
check "file-out" run 0 file-out good -o link.st
check "goes where a link leads to, too" [ -L link.st ]
check "and replaces it" grep -q "name: #Till" old.st
check "or into a pipe" bash -c "'$parley' file-out good -o /dev/fd/1 | cmp - old.st"
mkdir -p links/in
ln -s in/new.image links/one
ln -s one links/two
check "an image, through links to what is not there yet" run 0 --save links/two
check "is where they lead to" [ -f links/in/new.image ]
check "they are still links" [ "$(readlink links/two)-$(readlink links/one)" = one-in/new.image ]
ln -s none/new.image links/lost
check "links into no folder" refuses "not saved: cannot save .*none/new.image: No such file" --save links/lost
ln -s ring links/ring
check "links without end" refuses "Too many levels of symbolic links" --save links/ring
check "file-out in no folder" refuses "No such file" file-out good -o /nonexistent/x.st

project windows
rm windows/Shop-Windows/TillWindow.class.st
check "extensions of absent classes do not fail" run 0 test windows
check "one warning for all" [ "$(grep -c PictureOfNobody err)" = 1 ]
check "which counts them" grep -q "classes that are absent are extended: PictureOfNobody (2 methods of Shop-Windows)" err

project broken
sed -i 's/+ price/+/' broken/Shop/Till.class.st
check "missing names what an image lacks" run 0 missing windows
check "with its uses" grep -qE '^[0-9]+ (globals|selectors) are missing' out
check "a method that does not compile is a failure" run 1 test broken
check "it is told with its place" grep -q "^error: broken/Shop/Till.class.st:5:.*: " err
check "and counted" grep -q "^not loaded: 1 method that does not compile" out
check "--load goes on, but ends with a failure" run 1 --load broken -e 'Till name'
check "having done what was asked" grep -q Till out
check "--load of what is whole does not" run 0 --load good -e 'Till name'

project baseline
sed -i 's/spec for:/spec frob; for:/' baseline/BaselineOfShop/BaselineOfShop.class.st
check "a baseline with an error is none" run 2 test baseline
check "the error is told" grep -q "^error: BaselineOfShop.*frob" err

project absent
sed -i "s/'Shop-Windows'/'Shop-Clouds'/" absent/BaselineOfShop/BaselineOfShop.class.st
check "a baseline that names an absent package is broken" run 1 test absent
check "the package is named" grep -q "^error: .*Shop-Clouds, which is absent" err

# Statements among chunks are told where they are left out; `CLASS initialize` is done anyway.
mkdir chunks
cat >chunks/Chunky.st <<'END'
"Filed out by hand"!
Object subclass: #Chunky instanceVariableNames: '' classVariableNames: 'Start' package: 'Chunky'!

Smalltalk at: #ChunkyGlobal put: 7!

!Chunky class methodsFor: 'making'!
initialize
	Start := 3! !

!Chunky class methodsFor: 'making'!
start
	^ Start! !

Chunky initialize!
Chunky
	start; start!
END
check "chunks are loaded" run 0 --load chunks -e "Chunky start"
check "and initialized" [ "$(cat out)" = 3 ]
printf 'warning: chunks/Chunky.st:%s: statements between definitions are not run\n' 4 15 >want
check "what is not run is told" cmp want err
check "the same of file-out" run 0 file-out chunks -o chunks.st
check "with the places" [ "$(grep -c "^chunks/Chunky.st:\(4\|15\):1: warning: statements between definitions are left out" err)-$(grep -c warning err)" = 2-2 ]
check "definitions are written" grep -q "name: #Chunky" chunks.st
echo "3 + 4" >script.st
check "file-out of a script" run 2 file-out script.st -o chunks.st
check "has nothing to write" grep -q "^script.st:1:1: error: this is a script" err

project half
head -c 150 good/Shop/Till.class.st >half/Shop/Till.class.st
check "half a file is a failure" run 1 test half
check "told with its place" grep -q "^error: half/Shop/Till.class.st:[0-9]*:[0-9]*: " err

mkdir -p circle/Circle
echo "Class { #name : 'CycA', #superclass : 'CycB', #category : 'Circle' }" >circle/Circle/CycA.class.st
echo "Class { #name : 'CycB', #superclass : 'CycA', #category : 'Circle' }" >circle/Circle/CycB.class.st
echo "Trait { #name : 'CycT', #traits : 'CycT', #category : 'Circle' }" >circle/Circle/CycT.class.st
"$parley" --load circle -e 3 >out 2>err
check "circles are errors" [ "$(grep -c ^error: err)" = 2 ]
check "of classes" grep -q "CycA.class.st:1: CycA is its own superclass, by way of CycB" err
check "and of traits" grep -q "CycT.class.st:1: CycT uses itself" err

echo "1..$count"
[ $failures = 0 ]
