// SPDX-License-Identifier: MIT
// See perf_map.h.
#include "tool/perf_map.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jit/watch.h"
#include "tool/code_names.h"

struct PerfMap {
    VM *vm;
    FILE *file;
    CodeWatcher watcher;
};

static void put(const PerfMap *map, uint64_t start, uint64_t end, const char *name) {
    fprintf(map->file, "%" PRIx64 " %" PRIx64 " %s\n", start, end - start, name);
}

static void put_code(const PerfMap *map, const Code *code) {
    char name[CODE_NAME_BYTES];
    code_name(map->vm, code, name);
    put(map, code->start, code->end, name);
}

static void put_stubs(const PerfMap *map) {
    StubName stubs[STUB_NAME_LIMIT];
    unsigned count = code_name_stubs(map->vm->jit, stubs);
    for (unsigned i = 0; i < count; i++)
        put(map, stubs[i].start, stubs[i].end, stubs[i].name);
}

static void compiled(void *context, const struct Compilation *c, const Code *code,
                     const uint64_t *labels) {
    (void)c, (void)labels;
    put_code(context, code);
}

static void cache_made(void *context, bool is_open, Oop selector, uint64_t start, uint64_t end) {
    const PerfMap *map = context;
    char name[CODE_NAME_BYTES];
    code_name_of_cache(map->vm, is_open, selector, name);
    put(map, start, end, name);
}

static void write_all(void *context) {
    const PerfMap *map = context;
    const CodeZone *zone = &map->vm->jit->zone;
    rewind(map->file);
    if (ftruncate(fileno(map->file), 0) != 0) return;
    put_stubs(map);
    for (uint32_t i = 0; i < zone->count; i++)
        put_code(map, zone->codes[i]);
}

// Nobody else's file is followed to.
static FILE *open_map(const char *path) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    FILE *stream = file >= 0 ? fdopen(file, "w") : NULL;
    if (stream)
        setvbuf(stream, NULL, _IOLBF, 0);
    else if (file >= 0)
        close(file);
    return stream;
}

Status perf_map_begin(PerfMap **out, VM *vm, Diagnosis *diagnosis) {
    char path[64];
    PerfMap *map = calloc(1, sizeof *map);
    *out = NULL;
    if (!map) return diagnose(diagnosis, STATUS_NO_MEMORY, "not enough memory");
    snprintf(path, sizeof path, "/tmp/perf-%ld.map", (long)getpid());
    map->vm = vm;
    map->file = open_map(path);
    if (!map->file) {
        free(map);
        return diagnose(diagnosis, STATUS_IO_ERROR, "%s: %s", path, strerror(errno));
    }
    map->watcher = (CodeWatcher){
        .context = map, .compiled = compiled, .cache_made = cache_made, .zone_changed = write_all};
    watch_begin(vm->jit, &map->watcher);
    write_all(map);
    *out = map;
    return STATUS_OK;
}

void perf_map_end(PerfMap *map) {
    if (!map) return;
    watch_end(map->vm->jit, &map->watcher);
    fclose(map->file);
    free(map);
}
