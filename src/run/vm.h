// SPDX-License-Identifier: MIT
// The VM struct: everything that one virtual machine owns hangs off it. It lives in the arena's
// control zone; its first fields are the ones that machine code will address, and stay together.
#ifndef PARLEY_RUN_VM_H
#define PARLEY_RUN_VM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/event_ring.h"
#include "base/status.h"
#include "bytecode/summary.h"
#include "memory/arena.h"
#include "memory/heap.h"
#include "object/layouts.h"
#include "run/frame.h"
#include "run/machine.h"

typedef struct VM VM;

// What a primitive (and later a runtime entry point) tells the machinery to do next.
typedef enum Outcome {
    OUTCOME_FAILED,   // vm->failure says why; nothing was changed: run the method's code
    OUTCOME_ANSWERED, // arguments popped, the receiver replaced by the answer
    OUTCOME_SWITCHED, // another frame or process runs now: take it up from the VM's registers
    OUTCOME_STOP,     // leave the interpreter: vm->stop says why
} Outcome;

MAY_GC typedef Outcome (*PrimitiveFunction)(VM *vm);

typedef enum Failure {
    FAILURE_NONE = 0,
#define FAILURE(NAME, index, text) FAILURE_##NAME = index,
#include "run/failures.tbl"
#undef FAILURE
} Failure;

// A row of the primitive table (primitives.tbl) or of a plugin's.
typedef struct Primitive {
    const char *module; // NULL: numbered
    const char *name;
    PrimitiveFunction function; // NULL: not done; the send goes on into the method's code
    int16_t number;             // 0: named
    int8_t argument_count;      // -1: any
    int8_t accessor_depth;      // how deep a failing primitive unforwards its operands; -1: not
    bool may_gc;
    bool only_marks;     // never runs: its number marks methods
    const char *absence; // why there is no function; NULL where there is one
} Primitive;

// What a send does that finds its method in the lookup cache.
typedef enum LookupKind {
    LOOKUP_SLOWLY,           // lets send.c decide, by the flags
    LOOKUP_COUNTS,           // asks the JIT whether to compile: a method that will be activated
    LOOKUP_ENTERS_CODE,      // goes to `code`
    LOOKUP_ACTIVATES_V3,     // builds a frame, for code of this bytecode set
    LOOKUP_ACTIVATES_SISTA,  // or of that one
    LOOKUP_CALLS,            // calls `primitive`
    LOOKUP_CALLS_BLOCK,      // builds a block's frame; otherwise calls `primitive`
    LOOKUP_ANSWERS_SELF,     // quick returns: answers self,
    LOOKUP_ANSWERS_CONSTANT, // `answer`,
    LOOKUP_ANSWERS_VARIABLE, // the receiver variable `variable`
#define INLINED(NAME, number, argument_count)                                                      \
    LOOKUP_INLINES_##NAME, // tries, then calls `primitive`
#include "run/inlined.tbl"
#undef INLINED
} LookupKind;

// The global lookup cache, keyed by selector, class index and argument count. An entry is complete:
// the method is verified, its primitive is resolved, and what its activation needs is at hand. It
// fills one line of the processor's cache.
typedef struct LookupEntry {
    _Alignas(64) Oop selector;
    uint32_t key;                // LOOKUP_KEY; 0: empty
    uint8_t kind;                // LookupKind
    uint8_t needed_slots;        // receiver variables that the code touches; 255: checked always
    uint8_t temp_count;          // arguments included
    uint8_t variable;            // of a quick return, with an `answer` of none
    Oop method;                  // a CompiledMethod
    uint32_t frame_flags;        // of the frame to be made
    uint32_t first_pc;           // of the method's code, in bytes from the method's oop
    PrimitiveFunction primitive; // NULL: none, or a quick return
    Oop answer;                  // of a quick return: nil, a boolean or an integer
    uint16_t primitive_number;   // 256 to 519: a quick return
    int8_t accessor_depth;       // of the primitive
    uint8_t flags;               // LOOKUP_...
    uint32_t uses;               // by sends, while the JIT may compile it
    uint64_t code;               // compiled, behind the pushing of the return address; 0: none
} LookupEntry;
_Static_assert(sizeof(LookupEntry) == 64, "one line of the processor's cache");
enum { LOOKUP_CACHE_SIZE = 4096 };
enum { LOOKUP_COUNT_SHIFT = 24 };
#define LOOKUP_KEY(class_index, argument_count)                                                    \
    ((uint32_t)(class_index) | (argument_count) << LOOKUP_COUNT_SHIFT)
enum {
    LOOKUP_STORES_ERROR = 1,  // the method wants the failure code of its primitive in a temp
    LOOKUP_QUICK = 2,         // a quick return: no frame needed
    LOOKUP_HAS_PRIMITIVE = 4, // even if this VM lacks it
    LOOKUP_MIRROR = 8,        // the primitive works on the first argument, not on the receiver
    LOOKUP_NOTHING = 16,      // no class has a method: the send is not understood
    LOOKUP_NAMES_NONE = 32,   // there is no primitive of the name that the method gives
};

// Blocks activated before, keyed by method and start pc (none for a full block, whose code is the
// CompiledBlock itself): what their activation needs, verified.
typedef struct BlockEntry {
    Oop method;               // none: empty
    Oop start_pc;             // as the closure has it; none for full blocks
    uint32_t frame_flags, pc; // pc: byte offset from the method's oop
    uint8_t argument_count, copied_count, temp_count, needed_slots;
    uint8_t uses;  // counted while the JIT may compile it; or BLOCK_IS_INTERPRETED
    uint64_t code; // as in a LookupEntry
} BlockEntry;
enum { BLOCK_CACHE_SIZE = 256, BLOCK_IS_INTERPRETED = 255 };

