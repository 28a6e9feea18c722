// SPDX-License-Identifier: MIT
// Gives every native all kinds of operands, and compares it with the primitive that it stands for:
//
//   - where the native answers, the primitive answers the same, or an object with the same header
//     and contents, and has changed the operands in the same way
//   - where it does not, it has changed nothing: operands, stack, eden
//   - it answers for some operands
//   - an old object that a native stored a young one into is remembered: the heap verifies
//
// A native is assembled by itself: what does not fit leaves the code with MACHINE_LEAVE, an answer
// returns to the stub for interpreted callers. Both run on the same objects, which are put back in
// between. Blocks are told apart by what activate_find_block says of them; messages that are
// performed, by what the lookup cache holds. Both compilers have the same natives; all processors
// are tried, but no compiler's code around them, as in bytecodes.c.
//
// Every operand is of every kind, but for the index of three, which is a SmallInteger. Speaks TAP:
// one line for each primitive with a native, on each processor.
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jit/inline_cache.h"
#include "jit/natives.h"
#include "jit/perform.h"
#include "plugin/registry.h"
#include "run/activate.h"
#include "run/lookup.h"

#include "../stress/operand_kinds.h"
#include "../support/jit_fixture.h"

enum {
    OPERAND_LIMIT = 3,
    COPIED_SLOTS = 2048,
    VERIFY_EVERY = 1021, // calls; stores into an old object are verified each
    CODE_BYTES = 4 << 20,
};

// ---- one call

typedef struct Copy {
    uint64_t header, slots[COPIED_SLOTS];
    uint64_t slot_count;
} Copy;

typedef struct Result {
    bool answered;
    Oop answer;
    Copy operands[OPERAND_LIMIT], made; // afterwards; made: the answer, if it is new
} Result;

static JitFixture fixture;
static char complaint[200];
static unsigned calls, answered;

__attribute__((format(printf, 1, 2))) static void complain(const char *format, ...) {
    if (complaint[0]) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(complaint, sizeof complaint, format, arguments);
    va_end(arguments);
}

static void take_copy(Copy *copy, Oop oop) {
    copy->slot_count = 0;
    copy->header = 0;
    if (oop_is_none(oop) || oop_is_immediate(oop)) return;
    uint64_t raw = oop_bits(oop), count = raw_slot_count(raw);
    copy->header = raw_load(raw);
    copy->slot_count = count < COPIED_SLOTS ? count : COPIED_SLOTS;
    for (uint64_t i = 0; i < copy->slot_count; i++)
        copy->slots[i] = raw_slot(raw, i);
}

// The mark of a remembered object stays: the set still has it.
static void put_back(const Copy *copy, Oop oop) {
    if (oop_is_immediate(oop)) return;
    uint64_t raw = oop_bits(oop);
    raw_store(raw, copy->header | (raw_load(raw) & HEADER_REMEMBERED));
    for (uint64_t i = 0; i < copy->slot_count; i++)
        raw_store(raw_slot_address(raw, i), copy->slots[i]);
}

static bool copies_equal(const Copy *one, const Copy *other) {
    return (one->header | HEADER_REMEMBERED) == (other->header | HEADER_REMEMBERED) &&
           one->slot_count == other->slot_count &&
           memcmp(one->slots, other->slots, one->slot_count * 8) == 0;
}

static void push_operands(const Oop *operands, unsigned count) {
    fixture_drop_operands();
    for (unsigned i = 0; i < count; i++)
        fixture_push(operands[i]);
}

static bool is_new(Oop oop, uint64_t eden_free) {
    return !oop_is_immediate(oop) && oop_bits(oop) >= eden_free &&
           oop_bits(oop) < vm->heap.eden_free;
}

static void note_result(Result *result, const Oop *operands, unsigned count, uint64_t eden_free) {
    for (unsigned i = 0; i < count; i++)
        take_copy(&result->operands[i], operands[i]);
    take_copy(&result->made, is_new(result->answer, eden_free) ? result->answer : oop_none());
}

static MachineAction enter(uint64_t start) {
    jit_fixture_run(&fixture, start);
    if (fixture.broken[0]) complain("%s", fixture.broken);
    return fixture.action;
}

