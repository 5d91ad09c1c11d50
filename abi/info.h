/* info.h: the numbers that task_info, thread_info, ledger_info and system_info take. Append only. */
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
enum thread_figure : int { THREAD_STATE = 0, THREAD_CPU_NS = 1, THREAD_CPU = 2, THREAD_PC = 3, THREAD_PRIORITY = 4 /* with what is lent to it */ };
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
    SYSTEM_CPU_IDLE_NS = 0x100, /* + number of the CPU: how long it was idle */
    SYSTEM_CPU_BUSY_NS = 0x200, /* + number of the CPU: how long it was not */
};

#endif
