// SPDX-License-Identifier: MIT
// The embedding API: errors that leave the VM usable, tick limits, saving in the middle of a run
// and going on from the file, two VMs side by side.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "parley.h"
#include "support/emulated.h"
#include "scratch.h"
#include "support/real_images.h"

static const char pharo[] = "pharo8-kernel-spur64.image";

typedef struct Fixture {
    char image[300], output[300];
    int kept_stdout;
} Fixture;

static int setup(void **state) {
    Fixture *f = calloc(1, sizeof *f);
    *state = f;
    alarm(is_emulated() ? 600 : 60); // an image that waits for ever ends the program
    if (!f || scratch_open(state)) return 1;
    snprintf(f->image, sizeof f->image, "%s", in_scratch("work.image"));
    snprintf(f->output, sizeof f->output, "%s", in_scratch("output"));
    return 0;
}

static int teardown(void **state) {
    Fixture *f = *state;
    int failed = scratch_close(state);
    free(f);
    return failed;
}

// A copy of a real image; skips the test when there is none.
static void copy_image_to(const char *name, const char *copy) {
    const char *path = real_image(name);
    char command[2000];
    if (!path) skip();
    snprintf(command, sizeof command, "cp %s %s && chmod u+w %s", path, copy, copy);
    assert_int_equal(system(command), 0);
}

static void copy_image(Fixture *f, const char *name) { copy_image_to(name, f->image); }

static Parley *loaded(const char *path, const ParleyOptions *options) {
    Parley *vm = parley_new(options);
    assert_non_null(vm);
    if (parley_load(vm, path) != PARLEY_OK) fail_msg("%s", parley_error(vm));
    return vm;
}

