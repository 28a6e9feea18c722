// SPDX-License-Identifier: MIT
// Disassembly: lines of single instructions with their marks filled in, and of whole methods.
#include "bytecode/disassemble.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "synthetic.h"

static ObjectPool pool;

static void describe_string(void *context, Oop literal, char *text, size_t size) {
    (void)context;
    if (raw_is_immediate(oop_bits(literal))) return;
    snprintf(text, size, "'%s'", (const char *)(uintptr_t)(oop_bits(literal) + 8));
}
static const LiteralNames names = {NULL, describe_string};

static Oop method_with(bool sista, const uint8_t *code, size_t size) {
    pool.used_words = 0;
    Oop literals[2] = {pool_string(&pool, "abc"), pool_int(3)};
    return pool_method(&pool, (MethodParts){.sista = sista,
                                            .literals = literals,
                                            .literal_count = 2,
                                            .code = code,
                                            .code_size = size});
}
enum { FIRST = 24 };

static void line_is(const char *expected, bool sista, const uint8_t *code, size_t size) {
    char line[DISASSEMBLY_LINE_LIMIT];
    Oop method = method_with(sista, code, size);
    assert_int_equal(disassemble_at(method, FIRST, &names, line), size);
    assert_string_equal(line, expected);
}

static void operands_are_filled_in(void **state) {
    (void)state;
    line_is("  25  <12>         push temporary 2", false, BYTES(0x12));
    line_is("  25  <74>         push -1", false, BYTES(116));
    line_is("  25  <8C 03 04>   push element 3 of the vector in temporary 4", false,
            BYTES(140, 3, 4));
    line_is("  25  <8F 21 00 09> push a closure: 1 arguments, 2 copied values, 9 bytes of code",
            false, BYTES(143, 0x21, 0, 9));
    line_is("  25  <B0>         send +", false, BYTES(176));
    line_is("  25  <BA>         send \\\\", false, BYTES(186));
    line_is("  25  <8B 3C 00>   primitive 60", false, BYTES(139, 60, 0));
    line_is("  25  <E1 FF E8 FE> push -2", true, BYTES(225, 255, 232, 254));
}

static void literals_are_named(void **state) {
    (void)state;
    line_is("  25  <20>         push literal 0 'abc'", false, BYTES(32));
    line_is("  25  <21>         push literal 1", false, BYTES(33));
    line_is("  25  <F0>         send 0 'abc' with 2 arguments", false, BYTES(240));
    line_is("  25  <22>         push literal 2", false, BYTES(34)); // there is none
    line_is("  25  <E0 01 E4 00> push literal 256", true, BYTES(224, 1, 228, 0));
}

static void jumps_name_their_target(void **state) {
    (void)state;
    line_is("  25  <90>         jump to 27", false, BYTES(144));
    line_is("  25  <A3 F5>      jump to 16", false, BYTES(163, 245));
    line_is("  25  <E1 01 EF 02> pop, jump to 287 if false", true, BYTES(225, 1, 239, 2));
}

static void cut_instructions_are_said_so(void **state) {
    (void)state;
    char line[DISASSEMBLY_LINE_LIMIT];
    Oop method = method_with(false, BYTES(132, 0));
    assert_int_equal(disassemble_at(method, FIRST, NULL, line), 0);
    assert_string_equal(line, "  25  cut off");
}

static void long_names_are_cut(void **state) {
    (void)state;
    char line[DISASSEMBLY_LINE_LIMIT], name[400];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = 0;
    pool.used_words = 0;
    Oop literal = pool_string(&pool, name);
    Oop method = pool_method(&pool, (MethodParts){.literals = &literal,
                                                  .literal_count = 1,
                                                  .code = (const uint8_t[]){32},
                                                  .code_size = 1});
    assert_int_equal(disassemble_at(method, 16, &names, line), 1);
    assert_int_equal(strlen(line), DISASSEMBLY_LINE_LIMIT - 1);
}

static void methods_are_listed(void **state) {
    (void)state;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    Oop method = method_with(false, BYTES(0x12, 0x20, 0xB0, 0x7C, 0xFC));
    disassemble_method(out, method, FIRST + 4, FIRST + 2, &names);
    fclose(out);
    assert_string_equal(text, "    25  <12>         push temporary 2\n"
                              "    26  <20>         push literal 0 'abc'\n"
                              "->  27  <B0>         send +\n"
                              "    28  <7C>         return the top from the method\n");
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operands_are_filled_in),  cmocka_unit_test(literals_are_named),
        cmocka_unit_test(jumps_name_their_target), cmocka_unit_test(cut_instructions_are_said_so),
        cmocka_unit_test(long_names_are_cut),      cmocka_unit_test(methods_are_listed),
    };
    return cmocka_run_group_tests_name("disassemble", tests, NULL, NULL);
}
