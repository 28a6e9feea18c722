// SPDX-License-Identifier: MIT
// The arena: layout of its zones, where it goes, committing.
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/os.h"
#include "base/os_memory.h"
#include "memory/arena.h"

static ArenaOptions small_options(void) {
    return (ArenaOptions){.reserve_bytes = 64 << 20,
                          .control_bytes = 5000,
                          .code_bytes = 1 << 16,
                          .stack_bytes = 1 << 15,
                          .new_bytes = 1 << 20};
}

static Arena reserved(const ArenaOptions *options) {
    Arena arena;
    Diagnosis diagnosis;
    assert_int_equal(arena_reserve(&arena, options, &diagnosis), STATUS_OK);
    return arena;
}

static uint64_t zone_bytes(ArenaZone zone) { return zone.end - zone.start; }

static void zones_follow_each_other(void **state) {
    (void)state;
    ArenaOptions options = small_options();
    Arena arena = reserved(&options);
    uint64_t page = os_page_size();
    assert_int_equal(arena.control.start, arena.start);
    assert_int_equal(arena.code.start, arena.control.end);
    assert_int_equal(arena.stack.start, arena.code.end);
    assert_int_equal(arena.new_space.start, arena.stack.end);
    assert_int_equal(arena.old_space.start, arena.new_space.end);
    assert_int_equal(arena.old_space.end, arena.end);
    assert_int_equal(arena.end - arena.start, 64 << 20);
    assert_int_equal(zone_bytes(arena.control), (5000 + page - 1) / page * page);
    assert_true(zone_bytes(arena.new_space) >= 1 << 20);
    assert_int_equal(arena.old_space.start % page, 0);
    arena_release(&arena);
    assert_int_equal(arena.start, 0);
}

static void small_wishes_get_some_old_space(void **state) {
    (void)state;
    ArenaOptions options = small_options();
    options.reserve_bytes = 4096;
    Arena arena = reserved(&options);
    assert_true(zone_bytes(arena.old_space) >= 16 << 20);
    arena_release(&arena);
}

static void default_is_large(void **state) {
    (void)state;
    ArenaOptions options = small_options();
    options.reserve_bytes = 0;
    Arena arena = reserved(&options);
    assert_true(arena.end - arena.start > 1ull << 32);
    arena_release(&arena);
}

static void preferred_base_is_met(void **state) {
    (void)state;
    ArenaOptions options = small_options();
    Arena arena = reserved(&options);
    uint64_t base = arena.old_space.start;
    arena_release(&arena);
    options.preferred_old_base = base; // free again
    arena = reserved(&options);
    assert_int_equal(arena.old_space.start, base);
    Arena other = reserved(&options); // taken now
    assert_int_not_equal(other.old_space.start, base);
    arena_release(&other);
    arena_release(&arena);
}

static void impossible_bases_are_ignored(void **state) {
    (void)state;
    static const uint64_t bases[] = {8, 4096, 0x10000, 0x10000000008, UINT64_MAX & ~4095ull};
    for (unsigned i = 0; i < sizeof bases / sizeof *bases; i++) {
        ArenaOptions options = small_options();
        options.preferred_old_base = bases[i];
        Arena arena = reserved(&options);
        assert_int_not_equal(arena.old_space.start, bases[i]);
        arena_release(&arena);
    }
}

static void committed_pages_are_zero(void **state) {
    (void)state;
    ArenaOptions options = small_options();
    Arena arena = reserved(&options);
    uint64_t start = arena.old_space.start, page = os_page_size();
    assert_int_equal(arena_commit(&arena, start, 3 * page), STATUS_OK);
    uint8_t *bytes = (uint8_t *)(uintptr_t)start;
    for (uint64_t i = 0; i < 3 * page; i++)
        assert_int_equal(bytes[i], 0);
    memset(bytes, 1, 3 * page);
    arena_decommit(&arena, start + page, page);
    assert_int_equal(bytes[page - 1], 1);
    assert_int_equal(bytes[2 * page], 1);
    assert_int_equal(arena_commit(&arena, start + page, page), STATUS_OK);
    assert_int_equal(bytes[page], 0);
    arena_release(&arena);
}

static void only_whole_pages_are_given_back(void **state) {
    (void)state;
    ArenaOptions options = small_options();
    Arena arena = reserved(&options);
    uint64_t start = arena.old_space.start, page = os_page_size();
    assert_int_equal(arena_commit(&arena, start, page + 8), STATUS_OK);
    uint8_t *bytes = (uint8_t *)(uintptr_t)start;
    bytes[2 * page - 1] = 7; // the page that was begun is there as a whole
    arena_decommit(&arena, start + 8, page);
    bytes[0] = bytes[page] = 7;
    arena_release(&arena);
}

// Runs `step` in a process of its own; answers how it ended.
static int in_child(void (*step)(void)) {
    pid_t child = fork();
    if (child == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        signal(SIGSEGV, SIG_DFL);
        step();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void touch_what_is_not_committed(void) {
    ArenaOptions options = small_options();
    Arena arena;
    if (arena_reserve(&arena, &options, NULL)) _exit(2);
    *(volatile uint8_t *)(uintptr_t)arena.old_space.start = 1;
}

static void uncommitted_pages_fault(void **state) {
    (void)state;
    int status = in_child(touch_what_is_not_committed);
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void limit_addresses(rlim_t bytes) {
    struct rlimit limit = {bytes, bytes};
    setrlimit(RLIMIT_AS, &limit);
}

static void reserve_more_than_the_limit(void) {
    limit_addresses(1 << 20);
    if (os_memory_reserve(0, 2 << 20)) _exit(2);
}

#if defined(__SANITIZE_ADDRESS__)
enum { NEEDS_MANY_ADDRESSES = true };
#else
enum { NEEDS_MANY_ADDRESSES = false };
#endif
// Sanitizers need more addresses than these tests leave, and qemu-user has no such limit.
static bool limits_work(void) {
    return !NEEDS_MANY_ADDRESSES && in_child(reserve_more_than_the_limit) == 0;
}

static void reserve_with_few_addresses(void) {
    limit_addresses(1u << 30);
    ArenaOptions options = small_options();
    options.reserve_bytes = 64ull << 30;
    Arena arena;
    if (arena_reserve(&arena, &options, NULL)) _exit(2);
    if (arena.end - arena.start >= 1u << 30) _exit(3);
    if (arena.end - arena.start < 1u << 28) _exit(4);
}

static void reservation_is_halved(void **state) {
    (void)state;
    if (!limits_work()) skip();
    int status = in_child(reserve_with_few_addresses);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void reserve_with_no_addresses(void) {
    limit_addresses(8 << 20);
    ArenaOptions options = small_options();
    Arena arena;
    Diagnosis diagnosis = {""};
    if (arena_reserve(&arena, &options, &diagnosis) != STATUS_NO_MEMORY) _exit(2);
    if (!strstr(diagnosis.text, "reserve")) _exit(3);
}

static void too_few_addresses_are_an_error(void **state) {
    (void)state;
    if (!limits_work()) skip();
    int status = in_child(reserve_with_no_addresses);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zones_follow_each_other),
        cmocka_unit_test(small_wishes_get_some_old_space),
        cmocka_unit_test(default_is_large),
        cmocka_unit_test(preferred_base_is_met),
        cmocka_unit_test(impossible_bases_are_ignored),
        cmocka_unit_test(committed_pages_are_zero),
        cmocka_unit_test(only_whole_pages_are_given_back),
        cmocka_unit_test(uncommitted_pages_fault),
        cmocka_unit_test(reservation_is_halved),
        cmocka_unit_test(too_few_addresses_are_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
