# busybox.sh: builds a static busybox in $OUT for $ARCH, against stock musl, with all applets that busybox turns on by itself
# but those that musl or newer headers have not got.
rm -rf "$WORK"
cp -R "$NEED_BUSYBOX_SRC" "$WORK"
cd "$WORK"

# BB_GLOBAL_CONST: without it busybox writes to what it says is constant, which clang takes at its word.
run_make() {
	make -j"$JOBS" CC="clang-19 --config=$NEED_MUSL/clang.cfg -idirafter $NEED_LINUX_HEADERS/include -DBB_GLOBAL_CONST=" \
		HOSTCC=clang-19 LD=ld.lld-19 AR=llvm-ar-19 NM=llvm-nm-19 STRIP=llvm-strip-19 \
		OBJCOPY=llvm-objcopy-19 OBJDUMP=llvm-objdump-19 "$@"
}

run_make defconfig
set_option() { sed -i -e "s/^$1=.*/$1=$2/" -e "s/^# $1 is not set/$1=$2/" .config; }
set_option CONFIG_STATIC y
set_option CONFIG_TC n		# asks for CBQ, which newer Linux headers dropped
set_option CONFIG_SHA1_HWACCEL n	# x86 alone, and not guarded by it
set_option CONFIG_SHA256_HWACCEL n
yes '' 2>/dev/null | run_make oldconfig || :
run_make busybox
cp busybox "$OUT/busybox"
