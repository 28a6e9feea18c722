// SPDX-License-Identifier: MIT
// Building, reachability, and the two ways in which instructions join: a store and the pop behind
// it become one, and so do a push of something plain and the return behind it.
#include "compile/method_ir.h"

// ---- sequences

static IrSequence *new_sequence(IrMethod *ir) {
    IrSequence *sequence = arena_new(ir->arena, IrSequence);
    if (!sequence) return NULL;
    if (ir->current) ir->current->next = sequence;
    return sequence;
}

static IrInstruction *last_of(const IrSequence *sequence) {
    return sequence->count ? &sequence->items[sequence->count - 1] : NULL;
}

static bool append(IrMethod *ir, IrSequence *sequence, IrInstruction instruction) {
    if (!code_arena_grow(ir->arena, (void **)&sequence->items, &sequence->capacity, sequence->count,
                         sizeof *sequence->items))
        return false;
    sequence->items[sequence->count++] = instruction;
    return true;
}

static bool is_return(IrOp op) {
    return op == IR_RETURN || op == IR_RETURN_RECEIVER || op == IR_RETURN_INSTANCE ||
           op == IR_RETURN_LITERAL;
}

static bool leads_on(const IrInstruction *last) {
    return last->op == IR_JUMP || last->op == IR_JUMP_IF || last->op == IR_OPEN_BLOCK ||
           is_return(last->op);
}

// What follows goes to a new sequence, unless the current one is still empty.
static void split(IrMethod *ir) {
    IrSequence *before = ir->current;
    if (!before->count) return;
    IrSequence *sequence = new_sequence(ir);
    if (!sequence) return;
    if (!leads_on(last_of(before)))
        append(ir, before, (IrInstruction){.op = IR_JUMP, .destination = sequence});
    ir->current = sequence;
}

bool method_ir_start(IrMethod *ir, CodeArena *arena) {
    *ir = (IrMethod){.arena = arena};
    ir->frame = &ir->method_frame;
    literal_set_start(&ir->unused_literals, arena);
    ir->first = ir->current = new_sequence(ir);
    return ir->first != NULL;
}

// ---- temporaries

bool method_ir_find_temp(const IrFrame *frame, Text name, unsigned *slot) {
    for (size_t i = 0; i < frame->temp_count; i++)
        if (text_equals(frame->temps[i], name)) {
            *slot = (unsigned)i;
            return true;
        }
    return false;
}

void method_ir_add_temp(IrMethod *ir, Text name) {
    IrFrame *frame = ir->frame;
    unsigned slot = 0;
    if (frame->temp_count == IR_TEMP_LIMIT || method_ir_find_temp(frame, name, &slot)) return;
    if (code_arena_grow(ir->arena, (void **)&frame->temps, &frame->temp_capacity, frame->temp_count,
                        sizeof *frame->temps))
        frame->temps[frame->temp_count++] = name;
}

// ---- instructions

void method_ir_add(IrMethod *ir, IrInstruction instruction) {
    instruction.frame = ir->frame;
    instruction.source_start = ir->source_start;
    instruction.source_end = ir->source_end;
    append(ir, ir->current, instruction);
}

static bool is_plain_constant(const Literal *literal) {
    return literal->kind <= LITERAL_SCALED_DECIMAL;
}

// Has the instruction no other effect than its push?
static bool is_idle_push(const IrInstruction *instruction) {
    switch (instruction->op) {
    case IR_PUSH_RECEIVER:
    case IR_PUSH_CONTEXT:
    case IR_PUSH_INSTANCE:
    case IR_PUSH_TEMP:
    case IR_PUSH_REMOTE:
    case IR_DUP:
        return true;
    case IR_PUSH_LITERAL:
        return is_plain_constant(instruction->literal);
    default:
        return false;
    }
}

void method_ir_pop(IrMethod *ir) {
    const IrInstruction *last = last_of(ir->current);
    if (last && !ir->keeps_pushes && is_idle_push(last))
        ir->current->count--;
    else
        method_ir_add(ir, (IrInstruction){.op = IR_POP});
}

void method_ir_return_top(IrMethod *ir) {
    method_ir_add(ir, (IrInstruction){.op = IR_RETURN});
    split(ir);
}

// ---- jumps

static IrLabel add_jump(IrMethod *ir, IrInstruction jump) {
    IrLabel label = {ir->current};
    method_ir_add(ir, jump);
    split(ir);
    return label;
}

IrLabel method_ir_jump(IrMethod *ir) { return add_jump(ir, (IrInstruction){.op = IR_JUMP}); }

IrLabel method_ir_jump_if(IrMethod *ir, bool condition) {
    IrLabel label = add_jump(ir, (IrInstruction){.op = IR_JUMP_IF, .flag = condition});
    IrInstruction *jump = last_of(label.sequence);
    if (jump) jump->successor = ir->current;
    return label;
}

void method_ir_land(IrMethod *ir, IrLabel label) {
    split(ir);
    IrInstruction *jump = last_of(label.sequence);
    if (jump) jump->destination = ir->current;
}

IrSequence *method_ir_loop_start(IrMethod *ir) {
    split(ir);
    return ir->current;
}