static MachineAction run_native(uint64_t start, const Oop *operands, unsigned count,
                                Result *result) {
    push_operands(operands, count);
    const uint64_t *sp = vm->sp;
    *--vm->sp = vm->jit->hooks.return_to_interpreter;
    MachineAction action = enter(start);
    result->answered = action == MACHINE_RETURNED;
    result->answer = oop_none();
    if (result->answered) result->answer = oop_from_bits(vm->machine.result);
    if (vm->sp != (result->answered ? sp + count : sp - 1))
        complain("it left the stack at the wrong height");
    // What has answered has popped them, and may have had another use for their place.
    for (unsigned i = 0; i < count && !result->answered; i++)
        if (sp[count - 1 - i] != oop_bits(operands[i])) complain("it changed the stack");
    return action;
}

static void run_primitive(PrimitiveFunction function, const Oop *operands, unsigned count,
                          Result *result) {
    push_operands(operands, count);
    vm->argument_count = count - 1;
    vm->failure = FAILURE_NONE;
    result->answered = function(vm) == OUTCOME_ANSWERED;
    result->answer = result->answered ? TOP : oop_none();
}

// A NaN's sign and lower bits are the processor's.
static bool is_nan(const Copy *copy) {
    return header_class_index(copy->header) == cls.boxed_float &&
           jit_float_word(copy->slots[0]) == JIT_NAN;
}

static void compare(const Result *native, const Result *primitive, unsigned count) {
    if (!primitive->answered) complain("it answers, the primitive fails: %d", (int)vm->failure);
    bool both_new = native->made.header && primitive->made.header;
    if (!both_new && oop_bits(native->answer) != oop_bits(primitive->answer))
        complain("it answers %#llx, the primitive %#llx",
                 (unsigned long long)oop_bits(native->answer),
                 (unsigned long long)oop_bits(primitive->answer));
    bool both_nan = both_new && is_nan(&native->made) && is_nan(&primitive->made);
    if (both_new && !both_nan && !copies_equal(&native->made, &primitive->made))
        complain("it makes another object than the primitive");
    for (unsigned i = 0; i < count; i++)
        if (!copies_equal(&native->operands[i], &primitive->operands[i]))
            complain("it leaves operand %u in another state", i);
}

// Old objects of the kinds' making hold what the verifier would not like to see changed.
static bool is_old_array(Oop oop) {
    return oop_is_array_format(oop) && !heap_is_young(&vm->heap, oop) &&
           num_eq(slot_count(oop), num(3));
}

static void verify(void) {
    fixture_drop_operands();
    if (heap_verify(&vm->heap, stderr, 4, false)) complain("the heap does not verify");
}

static void try_call(uint64_t start, PrimitiveFunction function, const Oop *operands,
                     unsigned count) {
    static Result before, native, primitive;
    uint64_t eden_free = vm->heap.eden_free;
    note_result(&before, operands, count, eden_free);
    MachineAction action = run_native(start, operands, count, &native);
    note_result(&native, operands, count, eden_free);
    calls++;
    if (action != MACHINE_RETURNED) {
        for (unsigned i = 0; i < count; i++)
            if (memcmp(&before.operands[i].header, &native.operands[i].header, 8) != 0 ||
                !copies_equal(&before.operands[i], &native.operands[i]))
                complain("it gives up and has changed operand %u", i);
        if (vm->heap.eden_free != eden_free) complain("it gives up and has taken memory");
    } else {
        answered++;
        if (count == 3 && is_old_array(operands[0])) verify();
        for (unsigned i = 0; i < count; i++)
            put_back(&before.operands[i], operands[i]);
        run_primitive(function, operands, count, &primitive);
        note_result(&primitive, operands, count, eden_free);
        compare(&native, &primitive, count);
        for (unsigned i = 0; i < count; i++)
            put_back(&before.operands[i], operands[i]);
    }
    fixture_drop_operands();
    vm->heap.eden_free = eden_free; // nobody knows the new objects
    if (calls % VERIFY_EVERY == 0) verify();
}

// ---- operands

