// SPDX-License-Identifier: MIT
// See gdb_jit.h, and "JIT Compilation Interface" in gdb's manual. gdb sets a breakpoint in
// __jit_debug_register_code and reads __jit_debug_descriptor when it is hit. Both belong to the
// process; a lock is held while they are changed.
//
// The object file (ELF, relocatable): a section .text that stands where the code is and takes no
// room in the file, .eh_frame, and a symbol table with one function.
#include "tool/gdb_jit.h"

#include <elf.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "jit/watch.h"
#include "tool/code_names.h"
#include "tool/unwind.h"

// ---- gdb's side, as it must be called

typedef struct jit_code_entry {
    struct jit_code_entry *next_entry, *prev_entry;
    const char *symfile_addr;
    uint64_t symfile_size;
} JitCodeEntry;
typedef enum JitAction { JIT_NOACTION, JIT_REGISTER_FN, JIT_UNREGISTER_FN } JitAction;
struct jit_descriptor {
    uint32_t version, action_flag;
    JitCodeEntry *relevant_entry, *first_entry;
};
extern struct jit_descriptor __jit_debug_descriptor;
void __jit_debug_register_code(void);

// Weak: another compiler in the same program may have them, too.
__attribute__((weak)) struct jit_descriptor __jit_debug_descriptor = {1, JIT_NOACTION, NULL, NULL};
__attribute__((weak, noinline)) void __jit_debug_register_code(void) {
    __asm__ volatile("" ::: "memory");
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void tell(JitCodeEntry *entry, JitAction action) {
    __jit_debug_descriptor.relevant_entry = entry;
    __jit_debug_descriptor.action_flag = action;
    __jit_debug_register_code();
    __jit_debug_descriptor.action_flag = JIT_NOACTION;
}

static void enter_list(JitCodeEntry *entry) {
    pthread_mutex_lock(&lock);
    entry->prev_entry = NULL;
    entry->next_entry = __jit_debug_descriptor.first_entry;
    if (entry->next_entry) entry->next_entry->prev_entry = entry;
    __jit_debug_descriptor.first_entry = entry;
    tell(entry, JIT_REGISTER_FN);
    pthread_mutex_unlock(&lock);
}

static void leave_list(JitCodeEntry *entry) {
    pthread_mutex_lock(&lock);
    if (entry->prev_entry)
        entry->prev_entry->next_entry = entry->next_entry;
    else
        __jit_debug_descriptor.first_entry = entry->next_entry;
    if (entry->next_entry) entry->next_entry->prev_entry = entry->prev_entry;
    tell(entry, JIT_UNREGISTER_FN);
    pthread_mutex_unlock(&lock);
}

// ---- object files

#define SECTION_NAMES "\0.text\0.eh_frame\0.symtab\0.strtab\0.shstrtab"
enum { NAME_TEXT = 1, NAME_FRAMES = 7, NAME_SYMBOLS = 17, NAME_STRINGS = 25, NAME_NAMES = 33 };
enum {
    SECTION_NONE,
    SECTION_TEXT,
    SECTION_FRAMES,
    SECTION_SYMBOLS,
    SECTION_STRINGS,
    SECTION_SECTION_NAMES,
    SECTION_COUNT
};

typedef struct ObjectFile {
    Elf64_Ehdr header;
    Elf64_Shdr sections[SECTION_COUNT];
    Elf64_Sym symbols[2]; // the first is none
    char strings[CODE_NAME_BYTES + 2];
    char section_names[sizeof SECTION_NAMES];
    uint8_t frames[]; // of the size that is needed
} ObjectFile;

typedef struct Piece {
    JitCodeEntry entry;
    struct Piece *next;
    const Code *code; // NULL: of a stub or a cache
    bool is_stub;
    uint64_t start;
    size_t place; // in file.frames, of the start
    ObjectFile file;
} Piece;

struct GdbJit {
    VM *vm;
    Piece *pieces;
    CodeWatcher watcher;
};

static Elf64_Shdr section(uint32_t name, uint32_t type, uint64_t offset, uint64_t size) {
    return (Elf64_Shdr){
        .sh_name = name, .sh_type = type, .sh_offset = offset, .sh_size = size, .sh_addralign = 8};
}

static void fill_header(ObjectFile *file) {
    file->header = (Elf64_Ehdr){.e_type = ET_REL,
                                .e_machine = EM_X86_64,
                                .e_version = EV_CURRENT,
                                .e_shoff = offsetof(ObjectFile, sections),
                                .e_ehsize = sizeof(Elf64_Ehdr),
                                .e_shentsize = sizeof(Elf64_Shdr),
                                .e_shnum = SECTION_COUNT,
                                .e_shstrndx = SECTION_SECTION_NAMES};
    memcpy(file->header.e_ident, ELFMAG, SELFMAG);
    file->header.e_ident[EI_CLASS] = ELFCLASS64;
    file->header.e_ident[EI_DATA] = ELFDATA2LSB;
    file->header.e_ident[EI_VERSION] = EV_CURRENT;
}

static void fill_sections(ObjectFile *file, uint64_t start, uint64_t end, size_t frame_bytes) {
    Elf64_Shdr *sections = file->sections;
    sections[SECTION_TEXT] = section(NAME_TEXT, SHT_NOBITS, 0, end - start);
    sections[SECTION_TEXT].sh_flags = SHF_ALLOC | SHF_EXECINSTR;
    sections[SECTION_TEXT].sh_addr = start;
    sections[SECTION_TEXT].sh_addralign = 1;
    sections[SECTION_FRAMES] =
        section(NAME_FRAMES, SHT_PROGBITS, offsetof(ObjectFile, frames), frame_bytes);
    sections[SECTION_FRAMES].sh_flags = SHF_ALLOC;
    sections[SECTION_SYMBOLS] =
        section(NAME_SYMBOLS, SHT_SYMTAB, offsetof(ObjectFile, symbols), sizeof file->symbols);
    sections[SECTION_SYMBOLS].sh_link = SECTION_STRINGS;
    sections[SECTION_SYMBOLS].sh_info = 1; // the first that is not local
    sections[SECTION_SYMBOLS].sh_entsize = sizeof(Elf64_Sym);
    sections[SECTION_STRINGS] =
        section(NAME_STRINGS, SHT_STRTAB, offsetof(ObjectFile, strings), sizeof file->strings);
    sections[SECTION_SECTION_NAMES] =
        section(NAME_NAMES, SHT_STRTAB, offsetof(ObjectFile, section_names), sizeof SECTION_NAMES);
}

static void fill_file(ObjectFile *file, const char *name, uint64_t start, uint64_t end,
                      const Unwind *unwind) {
    fill_header(file);
    fill_sections(file, start, end, unwind->size);
    file->symbols[1] = (Elf64_Sym){.st_name = 1,
                                   .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
                                   .st_shndx = SECTION_TEXT,
                                   .st_size = end - start};
    snprintf(file->strings + 1, sizeof file->strings - 1, "%s", name);
    memcpy(file->section_names, SECTION_NAMES, sizeof SECTION_NAMES);
    memcpy(file->frames, unwind->bytes, unwind->size);
}

// ---- pieces

static Piece *add_piece(GdbJit *gdb, const char *name, uint64_t start, uint64_t end,
                        const Unwind *unwind) {
    Piece *piece = calloc(1, sizeof *piece + unwind->size);
    if (!piece) return NULL; // it has no name then
    fill_file(&piece->file, name, start, end, unwind);
    piece->start = start;
    piece->place = unwind->place;
    piece->entry.symfile_addr = (const char *)&piece->file;
    piece->entry.symfile_size = sizeof piece->file + unwind->size;
    piece->next = gdb->pieces;
    gdb->pieces = piece;
    enter_list(&piece->entry);
    return piece;
}

static void compiled(void *context, const Compilation *c, const Code *code,
                     const uint64_t *labels) {
    GdbJit *gdb = context;
    char name[CODE_NAME_BYTES];
    Unwind unwind;
    (void)labels;
    code_name(gdb->vm, code, name);
    unwind_code(&unwind, c, code);
    Piece *piece = add_piece(gdb, name, code->start, code->end, &unwind);
    if (piece) piece->code = code;
}

static void cache_made(void *context, bool is_open, Oop selector, uint64_t start, uint64_t end) {
    GdbJit *gdb = context;
    char name[CODE_NAME_BYTES];
    Unwind unwind;
    code_name_of_cache(gdb->vm, is_open, selector, name);
    unwind_plain(&unwind, start, end);
    add_piece(gdb, name, start, end, &unwind);
}

// The stub that is returned to begins a byte earlier, for whoever looks up a return address.
static void add_stubs(GdbJit *gdb) {
    const Jit *jit = gdb->vm->jit;
    StubName stubs[STUB_NAME_LIMIT];
    unsigned count = code_name_stubs(jit, stubs);
    for (unsigned i = 0; i < count; i++) {
        Unwind unwind;
        uint64_t start = stubs[i].start;
        if (start == jit->hooks.return_to_interpreter)
            unwind_return_to_interpreter(&unwind, start--, stubs[i].end);
        else if (start == jit->enter)
            unwind_plain(&unwind, start, --stubs[i].end);
        else
            unwind_stub(&unwind, start, stubs[i].end, start == jit->stubs[RUNTIME_PRIMITIVE]);
        Piece *piece = add_piece(gdb, stubs[i].name, start, stubs[i].end, &unwind);
        if (piece) piece->is_stub = true;
    }
}

// ---- changes of the zone

static int compare_pointers(const void *a, const void *b) {
    uintptr_t left = (uintptr_t) * (const Code *const *)a,
              right = (uintptr_t) * (const Code *const *)b;
    return left < right ? -1 : left > right;
}

// All codes that there are, by their addresses in memory; NULL: no memory.
static const Code **sorted_codes(const CodeZone *zone) {
    const Code **codes = malloc((zone->count + 1) * sizeof *codes);
    if (!codes) return NULL;
    for (uint32_t i = 0; i < zone->count; i++)
        codes[i] = zone->codes[i];
    qsort(codes, zone->count, sizeof *codes, compare_pointers);
    return codes;
}

static bool is_there(const Code **codes, uint32_t count, const Code *code) {
    return codes && code && bsearch(&code, codes, count, sizeof *codes, compare_pointers);
}

static void move_piece(Piece *piece) {
    if (piece->start == piece->code->start) return;
    leave_list(&piece->entry);
    piece->start = piece->code->start;
    piece->file.sections[SECTION_TEXT].sh_addr = piece->start;
    memcpy(piece->file.frames + piece->place, &piece->start, sizeof piece->start);
    enter_list(&piece->entry);
}

static void drop_piece(Piece **place) {
    Piece *piece = *place;
    *place = piece->next;
    leave_list(&piece->entry);
    free(piece);
}

static void zone_changed(void *context) {
    GdbJit *gdb = context;
    const CodeZone *zone = &gdb->vm->jit->zone;
    const Code **codes = sorted_codes(zone);
    for (Piece **place = &gdb->pieces; *place;) {
        Piece *piece = *place;
        bool stays = piece->is_stub || is_there(codes, zone->count, piece->code);
        if (stays && piece->code) move_piece(piece);
        if (stays)
            place = &piece->next;
        else
            drop_piece(place);
    }
    free(codes);
}

// ---- life

Status gdb_jit_begin(GdbJit **out, VM *vm, Diagnosis *diagnosis) {
    *out = NULL;
    if (vm->jit->zone.backend != backend_host() || vm->jit->zone.backend != &backend_x64)
        return diagnose(diagnosis, STATUS_BAD_USAGE,
                        "gdb is told of code for x86-64 that runs on this machine only");
    GdbJit *gdb = calloc(1, sizeof *gdb);
    if (!gdb) return diagnose(diagnosis, STATUS_NO_MEMORY, "not enough memory");
    gdb->vm = vm;
    gdb->watcher = (CodeWatcher){.context = gdb,
                                 .compiled = compiled,
                                 .cache_made = cache_made,
                                 .zone_changed = zone_changed};
    watch_begin(vm->jit, &gdb->watcher);
    add_stubs(gdb);
    *out = gdb;
    return STATUS_OK;
}

void gdb_jit_end(GdbJit *gdb) {
    if (!gdb) return;
    watch_end(gdb->vm->jit, &gdb->watcher);
    while (gdb->pieces)
        drop_piece(&gdb->pieces);
    free(gdb);
}
