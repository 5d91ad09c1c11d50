/* boot_image.h: what a machine boots besides the kernel: init's segments, the command line, the boot archive. tools/image.py makes it; the
 * loader of the machine puts it anywhere in memory (QEMU: -initrd, or -device loader at a fixed address; see tools/machines.py).
 * All numbers are little-endian; offsets are from the start of the image. */
#ifndef ABI_BOOT_IMAGE_H
#define ABI_BOOT_IMAGE_H

#include <stdint.h>

#define BOOT_IMAGE_MAGIC 0x30454c4444454821ull /* "!HEDDLE0" */
#define BOOT_IMAGE_SEGMENTS 8
#define BOOT_IMAGE_ALIGN 0x10000u              /* of segments and of the archive inside the image */

struct boot_image_segment {
    uint64_t va;          /* where init wants it */
    uint64_t offset;      /* of its bytes in the image; offset and va are equal modulo BOOT_IMAGE_ALIGN */
    uint64_t file_size;   /* bytes in the image */
    uint64_t memory_size; /* bytes in memory; those beyond file_size are zero */
    uint32_t prot;        /* PROT_BIT_* */
    uint32_t reserved;
};

struct boot_image {
    uint64_t magic;
    uint64_t size;                                             /* of the whole image */
    uint64_t entry;                                            /* init's */
    uint64_t cmdline_offset, cmdline_length;                   /* text without a terminator */
    uint64_t archive_offset, archive_size, archive_raw_size;   /* a zstd frame of a newc cpio archive, and its size unpacked */
    uint32_t segment_count, reserved;
    struct boot_image_segment segment[BOOT_IMAGE_SEGMENTS];
};

static_assert(sizeof(struct boot_image_segment) == 40 && sizeof(struct boot_image) == 72 + 8 * 40);

/* The command line is words separated by single spaces; in a word, %XX stands for a byte.
 *   cluster=64K     size of a cluster: MP 16K 64K 128K 256K
 *   quiet           the kernel's log does not go to the console
 *   start=A,B       init starts these services besides those that start at boot
 *   report=N        init logs after N seconds what services use
 *   exec=TEXT       init runs the shell command TEXT instead of a login shell, prints MARK_BEGIN, its output, MARK_END and its status
 *                   in decimal and a newline, and powers off */
#define BOOT_MARK_BEGIN "\036HEDDLE-BEGIN\n"
#define BOOT_MARK_END "\n\036HEDDLE-END "

#endif
