/* kernel_test.c: the system calls that programs under test on the host need: mapping, the log, the clock. The rest is NOT_SUPPORTED.
 * `host_memory_limit` makes mapping fail beyond so many bytes. */
#include <check.h>
#include <host_kernel.h>
#include <map.h>
#include <os_thread.h>
#include <status.h>
#include <syscall.h>
#include <syscall_numbers.h>
#include <types.h>

#include <stdio.h>
#include <stdlib.h>
#include <unit.h>

/* Not from <sys/mman.h>, which has other constants under the names of <map.h>. */
#define HOST_READ_WRITE 3
#define HOST_PRIVATE_ANONYMOUS 0x22
void *mmap(void *at, size_t length, int protection, int flags, int file, long offset);
int munmap(void *at, size_t length);

size_t host_memory_limit = SIZE_MAX, host_memory_mapped;

static enum status map(uint64_t r[9])
{
    size_t length = r[4];
    if (r[1] || !(r[5] & MAP_ANONYMOUS))
        return STATUS_NOT_SUPPORTED;
    if (length > host_memory_limit - host_memory_mapped || host_memory_mapped > host_memory_limit)
        return STATUS_LEDGER_SPENT;
    void *at = mmap(nullptr, length, HOST_READ_WRITE, HOST_PRIVATE_ANONYMOUS, -1, 0);
    if (at == (void *)-1)
        return STATUS_NO_MEMORY;
    host_memory_mapped += length;
    r[1] = (uintptr_t)at;
    return STATUS_OK;
}

static enum status unmap(uint64_t r[9])
{
    if (munmap((void *)(uintptr_t)r[1], r[2]))
        return STATUS_INVALID_ARGUMENT;
    host_memory_mapped -= r[2];
    return STATUS_OK;
}

void host_trap(uint64_t number, uint64_t r[9])
{
    enum status status = STATUS_NOT_SUPPORTED;
    switch (number & 0xff) {
    case SYS_MEM_MAP:
        status = map(r);
        break;
    case SYS_MEM_UNMAP:
        status = unmap(r);
        break;
    case SYS_SYSTEM_LOG:
        printf("    log: %.*s\n", (int)r[1], (const char *)(uintptr_t)r[0]);
        status = STATUS_OK;
        break;
    case SYS_TASK_KILL:
        abort();
    case SYS_CAP_DROP:
        status = STATUS_OK;
        break;
    }
    r[0] = (uint64_t)(int64_t)status;
}

void os_check_failed(const char *file, int line, const char *text)
{
    printf("%s:%d: broken: %s\n", file, line, text);
    abort();
}

/* Tests have one thread. */
void os_lock(struct os_lock *lock)
{
    if (lock->word++)
        abort();
}

void os_unlock(struct os_lock *lock)
{
    lock->word--;
}
