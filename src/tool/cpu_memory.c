// SPDX-License-Identifier: MIT
// The memory of the simulated processor: what is committed in the arena, at the same addresses.
// At the beginning the operating system is asked what is usable; then the arena tells of changes.
//
// Unicorn splits no mapping of foreign memory without copying it, so a range that changes is taken
// out as a whole and its rests are mapped again; neighbours are joined, since every mapping makes
// changes slower.
#ifdef PARLEY_UNICORN
#include "tool/cpu_unicorn.h"

#include "base/os_memory.h"

static bool map(Cpu *cpu, const CpuRange *range) {
    uint32_t access = UC_PROT_READ | (range->writable ? (uint32_t)UC_PROT_WRITE : 0) |
                      (range->executable ? (uint32_t)UC_PROT_EXEC : 0);
    return cpu->unicorn.mem_map_ptr(cpu->engine, range->start, range->end - range->start, access,
                                    (void *)(uintptr_t)range->start) == UC_ERR_OK;
}

// Takes range i out, whose rests the caller may put in again.
static CpuRange take_out(Cpu *cpu, size_t i) {
    CpuRange range = cpu->ranges.items[i];
    cpu->unicorn.mem_unmap(cpu->engine, range.start, range.end - range.start);
    cpu->ranges.count--;
    for (size_t k = i; k < cpu->ranges.count; k++)
        cpu->ranges.items[k] = cpu->ranges.items[k + 1];
    return range;
}

static bool put_in(Cpu *cpu, CpuRange range) {
    if (range.start >= range.end) return true;
    if (!array_push(&cpu->ranges, range)) return false;
    size_t at = cpu->ranges.count - 1;
    for (; at && cpu->ranges.items[at - 1].start > range.start; at--)
        cpu->ranges.items[at] = cpu->ranges.items[at - 1];
    cpu->ranges.items[at] = range;
    return map(cpu, &range);
}

static bool is_same_kind(const CpuRange *a, const CpuRange *b) {
    return a->writable == b->writable && a->executable == b->executable;
}

// Makes the range what it says, whatever was there before.
static bool include(Cpu *cpu, CpuRange range) {
    for (size_t i = 0; i < cpu->ranges.count;) {
        CpuRange other = cpu->ranges.items[i];
        bool touches = other.start <= range.end && range.start <= other.end;
        if (touches && is_same_kind(&other, &range)) {
            if (other.start <= range.start && range.end <= other.end) return true;
            take_out(cpu, i);
            if (other.start < range.start) range.start = other.start;
            if (other.end > range.end) range.end = other.end;
        } else {
            i++;
        }
    }
    return put_in(cpu, range);
}

static bool exclude(Cpu *cpu, uint64_t start, uint64_t end) {
    bool done = true;
    for (size_t i = 0; i < cpu->ranges.count;) {
        CpuRange range = cpu->ranges.items[i];
        if (range.end <= start || end <= range.start) {
            i++;
            continue;
        }
        take_out(cpu, i);
        CpuRange before = range, behind = range;
        before.end = start;
        behind.start = end;
        done &= put_in(cpu, before) && put_in(cpu, behind);
        if (before.start < before.end) i++;
    }
    return done;
}

static void commitment_changed(void *context, uint64_t start, uint64_t end, bool is_committed) {
    Cpu *cpu = context;
    bool done = is_committed ? exclude(cpu, start, end) &&
                                   include(cpu, (CpuRange){start, end, .writable = true})
                             : exclude(cpu, start, end);
    cpu->lost_memory |= !done;
}

static void include_usable(void *context, uint64_t start, uint64_t end, bool writable,
                           bool executable) {
    Cpu *cpu = context;
    cpu->lost_memory |= !include(cpu, (CpuRange){start, end, writable, executable});
}

Status cpu_map_arena(Cpu *cpu, Diagnosis *diagnosis) {
    if (cpu->arena->watcher.changed)
        return diagnose(diagnosis, STATUS_STATE, "the arena has a simulated processor already");
    bool done = os_memory_each_usable(cpu->arena->start, cpu->arena->end, include_usable, cpu);
    if (!done || cpu->lost_memory)
        return diagnose(diagnosis, STATUS_NO_MEMORY,
                        "the arena cannot be mapped into a simulation");
    cpu->arena->watcher = (ArenaWatcher){commitment_changed, cpu};
    return STATUS_OK;
}

void cpu_unmap_arena(Cpu *cpu) {
    if (cpu->arena->watcher.context == cpu) cpu->arena->watcher = (ArenaWatcher){0};
    array_free(&cpu->ranges);
}

#endif
