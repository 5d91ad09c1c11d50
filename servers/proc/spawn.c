/* spawn.c: the first process, and fork. */
#include "process.h"
#include <elf.h>
#include <protocols/process_server.h>
#include <protocols/service.h>

#define RUNTIME_FILE "system/runtime"
#define COMMAND_MAX (64u << 10)

/* The runtime's ELF file, mapped here. */
struct image {
    cap_t memory;
    uint64_t size;
    char *bytes;
    struct elf elf;
};

static enum status open_image(struct image *image)
{
    uint64_t where = 0;
    enum status status = service_file(init_service, RUNTIME_FILE, strlen(RUNTIME_FILE), &image->memory, &image->size);
    if (status == STATUS_OK)
        status = os_mem_map(BOOTSTRAP_TASK, image->memory, 0, 0, os_page_round(image->size), PROT_BIT_READ, &where);
    image->bytes = (char *)where;
    if (status != STATUS_OK)
        return status;
    return elf_open(&image->elf, image->bytes, image->size, image->size, OS_ELF_MACHINE);
}

static void close_image(struct image *image)
{
    (void)os_mem_unmap(BOOTSTRAP_TASK, (uint64_t)image->bytes, os_page_round(image->size));
    os_drop(image->memory);
}

/* What is writable is copied by fork, the rest shared by all processes. */
static enum status map_segment(struct process *process, const struct image *image, const struct elf_segment *segment)
{
    uint64_t start = segment->va & ~(uint64_t)(OS_PAGE_SIZE - 1), before = segment->va - start;
    uint64_t size = os_page_round(before + segment->memory_size), done = 0, where;
    uint64_t flags = segment->prot | MAP_FIXED_ADDRESS | ((segment->prot & PROT_BIT_WRITE) != 0 ? 0 : MAP_SHARED_CLONE);
    cap_t memory;
    enum status status = os_mem_create(BOOTSTRAP_LEDGER, size, &memory);
    if (status != STATUS_OK)
        return status;
    while (status == STATUS_OK && done < segment->file_size) {
        uint64_t piece = 0;
        status = os_mem_write(memory, before + done, (uint64_t)image->bytes + segment->offset + done, segment->file_size - done, &piece);
        done += piece;
    }
    if (status == STATUS_OK)
        status = os_mem_map(process->task, memory, 0, start, size, flags, &where);
    os_drop(memory);
    return status;
}