// Beside the kinds: what stands at the borders of number ranges and formats.
#define MORE(ONE)                                                                                  \
    ONE(INT(3))                                                                                    \
    ONE(INT(-3))                                                                                   \
    ONE(INT(7))                                                                                    \
    ONE(INT(61))                                                                                   \
    ONE(INT(-61))                                                                                  \
    ONE(INT(62))                                                                                   \
    ONE(INT(-62))                                                                                  \
    ONE(INT(255))                                                                                  \
    ONE(INT(256))                                                                                  \
    ONE(INT((1ll << 32) - 1))                                                                      \
    ONE(INT(1ll << 32))                                                                            \
    ONE(INT((1ll << 53) + 1))                                                                      \
    ONE(INT(1ll << 54))                                                                            \
    ONE(INT(254))                                                                                  \
    ONE(INT(2000))                                                                                 \
    ONE(INT((1 << 30) - 1))                                                                        \
    ONE(INT(1 << 30))                                                                              \
    ONE(CHARACTER(255))                                                                            \
    ONE(CHARACTER(256))                                                                            \
    ONE(REAL(0.0))                                                                                 \
    ONE(REAL(-2.5))                                                                                \
    ONE(REAL(3.0))                                                                                 \
    ONE(REAL(1e38))                                                                                \
    ONE(REAL(1e-38))                                                                               \
    ONE(new_boxed_float(0x1p60))                                                                   \
    ONE(new_boxed_float(-0x1p60))                                                                  \
    ONE(new_boxed_float(0x1p-127))                                                                 \
    ONE(REAL(0x1.fffffffffffffp128))                                                               \
    ONE(new_boxed_float(0x1p129))                                                                  \
    ONE(new_boxed_float(5e-324))                                                                   \
    ONE(new_boxed_float(1.5))                                                                      \
    ONE(new_boxed_float(__builtin_inf()))                                                          \
    ONE(fixture_class_object(cls.boxed_float))                                                     \
    ONE(fixture_class_object(cls.doubles))                                                         \
    ONE(fixture_class_object(cls.bitmap))                                                          \
    ONE(fixture_class_object(cls.shorts))                                                          \
    ONE(fixture_class_object(cls.mixed))                                                           \
    ONE(fixture_class_object(cls.weak))                                                            \
    ONE(fixture_class_object(cls.ephemeron))                                                       \
    ONE(fixture_class_object(cls.empty))                                                           \
    ONE(old_array_of_nil())                                                                        \
    ONE(wide_string())                                                                             \
    ONE(wide_words64())                                                                            \
    ONE(hashed())

static Oop old_array_of_nil(void) {
    return heap_allocate_old(&vm->heap, cls.array, FORMAT_INDEXABLE, 3);
}

// Elements that are Characters, and that are not.
static Oop wide_string(void) {
    Oop string = new_words32(3);
    word32_at_put(string, num(0), num(0x10FFFF));
    word32_at_put(string, num(1), num(1 << 30));
    word32_at_put(string, num(2), num(0xFFFFFFFF));
    return string;
}

// Elements that are SmallIntegers, and that are not.
static Oop wide_words64(void) {
    Oop words = new_words64(3);
    word64_at_put(words, num(0), word((1ull << 60) - 1));
    word64_at_put(words, num(1), word(1ull << 60));
    word64_at_put(words, num(2), word(~0ull));
    return words;
}

static Oop hashed(void) {
    Oop object = new_plain();
    heap_identity_hash(&vm->heap, object);
    return object;
}

enum {
#define ONE(expression) +1
    MORE_COUNT = MORE(ONE)
#undef ONE
};
static Oop more[MORE_COUNT];

static void make_more(void) {
    unsigned count = 0;
#define ONE(expression) more[count++] = expression;
    MORE(ONE)
#undef ONE
}

static Oop operand_numbered(unsigned number) {
    return number < KIND_COUNT ? kinds[number] : more[number - KIND_COUNT];
}
enum { OPERAND_KINDS = KIND_COUNT + MORE_COUNT };

static void try_all(uint64_t start, PrimitiveFunction function, unsigned count) {
    Oop operands[OPERAND_LIMIT];
    for (unsigned i = 0; i < OPERAND_KINDS && !complaint[0]; i++) {
        operands[0] = operand_numbered(i);
        if (count == 1) try_call(start, function, operands, 1);
        for (unsigned j = 0; j < OPERAND_KINDS && count > 1 && !complaint[0]; j++) {
            operands[1] = operand_numbered(j);
            if (count == 2) try_call(start, function, operands, 2);
            for (unsigned k = 0; k < OPERAND_KINDS && count > 2 && !complaint[0]; k++) {
                operands[2] = operand_numbered(k);
                if (oop_is_int(operands[1])) try_call(start, function, operands, 3);
            }
        }
    }
}

// ---- blocks: the code of every entry tells that it was entered

enum { ENTERED = 77 };

static uint64_t assemble_block(void) {
    IrCode ir;
    ir_init(&ir);
    jit_fixture_leave(&ir, (MachineAction)ENTERED);
    return assemble_piece(vm->jit, &ir, NULL);
}

