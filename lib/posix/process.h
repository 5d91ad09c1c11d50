/* process.h: processes and threads: making them, ending them, waiting for them. */
#ifndef POSIX_PROCESS_H
#define POSIX_PROCESS_H

#include "posix.h"

/* clone */
#define CLONE_SIGNAL 0xffull
#define CLONE_VM 0x100ull
#define CLONE_FS 0x200ull
#define CLONE_FILES 0x400ull
#define CLONE_SIGHAND 0x800ull
#define CLONE_VFORK 0x4000ull
#define CLONE_PARENT 0x8000ull
#define CLONE_THREAD 0x10000ull
#define CLONE_NEW_NAMESPACES 0x7e020000ull /* namespaces of every kind */
#define CLONE_SETTLS 0x80000ull
#define CLONE_PARENT_SETTID 0x100000ull
#define CLONE_CHILD_CLEARTID 0x200000ull
#define CLONE_CHILD_SETTID 0x1000000ull

struct clone_request {
    uint64_t  flags;
    uint64_t  stack; /* the new stack pointer; 0: the caller's */
    uint32_t *user_parent_tid, *user_child_tid;
    uint64_t  tls;
};

/* fork, vfork, clone. The frame of the child is the caller's with result 0. Returns: the pid or tid. */
[[nodiscard]] long posix_clone(struct posix_thread *self, const struct clone_request *request);
[[nodiscard]] long clone_process(struct posix_thread *self, const struct clone_request *request); /* fork.c */
[[nodiscard]] long clone_thread(struct posix_thread *self, const struct clone_request *request);  /* thread.c */

[[noreturn]] void posix_exit_thread(struct posix_thread *self, int code);
[[noreturn]] void posix_exit_process(unsigned wait_status);

struct waited {
    uint32_t pid;
    uint32_t status;
    uint64_t user_ns, system_ns;
};
#define WAIT_NO_HANG 1u
#define WAIT_STOPPED 2u
#define WAIT_EXITED 4u
#define WAIT_CONTINUED 8u
#define WAIT_PEEK 0x1000000u
/* Returns: the pid, 0 (WAIT_NO_HANG), a negated errno, RESULT_RESTART. */
[[nodiscard]] long posix_wait(struct posix_thread *self, int64_t selector, unsigned options, struct waited *waited);

/* --- threads of the process (thread.c) ----------------------------------------------------------------------------------------------- */
/* A thread's page gets the runtime's state: it is the process's only one (start, fork) or one more. */
void thread_register(struct posix_thread *thread);
/* End all threads but this one and wait until they are gone; exec. Requires: all locks held. */
void thread_end_others(struct posix_thread *self);
/* The blocks of all threads but this one are free again (fork's child). */
void thread_forget_others(struct posix_thread *self);
struct posix_thread *thread_find_locked(uint32_t tid);
/* Store 0 where clear_tid says, wake who waits there, and give up robust locks. */
void thread_release_memory(struct posix_thread *self);

/* Top of the upcall stack of the thread with this page. */
static inline uint64_t upcall_stack_top(const struct thread_page *page)
{
    return (uint64_t)page + RUNTIME_STACK_SIZE - 64;
}

/* --- what the machine's assembly gives ---------------------------------------------------------------------------------------------- */
void runtime_upcall(void);       /* the upcall entry: calls upcall(page), then resumes */
void runtime_resume(void);       /* the resume system call; where new threads start */
void runtime_fork_child(void);   /* where a forked child starts: calls fork_child(stack pointer) */
void runtime_start(void);        /* where the first process starts */
/* The program's calls that are no trap (abi/process_page.h) come to entry_call, which is the program's as far as signals go, or to call_point. Both
 * save in page->frame the arguments where a trap has them, the return address as its pc, the stack pointer of behind the call and the frame
 * pointer, and whether it is a cancellation point in what is of the last trap; then called(page) is the call. It returns the result, or
 * CALL_UNFINISHED: then they save the rest that functions keep and call call_finish(page) and runtime_resume. When a signal was posted meanwhile,
 * they do not return but call call_continue(page) with the frame of behind the call, and runtime_resume. */
void entry_call(void);
void call_point(void);
extern char runtime_text_start[], runtime_text_end[];
/* What gives the program back without the kernel and begins again when an interrupt is posted meanwhile; empty where there is no such. */
extern char runtime_critical_start[], runtime_critical_end[];

#endif
