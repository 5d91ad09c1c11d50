/* info.h: the numbers that task_info, thread_info, ledger_info, system_info and system_memory_info take. Append only. */
#ifndef ABI_INFO_H
#define ABI_INFO_H

enum task_figure : int {
    TASK_ALIVE = 0,        /* 1 while it has not been killed */
    TASK_EXIT_CODE = 1,
    TASK_THREADS = 2,
    TASK_MAPPED_BYTES = 3,
    TASK_RESIDENT_BYTES = 4, /* bytes present in its private objects and mapped shared ones */
    TASK_CPU_NS = 5,
    TASK_CAPS = 6,
    TASK_PAGE_TABLE_BYTES = 7,
};
enum thread_figure : int { THREAD_STATE = 0, THREAD_CPU_NS = 1, THREAD_CPU = 2, THREAD_PC = 3, THREAD_PRIORITY = 4 /* with what is lent to it */,
                         THREAD_WEIGHT = 5, THREAD_AFFINITY = 6 };
/* What THREAD_STATE tells; with THREAD_IS_STOPPED when it is stopped besides. */
enum thread_state : unsigned char {
    THREAD_NEW = 0,           /* created, not started */
    THREAD_READY = 1,         /* on a run queue */
    THREAD_RUNNING = 2,       /* current on a CPU */
    THREAD_CALLING = 3,       /* queued on a port, its message in its registers */
    THREAD_SENDING = 4,       /* queued on a port until there is room for its message */
    THREAD_AWAITING_REPLY = 5,
    THREAD_RECEIVING = 6,     /* on a port or set */
    THREAD_NOTIFICATION = 7,  /* waiting on a notification */
    THREAD_FUTEX = 8,
    THREAD_PAGING = 9,        /* waiting for a pager */
    THREAD_DEAD = 10,
    THREAD_SPARE = 11,        /* waiting for a virtual processor */
};
#define THREAD_IS_STOPPED 0x100u
enum ledger_kind : int { LEDGER_PAGES = 0 /* bytes of user memory */, LEDGER_KERNEL = 1 /* bytes */, LEDGER_CAPS = 2, LEDGER_THREADS = 3, LEDGER_KINDS = 4 };
enum system_figure : int {
    SYSTEM_MEMORY_TOTAL = 0, /* bytes managed */
    SYSTEM_MEMORY_FREE = 1,
    SYSTEM_CPUS = 2,
    SYSTEM_PAGE_SIZE = 3,
    SYSTEM_CLUSTER_SIZE = 4,
    SYSTEM_IDLE_NS = 5,
    SYSTEM_SWITCHES = 6,     /* of threads, by the scheduler: calls that go straight to who waits are none */
    SYSTEM_IMAGE_BASE = 7,
    SYSTEM_KERNEL_BYTES = 8,
    SYSTEM_CYCLES_HZ = 9,
    SYSTEM_CONSOLE_KIND = 10, /* the debug UART: 0 none, 1 16550 at I/O ports, 2 16550 in memory, 3 PL011 */
    SYSTEM_CONSOLE_ADDRESS = 11,
    SYSTEM_CONSOLE_IRQ = 12,
    SYSTEM_RUNNABLE = 13,
    SYSTEM_CONSOLE_STRIDE = 14, /* bytes from one register to the next */
    /* The clock as a program can read it itself: nanoseconds since boot = (counter - START) * (WHOLE + FRACTION / 2^64); 0, 0: it cannot. */
    SYSTEM_CLOCK_START = 15,
    SYSTEM_CLOCK_WHOLE = 16,
    SYSTEM_CLOCK_FRACTION = 17,
    SYSTEM_CPUS_OFF = 18, /* bit per CPU that is out of use */
    SYSTEM_PCI_KIND = 19, /* enum pci_kind */
    SYSTEM_PCI_ADDRESS = 20, /* of the bridge's registers */
    SYSTEM_CPU_IDLE_NS = 0x100, /* + number of the CPU: how long it was idle */
    SYSTEM_CPU_BUSY_NS = 0x200, /* + number of the CPU: how long it was not */
};

/* How PCI's configuration space is reached. */
enum pci_kind : int { PCI_BY_TREE = 0 /* the device tree says it, or there is none */, PCI_PORTS = 1 /* the PC's ports 0xcf8 */, PCI_GT64120 = 2 };

/* What system_memory_info takes: bytes, unless it says something else. */
enum memory_figure : int {
    /* what is held */
    MEMORY_KERNEL = 0,              /* all that the kernel took, by the MMU page; the next ones are parts of it */
    MEMORY_PAGE_TABLES = 1,
    MEMORY_REGIONS = 2,
    MEMORY_EXTENTS = 3,             /* and shares */
    MEMORY_OBJECT_RECORDS = 4,      /* memory objects, groups of clones */
    MEMORY_RESERVATION_RECORDS = 5,
    MEMORY_HEAP = 6,                /* slabs, with the records above and everything else that is small */
    MEMORY_HEAP_FREE = 7,           /* of that, free */
    MEMORY_PIECE_RECORDS = 8,       /* of partly free clusters; not part of MEMORY_KERNEL */
    MEMORY_USER = 9,                /* programs' */
    MEMORY_HELD_END = 10,
    /* what is free */
    MEMORY_FREE_CLUSTERS = 32,      /* whole ones */
    MEMORY_FREE_PIECES = 33,        /* parts of clusters */
    MEMORY_FREE_ZEROED = 34,        /* of the whole ones, zeroed ahead */
    MEMORY_FREE_RESERVED = 35,      /* of the whole ones, in reservations */
    MEMORY_RESERVATIONS = 36,       /* count of partly populated ones */
    MEMORY_FREE_RUNS = 37,          /* count */
    MEMORY_SWAP_TOTAL = 38,
    MEMORY_SWAP_USED = 39,
    MEMORY_FREE_END = 40,
    /* what was done since boot */
    MEMORY_FAULTS = 64,             /* counts, but for COPIED and ZEROED */
    MEMORY_RESERVATIONS_MADE = 65,
    MEMORY_RESERVATIONS_FILLED = 66,
    MEMORY_RESERVATIONS_BROKEN = 67,
    MEMORY_PROMOTIONS = 68,         /* leaves above the cluster that were mapped */
    MEMORY_DEMOTIONS = 69,          /* such leaves that were split */
    MEMORY_COPIED_COW = 70,
    MEMORY_COPIED_GATHER = 71,      /* parts of clusters moved together */
    MEMORY_COPIED_REPAIR = 72,      /* in the background, for superpages */
    MEMORY_REPAIRS = 73,            /* superpages that came of it */
    MEMORY_ZEROED_AHEAD = 74,       /* bytes of fresh memory that idle CPUs had zeroed */
    MEMORY_FLUSHES = 75,            /* of ranges of a space from the TLBs that may hold them */
    MEMORY_FLUSH_IPIS = 76,         /* CPUs that were interrupted for them */
    MEMORY_SWAPPED_OUT = 77,        /* bytes */
    MEMORY_SWAPPED_IN = 78,
    MEMORY_DONE_END = 79,
    MEMORY_RUNS_OF_ORDER = 128,     /* + n: count of free runs whose largest aligned block is 2^n clusters */
};

/* What mem_mappings tells: bytes that are mapped by leaves and hints of each size, by log2 of the size less 12. */
enum : unsigned { MAPPING_SIZES = 20 };
struct mapping_sizes { unsigned long long bytes[MAPPING_SIZES]; };

#endif
