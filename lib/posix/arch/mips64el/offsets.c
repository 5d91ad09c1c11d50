/* offsets.c (mips64el): checks of what the assembly knows. */
#include "offsets.h"
#include <stddef.h>
#include <thread_page.h>

static_assert(MACHINE_CALL_OFFSET == UPCALL_CALL_OFFSET && MACHINE_UPCALL_PENDING == offsetof(struct thread_page, upcall_pending));
static_assert(MACHINE_UPCALL_STACK == offsetof(struct thread_page, upcall_stack) && FRAME_R(31) == offsetof(struct thread_page, frame.r[31]));
static_assert(FRAME_PC_AT == offsetof(struct thread_page, frame.pc) && FRAME_TLS_AT == offsetof(struct thread_page, frame.tls));
static_assert(FRAME_CAUSE_AT == offsetof(struct thread_page, frame.cause));
