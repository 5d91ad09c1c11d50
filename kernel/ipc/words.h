/* words.h: label and words of a message in the registers of a frame. Not here: what else a message has (message.c). */
#ifndef KERNEL_WORDS_H
#define KERNEL_WORDS_H

#include <frame.h>
#include <thread_page.h>

/* As they are in another frame. */
static inline void copy_words(struct frame *to, const struct frame *from)
{
    to->FRAME_R1 = from->FRAME_R1;
    to->FRAME_R2 = from->FRAME_R2;
    to->FRAME_R3 = from->FRAME_R3;
    to->FRAME_R4 = from->FRAME_R4;
    to->FRAME_R5 = from->FRAME_R5;
    to->FRAME_R6 = from->FRAME_R6;
    to->FRAME_R7 = from->FRAME_R7;
}

/* These. */
static inline void set_words(struct frame *to, uint64_t label, const uint64_t word[MESSAGE_WORDS])
{
    to->FRAME_R1 = label;
    to->FRAME_R2 = word[0];
    to->FRAME_R3 = word[1];
    to->FRAME_R4 = word[2];
    to->FRAME_R5 = word[3];
    to->FRAME_R6 = word[4];
    to->FRAME_R7 = word[5];
}

#endif
