/* disks.h: the server of disks: main.c what drivers and vfs ask, file.c open descriptions of block devices. */
#ifndef DISKS_DISKS_H
#define DISKS_DISKS_H

#include <serve.h>

struct disk {
    struct list link;
    uint64_t number;
    cap_t    block;     /* block protocol */
};

#define DISK_MAJOR 254u
#define DISK_MINORS 16u /* of each disk */

/* st_rdev of a disk, as Linux makes it of major and minor. */
static inline uint64_t disk_device(uint64_t number)
{
    uint64_t minor = number * DISK_MINORS;
    return (minor & 0xff) | (uint64_t)DISK_MAJOR << 8 | (minor & ~0xffull) << 12;
}

/* Returns: an open description, file protocol. */
[[nodiscard]] enum status file_open(struct disk *disk, uint64_t flags, cap_t *object);

#endif
