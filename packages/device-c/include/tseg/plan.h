/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan file `.tseg`, version 0, as C sees it: the records below lie in the file, little-endian
 * and naturally aligned, and are used in place (from flash, with no copy). docs/specs/plan-format.md
 * says what each field means and which checks the loader makes; contracts/plan/layout.json pins the
 * offsets for both languages.
 */
#ifndef TSEG_PLAN_H
#define TSEG_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "tseg/plan_params.h"
#include "tseg/status.h"

#define TSEG_PLAN_MAGIC      0x47455354u /* the bytes 'T' 'S' 'E' 'G' read as a little-endian word */
#define TSEG_PLAN_VERSION    0u
#define TSEG_PLAN_ALIGNMENT  16u
#define TSEG_PLAN_LOOP_DEPTH 3u /* deepest nesting of loops in a program */
#define TSEG_PLAN_NONE       0xFFFFFFFFu

/* Most records of a section, so that checking a plan takes time linear in its size. */
#define TSEG_PLAN_OPERATORS_MAX    4096u
#define TSEG_PLAN_STORES_MAX       8u
#define TSEG_PLAN_STREAMS_MAX      1024u
#define TSEG_PLAN_TRANSFERS_MAX    2048u
#define TSEG_PLAN_PORTS_MAX        64u
#define TSEG_PLAN_PLACES_MAX       262144u /* also the rows of all buffers with places together */
#define TSEG_PLAN_TENSOR_BYTES_MAX 0x7FFFFFFFu /* n * h * row_bytes */
#define TSEG_PLAN_UNIT_MAX         65536u
#define TSEG_PLAN_PLACE_UNIT       16u /* an entry of `places` counts in these bytes */

/* Element types. The values are those of the TFLite schema. */
enum tseg_type {
  TSEG_TYPE_FLOAT32 = 0,
  TSEG_TYPE_INT32 = 2,
  TSEG_TYPE_UINT8 = 3,
  TSEG_TYPE_INT64 = 4,
  TSEG_TYPE_BOOL = 6,
  TSEG_TYPE_INT16 = 7,
  TSEG_TYPE_INT8 = 9
};

/* A section: `count` records that start `offset` bytes after the start of the file. */
typedef struct tseg_plan_section {
  uint32_t offset;
  uint32_t count;
} tseg_plan_section;

typedef struct tseg_plan_header {
  uint32_t magic;
  uint16_t version; /* TSEG_PLAN_VERSION */
  uint16_t header_size;
  uint32_t file_size;
  uint32_t structure_sum; /* tseg_plan_sum of [16, constants.offset) */
  uint32_t constants_crc; /* CRC-32 of the constants */
  uint32_t arena_size;    /* bytes; the arena must start at a 16-byte boundary */
  uint32_t tick_total;    /* steps that a run executes; LOOP, END_LOOP and END do not count */
  uint32_t flags;         /* zero in version 0 */
  tseg_plan_section tensors;
  tseg_plan_section buffers;
  tseg_plan_section segments;
  tseg_plan_section operands;
  tseg_plan_section operators;
  tseg_plan_section params; /* count is bytes; each operator's parameters, 4-byte aligned */
  tseg_plan_section stores;
  tseg_plan_section streams;
  tseg_plan_section transfers;
  tseg_plan_section ports;     /* inputs, then outputs, in the model's order */
  tseg_plan_section places;    /* count is entries of 16 bits: arena offset of a row / 16 */
  tseg_plan_section program;   /* count is 32-bit words */
  tseg_plan_section constants; /* count is bytes; the last section */
} tseg_plan_header;

/* A tensor: n*h rows of w*c elements. It says nothing of where its bytes are. */
typedef struct tseg_plan_tensor {
  uint32_t type; /* enum tseg_type */
  uint32_t n, h, w, c;
  uint32_t row_bytes; /* w * c * element size */
  uint32_t root;      /* the tensor whose bytes these are (a RESHAPE is a view); itself if none */
  int32_t zero_point; /* 0 for types without */
  float scale;        /* 0 for types without */
  uint32_t source;    /* id of the tensor in the compiled graph, for messages and the verifier */
} tseg_plan_tensor;

