/* os.h: the native library: what a program needs to live on the kernel alone. Includes all of lib/os.
 *
 * What a machine adds, in lib/os/arch/<isa>/:
 *   syscall.h  static inline void os_trap(uint64_t number, uint64_t r[9]);
 *                  One system call: r[0..8] are r0..r8 of abi/syscalls.idl, in and out; r[0] comes back as the status. The register
 *                  assignment is in abi/arch/<isa>/frame.h. All of memory may be read and written by it.
 *              static inline enum status os_syscall(uint64_t number, uint64_t r[8]);
 *                  The same without r8.
 *              #define OS_ELF_MACHINE n    e_machine of the machine's programs
 *   crt0.S     _start: the argument is in the first argument register, the stack pointer is as thread_start was given it. Clears the
 *              frame pointer (and the return address where there is a register for it), aligns the stack as a function expects it
 *              and calls os_start(uint64_t argument), which does not return.
 *
 * Address space of a native program: its segments from NATIVE_BASE; the first thread's block of NATIVE_STACK_SIZE at NATIVE_STACKS:
 * thread page at the block's start, stack down from the block's end, at least a page with nothing between them; further threads have the blocks after it. */
#ifndef OS_OS_H
#define OS_OS_H

#include <bootstrap.h>
#include <check.h>
#include <format.h>
#include <heap.h>
#include <list.h>
#include <map.h>
#include <message_call.h>
#include <os_thread.h>
#include <rights.h>
#include <status.h>
#include <string.h>
#include <syscalls.h>
#include <table.h>
#include <types.h>

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* What a program provides. Returns: the exit code of the task. argument: as its creator gave it to thread_start (services: 0). */
int main(uint64_t argument);

/* Called by crt0. */
[[noreturn]] void os_start(uint64_t argument);

/* End the task with this exit code. */
[[noreturn]] void os_exit(int code);

/* Returns: the text of a status, such as "the deadline passed", or "unknown status". */
const char *os_status_text(enum status status);

/* Drop a capability that is surely the caller's own; CAP_NULL is fine. */
void os_drop(cap_t cap);

/* Returns: nanoseconds since boot; and since 1970. */
uint64_t os_now(void);
uint64_t os_wall_clock(void);

/* The size of the MMU page of this machine, bytes. */
#define OS_PAGE_SIZE ((size_t)1 << PAGE_SHIFT)
static inline uint64_t os_page_round(uint64_t size)
{
    return (size + OS_PAGE_SIZE - 1) & ~(uint64_t)(OS_PAGE_SIZE - 1);
}

#endif
