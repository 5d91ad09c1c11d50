/* barrier.h (host): order between memory that devices share and their registers: here both are memory. */
#ifndef OS_ARCH_BARRIER_H
#define OS_ARCH_BARRIER_H

static inline void device_barrier(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#endif
