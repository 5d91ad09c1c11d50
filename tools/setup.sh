#!/bin/sh
# setup.sh: installs what building, running and testing Heddle needs. Silent, and quick, when all is there.
#
#   ./heddle setup [--for run|test|check|gdb] [-a MACHINE]... [-n]
#
#   --for run     the compiler, and QEMU for the machines given with -a (without -a: for all)
#   --for test    that for every machine, QEMU for programs, the sanitizers, spin, and the debugger
#   --for check   the compiler and clang-tidy
#   --for gdb     what run needs, and the debugger
#                 (without --for: all of these)
#   --python      install nothing but Python, which finds out what the command wants; still, all that is missing is named when it fails
#   -n            only say what is missing; status 1 when something is
#
# Status 2, with a sentence that says what is missing and how to get it, where it cannot be installed.
# What is looked for are programs and files, so one that was installed by hand is as good as a package.
set -u

machines="x86_64 aarch64 riscv64 loongarch64 mips64el"
purpose=all
wanted=
look_only=
python_only=

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$@"; exit 2; }

while [ $# -gt 0 ]; do
	case $1 in
	--for) [ $# -ge 2 ] || fail "--for run, test, check or gdb?"; purpose=$2; shift ;;
	-a | --arch) [ $# -ge 2 ] || fail "-a which machine? There are: $machines"; wanted="$wanted $2"; shift ;;
	-n | --dry-run) look_only=yes ;;
	--python) python_only=yes ;;
	-h | --help) sed -n '2,/^#.*by hand/s/^# \{0,1\}//p' "$0"; exit 0 ;;
	*) fail "'$1' is not understood; see ./heddle setup --help" ;;
	esac
	shift
done

case $purpose in run | test | check | gdb | all) ;; *) fail "--for '$purpose'? There are: run test check gdb" ;; esac
for machine in $wanted; do
	case " $machines all " in *" $machine "*) ;; *) fail "'$machine' is no machine; there are: $machines" ;; esac
done
case "$purpose $wanted" in
check*) wanted= ;;
"run " | "gdb ") if [ -n "$python_only" ]; then wanted=x86_64; else wanted=$machines; fi ;;
test* | *all*) wanted=$machines ;;
esac

# ---- what is missing: package names, alternatives joined by | ----

missing=
need() { # need PROGRAM-OR-PATH PACKAGE
	case $1 in
	/*) for path in $1; do [ -e "$path" ] && return; done ;;
	*) command -v "$1" >/dev/null 2>&1 && return ;;
	esac
	case " $missing " in *" $2 "*) ;; *) missing="$missing $2" ;; esac
}

need_system() { # need_system MACHINE: QEMU that emulates the whole machine
	case $1 in
	x86_64) need qemu-system-x86_64 qemu-system-x86 ;;
	aarch64) need qemu-system-aarch64 qemu-system-arm ;;
	mips64el) need qemu-system-mips64el qemu-system-mips ;;
	# Releases put these in packages of different names; most of them provide this one.
	*) need "qemu-system-$1" "qemu-system-$1|qemu-system-misc" ;;
	esac
}

need_user() { # need_user MACHINE: QEMU for programs; it must run inside another root folder, so with no library of this one
	for program in "qemu-$1-static" "qemu-$1"; do
		path=$(command -v "$program" 2>/dev/null) && ! head -c 4096 "$path" | grep -aq '/ld-linux' && return
	done
	need "qemu-$1-static" 'qemu-user-static|qemu-user'
}

look() {
	missing=
	need clang-19 clang-19
	need ld.lld-19 lld-19
	need llvm-objcopy-19 llvm-19
	need llvm-ar-19 llvm-19
	need /usr/include/stdio.h libc6-dev
	need make make
	need python3 python3
	need zstd zstd
	need xz xz-utils
	need cpio cpio
	need /etc/ssl/certs/ca-certificates.crt ca-certificates
	# Not on Debian, the address of Debian's archive comes from this list.
	[ -e /etc/debian_version ] && [ -e /etc/os-release ] && ! grep -q '^ID=debian' /etc/os-release &&
		need /usr/share/python-apt/templates/Debian.info python-apt-common
	for machine in $wanted; do
		need_system "$machine"
		[ "$machine" != loongarch64 ] || need bzip2 bzip2 # its busybox is built from source
	done
	case $purpose in test | all)
		need '/usr/lib/llvm-19/lib/clang/19/lib/*/libclang_rt.asan*.a' libclang-rt-19-dev
		need spin spin
		for machine in $machines; do
			need_user "$machine"
		done
		;;
	esac
	case $purpose in check | all) need clang-tidy-19 clang-tidy-19 ;; esac
	case $purpose in gdb | test | all) need gdb-multiarch gdb-multiarch ;; esac
}

