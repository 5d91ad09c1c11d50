/* memory.h: the program's address space. */
#ifndef POSIX_MEMORY_H
#define POSIX_MEMORY_H

#include "posix.h"

#define MMAP_SHARED    0x01u
#define MMAP_PRIVATE   0x02u
#define MMAP_SHARED_VALIDATE 0x03u
#define MMAP_TYPE      0x0fu
#define MMAP_FIXED     0x10u
#define MMAP_ANONYMOUS 0x20u
#define MMAP_GROWS_DOWN 0x100u
#define MMAP_DENY_WRITE 0x800u  /* and EXECUTABLE: nothing, on Linux too */
#define MMAP_EXECUTABLE 0x1000u
#define MMAP_LOCKED    0x2000u
#define MMAP_NO_RESERVE 0x4000u
#define MMAP_POPULATE  0x8000u
#define MMAP_NON_BLOCK 0x10000u
#define MMAP_STACK     0x20000u
#define MMAP_HUGE      0x40000u
#define MMAP_SYNC      0x80000u
#define MMAP_FIXED_NO_REPLACE 0x100000u
#define MMAP_UNINITIALIZED 0x4000000u
#define MMAP_HUGE_SIZE 0xfc000000u

[[nodiscard]] long posix_mmap(uint64_t address, uint64_t length, unsigned prot, unsigned flags, int number, uint64_t offset);
[[nodiscard]] long posix_munmap(uint64_t address, uint64_t length);
[[nodiscard]] long posix_mprotect(uint64_t address, uint64_t length, unsigned prot);
[[nodiscard]] long posix_mremap(uint64_t address, uint64_t length, uint64_t new_length, unsigned flags, uint64_t new_address);
[[nodiscard]] long posix_madvise(uint64_t address, uint64_t length, unsigned advice);
[[nodiscard]] long posix_mincore(uint64_t address, uint64_t length, uint8_t *user_vector);
[[nodiscard]] long posix_msync(uint64_t address, uint64_t length, unsigned flags);
[[nodiscard]] long posix_mlock(uint64_t address, uint64_t length, unsigned flags);
[[nodiscard]] long posix_munlock(uint64_t address, uint64_t length);
[[nodiscard]] long posix_mlockall(unsigned flags);
[[nodiscard]] long posix_munlockall(void);
[[nodiscard]] long posix_brk(uint64_t address);

/* The first region at or above `at`, and what of it lies below `end`; end = 0: there is none. */
struct mapped_part {
    uint64_t start, end, region_start;
    uint64_t flags; /* of mem_map */
};
struct mapped_part mapped_part(uint64_t at, uint64_t end);
/* Page aligned, not empty, outside the runtime, inside the user range. */
bool range_good(uint64_t address, uint64_t length);
long memory_errno(enum status status);

/* For loaders: unmap all of the program; map anonymous memory at a place. */
[[nodiscard]] enum status memory_clear(void);
[[nodiscard]] enum status memory_map_anonymous(uint64_t address, uint64_t length, unsigned prot);

#endif
