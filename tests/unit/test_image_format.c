// SPDX-License-Identifier: MIT
// Image headers: what is accepted, what is refused with which words, and that encoding keeps
// every byte.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bits.h"
#include "image/format.h"
#include "image/image_info.h"

enum { DATA = 65536 };

static ImageHeader good_header(void) {
    ImageHeader header;
    image_header_default(&header);
    header.data_bytes = DATA;
    header.first_segment_bytes = DATA;
    header.base = 0x804000;
    header.special_objects = 0x805000;
    return header;
}

static Status parse(const ImageHeader *wanted, ImageHeader *header, Diagnosis *diagnosis) {
    uint8_t bytes[IMAGE_HEADER_BYTES];
    image_header_encode(wanted, bytes);
    return image_header_parse(header, bytes, sizeof bytes, IMAGE_HEADER_BYTES + DATA, diagnosis);
}

static void refused(const ImageHeader *wanted, Status status, const char *words) {
    ImageHeader header;
    Diagnosis diagnosis = {""};
    assert_int_equal(parse(wanted, &header, &diagnosis), status);
    if (!strstr(diagnosis.text, words)) fail_msg("'%s' lacks '%s'", diagnosis.text, words);
}

static void good_header_is_read(void **state) {
    (void)state;
    ImageHeader wanted = good_header(), header;
    wanted.last_hash = 0x123456789ull;
    wanted.stack_pages = 77;
    wanted.semaphore_table_size = 512;
    assert_int_equal(parse(&wanted, &header, NULL), STATUS_OK);
    assert_int_equal(header.base, 0x804000);
    assert_int_equal(header.last_hash, 0x123456789ull);
    assert_int_equal(header.stack_pages, 77);
    assert_int_equal(header.semaphore_table_size, 512);
    assert_int_equal(header.prefix_bytes, 0);
}

static void unknown_bytes_are_kept(void **state) {
    (void)state;
    ImageHeader wanted = good_header(), header;
    uint8_t bytes[IMAGE_HEADER_BYTES], again[IMAGE_HEADER_BYTES];
    image_header_encode(&wanted, bytes);
    for (int i = 88; i < IMAGE_HEADER_BYTES; i++)
        bytes[i] = (uint8_t)i;
    bytes[70] = 0xAB;
    assert_int_equal(image_header_parse(&header, bytes, sizeof bytes, 128 + DATA, NULL), STATUS_OK);
    image_header_encode(&header, again);
    assert_memory_equal(bytes, again, sizeof bytes);
}

static void short_header_ends_where_it_says(void **state) {
    (void)state;
    ImageHeader wanted = good_header(), header;
    uint8_t bytes[IMAGE_HEADER_BYTES];
    wanted.header_size = 96;
    image_header_encode(&wanted, bytes);
    memset(bytes + 96, 0xEE, 32); // the first objects
    assert_int_equal(image_header_parse(&header, bytes, sizeof bytes, 96 + DATA, NULL), STATUS_OK);
    assert_int_equal(header.raw[96], 0);
    assert_int_equal(header.timer_microseconds, 0);
}

static void prefix_is_skipped_and_kept(void **state) {
    (void)state;
    ImageHeader wanted = good_header(), header;
    uint8_t bytes[IMAGE_PEEK_BYTES] = "#!/usr/bin/env parley\n";
    image_header_encode(&wanted, bytes + IMAGE_PREFIX_BYTES);
    uint64_t size = IMAGE_PEEK_BYTES + DATA;
    assert_int_equal(image_header_parse(&header, bytes, sizeof bytes, size, NULL), STATUS_OK);
    assert_int_equal(header.prefix_bytes, IMAGE_PREFIX_BYTES);
    assert_memory_equal(header.prefix, bytes, IMAGE_PREFIX_BYTES);
    assert_int_equal(image_header_parse(&header, bytes, sizeof bytes, size - 1, NULL),
                     STATUS_TRUNCATED);
}

static void several_sets_variant_is_read(void **state) {
    (void)state;
    ImageHeader wanted = good_header(), header;
    wanted.format = IMAGE_SPUR64_MULTIPLE_SETS;
    assert_int_equal(parse(&wanted, &header, NULL), STATUS_OK);
}

