// SPDX-License-Identifier: MIT
// The loops of ZipPlugin: decoding what zlib wrote, encoding and decoding again, stopping where
// there is no room, refusing streams, tables and trees that are not right.
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "plugin_fixture.h"
#include "zip_world.h"

#define INFLATE named("ZipPlugin", "primitiveInflateDecompressBlock")
#define DEFLATE named("ZipPlugin", "primitiveDeflateBlock")
#define SEND    named("ZipPlugin", "primitiveZipSendBlock")
#define UPDATE  named("ZipPlugin", "primitiveDeflateUpdateHashTable")

static const char text[] =
    "she sells sea shells by the sea shore; the shells she sells are sea shells, I'm sure.";
// The same as a fixed block, by zlib 1.2.
static const char packed[] =
    "\x2B\xCE\x48\x55\x28\x4E\xCD\xC9\x29\x06\x92\x89\x0A\xC5\x19\x60\x66\x52\xA5\x42"
    "\x09\x58\x1C\x24\x92\x5F\x94\x6A\x0D\xE1\x42\x24\x8B\xE1\x3A\x12\x8B\x52\x91\x74"
    "\xE9\x28\x78\xAA\xE7\x2A\x14\x97\x16\xA5\xEA\x01\x00";
enum { TEXT_SIZE = sizeof text - 1, PACKED_SIZE = sizeof packed - 1 };

static int64_t number_at(Oop object, int field) { return INT_OF(field_at(object, field)); }

// ---- decoding

static void what_zlib_wrote_is_read(void **state) {
    (void)state;
    Oop stream = new_inflate_stream(packed, PACKED_SIZE, 4096);
    OOP_EQUAL(ANSWER(INFLATE, stream, fixed_literal_table(), fixed_distance_table()), stream);
    assert_int_equal(number_at(stream, 2), TEXT_SIZE);
    assert_memory_equal(object_bytes(field_at(stream, 0)), text, TEXT_SIZE);
    assert_int_equal(number_at(stream, 3), 1); // the block is done, and was the last
    assert_int_equal(number_at(stream, 7), PACKED_SIZE);
}

// Decodes with room for `step` more bytes each time, as images do that move the contents on.
static void decoding_stops_without_room(void **state) {
    (void)state;
    Oop stream = new_inflate_stream(packed, PACKED_SIZE, TEXT_SIZE / 2);
    Oop literals = fixed_literal_table(), distances = fixed_distance_table();
    ANSWER(INFLATE, stream, literals, distances);
    int64_t first = number_at(stream, 2);
    assert_true(first > 0 && first <= TEXT_SIZE / 2);
    assert_int_equal(number_at(stream, 3), 9);
    Oop larger = new_bytes(4096);
    memcpy(object_bytes(larger), object_bytes(field_at(stream, 0)), (size_t)first);
    zip_put(stream, 0, larger);
    ANSWER(INFLATE, stream, literals, distances);
    assert_int_equal(number_at(stream, 2), TEXT_SIZE);
    assert_memory_equal(object_bytes(larger), text, TEXT_SIZE);
    // Nor does a full stream fail.
    stream = new_inflate_stream(packed, PACKED_SIZE, 10);
    zip_put(stream, 2, INT(10));
    ANSWER(INFLATE, stream, literals, distances);
    assert_int_equal(number_at(stream, 7), 1);
}

static void decoding_stops_where_the_source_ends(void **state) {
    (void)state;
    Oop literals = fixed_literal_table(), distances = fixed_distance_table();
    for (int64_t limit = 1; limit < PACKED_SIZE; limit++) {
        Oop stream = new_inflate_stream(packed, PACKED_SIZE, 4096);
        zip_put(stream, 8, INT(limit));
        if (limit == 1) { // five bits are no literal
            FAILS(GENERIC, INFLATE, stream, literals, distances);
            continue;
        }
        ANSWER(INFLATE, stream, literals, distances);
        assert_true(number_at(stream, 7) <= limit);
        zip_put(stream, 8, INT(PACKED_SIZE));
        ANSWER(INFLATE, stream, literals, distances);
        assert_int_equal(number_at(stream, 2), TEXT_SIZE);
        assert_memory_equal(object_bytes(field_at(stream, 0)), text, TEXT_SIZE);
    }
}

