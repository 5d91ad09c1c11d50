/* session.h: the first terminal session: opens the terminal, frames the output of a command, ends with the power. */
#ifndef INIT_SESSION_H
#define INIT_SESSION_H

#include <serve.h>

/* Start the thread that opens the terminal. */
void session_start(void);
/* The body of service.session: answers now or when the terminal is open. */
[[nodiscard]] enum status session_ask(struct request *rq, uint64_t *length, uint64_t *count, cap_t *terminal);
void session_forget(struct request *rq);
/* The first process ended with this wait status. */
void session_end(uint64_t wait_status);
/* Let output leave, then switch the machine off (0) or start it again (1). */
void session_power(uint64_t action);

#endif
