// SPDX-License-Identifier: MIT
// See find_method.h.
#include "cmd/find_method.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "object/header.h"
#include "run/primitive.h"

bool method_name_parse(const char *text, MethodName *name) {
    const char *arrow = strstr(text, ">>");
    if (!arrow || arrow == text) return false;
    const char *selector = arrow + 2 + (arrow[2] == '#');
    size_t length = (size_t)(arrow - text);
    while (length > 0 && text[length - 1] == ' ')
        length--;
    selector += strspn(selector, " ");
    if (!*selector || length >= REPORT_NAME_BYTES || strlen(selector) >= REPORT_NAME_BYTES)
        return false;
    snprintf(name->class_name, sizeof name->class_name, "%.*s", (int)length, text);
    snprintf(name->selector, sizeof name->selector, "%s", selector);
    return true;
}

// ---- names that are alike

enum { SUGGESTIONS_SHOWN = 4 };

typedef struct Suggestions {
    const char *wanted;
    size_t count;
    struct {
        unsigned distance;
        char name[REPORT_NAME_BYTES];
    } best[SUGGESTIONS_SHOWN];
} Suggestions;

static unsigned least(unsigned a, unsigned b) { return a < b ? a : b; }

// Levenshtein's, with letters of either case alike.
static unsigned edit_distance(const char *a, const char *b) {
    unsigned row[REPORT_NAME_BYTES + 1];
    size_t width = strlen(b);
    for (size_t k = 0; k <= width; k++)
        row[k] = (unsigned)k;
    for (size_t i = 0; a[i]; i++) {
        unsigned corner = row[0];
        row[0] = (unsigned)i + 1;
        for (size_t k = 0; k < width; k++) {
            bool same = tolower((unsigned char)a[i]) == tolower((unsigned char)b[k]);
            unsigned replaced = corner + !same;
            corner = row[k + 1];
            row[k + 1] = least(replaced, least(row[k], corner) + 1);
        }
    }
    return row[width];
}

static void suggestions_note(Suggestions *suggestions, const char *name) {
    unsigned distance = edit_distance(suggestions->wanted, name);
    bool is_part = strstr(name, suggestions->wanted) != NULL;
    size_t limit = 1 + strlen(suggestions->wanted) / 4;
    if (distance > limit && !is_part) return;
    size_t at = suggestions->count;
    for (size_t i = 0; i < suggestions->count; i++)
        if (strcmp(suggestions->best[i].name, name) == 0) return;
    while (at > 0 && suggestions->best[at - 1].distance > distance)
        at--;
    if (at == SUGGESTIONS_SHOWN) return;
    if (suggestions->count < SUGGESTIONS_SHOWN) suggestions->count++;
    for (size_t i = suggestions->count - 1; i > at; i--)
        suggestions->best[i] = suggestions->best[i - 1];
    suggestions->best[at].distance = distance;
    snprintf(suggestions->best[at].name, REPORT_NAME_BYTES, "%s", name);
}

// "; did you mean A, B or C?", or nothing.
static const char *suggestions_text(const Suggestions *suggestions, char *text, size_t size) {
    size_t length = 0;
    *text = 0;
    for (size_t i = 0; i < suggestions->count && length < size; i++) {
        const char *before = i == 0                        ? "; did you mean "
                             : i + 1 == suggestions->count ? " or "
                                                           : ", ";
        length +=
            (size_t)snprintf(text + length, size - length, "%s%s%s", before,
                             suggestions->best[i].name, i + 1 == suggestions->count ? "?" : "");
    }
    return text;
}

// ---- classes

typedef struct ClassSearch {
    VM *vm;
    Oop found;
    Suggestions suggestions;
} ClassSearch;

static bool visit_class(void *context, Oop object) {
    ClassSearch *search = context;
    char name[REPORT_NAME_BYTES];
    if (!object_is_pointers(object) || !prim_is_class_object(search->vm, object)) return true;
    report_name_of_class(search->vm, object, name, sizeof name);
    if (strcmp(name, search->suggestions.wanted) == 0) {
        search->found = object;
        return false;
    }
    if (name[0] && name[0] != '?') suggestions_note(&search->suggestions, name);
    return true;
}

// ---- selectors

static Oop superclass_of(const VM *vm, Oop class_object) {
    return heap_follow(&vm->heap, field_at(class_object, CLASS_SUPERCLASS));
}

// The class's own method; none: it has none of that name.
static Oop own_method(VM *vm, Oop class_object, const char *selector, Suggestions *suggestions) {
    const Heap *heap = &vm->heap;
    Oop dictionary = heap_follow(heap, field_at(class_object, CLASS_METHOD_DICTIONARY));
    if (!oop_is_pointers(dictionary) ||
        num_le(slot_count(dictionary), num(METHOD_DICTIONARY_FIRST_KEY)))
        return oop_none();
    Oop methods = heap_follow(heap, field_at(dictionary, METHOD_DICTIONARY_METHODS));
    Num count = num_sub(slot_count(dictionary), num(METHOD_DICTIONARY_FIRST_KEY));
    if (!oop_is_pointers(methods) || num_lt(slot_count(methods), count)) return oop_none();
    NUM_LOOP(i, num(0), count) {
        char name[REPORT_NAME_BYTES];
        Oop key =
            heap_follow(heap, slot_at(dictionary, num_add(i, num(METHOD_DICTIONARY_FIRST_KEY))));
        if (oop_is(key, heap->nil)) continue;
        report_string(vm, key, name, sizeof name);
        if (strcmp(name, selector) == 0) return heap_follow(heap, slot_at(methods, i));
        suggestions_note(suggestions, name);
    }
    return oop_none();
}

static Oop not_in_class(VM *vm, const MethodName *name, Oop class_object, Suggestions *suggestions,
                        Diagnosis *diagnosis) {
    enum { SUPERCLASS_LIMIT = 1000 };
    char above[REPORT_NAME_BYTES], text[600];
    Oop at = superclass_of(vm, class_object);
    for (int i = 0; i < SUPERCLASS_LIMIT && prim_is_class_object(vm, at); i++) {
        if (!oop_is_none(own_method(vm, at, name->selector, suggestions))) {
            report_name_of_class(vm, at, above, sizeof above);
            diagnose(diagnosis, STATUS_NOT_FOUND, "%s inherits #%s; it is '%s>>%s'",
                     name->class_name, name->selector, above, name->selector);
            return oop_none();
        }
        at = superclass_of(vm, at);
    }
    diagnose(diagnosis, STATUS_NOT_FOUND, "%s has no method #%s%s", name->class_name,
             name->selector, suggestions_text(suggestions, text, sizeof text));
    return oop_none();
}

Oop find_method(VM *vm, const MethodName *name, Diagnosis *diagnosis) {
    char text[600];
    ClassSearch search = {
        .vm = vm, .found = oop_none(), .suggestions = {.wanted = name->class_name}};
    heap_for_each_object(&vm->heap, visit_class, &search);
    if (oop_is_none(search.found)) {
        diagnose(diagnosis, STATUS_NOT_FOUND, "no class %s%s", name->class_name,
                 suggestions_text(&search.suggestions, text, sizeof text));
        return oop_none();
    }
    Suggestions suggestions = {.wanted = name->selector};
    Oop method = own_method(vm, search.found, name->selector, &suggestions);
    if (oop_is_none(method)) return not_in_class(vm, name, search.found, &suggestions, diagnosis);
    if (oop_is_method(method)) return method;
    diagnose(diagnosis, STATUS_NOT_FOUND, "%s>>%s is no compiled method", name->class_name,
             name->selector);
    return oop_none();
}
