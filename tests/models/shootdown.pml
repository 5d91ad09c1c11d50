/* shootdown.pml: no program reaches a frame that was freed, though other CPUs have its translation.
 *
 * `lock` is the kernel lock; whoever waits for it answers its mail meanwhile. Steps of a CPU:
 *   access         user mode: the TLB's translation, else one from the page table
 *   take_lock      spin_lock, spin_wait, spin_wait_free: smp_poll while somebody else has it (sched/smp.c)
 *   answer         answer in smp.c, from the interrupt in user mode, from the idle loop, and from spin_wait_free: an idle CPU leaves the space
 *   unmap          drop_translations and drop_range (mm/space.c): page table, space_flush, then the frame is freed
 *   space_flush    this CPU's TLB; mail to the CPUs that have the space loaded, all at once, then the wait for their answers; the others that
 *                  may have translations are noted in `stale`
 *   load           cpu_switch (sched/schedule.c), where TLB entries have an address space number: they are still there, so a stale CPU flushes
 *   end_task       task_kill on another CPU, bury of a thread that waits, whose page is the frame: it is freed as work, when no thread of the
 *                  task is left (struct task.gone)
 * Bounds: three CPUs, one space and "another", one address, three frames one after the other, one task that ends; three, two and
 * two calls into the kernel.
 * Properties: an access never reaches a frame that was freed; nobody waits for ever (no invalid end state).
 *
 * BUG=1 safety: the frame is freed before the flush
 * BUG=2 safety: whoever waits for the lock does not answer mail
 * BUG=3 safety: a CPU that loads the space does not look whether it is stale
 * BUG=4 safety: CPUs that do not run the space are not noted as stale
 * BUG=5 safety: the page of a thread that is gone is freed while others of its dead task are in user mode
 */
#ifndef BUG
#define BUG 0
#endif
#define CPUS 3
#define FRAMES 3
#define NOBODY 9

mtype = { OTHER, USER, IDLE, KERNEL }

byte lock = NOBODY
byte entry                      /* the page table: 0, or a frame */
byte last                       /* frame that was given out */
bool freed[FRAMES + 1]
bool may_have[CPUS]             /* space->cpus */
bool stale[CPUS]
bool loaded[CPUS]               /* cpu->space is the space */
byte tlb[CPUS]
bool mail[CPUS], killed[CPUS]
mtype mode[CPUS] = OTHER
bool dead, page_kept

inline access(me) {
    atomic {
        if :: tlb[me] == 0 -> tlb[me] = entry :: else fi;
        assert(tlb[me] == 0 || !freed[tlb[me]])
    }
}

inline answer(me) {
    atomic { mail[me] -> tlb[me] = 0; if :: mode[me] == IDLE -> loaded[me] = false :: else fi; mail[me] = false }
}

inline take_lock(me) {
    do
    :: atomic { lock == NOBODY -> lock = me; break }
    :: lock != NOBODY && mail[me] && BUG != 2 -> answer(me)
    od
}

/* Asks one CPU; a remote one. */
inline ask(me, c) {
    if
    :: c == me || !may_have[c]
    :: c != me && may_have[c] && !loaded[c] -> if :: BUG != 4 -> stale[c] = true :: else fi
    :: c != me && may_have[c] && loaded[c] -> mail[c] = true
    fi
}

inline space_flush(me) {
    atomic { if :: may_have[me] -> tlb[me] = 0 :: else fi; ask(me, 0); ask(me, 1); ask(me, 2) };
    (!mail[0] && !mail[1] && !mail[2])
}

inline unmap(me) {
    if
    :: entry == 0
    :: entry != 0 ->
        atomic { frame = entry; entry = 0; if :: BUG == 1 -> freed[frame] = true :: else fi };
        space_flush(me);
        atomic { freed[frame] = true; frame = 0 }
    fi
}

/* The page of a thread that waits is the frame. The others of the task are told to leave user mode. */
inline end_task(me) {
    atomic {
        dead = true; page_kept = (entry != 0);
        if :: entry != 0 && BUG == 5 -> freed[entry] = true; page_kept = false :: else fi;
        if :: mode[0] == USER -> killed[0] = true :: else fi;
        if :: mode[1] == USER -> killed[1] = true :: else fi;
        if :: mode[2] == USER -> killed[2] = true :: else fi
    }
}

/* As work: no thread of the task is left. */
inline task_work(me) {
    atomic {
        if
        :: dead && page_kept && mode[0] != USER && mode[1] != USER && mode[2] != USER -> freed[entry] = true; page_kept = false
        :: else
        fi
    }
}

inline load(me) {
    atomic {
        if
        :: !dead ->
            loaded[me] = true; may_have[me] = true; mode[me] = USER;
            if :: stale[me] && BUG != 3 -> stale[me] = false; tlb[me] = 0 :: else fi
        :: else
        fi
    }
}

/* calls: into the kernel, that it makes. */
proctype cpu(byte me, calls)
{
    byte frame;
    do
    :: mode[me] == USER -> access(me)
    :: mail[me] -> answer(me)
    :: killed[me] -> take_lock(me); atomic { killed[me] = false; mode[me] = IDLE }; task_work(me); lock = NOBODY
    :: calls > 0 && !killed[me] ->
        calls--;
        take_lock(me);
        if
        :: skip
        :: !dead -> unmap(me)
        :: atomic { !dead && entry == 0 && last < FRAMES -> last++; entry = last }
        :: !killed[me] -> load(me)
        :: !killed[me] -> mode[me] = IDLE                           /* the space stays loaded */
        :: !killed[me] -> atomic { mode[me] = OTHER; loaded[me] = false }
        :: !dead && mode[me] != USER -> end_task(me)
        fi;
        task_work(me);
        lock = NOBODY
    :: calls == 0 && mode[me] != USER && !mail[me] && !killed[me] && lock == NOBODY ->
end:    if
        :: mail[me]
        :: killed[me]
        fi
    :: calls == 0 && mode[me] == USER -> take_lock(me); atomic { mode[me] = IDLE; task_work(me); lock = NOBODY }
    od
}

init
{
    atomic { may_have[0] = true; may_have[1] = true; run cpu(0, 3); run cpu(1, 2); run cpu(2, 2) }
}
