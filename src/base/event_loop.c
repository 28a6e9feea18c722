// SPDX-License-Identifier: MIT
// The event loop on Linux. See event_loop.h.
//
// Wake-ups are never lost: a waiter says `sleeping` before it looks at *unless for the last time;
// who sets that word afterwards sees `sleeping` and writes the eventfd, which stays readable until
// it is read. The helper runs through: poll, notify, sleep on `rearm`; the loop posts `rearm` each
// time it has been polled and the helper sleeps there.
#include "base/event_loop.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/array.h"
#include "base/os.h"

typedef struct Watch {
    int fd;
    unsigned events;
    EventCallback callback;
    void *context;
} Watch;

struct EventLoop {
    EventNotify notify;
    void *context;
    int epoll_fd, timer_fd, wake_fd;
    int64_t timer; // 0: none
    int expected;  // how many may wake the loop from outside
    ARRAY(Watch) watches;
    uint32_t sleeping;
    // The helper.
    bool helper_runs;
    uint32_t helper_waits, helper_quits;
    pthread_t helper;
    sem_t rearm;
};

// ---- descriptors

static Status add_descriptor(EventLoop *loop, int operation, int fd, uint32_t events) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (epoll_ctl(loop->epoll_fd, operation, fd, &event) == 0) return STATUS_OK;
    switch (errno) {
    case ENOMEM:
        return STATUS_NO_MEMORY;
    case ENOSPC:
        return STATUS_LIMIT;
    }
    return STATUS_STATE;
}

static uint32_t epoll_bits(unsigned events) {
    return (events & EVENT_READABLE ? EPOLLIN | EPOLLRDHUP : 0) |
           (events & EVENT_WRITABLE ? EPOLLOUT : 0) | (events & EVENT_ERROR ? EPOLLPRI : 0);
}

static unsigned event_bits(uint32_t bits) {
    return (bits & (EPOLLIN | EPOLLRDHUP | EPOLLHUP) ? EVENT_READABLE : 0) |
           (bits & EPOLLOUT ? EVENT_WRITABLE : 0) |
           (bits & (EPOLLERR | EPOLLHUP | EPOLLPRI) ? EVENT_ERROR : 0);
}

static void close_descriptor(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

static void close_descriptors(EventLoop *loop) {
    close_descriptor(&loop->epoll_fd);
    close_descriptor(&loop->timer_fd);
    close_descriptor(&loop->wake_fd);
}

static Status open_descriptors(EventLoop *loop, Diagnosis *diagnosis) {
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->timer_fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->epoll_fd < 0 || loop->timer_fd < 0 || loop->wake_fd < 0 ||
        add_descriptor(loop, EPOLL_CTL_ADD, loop->timer_fd, EPOLLIN) ||
        add_descriptor(loop, EPOLL_CTL_ADD, loop->wake_fd, EPOLLIN)) {
        close_descriptors(loop);
        return diagnose(diagnosis, STATUS_LIMIT, "no file descriptors left for the event loop");
    }
    return STATUS_OK;
}

// For threads and signal handlers.
static void write_wake_fd(EventLoop *loop) {
    int saved = errno;
    uint64_t one = 1;
    (void)!write(loop->wake_fd, &one, sizeof one);
    errno = saved;
}

// ---- the helper thread

static void *helper_main(void *argument) {
    EventLoop *loop = argument;
    struct pollfd ready = {.fd = loop->epoll_fd, .events = POLLIN};
    for (;;) {
        while (poll(&ready, 1, -1) < 0 && errno == EINTR)
            continue;
        __atomic_store_n(&loop->helper_waits, 1, __ATOMIC_SEQ_CST);
        if (__atomic_load_n(&loop->helper_quits, __ATOMIC_SEQ_CST)) return NULL;
        loop->notify(loop->context);
        while (sem_wait(&loop->rearm) < 0)
            continue;
    }
}

// Without a helper, events are noticed only when the loop is polled or waited in.
static void start_helper(EventLoop *loop) {
    enum { HELPER_STACK_BYTES = 128 << 10 };
    if (loop->helper_runs || !loop->notify) return;
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes)) return;
    pthread_attr_setstacksize(&attributes, HELPER_STACK_BYTES);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); // signals belong to the threads that run VMs
    loop->helper_waits = loop->helper_quits = 0;
    loop->helper_runs = pthread_create(&loop->helper, &attributes, helper_main, loop) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
}

static void rearm_helper(EventLoop *loop) {
    if (__atomic_exchange_n(&loop->helper_waits, 0, __ATOMIC_SEQ_CST)) sem_post(&loop->rearm);
}

static void stop_helper(EventLoop *loop) {
    if (!loop->helper_runs) return;
    __atomic_store_n(&loop->helper_quits, 1, __ATOMIC_SEQ_CST);
    write_wake_fd(loop);
    sem_post(&loop->rearm);
    pthread_join(loop->helper, NULL);
    loop->helper_runs = false;
}

// ---- life

Status event_loop_new(EventLoop **result, EventNotify notify, void *context, Diagnosis *diagnosis) {
    EventLoop *loop = calloc(1, sizeof *loop);
    if (!loop) return diagnose(diagnosis, STATUS_NO_MEMORY, "no memory for the event loop");
    loop->notify = notify;
    loop->context = context;
    Status status = open_descriptors(loop, diagnosis);
    if (status) {
        free(loop);
        return status;
    }
    sem_init(&loop->rearm, 0, 0);
    *result = loop;
    return STATUS_OK;
}

