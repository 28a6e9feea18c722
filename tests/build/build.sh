#!/bin/bash
# SPDX-License-Identifier: MIT
# parley build: the smallest kernel there is (tests/build/mini) is built, runs, is sound, and comes
# out the same every time; bad sources and failing initialisers leave nothing behind.
set -u
. "$(dirname "$0")/../support/common.sh"
mini=$root/tests/build/mini
says() { grep -qF -- "$1" out || { sed 's/^/# /' out; return 1; }; }
complains() { grep -qF -- "$1" err || { sed 's/^/# /' err; return 1; }; }
# A copy of the sources with a class of its own in folder x.
with_class() {
    rm -rf sources
    cp -r "$mini" sources
    mkdir -p sources/X
    cat >"sources/X/$1"
}
# refuses NAME WORDS: sources do not build, and nothing is left.
refuses() {
    local name=$1 words=$2
    rm -f x.image
    check "$name is refused" run 2 build sources -o x.image
    check "$name: the message" complains "$words"
    check "$name: nothing is left" [ -z "$(ls | grep image)" ]
}

check "the mini kernel builds" run 0 build "$mini" -o mini.image
check "it says what it made" says "mini.image: 55 classes, 1 trait, 56 methods, 0 warnings"
check "the initialisers ran while it was built" says "built"
check "it is sound" run 0 image check mini.image --methods
check "it runs, and quits with its code" run 42 mini.image
check "traits, aliases and own methods" says "Example ownHello  alias!"
check "initialisers ran in order, with class variables and pools" says "base example pool"
check "a trait uses a variable of its own, perform: works" says "Hello world!"
check "literals have their classes" says "SmallInteger SmallFloat64 Character UndefinedObject True \
Symbol ByteString Array ByteArray FullBlockClosure Point LargePositiveInteger"
check "an initialiser that needs another by way of a helper" says "early: pool"
check "instances of all kinds of classes" says "MiniWeak 3 MiniEphemeron 0 MiniWords 3 MiniShorts 3 MiniLongs 3 "
check "it runs with all objects moved" run 42 --gc-every=7 --move-every=1 --verify-heap mini.image
check "it builds again" run 0 build --quiet "$mini" -o other.image
check "byte by byte the same" cmp mini.image other.image
cp -r "$mini" copy
check "from another folder" run 0 build --quiet copy/Mini-System copy/Mini.st -o other.image
check "the same again" cmp mini.image other.image
check "with V3PlusClosures" run 0 build --quiet --bytecodes=v3 "$mini" -o v3.image
check "it runs with those, too" run 42 v3.image
check "and has those" bash -c "'$parley' image info v3.image | grep -q ', 0 with SistaV1'"
check "without a run" run 0 build --quiet --no-run "$mini" -o raw.image
check "initialisers run at the start then" run 0 raw.image
check "and the image has saved itself" run 42 raw.image
ln -s other.image link.image
check "an image goes where a link leads to" run 0 build --quiet --no-run "$mini" -o link.image
check "the link stays" [ -L link.image ]
check "and what it leads to is the image" cmp other.image link.image
mkfifo pipe
check "a pipe is no place for an image" run 2 build --quiet "$mini" -o pipe
check "that is told" complains "not a regular file"
check "and it is still there" [ -p pipe ]
rm pipe link.image
check "--trace is passed on" run 0 build --quiet --trace=sends "$mini" -o other.image
check "and traces" complains "send ExampleBase class>>initialize"
rm -f ./*.image

with_class Bad.class.st <<'END'
Class { #name : 'Bad', #superclass : 'Absent', #category : 'X' }
END
refuses "an absent superclass" "X/Bad.class.st:1:17: error: the superclass of 'Bad' is absent: 'Absent'"
with_class Bad.class.st <<'END'
Class { #name : 'Example', #superclass : 'Object', #category : 'X' }
END
refuses "a class defined twice" "'Example' is defined twice"
with_class Bad.class.st <<'END'
Class { #name : 'Bad', #superclass : 'Object', #category : 'X' }
{ #category : 'x' }
Bad >> foo [
    ^ (1 + 
]
END
refuses "a syntax error" "X/Bad.class.st:"
with_class Bad.class.st <<'END'
Class { #name : 'Bad', #superclass : 'Object', #category : 'X' }
Bad >> foo [ ^ 'half
END
refuses "a file cut in half" "X/Bad.class.st:2:16: error: string without its closing quote"
with_class Bad.class.st <<'END'
Class { #name : 'Bad', #superclass : 'Object', #category : 'X' }
Bad class >> initialize [ nil foo ]
END
rm -f x.image
check "an initialiser that fails" run 2 build sources -o x.image
check "is told" complains "the initialisers failed: the image quit with code 105"
check "and leaves nothing" [ -z "$(ls | grep image)" ]
with_class Bad.class.st <<'END'
Class { #name : 'Bad', #superclass : 'Object', #category : 'X' }
Bad class >> initialize [ [ true ] whileTrue ]
END
check "an initialiser that does not end" run 2 build --max-ticks=100000 sources -o x.image
check "is stopped" complains "the initialisers did not end in 1"
check "and leaves nothing either" [ -z "$(ls | grep image)" ]
check "a bad number of ticks" run 2 build --max-ticks=x sources -o x.image
with_class Bad.class.st <<'END'
Class { #name : 'Bad', #superclass : 'Object', #category : 'X' }
Bad class >> initialize [ KernelInitializer quit: 0 ]
END
check "an image that does not save itself" run 2 build sources -o x.image
check "is told, too" complains "did not save itself"
with_class Bad.class.st <<'END'
Class { #name : 'Bad', #superclass : 'Object', #category : 'X' }
Bad >> foo [ ^ Unknwon new ]
END
check "an unknown variable is a warning" run 0 build sources -o x.image
check "with its place" complains "X/Bad.class.st:2:14: warning: unknown variable 'Unknwon'"
check "it is counted" says "1 warning"
rm -f x.image
check "with --strict it is an error" run 2 build --strict sources -o x.image
check "and there is no image" [ ! -e x.image ]
cp "$mini/Mini.st" more.st
echo "Transcript show: 'x'! Example initialize!" >>more.st
check "statements between definitions" run 0 build "$mini/Mini-System" more.st -o x.image
check "are told that they are not run" complains "more.st:53:1: warning: statements between definitions are not run"
check "but for initialisers" [ "$(grep -c warning err)" = 1 ]
rm -rf sources x.image
mkdir sources
echo "3 + " >script.st
check "a script is no source" run 2 build "$mini" script.st -o x.image
check "which is told with its name" complains "script.st:1:1: error: this is a script"
rm script.st
with_class Bad.class.st <<'END'
Class { #name : 'Bad', #superclass : 'Worse', #category : 'X' }
END
echo "Class { #name : 'Worse', #superclass : 'Bad', #category : 'X' }" >sources/X/Worse.class.st
refuses "a class that inherits from itself" "X/Bad.class.st:1:17: error: 'Bad' is its own superclass, by way of 'Worse'"
with_class Bad.class.st <<'END'
Trait { #name : 'Bad', #traits : 'Worse', #category : 'X' }
END
echo "Trait { #name : 'Worse', #traits : 'Bad', #category : 'X' }" >sources/X/Worse.class.st
refuses "a trait that uses itself" "error: the trait 'Bad' uses itself"
rm -rf sources
mkdir sources
echo "Class { #name : 'A', #superclass : nil, #category : 'X' }" >sources/A.class.st
refuses "a system without its classes" "the sources do not define what every image needs: SmallInteger, Character"
check "in one line, and one that counts" [ "$(wc -l <err)" = 2 ]
check "an old image stays when the new one fails" bash -c \
    "echo old >x.image; '$parley' build sources -o x.image 2>/dev/null; [ \"\$(cat x.image)\" = old ]"
check "no sources" run 2 build -o x.image
check "no image" run 2 build "$mini"
check "sources that are not there" run 2 build absent -o x.image
check "help" run 0 build --help

echo "1..$count"
[ $failures = 0 ]
