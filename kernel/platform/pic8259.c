/* pic8259.c: see pic8259.h. Initialisation words as in the 8259A data sheet. */
#include <arch/arch.h>
#include <lib/spinlock.h>
#include <platform/pic8259.h>

#define FIRST 0x20u
#define SECOND 0xa0u

static void initialise(unsigned port, unsigned vector, unsigned cascade)
{
    arch_ioport_write(port, 1, 0x11); /* ICW1: edge, cascaded, ICW4 follows */
    arch_ioport_write(port + 1, 1, vector);
    arch_ioport_write(port + 1, 1, cascade);
    arch_ioport_write(port + 1, 1, 1); /* ICW4: 8086 mode */
    arch_ioport_write(port + 1, 1, 0xff);
}

void pic8259_disable(unsigned first_vector)
{
    initialise(FIRST, first_vector, 1 << 2);
    initialise(SECOND, first_vector + 8, 2);
}

#define CASCADE 2u
#define POLL 0x0cu              /* OCW3: the next read acknowledges, and tells the line */
#define POLL_PENDING 0x80u
#define COMPLETE_LINE 0x60u     /* OCW2: specific end of interrupt */
#define LEVEL_FIRST 0x4d0u      /* of south bridges: which lines are level triggered */
#define LEVEL_SECOND 0x4d1u
#define LEVEL_LINES_FIRST 0x20u  /* 5, 9, 10 and 11, to which PCI lines are routed */
#define LEVEL_LINES_SECOND 0x0eu

static struct spinlock lock;
static uint16_t masked GUARDED_BY(lock);

void pic8259_init(void)
{
    pic8259_disable(0);
    arch_ioport_write(LEVEL_FIRST, 1, LEVEL_LINES_FIRST);
    arch_ioport_write(LEVEL_SECOND, 1, LEVEL_LINES_SECOND);
    spin_lock(&lock);
    masked = (uint16_t)~(1u << CASCADE);
    arch_ioport_write(FIRST + 1, 1, masked & 0xff);
    spin_unlock(&lock);
}

static int poll(unsigned port)
{
    uint64_t value = 0;
    arch_ioport_write(port, 1, POLL);
    arch_ioport_read(port, 1, &value);
    return value & POLL_PENDING ? (int)(value & 7) : -1;
}

int pic8259_claim(void)
{
    int line = poll(FIRST);
    if (line != CASCADE)
        return line;
    line = poll(SECOND);
    if (line < 0)
        arch_ioport_write(FIRST, 1, COMPLETE_LINE | CASCADE);
    return line < 0 ? -1 : 8 + line;
}

void pic8259_complete(unsigned line)
{
    if (line >= 8) {
        arch_ioport_write(SECOND, 1, COMPLETE_LINE | (line & 7));
        line = CASCADE;
    }
    arch_ioport_write(FIRST, 1, COMPLETE_LINE | line);
}

static void set_mask(unsigned line, bool mask)
{
    spin_lock(&lock);
    masked = (uint16_t)(mask ? masked | 1u << line : masked & ~(1u << line));
    arch_ioport_write(line < 8 ? FIRST + 1 : SECOND + 1, 1, line < 8 ? masked & 0xff : masked >> 8);
    spin_unlock(&lock);
}

void pic8259_mask(unsigned line)
{
    set_mask(line, true);
}

void pic8259_unmask(unsigned line)
{
    set_mask(line, false);
}
