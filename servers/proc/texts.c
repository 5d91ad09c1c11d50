/* texts.c: what the files of /proc say, in the formats that programs read on Linux. */
#include "files.h"
#include <format.h>

#define TICK_NS 10000000ull /* USER_HZ = 100 */

void text_add(struct text *text, const char *bytes, size_t length)
{
    while (text->capacity - text->length < length + 1) {
        size_t capacity = text->capacity == 0 ? 1024 : text->capacity * 2;
        char *grown = os_reallocate(text->bytes, capacity);
        if (grown == nullptr) {
            text->failed = true;
            return;
        }
        text->bytes = grown;
        text->capacity = capacity;
    }
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
}

void text_print(struct text *text, const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    int length = os_format_list(line, sizeof line, format, arguments);
    va_end(arguments);
    text_add(text, line, (size_t)length < sizeof line ? (size_t)length : sizeof line - 1);
}

static uint64_t figure(uint64_t what)
{
    uint64_t value = 0;
    (void)os_system_info(BOOTSTRAP_CONTROL, what, &value);
    return value;
}

static uint64_t task_figure(const struct process *process, enum task_figure what)
{
    uint64_t value = 0;
    if (process->state != ZOMBIE)
        (void)os_task_info(process->task, (uint64_t)what, &value);
    return value;
}

static char state_letter(const struct process *process)
{
    if (process->state == ZOMBIE)
        return 'Z';
    if (process->state == STOPPED)
        return 'T';
    LIST_FOR(thread, &process->threads, struct posix_thread, link) {
        uint64_t state = 0;
        (void)os_thread_info(thread->thread, THREAD_STATE, &state);
        if (state == THREAD_READY || state == THREAD_RUNNING)
            return 'R';
    }
    return 'S';
}

static const char *name_of(const struct process *process)
{
    return process->name != nullptr ? process->name : "init";
}

static size_t thread_count(const struct process *process)
{
    size_t count = 0;
    for (const struct list *item = process->threads.next; item != &process->threads; item = item->next)
        count++;
    return count;
}

/* --- /proc/<pid> ---------------------------------------------------------------------------------------------------------------------------- */
static void write_stat(struct text *text, struct process *process)
{
    uint64_t resident = task_figure(process, TASK_RESIDENT_BYTES);
    text_print(text, "%u (%.15s) %c %u %u %u %llu -1 4194304 0 0 0 0 %llu 0 %llu 0 ", process->pid, name_of(process), state_letter(process),
               process->parent != nullptr ? process->parent->pid : 0, process->group, process->session, (unsigned long long)process->terminal,
               (unsigned long long)(process_cpu_ns(process) / TICK_NS), (unsigned long long)(process->children_ns / TICK_NS));
    text_print(text, "%lld %lld %zu 0 %llu %llu %llu 18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
               20 + (long long)process->nice, (long long)process->nice, thread_count(process), (unsigned long long)(process->start_ns / TICK_NS),
               (unsigned long long)task_figure(process, TASK_MAPPED_BYTES), (unsigned long long)(resident / OS_PAGE_SIZE));
}

static void write_statm(struct text *text, struct process *process)
{
    text_print(text, "%llu %llu 0 0 0 0 0\n", (unsigned long long)(task_figure(process, TASK_MAPPED_BYTES) / OS_PAGE_SIZE),
               (unsigned long long)(task_figure(process, TASK_RESIDENT_BYTES) / OS_PAGE_SIZE));
}

static uint64_t pending_of(struct process *process)
{
    uint64_t bits = 0;
    LIST_FOR(pending, &process->pending, struct pending_signal, link)
        bits |= signal_bit(pending->signal);
    return bits;
}

