/* mips64el.S: see bench.h. */
    .set noreorder
    .set hardfloat
    .text
    .globl bench_float
    .type bench_float, @function
bench_float:
    jr $31
    add.d $f0, $f0, $f1
    .size bench_float, . - bench_float
