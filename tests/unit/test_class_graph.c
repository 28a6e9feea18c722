// SPDX-License-Identifier: MIT
// Linking classes: superclasses, variables, traits in all their operators, and what is wrong.
#include "compile/class_graph.h"
#include "source_fixture.h"

static ClassGraph graph;

// Defines in chunk format, links.
static bool link_chunks(const char *text) {
    chunk_read_file(tree, source("Geo.st", text));
    assert_no_complaints();
    return class_graph_link(&graph, tree);
}

static const GraphClass *class_named(const char *name) {
    const GraphClass *class = class_graph_at(&graph, text_from_chars(name));
    assert_non_null(class);
    return class;
}

static const GraphMethod *method_of(const char *class, int side, const char *selector) {
    return graph_method_at(class_named(class), side, text_from_chars(selector));
}

static void assert_method(const char *class, const char *selector, const char *text) {
    const GraphMethod *method = method_of(class, INSTANCE_SIDE, selector);
    assert_non_null(method);
    assert_text(method->text, text);
}

#define OBJECT "nil subclass: #Object category: 'Geo'!\n"

static void superclasses_come_first(void **state) {
    (void)state;
    assert_true(link_chunks("B subclass: #A category: 'Geo'!\nC subclass: #B category: 'Geo'!\n"
                            "nil subclass: #C category: 'Geo'!\n"));
    assert_int_equal(graph.count, 3);
    assert_text(graph.classes[0]->name, "C");
    assert_text(graph.classes[1]->name, "B");
    assert_text(graph.classes[2]->name, "A");
    assert_ptr_equal(graph.classes[2]->superclass, graph.classes[1]);
    assert_int_equal(graph.classes[0]->subclass_count, 1);
    assert_true(graph_class_inherits_from(graph.classes[2], graph.classes[0]));
    assert_false(graph_class_inherits_from(graph.classes[0], graph.classes[2]));
}

static void variables_are_numbered_from_the_top(void **state) {
    (void)state;
    assert_true(link_chunks(OBJECT "Object subclass: #A instanceVariableNames: 'x' category: 'G'!\n"
                                   "A << #B slots: { #y . #z => WeakSlot }; package: 'G'!\n"));
    const Texts *all = &class_named("B")->sides[INSTANCE_SIDE].all_variables;
    assert_int_equal(all->count, 3);
    assert_text(all->items[0], "x");
    assert_text(all->items[2], "z");
}

// The class objects have the variables of Class in front of their own.
static void class_sides_begin_with_those_of_class(void **state) {
    (void)state;
    assert_true(link_chunks(OBJECT
                            "Object subclass: #Class instanceVariableNames: 'name' category: 'G'!\n"
                            "Object subclass: #A category: 'G'!\n"
                            "A class instanceVariableNames: 'count'!\n"));
    const Texts *all = &class_named("A")->sides[CLASS_SIDE].all_variables;
    assert_int_equal(all->count, 2);
    assert_text(all->items[0], "name");
    assert_text(all->items[1], "count");
}

static void kinds_are_inherited(void **state) {
    (void)state;
    assert_true(link_chunks(OBJECT "Object variableByteSubclass: #A category: 'G'!\n"
                                   "A subclass: #B category: 'G'!\n"));
    assert_int_equal(class_named("B")->kind, CLASS_KIND_BYTES);
    assert_int_equal(class_kind_format(class_named("B")->kind, false), 16);
}

#define TRAITS                                                                                     \
    OBJECT                                                                                         \
        "Trait named: #TOne uses: {} category: 'G'!\nTrait named: #TTwo uses: {} category: 'G'!\n" \
        "!TOne methodsFor: 'x'!\na\n\t^ 1a!\nb\n\t^ 1b!\nat: x put: y\n\t^ y! !\n"                 \
        "!TTwo methodsFor: 'x'!\na\n\t^ 2a!\nc\n\t^ 2c! !\n"                                       \
        "!TOne class methodsFor: 'x'!\nmake\n\t^ 1! !\n"

