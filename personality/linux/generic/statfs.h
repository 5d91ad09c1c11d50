/* statfs.h (generic): struct statfs. */
#ifndef LINUX_STATFS_H
#define LINUX_STATFS_H

#include <stdint.h>

struct linux_statfs {
    uint64_t type, block_size, blocks, blocks_free, blocks_available, files, files_free;
    uint64_t id, name_length, fragment_size, flags, spare[4];
};
static_assert(sizeof(struct linux_statfs) == 120);

#endif
