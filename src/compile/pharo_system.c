// SPDX-License-Identifier: MIT
// Pharo as a dialect of the builder (docs/pharo.md): what names are bound to, which globals there
// are, what runs first. The first statements do what must be done before the official first
// initialiser, which stands last and saves the image.
#include "compile/pharo.h"

// The symbol table is made by the image itself, of all symbols that were laid out.
static const char first_statements[] =
    "SmallInteger initialize.\n"
    "Float initialize.\n"
    "Character initialize.\n"
    "CompiledMethod initialize.\n"
    "Symbol initialize.\n"
    "Smalltalk globals allMethods do: [ :each | each cachePragmas ].\n"
    "PharoBootstrapInitialization initializeCommandLineHandlerAndErrorHandling";

static Oop first_method(Builder *builder, Oop *receiver) {
    *receiver = make_nil(&builder->maker);
    return build_expression(builder, text_from_chars(first_statements));
}

// Class variables are found by the strings of their names, all else by identity.
static Oop dictionary(Builder *builder, KnownClass role, const Oop *associations, size_t count) {
    static const struct {
        KnownClass role;
        const char *class_name;
        PharoHash *hash;
    } rows[] = {
        {KNOWN_GLOBALS, "SystemEnvironment", pharo_identity_hash},
        {KNOWN_UNDECLARED_REGISTRY, "UndeclaredRegistry", pharo_identity_hash},
        {KNOWN_DICTIONARY, "Dictionary", pharo_string_hash},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].role == role)
            return pharo_dictionary(builder, rows[i].class_name, rows[i].hash, associations, count);
    return make_nil(&builder->maker);
}

static Oop method_source(Builder *builder, Text text) {
    return make_string(&builder->maker, text);
}

static void declare(Builder *builder) {
    build_set_global(builder, "SystemOrganization", pharo_organizer(builder));
}

static void finish(Builder *builder) {
    pharo_put_class_variable(builder, "HashTableSizes", "sizes", pharo_hash_sizes(builder));
}

static const char *const globals[] = {"Smalltalk",  "Processor",   "Transcript",
                                      "Undeclared", "SourceFiles", "SystemOrganization",
                                      NULL};

const BuildDialect build_pharo_dialect = {
    .global = KNOWN_GLOBAL_VARIABLE,
    .class_variable = KNOWN_CLASS_VARIABLE,
    .undeclared = KNOWN_UNDECLARED_VARIABLE,
    .metaclass_binding = KNOWN_LITERAL_VARIABLE,
    .globals = globals,
    .copies_class_binding = true,
    .method_line_end = "\r",
    .dictionary = dictionary,
    .fill_side = pharo_fill_side,
    .fill_class = pharo_fill_class,
    .method_source = method_source,
    .first_method = first_method,
    .declare = declare,
    .finish = finish,
};