static void traits_are_flattened(void **state) {
    (void)state;
    assert_true(link_chunks(TRAITS "Object subclass: #A uses: TOne - {#a} + (TTwo - {#c}) "
                                   "category: 'G'!\n!A methodsFor: 'x'!\nb\n\t^ own! !\n"));
    assert_method("A", "a", "a\n\t^ 2a");
    assert_method("A", "b", "b\n\t^ own");
    assert_null(method_of("A", INSTANCE_SIDE, "c"));
    assert_non_null(method_of("A", CLASS_SIDE, "make"));
    assert_int_equal(class_named("A")->sides[INSTANCE_SIDE].traits.count, 2);
    assert_text(method_of("A", INSTANCE_SIDE, "a")->origin->name, "TTwo");
}

static void aliases_get_another_pattern(void **state) {
    (void)state;
    assert_true(link_chunks(TRAITS
                            "Object subclass: #A uses: TOne @ {#z -> #a. #put:into: -> #at:put:} "
                            "category: 'G'!\n"));
    assert_method("A", "a", "a\n\t^ 1a");
    assert_method("A", "z", "z\n\t^ 1a");
    assert_method("A", "put:into:", "put: x into: y\n\t^ y");
}

static void different_methods_are_in_conflict(void **state) {
    (void)state;
    link_chunks(TRAITS "Object subclass: #A uses: TOne + TTwo category: 'G'!\n");
    assert_complaint("Geo.st:19:1: the traits of 'A' have different methods a");
    assert_method("A", "a", "a\n\n\t^ self traitConflict");
    assert_method("A", "c", "c\n\t^ 2c");
}

static void the_same_method_by_two_ways_is_none(void **state) {
    (void)state;
    assert_true(link_chunks(TRAITS "Trait named: #TThree uses: TOne category: 'G'!\n"
                                   "Object subclass: #A uses: TOne + TThree category: 'G'!\n"));
    assert_no_complaints();
    assert_method("A", "a", "a\n\t^ 1a");
}

static void requirements_give_way(void **state) {
    (void)state;
    assert_true(link_chunks(OBJECT
                            "Trait named: #TReq uses: {} category: 'G'!\n"
                            "!TReq methodsFor: 'x'!\na\n\t\"needed\"\n\tself explicitRequirement!\n"
                            "b\n\t^ self explicitRequirement.! !\n"
                            "Object subclass: #A category: 'G'!\n!A methodsFor: 'x'!\na\n\t^ 1! !\n"
                            "A subclass: #B uses: TReq category: 'G'!\n"));
    assert_null(method_of("B", INSTANCE_SIDE, "a"));
    assert_non_null(method_of("B", INSTANCE_SIDE, "b"));
    assert_non_null(
        graph_method_lookup(&graph, class_named("B"), INSTANCE_SIDE, text_from_chars("a")));
}

static void traits_bring_their_variables(void **state) {
    (void)state;
    assert_true(link_chunks(OBJECT
                            "Trait << #TOne slots: {#p . #q}; package: 'G'!\n"
                            "Object << #A traits: {TOne -- {#q}}; slots: {#x}; package: 'G'!\n"));
    const Texts *own = &class_named("A")->sides[INSTANCE_SIDE].variables;
    assert_int_equal(own->count, 2);
    assert_text(own->items[0], "x");
    assert_text(own->items[1], "p");
}

static void extensions_win(void **state) {
    (void)state;
    assert_true(link_chunks(OBJECT "!Object methodsFor: '*Other'!\na\n\t^ 1! !\n"
                                   "!Object methodsFor: 'x'!\na\n\t^ 2! !\n"));
    assert_method("Object", "a", "a\n\t^ 1");
    assert_int_equal(tree->diagnostics.warning_count, 1);
}

static void a_method_without_a_class_is_a_warning(void **state) {
    (void)state;
    assert_true(link_chunks(OBJECT "!Absent methodsFor: 'x'!\na\n\t^ 1! !\n"));
    assert_complaint("Geo.st:3:1: no class 'Absent' for this method");
}