static void bad_tables_and_data_are_refused(void **state) {
    (void)state;
    Oop distances = fixed_distance_table();
    const uint32_t bad[][3] = {
        {17u << 24 | 2, 0, 0},                        // too many bits at first
        {1u << 24 | 2, 1u << 24 | 9, 1u << 24 | 9},   // a subtable outside
        {1u << 24 | 2, 63u << 24 | 2, 63u << 24 | 2}, // too many bits later
        {1u << 24 | 2, 1u << 24 | 0, 1u << 24 | 0},   // index 0
        {1u << 24 | 2, 0xC0000000, 0xC0000000},       // too many extra bits
        {1u << 24 | 2, 0x10101,
         0x10101}, // a length, and behind it a distance of more than there is
    };
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        Oop stream = new_inflate_stream(packed, PACKED_SIZE, 4096), table = new_words32(3);
        memcpy(object_bytes(table), bad[i], sizeof bad[i]);
        FAILS(GENERIC, INFLATE, stream, table, distances);
        assert_int_equal(number_at(stream, 2), 0);
        assert_int_equal(number_at(stream, 7), 1);
        assert_int_equal(number_at(stream, 5), 5);
    }
    Oop stream = new_inflate_stream(packed, PACKED_SIZE, 4096);
    FAILS(GENERIC, INFLATE, stream, new_words32(0), distances);
}

static void inflate_streams_are_checked(void **state) {
    (void)state;
    Oop literals = fixed_literal_table(), distances = fixed_distance_table();
    static const int numbers[] = {2, 3, 4, 5, 7, 8};
    EACH_NOT_INTEGER(o) {
        for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++) {
            Oop stream = new_inflate_stream(packed, PACKED_SIZE, 100);
            zip_put(stream, numbers[i], o);
            FAILS(BAD_RECEIVER, INFLATE, stream, literals, distances);
            zip_put(stream, numbers[i], INT(-1));
            FAILS(BAD_RECEIVER, INFLATE, stream, literals, distances);
        }
    }
    EACH_NOT_BYTES(o) {
        Oop stream = new_inflate_stream(packed, PACKED_SIZE, 100);
        zip_put(stream, 0, o);
        FAILS(BAD_RECEIVER, INFLATE, stream, literals, distances);
        zip_put(stream, 0, new_bytes(10));
        zip_put(stream, 6, o);
        FAILS(BAD_RECEIVER, INFLATE, stream, literals, distances);
    }
    EACH_NOT_BOOLEAN(o) {
        Oop stream = new_inflate_stream(packed, PACKED_SIZE, 100);
        FAILS(BAD_RECEIVER, INFLATE, o, literals, distances);
        if (!oop_is_words32(o)) {
            FAILS(BAD_ARGUMENT, INFLATE, stream, o, distances);
            FAILS(BAD_ARGUMENT, INFLATE, stream, literals, o);
        }
    }
    Oop stream = new_inflate_stream(packed, PACKED_SIZE, 100);
    zip_put(stream, 2, INT(101)); // behind the collection
    FAILS(BAD_RECEIVER, INFLATE, stream, literals, distances);
    zip_put(stream, 2, INT(0));
    zip_put(stream, 4, INT(32)); // more bits than it says
    FAILS(BAD_RECEIVER, INFLATE, stream, literals, distances);
    FAILS(NO_MODIFICATION, INFLATE, read_only(new_inflate_stream(packed, PACKED_SIZE, 100)),
          literals, distances);
    stream = new_inflate_stream(packed, PACKED_SIZE, 100);
    zip_put(stream, 0, read_only(new_bytes(100)));
    FAILS(NO_MODIFICATION, INFLATE, stream, literals, distances);
}

