/* linux.h: the parts of the Linux personality. Structures that differ between machines are in abi.h. */
#ifndef LINUX_LINUX_H
#define LINUX_LINUX_H

#include <abi.h>
#include <clock.h>
#include <control.h>
#include <descriptor.h>
#include <entries.h>
#include <execute.h>
#include <file.h>
#include <futex_call.h>
#include <identity.h>
#include <scheduling.h>
#include <usage.h>
#include <io.h>
#include <locks.h>
#include <memory.h>
#include <names.h>
#include <native.h>
#include <open.h>
#include <poll.h>
#include <process.h>
#include <random.h>
#include <robust.h>
#include <signal.h>
#include <user.h>

/* A call: the result goes to the program, unless it is one of RESULT_*. */
typedef long (*linux_call)(struct posix_thread *self, struct frame *frame);
struct linux_table_entry {
    linux_call function; /* or NULL; of the frame it has arguments, number, pc, stack and frame pointer */
    linux_call whole;    /* or NULL; it has a whole frame, and may change it */
};
#define NUMBER(name, number) char name[(number) - LINUX_TABLE_BASE + 1];
union linux_numbers {
#include <numbers.h>
};
#undef NUMBER
#define LINUX_TABLE_LENGTH sizeof(union linux_numbers)
[[gnu::visibility("hidden")]] extern const struct linux_table_entry linux_table[LINUX_TABLE_LENGTH];

/* --- files.c ------------------------------------------------------------------------------------------------------------------------------ */
struct linux_statx;
[[nodiscard]] long linux_stat(int directory, const char *user_path, unsigned flags, struct linux_stat *user_stat);
[[nodiscard]] long linux_stat_descriptor(int number, struct linux_stat *user_stat);
[[nodiscard]] long linux_statx(int directory, const char *user_path, unsigned flags, unsigned mask, struct linux_statx *user_stat);
[[nodiscard]] long linux_statfs(const char *user_path, struct linux_statfs *user_status);
[[nodiscard]] long linux_statfs_descriptor(int number, struct linux_statfs *user_status);
[[nodiscard]] long linux_fcntl(struct posix_thread *self, int number, unsigned command, uint64_t argument);
[[nodiscard]] long linux_utimes(int directory, const char *user_path, const struct posix_micro_time *user_times);
[[nodiscard]] long linux_utime(const char *user_path, const int64_t *user_times);
[[nodiscard]] long linux_poll(struct posix_thread *self, struct posix_poll *user_polls, unsigned count, int timeout_ms);
[[nodiscard]] long linux_ppoll(struct posix_thread *self, struct posix_poll *user_polls, unsigned count, struct posix_time *user_timeout,
                               const struct linux_sigset *user_mask, uint64_t mask_size);
[[nodiscard]] long linux_select(struct posix_thread *self, int count, uint64_t *user_reads, uint64_t *user_writes, uint64_t *user_except,
                                struct posix_micro_time *user_timeout);
[[nodiscard]] long linux_pselect(struct posix_thread *self, int count, uint64_t *user_reads, uint64_t *user_writes, uint64_t *user_except,
                                 struct posix_time *user_timeout, const uint64_t *user_mask_and_size);
[[nodiscard]] long not_a_socket(int number);

/* --- processes.c -------------------------------------------------------------------------------------------------------------------------- */
[[nodiscard]] long linux_clone(struct posix_thread *self, struct frame *frame);
[[nodiscard]] long linux_wait4(struct posix_thread *self, int selector, uint32_t *user_status, unsigned options, struct posix_usage *user_usage);
[[nodiscard]] long linux_waitid(struct posix_thread *self, unsigned type, int id, struct linux_siginfo *user_info, unsigned options, struct posix_usage *user_usage);
[[nodiscard]] long linux_prctl(struct posix_thread *self, int option, uint64_t a, uint64_t b);
[[nodiscard]] long linux_arch_prctl(struct frame *frame, int code, uint64_t address);
[[nodiscard]] long linux_set_thread_area(struct frame *frame, uint64_t address);
[[nodiscard]] long linux_get_robust_list(struct posix_thread *self, int tid, uint64_t *user_head, uint64_t *user_size);
struct linux_zone { int minutes_west, saving; };
[[nodiscard]] long linux_settimeofday(const struct posix_micro_time *user_time, const struct linux_zone *user_zone);
[[nodiscard]] long linux_gettimeofday(struct posix_micro_time *user_time, void *user_zone);
[[nodiscard]] long linux_time(int64_t *user_seconds);
[[nodiscard]] long linux_getcpu(struct posix_thread *self, uint32_t *user_cpu, uint32_t *user_node);
[[nodiscard]] long linux_uname(void *user_names);
[[nodiscard]] long linux_reboot(unsigned magic, unsigned magic2, unsigned command);

/* --- signals.c ---------------------------------------------------------------------------------------------------------------------------- */
[[nodiscard]] long linux_sigaction_call(uint32_t signal, const struct linux_sigaction *user_new, struct linux_sigaction *user_old, uint64_t size);
[[nodiscard]] long linux_sigprocmask(struct posix_thread *self, unsigned how, const struct linux_sigset *user_new, struct linux_sigset *user_old, uint64_t size);
[[nodiscard]] long linux_sigpending(struct posix_thread *self, struct linux_sigset *user_set, uint64_t size);
[[nodiscard]] long linux_sigtimedwait(struct posix_thread *self, const struct linux_sigset *user_set, struct linux_siginfo *user_info,
                                      const struct posix_time *user_timeout, uint64_t size);
[[nodiscard]] long linux_sigqueue(int pid, uint32_t signal, const struct linux_siginfo *user_info);
[[nodiscard]] long linux_sigsuspend(struct posix_thread *self, const struct linux_sigset *user_set, uint64_t size);
[[nodiscard]] long linux_sigreturn(struct posix_thread *self);
[[nodiscard]] long linux_sigaltstack(struct posix_thread *self, struct frame *frame, const struct linux_sigstack *user_new, struct linux_sigstack *user_old);
/* A set at a user address for the time of the call; NULL: none. */
[[nodiscard]] long linux_mask_for_call(struct posix_thread *self, const struct linux_sigset *user_mask, uint64_t size);
struct linux_siginfo linux_siginfo_of(const struct signal_info *info);
struct linux_sigstack linux_stack_state(const struct posix_thread *self, uint64_t stack_pointer);
void linux_set_stack_state(struct posix_thread *self, const struct linux_sigstack *stack);

/* --- arch/<isa>/signal_frame.c: what a handler finds on its stack -------------------------------------------------------------------------- */
/* Bytes of the frame, and how it is aligned. */
size_t signal_frame_size(void);
/* Write the frame at `place` (below the stack pointer, aligned to 64) and make *frame enter the handler. */
[[nodiscard]] long signal_frame_push(struct posix_thread *self, struct frame *frame, uint64_t place, const struct linux_siginfo *info,
                                     const struct signal_action *action, uint64_t mask);
/* Take back what was interrupted from the frame that *frame returns through. Returns: -EFAULT when it is not readable. */
[[nodiscard]] long signal_frame_pop(struct posix_thread *self, struct frame *frame, uint64_t *mask);
/* The start of code that makes the sigreturn call. */
extern char entry_sigreturn[];

#endif
