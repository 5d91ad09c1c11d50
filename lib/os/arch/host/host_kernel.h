/* host_kernel.h: knobs of the system calls that programs under test get (kernel_test.c). */
#ifndef OS_HOST_KERNEL_H
#define OS_HOST_KERNEL_H

#include <stddef.h>

extern size_t host_memory_limit;  /* mapping more fails */
extern size_t host_memory_mapped;

#endif
