/* tlb.c: TLB misses of programs, by the pages that map their memory. Each program's accesses to its data go through the model of tlb_model.c as they
 * are made; the page sizes are those that /proc/self/smaps tells once all is touched. An ordinary Linux program. */
#include "figures.h"
#include "tlb_model.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MIB (1ull << 20)
#define ALIGNMENT (32 * MIB)

static size_t page;
static int reserved; /* may superpages be made? */

/* --- what maps what -------------------------------------------------------------------------------------------------------------------------- */

struct run { uint64_t start, end; unsigned shift; };
static struct run *runs;
static size_t run_count, run_room;

static void add_run(uint64_t start, uint64_t end, unsigned shift)
{
    struct run *last = run_count ? &runs[run_count - 1] : NULL;
    if (last && last->end == start && last->shift == shift) {
        last->end = end;
        return;
    }
    if (run_count == run_room && !(runs = realloc(runs, (run_room = 2 * run_room + 64) * sizeof *runs)))
        abort();
    runs[run_count++] = (struct run){start, end, shift};
}

/* smaps says how many pages of each size map a region: the largest lie where they fit first. */
static void place_pages(uint64_t start, uint64_t end, const char *sizes)
{
    struct { unsigned shift; uint64_t left; } kinds[20];
    unsigned count = 0;
    unsigned long long kib, pages;
    for (int length; count < 20 && sscanf(sizes, " %lluK:%llu%n", &kib, &pages, &length) == 2; sizes += length, count++)
        kinds[count].shift = 10 + (unsigned)__builtin_ctzll(kib), kinds[count].left = pages;
    for (uint64_t at = start; at < end;) {
        unsigned best = (unsigned)__builtin_ctzll(page);
        for (unsigned i = 0; i < count; i++)
            if (kinds[i].left && kinds[i].shift > best && at % (1ull << kinds[i].shift) == 0 && end - at >= 1ull << kinds[i].shift)
                best = kinds[i].shift;
        for (unsigned i = 0; i < count; i++)
            kinds[i].left -= kinds[i].shift == best && kinds[i].left;
        add_run(at, at + (1ull << best), best);
        at += 1ull << best;
    }
}

static void learn_pages(void)
{
    char line[512];
    uint64_t start = 0, end = 0;
    FILE *file = fopen("/proc/self/smaps", "r");
    run_count = 0;
    while (file && fgets(line, sizeof line, file)) {
        char *dash;
        uint64_t low = strtoull(line, &dash, 16);
        if (dash != line && *dash == '-')
            start = low, end = strtoull(dash + 1, NULL, 16);
        else if (strncmp(line, "Mapped:", 7) == 0)
            place_pages(start, end, line + 7);
    }
    if (file)
        fclose(file);
}

static unsigned shift_of(uint64_t address)
{
    static size_t at;
    if (at < run_count && runs[at].start <= address && address < runs[at].end)
        return runs[at].shift;
    size_t low = 0, high = run_count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        *(runs[middle].start <= address ? &low : &high) = middle;
    }
    at = low;
    return runs[at].shift;
}

/* --- accesses -------------------------------------------------------------------------------------------------------------------------------- */

static struct tlb *tlb;
static figure accesses, misses;
static uint64_t last_page;

static inline void *seen(const void *pointer)
{
    uint64_t address = (uintptr_t)pointer;
    accesses++;
    if (address / page != last_page) {
        last_page = address / page;
        misses += tlb_access(tlb, address, shift_of(address)) == 0;
    }
    return (void *)pointer;
}
#define AT(lvalue) (*(__typeof__(lvalue) *)seen(&(lvalue)))

static uint64_t random_state;

static uint64_t random_below(uint64_t limit)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (random_state >> 24) % limit;
}

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

static void make_usable(char *memory, size_t size)
{
    if (mprotect(memory, size, PROT_READ | PROT_WRITE) != 0 || (!reserved && madvise(memory, size, MADV_NOHUGEPAGE) != 0))
        fail("mprotect");
}

