// SPDX-License-Identifier: MIT
// Sends and what may go wrong with them, with methods that the interpreter runs: mirror primitives,
// primitives that collect before they fail, primitives that run primitives, code that cannot be
// carried out, methods that become something else while they run.
//
// A test defines methods (V3PlusClosures, but where it says SistaV1) for the classes of the
// fixture, sends one message from a method of its own, and looks at the value that came back. After
// that the process loops until the tick limit ends the run.
#include "memory/spaces.h"
#include "run/process.h"
#include "run/return.h"
#include "run/send.h"
#include "run/trace.h"
#include "run/verified.h"

#include "prim_fixture.h"

// ---- methods

enum { LITERAL_LIMIT = 8, HAS_PRIMITIVE = 1 << 16, TEMPS = 18, ARGUMENTS = 24 };

typedef struct Code {
    unsigned arguments, temps; // temps: arguments included
    bool is_sista;
    unsigned literal_count;
    Oop literals[LITERAL_LIMIT];
    const char *bytes;
    unsigned byte_count;
} Code;
#define BYTES(text) .bytes = (text), .byte_count = sizeof(text) - 1

static Oop new_code(Code code) {
    unsigned literals = code.literal_count + 2, bytes = (literals + 1) * 8 + code.byte_count;
    Oop method = fixture_new(cls.compiled_method, FORMAT_COMPILED_METHOD + (unsigned)(-bytes & 7),
                             (bytes + 7) / 8);
    uint8_t first = (uint8_t)code.bytes[0];
    bool has_primitive = code.is_sista ? first == 248 : first == 139;
    unsigned temps = code.temps < code.arguments ? code.arguments : code.temps;
    int64_t header = (int64_t)literals | (has_primitive ? HAS_PRIMITIVE : 0) | temps << TEMPS |
                     code.arguments << ARGUMENTS;
    field_at_put(&vm->heap, method, 0, INT(code.is_sista ? header | INT64_MIN >> 3 : header));
    for (unsigned i = 1; i <= literals; i++)
        field_at_put(&vm->heap, method, (int)i,
                     i <= code.literal_count && !oop_is_none(code.literals[i - 1])
                         ? code.literals[i - 1]
                         : NIL);
    memcpy(object_bytes(method) + (literals + 1) * 8, code.bytes, code.byte_count);
    return method;
}

// Enters the method in the class's dictionary, which is made for it.
static void define_in(Oop class_object, Oop selector, Oop method) {
    enum { CAPACITY = 8 };
    Oop dictionary = field_at(class_object, CLASS_METHOD_DICTIONARY);
    if (oop_is(dictionary, NIL)) {
        dictionary = new_array(METHOD_DICTIONARY_FIRST_KEY + CAPACITY);
        field_at_put(&vm->heap, dictionary, METHOD_DICTIONARY_METHODS, new_array(CAPACITY));
        field_at_put(&vm->heap, class_object, CLASS_METHOD_DICTIONARY, dictionary);
    }
    Oop methods = field_at(dictionary, METHOD_DICTIONARY_METHODS);
    unsigned at = heap_identity_hash(&vm->heap, selector) & (CAPACITY - 1);
    while (!oop_is(field_at(methods, (int)at), NIL))
        at = (at + 1) & (CAPACITY - 1);
    field_at_put(&vm->heap, methods, (int)at, method);
    field_at_put(&vm->heap, dictionary, METHOD_DICTIONARY_FIRST_KEY + (int)at, selector);
}
static void define(uint64_t class_index, Oop selector, Oop method) {
    define_in(fixture_class_object(class_index), selector, method);
}

static Oop new_variable(Oop value) {
    Oop variable = fixture_new(cls.association, FORMAT_FIXED, 2);
    field_at_put(&vm->heap, variable, ASSOCIATION_VALUE, value);
    return variable;
}
static Oop value_of(Oop variable) { return field_at(variable, ASSOCIATION_VALUE); }

// ---- running

static void start(Oop method, Oop receiver) {
    Oop context = fixture_new(cls.context, FORMAT_MIXED, CONTEXT_FIRST_TEMP + 16);
    field_at_put(&vm->heap, context, CONTEXT_PC,
                 oop_from_num(num_add(method_first_pc(method), num(1))));
    field_at_put(&vm->heap, context, CONTEXT_STACK_POINTER,
                 oop_from_num(method_temp_count(method)));
    field_at_put(&vm->heap, context, CONTEXT_METHOD, method);
    field_at_put(&vm->heap, context, CONTEXT_RECEIVER, receiver);
    assert_true(context_resume(vm, context));
}

static StopReason run(void) {
    vm->options.max_ticks = vm->ticks + 1000;
    return interpret(vm);
}

// The answer of a send with two arguments; what the variable holds is left alone when none
// comes. Sent twice, so that the second time the lookup cache knows it.
static Oop send_2(Oop receiver, Oop selector, Oop one, Oop two) {
    Oop result = new_variable(INT(-1));
    static const char code[] = "\x20\x21\x22\x83\x43\x87\x20\x21\x22\x83\x43\x82\xC4\xA3\xFE";
    start(new_code((Code){
              .literal_count = 5, .literals = {receiver, one, two, selector, result}, BYTES(code)}),
          NIL);
    assert_int_equal(run(), STOP_TICKS);
    return value_of(result);
}

// ---- mirror primitives: an extra receiver below the operands

// <primitive: 1> with two arguments; it adds them. When that fails it answers the receiver.
static void define_mirror_add(Oop selector) {
    define(cls.plain, selector, new_code((Code){.arguments = 2, BYTES("\x8B\x01\x00\x78")}));
}

static void a_mirror_primitive_works_on_its_first_argument(void **state) {
    (void)state;
    Oop selector = new_string("add:to:");
    define_mirror_add(selector);
    OOP_EQUAL(send_2(new_plain(), selector, INT(3), INT(4)), INT(7));
}

static void a_mirror_primitive_that_fails_finds_its_operands_again(void **state) {
    (void)state;
    Oop selector = new_string("add:to:"), receiver = new_plain();
    define_mirror_add(selector);
    OOP_EQUAL(send_2(receiver, selector, INT(3), NIL), receiver);
    Oop second = new_string("second:of:");
    define(cls.plain, second, new_code((Code){.arguments = 2, BYTES("\x8B\x01\x00\x11\x7C")}));
    OOP_EQUAL(send_2(receiver, second, NIL, TRUE_OOP), TRUE_OOP);
}

