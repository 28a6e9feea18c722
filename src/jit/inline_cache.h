// SPDX-License-Identifier: MIT
// Inline caches: what a send site remembers of the classes it met. Keyed by class index, so that no
// collection has to look into code.
//
//     unlinked      calls C, which looks the message up
//     monomorphic   calls the method's checked entry with the class it expects
//     closed        calls a piece that compares with up to six classes (a polymorphic inline cache)
//     open          calls the piece of the selector, which looks into the VM's lookup cache
//
// Super sends are never more than monomorphic: those of a method go to the unchecked entry, since
// all their receivers are looked up above the same class; directed ones bring the index of the
// class that they name to the keyed entry.
//
// A site goes from state to state as it misses. One that meets a selector with an open cache goes
// there at its first miss. Source: Hölzle, Chambers, Ungar, "Optimizing dynamically-typed
// object-oriented languages with polymorphic inline caches" (1991).
#ifndef PARLEY_JIT_INLINE_CACHE_H
#define PARLEY_JIT_INLINE_CACHE_H

#include "jit/jit.h"

// What a site knows the receiver by: its class index; of an immediate, its tag.
uint32_t cache_tag(Oop receiver);
// The site in `caller` was about to send to a receiver of that tag, for which the entry with its
// code was found: the next time it goes there by itself. Of a directed super send the tag is the
// index of the class that it names, 0 if it cannot be linked. Where the zone is full room is asked
// for.
void cache_link(VM *vm, Code *caller, SendSite *site, LookupEntry *entry, const Code *callee,
                uint32_t tag);

// The selector that the site sends.
Oop cache_selector(VM *vm, const Code *code, const SendSite *site);

// ---- what does not hold any more (docs/invariants.md has the table)
void caches_unlink_all(Jit *jit);
// Forgets the caches, which nothing is linked to; their room in the zone is free.
void caches_clear(Jit *jit);
void caches_selector_changed(VM *vm, Oop selector);
// After a collection: the selectors of open caches may have moved.
void caches_update(Jit *jit, Heap *heap);

#endif
