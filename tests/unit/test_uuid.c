// SPDX-License-Identifier: MIT
// UUIDPlugin: sixteen random bytes in the receiver, marked as version 4.
#include "plugin_fixture.h"

static PrimitiveFunction make(void) { return named("UUIDPlugin", "primitiveMakeUUID"); }

static void the_receiver_is_filled(void **state) {
    (void)state;
    Oop uuid = new_bytes(16), other = new_bytes(16);
    OOP_EQUAL(ANSWER(make(), uuid), uuid);
    ANSWER(make(), other);
    assert_int_equal(object_bytes(uuid)[6] >> 4, 4);
    assert_int_equal(object_bytes(uuid)[8] >> 6, 2);
    assert_memory_not_equal(object_bytes(uuid), object_bytes(other), 16);
}

static void wrong_receivers_are_refused(void **state) {
    (void)state;
    EACH_NOT_BYTES(wrong) FAILS(BAD_RECEIVER, make(), wrong);
    FAILS(BAD_RECEIVER, make(), new_bytes(15));
    FAILS(BAD_RECEIVER, make(), new_bytes(17));
    Oop constant = read_only(new_bytes(16));
    FAILS(NO_MODIFICATION, make(), constant);
    assert_int_equal(object_bytes(constant)[6], 0);
}

static void runs_that_must_repeat_repeat(void **state) {
    (void)state;
    Oop first = new_bytes(16), second = new_bytes(16), again = new_bytes(16);
    vm->options.deterministic = true;
    ANSWER(make(), first);
    ANSWER(make(), second);
    plugin_release_all(vm);
    assert_int_equal(plugin_register_all(vm), STATUS_OK);
    ANSWER(make(), again);
    assert_memory_not_equal(object_bytes(first), object_bytes(second), 16);
    assert_memory_equal(object_bytes(first), object_bytes(again), 16);
    assert_int_equal(object_bytes(first)[6] >> 4, 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PLUGIN_TEST(the_receiver_is_filled),
        PLUGIN_TEST(wrong_receivers_are_refused),
        PLUGIN_TEST(runs_that_must_repeat_repeat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
