// SPDX-License-Identifier: MIT
// The operands that primitives are tried with: those of support/operands.tbl, and more numbers and
// strings, methods, contexts, processes, read-only objects, forwarders, objects with too few slots,
// handles. All are made once, in a small VM.
#ifndef PARLEY_TEST_OPERAND_KINDS_H
#define PARLEY_TEST_OPERAND_KINDS_H

#include <stdio.h>

#include "run/process.h"

#include "../support/operands.h"
#include "../unit/zip_world.h"

static Oop large(unsigned digits, bool negative) {
    static const char bytes[64] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    char high[64];
    memcpy(high, bytes, sizeof high);
    if (digits) high[digits - 1] = 0x40;
    return new_large(negative, high, digits);
}

// A full closure: its code is a CompiledBlock of its own (SistaV1: push nil, return it).
static Oop a_full_block(unsigned arguments) {
    Oop code = new_method(0, "\x4F\x5E", 2);
    int64_t header = INT_OF(field_at(code, 0)) | (int64_t)arguments << 24 | arguments << 18;
    field_at_put(&vm->heap, code, 0, INT(header - (1ll << 60)));
    return new_full_closure(code);
}

static Oop a_process(void) {
    Oop process = fixture_new(cls.process, FORMAT_FIXED, 4);
    field_at_put(&vm->heap, process, PROCESS_PRIORITY, INT(1));
    field_at_put(&vm->heap, process, PROCESS_SUSPENDED_CONTEXT, new_single_context());
    return process;
}

static Oop a_semaphore(int64_t signals) {
    Oop semaphore = fixture_new(cls.semaphore, FORMAT_FIXED, 3);
    field_at_put(&vm->heap, semaphore, SEMAPHORE_EXCESS_SIGNALS, INT(signals));
    return semaphore;
}

// An instance of a class that says there are more fields than these.
static Oop too_short(uint64_t class_index, unsigned slots) {
    return fixture_new(class_index, FORMAT_FIXED, slots);
}

static Oop order_map(void) {
    Oop map = new_bytes(256);
    for (int i = 0; i < 256; i++)
        object_bytes(map)[i] = (uint8_t)i;
    return map;
}

// A process that is its own successor in a list.
static Oop list_without_end(void) {
    Oop list = fixture_new(cls.linked_list, FORMAT_FIXED, 2), process = a_process();
    field_at_put(&vm->heap, process, LINK_NEXT, process);
    field_at_put(&vm->heap, process, PROCESS_MY_LIST, list);
    field_at_put(&vm->heap, list, LINKED_LIST_FIRST, process);
    field_at_put(&vm->heap, list, LINKED_LIST_LAST, process);
    return list;
}

static Oop own_superclass(void) {
    Oop class_object = fixture_unentered_class();
    field_at_put(&vm->heap, class_object, CLASS_SUPERCLASS, class_object);
    return class_object;
}

static Oop array_of_itself(void) {
    Oop array = new_array(2);
    field_at_put(&vm->heap, array, 0, array);
    field_at_put(&vm->heap, array, 1, array);
    return array;
}

static Oop old_array(void) {
    Oop array = heap_allocate_old(&vm->heap, cls.array, FORMAT_INDEXABLE, 3);
    field_at_put(&vm->heap, array, 0, new_plain());
    return array;
}

// The address of memory that primitives may read and write.
static Oop address_of_buffer(void) {
    static uint64_t buffer[16];
    uint64_t address = (uint64_t)(uintptr_t)buffer;
    Oop external = fixture_new_bits(cls.external_address, FORMAT_8BIT, 8);
    memcpy(object_bytes(external), &address, 8);
    return external;
}

// What a named primitive of a plugin answers: a handle of a file or a directory.
static Oop handle(const char *module, const char *name, Oop path, Oop flag, unsigned arguments) {
    const Primitive *row = primitive_named(vm, module, name);
    fixture_drop_operands();
    if (!row ||
        fixture_call(row->function, 1 + arguments, (Oop[]){NIL, path, flag}) != OUTCOME_ANSWERED) {
        fprintf(stderr, "no handle from %s\n", name);
        exit(2);
    }
    return oop_is_array_format(TOP) ? field_at(TOP, 2) : TOP;
}
static Oop open_file(void) {
    return handle("FilePlugin", "primitiveFileOpen", new_string("opened.txt"), TRUE_OOP, 2);
}
static Oop open_directory(void) {
    return handle("FileAttributesPlugin", "primitiveOpendir", new_string("."), NIL, 1);
}

