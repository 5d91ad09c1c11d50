/* discipline.h: the line discipline: what a terminal does to bytes on their way from the keyboard to a reader and from a writer to the screen
 * (POSIX.1-2017 chapter 11, with Linux's extensions). Not here: who may read and write, waiting, devices. */
#ifndef TTY_DISCIPLINE_H
#define TTY_DISCIPLINE_H

#include <stddef.h>

#include "termios.h"

#define DISCIPLINE_ROOM 4096u /* bytes of input that wait for a reader; also the longest line */

enum terminal_signal : int { TERMINAL_SIGINT = 2, TERMINAL_SIGQUIT = 3, TERMINAL_SIGTSTP = 20 };

struct discipline;

/* What it asks of its user. */
struct discipline_ops {
    void (*output)(struct discipline *discipline, const uint8_t *bytes, size_t length); /* echo: to the screen as it is */
    void (*signal)(struct discipline *discipline, enum terminal_signal signal);         /* a signal character was typed */
    void (*flush_output)(struct discipline *discipline);                                /* drop output that waits */
    void (*flow)(struct discipline *discipline, bool stopped);                          /* output was stopped or started by a character */
};

struct discipline {
    const struct discipline_ops *ops;
    struct termios termios;
    /* Input: positions count for ever; a byte at position p is at in[p % DISCIPLINE_ROOM]. [read, ready) is for readers, [ready, end) is the
     * line being typed (empty when not canonical). A delimiter bit marks the last byte of a line; an end of file is a delimiter that is
     * END_OF_FILE and is not read as a byte. */
    uint32_t read, ready, end;
    uint32_t read_before;  /* `read` before the last discipline_read */
    uint8_t  in[DISCIPLINE_ROOM];
    uint8_t  delimiter[DISCIPLINE_ROOM / 8];
    uint8_t  end_of_file[DISCIPLINE_ROOM / 8];
    bool     line_ended;   /* the last discipline_read took the end of a line or file */
    bool     literal_next; /* VLNEXT was typed */
    bool     stopped;      /* by VSTOP or TCXONC */
    unsigned column;       /* of the screen's cursor */
    unsigned line_column;  /* where the line being typed began */
};

void discipline_init(struct discipline *discipline, const struct discipline_ops *ops);
/* Change the settings; input that was typed so far stays. */
void discipline_set(struct discipline *discipline, const struct termios *termios);

/* A byte from the keyboard. */
void discipline_input(struct discipline *discipline, uint8_t byte);
/* Returns: how many more bytes of input it can surely keep. */
size_t discipline_input_room(const struct discipline *discipline);
void discipline_flush_input(struct discipline *discipline);

/* Returns: whether a reader gets something now: a line (or an end of file), or, when not canonical, at least `least` bytes. */
bool discipline_can_read(const struct discipline *discipline, size_t least);
/* Take input: at most one line when canonical. Returns: bytes taken; 0 with discipline_can_read: end of file. */
size_t discipline_read(struct discipline *discipline, uint8_t *to, size_t size);
/* Undo the last discipline_read; no input came since. */
void discipline_unread(struct discipline *discipline);
/* Returns: bytes a reader could get (FIONREAD). */
size_t discipline_readable(const struct discipline *discipline);

/* Output: turn written bytes into bytes for the screen. Returns: how many were taken; *produced bytes (at most room) are in to. */
size_t discipline_output(struct discipline *discipline, const uint8_t *from, size_t length, uint8_t *to, size_t room, size_t *produced);

/* Start or stop output as VSTART and VSTOP do. */
void discipline_flow(struct discipline *discipline, bool stopped);

#endif
