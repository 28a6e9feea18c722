// SPDX-License-Identifier: MIT
// Primitive 254: the parameters of vm_parameters.tbl, all of them as an Array, one of them, or one
// of them set (the old value is answered). A parameter that cannot be set, or not to that value,
// is "inappropriate".
#include "base/os.h"
#include "image/image_info.h"
#include "run/clock.h"
#include "run/primitive.h"
#include "run/primitives.h"
#include "run/process.h"
#include "run/system.h"

enum { PARAMETER_LIMIT = 86, FLAGS_LIMIT = 0x3F, HEADER_FLAGS_SHIFT = 2, HEADER_FLAGS_KEPT = 3 };
static const double DEFAULT_GROWTH_RATIO = 1.0 / 3.0;

// ---- setters: false refuses the value. Integers are not negative.

typedef bool (*IntegerSetter)(VM *vm, uint64_t value);
typedef bool (*FloatSetter)(VM *vm, Real value);
#define READ_ONLY NULL

static bool set_nothing(VM *vm, uint64_t value) {
    (void)vm, (void)value;
    return true;
}
static bool set_tenure_age(VM *vm, uint64_t value) {
    enum { AGE_LIMIT = 255 };
    vm->heap.options.tenure_age = (unsigned)(value < AGE_LIMIT ? value : AGE_LIMIT);
    return true;
}
static bool set_tenured_objects(VM *vm, uint64_t value) {
    vm->heap.statistics.tenured_objects = value;
    return true;
}
static bool set_allocated_bytes(VM *vm, uint64_t value) {
    HeapStatistics *statistics = &vm->heap.statistics;
    statistics->allocated_bytes_before += value - heap_allocated_bytes(&vm->heap);
    vm->hunger_noted_at = value;
    return true;
}
static bool set_shrink_bytes(VM *vm, uint64_t value) {
    if (value == 0) return false;
    vm->heap.options.shrink_bytes = value;
    return true;
}
static bool set_growth_bytes(VM *vm, uint64_t value) {
    if (value == 0) return false;
    vm->heap.options.growth_bytes = value;
    return true;
}
static bool set_old_limit(VM *vm, uint64_t value) {
    vm->heap.options.old_limit_bytes = value;
    return true;
}

// Header fields are saved with the image and matter to whoever loads it next.
static bool set_extra_vm_bytes(VM *vm, uint64_t value) {
    if (!vm->image || value > UINT32_MAX) return false;
    vm->image->header.extra_vm_bytes = (uint32_t)value;
    return true;
}
static bool set_stack_pages(VM *vm, uint64_t value) {
    if (!vm->image || value > UINT16_MAX) return false;
    vm->image->header.stack_pages = (uint16_t)value;
    return true;
}
static bool set_eden_bytes(VM *vm, uint64_t value) {
    if (!vm->image || value > UINT32_MAX) return false;
    vm->image->header.eden_bytes = (uint32_t)value;
    return true;
}
static bool set_semaphore_table_size(VM *vm, uint64_t value) {
    if (!vm->image || value > UINT16_MAX) return false;
    vm->image->header.semaphore_table_size = (uint16_t)value;
    return true;
}
static bool set_flags(VM *vm, uint64_t value) {
    if (!vm->image || value > FLAGS_LIMIT) return false;
    uint64_t kept = vm->image->header.flags & HEADER_FLAGS_KEPT;
    vm->image->header.flags = kept | value << HEADER_FLAGS_SHIFT;
    return true;
}

static Real growth_ratio(const VM *vm) {
    bool is_set = vm->system && vm->system->has_growth_ratio;
    return is_set ? vm->system->growth_ratio : real(DEFAULT_GROWTH_RATIO);
}
static bool set_growth_ratio(VM *vm, Real value) {
    if (!real_lt(real(0.0), value) || !system_state(vm)) return false;
    vm->system->growth_ratio = value;
    vm->system->has_growth_ratio = true;
    return true;
}
static bool set_only_zero(VM *vm, Real value) {
    (void)vm;
    return real_is_zero(value);
}

// ---- values that take more than an expression

static int64_t start_microseconds(const VM *vm) {
    if (!vm->processes || vm->options.deterministic) return 0;
    uint64_t age = os_monotonic_nanoseconds() - vm->processes->start_nanoseconds;
    return clock_utc_microseconds(vm) - (int64_t)(age / 1000);
}

