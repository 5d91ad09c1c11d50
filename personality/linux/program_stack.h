/* program_stack.h: what a Linux program finds on its stack when it starts. */
#ifndef LINUX_PROGRAM_STACK_H
#define LINUX_PROGRAM_STACK_H

#include <execute.h>
#include <stdint.h>

struct program_facts {
    uint64_t entry, headers, header_count, interpreter_base, hardware, signal_stack, vdso; /* vdso 0: none */
    uint32_t uid, euid, gid, egid;
    const char *platform; /* NULL: none */
    unsigned char random[16];
};

/* Write argument count, arguments, environment and the auxiliary vector below `top`, which is the end of `size` bytes.
 * Returns: the stack pointer, 0 when there is no room. */
uint64_t program_stack_build(char *top, uint64_t size, const char *path, const struct program_strings *strings, const struct program_facts *facts);

#endif
