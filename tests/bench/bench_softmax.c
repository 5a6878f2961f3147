/* How near the full softmax comes to the matrix products of OpenBLAS.
 *   bench_softmax [DIM [ITEMS [QUERIES [THREADS [ROUNDS]]]]]     64 38048 896 1 7
 * Each thing is timed in turn, again and again, and its best round counts. Prints TSV:
 *   what              sgemm: 2048 x 2048 x 2048, one product a thread at the same time;
 *                     then, for each instruction set of this CPU, the whole step of tt-train, and its parts
 *   gflops_core       by the processor's time, all threads: what others do on the machine hardly matters
 *   share             that, of sgemm's
 *   gflops_wall       by the clock, all threads together
 *   share_wall        that, of sgemm's
 * A pair of query and item counts 2 DIM flop in each of three products; exponentials count nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/number.h"
#include "base/rng.h"
#include "math/gemm.h"
#include "train/softmax.h"

enum { SIDE = 2048, Q = TT_TILE_QUERIES };

static struct tt_pool *pool;
static size_t dim = 64, n_items = 38048, n_queries = 896, threads = 1, rounds = 7, n_panels;
static float *square_a, *square_b, **square_c; /* one result a thread */
static struct tt_softmax softmax[TT_TILE_ISAS], *now; /* one for each kind of kernels; that of the line being timed */
static struct tt_softmax_step step;

static void *need(void *block, const struct tt_err *err)
{
    if (!block) {
        fprintf(stderr, "bench_softmax: %s\n", err->text);
        exit(1);
    }
    return block;
}

static float *floats(size_t n, double scale, uint32_t stream)
{
    struct tt_err err = TT_ERR_INIT;
    float *x = need(tt_alloc_aligned(n, sizeof(*x), &err), &err);
    struct tt_rng rng;

    tt_rng_init(&rng, 1, TT_RNG_TEST, stream);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(scale * (tt_rng_unit(&rng) - 0.5));
    return x;
}

/* ---- what is timed ---- */

static void sgemm_block(void *arg, size_t block, int worker)
{
    (void)arg, (void)worker;
    tt_gemm_nn(SIDE, SIDE, SIDE, square_a, SIDE, square_b, SIDE, 0, square_c[block], SIDE);
}

/* The parts of a tile, on what a step has left in the arrays of `now`. */

static float *e_of(size_t panel, size_t item)
{
    return now->e + (panel * n_items + item) * Q;
}

static size_t tile_size(size_t item)
{
    size_t tile = tt_tile_items(dim);

    return n_items - item < tile ? n_items - item : tile;
}

static void exponentials_block(void *arg, size_t panel, int worker)
{
    float z[Q];

    (void)arg, (void)worker;
    for (size_t j = 0; j < n_items; j += tile_size(j))
        now->kernels->exponentials(tile_size(j), dim, now->panels + panel * Q * dim, step.v + j * dim, now->bias + j,
                                   e_of(panel, j), z);
}

/* Always the same exponentials: in the loss they are in the cache, too. */
static void to_queries_block(void *arg, size_t panel, int worker)
{
    (void)arg, (void)worker;
    for (size_t j = 0; j < n_items; j += tile_size(j))
        now->kernels->to_queries(Q, tile_size(j), dim, e_of(panel, 0), step.v + j * dim,
                                 now->u_scaled + panel * Q * dim);
}

static void to_items_block(void *arg, size_t block, int worker)
{
    size_t j = block * tt_tile_items(dim);

    (void)arg, (void)worker;
    for (size_t panel = 0; panel < n_panels; panel++)
        now->kernels->to_items(panel == 0, tile_size(j), dim, e_of(panel, j), now->u_scaled + panel * Q * dim,
                               step.d_v + j * dim);
}

static void run_sgemm(void) { tt_pool_run(pool, threads, sgemm_block, NULL); }
static void run_exponentials(void) { tt_pool_run(pool, n_panels, exponentials_block, NULL); }
static void run_to_queries(void) { tt_pool_run(pool, n_panels, to_queries_block, NULL); }
static void run_to_items(void)
{
    tt_pool_run(pool, tt_blocks(n_items, tt_tile_items(dim)), to_items_block, NULL);
}

static void run_step(void)
{
    struct tt_err err = TT_ERR_INIT;
    double loss;

    if (tt_softmax_loss(now, pool, &step, &loss, &err))
        need(NULL, &err);
}

/* ---- the table ---- */

struct line {
    char what[40];
    void (*run)(void);
    struct tt_softmax *softmax;
    double flop, cpu, wall; /* of the best rounds */
};

