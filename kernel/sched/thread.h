/* thread.h: threads and tasks. A blocked thread keeps no kernel stack: its registers are in `frame`, what it waits for in `wait`. */
#ifndef KERNEL_THREAD_H
#define KERNEL_THREAD_H

#include <arch/arch.h>
#include <lib/list.h>
#include <mm/space.h>
#include <object/object.h>
#include <object/work.h>
#include <sched/account.h>
#include <sched/timer.h>
#include <thread_page.h>

#define PRIORITIES 64u
#define PRIORITY_DEFAULT 16u /* of the fair class: sched/fair.h */

#define ATTENTION_INTERRUPT 1u /* an interrupt may be pending: the thread page knows */
#define ATTENTION_KILLED    2u /* ends instead of going back to user mode */
#define ATTENTION_STOP      4u /* stopped: leaves the CPU */
#define ATTENTION_BUS_ERROR 8u /* the pager did not supply what it touched */
#define ATTENTION_PROCESSORS 16u /* news of virtual processors may be pending: the thread page knows */

struct facet;
struct reply;
struct page_request;
struct activation;
struct futex_key { uint64_t a, b; };

/* A word that is waited on. */
struct futex_word {
    struct tree_node node;            /* by key */
    struct futex_key key;
    struct tree waiters;              /* struct thread.futex.node: the most urgent first, then in the order in which they came */
    struct thread *owner;             /* of a lock; NULL: not known */
    struct list link;                 /* on owner->locks */
};

/* What a call had done when it was interrupted; the call has the cookie in a register, which may come back with another call. */
struct restart { uint64_t cookie, number, done, from, until; };

