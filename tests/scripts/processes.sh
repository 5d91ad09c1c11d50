# Pipes, redirections, jobs, signals. Everything printed is compared with what the same shell prints under Linux, so nothing here may depend on
# how fast anything is: what must come first says so through a fifo.
say() { echo "== $*"; }
rm -rf /tmp/p; mkdir /tmp/p; cd /tmp/p; mkfifo turn

say pipes
echo one | cat | cat | cat | cat | cat
seq 1000 | sort -rn | head -n 3
yes | head -n 2
seq 100000 | tail -n 1
false | true; echo $?; true | false; echo $?
echo a | (read x; echo "sub $x")
seq 3 | while read n; do echo "loop $n"; done
{ echo out; echo err >&2; } 2>&1 | sort
dd if=/dev/zero bs=1024 count=1024 2>/dev/null | wc -c
cat /dev/zero | head -c 100000 | md5sum
(sleep 0.1; echo late) | cat

say redirections
echo to file > f; cat f; echo more >> f; cat < f; wc -l < f
echo both > g 2>&1; cat g; ls /nonexistent > /dev/null 2> err; [ -s err ] && echo "error text in a file"
exec 3> three; echo via three >&3; exec 3>&-; cat three
exec 4< f; read x <&4; read y <&4; echo "$x/$y"; exec 4<&-
echo in | cat - f
{ echo 1; echo 2 >&2; } > out 2> out2; cat out out2
cat <> f | head -n 1; : > f; wc -c < f
(echo closed >&5) 2>/dev/null || echo "bad descriptor"
exec 6>&1; exec > saved; echo hidden; exec >&6 6>&-; cat saved
echo x > /dev/null; cat /dev/null | wc -c; (echo y > /dev/full) 2>/dev/null || echo full
> empty; ls empty; (echo late > nodir/x) 2>/dev/null || echo "no folder"
echo a > two; echo b >> two; echo c 1>&2 2>/dev/null; cat two
cat < two > three; cmp two three && echo same
(exec < two; read a; read b; echo $b$a)

say background
sleep 0.2 & echo started; wait; echo waited $?
(exit 5) & wait $!; echo $?
(read x < turn; echo second) & (sleep 0.1; echo first; echo > turn) & wait
sh -c 'exit 3' & a=$!; sh -c 'exit 4' & b=$!; wait $a; echo $?; wait $b; echo $?
wait 99999; echo $?
for i in 1 2 3 4 5; do (exit $i) & p="$p $!"; done; for q in $p; do wait $q; echo -n "$? "; done; echo
sleep 1000 & kill $!; wait $! 2>/dev/null; echo $?
sleep 1000 & p=$!; kill -0 $p && echo alive; kill -9 $p; wait $p 2>/dev/null; echo $?; kill -0 $p 2>/dev/null || echo gone
(echo > turn; exec sleep 1000) & p=$!; read x < turn; kill -STOP $p; kill -CONT $p; kill -INT $p; kill $p; wait $p 2>/dev/null; echo $? # INT is ignored
(echo > turn; exec sleep 1000) & p=$!; read x < turn; kill -STOP $p; kill $p; kill -CONT $p; wait $p 2>/dev/null; echo $?
(echo > turn; exec sleep 1000) & p=$!; read x < turn; kill -STOP $p; true | cat; sh -c :; kill -9 $p; wait $p 2>/dev/null; echo $? # nobody hangs up
x=$(sleep 0.1 & echo at once); echo $x
cat < /dev/null & wait $!; echo $?

