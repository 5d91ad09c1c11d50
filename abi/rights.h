/* rights.h: what a capability allows. Bits 0..15 belong to the object's type, 16..31 are the same for all types. */
#ifndef ABI_RIGHTS_H
#define ABI_RIGHTS_H

/* any type */
#define RIGHT_COPY   (1u << 16) /* may be derived and sent in messages (without it: only moved) */
#define RIGHT_CLONE  (1u << 17) /* task_clone copies it into the new task at the same handle */
#define RIGHT_REVOKE (1u << 18) /* may revoke what was derived from it */
#define RIGHT_COMMON (RIGHT_COPY | RIGHT_CLONE | RIGHT_REVOKE)

#define RIGHT_TASK_MAP     (1u << 0) /* map, unmap, protect in its address space */
#define RIGHT_TASK_THREADS (1u << 1) /* create threads */
#define RIGHT_TASK_CAPS    (1u << 2) /* install and remove capabilities in its table */
#define RIGHT_TASK_CONTROL (1u << 3) /* set the upcall entry, the exception port and the name */
#define RIGHT_TASK_KILL    (1u << 4)
#define RIGHT_TASK_INFO    (1u << 5)
#define RIGHT_TASK_CLONE   (1u << 6)
#define RIGHT_TASK_MEMORY  (1u << 7) /* read and write its memory from outside */

#define RIGHT_THREAD_START    (1u << 0) /* start, set registers while not running */
#define RIGHT_THREAD_KILL     (1u << 1)
#define RIGHT_THREAD_SIGNAL   (1u << 2) /* post an interrupt upcall */
#define RIGHT_THREAD_SCHEDULE (1u << 3) /* priority, affinity */
#define RIGHT_THREAD_INFO     (1u << 4)
#define RIGHT_THREAD_STOP     (1u << 5) /* suspend and resume */

#define RIGHT_MEM_READ    (1u << 0) /* map for reading, copy out */
#define RIGHT_MEM_WRITE   (1u << 1) /* map for writing, copy in */
#define RIGHT_MEM_EXEC    (1u << 2) /* map for execution */
#define RIGHT_MEM_RESIZE  (1u << 3)
#define RIGHT_MEM_INFO    (1u << 4)
#define RIGHT_MEM_PAGER   (1u << 5) /* supply its content, take what was written */

#define RIGHT_PORT_SEND    (1u << 0) /* call and send */
#define RIGHT_PORT_RECEIVE (1u << 1) /* receive, put into a set */
#define RIGHT_PORT_BADGE   (1u << 2) /* make facets */
#define RIGHT_PORT_DESTROY (1u << 3)

#define RIGHT_SET_WAIT   (1u << 0)
#define RIGHT_SET_CHANGE (1u << 1)

#define RIGHT_REPLY_USE (1u << 0) /* receive into it, answer with it, copy through its windows */

#define RIGHT_NOTIFICATION_SIGNAL (1u << 0)
#define RIGHT_NOTIFICATION_WAIT   (1u << 1)
#define RIGHT_NOTIFICATION_BIND   (1u << 2) /* bind interrupts, timers and deaths to it, put it into a set */

#define RIGHT_IRQ_BIND (1u << 0)
#define RIGHT_IRQ_ACK  (1u << 1)

#define RIGHT_IOPORT_READ  (1u << 0)
#define RIGHT_IOPORT_WRITE (1u << 1)

#define RIGHT_LEDGER_CHARGE (1u << 0) /* create things at its cost */
#define RIGHT_LEDGER_LIMIT  (1u << 1) /* make children, change limits */
#define RIGHT_LEDGER_INFO   (1u << 2)

#define RIGHT_PROCESSORS_JOIN    (1u << 0) /* be a member: join, park, pass, wake, event */
#define RIGHT_PROCESSORS_CONTROL (1u << 1) /* set their number */
#define RIGHT_PROCESSORS_INFO    (1u << 2)

#define RIGHT_CONTROL_DEVICE (1u << 0) /* create interrupt, physical memory and I/O port objects */
#define RIGHT_CONTROL_POWER  (1u << 1)
#define RIGHT_CONTROL_DEBUG  (1u << 2) /* write to and read from the debug console and log */
#define RIGHT_CONTROL_INFO   (1u << 3) /* system-wide figures */
#define RIGHT_CONTROL_CLOCK  (1u << 4) /* set the wall clock */
#define RIGHT_CONTROL_SWAP   (1u << 6) /* be where anonymous memory goes, say whose stays */
#define RIGHT_CONTROL_CPUS   (1u << 5) /* take CPUs out of use and back */

#define RIGHTS_ALL 0xffffffffu

#endif
