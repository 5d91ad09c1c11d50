/* wake.pml: nobody sleeps through what should wake it: threads that wait, and CPUs that idle.
 *
 * A step in braces under `section` is what one CPU does while it has the kernel lock, from the trap to kernel_exit; between two of them others
 * may have it. Outside the lock are only user mode, the CPU's way to sleep, and interrupts that arrive (`ipi`: pending until taken).
 *   wait            ipc_notification_wait: bits that are there are taken, else the thread queues
 *   signal          notification_signal, search, thread_wake, thread_ready
 *   futex_wait      futex_wait (ipc/futex.c): the word is compared and the thread queued
 *   futex_wake      wake
 *   interruptible   the same wait with MESSAGE_INTERRUPTIBLE: thread_interrupted looks first
 *   post            thread_signal: upcall_pending, the attention bit, and ipc_interrupt or smp_kick
 *   ready           thread_ready, choose_cpu: its own CPU if that idles, else one that idles, else its own; smp_kick unless it is this CPU
 *   choose          choose, take_next, steal (sched/schedule.c): a CPU that runs nothing takes from its queue, else from one that is busy
 *   kernel_exit     kernel_exit and settle: the attention bit of who goes to user mode is looked at (deliver_interrupt)
 *   idle            cpu_idle_loop: the lock is given up when there is nothing, then arch_idle; what arrives in between is pending and ends the
 *                   sleep at once, since interrupts are off until the CPU sleeps (sti; hlt, wfi, idle 0)
 *   work            work_some in kernel_exit: thread_kill of a thread that has just blocked and is still the CPU's current one (forget_current)
 * Threads: 0 and 1 send each other bits and wait for the other's; 2 waits on a word that 3 sets and wakes; 4 spins in its program until a
 * posted interrupt brings it to its runtime, and looks there for a second one and waits interruptibly; 3 posts them.
 * Bounds: two CPUs, five threads, two rounds of 0 and 1, one kill; priorities and turns are left out.
 * Properties: a thread is on one queue or current on one CPU, never both; no CPU sleeps for ever while a thread could run; all threads come to
 * their end (`done`, however the CPUs take their steps, as long as each goes on).
 *
 * BUG=1 safety: a CPU that idles is not told of a thread that is put on its queue
 * BUG=2 safety: interrupts are on between the look at the queues and the sleep: the one that came is forgotten
 * BUG=3 safety: the word is compared before the lock is taken
 * BUG=4 safety: an interruptible wait does not look for an interrupt that was posted before
 * BUG=5 done: an interrupt that is posted to a thread on another CPU does not tell that CPU
 * BUG=6 safety: a thread that has blocked and is freed before its CPU chose another is still current there
 */
#ifndef BUG
#define BUG 0
#endif
#define CPUS 2
#define THREADS 5
#define NONE 9
#define ROUNDS 2

mtype = { NEW, READY, RUNNING, NOTIFICATION, FUTEX, ENDED }

mtype state[THREADS] = READY
byte step[THREADS], home[THREADS]
bool pending4, attention4           /* of thread 4: upcall_pending in its page; ATTENTION_INTERRUPT */
bool taken4, work_to_do = true, freed4
byte round[2]
bool bits[2]                        /* of the notifications that 0 and 1 wait for */
bool word                           /* the futex */
bool expected                       /* what 2 saw there when it decided to wait */

byte current[CPUS] = NONE
bool ipi[CPUS], asleep[CPUS]
chan queue[CPUS] = [THREADS] of { byte }

byte found, target, i           /* within a section */

#define section atomic {
#define idles(c) (current[c] == NONE && len(queue[c]) == 0)
#define ended(t) (state[t] == ENDED)
#define all_ended (ended(0) && ended(1) && ended(2) && ended(3) && ended(4))

/* `t`, whose wait is over, onto a queue. */
inline ready(t) {
    assert(!(queue[0]??[eval(t)]) && !(queue[1]??[eval(t)]));
    target = home[t];
    if
    :: !idles(target) && idles(1 - target) -> target = 1 - target
    :: else
    fi;
    home[t] = target; state[t] = READY; queue[target]!t;
    if
    :: target != me && !(BUG == 1 && current[target] == NONE) -> ipi[target] = true
    :: else
    fi
}

/* The current thread has blocked: who is next? */
inline choose() {
    assert(current[me] != 4 || !freed4);
    if :: current[me] != NONE && state[current[me]] != RUNNING -> current[me] = NONE :: else fi;
    if
    :: current[me] == NONE ->
        found = NONE;
        if
        :: len(queue[me]) > 0 -> queue[me]?found
        :: len(queue[me]) == 0 && current[1 - me] != NONE && len(queue[1 - me]) > 0 -> queue[1 - me]?found
        :: else
        fi;
        if
        :: found != NONE ->
            assert(state[found] == READY && current[1 - me] != found);
            current[me] = found; state[found] = RUNNING; home[found] = me
        :: else
        fi
    :: else
    fi
}