say traps
sh -c 'trap "echo got TERM" TERM; kill -TERM $$; echo goes on'
sh -c 'trap "echo USR1" USR1; trap "echo USR2" USR2; kill -USR1 $$; kill -USR2 $$; kill -USR1 $$'
sh -c 'trap "" TERM; kill -TERM $$; echo ignored'
sh -c 'trap "echo x" TERM; trap - TERM; kill -TERM $$; echo not reached'; echo $?
sh -c 'trap "echo out" EXIT; kill -TERM $$'; echo $?
sh -c 'trap "echo out; exit 2" INT; kill -INT $$; echo no'; echo $?
sh -c 'kill -KILL $$'; echo $?
sh -c 'kill -PIPE $$'; echo $?
sh -c 'trap "echo HUP" HUP; kill -HUP $$; wait'; echo $?
sh -c 'trap "echo interrupted; exit 7" TERM; (sleep 0.2; kill -TERM $$) & wait; echo no'; echo $?
sh -c 'trap "echo after the child" TERM; sh -c "kill -TERM \$PPID; echo the child goes on"; echo end'
sh -c 'trap "echo once a second" ALRM; trap "exit 3" TERM; kill -ALRM $$; while :; do kill -TERM $$; done'; echo $?
sh -c 'trap "echo quit" QUIT; trap "" HUP; sh -c "kill -HUP \$\$; kill -QUIT \$\$; echo no"; echo $?; kill -QUIT $$; echo end' 2>/dev/null
sh -c 'f() { trap "echo f returns; trap - USR1" USR1; kill -USR1 $$; }; f; trap; echo end'
sh -c 'trap "echo first; trap \"echo second\" USR1" USR1; kill -USR1 $$; kill -USR1 $$; echo end'
(trap 'echo cleaned; rm -f made; exit 5' INT TERM; : > made; (kill -TERM $(sh -c 'echo $PPID'); :) ; kill -TERM $(sh -c 'echo $PPID'); echo no); echo $?; ls made 2>/dev/null
sh -c 'trap "echo CHLD" CHLD; true & wait; echo end' | sort | uniq
sh -c 'trap "" INT; sh -c "kill -INT \$\$; echo child ignores too"'
sh -c 'trap; trap "echo a" USR1; trap' 
kill -l 9; kill -l 15; kill -l TERM

say timeouts
timeout 1000 echo in time; echo $?
timeout 0.2 sleep 1000; echo $?
timeout -s KILL 0.2 sleep 1000; echo $?
timeout 1000 false; echo $?
timeout 0.2 sh -c 'trap "echo told; exit 9" TERM; while :; do sleep 0.1; done'; echo $?
usleep 1000; sleep 0; sleep 0.01; echo slept
time -p true 2>&1 | cut -d' ' -f1

say xargs
seq 10 | xargs
seq 10 | xargs -n 3 echo row
printf 'a b\0c d\0' | xargs -0 -n 1 echo item
echo 1 2 3 | xargs -n 1 sh -c 'echo "[$0]"'
printf 'x\ny\n' | xargs -I {} echo "<{}>"
echo | xargs -r echo nothing
seq 3000 | xargs echo | wc -w
echo a | xargs false; echo $?

say environment
env -i A=1 B=2 env | sort
A=5 env | grep '^A='
env -u HOME sh -c 'echo ${HOME-unset}'
export LONG=$(seq 1000 | tr '\n' ' '); sh -c 'echo ${#LONG}'; unset LONG
sh -c 'echo $PPID' | { read x; [ "$x" -gt 0 ] && echo "a parent"; }
[ $$ -gt 0 ] && [ "$(sh -c 'echo $PPID')" != "" ] && echo ids
nohup echo nohup 2>/dev/null
setsid echo setsid
nice true 2>/dev/null || true; echo done
which sh cat | wc -l

say fifos
mkfifo pipe; echo through a fifo > pipe & cat pipe; wait
(for i in 1 2 3; do echo $i; done > pipe) & while read x; do echo "fifo $x"; done < pipe; wait
ls -l pipe | cut -c1

say tee
echo tee | tee t1 t2 | cat; cat t1 t2; echo more | tee -a t1 > /dev/null; cat t1

say exit status
for s in 0 1 2 126 127 255 256; do sh -c "exit $s"; echo -n "$? "; done; echo
sh -c 'sh -c "kill -TERM \$\$"; echo $?'
! true; echo $?

say many
n=0; while [ $n -lt 50 ]; do /bin/true; n=$((n + 1)); done; echo $n programs
for i in 1 2 3 4 5 6 7 8 9 10; do (seq 100 | sort -n | tail -n 1) & done; wait
i=0; while [ $i -lt 20 ]; do i=$((i + 1)); echo $i; done | xargs -n 1 sh -c 'exit 0'; echo $?
echo deep; sh -c 'sh -c "sh -c \"sh -c \\\"echo four shells\\\"\""'
cd /; rm -r /tmp/p