// What the image prints goes to a file, not among the test results.
static void begin_output(Fixture *f) {
    fflush(stdout);
    f->kept_stdout = dup(1);
    int file = open(f->output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(file, 1);
    close(file);
}

static void end_output(Fixture *f, char *text, size_t size) {
    fflush(stdout);
    dup2(f->kept_stdout, 1);
    close(f->kept_stdout);
    FILE *file = fopen(f->output, "r");
    text[fread(text, 1, size - 1, file)] = 0;
    fclose(file);
}

// ---- errors

static void missing_file_is_an_error(void **state) {
    (void)state;
    ParleyOptions options;
    parley_default_options(&options);
    Parley *vm = parley_new(&options);
    assert_int_equal(parley_load(vm, "/nonexistent.image"), PARLEY_IO_ERROR);
    assert_non_null(strstr(parley_error(vm), "No such file"));
    assert_int_equal(parley_load(vm, "/dev/null"), PARLEY_BAD_IMAGE);
    assert_int_equal(parley_run(vm), PARLEY_FAILED);
    assert_int_equal(parley_save(vm, NULL), PARLEY_WRONG_STATE);
    assert_int_equal(parley_ticks(vm), 0);
    parley_stop(vm);
    parley_destroy(vm);
    parley_destroy(NULL);
}

static void bad_options_are_errors(void **state) {
    Fixture *f = *state;
    ParleyOptions options;
    copy_image(f, pharo);
    parley_default_options(&options);
    options.collector = "none";
    Parley *vm = parley_new(&options);
    assert_int_equal(parley_load(vm, f->image), PARLEY_BAD_OPTION);
    assert_non_null(strstr(parley_error(vm), "collector"));
    parley_destroy(vm);
    parley_default_options(&options);
    options.trace = "sends,nonsense";
    vm = parley_new(&options);
    assert_int_equal(parley_load(vm, f->image), PARLEY_BAD_OPTION);
    assert_non_null(strstr(parley_error(vm), "trace"));
    parley_destroy(vm);
}

static void one_image_for_each_vm(void **state) {
    Fixture *f = *state;
    ParleyOptions options;
    copy_image(f, pharo);
    parley_default_options(&options);
    Parley *vm = parley_new(&options);
    assert_int_equal(parley_load(vm, "/dev/null"), PARLEY_BAD_IMAGE);
    assert_int_equal(parley_load(vm, f->image), PARLEY_OK); // after a failure another may be tried
    assert_string_equal(parley_error(vm), "");
    assert_int_equal(parley_load(vm, f->image), PARLEY_WRONG_STATE);
    assert_int_equal(parley_verify(vm, stderr, 5), 0);
    parley_destroy(vm);
}

// ---- running

static void image_runs_until_it_quits(void **state) {
    Fixture *f = *state;
    char text[1000];
    const char *const arguments[] = {"printVersion"};
    ParleyOptions options;
    copy_image(f, pharo);
    parley_default_options(&options);
    Parley *vm = loaded(f->image, &options); // the first run saves the image and quits
    assert_int_equal(parley_run(vm), PARLEY_QUIT);
    assert_int_equal(parley_exit_code(vm), 0);
    assert_int_equal(parley_run(vm), PARLEY_QUIT);
    assert_int_equal(parley_save(vm, NULL), PARLEY_WRONG_STATE);
    parley_destroy(vm);
    options.arguments = arguments;
    options.argument_count = 1;
    vm = loaded(f->image, &options);
    begin_output(f);
    ParleyStop stop = parley_run(vm);
    end_output(f, text, sizeof text);
    assert_int_equal(stop, PARLEY_QUIT);
    assert_non_null(strstr(text, "Pharo8.0.0"));
    parley_destroy(vm);
}

// Runs in steps, saving and reloading at each: the image goes on where it was, as if nothing
// had happened.
static void generations_go_on_where_they_were(void **state) {
    Fixture *f = *state;
    char text[1000];
    const char *const arguments[] = {"printVersion"};
    ParleyOptions options;
    copy_image(f, pharo);
    parley_default_options(&options);
    Parley *vm = loaded(f->image, &options);
    assert_int_equal(parley_run(vm), PARLEY_QUIT);
    parley_destroy(vm);
    options.arguments = arguments;
    options.argument_count = 1;
    options.max_ticks = is_emulated() ? 60000 : 3000;
    begin_output(f);
    ParleyStop stop = PARLEY_TICK_LIMIT;
    int generation = 0;
    for (; generation < 500 && stop == PARLEY_TICK_LIMIT; generation++) {
        vm = loaded(f->image, &options);
        stop = parley_run(vm);
        if (stop == PARLEY_TICK_LIMIT) {
            assert_int_equal(parley_save(vm, NULL), PARLEY_OK);
            assert_int_equal(parley_verify(vm, stderr, 5), 0);
        }
        parley_destroy(vm);
    }
    end_output(f, text, sizeof text);
    assert_int_equal(stop, PARLEY_QUIT);
    assert_true(generation >= (is_emulated() ? 3 : 50));
    assert_non_null(strstr(text, "Pharo8.0.0"));
}

// A save does not disturb the VM that goes on.
static void saving_changes_nothing_here(void **state) {
    Fixture *f = *state;
    char text[1000], copy[128];
    const char *const arguments[] = {"printVersion"};
    ParleyOptions options;
    copy_image(f, pharo);
    snprintf(copy, sizeof copy, "%s", in_scratch("copy.image"));
    parley_default_options(&options);
    Parley *vm = loaded(f->image, &options);
    assert_int_equal(parley_run(vm), PARLEY_QUIT);
    parley_destroy(vm);
    options.arguments = arguments;
    options.argument_count = 1;
    options.max_ticks = 5000;
    vm = loaded(f->image, &options);
    begin_output(f);
    while (parley_run(vm) == PARLEY_TICK_LIMIT) {
        assert_int_equal(parley_save(vm, copy), PARLEY_OK);
        parley_set_tick_limit(vm, 20000);
    }
    end_output(f, text, sizeof text);
    assert_int_equal(parley_exit_code(vm), 0);
    assert_non_null(strstr(text, "Pharo8.0.0"));
    parley_destroy(vm);
    vm = loaded(copy, &options);
    assert_int_equal(parley_verify(vm, stderr, 5), 0);
    parley_destroy(vm);
}

static void failed_save_is_told(void **state) {
    Fixture *f = *state;
    ParleyOptions options;
    copy_image(f, pharo);
    parley_default_options(&options);
    options.max_ticks = 1000;
    Parley *vm = loaded(f->image, &options);
    assert_int_equal(parley_run(vm), PARLEY_TICK_LIMIT);
    assert_true(parley_ticks(vm) >= 1000);
    assert_int_equal(parley_save(vm, "/nonexistent/x.image"), PARLEY_IO_ERROR);
    assert_non_null(strstr(parley_error(vm), "cannot save"));
    parley_set_tick_limit(vm, 0);
    assert_int_equal(parley_run(vm), PARLEY_QUIT);
    parley_destroy(vm);
}

static void *stop_soon(void *vm) {
    usleep(20000);
    parley_stop(vm);
    return NULL;
}

// The benchmark image calculates for seconds.
static void stop_comes_from_another_thread(void **state) {
    Fixture *f = *state;
    ParleyOptions options;
    pthread_t thread;
    copy_image(f, "candle-bench-spur64.image");
    parley_default_options(&options);
    Parley *vm = loaded(f->image, &options);
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, vm), 0);
    assert_int_equal(parley_run(vm), PARLEY_STOPPED);
    pthread_join(thread, NULL);
    assert_int_equal(parley_save(vm, NULL), PARLEY_OK);
    parley_destroy(vm);
}