static void *map(size_t size)
{
    char *around = map_anywhere(size + 2 * ALIGNMENT, PROT_NONE);
    char *memory = around + ALIGNMENT - (uintptr_t)around % ALIGNMENT;
    make_usable(memory, size);
    for (size_t at = 0; at < size; at += page)
        memory[at] = 0;
    return memory;
}

static void unmap(void *memory, size_t size) { munmap(memory, size); }

/* --- programs: data are made first, then learn_pages(), then what is counted ------------------------------------------------------------------- */

static void gups(void)
{
    enum { COUNT = 4 << 20 };
    uint64_t *table = map(COUNT * sizeof *table);
    learn_pages();
    for (unsigned i = 0; i < 200000; i++)
        AT(table[random_below(COUNT)]) ^= i;
    unmap(table, COUNT * sizeof *table);
}

/* Rows of one become columns of the other, some of them. */
static void transpose(void)
{
    enum { SIDE = 2048, ROWS = 100 };
    double (*from)[SIDE] = map(SIDE * sizeof *from), (*to)[SIDE] = map(SIDE * sizeof *to);
    learn_pages();
    for (unsigned i = 0; i < ROWS; i++)
        for (unsigned k = 0; k < SIDE; k++)
            AT(to[k][i]) = AT(from[i][k]);
    unmap(from, SIDE * sizeof *from);
    unmap(to, SIDE * sizeof *to);
}

/* A transform's exchanges of bit-reversed places, then of every pass the first butterflies. */
static void fft(void)
{
    enum { BITS = 20, COUNT = 1 << BITS, BUTTERFLIES = 4000 };
    struct { int64_t real, imaginary; } *data = map(COUNT * sizeof *data), other;
    learn_pages();
    for (uint32_t i = 0; i < COUNT; i += 11) {
        uint32_t reversed = 0;
        for (unsigned bit = 0; bit < BITS; bit++)
            reversed |= (i >> bit & 1) << (BITS - 1 - bit);
        other = AT(data[i]);
        AT(data[i]) = AT(data[reversed]);
        AT(data[reversed]) = other;
    }
    for (unsigned half = 1; half < COUNT; half *= 2)
        for (unsigned k = 0; k < BUTTERFLIES; k++) {
            unsigned at = k / half * 2 * half + k % half;
            other = AT(data[at + half]);
            AT(data[at + half]).real -= other.real;
            AT(data[at]).real += other.real;
        }
    unmap(data, COUNT * sizeof *data);
}

static void sift(uint32_t *heap, uint32_t count, uint32_t value)
{
    uint32_t at = 1;
    for (uint32_t child = 2; child < count; child = 2 * at) {
        if (child + 1 < count && AT(heap[child + 1]) > AT(heap[child]))
            child++;
        if (AT(heap[child]) <= value)
            break;
        AT(heap[at]) = AT(heap[child]);
        at = child;
    }
    AT(heap[at]) = value;
}

/* The first part of a heap sort. */
static void sort(void)
{
    enum { COUNT = 6 << 20 };
    uint32_t *heap = map(COUNT * sizeof *heap);
    for (uint32_t i = 0; i < COUNT; i++)
        heap[i] = ~i - (uint32_t)random_below(1 + i / 2);
    learn_pages();
    for (uint32_t count = COUNT - 1; count > COUNT - 8000; count--) {
        uint32_t last = AT(heap[count]);
        AT(heap[count]) = AT(heap[1]);
        sift(heap, count, last);
    }
    unmap(heap, COUNT * sizeof *heap);
}

enum { KEYS = 30 };
struct node { uint64_t keys[KEYS]; struct node *children[KEYS + 1]; uint64_t leaf; };

static struct node *build(struct node **nodes, unsigned height, uint64_t low, uint64_t high)
{
    struct node *node = (*nodes)++;
    node->leaf = height == 0;
    for (unsigned i = 0; i <= KEYS; i++) {
        uint64_t width = (high - low) / (KEYS + 1);
        if (i < KEYS)
            node->keys[i] = low + (i + 1) * width;
        if (height)
            node->children[i] = build(nodes, height - 1, low + i * width, low + (i + 1) * width);
    }
    return node;
}

