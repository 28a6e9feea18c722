// SPDX-License-Identifier: MIT
// See file_out.h. A definition is a message to Pharo's class builder, which takes everything that
// Tonel can say: layouts, slots of any kind, traits of both sides.
#include "compile/file_out.h"

#include <string.h>

#include "compile/text_map.h"

typedef struct FileOut {
    FILE *to;
    SourceTree *tree;
    TextMap classes;     // name -> SourceClass
    TextMap done;        // name -> anything: on the way, written, or left out
    TextMap methods;     // the same of their methods
    TextMap initialized; // and initialisers
} FileOut;

static void put_text(FileOut *out, Text text) { fwrite(text.bytes, 1, text.length, out->to); }

// With what ends a chunk, or a string, doubled, and lines that end in CR, as in every Pharo.
static void put_doubled(FileOut *out, Text text, char doubled) {
    for (size_t i = 0; i < text.length; i++) {
        fputc(text.bytes[i] == '\n' ? '\r' : text.bytes[i], out->to);
        if (text.bytes[i] == doubled) fputc(doubled, out->to);
    }
}

static void put_string(FileOut *out, Text text) {
    fputc('\'', out->to);
    put_doubled(out, text, '\'');
    fputc('\'', out->to);
}

// ---- definitions

// Names of variables, and definitions of slots such as "#target => WeakSlot", in an Array.
static void put_variables(FileOut *out, const char *keyword, const Texts *variables,
                          const char *conversion) {
    if (variables->count == 0) return;
    fprintf(out->to, ";\n\t\t%s {", keyword);
    for (size_t i = 0; i < variables->count; i++) {
        Text text = text_trim(variables->items[i]);
        bool is_name = text.length && text.bytes[0] != '#';
        fputs(is_name ? " #" : " (", out->to);
        put_text(out, text);
        fprintf(out->to, "%s%s.", is_name ? "" : ")", is_name ? conversion : "");
    }
    fputs(" }", out->to);
}

static void put_pools(FileOut *out, const Texts *pools) {
    if (pools->count == 0) return;
    fputs(";\n\t\tsharedPoolsFromString: '", out->to);
    for (size_t i = 0; i < pools->count; i++) {
        if (i) fputc(' ', out->to);
        put_text(out, pools->items[i]);
    }
    fputc('\'', out->to);
}

static void put_string_message(FileOut *out, const char *keyword, Text text) {
    if (text.length == 0) return;
    fprintf(out->to, ";\n\t\t%s ", keyword);
    put_string(out, text);
}

static void put_composition(FileOut *out, const char *keyword, Text composition) {
    if (composition.length == 0) return;
    fprintf(out->to, ";\n\t\t%s (", keyword);
    put_text(out, composition);
    fputs(") asTraitComposition", out->to);
}

// Only Tonel says more than names.
static const Texts *slots_of(const SourceClass *class) {
    return class->slots.count ? &class->slots : &class->instance_variables;
}

static const Texts *class_slots_of(const SourceClass *class) {
    return class->class_slots.count ? &class->class_slots : &class->class_instance_variables;
}

static void put_definition(FileOut *out, const SourceClass *class) {
    fputs("ShiftClassInstaller make: [ :builder | builder\n\t\tname: #", out->to);
    put_text(out, class->name);
    if (class->is_trait) {
        fputs(";\n\t\tbeTrait", out->to);
    } else {
        fputs(";\n\t\tsuperclass: ", out->to);
        put_text(out, class->superclass);
        fprintf(out->to, ";\n\t\tlayoutClass: %s", class_kind_layout(class->kind));
    }
    put_variables(out, "slots:", slots_of(class), " asSlot");
    put_variables(out, "sharedVariables:", &class->class_variables, " asClassVariable");
    put_pools(out, &class->pools);
    put_string_message(out, "package:", class->package->name);
    put_string_message(out, "tag:", class->tag);
    put_variables(out, "classSlots:", class_slots_of(class), " asSlot");
    put_composition(out, "traitComposition:", class->traits);
    put_composition(out, "classTraitComposition:", class->class_traits);
    fputs(" ]!\n\n", out->to);
}

// Who wrote the comment, and when, Tonel does not say.
static void put_comment(FileOut *out, const SourceClass *class) {
    if (class->comment.length == 0) return;
    fputc('!', out->to);
    put_text(out, class->name);
    fputs(" commentStamp: '' prior: 0!\n", out->to);
    put_doubled(out, class->comment, '!');
    fputs("!\n\n", out->to);
}

// ---- methods

static void put_method(FileOut *out, const SourceMethod *method) {
    fputc('!', out->to);
    put_text(out, method->class_name);
    fputs(method->class_side ? " class methodsFor: " : " methodsFor: ", out->to);
    put_string(out, method->category);
    fputs("!\n", out->to);
    put_doubled(out, method->text, '!');
    fputs("! !\n\n", out->to);
}

static void put_methods_of(FileOut *out, const SourceClass *class) {
    if (text_map_at(&out->methods, class->name)) return;
    if (!text_map_put(&out->methods, &out->tree->arena, class->name, out)) return;
    for (size_t i = 0; i < out->tree->methods.count; i++) {
        const SourceMethod *method = out->tree->methods.items[i];
        if (!method->is_extension && text_equals(method->class_name, class->name))
            put_method(out, method);
    }
}

// ---- order

static void put_class(FileOut *out, const SourceClass *class);

// The classes that a text names come first.
static void put_named_classes(FileOut *out, Text text) {
    for (size_t at = 0; at < text.length;) {
        size_t start = at;
        while (at < text.length && text_is_word_character(text.bytes[at]))
            at++;
        if (at == start) {
            at++;
            continue;
        }
        const SourceClass *named = text_map_at(&out->classes, text_slice(text, start, at));
        if (named) put_class(out, named);
    }
}

