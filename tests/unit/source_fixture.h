// SPDX-License-Identifier: MIT
// Sources given as strings, for the tests of their readers: a fresh tree for each test.
#ifndef PARLEY_TEST_SOURCE_FIXTURE_H
#define PARLEY_TEST_SOURCE_FIXTURE_H

#include "compile/read_sources.h"
#include "scratch.h"

static SourceTree *tree;

static inline int tree_open(void **state) {
    tree = source_tree_new();
    return tree ? scratch_open(state) : -1;
}
static inline int tree_close(void **state) {
    source_tree_free(tree);
    return scratch_close(state);
}
#define SOURCE_TEST(f) cmocka_unit_test_setup_teardown(f, tree_open, tree_close)

#define assert_text(text, expected)                                                                \
    do {                                                                                           \
        Text found_text = (text);                                                                  \
        assert_int_equal(found_text.length, strlen(expected));                                     \
        assert_memory_equal(found_text.bytes, expected, found_text.length);                        \
    } while (0)

static inline SourceFile *source(const char *path, const char *text) {
    SourceFile *file = source_tree_add_file(tree, path, text, strlen(text));
    assert_non_null(file);
    return file;
}

static inline void read_tonel(const char *text) {
    SourcePackage *package =
        source_tree_package(tree, text_from_chars("Geometry"), text_from_chars("Geometry"));
    tonel_read_file(tree, package, source("Point.class.st", text));
}

// Exactly one diagnostic, as it is printed but for its source line.
static inline void assert_complaint(const char *expected) {
    char line[600];
    for (size_t i = 1; i < tree->diagnostics.count; i++)
        diagnostic_print(&tree->diagnostics.items[i], stderr);
    assert_int_equal(tree->diagnostics.count, 1);
    const Diagnostic *diagnostic = &tree->diagnostics.items[0];
    snprintf(line, sizeof line, "%s:%u:%u: %.*s", diagnostic->file, diagnostic->line,
             diagnostic->column, TEXT_ARGUMENTS(diagnostic->message));
    assert_string_equal(line, expected);
}

static inline void assert_no_complaints(void) {
    for (size_t i = 0; i < tree->diagnostics.count; i++)
        diagnostic_print(&tree->diagnostics.items[i], stderr);
    assert_int_equal(tree->diagnostics.count, 0);
}

static inline const SourceMethod *method_at(size_t index) {
    assert_in_range(index, 0, tree->methods.count - 1);
    return tree->methods.items[index];
}
static inline const SourceClass *class_at(size_t index) {
    assert_in_range(index, 0, tree->classes.count - 1);
    return tree->classes.items[index];
}

static inline void make_folder(const char *name) {
    assert_int_equal(mkdir(in_scratch(name), 0700), 0);
}

#endif
