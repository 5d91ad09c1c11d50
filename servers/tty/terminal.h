/* terminal.h: a terminal: a line discipline, who reads and writes it, whose session it is. */
#ifndef TTY_TERMINAL_H
#define TTY_TERMINAL_H

#include <serve.h>

#include "discipline.h"

#define OUTPUT_ROOM 4096u /* bytes for the screen that wait for the driver */
#define BACKLOG_MOST 65536u /* bytes of input that wait for room in the discipline */

struct terminal {
    struct discipline discipline;
    struct window_size size;
    uint32_t session, foreground; /* 0: none */
    struct list readers, writers; /* deferred requests in the order they came */
    struct list drainers;         /* deferred controls that wait until output has left */
    struct poll_list polls;
    struct serve_timer read_timer; /* VTIME of the first reader */
    struct serve_timer retry;      /* the driver did not take output */
    cap_t    driver;               /* console protocol; CAP_NULL: output goes nowhere */
    bool     driver_full;          /* it will send `room` */
    bool     driver_busy;          /* what it was given last has not left yet */
    uint8_t *backlog;
    size_t   backlog_count, backlog_capacity;
    uint64_t position; /* of the first byte in `out`, in all that the driver is given */
    uint32_t out_first, out_count;
    uint8_t  out[OUTPUT_ROOM];
};

/* An open description. */
struct opened {
    struct terminal *terminal;
    uint32_t device; /* major << 8 | minor */
    uint32_t flags;  /* open's */
};

void terminal_init(struct terminal *terminal, cap_t driver);
/* Bytes from the driver. */
void terminal_input(struct terminal *terminal, const uint8_t *bytes, size_t count);
/* The driver has room; pending = bytes in it that have not left. */
void terminal_room(struct terminal *terminal, uint64_t pending);
/* The driver was started (again). */
void terminal_driver_started(struct terminal *terminal);

/* file.read and file.write of an open description, and what goes with deferred requests. */
[[nodiscard]] enum status terminal_read(struct opened *opened, struct request *rq, bool no_wait, uint64_t *count);
[[nodiscard]] enum status terminal_write(struct opened *opened, struct request *rq, bool no_wait, uint64_t *count);
void terminal_cancel(struct request *rq);
void terminal_interrupted(struct request *rq);
void terminal_undelivered(struct opened *opened, struct request *rq);
/* Answer a control when all output has left: DEFERRED, or OK at once. */
[[nodiscard]] enum status terminal_drain(struct terminal *terminal, struct request *rq);
void terminal_flush(struct terminal *terminal, bool input, bool output);
/* Returns: the POLL events that hold now. */
uint64_t terminal_ready(const struct terminal *terminal);
/* Readers and writers may get on: after a change of settings, or when input was put in. */
void terminal_kick(struct terminal *terminal);
/* Called when a deferred drain is over (control.c): carries out the rest and answers. */
void control_drained(struct request *rq);

/* --- job control: jobs.c --- */
/* May the caller's group, by what the runtime says, read (or write, or change) now? Returns: OK; BACKGROUND: not before it is in the
 * foreground; IO_ERROR: not ever (orphaned). */
[[nodiscard]] enum status jobs_check(struct terminal *terminal, uint32_t group);
void jobs_signal(uint32_t group, int signal);
/* Returns: OK and the session of the group. */
[[nodiscard]] enum status jobs_session_of(uint32_t group, uint32_t *session, bool *orphaned);

/* --- control.c --- */
[[nodiscard]] enum status control(struct opened *opened, struct request *rq, uint64_t request, uint64_t argument, uint64_t *result);

/* What tty imports, in the order of its manifest. */
enum tty_import : unsigned { IMPORT_CONSOLE, IMPORT_PROC };

#endif
