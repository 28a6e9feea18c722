// SPDX-License-Identifier: MIT
// The oracle of the compiler: compiles the sources of the Pharo 8 kernel image with the V3 back end
// and compares each method with the one in the image, which Pharo's own compiler made.
//
//     opal_oracle IMAGE SOURCES [--set v3|sista] [--show N] [--method 'Class>>selector']
//
// The set is that of the image's methods, v3 unless told otherwise; with sista the compiler does as
// the Opal of Pharo 10 did, and the header bit for large frames does not count: the image that the
// test has (sista_oracle.sh) was made so, and none of its methods has that bit.
//
// Prints how many methods are equal and what is different about the others, in classes; --show N
// lists up to N of each class, --method shows both codes of one method. Exit code 0 when every
// difference belongs to a class that docs/compiler.md explains, 1 otherwise.
//
// A method is equal when header (arguments, temporaries, primitive, size of the frame), bytecodes
// and literals are. Literals are compared by kind and contents, bindings by name, pragmas by
// selector and arguments. Line ends in strings count as equal, whichever they are.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytecode/instruction.h"
#include "compile/ast.h"
#include "compile/name_set.h"
#include "compile/name_world.h"
#include "compile/read_sources.h"
#include "image/read.h"
#include "object/header.h"
#include "object/layouts.h"
#include "object/small_float.h"

enum { TRAIT_DEPTH_LIMIT = 10, CLASS_LIMIT = 1 << 16, TRAILER_LIMIT = 8 };
enum { LITERAL_COUNT_BITS = 0x7FFF, LARGE_FRAME_BIT = 1 << 17 };

typedef enum Outcome {
    OUTCOME_EQUAL,
    OUTCOME_NO_SOURCE,
    OUTCOME_REFUSED,
    OUTCOME_HEADER,
    OUTCOME_BYTES,
    OUTCOME_LITERALS,
    OUTCOME_PRIMITIVE_PRAGMA,
    OUTCOME_COUNT
} Outcome;

static const char *const outcome_texts[] = {
    [OUTCOME_EQUAL] = "equal",
    [OUTCOME_NO_SOURCE] = "no source below the folder",
    [OUTCOME_REFUSED] = "refused by the compiler",
    [OUTCOME_HEADER] = "header differs",
    [OUTCOME_BYTES] = "bytecodes differ",
    [OUTCOME_LITERALS] = "only literals differ",
    [OUTCOME_PRIMITIVE_PRAGMA] = "equal but for pragmas that the image did not keep",
};

typedef struct Oracle {
    uint64_t start, end;
    Text class_names[CLASS_LIMIT]; // by class index
    bool class_sides[CLASS_LIMIT];
    SourceTree *tree;
    NameWorld world;
    NameSet methods; // "Class>>selector", "Class class>>selector"
    CodeArena names, arena;
    uint64_t counts[OUTCOME_COUNT], state_count;
    unsigned show;
    const char *wanted;
    BytecodeSet set;
} Oracle;

// ---- the image

static uint64_t first_object(const Oracle *o) { return raw_object_at(o->start); }
static uint64_t next_object(const Oracle *o, uint64_t raw) {
    uint64_t end = raw_end(raw);
    return end < o->end ? raw_object_at(end) : o->end;
}

static Text bytes_of(uint64_t raw) {
    return (Text){(const char *)(uintptr_t)raw_slot_address(raw, 0), raw_byte_size(raw)};
}

static bool is_bytes(uint64_t raw) {
    return !raw_is_immediate(raw) && format_is_bytes(raw_format(raw));
}

static bool is_pointers(uint64_t raw, uint64_t slots) {
    return !raw_is_immediate(raw) && format_is_pointers(raw_format(raw)) &&
           raw_slot_count(raw) >= slots;
}

static uint64_t hash_of(uint64_t raw) { return header_hash(raw_load(raw)); }

static uint64_t last_literal(uint64_t method) {
    return raw_slot(method, raw_method_literal_count(method));
}

// A class's identity hash is its index in the class table, whose root is the fifth object.
static bool is_class(const Oracle *o, uint64_t raw) {
    uint64_t root = first_object(o), index = hash_of(raw);
    for (int i = 0; i < 4; i++)
        root = next_object(o, root);
    uint64_t page = raw_slot(root, index / CLASS_TABLE_PAGE_SIZE);
    return !raw_is_immediate(page) && raw_slot_count(page) == CLASS_TABLE_PAGE_SIZE &&
           raw_slot(page, index % CLASS_TABLE_PAGE_SIZE) == raw;
}

