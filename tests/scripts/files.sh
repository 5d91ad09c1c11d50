# Tools for files. Everything printed is compared with what the same programs print under Linux.
say() { echo "== $*"; }
export TZ=UTC
rm -rf /tmp/f; mkdir /tmp/f; cd /tmp/f; umask 022

say folders
mkdir a; mkdir -p b/c/d; mkdir a 2>/dev/null; echo $?; ls; find b | sort; rmdir b/c/d; rmdir b 2>/dev/null || echo "not empty"; rmdir -p b/c; ls
mkdir -m 700 m; stat -c '%a %F' m; pwd; cd a; cd ..; pwd; (cd a/../a/./.; pwd); ls -d /tmp /tmp/. /tmp/..
mkdir -p x/1 x/2 x/3; rm -r x; ls -d x 2>/dev/null || echo "x is gone"

say ls
echo hello > f1; printf '%1000s' '' > f2; : > f3; ln -s f1 link; ln f1 hard; chmod 4755 f2; chmod 1777 a
touch -d '2024-02-29 12:34:56' f1 f2 f3 a m; touch -h -d '2024-02-29 12:34:56' link 2>/dev/null
ls -l --color=never | grep -v ^total | sed '/link/s/ [A-Z].* link/ T link/;/^d/s/ [0-9]* \([A-Z]\)/ N \1/;s/  */ /g'
ls -1; ls -a; ls -d a; ls -F | cat; ls -R; ls -S f1 f2 f3; ls -r; ls f1 f2 nonexistent 2>/dev/null; echo $?; ls -n f1 | cut -d' ' -f1-5
ls -p; ls -L link; ls -lh f2 | cut -c1-40 | cut -d' ' -f1,2; ls -i f1 hard | sed 's/^ *\([0-9]*\) .*/\1/' | uniq | wc -l

say stat
stat -c '%n %s %a %A %F %h %u %g %Y' f1 f2; stat -c '%n %a %A %F %h %u %g %Y' m; stat -c '%N' link; stat -L -c '%s' link; stat -c '%y' f1; stat -c %F /dev/null /tmp link
stat nonexistent 2>/dev/null; echo $?; stat -c '%t %T' /dev/null /dev/zero; test f1 -ef hard && echo "one file"

say chmod
chmod 600 f1; stat -c %a f1; chmod u+x,g+r f1; stat -c %a f1; chmod a-rwx f1; stat -c %a f1; chmod o=rw f1; stat -c %a f1; chmod -R go-w a; stat -c %a a; chmod 644 f1
chmod +t m; chmod g+s m; stat -c %a m; chown 1:2 f3; stat -c '%u %g' f3; chown 0 f3; chgrp 0 f3; stat -c '%u:%g' f3

say links
readlink link; readlink -f link; cat link; ln -s /nonexistent dangling; cat dangling 2>/dev/null || echo dangling; [ -L dangling ] && [ ! -e dangling ] && echo "a link to nothing"
ln -sf f2 link; readlink link; ln -s a folder; ls -d folder/; touch folder/inside; ls a; rm folder; ln -s loop2 loop1; ln -s loop1 loop2; cat loop1 2>/dev/null; echo $?
ln f1 hard 2>/dev/null; echo $?; realpath a/../f1; ln -s ../f1 a/up; cat a/up; rm loop1 loop2 dangling; stat -c %h hard; rm hard; stat -c %h f1; ln -s f1 nl1; ln -s nl1 nl2; cat nl2

say copies
cp f1 c1; cat c1; cp -p f1 c2; stat -c %Y c2; cp -r a a2; ls a2; cp f1 f2 m; ls m; cp -a link c3; readlink c3; cp nonexistent x 2>/dev/null; echo $?
mkdir -p t/u/v; echo deep > t/u/v/file; ln -s file t/u/v/l; cp -r t t2; find t2 | sort; cp -R t/. t3; find t3 | sort; cp -f f1 c1; cmp f1 c1 && echo equal
head -c 300000 /dev/urandom > big; cp big big2; cmp big big2 && echo "big equal"; cat big big > big4; wc -c < big4; :

