// SPDX-License-Identifier: MIT
// What is forgotten when (flushing.tbl): a test per cell. The scene: an instance of a class that
// inherits a method, its lookup in the cache and leading into the method's code, a caller whose
// send site is linked to that: of a send to self, to super, or above the class that it names. A
// test lets something happen and looks at one of the caches. The verifier of the code zone must be
// content before and after, and must notice what is spoiled.
#include "jit/inline_cache.h"
#include "jit/jit.h"
#include "jit/verify_zone.h"
#include "run/send.h"

#include "prim_fixture.h"

enum { CODE_BYTES = 1 << 20, DICTIONARY_CAPACITY = 8 };

// The last: that another class has no method is known, which is forgotten when a lookup is.
typedef enum Cache {
    IN_LOOKUP_CACHE,
    IN_INLINE_CACHE,
    IN_CODE,
    IN_SUMMARIES,
    IN_ABSENCES,
    CACHE_COUNT
} Cache;
static const char *const cache_names[] = {"lookup cache", "inline cache", "compiled code",
                                          "verified summary", "what is not understood"};

typedef enum Happening {
#define FLUSHING(NAME, lookup, inline_caches, code, summary, text) NAME,
#include "flushing.tbl"
#undef FLUSHING
    HAPPENING_COUNT
} Happening;
static const char *const happening_texts[] = {
#define FLUSHING(NAME, lookup, inline_caches, code, summary, text) text,
#include "flushing.tbl"
#undef FLUSHING
};
static const bool forgotten[HAPPENING_COUNT][CACHE_COUNT] = {
#define FLUSHING(NAME, lookup, inline_caches, code, summary, text)                                 \
    {lookup, inline_caches, code, summary, lookup},
#include "flushing.tbl"
#undef FLUSHING
};

// The bytecodes of a caller: it answers self foo, super foo, or foo above its own class. Its first
// literal is the selector, its third the binding of its class.
static const struct {
    const char *name, *code;
    unsigned bytes;
    bool is_sista;
} callers[] = {
    [SEND_NORMAL] = {"send", "\x70\xD0\x7C", 3, false},
    [SEND_TO_SUPER] = {"super send", "\x70\x85\x00\x7C", 4, false},
    [SEND_DIRECTED] = {"directed super send", "\x4C\x12\xE1\x40\xEB\x00\x5C", 7, true},
};
static const SendKind kinds[] = {SEND_NORMAL, SEND_TO_SUPER, SEND_DIRECTED};
enum { KIND_COUNT = sizeof kinds / sizeof *kinds };

typedef struct Cell {
    Happening happening;
    Cache cache;
    SendKind kind;
} Cell;

// These follow collections.
enum { SELECTOR, METHOD, OTHER_METHOD, CALLER, SUBCLASS, RECEIVER, HELD_COUNT };
static Oop held[HELD_COUNT];
static RootScope scope;
static uint64_t class_index, found_in; // of the receiver, and where the lookup begins
static SendSite *site;
static Code *caller_code;

// ---- the scene

// An empty literal frame but for one literal; then selector and class.
static Oop method_with(Oop literal, const char *code, unsigned bytes) {
    Oop method = new_method(1, code, bytes);
    field_at_put(&vm->heap, method, 1, literal);
    return method;
}

static void define(Oop class_object, Oop selector, Oop method) {
    Oop methods = new_array(DICTIONARY_CAPACITY);
    Oop dictionary = new_array(METHOD_DICTIONARY_FIRST_KEY + DICTIONARY_CAPACITY);
    unsigned at = heap_identity_hash(&vm->heap, selector) & (DICTIONARY_CAPACITY - 1);
    field_at_put(&vm->heap, dictionary, METHOD_DICTIONARY_METHODS, methods);
    field_at_put(&vm->heap, methods, (int)at, method);
    field_at_put(&vm->heap, dictionary, METHOD_DICTIONARY_FIRST_KEY + (int)at, selector);
    field_at_put(&vm->heap, class_object, CLASS_METHOD_DICTIONARY, dictionary);
}

static Oop new_subclass(void) {
    Oop class_object = fixture_unentered_class();
    field_at_put(&vm->heap, class_object, CLASS_SUPERCLASS, fixture_class_object(cls.plain));
    field_at_put(&vm->heap, class_object, CLASS_METHOD_DICTIONARY,
                 new_array(METHOD_DICTIONARY_FIRST_KEY + DICTIONARY_CAPACITY));
    field_at_put(&vm->heap, field_at(class_object, CLASS_METHOD_DICTIONARY),
                 METHOD_DICTIONARY_METHODS, new_array(DICTIONARY_CAPACITY));
    class_index = heap_enter_class(&vm->heap, class_object);
    return class_object;
}

