// SPDX-License-Identifier: MIT
// Giving code up: what was not used lately, when the zone is full; the code of a method that is not
// its code any more. The rest moves together.
//
// Age: a byte per piece. At every reclamation it is shifted right, and its highest bit tells
// whether the piece was used since the one before ("aging" of pages; Tanenbaum, Modern Operating
// Systems). The least ones go first. Used: somebody asked for the code, that is a send that looked
// its message up, a block's activation, a loop. After a reclamation nothing is linked, so that the
// first use of each site and each lookup entry comes to C, links anew, and is noted; what stands on
// a stack page counts as used.
//
// Code moves at safe points only (jit_request_room): no C code holds an address of code then but
// the stubs', which never move. A method's own pieces may go at any time, since nothing moves then.
// Frames whose code goes become interpreted ones; return addresses into what moves are changed.
#ifndef PARLEY_JIT_RECLAIM_H
#define PARLEY_JIT_RECLAIM_H

#include "jit/jit.h"

// At a safe point: makes the room that was asked for, and some more.
void reclaim_room(struct VM *vm);
// The method's code, and what is known of it. The room is got back at the next reclamation.
void reclaim_method(struct VM *vm, Oop method);

#endif
