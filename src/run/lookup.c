// SPDX-License-Identifier: MIT
// Method lookup. Dictionaries are objects that any program may damage: every shape is asked before
// it is used, and the search is bounded. A MethodDictionary holds its tally, an Array of methods,
// and then the selectors, hashed by identity hash with linear probing; its capacity is a power of
// two in sound images, and the mask below stays inside the object in any case.
#include "run/lookup.h"

#include "base/event_ring.h"
#include "run/context.h"
#include "run/primitive.h"
#include "run/verified.h"

enum {
    SUPERCLASS_LIMIT = 100000,
    PRIMITIVE_EXTERNAL_CALL = 117
};

static Num selector_hash(VM *vm, Oop selector) {
    if (oop_is_int(selector)) return num_from_oop(selector);
    if (oop_is_immediate(selector)) return num_from_word(word_from_oop(selector));
    return num((int64_t)heap_identity_hash(&vm->heap, selector));
}

// The method that a dictionary holds for the selector; oop_none(): none.
static Oop dictionary_at(VM *vm, Oop dictionary, Oop selector) {
    Heap *heap = &vm->heap;
    if (!oop_is_pointers(dictionary)) return oop_none();
    Num capacity = num_sub(slot_count(dictionary), num(METHOD_DICTIONARY_FIRST_KEY));
    if (num_le(capacity, num(0))) return oop_none();
    Oop methods = heap_follow(heap, field_at(dictionary, METHOD_DICTIONARY_METHODS));
    if (!oop_is_pointers(methods) || num_lt(slot_count(methods), capacity)) return oop_none();
    Num mask = num_sub(capacity, num(1));
    Num at = num_and(selector_hash(vm, selector), mask);
    NUM_LOOP(probes, num(0), capacity) {
        Oop key = slot_at(dictionary, num_add(at, num(METHOD_DICTIONARY_FIRST_KEY)));
        if (oop_is(key, heap->nil)) return oop_none();
        if (oop_is(heap_follow(heap, key), selector))
            return heap_follow(heap, slot_at(methods, at));
        at = num_and(num_add(at, num(1)), mask);
    }
    return oop_none();
}

// ---- describing

const Primitive *lookup_named_primitive(VM *vm, Oop method) {
    char module[128] = "", function[256];
    const MethodSummary *summary = verified_summary(vm, method);
    if (!summary || summary->primitive != PRIMITIVE_EXTERNAL_CALL) return NULL;
    if (num_is_zero(method_literal_count(method))) return NULL;
    Oop description = heap_follow(&vm->heap, slot_at(method, num(1)));
    if (!oop_is_array_format(description) || num_lt(slot_count(description), num(2))) return NULL;
    Oop module_name = heap_follow(&vm->heap, slot_at(description, num(0)));
    Oop function_name = heap_follow(&vm->heap, slot_at(description, num(1)));
    if (!oop_is(module_name, vm->heap.nil) &&
        !prim_c_string(vm, module_name, module, sizeof module))
        return NULL;
    if (!prim_c_string(vm, function_name, function, sizeof function)) return NULL;
    return primitive_named(vm, module, function);
}

static LookupKind primitive_kind(unsigned number, unsigned arguments) {
#define INLINED(NAME, inlined_number, argument_count)                                              \
    if (number == inlined_number && arguments == argument_count) return LOOKUP_INLINES_##NAME;
#include "run/inlined.tbl"
#undef INLINED
    enum { CLOSURE_VALUE = 201, FULL_CLOSURE_VALUE = 207 };
    bool calls_block = number == FULL_CLOSURE_VALUE ||
                       (number >= CLOSURE_VALUE && number - CLOSURE_VALUE == arguments);
    return calls_block && arguments <= 4 ? LOOKUP_CALLS_BLOCK : LOOKUP_CALLS;
}

void lookup_describe_quick(VM *vm, unsigned number, LookupEntry *entry) {
    enum { SELF = QUICK_FIRST, FIRST_CONSTANT, FIRST_VARIABLE = 264 };
    const Oop constants[] = {vm->heap.true_object,  vm->heap.false_object, vm->heap.nil,
                             oop_from_num(num(-1)), oop_from_num(num(0)),  oop_from_num(num(1)),
                             oop_from_num(num(2))};
    if (entry->frame_flags & FRAME_FLAG_CHECKED_SELF || frame_argument_count_of(entry->frame_flags))
        return;
    entry->flags |= LOOKUP_QUICK;
    if (number == SELF) {
        entry->kind = LOOKUP_ANSWERS_SELF;
    } else if (number < FIRST_VARIABLE) {
        entry->kind = LOOKUP_ANSWERS_CONSTANT;
        entry->answer = constants[number - FIRST_CONSTANT];
    } else {
        entry->kind = LOOKUP_ANSWERS_VARIABLE;
        entry->variable = (uint8_t)(number - FIRST_VARIABLE);
    }
}

static void describe_primitive(VM *vm, unsigned number, LookupEntry *entry) {
    entry->primitive_number = (uint16_t)number;
    entry->flags |= LOOKUP_HAS_PRIMITIVE;
    if (number >= QUICK_FIRST && number <= QUICK_LAST) {
        lookup_describe_quick(vm, number, entry);
        return;
    }
    bool is_named = number == PRIMITIVE_EXTERNAL_CALL;
    const Primitive *row =
        is_named ? lookup_named_primitive(vm, entry->method) : primitive_numbered(number);
    if (is_named && !row) entry->flags |= LOOKUP_NAMES_NONE;
    if (!row) return;
    unsigned arguments = frame_argument_count_of(entry->frame_flags);
    if (row->argument_count >= 0 && (unsigned)row->argument_count != arguments) {
        // A mirror: the receiver that counts is the first argument of another.
        if ((unsigned)row->argument_count + 1 != arguments) return;
        entry->flags |= LOOKUP_MIRROR;
        entry->kind = LOOKUP_SLOWLY;
    }
    entry->primitive = row->function;
    entry->accessor_depth = row->accessor_depth;
    if (!row->function || entry->flags & LOOKUP_MIRROR) return;
    entry->kind = (uint8_t)primitive_kind(number, arguments);
}

