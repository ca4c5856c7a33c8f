/* SPDX-License-Identifier: Apache-2.0 */
/* The entry of tinyseg-host. */
#include "program.h"

int main(int argc, char **argv) {
  return host_program(argc, argv);
}
