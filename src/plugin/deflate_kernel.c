// SPDX-License-Identifier: MIT
// Finding matches and writing blocks of the deflate format; see deflate_kernel.h. The choices
// (lazy matching, when a block is closed, short matches far away refused) are those of the
// Smalltalk code that these loops stand for, so that both write the same bytes.
#include "plugin/deflate_kernel.h"

enum {
    WINDOW_MASK = DEFLATE_WINDOW - 1,
    HASH_MASK = DEFLATE_HASHES - 1,
    HASH_SHIFT = 5,
    FIRST_LENGTH_CODE = DEFLATE_END_OF_BLOCK + 1,
    FAR_AWAY = DEFLATE_WINDOW / 4, // a shortest match beyond costs more than its bytes
    CHECK_EVERY = 0x1000,          // literals: whether the block should be closed
};

// ---- codes of lengths and distances (RFC 1951, 3.2.5): pairs and quadruples of codes share a
// number of extra bits, which grows by one from group to group.

typedef struct Code {
    unsigned number, extra_bits;
    uint32_t base; // the least value with this code
} Code;

static unsigned highest_bit(uint32_t value) { return 31 - (unsigned)__builtin_clz(value); }

// Of a match's length less DEFLATE_LEAST_MATCH, 0 to 255. The longest could have a code of its own;
// the tables of the images give it that of the next shorter ones, with all extra bits set, which
// whoever decodes understands, too. Images count its bits by those tables.
static Code length_code(uint32_t length) {
    if (length < 8) return (Code){length, 0, length};
    unsigned extra = highest_bit(length) - 2;
    return (Code){4 * extra + (length >> extra), extra, length >> extra << extra};
}

// Of a distance less 1, 0 to 32767.
static Code distance_code(uint32_t distance) {
    if (distance < 4) return (Code){distance, 0, distance};
    unsigned extra = highest_bit(distance) - 1;
    return (Code){2 * extra + (distance >> extra), extra, distance >> extra << extra};
}

// ---- finding matches

static uint32_t next_hash(const Deflating *d, int64_t here) {
    return (d->hash << HASH_SHIFT ^ d->bytes[here + DEFLATE_LEAST_MATCH - 1]) & HASH_MASK;
}

static void insert_string(Deflating *d, int64_t here) {
    d->hash = next_hash(d, here);
    d->tail[here & WINDOW_MASK] = d->head[d->hash];
    d->head[d->hash] = (uint32_t)here;
}

typedef struct Match {
    int64_t length, position;
} Match;

// How long the strings at both places are equal; less than `better` + 1 if they cannot be longer
// than `better`.
static int64_t common_length(const Deflating *d, int64_t here, int64_t there, int64_t better) {
    const uint8_t *a = d->bytes + here, *b = d->bytes + there;
    if (a[better] != b[better] || a[better - 1] != b[better - 1] || a[0] != b[0]) return 0;
    int64_t length = 1;
    while (length < DEFLATE_LONGEST_MATCH && a[length] == b[length])
        length++;
    return length;
}

static int64_t usable_length(const Deflating *d, int64_t here, int64_t there, int64_t better) {
    int64_t length = common_length(d, here, there, better), rest = (int64_t)d->count - here;
    if (length > rest) length = rest;
    if (length == DEFLATE_LEAST_MATCH && here - there > FAR_AWAY) length--;
    return length;
}

// The longest match for the string at `here`, if it is longer than `best`; otherwise that. The
// positions of a chain go down, or they are none that deflate_block has entered.
static Match find_match(const Deflating *d, int64_t here, Match best, int64_t chain, int64_t good) {
    int64_t limit = here > DEFLATE_WINDOW ? here - DEFLATE_WINDOW : 0;
    if (best.length >= DEFLATE_LONGEST_MATCH) return best;
    int64_t there = d->head[next_hash(d, here)];
    if (there >= here || here - there >= DEFLATE_WINDOW) return best;
    for (;;) {
        int64_t length = usable_length(d, here, there, best.length);
        bool better = length > best.length;
        if (better) best = (Match){length, there};
        if (better && (length >= DEFLATE_LONGEST_MATCH || length > good)) return best;
        int64_t before = d->tail[there & WINDOW_MASK];
        if (--chain <= 0 || before <= limit || before >= there) return best;
        there = before;
    }
}

// ---- literals and matches

static bool should_flush(const Deflating *d) {
    if (d->literal_count == d->literal_limit) return true;
    if (d->literal_count % CHECK_EVERY != 0) return false;
    if (d->match_count * 10 <= d->literal_count) return false; // random data: trees cost more
    size_t others = d->literal_count - d->match_count;
    return others > d->match_count && others * 4 <= d->match_count;
}

