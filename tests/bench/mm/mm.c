/* mm.c: what the memory system does with memory: page sizes when memory is whole and when it is in pieces, what is spent besides what is asked
 * for, what faults and forks cost. An ordinary Linux program; more rows where /proc says more. docs/memory.md says what each row is.
 *
 *     mm [GROUP...]     bloat floor superpages faults fork metadata allocator; all but the last two without a word */
#include "figures.h"
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB (1ull << 20)
#define SUPER (2 * MIB)
#define ALIGNMENT (32 * MIB)
#define LOAD_MOST (512 * MIB)

static size_t page, cluster;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static char *map_anywhere(size_t size, int protection)
{
    char *memory = mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        fail("mmap");
    return memory;
}

/* A region of its own, aligned for any superpage. */
static char *map(size_t size)
{
    char *around = map_anywhere(size + 2 * ALIGNMENT, PROT_NONE);
    char *memory = around + ALIGNMENT - (uintptr_t)around % ALIGNMENT;
    if (mprotect(memory, size, PROT_READ | PROT_WRITE) != 0)
        fail("mprotect");
    return memory;
}

static void unmap(char *memory, size_t size)
{
    if (munmap(memory, size) != 0)
        fail("munmap");
}

static void touch(char *memory, size_t size, size_t step)
{
    for (size_t at = 0; at < size; at += step)
        memory[at] = 1;
}

static uint64_t random_state = 1;

static uint64_t random_below(uint64_t limit)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (random_state >> 24) % limit;
}

/* Each of 0 .. count-1 once, in an order without pattern. */
static uint32_t *shuffled(size_t count)
{
    uint32_t *order = malloc(count * sizeof *order);
    if (!order)
        fail("malloc");
    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    for (size_t i = count; i > 1; i--) {
        size_t j = random_below(i);
        uint32_t other = order[i - 1];
        order[i - 1] = order[j];
        order[j] = other;
    }
    return order;
}

static void touch_shuffled(char *memory, size_t size, size_t step)
{
    uint32_t *order = shuffled(size / step);
    for (size_t i = 0; i < size / step; i++)
        memory[order[i] * step] = 1;
    free(order);
}

/* --- memory in pieces --------------------------------------------------------------------------------------------------------------------------- */

/* Nearly all memory is taken, and half of it, a cluster here and there, given back. */
static char *fragment(size_t *size)
{
    figure all = free_bytes();
    *size = (all - all / 32) / SUPER * SUPER;
    char *memory = map(*size);
    touch(memory, *size, page);
    uint32_t *order = shuffled(*size / cluster);
    for (size_t i = 0; i < *size / cluster / 2; i++)
        if (madvise(memory + (size_t)order[i] * cluster, cluster, MADV_DONTNEED) != 0)
            fail("madvise");
    free(order);
    return memory;
}

/* Does the machine have a page size or hint as large as the cluster, but no superpage? */
static int has_hints(void)
{
    char *memory = map(SUPER / 2);
    touch(memory, SUPER / 2, page);
    int found = cluster > page && mapped_bytes(memory, SUPER / 2, cluster) >= SUPER / 4;
    unmap(memory, SUPER / 2);
    return found;
}

/* Every page size up to the cluster works whenever a cluster is free. */
static void floor_guarantee(void)
{
    size_t held_size, size = total_bytes() / 4 / SUPER * SUPER;
    char *held = fragment(&held_size);
    char *memory = map(size);
    figure faults = vmstat("pgfault"), start = now();
    touch(memory, size, page);
    figure end = now();
    faults = vmstat("pgfault") - faults;
    result("floor_fault_per_MiB", (end - start) * 1000 / (size / MIB), "instructions");
    if (faults) /* some are others' */
        result("floor_clusters_by_one_fault", faults <= size / cluster + 64 ? 100000 : percent(size / cluster, faults), "percent");
    if (has_hints())
        result("floor_mapped_by_clusters", percent(mapped_bytes(memory, size, cluster), size), "percent");
    unmap(memory, size);
    unmap(held, held_size);
}

/* --- superpages ----------------------------------------------------------------------------------------------------------------------------------- */

static figure copied(void) { return vmstat("copied_gather_bytes") + vmstat("copied_repair_bytes"); }

static void coverage(const char *name, const char *memory, size_t size)
{
    result(name, percent(mapped_bytes(memory, size, SUPER), size), "percent");
}

/* Some work, and long pauses: seconds of virtual time with the CPU idle nearly all of it. */
static void live(char *memory, size_t size, unsigned seconds)
{
    for (unsigned i = 0; i < seconds * 8; i++) {
        figure end = now() + 1000000;
        while (now() < end)
            for (unsigned k = 0; k < 64; k++)
                memory[random_below(size / page) * page] += 1;
        struct timespec pause = {.tv_nsec = 124000000};
        nanosleep(&pause, NULL);
    }
}

