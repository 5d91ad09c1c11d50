/* ranges.c: the range tables of struct boot_info. Invariant: ram[] is sorted, its ranges neither overlap nor touch. */
#include <boot_info.h>

static void remove_range(struct boot_range *ranges, unsigned *count, unsigned index)
{
    --*count;
    for (unsigned i = index; i < *count; i++)
        ranges[i] = ranges[i + 1];
}

bool boot_add_ram(struct boot_info *info, paddr_t start, paddr_t end)
{
    if (start >= end)
        return true;
    struct boot_range *ram = info->ram;
    unsigned at = 0;
    while (at < info->ram_count && ram[at].end < start)
        at++;
    while (at < info->ram_count && ram[at].start <= end) { /* join all that it touches */
        start = ram[at].start < start ? ram[at].start : start;
        end = ram[at].end > end ? ram[at].end : end;
        remove_range(ram, &info->ram_count, at);
    }
    if (info->ram_count == BOOT_RANGES)
        return false;
    for (unsigned i = info->ram_count++; i > at; i--)
        ram[i] = ram[i - 1];
    ram[at] = (struct boot_range){start, end};
    return true;
}

bool boot_reserve(struct boot_info *info, paddr_t start, paddr_t end)
{
    if (start >= end)
        return true;
    for (unsigned i = 0; i < info->reserved_count; i++)
        if (info->reserved[i].start <= start && end <= info->reserved[i].end)
            return true;
    if (info->reserved_count == BOOT_RANGES)
        return false;
    info->reserved[info->reserved_count++] = (struct boot_range){start, end};
    return true;
}

void boot_cut_ram(struct boot_info *info, paddr_t limit)
{
    while (info->ram_count && info->ram[info->ram_count - 1].start >= limit)
        info->ram_count--;
    if (info->ram_count && info->ram[info->ram_count - 1].end > limit)
        info->ram[info->ram_count - 1].end = limit;
}
