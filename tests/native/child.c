/* child.c: tasks that run this program's code. Not here: what they do.
 * Code and read-only data are copied once into memory objects that all children show; data is fresh in each. */
#include <boot_image.h>
#include <test.h>

uint64_t child_parameters[CHILD_PARAMETERS] = {1}; /* in .data: it has a place in the image */

static cap_t shared[BOOT_IMAGE_SEGMENTS]; /* of segments that nobody writes */

static const struct boot_image *image(void)
{
    return (const struct boot_image *)BOOT_IMAGE_ADDRESS;
}

/* A memory object with the segment's content, as whole pages. */
static enum status segment_object(const struct boot_image_segment *segment, cap_t ledger, uint64_t *start, uint64_t *size, cap_t *mem)
{
    *start = segment->va & ~(uint64_t)(OS_PAGE_SIZE - 1);
    uint64_t before = segment->va - *start, done;
    *size = os_page_round(before + segment->memory_size);
    enum status status = os_mem_create(ledger, *size, mem);
    for (uint64_t at = 0; status == STATUS_OK && at < segment->file_size; at += done)
        status = os_mem_write(*mem, before + at, BOOT_IMAGE_ADDRESS + segment->offset + at, segment->file_size - at, &done);
    return status;
}

static enum status map_segment(struct child *child, unsigned index, cap_t ledger)
{
    const struct boot_image_segment *segment = &image()->segment[index];
    bool writable = segment->prot & PROT_BIT_WRITE;
    cap_t mem = shared[index];
    uint64_t start = segment->va & ~(uint64_t)(OS_PAGE_SIZE - 1), size = os_page_round(segment->va - start + segment->memory_size), where;
    enum status status = STATUS_OK;
    if (mem == CAP_NULL)
        status = segment_object(segment, writable ? ledger : BOOTSTRAP_LEDGER, &start, &size, &mem);
    if (status == STATUS_OK)
        status = os_mem_map(child->task, mem, 0, start, size, (segment->prot & 7) | MAP_FIXED_ADDRESS, &where);
    if (writable)
        os_drop(mem);
    else
        shared[index] = mem;
    return status;
}

enum status child_create(struct child *child, cap_t ledger)
{
    *child = (struct child){};
    enum status status = os_task_create(ledger, &child->task);
    for (unsigned i = 0; status == STATUS_OK && i < image()->segment_count; i++)
        status = map_segment(child, i, ledger);
    uint64_t where, size = NATIVE_STACK_MOST(OS_PAGE_SIZE);
    if (status == STATUS_OK)
        status = os_mem_map(child->task, CAP_NULL, 0, NATIVE_STACKS + NATIVE_STACK_SIZE - size, size,
                            PROT_BIT_READ | PROT_BIT_WRITE | MAP_ANONYMOUS | MAP_FIXED_ADDRESS, &where);
    if (status == STATUS_OK)
        status = os_thread_create(child->task, NATIVE_STACKS, &child->thread);
    if (status == STATUS_OK)
        status = os_notification_create(ledger, &child->death);
    if (status == STATUS_OK)
        status = os_task_bind_death(child->task, child->death, 1);
    if (status == STATUS_OK)
        status = child_give(child, child->task, RIGHTS_ALL & ~RIGHT_CLONE, BOOTSTRAP_TASK);
    if (status == STATUS_OK)
        status = child_give(child, child->thread, RIGHTS_ALL & ~RIGHT_CLONE, BOOTSTRAP_THREAD);
    if (status == STATUS_OK)
        status = child_give(child, ledger, RIGHTS_ALL & ~RIGHT_CLONE, BOOTSTRAP_LEDGER);
    return status;
}

enum status child_give(struct child *child, cap_t cap, uint32_t rights, uint32_t index)
{
    uint64_t type, has, badge;
    cap_t handle;
    enum status status = os_cap_info(cap, &type, &has, &badge);
    return status == STATUS_OK ? os_cap_install(child->task, cap, rights & (uint32_t)has, index, &handle) : status;
}

enum status child_start(struct child *child, int (*run)(void), const uint64_t *parameters, unsigned count)
{
    extern const char _start[];
    uint64_t done;
    enum status status = STATUS_OK;
    if (count)
        status = os_task_write_memory(child->task, (uintptr_t)child_parameters, (uintptr_t)parameters, count * sizeof *parameters, &done);
    if (status == STATUS_OK)
        status = os_thread_start(child->thread, (uintptr_t)_start, NATIVE_STACKS + NATIVE_STACK_SIZE - 64, (uintptr_t)run);
    return status;
}

enum status child_run(struct child *child, int (*run)(void))
{
    enum status status = child_create(child, BOOTSTRAP_LEDGER);
    return status == STATUS_OK ? child_start(child, run, nullptr, 0) : status;
}

uint64_t child_wait(struct child *child)
{
    uint64_t bits, code = UINT64_MAX;
    EXPECT_OK(os_notification_wait(child->death, 1, os_now() + 20000 * MILLISECONDS, false, &bits));
    EXPECT_OK(os_task_info(child->task, TASK_EXIT_CODE, &code));
    os_drop(child->task);
    os_drop(child->thread);
    os_drop(child->death);
    return code;
}

void child_kill(struct child *child)
{
    EXPECT_OK(os_task_kill(child->task, 0));
    (void)child_wait(child);
}

/* In the child: what its first thread does. */
int child_main(int (*run)(void));
int child_main(int (*run)(void))
{
    int code = run();
    return test_failures ? (int)CHILD_FAILED : code;
}
