# Tools for text. Everything printed is compared with what the same programs print under Linux.
say() { echo "== $*"; }
rm -rf /tmp/t; mkdir /tmp/t; cd /tmp/t
cat > fruit <<END
apple 3 red
banana 12 yellow
cherry 150 red
date 7 brown
elder 42 black
fig 1 green
END
seq 1 20 > n

say grep
grep an fruit; grep -c e fruit; grep -n red fruit; grep -v r fruit; grep -i APPLE fruit; grep -o '[0-9]*' fruit
grep -E '^(a|b)' fruit; grep -F . fruit || echo none; grep -w 1 fruit; grep -l red fruit n; grep -q fig fruit && echo quiet
grep -A 1 -B 1 date fruit; grep -e fig -e date fruit; grep -x 'fig 1 green' fruit; grep '[[:digit:]]\{3\}' fruit; grep -m 2 e fruit
mkdir d; cp fruit d/; grep -r cherry . | sort; grep -L zzz fruit; echo 'fig' | grep -f - fruit; grep -s x nonexistent; echo $?
grep '\(.\)\1' fruit; grep -c '' n; grep -h red fruit d/fruit; grep -H fig fruit

say sed
sed -n 2p fruit; sed 's/e/E/' fruit; sed 's/e/E/g;s/r/R/2' fruit; sed '/red/d' fruit; sed -n '/date/,/fig/p' fruit; sed '2,4d' fruit
sed -e '1i\first' -e '$a\last' fruit; sed 's/\([a-z]*\) \([0-9]*\)/\2 \1/' fruit; sed -E 's/([a-z]+) ([0-9]+).*/\2=\1/' fruit
sed '/banana/c\replaced' fruit; sed = n | head -n 4; sed -n '$=' n; sed 'N;s/\n/+/' n; sed y/abc/xyz/ fruit; sed '1!G;h;$!d' fruit
sed -n '/e/{s/e/[&]/g;p}' fruit; sed 3q n; sed -i s/red/RED/ d/fruit; cat d/fruit; sed ':a;N;$!ba;s/\n/,/g' n; sed 's|/|_|g' <<END
a/b/c
END
sed -n 'l' <<END
tab	and \\ é
END

say awk
awk '{ print $2, $1 }' fruit; awk '{ s += $2 } END { print s, NR, s / NR }' fruit; awk -F: '{ print $1 }' <<END
root:x:0
END
awk '$2 > 10' fruit; awk '/red/ { n++ } END { print n }' fruit; awk 'BEGIN { printf "%05.2f %s %d %x\n", 3.14159, "text", 42, 255 }'
awk '{ count[$3]++ } END { for (c in count) print c, count[c] }' fruit | sort
awk 'BEGIN { while (i < 3) { print i++ + 0 } ; for (j = 0; j < 2; j++) print "j" j; do { k++ } while (k < 5); print k }'
awk '{ print length($1), toupper($1), substr($1, 2, 3), index($1, "e") }' fruit
awk 'BEGIN { n = split("a,b,c", p, ","); print n, p[1], p[3]; s = "hello"; gsub(/l/, "L", s); print s; print match("foobar", /o+/), RSTART, RLENGTH }'
awk 'function f(x) { return x <= 1 ? 1 : x * f(x - 1) } BEGIN { print f(10) }'
awk -v v=7 'BEGIN { print v * 6, 7 % 3, -7 % 3, int(3.9), 1 / 4 }'
awk 'NR == 2, NR == 4 { print NR ": " $0 }' fruit; awk 'END { print $0, NF }' fruit; awk '{ $2 = ""; print }' fruit | head -n 2
awk 'BEGIN { "echo from a command" | getline x; print x; print "sorted" | "sort"; close("sort"); system("echo system") }'
awk 'BEGIN { while (("cat fruit" | getline line) > 0) n++; print n }'; awk '{ print > "/tmp/t/" $3 }' fruit; cat red brown
awk 'BEGIN { printf "%s %s\n", ENVIRON["NAME"], ARGC }' x y; NAME=value awk 'BEGIN { print ENVIRON["NAME"] }'
awk 'BEGIN { OFS = "-"; $0 = "a b c"; $1 = $1; print; print 1e6, 1e300 * 10, 0.1 + 0.2, 100000 * 100000, 1 / 3 }'
awk '!seen[$3]++ { print $3 }' fruit; awk 'length > 12' fruit; awk '{ a[NR] = $0 } END { for (i = NR; i > 0; i--) print a[i] }' n | head -n 3
awk 'BEGIN { if (!("x" in a)) print "not in"; a["x"]; if ("x" in a) print "in"; delete a["x"]; print length(a) }'
awk 'BEGIN { for (i = 0; i < 200000; i++) s += i; print s }'

