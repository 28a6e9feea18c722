// SPDX-License-Identifier: MIT
// Tonel files of all versions, and what is wrong with bad ones.
#include "source_fixture.h"

static const char point[] = "\"\n"
                            "A point, said \"\"once\"\".\n"
                            "\"\n"
                            "Class {\n"
                            "\t#name : 'Point',\n"
                            "\t#superclass : 'Object',\n"
                            "\t#type : 'variable',\n"
                            "\t#instVars : [\n\t\t'x',\n\t\t'y'\n\t],\n"
                            "\t#classVars : [ 'Origin' ],\n"
                            "\t#classInstVars : [ 'cache' ],\n"
                            "\t#pools : [ 'Constants' ],\n"
                            "\t#traits : 'TOne + (TTwo - {#a})',\n"
                            "\t#classTraits : 'TOne classTrait',\n"
                            "\t#category : 'Geometry-Basic',\n"
                            "\t#package : 'Geometry',\n"
                            "\t#tag : 'Basic'\n"
                            "}\n"
                            "\n"
                            "{ #category : 'instance creation' }\n"
                            "Point class >> x: anX y: aY [\n"
                            "\n"
                            "\t^ self new setX: anX y: aY\n"
                            "]\n"
                            "\n"
                            "{ #category : 'arithmetic' }\n"
                            "Point >> + other [\n"
                            "\t^ #($] ']' \"]\") size: [ :x | x ]\n"
                            "]\n";

static void a_class_has_all_its_properties(void **state) {
    (void)state;
    read_tonel(point);
    assert_no_complaints();
    const SourceClass *class = class_at(0);
    assert_text(class->name, "Point");
    assert_text(class->superclass, "Object");
    assert_text(class->comment, "A point, said \"once\".");
    assert_int_equal(class->kind, CLASS_KIND_VARIABLE);
    assert_int_equal(class->instance_variables.count, 2);
    assert_text(class->instance_variables.items[1], "y");
    assert_text(class->class_variables.items[0], "Origin");
    assert_text(class->class_instance_variables.items[0], "cache");
    assert_text(class->pools.items[0], "Constants");
    assert_text(class->traits, "TOne + (TTwo - {#a})");
    assert_text(class->class_traits, "TOne classTrait");
    assert_text(class->tag, "Basic");
    assert_text(class->package->name, "Geometry");
    assert_false(class->is_trait);
}

static void special_slots_are_variables(void **state) {
    (void)state;
    read_tonel(
        "Class {\n\t#name : 'P',\n\t#superclass : 'Object',\n\t#instVars : [\n\t\t'a',\n"
        "\t\t'#b => WeakSlot',\n\t\t'#c => ToOneRelationSlot inverse: #d inClass: #Q'\n\t],\n"
        "\t#category : 'G'\n}\n");
    assert_no_complaints();
    assert_text(class_at(0)->instance_variables.items[0], "a");
    assert_text(class_at(0)->instance_variables.items[1], "b");
    assert_text(class_at(0)->instance_variables.items[2], "c");
    assert_text(class_at(0)->slots.items[0], "a");
    assert_text(class_at(0)->slots.items[1], "#b => WeakSlot");
}

// Behind a keyword's argument an assignment may stand: its name is no further keyword.
static void an_assignment_is_no_keyword(void **state) {
    (void)state;
    assert_text(source_tree_selector(tree, text_from_chars("value: x\n\tvalue:= x")), "value:");
    assert_text(source_tree_selector(tree, text_from_chars("value: x\n\tvalue := x")), "value:");
    assert_text(source_tree_selector(tree, text_from_chars("at: x put: y\n\ta:= y")), "at:put:");
}

static void methods_have_text_place_and_selector(void **state) {
    (void)state;
    read_tonel(point);
    assert_int_equal(tree->methods.count, 2);
    const SourceMethod *first = method_at(0), *second = method_at(1);
    assert_true(first->class_side);
    assert_text(first->text, "x: anX y: aY\n\n\t^ self new setX: anX y: aY");
    assert_text(first->selector, "x:y:");
    assert_text(first->category, "instance creation");
    assert_int_equal(first->place.line, 23);
    assert_int_equal(first->place.column, 16);
    assert_false(second->class_side);
    assert_false(second->is_extension);
    assert_text(second->selector, "+");
    assert_text(second->text, "+ other\n\t^ #($] ']' \"]\") size: [ :x | x ]");
}