// ---- encoding and decoding again

static void send_end_and_flush(Oop encoder) {
    int64_t position = number_at(encoder, 1), bits = number_at(encoder, 4);
    int64_t count = number_at(encoder, 5) + 7; // the end of a block is seven zeros
    for (; count > 0; count -= 8, bits >>= 8)
        object_bytes(field_at(encoder, 0))[position++] = (uint8_t)bits;
    zip_put(encoder, 1, INT(position));
}

static Oop encode_all(Oop stream) {
    Oop encoder = new_zip_encoder(60000);
    zip_put(encoder, 4, INT(3)); // the last block, fixed
    zip_put(encoder, 5, INT(3));
    Oop literals = zip_read_stream(field_at(stream, 9), number_at(stream, 13));
    Oop distances = zip_read_stream(field_at(stream, 10), number_at(stream, 13));
    Oop sum =
        ANSWER(SEND, encoder, literals, distances, fixed_literal_tree(), fixed_distance_tree());
    assert_int_equal(INT_OF(sum), number_at(stream, 7));
    assert_int_equal(number_at(literals, 1), number_at(stream, 13));
    assert_int_equal(number_at(distances, 1), number_at(stream, 13));
    send_end_and_flush(encoder);
    return encoder;
}

static void assert_decodes(Oop encoder, const char *expected, size_t size) {
    Oop decoder = new_inflate_stream(object_bytes(field_at(encoder, 0)),
                                     (size_t)number_at(encoder, 1), (unsigned)size + 300);
    ANSWER(INFLATE, decoder, fixed_literal_table(), fixed_distance_table());
    assert_int_equal(number_at(decoder, 2), size);
    assert_int_equal(number_at(decoder, 3), 1);
    assert_memory_equal(object_bytes(field_at(decoder, 0)), expected, size);
}

static void what_was_written_is_read_again(void **state) {
    (void)state;
    static char long_text[40000];
    zip_text(long_text, sizeof long_text);
    Oop stream = new_deflate_stream(long_text, sizeof long_text);
    OOP_EQUAL(ANSWER(DEFLATE, stream, INT(sizeof long_text - 1), INT(4096), INT(258)), FALSE_OOP);
    assert_int_equal(number_at(stream, 7), sizeof long_text);
    assert_true(number_at(stream, 14) > 1000 && number_at(stream, 14) < number_at(stream, 13));
    Oop encoder = encode_all(stream);
    assert_true(number_at(encoder, 1) < (int64_t)sizeof long_text / 2);
    assert_decodes(encoder, long_text, sizeof long_text);
}