// asFloat takes no argument: with two it is no mirror either, and the method's own code runs.
static void a_primitive_with_another_number_of_arguments_does_not_run(void **state) {
    (void)state;
    Oop selector = new_string("float:of:");
    define(cls.plain, selector, new_code((Code){.arguments = 2, BYTES("\x8B\x28\x00\x79")}));
    OOP_EQUAL(send_2(new_plain(), selector, INT(3), INT(4)), TRUE_OOP);
}

static void a_mirror_primitive_follows_forwarders(void **state) {
    (void)state;
    // <primitive: 132> with two arguments: does the first refer to the second?
    Oop selector = new_string("object:pointsTo:"), plain = new_plain(), array = ARRAY_OF(plain);
    define(cls.plain, selector, new_code((Code){.arguments = 2, BYTES("\x8B\x84\x00\x7B")}));
    OOP_EQUAL(send_2(plain, selector, array, plain), TRUE_OOP);
    OOP_EQUAL(send_2(plain, selector, array, array), FALSE_OOP);
    OOP_EQUAL(send_2(plain, selector, forwarder_to(array), plain), TRUE_OOP);
}

// wait as a mirror: the process goes to sleep with the semaphore's place on its stack, and no
// other process's stack is touched.
static void a_mirror_primitive_may_switch_processes(void **state) {
    (void)state;
    Oop selector = new_string("waitFor:"), result = new_variable(INT(-1));
    define(cls.plain, selector, new_code((Code){.arguments = 1, BYTES("\x8B\x56\x00\x7B")}));
    Oop semaphore = fixture_new(cls.semaphore, FORMAT_FIXED, 3);
    field_at_put(&vm->heap, semaphore, SEMAPHORE_EXCESS_SIGNALS, INT(0));
    Oop other = fixture_new(cls.process, FORMAT_FIXED, 4);
    Oop looping = new_code((Code){BYTES("\x76\x77\xA3\xFE")}); // 1, 2 on the stack
    Oop context = fixture_new(cls.context, FORMAT_MIXED, CONTEXT_FIRST_TEMP + 16);
    field_at_put(&vm->heap, context, CONTEXT_PC,
                 oop_from_num(num_add(method_first_pc(looping), num(1))));
    field_at_put(&vm->heap, context, CONTEXT_STACK_POINTER, INT(0));
    field_at_put(&vm->heap, context, CONTEXT_METHOD, looping);
    field_at_put(&vm->heap, other, PROCESS_SUSPENDED_CONTEXT, context);
    field_at_put(&vm->heap, other, PROCESS_PRIORITY, INT(1));
    static const char code[] = "\x20\x21\x83\x22\x82\xC3\xA3\xFE";
    start(new_code((Code){.literal_count = 4,
                          .literals = {new_plain(), semaphore, selector, result},
                          BYTES(code)}),
          NIL);
    Oop process = process_active(vm);
    assert_int_equal(process_resume(vm, other), OUTCOME_ANSWERED);
    vm->sp = vm->fp + FRAME_FIRST_TEMP + 1;
    assert_int_equal(run(), STOP_TICKS);
    OOP_EQUAL(process_active(vm), other);
    assert_ptr_equal(vm->sp, vm->fp + FRAME_FIRST_TEMP - 1);
    OOP_EQUAL(prim_stack_at(vm, 0), INT(2));
    OOP_EQUAL(prim_stack_at(vm, 1), INT(1));
    Oop waiting = field_at(process, PROCESS_SUSPENDED_CONTEXT);
    assert_int_equal(context_stack_size(vm, waiting), 1);
    OOP_EQUAL(context_variable(vm, waiting, CONTEXT_FIRST_TEMP), semaphore);
}

// ---- primitives that collect before they fail

MAY_GC static Outcome collect_and_fail(VM *of) {
    heap_collect_full(&of->heap);
    return prim_fail(of, FAILURE_GENERIC);
}

// An entry of the lookup cache whose primitive is `function`.
static LookupEntry *cached_entry(Oop method, PrimitiveFunction function, uint8_t flags) {
    LookupEntry *entry = &vm->lookup_cache[17];
    assert_true(lookup_describe(vm, method, cls.plain, entry));
    entry->primitive = function;
    entry->flags |= flags;
    entry->key = LOOKUP_KEY(cls.plain, 1);
    entry->selector = NIL;
    return entry;
}

static void a_primitive_may_collect_before_it_fails(void **state) {
    (void)state;
    const uint8_t flags[] = {0, LOOKUP_MIRROR};
    for (unsigned i = 0; i < 2; i++) {
        fixture_drop_operands();
        Oop method = new_code((Code){.arguments = 1, .temps = 3, BYTES("\x8B\x13\x00\x10\x7C")});
        Oop before = method;
        LookupEntry *entry = cached_entry(method, collect_and_fail, flags[i]);
        fixture_push(new_string("receiver"));
        fixture_push(new_string("argument"));
        assert_int_equal(send_run_entry(vm, entry, 1), OUTCOME_SWITCHED);
        method = frame_oop(vm->fp + FRAME_METHOD);
        assert_true(oop_is_method(method));
        assert_false(oop_is(method, before));
        assert_memory_equal(object_bytes(method) + 24, "\x8B\x13\x00\x10\x7C", 5);
        assert_memory_equal(object_bytes(frame_oop(vm->fp + FRAME_RECEIVER)), "receiver", 8);
        assert_memory_equal(object_bytes(frame_oop(frame_temp(vm->fp, 0))), "argument", 8);
        assert_ptr_equal(vm->sp, frame_temp(vm->fp, 2));
        vm->sp = frame_callee_slot(vm->fp);
        vm->fp = frame_caller(vm->fp);
    }
}

// tryPrimitive: puts its operands back, wherever they are by now.
static void a_tried_primitive_may_collect_before_it_fails(void **state) {
    (void)state;
    vm->options.heap.collect_every = 0;
    // Not so much can be had in one piece, which 180 knows only when it has tried.
    uint64_t most = heap_room_bytes(&vm->heap) - (1 << 20);
    Oop bytes = prim_integer_from_num(vm, num((int64_t)most));
    fixture_drop_operands();
    fixture_push(new_string("receiver"));
    fixture_push(INT(180));
    fixture_push(ARRAY_OF(bytes));
    vm->argument_count = 2;
    Oop before = prim_stack_at(vm, 0);
    assert_int_equal(prim_do_primitive_with_arguments(vm), OUTCOME_FAILED);
    assert_false(oop_is(before, prim_stack_at(vm, 0)));
    assert_int_equal(vm->argument_count, 2);
    OOP_EQUAL(prim_stack_at(vm, 1), INT(180));
    OOP_EQUAL(field_at(prim_stack_at(vm, 0), 0), bytes);
    assert_memory_equal(object_bytes(prim_stack_at(vm, 2)), "receiver", 8);
}