static Oop binding_of(Oop class_object) {
    Oop binding = fixture_new(cls.association, FORMAT_FIXED, 2);
    field_at_put(&vm->heap, binding, ASSOCIATION_VALUE, class_object);
    return binding;
}

static Oop new_caller(SendKind kind) {
    Oop method = method_with(held[SELECTOR], callers[kind].code, callers[kind].bytes);
    int64_t header = num_concrete(num_from_oop(field_at(method, 0)));
    if (callers[kind].is_sista) field_at_put(&vm->heap, method, 0, INT(header | INT64_MIN >> 3));
    field_at_put(&vm->heap, method, 3, binding_of(held[SUBCLASS]));
    return method;
}

static LookupEntry *cached(void) {
    return (LookupEntry *)lookup_cached(vm, held[SELECTOR], LOOKUP_KEY(found_in, 0));
}

static void warm(SendKind kind) {
    found_in = kind == SEND_NORMAL ? class_index : cls.plain;
    LookupEntry *entry =
        (LookupEntry *)send_entry(vm, held[SELECTOR], 0, heap_class_at(&vm->heap, found_in));
    assert_non_null(entry);
    assert_true(vm->hooks->method_is_hot(vm, entry));
    assert_int_equal(entry->kind, LOOKUP_ENTERS_CODE);
    LookupEntry caller;
    assert_true(lookup_describe(vm, held[CALLER], class_index, &caller));
    caller_code = jit_method_code(vm, &caller);
    assert_non_null(caller_code);
    assert_int_equal(caller_code->send_count, 1);
    site = &caller_code->sends[0];
    assert_int_equal(site->kind, kind);
    // The class that a directed send names is that of the receiver as well.
    cache_link(vm, caller_code, site, entry, jit_method_code(vm, entry), (uint32_t)class_index);
    assert_int_equal(site->state, SITE_MONOMORPHIC);
    assert_null(send_entry(vm, held[SELECTOR], 0, fixture_class_object(cls.plain_twin)));
}

static int open_scene(void **state, SendKind kind) {
    Diagnosis why;
    JitOptions options;
    fixture_code_bytes = CODE_BYTES;
    if (!backend_host()) skip();
    if (fixture_open(state)) return -1;
    jit_default_options(&options);
    options.policy.interpreted_activations = 1;
    options.policy.warm_up_activations = 0;
    if (jit_init(vm, &options, &why)) return -1;
    root_scope_enter(&vm->heap, &scope, held, HELD_COUNT);
    held[SELECTOR] = new_string("foo");
    held[METHOD] = method_with(INT(7), "\x20\x87\x77\x7C", 4);       // 7; pop; answer 2
    held[OTHER_METHOD] = method_with(INT(8), "\x20\x87\x76\x7C", 4); // 8; pop; answer 1
    define(fixture_class_object(cls.plain), held[SELECTOR], held[METHOD]);
    define(fixture_class_object(cls.plain_twin), new_string("bar"), held[METHOD]);
    held[SUBCLASS] = new_subclass();
    held[RECEIVER] = fixture_new(class_index, FORMAT_FIXED, 3);
    held[CALLER] = new_caller(kind);
    warm(kind);
    return (int)zone_verify(vm, stderr, 5);
}

static int close_scene(void **state) {
    root_scope_leave(&vm->heap, &scope);
    uint64_t complaints = heap_verify(&vm->heap, stderr, 5, false);
    jit_release(vm);
    return fixture_close(state) || complaints ? -1 : 0;
}

// ---- what happens

static void become(Oop one, Oop other) {
    assert_int_equal(heap_become(&vm->heap, ARRAY_OF(one), ARRAY_OF(other), true, false),
                     STATUS_OK);
}

static void reuse_class_index(void) {
    uint64_t before = class_index;
    held[RECEIVER] = held[SUBCLASS] = NIL;
    field_at_put(&vm->heap, held[CALLER], 3, NIL); // its class
    class_index = 0;
    heap_collect_full(&vm->heap);
    for (int i = 0; i < 100 && class_index != before; i++) // others may have died as well
        held[SUBCLASS] = new_subclass();
    assert_int_equal(class_index, before);
}

static void let_happen(Happening happening) {
    switch (happening) {
    case METHOD_INSTALLED:
        CALL(prim_flush_cache_by_selector, held[SELECTOR]);
        break;
    case HIERARCHY_CHANGED:
        CALL(prim_flush_cache, NIL);
        break;
    case METHOD_REMOVED:
        CALL(prim_flush_cache_by_method, held[METHOD]);
        break;
    case METHOD_WRITTEN:
        CALL(prim_object_at_put, held[METHOD], INT(2), INT(9));
        break;
    case CLASS_BECAME:
        become(held[SUBCLASS], new_subclass());
        break;
    case METHOD_BECAME:
        become(held[METHOD], held[OTHER_METHOD]);
        break;
    case SELECTOR_BECAME:
        become(held[SELECTOR], new_string("bar"));
        break;
    case CLASS_INDEX_REUSED:
        reuse_class_index();
        break;
    case HAPPENING_COUNT:
        break;
    }
}

