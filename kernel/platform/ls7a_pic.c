/* ls7a_pic.c: see ls7a_pic.h. Registers as in the Loongson 7A1000 manual, chapter 5. Used under the kernel lock, but the mask of a line that
 * has just come, which the boot CPU writes: hence the lock. */
#include <lib/spinlock.h>
#include <platform/ls7a_pic.h>
#include <platform/mmio.h>

enum ls7a_register : uint32_t {
    ID_HIGH = 0x04, MASK = 0x20, MESSAGE_ENABLE = 0x40, EDGE = 0x60, CLEAR = 0x80, AUTO0 = 0xc0, AUTO1 = 0xe0, ROUTE = 0x100, VECTOR = 0x200,
    POLARITY = 0x3e0,
};

static struct spinlock lock;
static uintptr_t base;    /* fixed at boot */
static unsigned lines;
static uint64_t masked GUARDED_BY(lock);

/* Both halves of a 64-bit register. */
static void write_both(enum ls7a_register which, uint32_t value)
{
    mmio_write32(base + which, value);
    mmio_write32(base + which + 4, value);
}

void ls7a_pic_init(uintptr_t registers)
{
    base = registers;
    lines = (mmio_read32(base + ID_HIGH) >> 16 & 0xff) + 1;
    if (lines > 64)
        lines = 64;
    spin_lock(&lock);
    masked = UINT64_MAX;
    spin_unlock(&lock);
    write_both(MASK, UINT32_MAX);
    write_both(EDGE, 0);
    write_both(POLARITY, 0);
    write_both(AUTO0, 0);
    write_both(AUTO1, 0);
    write_both(MESSAGE_ENABLE, UINT32_MAX);
    for (unsigned line = 0; line < lines; line++) {
        mmio_write8(base + ROUTE + line, 1);
        mmio_write8(base + VECTOR + line, (uint8_t)line);
    }
    write_both(CLEAR, UINT32_MAX);
}

unsigned ls7a_pic_lines(void)
{
    return lines;
}

static void set_mask(unsigned line, bool mask)
{
    spin_lock(&lock);
    masked = mask ? masked | 1ull << line : masked & ~(1ull << line);
    mmio_write32(base + MASK + line / 32 * 4, (uint32_t)(masked >> line / 32 * 32));
    spin_unlock(&lock);
}

void ls7a_pic_mask(unsigned line)
{
    if (line < lines)
        set_mask(line, true);
}

void ls7a_pic_unmask(unsigned line)
{
    if (line < lines)
        set_mask(line, false);
}
