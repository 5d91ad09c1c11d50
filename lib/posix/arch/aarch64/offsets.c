/* offsets.c (aarch64): checks of what the assembly knows. */
#include "offsets.h"
#include <stddef.h>
#include <thread_page.h>

static_assert(MACHINE_CALL_OFFSET == UPCALL_CALL_OFFSET);
static_assert(MACHINE_UPCALL_STACK == offsetof(struct thread_page, upcall_stack) && MACHINE_FRAME == offsetof(struct thread_page, frame));
static_assert(FRAME_X(30) == offsetof(struct thread_page, frame.x[30]) && FRAME_X(31) == offsetof(struct thread_page, frame.sp));
static_assert(MACHINE_UPCALL_PENDING == offsetof(struct thread_page, upcall_pending) && FRAME_X(32) == offsetof(struct thread_page, frame.pc));
static_assert(FRAME_TLS_AT == offsetof(struct thread_page, frame.tls));
static_assert(FRAME_CAUSE_AT == offsetof(struct thread_page, frame.esr));
