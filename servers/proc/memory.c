/* memory.c: what /proc says of memory: vmstat of the system, smaps of a process. */
#include "files.h"
#include <format.h>
#include <info.h>

static uint64_t memory_figure(unsigned what)
{
    uint64_t value = 0;
    (void)os_system_memory_info(BOOTSTRAP_CONTROL, what, &value);
    return value;
}

/* A line for each figure that counts something else than bytes, then for bytes. */
void write_vmstat(struct text *text, struct process *)
{
    static const struct { const char *name; unsigned figure; } lines[] = {
        {"pgfault", MEMORY_FAULTS}, {"free_runs", MEMORY_FREE_RUNS}, {"reservations", MEMORY_RESERVATIONS},
        {"reservations_made", MEMORY_RESERVATIONS_MADE}, {"reservations_filled", MEMORY_RESERVATIONS_FILLED},
        {"reservations_broken", MEMORY_RESERVATIONS_BROKEN}, {"promotions", MEMORY_PROMOTIONS}, {"demotions", MEMORY_DEMOTIONS},
        {"repairs", MEMORY_REPAIRS}, {"copied_cow_bytes", MEMORY_COPIED_COW}, {"copied_gather_bytes", MEMORY_COPIED_GATHER},
        {"copied_repair_bytes", MEMORY_COPIED_REPAIR}, {"zeroed_ahead_bytes", MEMORY_ZEROED_AHEAD},
        {"tlb_flushes", MEMORY_FLUSHES}, {"tlb_flush_ipis", MEMORY_FLUSH_IPIS}, {"user_bytes", MEMORY_USER}, {"kernel_bytes", MEMORY_KERNEL},
        {"page_table_bytes", MEMORY_PAGE_TABLES}, {"region_bytes", MEMORY_REGIONS}, {"extent_bytes", MEMORY_EXTENTS},
        {"object_bytes", MEMORY_OBJECT_RECORDS}, {"reservation_bytes", MEMORY_RESERVATION_RECORDS}, {"heap_bytes", MEMORY_HEAP},
        {"heap_free_bytes", MEMORY_HEAP_FREE}, {"piece_record_bytes", MEMORY_PIECE_RECORDS}, {"free_cluster_bytes", MEMORY_FREE_CLUSTERS},
        {"free_piece_bytes", MEMORY_FREE_PIECES}, {"free_zeroed_bytes", MEMORY_FREE_ZEROED}, {"free_reserved_bytes", MEMORY_FREE_RESERVED},
    };
    uint64_t cluster = 0, free = 0;
    (void)os_system_info(BOOTSTRAP_CONTROL, SYSTEM_CLUSTER_SIZE, &cluster);
    (void)os_system_info(BOOTSTRAP_CONTROL, SYSTEM_MEMORY_FREE, &free);
    text_print(text, "nr_free_pages %llu\npage_bytes %llu\ncluster_bytes %llu\n", (unsigned long long)(free / OS_PAGE_SIZE),
               (unsigned long long)OS_PAGE_SIZE, (unsigned long long)cluster);
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++)
        text_print(text, "%s %llu\n", lines[i].name, (unsigned long long)memory_figure(lines[i].figure));
    for (unsigned order = 0; order < 32; order++) {
        uint64_t runs = memory_figure(MEMORY_RUNS_OF_ORDER + order);
        if (runs != 0)
            text_print(text, "free_runs_of_%llu %llu\n", (unsigned long long)cluster << order, (unsigned long long)runs);
    }
}

/* How a region is mapped: a word for each size. */
static void write_sizes(struct text *text, const struct process *process, uint64_t start, uint64_t end, uint64_t *super)
{
    uint64_t bytes[MAPPING_SIZES] = {};
    *super = 0;
    while (start < end) {
        struct mapping_sizes part = {};
        uint64_t done;
        if (os_mem_mappings(process->task, start, end - start, (uaddr_t)&part, &done) != STATUS_OK)
            break;
        start += done;
        for (unsigned i = 0; i < MAPPING_SIZES; i++)
            bytes[i] += part.bytes[i];
    }
    text_print(text, "Mapped:");
    for (unsigned i = 0; i < MAPPING_SIZES; i++)
        if (bytes[i] != 0) {
            text_print(text, " %lluK:%llu", 4ull << i, (unsigned long long)(bytes[i] >> (i + 12)));
            *super += i >= 9 ? bytes[i] : 0;
        }
    text_print(text, "\n");
}

/* As on Linux, but for Mapped: SIZE:COUNT of leaves and hints. */
void write_smaps(struct text *text, struct process *process)
{
    uint64_t start = 0, end = 0, flags, offset, resident, super;
    while (process->state != ZOMBIE && os_mem_query(process->task, end, &start, &end, &flags, &offset, &resident) == STATUS_OK) {
        write_map_line(text, start, end, flags, offset);
        text_print(text, "Size:           %8llu kB\nKernelPageSize: %8u kB\nMMUPageSize:    %8u kB\nRss:            %8llu kB\n",
                   (unsigned long long)(end - start) >> 10, (unsigned)(OS_PAGE_SIZE >> 10), (unsigned)(OS_PAGE_SIZE >> 10),
                   (unsigned long long)resident >> 10);
        write_sizes(text, process, start, end, &super);
        bool anonymous = (flags & MAP_ANONYMOUS) != 0;
        text_print(text, "AnonHugePages:  %8llu kB\nShmemPmdMapped: %8llu kB\n", anonymous ? (unsigned long long)super >> 10 : 0,
                   anonymous ? 0 : (unsigned long long)super >> 10);
    }
}
