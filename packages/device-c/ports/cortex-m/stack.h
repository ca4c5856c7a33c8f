/* SPDX-License-Identifier: Apache-2.0 */
/* How deep the stack goes: painted before, looked at afterwards. */
#ifndef TSEG_PORTS_CORTEX_M_STACK_H
#define TSEG_PORTS_CORTEX_M_STACK_H

#include <stdint.h>

/* Calls body(argument) on a freshly painted stack. Returns the bytes that it used below this call. */
uint32_t tseg_stack_call(void (*body)(void *), void *argument);

#endif
