// SPDX-License-Identifier: MIT
// The intermediate representation of one method or block: instructions in sequences, as Opal has
// it. A sequence ends where control may leave or enter; sequences are numbered in the order of the
// source. Only those that can be reached are assembled (assemble_method.h).
//
// The builder functions append to the current sequence; labels are plain values of the caller.
//
//     IrLabel otherwise = method_ir_jump_if(ir, false);   // a forward jump, still open
//     ...
//     method_ir_land(ir, otherwise);                      // it goes here
//     IrSequence *start = method_ir_loop_start(ir);
//     ...
//     method_ir_jump_back(ir, start);
//
// V3 code has its blocks inside: method_ir_open_block begins one, with a frame of its own for its
// temporaries, method_ir_close_block ends it.
//
// Temporaries are named: method_ir_add_temp gives a name its slot, once. Instructions hold the
// name, since some are added before their temporary has its slot.
#ifndef PARLEY_COMPILE_METHOD_IR_H
#define PARLEY_COMPILE_METHOD_IR_H

#include "compile/ast.h"
#include "compile/literal_set.h"

// More temporaries than this no code can have; they are not looked for one by one.
enum { IR_TEMP_LIMIT = 64 };

typedef enum IrOp {
    IR_PUSH_RECEIVER,
    IR_PUSH_CONTEXT,
    IR_PUSH_PROCESS,
    IR_PUSH_INSTANCE, // index
    IR_PUSH_TEMP,     // name
    IR_PUSH_REMOTE,   // index in the vector that name holds
    IR_PUSH_LITERAL,  // literal
    IR_PUSH_BINDING,  // literal
    IR_PUSH_ARRAY,    // of the index topmost values
    IR_PUSH_CLOSURE,  // literal with the code; names[0 .. index) are copied
    IR_MAKE_VECTOR,   // of index elements, into name
    IR_DUP,
    IR_POP,
    IR_STORE_INSTANCE,
    IR_STORE_TEMP,
    IR_STORE_REMOTE,
    IR_STORE_BINDING,
    IR_POP_INTO_INSTANCE, // the same order as the stores
    IR_POP_INTO_TEMP,
    IR_POP_INTO_REMOTE,
    IR_POP_INTO_BINDING,
    IR_SEND,       // name with index arguments
    IR_SUPER_SEND, // the same
    IR_RETURN,
    IR_RETURN_RECEIVER,
    IR_RETURN_INSTANCE,
    IR_RETURN_LITERAL,
    IR_BLOCK_RETURN,
    IR_OPEN_BLOCK, // a closure on the code up to destination; names[0 .. index) are copied
    IR_JUMP,       // to destination
    IR_JUMP_IF,    // to destination if the top is `flag`
} IrOp;

typedef struct IrSequence IrSequence;

// The temporaries of a method or block.
typedef struct IrFrame {
    struct IrFrame *outer;
    Text *temps;
    size_t temp_count, temp_capacity;
    unsigned argument_count, copied_count;
} IrFrame;

typedef struct IrInstruction {
    IrOp op;
    bool flag;
    uint32_t index;
    Text name;
    Text *names;
    const Literal *literal;
    const IrFrame *frame; // where its names are looked up
    IrFrame *block;       // of IR_OPEN_BLOCK: the block's
    IrSequence *destination;
    IrSequence *successor; // where else control may go on, or what is kept though it is not reached
    uint32_t source_start, source_end;
} IrInstruction;

struct IrSequence {
    IrInstruction *items;
    size_t count, capacity;
    IrSequence *next; // in the order of making
    bool is_reached;
    struct Section *section; // the assembler's
};

typedef struct IrMethod {
    CodeArena *arena;
    IrSequence *first, *current;
    IrFrame method_frame;
    IrFrame *frame; // the current one
    LiteralSet unused_literals;
    bool is_block;
    bool keeps_pushes;                 // a push that is popped at once stays
    uint32_t source_start, source_end; // that new instructions belong to
} IrMethod;

typedef struct IrLabel {
    IrSequence *sequence; // that ends with the jump
} IrLabel;

// False when memory is out.
bool method_ir_start(IrMethod *ir, CodeArena *arena);

void method_ir_add_temp(IrMethod *ir, Text name);
bool method_ir_find_temp(const IrFrame *frame, Text name, unsigned *slot);

void method_ir_add(IrMethod *ir, IrInstruction instruction);
void method_ir_pop(IrMethod *ir); // or takes back a push that nobody will miss
void method_ir_return_top(IrMethod *ir);
void method_ir_block_return(IrMethod *ir); // unless control cannot get here

IrLabel method_ir_open_block(IrMethod *ir, unsigned argument_count, Text *copied,
                             unsigned copied_count);
void method_ir_close_block(IrMethod *ir, IrLabel block);

IrLabel method_ir_jump(IrMethod *ir);
IrLabel method_ir_jump_if(IrMethod *ir, bool condition);
void method_ir_land(IrMethod *ir, IrLabel label);
IrSequence *method_ir_loop_start(IrMethod *ir);
void method_ir_jump_back(IrMethod *ir, IrSequence *start);

// Marks what can be reached, joins stores and pops, pushes and returns.
void method_ir_finish(IrMethod *ir);

#endif
