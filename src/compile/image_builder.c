// SPDX-License-Identifier: MIT
// The builder: links, makes a heap of its own, has the parts fill it, writes it. See builder.h.
#include "compile/builder.h"

#include <stdlib.h>

#include "image/write.h"
#include "memory/store.h"
#include "object/layouts.h"
#include "run/interpreter.h"

// Where the image is said to have been saved, wherever it was built: a place that is free on all
// systems that we know, also those with 39 bits of addresses.
#define IMAGE_BASE 0x2000000000ull

Oop builder_class_object(Builder *builder, const GraphClass *class) {
    return class ? builder_image(builder, class)->class_object : make_nil(&builder->maker);
}

Oop builder_array(Builder *builder, const Oop *items, size_t count) {
    Oop array = make_array(&builder->maker, count);
    for (size_t i = 0; i < count; i++)
        make_store(&builder->maker, array, i, items[i]);
    return array;
}

Oop builder_protocol(Builder *builder, const GraphMethod *method) {
    Text category = method->category;
    ObjectMaker *maker = &builder->maker;
    if (category.length == 0) category = text_from_chars("as yet unclassified");
    if (method->source->is_extension && category.bytes[0] != '*')
        category =
            source_tree_join(builder->tree, text_from_chars("*"), method->source->package->name);
    return make_symbol(maker, category);
}

Oop builder_class_array(Builder *builder, const GraphClass *const *classes, size_t count) {
    if (count == 0) return make_nil(&builder->maker);
    Oop array = make_array(&builder->maker, count);
    for (size_t i = 0; i < count; i++)
        make_store(&builder->maker, array, i, builder_class_object(builder, classes[i]));
    return array;
}

Oop builder_global(Builder *builder, Text name) {
    ObjectMaker *maker = &builder->maker;
    void *bits = text_map_at(&builder->globals, name);
    if (bits) return oop_from_bits((uint64_t)(uintptr_t)bits);
    Oop association =
        make_binding(maker, builder->dialect->global, make_symbol(maker, name), make_nil(maker));
    if (!text_map_put(&builder->globals, maker->arena, name,
                      (void *)(uintptr_t)oop_bits(association)))
        maker->failed = true;
    return association;
}

// Names that code may use though no file defines them.
static void declare_globals(Builder *builder) {
    for (const char *const *name = builder->dialect->globals; *name; name++)
        builder_global(builder, text_from_chars(*name));
    builder->globals_object = make_instance(&builder->maker, KNOWN_GLOBALS);
}

static Status build(Builder *builder, Diagnosis *diagnosis) {
    const Diagnostics *diagnostics = &builder->tree->diagnostics;
    if (!build_find_known_classes(builder)) return STATUS_BAD_USAGE;
    source_tree_warn_of_statements(builder->tree, "not run by the builder");
    build_class_objects(builder);
    if (!builder->maker.failed) declare_globals(builder);
    if (!builder->maker.failed) build_methods(builder);
    if (!builder->maker.failed && diagnostics->error_count == 0) build_system(builder);
    if (!builder->maker.failed && diagnostics->error_count == 0) build_fill_classes(builder);
    if (!builder->maker.failed && diagnostics->error_count == 0) builder->dialect->finish(builder);
    if (builder->maker.failed || builder->tree->arena.is_exhausted)
        return diagnose(diagnosis, STATUS_NO_MEMORY, "not enough memory to build the image");
    return diagnostics->error_count ? STATUS_BAD_USAGE : STATUS_OK;
}

static Status write_image(Heap *heap, const char *path, Diagnosis *diagnosis) {
    ImageHeader header;
    image_header_default(&header);
    header.base = IMAGE_BASE;
    return image_write(heap, &header, path, diagnosis);
}

// A VM whose heap is filled; it never runs.
static Status build_in_new_heap(Builder *builder, const char *path, Diagnosis *diagnosis) {
    VMOptions options;
    vm_default_options(&options);
    VM *vm = vm_new(&options, 0, diagnosis);
    if (!vm) return STATUS_NO_MEMORY;
    builder->maker.heap = &vm->heap;
    builder->maker.arena = &builder->tree->arena;
    Status status = heap_bootstrap(&vm->heap, diagnosis);
    if (status == STATUS_OK) status = build(builder, diagnosis);
    if (status == STATUS_OK) status = write_image(&vm->heap, path, diagnosis);
    vm_destroy(vm);
    return status;
}

Status image_builder_write(SourceTree *tree, const BuildOptions *options, const char *path,
                           Diagnosis *diagnosis) {
    Builder *builder = calloc(1, sizeof *builder);
    if (!builder) return diagnose(diagnosis, STATUS_NO_MEMORY, "not enough memory");
    builder->tree = tree;
    builder->options = options;
    builder->dialect = options->pharo ? &build_pharo_dialect : &build_kernel_dialect;
    Status status = STATUS_BAD_USAGE;
    if (class_graph_link(&builder->graph, tree))
        status = build_in_new_heap(builder, path, diagnosis);
    if (tree->arena.is_exhausted)
        status = diagnose(diagnosis, STATUS_NO_MEMORY, "not enough memory");
    if (options->counts) *options->counts = builder->counts;
    free(builder->sources);
    free(builder);
    return status;
}
