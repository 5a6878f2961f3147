/* The tables of a made-up world: see world_csv.h. Rows are put together by hand, since formatting through printf
 * would take several times as long as all the rest. */
#include "world/world_csv.h"

#include "base/buf.h"
#include "io/tsv_writer.h"
#include "table/calendar.h"

enum { MAX_ROW = 160 }; /* a review without its text; ids have at most 21 bytes */

/* ---- texts ---- */

/* A text is an opening and a closing, in one language. They are kept apart by rating: 0 low, 1 middle, 2 high. Some
 * hold commas, quotes and line breaks, as real ones do. */
enum { N_PHRASES = 6 };

static const char *const openings[2][3][N_PHRASES] = {
    {{"Not what I hoped for.", "Cold food, slow service.", "Waited 40 minutes, then they forgot the order.",
      "The \"special\" was nothing special.", "Too salty for me.", "Once was enough."},
     {"It was fine.", "Decent, nothing more.", "Good portions, average taste.", "Busy at noon, better later.",
      "The side dishes were better than the main one.", "A normal place."},
     {"Best in the area!", "Fresh, warm and quick.", "My friends asked to go again.",
      "They call it \"grandmother's recipe\", and I believe it.", "Worth the queue.", "Lovely, from start to end."}},
    {{"기대보다 별로였어요.", "음식이 식어서 나왔습니다.", "너무 짜요, 다시는 안 갈 듯.", "직원이 \"품절\"이라고만 하네요.",
      "한참 기다렸어요.", "가격만 비싸요."},
     {"그냥 무난합니다.", "양은 많은데 맛은 보통이에요.", "점심에는 사람이 많아요.", "나쁘지 않아요.", "평범한 집이에요.",
      "반찬은 괜찮아요."},
     {"정말 맛있어요!", "또 가고 싶은 집입니다.", "친절하고, 깨끗하고, 맛있어요.", "\"인생 맛집\"이라고 할 만해요.",
      "가족과 함께 가기 좋아요.", "국물이 진하고 좋아요."}},
};

static const char *const closings[2][3][N_PHRASES] = {
    {{"", " I will not be back.", "\nTwo stars for the music.", " Pity, the room is nice.", " Overpriced, too.", ""},
     {"", " I may come back.", "\nParking is hard.", " Fair price, small tables.", "", " Ask for the window seat."},
     {"", " See you next week.", "\nTip: come early, it fills up.", " Great value.", "",
      "\n\nThanks to the \"night shift\"!"}},
    {{"", " 아쉽네요.", "\n주차도 어렵습니다.", " 분위기는 좋은데, 맛이...", "", ""},
     {"", " 가격은 적당해요.", "\n다음에는 다른 메뉴를 먹어 볼게요.", "", " 무난, 무난.", ""},
     {"", " 추천합니다.", "\n\n사장님, 감사합니다!", " 양도 많아요.", "", " 다음 주에 또 가요."}},
};

static int write_text(struct tt_writer *writer, struct tt_visit *visit, struct tt_buf *text, struct tt_err *err)
{
    int korean = tt_rng_below(&visit->rng, 10) < 3, level = visit->rating <= 2 ? 0 : visit->rating == 3 ? 1 : 2;
    const char *opening = openings[korean][level][tt_rng_below(&visit->rng, N_PHRASES)];
    const char *closing = closings[korean][level][tt_rng_below(&visit->rng, N_PHRASES)];

    text->len = 0;
    if (tt_buf_add_text(text, opening, err) || tt_buf_add_text(text, closing, err))
        return -1;
    return tt_tsv_field(writer, TT_CSV_COMMA, text->data, text->len, err);
}

/* ---- rows by hand ---- */

/* n in decimal, with zeros before it up to `width` digits. Returns the end. */
static char *put_number(char *p, uint64_t n, int width)
{
    char digits[20];
    int len = 0;

    do
        digits[len++] = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    for (; width > len; width--)
        *p++ = '0';
    while (len > 0)
        *p++ = digits[--len];
    return p;
}

static int digits_of(uint64_t n)
{
    int digits = 1;

    while ((n /= 10) > 0)
        digits++;
    return digits;
}

/* How wide an id is: as wide as the last one, and at least so many digits. */
static int id_width(uint64_t n, int least)
{
    int digits = digits_of(n - 1);

    return digits > least ? digits : least;
}

static int user_width(const struct tt_world *world)
{
    return id_width(tt_world_get_options(world)->n_users, 7);
}

static int store_width(const struct tt_world *world)
{
    return id_width(tt_world_get_options(world)->n_stores, 6);
}

/* The date and offset that the last row had: most rows share them with the one before. */
struct clock {
    int64_t day;
    char date[16];
    int32_t offset;
    char zone[8];
};