static void whole_memory(void)
{
    size_t size = 64 * MIB;
    figure before = copied();
    char *memory = map(size);
    touch(memory, size, page);
    coverage("super_in_order", memory, size);
    unmap(memory, size);
    memory = map(size);
    touch_shuffled(memory, size, page);
    coverage("super_shuffled", memory, size);
    unmap(memory, size);
    char *heap = (char *)syscall(SYS_brk, 0); /* musl has no sbrk */
    for (size_t grown = 0; grown < 32 * MIB; grown += 132 * 1024) {
        if (syscall(SYS_brk, heap + grown + 132 * 1024) != (long)(heap + grown + 132 * 1024))
            fail("brk");
        touch(heap + grown, 132 * 1024, 512);
    }
    coverage("super_growing_heap", heap - (uintptr_t)heap % page, 32 * MIB);
    result("super_copied", (copied() - before) * 1000 / 1024, "KiB");
    memory = map(size);
    if (madvise(memory, size, MADV_NOHUGEPAGE) == 0) {
        touch(memory, size, page);
        coverage("super_not_wanted", memory, size);
    }
    unmap(memory, size);
}

static void memory_in_pieces(void)
{
    size_t held_size, size = 32 * MIB;
    char *held = fragment(&held_size), *memory = map(size);
    figure before = copied();
    touch(memory, size, page);
    coverage("super_in_pieces_at_once", memory, size);
    live(memory, size, 10);
    coverage("super_in_pieces_10s", memory, size);
    live(memory, size, 50);
    coverage("super_in_pieces_60s", memory, size);
    result("super_in_pieces_copied", (copied() - before) * 1000 / 1024, "KiB");
    unmap(memory, size);
    unmap(held, held_size);
}

static void superpages(void)
{
    whole_memory();
    memory_in_pieces();
}

/* --- memory beyond what was asked for ---------------------------------------------------------------------------------------------------------------- */

static void bloat_result(const char *name, figure free_before, figure touched)
{
    figure used = free_before - free_bytes();
    result(name, used * 1000 / touched, "used_by_asked");
}

static void sparse(const char *name, size_t step)
{
    size_t size = 64 * MIB;
    figure before = free_bytes();
    char *memory = map(size);
    touch(memory, size, step);
    bloat_result(name, before, size / step * page);
    unmap(memory, size);
}

static void small_mappings(void)
{
    enum { COUNT = 4000 };
    static char *memory[COUNT];
    figure before = free_bytes();
    for (unsigned i = 0; i < COUNT; i++) {
        memory[i] = map_anywhere(2 * page, PROT_READ | PROT_WRITE);
        if (mprotect(memory[i], page, PROT_NONE) != 0) /* no two join */
            fail("mprotect");
        memory[i][page] = 1;
    }
    bloat_result("bloat_one_page_mappings", before, (figure)COUNT * page);
    for (unsigned i = 0; i < COUNT; i++)
        unmap(memory[i], 2 * page);
}

static void stacks(void)
{
    enum { COUNT = 1000, SIZE = 8 << 20 };
    static char *memory[COUNT];
    figure before = free_bytes();
    for (unsigned i = 0; i < COUNT; i++) {
        memory[i] = map_anywhere(SIZE, PROT_READ | PROT_WRITE);
        if (mprotect(memory[i], page, PROT_NONE) != 0)
            fail("mprotect");
        touch(memory[i] + SIZE - 2 * page, 2 * page, page);
    }
    bloat_result("bloat_thread_stacks", before, (figure)COUNT * 2 * page);
    for (unsigned i = 0; i < COUNT; i++)
        unmap(memory[i], SIZE);
}

static void small_files(void)
{
    static char bytes[40000];
    char path[64];
    figure before = free_bytes(), written = 0;
    if (mkdir("/tmp/mm", 0700) != 0)
        fail("mkdir");
    for (unsigned i = 0; i < 1000; i++) {
        size_t size = 200u << random_below(8); /* 200 bytes to 25 KiB */
        snprintf(path, sizeof path, "/tmp/mm/%u", i);
        int file = open(path, O_CREAT | O_WRONLY, 0600);
        if (file < 0 || write(file, bytes, size) != (ssize_t)size)
            fail(path);
        close(file);
        written += size;
    }
    bloat_result("bloat_small_files", before, written);
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(path, sizeof path, "/tmp/mm/%u", i);
        unlink(path);
    }
    rmdir("/tmp/mm");
}

