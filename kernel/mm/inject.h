/* inject.h: allocation failures on demand, for the host tests. On the machines the question costs nothing. */
#ifndef KERNEL_INJECT_H
#define KERNEL_INJECT_H

#include <arch/arch.h>

#ifndef ARCH_INJECTS_FAILURES /* arch/host defines it, and inject_failure */
static inline bool inject_failure(void) { return false; } /* should the allocation about to be made fail? */
#endif

#endif
