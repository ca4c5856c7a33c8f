/* SPDX-License-Identifier: Apache-2.0 */
/* Places that the linker script names (sections.ld); only their addresses have a meaning. */
#ifndef TSEG_PORTS_CORTEX_M_LINK_MAP_H
#define TSEG_PORTS_CORTEX_M_LINK_MAP_H

#include <stdint.h>

extern uint8_t tseg_flash_begin[], tseg_flash_end[];
extern uint8_t tseg_ram_begin[], tseg_ram_end[];
extern uint8_t tseg_external_begin[], tseg_external_end[]; /* equal where there is none */
extern uint8_t tseg_stack_limit[], tseg_stack_top[];
extern uint8_t tseg_data_begin[], tseg_data_end[];
extern const uint8_t tseg_data_image[];
extern uint8_t tseg_bss_begin[], tseg_bss_end[];
extern uint8_t tseg_free_begin[]; /* from here to the end of RAM nothing is linked */

#endif