// An entry for the closure, as an activation would leave it.
static void make_entry(Oop closure, unsigned arguments, unsigned needed, uint64_t code) {
    uint64_t raw = oop_bits(closure), slots = raw_slot_count(raw);
    bool is_full = raw_class_index(raw) == vm->known.full_block_closure;
    unsigned first = is_full ? FULL_CLOSURE_FIRST_COPIED : CLOSURE_FIRST_COPIED;
    bool is_block = is_full || raw_class_index(raw) == vm->known.block_closure;
    if (!is_block || slots < first) return;
    Oop outer = field_at(closure, CLOSURE_OUTER_CONTEXT);
    Oop start = is_full ? oop_none() : field_at(closure, CLOSURE_START_PC);
    if (!is_full && !activate_is_context(vm, outer)) return;
    Oop method =
        is_full ? field_at(closure, FULL_CLOSURE_COMPILED_BLOCK) : field_at(outer, CONTEXT_METHOD);
    *activate_block_slot(vm, method, start) = (BlockEntry){.method = method,
                                                           .start_pc = start,
                                                           .argument_count = (uint8_t)arguments,
                                                           .copied_count = (uint8_t)(slots - first),
                                                           .needed_slots = (uint8_t)needed,
                                                           .code = code};
}

static void try_block(uint64_t start, Oop closure, unsigned arguments, unsigned needed,
                      uint64_t code) {
    Oop operands[OPERAND_LIMIT + 2] = {closure, INT(1), INT(2), INT(3), INT(4)};
    static Result result;
    make_entry(closure, arguments, needed, code);
    BlockCall call = activate_find_block(vm, closure, raw_load(oop_bits(closure)), arguments);
    bool expected = call.entry && !(call.flags & FRAME_FLAG_CHECKED_SELF) && call.entry->code;
    bool entered = (int)run_native(start, operands, arguments + 1, &result) == ENTERED;
    calls++;
    answered += entered;
    if (entered != expected) complain("it %s the block", entered ? "enters" : "does not enter");
    fixture_drop_operands();
}

static void set_receiver(Oop closure, Oop receiver) {
    uint64_t raw = oop_bits(closure);
    if (raw_class_index(raw) == vm->known.full_block_closure) {
        if (raw_slot_count(raw) > FULL_CLOSURE_RECEIVER)
            field_at_put(&vm->heap, closure, FULL_CLOSURE_RECEIVER, receiver);
    } else if (raw_slot_count(raw) > CLOSURE_OUTER_CONTEXT &&
               activate_is_context(vm, field_at(closure, CLOSURE_OUTER_CONTEXT))) {
        field_at_put(&vm->heap, field_at(closure, CLOSURE_OUTER_CONTEXT), CONTEXT_RECEIVER,
                     receiver);
    }
}

static void try_blocks(uint64_t start, unsigned arguments) {
    static const uint8_t needs[] = {0, 1, 2, 3, 255};
    uint64_t code = assemble_block();
    for (unsigned i = 0; i < KIND_COUNT && !complaint[0]; i++) {
        Oop closure = kinds[i];
        uint64_t index = oop_is_immediate(closure) ? 0 : raw_class_index(oop_bits(closure));
        bool is_block =
            index && (index == vm->known.block_closure || index == vm->known.full_block_closure);
        for (unsigned j = 0; j < OPERAND_KINDS && is_block && !complaint[0]; j++) {
            set_receiver(closure, operand_numbered(j));
            for (unsigned k = 0; k < sizeof needs; k++) {
                try_block(start, closure, arguments, needs[k], code);
                try_block(start, closure, arguments, needs[k], 0);
            }
        }
        if (!oop_is_immediate(closure) && !is_block) try_block(start, closure, arguments, 0, code);
    }
    memset(vm->block_cache, 0, sizeof vm->block_cache);
}

// ---- performed messages: the code of the entry tells that it was entered

enum { ARGUMENT_LIMIT = 3, ARRAY_LIMIT = PERFORM_SPREADS + 2 };

// What the lookup cache holds for the message.
typedef enum Cached {
    CACHED_FIRST,
    CACHED_SECOND,
    CACHED_WITHOUT_CODE,
    CACHED_OTHER_CLASS,
    CACHED_OTHER_COUNT,
    CACHED_OTHER_SELECTOR,
    CACHED_NOTHING,
    CACHED_COUNT,
} Cached;

