# The language of the shell. Everything printed is compared with what the same shell prints under Linux.
say() { echo "== $*"; }

say variables
a=1 b='two words' c="q\"uote $a"
echo $a "$b" "$c" ${#b} ${b%% *} ${b##* } ${b#two} ${b%words}
unset d; echo "${d-none} ${d:-empty} ${d+set} ${a+set}" "${d:=now}" "$d"
e=; echo "${e-none}" "${e:-empty}" "${e+set}" "${e:+set}."
p=/usr/lib/file.tar.gz; echo ${p##*/} ${p%/*} ${p%%.*} ${p#*.}
echo ${p/lib/bin} ${p//\//:} ${p:5:3} ${p:5}
echo "$#" "$@" "$*" $?
readonly r=5; (r=6) 2>/dev/null || echo "readonly holds"
export X=exported; sh -c 'echo $X'
Y=once sh -c 'echo $Y'; echo "${Y-gone}"
set -- one "two three" four; echo $# "$2"; shift; echo $# "$1"; shift 2; echo $#

say quoting
echo 'single $a `no`' "double $a `echo yes`" back\ slash \$a "a'b" 'a"b'
echo "a
b"
echo "tab	end" 'semi;colon' "glob *" '\n'
printf '%s|' $b "$b" ""; echo
echo a\
b
echo $'esc\tape' $'\x41\102'

say arithmetic
echo $((1 + 2 * 3)) $(((1 + 2) * 3)) $((7 / 2)) $((7 % 3)) $((-7 / 2)) $((1 << 20)) $((0xff)) $((010))
i=5; echo $((i++)) $i $((++i)) $((i--)) $i $((i += 10)) $i
echo $((3 > 2)) $((3 < 2)) $((1 && 0)) $((1 || 0)) $((!1)) $((~0)) $((5 & 3)) $((5 | 3)) $((5 ^ 3)) $((1 ? 10 : 20))
echo $((2 ** 10)) $((9223372036854775807)) $((9223372036854775807 + 1)) $((-5 % 3)) $((1 == 1)) $((1 != 1))
echo $((1/0)) 2>&1 | sed 's/.*: //'
let "z = 6 * 7"; echo $z

say control
for i in 1 2 3; do [ $i = 2 ] && continue; echo "for $i"; done
for i in a b c; do case $i in b) break;; *) echo "not b: $i";; esac; done
n=0; while [ $n -lt 3 ]; do echo "while $n"; n=$((n + 1)); done
until [ $n -eq 0 ]; do n=$((n - 1)); done; echo "until $n"
for i in 1 2; do for j in x y; do [ $j = y ] && continue 2; echo $i$j; done; done
if false; then echo no; elif true; then echo elif; else echo no; fi
case abc in a*c) echo "pattern a*c";; esac
case x in [a-w]) echo no;; [!a-w]) echo "not in a-w";; esac
case "a b" in "a b") echo "quoted pattern";; *) echo no;; esac
case yes in y|yes|Y) echo alternatives;; esac
true && echo and || echo no
false && echo no || echo or
! false && echo not
{ echo group; echo group2; } | sed 's/^/{} /'

say functions
f() { echo "f: $# $1"; return 3; }
f x y; echo "status $?"
fact() { if [ $1 -le 1 ]; then echo 1; else echo $(($1 * $(fact $(($1 - 1))))); fi; }
fact 10
g() { local v=inner; echo $v; }
v=outer; g; echo $v
h() { echo to stderr >&2; echo to stdout; }
h 2>/dev/null; h 2>&1 >/dev/null
k() { for arg; do printf '<%s>' "$arg"; done; echo; }; k a "b c" ''
unset -f k; (k) 2>/dev/null || echo "no k: $?"

say command substitution
echo "$(echo nested $(echo inner $(echo most)))" `echo old \`echo style\``
x=$(printf 'a\nb\n\n\n'); echo "$x" | wc -l
echo "$(exit 7)" $?; x=$(exit 7); echo $?
echo $(seq 5)
files=$(cd / && echo b*n); echo $files
echo "$(cat <<END
here in substitution
END
)"

say here-documents
cat <<END
plain $a $((1 + 1)) $(echo sub) \$a `echo tick`
END
cat <<'END'
literal $a $((1 + 1)) `no`
END
cat <<-END
	tabs stripped
		both
	END
cat <<A; cat <<B
first
A
second
B
while read -r line; do echo "[$line]"; done <<END
one
 two
thr\ee
END
tr a-z A-Z <<END | sed 's/$/!/'
through a pipe
END
n=0; while [ $n -lt 2000 ]; do echo "line $n of a here-document that is larger than a pipe's buffer, so that a process must feed it"; n=$((n + 1)); done > /tmp/big
eval "cat <<END | md5sum
$(cat /tmp/big)
END"

