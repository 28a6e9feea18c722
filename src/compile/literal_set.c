// SPDX-License-Identifier: MIT
// Hash numbers are right for what occurs: symbols, strings, small integers, characters, bindings.
// Those of other literals decide about the order of two of them in one method only.
#include "compile/literal_set.h"

#include "compile/literal_table.h"
#include "compile/name_set.h"

static size_t slot_of(const Literal *literal, size_t size) {
    int64_t remainder;
    switch (literal->kind) {
    case LITERAL_STRING:
    case LITERAL_SYMBOL:
    case LITERAL_BINDING:
        return name_hash(literal->text) % size;
    default:
        remainder = literal->integer % (int64_t)size;
        return (size_t)(remainder < 0 ? remainder + (int64_t)size : remainder);
    }
}

static void start(LiteralSet *set, CodeArena *arena, size_t size) {
    *set = (LiteralSet){.arena = arena, .slots = arena_new_array(arena, const Literal *, size)};
    if (set->slots) set->size = size;
}

void literal_set_start(LiteralSet *set, CodeArena *arena) {
    start(set, arena, NAME_SET_FIRST_SIZE);
}

static void put(LiteralSet *set, const Literal *literal) {
    size_t index = slot_of(literal, set->size);
    while (set->slots[index]) {
        if (literal_equals(set->slots[index], literal)) return;
        index = (index + 1) % set->size;
    }
    set->slots[index] = literal;
    set->count++;
}

static void grow(LiteralSet *set) {
    LiteralSet larger;
    start(&larger, set->arena, name_set_size_at_least(set->size * 2));
    if (!larger.size) return;
    for (size_t i = 0; i < set->size; i++)
        if (set->slots[i]) put(&larger, set->slots[i]);
    *set = larger;
}

void literal_set_add(LiteralSet *set, const Literal *literal) {
    if (!set->size) return;
    put(set, literal);
    if (set->size - set->count < (set->size / 4 ? set->size / 4 : 1)) grow(set);
}
