// SPDX-License-Identifier: MIT
// One walk over the heap counts by class index and by format and looks at each method's header and
// first bytecode. See statistics.h.
#include "cmd/statistics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytecode/instruction.h"
#include "object/raw.h"
#include "run/primitive.h"
#include "run/report.h"

enum {
    CLASS_LIMIT = 1 << 22,
    PRIMITIVE_EXTERNAL_CALL = 117,
    QUICK_RETURN_FIRST = 256,
    QUICK_RETURN_LAST = 519,
};

typedef struct Gathering {
    Statistics *statistics;
    VM *vm;
    uint32_t *places; // by class index: place in statistics->classes + 1
    bool no_memory;
} Gathering;

// ---- classes and formats

// The entry of an object's class; NULL: no memory.
static ClassCount *class_entry(Gathering *g, Oop object) {
    uint64_t class_index = (uint64_t)num_concrete(object_class_index(object));
    uint32_t *place = &g->places[class_index];
    if (*place == 0) {
        ClassCount entry = {.class_index = class_index};
        report_class_name(g->vm, object, entry.name, sizeof entry.name);
        if (!array_push(&g->statistics->classes, entry)) return NULL;
        *place = (uint32_t)g->statistics->classes.count;
    }
    return &g->statistics->classes.items[*place - 1];
}

// Bytes in memory, as the header's drawing says.
static uint64_t memory_bytes(Oop object) {
    uint64_t slots = (uint64_t)num_concrete(slot_count(object));
    return 8 + 8 * (slots ? slots : 1) + (slots >= 255 ? 8 : 0);
}

static bool count_object(Gathering *g, Oop object) {
    ClassCount *entry = class_entry(g, object);
    if (!entry) return false;
    uint64_t bytes = memory_bytes(object);
    unsigned format = (unsigned)num_concrete(object_format(object));
    entry->count++;
    entry->bytes += bytes;
    g->statistics->objects++;
    g->statistics->bytes += bytes;
    g->statistics->format_counts[format]++;
    g->statistics->format_bytes[format] += bytes;
    return true;
}

// ---- methods

// The number in the method's first bytecode; 0: it has no primitive.
static unsigned primitive_of(Oop method) {
    Instruction in;
    if (!method_has_primitive(method)) return 0;
    uint32_t pc = (uint32_t)num_concrete(method_first_pc(method));
    uint32_t limit = (uint32_t)num_concrete(byte_count(method));
    if (!instruction_decode(object_bytes(method), limit, pc, method_is_sista(method), &in))
        return 0;
    if (in.op != BC_CALL_PRIMITIVE || in.a < 0 || in.a > PRIMITIVE_NUMBER_LIMIT) return 0;
    return (unsigned)in.a;
}

static bool note_named(Gathering *g, const char *module, const char *name) {
    Statistics *s = g->statistics;
    for (size_t i = 0; i < s->named.count; i++) {
        NamedCount *known = &s->named.items[i];
        if (strcmp(known->name, name) == 0 && strcmp(known->module, module) == 0) {
            known->methods++;
            return true;
        }
    }
    NamedCount entry = {.methods = 1};
    snprintf(entry.module, sizeof entry.module, "%s", module);
    snprintf(entry.name, sizeof entry.name, "%s", name);
    const Primitive *row = primitive_named(g->vm, module, name);
    entry.is_here = row && row->function;
    return array_push(&s->named, entry);
}

// The module and name in the first literal of a method that calls outside.
static bool count_external_call(Gathering *g, Oop method) {
    char module[80] = "", name[120];
    if (num_is_zero(method_literal_count(method))) return true;
    Oop description = slot_at(method, num(1));
    if (!oop_is_array_format(description) || num_lt(slot_count(description), num(2))) return true;
    Oop module_oop = slot_at(description, num(0));
    if (!oop_is(module_oop, g->vm->heap.nil) &&
        !prim_c_string(g->vm, module_oop, module, sizeof module))
        return true;
    if (!prim_c_string(g->vm, slot_at(description, num(1)), name, sizeof name)) return true;
    return note_named(g, module, name);
}

static bool count_method(Gathering *g, Oop method) {
    Statistics *s = g->statistics;
    s->methods++;
    if (method_is_sista(method))
        s->sista_methods++;
    else
        s->v3_methods++;
    unsigned primitive = primitive_of(method);
    if (primitive == 0) return true;
    s->numbered[primitive]++;
    return primitive != PRIMITIVE_EXTERNAL_CALL || count_external_call(g, method);
}

// ---- all

static bool visit(void *context, Oop object) {
    Gathering *g = context;
    g->no_memory =
        !count_object(g, object) || (object_is_method(object) && !count_method(g, object));
    return !g->no_memory;
}

static int by_bytes(const void *a, const void *b) {
    const ClassCount *x = a, *y = b;
    if (x->bytes != y->bytes) return x->bytes < y->bytes ? 1 : -1;
    return x->class_index < y->class_index ? -1 : 1;
}

static int by_name(const void *a, const void *b) {
    const NamedCount *x = a, *y = b;
    int modules = strcmp(x->module, y->module);
    return modules ? modules : strcmp(x->name, y->name);
}

Status statistics_gather(Statistics *statistics, VM *vm) {
    memset(statistics, 0, sizeof *statistics);
    Gathering g = {statistics, vm, calloc(CLASS_LIMIT, sizeof *g.places), false};
    if (!g.places) return STATUS_NO_MEMORY;
    heap_for_each_object(&vm->heap, visit, &g);
    free(g.places);
    if (g.no_memory) {
        statistics_release(statistics);
        return STATUS_NO_MEMORY;
    }
    if (statistics->classes.count)
        qsort(statistics->classes.items, statistics->classes.count, sizeof(ClassCount), by_bytes);
    if (statistics->named.count)
        qsort(statistics->named.items, statistics->named.count, sizeof(NamedCount), by_name);
    return STATUS_OK;
}

void statistics_release(Statistics *statistics) {
    array_free(&statistics->classes);
    array_free(&statistics->named);
}

bool statistics_has_primitive(unsigned number) {
    if (number >= QUICK_RETURN_FIRST && number <= QUICK_RETURN_LAST) return true;
    if (number == PRIMITIVE_EXTERNAL_CALL) return true;
    const Primitive *row = primitive_numbered(number);
    return row && (row->function || row->only_marks);
}

const char *statistics_format_name(unsigned format) {
    static const char *const names[] = {
        [FORMAT_EMPTY] = "no fields",          [FORMAT_FIXED] = "named fields",
        [FORMAT_INDEXABLE] = "indexed fields", [FORMAT_MIXED] = "named and indexed fields",
        [FORMAT_WEAK] = "weak indexed fields", [FORMAT_EPHEMERON] = "ephemeron",
        [FORMAT_FORWARDER] = "forwarder",      [FORMAT_64BIT] = "64-bit elements",
    };
    if (format >= FORMAT_COMPILED_METHOD) return "compiled method";
    if (format >= FORMAT_8BIT) return "bytes";
    if (format >= FORMAT_16BIT) return "16-bit elements";
    if (format >= FORMAT_32BIT) return "32-bit elements";
    return names[format] ? names[format] : "illegal";
}