// Names of classes come from bindings: the class is the value, its metaclass the class of that.
static void note_class(Oracle *o, uint64_t binding) {
    if (!is_pointers(binding, 2)) return;
    uint64_t key = raw_slot(binding, ASSOCIATION_KEY), value = raw_slot(binding, ASSOCIATION_VALUE);
    if (!is_bytes(key) || !is_pointers(value, 3) || !is_class(o, value)) return;
    uint64_t index = hash_of(value), meta = raw_class_index(value);
    if (index < CLASS_LIMIT && !o->class_names[index].length) o->class_names[index] = bytes_of(key);
    if (meta < CLASS_LIMIT && !o->class_names[meta].length) {
        o->class_names[meta] = bytes_of(key);
        o->class_sides[meta] = true;
    }
}

static bool is_method(uint64_t raw) {
    return raw_class_index(raw) > CLASS_INDEX_LAST_PUN && format_is_method(raw_format(raw));
}

// The bindings that methods end with come first: they have the classes' own names.
static void find_classes(Oracle *o) {
    for (uint64_t raw = first_object(o); raw < o->end; raw = next_object(o, raw))
        if (is_method(raw)) note_class(o, last_literal(raw));
    for (uint64_t raw = first_object(o); raw < o->end; raw = next_object(o, raw))
        if (raw_class_index(raw) > CLASS_INDEX_LAST_PUN && is_pointers(raw, 2) &&
            raw_slot_count(raw) == 2)
            note_class(o, raw);
}

static uint64_t selector_of(uint64_t method) {
    uint64_t literal = raw_slot(method, raw_method_literal_count(method) - 1);
    if (is_bytes(literal)) return literal;
    return is_pointers(literal, 2) ? raw_slot(literal, ADDITIONAL_METHOD_STATE_SELECTOR) : 0;
}

// ---- literals

static bool is_class_named(const Oracle *o, uint64_t raw, const char *name) {
    if (raw_is_immediate(raw)) return false;
    uint64_t index = raw_class_index(raw);
    return index < CLASS_LIMIT && text_is(o->class_names[index], name);
}

static bool is_symbol(const Oracle *o, uint64_t raw) {
    return is_class_named(o, raw, "ByteSymbol") || is_class_named(o, raw, "WideSymbol") ||
           is_class_named(o, raw, "Symbol");
}

static bool same_integer(const Literal *literal, uint64_t raw) {
    if (raw_is_immediate(raw))
        return (raw & TAG_MASK) == TAG_INT && !literal->text.length &&
               raw_int(raw) == literal->integer;
    uint64_t index = raw_class_index(raw);
    if (index != CLASS_INDEX_LARGE_NEGATIVE_INTEGER && index != CLASS_INDEX_LARGE_POSITIVE_INTEGER)
        return false;
    bool is_negative = index == CLASS_INDEX_LARGE_NEGATIVE_INTEGER;
    uint8_t own[8];
    uint64_t size =
        literal->integer < 0 ? 0 - (uint64_t)literal->integer : (uint64_t)literal->integer;
    Text bytes = bytes_of(raw), mine = literal->text;
    if (!mine.length) {
        size_t count = 0;
        for (; size; size >>= 8)
            own[count++] = (uint8_t)size;
        return text_equals(bytes, (Text){(const char *)own, count}) &&
               is_negative == (literal->integer < 0);
    }
    return text_equals(bytes, mine) && is_negative == literal->is_negative;
}

static bool same_float(const Oracle *o, const Literal *literal, uint64_t raw) {
    double value;
    if (raw_is_immediate(raw)) {
        if ((raw & TAG_MASK) != TAG_FLOAT) return false;
        value = raw_small_float(raw);
    } else {
        if (raw_class_index(raw) != CLASS_INDEX_FLOAT) return false;
        memcpy(&value, (const void *)(uintptr_t)raw_slot_address(raw, 0), sizeof value);
    }
    (void)o;
    return memcmp(&value, &literal->real, sizeof value) == 0;
}

// The image was compiled from text whose lines end in CR, the files' lines end in LF.
static uint32_t as_in_image(uint32_t character) { return character == '\n' ? '\r' : character; }

