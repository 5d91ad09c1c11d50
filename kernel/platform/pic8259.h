/* pic8259.h: the two interrupt controllers of old PCs. Where there are newer ones, they only have to be kept quiet. */
#ifndef KERNEL_PIC8259_H
#define KERNEL_PIC8259_H

/* Mask all 16 lines; what may still come as spurious arrives at first_vector and the 15 after it. */
void pic8259_disable(unsigned first_vector);

/* Where they are the interrupt controller, with their output at a pin of the CPU: all lines masked. */
void pic8259_init(void);
int pic8259_claim(void); /* a line that is pending, from now on in service; -1: none */
void pic8259_complete(unsigned line);
void pic8259_mask(unsigned line);
void pic8259_unmask(unsigned line);

#endif
