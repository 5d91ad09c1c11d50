# musl.sh: builds musl as a static sysroot in $OUT for $ARCH, with the compiler's builtins and a clang.cfg that finds them.
# With $OVERLAY, its files are laid over the source first, and what the stock build left behind is used for all objects that
# saw none of them.
. "$PORTS/machine.sh"
source=$NEED_MUSL_SRC
work=$WORK
rm -rf "$work"
mkdir -p "$work/obj"
cd "$work"

if [ -n "$OVERLAY" ]; then
	cp -R "$source" "$work/src"
	cp -R "$OVERLAY/." "$work/src/"
	source=$work/src
fi

"$source/configure" --target="$target" --prefix=/usr --disable-shared --disable-wrapper \
	CC="clang-19 --target=$target $flags" AR=llvm-ar-19 RANLIB=llvm-ranlib-19

if [ -n "$OVERLAY" ] && [ -d "$WORK_MUSL/obj/src" ]; then
	cp -R "$WORK_MUSL/obj/." obj/
	# Objects made from system calls or from a file that the overlay replaces are made anew.
	grep -rlE '/syscall_arch\.h' obj --include='*.d' | sed 's/\.d$//' | while read -r name; do
		rm -f "$name.o" "$name.lo"
	done
	(cd "$OVERLAY" && find src crt -name '*.[csS]' 2>/dev/null) | sed 's/\.[csS]$//' | while read -r name; do
		rm -f "obj/$name.o" "obj/$name.lo"
	done
	touch now
	find obj -type f -exec touch -r now {} +
fi

make -j"$JOBS" CPPFLAGS=-MD	# the dependencies tell the other build what saw a system call
make install DESTDIR="$OUT"

# The compiler's own folder: its headers, the builtins, and start files that a program without constructors of old needs not.
clang=$OUT/clang
mkdir -p "$clang/lib/linux"
ln -s "$(clang-19 -print-resource-dir)/include" "$clang/include"
cp "$NEED_BUILTINS/libbuiltins.a" "$clang/lib/linux/libclang_rt.builtins-$ARCH.a"
for part in crtbegin crtend; do
	echo '.section .note.GNU-stack,"",@progbits' |
		clang-19 --target="$target" $flags -x assembler -c - -o "$clang/lib/linux/clang_rt.$part-$ARCH.o"
done
{
	echo "# clang-19 --config=THIS -O2 x.c -o x: a static Linux program for $ARCH"
	printf '%s\n' "--target=$target" $flags
	cat <<-'END'
	--sysroot=<CFGDIR>
	-resource-dir=<CFGDIR>/clang
	--rtlib=compiler-rt
	--unwindlib=none
	-fuse-ld=lld
	-static
	END
} > "$OUT/clang.cfg"
