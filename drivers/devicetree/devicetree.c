/* devicetree.c: the bus of devices that the device tree names: offers virtio devices with registers of their own to init, and gives their drivers
 * registers and interrupt. */
#include <offer.h>

#include <protocols/bus_server.h>

SERVICE_MANIFEST("name = devicetree\n"
                 "start = boot\n"
                 "may = offer\n"
                 "control = device\n"
                 "memory = 4M\n")

#define VIRTIO_MAGIC 0x74726976u
enum virtio_register : unsigned { MAGIC = 0x00, VERSION = 0x04, KIND = 0x08, REGISTERS = 0x100 };

struct node {
    struct list link;
    uint64_t address, size; /* of its registers */
    unsigned line;
    cap_t    irq;           /* made when asked for the first time */
};

static struct list nodes = LIST_INITIALIZER(nodes); /* by address, so that disks have the same names however the tree is sorted */

static uint64_t page_of(const struct node *node)
{
    return node->address & ~(uint64_t)(OS_PAGE_SIZE - 1);
}

static enum status registers(void *self, struct request *, uint64_t index, cap_t *memory, uint64_t *offset, uint64_t *size)
{
    const struct node *node = self;
    if (index != 0)
        return STATUS_NOT_FOUND;
    *offset = node->address - page_of(node);
    *size = node->size;
    return os_mem_create_physical(BOOTSTRAP_CONTROL, page_of(node), os_page_round(*offset + *size), CACHE_DEVICE, memory);
}

static enum status interrupt(void *self, struct request *, uint64_t index, cap_t *irq, uint64_t *)
{
    struct node *node = self;
    if (index != 0)
        return STATUS_NOT_FOUND;
    enum status status = node->irq ? STATUS_OK : os_irq_create(BOOTSTRAP_CONTROL, node->line, &node->irq);
    return status == STATUS_OK ? os_cap_derive(node->irq, RIGHT_IRQ_BIND | RIGHT_IRQ_ACK, irq) : status;
}

static bool dispatch(void *self, struct request *rq)
{
    static const struct bus_ops ops = {.registers = registers, .interrupt = interrupt};
    return bus_dispatch(&ops, self, rq);
}

static const struct serve_type node_type = {.dispatch = dispatch};

/* Returns: the kind of the virtio device there, 0: none that a driver could use. */
static uint32_t virtio_kind(struct node *node)
{
    cap_t memory;
    uint64_t offset, size, where = 0;
    enum status status = registers(node, nullptr, 0, &memory, &offset, &size);
    if (status != STATUS_OK)
        return 0;
    status = os_mem_map(BOOTSTRAP_TASK, memory, 0, 0, os_page_round(offset + size), PROT_BIT_READ, &where);
    os_drop(memory);
    if (status != STATUS_OK)
        return 0;
    const volatile uint32_t *at = (const volatile uint32_t *)(where + offset);
    uint32_t kind = at[MAGIC / 4] == VIRTIO_MAGIC ? at[KIND / 4] : 0, version = at[VERSION / 4];
    (void)os_mem_unmap(BOOTSTRAP_TASK, where, os_page_round(offset + size));
    if (kind && version != 2)
        os_log("the virtio device of kind %u at %lx is of before version 1: it is not used", kind, node->address);
    return version == 2 ? kind : 0;
}

static void add(const struct node *found)
{
    struct node *node = NEW(struct node);
    if (!node)
        os_fatal("no memory");
    *node = *found;
    struct list *where = nodes.next;
    while (where != &nodes && container_of(where, struct node, link)->address < node->address)
        where = where->next;
    list_insert_before(where, &node->link);
}

static void offer(struct node *node)
{
    char name[48];
    cap_t facet;
    enum status status = serve_open(&node_type, node, &facet, nullptr);
    if (status != STATUS_OK)
        os_fatal("no facet: %s", os_status_text(status));
    os_format(name, sizeof name, "mmio %lx", node->address);
    bus_offer(node->address, name, virtio_kind(node), facet);
}

static void look(const struct fdt *fdt)
{
    struct fdt_node at;
    for (fdt_start(fdt, &at); fdt_next(&at);) {
        struct node node = {};
        if (!fdt_compatible(&at, "virtio,mmio") || !fdt_enabled(&at) || !fdt_reg(&at, 0, &node.address, &node.size) || node.size < REGISTERS)
            continue;
        node.line = fdt_irq(&at, 0);
        if (virtio_kind(&node))
            add(&node);
    }
    LIST_FOR(node, &nodes, struct node, link)
        offer(node);
}

static bool dispatch_root(void *, struct request *)
{
    return false;
}

int main(uint64_t)
{
    static const struct serve_type root = {.dispatch = dispatch_root};
    static const struct server server = {.root = &root};
    struct fdt fdt = {};
    serve_start(&server);
    enum status status = device_tree_open(&fdt);
    if (status == STATUS_OK)
        look(&fdt);
    else if (status != STATUS_NOT_FOUND)
        os_log("no device tree: %s", os_status_text(status));
    os_free((void *)fdt.blob);
    return serve_run(&server);
}