static void write_bytes(const char *name, const void *bytes, size_t size) {
    FILE *file = fopen(in_scratch(name), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

// Python's zlib is the judge, where there is one.
static void zlib_reads_what_was_written(void **state) {
    (void)state;
    static char long_text[40000], command[9000];
    if (system("python3 -c 'import zlib' 2>/dev/null") != 0) skip();
    zip_text(long_text, sizeof long_text);
    Oop stream = new_deflate_stream(long_text, sizeof long_text);
    ANSWER(DEFLATE, stream, INT(sizeof long_text - 1), INT(4096), INT(258));
    Oop encoder = encode_all(stream);
    write_bytes("packed", object_bytes(field_at(encoder, 0)), (size_t)number_at(encoder, 1));
    write_bytes("text", long_text, sizeof long_text);
    char packed_path[PATH_MAX], text_path[PATH_MAX];
    snprintf(packed_path, sizeof packed_path, "%s", in_scratch("packed"));
    snprintf(text_path, sizeof text_path, "%s", in_scratch("text"));
    snprintf(command, sizeof command,
             "python3 -c 'import sys, zlib; p, t = (open(a, \"rb\").read() for a in sys.argv[1:]); "
             "sys.exit(zlib.decompress(p, -15) != t)' %s %s",
             packed_path, text_path);
    assert_int_equal(system(command), 0);
}

static void matches_are_found_and_counted(void **state) {
    (void)state;
    Oop stream = new_deflate_stream("abcabcabcabcx", 13);
    ANSWER(DEFLATE, stream, INT(12), INT(4), INT(258));
    // a, b, c, nine bytes from three before, x.
    assert_int_equal(number_at(stream, 13), 5);
    assert_int_equal(number_at(stream, 14), 1);
    assert_int_equal(zip_words(field_at(stream, 12))[2], 1);
    assert_int_equal(zip_words(field_at(stream, 11))['x'], 1);
    assert_decodes(encode_all(stream), "abcabcabcabcx", 13);
}

// Long runs: the longest match has the code that the image's tables give it, not the last one,
// whose extra bits an image does not know.
static void runs_become_longest_matches(void **state) {
    (void)state;
    static char run[3000];
    memset(run, 'r', sizeof run);
    Oop stream = new_deflate_stream(run, sizeof run);
    ANSWER(DEFLATE, stream, INT(sizeof run - 1), INT(4), INT(258));
    assert_true(zip_words(field_at(stream, 11))[284] >= 11);
    assert_int_equal(zip_words(field_at(stream, 11))[285], 0);
    assert_decodes(encode_all(stream), run, sizeof run);
}

static void a_full_row_of_literals_asks_to_be_written(void **state) {
    (void)state;
    Oop stream = new_deflate_stream(text, TEXT_SIZE);
    zip_put(stream, 9, new_bytes(5));
    OOP_EQUAL(ANSWER(DEFLATE, stream, INT(TEXT_SIZE - 1), INT(4), INT(258)), TRUE_OOP);
    assert_int_equal(number_at(stream, 13), 5);
    assert_true(number_at(stream, 7) >= 5);
    OOP_EQUAL(ANSWER(DEFLATE, stream, INT(TEXT_SIZE - 1), INT(4), INT(258)), TRUE_OOP);
    assert_int_equal(number_at(stream, 13), 5);
}

static void nothing_to_deflate_is_no_mistake(void **state) {
    (void)state;
    Oop stream = new_deflate_stream("", 0);
    OOP_EQUAL(ANSWER(DEFLATE, stream, INT(-1), INT(4), INT(258)), FALSE_OOP);
    assert_int_equal(number_at(stream, 13), 0);
}

// Chains that lead in circles, forwards, or outside.
static void spoiled_chains_do_no_harm(void **state) {
    (void)state;
    for (uint32_t fill = 1; fill; fill = fill * 3 + 7 > 3000000000u ? 0 : fill * 3 + 7) {
        Oop stream = new_deflate_stream(text, TEXT_SIZE);
        for (unsigned i = 0; i < DEFLATE_HASHES; i++)
            zip_words(field_at(stream, 4))[i] = zip_words(field_at(stream, 5))[i] = fill;
        ANSWER(DEFLATE, stream, INT(TEXT_SIZE - 1), INT(1ll << 59), INT(258));
        assert_decodes(encode_all(stream), text, TEXT_SIZE);
    }
}

static void deflate_streams_are_checked(void **state) {
    (void)state;
    static const int numbers[] = {1, 6, 7, 13, 14}, words[] = {4, 5, 10, 11, 12};
    EACH_NOT_INTEGER(o) {
        Oop stream = new_deflate_stream(text, TEXT_SIZE);
        FAILS(BAD_ARGUMENT, DEFLATE, stream, o, INT(4), INT(258));
        FAILS(BAD_ARGUMENT, DEFLATE, stream, INT(1), o, INT(258));
        FAILS(BAD_ARGUMENT, DEFLATE, stream, INT(1), INT(4), o);
        for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++) {
            Oop before = field_at(stream, numbers[i]);
            zip_put(stream, numbers[i], o);
            FAILS(BAD_RECEIVER, DEFLATE, stream, INT(1), INT(4), INT(258));
            zip_put(stream, numbers[i], INT(-1));
            FAILS(BAD_RECEIVER, DEFLATE, stream, INT(1), INT(4), INT(258));
            zip_put(stream, numbers[i], before);
        }
    }
    Oop stream = new_deflate_stream(text, TEXT_SIZE);
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        Oop before = field_at(stream, words[i]);
        zip_put(stream, words[i], new_words32(29));
        FAILS(BAD_RECEIVER, DEFLATE, stream, INT(1), INT(4), INT(258));
        zip_put(stream, words[i], new_bytes(131072));
        FAILS(BAD_RECEIVER, DEFLATE, stream, INT(1), INT(4), INT(258));
        zip_put(stream, words[i], before);
        heap_set_readonly(&vm->heap, before, true);
        FAILS(NO_MODIFICATION, DEFLATE, stream, INT(1), INT(4), INT(258));
        heap_set_readonly(&vm->heap, before, false);
    }
    EACH_NOT_BOOLEAN(o) FAILS(BAD_RECEIVER, DEFLATE, o, INT(1), INT(4), INT(258));
    FAILS(BAD_INDEX, DEFLATE, stream, INT(ZIP_BUFFER - DEFLATE_MARGIN + 1), INT(4), INT(9));
    ANSWER(DEFLATE, stream, INT(ZIP_BUFFER - DEFLATE_MARGIN), INT(4), INT(9));
}

