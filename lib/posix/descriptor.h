/* descriptor.h: the descriptor table: small numbers for capabilities of open file descriptions. Fork copies it with the rest of memory,
 * and the kernel clones the capabilities at the same handles. Lookups take no lock. */
#ifndef POSIX_DESCRIPTOR_H
#define POSIX_DESCRIPTOR_H

#include "posix.h"

#define DESCRIPTORS_MOST 0x100000u

enum descriptor_flag : uint8_t {
    DESCRIPTOR_CLOSE_ON_EXEC = 1,
    DESCRIPTOR_PATH_ONLY = 2, /* O_PATH: no input and output */
    DESCRIPTOR_LOCKS = 4,     /* fcntl locks were taken through it: closing gives them back */
};

struct descriptor {
    _Atomic cap_t object; /* CAP_NULL: free */
    uint8_t flags;
    uint8_t kind;         /* S_IFMT >> 12 of what was opened */
    uint16_t reserved;
    char *path;           /* directories and O_PATH: the absolute path it was opened by; else NULL */
};

struct descriptor_table {
    struct descriptor *entries;
    _Atomic uint32_t room;   /* entries there are; readers see entries before room */
    uint32_t lowest_free;    /* none below it is free */
    uint32_t highest;        /* one above the highest in use */
};
extern struct descriptor_table descriptors;

#define KIND_FIFO 1u
#define KIND_CHARACTER 2u
#define KIND_DIRECTORY 4u
#define KIND_REGULAR 8u
#define KIND_LINK 10u

/* The entry of an open descriptor, or NULL. What it holds may change when other threads close it. */
static inline struct descriptor *descriptor_find(int number)
{
    if ((unsigned)number >= atomic_load_explicit(&descriptors.room, memory_order_acquire))
        return NULL;
    struct descriptor *descriptor = &descriptors.entries[number];
    return atomic_load_explicit(&descriptor->object, memory_order_relaxed) == CAP_NULL ? NULL : descriptor;
}

/* The object for input and output; CAP_NULL: EBADF. */
static inline cap_t descriptor_object(int number)
{
    struct descriptor *descriptor = descriptor_find(number);
    if (!descriptor || descriptor->flags & DESCRIPTOR_PATH_ONLY)
        return CAP_NULL;
    return atomic_load_explicit(&descriptor->object, memory_order_relaxed);
}

/* Give the description the lowest free number that is not below `from`. Owner: the table, also of path; on failure nothing changed.
 * Returns: the number, -EMFILE, -ENOMEM, -EINVAL. */
[[nodiscard]] long descriptor_add(cap_t object, unsigned kind, unsigned flags, char *path, unsigned from);
/* Give it this number; what was open there is closed. Returns: the number, -EBADF, -ENOMEM. */
[[nodiscard]] long descriptor_replace(unsigned number, cap_t object, unsigned kind, unsigned flags, char *path);
/* Returns: 0 or -EBADF. */
[[nodiscard]] long descriptor_close(unsigned number);
void descriptor_close_on_exec(void);

#endif