say globbing
mkdir -p /tmp/glob/sub; cd /tmp/glob; touch a1 a2 b1 .hidden 'sp ace' sub/x sub/y
echo *; echo a*; echo ?1; echo [ab]1; echo [!a]*; echo .h*; echo */*; echo nothing*; echo "*"; echo a\*
for f in *; do echo "file: $f"; done
set -f; echo *; set +f
cd /

say splitting
x='a  b	c'; echo $x; echo "$x"
IFS=:; x=a:b::c; set -- $x; echo $#; echo "$*"; unset IFS
set -- $x; echo $#
IFS=, read -r p q rest <<END
1,2,3,4
END
echo "$p $q $rest"

say read
printf 'a b c\nsecond\nlast' | { read x y; echo "$x|$y"; read z; echo $z; read w || echo "eof with $w"; }
echo 'back\slash' | { read x; echo "$x"; }; echo 'back\slash' | { read -r x; echo "$x"; }
echo abcdef | { read -n 3 x; echo $x; }
echo "  trimmed  " | { read x; echo "[$x]"; }
read -t 1 x </dev/null || echo "read at end: $?"

say printf
printf '%d %i %u %x %X %o %c %s %%\n' 42 -42 42 255 255 8 char string
printf '%5d|%-5d|%05d|%+d|% d\n' 42 42 42 42 42
printf '%.2f %e %g\n' 3.14159 31415.9 0.0001
printf '%s-%s\n' a b c
printf '%b\n' 'a\tb\x41'
printf '%10.3s|%-10s|\n' abcdef left
printf '%q\n' 'a b' 2>/dev/null | head -1
printf '\101\x42\n'

say options
(set -e; false; echo "not reached"); echo "set -e: $?"
(set -e; if false; then :; fi; false || true; ! true; echo "reached"); echo $?
(set -e; f() { false; echo "not reached"; }; f; echo "nor this"); echo $?
(set -u; echo $undefined_variable) 2>/dev/null; echo "set -u: $?"
(set -x; : traced) 2>&1
(set -o pipefail; false | true; echo "pipefail $?"); false | true; echo "without $?"
set -C; echo x > /tmp/noclobber; (echo y > /tmp/noclobber) 2>/dev/null || echo "noclobber holds"; echo z >| /tmp/noclobber; cat /tmp/noclobber; set +C

say subshells
v=1; (v=2; cd /tmp; echo $v $PWD); echo $v
(exit 9); echo $?
( (echo deep; exit 4); echo $?; exit 5 ); echo $?
x=$( (echo a; echo b) | tail -n 1 ); echo $x
sh -c 'echo $0 $1 $2' name arg1 arg2
echo 'echo from stdin; exit 3' | sh; echo $?
eval 'y=3; echo $y'; echo "$y"
echo 'sourced=yes' > /tmp/lib; . /tmp/lib; echo $sourced; (. /no/such/file) 2>/dev/null || echo "no such file"

say getopts
opts() { while getopts ab:c o; do echo "$o ${OPTARG-}"; done; shift $((OPTIND - 1)); echo "rest $*"; }
opts -a -b value -c rest of it
OPTIND=1; opts -x 2>&1 | sed 's/^[^ ]*: //'

say test
[ -e / ] && [ -d /tmp ] && [ ! -f /tmp ] && echo files
[ abc = abc ] && [ abc != abd ] && [ -n x ] && [ -z "" ] && echo strings
[ 1 -eq 1 ] && [ 1 -ne 2 ] && [ 1 -lt 2 ] && [ 2 -gt 1 ] && [ 1 -le 1 ] && [ 1 -ge 1 ] && echo numbers
[ 1 = 1 -a 2 = 2 ] && [ 1 = 2 -o 2 = 2 ] && [ \( 1 = 1 \) ] && echo logic
[[ abc == a* ]] && [[ a < b ]] && echo double
test -r /bin/sh && test -x /bin/sh && test -L /bin/sh && echo access
touch -d '2020-01-01 00:00' /tmp/old; touch -d '2021-01-01 00:00' /tmp/new; [ /tmp/new -nt /tmp/old ] && [ /tmp/old -ot /tmp/new ] && echo times
[ -s /tmp/old ] || echo "empty"; [ -t 0 ] || echo "no terminal"; [ -c /dev/null ] && echo device

say builtins
type cd echo | sed 's/ is a.*/ is something/'
alias ll='echo aliased'; eval ll; unalias ll
cd /tmp && cd / && cd - && pwd
umask; umask 022; umask; umask 077; touch /tmp/private; ls -l /tmp/private | cut -c1-10; umask 022
command -v cd; command echo plain
hash -r; times >/dev/null && echo times
true; : ; echo $?
ulimit -n >/dev/null && echo ulimit
no_such_command 2>/dev/null; echo $?
/tmp 2>/dev/null; echo $?
/no/such/file 2>/dev/null; echo $?
echo '#!/bin/sh
echo "script $0 $*"' > /tmp/script; chmod +x /tmp/script; /tmp/script a b; PATH=/tmp:$PATH script c
printf 'echo no line for an interpreter\n' > /tmp/plain; chmod +x /tmp/plain; /tmp/plain
echo '#!/no/such/interpreter' > /tmp/bad; chmod +x /tmp/bad; /tmp/bad 2>/dev/null; echo $?

say exit trap
sh -c 'trap "echo exiting \$?" EXIT; echo work; exit 6'; echo $?
sh -c 'trap "echo trapped" EXIT; false'; echo $?
(trap 'echo subshell ends' EXIT; echo in subshell)
trap 'echo the end' EXIT