// ---- the table

typedef struct Parameter {
    Oop (*get)(VM *vm); // oop_none(): no room
    IntegerSetter set;
    FloatSetter set_float;
} Parameter;

static const ImageInfo no_image = {.header = {.format = 68021}};

#define PARAMETER_INTEGER(n, expression, setter, text)                                             \
    static Oop get_##n(VM *vm) {                                                                   \
        const Heap *heap = &vm->heap;                                                              \
        const ImageInfo *image = vm->image ? vm->image : &no_image;                                \
        (void)heap, (void)image;                                                                   \
        return prim_integer_from_word(vm, word((uint64_t)(expression)));                           \
    }
#define PARAMETER_FLOAT(n, expression, setter, text)                                               \
    static Oop get_##n(VM *vm) { return prim_float_from_real(vm, expression); }
#define PARAMETER_FALSE(n, text)                                                                   \
    static Oop get_##n(VM *vm) { return prim_bool(vm, false); }
#include "run/vm_parameters.tbl"
#undef PARAMETER_INTEGER
#undef PARAMETER_FLOAT
#undef PARAMETER_FALSE

static const Parameter parameters[PARAMETER_LIMIT + 1] = {
#define PARAMETER_INTEGER(n, expression, setter, text) [n] = {get_##n, setter, NULL},
#define PARAMETER_FLOAT(n, expression, setter, text)   [n] = {get_##n, NULL, setter},
#define PARAMETER_FALSE(n, text)                       [n] = {get_##n, NULL, NULL},
#include "run/vm_parameters.tbl"
#undef PARAMETER_INTEGER
#undef PARAMETER_FLOAT
#undef PARAMETER_FALSE
};

// ---- the primitive

static Oop parameter_value(VM *vm, const Parameter *parameter) {
    return parameter->get ? parameter->get(vm) : prim_nil(vm);
}

static Outcome answer_all(VM *vm) {
    Oop array = prim_new_array(vm, num(PARAMETER_LIMIT));
    if (oop_is_none(array)) return prim_fail(vm, FAILURE_NO_MEMORY);
    for (int i = 1; i <= PARAMETER_LIMIT; i++) {
        Oop value = parameter_value(vm, &parameters[i]);
        if (oop_is_none(value)) return prim_fail(vm, FAILURE_NO_MEMORY);
        field_at_put(&vm->heap, array, i - 1, value);
    }
    return prim_answer(vm, array);
}

// Sets the parameter to an operand of the right kind.
static Failure set_parameter(VM *vm, const Parameter *parameter, Oop operand) {
    if (parameter->set_float) {
        Real value;
        if (!prim_real_from_number(vm, operand, &value)) return FAILURE_BAD_ARGUMENT;
        return parameter->set_float(vm, value) ? FAILURE_NONE : FAILURE_INAPPROPRIATE;
    }
    if (!oop_is_int(operand)) return FAILURE_BAD_ARGUMENT;
    if (!parameter->set || num_is_negative(num_from_oop(operand))) return FAILURE_INAPPROPRIATE;
    uint64_t value = (uint64_t)num_concrete(num_from_oop(operand));
    return parameter->set(vm, value) ? FAILURE_NONE : FAILURE_INAPPROPRIATE;
}

Outcome prim_vm_parameter(VM *vm) {
    if (vm->argument_count == 0) return answer_all(vm);
    if (vm->argument_count > 2) return prim_fail(vm, FAILURE_BAD_ARGUMENT_COUNT);
    Oop index = prim_argument(vm, 0);
    if (!oop_is_int(index)) return prim_fail(vm, FAILURE_BAD_ARGUMENT);
    if (num_lt(num_from_oop(index), num(1)) || num_lt(num(PARAMETER_LIMIT), num_from_oop(index)))
        return prim_fail(vm, FAILURE_BAD_INDEX);
    const Parameter *parameter = &parameters[num_concrete(num_from_oop(index))];
    Oop old_value = parameter_value(vm, parameter);
    if (oop_is_none(old_value)) return prim_fail(vm, FAILURE_NO_MEMORY);
    if (vm->argument_count == 1) return prim_answer(vm, old_value);
    Failure failure = set_parameter(vm, parameter, prim_argument(vm, 1));
    return failure == FAILURE_NONE ? prim_answer(vm, old_value) : prim_fail(vm, failure);
}
