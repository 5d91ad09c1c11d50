pci.arches := x86_64 loongarch64 mips64el