void method_ir_jump_back(IrMethod *ir, IrSequence *start) {
    IrLabel label = add_jump(ir, (IrInstruction){.op = IR_JUMP, .destination = start});
    IrInstruction *jump = last_of(label.sequence);
    if (jump) jump->successor = ir->current;
}

// ---- what can be reached

static bool push_sequence(IrMethod *ir, IrSequence ***stack, size_t *capacity, size_t *count,
                          IrSequence *sequence) {
    if (!sequence || sequence->is_reached) return true;
    if (!code_arena_grow(ir->arena, (void **)stack, capacity, *count, sizeof **stack)) return false;
    sequence->is_reached = true;
    (*stack)[(*count)++] = sequence;
    return true;
}

static void mark_reached(IrMethod *ir) {
    IrSequence **stack = NULL;
    size_t capacity = 0, count = 0;
    for (IrSequence *sequence = ir->first; sequence; sequence = sequence->next)
        sequence->is_reached = false;
    push_sequence(ir, &stack, &capacity, &count, ir->first);
    while (count) {
        const IrInstruction *last = last_of(stack[--count]);
        if (!last) continue;
        if (!push_sequence(ir, &stack, &capacity, &count, last->destination)) return;
        if (!push_sequence(ir, &stack, &capacity, &count, last->successor)) return;
    }
}

static bool goes_to(const IrSequence *from, const IrSequence *to) {
    return from->count && (from->items[from->count - 1].destination == to ||
                           from->items[from->count - 1].successor == to);
}

// Does this sequence end by a return from the method, dead jumps behind it left aside?
static bool ends_with_return(const IrSequence *sequence) {
    if (last_of(sequence)->op == IR_BLOCK_RETURN) return false;
    return is_return(last_of(sequence)->op) ||
           (sequence->count > 1 && is_return(sequence->items[sequence->count - 2].op));
}

static bool is_behind_returns(IrMethod *ir) {
    bool has_predecessor = false;
    if (ir->current->count) return false;
    mark_reached(ir);
    for (IrSequence *sequence = ir->first; sequence; sequence = sequence->next) {
        if (!sequence->is_reached || !goes_to(sequence, ir->current)) continue;
        has_predecessor = true;
        if (ends_with_return(sequence)) return true;
    }
    return !has_predecessor && ir->current != ir->first;
}

void method_ir_block_return(IrMethod *ir) {
    if (is_behind_returns(ir)) return;
    method_ir_add(ir, (IrInstruction){.op = IR_BLOCK_RETURN});
    IrSequence *ended = ir->current;
    IrSequence *sequence = new_sequence(ir);
    if (!sequence) return;
    if (ended->count) ended->items[ended->count - 1].successor = sequence;
    ir->current = sequence;
}

// ---- blocks inside

IrLabel method_ir_open_block(IrMethod *ir, unsigned argument_count, Text *copied,
                             unsigned copied_count) {
    IrFrame *frame = arena_new(ir->arena, IrFrame);
    IrLabel label = add_jump(
        ir, (IrInstruction){
                .op = IR_OPEN_BLOCK, .index = copied_count, .names = copied, .block = frame});
    IrInstruction *open = last_of(label.sequence);
    if (!frame || !open) return label;
    open->successor = ir->current;
    frame->outer = ir->frame;
    frame->argument_count = argument_count;
    frame->copied_count = copied_count;
    ir->frame = frame;
    return label;
}

void method_ir_close_block(IrMethod *ir, IrLabel block) {
    method_ir_block_return(ir);
    if (ir->frame->outer) ir->frame = ir->frame->outer;
    method_ir_land(ir, block);
}

// ---- joining instructions

static bool is_store(IrOp op) { return op >= IR_STORE_INSTANCE && op <= IR_STORE_BINDING; }

static bool quick_return(IrOp push, IrOp *result) {
    switch (push) {
    case IR_PUSH_RECEIVER:
        *result = IR_RETURN_RECEIVER;
        return true;
    case IR_PUSH_INSTANCE:
        *result = IR_RETURN_INSTANCE;
        return true;
    case IR_PUSH_LITERAL:
        *result = IR_RETURN_LITERAL;
        return true;
    default:
        return false;
    }
}

static void join(IrSequence *sequence) {
    size_t kept = 0;
    for (size_t i = 0; i < sequence->count; i++) {
        IrInstruction *instruction = &sequence->items[i];
        IrInstruction *before = kept ? &sequence->items[kept - 1] : NULL;
        IrOp quick;
        if (before && instruction->op == IR_POP && is_store(before->op)) {
            before->op = (IrOp)(before->op + (IR_POP_INTO_INSTANCE - IR_STORE_INSTANCE));
        } else if (before && instruction->op == IR_RETURN && quick_return(before->op, &quick)) {
            before->op = quick;
            before->source_start = instruction->source_start;
            before->source_end = instruction->source_end;
        } else {
            sequence->items[kept++] = *instruction;
        }
    }
    sequence->count = kept;
}

void method_ir_finish(IrMethod *ir) {
    mark_reached(ir);
    for (IrSequence *sequence = ir->first; sequence; sequence = sequence->next)
        if (sequence->is_reached) join(sequence);
}