static void tables_of_positions_move(void **state) {
    (void)state;
    static const uint32_t before[] = {0, 9, 10, 11, 0xFFFFFFFF};
    static const uint32_t after[] = {0, 0, 0, 1, 0xFFFFFFF5};
    Oop table = new_words32(5);
    memcpy(object_bytes(table), before, sizeof before);
    OOP_EQUAL(ANSWER(UPDATE, INT(7), table, INT(10)), INT(7));
    assert_memory_equal(object_bytes(table), after, sizeof after);
    FAILS(BAD_ARGUMENT, UPDATE, NIL, table, INT(-1));
    FAILS(NO_MODIFICATION, UPDATE, NIL, read_only(new_words32(5)), INT(1));
    EACH_NOT_INTEGER(o) FAILS(BAD_ARGUMENT, UPDATE, NIL, table, o);
    FAILS(BAD_ARGUMENT, UPDATE, NIL, new_bytes(8), INT(1));
}

// ---- encoders

static Oop literals_of(const char *bytes) {
    return zip_read_stream(new_string(bytes), (int64_t)strlen(bytes));
}
static Oop distances_of(const uint32_t *distances, size_t count) {
    Oop words = new_words32(count);
    memcpy(object_bytes(words), distances, 4 * count);
    return zip_read_stream(words, (int64_t)count);
}

static void encoders_stop_when_they_are_full(void **state) {
    (void)state;
    static const uint32_t none[26] = {0};
    Oop encoder = new_zip_encoder(16), literals = literals_of("abcdefghijklmnopqrstuvwxyz");
    Oop distances = distances_of(none, 26);
    Oop sum =
        ANSWER(SEND, encoder, literals, distances, fixed_literal_tree(), fixed_distance_tree());
    assert_int_equal(INT_OF(sum), 12); // eight bits each, four bytes kept free
    assert_int_equal(number_at(literals, 1), 12);
    assert_int_equal(number_at(encoder, 1), 12);
}

