/* SPDX-License-Identifier: Apache-2.0 */
/* Host program: many runs in one process, since starting one costs more than a small run. */
#ifndef TSEG_PORTS_HOST_JOBS_H
#define TSEG_PORTS_HOST_JOBS_H

/*
 * Calls `job` with the command line of each line of the file at `path`: words separated by tabs, as
 * argv[1] and on. Flushes standard output after each, so that what is printed tells which job the
 * process died in. *code is set to the first exit code that is not 0, else to 0. Returns null, or a
 * sentence that says what is wrong with the file (static buffer); jobs before that have run.
 */
const char *host_jobs_run(const char *path, int (*job)(int argc, char **argv), int *code);

#endif
