/* load.c: tasks from ELF files in the archive. Segments that nobody writes and that begin at a page of the archive are mapped from there, so
 * that they exist once; others get memory of their own, of exactly their size. */
#include <load.h>

#include <elf.h>

static enum status copy_into(cap_t memory, uint64_t at, const void *from, uint64_t size)
{
    for (uint64_t done = 0, part; done < size; done += part) {
        enum status status = os_mem_write(memory, at + done, (uintptr_t)from + done, size - done, &part);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status map_copied(cap_t task, cap_t ledger, const struct archive_entry *program, const struct elf_segment *segment,
                              uint64_t lead, uint64_t length)
{
    cap_t memory;
    enum status status = os_mem_create(ledger, length, &memory);
    if (status != STATUS_OK)
        return status;
    status = copy_into(memory, lead, program->data + segment->offset, segment->file_size);
    uint64_t where;
    if (status == STATUS_OK)
        status = os_mem_map(task, memory, 0, segment->va - lead, length, segment->prot | MAP_FIXED_ADDRESS, &where);
    os_drop(memory);
    return status;
}

static enum status map_segment(cap_t task, cap_t ledger, const struct archive_entry *program, const struct elf_segment *segment)
{
    uint64_t lead = segment->va & (OS_PAGE_SIZE - 1), length = os_page_round(lead + segment->memory_size);
    uint64_t offset = program->offset + segment->offset - lead, where;
    bool shared = !(segment->prot & PROT_BIT_WRITE) && segment->file_size == segment->memory_size && segment->offset >= lead &&
                  (offset & (OS_PAGE_SIZE - 1)) == 0;
    if (shared)
        return os_mem_map(task, image.archive, offset, segment->va - lead, length, segment->prot | MAP_FIXED_ADDRESS, &where);
    return map_copied(task, ledger, program, segment, lead, length);
}

static enum status map_segments(cap_t task, cap_t ledger, const struct archive_entry *program, const struct elf *elf)
{
    for (unsigned i = 0; i < elf->segment_count; i++) {
        struct elf_segment segment;
        enum status status = elf_segment(elf, i, &segment);
        if (status == STATUS_OK && segment.type == ELF_LOAD && segment.memory_size)
            status = map_segment(task, ledger, program, &segment);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status make_thread(cap_t task, uint64_t stack, struct loaded *loaded)
{
    uint64_t end = NATIVE_STACKS + NATIVE_STACK_SIZE, where;
    stack = os_page_round(stack);
    if (stack > NATIVE_STACK_MOST(OS_PAGE_SIZE))
        stack = NATIVE_STACK_MOST(OS_PAGE_SIZE);
    enum status status = os_thread_create(task, NATIVE_STACKS, &loaded->thread);
    if (status != STATUS_OK)
        return status;
    loaded->stack_pointer = os_stack_top(NATIVE_STACKS);
    return os_mem_map(task, CAP_NULL, 0, end - stack, stack, PROT_BIT_READ | PROT_BIT_WRITE | MAP_ANONYMOUS | MAP_FIXED_ADDRESS, &where);
}

static enum status set_name(cap_t task, const char *name)
{
    uint64_t words[2] = {};
    memcpy(words, name, strnlen(name, sizeof words));
    return os_task_set_name(task, words[0], words[1]);
}

enum status load_program(const struct archive_entry *program, cap_t ledger, const char *name, uint64_t stack, struct loaded *loaded)
{
    struct elf elf;
    uint64_t start, end;
    enum status status = elf_open(&elf, program->data, program->size, program->size, OS_ELF_MACHINE);
    if (status == STATUS_OK)
        status = elf_span(&elf, &start, &end);
    if (status != STATUS_OK)
        return status;
    *loaded = (struct loaded){.entry = elf.entry};
    status = os_task_create(ledger, &loaded->task);
    if (status != STATUS_OK)
        return status;
    status = set_name(loaded->task, name);
    if (status == STATUS_OK)
        status = map_segments(loaded->task, ledger, program, &elf);
    if (status == STATUS_OK)
        status = make_thread(loaded->task, stack, loaded);
    if (status == STATUS_OK)
        return STATUS_OK;
    (void)os_task_kill(loaded->task, 0);
    os_drop(loaded->thread);
    os_drop(loaded->task);
    return status;
}
