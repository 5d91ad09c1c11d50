/* registers.c: device registers as memory or I/O ports. The argument's layout: init's device_argument: bits 0..7 = kind of the console
 * (enum system_figure SYSTEM_CONSOLE_KIND), 8..31 = stride, 32.. = offset of the registers in their first page. */
#include <drive.h>

enum status registers_open(struct registers *registers, uint64_t argument, cap_t cap)
{
    unsigned kind = argument & 0xff, stride = argument >> 8 & 0xffffff;
    *registers = (struct registers){.stride = stride ? stride : 1};
    if (kind == 1) {
        registers->ports = cap;
        return STATUS_OK;
    }
    uint64_t where;
    enum status status = os_mem_map(BOOTSTRAP_TASK, cap, 0, 0, OS_PAGE_SIZE, PROT_BIT_READ | PROT_BIT_WRITE, &where);
    if (status == STATUS_OK)
        registers->memory = (volatile uint8_t *)where + (argument >> 32);
    return status;
}

uint8_t registers_read8(const struct registers *registers, unsigned index)
{
    uint64_t value = 0;
    if (registers->ports)
        return os_ioport_read(registers->ports, index * registers->stride, 1, &value) == STATUS_OK ? (uint8_t)value : 0xff;
    if (registers->stride == 4)
        return (uint8_t)registers_read32(registers, index * 4);
    return registers->memory[index * registers->stride];
}

void registers_write8(const struct registers *registers, unsigned index, uint8_t value)
{
    if (registers->ports)
        (void)os_ioport_write(registers->ports, index * registers->stride, 1, value);
    else if (registers->stride == 4)
        registers_write32(registers, index * 4, value);
    else
        registers->memory[index * registers->stride] = value;
}
