/* main.c: driver of virtio disks: the block protocol. */
#include "disk.h"

#include <attach.h>
#include <block.h>
#include <protocols/block_server.h>

SERVICE_MANIFEST("name = virtio-blk\n"
                 "import = disks\n"
                 "device = virtio block\n"
                 "dma = 1M\n"
                 "start = boot\n"
                 "restart = always\n"
                 "memory = 6M\n"
                 "priority = 26\n")

static bool in_sectors(uint64_t value)
{
    return value % disk.sector == 0;
}

static enum status check(uint64_t offset, uint64_t length, bool writes)
{
    if (!in_sectors(offset) || !in_sectors(length))
        return STATUS_INVALID_ARGUMENT;
    if (offset > disk.size || length > disk.size - offset)
        return STATUS_OUT_OF_RANGE;
    return writes && disk.read_only ? STATUS_READ_ONLY : STATUS_OK;
}

static enum status start(struct request *rq, enum job_kind kind, uint64_t offset, uint64_t length)
{
    enum status status = check(offset, length, kind != JOB_READ);
    if (status != STATUS_OK || !length)
        return status;
    return job_start(rq, kind, offset, length);
}

static enum status op_info(void *, struct request *, uint64_t *size, uint64_t *sector, uint64_t *flags)
{
    *size = disk.size;
    *sector = disk.sector;
    *flags = (disk.read_only ? BLOCK_READ_ONLY : 0) | (disk.discards ? BLOCK_DISCARDS : 0) | (disk.flushes ? BLOCK_CACHES : 0);
    return STATUS_OK;
}

static enum status op_read(void *, struct request *rq, uint64_t offset)
{
    return start(rq, JOB_READ, offset, rq->out_length);
}

static enum status op_write(void *, struct request *rq, uint64_t offset)
{
    return start(rq, JOB_WRITE, offset, rq->in_length);
}

static enum status op_flush(void *, struct request *rq)
{
    return disk.flushes ? job_start(rq, JOB_FLUSH, 0, 1) : STATUS_OK;
}

static enum status op_discard(void *, struct request *rq, uint64_t offset, uint64_t length)
{
    return disk.discards || disk.read_only ? start(rq, JOB_DISCARD, offset, length) : STATUS_NOT_SUPPORTED;
}

static bool dispatch(void *self, struct request *rq)
{
    static const struct block_ops ops = {.info = op_info, .read = op_read, .write = op_write, .flush = op_flush, .discard = op_discard};
    return block_dispatch(&ops, self, rq);
}

static void cancel(void *, struct request *rq)
{
    job_cancel(rq);
}

static void interrupted(struct drive_irq *)
{
    (void)virtio_interrupt(&disk.virtio);
    jobs_interrupt();
}

int main(uint64_t argument)
{
    static const struct serve_type root = {.dispatch = dispatch, .cancel = cancel};
    static const struct server server = {.root = &root, .not_ready = true};
    static struct drive_irq irq = {.handler = interrupted};
    serve_start(&server);
    disk_open(argument);
    irq.irq = disk.virtio.irq;
    enum status status = drive_irq_start(&irq);
    if (status != STATUS_OK)
        os_fatal("no interrupt: %s", os_status_text(status));
    disk_attach(serve_import(0), disk.device.instance);
    return serve_run(&server);
}