static void two_vms_run_side_by_side(void **state) {
    Fixture *f = *state;
    char other[128], text[2000];
    ParleyOptions options;
    snprintf(other, sizeof other, "%s", in_scratch("other.image"));
    copy_image(f, pharo);
    copy_image_to("candle-bench-spur64.image", other);
    parley_default_options(&options);
    options.max_ticks = 3000;
    Parley *one = loaded(f->image, &options), *two = loaded(other, &options);
    begin_output(f);
    ParleyStop stop_one = PARLEY_TICK_LIMIT;
    while (stop_one == PARLEY_TICK_LIMIT) {
        stop_one = parley_run(one);
        assert_int_equal(parley_run(two), PARLEY_TICK_LIMIT);
        parley_set_tick_limit(one, 3000);
        parley_set_tick_limit(two, 3000);
    }
    end_output(f, text, sizeof text);
    assert_int_equal(stop_one, PARLEY_QUIT);
    assert_int_equal(parley_verify(one, stderr, 5) + parley_verify(two, stderr, 5), 0);
    parley_destroy(one);
    assert_int_equal(parley_run(two), PARLEY_TICK_LIMIT);
    parley_destroy(two);
}

static void *run_to_the_end(void *vm) {
    return parley_run(vm) == PARLEY_QUIT && parley_exit_code(vm) == 0 ? vm : NULL;
}

// Nothing is shared: each has a thread of its own.
static void two_vms_run_at_the_same_time(void **state) {
    Fixture *f = *state;
    char other[128], log[128];
    ParleyOptions options;
    snprintf(other, sizeof other, "%s", in_scratch("other.image"));
    snprintf(log, sizeof log, "%s", in_scratch("log1.txt"));
    copy_image(f, pharo);
    copy_image_to("candle-bench-spur64.image", other);
    parley_default_options(&options);
    Parley *vms[] = {loaded(f->image, &options), loaded(other, &options)};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_to_the_end, vms[i]), 0);
    for (int i = 0; i < 2; i++) {
        void *answer;
        pthread_join(threads[i], &answer);
        assert_ptr_equal(answer, vms[i]);
        assert_int_equal(parley_verify(vms[i], stderr, 5), 0);
        parley_destroy(vms[i]);
    }
    assert_int_equal(access(log, R_OK), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(missing_file_is_an_error),
        TEST(bad_options_are_errors),
        TEST(one_image_for_each_vm),
        TEST(image_runs_until_it_quits),
        TEST(generations_go_on_where_they_were),
        TEST(saving_changes_nothing_here),
        TEST(failed_save_is_told),
        TEST(stop_comes_from_another_thread),
        TEST(two_vms_run_side_by_side),
        TEST(two_vms_run_at_the_same_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
