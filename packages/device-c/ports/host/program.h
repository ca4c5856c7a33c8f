/* SPDX-License-Identifier: Apache-2.0 */
/* Host program: all of it but `main`, so that tests can link it with a store engine of their own. */
#ifndef TSEG_PORTS_HOST_PROGRAM_H
#define TSEG_PORTS_HOST_PROGRAM_H

/* Does what the command line says, once in a process; returns the exit code. */
int host_program(int argc, char **argv);

#endif