say moves
mv c1 moved; ls c1 moved 2>/dev/null; mv moved a/; ls a/moved; mv a/moved .; mv t2 t4; ls t4; mv t4 a2/; find a2 | sort; echo over > o1; echo under > o2; mv o1 o2; cat o2
mv nonexistent x 2>/dev/null; echo $?; mv a2 t3 a 2>/dev/null; ls a | sort; mv -n f1 f2; cat f1; mv f1 f1 2>/dev/null; echo $?; mkdir e1 e2; mv e1 e2; ls e2; mkdir e1; mv -T e1 e2/e1 2>/dev/null; ls e2

say removal
rm moved; rm nonexistent 2>/dev/null; echo $?; rm -f nonexistent; echo $?; rm a 2>/dev/null; echo $?; rm -r a; ls -d a 2>/dev/null || echo "a is gone"; touch -- -dash; rm -- -dash; unlink c2; rm -rf t t3 e2; ls
echo still > open; exec 3< open; rm open; cat <&3; exec 3<&-

say touch
touch new; stat -c %s new; touch -c nonew; ls nonew 2>/dev/null || echo "not made"; touch -d '2001-02-03 04:05:06' new; stat -c '%Y %y' new; touch -r f1 new; [ new -nt f1 ] || echo "not newer"; date -r new +%Y-%m-%d 

say mktemp
t=$(mktemp); [ -f "$t" ] && stat -c '%a %s' "$t"; rm "$t"; d=$(mktemp -d); [ -d "$d" ] && stat -c %a "$d"; rmdir "$d"; mktemp -p /tmp/f x.XXXXXX | sed 's/\..*/.*/'; mktemp -u | cut -c1-9; rm x.*

say find
mkdir -p s/a/b s/c; echo 1 > s/one.txt; printf '%3000s' '' > s/a/big.bin; : > s/a/b/empty; ln -s one.txt s/sym; touch -d '2000-01-01' s/c/old
find s | sort; find s -type f | sort; find s -type d | sort; find s -type l; find s -name '*.txt'; find s -iname 'ONE*'; find s -type f -size +2k | sort; find s -empty | sort; find s -maxdepth 1 | sort; find s -mindepth 2 | sort
find s -name '*.bin' -exec wc -c {} \;; find s -type f -exec echo {} + | wc -w; find s -type f -print0 | xargs -0 ls | sort; find s -name b -prune -o -print | sort; find s -not -type d | sort; find s -newer s/c/old -type f | sort
find s -perm 644 | sort; find s -path '*a/b*' | sort; find s -mtime +100; find s -depth | tail -n 1; find nonexistent 2>/dev/null; echo $?; find s -user 0 | wc -l; find s \( -name a -o -name c \) | sort

say tar
mkdir -p r/sub; echo one > r/1; echo two > r/sub/2; ln -s 1 r/ln; chmod 750 r/sub; head -c 200000 /dev/zero > r/zeros; touch -d '2022-03-04 05:06:07' r/1 r/sub/2 r/zeros; 
tar cf r.tar r; tar tf r.tar | sort; rm -r r; tar xf r.tar; cat r/1 r/sub/2; readlink r/ln; stat -c '%a %Y' r/1 r/zeros; stat -c %a r/sub; tar czf r.tgz r; tar tzf r.tgz | wc -l; [ $(wc -c < r.tgz) -lt 3000 ] && echo compressed
mkdir o; tar xzf r.tgz -C o; diff -r r o/r && echo "trees equal"; tar tvf r.tar | grep 'r/1$' | sed 's/  */ /g'; tar cf - r | tar xf - -C o; tar xOf r.tar r/1; tar xf r.tar r/sub/2 && echo member; echo zeros > not; tar cf x.tar -X not r 2>/dev/null; tar tf /dev/null 2>/dev/null; echo $?
find r | sort | cpio -o -H newc 2>/dev/null > r.cpio; cpio -t < r.cpio 2>/dev/null; mkdir ocpio; (cd ocpio; cpio -id < ../r.cpio 2>/dev/null); diff -r r ocpio/r && echo cpio

