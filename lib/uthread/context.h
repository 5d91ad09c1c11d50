/* context.h: what a port of the library is: arch/<isa>/context.S. */
#ifndef UTHREAD_CONTEXT_H
#define UTHREAD_CONTEXT_H

/* Save the registers that calls keep and the stack pointer in *from, and go on where `to` was saved. */
void uthread_switch(void **from, void *to);
/* Call function(argument) with the stack pointer `stack` (a multiple of 16). */
void uthread_on_stack(void *stack, void (*function)(void *), void *argument);
/* Where the kernel's upcalls enter: calls uthread_upcall, then processors_resume. */
extern const char uthread_entry[];
void uthread_upcall(void);
/* context_words.h: CONTEXT_WORDS of a saved context, a multiple of 16 bytes; CONTEXT_RETURN, which of them is where it goes on. The first of a
 * thread goes on at a function that does not return, with the stack pointer as after a call. */
#include <context_words.h>

#endif
