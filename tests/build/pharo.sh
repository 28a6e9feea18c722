#!/bin/bash
# SPDX-License-Identifier: MIT
# parley build --pharo: a Pharo is built from the checkout that PARLEY_PHARO_TREE names (branch
# Pharo13, commit 9b55ea40), the same bytes each time, and does what Pharo's command line does.
set -u
. "$(dirname "$0")/../support/common.sh"
says() { grep -qF -- "$1" out || { sed 's/^/# /' out | head -5; return 1; }; }
complains() { grep -qF -- "$1" err || { sed 's/^/# /' err | head -5; return 1; }; }

check "a set that is none is refused" refuses "--packages is" build --pharo . --packages x -o x.image
check "sources besides are refused" refuses "is too much" build --pharo . src -o x.image
check "sources to be loaded are for a Pharo" refuses "--with is for --pharo" build src --with src -o x.image
check "with what loads them" refuses "needs the packages" build --pharo . --with . --packages compiler -o x.image
check "and be there" refuses "none.st: No such file" build --pharo . --with none.st -o x.image
check "a folder that is no checkout is refused" run 2 build --pharo . -o x.image
check "and leaves nothing" [ ! -e x.image ]
tree=${PARLEY_PHARO_TREE:-}
if [ -z "$tree" ]; then
    count=$((count + 1))
    echo "ok $count - Pharo is built # SKIP PARLEY_PHARO_TREE does not name a checkout of Pharo 13"
    echo "1..$count"
    exit $((failures > 0))
fi

build() { run 0 build --pharo "$tree" --packages "$@"; }
check "the smallest kernel" build minimal -o minimal.image
check "its counts" says "minimal.image: 516 classes, 0 traits, 9444 methods"
check "it is sound" run 0 image check --methods minimal.image
check "parley jit finds the source that a method has" run 0 jit 'OrderedCollection>>add:' --image minimal.image
check "and shows it" says "^self addLast: newObject"
check "it understands a command line" run 0 minimal.image --list
check "which has this command" says "Perform given message on a specified class or global"
check "what is not understood is shown with its stack" \
    run 0 build --pharo "$tree" --packages minimal --trace=primitives,stacks -o traced.image
check "the stack" complains "PharoBootstrapInitialization class>>initializeCommandLineHandlerAndErrorHandling"

check "with the compiler" build compiler -o pharo.image
check "its counts" says "pharo.image: 821 classes, 0 traits, 14936 methods, 1 warning"
check "progress is shown" says "6/12 the compiler's options"
check "it is sound" run 0 image check --methods pharo.image
mkdir elsewhere
check "again, elsewhere" build compiler --quiet -o elsewhere/other.image
check "the same bytes" cmp pharo.image elsewhere/other.image
evaluates() {
    check "$1" run 0 pharo.image eval "$1"
    check "is $2" says "$2"
}
evaluates '3 + 4' 7
evaluates '1000 factorial printString size' 2568
evaluates '[ 1/0 ] on: ZeroDivide do: [ :e | e description ]' ZeroDivide
evaluates '(ProtoObject >> #isNil) sourceCode lines first' "'isNil'"
evaluates '#(1 $a #b) isReadOnlyObject' true
evaluates "(MD5 hashMessage: 'abc') hex" "'900150983cd24fb0d6963f7d28e17f72'"
evaluates "(ZnBase64Encoder new encode: #[1 2 3])" "'AQID'"
evaluates "(ZnBase64Encoder new decode: 'AQID')" "#[1 2 3]"
evaluates "(ZnCRLFReadStream on: #[97 10] readStream) upToEnd" "#[97 13 10]"
# Pharo's own low space watcher tells whoever used up the memory, each time.
tells_of_memory() {
    check "$1" run 0 "${@:2}" pharo.image eval \
        "(1 to: 4) collect: [ :i | [ | all | all := OrderedCollection new. [ all add: $1 ] repeat ] on: OutOfMemory do: [ :e | i + 40 ] ]"
    check "is used up" says "#(41 42 43 44)"
}
tells_of_memory '(Array new: 100)' --max-old-space=60m
tells_of_memory 'Object new' --max-old-space=40m --interpreter
tells_of_memory '(Array new: 500)' --max-old-space=30m --collector=sweep
tells_of_memory '(Array new: 100000)' --max-old-space=60m
check "whoever lets nothing go is told once more, and then ended" run 1 --max-old-space=40m pharo.image eval \
    '| all told | told := 0. [ [ all := { all } ] repeat ] on: Error do: [ :e | told := told + 1. Stdio stdout << e class name << told asString; lf; flush. e retry ]'