// ---- primitives that run primitives

// a := {#perform:with:. a}: receiver perform: #perform:with: with: a, for ever.
static void a_perform_of_itself_ends(void **state) {
    (void)state;
    Oop selector = new_string("perform:withArguments:"), array = new_array(2);
    field_at_put(&vm->heap, array, 0, selector);
    field_at_put(&vm->heap, array, 1, array);
    Oop method = new_code((Code){.arguments = 2, BYTES("\x8B\x54\x00\x7A")}); // fails: true
    define(cls.plain, selector, method);
    OOP_EQUAL(send_2(new_plain(), selector, selector, array), FALSE_OOP);
}

static void quick_returns_are_tried_by_their_number(void **state) {
    (void)state;
    vm->options.heap.collect_every = 0;
    Oop plain = new_plain(), none = new_array(0), context = context_of_frame(vm, vm->fp);
    field_at_put(&vm->heap, plain, 1, INT(9));
    ANSWERS(plain, prim_do_primitive_with_arguments, plain, INT(256), none);
    ANSWERS(TRUE_OOP, prim_do_primitive_with_arguments, plain, INT(257), none);
    ANSWERS(INT(2), prim_do_primitive_with_arguments, plain, INT(263), none);
    ANSWERS(INT(9), prim_do_primitive_with_arguments, plain, INT(265), none);
    FAILS(BAD_RECEIVER, prim_do_primitive_with_arguments, plain, INT(266), none);
    FAILS(BAD_RECEIVER, prim_do_primitive_with_arguments, INT(3), INT(264), none);
    FAILS(BAD_INDEX, prim_do_primitive_with_arguments, plain, INT(256), ARRAY_OF(NIL));
    FAILS(BAD_INDEX, prim_do_primitive_with_arguments, context, INT(264), none);
}

// Debuggers run the primitive that a method names by hand.
static void named_primitives_are_tried_by_their_method(void **state) {
    (void)state;
    vm->options.heap.collect_every = 0;
    Oop name = new_string("primitiveAddLargeIntegers"), description = ARRAY_OF(NIL, name);
    Oop method = new_code((Code){.arguments = 1,
                                 .literal_count = 1,
                                 .literals = {description},
                                 BYTES("\x8B\x75\x00\x78")}); // fails: self
    Oop context = context_of_frame(vm, vm->fp), none = new_array(0);
    ANSWERS(INT(7), prim_external_call_with_arguments, context, method, INT(3), ARRAY_OF(INT(4)));
    FAILS(BAD_ARGUMENT_COUNT, prim_external_call_with_arguments, context, method, INT(3), none);
    FAILS(BAD_ARGUMENT, prim_external_call_with_arguments, context, method, INT(3), NIL);
    FAILS(BAD_ARGUMENT, prim_external_call_with_arguments, context, NIL, INT(3), none);
    Oop plain = new_code((Code){.literal_count = 1, .literals = {description}, BYTES("\x78")});
    FAILS(NOT_FOUND, prim_external_call_with_arguments, context, plain, INT(3), none);
    field_at_put(&vm->heap, description, 1, new_string("primitiveOfNobody"));
    FAILS(NOT_FOUND, prim_external_call_with_arguments, context, method, INT(3), ARRAY_OF(INT(4)));
}

static void a_primitive_that_tries_itself_fails(void **state) {
    (void)state;
    Oop array = new_array(2);
    field_at_put(&vm->heap, array, 0, INT(118));
    field_at_put(&vm->heap, array, 1, array);
    FAILS(LIMIT_EXCEEDED, prim_do_primitive_with_arguments, new_plain(), INT(118), array);
    assert_int_equal(vm->nested_primitives, 0);
}

// ---- code that cannot be carried out

// Context>>unusedBytecode counts its calls in a variable and returns.
static Oop define_unused_bytecode(void) {
    Oop selector = new_string("unusedBytecode"), count = new_variable(INT(0));
    fixture_put_special(SPECIAL_SELECTOR_UNUSED_BYTECODE, selector);
    define(cls.context, selector,
           new_code((Code){.literal_count = 1,
                           .literals = {count},
                           BYTES("\x40\x76\xB0\x82\xC0\x78")})); // count := count + 1
    return count;
}

// Runs code that must not go on behind what it cannot do: there a variable is set. Its frame keeps
// as many operands as it had.
static void assert_stays(Code code, Oop passed, unsigned operands) {
    Oop count = define_unused_bytecode();
    Oop method = new_code(code);
    start(method, new_plain());
    Oop context = context_of_frame(vm, vm->fp);
    assert_int_equal(run(), STOP_TICKS);
    OOP_EQUAL(value_of(passed), INT(-1));
    assert_true(INT_OF(value_of(count)) > 1);
    assert_true(context_is_married(vm, context));
    if (context_frame(vm, context) != vm->fp)
        assert_int_equal(context_stack_size(vm, context), operands);
}

static void nothing_runs_behind_an_unused_bytecode(void **state) {
    (void)state;
    Oop passed = new_variable(INT(-1));
    // 126, then 1 into the variable
    assert_stays(
        (Code){.literal_count = 1, .literals = {passed}, BYTES("\x7E\x76\x82\xC0\xA3\xFE")}, passed,
        0);
}

static void nothing_runs_behind_a_missing_temp_vector(void **state) {
    (void)state;
    Oop passed = new_variable(INT(-1));
    // pushes element 0 of temporary 0, which is nil, and pops it into the variable
    assert_stays((Code){.temps = 1,
                        .literal_count = 1,
                        .literals = {passed},
                        BYTES("\x8C\x00\x00\x82\xC0\xA3\xFE")},
                 passed, 1);
}

// SistaV1: a prefix belongs to the instruction, also when it is tried again: with it the variable
// has number 256, without it 0.
static void an_instruction_is_tried_again_with_its_prefixes(void **state) {
    (void)state;
    Oop passed = new_variable(INT(-1));
    // extend A 1, push receiver variable 0 (of 2); pop into literal variable 0, jump back
    assert_stays((Code){.is_sista = true,
                        .literal_count = 1,
                        .literals = {passed},
                        BYTES("\xE0\x01\xE2\x00\xF4\x00\xE1\xFF\xED\xFC")},
                 passed, 0);
}