enum tseg_memory { TSEG_MEMORY_ARENA = 0, TSEG_MEMORY_CONSTANTS = 1 };

/*
 * Where rows of a tensor live. A ring (first_place is TSEG_PLAN_NONE): row r is at
 * offset + (r mod ring_rows) * row_stride. Otherwise each row has a place of its own: row r is at
 * arena offset places[first_place + r] * 16, offset is 0, ring_rows all rows, row_stride row_bytes.
 * A tensor may have several buffers (one it is produced into, one it is fetched into).
 */
typedef struct tseg_plan_buffer {
  uint32_t tensor;
  uint32_t memory;      /* enum tseg_memory */
  uint32_t offset;      /* bytes from the start of the arena or of the constants */
  uint32_t row_stride;  /* bytes, >= row_bytes of the tensor */
  uint32_t ring_rows;   /* 1 .. rows of the tensor; rows = never overwritten */
  uint32_t first_place; /* index into `places` of row 0, or TSEG_PLAN_NONE */
} tseg_plan_buffer;

/* One run of channels of an operand: each pixel takes `channel_count` elements from the buffer. */
typedef struct tseg_plan_segment {
  uint32_t buffer;
  uint32_t channel_begin; /* where the run begins in the operand's channels */
  uint32_t channel_count; /* equals c of the buffer's tensor */
} tseg_plan_segment;

/* What a kernel reads or writes: a tensor as seen through one segment, or several (a fused
 * concatenation along channels; inputs only). */
typedef struct tseg_plan_operand {
  uint32_t tensor;
  uint32_t first_segment;
  uint32_t segment_count; /* >= 1 */
} tseg_plan_operand;

typedef struct tseg_plan_operator {
  uint16_t kind;    /* enum tseg_kind */
  uint16_t variant; /* kernel variant id, see tseg/nn.h */
  uint16_t input_count;
  uint16_t output_count;
  uint32_t first_operand; /* inputs, then outputs */
  uint32_t call_count;    /* RUN steps of one inference: ceil(counted rows / rows_per_call) */
  uint32_t rows_per_call; /* rows of output 0 made by one call, or, by a variant that accumulates,
                             rows of input 0 taken; the last call may have fewer */
  uint32_t params_offset; /* bytes into the params section */
  uint32_t params_size;
  uint32_t scratch_offset; /* arena bytes usable only during a call */
  uint32_t scratch_size;
  uint32_t state_offset; /* arena bytes kept between the calls of one inference */
  uint32_t state_size;
  uint32_t source; /* id of the operator in the compiled graph */
} tseg_plan_operator;

/* A store the plan needs; the application binds a real one to each. */
typedef struct tseg_plan_store {
  uint32_t kind;            /* enum tseg_store_kind */
  uint32_t block_bytes_max; /* largest raw block of the streams on it */
  uint32_t slot_count;      /* transfer buffers: operations that may be under way at once, 1..4 */
  uint32_t unit_bytes; /* largest read or program unit of a device that may serve it: a power of
                               two up to TSEG_PLAN_UNIT_MAX; transfer buffers are sized for it */
} tseg_plan_store;

enum tseg_store_kind {
  TSEG_STORE_RAM = 0,
  TSEG_STORE_FLASH = 1,
  TSEG_STORE_NOR = 2,
  TSEG_STORE_SD = 3,
  TSEG_STORE_REMOTE = 4,
  TSEG_STORE_FILE = 5
};

/*
 * A spilled tensor on one store: written once, in order, block by block. The stream carries the rows
 * r with r mod period < carried; block b holds carried rows [b, b + 1) * rows_per_block, counted
 * among the carried ones, which are consecutive rows of the tensor.
 */
