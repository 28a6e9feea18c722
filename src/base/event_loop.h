// SPDX-License-Identifier: MIT
// The event loop of one VM: one timer, any number of file descriptors, and a way to wake it from
// other threads and signal handlers. Waiting costs no processor time.
//
// All functions but event_loop_wake are called from the VM's own thread. While Smalltalk code runs
// nobody waits in the loop; then a helper thread watches it and calls the `notify` function when
// something is ready. The helper is started when there is first something to watch, knows nothing
// but the loop, and sleeps until the loop has been polled.
//
// Implementation: an epoll set that holds a timerfd, an eventfd and the watched descriptors; the
// helper polls the epoll descriptor itself.
#ifndef PARLEY_BASE_EVENT_LOOP_H
#define PARLEY_BASE_EVENT_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

typedef struct EventLoop EventLoop;

enum { EVENT_READABLE = 1, EVENT_WRITABLE = 2, EVENT_ERROR = 4 };

// Called from the helper thread: may only do what a signal handler may.
typedef void (*EventNotify)(void *context);
// Called from event_loop_poll and event_loop_wait with the EVENT_... bits that hold.
typedef void (*EventCallback)(void *context, int fd, unsigned events);

MUST_USE Status event_loop_new(EventLoop **loop, EventNotify notify, void *context,
                               Diagnosis *diagnosis);
void event_loop_free(EventLoop *loop);
// In the child after fork(): the epoll set, timer and wake-up are made anew (the parent's are
// shared with it otherwise), everything watched stays watched, the helper starts when needed.
MUST_USE Status event_loop_after_fork(EventLoop *loop, Diagnosis *diagnosis);

// The timer: microseconds since 1901 in UTC; 0 disarms it. One that is past is due at once.
void event_loop_set_timer(EventLoop *loop, int64_t utc_microseconds);
bool event_loop_has_timer(const EventLoop *loop);

// Watches a descriptor for the EVENT_... bits, or changes what it is watched for. STATE: this kind
// of file can never be waited for (it is always ready); NO_MEMORY; LIMIT.
MUST_USE Status event_loop_watch(EventLoop *loop, int fd, unsigned events, EventCallback callback,
                                 void *context);
void event_loop_unwatch(EventLoop *loop, int fd);

// Somebody outside (another thread, an embedder) may wake the loop one day; said with +1, taken
// back with -1.
void event_loop_expect(EventLoop *loop, int change);
// Can anything but a signal ever end a wait?
bool event_loop_can_wake(const EventLoop *loop);

// Runs the callbacks of what is ready, without waiting. Answers whether the timer was due.
bool event_loop_poll(EventLoop *loop);
// The same, but waits up to `timeout_microseconds` (negative: for ever) until something is ready,
// event_loop_wake is called, or a signal arrives. Does not wait while *unless is not 0.
bool event_loop_wait(EventLoop *loop, int64_t timeout_microseconds, const uint32_t *unless);
// Ends the present wait. Whoever calls it has set the waiter's `unless` word before, so that no
// wake-up falls between looking and sleeping. From any thread and from signal handlers.
void event_loop_wake(EventLoop *loop);

#endif
