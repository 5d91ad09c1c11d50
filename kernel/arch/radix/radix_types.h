/* radix_types.h: the part of struct arch_space that radix.c owns. */
#ifndef KERNEL_RADIX_TYPES_H
#define KERNEL_RADIX_TYPES_H

/* Owner: the space's lock. */
struct radix {
    paddr_t root;
    paddr_t retired; /* tables out of the tree, to be freed at the next change; linked by their first entry */
    uint32_t tables; /* in the tree, root included */
};

#endif
