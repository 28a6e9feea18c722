// SPDX-License-Identifier: MIT
// Back ends: one constant struct per instruction set, all of them linked into every binary. A back
// end encodes single IR instructions and patches the few places of finished code that change.
//
// What must stay true (asserted by encoders, and by the simulator while code runs):
//   - the size of an instruction does not depend on where its label lies, so that sizes are known
//     before addresses are
//   - SP is 8-byte aligned everywhere; the machine's own stack pointer is 16-byte aligned at CALL_C
//   - a SEND_SITE is patched in one step, seen from the processor: the VM has one thread, but the
//     simulator may stop between any two instructions
#ifndef PARLEY_JIT_BACKEND_H
#define PARLEY_JIT_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jit/ir.h"

#define ENCODE_TOO_FAR UINT32_MAX

typedef struct Backend {
    const char *name; // as on the command line: x64, arm64
    const char *machine_names[REGISTER_COUNT];
    uint8_t machine_numbers[REGISTER_COUNT]; // of the abstract registers
    uint32_t longest_bytes;                  // of one IR instruction's code
    uint32_t code_alignment;                 // that methods begin at
    uint32_t return_address_words;           // that a call pushes: 1 on x86-64, 0 on ARM64

    // Encodes the instruction as it will run at `address`; labels[i] is the address of label i.
    // Answers the number of bytes, at most longest_bytes; ENCODE_TOO_FAR when a jump does not
    // reach. With labels NULL it measures: the same number of bytes, with any displacement.
    uint32_t (*encode)(const IrIns *instruction, uint64_t address, const uint64_t *labels,
                       uint8_t *out);

    // A SEND_SITE, named by the return address of its call; `code` is where these bytes can be read
    // (and, to patch, written): the byte at address a is code[a - code_address]. A target that is
    // patched in must be within reach: 2 GB on x86-64, 128 MB on ARM64.
    uint64_t (*send_target)(const uint8_t *code, uint64_t code_address, uint64_t return_address);
    uint32_t (*send_tag)(const uint8_t *code, uint64_t code_address, uint64_t return_address);
    void (*patch_send)(uint8_t *code, uint64_t code_address, uint64_t return_address, uint32_t tag,
                       uint64_t target);
    uint32_t send_site_bytes;
    // The instruction that ends at `end`, a CALL_CODE, JUMP_CODE, JUMP_CODE_IF or SEND_SITE, has
    // been moved by so many bytes: it leads to where it led before.
    void (*move_reference)(uint8_t *end, int64_t distance);
    uint8_t trap_byte; // nothing but these is code that traps
} Backend;

extern const Backend backend_x64, backend_arm64;
// The one that this machine executes; NULL: none of them.
const Backend *backend_host(void);
const Backend *backend_named(const char *name); // NULL: no such name
const Backend *backend_at(unsigned index);      // NULL: no more

// ---- assembling: the code's size, then the code itself. Instructions must be sound, and a label
// that is jumped to must stand somewhere; both are checked.
typedef enum AssembleResult { ASSEMBLED, ASSEMBLE_NO_MEMORY, ASSEMBLE_TOO_FAR } AssembleResult;
// Bytes that the code takes up when it begins at an address with the back end's alignment; a draft
// of them stays with the IR, as do the offsets of its instructions. labels (label_count words)
// become offsets from the start. Without memory 0, and code->out_of_memory is set.
uint32_t assemble_measure(IrCode *code, const Backend *backend, uint64_t *labels);
// Writes the code that was measured last, for `address`, to `out`, which may be the draft; labels
// become addresses.
AssembleResult assemble(const IrCode *code, const Backend *backend, uint64_t address,
                        uint64_t *labels, uint8_t *out);

#endif
