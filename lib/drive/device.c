/* device.c: what the driver of a device on a bus has of it. */
#include <drive.h>

#include <protocols/bus.h>

enum status drive_device_open(struct drive_device *device, unsigned imports, uint64_t argument)
{
    uint64_t resident, where = 0;
    *device = (struct drive_device){
        .bus = serve_import(imports),
        .memory = serve_import(imports + 1),
        .dma_address = argument & ~(uint64_t)(OS_PAGE_SIZE - 1),
        .instance = (unsigned)argument & (OS_PAGE_SIZE - 1),
    };
    enum status status = os_mem_size(device->memory, &device->dma_size, &resident);
    if (status == STATUS_OK)
        status = os_mem_map(BOOTSTRAP_TASK, device->memory, 0, 0, device->dma_size, PROT_BIT_READ | PROT_BIT_WRITE, &where);
    device->dma = (uint8_t *)where;
    return status;
}

enum status drive_device_registers(const struct drive_device *device, unsigned index, volatile uint8_t **registers, uint64_t *size)
{
    cap_t memory;
    uint64_t offset, where = 0;
    enum status status = bus_registers(device->bus, index, &memory, &offset, size);
    if (status != STATUS_OK)
        return status;
    status = os_mem_map(BOOTSTRAP_TASK, memory, 0, 0, os_page_round(offset + *size), PROT_BIT_READ | PROT_BIT_WRITE, &where);
    os_drop(memory);
    *registers = (volatile uint8_t *)where + offset;
    return status;
}
