/* fw_cfg.c: see fw_cfg.h. The selector is big-endian; data is bytes in order. QEMU, docs/specs/fw_cfg. */
#include <platform/fw_cfg.h>
#include <platform/mmio.h>

enum fw_cfg_register : uint32_t { DATA = 0, SELECTOR = 8 };
enum fw_cfg_key : uint16_t { KEY_SIGNATURE = 0, KEY_RAM_SIZE = 3 };

#define SIGNATURE 0x554d4551u /* "QEMU" */

static uint64_t read_number(uintptr_t registers, enum fw_cfg_key key, unsigned bytes)
{
    uint64_t value = 0;
    *(volatile uint16_t *)(registers + SELECTOR) = __builtin_bswap16(key);
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)mmio_read8(registers + DATA) << 8 * i;
    return value;
}

uint64_t fw_cfg_ram_size(uintptr_t registers)
{
    return read_number(registers, KEY_SIGNATURE, 4) == SIGNATURE ? read_number(registers, KEY_RAM_SIZE, 8) : 0;
}