// Classes that primitives ask for, as class indices and found anew after each load or become.
typedef struct KnownClasses {
    uint64_t large_positive, large_negative, boxed_float, array, byte_string, byte_array, context,
        block_closure, full_block_closure, point, message, semaphore, mutex, character, bitmap,
        process, compiled_method, external_address;
} KnownClasses;

typedef enum StopReason {
    STOP_NONE,
    STOP_QUIT,
    STOP_SAFE_POINT,
    STOP_TICKS,
    STOP_ERROR,
    STOP_MACHINE, // of interpret alone: compiled code is to run, see machine.h
} StopReason;

typedef struct VMOptions {
    HeapOptions heap;
    uint64_t reserve_bytes;
    uint64_t stack_page_words, stack_page_count;
    uint64_t code_bytes;         // of the code zone; 0: nothing will be compiled
    uint64_t max_process_words;  // words of frames and contexts of one process before recursion is
                                 // an error
    uint64_t max_ticks;          // 0: no limit; activations and backward jumps before the VM stops
    uint64_t flush_caches_every; // stress: lookup caches flushed every k-th send; 0: off
    uint32_t trace;              // bits of TraceKind
    bool deterministic;
} VMOptions;

struct VM {
    // ---- registers: valid whenever the interpreter loop is not running
    uint64_t *sp, *fp;
    uint64_t *stack_limit; // sp below it at a safe point: page full or `interrupts` waiting.
                           // All ones to force the safe point; written by other threads too.
    uint64_t ticks;        // activations and backward jumps, counted at safe points
    MachineState machine;

    Heap heap;

    // ---- primitives
    unsigned argument_count;    // of the send under way
    unsigned nested_primitives; // primitives called from C that are under way
    Failure failure;
    int64_t os_error;     // with FAILURE_OPERATING_SYSTEM
    Oop new_method;       // the method whose primitive runs
    Oop trap_method;      // where frames go whose own method was spoiled: context.c
    Oop message_selector; // of the send under way
    Oop lookup_class;     // where its lookup begins; nil: in the receiver's class

    // ---- sends
    LookupEntry lookup_cache[LOOKUP_CACHE_SIZE];
    BlockEntry block_cache[BLOCK_CACHE_SIZE];
    KnownClasses known;
    Oop special_selectors[32];      // of the special sends, kept at hand
    struct MethodTable *summaries;  // verified methods: run/verified.h
    const JitHooks *hooks;          // NULL: nothing is compiled
    struct Jit *jit;

    // ---- stacks and processes
    StackPages stack;
    uint64_t *uninterruptible_fp;   // the frame whose entry is no safe point (valueNoContextSwitch)
    uint64_t words_below;           // hint for the resumption that a base frame's return makes
    uint64_t depth_grace;           // words beyond the depth limit, while its error is handled
    Oop deep_process;               // by this process, whose the grace is
    Oop exhausted_process;          // gets the error that memory is used up when it runs; or none
    Oop low_space_process;          // is named with the low-space signal to come; or none
    Oop hungry_process;             // allocated most of late; or none. Weak
    uint64_t hunger;                // bytes more than others
    uint64_t hunger_noted_at;       // bytes that were allocated when this was last looked at
    Oop told_process; // the last one that got it, while the excess lasts; or none. Weak
    struct ProcessState *processes; // timers, semaphores to signal, event loop: run/process.h
    uint64_t timer_ticks;           // deterministic runs: where the timer is due; all ones: never
    bool counts_ticks;              // every safe point is visited: tick limit or deterministic
    bool frames_changed;            // frames, or the objects they name, moved since the loop looked
    const uint8_t *traced_instruction, *traced_end; // the last one told about: trace.c
    bool watches_sends; // every send takes the slow path (entries are LOOKUP_SLOWLY): tracing or
                        // flushing
    uint64_t watched_sends;
    uint32_t interrupts; // INTERRUPT_...: what the next safe point must do

    // ---- the machine around
    Arena arena;
    VMOptions options;
    EventRing events;
    StopReason stop;
    int exit_code;
    struct SystemState *system; // clipboard and the like: run/system.h
    struct ImageInfo *image;    // name, header fields to keep, arguments: image/image_info.h
    const Primitive **plugins;  // tables of named primitives, each ended by a row without name
    unsigned plugin_count;
    void *plugin_state[32]; // one slot per plugin, by the index it registered with
    void *embedder;         // whoever made the VM
};

// Bits of VM.interrupts, set from any thread with vm_request_interrupt.
enum {
    INTERRUPT_HEAP = 1,     // heap.wants something
    INTERRUPT_EVENTS = 2,   // the event loop has something
    INTERRUPT_USER = 4,     // SIGINT
    INTERRUPT_SAVE = 8,     // the embedder wants control at the safe point
    INTERRUPT_SIGNALS = 16, // external semaphores wait for signals
    INTERRUPT_TICKS = 32,   // tick limit or deterministic clock
    INTERRUPT_REPORT = 64,  // SIGQUIT: print what there is to say, and go on
    INTERRUPT_MEMORY = 128, // exhausted_process gets the error that memory is used up
    INTERRUPT_CODE = 256,   // there is no room for compiled code
};
void vm_request_interrupt(VM *vm, uint32_t bits);

// ---- special objects
Oop vm_special(const VM *vm, SpecialObject which);
// Finds the class indices of vm->known anew: after an image was loaded, after the special objects
// changed, after a become that touched classes. A class that the image lacks has index 0.
void vm_find_known_classes(VM *vm);
// Takes the selectors of the special sends out of the special objects.
void vm_find_special_selectors(VM *vm);
static inline Heap *vm_heap(VM *vm) { return &vm->heap; }

#endif
