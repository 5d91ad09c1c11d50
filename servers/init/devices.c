/* devices.c: devices that buses offer, and who drives them. Invariants: a device is driven by at most one service, a service drives one device;
 * another instance of the service is made for each further device. A device's memory (manifest: dma) is made once and stays init's, so that a
 * device whose driver died writes into nobody else's; the next instance stops the device before it uses the memory. */
#include <services.h>

struct device {
    struct list     link;
    const struct service *bus;
    uint64_t        place;
    char           *names;
    cap_t           facet;
    struct service *driver;
};

static struct list devices = LIST_INITIALIZER(devices);

static struct device *find(const struct service *bus, uint64_t place, const char *names)
{
    LIST_FOR(device, &devices, struct device, link)
        if (device->bus == bus && device->place == place && strcmp(device->names, names) == 0)
            return device;
    return nullptr;
}

/* The service that is to drive it: one without a device, else one more of the same program. */
static struct service *driver_for(const char *names)
{
    struct service *first = nullptr;
    for (struct service *service = service_next(nullptr); service; service = service_next(service)) {
        if (!manifest_drives(&service->manifest, names))
            continue;
        if (!service->device)
            return service;
        if (!first)
            first = service;
    }
    return first ? service_repeat(first) : nullptr;
}

enum status device_offered(const struct service *bus, uint64_t place, char *names, cap_t facet)
{
    struct device *device = find(bus, place, names);
    if (device) {
        os_drop(device->facet);
        device->facet = facet;
        os_free(names);
        return STATUS_OK;
    }
    device = NEW(struct device);
    if (!device)
        return STATUS_NO_MEMORY;
    *device = (struct device){.bus = bus, .place = place, .names = names, .facet = facet, .driver = driver_for(names)};
    list_push_back(&devices, &device->link);
    if (device->driver) {
        device->driver->device = device;
        service_has_device(device->driver);
    }
    return STATUS_OK;
}

static enum status give_memory(struct service *service, cap_t task, unsigned index)
{
    enum status status = STATUS_OK;
    cap_t installed;
    if (!service->dma)
        status = os_mem_create_dma(BOOTSTRAP_CONTROL, service->ledger, os_page_round(service->manifest.dma), &service->dma, &service->dma_address);
    if (status == STATUS_OK)
        status = os_cap_install(task, service->dma, RIGHT_MEM_READ | RIGHT_MEM_WRITE | RIGHT_MEM_INFO | RIGHT_COPY, index, &installed);
    return status;
}

enum status device_give(struct service *service, cap_t task, unsigned index)
{
    cap_t installed;
    enum status status = os_cap_install(task, service->device->facet, RIGHT_PORT_SEND | RIGHT_COPY, index, &installed);
    return status == STATUS_OK && service->manifest.dma ? give_memory(service, task, index + 1) : status;
}

uint64_t device_main_argument(const struct service *service)
{
    return service->dma_address | service->instance;
}

bool devices_settled(void)
{
    for (struct service *service = service_next(nullptr); service; service = service_next(service))
        if (service->state == STATE_STARTED && (service->device || service->manifest.may & MAY_OFFER))
            return false;
    return true;
}
