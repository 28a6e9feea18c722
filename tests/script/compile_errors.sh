#!/bin/bash
# SPDX-License-Identifier: MIT
# What `parley compile --check` says about bad sources: every line of it, with the place, the source
# line and the caret; and its exit codes.
. "$(dirname "$0")/../support/common.sh"

# said NAME EXIT-CODE ARGUMENTS...: what is said, to both streams, is what stands in the file `want`.
said() {
    local name=$1 code=$2 got
    shift 2
    "$parley" compile "$@" >said 2>&1
    got=$?
    count=$((count + 1))
    if [ "$got" = "$code" ] && cmp -s want said; then
        echo "ok $count - $name"
    else
        failures=$((failures + 1))
        echo "not ok $count - $name (exit code $got)"
        diff want said | head -20 | sed 's/^/# /'
    fi
}

mkdir -p good bad
cat >good/Point.class.st <<'END'
Class {
	#name : 'Point2',
	#superclass : 'Object',
	#instVars : [ 'x', 'y' ],
	#category : 'Good'
}

{ #category : 'arithmetic' }
Point2 >> + other [

	^ self class x: x + other x y: y + other y
]

{ #category : 'instance creation' }
Point2 class >> x: x y: y [
	| unused |
	^ Absent new x: x y: y
]
END

cat >want <<'END'
1 package, 1 class or trait, 2 methods, 18 bytes of code
0 errors, 0 methods refused by the verifier, 2 warnings
1 name that nobody defines, in 1 place:
         1 Absent
END
said "good sources are counted" 0 --check good

cat >want <<'END'
good/Point.class.st:16:4: warning: unused temporary 'unused'
    	| unused |
    	  ^
good/Point.class.st:17:4: error: unknown variable 'Absent'
    	^ Absent new x: x y: y
    	  ^
1 package, 1 class or trait, 2 methods, 12 bytes of code
1 error, 0 methods refused by the verifier, 1 warning
0 names that nobody defines, in 0 places
END
said "strict checking makes errors of unknown names" 1 --check good --strict --warnings

cat >bad/Broken.class.st <<'END'
Class {
	#name : 'Broken',
	#superclass : 'Object',
	#category : 'Bad'
}

{ #category : 'errors' }
Broken >> argument: größe [
	größe := 3
]

{ #category : 'errors' }
Broken >> cascade [
	^ 3; foo
]

{ #category : 'errors' }
Broken >> keyword [
	^ self at: 1 put:
]

{ #category : 'errors' }
Broken >> number [
	^ 16r + 1
]

{ #category : 'errors' }
Broken >> parenthesis [
	^ #größe -> (3 + 4
]

{ #category : 'errors' }
Broken >> twice [
	| a a |
	^ a := 3
]
END

cat >want <<'END'
bad/Broken.class.st:9:2: error: assignment to the argument 'größe'
    	größe := 3
    	^
bad/Broken.class.st:14:5: error: a cascade needs a message in front of ';'
    	^ 3; foo
    	   ^
bad/Broken.class.st:19:19: error: an argument is expected behind 'put:'
    	^ self at: 1 put:
    	                 ^
bad/Broken.class.st:24:4: error: bad number '16r'
    	^ 16r + 1
    	  ^
bad/Broken.class.st:29:14: error: ')' is missing for this '('
    	^ #größe -> (3 + 4
    	            ^
bad/Broken.class.st:34:6: error: 'a' is declared twice
    	| a a |
    	    ^
1 package, 1 class or trait, 6 methods, 0 bytes of code
6 errors, 0 methods refused by the verifier, 1 warning
0 names that nobody defines, in 0 places
END
said "errors have their places" 1 --check bad

printf 'parley: compile: bad option --sets, see parley compile --help\n' >want
said "a bad option is refused" 2 --check bad --sets
printf 'parley: compile: --set is sista or v3, not %sv9%s\n' "'" "'" >want
said "a bytecode set that nobody knows" 2 --check bad --set v9
printf 'parley: compile: --set needs a value: sista or v3\n' >want
said "a bytecode set that is missing" 2 --check bad --set
printf 'parley: nowhere: No such file or directory\n' >want
said "a folder that is not there" 2 --check nowhere
printf 'parley: compile --check: which folder?\n' >want
said "a folder is wanted" 2 --check
printf 'parley: compile: only --check FOLDER is there, see parley compile --help\n' >want
said "only checking is there" 2 bad

echo "1..$count"
[ $failures = 0 ]
