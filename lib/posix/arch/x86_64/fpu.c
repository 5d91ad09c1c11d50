/* fpu.c (x86-64): the extended registers to memory and back; checks of what the assembly knows. */
#include "machine.h"
#include "offsets.h"
#include <stdint.h>
#include <string.h>
#include <thread_page.h>

#define ASSERT_FRAME(NAME, name) static_assert(FRAME(NAME) == offsetof(struct thread_page, frame.name))
ASSERT_FRAME(RAX, rax);
ASSERT_FRAME(RBX, rbx);
ASSERT_FRAME(RDX, rdx);
ASSERT_FRAME(RSI, rsi);
ASSERT_FRAME(RDI, rdi);
ASSERT_FRAME(RBP, rbp);
ASSERT_FRAME(R8, r8);
ASSERT_FRAME(R9, r9);
ASSERT_FRAME(R10, r10);
ASSERT_FRAME(R12, r12);
ASSERT_FRAME(R13, r13);
ASSERT_FRAME(R14, r14);
ASSERT_FRAME(R15, r15);
ASSERT_FRAME(RIP, rip);
ASSERT_FRAME(RSP, rsp);
ASSERT_FRAME(RFLAGS, rflags);
ASSERT_FRAME(ERROR, error);
static_assert(MACHINE_UPCALL_PENDING == offsetof(struct thread_page, upcall_pending) && MACHINE_UPCALL_STACK == offsetof(struct thread_page, upcall_stack));

#define LEGACY_SIZE 512u
#define HEADER_SIZE 64u
#define OSXSAVE (1u << 27)
#define FSGSBASE 1u

static void cpuid(uint32_t leaf, uint32_t subleaf, uint32_t r[4])
{
    __asm__ volatile("cpuid" : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3]) : "a"(leaf), "c"(subleaf));
}

bool fs_base_readable(void)
{
    static enum : uint8_t { UNKNOWN, NO, YES } known;
    uint32_t r[4];
    if (known == UNKNOWN) {
        cpuid(0, 0, r);
        bool asked = r[0] >= 7;
        if (asked)
            cpuid(7, 0, r);
        known = asked && (r[1] & FSGSBASE) ? YES : NO; /* the kernel switches it on where it is */
    }
    return known == YES;
}

static size_t extended_size; /* 0: not asked yet; LEGACY_SIZE: no XSAVE */

size_t fpu_size(void)
{
    uint32_t r[4];
    if (extended_size)
        return extended_size;
    cpuid(1, 0, r);
    if (!(r[2] & OSXSAVE))
        return extended_size = LEGACY_SIZE;
    cpuid(13, 0, r);
    return extended_size = r[1];
}

static uint32_t enabled(uint32_t *high)
{
    uint32_t low;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(*high) : "c"(0));
    return low;
}

void fpu_save(void *area)
{
    uint32_t high;
    if (fpu_size() == LEGACY_SIZE) {
        __asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
        return;
    }
    memset((char *)area + LEGACY_SIZE, 0, HEADER_SIZE);
    uint32_t low = enabled(&high);
    __asm__ volatile("xsave64 (%0)" : : "r"(area), "a"(low), "d"(high) : "memory");
}

void fpu_restore(const void *area)
{
    uint32_t high;
    if (fpu_size() == LEGACY_SIZE) {
        __asm__ volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
        return;
    }
    uint32_t low = enabled(&high);
    __asm__ volatile("xrstor64 (%0)" : : "r"(area), "a"(low), "d"(high) : "memory");
}

void fpu_reset(void)
{
    static const uint32_t control = 0x1f80;
    __asm__ volatile("fninit\n\tldmxcsr %0" : : "m"(control));
}
