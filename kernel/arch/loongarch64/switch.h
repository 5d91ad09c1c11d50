/* switch.h (loongarch64): the parts of arch_thread_switch for the way of messages, which this port's entry does not take. */
#ifndef LOONGARCH64_SWITCH_H
#define LOONGARCH64_SWITCH_H

#include <sched/cpu.h>

static inline bool switch_space_ready(const struct cpu *, const struct arch_space *) { return false; }
static inline void switch_space(struct cpu *, struct arch_space *) {}
static inline void switch_fast(struct cpu *, struct thread *, struct thread *, const struct task *) {}

#endif
