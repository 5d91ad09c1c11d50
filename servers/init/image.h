/* image.h: the boot image: the command line and the archive. */
#ifndef INIT_IMAGE_H
#define INIT_IMAGE_H

#include <archive.h>
#include <os.h>

struct image {
    const char    *cmdline;
    size_t         cmdline_length;
    cap_t          archive;      /* memory object of the unpacked archive */
    const uint8_t *bytes;        /* where init sees it */
    size_t         size;
};
extern struct image image;

/* Read the boot image, unpack the archive and let go of the packed one. Ends the task when that is impossible. */
void image_open(void);

/* The value of a word "name=value" of the command line, %XX decoded, on the heap; NULL when it is not there. A word "name" alone: "". */
char *image_option(const char *name);

/* A part of the archive as a memory object of its own, copy-on-write where it begins at a page. Returns: OK and *memory. */
[[nodiscard]] enum status image_part(size_t offset, size_t size, cap_t ledger, cap_t *memory);

#endif
