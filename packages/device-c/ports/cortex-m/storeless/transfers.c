/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of the loader's and the executor's files for transfers, in firmware whose plan has no stores:
 * such a loader refuses any other plan. */
#include "exec/exec_context.h"
#include "plan/check.h"

tseg_status tseg_plan_check_transfers(const tseg_plan *plan) {
  const tseg_plan_header *header = plan->header;
  return (header->stores.count | header->streams.count | header->transfers.count) == 0u
             ? TSEG_OK
             : TSEG_ERR_PLAN_RECORD;
}

tseg_status tseg_exec_start_transfer(tseg_exec *exec, uint32_t index) {
  (void)exec;
  (void)index;
  return TSEG_ERR_PLAN_PROGRAM;
}

tseg_status tseg_exec_wait_transfer(tseg_exec *exec, uint32_t index) {
  (void)exec;
  (void)index;
  return TSEG_ERR_PLAN_PROGRAM;
}

tseg_status tseg_exec_service(tseg_exec *exec) {
  (void)exec;
  return TSEG_OK;
}
