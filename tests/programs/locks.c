/* locks.c: futexes as Linux defines them: locks whose owner inherits priorities, robust lists, requeueing, and 10,000 threads that wait. Each
 * line says whether the system does what Linux does. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FUTEX_WAIT_PRIVATE 128
#define FUTEX_WAKE_PRIVATE 129
#define FUTEX_LOCK_PI_PRIVATE 134
#define FUTEX_UNLOCK_PI_PRIVATE 135
#define FUTEX_TRYLOCK_PI_PRIVATE 136
#define FUTEX_WAIT_REQUEUE_PI_PRIVATE 139
#define FUTEX_CMP_REQUEUE_PI_PRIVATE 140
#define FUTEX_LOCK_PI2_PRIVATE 141
#define FUTEX_WAITERS 0x80000000u
#define FUTEX_OWNER_DIED 0x40000000u
#define FUTEX_TID_MASK 0x3fffffffu

static void check(const char *what, int holds)
{
    printf("%s: %s\n", what, holds ? "yes" : "NO");
    fflush(stdout);
}

/* The result, or the negated error number. */
static long futex(_Atomic uint32_t *word, int operation, uint32_t value, const void *timeout, _Atomic uint32_t *other, uint32_t value3)
{
    long result = syscall(SYS_futex, word, operation, value, timeout, other, value3);
    return result < 0 ? -errno : result;
}

static uint32_t thread_id(void) { return (uint32_t)syscall(SYS_gettid); }

static void rest(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

#define WAIT_UNTIL(condition) for (int tries = 0; !(condition) && tries < 20000; tries++) rest()

/* --- locks with an owner ------------------------------------------------------------------------------------------------------------------ */

static _Atomic uint32_t lock, second;
static _Atomic int order, stage;

struct taker {
    pthread_t thread;
    _Atomic uint32_t tid;
    long result;
    int place, keep;
};

static void *take(void *argument)
{
    struct taker *taker = argument;
    taker->tid = thread_id();
    taker->result = futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0);
    taker->place = ++order;
    if (!taker->keep)
        futex(&lock, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0);
    return NULL;
}

static struct timespec soon(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    now.tv_nsec += 20000000;
    if (now.tv_nsec >= 1000000000) {
        now.tv_nsec -= 1000000000;
        now.tv_sec++;
    }
    return now;
}

static void *try_and_fail(void *argument)
{
    struct timespec real = soon(CLOCK_REALTIME), monotonic = soon(CLOCK_MONOTONIC);
    check("a lock of another is not to be had", futex(&lock, FUTEX_TRYLOCK_PI_PRIVATE, 0, NULL, NULL, 0) == -EAGAIN);
    check("waiting for it ends in time", futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, &real, NULL, 0) == -ETIMEDOUT);
    check("by the other clock, too", futex(&lock, FUTEX_LOCK_PI2_PRIVATE, 0, &monotonic, NULL, 0) == -ETIMEDOUT);
    check("it is not to be given up by another", futex(&lock, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0) == -EPERM);
    return argument;
}

static void alone(void)
{
    uint32_t self = thread_id();
    check("a free lock is taken", futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0) == 0 && lock == self);
    check("one's own is not", futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0) == -EDEADLK);
    check("nor tried", futex(&lock, FUTEX_TRYLOCK_PI_PRIVATE, 0, NULL, NULL, 0) == -EDEADLK);
    pthread_t thread;
    pthread_create(&thread, NULL, try_and_fail, NULL);
    pthread_join(thread, NULL);
    check("it is given up", futex(&lock, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0) == 0 && lock == 0);
    check("not twice", futex(&lock, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0) == -EPERM);
    check("tried when it is free", futex(&lock, FUTEX_TRYLOCK_PI_PRIVATE, 0, NULL, NULL, 0) == 0 && lock == self);
    futex(&lock, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0);
    lock = 0x3ffffff0;
    check("nobody's", futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0) == -ESRCH);
    lock = FUTEX_OWNER_DIED;
    check("one whose owner died", futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0) == 0 && lock == (self | FUTEX_OWNER_DIED));
    futex(&lock, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0);
    check("where nothing is", futex((_Atomic uint32_t *)64, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0) == -EFAULT);
    check("at an odd address", futex((_Atomic uint32_t *)((char *)&lock + 2), FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0) == -EINVAL);
    lock = 0;
}

