// SPDX-License-Identifier: MIT
// A random object graph in a heap, and beside it a model of it in plain C that knows what must be
// alive. Random steps change both alike; graph_check walks both from the roots and compares
// classes, payload, references, identity hashes and pinned addresses; graph_collect computes what
// a full collection must leave: which weak slots become nil, which ephemerons fire.
//
// Every pointer object keeps the number of its model node in slot 1, a byte object in its first
// eight bytes. Node numbers grow for ever; the model keeps all nodes of a run.
#ifndef PARLEY_GRAPH_MODEL_H
#define PARLEY_GRAPH_MODEL_H

#include "test_heap.h"

#include "base/random.h"
#include "memory/mourn.h"

enum { GRAPH_ROOTS = 24, GRAPH_NODES = 60000, GRAPH_ID_SLOT = 1, GRAPH_NIL = -1 };

typedef enum NodeKind { NODE_PLAIN, NODE_WEAK, NODE_EPHEMERON, NODE_BYTES } NodeKind;

typedef struct Node {
    NodeKind kind;
    int count;        // slots, or bytes
    int *slots;       // node numbers or GRAPH_NIL; the id slot is unused
    uint64_t hash;    // 0: not asked for yet
    uint64_t pinned;  // address, 0: not pinned
    int id;           // its own number, which the object says too
    bool fired;       // was an ephemeron
    bool live;        // scratch: reached
    bool was_live;    // scratch: reached before any ephemeron fired
    uint64_t address; // scratch: where the check found it
} Node;

typedef struct Graph {
    TestHeap test;
    Node *nodes;
    int node_count;
    int roots[GRAPH_ROOTS];
    Oop held[GRAPH_ROOTS];
    RootScope scope;
    uint64_t seed;
    int *work; // scratch stack of node numbers
    int work_count;
    bool every_allocation; // collect fully after each allocation
} Graph;

static inline unsigned graph_random(Graph *g, unsigned limit) {
    return (unsigned)(random_next(&g->seed) % limit);
}

static inline void graph_open(Graph *g, const TestHeapOptions *options, uint64_t seed) {
    memset(g, 0, sizeof *g);
    test_heap_open(&g->test, options);
    g->test.heap.mourn_weak = false;
    g->nodes = calloc(GRAPH_NODES, sizeof *g->nodes);
    g->work = calloc(GRAPH_NODES + 1, sizeof *g->work);
    g->seed = seed;
    root_scope_enter(&g->test.heap, &g->scope, g->held, GRAPH_ROOTS);
    for (int i = 0; i < GRAPH_ROOTS; i++)
        g->roots[i] = GRAPH_NIL;
}

static inline void graph_close(Graph *g) {
    root_scope_leave(&g->test.heap, &g->scope);
    test_heap_close(&g->test);
    for (int i = 0; i < g->node_count; i++)
        free(g->nodes[i].slots);
    free(g->nodes);
    free(g->work);
}

// ---- the model's own collector

static inline void graph_reach(Graph *g, int number) {
    if (number == GRAPH_NIL || g->nodes[number].live) return;
    g->nodes[number].live = true;
    g->work[g->work_count++] = number;
}

static inline bool graph_is_strong_slot(const Node *node, int slot) {
    return slot != GRAPH_ID_SLOT && (node->kind != NODE_WEAK || slot < 2);
}

static inline bool graph_waits(Graph *g, const Node *node) {
    return node->kind == NODE_EPHEMERON && node->slots[0] != GRAPH_NIL &&
           !g->nodes[node->slots[0]].live;
}

static inline void graph_trace_work(Graph *g) {
    while (g->work_count) {
        const Node *node = &g->nodes[g->work[--g->work_count]];
        if (node->kind == NODE_BYTES || graph_waits(g, node)) continue;
        for (int i = 0; i < node->count; i++)
            if (graph_is_strong_slot(node, i)) graph_reach(g, node->slots[i]);
    }
}

// Live nodes whose ephemeron rule did not hold when they were met.
static inline bool graph_retrace(Graph *g) {
    int before = 0, after = 0;
    for (int i = 0; i < g->node_count; i++)
        before += g->nodes[i].live;
    for (int i = 0; i < g->node_count; i++)
        if (g->nodes[i].live && g->nodes[i].kind == NODE_EPHEMERON) g->work[g->work_count++] = i;
    graph_trace_work(g);
    for (int i = 0; i < g->node_count; i++)
        after += g->nodes[i].live;
    return after != before;
}

