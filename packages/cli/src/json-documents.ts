// SPDX-License-Identifier: Apache-2.0
// The JSON documents of --json, version 1: what programs may rely on. Fields may be added; none changes its meaning.
import { z } from 'zod';

const bytes = z.int().min(0);
const shape = z.array(z.int().min(0));
const interval = z.object({ start: z.int(), end: z.int() }).describe('half-open');

const failure = z.object({
  code: z.string().describe('stable; docs/reference/errors.md lists them'),
  cause: z
    .enum(['usage', 'input', 'unsupported', 'capacity', 'device', 'differs', 'internal'])
    .optional()
    .describe('absent where the document holds a result that is a failure'),
  message: z.string(),
  data: z.record(z.string(), z.unknown()).optional(),
});

const tensor = z.object({
  id: z.int(),
  name: z.string(),
  type: z.string(),
  shape,
  scales: z.array(z.number()),
  zeroPoints: z.array(z.number()),
  sizeBytes: bytes,
  live: interval.optional().describe('in operator positions'),
  idle: z.array(interval),
});

const inspect = z.object({
  model: z.string(),
  name: z.string(),
  inputs: z.array(tensor),
  outputs: z.array(tensor),
  operators: z.array(
    z.object({
      position: z.int(),
      id: z.int(),
      name: z.string(),
      inputs: z.array(z.int().nullable()),
      outputs: z.array(z.int()),
      macs: z.number(),
      pressureBytes: bytes,
    }),
  ),
  tensors: z.array(tensor),
  pressureBytes: bytes.describe('no arena of whole tensors is smaller'),
  peak: z.object({ position: z.int(), tensors: z.array(z.int()) }),
  tflmHeadBytes: bytes.describe("arena by TensorFlow Lite Micro's planner, without kernel scratch"),
  constantBytes: bytes,
  macs: z.number(),
  unsupported: z.array(
    z.object({ code: z.string(), operator: z.int(), name: z.string(), reason: z.string() }),
  ),
});

const optimize = z.object({
  model: z.string(),
  output: z.string().nullable().describe('null where the target was out of reach: nothing was written'),
  targetBytes: bytes.describe('0 for the least'),
  reached: z.boolean(),
  peakBytesBefore: bytes,
  peakBytesAfter: bytes,
  lowerBoundBytes: bytes,
  writtenBytes: bytes,
  readBytes: bytes,
  spills: z.array(z.object({ tensor: z.int(), name: z.string(), tensorBytes: bytes, spilledBytes: bytes })),
  inTheWay: z.array(z.object({ tensor: z.int().nullable(), name: z.string(), bytes })),
});

const compile = z.object({
  output: z.string(),
  model: z.string(),
  board: z.string(),
  strategy: z.enum(['auto', 'layers', 'single-stage']),
  arenaBytes: bytes,
  ramBytes: bytes.describe('the sum of ram: what --ram bounds'),
  ram: z.object({
    arenaBytes: bytes,
    contextBytes: bytes,
    storeBytes: bytes,
    deviceBytes: bytes,
    linkBytes: bytes,
    stackBytes: bytes,
    totalBytes: bytes,
  }),
  budgetBytes: bytes.nullable(),
  lowerBoundBytes: bytes,
  gapBytes: bytes,
  exhaustive: z.boolean(),
  spilledBytes: bytes.describe('of one inference, before encoding'),
  fetchedBytes: bytes,
  planBytes: bytes,
  tflmHeadBytes: bytes,
  predicted: z.object({
    transferMs: z.number().describe('time the store works in one inference'),
    lifetimeInferences: z.number().nullable().describe('null where the store does not wear'),
    latencyMs: z
      .number()
      .nullable()
      .describe(
        'arithmetic and transfers, overlapped where plan and store allow it; null where a kernel has no figure',
      ),
    energyMj: z.number().nullable(),
    reason: z.string().nullable().describe('why they are null'),
  }),
  stores: z.array(z.string()).describe("that the plan uses, in the order in which run's --store binds them"),
  spills: z.array(
    z.object({
      tensor: z.int(),
      name: z.string(),
      sizeBytes: bytes.describe('of the rows that are spilled'),
      rows: z
        .object({ period: z.int(), carried: z.int() })
        .describe('rows r with r mod period < carried are spilled; 1 and 1: all'),
      store: z.string(),
    }),
  ),
  stages: z.array(z.array(z.int())),
  ports: z
    .array(
      z.object({
        direction: z.enum(['input', 'output']),
        index: z.int(),
        tensor: z.int(),
        name: z.string(),
        mode: z.enum(['resident', 'streamed']),
        sizeBytes: bytes,
        arenaBytes: bytes.describe('most of the arena that its rows hold at one time'),
        peakBytes: bytes.describe('and at the peak'),
      }),
    )
    .describe('what inputs and outputs cost'),
  peak: z
    .object({
      tick: z.int(),
      step: z.string(),
      bytes: bytes.describe("the sum of the holders' bytes"),
      freeBytes: bytes.describe('with bytes it is the arena'),
      holders: z.array(
        z.object({
          what: z.string(),
          offset: bytes,
          bytes: bytes.describe('that no larger holder covers'),
          sharedBytes: bytes,
        }),
      ),
      gaps: z.array(z.object({ offset: bytes, bytes })),
    })
    .describe('whose each byte of the arena is at the fullest tick'),
});

