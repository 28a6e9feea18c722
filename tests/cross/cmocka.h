// SPDX-License-Identifier: MIT
// The part of cmocka's interface that our unit tests use, for builds whose machine has no cmocka
// package beside the cross compiler (make arm64). One header, no library; it always speaks TAP.
//
// A test ends early by longjmp to run_one, as with cmocka itself: a failed assertion prints what
// it saw, skip() says so. Like cmocka, a test whose setup fails counts as failed.
#ifndef PARLEY_TESTS_CROSS_CMOCKA_H
#define PARLEY_TESTS_CROSS_CMOCKA_H

#include <math.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int (*CMFixtureFunction)(void **state);
struct CMUnitTest {
    const char *name;
    void (*test_func)(void **state);
    CMFixtureFunction setup_func, teardown_func;
    void *initial_state;
};
// clang-format off
#define cmocka_unit_test_setup_teardown(f, setup, teardown) {#f, f, setup, teardown, NULL}
#define cmocka_unit_test_setup(f, setup) {#f, f, setup, NULL, NULL}
#define cmocka_unit_test_teardown(f, teardown) {#f, f, NULL, teardown, NULL}
#define cmocka_unit_test(f) {#f, f, NULL, NULL, NULL}
// clang-format on

typedef enum CrossEnd { CROSS_PASSED, CROSS_FAILED, CROSS_SKIPPED } CrossEnd;
typedef struct CrossRun {
    jmp_buf end;
    CrossEnd how;
    void *state; // of the test that runs
} CrossRun;
static CrossRun cross_run;

static inline _Noreturn void cross_leave(CrossEnd how) {
    cross_run.how = how;
    longjmp(cross_run.end, 1);
}

#define print_error(...)   ((void)fprintf(stderr, __VA_ARGS__))
#define print_message(...) ((void)printf(__VA_ARGS__))

static inline _Noreturn __attribute__((format(printf, 3, 4))) void
cross_fail(const char *file, int line, const char *format, ...) {
    va_list arguments;
    fprintf(stderr, "%s:%d: ", file, line);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    cross_leave(CROSS_FAILED);
}
#define fail()        cross_fail(__FILE__, __LINE__, "failed")
#define fail_msg(...) cross_fail(__FILE__, __LINE__, __VA_ARGS__)
#define skip()        cross_leave(CROSS_SKIPPED)

static inline void cross_truth(bool holds, const char *text, const char *file, int line) {
    if (!holds) cross_fail(file, line, "%s", text);
}
#define CROSS_TRUTH(c, text)   cross_truth((c), text, __FILE__, __LINE__)
#define assert_true(c)         CROSS_TRUTH((c) ? 1 : 0, #c)
#define assert_false(c)        CROSS_TRUTH((c) ? 0 : 1, "not " #c)
#define assert_null(p)         CROSS_TRUTH((p) ? 0 : 1, #p " is null")
#define assert_non_null(p)     CROSS_TRUTH((p) ? 1 : 0, #p " is not null")
#define assert_ptr_equal(a, b) CROSS_TRUTH((const void *)(a) == (const void *)(b), #a " is " #b)

static inline void cross_same(unsigned long long a, unsigned long long b, bool wanted,
                              const char *file, int line) {
    if ((a == b) != wanted)
        cross_fail(file, line, "%#llx %s %#llx", a, wanted ? "is not" : "is", b);
}
#define CROSS_NUMBER(x) ((unsigned long long)(x))
#define assert_int_equal(a, b)                                                                     \
    cross_same(CROSS_NUMBER(a), CROSS_NUMBER(b), true, __FILE__, __LINE__)
#define assert_int_not_equal(a, b)                                                                 \
    cross_same(CROSS_NUMBER(a), CROSS_NUMBER(b), false, __FILE__, __LINE__)

static inline void cross_range(unsigned long long x, unsigned long long least,
                               unsigned long long most, const char *file, int line) {
    if (x < least || x > most) cross_fail(file, line, "%llu is not in %llu..%llu", x, least, most);
}
#define assert_in_range(x, least, most)                                                            \
    cross_range(CROSS_NUMBER(x), CROSS_NUMBER(least), CROSS_NUMBER(most), __FILE__, __LINE__)

static inline void cross_floats(double a, double b, double nearness, const char *file, int line) {
    if (!(fabs(a - b) <= nearness)) cross_fail(file, line, "%.17g is not %.17g", a, b);
}
#define assert_float_equal(a, b, nearness) cross_floats((a), (b), (nearness), __FILE__, __LINE__)

static inline void cross_texts(const char *a, const char *b, const char *file, int line) {
    if (strcmp(a, b) != 0) cross_fail(file, line, "\"%s\" is not \"%s\"", a, b);
}
#define assert_string_equal(a, b)                                                                  \
    cross_texts((const char *)(a), (const char *)(b), __FILE__, __LINE__)

static inline void cross_bytes(const void *a, const void *b, size_t count, bool wanted,
                               const char *file, int line) {
    if ((memcmp(a, b, count) == 0) == wanted) return;
    cross_fail(file, line, "%zu bytes %s", count, wanted ? "differ" : "are the same");
}
#define assert_memory_equal(a, b, count)                                                           \
    cross_bytes((const void *)(a), (const void *)(b), (count), true, __FILE__, __LINE__)
#define assert_memory_not_equal(a, b, count)                                                       \
    cross_bytes((const void *)(a), (const void *)(b), (count), false, __FILE__, __LINE__)

// Memory that cmocka would look after.
#define test_malloc(bytes)       malloc(bytes)
#define test_calloc(count, size) calloc((count), (size))
#define test_free(memory)        free(memory)

// ---- running them

// Setup and test.
static inline void cross_run_body(const struct CMUnitTest *test) {
    if (test->setup_func && test->setup_func(&cross_run.state) != 0) fail_msg("the setup failed");
    test->test_func(&cross_run.state);
}

// The teardown runs even if the test failed.
static inline CrossEnd cross_run_one(const struct CMUnitTest *test, void *state) {
    cross_run.how = CROSS_PASSED;
    cross_run.state = test->initial_state ? test->initial_state : state;
    if (setjmp(cross_run.end) == 0) cross_run_body(test);
    if (test->teardown_func && setjmp(cross_run.end) == 0)
        if (test->teardown_func(&cross_run.state) != 0) cross_run.how = CROSS_FAILED;
    return cross_run.how;
}

static inline int cross_run_group(const struct CMUnitTest *tests, size_t count,
                                  CMFixtureFunction setup, CMFixtureFunction teardown) {
    void *state = NULL;
    int failures = 0;
    printf("1..%zu\n", count);
    if (setup && setup(&state) != 0) {
        printf("not ok - group setup\n");
        return 1;
    }
    for (size_t i = 0; i < count; i++) {
        CrossEnd how = cross_run_one(&tests[i], state);
        printf("%s %zu - %s%s\n", how == CROSS_FAILED ? "not ok" : "ok", i + 1, tests[i].name,
               how == CROSS_SKIPPED ? " # SKIP" : "");
        fflush(stdout);
        failures += how == CROSS_FAILED;
    }
    if (teardown && teardown(&state) != 0) failures++;
    return failures;
}
#define cmocka_run_group_tests(tests, setup, teardown)                                             \
    cross_run_group(tests, sizeof(tests) / sizeof((tests)[0]), setup, teardown)
#define cmocka_run_group_tests_name(name, tests, setup, teardown)                                  \
    cmocka_run_group_tests(tests, setup, teardown)

#endif
