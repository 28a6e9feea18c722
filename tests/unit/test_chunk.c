// SPDX-License-Identifier: MIT
// Chunk files: definitions in all spellings, methods, comments, statements.
#include "source_fixture.h"

static void read_chunks(const char *text) { chunk_read_file(tree, source("Geo.st", text)); }

static void a_file_out_is_read(void **state) {
    (void)state;
    read_chunks("'From Pharo'!\r\r"
                "Object variableSubclass: #Point\r\tinstanceVariableNames: 'x y'\r"
                "\tclassVariableNames: 'Origin'\r\tpoolDictionaries: ''\r\tcategory: 'Geo-Basic'!\r"
                "!Point commentStamp: 'ab' prior: 0!\rWhat a point!! Really.!\r"
                "Point class instanceVariableNames: 'cache'!\r\r"
                "!Point methodsFor: 'arithmetic' stamp: 'ab 1/2/2020'!\r"
                "+ other\r\t^ 'a!!b'! !\r\r"
                "!Point class methodsFor: '*Other-making'!\rx: anX y: aY\r\t^ 1!\rzero\r\t^ 0! !\r"
                "Point initialize!\r");
    assert_no_complaints();
    const SourceClass *class = class_at(0);
    assert_text(class->name, "Point");
    assert_text(class->superclass, "Object");
    assert_int_equal(class->kind, CLASS_KIND_VARIABLE);
    assert_int_equal(class->instance_variables.count, 2);
    assert_text(class->class_variables.items[0], "Origin");
    assert_int_equal(class->pools.count, 0);
    assert_text(class->class_instance_variables.items[0], "cache");
    assert_text(class->comment, "What a point! Really.");
    assert_text(class->package->name, "Geo-Basic");
    assert_int_equal(tree->methods.count, 3);
    assert_text(method_at(0)->text, "+ other\n\t^ 'a!b'");
    assert_text(method_at(0)->stamp, "ab 1/2/2020");
    assert_text(method_at(1)->selector, "x:y:");
    assert_true(method_at(1)->is_extension);
    assert_true(method_at(2)->class_side);
    assert_int_equal(method_at(0)->place.line, 13);
    assert_int_equal(tree->scripts.count, 1);
    assert_text(tree->scripts.items[0]->text, "Point initialize");
}

static void fluid_definitions_are_read(void **state) {
    (void)state;
    read_chunks("Object << #Point\n\tlayout: WeakLayout;\n\ttraits: {TOne + (TTwo - {#a})};\n"
                "\tslots: { #x . #y => ObservableSlot };\n\tsharedVariables: { #Origin };\n"
                "\ttag: 'Basic' ;\n\tpackage: 'Geo'!\n"
                "Point class << Point class slots: { #cache }!\n"
                "Trait << #TOne package: 'Geo'!\n"
                "Trait named: #TTwo uses: TOne category: 'Geo'!\n");
    assert_no_complaints();
    assert_int_equal(tree->classes.count, 3);
    assert_text(class_at(0)->name, "Point");
    assert_int_equal(class_at(0)->kind, CLASS_KIND_WEAK);
    assert_text(class_at(0)->traits, "TOne + (TTwo - {#a})");
    assert_int_equal(class_at(0)->instance_variables.count, 2);
    assert_text(class_at(0)->class_variables.items[0], "Origin");
    assert_text(class_at(0)->tag, "Basic");
    assert_text(class_at(0)->class_instance_variables.items[0], "cache");
    assert_true(class_at(1)->is_trait);
    assert_text(class_at(2)->traits, "TOne");
    assert_text(class_at(2)->package->name, "Geo");
}

static void bad_announcements_are_errors(void **state) {
    (void)state;
    read_chunks("!'x' foo!\nx! !");
    assert_int_equal(tree->diagnostics.error_count, 1);
}

static void plain_text_is_a_script(void **state) {
    (void)state;
    write_file(in_scratch("a.st"), "| a |\na := 'hello!'.\nTranscript show: a");
    sources_read(tree, in_scratch("a.st"));
    assert_no_complaints();
    assert_int_equal(tree->scripts.count, 1);
    assert_int_equal(tree->scripts.items[0]->text.length, 39);
}

static void chunk_files_in_folders_are_found(void **state) {
    (void)state;
    make_folder("old");
    write_file(in_scratch("old/Geo.st"), "Object subclass: #Point instanceVariableNames: 'x' "
                                         "classVariableNames: '' category: 'Geo'!");
    write_file(in_scratch("old/script.st"), "3 + 4");
    sources_read(tree, in_scratch("old"));
    assert_no_complaints();
    assert_int_equal(tree->classes.count, 1);
    assert_int_equal(tree->scripts.count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SOURCE_TEST(a_file_out_is_read),
        SOURCE_TEST(fluid_definitions_are_read),
        SOURCE_TEST(bad_announcements_are_errors),
        SOURCE_TEST(plain_text_is_a_script),
        SOURCE_TEST(chunk_files_in_folders_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