const referencePoint = z.object({ bytes, writtenBytes: bytes });

const curve = z.object({
  model: z.string(),
  board: z.string(),
  objective: z.enum(['bytes', 'wear', 'latency', 'energy']),
  streamInput: z.boolean(),
  streamOutput: z.boolean(),
  exhaustive: z
    .boolean()
    .describe(
      'no limit cut the search for stages and spills; says nothing of where rows are placed, as compile does',
    ),
  points: z
    .array(
      z.object({
        arenaBytes: bytes,
        ramBytes: bytes.describe('what --ram bounds'),
        lowerBoundBytes: bytes,
        writtenBytes: bytes.describe('of one inference, before encoding'),
        readBytes: bytes,
        latencyMs: z.number(),
        energyMj: z.number(),
        lifetimeInferences: z.number().nullable().describe('null where nothing wears'),
        stageCount: z.int(),
        spills: z.array(z.object({ tensor: z.int(), name: z.string(), sizeBytes: bytes, store: z.string() })),
      }),
    )
    .describe('by falling RAM and rising cost'),
  reference: z
    .object({
      file: z.string(),
      axis: z.enum(['arenaBytes', 'ramBytes']).describe('what its bytes are'),
      points: z.array(referencePoint),
      above: z.array(referencePoint).describe('points at which every plan writes more than the reference'),
    })
    .nullable()
    .describe('the curve of --compare'),
});

const verify = z.object({
  plan: z.string(),
  model: z.string(),
  violations: z.array(z.object({ code: z.string(), message: z.string() })),
});

const run = z.object({
  file: z.string(),
  board: z.string().describe('host: this computer'),
  store: z.string().describe("the plan's stores as given, without the token; none where it spills nothing"),
  stores: z
    .array(z.object({ store: z.string(), spilledBytes: bytes, fetchedBytes: bytes, storedBytes: bytes }))
    .describe("in the plan's order; of all samples"),
  samples: z.array(z.string()),
  outputs: z.array(z.object({ type: z.string(), shape, sizeBytes: bytes })),
  files: z.array(z.string()).describe('that were written'),
  arenaBytes: bytes,
  arenaHighWaterBytes: bytes,
  stackHighWaterBytes: bytes.describe("of this computer's stack, or the board's"),
  ramBytes: bytes.nullable().describe('null for a plan that was given'),
  spilledBytes: bytes.describe('of all samples, before encoding'),
  fetchedBytes: bytes,
  storedBytes: bytes.describe('of all samples, as they went to the store'),
  elapsedMs: z.number().describe('on this computer; of an emulated board it says nothing'),
  instructions: z
    .int()
    .nullable()
    .describe('of all samples together; null where nothing counts them, as on this computer'),
  perOperator: z.array(
    z.object({
      index: z.int(),
      source: z.int(),
      kind: z.int(),
      variant: z.int(),
      calls: z.int(),
      instructions: z.int().nullable(),
    }),
  ),
  identical: z
    .boolean()
    .nullable()
    .describe('with the unoptimised model, float32 within 3e-5; null without --check'),
});

