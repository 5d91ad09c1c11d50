/* posix.h: the state of a process and of a thread, and what the parts of the runtime share.
 *
 * Every function that carries out a call takes the calling thread and returns a result: >= 0, a negated errno (errno.h), or one of the
 * RESULT_ values below. Flags, modes, signal numbers and structures are Linux's generic ones (those of x86-64 and asm-generic).
 * Pointers named user_* come from the program and are reached through user.h alone. */
#ifndef POSIX_POSIX_H
#define POSIX_POSIX_H

#include <os_thread.h>
#include <process_page.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <thread_page.h>
#include <types.h>

#include "errno.h"

/* A signal handler is to run (thread->taken holds the signal): make the call again after it when the handler has SA_RESTART, else EINTR. */
#define RESULT_RESTART (-2000L)
/* The same, but the call is made again whatever the handler says. */
#define RESULT_AGAIN (-1999L)
/* The frame is as it must be: the call has no result to write. */
#define RESULT_FRAME (-2001L)

#define PATH_LIMIT 4096u

struct signal_info {
    uint32_t signal; /* 0: none */
    int32_t  code;
    uint32_t pid, uid;
    uint64_t value;   /* sigval, or the wait status of a child */
    uint64_t address; /* of a fault */
};

struct signal_action {
    uint64_t handler;  /* SIG_DFL, SIG_IGN or an address */
    uint64_t flags;    /* SA_* */
    uint64_t restorer;
    uint64_t mask;     /* bit n-1 = signal n */
};

/* One thread. Lives in the thread page (thread_page.runtime), so it is found from the stack pointer. */
struct posix_thread {
    struct posix_thread *next, *previous; /* all threads of the process; under process.threads_lock */
    cap_t    handle;                      /* the kernel thread */
    uint32_t tid;
    _Atomic uint64_t mask;                /* blocked signals */
    uint64_t saved_mask;                  /* of before sigsuspend, ppoll ...; to be put back when restore_mask */
    bool     restore_mask;
    bool     interruptible;               /* os_call may end with INTERRUPTED */
    uint32_t alternate_flags;             /* sigaltstack */
    uint64_t alternate_base, alternate_size;
    uint32_t *clear_tid;                  /* set to 0 and woken at the thread's end */
    struct signal_info taken;             /* taken from proc, its handler not yet entered */
    long     result;                      /* of a system call, until personality code ends it with a whole frame */
    cap_t    notification;                /* for poll; CAP_NULL until needed */
    uint32_t sleep_word;                  /* always 0: a futex nobody wakes */
    char     name[16];                    /* prctl */
    uint64_t caller;                      /* the thread pointer it is known by (callers.h); 0: by none */
};
static_assert(sizeof(struct posix_thread) <= sizeof ((struct thread_page *)0)->runtime);

/* The whole process. Locks in the order in which they are taken. */
struct posix_process {
    struct os_lock names_lock;        /* cwd, executable */
    struct os_lock descriptors_lock;  /* the descriptor table */
    struct os_lock memory_lock;       /* brk */
    struct os_lock signals_lock;      /* actions */
    struct os_lock threads_lock;      /* threads, blocks */
    struct os_lock session_lock;      /* session, random state */
    struct os_lock pool_lock;         /* pool.c */

    char    *working_directory;    /* absolute, no links, allocated with its NUL */
    char    *executable;           /* absolute path of the running program, or NULL */
    _Atomic uint32_t umask;
    cap_t    session;              /* at vfs; CAP_NULL until needed */

    uint64_t brk_start, brk_now;   /* bytes; memory is mapped up to brk_now rounded up */
    _Atomic bool lock_future;      /* mlockall: what is mapped is locked */
    uint64_t stack_top, stack_size;
    uint64_t load_bias;            /* of the running program, for stack traces */

    struct signal_action actions[65];

    struct posix_thread *threads;
    _Atomic uint32_t thread_count;
    _Atomic uint64_t descriptor_limit; /* RLIMIT_NOFILE */
};
extern struct posix_process process;

#define PROCESS ((const volatile struct process_page *)PROCESS_PAGE)
#define PAGE_BYTES (1ull << PAGE_SHIFT)

static inline uint64_t page_round(uint64_t bytes)
{
    return (bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

static inline struct thread_page *page_of(struct posix_thread *self)
{
    return (struct thread_page *)((uintptr_t)self & ~(RUNTIME_STACK_SIZE - 1));
}

static inline struct posix_thread *thread_of(struct thread_page *page)
{
    return (struct posix_thread *)page->runtime;
}

/* The calling thread. */
static inline struct posix_thread *posix_self(void)
{
    return thread_of((struct thread_page *)((uintptr_t)__builtin_frame_address(0) & ~(RUNTIME_STACK_SIZE - 1)));
}

/* state.c: take and give all locks of the process, so that memory is consistent for a copy or for a thread that stays alone. */
void process_lock_all(void);
void process_unlock_all(void);

#endif
