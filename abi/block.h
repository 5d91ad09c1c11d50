/* block.h: numbers of the block protocol. */
#ifndef ABI_BLOCK_H
#define ABI_BLOCK_H

enum block_flag : unsigned {
    BLOCK_READ_ONLY = 1, /* writing is refused */
    BLOCK_DISCARDS = 2,  /* block.discard does something */
    BLOCK_CACHES = 4,    /* what is written is only safe after block.flush */
};

#endif
