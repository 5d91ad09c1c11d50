/* mmio.h: device registers in memory. */
#ifndef KERNEL_MMIO_H
#define KERNEL_MMIO_H

#include <arch/arch.h>

/* Make device registers reachable by the kernel, uncached, for good. Each port with memory-mapped devices has it.
 * Requires: boot, before other CPUs run. Returns: the kernel address of `pa`. */
uintptr_t device_map(paddr_t pa, uint64_t size);

static inline uint8_t mmio_read8(uintptr_t address) { return *(volatile uint8_t *)address; }
static inline void mmio_write8(uintptr_t address, uint8_t value) { *(volatile uint8_t *)address = value; }
static inline uint32_t mmio_read32(uintptr_t address) { return *(volatile uint32_t *)address; }
static inline void mmio_write32(uintptr_t address, uint32_t value) { *(volatile uint32_t *)address = value; }
static inline uint64_t mmio_read64(uintptr_t address) { return *(volatile uint64_t *)address; }
static inline void mmio_write64(uintptr_t address, uint64_t value) { *(volatile uint64_t *)address = value; }

#endif
