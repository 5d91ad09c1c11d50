/* process_page.h: what proc shows each process of itself, read-only, at PROCESS_PAGE in its address space; and numbers of the process
 * protocol. */
#ifndef ABI_PROCESS_PAGE_H
#define ABI_PROCESS_PAGE_H

#include "types.h"

/* The POSIX part of an address space. What every process has is close together, so that few page tables translate it. */
#define RUNTIME_ENTRY_PAGE RUNTIME_BASE                 /* read-only page of entry points, see below */
#define PROCESS_PAGE       (RUNTIME_BASE + 0x10000)
#define RUNTIME_IMAGE      (RUNTIME_BASE + 0x100000)
#define RUNTIME_STACKS     (RUNTIME_BASE + 0x180000) /* blocks of RUNTIME_STACK_SIZE: thread page at the block's start, upcall stack down from its end */
#define RUNTIME_STACK_SIZE 0x10000ull
#define RUNTIME_FIRST_PAGE RUNTIME_STACKS               /* the first thread's thread page */

/* How a program calls its runtime: pointers on the page of entry points to functions of the machine's ordinary calling convention,
 *     long entry(long number, long a, long b, long c, long d, long e, long f);
 * with number, arguments and result (a negated errno) of a system call of Linux on the machine; those that a call does not have are left unset.
 * clone's child returns from it, too, on its own stack; rt_sigreturn is called with the stack pointer as a handler's return left it.
 * The second is for calls that are cancellation points: a signal handler that interrupts one before it had an effect, and after which it is made
 * again, sees the stack pointer of before the call and the program counter of the call instruction, which is, just before the return address,
 * `call *(%rax)`, `blr x8`, `jalr t0`, `jirl $ra, $t0, 0`, `jalr $25` with a nop in its delay slot. */
#define ENTRY_CALL  (RUNTIME_ENTRY_PAGE + 0x40)
#define ENTRY_POINT (RUNTIME_ENTRY_PAGE + 0x48)

/* Where proc puts capabilities in a POSIX task's table (indexes). */
enum posix_cap : uint32_t {
    POSIX_CAP_TASK = 1,     /* itself: map, threads, info, clone is proc's */
    POSIX_CAP_THREAD = 2,   /* its first thread */
    POSIX_CAP_PROCESS = 3,  /* control facet of the process protocol */
    POSIX_CAP_IDENTITY = 4, /* identity facet, to give to servers */
    POSIX_CAP_LEDGER = 5,
    POSIX_CAP_VFS = 6,      /* vfs port to attach to */
    POSIX_CAP_PIPE = 7,
    POSIX_CAP_INIT = 8,     /* service facet for poweroff: only process 1 and what it passes on */
    POSIX_CAP_CONSOLE = 9,  /* descriptor 0, 1, 2 of the first process: the open terminal */
    POSIX_CAP_FIRST_FREE = 16,
};

struct process_page {
    uint32_t pid, parent, group, session;
    uint32_t uid, euid, suid, gid, egid, sgid;
    _Atomic uint64_t pending;       /* signals that wait for take_signal: bit n-1 */
    uint64_t start_ns;
    _Atomic uint64_t wall_offset_ns; /* realtime = monotonic + this */
    /* The monotonic clock without a call: (counter - start) * (whole + fraction / 2^64) ns; where both are 0, only calls tell it. */
    uint64_t clock_start, clock_whole, clock_fraction;
    uint64_t page_size, cluster_size, cpus, memory_total;
    char     machine[16];           /* as uname -m says */
};

enum process_figure : int { PROCESS_GROUP = 0, PROCESS_SESSION = 1, PROCESS_PARENT = 2 };

struct system_figures {
    uint64_t uptime_ns, idle_ns, memory_total, memory_free, memory_cached, processes, load[3];
    uint64_t user_ns, system_ns, children_user_ns, children_system_ns;
};

/* How the first POSIX process is started: at the image's entry with argument = address of this in its memory (below the upcall stack). */
struct posix_start {
    uint64_t argument_count;
    uint64_t environment_count;
    char     strings[]; /* path to execute, then the arguments, then the environment, each NUL terminated */
};

#endif
