/* switch.h (host): no message is passed here. */
#ifndef HOST_SWITCH_H
#define HOST_SWITCH_H

#include <sched/cpu.h>

static inline bool switch_space_ready(const struct cpu *, const struct arch_space *) { return false; }
static inline void switch_space(struct cpu *, struct arch_space *) {}
static inline void switch_fast(struct cpu *, struct thread *, struct thread *) {}

#endif
