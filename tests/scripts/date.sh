# Dates of a given time, in zones given by rule. Everything printed is compared with what the same program prints under Linux.
export TZ=UTC
date -d @0; date -d @1700000000 '+%Y-%m-%d %H:%M:%S %Z %z %a %A %b %B %j %u %w %U %V %s %e %y %C %I %p %M %n%t%% %F %T %D %R %h'
date -d '2024-02-29 12:00:00' +%s; date -d '2024-03-01' '+%j %a'; date -u -d @86399; date -R -d @1; date -I -d @1000000000; date -Iseconds -d @1000000000
TZ=CET-1CEST,M3.5.0,M10.5.0/3 date -d @1720000000; TZ=CET-1CEST,M3.5.0,M10.5.0/3 date -d @1704067200; TZ=EST5EDT date -d @1720000000; TZ=IST-5:30 date -d @0
date -d '1999-12-31 23:59:59' +%s; date -d @-1 2>/dev/null; date -d @4102444800 +%Y; date -d nonsense 2>/dev/null; echo $?
date -D '%Y%m%d' -d 20240131 +%F; date -d 12:34 +%H:%M; cal 2 2024