// Code points of the source's UTF-8 against the bytes or words of a string.
static bool same_characters(Text utf8, uint64_t raw) {
    size_t at = 0, count = 0;
    bool is_wide = !format_is_bytes(raw_format(raw));
    Text bytes = bytes_of(raw);
    while (at < utf8.length) {
        uint32_t character = (unsigned char)utf8.bytes[at], word = 0;
        if (character < 0x80) {
            at++;
        } else {
            int more = character >= 0xF0 ? 3 : character >= 0xE0 ? 2 : 1;
            character &= 0x3Fu >> more;
            for (at++; more; more--)
                character = character << 6 | ((unsigned char)utf8.bytes[at++] & 0x3F);
        }
        if (is_wide ? (count + 1) * 4 > raw_slot_count(raw) * 8 : count >= bytes.length)
            return false;
        if (is_wide)
            memcpy(&word, bytes.bytes + count * 4, 4);
        else
            word = (unsigned char)bytes.bytes[count];
        if (word != character && word != as_in_image(character)) return false;
        count++;
    }
    return is_wide || count == bytes.length;
}

static bool same_literal(const Oracle *o, const Literal *literal, uint64_t raw);
static bool same_literals(const Oracle *o, const Code *code, uint64_t method);
static bool same_block(const Oracle *o, const Code *code, uint64_t raw);
static bool same_closure(const Oracle *o, const Literal *literal, uint64_t raw);
static bool is_code(uint64_t raw);

static bool same_items(const Oracle *o, const Literal *literal, uint64_t raw) {
    if (raw_is_immediate(raw) || !format_is_pointers(raw_format(raw)) ||
        raw_slot_count(raw) != literal->item_count)
        return false;
    for (size_t i = 0; i < literal->item_count; i++)
        if (!same_literal(o, &literal->items[i], raw_slot(raw, i))) return false;
    return true;
}

// Selector and arguments are somewhere in a Pragma's slots.
static bool same_pragma(const Oracle *o, const Literal *pragma, uint64_t raw) {
    bool has_selector = false, has_arguments = false;
    Literal selector = {.kind = LITERAL_SYMBOL, .text = pragma->text};
    for (uint64_t i = 0; i < raw_slot_count(raw); i++) {
        uint64_t slot = raw_slot(raw, i);
        if (same_literal(o, &selector, slot)) has_selector = true;
        if (!raw_is_immediate(slot) && raw_class_index(slot) == CLASS_INDEX_ARRAY)
            has_arguments |= same_items(o, pragma, slot);
    }
    return has_selector && has_arguments;
}

static bool same_state(const Oracle *o, const Literal *state, uint64_t raw) {
    if (!is_pointers(raw, 2) || raw_slot_count(raw) != 2 + state->item_count) return false;
    for (size_t i = 0; i < state->item_count; i++)
        if (!same_pragma(o, &state->items[i], raw_slot(raw, 2 + i))) return false;
    return true;
}

static bool same_scaled(const Oracle *o, const Literal *literal, uint64_t raw) {
    bool found[3] = {false, false, false};
    if (!is_class_named(o, raw, "ScaledDecimal")) return false;
    Literal scale = {.kind = LITERAL_INTEGER, .integer = literal->integer};
    for (uint64_t i = 0; i < raw_slot_count(raw); i++) {
        found[0] |= same_literal(o, &literal->items[0], raw_slot(raw, i));
        found[1] |= same_literal(o, &literal->items[1], raw_slot(raw, i));
        found[2] |= same_literal(o, &scale, raw_slot(raw, i));
    }
    return found[0] && found[1] && found[2];
}

static bool same_binding(const Literal *literal, uint64_t raw) {
    if (!is_pointers(raw, 2)) return false;
    uint64_t key = raw_slot(raw, ASSOCIATION_KEY);
    return is_bytes(key) && text_equals(bytes_of(key), literal->text);
}