// Have the instances variables at all, and all of them at hand? 0: whoever asks has looked.
static bool has_plain_variables(VM *vm, uint64_t class_index) {
    Num fixed, format;
    if (!class_index) return true;
    return class_index != vm->known.context &&
           prim_class_format(vm, heap_class_at(&vm->heap, class_index), &fixed, &format) &&
           format_is_pointers((unsigned)num_concrete(format));
}

bool lookup_describe(VM *vm, Oop method, uint64_t class_index, LookupEntry *entry) {
    if (!oop_is_method(method)) return false;
    const MethodSummary *summary = verified_summary(vm, method);
    if (!summary) return false;
    uint64_t flags = summary->is_sista ? FRAME_FLAG_SISTA : 0;
    int needed = summary->highest_receiver_variable + 1;
    if (needed > 0 && (!has_plain_variables(vm, class_index) || needed >= 255))
        flags |= FRAME_FLAG_CHECKED_SELF;
    *entry = (LookupEntry){
        .method = method,
        .frame_flags =
            (uint32_t)frame_flags_make(FRAME_INTERPRETED, summary->argument_count, flags),
        .kind = summary->stores_primitive_error                   ? LOOKUP_SLOWLY
                : vm->hooks && !(flags & FRAME_FLAG_CHECKED_SELF) ? LOOKUP_COUNTS
                                                                  : lookup_activating(flags),
        .first_pc = summary->first_pc + PC_OF_BODY,
        .needed_slots = (uint8_t)(needed >= 255 ? 255 : needed),
        .temp_count = (uint8_t)summary->temp_count,
        .accessor_depth = -1,
        .flags = summary->stores_primitive_error ? LOOKUP_STORES_ERROR : 0,
    };
    if (summary->primitive) describe_primitive(vm, summary->primitive, entry);
    return true;
}

LookupResult lookup_search(VM *vm, Oop selector, Oop class_object, unsigned argument_count,
                           LookupEntry *entry, Oop *where) {
    Heap *heap = &vm->heap;
    Oop start = class_object;
    for (int i = 0; i < SUPERCLASS_LIMIT && prim_is_class_object(vm, class_object); i++) {
        Oop dictionary = heap_follow(heap, field_at(class_object, CLASS_METHOD_DICTIONARY));
        *where = class_object;
        if (oop_is(dictionary, heap->nil)) return LOOKUP_CANNOT_INTERPRET;
        Oop method = dictionary_at(vm, dictionary, selector);
        if (!oop_is_none(method)) {
            *where = method;
            if (!oop_is_method(method)) return LOOKUP_NOT_A_METHOD;
            uint64_t index = heap_class_index_of_class(heap, start);
            if (!lookup_describe(vm, method, index, entry)) return LOOKUP_REFUSED;
            if (frame_argument_count_of(entry->frame_flags) != argument_count)
                return LOOKUP_WRONG_COUNT;
            entry->selector = selector;
            entry->key = LOOKUP_KEY(index, argument_count);
            return LOOKUP_FOUND;
        }
        class_object = heap_follow(heap, field_at(class_object, CLASS_SUPERCLASS));
    }
    return LOOKUP_NOT_UNDERSTOOD;
}

LookupEntry *lookup_place(VM *vm, Oop selector, uint32_t key) {
    LookupEntry *first = lookup_slot(vm, selector, key);
    if (first->key) *lookup_second_slot(vm, selector, key) = *first;
    return first;
}

// ---- flushing

// What a forgotten entry says of its method stays: a primitive may be running out of it.
void lookup_flush_all(VM *vm) {
    if (vm->hooks) vm->hooks->classes_changed(vm);
    for (unsigned i = 0; i < LOOKUP_CACHE_SIZE; i++)
        vm->lookup_cache[i].key = 0;
}

void lookup_flush_selector(VM *vm, Oop selector) {
    if (vm->hooks) vm->hooks->selector_changed(vm, selector);
    for (unsigned i = 0; i < LOOKUP_CACHE_SIZE; i++)
        if (oop_is(vm->lookup_cache[i].selector, selector)) vm->lookup_cache[i].key = 0;
}

void lookup_flush_method(VM *vm, Oop method) {
    verified_forget(vm, method); // first: who hears of the change may look at the method
    if (vm->hooks) vm->hooks->method_changed(vm, method);
    for (unsigned i = 0; i < LOOKUP_CACHE_SIZE; i++) {
        LookupEntry *entry = &vm->lookup_cache[i];
        // Who tells of a method alone may have put it where none was.
        if (oop_is(entry->method, method) || lookup_is_nothing(entry)) entry->key = 0;
    }
}

void lookup_method_written(VM *vm, Oop method) {
    lookup_flush_method(vm, method);
    context_method_written(vm, method);
}

void lookup_update(VM *vm, Heap *heap) {
    LookupEntry *old = vm->lookup_cache;
    for (unsigned i = 0; i < LOOKUP_CACHE_SIZE; i++) {
        if (!old[i].key) continue;
        Oop selector = heap_survivor(heap, old[i].selector);
        Oop method = heap_survivor(heap, old[i].method);
        // A selector that moved hashes to another place: it is found again by a search.
        if (!oop_is(selector, old[i].selector) || oop_is_none(method))
            old[i].key = 0;
        else
            old[i].method = method;
    }
}
