/* process.h: what proc knows of a process, and the parts of the server.
 * Invariant: a process is in `processes` from its making until it was waited for (or, with nobody to wait, until it ended); a zombie
 * holds no capability any more. One thread serves, so there are no locks. */
#ifndef PROC_PROCESS_H
#define PROC_PROCESS_H

#include <info.h>
#include <os.h>
#include <process_page.h>
#include <serve.h>
#include <table.h>

#define SIGNALS 64u
#define INIT serve_import(2) /* of the manifest's import line */
#define LIMITS 16u

enum signal_number : unsigned {
    SIGNAL_HUP = 1, SIGNAL_INT = 2, SIGNAL_QUIT = 3, SIGNAL_ILL = 4, SIGNAL_TRAP = 5, SIGNAL_BUS = 7, SIGNAL_FPE = 8, SIGNAL_KILL = 9,
    SIGNAL_USR1 = 10, SIGNAL_SEGV = 11, SIGNAL_USR2 = 12, SIGNAL_ALRM = 14, SIGNAL_TERM = 15, SIGNAL_CHLD = 17, SIGNAL_CONT = 18,
    SIGNAL_STOP = 19, SIGNAL_TSTP = 20, SIGNAL_TTIN = 21, SIGNAL_TTOU = 22, SIGNAL_URG = 23, SIGNAL_WINCH = 28,
};
static inline uint64_t signal_bit(unsigned signal) { return 1ull << (signal - 1); }
#define SIGNALS_STOP (signal_bit(SIGNAL_STOP) | signal_bit(SIGNAL_TSTP) | signal_bit(SIGNAL_TTIN) | signal_bit(SIGNAL_TTOU))
#define SIGNALS_DROPPED_BY_DEFAULT (signal_bit(SIGNAL_CHLD) | signal_bit(SIGNAL_CONT) | signal_bit(SIGNAL_URG) | signal_bit(SIGNAL_WINCH))

enum run_state : uint8_t { RUNNING, STOPPED, ZOMBIE };

/* A signal that waits to be taken. tid 0: by any thread. */
struct pending_signal {
    struct list link;
    unsigned signal;
    uint32_t tid;
    int code;
    uint32_t pid, uid;
    uint64_t value;
};

struct posix_thread {
    struct list link;
    uint32_t tid;
    cap_t thread;
};

struct process {
    struct table_node by_pid;
    uint32_t pid, group, session;
    struct process *parent;
    struct list children, siblings;
    enum run_state state;
    bool has_executed;         /* since fork: setpgid of a child is refused then */
    bool adopted;              /* its parent ended: the first process waits for it */
    bool report_stop, report_continue;
    unsigned stop_signal;
    uint32_t wait_status;      /* of a zombie */
    uint64_t user_ns;          /* when it ended */
    uint64_t children_ns;      /* of those waited for */
    uint64_t resident_max;

    cap_t task, ledger;
    uint64_t control_badge, identity_badge;
    struct list threads;       /* struct posix_thread; the first one first */
    struct process_page *page; /* proc's own mapping */
    uint64_t page_offset;      /* in the object of pages */

    uint32_t uid, euid, suid, gid, egid, sgid;
    uint32_t *groups;
    uint32_t group_count;
    struct list pending;       /* struct pending_signal */
    uint64_t ignored, handled;
    struct list waits;         /* deferred process.wait */
    struct list stops;         /* deferred process.stopped */
    struct list taken;         /* in wait.c, while its report is on the way to a waiter */
    struct serve_timer alarm;
    uint64_t alarm_interval_ns;
    uint32_t umask;
    int64_t nice;
    uint64_t policy, realtime; /* abi/scheduling_abi.h; realtime: its priority, 0: none */
    bool resets_on_fork;
    uint64_t terminal;         /* of the session, 0: none */
    struct { uint64_t soft, hard; } limit[LIMITS];
    char *name, *arguments, *directory; /* on the heap, NULL: none; arguments: NUL separated */
    size_t arguments_length;
    uint64_t start_ns;
};

struct signal_info;

extern struct table processes;
extern struct process *first_process;
extern cap_t init_service;
extern const struct serve_type control_type, identity_type;

/* --- process.c: life ----------------------------------------------------------------------------------------------------------------- */
struct process *process_find(uint32_t pid);
/* A fresh process with ids, limits, page; the child of parent (NULL: the first). NULL: no memory. */
struct process *process_new(struct process *parent);
/* Undo process_new: it never ran. */
void process_discard(struct process *process);
/* Make and install what the kernel's clone or an empty task lacks: the capabilities at POSIX_CAP_*, the process page, the first thread. */
[[nodiscard]] enum status process_equip(struct process *process, uint64_t thread_page);
/* It ends with this wait status, now. */
void process_end(struct process *process, uint32_t wait_status);
/* A zombie that somebody waited for. */
void process_bury(struct process *process);
uint64_t process_cpu_ns(const struct process *process);
/* Next process in no order, NULL at the end; process_first() begins. */
struct process *process_next(const struct process *process);
void page_update(struct process *process);

/* --- spawn.c -------------------------------------------------------------------------------------------------------------------------- */
void spawn_first(void);
enum status op_fork(void *self, struct request *rq, uint64_t pc, uint64_t sp, uint64_t thread_page, uint64_t flags, uint64_t *pid);

