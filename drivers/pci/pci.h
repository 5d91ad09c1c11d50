/* pci.h: the bus server of PCI: host.c how configuration space is reached, function.c base addresses and interrupts of a function, main.c the
 * search and what drivers ask. PCI Local Bus 3.0. */
#ifndef PCI_PCI_H
#define PCI_PCI_H

#include <offer.h>

enum config_offset : unsigned {
    CONFIG_VENDOR = 0x00, CONFIG_DEVICE = 0x02, CONFIG_COMMAND = 0x04, CONFIG_STATUS = 0x06, CONFIG_CLASS = 0x0a, CONFIG_HEADER = 0x0e, CONFIG_RANGE = 0x10,
    CONFIG_SECONDARY = 0x19, CONFIG_SUBSYSTEM = 0x2e, CONFIG_CAPABILITIES = 0x34, CONFIG_PIN = 0x3d, CONFIG_SIZE = 0x100,
};
enum command_bit : uint32_t { COMMAND_PORTS = 1, COMMAND_MEMORY = 2, COMMAND_MASTER = 4, COMMAND_NO_LINE = 0x400 };
#define STATUS_HAS_CAPABILITIES 0x10u
#define CLASS_BRIDGE 0x06u
#define HEADER_BRIDGE 1u
#define HEADER_FUNCTIONS 0x80u
#define RANGES 6u

/* A place on the bus: bus << 8 | device << 3 | function. */
static inline unsigned place_bus(unsigned place) { return place >> 8; }
static inline unsigned place_device(unsigned place) { return place >> 3 & 31; }

/* A host bridge. */
struct host {
    uint32_t (*read)(unsigned place, unsigned offset);                  /* offset: a multiple of 4 */
    void     (*write)(unsigned place, unsigned offset, uint32_t value);
    /* The line of the pin (1 to 4), once; -1: not known. */
    int      (*line)(unsigned place, unsigned pin);
    unsigned first_bus, last_bus;
    uint64_t window, window_end;   /* where base addresses may go that nobody has set: as the bus sees it */
    uint64_t to_memory;            /* what to add for the address as the CPU sees it */
};
/* Returns: NULL when there is none. */
const struct host *host_find(void);

struct function {
    const struct host *host;
    unsigned place;
    struct { uint64_t address, size; } range[RANGES]; /* of registers in memory; size 0: none */
    cap_t    irq;                  /* made when asked for the first time */
    bool     by_message;
};

uint32_t config_read(const struct function *function, unsigned offset, unsigned width);
void config_write(const struct function *function, unsigned offset, unsigned width, uint32_t value);

/* Read how large its ranges are, and where. */
void ranges_read(struct function *function);
/* Give those without an address one in the window, from *next on. */
void ranges_place(struct function *function, uint64_t *next);
/* Make function->irq, with the device set up for it. */
[[nodiscard]] enum status interrupt_make(struct function *function);

#endif