static void a_directed_super_send_to_no_class_keeps_its_operands(void **state) {
    (void)state;
    Oop passed = new_variable(INT(-1));
    // push self, nil; extend B 64, super send of literal 1 without arguments
    Oop selector = new_string("anything");
    assert_stays((Code){.is_sista = true,
                        .literal_count = 2,
                        .literals = {passed, selector},
                        BYTES("\x4C\x4F\xE1\x40\xEB\x08\xF4\x00\xE1\xFF\xED\xFC")},
                 passed, 2);
}

// ---- sends that find their method in the cache: each kind of method, sent to self and to super

typedef enum Target { TO_SELF, TO_SUPER, TO_DIRECTED_SUPER, TARGETS } Target;

// The answer to #m, sent twice by a method of `plain` to itself, or to super when its own #m is
// another one.
static Oop sent_to(Target target, Oop receiver, Code found) {
    Oop selector = new_string("m"), caller = new_string("call"), result = new_variable(INT(-1));
    Oop plain = fixture_class_object(cls.plain);
    Oop above = fixture_class_object(cls.plain_twin);
    field_at_put(&vm->heap, plain, CLASS_SUPERCLASS, above);
    field_at_put(&vm->heap, plain, CLASS_METHOD_DICTIONARY, NIL);
    field_at_put(&vm->heap, above, CLASS_METHOD_DICTIONARY, NIL);
    if (target != TO_SELF) define(cls.plain, selector, new_code((Code){BYTES("\x77\x7C")}));
    define(target == TO_SELF ? cls.plain : cls.plain_twin, selector, new_code(found));
    const Code code[] = {
        {BYTES("\x70\x83\x00\x87\x70\x83\x00\x7C")},
        {BYTES("\x70\x85\x00\x87\x70\x85\x00\x7C")},
        {.is_sista = true, BYTES("\x4C\x12\xE1\x40\xEB\x00\xD8\x4C\x12\xE1\x40\xEB\x00\x5C")},
    };
    Code calling = code[target];
    calling.literal_count = 1;
    calling.literals[0] = selector;
    Oop method = new_code(calling);
    field_at_put(&vm->heap, method, 3, new_variable(plain));
    define(cls.plain, caller, method);
    start(new_code((Code){.literal_count = 3,
                          .literals = {receiver, caller, result},
                          BYTES("\x20\xD1\x82\xC2\xA3\xFE")}),
          NIL);
    run();
    return value_of(result);
}

static void assert_answers(Code found, Oop answer) {
    for (Target target = TO_SELF; target < TARGETS; target++) {
        Oop receiver = new_plain();
        field_at_put(&vm->heap, receiver, 1, INT(77));
        Oop expected = oop_is_none(answer) ? receiver : answer;
        OOP_EQUAL(sent_to(target, receiver, found), expected);
    }
}

static void every_kind_of_method_is_found_again(void **state) {
    (void)state;
    assert_answers((Code){BYTES("\x76\x7C")}, INT(1));
    assert_answers((Code){.is_sista = true, BYTES("\x51\x5C")}, INT(1));
    assert_answers((Code){BYTES("\x01\x7C")}, INT(77));
    // quick returns: self, true, 2, the second variable
    assert_answers((Code){BYTES("\x8B\x00\x01\x78")}, oop_none());
    assert_answers((Code){BYTES("\x8B\x01\x01\x79")}, vm->heap.true_object);
    assert_answers((Code){BYTES("\x8B\x07\x01\x77\x7C")}, INT(2));
    assert_answers((Code){BYTES("\x8B\x09\x01\x01\x7C")}, INT(77));
    // primitives: identity class, one that fails, one that does not exist and stores why
    assert_answers((Code){BYTES("\x8B\x6F\x00\x75\x7C")}, fixture_class_object(cls.plain));
    assert_answers((Code){BYTES("\x8B\x01\x00\x75\x7C")}, INT(0));
    assert_answers((Code){.temps = 1, BYTES("\x8B\xE7\x03\x81\x40\x77\x7C")}, INT(2));
}

// ---- the lookup cache

// A selector whose entry belongs in the same place as that of `other`.
static Oop selector_that_meets(Oop other, uint32_t key) {
    for (int i = 0; i < 100000; i++) {
        Oop selector = new_string("a selector"); // of 24 bytes: every place comes up
        if (lookup_slot(vm, selector, key) == lookup_slot(vm, other, key)) return selector;
    }
    fail_msg("no selector meets another");
    return NIL;
}

// Of the sends that meet in the cache the two last ones are found there.
static void sends_that_meet_have_two_places(void **state) {
    (void)state;
    uint32_t key = LOOKUP_KEY(cls.plain, 0);
    Oop class_object = fixture_class_object(cls.plain), selectors[3], methods[3];
    for (int i = 0; i < 3; i++) {
        selectors[i] = i ? selector_that_meets(selectors[0], key) : new_string("a selector");
        methods[i] = new_code((Code){BYTES("\x76\x7C")});
        define(cls.plain, selectors[i], methods[i]);
    }
    for (int i = 0; i < 3; i++) {
        OOP_EQUAL(send_entry(vm, selectors[i], 0, class_object)->method, methods[i]);
        for (int j = 0; j < 3; j++) {
            const LookupEntry *entry = lookup_cached(vm, selectors[j], key);
            assert_int_equal(entry != NULL, j == i || j == i - 1);
            if (entry) OOP_EQUAL(entry->method, methods[j]);
        }
    }
    lookup_flush_selector(vm, selectors[1]);
    assert_null(lookup_cached(vm, selectors[1], key));
    assert_non_null(lookup_cached(vm, selectors[2], key));
    lookup_flush_method(vm, methods[2]);
    assert_null(lookup_cached(vm, selectors[2], key));
}

// A receiver that has lost variables since is asked; what is missing is never read.
static void a_quick_return_looks_at_its_receiver(void **state) {
    (void)state;
    Oop receiver = fixture_new(cls.plain, FORMAT_FIXED, 1);
    Oop answer = sent_to(TO_SELF, receiver, (Code){BYTES("\x8B\x09\x01\x01\x7C")});
    OOP_EQUAL(answer, INT(-1));
}