static void btree(void)
{
    enum { NODES = 1 + 31 + 31 * 31 + 31 * 31 * 31 };
    struct node *nodes = map(2 * NODES * sizeof *nodes), *free_nodes = nodes, *first = build(&free_nodes, 3, 0, 1ull << 40);
    struct node *second = build(&free_nodes, 3, 0, 1ull << 40);
    learn_pages();
    for (unsigned i = 0; i < 30000; i++) {
        uint64_t key = random_below(1ull << 40);
        for (struct node *node = i & 1 ? first : second;;) {
            unsigned low = 0, high = KEYS;
            while (low < high) {
                unsigned middle = (low + high) / 2;
                *(AT(node->keys[middle]) <= key ? &low : &high) = middle + (AT(node->keys[middle]) <= key);
            }
            if (AT(node->leaf))
                break;
            node = AT(node->children[low]);
        }
    }
    unmap(nodes, 2 * NODES * sizeof *nodes);
}

static void hash_join(void)
{
    enum { COUNT = 1 << 20 };
    struct tuple { uint64_t key, value; uint32_t next, unused; } *tuples = map(COUNT * sizeof *tuples);
    uint32_t *heads = map(COUNT * sizeof *heads);
    for (uint32_t i = 1; i < COUNT; i++) {
        uint64_t key = random_below(COUNT);
        tuples[i] = (struct tuple){key, i, heads[key * 2654435761u % COUNT], 0};
        heads[key * 2654435761u % COUNT] = i;
    }
    learn_pages();
    for (unsigned i = 0; i < 60000; i++) {
        uint64_t key = random_below(COUNT);
        for (uint32_t at = AT(heads[key * 2654435761u % COUNT]); at; at = AT(tuples[at].next))
            if (AT(tuples[at].key) == key)
                (void)AT(tuples[at].value);
    }
    unmap(tuples, COUNT * sizeof *tuples);
    unmap(heads, COUNT * sizeof *heads);
}

/* Objects of 64 KiB to 1 MiB, each a mapping of its own; a few fields of one after the other. */
static void objects(void)
{
    enum { COUNT = 256 };
    static struct { char *memory; size_t size; } all[COUNT];
    for (unsigned i = 0; i < COUNT; i++) {
        all[i].size = (65536ull << random_below(4)) + random_below(16) * 65536 / 4;
        all[i].memory = map_anywhere(all[i].size + page, PROT_NONE); /* a guard, so that no two join */
        make_usable(all[i].memory, all[i].size);
        memset(all[i].memory, 1, all[i].size);
    }
    learn_pages();
    for (unsigned i = 0; i < 60000; i++) {
        unsigned k = (unsigned)random_below(COUNT);
        for (unsigned field = 0; field < 4; field++)
            AT(all[k].memory[random_below(all[k].size)]) += 1;
    }
    for (unsigned i = 0; i < COUNT; i++)
        unmap(all[i].memory, all[i].size + page);
}

static void misses_of(const char *name, void (*program)(void), const struct tlb_model *model)
{
    char row[64];
    random_state = 1;
    accesses = misses = last_page = 0;
    tlb = tlb_create(model);
    program();
    tlb_destroy(tlb);
    snprintf(row, sizeof row, "tlb_%s%s", name, reserved ? "" : "_unreserved");
    result(row, misses * 1000000 / accesses, "misses_by_1000_accesses");
}

int main(void)
{
    static const struct { const char *name; void (*run)(void); } programs[] = {
        {"gups", gups}, {"transpose", transpose}, {"fft", fft}, {"sort", sort}, {"btree", btree}, {"hash_join", hash_join}, {"objects", objects},
    };
    page = (size_t)sysconf(_SC_PAGESIZE);
    const struct tlb_model *model = tlb_model_here((unsigned)__builtin_ctzll(cluster_size()));
    printf("model %s\n", model->name);
    for (unsigned i = 0; i < sizeof programs / sizeof programs[0]; i++)
        for (reserved = 1; reserved >= 0; reserved--)
            misses_of(programs[i].name, programs[i].run, model);
    puts("END");
    return 0;
}