/* Work may end thread 4, once, which has just blocked, perhaps. To user mode: in the program an interrupt is taken, in the runtime it waits. */
inline kernel_exit() {
    if
    :: current[me] == 4 && state[4] == NOTIFICATION && work_to_do ->
        work_to_do = false; state[4] = ENDED; freed4 = true;
        if :: BUG != 6 -> current[me] = NONE :: else fi
    :: true
    fi;
    choose();
    if
    :: current[me] == 4 && !pending4 -> attention4 = false
    :: current[me] == 4 && pending4 && attention4 && step[4] == 3 -> attention4 = false; step[4] = 0
    :: else
    fi
}

inline wait(t, n) {
    if
    :: bits[n] -> bits[n] = false
    :: else -> state[t] = NOTIFICATION
    fi
}

inline signal(n) {
    bits[n] = true;
    if
    :: state[n] == NOTIFICATION -> bits[n] = false; ready(n)
    :: else
    fi
}

/* Threads 0 and 1: n waits at n and signals the other; 0 begins. */
inline partner(n) {
    if
    :: round[n] == ROUNDS -> section state[n] = ENDED; kernel_exit() }
    :: round[n] < ROUNDS && step[n] == n -> section step[n] = 1 - n; if :: n == 0 -> round[n]++ :: else fi; wait(n, n); kernel_exit() }
    :: round[n] < ROUNDS && step[n] != n -> section step[n] = n; if :: n == 1 -> round[n]++ :: else fi; signal(1 - n); kernel_exit() }
    fi
}

inline futex_waiter() {
    if
    :: step[2] == 0 -> atomic { if :: word -> step[2] = 2 :: else -> step[2] = 1 fi; expected = false }
    :: step[2] == 1 && BUG == 3 -> atomic { if :: word == expected -> step[2] = 3 :: else -> step[2] = 0 fi }
    :: (step[2] == 1 && BUG != 3) || step[2] == 3 ->
        section
            if :: step[2] == 3 || word == expected -> state[2] = FUTEX :: else fi;
            step[2] = 0; kernel_exit()
        }
    :: step[2] == 2 -> section state[2] = ENDED; kernel_exit() }
    fi
}

inline post() {
    if
    :: state[4] != ENDED ->
        pending4 = true; attention4 = true;
        if
        :: state[4] == NOTIFICATION -> ready(4)
        :: state[4] == RUNNING && home[4] != me && BUG != 5 -> ipi[home[4]] = true
        :: else
        fi
    :: else
    fi
}

inline poster() {
    if
    :: step[3] == 0 -> word = true; step[3] = 1
    :: step[3] == 1 -> section step[3] = 2; if :: state[2] == FUTEX -> ready(2) :: else fi; kernel_exit() }
    :: step[3] == 2 ->
        section
            step[3] = 3; post(); kernel_exit()
        }
    :: step[3] == 3 && taken4 -> section step[3] = 4; post(); kernel_exit() }
    :: step[3] == 3 && !taken4      /* it looks again and again */
    :: step[3] == 4 -> section state[3] = ENDED; kernel_exit() }
    fi
}

/* First it is in its program, which never calls. Then its loop: look at upcall_pending; wait. The first interrupt that it takes brings it
 * there, the second one is its end. */
inline runtime() {
    if
    :: step[4] == 3
    :: step[4] == 0 && pending4 && !taken4 -> atomic { pending4 = false; taken4 = true }
    :: step[4] == 0 && pending4 && taken4 -> step[4] = 2
    :: step[4] == 0 && !pending4 -> step[4] = 1
    :: step[4] == 1 ->
        section
            step[4] = 0;
            if
            :: BUG != 4 && attention4 && pending4   /* INTERRUPTED */
            :: else -> state[4] = NOTIFICATION
            fi;
            kernel_exit()
        }
    :: step[4] == 2 -> section pending4 = false; state[4] = ENDED; kernel_exit() }
    fi
}

proctype cpu(byte me)
{
    do
    :: all_ended && current[me] == NONE -> break
    :: current[me] != NONE && ipi[me] -> section ipi[me] = false; kernel_exit() }
    :: current[me] != NONE && !ipi[me] ->
        if
        :: current[me] == 0 -> partner(0)
        :: current[me] == 1 -> partner(1)
        :: current[me] == 2 -> futex_waiter()
        :: current[me] == 3 -> poster()
        :: current[me] == 4 -> runtime()
        fi
    :: current[me] == NONE && !all_ended ->
        section choose() };
        if
        :: current[me] == NONE ->
            if :: BUG == 2 && ipi[me] -> ipi[me] = false :: else fi;  /* taken before it sleeps */
            asleep[me] = true;
            if :: atomic { ipi[me] -> ipi[me] = false } :: all_ended fi;
            asleep[me] = false
        :: else
        fi
    od
}

ltl done { <> all_ended }

init
{
    atomic {
        step[0] = 1; step[1] = 1; step[4] = 3;
        for (i : 0 .. THREADS - 1) { home[i] = i % CPUS; queue[i % CPUS]!i }
        i = 0; target = 0; found = 0;
        run cpu(0); run cpu(1)
    };
    (_nr_pr == 1)
}