static void put_entry(Cached cached, Oop selector, uint64_t class_index, uint32_t count,
                      uint64_t code) {
    uint32_t key = LOOKUP_KEY(class_index, count);
    memset(vm->lookup_cache, 0, sizeof vm->lookup_cache);
    LookupEntry *entry = cached == CACHED_SECOND ? lookup_second_slot(vm, selector, key)
                                                 : lookup_slot(vm, selector, key);
    if (cached == CACHED_NOTHING) return;
    *entry = (LookupEntry){.selector = selector, .key = key, .code = code};
    if (cached == CACHED_WITHOUT_CODE) entry->code = 0;
    if (cached == CACHED_OTHER_CLASS) entry->key = LOOKUP_KEY(class_index + 1, count);
    if (cached == CACHED_OTHER_COUNT) entry->key = LOOKUP_KEY(class_index, count + 1);
    if (cached == CACHED_OTHER_SELECTOR) entry->selector = NIL;
}

// `words`, the first of them lowest, are what must lie on the stack.
static void compare_stack(const Oop *words, unsigned count) {
    const uint64_t stub = vm->jit->hooks.return_to_interpreter;
    if (vm->sp[0] != stub) complain("the return address is not on top");
    for (unsigned i = 0; i < count; i++)
        if (vm->sp[1 + count - 1 - i] != oop_bits(words[i])) complain("operand %u is wrong", i);
}

// `message`: the operands of the send that is performed.
static void try_perform(uint64_t start, const Oop *operands, unsigned count, bool expected,
                        const Oop *message, unsigned message_count) {
    push_operands(operands, count);
    const uint64_t *base = vm->sp + count;
    *--vm->sp = vm->jit->hooks.return_to_interpreter;
    bool entered = (int)enter(start) == ENTERED;
    calls++;
    answered += entered;
    if (entered != expected) complain("it %s the code", entered ? "enters" : "does not enter");
    if (vm->sp + 1 + (entered ? message_count : count) != base)
        complain("it left the stack at the wrong height");
    else
        compare_stack(entered ? message : operands, entered ? message_count : count);
    fixture_drop_operands();
}

static bool has_entries(Oop receiver) { return !oop_is_forwarder(receiver); }

static void try_performs(unsigned arguments) {
    uint64_t code = assemble_block();
    uint64_t start = jit_fixture_compile_native(&fixture, NATIVE_PERFORM, arguments + 1);
    Oop operands[ARGUMENT_LIMIT + 2] = {NIL, NIL, INT(1), INT(2), INT(3)}, message[4] = {NIL};
    memcpy(message + 1, operands + 2, arguments * sizeof *message);
    for (unsigned i = 0; i < OPERAND_KINDS && !complaint[0]; i++) {
        message[0] = operands[0] = operand_numbered(i);
        for (Cached cached = 0; cached < CACHED_COUNT && has_entries(message[0]); cached++) {
            operands[1] = operand_numbered((i * 7 + cached) % KIND_COUNT);
            if (oop_is(operands[1], NIL)) continue;
            put_entry(cached, operands[1], cache_tag(message[0]), arguments, code);
            try_perform(start, operands, arguments + 2, cached <= CACHED_SECOND, message,
                        arguments + 1);
        }
    }
}

static void try_array(uint64_t start, Oop receiver, Oop array, uint64_t code) {
    Oop operands[3] = {receiver, new_string("foo"), array}, message[1 + ARRAY_LIMIT] = {receiver};
    bool is_array = oop_has_class_index(array, num((int64_t)cls.array));
    unsigned count = is_array ? (unsigned)num_concrete(slot_count(array)) : 0;
    for (unsigned i = 0; i < count && i < ARRAY_LIMIT; i++)
        message[1 + i] = field_at(array, (int)i);
    for (Cached cached = 0; cached < CACHED_COUNT && has_entries(receiver); cached++) {
        put_entry(cached, operands[1], cache_tag(receiver), count, code);
        try_perform(start, operands, 3,
                    cached <= CACHED_SECOND && is_array && count <= PERFORM_SPREADS, message,
                    count + 1);
    }
}

