# What shows the state of the system, which no two machines have alike: facts about it, one a line, for the scenario to compare.
fact() { echo "$1: $2"; }
holds() { if [ "$2" "$3" "$4" ]; then fact "$1" yes; else fact "$1" "no: $2 $3 $4"; fi; }
column() { awk -v row="$1" -v column="$2" '$1 == row { print $column }'; }

fact system "$(uname -s)"; fact machine "$(uname -m)"; uname -a
holds year "$(date +%Y)" -ge 2024
then=$(date +%s); sleep 1; now=$(date +%s); holds "a second later" "$now" -gt "$then"
holds uptime "$(cut -d. -f1 /proc/uptime)" -ge 1
holds processors "$(nproc)" -eq "$(grep -c ^processor /proc/cpuinfo)"

sleep 1000 & sleeper=$!
ps > /tmp/ps; head -n 1 /tmp/ps; fact "ps shows it" "$(grep -c "^ *$sleeper .* sleep 1000" /tmp/ps)"
ps -o pid,ppid,comm,args | grep "^ *$sleeper " | sed 's/  */ /g;s/^ //' | cut -d' ' -f2- | sed "s/^$$ /\$\$ /"
holds "it is asleep" "$(column State: 2 < /proc/$sleeper/status)" = S
top -b -n 1 > /tmp/top; head -n 4 /tmp/top; fact "top shows it" "$(grep -c "^ *$sleeper .* sleep 1000" /tmp/top)"
kill -STOP $sleeper; while [ "$(column State: 2 < /proc/$sleeper/status)" != T ]; do :; done; fact "it is stopped" yes
kill -CONT $sleeper; kill $sleeper; wait $sleeper; fact "it ended with" $?
fact "ps shows it no more" "$(ps | grep -c '[s]leep 1000')"; ls -d /proc/$sleeper 2>/dev/null

free > /tmp/free; cat /tmp/free
holds "used and free are in total" "$(awk '$1 == "Mem:" { print ($3 + $4 <= $2 && $2 > 16384) }' /tmp/free)" = 1
holds "as /proc/meminfo has it" "$(column Mem: 2 < /tmp/free)" -eq "$(column MemTotal: 2 < /proc/meminfo)"
before=$(free | column Mem: 3); on_disk=$(df -k / | column tmpfs 3)
head -c 8388608 /dev/urandom > /tmp/large
# Programs that come and go meanwhile take and give some room, too.
holds "a file takes its room" $(($(free | column Mem: 3) - before)) -ge 7168
holds "df sees it" $(($(df -k / | column tmpfs 3) - on_disk)) -ge 7168
holds "du sees it" "$(du -k /tmp/large | cut -f1)" -ge 8192
rm /tmp/large
holds "it is given back" $(($(df -k / | column tmpfs 3) - on_disk)) -lt 1024
df -k / | head -n 2; df -h / | head -n 1
mount; cat /proc/mounts
id -u; hostname; whoami; tty < /dev/null; env | grep -c ^PATH=
cut -d' ' -f4- /proc/loadavg; head -n 1 /proc/stat; cat /proc/self/comm
head -n 1 /proc/self/maps
ls -l /bin/busybox /dev/null | sed 's/  */ /g' | cut -d' ' -f1-5
