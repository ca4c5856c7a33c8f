/* SPDX-License-Identifier: Apache-2.0 */
/* Holds the records of tseg/plan.h against contracts/plan/layout.json: every size, offset and width
 * is asserted when this file is compiled. */
#include <stddef.h>

#include "tseg/plan.h"

#include "harness.h"

#define RECORD(record, size) _Static_assert(sizeof(record) == (size), "size of " #record)
#define FIELD(record, field, offset, width)                                                        \
  _Static_assert(offsetof(record, field) == (offset), "offset of " #record "." #field);            \
  _Static_assert(sizeof(((record *)0)->field) == (width), "width of " #record "." #field)

#include "plan_layout_records.h"

static void header_is_first(void) {
  CHECK_EQ(offsetof(tseg_plan_header, magic), 0);
}

int main(int argc, char **argv) {
  static const struct harness_test tests[] = {{"a plan begins with its magic", header_is_first}};
  return HARNESS_RUN(tests, argc, argv);
}
