/* bootstrap.h: what a service finds in its capability table when it starts, at fixed indexes (init puts it there). */
#ifndef ABI_BOOTSTRAP_H
#define ABI_BOOTSTRAP_H

enum bootstrap_cap : unsigned {
    BOOTSTRAP_TASK = 1,
    BOOTSTRAP_THREAD = 2,
    BOOTSTRAP_LEDGER = 3,
    BOOTSTRAP_PORT = 4,     /* receive right of its exported port; init keeps a copy, so the port outlives the service */
    BOOTSTRAP_INIT = 5,     /* service protocol */
    BOOTSTRAP_CONTROL = 6,  /* only what the manifest asked for, else absent */
    BOOTSTRAP_IMPORTS = 16, /* facets of imported services in the order of the manifest, then devices: irq, memory, ioport */
};

/* The first task: the kernel gives init a task, thread, ledger and control capability at the indexes above, and the boot image: */
#define BOOTSTRAP_IMAGE 7 /* memory object of the whole boot image, read-only; mapped at BOOT_IMAGE_ADDRESS too */
#define BOOT_IMAGE_ADDRESS 0x1000000000ull
/* Native programs: link address, first thread's block: thread page at its start, then a page where nothing is mapped, so that a stack that
 * is too small ends the thread and does not write into its page; stack down from the block's end. */
#define NATIVE_BASE 0x10000000ull
#define NATIVE_STACKS 0x800000000ull
#define NATIVE_STACK_SIZE 0x10000ull /* of a block */
#define NATIVE_STACK_MOST(page_size) (NATIVE_STACK_SIZE - 2 * (page_size))

/* Manifest: an ELF note of type 1 and name "Heddle" (SERVICE_MANIFEST of lib/serve), one text, lines of "key = value":
 *   name = tmpfs            export = fs             (what others may import it as, besides by its name)
 *   import = proc vfs       (names or exports, in order: BOOTSTRAP_IMPORTS + 0, 1, ...; "init" is a facet of init for listing and killing
 *                            services and for the power, which may be passed on)
 *   control = info debug device clock power swap       (rights of the control capability)
 *   may = files archive session power kill list offer (what it may ask of init by BOOTSTRAP_INIT besides lookup and ready)
 *   device = console 16550 | console pl011  (the UART of the boot info: irq, then memory or ioport, in that order after the imports; the
 *                            service is absent on machines without it)
 *   device = virtio block, pci 1af4:1042    (a device on a bus, by one of these names of two words, which the bus offers: a facet for the
 *                            bus protocol, then the memory of dma. One instance of the service, NAME, NAME-1, ..., runs for each such
 *                            device; there is none without)
 *   dma = 1M                (of such a driver: memory in one piece that its device reads and writes, charged to it; main's argument is its
 *                            physical address | number of the instance)
 *   start = boot | demand   (demand, the default: when somebody who imports it starts)
 *   restart = always | never                        (always is the default)
 *   ledgers = yes           (may make ledgers below its own)
 *   swapped = no            (its memory does not go to swap: who is needed to bring memory back from there)
 *   memory = 8M | none      (ledger limit)          queue = 32   (room of its port for messages that are sent, not called)
 *   stack = 16K             priority = 24
 */
#endif