// Sets `live`; answers how many ephemerons fire, their numbers (from 0) in `fired`.
static inline int graph_find_live(Graph *g, int *fired) {
    for (int i = 0; i < g->node_count; i++)
        g->nodes[i].live = false;
    for (int i = 0; i < GRAPH_ROOTS; i++)
        graph_reach(g, g->roots[i]);
    int count = 0;
    for (;;) {
        graph_trace_work(g);
        while (graph_retrace(g)) {
        }
        int first = count;
        for (int i = 0; i < g->node_count; i++)
            if (g->nodes[i].live && graph_waits(g, &g->nodes[i])) fired[count++] = i;
        for (int i = 0; i < g->node_count && first == 0; i++)
            g->nodes[i].was_live = g->nodes[i].live;
        if (count == first) return count;
        for (int i = first; i < count; i++)
            g->nodes[fired[i]].kind = NODE_PLAIN;
        for (int i = first; i < count; i++)
            g->work[g->work_count++] = fired[i];
    }
}

// ---- comparing

static inline int graph_id_of(Graph *g, Oop object) {
    uint64_t raw = oop_bits(object);
    if (raw_class_index(raw) == g->test.bytes) return (int)raw_slot(raw, 0);
    return (int)raw_int(raw_slot(raw, GRAPH_ID_SLOT));
}

static inline uint64_t graph_class_index(Graph *g, const Node *node) {
    switch (node->kind) {
    case NODE_PLAIN:
        return node->fired ? g->test.ephemeron : g->test.plain;
    case NODE_WEAK:
        return g->test.weak;
    case NODE_EPHEMERON:
        return g->test.ephemeron;
    case NODE_BYTES:
        return g->test.bytes;
    }
    return 0;
}

static inline void graph_check_bytes(const Node *node, Oop object) {
    assert_int_equal(num_concrete(byte_count(object)), node->count);
    for (int i = 8; i < node->count; i++)
        assert_int_equal(num_concrete(byte_at(object, num(i))), (node->id + i) & 255);
}

static inline void graph_meet(Graph *g, int number, Oop object) {
    Node *node = &g->nodes[number];
    if (node->live) {
        assert_int_equal(node->address, oop_bits(object));
        return;
    }
    node->live = true;
    node->address = oop_bits(object);
    g->work[g->work_count++] = number;
}

static inline void graph_check_slots(Graph *g, Node *node, Oop object) {
    assert_int_equal(num_concrete(slot_count(object)), node->count);
    for (int i = 0; i < node->count; i++) {
        if (i == GRAPH_ID_SLOT) continue;
        Oop value = test_at(&g->test, object, i);
        bool weak = node->kind == NODE_WEAK && i >= 2;
        if (weak && test_is_nil(&g->test, value)) {
            // A collection of new space may clear it before the model does: only of the dead.
            node->slots[i] = GRAPH_NIL;
            continue;
        }
        if (node->slots[i] == GRAPH_NIL)
            assert_true(test_is_nil(&g->test, value));
        else
            graph_meet(g, node->slots[i], value);
    }
}

static inline void graph_check_node(Graph *g, Node *node) {
    Oop object = oop_from_bits(node->address);
    assert_int_equal(raw_class_index(node->address), graph_class_index(g, node));
    assert_int_equal(graph_id_of(g, object), node->id);
    assert_int_equal((raw_load(node->address) & HEADER_PINNED) != 0, node->pinned != 0);
    if (node->pinned) assert_int_equal(node->address, node->pinned);
    if (node->hash) assert_int_equal(node->hash, header_hash(raw_load(node->address)));
    if (node->kind == NODE_BYTES)
        graph_check_bytes(node, object);
    else
        graph_check_slots(g, node, object);
}

static inline void graph_check(Graph *g) {
    for (int i = 0; i < g->node_count; i++)
        g->nodes[i].live = false;
    for (int i = 0; i < GRAPH_ROOTS; i++) {
        Oop object = heap_follow(&g->test.heap, g->held[i]);
        if (g->roots[i] == GRAPH_NIL)
            assert_true(test_is_nil(&g->test, object));
        else
            graph_meet(g, g->roots[i], object);
    }
    while (g->work_count)
        graph_check_node(g, &g->nodes[g->work[--g->work_count]]);
}

