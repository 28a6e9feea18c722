#!/bin/bash
# SPDX-License-Identifier: MIT
# parley jit: what it shows of methods of the image that is built in, of an image file, and of bytecodes
# without any image, for every instruction set; and what it says of methods that are not there.
set -u
. "$(dirname "$0")/../support/common.sh"

# shows PATTERN: a line of out matches.
shows() { grep -qE -- "$1" out || { echo "# nothing like: $1"; return 1; }; }

check "a method" run 0 jit 'Object>>printString'
check "its source" shows '\^ self printStringLimitedTo: 50000'
check "a bytecode that nothing is made for" shows '^  41  <4C> +push self$'
check "a bytecode with its operands" shows "send 1 'printStringLimitedTo:' with 1 arguments +operands: self, 50000"
check "IR, with the name of a frame's word" shows '\[FP - 32\] := 51 .*; pc$'
check "a send by its selector" shows '; #printStringLimitedTo:, 1 argument$'
check "a call of C by its name" shows '; SAFE_POINT: interrupts'
check "the code behind" shows '^out of line: 44  <5C>'
check "that of the entry" shows '^out of line: entry$'
check "all of it by a bytecode there is" eval '! grep -q "cut off" out'
check "sends and resume points are counted" shows 'bytes, 1 send, 2 resume points'
if "$parley" --features | grep -q '^disassembler: Capstone'; then
    check "machine code" shows 'FP := SP +mov rbp, rsp'
    check "for another processor" run 0 jit 'Object>>printString' --isa arm64
    check "its machine code" shows 'ldr x30, \[x28\], #0x10'
    for isa in arm64 x64; do
        run 0 jit 'OrderedCollection>>add:' --isa $isa
        check "$isa: calls of stubs have their names" shows 'T6 := 0; call code <SEND> .*; #addLast:'
        check "$isa: also those that no bytecode asks for" shows '^  \+[0-9a-f]+ +call code <slow return> +(bl|call) <slow return>$'
        check "$isa: no other address but those in data" [ "$(grep -v ' data ' out | grep -cE '0x[0-9a-fA-F]{8}')" = 0 ]
    done
fi
check "no bytes unless asked for" eval '! grep -q "^  +0033 .* 48 8b ec " out'
check "with bytes" run 0 jit 'Object>>printString' --bytes --isa x64
check "they are shown" shows 'FP := SP +48 8b ec '
check "naively" run 0 jit --naive 'Object>>printString'
check "operands are all pushed then" shows 'operands: 2 pushed'
check "the class side" run 0 jit 'OrderedCollection class>>new:' --isa arm64
check "is shown" shows '; #setCollection:, 1 argument'
check "a method with blocks" run 0 jit 'Collection>>inject:into:'
check "they follow it" shows '^\[made at pc [0-9]+\] in Collection>>inject:into:$'
check "a short method" run 0 jit 'Integer>>even'
check "is shown without a frame and with one" [ "$(grep -cE '^(entry; without a frame as long as it goes|with a frame)$' out)" = 2 ]
check "so its bytecodes stand there twice" [ "$(grep -c '^  27  <6E> ' out)" = 2 ]
check "a method with a primitive" run 0 jit 'Object>>basicAt:'
check "calls it in C when need be" shows '; PRIMITIVE: '
check "a quick method" run 0 jit 'Object>>yourself'
check "literals" run 0 jit 'Object>>assert:'
check "by their names" shows "push the value of literal 0 'AssertionFailure'"
check "operands that are literals" shows "operands: .*, 'Assertion failed'"
check "a binary selector" run 0 jit 'Point>>+'

check "JSON" run 0 jit 'Collection>>inject:into:' --json --bytes
check "can be read" python3 - <<'END'
import json
pieces = json.load(open("out"))
assert [p["name"].startswith("[") for p in pieces] == [False, True], pieces
groups = pieces[0]["groups"]
assert groups[0]["kind"] == "entry" and groups[-1]["kind"] == "out of line"
assert any("inject" not in g.get("bytecode", "") and "closure" in g.get("bytecode", "") for g in groups)
assert all("ir" in i and "machine" in i for g in groups for i in g["instructions"])
assert "inject: " in pieces[0]["source"] and pieces[0]["bytes"] > 100
END

check "an unknown class" refuses "no class Objet; did you mean Object?" jit 'Objet>>printString'
check "an unknown class with nothing like it" refuses "no class Qqqqqqqqq$" jit 'Qqqqqqqqq>>x'
check "an unknown selector" refuses "Object has no method #printStrin; did you mean printString, " jit 'Object>>printStrin'
check "one that is inherited" refuses "OrderedCollection inherits #printString; it is 'Object>>printString'" \
    jit 'OrderedCollection>>printString'