static void write_status(struct text *text, struct process *process)
{
    char letter = state_letter(process);
    const char *word = letter == 'R' ? "running" : letter == 'S' ? "sleeping" : letter == 'T' ? "stopped" : "zombie";
    text_print(text, "Name:\t%.15s\nUmask:\t%04o\nState:\t%c (%s)\nTgid:\t%u\nNgid:\t0\nPid:\t%u\nPPid:\t%u\nTracerPid:\t0\n", name_of(process),
               process->umask, letter, word, process->pid, process->pid, process->parent != nullptr ? process->parent->pid : 0);
    text_print(text, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\nFDSize:\t64\nGroups:\t", process->uid, process->euid, process->suid,
               process->euid, process->gid, process->egid, process->sgid, process->egid);
    for (uint32_t i = 0; i < process->group_count; i++)
        text_print(text, "%u ", process->groups[i]);
    text_print(text, "\nVmSize:\t%8llu kB\nVmRSS:\t%8llu kB\nThreads:\t%zu\n", (unsigned long long)task_figure(process, TASK_MAPPED_BYTES) >> 10,
               (unsigned long long)task_figure(process, TASK_RESIDENT_BYTES) >> 10, thread_count(process));
    text_print(text, "SigPnd:\t0000000000000000\nShdPnd:\t%016llx\nSigBlk:\t0000000000000000\nSigIgn:\t%016llx\nSigCgt:\t%016llx\n",
               (unsigned long long)pending_of(process), (unsigned long long)process->ignored, (unsigned long long)process->handled);
}

static void write_arguments(struct text *text, struct process *process)
{
    if (process->arguments == nullptr || process->state == ZOMBIE)
        return;
    size_t skip = strlen(process->name) + 1; /* the command name comes first */
    if (skip < process->arguments_length)
        text_add(text, process->arguments + skip, process->arguments_length - skip - 1);
}

static void write_name(struct text *text, struct process *process)
{
    text_print(text, "%.15s\n", name_of(process));
}

void write_map_line(struct text *text, uint64_t start, uint64_t end, uint64_t flags, uint64_t offset)
{
    text_print(text, "%08llx-%08llx %c%c%c%c %08llx 00:00 0\n", (unsigned long long)start, (unsigned long long)end,
               (flags & PROT_BIT_READ) != 0 ? 'r' : '-', (flags & PROT_BIT_WRITE) != 0 ? 'w' : '-', (flags & PROT_BIT_EXEC) != 0 ? 'x' : '-',
               (flags & MAP_SHARED_CLONE) != 0 ? 's' : 'p', (unsigned long long)offset);
}

static void write_maps(struct text *text, struct process *process)
{
    uint64_t start = 0, end = 0, flags, offset, resident;
    while (process->state != ZOMBIE && os_mem_query(process->task, end, &start, &end, &flags, &offset, &resident) == STATUS_OK)
        write_map_line(text, start, end, flags, offset);
}

static void write_directory(struct text *text, struct process *process)
{
    const char *directory = process->directory != nullptr ? process->directory : "/";
    text_add(text, directory, strlen(directory));
}

static void write_root(struct text *text, struct process *)
{
    text_add(text, "/", 1);
}

static void write_limits(struct text *text, struct process *process)
{
    static const char *const names[LIMITS] = {"Max cpu time", "Max file size", "Max data size", "Max stack size", "Max core file size",
        "Max resident set", "Max processes", "Max open files", "Max locked memory", "Max address space", "Max file locks",
        "Max pending signals", "Max msgqueue size", "Max nice priority", "Max realtime priority", "Max realtime timeout"};
    text_print(text, "%-26s%-21s%-21s\n", "Limit", "Soft Limit", "Hard Limit");
    for (unsigned i = 0; i < LIMITS; i++) {
        text_print(text, "%-26s", names[i]);
        for (unsigned side = 0; side < 2; side++) {
            uint64_t limit = side == 0 ? process->limit[i].soft : process->limit[i].hard;
            if (limit == UINT64_MAX)
                text_print(text, "%-21s", "unlimited");
            else
                text_print(text, "%-21llu", (unsigned long long)limit);
        }
        text_print(text, "\n");
    }
}

static void write_mounts(struct text *text, struct process *)
{
    text_print(text, "tmpfs / tmpfs rw 0 0\nproc /proc proc rw 0 0\n");
}

/* --- /proc ------------------------------------------------------------------------------------------------------------------------------------ */
static void write_meminfo(struct text *text, struct process *)
{
    unsigned long long total = figure(SYSTEM_MEMORY_TOTAL) >> 10, free = figure(SYSTEM_MEMORY_FREE) >> 10;
    text_print(text, "MemTotal:       %8llu kB\nMemFree:        %8llu kB\nMemAvailable:   %8llu kB\nBuffers:        %8u kB\nCached:         %8u kB\n",
               total, free, free, 0u, 0u);
    text_print(text, "SwapCached:     %8u kB\nActive:         %8u kB\nInactive:       %8u kB\nSwapTotal:      %8u kB\nSwapFree:       %8u kB\n", 0u, 0u, 0u, 0u, 0u);
    text_print(text, "Dirty:          %8u kB\nAnonPages:      %8llu kB\nShmem:          %8u kB\nSlab:           %8u kB\nSReclaimable:   %8u kB\n", 0u, total - free, 0u, 0u, 0u);
}