const place = z.object({
  file: z.string(),
  output: z.string().nullable().describe('null where nothing was written'),
  method: z.enum(['exact', 'greedy']),
  capacityBytes: bytes.nullable().describe('null: the lowest height was sought'),
  heightBytes: bytes,
  lowerBoundBytes: bytes.describe('no placement is lower'),
  proved: z.boolean().describe('no placement is lower than heightBytes'),
  nodes: z.int().describe('of the search; 0 where heuristics were enough'),
  limit: z
    .enum(['buffers', 'nodes'])
    .nullable()
    .describe('what cut the search: more buffers than it takes, or --nodes; null where nothing did'),
  ids: z.array(z.string()).describe('as in the file'),
  offsets: z.array(bytes).describe('in the order of ids'),
});

const counted = z.int().min(0).nullable();

const bench = z.object({
  file: z.string(),
  board: z.string(),
  store: z.string(),
  instructions: counted.describe('of one inference, exact; null where the board can not count'),
  cyclesEstimate: counted.describe(
    "by the costs of the Cortex-M4's manual, without wait states; null where this machine can not estimate",
  ),
  executorInstructions: counted.describe('of them those beside the operators: steps, transfers, codecs'),
  loadInstructions: counted.describe('to check and open the plan; not among them'),
  arenaBytes: bytes,
  arenaHighWaterBytes: bytes,
  ramBytes: bytes.nullable().describe('null for a plan that was given'),
  stackHighWaterBytes: bytes,
  codeBytes: bytes.describe('program without the plan'),
  planBytes: bytes,
  spilledBytes: bytes,
  perOperator: z.array(
    z.object({
      index: z.int(),
      source: z.int(),
      kind: z.string(),
      variant: z.int(),
      output: z.string().describe('shape'),
      calls: z.int(),
      instructions: counted,
      cyclesEstimate: counted,
    }),
  ),
});

const storeServe = z.object({
  listening: z.array(z.string()),
  serial: z.array(z.string()),
  tokenNeeded: z.boolean(),
});

const boards = z.object({
  boards: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      kind: z.enum(['host', 'hardware', 'emulated']),
      core: z.string(),
      freeRamBytes: bytes.nullable().describe('null: RAM does not limit plans'),
      stores: z.array(
        z.object({ name: z.string(), kind: z.string(), capacityBytes: bytes, needs: z.string().nullable() }),
      ),
    }),
  ),
  detected: z.array(
    z.object({
      port: z.string().optional(),
      usb: z.object({ vendorId: z.int(), productId: z.int() }).optional(),
      matches: z.array(z.object({ board: z.string(), mode: z.enum(['application', 'bootloader']) })),
    }),
  ),
});

const doctor = z.object({
  checks: z.array(
    z.object({
      name: z.string(),
      ok: z.boolean(),
      need: z.enum(['needed', 'useful']),
      purpose: z.string(),
      found: z.string(),
      remedy: z.string().nullable(),
    }),
  ),
});

const completion = z.object({ shell: z.string(), script: z.string() });

const BODIES = {
  inspect,
  optimize,
  compile,
  curve,
  verify,
  run,
  bench,
  place,
  'store serve': storeServe,
  boards,
  doctor,
  completion,
} as const;

/** Verbs by their full names. */
export type DocumentedVerb = keyof typeof BODIES;

const frame = <V extends string>(verb: V) => ({ tinyseg: z.literal(1), command: z.literal(verb) });

/** The document of a verb that has a result; `ok` is false when the result is a failure (results differ, and the like). */
export function resultSchema<V extends DocumentedVerb>(verb: V): z.ZodType {
  return BODIES[verb].extend({ ...frame(verb), ok: z.boolean(), error: failure.optional() }).loose();
}

/** The document of any verb that could not do its work. */
export const failureSchema = z.object({
  tinyseg: z.literal(1),
  command: z.string(),
  ok: z.literal(false),
  error: failure.required({ cause: true, data: true }),
});

export const DOCUMENTED_VERBS = Object.keys(BODIES) as readonly DocumentedVerb[];
