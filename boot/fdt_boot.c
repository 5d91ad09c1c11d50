/* fdt_boot.c: struct boot_info from a device tree. */
#include <fdt_boot.h>
#include <lib/string.h>

static bool add_memory(const struct fdt_node *node, struct boot_info *info)
{
    uint64_t address, size;
    for (unsigned i = 0; fdt_reg(node, i, &address, &size); i++)
        if (size <= UINT64_MAX - address && !boot_add_ram(info, address, address + size))
            return false;
    return true;
}

static bool reserve_reg(const struct fdt_node *node, struct boot_info *info)
{
    uint64_t address, size;
    for (unsigned i = 0; fdt_reg(node, i, &address, &size); i++)
        if (size <= UINT64_MAX - address && !boot_reserve(info, address, address + size))
            return false;
    return true;
}

static bool reserve_all(const struct fdt *fdt, struct boot_info *info)
{
    uint64_t address, size;
    for (unsigned i = 0; fdt_reservation(fdt, i, &address, &size); i++)
        if (size <= UINT64_MAX - address && !boot_reserve(info, address, address + size))
            return false;
    struct fdt_node parent;
    if (fdt_find_path(fdt, "/reserved-memory", strlen("/reserved-memory"), &parent))
        for (struct fdt_node node = parent; fdt_next_inside(&parent, &node);)
            if (!reserve_reg(&node, info))
                return false;
    return boot_reserve(info, info->kernel.start, info->kernel.end) && boot_reserve(info, info->image.start, info->image.end) &&
           boot_reserve(info, info->fdt, info->fdt + fdt->size);
}

/* Text up to the options ("serial0:115200n8"). */
static size_t path_length(const char *text)
{
    size_t length = 0;
    while (text[length] && text[length] != ':')
        length++;
    return length;
}

static bool find_alias(const struct fdt *fdt, const char *name, size_t length, struct fdt_node *node)
{
    char alias[32];
    struct fdt_node aliases;
    if (length >= sizeof alias || !fdt_find_path(fdt, "/aliases", strlen("/aliases"), &aliases))
        return false;
    memcpy(alias, name, length);
    alias[length] = 0;
    const char *path = fdt_text(&aliases, alias);
    return path && fdt_find_path(fdt, path, path_length(path), node);
}

static bool find_console(const struct fdt *fdt, struct fdt_node *node)
{
    struct fdt_node chosen;
    const char *path = fdt_find_path(fdt, "/chosen", strlen("/chosen"), &chosen) ? fdt_text(&chosen, "stdout-path") : nullptr;
    if (path)
        return path[0] == '/' ? fdt_find_path(fdt, path, path_length(path), node) : find_alias(fdt, path, path_length(path), node);
    return fdt_find_compatible(fdt, "ns16550a", node) || fdt_find_compatible(fdt, "arm,pl011", node);
}

static void fill_console(const struct fdt *fdt, struct boot_info *info)
{
    struct fdt_node node;
    uint64_t size;
    if (!find_console(fdt, &node) || !fdt_reg(&node, 0, &info->console.address, &size))
        return;
    if (fdt_compatible(&node, "arm,pl011"))
        info->console.kind = CONSOLE_PL011;
    else if (fdt_compatible(&node, "ns16550a") || fdt_compatible(&node, "ns16550"))
        info->console.kind = CONSOLE_16550_MEMORY;
    else
        return;
    uint32_t shift = 0;
    fdt_cell(&node, "reg-shift", 0, &shift);
    info->console.stride = 1u << (shift & 3);
    info->console.irq = fdt_irq(&node, 0);
}

static void fill_image(const struct fdt *fdt, struct boot_info *info)
{
    struct fdt_node chosen;
    uint64_t start, end;
    if (fdt_find_path(fdt, "/chosen", strlen("/chosen"), &chosen) && fdt_number(&chosen, "linux,initrd-start", &start) &&
        fdt_number(&chosen, "linux,initrd-end", &end) && start < end)
        info->image = (struct boot_range){start, end};
}

bool fdt_fill_boot_info(const struct fdt *fdt, paddr_t fdt_address, struct boot_info *info)
{
    struct fdt_node node;
    for (fdt_start(fdt, &node); fdt_next(&node);)
        if (fdt_has_text(&node, "device_type", "memory") && fdt_enabled(&node) && !add_memory(&node, info))
            return false;
    info->fdt = fdt_address;
    fill_image(fdt, info);
    fill_console(fdt, info);
    return info->ram_count && reserve_all(fdt, info);
}

unsigned fdt_cpus(const struct fdt *fdt, uint64_t first, uint64_t *ids, unsigned limit)
{
    struct fdt_node cpus;
    uint64_t id, size;
    unsigned count = 1;
    ids[0] = first;
    if (!fdt_find_path(fdt, "/cpus", strlen("/cpus"), &cpus))
        return count;
    for (struct fdt_node node = cpus; count < limit && fdt_next_inside(&cpus, &node);)
        if (fdt_has_text(&node, "device_type", "cpu") && fdt_enabled(&node) && fdt_reg(&node, 0, &id, &size) && id != first)
            ids[count++] = id;
    return count;
}

bool fdt_isa_has(const char *isa, const char *extension)
{
    size_t length = strlen(extension);
    for (const char *at = isa; *at; at++)
        if (*at == '_' && strncmp(at + 1, extension, length) == 0 && (at[1 + length] == '_' || at[1 + length] == 0))
            return true;
    return false;
}
