#!/bin/bash
# SPDX-License-Identifier: MIT
# The check of the MAY_GC discipline finds what it is for, and nothing else: in a small tree with
# one fault of each kind.
. "$(dirname "$0")/../support/common.sh"
tools=$root/tools

mkdir -p src/memory src/run
cat >src/memory/heap.h <<'END'
#define MAY_GC
typedef struct Client {
    void *context;
    void (*quiet)(void *context);
    MAY_GC void (*loud)(void *context);
} Client;
struct Collector {
    const char *name;
    MAY_GC void (*collect)(int heap);
};
MAY_GC typedef int (*Primitive)(int vm);
typedef int (*Plain)(int vm);
MAY_GC void heap_collect(int heap);
END
cat >src/memory/heap.c <<'END'
MAY_GC static void sweep_collect(int heap) { (void)heap; }
const struct Collector collector = {"sweep", sweep_collect};
void heap_collect(int heap) { collector.collect(heap); }
END
cat >src/run/good.c <<'END'
MAY_GC static int prim_good(int vm) {
    heap_collect(vm); // text that says heap_collect("(
    return 0;
}
MAY_GC static int through_pointer(int vm, Primitive function) { return function(vm); }
// roots: it has no oop
int entry(int vm) { return through_pointer(vm, prim_good); }
static int plain(int vm, Plain other) { return other(vm); }
static const char *text = "heap_collect(1)";
MAY_GC static void loud(void *context) { heap_collect(*(int *)context); }
static Client client = {&client, 0, loud};
static Client named = {.loud = loud};
MAY_GC static int with_label(int vm) {
    if (vm) goto prim_good;
prim_good:
    return prim_good(vm);
}
END
cat >src/run/primitives.tbl <<'END'
PRIMITIVE(1, prim_good, 0, 0, 1, NONE, DONE)
END
"$tools/may_gc.py" >out
check "a tree in order has no complaints" [ ! -s out ]

# fault NAME EXPECTED: the text on standard input, in a file of its own, gets that one complaint.
fault() {
    cat >src/run/bad.c
    "$tools/may_gc.py" >out
    check "$1" bash -c "[ \$? = 0 ] && [ \$(wc -l <out) = 1 ] && grep -qF '$2' out"
    rm src/run/bad.c
}
fault "a direct call" "bad.c:2: direct calls heap_collect" <<'END'
static void direct(int heap) {
    heap_collect(heap);
}
END
fault "a call in a function with a long head" "calls prim_good" <<'END'
static void long_head(int one, int another, int a_third, int a_fourth,
                      int a_fifth) {
    prim_good(one);
}
END
fault "a call through a field" "calls collect" <<'END'
static void field(struct Collector *collector) { collector->collect(1); }
END
fault "a call through a parameter" "calls function" <<'END'
static int parameter(int vm, Primitive function) { return function(vm); }
END
fault "a call through a client's field" "calls loud" <<'END'
static void ask(Client *client) { client->loud(client->context); }
END
fault "a function in a place for quiet ones, by position" "loud may collect, and goes to a pointer" <<'END'
static Client wrong = {&wrong, loud};
END
fault "a function in a place for quiet ones, by name" "loud may collect, and goes to a pointer" <<'END'
static Client wrong = {.quiet = loud};
END
fault "a function stored into a field" "loud may collect, and goes to a pointer" <<'END'
static void store(Client *client) { client->quiet = loud; }
END
fault "a function as a quiet argument" "prim_good may collect, and goes to a pointer" <<'END'
static int quiet(int vm) { return plain(vm, prim_good); }
END
fault "a plugin's row" "prim_good may collect, and its row does not say so" <<'END'
static const Row rows[] = {FILE_PRIMITIVE("good", prim_good, 0)};
END
fault "a mark without reason" "is marked MAY_GC, but calls nothing" <<'END'
MAY_GC static int quiet(int vm) { return vm; }
END
echo 'PRIMITIVE(1, prim_good, 0, 0, 0, NONE, DONE)' >src/run/primitives.tbl
fault "a primitive's row" "the row of prim_good says that it does not collect" </dev/null
echo "1..$count"
[ $failures = 0 ]