// ---- collecting

static inline void graph_clear_weak(Graph *g) {
    for (int i = 0; i < g->node_count; i++) {
        Node *node = &g->nodes[i];
        for (int s = 2; node->kind == NODE_WEAK && s < node->count; s++)
            if (node->slots[s] != GRAPH_NIL && !g->nodes[node->slots[s]].live)
                node->slots[s] = GRAPH_NIL;
    }
}

// No weak slot with a live referent may have been cleared.
static inline void graph_check_weak_kept(Graph *g, int number, Oop object) {
    Node *node = &g->nodes[number];
    for (int s = 2; s < node->count; s++) {
        bool is_nil = test_is_nil(&g->test, test_at(&g->test, object, s));
        bool live = node->slots[s] != GRAPH_NIL && g->nodes[node->slots[s]].live;
        assert_false(live && is_nil);
    }
}

typedef enum GraphCollection {
    GRAPH_SCAVENGE,
    GRAPH_FULL,
    GRAPH_COMPACT,
    GRAPH_MOVE
} GraphCollection;

static inline void graph_run_collection(Graph *g, GraphCollection kind) {
    Heap *heap = &g->test.heap;
    switch (kind) {
    case GRAPH_SCAVENGE:
        heap_scavenge(heap);
        break;
    case GRAPH_FULL:
        heap_collect_full(heap);
        break;
    case GRAPH_COMPACT:
        heap_compact(heap);
        break;
    case GRAPH_MOVE:
        collector_collect(heap, COLLECT_MOVE_ALL);
        break;
    }
}

static inline bool graph_contains(const int *numbers, int count, int number) {
    for (int i = 0; i < count; i++)
        if (numbers[i] == number) return true;
    return false;
}

static inline bool graph_check_weak_visitor(void *context, Oop object) {
    Graph *g = context;
    if (raw_class_index(oop_bits(object)) != g->test.weak) return true;
    int number = graph_id_of(g, object);
    if (g->nodes[number].live) graph_check_weak_kept(g, number, object);
    return true;
}

// Takes all mourners: each must be one of those that may fire. (A scavenge takes old objects for
// alive, and may fire an ephemeron that nothing living refers to.) Answers how many there were.
static inline int graph_take_mourners(Graph *g, const int *fired, int count) {
    int taken = 0;
    for (Oop mourner; !oop_is_none(mourner = heap_next_mourner(&g->test.heap)); taken++) {
        int number = graph_id_of(g, mourner);
        assert_true(graph_contains(fired, count, number) || !g->nodes[number].was_live);
        assert_int_equal(raw_format(oop_bits(mourner)), FORMAT_FIXED);
        assert_false(g->nodes[number].fired);
        g->nodes[number].fired = true;
        g->nodes[number].kind = NODE_PLAIN;
    }
    return taken;
}

static inline uint64_t graph_count_objects(Graph *g) {
    return test_heap_count(&g->test, g->test.plain) + test_heap_count(&g->test, g->test.weak) +
           test_heap_count(&g->test, g->test.ephemeron) + test_heap_count(&g->test, g->test.bytes);
}

// Answers how many ephemerons fired.
static inline int graph_collect_once(Graph *g, GraphCollection kind) {
    int *fired = calloc((size_t)g->node_count + 1, sizeof *fired);
    int count = graph_find_live(g, fired);
    for (int i = 0; i < count; i++)
        g->nodes[fired[i]].kind = NODE_EPHEMERON;
    graph_run_collection(g, kind);
    heap_for_each_object(&g->test.heap, graph_check_weak_visitor, g);
    int taken = graph_take_mourners(g, fired, count);
    free(fired);
    if (kind == GRAPH_SCAVENGE) return taken;
    assert_true(taken > 0 || count == 0);
    graph_clear_weak(g);
    return taken;
}

