/* processors.h: virtual processors: of the threads of a task that are their members no more than a certain number run or could run. Whenever
 * one of those waits, another member goes on in its place, and the runtime is told what became of the others: scheduler activations.
 * Here a member's registers stay with its thread, which keeps no kernel stack while it waits, so an activation is a thread and never copied. */
#ifndef KERNEL_PROCESSORS_H
#define KERNEL_PROCESSORS_H

#include <processors_abi.h>
#include <sched/thread.h>

enum activation_state : uint8_t {
    ACTIVATION_RUNNING, /* has a processor: the thread is READY or RUNNING */
    ACTIVATION_WAITING, /* the thread waits for something, without a processor */
    ACTIVATION_HELD,    /* its wait is over; it waits for a processor (THREAD_SPARE) */
    ACTIVATION_PARKED,  /* has nothing to do; waits to be told (THREAD_SPARE) */
    ACTIVATION_STATES,
};

/* A thread as a member. */
struct activation {
    struct processors *group;
    struct thread *thread;
    struct list link;      /* on group->members[state] */
    struct list news_link; /* on group->news, while news is not 0 */
    uint64_t cookie;       /* the runtime's name of it */
    enum activation_state state;
    uint8_t news;          /* bits 1 << PROCESSOR_*: not yet asked for */
};

struct processors {
    struct object object;
    struct task *task;     /* whose threads may be members; holds a reference */
    uint32_t count;        /* virtual processors */
    uint64_t tokens;       /* wakes that found nobody parked: for who parks next */
    uint64_t number[ACTIVATION_STATES]; /* of members; those that run are more than count for a while when that was lowered */
    uaddr_t entry;         /* where upcalls go; 0: there are none */
    struct list members[ACTIVATION_STATES];
    struct list news;
    bool gone;             /* nobody can name it: members leave it, one by one */
    struct work work;
};

[[nodiscard]] enum status processors_create(struct ledger *ledger, struct task *task, uint32_t count, uaddr_t entry, struct processors **processors);
/* The current thread becomes a member. Results: as processors_park. Returns ALREADY_BOUND, or as an allocation. */
[[nodiscard]] enum status processors_join(struct processors *processors, struct thread *thread, uint64_t cookie);
/* Current, which has a processor, gives it up until it is told to go on; then why (PROCESSOR_*) and about whom are in its r1 and r2.
 * Returns: SYSCALL_NO_RESULT, OK (the deadline is past), BAD_STATE: it is no member. */
[[nodiscard]] enum status processors_park(struct processors *processors, struct thread *thread, uint64_t deadline_ns, uint64_t *why, uint64_t *cookie);
/* The first member that waits for a processor gets current's, for which that waits then. */
[[nodiscard]] enum status processors_pass(struct processors *processors, struct thread *thread, uint64_t *passed);
/* Let parked members go on while there are processors for them; for the others who run now do not park the next time.
 * *missing: processors that are still free, of those asked for. */
void processors_wake(struct processors *processors, uint64_t count, uint64_t *woken, uint64_t *missing);
void processors_set_count(struct processors *processors, uint32_t count);
/* The next thing that happened to a member. PROCESSOR_NONE: nothing. */
void processors_event(struct processors *processors, uint64_t *what, uint64_t *cookie);

/* A member's thread lost its CPU: it waits now, if it is not ready. It is dead. */
void processors_leave_waiting(struct thread *thread);
void processors_leave_dead(struct thread *thread);
/* A member's thread could run. False: it has to wait for a processor. */
bool processors_admit(struct thread *thread);
/* It is taken off the list where it waits for a processor, THREAD_SPARE: it will be made ready, or ends. */
void processors_unwait(struct thread *thread);
void processors_deadline(struct thread *thread);
/* It lost its CPU to the other, and is ready. */
void processors_preempted(struct thread *thread, const struct thread *other);
/* Make the thread, which is not in user mode now, enter its runtime, if there are news it may take. */
void processors_deliver(struct thread *thread);

void processors_unreachable(struct object *object);
void processors_free(struct object *object);

#endif