static bool same_literal(const Oracle *o, const Literal *literal, uint64_t raw) {
    uint64_t nil = first_object(o);
    switch (literal->kind) {
    case LITERAL_NIL:
        return raw == nil;
    case LITERAL_FALSE:
        return raw == next_object(o, nil);
    case LITERAL_TRUE:
        return raw == next_object(o, next_object(o, nil));
    case LITERAL_INTEGER:
        return same_integer(literal, raw);
    case LITERAL_FLOAT:
        return same_float(o, literal, raw);
    case LITERAL_SCALED_DECIMAL:
        return same_scaled(o, literal, raw);
    case LITERAL_CHARACTER:
        return (raw & TAG_MASK) == TAG_CHAR && raw >> TAG_BITS == (uint64_t)literal->integer;
    case LITERAL_STRING:
        return !raw_is_immediate(raw) && format_is_bits(raw_format(raw)) && !is_symbol(o, raw) &&
               same_characters(literal->text, raw);
    case LITERAL_SYMBOL:
        return is_symbol(o, raw) && same_characters(literal->text, raw);
    case LITERAL_BYTE_ARRAY:
        return is_bytes(raw) && raw_class_index(raw) == CLASS_INDEX_BYTE_ARRAY &&
               text_equals(bytes_of(raw), literal->text);
    case LITERAL_ARRAY:
        return same_items(o, literal, raw);
    case LITERAL_BINDING:
        return same_binding(literal, raw);
    case LITERAL_CLASS_BINDING:
        return is_pointers(raw, 2);
    case LITERAL_METHOD_STATE:
        return same_state(o, literal, raw);
    case LITERAL_CODE:
        return same_block(o, literal->code, raw);
    case LITERAL_CONSTANT_BLOCK:
    case LITERAL_CLEAN_BLOCK:
        return same_closure(o, literal, raw);
    case LITERAL_OUTER:
        return is_code(raw);
    default:
        return false;
    }
}

static Text code_bytes(uint64_t method) {
    Text all = bytes_of(method);
    return text_slice(all, (raw_method_literal_count(method) + 1) * 8, all.length);
}

// The frame's size depends on the stack alone, so it counts as part of the header.
static bool same_header(const Oracle *o, const Code *code, uint64_t method) {
    int64_t own = code_header(code, o->set), other = raw_int(raw_slot(method, 0));
    int64_t ignored = LITERAL_COUNT_BITS | (o->set == CODE_SISTA ? LARGE_FRAME_BIT : 0);
    return (own | ignored) == (other | ignored);
}

// The image's bytes end with a trailer or with the padding of a block.
static bool same_bytes(const Code *code, uint64_t method) {
    Text bytes = code_bytes(method);
    return bytes.length >= code->byte_count && bytes.length <= code->byte_count + TRAILER_LIMIT &&
           memcmp(bytes.bytes, code->bytes, code->byte_count) == 0;
}

static bool is_code(uint64_t raw) {
    return !raw_is_immediate(raw) && format_is_method(raw_format(raw));
}

static bool same_block(const Oracle *o, const Code *code, uint64_t raw) {
    return is_code(raw) && same_bytes(code, raw) && same_header(o, code, raw) &&
           same_literals(o, code, raw);
}

// Code and, of a constant block, its value are somewhere in the closure's slots.
static bool same_closure(const Oracle *o, const Literal *literal, uint64_t raw) {
    bool has_code = false, has_value = literal->kind == LITERAL_CLEAN_BLOCK;
    if (raw_is_immediate(raw) || !format_is_pointers(raw_format(raw))) return false;
    for (uint64_t i = 0; i < raw_slot_count(raw); i++) {
        uint64_t slot = raw_slot(raw, i);
        if (is_code(slot))
            has_code |= same_block(o, literal->code, slot);
        else
            has_value = has_value || same_literal(o, &literal->items[0], slot);
    }
    return has_code && has_value;
}

static bool same_literals(const Oracle *o, const Code *code, uint64_t method) {
    if (raw_method_literal_count(method) != code->literal_count) return false;
    for (size_t i = 0; i < code->literal_count; i++)
        if (!same_literal(o, &code->literals[i], raw_slot(method, 1 + i))) return false;
    return true;
}

// The image has the selector where we have a method state with the primitive's pragma.
static bool lacks_pragmas(const Oracle *o, const Code *code, uint64_t method) {
    Code bare = *code;
    Literal literals[1024];
    if (code->literal_count > 1024 || code->literal_count < 2) return false;
    Literal *state = &literals[code->literal_count - 2];
    memcpy(literals, code->literals, code->literal_count * sizeof *literals);
    if (state->kind != LITERAL_METHOD_STATE) return false;
    state->kind = LITERAL_SYMBOL;
    bare.literals = literals;
    return same_literals(o, &bare, method);
}

