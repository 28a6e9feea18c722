// SPDX-License-Identifier: MIT
// The bytecode verifier: follows every way through a method once and either summarises it or
// refuses it. It believes nothing but that the object's own header is sound.
//
// One record per byte of code holds the state. Ways are followed in a straight line; a branch
// leaves its target on a list threaded through the records, so a method costs one visit per
// instruction and no allocation but the summary's. The method itself is range 0; each PUSH_CLOSURE
// opens a further range, followed when the ranges before it are done. Every byte knows the
// innermost range around it, so that a way which leaves its range is noticed where it arrives.
// Bytes that no way reaches (dead code, the trailer) are not looked at.
//
// Compilers bring the same number of operands to an instruction on every way. Code written by hand
// may not; then the least and the greatest number are kept, an instruction is followed again when
// they widen, and must be right for both. A budget of visits bounds that.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "bytecode/instruction.h"
#include "bytecode/summary.h"
#include "object/layouts.h"
#include "object/ops.h"
#include "object/raw.h"

enum {
    CODE_LIMIT_BYTES = 1 << 24,
    RECEIVER_VARIABLE_LIMIT = 1 << 16, // a class format has 16 bits for it
    CHARACTER_LIMIT = 1 << 30,
    RANGE_LIMIT = 65535,
    NESTING_LIMIT = 32,
    FORWARDER_CHAIN_LIMIT = 64,
    STATES_ON_STACK = 512,
    VISITS_PER_BYTE = 8,
    VISITS_ALWAYS = 1024,
    QUICK_VARIABLE_FIRST = 264, // primitives that answer a receiver variable
    QUICK_VARIABLE_LAST = 519,
};

typedef enum ByteKind { BYTE_UNKNOWN, BYTE_STARTS, BYTE_INSIDE } ByteKind;

typedef struct ByteState {
    uint32_t next_pending; // pc of the next target to follow, 0: none
    uint16_t range;        // the innermost range known around this byte
    uint8_t kind;          // ByteKind
    bool is_reached;       // a way arrives here, with so many operands:
    uint8_t least, greatest;
    bool is_stale;   // and was not followed yet
    bool is_pending; // on the list
} ByteState;

// The operands that may be on the stack before an instruction.
typedef struct Depth {
    int64_t least, greatest;
} Depth;

typedef struct Range {
    BlockRange block;
    unsigned nesting;
} Range;

typedef struct Verifier {
    Oop method;
    const uint8_t *code;
    uint32_t first_pc, limit_pc;
    uint32_t literal_count, argument_count, temp_count, frame_slots;
    bool is_sista, has_primitive, uses_super, makes_closures, stores_primitive_error;
    uint32_t primitive, primitive_end_pc; // where the bytecode behind CALL_PRIMITIVE begins
    int32_t highest_receiver_variable;
    uint32_t end_pc;
    uint64_t visits_left;
    bool is_uneven;
    ByteState *states; // of the bytes from first_pc to limit_pc
    uint32_t pending;  // pc of the first target to follow, 0: none
    ARRAY(Range) ranges;
    unsigned range; // the one that is being followed
    Status status;
    Diagnosis *diagnosis;
} Verifier;

