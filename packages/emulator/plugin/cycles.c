/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin of QEMU that estimates what a Cortex-M4 without wait states would take: each instruction that
 * runs is given the cycles of the processor's technical reference manual. A load takes 2, or 1 right
 * after another one; loads and stores of n words 1 + n; LDRD and STRD 3; MLA and MLS 2; a division 12,
 * the most it may; a branch that is taken 2 more; all else 1.
 *
 * Cycles go to whom the program says (ports/cortex-m/meter.c): its calls of four functions are seen by
 * their addresses, given as arguments split=, enter=, leave=, resume=. At the end the file out= gets
 * 64-bit words: instructions and cycles of the executor, then both of each call of an operator, in order.
 *
 * QEMU's headers are not packaged everywhere; its interface, version 1, is declared here.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info_t;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
                                           void (*callback)(qemu_plugin_id_t,
                                                            struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb,
                                          void (*callback)(unsigned int, void *),
                                          enum qemu_plugin_cb_flags flags, void *argument);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, void (*callback)(qemu_plugin_id_t, void *),
                                    void *argument);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;
__attribute__((visibility("default"))) int
qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv);

enum owner { NOBODY, EXECUTOR, OPERATOR };

typedef struct cost {
  uint64_t instructions, cycles;
} cost;

/* A run of instructions without a branch into or out of it. */
typedef struct block {
  uint64_t begin, end;
  cost each;
} block;

static uint64_t split_at, enter_at, leave_at, resume_at;
static const char *out_path;
static enum owner owner = NOBODY;
static int inferring; /* before the first inference the program tries its meter out */
static cost executor;
static cost *calls;
static size_t call_count, call_capacity;
static uint64_t expected; /* where the last block falls through to */

static uint32_t ones(uint32_t bits) {
  return (uint32_t)__builtin_popcount(bits);
}

/* One 16-bit instruction. *is_load: it is a load of one register. */
static uint32_t narrow(uint16_t code, int *is_load) {
  const uint32_t top = code >> 12;
  const uint32_t operation = code >> 9 & 7u;
  *is_load = (code & 0xF800u) == 0x4800u || (top == 5u && operation >= 3u) ||
             (top >= 6u && top <= 9u && (code & 0x0800u) != 0u);
  if ((code & 0xFE00u) == 0xB400u || (code & 0xFE00u) == 0xBC00u) {
    return 1u + ones(code & 0x1FFu); /* PUSH, POP */
  }
  if (top == 0xCu) {
    return 1u + ones(code & 0xFFu); /* LDM, STM */
  }
  return 1;
}

/* One 32-bit instruction. */
static uint32_t wide(uint16_t first, uint16_t second, int *is_load) {
  const int loads = (first & 0x10u) != 0u;
  if ((first & 0xFE40u) == 0xE800u) {
    return 1u + ones(second); /* LDM, STM */
  }
  if ((first & 0xFE40u) == 0xE840u) {
    *is_load = (first & 0x0120u) == 0u && loads; /* exclusive, table branch */
    return (first & 0x0120u) != 0u ? 3u : 1u;    /* LDRD, STRD */
  }
  if ((first & 0xFE00u) == 0xF800u) {
    *is_load = loads;
    return 1;
  }
  if ((first & 0xFE00u) == 0xEC00u) {
    const int single = (first & 0x0120u) == 0x0100u; /* VLDR, VSTR */
    *is_load = single && loads;
    return single ? 1u : 1u + (second & 0xFFu);
  }
  if ((first & 0xFFF0u) == 0xFB00u) {
    return (second & 0xF000u) != 0xF000u ? 2u : 1u; /* MLA, MLS; MUL */
  }
  if ((first & 0xFFD0u) == 0xFB90u) {
    return 12; /* SDIV, UDIV */
  }
  if ((first & 0xFFB0u) == 0xEE80u && (second & 0x0E50u) == 0x0A00u) {
    return 14; /* VDIV */
  }
  return 1;
}

static cost cost_of(const struct qemu_plugin_tb *tb, uint64_t *size) {
  cost sum = {0, 0};
  int after_load = 0;
  *size = 0;
  for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
    const struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
    uint16_t halves[2] = {0, 0};
    const size_t bytes = qemu_plugin_insn_size(insn);
    memcpy(halves, qemu_plugin_insn_data(insn), bytes < sizeof halves ? bytes : sizeof halves);
    int is_load = 0;
    sum.cycles += bytes == 2u ? narrow(halves[0], &is_load) : wide(halves[0], halves[1], &is_load);
    sum.cycles += is_load && !after_load ? 1u : 0u;
    sum.instructions++;
    after_load = is_load;
    *size += bytes;
  }
  return sum;
}

static void next_call(void) {
  if (call_count == call_capacity) {
    call_capacity = call_capacity > 0u ? 2u * call_capacity : 1024u;
    calls = realloc(calls, call_capacity * sizeof *calls);
    if (calls == NULL) {
      abort();
    }
  }
  calls[call_count++] = (cost){0, 0};
}

static void on_block(unsigned int cpu, void *argument) {
  (void)cpu;
  const block *one = argument;
  const uint64_t taken = one->begin != expected ? 2u : 0u;
  expected = one->end;
  if (one->begin == split_at) {
    owner = NOBODY;
  } else if (one->begin == enter_at && inferring) {
    owner = OPERATOR;
    next_call();
    return;
  } else if (one->begin == resume_at || (one->begin == leave_at && inferring)) {
    inferring = 1;
    owner = EXECUTOR;
    return;
  }
  if (owner != NOBODY) {
    cost *to = owner == EXECUTOR ? &executor : &calls[call_count - 1u];
    to->instructions += one->each.instructions;
    to->cycles += one->each.cycles + taken;
  }
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
  (void)id;
  block *one = malloc(sizeof *one);
  if (one == NULL) {
    abort();
  }
  uint64_t size = 0;
  one->each = cost_of(tb, &size);
  one->begin = qemu_plugin_tb_vaddr(tb);
  one->end = one->begin + size;
  qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, QEMU_PLUGIN_CB_NO_REGS, one);
}

static void write_costs(qemu_plugin_id_t id, void *argument) {
  (void)id;
  (void)argument;
  FILE *file = fopen(out_path, "wb");
  if (file == NULL) {
    return; /* the reader misses the file, and says so */
  }
  (void)fwrite(&executor, sizeof executor, 1, file);
  (void)fwrite(calls, sizeof *calls, call_count, file);
  (void)fclose(file);
}

static int take(const char *argument) {
  const struct {
    const char *name;
    uint64_t *address;
  } addresses[] = {
      {"split=", &split_at}, {"enter=", &enter_at}, {"leave=", &leave_at}, {"resume=", &resume_at}};
  for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
    const size_t length = strlen(addresses[i].name);
    if (strncmp(argument, addresses[i].name, length) == 0) {
      *addresses[i].address = strtoull(argument + length, NULL, 10);
      return 1;
    }
  }
  if (strncmp(argument, "out=", 4) == 0) {
    out_path = argument + 4;
    return 1;
  }
  return 0;
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc,
                        char **argv) {
  (void)info;
  for (int i = 0; i < argc; i++) {
    if (!take(argv[i])) {
      return 1;
    }
  }
  if (out_path == NULL) {
    return 1;
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
  qemu_plugin_register_atexit_cb(id, write_costs, NULL);
  return 0;
}
