devicetree.arches := aarch64 riscv64
