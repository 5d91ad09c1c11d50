/* drive.h: what drivers share: registers, interrupts, and the body of console drivers. A driver is a server (serve.h) whose manifest names a
 * device. It finds behind its imports: the interrupt, then its registers as memory or I/O ports. */
#ifndef DRIVE_DRIVE_H
#define DRIVE_DRIVE_H

#include <barrier.h>
#include <fdt.h>
#include <serve.h>

/* --- registers -------------------------------------------------------------------------------------------------------------------------- */
struct registers {
    cap_t    ports;             /* I/O ports; CAP_NULL: memory */
    volatile uint8_t *memory;
    unsigned stride;            /* bytes from one register to the next */
};

/* From what init gave: argument is main's, cap the registers' capability. */
[[nodiscard]] enum status registers_open(struct registers *registers, uint64_t argument, cap_t cap);
/* The index-th register of a device with byte registers (stride apart). */
uint8_t registers_read8(const struct registers *registers, unsigned index);
void registers_write8(const struct registers *registers, unsigned index, uint8_t value);
/* A 32-bit register at a byte offset, in memory only. */
static inline uint32_t registers_read32(const struct registers *registers, unsigned offset)
{
    return *(volatile uint32_t *)(registers->memory + offset);
}
static inline void registers_write32(const struct registers *registers, unsigned offset, uint32_t value)
{
    *(volatile uint32_t *)(registers->memory + offset) = value;
}

/* device_barrier(): what the program read and wrote before, memory and registers, is done before all that follows (barrier.h of the machine). */

/* --- the device tree --------------------------------------------------------------------------------------------------------------------- */
/* The firmware's, copied. Needs the control capability with DEVICE. Returns: NOT_FOUND when there is none. */
[[nodiscard]] enum status device_tree_open(struct fdt *fdt);

/* --- interrupts ------------------------------------------------------------------------------------------------------------------------- */
struct drive_irq {
    void (*handler)(struct drive_irq *irq); /* called by the server loop; the line is unmasked after it */
    cap_t irq;
    struct serve_watch watch;
};
[[nodiscard]] enum status drive_irq_start(struct drive_irq *irq);

/* --- drivers of devices on a bus -------------------------------------------------------------------------------------------------------- */
/* What init put behind the `imports` imports: the device, and its memory (manifest: dma). */
struct drive_device {
    cap_t    bus;               /* bus protocol */
    cap_t    memory;
    uint8_t *dma;               /* mapped; */
    uint64_t dma_address;       /* as the device sees it */
    uint64_t dma_size;
    unsigned instance;
};
[[nodiscard]] enum status drive_device_open(struct drive_device *device, unsigned imports, uint64_t argument);
/* Registers number `index` of the device, mapped. */
[[nodiscard]] enum status drive_device_registers(const struct drive_device *device, unsigned index, volatile uint8_t **registers, uint64_t *size);

/* --- console drivers -------------------------------------------------------------------------------------------------------------------- */
#define CONSOLE_DRAIN 1u

/* A UART. */
struct console_device {
    /* Set it up; received bytes that wait in it stay. */
    void (*start)(void);
    /* Returns: how many of the bytes it took; fewer than count when its buffer is full. */
    unsigned (*send)(const uint8_t *bytes, unsigned count);
    /* Returns: how many bytes were received, at most room. */
    unsigned (*receive)(uint8_t *bytes, unsigned room);
    /* Which interrupts it raises: there are received bytes, there is room to send. */
    void (*interrupts)(bool receive, bool send);
};

/* The whole life of a console driver: serves the console protocol, sends input to the terminal (its import number `tty`), uses the interrupt
 * irq. Returns: main's result. */
int console_run(const struct console_device *device, cap_t tty, cap_t irq);

#endif