// A full collection is repeated until no ephemeron fires any more, because those that fire keep
// what they refer to alive. Then exactly what is alive in the model is left.
static inline void graph_collect(Graph *g, GraphCollection kind) {
    int taken;
    do
        taken = graph_collect_once(g, kind);
    while (taken && kind != GRAPH_SCAVENGE);
    if (kind != GRAPH_SCAVENGE) {
        uint64_t live = 0;
        for (int i = 0; i < g->node_count; i++)
            live += g->nodes[i].live;
        assert_int_equal(graph_count_objects(g), live);
    }
    graph_check(g);
}

// ---- steps

static inline int graph_new_node(Graph *g, NodeKind kind, int count) {
    assert_true(g->node_count < GRAPH_NODES);
    Node *node = &g->nodes[g->node_count];
    *node = (Node){.kind = kind, .count = count, .id = g->node_count};
    if (kind != NODE_BYTES) {
        node->slots = calloc((size_t)count, sizeof *node->slots);
        for (int i = 0; i < count; i++)
            node->slots[i] = GRAPH_NIL;
    }
    return g->node_count++;
}

static inline Oop graph_allocate(Graph *g, NodeKind kind, int count) {
    switch (kind) {
    case NODE_PLAIN:
        return test_heap_plain(&g->test, (uint64_t)count);
    case NODE_WEAK:
        return test_heap_weak(&g->test, (uint64_t)count);
    case NODE_EPHEMERON:
        return test_heap_ephemeron(&g->test);
    case NODE_BYTES:
        return test_heap_bytes(&g->test, (uint64_t)count);
    }
    return oop_none();
}

static inline int graph_random_count(Graph *g, NodeKind kind) {
    if (kind == NODE_EPHEMERON) return 3;
    int count = 2 + (int)graph_random(g, 7);
    if (graph_random(g, 40) == 0) count = 250 + (int)graph_random(g, 400);
    return kind == NODE_BYTES ? 8 + count * 3 : count;
}

static inline void graph_fill(Graph *g, int number, Oop object) {
    Node *node = &g->nodes[number];
    if (node->kind == NODE_BYTES) {
        word64_at_put(object, num(0), word((uint64_t)number));
        for (int i = 8; i < node->count; i++)
            byte_at_put(object, num(i), num((number + i) & 255));
        return;
    }
    for (int i = 0; i < node->count; i++) {
        unsigned from = graph_random(g, GRAPH_ROOTS * 2);
        if (from >= GRAPH_ROOTS || i == GRAPH_ID_SLOT) continue;
        node->slots[i] = g->roots[from];
        test_put(&g->test, object, i, heap_follow(&g->test.heap, g->held[from]));
    }
    test_put(&g->test, object, GRAPH_ID_SLOT, test_int(number));
}

static inline void graph_step_new(Graph *g) {
    static const NodeKind kinds[] = {NODE_PLAIN, NODE_PLAIN, NODE_PLAIN,     NODE_PLAIN,
                                     NODE_BYTES, NODE_WEAK,  NODE_EPHEMERON, NODE_EPHEMERON};
    NodeKind kind = kinds[graph_random(g, 8)];
    int count = graph_random_count(g, kind);
    Oop object = graph_allocate(g, kind, count);
    if (oop_is_none(object)) return;
    int number = graph_new_node(g, kind, count);
    graph_fill(g, number, object);
    unsigned root = graph_random(g, GRAPH_ROOTS);
    g->roots[root] = number;
    g->held[root] = object;
    if (g->every_allocation) graph_collect(g, (GraphCollection)graph_random(g, 4));
}

static inline void graph_step_store(Graph *g) {
    unsigned into = graph_random(g, GRAPH_ROOTS), from = graph_random(g, GRAPH_ROOTS);
    if (g->roots[into] == GRAPH_NIL) return;
    Node *node = &g->nodes[g->roots[into]];
    if (node->kind == NODE_BYTES) return;
    int slot = (int)graph_random(g, (unsigned)node->count);
    if (slot == GRAPH_ID_SLOT) return;
    node->slots[slot] = g->roots[from];
    test_put(&g->test, heap_follow(&g->test.heap, g->held[into]), slot,
             heap_follow(&g->test.heap, g->held[from]));
}

