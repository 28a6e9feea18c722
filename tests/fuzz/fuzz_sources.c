// SPDX-License-Identifier: MIT
// libFuzzer on the readers of source files and on linking: whatever the bytes are, reading ends, what
// was read lies inside the tree, and linking ends, too. Build and run: tools/fuzz.sh sources
//
// The first byte chooses the reader; bytes of value 1 divide the input into files.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "compile/class_graph.h"
#include "compile/notation.h"
#include "compile/read_sources.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static unsigned sum; // of all that was read: the sanitizer sees each byte touched

static void touch(Text text) {
    for (size_t i = 0; i < text.length; i++)
        sum += (unsigned char)text.bytes[i];
}

static void touch_tree(const SourceTree *tree) {
    for (size_t i = 0; i < tree->classes.count; i++) {
        touch(tree->classes.items[i]->name);
        touch(tree->classes.items[i]->superclass);
        touch(tree->classes.items[i]->comment);
        touch(tree->classes.items[i]->traits);
    }
    for (size_t i = 0; i < tree->methods.count; i++) {
        const SourceMethod *method = tree->methods.items[i];
        touch(method->text);
        touch(method->selector);
        touch(method->category);
        if (method->place.line == 0 || method->place.column == 0) abort();
    }
    for (size_t i = 0; i < tree->diagnostics.count; i++)
        touch(tree->diagnostics.items[i].source_line);
}

static void read_part(SourceTree *tree, unsigned reader, const uint8_t *bytes, size_t size) {
    SourceFile *file = source_tree_add_file(tree, "fuzz.st", (const char *)bytes, size);
    SourcePackage *package =
        source_tree_package(tree, text_from_chars("Fuzz"), text_from_chars("Fuzz"));
    size_t at = 0;
    if (!file || !package) abort();
    switch (reader % 3) {
    case 0:
        tonel_read_file(tree, package, file);
        break;
    case 1:
        chunk_read_file(tree, file);
        break;
    default:
        notation_read(tree, file, &at);
        if (at > file->text.length) abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    ClassGraph graph;
    SourceTree *tree = source_tree_new();
    if (!tree) abort();
    for (size_t start = 1; start < size;) {
        const uint8_t *end = memchr(bytes + start, 1, size - start);
        size_t length = end ? (size_t)(end - bytes) - start : size - start;
        read_part(tree, bytes[0], bytes + start, length);
        start += length + 1;
    }
    touch_tree(tree);
    if (tree->diagnostics.error_count == 0 && class_graph_link(&graph, tree))
        for (size_t i = 0; i < graph.count; i++)
            sum += (unsigned)graph.classes[i]->sides[INSTANCE_SIDE].methods.count;
    source_tree_free(tree);
    return 0;
}