static void try_arrays(void) {
    uint64_t code = assemble_block();
    uint64_t start = jit_fixture_compile_native(&fixture, NATIVE_PERFORM_WITH_ARGUMENTS, 2);
    for (unsigned i = 0; i < OPERAND_KINDS && !complaint[0]; i++)
        try_array(start, operand_numbered(i), new_array(2), code);
    for (unsigned i = 0; i < OPERAND_KINDS && !complaint[0]; i++)
        try_array(start, kinds[0], operand_numbered(i), code);
    for (unsigned i = 0; i <= ARRAY_LIMIT && !complaint[0]; i++)
        try_array(start, kinds[1], new_array((int)i), code);
}

static void try_messages(Native native) {
    for (unsigned i = 0; i <= ARGUMENT_LIMIT && native == NATIVE_PERFORM; i++)
        try_performs(i);
    if (native == NATIVE_PERFORM_WITH_ARGUMENTS) try_arrays();
    memset(vm->lookup_cache, 0, sizeof vm->lookup_cache);
}

// ---- all natives

static unsigned tests_run, tests_failed, total_calls;

// With how many operands the native can be tried: those its primitive reads.
static unsigned operands_of(const Primitive *row, Native native) {
    if (row->argument_count >= 0) return (unsigned)row->argument_count + 1;
    unsigned operands = native_operand_count(native);
    return operands ? operands : 1;
}

// Which native is that, with the number of arguments that suits it?
static Native find_native(const Primitive *row) {
    for (unsigned arguments = 0; arguments < OPERAND_LIMIT; arguments++) {
        Native native = native_of((unsigned)row->number, arguments);
        if (native) return native;
    }
    return NATIVE_NONE;
}

static void test_row(const Primitive *row) {
    Native native = find_native(row);
    if (!native) return;
    unsigned count = operands_of(row, native);
    complaint[0] = 0;
    calls = answered = 0;
    uint64_t start = jit_fixture_compile_native(&fixture, native, count - 1);
    if (!start) complain("no room for its code");
    if (start && native == NATIVE_BLOCK_VALUE)
        try_blocks(start, count - 1);
    else if (start && (native == NATIVE_PERFORM || native == NATIVE_PERFORM_WITH_ARGUMENTS))
        try_messages(native);
    else if (start)
        try_all(start, row->function, count);
    verify();
    if (!answered) complain("it never answers");
    tests_run++;
    tests_failed += complaint[0] != 0;
    total_calls += calls;
    printf("%sok %u - %d %s, %s\n", complaint[0] ? "not " : "", tests_run, row->number, row->name,
           fixture.target.processor);
    if (complaint[0]) printf("# %s (call %u)\n", complaint, calls);
    if (getenv("PARLEY_VERBOSE")) printf("# %u calls, %u answered\n", calls, answered);
}

static void enter_scratch_folder(char *folder) {
    if (!mkdtemp(folder) || chdir(folder) || mkdir("folder", 0700)) {
        perror(folder);
        exit(2);
    }
    FILE *file = fopen("opened.txt", "w");
    if (file) fclose(file);
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk) {
    (void)info, (void)kind, (void)walk;
    return remove(path);
}

static bool open_vm(void **state, const JitTarget *target) {
    Diagnosis why = {""};
    fixture_code_bytes = CODE_BYTES;
    if (fixture_open(state) || plugin_register_all(vm)) return false;
    if (!jit_fixture_open(&fixture, vm, target, &why)) return true;
    fprintf(stderr, "%s\n", why.text);
    return false;
}

static void test_processor(const JitTarget *target) {
    void *state = NULL;
    if (!open_vm(&state, target)) exit(2);
    make_kinds();
    make_more();
    total_calls = 0;
    for (unsigned number = 1; number <= PRIMITIVE_NUMBER_LIMIT; number++) {
        const Primitive *row = primitive_numbered(number);
        if (row && row->function) test_row(row);
    }
    printf("# %s: %u cases\n", target->processor, total_calls);
    jit_fixture_close(&fixture);
    plugin_release_all(vm);
    fixture_close(&state);
}

int main(void) {
    char folder[PATH_MAX];
    const char *temporary = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/parley-natives-XXXXXX", temporary ? temporary : P_tmpdir);
    JitTarget targets[JIT_TARGET_LIMIT];
    unsigned count = jit_targets(targets);
    setvbuf(stdout, NULL, _IOLBF, 0);
    enter_scratch_folder(folder);
    for (unsigned i = 0; i < count; i++)
        if (targets[i].compile == baseline_compile) test_processor(&targets[i]);
    if (count)
        printf("1..%u\n", tests_run);
    else
        printf("1..0 # SKIP no compiler for this processor\n");
    nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    return tests_failed ? 1 : 0;
}