static enum status map_image(struct process *process, const struct image *image)
{
    for (unsigned i = 0; i < image->elf.segment_count; i++) {
        struct elf_segment segment;
        enum status status = elf_segment(&image->elf, i, &segment);
        if (status == STATUS_OK && segment.type == ELF_LOAD && segment.memory_size > 0)
            status = map_segment(process, image, &segment);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* What the first process finds in its environment. */
static const char environment[] = "PATH=/sbin:/usr/sbin:/bin:/usr/bin\0HOME=/root\0TERM=linux\0USER=root\0LOGNAME=root\0SHELL=/bin/sh";

static uint64_t count_strings(const char *strings, uint64_t length)
{
    uint64_t count = 0;
    for (uint64_t i = 0; i < length; i++)
        count += strings[i] == 0;
    return count;
}

/* Write the start block and say where it is. strings: the path, then `count` - 1 arguments. */
static enum status write_start(struct process *process, const char *strings, uint64_t length, uint64_t count, uint64_t *address)
{
    uint64_t done, top = RUNTIME_FIRST_PAGE + RUNTIME_STACK_SIZE;
    if (length == 0 || strings[length - 1] != 0 || count_strings(strings, length) != count)
        return STATUS_BAD_FORMAT;
    struct posix_start start = {.argument_count = count - 1, .environment_count = count_strings(environment, sizeof environment)};
    *address = (top - sizeof start - length - sizeof environment) & ~15ull;
    enum status status = os_task_write_memory(process->task, *address, (uint64_t)&start, sizeof start, &done);
    if (status == STATUS_OK)
        status = os_task_write_memory(process->task, *address + sizeof start, (uint64_t)strings, length, &done);
    if (status == STATUS_OK)
        status = os_task_write_memory(process->task, *address + sizeof start + length, (uint64_t)environment, sizeof environment, &done);
    return status;
}

static enum status map_stack(struct process *process)
{
    uint64_t where;
    return os_mem_map(process->task, CAP_NULL, 0, RUNTIME_FIRST_PAGE + OS_PAGE_SIZE, RUNTIME_STACK_SIZE - OS_PAGE_SIZE,
                      PROT_BIT_READ | PROT_BIT_WRITE | MAP_FIXED_ADDRESS | MAP_ANONYMOUS, &where);
}

/* Services that every process may call; clones keep them. */
static enum status install_services(struct process *process)
{
    static const struct { unsigned from, index; } services[] = {
        {BOOTSTRAP_IMPORTS + 0, POSIX_CAP_VFS}, {BOOTSTRAP_IMPORTS + 1, POSIX_CAP_PIPE}, {BOOTSTRAP_IMPORTS + 2, POSIX_CAP_INIT},
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(services); i++) {
        cap_t handle;
        enum status status = os_cap_install(process->task, services[i].from, RIGHT_PORT_SEND | RIGHT_COPY | RIGHT_CLONE, services[i].index, &handle);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* The open terminal: descriptors 0, 1 and 2. Clones keep it. */
static enum status install_terminal(struct process *process, cap_t terminal)
{
    cap_t handle;
    if (terminal == CAP_NULL)
        return STATUS_OK;
    enum status status = os_cap_install(process->task, terminal, RIGHT_PORT_SEND | RIGHT_COPY | RIGHT_CLONE, POSIX_CAP_CONSOLE, &handle);
    os_drop(terminal);
    return status;
}

struct session { uint64_t length, count; cap_t terminal; };

static enum status build(struct process *process, const struct image *image, const char *command, const struct session *session)
{
    uint64_t start;
    enum status status = os_ledger_create(BOOTSTRAP_LEDGER, &process->ledger);
    if (status == STATUS_OK)
        status = os_task_create(process->ledger, &process->task);
    if (status == STATUS_OK)
        status = map_image(process, image);
    if (status == STATUS_OK)
        status = process_equip(process, RUNTIME_FIRST_PAGE);
    if (status == STATUS_OK)
        status = map_stack(process);
    if (status == STATUS_OK)
        status = install_services(process);
    if (status == STATUS_OK)
        status = install_terminal(process, session->terminal);
    if (status == STATUS_OK)
        status = write_start(process, command, session->length, session->count, &start);
    if (status != STATUS_OK)
        return status;
    struct posix_thread *thread = container_of(process->threads.next, struct posix_thread, link);
    return os_thread_start(thread->thread, image->elf.entry, start & ~63ull, start);
}

void spawn_first(void)
{
    static char command[COMMAND_MAX];
    struct image image = {};
    struct session session = {};
    enum status status = open_image(&image);
    if (status == STATUS_OK)
        status = service_session(init_service, command, sizeof command, &session.length, &session.count, &session.terminal);
    if (status == STATUS_OK && session.length > sizeof command)
        status = STATUS_TOO_BIG;
    if (status != STATUS_OK)
        os_fatal("the first process can't be made: %s", os_status_text(status));
    first_process = process_new(nullptr);
    if (first_process == nullptr)
        os_fatal("no memory for the first process");
    status = build(first_process, &image, command, &session);
    if (status != STATUS_OK)
        os_fatal("the first process does not start: %s", os_status_text(status));
    close_image(&image);
}

enum status op_fork(void *self, struct request *, uint64_t pc, uint64_t sp, uint64_t thread_page, uint64_t flags, uint64_t *pid)
{
    struct process *parent = self;
    if (flags != 0)
        return STATUS_INVALID_ARGUMENT;
    struct process *child = process_new(parent);
    if (child == nullptr)
        return STATUS_NO_MEMORY;
    enum status status = os_ledger_create(BOOTSTRAP_LEDGER, &child->ledger);
    if (status == STATUS_OK)
        status = os_task_clone(parent->task, child->ledger, &child->task);
    if (status == STATUS_OK)
        status = process_equip(child, thread_page);
    if (status == STATUS_OK) {
        struct posix_thread *thread = container_of(child->threads.next, struct posix_thread, link);
        status = os_thread_start(thread->thread, pc, sp, 0);
    }
    if (status != STATUS_OK) {
        process_discard(child);
        return status;
    }
    *pid = child->pid;
    return STATUS_OK;
}