static void put_all_named_classes(FileOut *out, const Texts *texts) {
    for (size_t i = 0; i < texts->count; i++)
        put_named_classes(out, texts->items[i]);
}

// A class with all its methods, and those of its superclasses: an instance of it is needed.
static void put_whole_class(FileOut *out, const SourceClass *class) {
    put_class(out, class);
    const SourceClass *superclass = text_map_at(&out->classes, class->superclass);
    if (superclass) put_whole_class(out, superclass);
    put_methods_of(out, class);
}

// The class that makes a special variable, "#name => Kind ..."; NULL: a plain one, or a class that
// is not among the sources.
static const SourceClass *kind_of(const FileOut *out, Text variable) {
    size_t start = 0;
    while (start < variable.length && variable.bytes[start] != '>')
        start++;
    while (start < variable.length && !text_is_word_character(variable.bytes[start]))
        start++;
    size_t end = start;
    while (end < variable.length && text_is_word_character(variable.bytes[end]))
        end++;
    return text_map_at(&out->classes, text_slice(variable, start, end));
}

// Special variables are made by their kinds when the class is.
static void put_kinds(FileOut *out, const Texts *variables) {
    put_all_named_classes(out, variables);
    for (size_t i = 0; i < variables->count; i++) {
        const SourceClass *kind = kind_of(out, variables->items[i]);
        if (kind) put_whole_class(out, kind);
    }
}

static bool have_kinds(const FileOut *out, const Texts *variables) {
    for (size_t i = 0; i < variables->count; i++)
        if (kind_of(out, variables->items[i])) return true;
    return false;
}

static void put_class(FileOut *out, const SourceClass *class) {
    if (text_map_at(&out->done, class->name)) return;
    if (!text_map_put(&out->done, &out->tree->arena, class->name, out)) return;
    put_named_classes(out, class->superclass);
    put_named_classes(out, class->traits);
    put_named_classes(out, class->class_traits);
    put_all_named_classes(out, &class->pools);
    put_kinds(out, slots_of(class));
    put_kinds(out, class_slots_of(class));
    put_kinds(out, &class->class_variables);
    put_definition(out, class);
    put_comment(out, class);
    if (class->is_trait) put_methods_of(out, class);
}

static bool has_initializer(const FileOut *out, const SourceClass *class) {
    for (size_t i = 0; i < out->tree->methods.count; i++) {
        const SourceMethod *method = out->tree->methods.items[i];
        if (method->class_side && text_is(method->selector, "initialize") &&
            text_equals(method->class_name, class->name))
            return true;
    }
    return false;
}

// Behind those of the superclass and of the pools.
static void put_initializer(FileOut *out, const SourceClass *class) {
    if (!class || class->is_trait || text_map_at(&out->initialized, class->name)) return;
    if (!text_map_put(&out->initialized, &out->tree->arena, class->name, out)) return;
    put_initializer(out, text_map_at(&out->classes, class->superclass));
    for (size_t i = 0; i < class->pools.count; i++)
        put_initializer(out, text_map_at(&out->classes, class->pools.items[i]));
    if (!has_initializer(out, class)) return;
    put_text(out, class->name);
    fputs(" initialize!\n", out->to);
}

static void put_initializers(FileOut *out) {
    for (size_t i = 0; i < out->tree->classes.count; i++)
        put_initializer(out, out->tree->classes.items[i]);
}

// Only Metacello, where it is, has a use for baselines.
static bool is_baseline(const SourceClass *class) {
    return text_is(class->superclass, "BaselineOf");
}

static FileOut begin(FILE *to, SourceTree *tree) {
    FileOut out = {.to = to, .tree = tree};
    for (size_t i = 0; i < tree->classes.count; i++)
        if (is_baseline(tree->classes.items[i])) {
            text_map_put(&out.done, &tree->arena, tree->classes.items[i]->name, to);
            text_map_put(&out.methods, &tree->arena, tree->classes.items[i]->name, to);
        }
    for (size_t i = 0; i < tree->classes.count; i++)
        text_map_put(&out.classes, &tree->arena, tree->classes.items[i]->name,
                     tree->classes.items[i]);
    return out;
}

void file_out_initializers(FILE *to, SourceTree *tree) {
    FileOut out = begin(to, tree);
    put_initializers(&out);
}

void file_out_comments(FILE *to, SourceTree *tree) {
    FileOut out = begin(to, tree);
    for (size_t i = 0; i < tree->classes.count; i++)
        put_comment(&out, tree->classes.items[i]);
}

void file_out_special(FILE *to, SourceTree *tree, SourceTree *kinds) {
    FileOut out = begin(to, kinds);
    for (size_t i = 0; i < tree->classes.count; i++) {
        const SourceClass *class = tree->classes.items[i];
        if (have_kinds(&out, slots_of(class)) || have_kinds(&out, class_slots_of(class)) ||
            have_kinds(&out, &class->class_variables))
            put_definition(&out, class);
    }
}

bool file_out(FILE *to, SourceTree *tree) {
    FileOut out = begin(to, tree);
    for (size_t i = 0; i < tree->classes.count; i++)
        if (tree->classes.items[i]->is_trait) put_class(&out, tree->classes.items[i]);
    for (size_t i = 0; i < tree->classes.count; i++)
        put_class(&out, tree->classes.items[i]);
    for (size_t i = 0; i < tree->classes.count; i++)
        if (!tree->classes.items[i]->is_trait) put_methods_of(&out, tree->classes.items[i]);
    for (size_t i = 0; i < tree->methods.count; i++)
        if (tree->methods.items[i]->is_extension) put_method(&out, tree->methods.items[i]);
    put_initializers(&out);
    return !tree->arena.is_exhausted;
}