static void bad_graphs_are_told_with_their_place(void **state) {
    (void)state;
    static const struct {
        const char *text, *complaint;
    } rows[] = {
        {"Absent subclass: #A category: 'G'!",
         "Geo.st:1:1: the superclass of 'A' is absent: 'Absent'"},
        {"B subclass: #A category: 'G'!\nA subclass: #B category: 'G'!",
         "Geo.st:1:1: 'A' is its own superclass, by way of 'B'"},
        {"A subclass: #A category: 'G'!", "Geo.st:1:1: 'A' is its own superclass, by way of 'A'"},
        {OBJECT "nil subclass: #Object category: 'G'!",
         "Geo.st:2:1: 'Object' is defined twice: also in Geo.st:1"},
        {OBJECT "Trait named: #T uses: {} category: 'G'!\nT subclass: #A category: 'G'!",
         "Geo.st:3:1: the superclass of 'A' is a trait: 'T'"},
        {OBJECT "Object subclass: #A uses: TAbsent category: 'G'!",
         "Geo.st:2:1: 'A' uses the trait 'TAbsent', which is absent"},
        {OBJECT "Object subclass: #A uses: Object category: 'G'!",
         "Geo.st:2:1: 'A' uses 'Object', which is no trait"},
        {"Trait named: #T uses: S category: 'G'!\nTrait named: #S uses: T category: 'G'!",
         "Geo.st:2:1: the trait 'S' uses itself"},
        {OBJECT "Trait << #S package: 'G'!\nTrait << #T traits: {S - }; package: 'G'!",
         "Geo.st:3:1: a symbol is expected in the traits of 'T': S -"},
        {OBJECT "Object subclass: #A instanceVariableNames: 'x x' category: 'G'!",
         "Geo.st:2:1: the variable 'x' of 'A' is defined twice"},
        {OBJECT "Object subclass: #A instanceVariableNames: 'x' category: 'G'!\n"
                "A subclass: #B instanceVariableNames: 'x' category: 'G'!",
         "Geo.st:3:1: the variable 'x' of 'B' is defined twice"},
        {OBJECT "Object variableByteSubclass: #A instanceVariableNames: 'x' category: 'G'!",
         "Geo.st:2:1: 'A' cannot have instance variables: its instances are bytes"},
        {OBJECT "Object variableByteSubclass: #A category: 'G'!\n"
                "A variableWordSubclass: #B category: 'G'!",
         "Geo.st:3:1: 'B' cannot be words: instances of its superclass are bytes"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        link_chunks(rows[i].text);
        assert_complaint(rows[i].complaint);
        source_tree_free(tree);
        tree = source_tree_new();
    }
}

static void a_long_chain_needs_no_stack(void **state) {
    (void)state;
    char text[100];
    chunk_read_file(tree, source("Geo.st", "nil subclass: #C0 category: 'G'!"));
    for (int i = 1; i < 2000; i++) {
        snprintf(text, sizeof text, "C%d subclass: #C%d category: 'G'!", i - 1, i);
        chunk_read_file(tree, source("Geo.st", text));
    }
    assert_true(class_graph_link(&graph, tree));
    assert_int_equal(graph.count, 2000);
    assert_text(graph.classes[1999]->name, "C1999");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SOURCE_TEST(superclasses_come_first),
        SOURCE_TEST(variables_are_numbered_from_the_top),
        SOURCE_TEST(class_sides_begin_with_those_of_class),
        SOURCE_TEST(kinds_are_inherited),
        SOURCE_TEST(traits_are_flattened),
        SOURCE_TEST(aliases_get_another_pattern),
        SOURCE_TEST(different_methods_are_in_conflict),
        SOURCE_TEST(the_same_method_by_two_ways_is_none),
        SOURCE_TEST(requirements_give_way),
        SOURCE_TEST(traits_bring_their_variables),
        SOURCE_TEST(extensions_win),
        SOURCE_TEST(a_method_without_a_class_is_a_warning),
        SOURCE_TEST(bad_graphs_are_told_with_their_place),
        SOURCE_TEST(a_long_chain_needs_no_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
