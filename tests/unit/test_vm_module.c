// SPDX-License-Identifier: MIT
// The VM's own named primitives, the environment among them; and SecurityPlugin.
#include "base/event_loop.h"
#include "run/process.h"

#include "plugin_fixture.h"

#include <errno.h>

#include "base/version.h"
#include "object/ops.h"

#define VM_ANSWER(name, ...)          NAMED_ANSWER("", name, __VA_ARGS__)
#define VM_FAILS(failure, name, ...)  NAMED_FAILS(failure, "", name, __VA_ARGS__)
#define VM_FAILS_OS(error, name, ...) NAMED_FAILS_OS(error, "", name, __VA_ARGS__)
#define SECURITY(name)                NAMED_ANSWER("SecurityPlugin", name, NIL)

static void environment_variables_are_strings_or_nil(void **state) {
    (void)state;
    setenv("PARLEY_TEST", "caf\xC3\xA9", 1);
    assert_bytes(VM_ANSWER("primitiveGetenv", NIL, new_string("PARLEY_TEST")), "caf\xC3\xA9");
    setenv("PARLEY_TEST", "", 1);
    assert_bytes(VM_ANSWER("primitiveGetenv", NIL, new_string("PARLEY_TEST")), "");
    unsetenv("PARLEY_TEST");
    OOP_EQUAL(VM_ANSWER("primitiveGetenv", NIL, new_string("PARLEY_TEST")), NIL);
    OOP_EQUAL(VM_ANSWER("primitiveGetenv", NIL, new_string("")), NIL);
    EACH_NOT_BYTES(wrong) VM_FAILS(BAD_ARGUMENT, "primitiveGetenv", NIL, wrong);
}

static void the_working_directory_can_be_read_and_set(void **state) {
    (void)state;
    char before[4096];
    assert_non_null(getcwd(before, sizeof before));
    assert_bytes(VM_ANSWER("primitiveGetCurrentWorkingDirectory", NIL), before);
    mkdir(in_scratch("gr\xC3\xBC"), 0700);
    OOP_EQUAL(VM_ANSWER("primitiveSetCurrentWorkingDirectory", INT(1), PATH("gr\xC3\xBC")), INT(1));
    assert_bytes(VM_ANSWER("primitiveGetCurrentWorkingDirectory", NIL), in_scratch("gr\xC3\xBC"));
    VM_FAILS_OS(ENOENT, "primitiveSetCurrentWorkingDirectory", NIL, PATH("missing"));
    EACH_NOT_BYTES(wrong) VM_FAILS(BAD_ARGUMENT, "primitiveSetCurrentWorkingDirectory", NIL, wrong);
    rmdir(in_scratch("gr\xC3\xBC"));
    VM_FAILS_OS(ENOENT, "primitiveGetCurrentWorkingDirectory", NIL);
    assert_int_equal(chdir(before), 0);
}

static void the_vm_tells_what_it_is(void **state) {
    (void)state;
    OOP_EQUAL(VM_ANSWER("primitiveImageFormatVersion", NIL), INT(68021));
    assert_bytes(VM_ANSWER("primitiveVMVersion", NIL), PARLEY_VERSION);
    OOP_EQUAL(VM_ANSWER("primitiveIsBigEnder", NIL), FALSE_OOP);
    OOP_EQUAL(VM_ANSWER("primitiveMillisecondClockMask", NIL), INT(0x1FFFFFFF));
    OOP_EQUAL(VM_ANSWER("primitiveScreenDepth", NIL), INT(1));
    OOP_EQUAL(VM_ANSWER("primitiveScreenScaleFactor", NIL), REAL(1.0));
}

static void the_clock_goes_on(void **state) {
    (void)state;
    int64_t first = INT_OF(VM_ANSWER("primitiveHighResClock", NIL));
    usleep(1000);
    assert_true(INT_OF(VM_ANSWER("primitiveHighResClock", NIL)) >= first + 1000000);
    vm->options.deterministic = true;
    vm->ticks = 77;
    OOP_EQUAL(VM_ANSWER("primitiveHighResClock", NIL), INT(77));
}

