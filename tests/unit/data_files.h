/* For the tests of lib/data: a folder of their own, small files in it, schemas from text, and segments with a hostile
 * tensor but a correct checksum. */
#ifndef TT_TESTS_DATA_FILES_H
#define TT_TESTS_DATA_FILES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "encode/schema.h"
#include "io/container.h"
#include "unit.h"

static char data_folder[] = "/tmp/tt-data.XXXXXX";

static inline int enter_data_folder(void **state)
{
    (void)state;
    return !mkdtemp(data_folder) || chdir(data_folder);
}

/* The tests' files are called a ... z, or these with an ending of one letter. */
static inline int leave_data_folder(void **state)
{
    (void)state;
    for (char name[] = "a"; name[0] <= 'z'; name[0]++)
        unlink(name);
    return chdir("/") || rmdir(data_folder);
}

static inline const char *write_file(const char *name, const char *text)
{
    FILE *f = fopen(name, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
    return name;
}

static inline void parse_schema(struct tt_schema *schema, const char *text)
{
    struct tt_err err = TT_ERR_INIT;
    int status = tt_schema_parse(schema, text, strlen(text), "s", &err);

    assert_string_equal(err.text, "");
    assert_int_equal(status, 0);
}

static inline void write_segment(struct tt_segment *segment, const char *path)
{
    struct tt_err err = TT_ERR_INIT;
    struct tt_writer writer;

    assert_int_equal(tt_writer_open(&writer, path, NULL, &err), 0);
    assert_int_equal(tt_segment_write(segment, &writer, 0, 1, &err), 0);
    assert_int_equal(tt_writer_finish(&writer, NULL, &err), 0);
}

/* The tensor of a segment that is to be written, or of one that was loaded, for spoiling it. */
static inline struct tt_tensor *tensor_of(struct tt_segment *segment, const char *name)
{
    for (size_t i = 0; i < segment->n_tensors; i++)
        if (strcmp(segment->tensors[i].name, name) == 0)
            return &segment->tensors[i];
    print_message("no tensor '%s'\n", name);
    fail();
    return NULL;
}

#endif