static double seconds(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void time_line(struct line *line)
{
    double cpu, wall;

    now = line->softmax;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    wall = seconds(CLOCK_MONOTONIC);
    line->run();
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    wall = seconds(CLOCK_MONOTONIC) - wall;
    line->cpu = line->cpu > 0 && line->cpu < cpu ? line->cpu : cpu;
    line->wall = line->wall > 0 && line->wall < wall ? line->wall : wall;
}

static void set_up(void)
{
    struct tt_err err = TT_ERR_INIT;
    uint32_t *starts, *query, *item;
    float *weight;

    n_panels = tt_blocks(n_queries, Q);
    pool = need(tt_pool_new((int)threads, &err), &err);
    square_a = floats((size_t)SIDE * SIDE, 1, 1);
    square_b = floats((size_t)SIDE * SIDE, 1, 2);
    square_c = need(tt_alloc(threads, sizeof(*square_c), &err), &err);
    for (size_t i = 0; i < threads; i++)
        square_c[i] = floats((size_t)SIDE * SIDE, 0, 3);
    starts = need(tt_alloc(n_queries + 1, sizeof(*starts), &err), &err);
    query = need(tt_alloc(n_queries, sizeof(*query), &err), &err);
    item = need(tt_alloc(n_queries, sizeof(*item), &err), &err);
    weight = need(tt_alloc(n_queries, sizeof(*weight), &err), &err);
    for (size_t q = 0; q < n_queries; q++) {
        starts[q] = query[q] = (uint32_t)q;
        item[q] = (uint32_t)(q * 31 % n_items);
        weight[q] = 1;
    }
    starts[n_queries] = (uint32_t)n_queries;
    step = (struct tt_softmax_step){.n_queries = n_queries, .n_shared = n_items, .n_items = n_items,
                                    .u = floats(n_queries * dim, 0.1, 4), .v = floats(n_items * dim, 0.1, 5),
                                    .positives = {starts, query, item, weight},
                                    .loss = {.temperature = 0.13, .negative_weight = 1, .disliked_weight = 1},
                                    .d_u = floats(n_queries * dim, 0, 6),
                                    .d_v = floats(n_items * dim, 0, 7)};
    for (int isa = TT_TILE_PLAIN; isa < TT_TILE_ISAS; isa++)
        if (tt_tile_kernels((enum tt_tile_isa)isa) &&
            tt_softmax_init(&softmax[isa], n_queries, n_items, n_items, dim, tt_tile_kernels((enum tt_tile_isa)isa),
                            &err))
            need(NULL, &err);
}

int main(int argc, char **argv)
{
    size_t *options[] = {&dim, &n_items, &n_queries, &threads, &rounds};
    static const struct { const char *what; void (*run)(void); double products; } parts[] = {
        {"step", run_step, 3}, {"exponentials", run_exponentials, 1}, {"to_queries", run_to_queries, 1},
        {"to_items", run_to_items, 1}};
    struct line lines[1 + 4 * TT_TILE_ISAS];
    size_t n = 0;

    for (int i = 1; i < argc && i <= 5; i++) {
        uint64_t x;
        if (tt_parse_count(argv[i], strlen(argv[i]), &x) || x < 1 || x > 1000000) {
            fprintf(stderr, "bench_softmax: '%s' is not a number from 1 to 1000000\n", argv[i]);
            return 2;
        }
        *options[i - 1] = (size_t)x;
    }
    set_up();
    double one = 2.0 * (double)(n_panels * Q) * (double)n_items * (double)dim;
    lines[n++] = (struct line){"sgemm", run_sgemm, NULL, 2.0 * SIDE * SIDE * SIDE * (double)threads, 0, 0};
    for (int isa = TT_TILE_PLAIN + 1; isa < TT_TILE_ISAS; isa++) /* the plain ones would take all day */
        for (size_t i = 0; softmax[isa].kernels && i < sizeof(parts) / sizeof(*parts); i++) {
            lines[n] = (struct line){"", parts[i].run, &softmax[isa], one * parts[i].products, 0, 0};
            snprintf(lines[n++].what, sizeof(lines->what), "%s, %s", parts[i].what, softmax[isa].kernels->name);
        }
    for (size_t r = 0; r < rounds; r++)
        for (size_t i = 0; i < n; i++)
            time_line(&lines[i]);
    printf("what\tgflops_core\tshare\tgflops_wall\tshare_wall\n");
    for (size_t i = 0; i < n; i++) {
        double core = lines[i].flop / lines[i].cpu, wall = lines[i].flop / lines[i].wall;
        printf("%s\t%.1f\t%.3f\t%.1f\t%.3f\n", lines[i].what, core * 1e-9, core / (lines[0].flop / lines[0].cpu),
               wall * 1e-9, wall / (lines[0].flop / lines[0].wall));
    }
    return 0;
}
