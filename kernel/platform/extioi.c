/* extioi.c: see extioi.h. Registers as in the Loongson 3A5000 manual, chapter 11. */
#include <csr.h>
#include <platform/extioi.h>

enum extioi_register : uint32_t { NODE_TYPE = 0x14a0, IP_MAP = 0x14c0, ENABLE = 0x1600, BOUNCE = 0x1680, PENDING = 0x1800, CORE_MAP = 0x1c00 };

#define NODE_TYPES 8u
#define MAP_TO_FIRST 0x01010101u /* of four bytes: IP0; the first core */
#define VECTORS 256u

static unsigned words; /* of pending bits in use */

void extioi_init(unsigned lines)
{
    words = (lines + 31) / 32;
    for (unsigned i = 0; i < NODE_TYPES; i++)
        iocsr_write32(NODE_TYPE + 4 * i, (2 * i + 1) << 16 | 1u << 2 * i % 32);
    for (unsigned i = 0; i < VECTORS / 32 / 4; i++)
        iocsr_write32(IP_MAP + 4 * i, MAP_TO_FIRST);
    for (unsigned i = 0; i < VECTORS / 4; i++)
        iocsr_write32(CORE_MAP + 4 * i, MAP_TO_FIRST);
    for (unsigned i = 0; i < VECTORS / 32; i++) {
        iocsr_write32(BOUNCE + 4 * i, 0);
        iocsr_write32(PENDING + 4 * i, UINT32_MAX);
        iocsr_write32(ENABLE + 4 * i, i < words ? UINT32_MAX : 0);
    }
}

int extioi_claim(void)
{
    for (unsigned i = 0; i < words; i++) {
        uint32_t pending = iocsr_read32(PENDING + 4 * i);
        if (pending)
            return (int)(32 * i) + __builtin_ctz(pending);
    }
    return -1;
}

void extioi_complete(unsigned vector)
{
    iocsr_write32(PENDING + vector / 32 * 4, 1u << vector % 32);
}