typedef struct tseg_plan_stream {
  uint32_t store;
  uint32_t tensor;
  uint32_t rows_per_block; /* rows in one block; the last block may have fewer */
  uint32_t block_count;
  uint32_t codecs;  /* bit i allows codec i; bit 0 (raw) is always set */
  uint32_t period;  /* 1 .. rows of the tensor; 1 and carried 1: all rows */
  uint32_t carried; /* 1 .. period */
} tseg_plan_stream;

enum tseg_direction { TSEG_SPILL = 0, TSEG_FETCH = 1 };

/* One cursor over a stream: SPILL reads rows from the buffer, FETCH writes rows into it. */
typedef struct tseg_plan_transfer {
  uint32_t stream;
  uint32_t direction; /* enum tseg_direction */
  uint32_t buffer;
  uint32_t in_flight; /* most STARTs without their WAIT, >= 1 */
} tseg_plan_transfer;

enum tseg_port_direction { TSEG_PORT_INPUT = 0, TSEG_PORT_OUTPUT = 1 };

/* A model input or output: each INPUT or OUTPUT step moves the next rows_per_step rows. */
typedef struct tseg_plan_port {
  uint32_t direction;
  uint32_t buffer;
  uint32_t rows_per_step; /* all rows = resident */
  uint32_t index;         /* index among the model's inputs, or among its outputs */
} tseg_plan_port;

/* A step is one word: opcode in the low 8 bits, argument in the high 24. */
enum tseg_opcode {
  TSEG_OP_END = 0,         /* the program is over; argument 0 */
  TSEG_OP_RUN = 1,         /* operator index: the next call of that operator */
  TSEG_OP_SPILL_START = 2, /* transfer index: begin to write its next block */
  TSEG_OP_SPILL_WAIT = 3,  /* transfer index: wait for its oldest unfinished block */
  TSEG_OP_FETCH_START = 4,
  TSEG_OP_FETCH_WAIT = 5,
  TSEG_OP_INPUT = 6,  /* port index: take its next rows */
  TSEG_OP_OUTPUT = 7, /* port index: give its next rows */
  TSEG_OP_LOOP = 8,   /* repeat count >= 1: run the steps up to the matching END_LOOP */
  TSEG_OP_END_LOOP = 9
};

/* Operator kinds. Stable numbers, never reused. */
enum tseg_kind {
  TSEG_KIND_CONV_2D = 1,
  TSEG_KIND_DEPTHWISE_CONV_2D = 2,
  TSEG_KIND_TRANSPOSE_CONV = 3,
  TSEG_KIND_FULLY_CONNECTED = 4,
  TSEG_KIND_MAX_POOL_2D = 5,
  TSEG_KIND_AVERAGE_POOL_2D = 6,
  TSEG_KIND_ADD = 7,
  TSEG_KIND_SUB = 8,
  TSEG_KIND_MUL = 9,
  TSEG_KIND_CONCATENATION = 10,
  TSEG_KIND_PAD = 11,
  TSEG_KIND_SOFTMAX = 12,
  TSEG_KIND_LOOKUP = 13,     /* any int8 -> int8 function of one element: a table of 256 bytes */
  TSEG_KIND_REQUANTIZE = 14, /* QUANTIZE between int8 and uint8 and other scales */
  TSEG_KIND_RESIZE_BILINEAR = 15,
  TSEG_KIND_RESIZE_NEAREST = 16,
  TSEG_KIND_SPLIT = 17, /* along channels: SPLIT and SPLIT_V */
  TSEG_KIND_MEAN = 18,
  TSEG_KIND_COPY = 19, /* the same bytes in another place: a RESHAPE that can't be a view */
  TSEG_KIND_SUM = 20,
  TSEG_KIND_REDUCE_MAX = 21,
  TSEG_KIND_REARRANGE = 22, /* elements in another order, or some of them: slices, TRANSPOSE */
  TSEG_KIND_PIECEWISE = 23, /* LEAKY_RELU, RELU and RELU6 of int16 */
  TSEG_KIND_MIRROR_PAD = 24,
  TSEG_KIND_REAL_FUNCTION = 25, /* a function of one element, float32 */
  TSEG_KIND_MAXIMUM = 26,
  TSEG_KIND_MINIMUM = 27,
  TSEG_KIND_PRELU = 28,
  TSEG_KIND_DIV = 29,
  TSEG_KIND_CONVERT = 30, /* DEQUANTIZE, and QUANTIZE of float32 */
  TSEG_KIND_CAST = 31,
  TSEG_KIND_ARG_MAX = 32, /* along c */
  TSEG_KIND_L2_NORMALIZATION = 33,
  TSEG_KIND_LOG_SOFTMAX = 34,
  TSEG_KIND_SQUASH = 35, /* LOGISTIC and TANH of int16 */
  TSEG_KIND_SOFTMAX_16 = 36
};