// The class of contexts, whose variables are in frames, may have a superclass with variables of its
// own (InstructionStream): its methods read them too. The running context's sender is nil.
static void a_context_sends_to_super_for_its_variables(void **state) {
    (void)state;
    enum { READERS = 2 };
    const Code readers[READERS] = {{BYTES("\x00\x7C")}, {BYTES("\x8B\x08\x01\x00\x7C")}};
    for (unsigned i = 0; i < READERS; i++) {
        char names[2][8];
        snprintf(names[0], sizeof names[0], "m%u", i);
        snprintf(names[1], sizeof names[1], "call%u", i);
        Oop selector = new_string(names[0]), caller = new_string(names[1]);
        Oop result = new_variable(INT(-1)), context_class = fixture_class_object(cls.context);
        field_at_put(&vm->heap, context_class, CLASS_SUPERCLASS, fixture_class_object(cls.plain));
        define(cls.plain, selector, new_code(readers[i]));
        Oop calling = new_code((Code){
            .literal_count = 1, .literals = {selector}, BYTES("\x70\x85\x00\x87\x70\x85\x00\x7C")});
        field_at_put(&vm->heap, calling, 3, new_variable(context_class));
        define(cls.context, caller, calling);
        start(new_code((Code){.literal_count = 3,
                              .literals = {NIL, caller, result},
                              BYTES("\x89\xD1\x82\xC2\xA3\xFE")}),
              NIL);
        assert_int_equal(run(), STOP_TICKS);
        OOP_EQUAL(value_of(result), NIL);
    }
}

// A line for each bytecode, prefixes together with their instruction.
static void bytecodes_are_traced_with_their_prefixes(void **state) {
    (void)state;
    static char text[1 << 12];
    // extend A 1, extend B 0, push the integer 2 + 0 * 256; pop; jump back to itself
    start(new_code((Code){.is_sista = true, BYTES("\xE0\x01\xE1\x00\xE8\x02\xD8\xE1\xFF\xED\xFC")}),
          NIL);
    FILE *real_stderr = stderr;
    stderr = fmemopen(text, sizeof text, "w");
    vm->options.trace = 1u << TRACE_BIT_BYTECODES;
    vm->options.max_ticks = vm->ticks + 2;
    assert_int_equal(interpret(vm), STOP_TICKS);
    fclose(stderr);
    stderr = real_stderr;
    const char *const lines[] = {" 25  <E0 01 E1 00 E8 02> push 2\n", " 31  <D8>         pop\n",
                                 " 32  <E1 FF ED FC> jump to 32\n"};
    const char *at = text;
    for (int i = 0; i < 3; i++) {
        at = strstr(at, lines[i]);
        if (!at) fail_msg("no line '%s' (in its place) in:\n%s", lines[i], text);
        at += strlen(lines[i]);
    }
    assert_int_equal(memcmp(text, "bytecode ", 9), 0);
}

// What the class table has no room for has methods nevertheless. The second send would find it in
// the cache.
static void a_super_send_needs_no_class_index(void **state) {
    (void)state;
    Oop above = fixture_unentered_class(), plain = fixture_class_object(cls.plain);
    Oop selector = new_string("m"), result = new_variable(INT(-1));
    define_in(above, selector, new_code((Code){BYTES("\x76\x7C")})); // ^ 1
    field_at_put(&vm->heap, plain, CLASS_SUPERCLASS, above);
    vm->heap.spaces->class_table_cursor = CLASS_TABLE_ROOT_SLOTS * CLASS_TABLE_PAGE_SIZE;
    assert_int_equal(heap_enter_class(&vm->heap, above), 0);
    // self super m + self super m; pop into the variable
    static const char code[] = "\x70\x85\x00\x70\x85\x00\xB0\x82\xC1\xA3\xFE";
    Oop method = new_code((Code){.literal_count = 2, .literals = {selector, result}, BYTES(code)});
    field_at_put(&vm->heap, method, 4, new_variable(plain));
    start(method, new_plain());
    assert_int_equal(run(), STOP_TICKS);
    OOP_EQUAL(value_of(result), INT(2));
    assert_int_equal(heap_class_index_of_class(&vm->heap, above), 0);
}

// Above the root stands nil, which is no class: it is not entered as one, which would give it
// another identity hash.
static void a_super_send_above_the_root_is_not_understood(void **state) {
    (void)state;
    Oop passed = new_variable(INT(-1)), selector = new_string("foo");
    Oop not_understood = new_string("doesNotUnderstand:");
    Num hash = object_hash_bits(NIL);
    fixture_put_special(SPECIAL_SELECTOR_DOES_NOT_UNDERSTAND, not_understood);
    define(cls.plain, not_understood, new_code((Code){.arguments = 1, BYTES("\x76\x7C")}));
    // self super foo; pop into the variable
    Oop method = new_code((Code){
        .literal_count = 2, .literals = {selector, passed}, BYTES("\x70\x85\x00\x82\xC1\xA3\xFE")});
    field_at_put(&vm->heap, method, 4, new_variable(fixture_class_object(cls.plain)));
    start(method, new_plain());
    assert_int_equal(run(), STOP_TICKS);
    OOP_EQUAL(value_of(passed), INT(1));
    assert_int_equal(num_concrete(object_hash_bits(NIL)), num_concrete(hash));
}

// A handler that is a primitive would leave an answer on the stack of a frame that does not expect
// one: yield does so after a switch.
static void a_message_of_the_vm_runs_no_primitive(void **state) {
    (void)state;
    Oop selector = new_string("unusedBytecode"), count = new_variable(INT(0));
    fixture_put_special(SPECIAL_SELECTOR_UNUSED_BYTECODE, selector);
    define(cls.context, selector,
           new_code((Code){.literal_count = 1,
                           .literals = {count},
                           BYTES("\x8B\xA7\x00\x40\x76\xB0\x82\xC0\x78")})); // <primitive: 167>
    start(new_code((Code){BYTES("\x7E\x78")}), NIL);
    assert_int_equal(run(), STOP_TICKS);
    assert_true(INT_OF(value_of(count)) > 1);
}

