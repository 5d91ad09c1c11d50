/* copy.h: copies between a memory object and user memory (sys_mem.c). */
#ifndef KERNEL_COPY_H
#define KERNEL_COPY_H

#include <mm/space.h>

/* OUT_OF_RANGE unless the whole part lies in the object. *done counts up from what it is; OK with *done < length: an interrupt waits. */
[[nodiscard]] enum status copy_mem_user(struct mem_object *mem, uint64_t offset, struct space *space, uaddr_t address, uint64_t length,
                                        bool into_mem, uint64_t *done);

#endif