static void handed_over(void)
{
    struct taker takers[4] = {};
    futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0);
    for (int i = 0; i < 4; i++) {
        pthread_create(&takers[i].thread, NULL, take, &takers[i]);
        WAIT_UNTIL(takers[i].tid && (lock & FUTEX_WAITERS));
        for (int n = 0; n < 20; n++)
            rest();
    }
    check("waiters are marked", lock == (thread_id() | FUTEX_WAITERS));
    futex(&lock, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0);
    int right = 1;
    for (int i = 0; i < 4; i++) {
        pthread_join(takers[i].thread, NULL);
        right &= takers[i].result == 0 && takers[i].place == i + 1;
    }
    check("handed over in order", right && lock == 0);
}

static void left_by_its_owner(void)
{
    struct taker owner = {.keep = 1}, heir = {.keep = 1};
    pthread_create(&owner.thread, NULL, take, &owner);
    pthread_join(owner.thread, NULL);
    check("an end leaves it as it is", lock == owner.tid);
    WAIT_UNTIL(syscall(SYS_tgkill, getpid(), owner.tid, 0) < 0);
    long result = futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0);
    if (result == 0) { /* it was joined, but not gone yet: its end passed the lock on */
        lock = owner.tid;
        result = futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0);
    }
    check("a thread that is gone has it", result == -ESRCH);
    lock = 0;
    futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0);
    pthread_create(&owner.thread, NULL, take, &owner);
    WAIT_UNTIL(lock & FUTEX_WAITERS);
    for (int n = 0; n < 20; n++)
        rest();
    pthread_create(&heir.thread, NULL, take, &heir);
    WAIT_UNTIL(heir.tid);
    for (int n = 0; n < 20; n++)
        rest();
    futex(&lock, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0);
    pthread_join(owner.thread, NULL);
    pthread_join(heir.thread, NULL);
    check("inherited by who waits", heir.result == 0 && (lock & FUTEX_TID_MASK) == heir.tid && (lock & FUTEX_OWNER_DIED));
    lock = 0;
}

static void *take_second_first(void *argument)
{
    futex(&second, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0);
    stage = 1;
    long result = futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0);
    futex(&lock, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0);
    futex(&second, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0);
    return result == 0 ? argument : NULL;
}

static void each_waits_for_the_other(void)
{
    pthread_t thread;
    void *good;
    futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0);
    pthread_create(&thread, NULL, take_second_first, &stage);
    WAIT_UNTIL(stage && (lock & FUTEX_WAITERS));
    for (int n = 0; n < 20; n++)
        rest();
    check("a ring of owners", futex(&second, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0) == -EDEADLK);
    futex(&lock, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0);
    pthread_join(thread, &good);
    check("is not made", good != NULL && (second & FUTEX_TID_MASK) == 0);
    lock = second = 0;
}

static volatile sig_atomic_t handled;
static void handler(int signal) { handled = signal; }

static void signalled(void)
{
    struct taker taker = {};
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = handler}, NULL); /* no SA_RESTART: these go on all the same */
    futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0);
    pthread_create(&taker.thread, NULL, take, &taker);
    WAIT_UNTIL(lock & FUTEX_WAITERS);
    for (int n = 0; n < 20; n++)
        rest();
    pthread_kill(taker.thread, SIGUSR1);
    WAIT_UNTIL(handled);
    check("a handler runs", handled == SIGUSR1);
    futex(&lock, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0);
    pthread_join(taker.thread, NULL);
    check("and the wait goes on", taker.result == 0);
    lock = 0;
}

/* --- requeueing to a lock ------------------------------------------------------------------------------------------------------------------- */

static _Atomic uint32_t condition;
static _Atomic int waiting;

static void *wait_for_condition(void *argument)
{
    waiting++;
    long result = futex(&condition, FUTEX_WAIT_REQUEUE_PI_PRIVATE, 0, NULL, &lock, 0);
    int mine = (lock & FUTEX_TID_MASK) == thread_id();
    futex(&lock, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0);
    return result == 0 && mine ? argument : NULL;
}