/* A store of values of 4 to 64 KiB of which four of five are deleted. */
static void deleted_values(void)
{
    size_t size = 96 * MIB, at = 0, live_bytes = 0;
    figure before = free_bytes();
    char *memory = map(size);
    touch(memory, size, page);
    while (at < size) {
        size_t length = (4096 + random_below(15) * 4096 + page - 1) / page * page;
        if (length > size - at)
            length = size - at;
        if (random_below(5) == 0)
            live_bytes += length;
        else if (madvise(memory + at, length, MADV_DONTNEED) != 0)
            fail("madvise");
        at += length;
    }
    bloat_result("bloat_deleted_values", before, live_bytes);
    unmap(memory, size);
}

static void bloat(void)
{
    sparse("bloat_page_of_64K", 65536);
    sparse("bloat_page_of_2M", SUPER);
    small_mappings();
    stacks();
    small_files();
    deleted_values();
}

/* --- faults --------------------------------------------------------------------------------------------------------------------------------------------- */

/* What reading the clock twice takes. */
static figure clock_cost(void)
{
    figure least = ~0ull;
    for (unsigned i = 0; i < 64; i++) {
        figure start = now(), cost = now() - start;
        least = cost < least ? cost : least;
    }
    return least;
}

enum faults { IN_ORDER, SHUFFLED, UNRESERVED, AFTER_IDLE };

static void fault_cost(const char *name, size_t size, enum faults how)
{
    size_t count = size / page;
    figure *cost = (figure *)map(count * sizeof *cost), whole = now();
    memset(cost, 0, count * sizeof *cost);
    uint32_t *order = shuffled(count);
    char *memory = map(size);
    char row[64];
    if (how == UNRESERVED && madvise(memory, size, MADV_NOHUGEPAGE) != 0)
        fail("madvise");
    if (how == AFTER_IDLE)
        nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
    whole = now();
    for (size_t i = 0; i < count; i++) {
        char *at = memory + (how == SHUFFLED ? order[i] : i) * page;
        figure start = now();
        *(volatile char *)at = 1;
        cost[i] = now() - start;
    }
    whole = now() - whole;
    size_t faults = 0;
    figure clock = clock_cost();
    whole -= count * clock;
    for (size_t i = 0; i < count; i++)
        if (cost[i] > clock + 300)
            cost[faults++] = cost[i] - clock;
    snprintf(row, sizeof row, "%s_per_MiB", name);
    result(row, whole * 1000 / (size / MIB), "instructions");
    if (faults) {
        results(name, cost, faults, "instructions");
        snprintf(row, sizeof row, "%s_p99", name);
        result(row, cost[faults - 1 - faults / 100] * 1000, "instructions");
        snprintf(row, sizeof row, "%s_p999", name);
        result(row, cost[faults - 1 - faults / 1000] * 1000, "instructions");
    }
    unmap(memory, size);
    unmap((char *)cost, count * sizeof *cost);
    free(order);
}

static void faults(void)
{
    fault_cost("fault_in_order", 64 * MIB, IN_ORDER);
    fault_cost("fault_shuffled", 64 * MIB, SHUFFLED);
    fault_cost("fault_small", 1 * MIB, IN_ORDER);
    fault_cost("fault_unreserved", 64 * MIB, UNRESERVED);
    fault_cost("fault_after_idle", 8 * MIB, AFTER_IDLE);
}

/* --- fork ----------------------------------------------------------------------------------------------------------------------------------------------- */

