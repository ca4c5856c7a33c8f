// SPDX-License-Identifier: Apache-2.0
// The error codes of the compiler, one section a folder; codes are stable and never reused.
import { defineErrorCodes, TinysegError } from '@tinyseg/errors';

export const COMPILER_ERROR_CODES = defineErrorCodes({
  // formats: reading and writing model files
  MODEL_TRUNCATED: { cause: 'input', summary: 'The model file ends before the data that it announces.' },
  MODEL_NOT_TFLITE: { cause: 'input', summary: 'The file is not a .tflite model.' },
  MODEL_DAMAGED: { cause: 'input', summary: 'The model file contradicts its own format.' },
  MODEL_VERSION: { cause: 'unsupported', summary: 'The model file has a schema version other than 3.' },
  MODEL_UNKNOWN_OPTIONS: {
    cause: 'unsupported',
    summary: 'An operator carries options of a kind that this version does not know.',
  },
  MODEL_EXTERNAL_BUFFERS: {
    cause: 'unsupported',
    summary: 'The model keeps tensor data outside its flatbuffer (models over 2 GB).',
  },
  MODEL_CONTROL_FLOW: {
    cause: 'unsupported',
    summary: 'The model calls other subgraphs (IF, WHILE, CALL and the like).',
  },
  MODEL_DYNAMIC_SHAPE: {
    cause: 'unsupported',
    summary: 'A tensor has a dimension, other than the batch, that is known only at run time.',
  },
  MODEL_TENSOR_TOO_LARGE: { cause: 'unsupported', summary: 'A tensor has 2^31 bytes or more.' },
  MODEL_INVALID_OPERATOR: {
    cause: 'input',
    summary: 'An operator lacks inputs, outputs or options that its type needs.',
  },
  MODEL_INVALID_GRAPH: { cause: 'input', summary: 'The graph in the model file breaks a rule of graphs.' },
  MODEL_CUSTOM_OPTIONS: {
    cause: 'input',
    summary: 'The options of one of the TINYSEG_ operators in the model can not be read.',
  },

  MODEL_UNSUPPORTED: {
    cause: 'unsupported',
    summary: 'An operator of the model breaks a constraint of the runtime.',
  },

  // ir and passes
  GRAPH_INVARIANT: { cause: 'internal', summary: 'A graph breaks one of its invariants.' },
  PASS_BROKE_GRAPH: { cause: 'internal', summary: 'A pass left a graph that breaks an invariant.' },
  PASS_UNKNOWN: { cause: 'usage', summary: 'A pass that should be switched off does not exist.' },

  // reference: the interpreter
  INTERPRET_INPUT: {
    cause: 'usage',
    summary: 'The number or the size of the inputs is not that of the model.',
  },
  INTERPRET_UNSUPPORTED: {
    cause: 'unsupported',
    summary: 'No reference kernel defines what an operator of the model computes.',
  },

  // plan-format: reading .tseg files
  PLAN_MAGIC: { cause: 'input', summary: 'The file is not a plan.' },
  PLAN_VERSION: { cause: 'unsupported', summary: 'The plan has a format version other than this one.' },
  PLAN_TRUNCATED: { cause: 'input', summary: 'The plan file ends before the data that it announces.' },
  PLAN_CRC: { cause: 'input', summary: 'The checksum of the structure of the plan does not match.' },
  PLAN_CONSTANTS_CRC: {
    cause: 'input',
    summary: 'The checksum of the constants of the plan does not match.',
  },
  PLAN_RECORD: { cause: 'input', summary: 'A record of the plan holds a value outside its range.' },
  PLAN_PROGRAM: { cause: 'input', summary: 'The program of the plan is malformed.' },

  // planning/placement: problems as text
  PLACEMENT_HEADER: {
    cause: 'input',
    summary: 'The first line of a placement problem does not name the columns that it needs.',
  },
  PLACEMENT_ROW: { cause: 'input', summary: 'A line of a placement problem can not be read as a buffer.' },
  PLACEMENT_TOO_DENSE: {
    cause: 'input',
    summary: 'More than 2^30 pairs of buffers of a placement problem live at the same time.',
  },
  PLACEMENT_DUPLICATE_ID: {
    cause: 'input',
    summary: 'Two buffers of a placement problem have the same id.',
  },

  // planning and emit/plan: scheduling and packing
  PLAN_UNSUPPORTED_OPERATOR: {
    cause: 'unsupported',
    summary: 'An operator, or one of its attributes, can not be part of a plan.',
  },
  BUDGET_TOO_SMALL: {
    cause: 'capacity',
    summary:
      'No plan needs as little RAM as the budget allows; the message says the least, and the least with other options.',
  },
  PLAN_TOO_LARGE: {
    cause: 'capacity',
    summary: 'The model needs a plan beyond the limits of the plan format, or an arena too large to verify.',
  },
  WRITES_TOO_MUCH: {
    cause: 'capacity',
    summary: 'No plan was found that fits the RAM and writes as little to its stores as was asked.',
  },
  STORE_TOO_SMALL: { cause: 'capacity', summary: 'The spilled tensors do not fit the store of the board.' },
  STORE_UNKNOWN: { cause: 'usage', summary: 'The board has no store of that name.' },
  SPILL_UNKNOWN_TENSOR: {
    cause: 'usage',
    summary: 'A tensor that should be spilled is not in the model, or can not be spilled.',
  },
  SPILL_WITHOUT_STORE: {
    cause: 'usage',
    summary: 'Tensors should be spilled, but no store is allowed to take them.',
  },
  PLAN_INVALID: {
    cause: 'internal',
    summary: 'The verifier found that a plan does not compute what its model computes.',
  },
  PLAN_BAD_DECISIONS: {
    cause: 'internal',
    summary: 'The planner decided something that contradicts itself.',
  },
});

export type CompilerErrorCode = keyof typeof COMPILER_ERROR_CODES;

/** A `TinysegError` with one of the compiler's codes; the type checker knows the codes. */
export function compilerError(
  code: CompilerErrorCode,
  message: string,
  data?: Readonly<Record<string, unknown>>,
): TinysegError {
  return new TinysegError(code, message, data === undefined ? {} : { data });
}
