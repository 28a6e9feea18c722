// SPDX-License-Identifier: MIT
// The linked lists that processes wait in: the run queues of the scheduler, semaphores, mutexes.
// All are LinkedLists of the image (first link, last link), their links are Processes (next link,
// ..., my list). The image can write into each of these objects, so nothing is believed: what is
// not a list counts as one that is empty and takes nobody, a link that is no process ends its list,
// a list in a circle is cut. Forwarders are followed, and replaced where they are met.
#ifndef PARLEY_RUN_PROCESS_LIST_H
#define PARLEY_RUN_PROCESS_LIST_H

#include "run/vm.h"

// A pointer object with the fields of a Process, or of a LinkedList.
bool process_is_process(Oop oop);
bool process_list_is_list(Oop oop);

// A field, followed if it is a forwarder, which is then replaced.
Oop process_field(VM *vm, Oop object, int index);

// The first process; nil: the list is empty.
Oop process_list_first(VM *vm, Oop list);
Oop process_list_remove_first(VM *vm, Oop list);
// The process is in no list. Its my-list is set to this one.
void process_list_add_last(VM *vm, Oop list, Oop process);
void process_list_add_first(VM *vm, Oop list, Oop process);
// False: it was not in the list. Its my-list is set to nil otherwise.
bool process_list_remove(VM *vm, Oop list, Oop process);
bool process_list_includes(VM *vm, Oop list, Oop process);

#endif
