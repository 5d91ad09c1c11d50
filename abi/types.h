/* types.h: the basic types and limits that kernel and programs share. */
#ifndef ABI_TYPES_H
#define ABI_TYPES_H

#include <stddef.h>
#include <stdint.h>

/* A capability's name in its task's table: index in bits 0..23, generation in bits 24..31. 0 is the null handle. */
typedef uint32_t cap_t;
#define CAP_NULL 0u
#define CAP_INDEX_BITS 24u
#define CAP_INDEX(cap) ((cap) & ((1u << CAP_INDEX_BITS) - 1))
#define CAP_GENERATION(cap) ((cap) >> CAP_INDEX_BITS)

/* A user virtual address as an integer: only the kernel's usercopy functions may reach what is there. */
typedef uint64_t uaddr_t;

/* Absolute time in nanoseconds since boot, as clock_now gives it. */
#define DEADLINE_NONE UINT64_MAX

/* Protection of a mapping, and the access of a fault. */
#define PROT_BIT_READ 1u
#define PROT_BIT_WRITE 2u
#define PROT_BIT_EXEC 4u

/* Layout of every user address space: [USER_BASE, USER_END). The POSIX runtime sits at RUNTIME_BASE. All five machines. */
#define USER_BASE 0x10000ull
#define RUNTIME_BASE 0x3000000000ull
#define RUNTIME_END  0x3800000000ull
#define USER_END     0x3fffff0000ull

#endif
