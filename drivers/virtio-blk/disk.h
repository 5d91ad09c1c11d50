/* disk.h: a virtio disk (Virtual I/O Device 1.2, 5.2). disk.c: the device; jobs.c: requests; main.c: the protocol. */
#ifndef VIRTIO_BLK_DISK_H
#define VIRTIO_BLK_DISK_H

#include <virtio.h>

/* The device's memory: the ring, heads of requests, then slots for data. */
#define DMA_SIZE (1u << 20)
#define HEADS_OFFSET 0x4000u
#define SLOT_BYTES 0x10000u
#define SLOTS (DMA_SIZE / SLOT_BYTES - 1)
#define SECTOR 512u /* the device counts in these, whatever the disk's own are */

enum job_kind : uint32_t { JOB_READ = 0, JOB_WRITE = 1, JOB_FLUSH = 4, JOB_DISCARD = 11 }; /* as the device has them */

/* As the device reads it, and writes at its end. */
struct head {
    uint32_t kind, reserved;
    uint64_t sector;
    struct { uint64_t sector; uint32_t count, flags; } discard;
    uint8_t  status;
};

/* A request to the device. */
struct slot {
    struct job *job;        /* NULL: free */
    volatile struct head *head;
    uint64_t    head_address;
    uint8_t    *data;
    uint64_t    data_address;
    enum job_kind kind;
    uint32_t    length;     /* of the data */
    uint64_t    sector;
    uint64_t    window_at;  /* where the data is in the caller's window */
    uint64_t    since_ns;
};

struct disk {
    struct drive_device device;
    struct virtio    virtio;
    struct virtqueue queue;
    uint64_t size;          /* bytes */
    uint32_t sector;        /* bytes */
    uint32_t most;          /* bytes of one request to the device */
    uint64_t discard_most;
    bool     read_only, flushes, discards;
    bool     runs;
    bool     lost;          /* it did not stop when it was told to: its memory is not used again */
    struct slot slot[SLOTS];
};
extern struct disk disk;

/* --- disk.c ------------------------------------------------------------------------------------------------------------------------------- */
/* Find the device and let it work; ends the program when that cannot be. */
void disk_open(uint64_t argument);
/* Stop it and let it work again; what it had is forgotten. Returns: whether it works. */
bool disk_restart(void);
/* Give the slot to the device. Returns: false when its ring is full. */
bool disk_submit(struct slot *slot);
void disk_push(void);
enum virtqueue_result disk_take(struct slot **slot, enum status *status);

/* --- jobs.c ------------------------------------------------------------------------------------------------------------------------------- */
/* Carry it out, on a range that was checked. Returns: DEFERRED; NO_MEMORY. */
enum status job_start(struct request *rq, enum job_kind kind, uint64_t offset, uint64_t length);
void job_cancel(struct request *rq);
void jobs_interrupt(void);

#endif