static void settings_without_effect_still_check_their_operands(void **state) {
    (void)state;
    OOP_EQUAL(VM_ANSWER("primitiveEventProcessingControl", NIL), TRUE_OOP);
    OOP_EQUAL(VM_ANSWER("primitiveEventProcessingControl", NIL, FALSE_OOP), TRUE_OOP);
    VM_FAILS(BAD_ARGUMENT, "primitiveEventProcessingControl", NIL, INT(1));
    VM_FAILS(BAD_ARGUMENT_COUNT, "primitiveEventProcessingControl", NIL, TRUE_OOP, TRUE_OOP);
    OOP_EQUAL(VM_ANSWER("primitiveSetWindowLabel", INT(2), new_string("t")), INT(2));
    EACH_NOT_BYTES(wrong) VM_FAILS(BAD_ARGUMENT, "primitiveSetWindowLabel", NIL, wrong);
    OOP_EQUAL(VM_ANSWER("primitiveSetWindowSize", INT(2), INT(3), INT(4)), INT(2));
    EACH_NOT_INTEGER(wrong) {
        VM_FAILS(BAD_ARGUMENT, "primitiveSetWindowSize", NIL, wrong, INT(4));
        VM_FAILS(BAD_ARGUMENT, "primitiveSetWindowSize", NIL, INT(4), wrong);
        VM_FAILS(BAD_ARGUMENT, "primitiveSetGCSemaphore", NIL, wrong);
    }
    OOP_EQUAL(VM_ANSWER("primitiveForceTenure", INT(2)), INT(2));
    assert_bytes(VM_ANSWER("primitiveGetLogDirectory", NIL), "");
    OOP_EQUAL(VM_ANSWER("primitiveLongRunningPrimitive", INT(2)), NIL);
}

static void young_objects_are_told_from_old_ones(void **state) {
    (void)state;
    OOP_EQUAL(VM_ANSWER("primitiveIsYoung", NIL, new_plain()), TRUE_OOP);
    OOP_EQUAL(VM_ANSWER("primitiveIsYoung", NIL, NIL), FALSE_OOP);
    OOP_EQUAL(VM_ANSWER("primitiveIsYoung", NIL, INT(3)), FALSE_OOP);
}

static void the_right_to_save_can_be_given_up(void **state) {
    (void)state;
    OOP_EQUAL(SECURITY("primitiveCanWriteImage"), TRUE_OOP);
    SECURITY("primitiveDisableImageWrite");
    OOP_EQUAL(SECURITY("primitiveCanWriteImage"), FALSE_OOP);
    FAILS(INAPPROPRIATE, prim_snapshot, NIL);
    assert_int_equal(access(in_scratch("test.image"), F_OK), -1);
}

static void trusted_files_lie_beside_the_image(void **state) {
    (void)state;
    unsetenv("SQUEAK_USERDIR");
    assert_bytes(SECURITY("primitiveGetSecureUserDirectory"), in_scratch("secure"));
    assert_bytes(SECURITY("primitiveGetUntrustedUserDirectory"), in_scratch("My Squeak"));
    setenv("SQUEAK_USERDIR", "/elsewhere", 1);
    assert_bytes(SECURITY("primitiveGetUntrustedUserDirectory"), "/elsewhere");
    unsetenv("SQUEAK_USERDIR");
}

// ---- the profiler

static void sample_now(void) {
    uint32_t never = 0;
    for (int i = 0; i < 1000; i++) {
        Oop sample = VM_ANSWER("primitiveProfileSample", NIL);
        if (!oop_is(sample, NIL)) {
            OOP_EQUAL(sample, process_active(vm));
            return;
        }
        event_loop_wait(vm->processes->loop, 1000, &never);
    }
    fail_msg("no sample was taken");
}

