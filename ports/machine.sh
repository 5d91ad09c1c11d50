# machine.sh: what the compiler is told about a machine. Read by the build scripts here, with $ARCH set; sets $target and $flags.
# loongarch64: without LSX, which QEMU has only since 8.2. mips64el: release 2, n64, hard float, as distributions build it.
case $ARCH in
x86_64) target=x86_64-linux-musl flags= ;;
aarch64) target=aarch64-linux-musl flags= ;;
riscv64) target=riscv64-linux-musl flags= ;;
loongarch64) target=loongarch64-linux-musl flags=-march=loongarch64 ;;
mips64el) target=mips64el-linux-musl flags="-mabi=64 -march=mips64r2" ;;
*) echo "machine.sh: '$ARCH' is no machine" >&2; exit 1 ;;
esac