static figure fork_once(char *memory, size_t size, unsigned thousandths, figure *kept)
{
    figure start = now();
    pid_t child = fork();
    if (child < 0)
        fail("fork");
    if (child == 0) {
        size_t pages = size / page;
        for (size_t i = 0; i < pages * thousandths / 1000; i++)
            memory[random_below(pages) * page] = 2;
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    figure end = now();
    *kept = percent(mapped_bytes(memory, size, SUPER), size);
    return end - start;
}

static void fork_of(size_t size)
{
    char *memory = map(size), row[64];
    figure values[9], kept;
    touch(memory, size, page);
    static const unsigned touched[] = {0, 1, 10};
    for (unsigned k = 0; k < sizeof touched / sizeof touched[0]; k++) {
        figure before = vmstat("copied_cow_bytes");
        unsigned rounds = touched[k] < 10 ? 9 : 3;
        for (unsigned i = 0; i < rounds; i++)
            values[i] = fork_once(memory, size, touched[k], &kept);
        snprintf(row, sizeof row, "fork_%zuM_touch_%u_of_1000", size >> 20, touched[k]);
        results(row, values, rounds, "instructions");
        if (touched[k]) {
            snprintf(row, sizeof row, "fork_%zuM_copied_by_touched_%u", size >> 20, touched[k]);
            result(row, (vmstat("copied_cow_bytes") - before) * 1000 / rounds / (size * touched[k] / 1000), "bytes_by_byte");
        }
        snprintf(row, sizeof row, "fork_%zuM_superpages_kept_%u", size >> 20, touched[k]);
        result(row, kept, "percent");
    }
    unmap(memory, size);
}

static void fork_heap(void)
{
    fork_of(64 * MIB);
    fork_of((total_bytes() > 1600 * MIB ? 1024 : 256) * MIB);
}

/* --- metadata ------------------------------------------------------------------------------------------------------------------------------------------- */

static figure metadata(void)
{
    static const char *const kinds[] = {"region_bytes", "extent_bytes", "object_bytes", "reservation_bytes", "piece_record_bytes", "page_table_bytes"};
    figure sum = 0;
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        sum += vmstat(kinds[i]);
    return sum;
}

/* Rows named by the machine's memory. */
static void metadata_of_memory(void)
{
    unsigned mib = 1;
    char row[64];
    while (mib < total_bytes() / MIB)
        mib *= 2;
    snprintf(row, sizeof row, "metadata_idle_%uM", mib);
    result(row, metadata() * 1000, "bytes");
    snprintf(row, sizeof row, "kernel_idle_%uM", mib);
    result(row, vmstat("kernel_bytes") * 1000, "bytes");
    size_t half = total_bytes() / 2 / SUPER * SUPER, size = half < LOAD_MOST ? half : LOAD_MOST;
    figure before = metadata();
    char *memory = map(size);
    touch(memory, size, page);
    snprintf(row, sizeof row, "metadata_loaded_%uM", mib);
    result(row, percent(metadata() - before, size), "percent");
    for (size_t at = 0; at < size; at += 2 * cluster) /* every second cluster goes: as many pieces as there can be */
        if (madvise(memory + at, cluster, MADV_DONTNEED) != 0)
            fail("madvise");
    snprintf(row, sizeof row, "metadata_checkerboard_%uM", mib);
    result(row, percent(metadata() - before, size / 2), "percent");
    unmap(memory, size);
}

/* --- the allocator -------------------------------------------------------------------------------------------------------------------------------------- */

/* Pages taken and given back one by one, with about so many free runs. */
static void with_free_runs(size_t count)
{
    enum { PROBES = 512 };
    static figure taken[PROBES], given[PROBES];
    size_t size = (2 * count + 1) * page, probes = PROBES * page;
    char *memory = map(size), *probe = map(probes), row[64];
    if (madvise(memory, size, MADV_NOHUGEPAGE) != 0 || madvise(probe, probes, MADV_NOHUGEPAGE) != 0)
        fail("madvise");
    touch(memory, size, page);
    for (size_t i = 0; i < count; i++)
        if (madvise(memory + (2 * i + 1) * page, page, MADV_DONTNEED) != 0)
            fail("madvise");
    uint32_t *order = shuffled(PROBES);
    figure clock = clock_cost();
    for (unsigned i = 0; i < PROBES; i++) {
        figure start = now();
        probe[order[i] * page] = 1;
        taken[i] = now() - start - clock;
    }
    for (unsigned i = 0; i < PROBES; i++) {
        figure start = now();
        if (madvise(probe + order[i] * page, page, MADV_DONTNEED) != 0)
            fail("madvise");
        given[i] = now() - start - clock;
    }
    snprintf(row, sizeof row, "fault_with_%zu_free_runs", count);
    results(row, taken, PROBES, "instructions");
    snprintf(row, sizeof row, "give_with_%zu_free_runs", count);
    results(row, given, PROBES, "instructions");
    free(order);
    unmap(memory, size);
    unmap(probe, probes);
}

static void allocator(void)
{
    for (size_t count = 100; count <= 100000 && (2 * count + 4096) * page < free_bytes(); count *= 10)
        with_free_runs(count);
}

int main(int argc, char **argv)
{
    static const struct { const char *name; void (*run)(void); } groups[] = { /* bloat first: page tables of before would be used again */
        {"bloat", bloat}, {"floor", floor_guarantee}, {"superpages", superpages}, {"faults", faults}, {"fork", fork_heap},
        {"metadata", metadata_of_memory}, {"allocator", allocator},
    };
    enum { COUNT = sizeof groups / sizeof groups[0] };
    page = (size_t)sysconf(_SC_PAGESIZE);
    cluster = cluster_size();
    for (unsigned i = 0; i < COUNT; i++) {
        int wanted = argc == 1 && i + 2 < COUNT;
        for (int a = 1; a < argc; a++)
            wanted |= strcmp(argv[a], groups[i].name) == 0;
        if (wanted)
            groups[i].run();
    }
    puts("END");
    return 0;
}
