#!/bin/bash
# SPDX-License-Identifier: MIT
# What is defined in the REPL and exported as Tonel is the same when it has been loaded again:
# classes of all kinds, traits, extensions, patterns over several lines; and so are packages of the
# kernel.
set -u
. "$(dirname "$0")/../support/common.sh"
export PARLEY_CHANGES=$PWD/changes.st

cat >define.in <<'END'
Trait << #TShape slots: { #area }; package: 'Shop'; install
TShape >> area [ ^ area ifNil: [ self computeArea ] ]
TShape class >> unit [ ^ self new ]
Trait << #TNamed package: 'Shop'; install
TNamed >> name [ ^ 'it''s "named"' ]
TNamed >> describe [ ^ self name ]
Object << #Shape traits: { TShape . TNamed - { #describe } @ { #label -> #name } }; slots: { #x. #y }; sharedVariables: { #Count }; tag: 'Core'; package: 'Shop'; install
Shape class slots: { #default }
Shape comment: 'I am a "shape".'
Shape >> computeArea [ ^ x * y ]
Shape >> x: a y: b [
	| t |

	t := a. "comment ] here"
	x := t. y := b ]
Shape class >> x: a y: b [ ^ self new x: a y: b ]
Shape >> + other [ ^ x + other ]
Integer >> shapely [ ^ Shape x: self y: self ]
Integer class >> shapeClass [ ^ Shape ]
(Integer >> #shapely) protocol: '*Shop'
(Integer class >> #shapeClass) protocol: '*Shop'
Object << #Bag2 layout: VariableLayout; slots: { #n }; package: 'Shop'; install
ByteArray << #Bytes2 layout: ByteLayout; package: 'Shop'; install
Object << #Weak2 layout: WeakLayout; package: 'Shop'; install
Object << #DW2 layout: DoubleWordLayout; package: 'Shop'; install
Object << #Eph2 layout: EphemeronLayout; slots: { #k. #v }; package: 'Shop'; install
Object << #DB2 layout: DoubleByteLayout; package: 'Shop'; install
Object << #W2 layout: WordLayout; package: 'Shop'; install
Shape >> größe [ ^ 'grün' ]
(Shape x: 3 y: 4) area
(Shape x: 3 y: 4) label
:export Shop out
END
sed -i 's/^:export Shop out$//' define.in
cat >ask.in <<'END'
(Shape x: 3 y: 4) area
(Shape x: 3 y: 4) label
3 shapely area
Integer shapeClass
((Shape new) respondsTo: #describe)
(Shape instVarNames copyWithout: #area) size
Shape class instVarNames
Shape classVarNames
{ Bag2. Bytes2. Weak2. DW2. Eph2. DB2. W2 } collect: [ :each | each classLayout class ]
Shape comment
Shape new größe
Shape package tags size
((Shape >> #x:y:) sourceCode includesSubstring: 'comment ] here')
(TShape >> #area) protocolName
END
cat define.in ask.in >first.in
echo ":export Shop one" >>first.in
"$parley" <first.in >first.out 2>first.err
check "what is defined works" [ $? = 0 ]
tail -15 first.out | head -14 >want
{ cat ask.in; echo ":export Shop two"; } | "$parley" --load one repl >second.out 2>second.err
check "it works when it is loaded again" [ $? = 0 ]
head -14 second.out >got
check "in the same way" cmp want got
check "and is exported as before" diff -r one two
check "every method compiles" bash -c "'$parley' compile --check one >counts"
for package in JSON Tools; do
    "$parley" -e "TonelWriter new write: '$package' to: 'first' asFileReference" >/dev/null
    "$parley" --load first/$package -e "TonelWriter new write: '$package' to: 'second' asFileReference" >/dev/null 2>err
    check "$package: the same after loading" diff -r first/$package second/$package
done

echo "1..$count"
[ $failures = 0 ]
