// SPDX-License-Identifier: MIT
// Pieces of compiled code and the zone they lie in. A piece is the code of one method or block:
//
//     start                    +-----------------------------------+
//                              | word: the method                  |  read by the code, kept in
//                              | word: the struct Code             |  step by collections
//     checked_entry            | T1 := the receiver's class        |
//     keyed_entry              | T1 is T6?                         |
//     unchecked_entry          | push the return address           |
//     linked_entry             | primitive; build the frame; ...   |
//                              | code of the bytecodes             |
//     end                      | what is seldom reached            |
//                              +-----------------------------------+
//
// Where code may stop is listed in two tables, both ascending: call sites, by return address, and
// resume points, by pc: there the frame can go on with all operands on its stack.
//
// The zone is filled from its start; when it is full some pieces go, and the others move together
// (reclaim.h). It can be read and executed, never written: zone_write is the one function that
// changes it, through a second mapping, and tells processor and simulator.
#ifndef PARLEY_JIT_CODE_H
#define PARLEY_JIT_CODE_H

#include "base/array.h"
#include "base/status.h"
#include "jit/backend.h"
#include "run/vm.h"

typedef enum SendKind { SEND_NORMAL, SEND_SPECIAL, SEND_TO_SUPER, SEND_DIRECTED } SendKind;

enum { CLOSED_CACHE_CASES = 6 };

// What a linked site knows: the classes it met, and the entries behind the check of the class.
typedef struct SendCases {
    uint32_t count;
    uint32_t tags[CLOSED_CACHE_CASES];
    uint64_t entries[CLOSED_CACHE_CASES];
} SendCases;

// How the site is linked: to nothing, to one method, to a closed cache of several, to the open
// cache of its selector.
typedef enum SiteState { SITE_UNLINKED, SITE_MONOMORPHIC, SITE_CLOSED, SITE_OPEN } SiteState;

typedef struct SendSite {
    uint32_t return_offset; // of the return address, from the piece's start
    uint32_t pc;            // of the instruction, as in FRAME_PC
    uint32_t selector;      // literal (counted from 0 behind the header), or special selector
    uint16_t argument_count;
    uint8_t kind;     // SendKind
    uint8_t state;    // SiteState
    SendCases *cases; // NULL: none
} SendSite;

typedef struct ResumePoint {
    uint32_t pc;               // as in FRAME_PC
    uint32_t offset : 31;      // from the piece's start
    uint32_t takes_answer : 1; // the top of the stack is taken off into T0, as if just answered
} ResumePoint;

typedef struct Code {
    uint64_t start, end;
    uint64_t checked_entry, keyed_entry, unchecked_entry, linked_entry;
    LookupEntry method; // what the lookup found out about it; .method is where it is now
    uint32_t block_pc; // of an old block inside the method, as in FRAME_PC; 0: method or full block
    uint32_t copied_count; // of a block
    bool is_block, is_full_block;
    SendSite *sends; // these three are one block of memory
    ResumePoint *resume_points;
    uint32_t *references; // offsets behind instructions that lead to other code, but for sends
    uint32_t send_count, resume_count, reference_count;
    bool used;            // since the last reclamation
    uint8_t age;          // reclaim.h
    uint64_t destination; // where it goes, while code is reclaimed; 0: it is given up
} Code;

static inline bool code_is_given_up(const Code *code) { return code->destination == 0; }

typedef struct CodeZone {
    const Backend *backend;
    uint64_t start, end, free; // as code sees it
    uint64_t limit;            // up to where it is in use
    uint64_t writable;         // where `start` can be written
    uint64_t stubs_end;        // what never changes comes first
    Code **codes;              // in the order of their addresses
    uint32_t count, capacity;
    // Told of every change, for processors that are simulated or emulated; may be NULL.
    void (*written)(void *context, uint64_t start, uint64_t bytes);
    void *written_context;
} CodeZone;

MUST_USE Status zone_init(CodeZone *zone, const Backend *backend, uint64_t start, uint64_t end,
                          Diagnosis *diagnosis);
void zone_release(CodeZone *zone);
// Room for a piece, aligned; 0: the zone is full.
uint64_t zone_allocate(CodeZone *zone, uint64_t bytes);
void zone_write(CodeZone *zone, uint64_t address, const void *bytes, size_t count);
// How many bytes of it are in use. Nothing lies behind that when it becomes less.
bool zone_may_have_limit(const CodeZone *zone, uint64_t bytes);
void zone_set_limit(CodeZone *zone, uint64_t bytes);
uint64_t zone_free_bytes(const CodeZone *zone);

// Takes over the piece, which lies behind all others. False: no memory.
bool zone_add(CodeZone *zone, Code *code);
// Forgets all pieces; the stubs stay.
void zone_clear(CodeZone *zone);
// Moves every piece down to its destination, and frees those without. Destinations ascend, and no
// piece without tables is needed any more. No send site is linked.
void zone_compact(CodeZone *zone);
// The piece that an address lies in, a return address at its end included; NULL: none.
Code *zone_code_at(const CodeZone *zone, uint64_t address);
void code_free(Code *code);

SendSite *code_send_at(const Code *code, uint64_t return_address); // NULL: none
const ResumePoint *code_resume_at(const Code *code, uint64_t pc);  // NULL: not there
void zone_link_send(CodeZone *zone, Code *code, SendSite *site, uint32_t tag, uint64_t target);

#endif