struct thread {
    struct frame frame;               /* first: ports save user registers here, and may look at the next six, too */
    struct thread_page *page;         /* the kernel's view of the thread page */
    uaddr_t thread_page_address;      /* the program's view of it; fixed */
    uaddr_t runtime_start, runtime_end; /* calls from outside are the runtime's: the task's, or all there is if it has none */
    uaddr_t call_entry;               /* where those go */
    struct arch_thread arch;
    struct object object;
    struct task *task;                /* fixed; holds a reference */
    struct list task_link;            /* on task->threads, leaving or gone */
    enum thread_state state;
    uint8_t priority, base_priority;  /* priority: with what is lent to it */
    uint8_t cpu;                      /* where it runs or ran last; wakes there */
    uint8_t retries;                  /* how often a lack of memory made it try again since it was told of one */
    union {
        struct {
            uint8_t attention;        /* ATTENTION_*: looked at before the thread goes back to user mode */
            bool stopped;             /* thread_stop: not put on a run queue */
            bool exception_call;      /* CALLING, AWAITING_REPLY: the call is about the thread's own exception */
            bool timed;               /* its timer may be set */
            bool donates;             /* lends its priority: donee is set */
            bool is_member;           /* of virtual processors: activation is set */
        };
        uint64_t unusual;             /* all of them: 0 where nothing is to be seen to */
    };
    int8_t fpu_cpu;                   /* the CPU that holds its FPU registers, -1: they are in arch */
    bool fpu_used;
    uint64_t affinity;                /* bit per CPU */
    uint64_t runnable_on;             /* bit per CPU: affinity, and of those the one that holds its FPU registers */
    struct time_account time;         /* on CPUs; open while it is current */
    uint64_t charged_ticks;           /* of that: what its space and its virtual time have */
    struct {                          /* sched/fair.c */
        struct tree_node node;        /* READY at PRIORITY_DEFAULT: of cpu->fair */
        uint64_t virtual_ns;          /* its time, in proportion to its weight */
        uint32_t weight;
    } fair;
    struct list queue;                /* run queue, port queue, futex bucket: where `state` says; undefined while RUNNING, AWAITING_REPLY */
    struct tree donors;               /* those that lend it their priority, by that: struct thread.donor_node */
    struct tree_node donor_node;
    struct thread *donee;             /* whom it lends to */
    struct list locks;                /* those it owns and others wait for: struct futex_word.link */
    struct list replies;              /* those that it armed last */
    struct object *serving;           /* the port or set it received from last, NULL when that has ended */
    struct list serving_link;         /* on the servers of that */
    struct timer timer;               /* the deadline of the present wait */
    struct {                          /* what it waits for; no references: where the last capability goes (object_unreachable), waits end */
        struct object *object;        /* port, set, notification or the port called */
        struct reply *reply;          /* RECEIVING: to arm; AWAITING_REPLY: the pending one */
        uint64_t badge;               /* CALLING, SENDING: of the facet */
        struct facet *facet;          /* CALLING, SENDING: as facet_enter has it, NULL: none */
        uint64_t mask;                /* NOTIFICATION, FUTEX */
        struct futex_key key;         /* FUTEX */
        uint32_t flags;               /* of the call; of any wait MESSAGE_INTERRUPTIBLE */
    } wait;
    struct {                          /* FUTEX */
        struct tree_node node;        /* of the word's waiters */
        uint64_t sequence;
        uint8_t urgency;              /* the thread's priority, where it waits for a lock; else 0 */
        uint32_t number;              /* of a lock: what its word is to hold when the thread has it */
        uaddr_t address;              /* of a lock's word, in its own space */
        struct futex_word word;       /* of all who wait on it, when this thread lends it; else it has no waiters */
    } futex;
    struct {                          /* PAGING */
        struct page_request *request;
        uint64_t offset;              /* of the part that it waits for */
        enum { PAGING_CALL, PAGING_FAULT, PAGING_RETRY } cause; /* RETRY: for memory, whatever comes of it */
        unsigned access;              /* FAULT */
        uaddr_t address;
        struct page_request *asked;   /* the running thread's last PAGE_AWAITED: not used after that returned */
        uint64_t asked_offset;
    } paging;
    struct activation *activation;
    struct restart restart;
    struct revoke revoke;
    struct work work;                 /* dead: those that name it forget it */
    struct { uint64_t exception, address, code; } fault; /* exception_call */
    struct {                          /* dead: how far the walk of its robust locks is */
        uint64_t list, next, pending; /* list 0: there is no walk */
        int64_t word_offset;
        uint32_t number, count;
    } robust;
    struct { uint64_t in_length, out_length, in_base, out_base; } window; /* while AWAITING_REPLY or CALLING */
};

struct task {
    struct object object;
    struct space space;
    struct cap_table caps;
    struct ledger *charge;            /* what it spends; holds a reference */
    struct list threads, leaving;     /* leaving: of a dead task, not to run on */
    struct list gone;                 /* dead threads of a dead task, with a reference each until none runs any more */
    uint32_t thread_count;            /* on the first two */
    bool dead;                        /* being taken apart: no thread runs, lookups fail */
    bool foreign;                     /* an upcall entry is set */
    uaddr_t upcall_entry, runtime_start, runtime_end, critical_start, critical_end;
    struct object *exception_port;    /* port or facet, NULL: none */
    uint64_t exception_badge;
    struct notification *death;       /* signalled when dead; holds a reference */
    uint64_t death_bits;
    uint64_t exit_code;
    uint64_t cpu_ticks;               /* of threads that are gone */
    bool over;                        /* dead, and nothing is left of it */
    struct work work;                 /* dead: taking it apart */
    char name[17];
};

/* object/task.c */
[[nodiscard]] enum status task_create(struct ledger *charge, struct task **task);
[[nodiscard]] enum status task_clone(struct task *from, struct ledger *charge, struct task **task);
void task_kill(struct task *task, uint64_t code);