static void samples_are_taken_once_and_signalled(void **state) {
    (void)state;
    Oop semaphore = fixture_new(cls.semaphore, FORMAT_FIXED, 3);
    field_at_put(&vm->heap, semaphore, SEMAPHORE_EXCESS_SIGNALS, INT(0));
    OOP_EQUAL(VM_ANSWER("primitiveProfileSample", NIL), NIL);
    OOP_EQUAL(VM_ANSWER("primitiveProfileSemaphore", INT(6), semaphore), INT(6));
    OOP_EQUAL(VM_ANSWER("primitiveProfileStart", INT(6), INT(2000000)), INT(6));
    sample_now();
    OOP_EQUAL(VM_ANSWER("primitiveProfileSample", NIL), NIL);
    OOP_EQUAL(VM_ANSWER("primitiveProfilePrimitive", NIL), NIL);
    OOP_EQUAL(field_at(semaphore, SEMAPHORE_EXCESS_SIGNALS), INT(1));
    VM_ANSWER("primitiveProfileStart", NIL, INT(1));
    sample_now();
    OOP_EQUAL(field_at(semaphore, SEMAPHORE_EXCESS_SIGNALS), INT(2));
    // Stopped, and without a semaphore.
    VM_ANSWER("primitiveProfileStart", NIL, INT(10000000));
    VM_ANSWER("primitiveProfileStart", NIL, INT(0));
    VM_ANSWER("primitiveProfileSemaphore", NIL, NIL);
    uint32_t never = 0;
    event_loop_wait(vm->processes->loop, 20000, &never);
    OOP_EQUAL(VM_ANSWER("primitiveProfileSample", NIL), NIL);
    VM_ANSWER("primitiveProfileStart", NIL, INT(1));
    sample_now();
    OOP_EQUAL(field_at(semaphore, SEMAPHORE_EXCESS_SIGNALS), INT(2));
}

// What the profiler holds moves and lives on.
static void the_profiler_holds_its_semaphore(void **state) {
    (void)state;
    Oop semaphore = fixture_new(cls.semaphore, FORMAT_FIXED, 3);
    field_at_put(&vm->heap, semaphore, SEMAPHORE_EXCESS_SIGNALS, INT(0));
    VM_ANSWER("primitiveProfileSemaphore", NIL, semaphore);
    VM_ANSWER("primitiveProfileStart", NIL, INT(1));
    fixture_drop_operands();
    heap_collect_full(&vm->heap);
    sample_now();
    heap_collect_full(&vm->heap);
}

static void the_profiler_refuses_wrong_operands(void **state) {
    (void)state;
    EACH_NOT_INTEGER(o) {
        VM_FAILS(BAD_ARGUMENT, "primitiveProfileStart", NIL, o);
        if (!oop_is(o, NIL)) {
            VM_FAILS(BAD_ARGUMENT, "primitiveProfileSemaphore", NIL, o);
            VM_FAILS(BAD_ARGUMENT, "primitiveLongRunningPrimitiveSemaphore", NIL, o);
        }
    }
    VM_FAILS(BAD_ARGUMENT, "primitiveProfileSemaphore", NIL,
             fixture_new(cls.mutex, FORMAT_FIXED, 3));
    VM_ANSWER("primitiveLongRunningPrimitiveSemaphore", NIL, NIL);
    vm->options.deterministic = true;
    VM_FAILS(UNSUPPORTED, "primitiveProfileStart", NIL, INT(1));
    vm->options.deterministic = false;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PLUGIN_TEST(samples_are_taken_once_and_signalled),
        PLUGIN_TEST(the_profiler_holds_its_semaphore),
        PLUGIN_TEST(the_profiler_refuses_wrong_operands),
        PLUGIN_TEST(environment_variables_are_strings_or_nil),
        PLUGIN_TEST(the_working_directory_can_be_read_and_set),
        PLUGIN_TEST(the_vm_tells_what_it_is),
        PLUGIN_TEST(the_clock_goes_on),
        PLUGIN_TEST(settings_without_effect_still_check_their_operands),
        PLUGIN_TEST(young_objects_are_told_from_old_ones),
        PLUGIN_TEST(the_right_to_save_can_be_given_up),
        PLUGIN_TEST(trusted_files_lie_beside_the_image),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