/* --- wait.c --------------------------------------------------------------------------------------------------------------------------- */
enum status op_wait(void *self, struct request *rq, int64_t selector, uint64_t options, uint64_t *pid, uint64_t *status, uint64_t *user_ns, uint64_t *system_ns);
/* Something about a child of `parent` changed: answer those who wait for it, then post SIGCHLD with this information (NULL: no signal). The
 * answer goes first, or the signal would end the wait that it answers. */
void wait_wake(struct process *parent, const struct signal_info *info);
/* The answer to a wait did not arrive: the child has its report again. */
void wait_undelivered(struct process *parent, const struct request *rq);

/* --- signal.c ------------------------------------------------------------------------------------------------------------------------- */
struct signal_info { int code; uint32_t pid, uid; uint64_t value; };
/* Deliver: tid 0 = to the process. signal 1..64. */
void signal_post(struct process *process, unsigned signal, uint32_t tid, const struct signal_info *info);
void signal_post_group(uint32_t group, unsigned signal, const struct signal_info *info);
void signals_drop_all(struct process *process);
/* Take the next one that the mask lets through; false: none. */
bool signal_take(struct process *process, uint64_t mask, uint32_t tid, struct pending_signal *taken);
void process_stop(struct process *process, unsigned signal);
void process_continue(struct process *process);
bool may_signal(const struct process *from, const struct process *to, unsigned signal);
enum status op_kill(void *self, struct request *rq, int64_t target, uint64_t signal);
enum status op_thread_kill(void *self, struct request *rq, uint64_t tid, uint64_t signal, uint64_t tgid);
enum status op_take_signal(void *self, struct request *rq, uint64_t mask, uint64_t tid, uint64_t *signal, uint64_t *code, uint64_t *pid, uint64_t *uid, uint64_t *value);
enum status op_stopped(void *self, struct request *rq, uint64_t signal);
enum status op_ignore(void *self, struct request *rq, uint64_t ignored, uint64_t handled);
enum status op_queue_signal(void *self, struct request *rq, uint64_t pid, uint64_t signal, int64_t code, uint64_t value);
enum status op_set_alarm(void *self, struct request *rq, uint64_t which, uint64_t value_ns, uint64_t interval_ns, uint64_t *old_value_ns, uint64_t *old_interval_ns);
void alarm_expired(struct serve_timer *timer);

/* --- group.c: groups and sessions ------------------------------------------------------------------------------------------------------ */
bool group_exists(uint32_t group, uint32_t session);
/* No member has a parent in another group of the same session. */
bool group_orphaned(uint32_t group);
/* A process ends; the first process adopts a child of `from`, which ends. When nobody is left who could continue a group, its members get
 * SIGHUP and SIGCONT if one is stopped. */
void group_end(struct process *process);
void group_adopt(const struct process *from, struct process *child);
enum status op_set_group(void *self, struct request *rq, uint64_t pid, uint64_t group);
enum status op_new_session(void *self, struct request *rq, uint64_t *session);
enum status op_get(void *self, struct request *rq, uint64_t pid, uint64_t what, uint64_t *value);

/* --- credentials.c ------------------------------------------------------------------------------------------------------------------------ */
extern const struct identity_ops identity_operations;
enum status op_set_clock(void *self, struct request *rq, uint64_t wall_offset_ns);
enum status op_set_ids(void *self, struct request *rq, uint64_t what, uint64_t real, uint64_t effective, uint64_t saved);
enum status op_set_groups(void *self, struct request *rq);
enum status op_get_groups(void *self, struct request *rq, uint64_t *count);

/* --- scheduling.c ------------------------------------------------------------------------------------------------------------------------- */
/* The kernel learns of its niceness and policy. */
void process_schedule(struct process *process);
void process_inherit_scheduling(struct process *process, const struct process *parent);
enum status op_priority(void *self, struct request *rq, uint64_t which, uint64_t who, uint64_t set, int64_t value, int64_t *now);
enum status op_scheduler(void *self, struct request *rq, uint64_t pid, uint64_t set, uint64_t policy, uint64_t realtime, uint64_t *now, uint64_t *now_realtime);
enum status op_affinity(void *self, struct request *rq, uint64_t tid, uint64_t set, uint64_t mask, uint64_t *now);

/* --- attributes.c: what has little to do with the others ------------------------------------------------------------------------------------- */
enum status op_started(void *self, struct request *rq);
enum status op_thread_new(void *self, struct request *rq, cap_t thread, uint64_t *tid);
enum status op_thread_gone(void *self, struct request *rq, uint64_t tid);
enum status op_limit(void *self, struct request *rq, uint64_t pid, uint64_t resource, uint64_t set, uint64_t soft, uint64_t hard, uint64_t *old_soft, uint64_t *old_hard);
enum status op_usage(void *self, struct request *rq, int64_t who, uint64_t *user_ns, uint64_t *system_ns, uint64_t *resident_max);
enum status op_umask(void *self, struct request *rq, uint64_t set, uint64_t mask, uint64_t *old);
enum status op_set_working_directory(void *self, struct request *rq);
enum status op_figures(void *self, struct request *rq);
enum status op_set_terminal(void *self, struct request *rq, uint64_t device);
uint32_t next_pid(void);

/* --- files.c: /proc ---------------------------------------------------------------------------------------------------------------------------- */
bool files_dispatch(void *self, struct request *rq);
extern const struct serve_type file_type;

#endif
