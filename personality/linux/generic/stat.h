/* stat.h (generic): struct stat of machines without an older one of their own. */
#ifndef LINUX_STAT_H
#define LINUX_STAT_H

#include <file.h>
#include <stdint.h>

struct linux_stat {
    uint64_t device, inode;
    uint32_t mode, links, uid, gid;
    uint64_t raw_device, pad1;
    int64_t  size;
    int32_t  block_size, pad2;
    int64_t  blocks;
    int64_t  accessed, accessed_ns, modified, modified_ns, changed, changed_ns;
    uint32_t unused[2];
};
static_assert(sizeof(struct linux_stat) == 128);

static inline struct linux_stat stat_out(const struct file_stat *s)
{
    return (struct linux_stat){
        .device = s->device, .inode = s->inode, .mode = s->mode, .links = (uint32_t)s->links, .uid = s->uid, .gid = s->gid,
        .raw_device = s->raw_device, .size = (int64_t)s->size, .block_size = (int32_t)s->block_size, .blocks = (int64_t)s->blocks,
        .accessed = (int64_t)(s->accessed_ns / 1000000000), .accessed_ns = (int64_t)(s->accessed_ns % 1000000000),
        .modified = (int64_t)(s->modified_ns / 1000000000), .modified_ns = (int64_t)(s->modified_ns % 1000000000),
        .changed = (int64_t)(s->changed_ns / 1000000000), .changed_ns = (int64_t)(s->changed_ns % 1000000000),
    };
}

#endif