say sort
sort -r fruit; sort -k 2 -n fruit; sort -k 3,3 -k 2,2nr fruit; sort -u <<END
b
a
b
END
sort -n -r n | head -n 3; printf '10\n9\n2\n' | sort; printf '10\n9\n2\n' | sort -n; sort -t: -k2 <<END
a:3
b:1
c:2
END
sort -c n 2>/dev/null || echo "not sorted"; sort -o sorted fruit; head -n 1 sorted; printf 'B\na\nC\n' | sort -f; seq 20000 | sort -rn | md5sum
awk 'BEGIN { x = 7; for (i = 0; i < 20000; i++) { x = (x * 1103515245 + 12345) % 2147483648; print x } }' | sort -n | md5sum

say cut tr head tail wc uniq
cut -d' ' -f2 fruit; cut -c1-3 fruit; cut -d' ' -f1,3 fruit; cut -d' ' -f2- fruit; echo a:b:c | cut -d: -f2-; cut -c2 fruit
tr a-z A-Z < fruit; tr -d aeiou < fruit; echo aabbcc | tr -s ab; echo hello | tr el ip; tr -c 'a-z\n' . < fruit; echo 'a b' | tr ' ' '\n'
head -n 2 n; head -c 5 n; tail -n 2 n; tail -n +19 n; tail -c 6 n; head -n -18 n; head -n 1 fruit n
wc fruit; wc -l n; wc -w < fruit; wc -c fruit n; printf 'no newline' | wc
printf 'a\na\nb\na\n' | uniq; printf 'a\na\nb\n' | uniq -c; printf 'a\na\nb\n' | uniq -d; printf 'a\na\nb\n' | uniq -u

say diff cmp
sed 's/fig 1/fig 2/;3d' fruit > fruit2; diff fruit fruit2 | grep -v '^[-+][-+][-+]'; diff -u fruit fruit2 | tail -n +3; diff fruit fruit && echo equal; diff -q fruit fruit2
cmp fruit fruit2 2>&1 | sed 's/char/byte/'; cmp -s fruit fruit && echo same; diff -r d d && echo "folders equal"; cmp -l n fruit 2>/dev/null | head -n 3
diff -u fruit fruit2 > change; mkdir pd; cp fruit pd; (cd pd; patch -p0 fruit < ../change > /dev/null 2>&1); cmp pd/fruit fruit2 && echo patched

say od hexdump
printf 'Hello\n\001\377' | od -c; printf 'Hello\n' | od -An -tx1; printf 'abcdefghijklmnopqrstuvwxyz' | od -x; od -A d -t d1 -N 4 n
printf 'Hello, world of bytes\n' | hexdump -C; printf 'abcd' | hexdump; printf '\0\1\2' | xxd -p; head -c 100 /dev/zero | hexdump -C; printf abc | hexdump -e '1/1 "%02x "'; echo
echo 48656c6c6f0a | xxd -r -p

say others
rev fruit; tac n | head -n 3; nl fruit; paste fruit n | head -n 3; paste -s -d, n; fold -w 7 fruit; seq 3; seq 2 2 8; seq 5 -2 1; seq -w 8 11; seq -s, 3
expr 1 + 2 '*' 3; expr length hello; expr substr hello 2 3; expr hello : 'h\(.*\)o'; expr 5 '>' 3; expr abc = abc; expr 7 / 2; expr 7 % 2; expr index hello l; expr 1 - 1; echo $?
basename /a/b.c .c; dirname /a/b.c; echo a b c | tee copy | wc -w; yes no | head -n 2; factor 60 97; expand <<END
a	b
END
echo '2 ^ 100; scale=5; 1/3' | bc; echo '3 4 * p' | dc; strings /bin/sh | head -c 0; cat -n fruit | head -n 2; cat -e fruit | head -n 1; printf 'a\tb\n' | cat -A
uuencode fruit < fruit | md5sum; base64 fruit; base64 fruit | base64 -d | cmp - fruit && echo base64; shuf -i 1-10 | sort -n | tr '\n' ' '; echo
ed fruit2 <<END
1,2p
s/banana/BANANA/
w
q
END
cat fruit2; comm n n 2>/dev/null | head -n 0; dos2unix < n | head -n 1; unix2dos < n | head -n 1 | od -c
cd /; rm -r /tmp/t
