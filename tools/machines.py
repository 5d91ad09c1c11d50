"""The machines that Heddle runs on, as QEMU emulates them (7.2 to 10)."""

from dataclasses import dataclass, field

MIB = 1 << 20
MMIO_1 = ("-global", "virtio-mmio.force-legacy=false")  # virtio devices of version 1


@dataclass(frozen=True)
class Machine:
    name: str
    qemu: str
    options: tuple
    page: str = "4K"               # the MMU page
    max_cpus: int = 8
    memory: int = 512 * MIB        # default
    min_memory: int = 64 * MIB
    max_memory: int = 0            # 0: any
    kernel: str = "elf"            # what -kernel gets: "elf", or "flat" = the raw bytes (kernel.bin, made with objcopy)
    image: object = "initrd"       # how the boot image gets there: "initrd", or a physical address for -device loader
    append: str = ""               # what the kernel is told with -append; {cpus}: how many there are
    disk_device: str = "virtio-blk-pci,disable-legacy=on,addr={place:#x}"  # what a disk is on; {place}: its place on the bus
    disk_places: tuple = ()        # first place, number of places, distance that keeps devices apart from each other in memory
    disk_options: tuple = ()       # more options, when there are disks
    bench_options: tuple = field(default=())  # instead of `options` in `./heddle bench`, when they differ


ALL = {m.name: m for m in (
    Machine("x86_64", "qemu-system-x86_64", ("-M", "q35", "-cpu", "max,erms=off,fsrm=off"), disk_places=(2, 24, 1)),
    Machine("aarch64", "qemu-system-aarch64", ("-M", "virt,gic-version=3", "-cpu", "max,pauth-impdef=on"), kernel="flat",
            disk_device="virtio-blk-device,bus=virtio-mmio-bus.{place}", disk_places=(0, 32, 8), disk_options=MMIO_1),
    Machine("riscv64", "qemu-system-riscv64", ("-M", "virt", "-cpu", "rv64,svnapot=true,svpbmt=true,svinval=true"),
            disk_device="virtio-blk-device,bus=virtio-mmio-bus.{place}", disk_places=(0, 8, 1), disk_options=MMIO_1),
    # QEMU refuses less than 1 GiB here, and hands an initrd to firmware only.
    Machine("loongarch64", "qemu-system-loongarch64", ("-M", "virt", "-cpu", "la464"), page="16K", max_cpus=4, memory=1024 * MIB,
            min_memory=1024 * MIB, image=0x4000000, disk_places=(1, 30, 1)),
    # The board on which all versions of QEMU run several CPUs of release 2; the kernel cannot count them there.
    Machine("mips64el", "qemu-system-mips64el", ("-M", "malta", "-cpu", "Loongson-3A4000"), append="cpus={cpus}",
            max_memory=2048 * MIB, disk_places=(18, 4, 1)),
)}


def disk_options(machine, paths, snapshot):
    """Returns: QEMU's options for these files as disks, in order. Raises ValueError when the machine has not so many places."""
    if not paths:
        return []
    first, places, distance = machine.disk_places
    if len(paths) > places:
        raise ValueError(f"{machine.name} has room for {places} disks")
    while len(paths) * distance > places:
        distance //= 2
    options = list(machine.disk_options)
    for number, path in enumerate(paths):
        name = path.replace(",", ",,")
        kind = "qcow2" if path.endswith(".qcow2") else "raw"
        drive = f"if=none,id=disk{number},file={name},format={kind},discard=unmap"
        options += ["-drive", drive + (",snapshot=on" if snapshot else ""),
                    "-device", machine.disk_device.format(place=first + number * distance) + f",drive=disk{number}"]
    return options


CLUSTERS = ("MP", "16K", "64K", "128K", "256K")


def parse_memory(text):
    """Returns: bytes of '512M', '1G' or '262144K'. Raises ValueError."""
    units = {"K": 1 << 10, "M": MIB, "G": 1 << 30}
    unit = units.get(text[-1:].upper())
    number = text[:-1] if unit else text
    if not number.isdecimal():
        raise ValueError(text)
    return int(number) * (unit or MIB)
