// SPDX-License-Identifier: MIT
// Module ParleyCompiler, the reading of sources:
//
//   <primitive: 'primitiveReadSources' module: 'ParleyCompiler'>
//   readSources: path            a file, or a folder with all below, as `parley build` reads it
//
// The answer is an Array of five Arrays. Texts are ByteStrings in UTF-8, an absent one is empty;
// packages are named by their place in the first Array, from 1; lines and columns count from 1.
//
//   packages     {name. path}
//   classes      {package. name. superclass. isTrait. kind. instanceVariables. classInstance-
//                variables. classVariables. pools. traits. classTraits. category. tag. comment.
//                file. line}; variables and pools are Arrays, the kind is a word of Tonel
//   methods      {package. className. isClassSide. isExtension. category. stamp. selector. source.
//                file. line. column}
//   scripts      {source. file. line}
//   diagnostics  {severity. message. file. line. column. sourceLine}: severity 0 error, 1 warning
//
// A path at which there is nothing to read gives a diagnostic, no failure.
#include "compile/primitives.h"
#include "compile/read_sources.h"
#include "plugin/operands.h"

typedef struct Reading {
    VM *vm;
    const SourceTree *tree;
} Reading;

static Oop make_text(VM *vm, Text text) {
    return prim_new_byte_string(vm, text.bytes, text.length);
}

static void put_text(VM *vm, ArrayBuilder *array, Text text) {
    operand_array_put(vm, array, make_text(vm, text));
}

static void put_chars(VM *vm, ArrayBuilder *array, const char *chars) {
    put_text(vm, array, text_from_chars(chars ? chars : ""));
}

static void put_texts(VM *vm, ArrayBuilder *array, const Texts *texts) {
    ArrayBuilder items = operand_array(vm, (int)texts->count);
    for (size_t i = 0; i < texts->count; i++)
        put_text(vm, &items, texts->items[i]);
    operand_array_put(vm, array, operand_array_done(&items));
}

static void put_bool(VM *vm, ArrayBuilder *array, bool value) {
    operand_array_put(vm, array, prim_bool(vm, value));
}

// A package's place; they were added one after the other, so it is looked for from the last one.
static void put_package(const Reading *reading, ArrayBuilder *array, const SourcePackage *package) {
    size_t place = reading->tree->packages.count;
    while (place > 0 && reading->tree->packages.items[place - 1] != package)
        place--;
    operand_array_put_integer(reading->vm, array, (int64_t)place);
}

// ---- elements

static Oop make_package(const Reading *reading, size_t i) {
    const SourcePackage *package = reading->tree->packages.items[i];
    ArrayBuilder array = operand_array(reading->vm, 2);
    put_text(reading->vm, &array, package->name);
    put_text(reading->vm, &array, package->path);
    return operand_array_done(&array);
}

static Oop make_class(const Reading *reading, size_t i) {
    const SourceClass *class = reading->tree->classes.items[i];
    VM *vm = reading->vm;
    ArrayBuilder array = operand_array(vm, 16);
    put_package(reading, &array, class->package);
    put_text(vm, &array, class->name);
    put_text(vm, &array, class->superclass);
    put_bool(vm, &array, class->is_trait);
    put_chars(vm, &array, class_kind_word(class->kind));
    put_texts(vm, &array, &class->instance_variables);
    put_texts(vm, &array, &class->class_instance_variables);
    put_texts(vm, &array, &class->class_variables);
    put_texts(vm, &array, &class->pools);
    put_text(vm, &array, class->traits);
    put_text(vm, &array, class->class_traits);
    put_text(vm, &array, class->category);
    put_text(vm, &array, class->tag);
    put_text(vm, &array, class->comment);
    put_chars(vm, &array, class->place.file);
    operand_array_put_integer(vm, &array, class->place.line);
    return operand_array_done(&array);
}

static Oop make_method(const Reading *reading, size_t i) {
    const SourceMethod *method = reading->tree->methods.items[i];
    VM *vm = reading->vm;
    ArrayBuilder array = operand_array(vm, 11);
    put_package(reading, &array, method->package);
    put_text(vm, &array, method->class_name);
    put_bool(vm, &array, method->class_side);
    put_bool(vm, &array, method->is_extension);
    put_text(vm, &array, method->category);
    put_text(vm, &array, method->stamp);
    put_text(vm, &array, method->selector);
    put_text(vm, &array, method->text);
    put_chars(vm, &array, method->place.file);
    operand_array_put_integer(vm, &array, method->place.line);
    operand_array_put_integer(vm, &array, method->place.column);
    return operand_array_done(&array);
}

static Oop make_script(const Reading *reading, size_t i) {
    const SourceScript *script = reading->tree->scripts.items[i];
    ArrayBuilder array = operand_array(reading->vm, 3);
    put_text(reading->vm, &array, script->text);
    put_chars(reading->vm, &array, script->place.file);
    operand_array_put_integer(reading->vm, &array, script->place.line);
    return operand_array_done(&array);
}

static Oop make_diagnostic(const Reading *reading, size_t i) {
    const Diagnostic *diagnostic = &reading->tree->diagnostics.items[i];
    ArrayBuilder array = operand_array(reading->vm, 6);
    operand_array_put_integer(reading->vm, &array, diagnostic->severity);
    put_text(reading->vm, &array, diagnostic->message);
    put_chars(reading->vm, &array, diagnostic->file);
    operand_array_put_integer(reading->vm, &array, diagnostic->line);
    operand_array_put_integer(reading->vm, &array, diagnostic->column);
    put_text(reading->vm, &array, diagnostic->source_line);
    return operand_array_done(&array);
}

// ---- the whole

typedef Oop (*ElementMaker)(const Reading *reading, size_t i);

static void put_all(const Reading *reading, ArrayBuilder *array, size_t count, ElementMaker make) {
    ArrayBuilder all = operand_array(reading->vm, (int)count);
    for (size_t i = 0; i < count && !all.failed; i++)
        operand_array_put(reading->vm, &all, make(reading, i));
    operand_array_put(reading->vm, array, operand_array_done(&all));
}

static Outcome answer_tree(VM *vm, const SourceTree *tree) {
    Reading reading = {vm, tree};
    if (tree->arena.is_exhausted) return prim_fail(vm, FAILURE_NO_C_MEMORY);
    ArrayBuilder answer = operand_array(vm, 5);
    put_all(&reading, &answer, tree->packages.count, make_package);
    put_all(&reading, &answer, tree->classes.count, make_class);
    put_all(&reading, &answer, tree->methods.count, make_method);
    put_all(&reading, &answer, tree->scripts.count, make_script);
    put_all(&reading, &answer, tree->diagnostics.count, make_diagnostic);
    return operand_answer(vm, operand_array_done(&answer));
}

Outcome prim_read_sources(VM *vm) {
    Path path;
    Failure failure = operand_file_path(vm, prim_argument(vm, 0), &path);
    if (failure != FAILURE_NONE) return prim_fail(vm, failure);
    SourceTree *tree = source_tree_new();
    if (!tree) return prim_fail(vm, FAILURE_NO_C_MEMORY);
    sources_read(tree, path.text);
    Outcome outcome = answer_tree(vm, tree);
    source_tree_free(tree);
    return outcome;
}