// An object that became true is true for a jump too, whatever its prefixes.
static void a_jump_follows_forwarders(void **state) {
    (void)state;
    const Oop wanted[] = {TRUE_OOP, FALSE_OOP};
    for (int i = 0; i < 4; i++) {
        Oop result = new_variable(INT(-1)), condition = forwarder_to(wanted[i % 2]);
        Code code = {.literal_count = 2, .literals = {condition, result}, .is_sista = i >= 2};
        // push the condition; jump if false to 0; push 1, jump; 0: push 0; pop into the variable
        if (code.is_sista) {
            static const char bytes[] = "\x20\xE1\x00\xEF\x02\x51\xB0\x50\xF1\x01\xE1\xFF\xED\xFC";
            code.bytes = bytes, code.byte_count = sizeof bytes - 1;
        } else {
            static const char bytes[] = "\x20\x99\x76\x90\x75\x82\xC1\xA3\xFE";
            code.bytes = bytes, code.byte_count = sizeof bytes - 1;
        }
        start(new_code(code), NIL);
        assert_int_equal(run(), STOP_TICKS);
        OOP_EQUAL(value_of(result), INT(1 - i % 2));
    }
}

// ---- methods that become something else, or are written, while they run

// A method that sends becomeForward: from {itself} to {other}, then sets the variable to 7.
static Oop becoming_method(Oop former, Oop latter, Oop selector, Oop result) {
    static const char code[] = "\x20\x21\x83\x22\x87\x24\x82\xC3\xA3\xFE";
    return new_code((Code){
        .literal_count = 5, .literals = {former, latter, selector, result, INT(7)}, BYTES(code)});
}

// Runs a method that becomes `other`, with the primitive of that number.
static void run_becoming(Oop other, uint8_t primitive, Oop result) {
    Oop selector = new_string("become:");
    char code[] = "\x8B\x00\x00\x78";
    code[1] = (char)primitive;
    define(cls.array, selector, new_code((Code){.arguments = 1, BYTES(code)}));
    Oop former = new_array(1);
    Oop method = becoming_method(former, ARRAY_OF(other), selector, result);
    field_at_put(&vm->heap, former, 0, method);
    start(method, new_plain());
    assert_int_equal(run(), STOP_TICKS);
}

static void a_running_method_may_become_one_of_the_same_shape(void **state) {
    (void)state;
    Oop result = new_variable(INT(-1));
    Oop other = becoming_method(NIL, NIL, NIL, result);
    field_at_put(&vm->heap, other, 5, INT(8));
    run_becoming(other, 72, result);
    OOP_EQUAL(value_of(result), INT(8));
    OOP_EQUAL(frame_oop(vm->fp + FRAME_METHOD), other);
}

static void a_running_method_that_becomes_another_is_trapped(void **state) {
    (void)state;
    const uint8_t primitives[] = {72, 128};
    for (unsigned i = 0; i < 2; i++) {
        Oop count = define_unused_bytecode(), result = new_variable(INT(-1));
        run_becoming(new_code((Code){BYTES("\xA3\xFE")}), primitives[i], result);
        OOP_EQUAL(value_of(result), INT(-1));
        assert_true(INT_OF(value_of(count)) > 1);
        fixture_close(NULL);
        fixture_open(NULL);
    }
}

// The same bytes mean something else in the other set.
static void a_running_method_does_not_change_its_bytecode_set(void **state) {
    (void)state;
    Oop count = define_unused_bytecode(), result = new_variable(INT(-1));
    static const char code[] = "\x4C\x4C\xD8\xD8\x5F\x5F\x5F\x5F\xED\xFE";
    Oop other = new_code((Code){.is_sista = true, .literal_count = 5, BYTES(code)});
    run_becoming(other, 72, result);
    OOP_EQUAL(value_of(result), INT(-1));
    assert_true(INT_OF(value_of(count)) > 1);
}

static void a_running_method_that_becomes_a_number_is_trapped(void **state) {
    (void)state;
    Oop count = define_unused_bytecode(), result = new_variable(INT(-1));
    run_becoming(INT(3), 72 + 0, result); // 72 refuses: the method goes on
    OOP_EQUAL(value_of(result), INT(7));
    Oop selector = new_string("become:keep:");
    define(cls.array, selector, new_code((Code){.arguments = 2, BYTES("\x8B\xF9\x00\x78")}));
    static const char calls[] = "\x20\x21\x72\x83\x42\x87\x24\x82\xC3\xA3\xFE";
    Oop former = new_array(1), second = new_variable(INT(-1));
    Oop method = new_code((Code){.literal_count = 5,
                                 .literals = {former, ARRAY_OF(INT(3)), selector, second, INT(7)},
                                 BYTES(calls)});
    field_at_put(&vm->heap, former, 0, method);
    start(method, new_plain());
    assert_int_equal(run(), STOP_TICKS);
    OOP_EQUAL(value_of(second), INT(-1));
    assert_true(INT_OF(value_of(count)) > 1);
}

// What is trapped can be flushed into its context and taken up again, operands and all.
static void a_trapped_frame_keeps_its_operands(void **state) {
    (void)state;
    Oop count = define_unused_bytecode();
    static const char code[] = "\x76\x77\x75\x76\x77\x75\xA3\xFE";
    Oop method = new_code((Code){.arguments = 0, BYTES(code)});
    start(method, new_plain());
    Oop context = context_of_frame(vm, vm->fp);
    assert_int_equal(run(), STOP_TICKS);
    vm->sp = vm->fp + FRAME_FIRST_TEMP - 5;
    byte_at_put(method, num(24), num(0x7E));
    vm->argument_count = 0;
    lookup_method_written(vm, method);
    OOP_EQUAL(frame_oop(vm->fp + FRAME_METHOD), vm->trap_method);
    OOP_EQUAL(context_flush_all(vm), context);
    assert_true(context_resume(vm, context));
    assert_int_equal(context_stack_size(vm, context), 6);
    assert_int_equal(run(), STOP_TICKS);
    assert_true(INT_OF(value_of(count)) > 1);
    FAILS(INAPPROPRIATE, prim_set_read_only, vm->trap_method, FALSE_OOP);
    FAILS(OBJECT_IS_PINNED, prim_array_become, ARRAY_OF(vm->trap_method), ARRAY_OF(method));
}

// A frame that waits for the answer of one on another page: its context and its method.
static Oop waiting_on_an_older_page(Oop *method) {
    Oop selector = new_string("loop");
    define(cls.plain, selector, new_code((Code){BYTES("\xA3\xFE")}));
    // push 1, self loop, pop, pop; loop
    *method = new_code(
        (Code){.literal_count = 1, .literals = {selector}, BYTES("\x76\x70\xD0\x87\x87\xA3\xFE")});
    start(*method, new_plain());
    Oop context = context_of_frame(vm, vm->fp);
    assert_int_equal(run(), STOP_TICKS);
    assert_ptr_equal(frame_caller(vm->fp), context_frame(vm, context));
    assert_int_equal(stack_overflow(vm), FAILURE_NONE);
    assert_null(frame_caller(vm->fp));
    assert_int_equal(context_stack_size(vm, context), 1);
    return context;
}