say gzip
seq 20000 > nums; cp nums n2; gzip n2; ls n2*; gunzip n2.gz; cmp nums n2 && echo roundtrip; gzip -c nums | gunzip -c | md5sum; zcat < /dev/null 2>/dev/null; gzip -9 -c nums > n.gz; zcat n.gz | tail -n 1; gunzip -t n.gz && echo tested; echo garbage | gunzip 2>/dev/null; echo $?
bzip2 -c nums | bunzip2 -c | cmp - nums && echo bzip2; gzip -c big | gunzip | cmp - big && echo "big gzip"; xz --help >/dev/null 2>&1; head -c 1000 n.gz | gunzip 2>/dev/null | head -n 1

say dd
dd if=nums of=d1 bs=512 count=2 2>/dev/null; wc -c < d1; dd if=nums bs=10 skip=1 count=1 2>/dev/null | od -c | head -n 1; echo XXXX | dd of=d1 bs=1 seek=3 conv=notrunc count=4 2>/dev/null; head -c 10 d1 | tr '\n' ' '; echo; wc -c < d1
dd if=/dev/zero of=z bs=4096 count=16 2>&1 | head -n 2; dd if=/dev/zero of=sparse bs=1 count=1 seek=1048575 2>/dev/null; wc -c < sparse; md5sum < sparse; truncate -s 100 sparse; wc -c < sparse; truncate -s 1M sparse; cksum sparse >/dev/null 2>&1; md5sum sparse
echo swap | dd conv=swab 2>/dev/null; echo case | dd conv=ucase 2>/dev/null; dd if=nonexistent 2>/dev/null; echo $?; cat big | dd bs=1000 2>/dev/null | cmp - big && echo "dd from a pipe"

say sums
md5sum nums; sha1sum nums; sha256sum nums; sha512sum < nums; sha3sum nums 2>/dev/null; md5sum nums n2 > sums; md5sum -c sums; echo x >> n2; md5sum -c sums 2>/dev/null; echo $?; crc32 nums 2>/dev/null; echo -n | md5sum

say sizes
du -s s >/dev/null && echo du; wc -c nums; ls -s nums >/dev/null; stat -c %s nums; head -c 1048576 /dev/zero > meg; wc -c < meg; tail -c 1 nums | od -c | head -n 1; [ $(du -k meg | cut -f1) -ge 1024 ] && echo "a megabyte"; rm meg

say names
: > 'with space'; : > 'new
line'; : > "quo'te"; : > '*'; : > 'back\slash'; : > ümlaut; ls -1 *\ * "quo'te" '*' back* [!a-z]ml* 2>/dev/null | cat; rm -- *\ * new* "quo'te" back* '*' 2>/dev/null; ls ümlaut 2>/dev/null; n=$(printf '%0255d' 0); : > $n && ls $n | wc -c; (: > ${n}0) 2>/dev/null || echo "too long"

say appending
for i in 1 2 3 4 5; do (echo $i >> app) & wait; done; wc -l < app; cat app; sh -c 'exec >> app; echo 6; echo 7 >> app; echo 8'; tail -n 3 app

say devices
head -c 4 /dev/zero | od -An -tx1; head -c 16 /dev/urandom | wc -c; head -c 8 /dev/random | wc -c; echo x > /dev/null; [ "$(head -c 16 /dev/urandom | md5sum)" != "$(head -c 16 /dev/urandom | md5sum)" ] && echo random; dd if=/dev/full bs=4 count=1 2>/dev/null | od -An -tx1
cd /; rm -r /tmp/f; ls -d /tmp/f 2>/dev/null || echo clean
