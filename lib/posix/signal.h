/* signal.h: signals of the process: what is done about them, taking them from proc, entering handlers. proc keeps what is pending; the
 * runtime keeps actions and masks.
 *
 * A signal posted to a thread ends its interruptible wait with INTERRUPTED. The call then asks signal_collect: is there a handler to run?
 * If so it gives up with RESULT_RESTART (or -EINTR, where POSIX never restarts), else it waits again. */
#ifndef POSIX_SIGNAL_H
#define POSIX_SIGNAL_H

#include "posix.h"

enum signal_number : uint32_t {
    SIGHUP = 1, SIGINT = 2, SIGQUIT = 3, SIGILL = 4, SIGTRAP = 5, SIGABRT = 6, SIGBUS = 7, SIGFPE = 8, SIGKILL = 9, SIGUSR1 = 10,
    SIGSEGV = 11, SIGUSR2 = 12, SIGPIPE = 13, SIGALRM = 14, SIGTERM = 15, SIGSTKFLT = 16, SIGCHLD = 17, SIGCONT = 18, SIGSTOP = 19,
    SIGTSTP = 20, SIGTTIN = 21, SIGTTOU = 22, SIGURG = 23, SIGXCPU = 24, SIGXFSZ = 25, SIGVTALRM = 26, SIGPROF = 27, SIGWINCH = 28,
    SIGIO = 29, SIGPWR = 30, SIGSYS = 31, SIGNAL_LAST = 64,
};

#define SIGNAL_BIT(number) (1ull << ((number) - 1))
#define SIGNALS_UNBLOCKABLE (SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP))
#define SIGNALS_IGNORED_BY_DEFAULT (SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGCONT) | SIGNAL_BIT(SIGURG) | SIGNAL_BIT(SIGWINCH))
#define SIGNALS_FOR_POWER (SIGNAL_BIT(SIGUSR1) | SIGNAL_BIT(SIGUSR2) | SIGNAL_BIT(SIGTERM)) /* to process 1, unless it handles them */
#define SIGNALS_STOPPING (SIGNAL_BIT(SIGSTOP) | SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU))

#define HANDLER_DEFAULT 0ull
#define HANDLER_IGNORE 1ull

#define ACTION_NO_CHILD_STOP 1ull
#define ACTION_NO_CHILD_WAIT 2ull
#define ACTION_INFO      4ull
#define ACTION_RESTORER  0x04000000ull
#define ACTION_ON_STACK  0x08000000ull
#define ACTION_RESTART   0x10000000ull
#define ACTION_NO_DEFER  0x40000000ull
#define ACTION_RESET     0x80000000ull

/* si_code */
#define CODE_USER 0
#define CODE_KERNEL 0x80
#define CODE_QUEUE (-1)
#define CODE_TIMER (-2)
#define CODE_THREAD_KILL (-6)

/* --- actions and masks (signal.c) --------------------------------------------------------------------------------------------------- */
[[nodiscard]] long signal_set_action(uint32_t signal, const struct signal_action *action /* NULL: only ask */, struct signal_action *old);
/* exec: handled signals get the default action back. */
void signal_reset_actions(void);
/* A new program takes the place of the one whose handler was to run for a signal: the signal is for the new one. */
void signal_taken_again(struct posix_thread *self);
/* Signals that are about to be waited for, whatever their action. */
void signal_want(uint64_t set);
enum mask_how : unsigned { MASK_BLOCK = 0, MASK_UNBLOCK = 1, MASK_SET = 2 };
[[nodiscard]] long signal_change_mask(struct posix_thread *self, enum mask_how how, uint64_t set);
/* Until the call ends (or the handler it ends for has run) the mask is this. */
void signal_mask_for_call(struct posix_thread *self, uint64_t mask);
void signal_mask_restore(struct posix_thread *self);

/* --- taking and delivering (signal_deliver.c) ----------------------------------------------------------------------------------------- */
/* Take pending signals that are not blocked; carry out default actions. Returns: true when one with a handler was taken (it is in
 * self->taken, to be delivered when the call ends). */
bool signal_collect(struct posix_thread *self);
/* Before going back to the program: enter the handlers of what was taken. page->frame is set for the first of them. */
void signal_deliver(struct posix_thread *self);
/* Post a signal to the calling thread, as the kernel does elsewhere (SIGPIPE). */
void signal_raise(struct posix_thread *self, uint32_t signal);
/* A background process touched its terminal: SIGTTIN or SIGTTOU to its group. Returns: 0 to try again, -EIO, RESULT_RESTART. */
[[nodiscard]] long signal_background(struct posix_thread *self, uint32_t signal);
/* Does the thread block or the process ignore it? */
bool signal_unwanted(struct posix_thread *self, uint32_t signal);
/* The instruction at page->frame raised it; cannot be put off. */
void signal_fault(struct posix_thread *self, const struct signal_info *info);
/* End the process with this signal. */
[[noreturn]] void signal_terminate(uint32_t signal);

/* --- calls (signal_calls.c) ------------------------------------------------------------------------------------------------------------- */
[[nodiscard]] long posix_kill(struct posix_thread *self, int target, uint32_t signal);
[[nodiscard]] long posix_thread_kill(struct posix_thread *self, int group, int tid, uint32_t signal);
[[nodiscard]] long posix_signal_queue(int pid, uint32_t signal, const struct signal_info *info);
[[nodiscard]] long posix_signal_suspend(struct posix_thread *self, uint64_t mask);
[[nodiscard]] long posix_pause(struct posix_thread *self);
[[nodiscard]] uint64_t signal_pending(struct posix_thread *self);
/* sigtimedwait: deadline absolute. Returns: the signal and *info, -EAGAIN, -EINTR. */
[[nodiscard]] long signal_wait_for(struct posix_thread *self, uint64_t set, uint64_t deadline_ns, struct signal_info *info);

#endif
