/* main.c: boot as a table of steps, then the first task. Not here: how the machine was entered (boot/). */
#include <bootstrap.h>
#include <boot_image.h>
#include <fdt.h>
#include <lib/assert.h>
#include <lib/format.h>
#include <lib/string.h>
#include <mm/carve.h>
#include <object/device.h>
#include <sched/schedule.h>
#include <sys/system.h>

static const struct boot_info *boot;
static const struct boot_image *image; /* NULL: none was given */

/* The value of a word "name=value" of the command line; NULL when it is not there. */
static const char *option(const char *name, size_t *length)
{
    if (image == nullptr)
        return nullptr;
    const char *at = (const char *)image + image->cmdline_offset, *end = at + image->cmdline_length;
    size_t name_length = strlen(name);
    while (at < end) {
        const char *word_end = at;
        while (word_end < end && *word_end != ' ')
            word_end++;
        size_t word = (size_t)(word_end - at);
        if (word >= name_length && memcmp(at, name, name_length) == 0) {
            *length = word - name_length;
            return at + name_length;
        }
        at = word_end + 1;
    }
    return nullptr;
}

static bool range_inside(uint64_t offset, uint64_t length, uint64_t size)
{
    return offset <= size && length <= size - offset;
}

/* Is this really an image, and does it lie within the range it came in? */
static bool image_valid(const struct boot_image *candidate, uint64_t room)
{
    if (room < sizeof *candidate || candidate->magic != BOOT_IMAGE_MAGIC || candidate->size > room ||
        candidate->segment_count > BOOT_IMAGE_SEGMENTS || !range_inside(candidate->cmdline_offset, candidate->cmdline_length, candidate->size))
        return false;
    for (unsigned i = 0; i < candidate->segment_count; i++) {
        const struct boot_image_segment *segment = &candidate->segment[i];
        if (!range_inside(segment->offset, segment->file_size, candidate->size) || segment->file_size > segment->memory_size ||
            segment->va < USER_BASE || segment->va >= USER_END || segment->memory_size > USER_END - segment->va)
            return false;
    }
    return true;
}

static void find_image(void)
{
    const struct boot_image *candidate = phys_to_virt(boot->image.start);
    if (boot->image.start == boot->image.end)
        return;
    if (image_valid(candidate, boot->image.end - boot->image.start))
        image = candidate;
    size_t length;
    log_quiet = option("quiet", &length) != nullptr;
}

static void greet(void)
{
    log_print("Heddle: %u CPU(s), %llu MiB free, cluster %llu KiB\n", boot->cpu_count, (unsigned long long)mm_free_bytes() >> 20,
              (1ull << cluster_shift) >> 10);
}

static void start_memory(void)
{
    static const struct { const char *name; unsigned shift; } sizes[] = {
        {"MP", MP_SHIFT}, {"16K", 14}, {"64K", 16}, {"128K", 17}, {"256K", 18},
    };
    unsigned shift = 16;
    size_t length;
    const char *wanted = option("cluster=", &length);
    for (unsigned i = 0; wanted != nullptr && i < sizeof sizes / sizeof *sizes; i++)
        if (strlen(sizes[i].name) == length && memcmp(sizes[i].name, wanted, length) == 0)
            shift = sizes[i].shift;
    mm_init(boot, shift < MP_SHIFT ? MP_SHIFT : shift);
}

static void start_cpu(void)
{
    arch_cpu_init(0);
    cpus[0].online = true;
    account_open(&cpus[0].nobody);
}

static void start_ledger(void)
{
    struct object *object;
    if (object_create(OBJECT_LEDGER, nullptr, &object) != STATUS_OK)
        panic("no memory for the root ledger");
    root_ledger = container_of(object, struct ledger, object);
    for (int kind = 0; kind < LEDGER_KINDS; kind++)
        root_ledger->limit[kind] = UINT64_MAX;
    root_ledger->kept = true; /* init, and what it shows to all */
}

static void start_clock(void)
{
    uint64_t seconds = arch_wall_clock();
    wall_offset_ns = seconds == 0 ? 0 : seconds * 1000000000ull - arch_time_ns();
}

static void start_other_cpus(void)
{
    smp_start(boot->cpu_count);
}

static void remember_console(void)
{
    boot_console.kind = boot->console.kind;
    boot_console.address = boot->console.address;
    boot_console.irq = boot->console.irq;
    boot_console.stride = boot->console.stride;
    boot_console.image = boot->image.start;
    boot_console.kernel_bytes = boot->kernel.end - boot->kernel.start;
    boot_console.pci_kind = boot->pci.kind;
    boot_console.pci_address = boot->pci.address;
    boot_console.fdt = boot->fdt;
    boot_console.fdt_bytes = boot->fdt ? fdt_total_size(phys_to_virt(boot->fdt)) : 0;
}

