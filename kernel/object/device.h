/* device.h: what drivers are given, and the control object. */
#ifndef KERNEL_DEVICE_H
#define KERNEL_DEVICE_H

#include <object/object.h>

struct notification;

struct irq_object {
    struct object object;
    unsigned number;
    struct notification *target; /* holds a reference */
    uint64_t bits;
};

struct ioport_object {
    struct object object;
    unsigned first, count;
};

struct control {
    struct object object;
};

void irq_free(struct object *object);
/* Give the line to a new object; ALREADY_BOUND while another has it. */
[[nodiscard]] enum status irq_create(struct ledger *ledger, uint64_t number, struct irq_object **irq);
/* The same for a line without a wire, which has no object yet; NOT_SUPPORTED: there is none. */
[[nodiscard]] enum status irq_create_message(struct ledger *ledger, struct irq_object **irq, struct arch_message *message);
void irq_bind(struct irq_object *irq, struct notification *target, uint64_t bits);

#endif
