/* loongarch64.S: see bench.h. */
    .text
    .globl bench_float
    .type bench_float, @function
bench_float:
    fadd.d $fa0, $fa0, $fa1
    ret
    .size bench_float, . - bench_float
