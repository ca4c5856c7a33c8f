/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compile-time options of the runtime, with unit, range and cost. Define one on the compiler's command
 * line to change it; all objects of a program must be compiled with the same. The compiler's RAM figures
 * (`ramBytes`) count the defaults.
 */
#ifndef TSEG_CONFIG_H
#define TSEG_CONFIG_H

/* Link: requests in flight that a client can carry: 1 to 8; 24 bytes of RAM each. */
#ifndef TSEG_LINK_MAX_WINDOW
#define TSEG_LINK_MAX_WINDOW 4
#endif

/* Link: operations under way that a client can carry: 1 to 8; 32 to 48 bytes of RAM each. */
#ifndef TSEG_LINK_MAX_OPERATIONS
#define TSEG_LINK_MAX_OPERATIONS 4
#endif

/* Link: encoded bytes handed to the transport at once: 16 to 255; one byte of RAM each. */
#ifndef TSEG_LINK_OUTPUT_SIZE
#define TSEG_LINK_OUTPUT_SIZE 96
#endif

/* Store: how often a block is read again after a failed read or a wrong checksum: 0 to 255; no RAM. */
#ifndef TSEG_STORE_READ_RETRIES
#define TSEG_STORE_READ_RETRIES 2
#endif

/* Plans: 1 has tseg_plan_work, by which an application refuses plans that take long; 0 saves some 40 to 180
 * bytes of flash for each kernel. No RAM. */
#ifndef TSEG_PLAN_WORK
#define TSEG_PLAN_WORK 1
#endif

#endif
