# Two hundred programs, one after the other, leave nothing behind: as much memory is free after them as after the two hundred before them, to the
# kilobyte. The first round fills what the system keeps at hand. A CPU that has just put a thing aside for later may show in one round: two in
# a row that are equal, of five, are enough, and a program that left anything behind would make each round differ from the one before.
free_now() { while read name kilobytes unit; do [ $name = MemFree: ] && echo $kilobytes; done < /proc/meminfo; }
two_hundred() { i=0; while [ $i -lt 200 ]; do /bin/true; i=$((i + 1)); done; }
# Dead tasks are taken apart by idle CPUs: until nothing changes any more.
settled() { was=; now=$(free_now); while [ "$was" != "$now" ]; do was=$now; sleep 0.2; now=$(free_now); done; }
two_hundred; settled; rounds=$now
for round in 1 2 3 4 5; do
    last=$now; two_hundred; settled; rounds="$rounds $now"
    [ $now -eq $last ] && { echo memory is back; exit; }
done
echo "not back: $rounds"
