/* plic.c: see plic.h. Registers as in the RISC-V PLIC specification 1.0. */
#include <platform/mmio.h>
#include <platform/plic.h>

enum plic_register : uint32_t { PRIORITY = 0, ENABLE = 0x2000, ENABLE_STEP = 0x80, CONTEXT = 0x200000, CONTEXT_STEP = 0x1000, CLAIM = 4 };

static uintptr_t base, enable, context_base; /* fixed at boot */
static uint64_t claimed[1024 / 64];          /* atomic; bit per line: claimed and not completed */

void plic_init(uintptr_t registers, unsigned context, unsigned lines)
{
    base = registers;
    enable = registers + ENABLE + ENABLE_STEP * context;
    context_base = registers + CONTEXT + CONTEXT_STEP * context;
    for (unsigned word = 0; word * 32 < lines; word++)
        mmio_write32(enable + 4 * word, 0);
    for (unsigned line = 1; line < lines; line++)
        mmio_write32(base + PRIORITY + 4 * line, 1);
    mmio_write32(context_base, 0); /* threshold: all priorities pass */
}

unsigned plic_claim(void)
{
    unsigned line = mmio_read32(context_base + CLAIM);
    __atomic_fetch_or(&claimed[line / 64 % 16], 1ull << line % 64, __ATOMIC_RELAXED);
    return line;
}

/* A completion counts only while the line is enabled. */
static void complete(unsigned line)
{
    uint64_t bit = 1ull << line % 64;
    if (__atomic_fetch_and(&claimed[line / 64], ~bit, __ATOMIC_RELAXED) & bit)
        mmio_write32(context_base + CLAIM, line);
}

void plic_mask(unsigned line)
{
    uintptr_t word = enable + line / 32 * 4;
    mmio_write32(word, mmio_read32(word) & ~(1u << line % 32));
}

void plic_unmask(unsigned line)
{
    uintptr_t word = enable + line / 32 * 4;
    uint32_t bits = mmio_read32(word);
    if ((bits >> line % 32 & 1) == 0)
        mmio_write32(word, bits | 1u << line % 32);
    complete(line);
}
