// SPDX-License-Identifier: MIT
// Fast stores. Unicorn 2.0 takes every store for one that might change code: what its softmmu knows
// of a page never says "dirty", so each store leaves the translated code and looks for translations
// of what it overwrites, for 67 ns. (From 2.1 on, pages without code become dirty by themselves.)
// Simulated code cannot write code (cpu_memory.c), so each page that it can write may be dirty from
// the beginning, and a store costs what a load costs. Stores into other pages stay as they are:
// Unicorn notices there that they are not allowed.
//
// Unicorn's functions call each other by name, and the program's own names come before those of a
// library. So the program exports (Makefile: UNICORN_NAMES) functions of the name under which
// softmmu learns of a page; they call the library's function of that name, then the one that makes
// the page dirty. In a program that does not export them stores are slow, and nothing else differs.
#ifdef PARLEY_UNICORN
#include "tool/cpu_unicorn.h"

#if UC_API_MAJOR == 2 && UC_API_MINOR == 0

#include "base/check.h"
#include "base/os_library.h"

// Whose pages they are, while this thread's processor runs.
static _Thread_local Cpu *running;

void cpu_stores_of(Cpu *cpu) { running = cpu; }

static bool can_write(const Cpu *cpu, uint64_t address) {
    if (cpu_is_on_c_stack(cpu, address + 1)) return true;
    for (size_t i = 0; i < cpu->ranges.count; i++) {
        const CpuRange *range = &cpu->ranges.items[i];
        if (address >= range->start && address < range->end) return range->writable;
    }
    return false;
}

// As in the library; `attributes` is a struct of bit fields in one word.
typedef void LearnPage(void *cpu, uint64_t address, uint64_t physical, uint32_t attributes,
                       int rights, int mode, uint64_t bytes);
typedef void MakeDirty(void *cpu, uint64_t address);

// Found when first needed; the library stays loaded from then on.
typedef struct Originals {
    LearnPage *learn;
    MakeDirty *make_dirty;
} Originals;

static const Originals *find(Originals *originals, const char *learn, const char *make_dirty) {
    if (__atomic_load_n(&originals->learn, __ATOMIC_ACQUIRE)) return originals;
    void *library = os_library_open(CPU_LIBRARY_FILE);
    LearnPage *found;
    bool is_whole = os_library_find(library, make_dirty, &originals->make_dirty) &&
                    os_library_find(library, learn, &found);
    CHECK(is_whole, "the simulator has lost its library");
    __atomic_store_n(&originals->learn, found, __ATOMIC_RELEASE);
    return originals;
}

#define FAST_STORES(isa)                                                                           \
    LearnPage tlb_set_page_with_attrs_##isa;                                                       \
    void tlb_set_page_with_attrs_##isa(void *cpu, uint64_t address, uint64_t physical,             \
                                       uint32_t attributes, int rights, int mode,                  \
                                       uint64_t bytes) {                                           \
        static Originals originals;                                                                \
        const Originals *found =                                                                   \
            find(&originals, "tlb_set_page_with_attrs_" #isa, "tlb_set_dirty_" #isa);              \
        found->learn(cpu, address, physical, attributes, rights, mode, bytes);                     \
        if (running && can_write(running, address)) found->make_dirty(cpu, address);               \
    }

FAST_STORES(x86_64)
FAST_STORES(aarch64)

#else
void cpu_stores_of(Cpu *cpu) { (void)cpu; }
#endif
#endif
