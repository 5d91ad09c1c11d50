/* asid_types.h: the part of struct arch_space that asid.c owns. */
#ifndef KERNEL_ASID_TYPES_H
#define KERNEL_ASID_TYPES_H

struct asid {
    uint64_t generation; /* 0: never had one */
    uint64_t number;
};

#endif
