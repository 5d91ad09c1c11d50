/* mips_stat.h: struct stat and struct statfs of the n64 ABI. */
#ifndef LINUX_STAT_H
#define LINUX_STAT_H

#include <file.h>
#include <stdint.h>

struct linux_stat {
    uint32_t device, pad0[3];
    uint64_t inode;
    uint32_t mode, links, uid, gid;
    uint32_t raw_device, pad1[3];
    int64_t  size;
    uint32_t accessed, accessed_ns, modified, modified_ns, changed, changed_ns;
    uint32_t block_size, pad2;
    uint64_t blocks;
};
static_assert(sizeof(struct linux_stat) == 104);

static inline struct linux_stat stat_out(const struct file_stat *s)
{
    return (struct linux_stat){
        .device = (uint32_t)s->device, .inode = s->inode, .mode = s->mode, .links = (uint32_t)s->links, .uid = s->uid, .gid = s->gid,
        .raw_device = (uint32_t)s->raw_device, .size = (int64_t)s->size, .block_size = s->block_size, .blocks = s->blocks,
        .accessed = (uint32_t)(s->accessed_ns / 1000000000), .accessed_ns = (uint32_t)(s->accessed_ns % 1000000000),
        .modified = (uint32_t)(s->modified_ns / 1000000000), .modified_ns = (uint32_t)(s->modified_ns % 1000000000),
        .changed = (uint32_t)(s->changed_ns / 1000000000), .changed_ns = (uint32_t)(s->changed_ns % 1000000000),
    };
}

struct linux_statfs {
    uint64_t type, block_size, fragment_size, blocks, blocks_free, files, files_free, blocks_available;
    uint64_t id, name_length, flags, spare[5];
};

#endif