static void put_pair(char *p, int n)
{
    p[0] = (char)('0' + n / 10);
    p[1] = (char)('0' + n % 10);
}

static char *put_time(char *p, struct clock *clock, int64_t local, int32_t offset)
{
    int64_t day = tt_local_day(local);
    int second = (int)(local - day * TT_DAY);

    if (day != clock->day) {
        struct tt_date date;
        tt_date_from_days(day, &date);
        put_number(clock->date, (uint64_t)date.year, 4);
        clock->date[4] = clock->date[7] = '-';
        put_pair(clock->date + 5, date.month);
        put_pair(clock->date + 8, date.day);
        clock->day = day;
    }
    if (offset != clock->offset) {
        int minutes = (offset < 0 ? -offset : offset) / 60; /* seconds of an offset ended with local mean time */
        clock->zone[0] = offset < 0 ? '-' : '+';
        put_pair(clock->zone + 1, minutes / 60);
        clock->zone[3] = ':';
        put_pair(clock->zone + 4, minutes % 60);
        clock->offset = offset;
    }
    memcpy(p, clock->date, 10);
    memcpy(p + 10, "T..:..:..", 9);
    put_pair(p + 11, second / TT_HOUR);
    put_pair(p + 14, second / 60 % 60);
    put_pair(p + 17, second % 60);
    memcpy(p + 19, clock->zone, 6);
    return p + 25;
}

int tt_world_write_reviews(const struct tt_world *world, const struct tt_review_columns *columns,
                           struct tt_writer *writer, struct tt_err *err)
{
    uint64_t n = tt_world_get_options(world)->n_events;
    int users = user_width(world), stores = store_width(world), reviews = id_width(n ? n : 1, 8), status = -1;
    struct clock clock = {.day = INT64_MIN, .offset = INT32_MIN};
    struct tt_span span = TT_SPAN_INIT;
    struct tt_buf text = TT_BUF_INIT;

    if (tt_writer_printf(writer, err, "review_id,user_id,store_id,visited_at%s%s\n", columns->rating ? ",rating" : "",
                         columns->text > 0 ? ",text" : ""))
        return -1;
    for (uint64_t i = 0; i < n; i++) {
        struct tt_visit visit;
        char row[MAX_ROW], *p = row;
        tt_world_visit(world, i, &span, &visit);
        *p++ = 'r';
        p = put_number(p, i, reviews);
        memcpy(p, ",u", 2);
        p = put_number(p + 2, visit.user, users);
        memcpy(p, ",s", 2);
        p = put_number(p + 2, visit.store, stores);
        *p++ = ',';
        p = put_time(p, &clock, visit.local, visit.offset);
        if (columns->rating) {
            *p++ = ',';
            *p++ = (char)('0' + visit.rating);
        }
        if (columns->text > 0) {
            *p++ = ',';
            if (tt_writer_write(writer, row, (size_t)(p - row), err))
                goto done;
            p = row;
            if (tt_rng_unit(&visit.rng) < columns->text && write_text(writer, &visit, &text, err))
                goto done;
        }
        *p++ = '\n';
        if (tt_writer_write(writer, row, (size_t)(p - row), err))
            goto done;
    }
    status = 0;
done:
    tt_buf_release(&text);
    return status;
}

int tt_world_write_stores(const struct tt_world *world, struct tt_writer *writer, struct tt_err *err)
{
    int width = store_width(world);

    if (tt_writer_text(writer, "store_id,category,area,price\n", err))
        return -1;
    for (uint64_t s = 0; s < tt_world_get_options(world)->n_stores; s++) {
        const struct tt_store *store = tt_world_store(world, s);
        char category[TT_WORLD_NAME], area[TT_WORLD_NAME];
        tt_world_category_name(store->category, category);
        tt_world_area_name(store->area, area);
        if (tt_writer_printf(writer, err, "s%0*llu,%s,%s,%u\n", width, (unsigned long long)s, category, area,
                             (unsigned)store->price))
            return -1;
    }
    return 0;
}

int tt_world_write_users(const struct tt_world *world, struct tt_writer *writer, struct tt_err *err)
{
    int width = user_width(world);

    if (tt_writer_text(writer, "user_id,age,home_area\n", err))
        return -1;
    for (uint64_t u = 0; u < tt_world_get_options(world)->n_users; u++) {
        struct tt_user user;
        char area[TT_WORLD_NAME];
        tt_world_user(world, u, &user);
        tt_world_area_name(user.home, area);
        if (tt_writer_printf(writer, err, "u%0*llu,%u,%s\n", width, (unsigned long long)u, (unsigned)user.age, area))
            return -1;
    }
    return 0;
}