// A child process that waits for the end of its input.
static Oop a_child(void) {
    const Primitive *row = primitive_named(vm, "ParleyOSPlugin", "primitiveStartProcess");
    Oop streams = ARRAY_OF(INT(2), INT(2), INT(2)), command = ARRAY_OF(new_string("cat"));
    fixture_drop_operands();
    if (!row || fixture_call(row->function, 6, (Oop[]){NIL, command, NIL, NIL, streams, NIL}) !=
                    OUTCOME_ANSWERED) {
        fprintf(stderr, "no child process\n");
        exit(2);
    }
    return TOP;
}

// An image segment and its out pointers.
static Oop segment_out;
static Oop a_segment(void) {
    Oop words = new_words32(600), out = new_array(20);
    Oop operands[] = {NIL, ARRAY_OF(new_plain(), new_string("in a segment")), words, out};
    fixture_drop_operands();
    if (fixture_call(prim_store_image_segment, 4, operands) != OUTCOME_ANSWERED) {
        fprintf(stderr, "no image segment\n");
        exit(2);
    }
    segment_out = heap_follow(&vm->heap, out);
    return heap_follow(&vm->heap, words);
}

// Those that only primitives are tried with: KIND(name, how to make one).
#define OTHER_KINDS(KIND)                                                                          \
    KIND(hundred, INT(100))                                                                        \
    KIND(very_large, large(60, false))                                                             \
    KIND(very_large_negative, large(33, true))                                                     \
    KIND(product, fixture_new_bits(cls.large_positive, FORMAT_8BIT, 16))                           \
    KIND(empty_large, large(0, false))                                                             \
    KIND(small_large, large(3, true))                                                              \
    KIND(digits, new_string("314159265358979323846"))                                              \
    KIND(file_name, new_string("file.txt"))                                                        \
    KIND(long_string, prim_new_byte_string(vm, NULL, 5000))                                        \
    KIND(folder_name, new_string("folder"))                                                        \
    KIND(order_map, order_map())                                                                   \
    KIND(array_of_object, ARRAY_OF(new_plain()))                                                   \
    KIND(array_of_other, ARRAY_OF(new_mixed(3)))                                                   \
    KIND(array_of_nil, ARRAY_OF(NIL))                                                              \
    KIND(array_of_integer, ARRAY_OF(INT(3)))                                                       \
    KIND(array_of_read_only, ARRAY_OF(read_only(new_plain())))                                     \
    KIND(array_of_pinned, ARRAY_OF(heap_pin(&vm->heap, new_plain(), true)))                        \
    KIND(array_of_context, ARRAY_OF(context_of_frame(vm, vm->fp)))                                 \
    KIND(array_of_class, ARRAY_OF(fixture_class_object(cls.plain_twin)))                           \
    KIND(array_of_method, ARRAY_OF(frame_oop(vm->fp + FRAME_METHOD)))                              \
    KIND(array_of_integers, ARRAY_OF(INT(1), INT(2), INT(3), INT(4)))                              \
    KIND(array_of_eight, new_array(8))                                                             \
    KIND(byte_array, new_bytes(16))                                                                \
    KIND(read_only_bytes, read_only(new_bytes(16)))                                                \
    KIND(block_of_64, new_bytes(64))                                                               \
    KIND(words_80, new_words32(80))                                                                \
    KIND(words32, new_words32(5))                                                                  \
    KIND(method_class, fixture_class_object(cls.compiled_method))                                  \
    KIND(strange_class, fixture_new_class(13, 900))                                                \
    KIND(method, new_method(1, "\x70\x87\x78", 3))                                                 \
    KIND(bad_method, new_method(0, "\xFF\xFF\xFF\xFF", 4))                                         \
    KIND(running_context, context_of_frame(vm, vm->fp))                                            \
    KIND(context, new_single_context())                                                            \
    KIND(blank_context, fixture_new(cls.context, FORMAT_MIXED, 22))                                \
    KIND(short_context, too_short(cls.context, 3))                                                 \
    KIND(block_of_two, new_old_closure(2))                                                         \
    KIND(block_of_four, new_old_closure(4))                                                        \
    KIND(block_of_three, new_old_closure(3))                                                       \
    KIND(full_block, a_full_block(0))                                                              \
    KIND(full_block_of_one, a_full_block(1))                                                       \
    KIND(short_block, too_short(cls.block_closure, 1))                                             \
    KIND(semaphore, a_semaphore(0))                                                                \
    KIND(signalled_semaphore, a_semaphore(3))                                                      \
    KIND(short_semaphore, too_short(cls.semaphore, 1))                                             \
    KIND(mutex, fixture_new(cls.mutex, FORMAT_FIXED, 3))                                           \
    KIND(short_mutex, too_short(cls.mutex, 2))                                                     \
    KIND(process, a_process())                                                                     \
    KIND(active_process, process_active(vm))                                                       \
    KIND(short_process, too_short(cls.process, 1))                                                 \
    KIND(linked_list, fixture_new(cls.linked_list, FORMAT_FIXED, 2))                               \
    KIND(short_point, too_short(cls.point, 1))                                                     \
    KIND(message, fixture_new(cls.message, FORMAT_FIXED, 3))                                       \
    KIND(external_address, fixture_new_bits(cls.external_address, FORMAT_8BIT, 8))                 \
    KIND(pinned, heap_pin(&vm->heap, new_bytes(40), true))                                         \
    KIND(forwarder_to_class, forwarder_to(fixture_class_object(cls.plain_twin)))                   \
    KIND(array_of_forwarder, ARRAY_OF(forwarder_to(new_plain()), INT(1)))                          \
    KIND(inflate_stream, new_inflate_stream("+IM()A*B\x00", 9, 64))                                \
    KIND(deflate_stream, new_deflate_stream("abcabcabcabcx", 13))                                  \
    KIND(zip_encoder, new_zip_encoder(32))                                                         \
    KIND(literals, zip_read_stream(new_string("literals"), 8))                                     \
    KIND(distances, zip_read_stream(new_words32(8), 8))                                            \
    KIND(huffman_tree, fixed_literal_tree())                                                       \
    KIND(huffman_table, fixed_literal_table())                                                     \
    KIND(command, ARRAY_OF(new_string("true")))                                                    \
    KIND(stream_kinds, ARRAY_OF(INT(2), INT(2), INT(2)))                                           \
    KIND(process_handle, a_child())                                                                \
    KIND(list_without_end, list_without_end())                                                     \
    KIND(own_superclass, own_superclass())                                                         \
    KIND(character_class, fixture_class_object(cls.character))                                     \
    KIND(array_of_itself, array_of_itself())                                                       \
    KIND(old_array, old_array())                                                                   \
    KIND(buffer_address, address_of_buffer())                                                      \
    KIND(read_only_context, read_only(new_single_context()))                                       \
    KIND(read_only_semaphore, read_only(a_semaphore(0)))                                           \
    KIND(read_only_float, read_only(new_boxed_float(1e300)))                                       \
    KIND(segment, a_segment())                                                                     \
    KIND(segment_out, segment_out)                                                                 \
    KIND(many_words, new_words32(2000))                                                            \
    KIND(special_objects, vm->heap.special_objects)                                                \
    KIND(file_handle, open_file())                                                                 \
    KIND(directory_handle, open_directory())

enum {
#define KIND(name, text, expression) KIND_##name,
#define OTHER(name, expression)      KIND_##name,
#include "../support/operands.tbl"
    OTHER_KINDS(OTHER)
#undef KIND
#undef OTHER
        KIND_COUNT
};
static const char *const kind_names[] = {
#define KIND(name, text, expression) #name,
#define OTHER(name, expression)      #name,
#include "../support/operands.tbl"
    OTHER_KINDS(OTHER)
#undef KIND
#undef OTHER
};

static Oop kinds[KIND_COUNT];

static void make_kinds(void) {
    fixture_drop_operands();
#define KIND(name, text, expression) kinds[KIND_##name] = expression;
#define OTHER(name, expression)      kinds[KIND_##name] = expression;
#include "../support/operands.tbl"
    OTHER_KINDS(OTHER)
#undef KIND
#undef OTHER
    fixture_drop_operands();
}

#endif