/* sched/thread.c */
[[nodiscard]] enum status thread_create(struct task *task, uaddr_t page_address, struct thread **thread);
void thread_kill(struct thread *thread);
/* Its task's upcall entry and runtime range are others now. */
void thread_set_runtime(struct thread *thread);
/* Killed while it ran: it must not begin a wait, which nobody would end. */
static inline bool thread_is_killed(const struct thread *thread) { return (thread->attention & ATTENTION_KILLED) != 0; }
/* End the wait it is in, without a result: leaves every queue and timer, gives back references, cancels a pending call. */
void thread_unwait(struct thread *thread);
/* End the wait with this status in the frame and make it ready. */
void thread_wake(struct thread *thread, enum status status);
/* sched/paging.c */
/* The running thread's call, or its fault, ended with PAGE_AWAITED: it waits, and makes it again. */
void thread_page_wait(struct thread *thread);
void thread_page_retry_wait(struct thread *thread);
void thread_page_fault_wait(struct thread *thread, uaddr_t va, unsigned access);
/* For thread.c: the thread waits no more. */
void paging_leave(struct thread *thread);
/* ATTENTION_BUS_ERROR. */
void thread_bus_error(struct thread *thread);
/* sched/donate.c */
/* The thread receives from the port or set; NULL: from none any more. */
void thread_serve(struct thread *thread, struct object *source);
/* One of the servers of a port or set that has ended forgets it. False: there is none. */
bool servers_dismiss_one(struct list *servers);
/* It waits for an answer now (CALLING, AWAITING_REPLY), for another's, or is the first who waits for a lock: lend, if it is more urgent than who works on it. */
void thread_lend(struct thread *thread);
/* It waits no more. */
void thread_end_loan(struct thread *thread);
/* The thread is dead: one of those that lend to it no longer does. False: there is none. */
bool thread_leave_donor(struct thread *thread);
/* Its base priority or its donors are others now. */
void thread_reprioritize(struct thread *thread);
/* After a change of affinity or fpu_cpu. */
static inline void thread_set_runnable(struct thread *thread)
{
    thread->runnable_on = thread->fpu_cpu < 0 ? thread->affinity : thread->affinity & 1ull << thread->fpu_cpu;
}
static inline bool thread_interruptible(const struct thread *thread) { return (thread->wait.flags & MESSAGE_INTERRUPTIBLE) != 0; }
/* Post an interrupt. */
void thread_signal(struct thread *thread);
/* Is an interrupt posted that the thread has not taken? Clears the attention bit when the thread took it. */
bool thread_interrupted(struct thread *thread);
/* Make the thread, which is not in user mode now, enter its runtime. False: it has none, or it is in the runtime already. */
bool thread_upcall(struct thread *thread, uint64_t reason, uint64_t code, uint64_t address, uint64_t access);
/* Make it enter its runtime there, with thread_page.upcall_reason. False: it is in its task's runtime already. */
bool thread_upcall_at(struct thread *thread, uaddr_t entry, uint64_t reason);
/* What kernel exit does for a thread with attention bits. */
void thread_attend(struct thread *thread);
/* An exception that user mode caused: upcall, exception port or the task's end. */
void thread_exception(struct thread *thread, enum exception exception, uint64_t address, uint64_t code);
/* Ready the wait deadline: DEADLINE_NONE sets none. Returns false when it is past. */
bool thread_set_deadline(struct thread *thread, uint64_t deadline_ns);
static inline void thread_cancel_deadline(struct thread *thread)
{
    if (thread->timed) [[clang::unlikely]]
        timer_cancel(&thread->timer);
    thread->timed = false;
}
/* A call or fault of the thread failed with the status. Was that for lack of memory, and may work that is left give some back? Then some of
 * it is done: true, the thread should try again. */
bool thread_retries(struct thread *thread, enum status status);
/* What the call had done before it was interrupted; all 0 when it was not. `cookie`: its register for that. */
struct restart *thread_restart(struct thread *thread, const uint64_t *cookie);
/* It is to be made again with what thread->restart holds. */
void thread_interrupt_call(struct thread *thread, uint64_t *cookie);

#endif