static void older_versions_are_read(void **state) {
    (void)state;
    read_tonel("Class {\r\n\t#name : #Point,\r\n\t#superclass : nil,\r\n\tinstVars : [ 'x' ],\r\n"
               "\t'type' : #bytes,\r\n\t#category : #'Geometry-Basic'\r\n}\r\n\r\n"
               "{ #category : #testing, #timeStamp : 'ab 1/2/2020' }\r\n"
               "Point classSide >> foo [\r\n\t^ 1\r\n]\r\n"
               "Point >> bar [ ^ $' ]");
    assert_no_complaints();
    assert_text(class_at(0)->superclass, "nil");
    assert_text(class_at(0)->tag, "Basic");
    assert_int_equal(class_at(0)->kind, CLASS_KIND_BYTES);
    assert_text(class_at(0)->instance_variables.items[0], "x");
    assert_true(method_at(0)->class_side);
    assert_text(method_at(0)->text, "foo\n\t^ 1");
    assert_text(method_at(0)->stamp, "ab 1/2/2020");
    assert_text(method_at(1)->text, "bar ^ $'");
    assert_text(method_at(1)->category, "");
}

static void traits_and_extensions_are_told_apart(void **state) {
    (void)state;
    read_tonel("Trait {\n\t#name : 'TOne',\n\t#instVars : ['a'],\n\t#category : 'Geometry'\n}\n"
               "TOne >> one [ ^ 1 ]\nTOne classTrait >> two [ ^ 2 ]");
    read_tonel("Extension { #name : 'Number' }\n\n{ #category : '*Geometry' }\n"
               "Number >> @ y [ ^ Point x: self y: y ]");
    assert_no_complaints();
    assert_int_equal(tree->classes.count, 1);
    assert_true(class_at(0)->is_trait);
    assert_text(class_at(0)->superclass, "");
    assert_true(method_at(1)->class_side);
    assert_false(method_at(1)->is_extension);
    assert_true(method_at(2)->is_extension);
    assert_text(method_at(2)->selector, "@");
}

static void escapes_are_resolved(void **state) {
    (void)state;
    read_tonel("Class {\n\t#name : 'Point',\n\t#superclass : 'Object',\n"
               "\t#category : 'it\\'s \\u00e9 \\\\ \\n''t'\n}");
    assert_no_complaints();
    assert_text(class_at(0)->category, "it's \xC3\xA9 \\ \n't");
}

static void latin1_is_read_with_a_warning(void **state) {
    (void)state;
    read_tonel("Extension { #name : 'Point' }\nPoint >> name [ ^ 'Gr\xFC\xDF' ]");
    assert_complaint("Point.class.st:2:22: this is no UTF-8: read as Latin-1");
    assert_int_equal(tree->diagnostics.warning_count, 1);
    assert_text(method_at(0)->text, "name ^ 'Gr\xC3\xBC\xC3\x9F'");
}

static void a_package_may_have_a_comment(void **state) {
    (void)state;
    SourceFile *file = source("package.st", "\"A { package }\"\nPackage { #name : #Geo }");
    assert_text(tonel_package_name(tree, file), "Geo");
    assert_text(tonel_package_name(tree, source("package.st", "Package {")), "");
}

static void kinds_of_classes(void **state) {
    (void)state;
    static const char *const words[] = {"normal",
                                        "variable",
                                        "weak",
                                        "ephemeron",
                                        "bytes",
                                        "words",
                                        "doubleBytes",
                                        "longs",
                                        "immediate",
                                        "WordLayout",
                                        "variableByteSubclass:"};
    static const ClassKind kinds[] = {
        CLASS_KIND_NORMAL,    CLASS_KIND_VARIABLE, CLASS_KIND_WEAK,         CLASS_KIND_EPHEMERON,
        CLASS_KIND_BYTES,     CLASS_KIND_WORDS,    CLASS_KIND_DOUBLE_BYTES, CLASS_KIND_DOUBLE_WORDS,
        CLASS_KIND_IMMEDIATE, CLASS_KIND_WORDS,    CLASS_KIND_BYTES};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        ClassKind kind;
        assert_true(class_kind_named(text_from_chars(words[i]), &kind));
        assert_int_equal(kind, kinds[i]);
    }
}

