// SPDX-License-Identifier: MIT
// See listing.h. What Capstone does not know, data between the code for one, is told in bytes.
#include "tool/listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/os_library.h"

#ifdef PARLEY_CAPSTONE
#include <capstone/capstone.h>

struct Listing {
    const Backend *backend;
    void *library;
#define CAPSTONE(name) __typeof__(cs_##name) *name;
#include "tool/capstone.tbl"
#undef CAPSTONE
    csh handle;
    cs_insn *instruction;
};

bool listing_is_built_in(void) { return true; }

#define TEXT(x)               #x
#define VERSION(major, minor) "Capstone " TEXT(major) "." TEXT(minor)
#define FILE_NAME(major)      "libcapstone.so." TEXT(major)
const char *listing_library(void) { return VERSION(CS_API_MAJOR, CS_API_MINOR); }

static bool load_capstone(Listing *listing) {
    bool found = true;
    listing->library = os_library_open(FILE_NAME(CS_API_MAJOR));
#define CAPSTONE(name) found &= os_library_find(listing->library, "cs_" #name, &listing->name);
#include "tool/capstone.tbl"
#undef CAPSTONE
    return found;
}

Listing *listing_open(const Backend *backend) {
    Listing *listing = calloc(1, sizeof *listing);
    if (!listing) return NULL;
    listing->backend = backend;
    if (!load_capstone(listing)) return listing; // goes on without
    bool is_arm = backend == &backend_arm64;
    cs_err error = is_arm ? listing->open(CS_ARCH_ARM64, CS_MODE_ARM, &listing->handle)
                          : listing->open(CS_ARCH_X86, CS_MODE_64, &listing->handle);
    if (error == CS_ERR_OK) listing->instruction = listing->malloc(listing->handle);
    return listing;
}

void listing_close(Listing *listing) {
    if (!listing) return;
    if (listing->instruction) listing->free(listing->instruction, 1);
    if (listing->handle) listing->close(&listing->handle);
    os_library_close(listing->library);
    free(listing);
}

static size_t known_instruction(Listing *listing, const uint8_t *bytes, size_t count,
                                uint64_t address, char *text, size_t size) {
    const uint8_t *at = bytes;
    if (!listing->instruction) return 0;
    if (!listing->disasm_iter(listing->handle, &at, &count, &address, listing->instruction))
        return 0;
    snprintf(text, size, "%s %s", listing->instruction->mnemonic, listing->instruction->op_str);
    return (size_t)(at - bytes);
}

#else

struct Listing {
    const Backend *backend;
};

bool listing_is_built_in(void) { return false; }
const char *listing_library(void) { return NULL; }

Listing *listing_open(const Backend *backend) {
    Listing *listing = calloc(1, sizeof *listing);
    if (listing) listing->backend = backend;
    return listing;
}

void listing_close(Listing *listing) { free(listing); }

static size_t known_instruction(Listing *listing, const uint8_t *bytes, size_t count,
                                uint64_t address, char *text, size_t size) {
    (void)listing, (void)bytes, (void)count, (void)address, (void)text, (void)size;
    return 0;
}

#endif

size_t listing_instruction(Listing *listing, const uint8_t *bytes, size_t count, uint64_t address,
                           char *text, size_t size) {
    size_t taken = known_instruction(listing, bytes, count, address, text, size);
    if (taken) return taken;
    size_t unit = listing->backend == &backend_arm64 ? 4 : 1;
    taken = unit <= count ? unit : 1;
    size_t written = (size_t)snprintf(text, size, "bytes");
    for (size_t i = 0; i < taken && written < size; i++)
        written += (size_t)snprintf(text + written, size - written, " %02x", bytes[i]);
    return taken;
}
