// SPDX-License-Identifier: MIT
// FileTree packages: classes, traits, extensions, stamps, encoded file names.
#include "source_fixture.h"

static void make_class(const char *folder, const char *properties) {
    char name[200];
    make_folder(folder);
    snprintf(name, sizeof name, "%s/instance", folder);
    make_folder(name);
    snprintf(name, sizeof name, "%s/class", folder);
    make_folder(name);
    snprintf(name, sizeof name, "%s/properties.json", folder);
    if (properties) write_file(in_scratch(name), properties);
}

static void a_package_is_read(void **state) {
    (void)state;
    make_folder("Geo.package");
    make_class("Geo.package/Point.class",
               "{\n\t\"commentStamp\" : \"\",\n\t\"super\" : \"Object\",\n"
               "\t\"category\" : \"Geo-Basic\",\n\t\"classinstvars\" : [\"cache\"],\n"
               "\t\"pools\" : [ ],\n\t\"classvars\" : [\n\t\t\"Origin\"\n\t],\n"
               "\t\"instvars\" : [\n\t\t\"x\",\n\t\t\"y\"\n\t],\n\t\"name\" : \"Point\",\n"
               "\t\"type\" : \"normal\"\n}");
    write_file(in_scratch("Geo.package/Point.class/README.md"), "A point.\n");
    write_file(in_scratch("Geo.package/Point.class/methodProperties.json"),
               "{ \"class\" : { }, \"instance\" : { \"at:put:\" : \"ab 1/2/2020\" } }");
    write_file(in_scratch("Geo.package/Point.class/instance/at.put..st"),
               "accessing\nat: i put: v\n\t^ v\n");
    write_file(in_scratch("Geo.package/Point.class/instance/^plus.st"), "arithmetic\n+ p\n\t^ p");
    write_file(in_scratch("Geo.package/Point.class/class/new.st"), "making\nnew\n\t^ nil");
    make_class("Geo.package/Number.extension", "{ \"name\" : \"Number\" }");
    write_file(in_scratch("Geo.package/Number.extension/instance/^at.st"),
               "*Geo\n@ y\n\t^ Point x: self y: y");
    make_class("Geo.package/TOne.trait", "{ \"name\" : \"TOne\", \"category\" : \"Geo\" }");
    sources_read(tree, in_scratch("Geo.package"));
    assert_no_complaints();
    assert_text(tree->packages.items[0]->name, "Geo");
    assert_int_equal(tree->classes.count, 2);
    assert_text(class_at(0)->name, "Point");
    assert_text(class_at(0)->superclass, "Object");
    assert_text(class_at(0)->comment, "A point.");
    assert_int_equal(class_at(0)->instance_variables.count, 2);
    assert_text(class_at(0)->class_variables.items[0], "Origin");
    assert_text(class_at(0)->class_instance_variables.items[0], "cache");
    assert_true(class_at(1)->is_trait);
    assert_int_equal(tree->methods.count, 4);
    assert_true(method_at(0)->is_extension);
    assert_text(method_at(0)->class_name, "Number");
    assert_text(method_at(1)->selector, "+");
    assert_text(method_at(2)->selector, "at:put:");
    assert_text(method_at(2)->text, "at: i put: v\n\t^ v");
    assert_text(method_at(2)->category, "accessing");
    assert_text(method_at(2)->stamp, "ab 1/2/2020");
    assert_int_equal(method_at(2)->place.line, 2);
    assert_true(method_at(3)->class_side);
}

static void bad_properties_are_errors(void **state) {
    (void)state;
    make_folder("Geo.package");
    make_class("Geo.package/Point.class", "{ \"super\" : ");
    make_class("Geo.package/Line.class", NULL);
    sources_read(tree, in_scratch("Geo.package"));
    assert_int_equal(tree->diagnostics.error_count, 3);
    assert_int_equal(tree->classes.count, 0);
}

static void a_method_file_without_a_method_is_an_error(void **state) {
    (void)state;
    make_folder("Geo.package");
    make_class("Geo.package/Point.class", "{ \"name\" : \"Point\", \"super\" : \"Object\" }");
    write_file(in_scratch("Geo.package/Point.class/instance/a.st"), "accessing");
    write_file(in_scratch("Geo.package/Point.class/instance/b.st"), "accessing\n3");
    sources_read(tree, in_scratch("Geo.package"));
    assert_int_equal(tree->diagnostics.error_count, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SOURCE_TEST(a_package_is_read),
        SOURCE_TEST(bad_properties_are_errors),
        SOURCE_TEST(a_method_file_without_a_method_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