static bool has_entry(uint64_t key) {
    for (unsigned i = 0; i < LOOKUP_CACHE_SIZE; i++)
        if (vm->lookup_cache[i].key == key) return true;
    return false;
}

// A site, or a lookup entry, that code from before is reached through.
static bool is_known(Cache cache, uint64_t key, const Code *caller) {
    switch (cache) {
    case IN_LOOKUP_CACHE:
        return has_entry(key);
    case IN_ABSENCES:
        return has_entry(LOOKUP_KEY(cls.plain_twin, 0));
    case IN_INLINE_CACHE:
        for (uint32_t i = 0; i < vm->jit->zone.count; i++)
            if (vm->jit->zone.codes[i] == caller) return caller->sends[0].state != SITE_UNLINKED;
        return false;
    case IN_CODE:
        return method_table_row(&vm->jit->known, held[METHOD], 0)->value != NULL;
    case IN_SUMMARIES:
        return verified_is_known(vm, held[METHOD]);
    case CACHE_COUNT:
        break;
    }
    return false;
}

static void test_cell(void **state) {
    const Cell *cell = *state;
    uint64_t key = LOOKUP_KEY(found_in, 0);
    const Code *caller = caller_code;
    assert_non_null(cached());
    for (int cache = 0; cache < CACHE_COUNT; cache++)
        assert_true(is_known((Cache)cache, key, caller));
    let_happen(cell->happening);
    assert_int_equal(is_known(cell->cache, key, caller), !forgotten[cell->happening][cell->cache]);
}

static int open_cell(void **state) {
    void *unused = NULL;
    const Cell *cell = *state;
    return open_scene(&unused, cell ? cell->kind : SEND_NORMAL);
}
static int close_cell(void **state) {
    void *unused = NULL;
    (void)state;
    return close_scene(&unused);
}

// ---- the verifier notices

static void expect_complaint(void) { assert_true(zone_verify(vm, NULL, 0) > 0); }

static void test_verifier(void **state) {
    (void)state;
    CodeZone *zone = &vm->jit->zone;
    const Code *callee = method_table_row(&vm->jit->known, held[METHOD], 0)->value;
    assert_int_equal(zone_verify(vm, stderr, 5), 0);
    zone_link_send(zone, caller_code, site, 5, callee->linked_entry + 4); // a link into the middle
    expect_complaint();
    zone_link_send(zone, caller_code, site, 5, callee->checked_entry);
    assert_int_equal(zone_verify(vm, stderr, 5), 0);
    uint64_t word = oop_bits(held[OTHER_METHOD]); // another method's name
    zone_write(zone, callee->start, &word, sizeof word);
    expect_complaint();
    word = oop_bits(held[METHOD]);
    zone_write(zone, callee->start, &word, sizeof word);
    cached()->code++; // a lookup beside the entry
    expect_complaint();
    cached()->code--;
    vm->fp[FRAME_RETURN_ADDRESS] = caller_code->start; // an interpreted frame that returns to code
    expect_complaint();
    vm->fp[FRAME_RETURN_ADDRESS] = 0;
    vm->fp[FRAME_FLAGS] |= FRAME_BASELINE; // a compiled frame without code
    expect_complaint();
    vm->fp[FRAME_FLAGS] &= ~(uint64_t)FRAME_BASELINE;
    assert_int_equal(zone_verify(vm, stderr, 5), 0);
}

int main(void) {
    enum { CELLS = HAPPENING_COUNT * CACHE_COUNT * KIND_COUNT };
    static Cell cells[CELLS];
    static char names[CELLS][120];
    struct CMUnitTest tests[CELLS + 1] = {
        cmocka_unit_test_setup_teardown(test_verifier, open_cell, close_cell)};
    for (int i = 0; i < CELLS; i++) {
        cells[i] = (Cell){(Happening)(i / CACHE_COUNT % HAPPENING_COUNT), (Cache)(i % CACHE_COUNT),
                          kinds[i / (CACHE_COUNT * HAPPENING_COUNT)]};
        snprintf(names[i], sizeof names[i], "%s, %s: %s", callers[cells[i].kind].name,
                 happening_texts[cells[i].happening], cache_names[cells[i].cache]);
        tests[i + 1] = (struct CMUnitTest){names[i], test_cell, open_cell, close_cell, &cells[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
