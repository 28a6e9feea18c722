// SPDX-License-Identifier: MIT
// Linked lists of processes. See process_list.h.
//
// Walks run with two pointers, the second at half speed: where they meet there is a circle. Circles
// are cut by whoever finds them, so that no later walk runs into them again.
#include "run/process_list.h"

#include "memory/store.h"
#include "run/primitive.h"

static bool has_fixed_fields(Oop oop, int count) {
    return !oop_is_immediate(oop) && object_is_fixed_pointers(oop) &&
           num_le(num(count), slot_count(oop));
}

bool process_is_process(Oop oop) { return has_fixed_fields(oop, PROCESS_MY_LIST + 1); }

bool process_list_is_list(Oop oop) { return has_fixed_fields(oop, LINKED_LIST_LAST + 1); }

Oop process_field(VM *vm, Oop object, int index) {
    Oop value = field_at(object, index);
    if (!oop_is_forwarder(value)) return value;
    value = heap_follow(&vm->heap, value);
    field_at_put(&vm->heap, object, index, value);
    return value;
}

static void put(VM *vm, Oop object, int index, Oop value) {
    field_at_put(&vm->heap, object, index, value);
}

static void make_empty(VM *vm, Oop list) {
    put(vm, list, LINKED_LIST_FIRST, vm->heap.nil);
    put(vm, list, LINKED_LIST_LAST, vm->heap.nil);
}

// The process after this one; nil at the end.
static Oop next_of(VM *vm, Oop process) {
    Oop next = process_field(vm, process, LINK_NEXT);
    return process_is_process(next) ? next : vm->heap.nil;
}

Oop process_list_first(VM *vm, Oop list) {
    Oop nil = vm->heap.nil;
    if (!process_list_is_list(list)) return nil;
    Oop first = process_field(vm, list, LINKED_LIST_FIRST);
    if (process_is_process(first)) return first;
    if (!oop_is(first, nil)) make_empty(vm, list);
    return nil;
}

Oop process_list_remove_first(VM *vm, Oop list) {
    Oop nil = vm->heap.nil, first = process_list_first(vm, list);
    if (oop_is(first, nil)) return nil;
    Oop next = next_of(vm, first);
    if (oop_is(next, nil) || oop_is(next, first)) {
        make_empty(vm, list);
    } else {
        put(vm, list, LINKED_LIST_FIRST, next);
    }
    put(vm, first, LINK_NEXT, nil);
    put(vm, first, PROCESS_MY_LIST, nil);
    return first;
}

// The link after which `wanted` stands, or with nil the last link; nil when there is none. A
// circle is cut behind the link where it is noticed.
static Oop link_before(VM *vm, Oop first, Oop wanted) {
    Oop nil = vm->heap.nil, link = first, slow = first;
    for (bool odd = false; !oop_is(link, nil); odd = !odd) {
        Oop next = next_of(vm, link);
        if (oop_is(next, wanted)) return link;
        if (oop_is(next, slow)) {
            put(vm, link, LINK_NEXT, nil);
            return oop_is(wanted, nil) ? link : nil;
        }
        if (odd) slow = next_of(vm, slow);
        link = next;
    }
    return nil;
}

// The last link of a list that is not empty: where the list says, if that can be.
static Oop last_of(VM *vm, Oop list, Oop first) {
    Oop last = process_field(vm, list, LINKED_LIST_LAST);
    if (process_is_process(last) && oop_is(process_field(vm, last, LINK_NEXT), vm->heap.nil))
        return last;
    return link_before(vm, first, vm->heap.nil);
}

void process_list_add_last(VM *vm, Oop list, Oop process) {
    Oop first = process_list_first(vm, list);
    put(vm, process, LINK_NEXT, vm->heap.nil);
    if (oop_is(first, vm->heap.nil)) {
        put(vm, list, LINKED_LIST_FIRST, process);
    } else {
        Oop last = last_of(vm, list, first);
        if (!oop_is(last, process)) put(vm, last, LINK_NEXT, process);
    }
    put(vm, list, LINKED_LIST_LAST, process);
    put(vm, process, PROCESS_MY_LIST, list);
}

void process_list_add_first(VM *vm, Oop list, Oop process) {
    Oop first = process_list_first(vm, list);
    if (oop_is(first, vm->heap.nil) || oop_is(first, process)) {
        process_list_add_last(vm, list, process);
        return;
    }
    put(vm, process, LINK_NEXT, first);
    put(vm, list, LINKED_LIST_FIRST, process);
    put(vm, process, PROCESS_MY_LIST, list);
}

bool process_list_includes(VM *vm, Oop list, Oop process) {
    Oop first = process_list_first(vm, list);
    return oop_is(first, process) || !oop_is(link_before(vm, first, process), vm->heap.nil);
}

bool process_list_remove(VM *vm, Oop list, Oop process) {
    Oop nil = vm->heap.nil, first = process_list_first(vm, list);
    if (oop_is(first, process)) {
        process_list_remove_first(vm, list);
        return true;
    }
    Oop before = link_before(vm, first, process);
    if (oop_is(before, nil)) return false;
    put(vm, before, LINK_NEXT, next_of(vm, process));
    if (oop_is(process_field(vm, list, LINKED_LIST_LAST), process))
        put(vm, list, LINKED_LIST_LAST, before);
    put(vm, process, LINK_NEXT, nil);
    put(vm, process, PROCESS_MY_LIST, nil);
    return true;
}