static void bad_files_are_told_with_their_place(void **state) {
    (void)state;
    static const struct {
        const char *text, *complaint;
    } rows[] = {
        {"", "Point.class.st:1:1: 'Class', 'Trait', 'Extension' or 'Package' is expected"},
        {"\"open", "Point.class.st:1:1: comment without its closing quote"},
        {"Class", "Point.class.st:1:6: '{' is expected here"},
        {"Class {\n\t#name : 'Point'", "Point.class.st:1:7: '}' is missing for this '{'"},
        {"Class {\n\t#name : 'Point", "Point.class.st:2:10: string without its closing quote"},
        {"Class {\n\t#name : 'Po\\qint' }", "Point.class.st:2:14: bad escape in a string"},
        {"Class {\n\t#name\n\t'Point' }", "Point.class.st:3:2: ':' is expected behind the key"},
        {"Class {\n\t#instVars : [ 'a' 'b' ] }",
         "Point.class.st:2:20: ',' or ']' is expected in this list"},
        {"Class { #superclass : 'Object' }", "Point.class.st:1:7: the definition has no name"},
        {"Class { #name : 'P' }", "Point.class.st:1:7: the class has no superclass"},
        {"Class { #name : 'P', #superclass : 'O', #type : 'odd' }",
         "Point.class.st:1:49: unknown type of class 'odd'"},
        {"Extension { #name : 'P' }\nP foo >> x [ ]",
         "Point.class.st:2:3: 'class', 'classSide' or '>>' is expected here"},
        {"Extension { #name : 'P' }\nP > x [ ]",
         "Point.class.st:2:3: '>>' is expected behind the name of the class"},
        {"Extension { #name : 'P' }\n]",
         "Point.class.st:2:1: the name of a class is expected in front of a method"},
        {"Extension { #name : 'P' }\nP >> x",
         "Point.class.st:2:6: '[' is missing behind the method's pattern"},
        {"Extension { #name : 'P' }\nP >> x [\n\tfoo: [ ].\n",
         "Point.class.st:2:8: ']' is missing at the method's end"},
        {"Extension { #name : 'P' }\nP >> x [\n\t'foo ]\n",
         "Point.class.st:3:2: string without its closing quote"},
        {"Extension { #name : 'P' }\nP >> 3 [ ]",
         "Point.class.st:2:6: the method's selector is expected"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        read_tonel(rows[i].text);
        assert_complaint(rows[i].complaint);
        source_tree_free(tree);
        tree = source_tree_new();
    }
}

// Whatever is cut off, reading ends, and says so unless the cut is between methods.
static void a_file_cut_anywhere_is_read_to_its_end(void **state) {
    (void)state;
    for (size_t size = 0; size < sizeof point - 1; size++) {
        char *part = strndup(point, size);
        read_tonel(part);
        bool whole =
            tree->classes.count == 1 && (size < 1 || part[size - 1] == ']' ||
                                         text_is_space(part[size - 1]) || part[size - 1] == '}');
        if (!whole) assert_true(tree->diagnostics.error_count > 0);
        free(part);
        source_tree_free(tree);
        tree = source_tree_new();
    }
}

static void deep_nesting_is_an_error(void **state) {
    (void)state;
    char text[2000] = "Class { #name : ";
    for (int i = 0; i < 1000; i++)
        strcat(text, "[");
    read_tonel(text);
    assert_int_equal(tree->diagnostics.count, 1);
}

static void a_folder_is_searched(void **state) {
    (void)state;
    make_folder("src");
    make_folder("src/Geo");
    write_file(in_scratch("src/Geo/package.st"), "Package { #name : 'Geometry' }");
    write_file(in_scratch("src/Geo/Point.class.st"), point);
    write_file(in_scratch("src/Geo/Number.extension.st"), "Extension { #name : 'Number' }");
    sources_read(tree, in_scratch("src"));
    assert_no_complaints();
    assert_int_equal(tree->packages.count, 1);
    assert_text(tree->packages.items[0]->name, "Geometry");
    assert_int_equal(tree->methods.count, 2);
}

static void nothing_to_read_is_an_error(void **state) {
    (void)state;
    make_folder("src");
    sources_read(tree, in_scratch("src"));
    sources_read(tree, in_scratch("absent"));
    assert_int_equal(tree->diagnostics.error_count, 2);
}

static void links_in_a_circle_end(void **state) {
    (void)state;
    make_folder("src");
    assert_int_equal(symlink(".", in_scratch("src/again")), 0);
    sources_read(tree, in_scratch("src"));
    assert_int_equal(tree->diagnostics.error_count, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SOURCE_TEST(a_class_has_all_its_properties),
        SOURCE_TEST(methods_have_text_place_and_selector),
        SOURCE_TEST(an_assignment_is_no_keyword),
        SOURCE_TEST(special_slots_are_variables),
        SOURCE_TEST(older_versions_are_read),
        SOURCE_TEST(traits_and_extensions_are_told_apart),
        SOURCE_TEST(escapes_are_resolved),
        SOURCE_TEST(latin1_is_read_with_a_warning),
        SOURCE_TEST(a_package_may_have_a_comment),
        SOURCE_TEST(kinds_of_classes),
        SOURCE_TEST(bad_files_are_told_with_their_place),
        SOURCE_TEST(a_file_cut_anywhere_is_read_to_its_end),
        SOURCE_TEST(deep_nesting_is_an_error),
        SOURCE_TEST(a_folder_is_searched),
        SOURCE_TEST(nothing_to_read_is_an_error),
        SOURCE_TEST(links_in_a_circle_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
