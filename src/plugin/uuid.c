// SPDX-License-Identifier: MIT
// UUIDPlugin: fills the receiver, 16 bytes, with a random UUID (RFC 4122, version 4). In a run that
// must repeat, the numbers come from a generator with a fixed start.
#include <stdlib.h>
#include <string.h>

#include "base/os.h"
#include "base/random.h"
#include "object/raw.h"
#include "plugin/operands.h"
#include "plugin/registry.h"

enum { UUID_BYTES = 16, VERSION_BYTE = 6, VARIANT_BYTE = 8 };

static Status uuid_start(VM *vm) {
    uint64_t *state = calloc(1, sizeof *state);
    if (!state) return STATUS_NO_MEMORY;
    vm->plugin_state[PLUGIN_UUID] = state;
    return STATUS_OK;
}

static void uuid_stop(VM *vm) { free(vm->plugin_state[PLUGIN_UUID]); }

static bool fill(VM *vm, uint8_t bytes[UUID_BYTES]) {
    if (!vm->options.deterministic) return os_random_bytes(bytes, UUID_BYTES);
    random_fill(vm->plugin_state[PLUGIN_UUID], bytes, UUID_BYTES);
    return true;
}

static Outcome prim_make_uuid(VM *vm) {
    uint8_t bytes[UUID_BYTES];
    Oop receiver = prim_receiver(vm);
    if (!oop_is_bytes(receiver) || !num_eq(byte_count(receiver), num(UUID_BYTES)))
        return prim_fail(vm, FAILURE_BAD_RECEIVER);
    if (oop_is_readonly(receiver)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    if (!fill(vm, bytes)) return prim_fail(vm, FAILURE_UNSUPPORTED);
    bytes[VERSION_BYTE] = (bytes[VERSION_BYTE] & 0x0F) | 0x40;
    bytes[VARIANT_BYTE] = (bytes[VARIANT_BYTE] & 0x3F) | 0x80;
    memcpy(object_bytes(receiver), bytes, UUID_BYTES);
    return prim_answer_receiver(vm);
}

static const Primitive uuid_primitives[] = {
    NAMED("UUIDPlugin", "primitiveMakeUUID", prim_make_uuid, 0, 0),
    NAMED_END,
};

const Plugin plugin_uuid = {"UUIDPlugin", uuid_primitives, uuid_start, uuid_stop};