look
[ -n "$missing" ] || exit 0

# ---- install ----

first_choice() { # first_choice NAME|NAME...: the package that apt can install now, else the first
	for choice in $(printf %s "$1" | tr '|' ' '); do
		apt-get install -s --no-install-recommends "$choice" >/dev/null 2>&1 && break
		choice=${1%%|*}
	done
	printf %s "$choice"
}

choose() { # choose MISSING...: sets packages
	packages=$(for name in "$@"; do case $name in *\|*) first_choice "$name" ;; *) printf %s "$name" ;; esac; printf ' '; done)
	packages=${packages% }
}

# shellcheck disable=SC2086 # a list of names
choose $missing
if [ -n "$look_only" ]; then
	say "missing: $packages"
	exit 1
fi

how() { fail "missing: $packages
$1
Get them, as root, with:
    apt-get update && apt-get install --no-install-recommends $packages"; }

command -v apt-get >/dev/null 2>&1 ||
	fail "missing: $packages
This system has no apt-get. These are package names of Debian and Ubuntu: install what corresponds to them here."

as_root=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null 2>&1 || how "They need root to install, and there is no sudo."
	if sudo -n true 2>/dev/null; then
		as_root="sudo -n"
	elif (: </dev/tty) 2>/dev/null; then
		as_root=sudo
	else
		how "They need root to install; sudo asks for a password, and there is no terminal to ask on."
	fi
fi

root=$(cd "$(dirname "$0")/.." && pwd)
log=$root/build/setup.log
mkdir -p "$root/build" 2>/dev/null || log=$(mktemp)
: >"$log"

apt() {
	$as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 \
		apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" </dev/null >>"$log" 2>&1
}

again() { # again COMMAND...: up to three times, with a pause, for networks and for others that hold apt's lock
	"$@" && return
	sleep 5
	"$@" && return
	sleep 20
	"$@"
}

[ -z "$as_root" ] || $as_root true || how "sudo did not let us."
[ -z "$python_only" ] || missing=python3
# shellcheck disable=SC2086 # a list of names
choose $missing
say "installing $packages (a few minutes; the log is $log)"
again apt update || say "the package lists could not be brought up to date; trying with those that are there"
# shellcheck disable=SC2086 # a list of names
choose $missing

# shellcheck disable=SC2086 # a list of names
if ! again apt install --no-install-recommends $packages; then
	tail -n 8 "$log" | sed 's/^/    /' >&2
	unknown=$(for name in $packages; do apt-cache show "$name" >/dev/null 2>&1 || printf ' %s' "$name"; done)
	[ -z "$unknown" ] || say "apt's sources have no$unknown; on Ubuntu the components main and universe are needed, and the release's updates"
	look
	# shellcheck disable=SC2086 # a list of names
	choose $missing
	how "apt-get could not install them; it said the above."
fi
[ -z "$python_only" ] || exit 0

look
[ -z "$missing" ] || fail "apt-get installed all that was asked for, and yet this is missing: $missing"
