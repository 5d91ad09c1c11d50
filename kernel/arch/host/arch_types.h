/* arch_types.h (host): the inline part of the contract in arch/arch.h, and how this port works.
 *
 * The portable kernel is a program of the build machine. There is no user mode: tests call the kernel's functions, and look at user memory
 * as a program would through host_access, which has a TLB that keeps translations until they are flushed.
 * RAM is an arena of the program, at physical address HOST_RAM_START; its page tables are those of arch/radix.
 * Time stands still but for host_time_ns. CPUs other than 0 do not start: this_cpu() is what host_this_cpu says. */
#ifndef HOST_ARCH_TYPES_H
#define HOST_ARCH_TYPES_H

#include <arch/asid/asid_types.h>
#include <arch/radix/radix_types.h>

#define ARCH_TLB_BROADCAST 1
#define ARCH_MAX_CPUS 4
#define KERNEL_STACK_SIZE 0x4000

#define HOST_RAM_START 0x40000000ull
#define HOST_RAM_MOST (4ull << 30)

extern uintptr_t host_ram; /* where physical address 0 would be */
extern unsigned host_this_cpu;
extern uint64_t host_time_ns;

struct arch_space {
    struct radix radix;
    struct asid asid; /* its TLBs know spaces by their address: only asid_test.c uses it */
};

struct arch_thread {
    uint64_t fpu;
};

struct arch_cpu {
    uint64_t ipis, deadline_ns;
};

struct cpu *host_cpu(unsigned number);
static inline struct cpu *this_cpu(void) { return host_cpu(host_this_cpu); }
typedef uint64_t arch_tick_t;
static inline uint64_t arch_ticks_between(arch_tick_t from, arch_tick_t to) { return to - from; }
static inline arch_tick_t arch_tick(void) { return host_time_ns; }

static inline void *phys_to_virt(paddr_t pa) { return (void *)(host_ram + pa); }
static inline paddr_t virt_to_phys(const void *p) { return (uintptr_t)p - host_ram; }
static inline void cpu_relax(void) {}

#define arch_frame_pointer() ((uintptr_t)__builtin_frame_address(0))

/* Allocation failures on demand: see mm/inject.h and host.h. */
#define ARCH_INJECTS_FAILURES
bool inject_failure(void);

#endif