static void other_formats_are_named(void **state) {
    (void)state;
    ImageHeader wanted = good_header();
    wanted.format = 6521;
    refused(&wanted, STATUS_UNSUPPORTED_FORMAT, "6521 (Spur, 32 bits)");
    wanted.format = 6502;
    refused(&wanted, STATUS_UNSUPPORTED_FORMAT, "6502 (V3, 32 bits)");
    wanted.format = __builtin_bswap32(6502);
    refused(&wanted, STATUS_UNSUPPORTED_FORMAT, "of the other byte order");
    wanted.format = 68022;
    refused(&wanted, STATUS_NOT_AN_IMAGE, "not a Smalltalk image");
}

static void damaged_sizes_are_refused(void **state) {
    (void)state;
    ImageHeader wanted = good_header();
    wanted.header_size = 64;
    refused(&wanted, STATUS_BAD_HEADER, "header size 64");
    wanted = good_header();
    wanted.data_bytes = DATA + 8;
    refused(&wanted, STATUS_TRUNCATED, "truncated");
    wanted.data_bytes = DATA - 1;
    refused(&wanted, STATUS_BAD_HEADER, "data size");
    wanted.data_bytes = ~0ull << 3;
    refused(&wanted, STATUS_BAD_HEADER, "data size");
    wanted = good_header();
    wanted.first_segment_bytes = DATA + 8;
    refused(&wanted, STATUS_BAD_HEADER, "first segment");
    wanted.first_segment_bytes = 0;
    refused(&wanted, STATUS_BAD_HEADER, "first segment");
}

static void damaged_addresses_are_refused(void **state) {
    (void)state;
    ImageHeader wanted = good_header();
    wanted.base = 0x804004;
    refused(&wanted, STATUS_BAD_HEADER, "base address");
    wanted.base = 0xFFFFFFFFFFFFF000ull;
    refused(&wanted, STATUS_BAD_HEADER, "base address");
    wanted = good_header();
    wanted.special_objects = 0x803000;
    refused(&wanted, STATUS_BAD_HEADER, "special objects");
    wanted.special_objects = 0x805001;
    refused(&wanted, STATUS_BAD_HEADER, "special objects");
}

static void every_short_file_is_refused(void **state) {
    (void)state;
    ImageHeader wanted = good_header(), header;
    uint8_t bytes[IMAGE_HEADER_BYTES];
    image_header_encode(&wanted, bytes);
    for (size_t count = 0; count < sizeof bytes; count++)
        assert_int_not_equal(image_header_parse(&header, bytes, count, count, NULL), STATUS_OK);
}

static void paths_become_absolute(void **state) {
    (void)state;
    ImageInfo info;
    assert_int_equal(image_info_init(&info), STATUS_OK);
    assert_string_equal(info.path, "");
    assert_int_equal(image_info_set_path(&info, "/a/b.image"), STATUS_OK);
    assert_string_equal(info.path, "/a/b.image");
    assert_int_equal(image_info_set_path(&info, "b.image"), STATUS_OK);
    char *directory = getcwd(NULL, 0);
    assert_int_equal(strncmp(info.path, directory, strlen(directory)), 0);
    assert_string_equal(info.path + strlen(directory), "/b.image");
    free(directory);
    image_info_release(&info);
}

static void arguments_are_copied(void **state) {
    (void)state;
    ImageInfo info;
    assert_int_equal(image_info_init(&info), STATUS_OK);
    char first[] = "eval";
    const char *const items[] = {first, "3 + 4"};
    assert_int_equal(image_arguments_set(&info.arguments, 2, items), STATUS_OK);
    first[0] = 'X';
    assert_int_equal(info.arguments.count, 2);
    assert_string_equal(info.arguments.items[0], "eval");
    assert_int_equal(image_arguments_set(&info.arguments, 0, NULL), STATUS_OK);
    assert_int_equal(info.arguments.count, 0);
    image_info_release(&info);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_header_is_read),
        cmocka_unit_test(unknown_bytes_are_kept),
        cmocka_unit_test(short_header_ends_where_it_says),
        cmocka_unit_test(prefix_is_skipped_and_kept),
        cmocka_unit_test(several_sets_variant_is_read),
        cmocka_unit_test(other_formats_are_named),
        cmocka_unit_test(damaged_sizes_are_refused),
        cmocka_unit_test(damaged_addresses_are_refused),
        cmocka_unit_test(every_short_file_is_refused),
        cmocka_unit_test(paths_become_absolute),
        cmocka_unit_test(arguments_are_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
