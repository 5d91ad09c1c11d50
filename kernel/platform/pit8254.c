/* pit8254.c: see pit8254.h. */
#include <arch/arch.h>
#include <platform/pit8254.h>

#define COUNTER_2 0x42u
#define CONTROL 0x43u
#define GATE 0x61u

void pit8254_init(void)
{
    uint64_t gate = 0;
    arch_ioport_read(GATE, 1, &gate);
    arch_ioport_write(GATE, 1, (gate & ~2ull) | 1); /* gate on, speaker off */
    arch_ioport_write(CONTROL, 1, 0xb4);            /* counter 2, low then high byte, mode 2: reload at the end */
    arch_ioport_write(COUNTER_2, 1, 0);             /* 65536 */
    arch_ioport_write(COUNTER_2, 1, 0);
}

uint32_t pit8254_read(void)
{
    uint64_t low = 0, high = 0;
    arch_ioport_write(CONTROL, 1, 0x80); /* latch counter 2 */
    arch_ioport_read(COUNTER_2, 1, &low);
    arch_ioport_read(COUNTER_2, 1, &high);
    return -(uint32_t)(high << 8 | low) & 0xffff;
}