__attribute__((format(printf, 3, 4))) static bool refuse(Verifier *v, uint32_t pc,
                                                         const char *format, ...) {
    char reason[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    v->status =
        diagnose(v->diagnosis, STATUS_CORRUPT, "method refused at pc %u: %s", pc + 1, reason);
    return false;
}

static bool refuse_memory(Verifier *v) {
    v->status = diagnose(v->diagnosis, STATUS_NO_MEMORY, "no memory to verify a method");
    return false;
}

static ByteState *state_at(const Verifier *v, uint32_t pc) {
    return v->states + (pc - v->first_pc);
}
static Range *current_range(const Verifier *v) { return v->ranges.items + v->range; }

// ---- the method object

static Oop follow_forwarders(Oop oop) {
    for (int i = 0; i < FORWARDER_CHAIN_LIMIT && oop_is_forwarder(oop); i++)
        oop = forwarder_target(oop);
    return oop;
}

static Oop literal_at(const Verifier *v, int64_t index) {
    return follow_forwarders(slot_at(v->method, num(index + 1)));
}

// An association, or anything with a value where associations have it.
static bool is_binding(Oop oop) {
    return oop_is_pointers(oop) && num_lt(num(ASSOCIATION_VALUE), slot_count(oop));
}

static bool has_sound_header(Oop method) {
    if (!oop_is_method(method) || num_is_zero(slot_count(method))) return false;
    if (!oop_is_int(slot_at(method, num(0)))) return false;
    return num_lt(method_literal_count(method), slot_count(method));
}

static bool read_header(Verifier *v, Oop method) {
    if (!has_sound_header(method))
        return refuse(v, 0, "this is no compiled method with a sound header");
    int64_t bytes = num_concrete(byte_count(method));
    v->method = method;
    v->code = object_bytes(method);
    v->literal_count = (uint32_t)num_concrete(method_literal_count(method));
    v->argument_count = (uint32_t)num_concrete(method_argument_count(method));
    v->temp_count = (uint32_t)num_concrete(method_temp_count(method));
    v->first_pc = (uint32_t)num_concrete(method_first_pc(method));
    v->is_sista = method_is_sista(method);
    v->has_primitive = method_has_primitive(method);
    v->frame_slots =
        method_has_large_frame(method) ? CONTEXT_LARGE_FRAME_SLOTS : CONTEXT_SMALL_FRAME_SLOTS;
    if (bytes <= v->first_pc) return refuse(v, v->first_pc, "no code behind the literals");
    if (bytes > CODE_LIMIT_BYTES) return refuse(v, 0, "the method is too large");
    v->limit_pc = (uint32_t)bytes;
    if (v->temp_count > v->frame_slots)
        return refuse(v, 0, "%u temporaries do not fit the frame", v->temp_count);
    return true;
}

// ---- checks of operands

static bool check_literal(Verifier *v, const Instruction *in) {
    if (in->a < v->literal_count) return true;
    return refuse(v, in->pc, "literal %lld of %u", (long long)in->a, v->literal_count);
}

static bool check_literal_variable(Verifier *v, const Instruction *in) {
    if (!check_literal(v, in)) return false;
    if (is_binding(literal_at(v, in->a))) return true;
    return refuse(v, in->pc, "literal %lld is no association", (long long)in->a);
}

static bool check_receiver_variable(Verifier *v, const Instruction *in) {
    if (in->a >= RECEIVER_VARIABLE_LIMIT)
        return refuse(v, in->pc, "receiver variable %lld", (long long)in->a);
    if (in->a > v->highest_receiver_variable) v->highest_receiver_variable = (int32_t)in->a;
    return true;
}

// `depth`: of the operands that may serve as temporaries of an old block.
static bool check_temp(Verifier *v, const Instruction *in, int64_t index, int64_t depth) {
    const BlockRange *block = &current_range(v)->block;
    int64_t count =
        v->range == 0 ? v->temp_count : block->argument_count + block->copied_count + depth;
    if (index < count) return true;
    return refuse(v, in->pc, "temporary %lld of %lld", (long long)index, (long long)count);
}

static bool check_selector(Verifier *v, const Instruction *in) {
    if (in->b < 0) return refuse(v, in->pc, "a send with %lld arguments", (long long)in->b);
    if (!check_literal(v, in)) return false;
    if (!oop_is_immediate(literal_at(v, in->a))) return true;
    return refuse(v, in->pc, "literal %lld is no selector", (long long)in->a);
}

static bool check_super_send(Verifier *v, const Instruction *in) {
    v->uses_super = true;
    if (!check_selector(v, in)) return false;
    Oop last = literal_at(v, v->literal_count - 1);
    // In a block it is the code around it, where the class may be found.
    if (is_binding(last) || oop_is_method(last)) return true;
    return refuse(v, in->pc, "a super send, but the last literal does not name the class");
}

static bool check_full_closure(Verifier *v, const Instruction *in) {
    v->makes_closures = true;
    if (!check_literal(v, in)) return false;
    Oop block = literal_at(v, in->a);
    if (!has_sound_header(block))
        return refuse(v, in->pc, "literal %lld is no compiled block", (long long)in->a);
    int64_t room =
        num_concrete(method_temp_count(block)) - num_concrete(method_argument_count(block));
    if (in->b <= room) return true;
    return refuse(v, in->pc, "%lld copied values, but the block has room for %lld",
                  (long long)in->b, (long long)room);
}

static bool check_call_primitive(Verifier *v, const Instruction *in) {
    if (!v->has_primitive || in->pc != v->first_pc || in->b != 0)
        return refuse(v, in->pc, "a primitive where none may be");
    v->primitive = (uint32_t)in->a;
    v->primitive_end_pc = instruction_next_pc(in);
    if (v->primitive >= QUICK_VARIABLE_FIRST && v->primitive <= QUICK_VARIABLE_LAST)
        v->highest_receiver_variable = (int32_t)v->primitive - QUICK_VARIABLE_FIRST;
    return true;
}

static bool check_character(Verifier *v, const Instruction *in) {
    if (in->a >= 0 && in->a < CHARACTER_LIMIT) return true;
    return refuse(v, in->pc, "character code %lld", (long long)in->a);
}

static bool check_operands(Verifier *v, const Instruction *in, int64_t depth) {
    switch (in->op) {
    case BC_PUSH_RECEIVER_VARIABLE:
    case BC_STORE_RECEIVER_VARIABLE:
    case BC_POP_INTO_RECEIVER_VARIABLE:
        return check_receiver_variable(v, in);
    case BC_PUSH_TEMP:
    case BC_STORE_TEMP:
        return check_temp(v, in, in->a, depth);
    case BC_POP_INTO_TEMP:
        return check_temp(v, in, in->a, depth - 1);
    case BC_PUSH_REMOTE_TEMP:
    case BC_STORE_REMOTE_TEMP:
        return check_temp(v, in, in->b, depth);
    case BC_POP_INTO_REMOTE_TEMP:
        return check_temp(v, in, in->b, depth - 1);
    case BC_PUSH_LITERAL:
        return check_literal(v, in);
    case BC_PUSH_LITERAL_VARIABLE:
    case BC_STORE_LITERAL_VARIABLE:
    case BC_POP_INTO_LITERAL_VARIABLE:
        return check_literal_variable(v, in);
    case BC_PUSH_CHARACTER:
        return check_character(v, in);
    case BC_PUSH_FULL_CLOSURE:
        return check_full_closure(v, in);
    case BC_SEND:
    case BC_DIRECTED_SUPER_SEND:
        return check_selector(v, in);
    case BC_SUPER_SEND:
        return check_super_send(v, in);
    case BC_CALL_PRIMITIVE:
        return check_call_primitive(v, in);
    default:
        return true;
    }
}

// ---- following the ways

// Widens what is known of this place by another arrival.
static void widen(Verifier *v, ByteState *state, Depth depth) {
    bool is_wider = depth.least < state->least || depth.greatest > state->greatest;
    if (state->is_reached && !is_wider) return;
    state->is_stale = true;
    if (!state->is_reached || depth.least < state->least) state->least = (uint8_t)depth.least;
    if (!state->is_reached || depth.greatest > state->greatest)
        state->greatest = (uint8_t)depth.greatest;
    if (state->least != state->greatest) v->is_uneven = true;
    state->is_reached = true;
}

// A way from `from` arrives at `pc` with so many operands.
static bool arrive(Verifier *v, uint32_t from, int64_t pc, Depth depth) {
    if (pc < v->first_pc || pc >= v->limit_pc)
        return refuse(v, from, "the way on leads out of the method");
    ByteState *state = state_at(v, (uint32_t)pc);
    if (state->range != v->range) return refuse(v, from, "the way on leads into another block");
    if (state->kind == BYTE_INSIDE)
        return refuse(v, from, "the way on leads into the middle of an instruction");
    widen(v, state, depth);
    return true;
}

static bool arrive_later(Verifier *v, const Instruction *in, Depth depth) {
    int64_t target = instruction_jump_target(in);
    if (!arrive(v, in->pc, target, depth)) return false;
    ByteState *state = state_at(v, (uint32_t)target);
    if (state->is_stale && !state->is_pending) {
        state->is_pending = true;
        state->next_pending = v->pending;
        v->pending = (uint32_t)target;
    }
    return true;
}

// The bytes of this instruction belong to it alone.
static bool claim_bytes(Verifier *v, const Instruction *in) {
    uint32_t next = instruction_next_pc(in);
    if (state_at(v, in->pc)->kind == BYTE_STARTS) return true;
    state_at(v, in->pc)->kind = BYTE_STARTS;
    for (uint32_t pc = in->pc + 1; pc < next; pc++) {
        ByteState *state = state_at(v, pc);
        if (state->range != v->range || state->is_reached || state->kind != BYTE_UNKNOWN)
            return refuse(v, in->pc, "the instruction overlaps another");
        state->kind = BYTE_INSIDE;
    }
    if (next > v->end_pc) v->end_pc = next;
    return true;
}

// Was the range of this PUSH_CLOSURE opened when it was followed before?
static bool is_open_block(const Verifier *v, const Instruction *in) {
    uint32_t start = instruction_next_pc(in);
    if (start >= v->limit_pc) return false;
    return v->ranges.items[state_at(v, start)->range].block.start_pc == start;
}

// Opens the range of a block that this PUSH_CLOSURE makes. Nothing in it may be reached already.
static bool open_block(Verifier *v, const Instruction *in) {
    uint32_t start = instruction_next_pc(in);
    if (is_open_block(v, in)) return true;
    unsigned nesting = current_range(v)->nesting + 1;
    if (in->c < 1 || in->c > v->limit_pc - start)
        return refuse(v, in->pc, "a block of %lld bytes", (long long)in->c);
    if (in->a + in->b > v->frame_slots)
        return refuse(v, in->pc, "the block's arguments and copied values do not fit the frame");
    if (nesting > NESTING_LIMIT || v->ranges.count >= RANGE_LIMIT)
        return refuse(v, in->pc, "too many blocks");
    for (uint32_t pc = start; pc < start + in->c; pc++) {
        ByteState *state = state_at(v, pc);
        if (state->range != v->range || state->is_reached || state->kind != BYTE_UNKNOWN)
            return refuse(v, in->pc, "the block's code is also reached in another way");
        state->range = (uint16_t)v->ranges.count;
    }
    Range range = {{.start_pc = start,
                    .end_pc = start + (uint32_t)in->c,
                    .argument_count = (uint8_t)in->a,
                    .copied_count = (uint8_t)in->b},
                   nesting};
    v->makes_closures = true;
    return array_push(&v->ranges, range) || refuse_memory(v);
}

// The store of a failed primitive's error, the one instruction that takes its operand from the
// last temporary, where the failure put it.
static bool is_error_store(const Verifier *v, const Instruction *in, Depth depth) {
    return in->op == BC_STORE_TEMP && v->has_primitive && in->pc == v->primitive_end_pc &&
           depth.greatest == 0 && v->range == 0 && v->temp_count > v->argument_count;
}

static bool apply_stack_effect(Verifier *v, const Instruction *in, Depth *depth) {
    if (is_error_store(v, in, *depth)) {
        v->stores_primitive_error = true;
        return true;
    }
    StackEffect effect = instruction_stack_effect(in);
    BlockRange *block = &current_range(v)->block;
    if (effect.pops < 0 || effect.pops > depth->least)
        return refuse(v, in->pc, "%lld operands wanted, %lld there", (long long)effect.pops,
                      (long long)depth->least);
    depth->least += effect.pushes - effect.pops;
    depth->greatest += effect.pushes - effect.pops;
    int64_t base = v->range == 0 ? v->temp_count : block->argument_count + block->copied_count;
    if (base + depth->greatest > v->frame_slots) return refuse(v, in->pc, "the frame is too small");
    if (depth->greatest > block->max_stack) block->max_stack = (uint16_t)depth->greatest;
    return true;
}

static bool decode_checked(Verifier *v, uint32_t pc, Instruction *in) {
    if (!instruction_decode(v->code, v->limit_pc, pc, v->is_sista, in))
        return refuse(v, pc, "an instruction that is cut off, or has bad prefixes");
    if (in->is_prefixed && !in->takes_prefix)
        return refuse(v, pc, "a prefix before an instruction that takes none");
    return claim_bytes(v, in);
}

// What follows the instruction, which leaves so many operands. *next_pc is 0 when the way ends.
static bool follow_flow(Verifier *v, const Instruction *in, Depth depth, uint32_t *next_pc) {
    int64_t next = instruction_next_pc(in);
    *next_pc = 0;
    switch (bytecode_op_flow(in->op)) {
    case FLOW_RETURN:
    case FLOW_STOP:
    case FLOW_PREFIX:
        return true;
    case FLOW_JUMP:
        next = instruction_jump_target(in);
        break;
    case FLOW_BRANCH:
        if (!arrive_later(v, in, depth)) return false;
        break;
    case FLOW_BLOCK:
        if (!open_block(v, in)) return false;
        next += in->c;
        break;
    case FLOW_NEXT:
    case FLOW_SEND:
        break;
    }
    if (!arrive(v, in->pc, next, depth)) return false;
    *next_pc = (uint32_t)next;
    return true;
}

// Follows one way until it ends or meets one that was followed before.
static bool follow_way(Verifier *v, uint32_t pc) {
    while (pc && state_at(v, pc)->is_stale) {
        ByteState *state = state_at(v, pc);
        Depth depth = {state->least, state->greatest};
        Instruction in;
        if (v->visits_left-- == 0) return refuse(v, pc, "too many different stack depths");
        state->is_stale = false;
        if (!decode_checked(v, pc, &in) || !check_operands(v, &in, depth.least) ||
            !apply_stack_effect(v, &in, &depth) || !follow_flow(v, &in, depth, &pc))
            return false;
    }
    return true;
}

static bool follow_range(Verifier *v, unsigned range) {
    uint32_t start = v->ranges.items[range].block.start_pc;
    v->range = range;
    if (!arrive(v, start, start, (Depth){0, 0}) || !follow_way(v, start)) return false;
    while (v->pending) {
        uint32_t pc = v->pending;
        v->pending = state_at(v, pc)->next_pending;
        state_at(v, pc)->is_pending = false;
        if (!follow_way(v, pc)) return false;
    }
    return true;
}

// Opal sets the flag in blocks that are nothing but a return from the method; it means nothing there.
static bool starts_with_its_primitive(Verifier *v) {
    Instruction in;
    if (!v->has_primitive) return true;
    if (instruction_decode(v->code, v->limit_pc, v->first_pc, v->is_sista, &in) &&
        in.op == BC_CALL_PRIMITIVE)
        return true;
    v->has_primitive = false;
    return v->is_sista || refuse(v, v->first_pc, "the header says that there is a primitive, but there is none");
}

static bool follow_all(Verifier *v) {
    Range whole = {{.start_pc = v->first_pc, .end_pc = v->limit_pc}, 0};
    if (!array_push(&v->ranges, whole)) return refuse_memory(v);
    if (!starts_with_its_primitive(v)) return false;
    for (unsigned i = 0; i < v->ranges.count; i++)
        if (!follow_range(v, i)) return false;
    return true;
}

// ---- the summary

static int compare_blocks(const void *a, const void *b) {
    uint32_t left = ((const BlockRange *)a)->start_pc, right = ((const BlockRange *)b)->start_pc;
    return (left > right) - (left < right);
}

static bool summarise_blocks(Verifier *v, MethodSummary *summary) {
    summary->block_count = (uint32_t)v->ranges.count - 1;
    if (summary->block_count == 0) return true;
    summary->blocks = malloc(summary->block_count * sizeof *summary->blocks);
    if (!summary->blocks) return refuse_memory(v);
    for (uint32_t i = 0; i < summary->block_count; i++)
        summary->blocks[i] = v->ranges.items[i + 1].block;
    qsort(summary->blocks, summary->block_count, sizeof *summary->blocks, compare_blocks);
    return true;
}

// The stack depth before each instruction; the least ones when `least`.
static int16_t *new_depths(Verifier *v, bool least) {
    uint32_t count = v->end_pc - v->first_pc;
    int16_t *depths = malloc(count * sizeof *depths);
    for (uint32_t i = 0; depths && i < count; i++) {
        const ByteState *state = v->states + i;
        int16_t depth = least ? state->least : state->greatest;
        depths[i] = state->kind == BYTE_STARTS ? depth : SUMMARY_NOT_A_PC;
    }
    if (!depths) (void)refuse_memory(v);
    return depths;
}

static void summarise(Verifier *v, MethodSummary *summary) {
    *summary = (MethodSummary){
        .first_pc = v->first_pc,
        .end_pc = v->end_pc,
        .argument_count = (uint16_t)v->argument_count,
        .temp_count = (uint16_t)v->temp_count,
        .max_stack = v->ranges.items[0].block.max_stack,
        .highest_receiver_variable = v->highest_receiver_variable,
        .primitive = (uint16_t)v->primitive,
        .is_sista = v->is_sista,
        .has_large_frame = v->frame_slots == CONTEXT_LARGE_FRAME_SLOTS,
        .uses_super = v->uses_super,
        .makes_closures = v->makes_closures,
        .stores_primitive_error = v->stores_primitive_error,
    };
    summary->depth_at = new_depths(v, false);
    if (v->is_uneven) summary->least_depth_at = new_depths(v, true);
    if (v->status == STATUS_OK && summarise_blocks(v, summary)) return;
    summary_free(summary);
}

Status bytecode_verify(Oop method, MethodSummary *summary, Diagnosis *diagnosis) {
    ByteState on_stack[STATES_ON_STACK], *allocated = NULL;
    Verifier v = {.diagnosis = diagnosis, .highest_receiver_variable = -1, .status = STATUS_OK};
    if (!read_header(&v, method)) return v.status;
    size_t count = v.limit_pc - v.first_pc;
    if (count <= STATES_ON_STACK) {
        v.states = on_stack;
        memset(on_stack, 0, count * sizeof *on_stack);
    } else {
        v.states = allocated = calloc(count, sizeof *allocated);
    }
    v.visits_left = VISITS_ALWAYS + VISITS_PER_BYTE * count;
    if (!v.states)
        (void)refuse_memory(&v);
    else if (follow_all(&v))
        summarise(&v, summary);
    free(allocated);
    array_free(&v.ranges);
    return v.status;
}

void summary_free(MethodSummary *summary) {
    free(summary->depth_at);
    free(summary->least_depth_at);
    free(summary->blocks);
    summary->depth_at = NULL;
    summary->least_depth_at = NULL;
    summary->blocks = NULL;
    summary->block_count = 0;
}

// ---- asking the summary

// How many blocks begin at or before pc.
static uint32_t blocks_up_to(const MethodSummary *summary, uint32_t pc) {
    uint32_t low = 0, high = summary->block_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (summary->blocks[middle].start_pc <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// The innermost block around pc; NULL outside of all. The last that begins before pc and has not
// ended is the innermost, because blocks nest.
static const BlockRange *innermost_block(const MethodSummary *summary, uint32_t pc) {
    for (uint32_t i = blocks_up_to(summary, pc); i > 0; i--)
        if (pc < summary->blocks[i - 1].end_pc) return &summary->blocks[i - 1];
    return NULL;
}

const BlockRange *summary_block_at(const MethodSummary *summary, uint32_t start_pc) {
    uint32_t index = blocks_up_to(summary, start_pc);
    if (index == 0 || summary->blocks[index - 1].start_pc != start_pc) return NULL;
    return &summary->blocks[index - 1];
}

bool summary_depth_range(const MethodSummary *summary, const BlockRange *block, uint32_t pc,
                         uint32_t *least, uint32_t *greatest) {
    if (pc < summary->first_pc || pc >= summary->end_pc) return false;
    uint32_t index = pc - summary->first_pc;
    if (summary->depth_at[index] == SUMMARY_NOT_A_PC || innermost_block(summary, pc) != block)
        return false;
    const int16_t *lower = summary->least_depth_at ? summary->least_depth_at : summary->depth_at;
    *least = (uint32_t)lower[index];
    *greatest = (uint32_t)summary->depth_at[index];
    return true;
}

bool summary_accepts(const MethodSummary *summary, const BlockRange *block, uint32_t pc,
                     uint32_t operand_count) {
    uint32_t least, greatest;
    return summary_depth_range(summary, block, pc, &least, &greatest) && operand_count >= least &&
           operand_count <= greatest;
}