static void a_frame_that_waits_is_not_resumed_without_an_answer(void **state) {
    (void)state;
    Oop method, context = waiting_on_an_older_page(&method);
    assert_true(context_resume(vm, context));
    assert_int_equal(context_stack_size(vm, context), 2); // what is missing is made up
    assert_int_equal(run(), STOP_TICKS);
    assert_int_equal(context_stack_size(vm, context), 0);
}

static void a_written_method_keeps_frames_that_wait_elsewhere(void **state) {
    (void)state;
    Oop method, context = waiting_on_an_older_page(&method);
    vm->argument_count = 0;
    lookup_method_written(vm, method);
    OOP_EQUAL(context_variable(vm, context, CONTEXT_METHOD), method);
    OOP_EQUAL(frame_oop(context_frame(vm, context) + FRAME_METHOD), method);
    assert_int_equal(return_to_caller(vm, INT(5)), OUTCOME_SWITCHED);
    assert_int_equal(context_stack_size(vm, context), 2);
    assert_int_equal(run(), STOP_TICKS);
    assert_int_equal(context_stack_size(vm, context), 0);
}

// A frame put in the place of one whose answer is dropped: its answer is dropped as well.
static void a_frame_that_takes_anothers_place_answers_as_it_would(void **state) {
    (void)state;
    Oop count = define_unused_bytecode(), selector = new_string("unusedBytecode");
    // Context>>unusedBytecode: thisContext terminateTo: self, which is the frame that sent it, out
    // of a method that it calls.
    Oop cutting = new_string("cut"), terminating = new_string("terminateTo:");
    fixture_put_special(SPECIAL_SELECTOR_UNUSED_BYTECODE, selector);
    define(cls.context, terminating, new_code((Code){.arguments = 1, BYTES("\x8B\xC4\x00\x78")}));
    define(cls.context, cutting,
           new_code((Code){.literal_count = 2,
                           .literals = {terminating, count},
                           BYTES("\x41\x76\xB0\x82\xC1\x89\x70\xE0\x87\x78")}));
    define(cls.context, selector,
           new_code((Code){.literal_count = 1, .literals = {cutting}, BYTES("\x70\xD0\x7C")}));
    start(new_code((Code){BYTES("\x7E\x78")}), NIL);
    Oop context = context_of_frame(vm, vm->fp);
    assert_int_equal(run(), STOP_TICKS);
    assert_true(INT_OF(value_of(count)) > 50);
    assert_true(context_stack_size(vm, context) <= 1);
}

// The code of a running method is written and then touches a variable that its receiver lacks.
static void a_written_method_looks_at_its_receiver(void **state) {
    (void)state;
    Oop count = define_unused_bytecode(), result = new_variable(INT(-1));
    // jump to itself; push receiver variable 1 and pop it into the variable
    Oop method = new_code(
        (Code){.literal_count = 1, .literals = {result}, BYTES("\xA4\x00\x01\x82\xC0\xA3\xFE")});
    start(method, new_plain());
    byte_at_put(method, num(34), num(15)); // there are two variables
    vm->argument_count = 0;
    lookup_method_written(vm, method);
    assert_int_equal(run(), STOP_TICKS);
    OOP_EQUAL(value_of(result), INT(-1));
    assert_true(INT_OF(value_of(count)) > 1);
}

// Bytes are no variables: a method that takes them for some is told so.
static void a_method_finds_no_variables_in_bytes(void **state) {
    (void)state;
    Oop count = define_unused_bytecode(), selector = new_string("firstOf:and:");
    define(cls.byte_array, selector, new_code((Code){.arguments = 2, BYTES("\x00\x7C")}));
    OOP_EQUAL(send_2(new_bytes(16), selector, NIL, NIL), INT(-1));
    assert_true(INT_OF(value_of(count)) > 1);
}

// ---- what is remembered of methods and lookups

// A scavenge moves the selector: its old place is free for another one.
static void a_selector_that_moved_is_looked_up_anew(void **state) {
    (void)state;
    Oop selector = new_string("yes:or:"), receiver = new_plain();
    define(cls.plain, selector, new_code((Code){.arguments = 2, BYTES("\x79")}));
    OOP_EQUAL(send_2(receiver, selector, NIL, NIL), TRUE_OOP);
    unsigned known = 0;
    for (unsigned i = 0; i < LOOKUP_CACHE_SIZE; i++)
        known += vm->lookup_cache[i].key && oop_is(vm->lookup_cache[i].selector, selector);
    assert_int_equal(known, 1);
    heap_scavenge(&vm->heap);
    for (unsigned i = 0; i < LOOKUP_CACHE_SIZE; i++)
        assert_false(vm->lookup_cache[i].key && oop_is(vm->lookup_cache[i].selector, selector));
}

// Whoever holds a summary holds it until its own method is written. The mark in each tells whether
// it is the one that was handed out; many methods, so that some lie in others' places.
static void a_method_that_is_forgotten_takes_no_other_along(void **state) {
    (void)state;
    enum { METHODS = 480, MARK = 1000 };
    Oop methods[METHODS];
    for (int i = 0; i < METHODS; i++) {
        methods[i] = new_code((Code){BYTES("\x73\x87\x78")});
        MethodSummary *summary = (MethodSummary *)verified_summary(vm, methods[i]);
        assert_non_null(summary);
        summary->highest_receiver_variable = MARK + i;
    }
    for (int i = 0; i < METHODS; i += 3)
        verified_forget(vm, methods[i]);
    for (int i = 0; i < METHODS; i++)
        assert_int_equal(verified_summary(vm, methods[i])->highest_receiver_variable,
                         i % 3 ? MARK + i : -1);
}

// ---- contexts and closures that no compiler makes

