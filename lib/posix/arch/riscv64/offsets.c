/* offsets.c (riscv64): checks of what the assembly knows. */
#include "offsets.h"
#include <stddef.h>
#include <thread_page.h>

static_assert(MACHINE_CALL_OFFSET == UPCALL_CALL_OFFSET && MACHINE_CALL_RETURN == UPCALL_CALL_RETURN);
static_assert(MACHINE_UPCALL_PENDING == offsetof(struct thread_page, upcall_pending));
static_assert(MACHINE_UPCALL_STACK == offsetof(struct thread_page, upcall_stack) && FRAME_X(31) == offsetof(struct thread_page, frame.x[31]));
static_assert(MACHINE_UPCALL_PENDING == offsetof(struct thread_page, upcall_pending) && FRAME_PC_AT == offsetof(struct thread_page, frame.pc));
static_assert(FRAME_CAUSE_AT == offsetof(struct thread_page, frame.cause));
