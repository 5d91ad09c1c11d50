/* irq.c: interrupts of a driver. */
#include <drive.h>

static void signalled(struct serve_watch *watch, uint64_t)
{
    struct drive_irq *irq = container_of(watch, struct drive_irq, watch);
    irq->handler(irq);
    (void)os_irq_ack(irq->irq);
}

enum status drive_irq_start(struct drive_irq *irq)
{
    irq->watch.signalled = signalled;
    enum status status = serve_watch(&irq->watch);
    if (status == STATUS_OK)
        status = os_irq_bind(irq->irq, irq->watch.notification, 1);
    return status == STATUS_OK ? os_irq_ack(irq->irq) : status;
}