static void requeued(void)
{
    pthread_t threads[5];
    struct timespec when = soon(CLOCK_MONOTONIC);
    int good = 1;
    check("a wait for it ends in time", futex(&condition, FUTEX_WAIT_REQUEUE_PI_PRIVATE, 0, &when, &lock, 0) == -ETIMEDOUT);
    check("of another value", futex(&condition, FUTEX_WAIT_REQUEUE_PI_PRIVATE, 1, NULL, &lock, 0) == -EAGAIN);
    for (int i = 0; i < 5; i++)
        pthread_create(&threads[i], NULL, wait_for_condition, threads);
    WAIT_UNTIL(waiting == 5);
    for (int n = 0; n < 50; n++)
        rest();
    futex(&lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0);
    check("requeued from another value", futex(&condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, (void *)10, &lock, 1) == -EAGAIN);
    check("all at once", futex(&condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 2, (void *)10, &lock, 0) == -EINVAL);
    check("requeued", futex(&condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, (void *)10, &lock, 0) == 5);
    futex(&lock, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0);
    for (int i = 0; i < 5; i++) {
        void *result;
        pthread_join(threads[i], &result);
        good &= result != NULL;
    }
    check("each has the lock", good);
    lock = 0;
}

/* --- mutexes of the C library ------------------------------------------------------------------------------------------------------------------ */

static pthread_mutex_t *new_mutex(int robust, int shared, int inherit)
{
    pthread_mutexattr_t attributes;
    pthread_mutex_t *mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, robust ? PTHREAD_MUTEX_ROBUST : PTHREAD_MUTEX_STALLED);
    pthread_mutexattr_setpshared(&attributes, shared ? PTHREAD_PROCESS_SHARED : PTHREAD_PROCESS_PRIVATE);
    pthread_mutexattr_setprotocol(&attributes, inherit ? PTHREAD_PRIO_INHERIT : PTHREAD_PRIO_NONE);
    return pthread_mutex_init(mutex, &attributes) == 0 ? mutex : NULL;
}

struct counting { pthread_mutex_t *mutex; int *count; };

static void *count_up(void *argument)
{
    struct counting *counting = argument;
    for (int i = 0; i < 500; i++) {
        pthread_mutex_lock(counting->mutex);
        int before = *counting->count;
        if (i % 50 == 0)
            sched_yield();
        *counting->count = before + 1;
        pthread_mutex_unlock(counting->mutex);
    }
    return NULL;
}

static void mutual_exclusion(void)
{
    int count = 0;
    struct counting counting = {new_mutex(0, 0, 1), &count};
    pthread_t threads[8];
    check("mutexes that inherit", counting.mutex != NULL);
    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, count_up, &counting);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    check("one at a time", count == 8 * 500);
}

static void *lock_and_end(void *mutex)
{
    pthread_mutex_lock(mutex);
    return NULL;
}

static void robust(const char *what, int shared, int inherit)
{
    char line[100];
    pthread_mutex_t *mutex = new_mutex(1, shared, inherit);
    pthread_t thread;
    pthread_create(&thread, NULL, lock_and_end, mutex);
    pthread_join(thread, NULL);
    int died = pthread_mutex_lock(mutex);
    snprintf(line, sizeof line, "%s, of a thread that ended", what);
    check(line, died == EOWNERDEAD && pthread_mutex_consistent(mutex) == 0 && pthread_mutex_unlock(mutex) == 0);
    if (!shared)
        return;
    pid_t child = fork();
    if (child == 0) {
        pthread_mutex_lock(mutex);
        for (;;)
            pause();
    }
    WAIT_UNTIL(pthread_mutex_trylock(mutex) == EBUSY || pthread_mutex_unlock(mutex));
    kill(child, SIGKILL);
    died = pthread_mutex_lock(mutex); /* which may well wait until then */
    waitpid(child, NULL, 0);
    snprintf(line, sizeof line, "%s, of a process that was killed", what);
    check(line, died == EOWNERDEAD && pthread_mutex_consistent(mutex) == 0 && pthread_mutex_unlock(mutex) == 0);
}

/* --- many ---------------------------------------------------------------------------------------------------------------------------------------- */

static _Atomic uint32_t gate;
static _Atomic int arrived, passed;

static void *pass(void *argument)
{
    arrived++;
    while (gate == 0)
        futex(&gate, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    passed++;
    return argument;
}

static void many(int count)
{
    static pthread_t threads[10000];
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 16384);
    int made = 0;
    while (made < count && pthread_create(&threads[made], &attributes, pass, NULL) == 0)
        made++;
    WAIT_UNTIL(arrived == made);
    gate = 1;
    futex(&gate, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
    for (int i = 0; i < made; i++)
        pthread_join(threads[i], NULL);
    check("many wait and are woken", made == count && passed == count);
}

int main(void)
{
    alone();
    handed_over();
    left_by_its_owner();
    each_waits_for_the_other();
    signalled();
    requeued();
    mutual_exclusion();
    robust("robust", 0, 0);
    robust("robust and shared", 1, 0);
    robust("robust, shared and inheriting", 1, 1);
    many(2000);
    puts("end");
}