check "no method's name" refuses "'Object' is no method" jit Object
check "nothing at all" refuses "which method" jit
check "two methods" refuses "one method" jit 'Object>>a' 'Object>>b'
check "an unknown option" refuses "unknown option --frob" jit --frob
check "an unknown instruction set" refuses "no instruction set 'vax'" jit --isa vax 'Object>>yourself'
check "no image" refuses "nope.image" jit --image nope.image 'Object>>yourself'
check "help" run 0 jit --help
check "names the options" shows '--bytecodes HEX'

check "bytecodes without an image" run 0 jit --bytecodes '4C 4D 60 5C' --isa x64
check "their meaning" shows '<60> +send \+ +operands: self, true'
check "the same again" eval 'mv out first; run 0 jit --bytecodes "4C 4D 60 5C" --isa x64;
    diff <(grep -v "bytes of data" first) <(grep -v "bytes of data" out)'
check "names for literals" run 0 jit --bytecodes '4C 80 81 12 5C' --literals 'foo bar Glob'
check "a selector" shows '; #bar, 0 arguments'
check "a variable" shows "push the value of literal 2 'Glob'"
check "literals without names" run 0 jit --bytecodes '4C 80 5C'
check "are numbered" shows "'literal0'"
check "arguments and temporaries" run 0 jit --bytecodes '40 41 D1 5C' --arguments 1 --temporaries=1
check "the other set" run 0 jit --set v3 --bytecodes '70 70 B0 7C' --isa arm64
check "by its meaning" shows '<B0> +send \+'
check "a closure" run 0 jit --bytecodes 'F9 00 00 5C'
check "its block" shows 'push nil'
check "what leads nowhere" refuses "refused at pc" jit --bytecodes '4C 4D 60'
check "no bytes" refuses "no bytes in hexadecimal" jit --bytecodes 'xyz'
check "an unknown set" refuses "no bytecode set 'v4'" jit --bytecodes 4C --set v4
check "too many arguments" refuses "numbers up to 63" jit --bytecodes 4C --arguments 64
check "a name and bytecodes" refuses "a method's name or --bytecodes" jit --bytecodes 4C 'Object>>x'

image=$root/../shared/images/pharo8-kernel-spur64.image
if [ -f "$image" ]; then
    check "a method of an image file" run 0 jit 'Collection>>detectMax:' --image "$image"
    check "its operands" shows 'operands: self, argument 0, temporary 0'
    check "a block whose code lies in the method" shows '^\[made at pc 47\] in Collection>>detectMax:$'
    check "is shown" shows '<CA> +send value: +operands: .*, argument 0'
    check "its class side" run 0 jit 'Point class>>x:y:' --image "$image"
    check "an unknown class of it" refuses "no class Objekt; did you mean Object?" jit 'Objekt>>x' --image "$image"
else
    echo "# no real image here: ../shared/images"
fi

# The source that a method of an image file has as a property.
run 0 -e "Object << #Sourced slots: {}; package: 'Sourced'; install" -e "(Smalltalk at: #Sourced) compile: 'one ^ 1'; compile: 'two ^ 2'; compile: 'wide ^ 3'" \
    -e "((Smalltalk at: #Sourced) >> #wide) propertyAt: #source put: 'wide ^ 3 \"' , (String with: (Character value: 16r20AC) with: (Character value: 16r1F600)) , '\"'" \
    -e "((Smalltalk at: #Sourced) >> #one) propertyAt: #source put: 'one' , String cr , String tab , '\"caf' , (String with: (Character value: 233)) , '\" ^ 1'" --save sourced.image
check "a method with its source" run 0 jit 'Sourced>>one' --image sourced.image
check "is shown with it" cmp <(printf 'one\n\t"caf\303\251" ^ 1\n') <(sed -n 4,5p out)
check "a source of wide characters" run 0 jit 'Sourced>>wide' --image sourced.image
check "is shown, too" [ "$(sed -n 4p out)" = "wide ^ 3 \"$(printf '\342\202\254\360\237\230\200')\"" ]
check "one without" run 0 jit 'Sourced>>two' --image sourced.image
check "is shown without" [ "$(grep -c two out)-$(sed -n 4p out)" = 1-entry ]

echo "1..$count"
[ $failures = 0 ]