// ---- comparing

static Outcome compare(const Oracle *o, const Code *code, uint64_t method) {
    if (!same_bytes(code, method)) return OUTCOME_BYTES;
    if (!same_header(o, code, method)) return OUTCOME_HEADER;
    if (same_literals(o, code, method)) return OUTCOME_EQUAL;
    return lacks_pragmas(o, code, method) ? OUTCOME_PRIMITIVE_PRAGMA : OUTCOME_LITERALS;
}

// ---- sources

static Text method_key(CodeArena *arena, Text class_name, bool class_side, Text selector) {
    return code_arena_format(arena, "%.*s%s>>%.*s", TEXT_ARGUMENTS(class_name),
                             class_side ? " class" : "", TEXT_ARGUMENTS(selector));
}

static void index_methods(Oracle *o) {
    name_set_start(&o->methods, &o->names, NAME_SET_FIRST_SIZE);
    for (size_t i = 0; i < o->tree->methods.count; i++) {
        SourceMethod *method = o->tree->methods.items[i];
        name_set_add(
            &o->methods,
            method_key(&o->names, method->class_name, method->class_side, method->selector),
            method);
    }
}

static const SourceMethod *find_source(Oracle *o, Text class_name, bool class_side, Text selector,
                                       int depth) {
    const SourceMethod *found =
        name_set_find(&o->methods, method_key(&o->arena, class_name, class_side, selector));
    const NamedClass *class = name_world_class(&o->world, class_name);
    for (size_t i = 0; !found && class && i < class->traits.count && depth < TRAIT_DEPTH_LIMIT; i++)
        found = find_source(o, class->traits.items[i], class_side, selector, depth + 1);
    return found;
}

static Code *compile(Oracle *o, const SourceMethod *source, Text class_name, Diagnostics *list) {
    SourceMethod method = *source;
    CompileUnit unit = {.arena = &o->arena, .diagnostics = list};
    CompileOptions options = {.bytecode_set = o->set,
                              .drop_values = true,
                              .long_receiver_access = text_is(class_name, "Context")};
    if (o->set == CODE_SISTA) options.not_inlined = 1u << INLINE_REPEAT | 1u << INLINE_TIMES_REPEAT;
    method.class_name = class_name;
    name_world_enter(&o->world, &method, &unit);
    return compile_method(&unit, &options);
}

// ---- telling

static void print_literal(const Oracle *o, uint64_t raw) {
    if ((raw & TAG_MASK) == TAG_INT)
        printf("%lld", (long long)raw_int(raw));
    else if (raw_is_immediate(raw))
        printf("immediate %llx", (unsigned long long)raw);
    else if (is_bytes(raw))
        printf("%s'%.*s'", is_symbol(o, raw) ? "#" : "", TEXT_ARGUMENTS(bytes_of(raw)));
    else if (raw_class_index(raw) < CLASS_LIMIT)
        printf("a %.*s", TEXT_ARGUMENTS(o->class_names[raw_class_index(raw)]));
}

static void print_instructions(const Oracle *o, Text bytes, size_t limit) {
    Instruction in;
    for (uint32_t pc = 0; pc < limit; pc = instruction_next_pc(&in)) {
        if (!instruction_decode((const uint8_t *)bytes.bytes, (uint32_t)bytes.length, pc,
                                o->set == CODE_SISTA, &in))
            break;
        printf("    %4u %s %lld %lld %lld\n", pc, bytecode_op_name(in.op), (long long)in.a,
               (long long)in.b, (long long)in.c);
    }
}

static void print_both(const Oracle *o, const Code *code, uint64_t method) {
    printf("  image: header %llx\n", (unsigned long long)raw_int(raw_slot(method, 0)));
    for (uint64_t i = 0; i < raw_method_literal_count(method); i++) {
        bool same = code && i < code->literal_count &&
                    same_literal(o, &code->literals[i], raw_slot(method, 1 + i));
        printf("    literal %llu: ", (unsigned long long)i);
        print_literal(o, raw_slot(method, 1 + i));
        puts(same ? "" : "   <- differs");
    }
    print_instructions(o, code_bytes(method), code_bytes(method).length);
    if (!code) return;
    printf("  compiled: header %llx, %zu literals\n", (unsigned long long)code_header(code, o->set),
           code->literal_count);
    for (size_t i = 0; i < code->literal_count; i++)
        printf("    literal %zu: kind %d '%.*s' %lld\n", i, code->literals[i].kind,
               TEXT_ARGUMENTS(code->literals[i].text), (long long)code->literals[i].integer);
    print_instructions(o, (Text){(const char *)code->bytes, code->byte_count}, code->byte_count);
}