static void what_has_no_code_is_refused(void **state) {
    (void)state;
    Oop trees[] = {fixed_literal_tree(), fixed_distance_tree()};
    const uint32_t far[] = {0, 40000};
    Oop encoder = new_zip_encoder(100), literals = literals_of("ab");
    Oop distances = distances_of(far, 2);
    // The literal is written; the distance, of which there is none, is not.
    OOP_EQUAL(ANSWER(SEND, encoder, literals, distances, trees[0], trees[1]), INT(1));
    assert_int_equal(number_at(literals, 1), 1);
    FAILS(GENERIC, SEND, encoder, literals, distances, trees[0], trees[1]);
    zip_words(field_at(trees[0], 0))['a'] = 17;
    zip_put(literals, 1, INT(0)), zip_put(distances, 1, INT(0));
    FAILS(GENERIC, SEND, encoder, literals, distances, trees[0], trees[1]);
    zip_words(field_at(trees[0], 0))['a'] = 3; // the code has more bits
    FAILS(GENERIC, SEND, encoder, literals, distances, trees[0], trees[1]);
    Oop short_tree = ARRAY_OF(new_words32(90), new_words32(90), INT(89));
    FAILS(GENERIC, SEND, encoder, literals, distances, short_tree, trees[1]);
    assert_int_equal(number_at(encoder, 1), 1);
}

static void encoders_are_checked(void **state) {
    (void)state;
    static const uint32_t none[2] = {0};
    Oop encoder = new_zip_encoder(100), literals = literals_of("ab");
    Oop distances = distances_of(none, 2), tree = fixed_literal_tree();
    EACH_NOT_BOOLEAN(o) {
        FAILS(BAD_ARGUMENT, SEND, encoder, o, distances, tree, tree);
        FAILS(BAD_ARGUMENT, SEND, encoder, literals, o, tree, tree);
        FAILS(BAD_ARGUMENT, SEND, encoder, literals, distances, o, tree);
        FAILS(BAD_ARGUMENT, SEND, encoder, literals, distances, tree, o);
        FAILS(BAD_RECEIVER, SEND, o, literals, distances, tree, tree);
    }
    static const int numbers[] = {1, 4, 5};
    for (unsigned i = 0; i < 3; i++) {
        EACH_NOT_INTEGER(o) {
            zip_put(encoder, numbers[i], o);
            FAILS(BAD_RECEIVER, SEND, encoder, literals, distances, tree, tree);
        }
        zip_put(encoder, numbers[i], INT(101));
        FAILS(BAD_RECEIVER, SEND, encoder, literals, distances, tree, tree);
        zip_put(encoder, numbers[i], INT(0));
    }
    zip_put(distances, 1, INT(1));
    FAILS(BAD_ARGUMENT, SEND, encoder, literals, distances, tree, tree);
    zip_put(distances, 1, INT(0));
    zip_put(literals, 2, INT(3));
    FAILS(BAD_ARGUMENT, SEND, encoder, literals, distances, tree, tree);
    zip_put(literals, 2, INT(2));
    FAILS(NO_MODIFICATION, SEND, read_only(new_zip_encoder(100)), literals, distances, tree, tree);
    heap_set_readonly(&vm->heap, literals, true);
    FAILS(NO_MODIFICATION, SEND, encoder, literals, distances, tree, tree);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PLUGIN_TEST(what_zlib_wrote_is_read),
        PLUGIN_TEST(decoding_stops_without_room),
        PLUGIN_TEST(decoding_stops_where_the_source_ends),
        PLUGIN_TEST(bad_tables_and_data_are_refused),
        PLUGIN_TEST(inflate_streams_are_checked),
        PLUGIN_TEST(what_was_written_is_read_again),
        PLUGIN_TEST(zlib_reads_what_was_written),
        PLUGIN_TEST(matches_are_found_and_counted),
        PLUGIN_TEST(runs_become_longest_matches),
        PLUGIN_TEST(a_full_row_of_literals_asks_to_be_written),
        PLUGIN_TEST(nothing_to_deflate_is_no_mistake),
        PLUGIN_TEST(spoiled_chains_do_no_harm),
        PLUGIN_TEST(deflate_streams_are_checked),
        PLUGIN_TEST(tables_of_positions_move),
        PLUGIN_TEST(encoders_stop_when_they_are_full),
        PLUGIN_TEST(what_has_no_code_is_refused),
        PLUGIN_TEST(encoders_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