check "first by Pharo" says OutOfMemory1
check "then by the VM" says MessageNotUnderstood2
evaluates 'Semaphore new in: [ :s | [ s signal ] fork. s wait. 5 ]' 5
check "an error is told" run 1 pharo.image eval 'nil foo'
check "with its stack" complains "UndefinedObject(Object)>>doesNotUnderstand: #foo"
printf "Transcript show: 'from a script'; cr" >script.st
check "a script runs" run 0 pharo.image st script.st --quit
check "and says so" says "from a script"
check "--version" run 0 pharo.image --version
check "names Pharo" says "Pharo-13.0.0"
check "--list" run 0 pharo.image --list
check "has eval" says "eval"
check "--help" run 0 pharo.image --help
check "has it from a class comment" complains "Usage: [<subcommand>] [--help]"
check "parley jit finds the source that the image has" run 0 jit 'OrderedCollection>>add:' --image pharo.image
check "and shows it, too" says "^self addLast: newObject"
check "class comments are kept" run 0 pharo.image eval '(Object comment includesSubstring: (String with: Character cr)) and: [ Object commentStamp = String new ]'
check "as they were" says true
check "Metacello is refused" run 1 pharo.image eval "Metacello new baseline: #X"
check "for want of a network" complains "Metacello loads over the network, which Parley does not have"
check "get, too" run 1 pharo.image get
check "in the same words" complains "parley file-out FOLDERS"
check "metacello install, too" run 1 pharo.image metacello install x y
check "a faulty expression" run 1 pharo.image eval '3 +'
check "is shown" complains "Variable or expression expected"
check "an unknown command" run 1 pharo.image nosuch
check "is named" says "Invalid sub command: nosuch"
check "a file that is none" run 1 pharo.image st none.st
check "is named, too" complains "FileDoesNotExistException: 'none.st'"
check "save under another name" run 0 pharo.image save other
check "which runs" run 0 other.image eval '6 * 7'
check "the same" says 42

check "with tests and traits" build kernel-tests -o pharo.image
check "its counts" says "pharo.image: 1022 classes, 0 traits, 17533 methods"
check "traits are there" run 0 pharo.image eval 'TComparable isTrait and: [ (Class subclasses includes: Trait) and: [ Class subclasses includes: ProtoObject class ] ]'
check "for Class, too" says true
check "environment variables are read and set" run 0 pharo.image eval \
    'OSEnvironment current setEnv: #PARLEY_X asString value: #y asString; at: #PARLEY_X asString'
check "as expected" says "'y'"
check "and enumerated" run 0 pharo.image eval 'OSEnvironment current keys includes: #PATH asString'
check "all of them" says true
check "no method of Pharo has its source as a property" run 0 pharo.image eval '(Smalltalk globals allMethods count: [ :each | (each hasProperty: #source) and: [ each package name ~= #Parley ] ]) -> (Object >> #printOn:) sourceCode lines size'
check "but a pointer to it" says "0->9"
check "methods that the image compiles have their sources in it" run 0 pharo.image eval --save \
    'Object compile: (String streamContents: [ :s | s << #zork; cr; nextPut: $^; << #self ])'
check "afterwards, too" run 0 pharo.image eval \
    '{ (Object >> #zork) sourceCode lines size. (Object >> #zork) sourcePointer > 0 }'
check "by a pointer" says "#(2 true)"
check "tests run" run 0 pharo.image test --junit-xml-output SUnit-Core
check "and are reported" grep -q "testsuite" SUnit-Core-Test.xml
check "Pharo's own compiler makes the same of every method" \
    run 0 pharo.image st "$root/tools/pharo_fixpoint.st" --quit
check "all of them" says "5 refused"
printf "Trait { #name : 'TMoo', #package : 'Cow' }\n\n{ #category : 'x' }\nTMoo >> moo [ ^ 'moo!' ]\n" >TMoo.trait.st
printf "Class { #name : 'Cow', #superclass : 'Object', #traits : 'TMoo', #package : 'Cow' }\n" >Cow.class.st
check "sources are filed out" run 0 file-out TMoo.trait.st Cow.class.st -o cow.st
check "and taken in" run 0 pharo.image st cow.st --save --quit
check "a class with a trait answers" run 0 pharo.image eval 'Cow new moo'
check "what the trait says" says "'moo!'"
check "both are loaded while a Pharo is built" \
    build kernel-tests --with TMoo.trait.st --with Cow.class.st -o with.image
check "in a step of its own" says "14/15 what is given besides"
check "the class answers there, too" run 0 with.image eval 'Cow new moo'
check "what its trait says" says "'moo!'"
echo "1..$count"
exit $((failures > 0))