// push nil; pop; return self: there is never more than one operand, and one more is dropped.
static void a_context_with_too_many_operands_does_not_run(void **state) {
    (void)state;
    Oop method = new_code((Code){.temps = 2, BYTES("\x73\x87\x78")});
    for (int operands = 0; operands < 3; operands++) {
        for (int at = 0; at < 3; at++) {
            Oop context = fixture_new(cls.context, FORMAT_MIXED, CONTEXT_FIRST_TEMP + 16);
            field_at_put(&vm->heap, context, CONTEXT_PC,
                         oop_from_num(num_add(method_first_pc(method), num(1 + at))));
            field_at_put(&vm->heap, context, CONTEXT_STACK_POINTER, INT(2 + operands));
            field_at_put(&vm->heap, context, CONTEXT_METHOD, method);
            field_at_put(&vm->heap, context, CONTEXT_RECEIVER, NIL);
            // One less than was compiled for is made up.
            assert_int_equal(context_resume(vm, context), operands <= (at == 1) + 1);
            if (context_resume(vm, context))
                assert_int_equal(context_stack_size(vm, context), 2 + (at == 1));
        }
    }
}

// push self; jump to itself.
static void a_resumed_context_keeps_no_operands(void **state) {
    (void)state;
    Oop self = new_plain();
    start(new_code((Code){BYTES("\x70\xA3\xFE")}), self);
    assert_int_equal(run(), STOP_TICKS);
    Oop context = context_flush_all(vm);
    OOP_EQUAL(field_at(context, CONTEXT_FIRST_TEMP), self);
    assert_true(context_resume(vm, context));
    OOP_EQUAL(field_at(context, CONTEXT_FIRST_TEMP), NIL);
    OOP_EQUAL(context_variable(vm, context, CONTEXT_FIRST_TEMP), self);
}

// push 1; push true; push the full block with its receiver, true, from the stack; pop; return top.
static void a_full_block_takes_its_receiver_from_the_stack(void **state) {
    (void)state;
    Oop selector = new_string("block:of:");
    Oop block = new_code((Code){.is_sista = true, BYTES("\x5E")});
    define(cls.plain, selector,
           new_code((Code){.arguments = 2,
                           .is_sista = true,
                           .literal_count = 1,
                           .literals = {block},
                           BYTES("\x51\x4D\xF9\x00\xC0\xD8\x5C")}));
    OOP_EQUAL(send_2(new_plain(), selector, NIL, NIL), INT(1));
}

// Images have classes of closures of their own, whose methods have the same primitives.
static void a_full_closure_may_be_of_any_class(void **state) {
    (void)state;
    Oop block = new_code((Code){.is_sista = true, BYTES("\x58")}); // ^self
    Oop closure = fixture_new(cls.mixed, FORMAT_MIXED, FULL_CLOSURE_FIRST_COPIED);
    field_at_put(&vm->heap, closure, FULL_CLOSURE_RECEIVER, INT(5));
    field_at_put(&vm->heap, closure, CLOSURE_ARGUMENT_COUNT, INT(0));
    FAILS(BAD_ARGUMENT_COUNT, prim_full_closure_value, closure);
    field_at_put(&vm->heap, closure, FULL_CLOSURE_COMPILED_BLOCK, block);
    FAILS(BAD_ARGUMENT_COUNT, prim_full_closure_value, closure, NIL);
    assert_int_equal(CALL(prim_full_closure_value, closure), OUTCOME_SWITCHED);
    OOP_EQUAL(frame_oop(vm->fp + FRAME_METHOD), block);
    OOP_EQUAL(frame_oop(vm->fp + FRAME_RECEIVER), INT(5));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PRIM_TEST(quick_returns_are_tried_by_their_number),
        PRIM_TEST(named_primitives_are_tried_by_their_method),
        PRIM_TEST(a_full_closure_may_be_of_any_class),
        PRIM_TEST(a_mirror_primitive_works_on_its_first_argument),
        PRIM_TEST(a_mirror_primitive_that_fails_finds_its_operands_again),
        PRIM_TEST(a_primitive_with_another_number_of_arguments_does_not_run),
        PRIM_TEST(a_mirror_primitive_follows_forwarders),
        PRIM_TEST(a_mirror_primitive_may_switch_processes),
        PRIM_TEST(a_primitive_may_collect_before_it_fails),
        PRIM_TEST(a_tried_primitive_may_collect_before_it_fails),
        PRIM_TEST(a_selector_that_moved_is_looked_up_anew),
        PRIM_TEST(a_method_that_is_forgotten_takes_no_other_along),
        PRIM_TEST(a_context_with_too_many_operands_does_not_run),
        PRIM_TEST(a_resumed_context_keeps_no_operands),
        PRIM_TEST(a_full_block_takes_its_receiver_from_the_stack),
        PRIM_TEST(a_perform_of_itself_ends),
        PRIM_TEST(a_primitive_that_tries_itself_fails),
        PRIM_TEST(nothing_runs_behind_an_unused_bytecode),
        PRIM_TEST(nothing_runs_behind_a_missing_temp_vector),
        PRIM_TEST(an_instruction_is_tried_again_with_its_prefixes),
        PRIM_TEST(a_directed_super_send_to_no_class_keeps_its_operands),
        PRIM_TEST(every_kind_of_method_is_found_again),
        PRIM_TEST(sends_that_meet_have_two_places),
        PRIM_TEST(a_quick_return_looks_at_its_receiver),
        PRIM_TEST(a_context_sends_to_super_for_its_variables),
        PRIM_TEST(bytecodes_are_traced_with_their_prefixes),
        PRIM_TEST(a_message_of_the_vm_runs_no_primitive),
        PRIM_TEST(a_super_send_needs_no_class_index),
        PRIM_TEST(a_super_send_above_the_root_is_not_understood),
        PRIM_TEST(a_jump_follows_forwarders),
        PRIM_TEST(a_running_method_may_become_one_of_the_same_shape),
        PRIM_TEST(a_running_method_that_becomes_another_is_trapped),
        PRIM_TEST(a_running_method_does_not_change_its_bytecode_set),
        PRIM_TEST(a_running_method_that_becomes_a_number_is_trapped),
        PRIM_TEST(a_trapped_frame_keeps_its_operands),
        PRIM_TEST(a_written_method_looks_at_its_receiver),
        PRIM_TEST(a_method_finds_no_variables_in_bytes),
        PRIM_TEST(a_frame_that_waits_is_not_resumed_without_an_answer),
        PRIM_TEST(a_written_method_keeps_frames_that_wait_elsewhere),
        PRIM_TEST(a_frame_that_takes_anothers_place_answers_as_it_would),
    };
    return cmocka_run_group_tests_name("sends", tests, NULL, NULL);
}
