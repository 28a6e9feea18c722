// SPDX-License-Identifier: MIT
// Foreign memory by process_vm_readv and process_vm_writev on the own process. Where the system
// does not have them or forbids them, memory is touched directly: null pages are refused still.
#include "base/foreign.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

// No system maps its first pages: small addresses are null pointers with an offset.
enum { NULL_ZONE = 4096 };

typedef ssize_t (*Transfer)(pid_t, const struct iovec *, unsigned long, const struct iovec *,
                            unsigned long, unsigned long);

// 1 done, 0 the memory is not there, -1 the system does not say.
static int transfer(Transfer function, uint64_t address, void *own, size_t bytes) {
    if (address < NULL_ZONE || address + bytes < address) return 0;
    struct iovec local = {own, bytes}, remote = {(void *)(uintptr_t)address, bytes};
    ssize_t done = function(getpid(), &local, 1, &remote, 1, 0);
    if (done < 0 && errno != EFAULT) return -1;
    return done == (ssize_t)bytes;
}

bool foreign_read(uint64_t address, void *to, size_t bytes) {
    int done = transfer(process_vm_readv, address, to, bytes);
    if (done < 0) memcpy(to, (const void *)(uintptr_t)address, bytes);
    return done != 0;
}

bool foreign_write(uint64_t address, const void *from, size_t bytes) {
    int done = transfer(process_vm_writev, address, (void *)(uintptr_t)from, bytes);
    if (done < 0) memcpy((void *)(uintptr_t)address, from, bytes);
    return done != 0;
}