/* ---- A loaded plan ---- */

/* Pointers into the plan's own bytes; fill with tseg_plan_load, treat as read-only. */
typedef struct tseg_plan {
  const tseg_plan_header *header;
  const tseg_plan_tensor *tensors;
  const tseg_plan_buffer *buffers;
  const tseg_plan_segment *segments;
  const tseg_plan_operand *operands;
  const tseg_plan_operator *operators;
  const uint8_t *params;
  const tseg_plan_store *stores;
  const tseg_plan_stream *streams;
  const tseg_plan_transfer *transfers;
  const tseg_plan_port *ports;
  const uint16_t *places;
  const uint32_t *program;
  const uint8_t *constants;
} tseg_plan;

/*
 * Checks the whole structure of a plan and fills *plan with pointers into `bytes`.
 *
 * bytes: the file, 16-byte aligned; must stay in place and unchanged as long as *plan is used.
 * Trusts nothing: after TSEG_OK no record, ring or program can make the executor read or write
 * outside the arena, the constants, or the bytes. The checksum of the constants is not checked
 * here (see tseg_plan_check_constants): wrong constants give wrong results, never a fault.
 *
 * Returns TSEG_OK, TSEG_ERR_ARGUMENT, TSEG_ERR_PLAN_* (all but CONSTANTS_CRC and STORE).
 */
tseg_status tseg_plan_load(const void *bytes, size_t size, tseg_plan *plan);

/*
 * Element operations of one inference of a loaded plan, over all operators; UINT64_MAX when there are
 * more. A plan that loads ends, but this may be long: applications that run plans of strangers refuse
 * those above a limit of their own. Not in builds with TSEG_PLAN_WORK 0 (tseg/config.h).
 */
uint64_t tseg_plan_work(const tseg_plan *plan);

/* Rows that a stream of a loaded plan carries. */
static inline uint32_t tseg_plan_carried_rows(const tseg_plan_stream *stream,
                                              const tseg_plan_tensor *tensor) {
  const uint32_t rows = tensor->n * tensor->h;
  const uint32_t rest = rows % stream->period;
  return rows / stream->period * stream->carried +
         (rest < stream->carried ? rest : stream->carried);
}

/* Tensor row that the `index`-th carried row is. */
static inline uint32_t tseg_plan_carried_row(const tseg_plan_stream *stream, uint32_t index) {
  return index / stream->carried * stream->period + index % stream->carried;
}

/* The checksum of a plan's structure over `size` bytes, a multiple of 16 (what is beyond is not counted), at a
 * four-byte boundary: docs/specs/plan-format.md says which sum. */
uint32_t tseg_plan_sum(const void *bytes, size_t size);

/* CRC-32 over the constants. Returns TSEG_OK or TSEG_ERR_PLAN_CONSTANTS_CRC. */
tseg_status tseg_plan_check_constants(const tseg_plan *plan);

#endif
