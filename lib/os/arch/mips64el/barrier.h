/* barrier.h (mips64el): order between memory that devices share and their registers. Contract: lib/drive/drive.h. */
#ifndef OS_ARCH_BARRIER_H
#define OS_ARCH_BARRIER_H

static inline void device_barrier(void)
{
    __asm__ volatile("sync" ::: "memory");
}

#endif