static void write_uptime(struct text *text, struct process *)
{
    uint64_t now = os_now() / TICK_NS, idle = figure(SYSTEM_IDLE_NS) / TICK_NS;
    text_print(text, "%llu.%02llu %llu.%02llu\n", (unsigned long long)now / 100, (unsigned long long)now % 100, (unsigned long long)idle / 100,
               (unsigned long long)idle % 100);
}

static void write_loadavg(struct text *text, struct process *)
{
    uint64_t running = figure(SYSTEM_RUNNABLE);
    text_print(text, "0.00 0.00 0.00 %llu/%zu %u\n", (unsigned long long)running, processes.count, first_process != nullptr ? first_process->pid : 0);
}

static void write_system_stat(struct text *text, struct process *)
{
    struct text each = {};
    uint64_t cpus = figure(SYSTEM_CPUS), all_busy = 0, all_idle = 0;
    for (uint64_t i = 0; i < cpus; i++) {
        uint64_t busy = figure(SYSTEM_CPU_BUSY_NS + i) / TICK_NS, idle = figure(SYSTEM_CPU_IDLE_NS + i) / TICK_NS;
        text_print(&each, "cpu%llu %llu 0 0 %llu 0 0 0 0 0 0\n", (unsigned long long)i, (unsigned long long)busy, (unsigned long long)idle);
        all_busy += busy;
        all_idle += idle;
    }
    text_print(text, "cpu  %llu 0 0 %llu 0 0 0 0 0 0\n", (unsigned long long)all_busy, (unsigned long long)all_idle);
    text_add(text, each.bytes, each.length);
    text->failed |= each.failed;
    os_free(each.bytes);
    text_print(text, "intr 0\nctxt %llu\nbtime %llu\nprocesses %zu\nprocs_running %llu\nprocs_blocked 0\n", (unsigned long long)figure(SYSTEM_SWITCHES),
               (unsigned long long)((os_wall_clock() - os_now()) / 1000000000ull), processes.count, (unsigned long long)figure(SYSTEM_RUNNABLE));
}

static void write_version(struct text *text, struct process *)
{
    text_print(text, "Linux version 6.12.0-heddle (Heddle microkernel)\n");
}

static void write_cpuinfo(struct text *text, struct process *)
{
    uint64_t cpus = figure(SYSTEM_CPUS);
    for (uint64_t i = 0; i < cpus; i++)
        text_print(text, "processor\t: %llu\nmodel name\t: %s\n\n", (unsigned long long)i, OS_MACHINE_NAME);
}

static void write_filesystems(struct text *text, struct process *)
{
    text_print(text, "nodev\ttmpfs\nnodev\tproc\n");
}

static void write_mounts_link(struct text *text, struct process *)
{
    text_add(text, "self/mounts", 11);
}

static void write_self(struct text *text, struct process *)
{
    text_add(text, "self", 4); /* vfs answers readlink of it with the caller's number */
}

const struct proc_file top_files[] = {
    {.name = "meminfo", .write = write_meminfo}, {.name = "uptime", .write = write_uptime}, {.name = "loadavg", .write = write_loadavg},
    {.name = "stat", .write = write_system_stat}, {.name = "vmstat", .write = write_vmstat},
    {.name = "version", .write = write_version}, {.name = "cpuinfo", .write = write_cpuinfo}, {.name = "filesystems", .write = write_filesystems},
    {.name = "mounts", .write = write_mounts_link, .link = true}, {.name = "self", .write = write_self, .link = true},
    {.name = "services", .write = write_services, .take = take_services},
};
const size_t top_file_count = ARRAY_LENGTH(top_files);

const struct proc_file process_files[] = {
    {.name = "stat", .write = write_stat}, {.name = "statm", .write = write_statm}, {.name = "status", .write = write_status},
    {.name = "cmdline", .write = write_arguments},
    {.name = "comm", .write = write_name}, {.name = "maps", .write = write_maps}, {.name = "smaps", .write = write_smaps}, {.name = "limits", .write = write_limits},
    {.name = "mounts", .write = write_mounts},
    {.name = "cwd", .write = write_directory, .link = true}, {.name = "root", .write = write_root, .link = true},
};
const size_t process_file_count = ARRAY_LENGTH(process_files);