void event_loop_free(EventLoop *loop) {
    if (!loop) return;
    stop_helper(loop);
    close_descriptors(loop);
    sem_destroy(&loop->rearm);
    array_free(&loop->watches);
    free(loop);
}

Status event_loop_after_fork(EventLoop *loop, Diagnosis *diagnosis) {
    close_descriptors(loop);
    loop->helper_runs = false;
    loop->helper_waits = loop->helper_quits = loop->sleeping = 0;
    sem_init(&loop->rearm, 0, 0);
    Status status = open_descriptors(loop, diagnosis);
    if (status) return status;
    for (size_t i = 0; i < loop->watches.count; i++) {
        Watch *watch = &loop->watches.items[i];
        status = add_descriptor(loop, EPOLL_CTL_ADD, watch->fd, epoll_bits(watch->events));
        if (status) return diagnose(diagnosis, status, "descriptor %d is lost", watch->fd);
    }
    if (loop->watches.count) start_helper(loop);
    event_loop_set_timer(loop, loop->timer);
    return STATUS_OK;
}

// ---- the timer

void event_loop_set_timer(EventLoop *loop, int64_t utc_microseconds) {
    struct itimerspec when = {0};
    loop->timer = utc_microseconds;
    if (utc_microseconds) {
        int64_t unix_microseconds = utc_microseconds - OS_EPOCH_DELTA_SECONDS * 1000000;
        if (unix_microseconds <= 0) unix_microseconds = 1;
        when.it_value.tv_sec = unix_microseconds / 1000000;
        when.it_value.tv_nsec = unix_microseconds % 1000000 * 1000;
    }
    timerfd_settime(loop->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
    if (utc_microseconds) start_helper(loop);
}

bool event_loop_has_timer(const EventLoop *loop) { return loop->timer != 0; }

// The timer goes off once.
static bool take_timer(EventLoop *loop) {
    uint64_t expirations;
    if (read(loop->timer_fd, &expirations, sizeof expirations) != sizeof expirations) return false;
    loop->timer = 0;
    return true;
}

// ---- watched descriptors

static Watch *watch_of(EventLoop *loop, int fd) {
    for (size_t i = 0; i < loop->watches.count; i++)
        if (loop->watches.items[i].fd == fd) return &loop->watches.items[i];
    return NULL;
}

Status event_loop_watch(EventLoop *loop, int fd, unsigned events, EventCallback callback,
                        void *context) {
    Watch wanted = {fd, events, callback, context};
    Watch *watch = watch_of(loop, fd);
    if (!watch && !array_push(&loop->watches, wanted)) return STATUS_NO_MEMORY;
    Status status =
        add_descriptor(loop, watch ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, epoll_bits(events));
    if (status) {
        if (!watch) loop->watches.count--;
        return status;
    }
    if (watch) *watch = wanted;
    start_helper(loop);
    return STATUS_OK;
}

void event_loop_unwatch(EventLoop *loop, int fd) {
    Watch *watch = watch_of(loop, fd);
    if (!watch) return;
    epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    *watch = loop->watches.items[--loop->watches.count];
}

void event_loop_expect(EventLoop *loop, int change) { loop->expected += change; }

bool event_loop_can_wake(const EventLoop *loop) {
    return loop->timer || loop->expected > 0 || loop->watches.count;
}

// ---- waiting

// One that became ready may have been unwatched by the callback of another.
static bool dispatch(EventLoop *loop, const struct epoll_event *event) {
    int fd = event->data.fd;
    if (fd == loop->timer_fd) return take_timer(loop);
    if (fd == loop->wake_fd) {
        uint64_t count;
        (void)!read(fd, &count, sizeof count);
        return false;
    }
    Watch *watch = watch_of(loop, fd);
    if (watch) watch->callback(watch->context, fd, event_bits(event->events));
    return false;
}

bool event_loop_poll(EventLoop *loop) {
    enum { AT_ONCE = 64 };
    struct epoll_event events[AT_ONCE];
    int count = epoll_wait(loop->epoll_fd, events, AT_ONCE, 0);
    bool timer_due = false;
    for (int i = 0; i < count; i++)
        if (dispatch(loop, &events[i])) timer_due = true;
    rearm_helper(loop);
    return timer_due;
}

// Polling the epoll descriptor itself has finer timeouts than epoll_wait, on every kernel.
bool event_loop_wait(EventLoop *loop, int64_t timeout_microseconds, const uint32_t *unless) {
    struct pollfd ready = {.fd = loop->epoll_fd, .events = POLLIN};
    struct timespec timeout = {.tv_sec = timeout_microseconds / 1000000,
                               .tv_nsec = timeout_microseconds % 1000000 * 1000};
    __atomic_store_n(&loop->sleeping, 1, __ATOMIC_SEQ_CST);
    if (!__atomic_load_n(unless, __ATOMIC_SEQ_CST))
        ppoll(&ready, 1, timeout_microseconds < 0 ? NULL : &timeout, NULL);
    __atomic_store_n(&loop->sleeping, 0, __ATOMIC_SEQ_CST);
    return event_loop_poll(loop);
}

void event_loop_wake(EventLoop *loop) {
    if (__atomic_load_n(&loop->sleeping, __ATOMIC_SEQ_CST)) write_wake_fd(loop);
}