static void check_method(Oracle *o, uint64_t method) {
    uint64_t binding = last_literal(method), selector = selector_of(method);
    if (!is_pointers(binding, 2) || !selector) return;
    if (selector != raw_slot(method, raw_method_literal_count(method) - 1)) o->state_count++;
    uint64_t index = hash_of(raw_slot(binding, ASSOCIATION_VALUE));
    Text class_name = o->class_names[index], name = bytes_of(selector);
    bool class_side = o->class_sides[index];
    Diagnostics list = {.arena = &o->arena};
    Code *code = NULL;
    Outcome outcome = OUTCOME_NO_SOURCE;
    const SourceMethod *source = find_source(o, class_name, class_side, name, 0);
    if (source) {
        code = compile(o, source, class_name, &list);
        outcome = code ? compare(o, code, method) : OUTCOME_REFUSED;
    }
    o->counts[outcome]++;
    Text key = method_key(&o->arena, class_name, class_side, name);
    bool is_wanted = o->wanted && text_is(key, o->wanted);
    if ((outcome != OUTCOME_EQUAL && o->counts[outcome] <= o->show) || is_wanted)
        printf("%s: %.*s\n", outcome_texts[outcome], TEXT_ARGUMENTS(key));
    if (is_wanted) print_both(o, code, method);
    code_arena_reset(&o->arena);
}

static int report(const Oracle *o) {
    uint64_t total = 0;
    for (int i = 0; i < OUTCOME_COUNT; i++)
        total += o->counts[i];
    for (int i = 0; i < OUTCOME_COUNT; i++)
        printf("%6llu of %llu %s\n", (unsigned long long)o->counts[i], (unsigned long long)total,
               outcome_texts[i]);
    printf("%6llu methods of the image have a method state, for pragmas\n",
           (unsigned long long)o->state_count);
    for (int i = OUTCOME_REFUSED; i <= OUTCOME_LITERALS; i++)
        if (o->counts[i]) return 1;
    return 0;
}

static int run(Oracle *o, const char *image, const char *sources) {
    ImageFile file;
    Diagnosis diagnosis = {""};
    uint64_t special;
    if (image_file_open(&file, image, &diagnosis) != STATUS_OK) {
        fprintf(stderr, "%s: %s\n", image, diagnosis.text);
        return 2;
    }
    void *memory = malloc(file.object_bytes + 16);
    o->start = ((uint64_t)(uintptr_t)memory + 7) & ~7ull;
    if (!memory || image_file_read(&file, o->start, &special, &diagnosis) != STATUS_OK) {
        fprintf(stderr, "%s: %s\n", image, diagnosis.text);
        return 2;
    }
    o->end = o->start + file.object_bytes;
    o->tree = source_tree_new();
    sources_read(o->tree, sources);
    if (!name_world_start(&o->world, o->tree)) return 2;
    find_classes(o);
    index_methods(o);
    for (uint64_t raw = first_object(o); raw < o->end; raw = next_object(o, raw))
        if (is_method(raw)) check_method(o, raw);
    int code = report(o);
    source_tree_free(o->tree);
    image_file_close(&file);
    free(memory);
    return code;
}

int main(int argc, char **argv) {
    Oracle *oracle = calloc(1, sizeof *oracle);
    if (argc < 3 || !oracle) {
        fputs("opal_oracle IMAGE SOURCES [--set v3|sista] [--show N] "
              "[--method 'Class>>selector']\n",
              stderr);
        return 2;
    }
    oracle->set = CODE_V3PLUS;
    for (int i = 3; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--show") == 0) oracle->show = (unsigned)atoi(argv[i + 1]);
        if (strcmp(argv[i], "--set") == 0 && strcmp(argv[i + 1], "sista") == 0)
            oracle->set = CODE_SISTA;
        if (strcmp(argv[i], "--method") == 0) oracle->wanted = argv[i + 1];
    }
    int code = run(oracle, argv[1], argv[2]);
    code_arena_free(&oracle->names);
    code_arena_free(&oracle->arena);
    free(oracle);
    return code;
}