static inline void graph_step_descend(Graph *g) {
    unsigned root = graph_random(g, GRAPH_ROOTS);
    if (g->roots[root] == GRAPH_NIL) return;
    Node *node = &g->nodes[g->roots[root]];
    if (node->kind == NODE_BYTES) return;
    int slot = (int)graph_random(g, (unsigned)node->count);
    if (slot == GRAPH_ID_SLOT) return;
    Oop value = test_at(&g->test, heap_follow(&g->test.heap, g->held[root]), slot);
    bool cleared = node->kind == NODE_WEAK && slot >= 2 && test_is_nil(&g->test, value);
    g->roots[root] = cleared ? GRAPH_NIL : node->slots[slot];
    g->held[root] = value;
}

static inline void graph_step_drop(Graph *g) {
    unsigned root = graph_random(g, GRAPH_ROOTS);
    g->roots[root] = GRAPH_NIL;
    g->held[root] = g->test.heap.nil;
}

static inline void graph_step_hash(Graph *g) {
    unsigned root = graph_random(g, GRAPH_ROOTS);
    if (g->roots[root] == GRAPH_NIL) return;
    Node *node = &g->nodes[g->roots[root]];
    uint64_t hash = heap_identity_hash(&g->test.heap, heap_follow(&g->test.heap, g->held[root]));
    if (node->hash) assert_int_equal(hash, node->hash);
    node->hash = hash;
}

static inline void graph_step_pin(Graph *g) {
    unsigned root = graph_random(g, GRAPH_ROOTS);
    if (g->roots[root] == GRAPH_NIL) return;
    Node *node = &g->nodes[g->roots[root]];
    Oop object = heap_follow(&g->test.heap, g->held[root]);
    bool pin = graph_random(g, 3) == 0;
    Oop moved = heap_pin(&g->test.heap, object, pin);
    if (!oop_is_none(moved)) node->pinned = pin ? oop_bits(moved) : 0;
}

static inline void graph_rename(int *number, int one, int other, bool two_way) {
    if (*number == one)
        *number = other;
    else if (two_way && *number == other)
        *number = one;
}

static inline void graph_rename_all(Graph *g, int one, int other, bool two_way) {
    for (int i = 0; i < GRAPH_ROOTS; i++)
        graph_rename(&g->roots[i], one, other, two_way);
    for (int n = 0; n < g->node_count; n++)
        for (int i = 0; g->nodes[n].kind != NODE_BYTES && i < g->nodes[n].count; i++)
            graph_rename(&g->nodes[n].slots[i], one, other, two_way);
}

// One pair, by way of two arrays of one element each.
static inline void graph_step_become(Graph *g) {
    unsigned a = graph_random(g, GRAPH_ROOTS), b = graph_random(g, GRAPH_ROOTS);
    int one = g->roots[a], other = g->roots[b];
    if (one == other || one == GRAPH_NIL || other == GRAPH_NIL) return;
    if (g->nodes[one].pinned || g->nodes[other].pinned) return;
    Heap *heap = &g->test.heap;
    Oop former = heap_allocate(heap, CLASS_INDEX_ARRAY_PUN, FORMAT_INDEXABLE, 1);
    Oop latter = heap_allocate(heap, CLASS_INDEX_ARRAY_PUN, FORMAT_INDEXABLE, 1);
    if (oop_is_none(former) || oop_is_none(latter)) return;
    test_put(&g->test, former, 0, g->held[a]);
    test_put(&g->test, latter, 0, g->held[b]);
    bool two_way = graph_random(g, 2), copy_hash = graph_random(g, 2);
    if (heap_become(heap, former, latter, two_way, copy_hash) != STATUS_OK) return;
    uint64_t hash = g->nodes[one].hash;
    graph_rename_all(g, one, other, two_way);
    if (two_way) {
        g->nodes[one].hash = g->nodes[other].hash;
        g->nodes[other].hash = hash;
    } else if (copy_hash && hash) {
        g->nodes[other].hash = hash;
    }
}

static inline void graph_step(Graph *g) {
    unsigned choice = graph_random(g, 100);
    if (choice < 45)
        graph_step_new(g);
    else if (choice < 65)
        graph_step_store(g);
    else if (choice < 75)
        graph_step_descend(g);
    else if (choice < 83)
        graph_step_drop(g);
    else if (choice < 90)
        graph_step_hash(g);
    else if (choice < 94)
        graph_step_pin(g);
    else
        graph_step_become(g);
}

#endif