/* --- the first task ------------------------------------------------------------------------------------------------------------------ */

static void must(enum status status, const char *what)
{
    if (status != STATUS_OK)
        panic("starting init: %s: status %d", what, (int)status);
}

static void load_segment(struct task *task, const struct boot_image_segment *segment)
{
    struct mem_object *mem;
    uaddr_t start = segment->va & ~(MP_SIZE - 1), where = start;
    uint64_t before = segment->va - start;
    uint64_t size = (before + segment->memory_size + MP_SIZE - 1) & ~(MP_SIZE - 1);
    if (size == 0)
        return;
    must(mem_create(root_ledger, size, &mem), "memory for a segment");
    const char *from = (const char *)image + segment->offset;
    for (uint64_t done = 0; done < segment->file_size;) {
        void *to;
        uint64_t piece;
        must(mem_touch(mem, before + done, true, &to, &piece), "filling a segment");
        if (piece > segment->file_size - done)
            piece = segment->file_size - done;
        memcpy(to, from + done, piece);
        done += piece;
    }
    must(space_map(&task->space, mem, RIGHTS_ALL, 0, size, MAP_FIXED_ADDRESS | (segment->prot & 7), &where), "mapping a segment");
    object_put((struct object *)mem);
}

static void give(struct task *task, unsigned index, struct object *object, uint32_t rights)
{
    cap_t handle;
    must(cap_insert_at(task, index, object, rights, nullptr, &handle), "a first capability");
}

static void give_image(struct task *task)
{
    struct mem_object *mem;
    uint64_t size = (image->size + MP_SIZE - 1) & ~(MP_SIZE - 1);
    uint32_t rights = RIGHT_MEM_READ | RIGHT_MEM_INFO | RIGHT_COPY;
    uaddr_t where = BOOT_IMAGE_ADDRESS;
    must(mem_create_physical(root_ledger, boot->image.start, size, CACHE_NORMAL, &mem), "the boot image");
    give(task, BOOTSTRAP_IMAGE, (struct object *)mem, rights);
    must(space_map(&task->space, mem, rights, 0, size, MAP_FIXED_ADDRESS | PROT_BIT_READ, &where), "mapping the boot image");
    object_put((struct object *)mem);
}

static void give_stack(struct task *task, uaddr_t block)
{
    uint64_t size = NATIVE_STACK_MOST(MP_SIZE);
    uaddr_t where = block + NATIVE_STACK_SIZE - size;
    must(space_map(&task->space, nullptr, RIGHTS_ALL, 0, size,
                   MAP_FIXED_ADDRESS | MAP_ANONYMOUS | PROT_BIT_READ | PROT_BIT_WRITE, &where), "its stack");
}

static void start_init(void)
{
    if (image == nullptr)
        panic("there is no boot image: nothing to run");
    struct task *task;
    struct thread *thread;
    struct object *control;
    uaddr_t block = NATIVE_STACKS;
    must(task_create(root_ledger, &task), "its task");
    memcpy(task->name, "init", 5);
    for (unsigned i = 0; i < image->segment_count; i++)
        load_segment(task, &image->segment[i]);
    must(thread_create(task, block, &thread), "its thread");
    give_stack(task, block);
    must(object_create(OBJECT_CONTROL, root_ledger, &control), "the control object");
    give(task, BOOTSTRAP_TASK, &task->object, RIGHTS_ALL & ~RIGHT_CLONE);
    give(task, BOOTSTRAP_THREAD, &thread->object, RIGHTS_ALL & ~RIGHT_CLONE);
    give(task, BOOTSTRAP_LEDGER, &root_ledger->object, RIGHTS_ALL & ~RIGHT_CLONE);
    give(task, BOOTSTRAP_CONTROL, control, RIGHTS_ALL & ~RIGHT_CLONE);
    give_image(task);
    arch_frame_init(&thread->frame, image->entry, block + NATIVE_STACK_SIZE - 64, 0);
    thread_ready(thread);
    object_put(control);
    object_put(&thread->object);
    object_put(&task->object);
}

static const struct {
    void (*run)(void);
    const char *needs;
} steps[] = {
    {find_image, "the direct map"},
    {start_memory, "the command line"},
    {start_cpu, "the allocator: interrupt controllers may need tables"},
    {start_ledger, "the allocator"},
    {start_clock, "the timer"},
    {remember_console, "nothing"},
    {greet, "the allocator"},
    {start_other_cpus, "the kernel lock, which the others wait for"},
    {start_init, "all of the above"},
};

void kernel_main(struct boot_info *info)
{
    boot = info;
    cpu_count = 1;
    cpu_init(&cpus[0], 0);
    spin_lock(&kernel_lock);
    for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++)
        steps[i].run();
    arch_call_on_stack_top(cpu_idle_loop);
}
