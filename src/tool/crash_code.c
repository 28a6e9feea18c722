// SPDX-License-Identifier: MIT
// See crash_code.h. The signal came in the code zone, so not inside of malloc or the loader of
// libraries: a disassembler may be fetched. What is broken is met with crash_guard.
#include "tool/crash_code.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/crash.h"
#include "base/os.h"
#include "tool/code_names.h"
#include "tool/listing.h"

enum { BEFORE = 12, BEHIND = 8, LINE_BYTES = 160 };

typedef struct Place {
    const VM *vm;
    FILE *to;
    const OsRegisters *registers;
    char name[CODE_NAME_BYTES];
    uint64_t start, end, first; // of the piece; where its instructions begin
} Place;

// Caches have no tables: of them only the address is known.
static void find_piece(void *context) {
    Place *place = context;
    const Jit *jit = place->vm->jit;
    uint64_t pc = place->registers->pc;
    StubName stubs[STUB_NAME_LIMIT];
    unsigned count = code_name_stubs(jit, stubs);
    const Code *code = zone_code_at(&jit->zone, pc);
    snprintf(place->name, sizeof place->name, "a cache");
    place->start = place->first = pc;
    place->end = jit->zone.free;
    for (unsigned i = 0; i < count; i++) {
        if (pc < stubs[i].start || pc >= stubs[i].end) continue;
        snprintf(place->name, sizeof place->name, "%s", stubs[i].name);
        place->start = place->first = stubs[i].start;
        place->end = stubs[i].end;
    }
    if (!code || pc >= code->end) return;
    place->start = code->start;
    place->first = code->checked_entry; // data before
    place->end = code->end;
    code_name(place->vm, code, place->name);
}

static void print_registers(void *context) {
    const Place *place = context;
    const Backend *backend = place->vm->jit->zone.backend;
    for (int i = 0; i < REGISTER_COUNT; i++)
        fprintf(place->to, "  %-3s %-3s %#-18" PRIx64 "%s", register_name((Reg)i),
                backend->machine_names[i], place->registers->general[backend->machine_numbers[i]],
                i % 3 == 2 || i + 1 == REGISTER_COUNT ? "\n" : "");
}

static void print_line(const Place *place, const char *mark, uint64_t at, const char *text) {
    fprintf(place->to, "  %s +%04" PRIx64 "  %s\n", mark, at - place->start, text);
}

// Instructions from the piece's first one on, because they cannot be read backwards; the last ones
// before the place are kept until it is met.
static void print_code(void *context) {
    const Place *place = context;
    struct {
        uint64_t at;
        char text[LINE_BYTES];
    } lines[BEFORE + 1];
    uint64_t pc = place->registers->pc, at = place->first;
    unsigned count = 0, behind = 0;
    Listing *listing = listing_open(place->vm->jit->zone.backend);
    if (!listing) return;
    while (at < place->end && behind <= BEHIND) {
        char *text = lines[count % (BEFORE + 1)].text;
        lines[count % (BEFORE + 1)].at = at;
        uint64_t next = at + listing_instruction(listing, (const uint8_t *)(uintptr_t)at,
                                                 place->end - at, at, text, LINE_BYTES);
        if (next > pc && !behind) // here it is
            for (unsigned i = count > BEFORE ? count - BEFORE : 0; i < count; i++)
                print_line(place, "  ", lines[i % (BEFORE + 1)].at, lines[i % (BEFORE + 1)].text);
        if (next > pc) print_line(place, behind++ ? "  " : "->", at, text);
        count++;
        at = next;
    }
    listing_close(listing);
}

void crash_code_report(VM *vm, FILE *to) {
    const OsRegisters *registers = crash_registers();
    const CodeZone *zone = &vm->jit->zone;
    if (!registers || registers->pc < zone->start || registers->pc >= zone->end) return;
    Place place = {.vm = vm, .to = to, .registers = registers};
    if (!crash_guard(find_piece, &place)) return;
    fprintf(to, "Compiled code: %s, at %#" PRIx64 " (+%04" PRIx64 ")\n", place.name, registers->pc,
            registers->pc - place.start);
    crash_guard(print_registers, &place);
    crash_guard(print_code, &place);
}
