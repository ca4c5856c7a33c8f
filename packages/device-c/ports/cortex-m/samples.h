/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs and outputs: files of the computer that runs the emulator, one for each tensor, sample after
 * sample: input0.bin, .., output0.bin, .. */
#ifndef TSEG_PORTS_CORTEX_M_SAMPLES_H
#define TSEG_PORTS_CORTEX_M_SAMPLES_H

#include <stdbool.h>

#include "tseg/exec.h"

/* Opens the files of all ports. False: one can't be opened. */
bool tseg_samples_open(const tseg_plan *plan, uint32_t *sample_count);

/* The callbacks of the executor: the next rows of a port from or to its file. */
tseg_status tseg_samples_input(void *user, const tseg_exec_rows *rows);
tseg_status tseg_samples_output(void *user, const tseg_exec_rows *rows);

#endif