static bool add_literal(Deflating *d, uint8_t byte) {
    d->literals[d->literal_count] = byte;
    d->distances[d->literal_count] = 0;
    d->literal_counts[byte]++;
    d->literal_count++;
    return should_flush(d);
}

static bool add_match(Deflating *d, int64_t length, int64_t distance) {
    uint8_t code = (uint8_t)(length - DEFLATE_LEAST_MATCH);
    d->literals[d->literal_count] = code;
    d->distances[d->literal_count] = (uint32_t)distance;
    d->literal_counts[FIRST_LENGTH_CODE + length_code(code).number]++;
    d->distance_counts[distance_code((uint32_t)distance - 1).number]++;
    d->literal_count++;
    d->match_count++;
    return should_flush(d);
}

// A match is taken unless the next byte begins a longer one.
bool deflate_block(Deflating *d, int64_t last, int64_t chain, int64_t good) {
    int64_t here = (int64_t)d->next;
    bool has_match = false, flush = false;
    Match match = {0, 0};
    if (here > last) return false;
    if (d->literal_count >= d->literal_limit) return true;
    while (here <= last && !flush) {
        if (!has_match) {
            match = find_match(d, here, (Match){DEFLATE_LEAST_MATCH - 1, here}, chain, good);
            insert_string(d, here);
        }
        Match next = find_match(d, here + 1, match, chain, good);
        has_match = match.length < next.length || match.length < DEFLATE_LEAST_MATCH;
        if (has_match) {
            flush = add_literal(d, d->bytes[here++]);
            if (here <= last && !flush) insert_string(d, here);
            match = next;
        } else {
            flush = add_match(d, match.length, here - match.position);
            for (int64_t i = 1; i < match.length; i++)
                insert_string(d, ++here);
            here++;
        }
    }
    d->next = (size_t)here;
    return flush;
}

void deflate_move_positions(uint32_t *positions, size_t count, int64_t delta) {
    for (size_t i = 0; i < count; i++)
        positions[i] = positions[i] >= delta ? (uint32_t)(positions[i] - delta) : 0;
}

// ---- writing a block

enum { MOST_CODE_BITS = 16, SYMBOL_PARTS = 4, SYMBOL_BYTES = 4 };

// What is written for a literal or a match: up to four numbers of so many bits each.
typedef struct Symbol {
    uint32_t values[SYMBOL_PARTS];
    unsigned widths[SYMBOL_PARTS];
    int parts;
    int64_t stands_for;
} Symbol;

static void symbol_add(Symbol *symbol, uint32_t value, unsigned bits) {
    symbol->values[symbol->parts] = value;
    symbol->widths[symbol->parts++] = bits;
}

static bool symbol_add_code(Symbol *symbol, HuffmanCodes codes, size_t number) {
    if (number >= codes.count) return false;
    uint32_t bits = codes.lengths[number], code = codes.codes[number];
    if (bits > MOST_CODE_BITS || code >> bits != 0) return false;
    symbol_add(symbol, code, bits);
    return true;
}

static bool symbol_at_next(const Encoding *e, Symbol *symbol) {
    uint8_t literal = e->literals[e->next];
    uint32_t distance = e->distances[e->next];
    *symbol = (Symbol){.stands_for = 1};
    if (distance == 0) return symbol_add_code(symbol, e->literal_codes, literal);
    if (distance > DEFLATE_WINDOW) return false;
    Code length = length_code(literal), back = distance_code(distance - 1);
    if (!symbol_add_code(symbol, e->literal_codes, FIRST_LENGTH_CODE + length.number)) return false;
    symbol_add(symbol, literal - length.base, length.extra_bits);
    if (!symbol_add_code(symbol, e->distance_codes, back.number)) return false;
    symbol_add(symbol, distance - 1 - back.base, back.extra_bits);
    symbol->stands_for = literal + DEFLATE_LEAST_MATCH;
    return true;
}

static void put_bits(Encoding *e, uint32_t value, unsigned count) {
    e->buffer.pending |= (uint64_t)value << e->buffer.count;
    e->buffer.count += count;
    while (e->buffer.count >= 8 && e->out_count < e->out_size) {
        e->out[e->out_count++] = (uint8_t)e->buffer.pending;
        e->buffer.pending >>= 8;
        e->buffer.count -= 8;
    }
}

int64_t encode_block(Encoding *e) {
    int64_t sum = 0;
    size_t first = e->next;
    Symbol symbol;
    if (e->next < e->literal_limit && !symbol_at_next(e, &symbol)) return -1;
    put_bits(e, 0, 0);
    while (e->next < e->literal_limit && e->out_count + SYMBOL_BYTES < e->out_size) {
        if (e->next != first && !symbol_at_next(e, &symbol)) return sum;
        for (int i = 0; i < symbol.parts; i++)
            put_bits(e, symbol.values[i], symbol.widths[i]);
        sum += symbol.stands_for;
        e->next++;
    }
    return sum;
}
