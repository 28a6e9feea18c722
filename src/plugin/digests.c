// SPDX-License-Identifier: MIT
// MD5Plugin and SHA256Plugin: a block of 64 bytes into the state of a digest, both byte objects;
// and DSAPrims' half of SHA-1, where they are objects of 32-bit words. The work is done by
// base/digest.h. The arithmetic of DSAPrims stands in big_arithmetic.c.
#include <string.h>

#include "base/digest.h"
#include "object/raw.h"
#include "plugin/operands.h"
#include "plugin/registry.h"

// ---- operands: byte objects of at least so many bytes; objects of exactly so many words

static bool has_bytes(Oop oop, int count) {
    return oop_is_bytes(oop) && num_le(num(count), byte_count(oop));
}
static bool has_words(Oop oop, int count) {
    return oop_is_words32(oop) && num_eq(element_count(oop), num(count));
}

static Outcome initialize_state(VM *vm, const uint32_t *initial, int words) {
    Oop state = prim_argument(vm, 0);
    if (!has_bytes(state, 4 * words)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (object_is_readonly(state)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    memcpy(object_bytes(state), initial, 4 * (size_t)words);
    return prim_answer_receiver(vm);
}

// (block, state)
static Outcome process_buffer(VM *vm, int words,
                              void (*process)(uint32_t *state, const uint8_t *block)) {
    uint32_t copy[SHA256_WORDS];
    Oop block = prim_argument(vm, 0), state = prim_argument(vm, 1);
    if (!has_bytes(block, DIGEST_BLOCK_BYTES) || !has_bytes(state, 4 * words))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (object_is_readonly(state)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    memcpy(copy, object_bytes(state), 4 * (size_t)words);
    process(copy, object_bytes(block));
    memcpy(object_bytes(state), copy, 4 * (size_t)words);
    return prim_answer_receiver(vm);
}

static Outcome prim_available(VM *vm) { return prim_answer_bool(vm, true); }

// ---- MD5

static Outcome prim_md5_initialize(VM *vm) {
    return initialize_state(vm, md5_initial_state, MD5_WORDS);
}
static Outcome prim_md5_process(VM *vm) { return process_buffer(vm, MD5_WORDS, md5_block); }

// Brings the words of the state into MD5's order of bytes, which they have.
static Outcome prim_md5_decode(VM *vm) {
    if (!has_bytes(prim_argument(vm, 0), 4 * MD5_WORDS)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    return prim_answer_receiver(vm);
}

// ---- SHA-256

static Outcome prim_sha256_initialize(VM *vm) {
    return initialize_state(vm, sha256_initial_state, SHA256_WORDS);
}
static Outcome prim_sha256_process(VM *vm) {
    return process_buffer(vm, SHA256_WORDS, sha256_block);
}

// (digest, state): the state's words with their high byte first
static Outcome prim_sha256_final(VM *vm) {
    uint8_t words[4 * SHA256_WORDS];
    Oop digest = prim_argument(vm, 0), state = prim_argument(vm, 1);
    if (!has_bytes(digest, sizeof words) || !has_bytes(state, sizeof words))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (object_is_readonly(digest)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    for (unsigned i = 0; i < sizeof words; i++)
        words[i] = object_bytes(state)[i ^ 3];
    memcpy(object_bytes(digest), words, sizeof words);
    return prim_answer_receiver(vm);
}

// ---- SHA-1

// (64 bytes, 80 words)
static Outcome prim_sha1_expand(VM *vm) {
    uint32_t expanded[SHA1_EXPANDED_WORDS];
    Oop block = prim_argument(vm, 0), words = prim_argument(vm, 1);
    if (!oop_is_bytes(block) || !num_eq(byte_count(block), num(DIGEST_BLOCK_BYTES)) ||
        !has_words(words, SHA1_EXPANDED_WORDS))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (object_is_readonly(words)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    sha1_expand(expanded, object_bytes(block));
    memcpy(object_bytes(words), expanded, sizeof expanded);
    return prim_answer_receiver(vm);
}

// (80 words, 5 words of state)
static Outcome prim_sha1_hash(VM *vm) {
    uint32_t expanded[SHA1_EXPANDED_WORDS], copy[SHA1_WORDS];
    Oop words = prim_argument(vm, 0), state = prim_argument(vm, 1);
    if (!has_words(words, SHA1_EXPANDED_WORDS) || !has_words(state, SHA1_WORDS))
        return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (object_is_readonly(state)) return prim_fail(vm, FAILURE_NO_MODIFICATION);
    memcpy(expanded, object_bytes(words), sizeof expanded);
    memcpy(copy, object_bytes(state), sizeof copy);
    sha1_block(copy, expanded);
    memcpy(object_bytes(state), copy, sizeof copy);
    return prim_answer_receiver(vm);
}

// ---- the tables

static const Primitive md5_primitives[] = {
    NAMED_ABSENT("MD5Plugin", "primitivePluginAvailable", 0,
                 "Pharo's MD5, when told so, computes in a literal, which is read-only; it has "
                 "code of its own"),
    NAMED("MD5Plugin", "primitiveInitializeState", prim_md5_initialize, 1, 0),
    NAMED("MD5Plugin", "primitiveProcessBufferWithState", prim_md5_process, 2, 0),
    NAMED("MD5Plugin", "primitiveDecodeState", prim_md5_decode, 1, 0),
    NAMED_END,
};

static const Primitive sha256_primitives[] = {
    NAMED("SHA256Plugin", "primitivePluginAvailable", prim_available, 0, 0),
    NAMED("SHA256Plugin", "primitiveInitializeState", prim_sha256_initialize, 1, 0),
    NAMED("SHA256Plugin", "primitiveProcessBufferWithState", prim_sha256_process, 2, 0),
    NAMED("SHA256Plugin", "primitiveFinalHashFromState", prim_sha256_final, 2, 0),
    NAMED_END,
};

static const Primitive sha1_primitives[] = {
    NAMED("DSAPrims", "primitiveHasSecureHashPrimitive", prim_available, 0, 0),
    NAMED("DSAPrims", "primitiveExpandBlock", prim_sha1_expand, 2, 0),
    NAMED("DSAPrims", "primitiveHashBlock", prim_sha1_hash, 2, 0),
    NAMED_END,
};

const Plugin plugin_md5 = {"MD5Plugin", md5_primitives, NULL, NULL};
const Plugin plugin_sha256 = {"SHA256Plugin", sha256_primitives, NULL, NULL};
const Plugin plugin_sha1 = {"DSAPrims", sha1_primitives, NULL, NULL};
