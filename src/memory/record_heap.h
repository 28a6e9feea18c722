// SPDX-License-Identifier: MIT
// The heap as semantic code sees it in the recording build: each function of heap.h that such code
// calls is replaced by one that takes and answers handles, calls the real function on the recorded
// heap, and records the call as an effect. The `heap` argument is not looked at.
#ifndef PARLEY_MEMORY_RECORD_HEAP_H
#define PARLEY_MEMORY_RECORD_HEAP_H

#include "memory/heap.h"

Oop recorded_heap_allocate(Heap *heap, uint64_t class_index, unsigned format, uint64_t slot_count);
Oop recorded_heap_allocate_old(Heap *heap, uint64_t class_index, unsigned format,
                               uint64_t slot_count);
Oop recorded_heap_class_at(const Heap *heap, uint64_t class_index);
uint64_t recorded_heap_class_index_of_class(const Heap *heap, Oop class_object);
uint64_t recorded_heap_enter_class(Heap *heap, Oop class_object);
uint64_t recorded_heap_identity_hash(Heap *heap, Oop object);
bool recorded_heap_is_young(const Heap *heap, Oop object);
Oop recorded_heap_pin(Heap *heap, Oop object, bool pinned);
void recorded_heap_set_readonly(Heap *heap, Oop object, bool readonly);
Oop recorded_heap_follow(const Heap *heap, Oop oop);
Status recorded_heap_become(Heap *heap, Oop former_array, Oop latter_array, bool two_way,
                            bool copy_hash);
Oop recorded_heap_first_object(Heap *heap);
Oop recorded_heap_object_after(Heap *heap, Oop object);
Oop recorded_heap_all_instances(Heap *heap, uint64_t class_index, uint64_t *needed);
Oop recorded_heap_next_mourner(Heap *heap);
void recorded_heap_shorten(Heap *heap, Oop object, uint64_t slot_count);

#ifndef PARLEY_RECORD_IMPLEMENTATION
#define heap_allocate             recorded_heap_allocate
#define heap_allocate_old         recorded_heap_allocate_old
#define heap_class_at             recorded_heap_class_at
#define heap_class_index_of_class recorded_heap_class_index_of_class
#define heap_enter_class          recorded_heap_enter_class
#define heap_identity_hash        recorded_heap_identity_hash
#define heap_is_young             recorded_heap_is_young
#define heap_pin                  recorded_heap_pin
#define heap_set_readonly         recorded_heap_set_readonly
#define heap_follow               recorded_heap_follow
#define heap_become               recorded_heap_become
#define heap_first_object         recorded_heap_first_object
#define heap_object_after         recorded_heap_object_after
#define heap_all_instances        recorded_heap_all_instances
#define heap_next_mourner         recorded_heap_next_mourner
#define heap_shorten              recorded_heap_shorten
#endif

#endif
