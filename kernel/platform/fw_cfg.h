/* fw_cfg.h: what QEMU tells of the machine it makes, where no table says so. */
#ifndef KERNEL_FW_CFG_H
#define KERNEL_FW_CFG_H

#include <stdint.h>

/* Bytes of RAM in all; 0: this is not fw_cfg. registers: mapped, the layout of "qemu,fw-cfg-mmio". */
uint64_t fw_cfg_ram_size(uintptr_t registers);

#endif
