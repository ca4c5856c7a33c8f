// SPDX-License-Identifier: Apache-2.0
// Plans as firmware on emulated boards: every model gives its golden bytes, in no more memory than was planned.
import { readFileSync } from 'node:fs';
import { compileModel, type CompileOptions } from '@tinyseg/compiler';
import { loadBoard } from '@tinyseg/boards';
import { describeIf } from '@tinyseg/testing';
import {
  exampleGoldenModels,
  sharedInt16Models,
  sharedInt8Models,
  type GoldenModel,
} from '../../packages/compiler/src/testing/golden-models.js';
import { modelFilesMissing } from '../../packages/compiler/src/testing/model-files.js';
import {
  canEmulate,
  INSTALL_LINE,
  runFirmware,
  type FirmwareResult,
  type StoreBinding,
} from '../../packages/emulator/src/index.js';

const MISSING = 'the compiler for Arm or QEMU is not installed';

interface Settings extends Omit<CompileOptions, 'board'> {
  readonly binding?: StoreBinding;
  /** Of the model's runs, the first so many. */
  readonly runs?: number;
}

interface Ran extends FirmwareResult {
  readonly ramBytes: number;
  readonly ramParts: Readonly<Record<'contextBytes' | 'storeBytes' | 'stackBytes', number>>;
}

/** Compiles the model for the board, runs it there, and expects the golden bytes. */
async function runGolden(board: string, model: GoldenModel, settings: Settings = {}): Promise<Ran> {
  const { binding, runs = Infinity, ...options } = settings;
  const { bytes, report } = compileModel(new Uint8Array(readFileSync(model.file)), {
    board: loadBoard(board),
    strategy: 'layers',
    ...options,
  });
  const chosen = model.runs.slice(0, runs);
  const inputs = chosen[0]!.inputs.map((_, i) =>
    Buffer.concat(chosen.map(({ inputs: files }) => readFileSync(files[i]!))),
  );
  const result = await runFirmware({
    board,
    plan: bytes,
    inputs,
    ...(binding === undefined ? {} : { stores: [binding] }),
  });
  const golden = Buffer.concat(chosen.flatMap(({ outputs }) => outputs.map((file) => readFileSync(file))));
  expect(Buffer.from(result.outputs).equals(golden)).toBe(true);
  expect(result.report.samples).toBe(chosen.length);
  return { ...result, ramBytes: report.ramBytes, ramParts: report.ram };
}

function expectPlannedMemory({ report, ramBytes, ramParts }: Ran): void {
  expect(report.arenaHighWaterBytes).toBeLessThanOrEqual(report.arenaBytes);
  expect(report.contextBytes).toBe(ramParts.contextBytes);
  expect(report.storeMemoryBytes).toBe(ramParts.storeBytes);
  expect(report.stackHighWaterBytes).toBeLessThanOrEqual(ramParts.stackBytes);
  const used =
    report.arenaBytes +
    report.contextBytes +
    report.storeMemoryBytes +
    report.deviceBytes +
    report.linkBytes +
    report.stackHighWaterBytes;
  expect(used).toBeLessThanOrEqual(ramBytes);
}

/** A search for a plan takes its time on a busy machine. */
const SEARCH_MS = 300_000;

/** Instructions of the operators in one run. */
function instructionsOf({ report }: Ran, samples: number): number {
  return report.operators.reduce((sum, { instructions }) => sum + instructions, 0) / samples;
}

const unet = (): GoldenModel => exampleGoldenModels.find(({ name }) => name === 'tiny_unet_80x120')!;

/** One of each operator: kernels for the DSP instructions must leave int16 to the portable ones. */
const INT16_MODELS = [
  'add0',
  'sub0',
  'conv18',
  'leaky_relu10',
  'pad0',
  'quantize0',
  'strided_slice0',
  'transpose_conv0',
];

describeIf(
  canEmulate() && sharedInt16Models.length > 0,
  `${MISSING}, or ${modelFilesMissing.why}`,
  `${INSTALL_LINE}; ${modelFilesMissing.install}`,
  'models of one int16 operator on the emulated Cortex-M4',
  () => {
    it.each(INT16_MODELS)('%s gives its golden bytes with portable and with fast variants', async (name) => {
      const model = sharedInt16Models.find((one) => one.name.endsWith(`/${name}`));
      for (const variants of ['portable', 'fast'] as const) {
        await runGolden('qemu-mps2-an386', model!, { variants });
      }
    });
  },
);

describeIf(canEmulate(), MISSING, INSTALL_LINE, 'examples on the emulated Cortex-M4', () => {
  it.each(exampleGoldenModels.map((model) => [model.name, model] as const))(
    '%s gives its golden bytes, counted, on a guarded board',
    async (_, model) => {
      const ran = await runGolden('qemu-mps2-an386', model, { runs: 2 });
      expectPlannedMemory(ran);
      expect(ran.report).toMatchObject({ guarded: true, counted: true });
      for (const { instructions, calls } of ran.report.operators) {
        expect(instructions).toBeGreaterThan(20 * calls);
      }
    },
  );

  it.each(exampleGoldenModels.map((model) => [model.name, model] as const))(
    '%s gives its golden bytes with fast variants, in fewer instructions',
    async (_, model) => {
      const portable = await runGolden('qemu-mps2-an386', model, { runs: 1 });
      const fast = await runGolden('qemu-mps2-an386', model, { runs: 2, variants: 'fast' });
      expectPlannedMemory(fast);
      expect(instructionsOf(fast, 2)).toBeLessThan(instructionsOf(portable, 1));
    },
  );

  it(
    'the Tiny U-Net, streamed and spilled in little RAM, gives its golden bytes with fast variants',
    async () => {
      const options = { strategy: 'auto', streamIo: true, stores: ['ram'] } as const;
      const ran = await runGolden('qemu-mps2-an386', unet(), {
        ...options,
        ...{ variants: 'fast', ramBytes: 40 * 1024, runs: 2 },
      });
      expectPlannedMemory(ran);
      expect(ran.report.stores[0]!.rawBytesRead).toBeGreaterThan(0);
    },
    SEARCH_MS,
  );
});

describeIf(
  canEmulate() && sharedInt8Models.length > 0,
  canEmulate() ? modelFilesMissing.why : MISSING,
  canEmulate() ? modelFilesMissing.install : INSTALL_LINE,
  'int8 models from elsewhere on the emulated Cortex-M4',
  () => {
    it.each(sharedInt8Models.map((model) => [model.name, model] as const))(
      '%s gives its golden bytes for each input',
      async (_, model) => {
        expectPlannedMemory(await runGolden('qemu-mps2-an386', model));
      },
    );

    it.each(sharedInt8Models.map((model) => [model.name, model] as const))(
      '%s gives its golden bytes for each input with fast variants',
      async (_, model) => {
        expectPlannedMemory(await runGolden('qemu-mps2-an386', model, { variants: 'fast' }));
      },
    );
  },
);

describeIf(canEmulate(), MISSING, INSTALL_LINE, 'the Tiny U-Net on small emulated boards', () => {
  const layered = { strategy: 'layers', streamIo: true, runs: 1 } as const;
  const streamed = { strategy: 'auto', streamIo: true, runs: 1 } as const;

  it(
    'runs in the 128 KiB of the STM32F405',
    async () => {
      expectPlannedMemory(
        await runGolden('qemu-netduinoplus2', unet(), {
          ...streamed,
          strategy: 'single-stage',
          stores: ['file'],
        }),
      );
    },
    SEARCH_MS,
  );

  it(
    'runs in the 64 KiB of the LM3S6965, spilling to a file',
    async () => {
      const options = { ...streamed, stores: ['file'], binding: 'file' } as const;
      const ran = await runGolden('qemu-lm3s6965evb', unet(), options);
      expectPlannedMemory(ran);
      expect(ran.report.stores[0]!.rawBytesRead).toBeGreaterThan(0);
    },
    SEARCH_MS,
  );

  it('runs in 128 KiB of the micro:bit, spilling to its flash', async () => {
    const ran = await runGolden('qemu-microbit', unet(), {
      ...layered,
      stores: ['flash'],
      ramBytes: 128 * 1024,
    });
    expectPlannedMemory(ran);
    expect(ran.report.stores[0]!.erases).toBeGreaterThan(0);
  });

  it('runs in 128 KiB of the Cortex-M7, spilling to external RAM', async () => {
    const ran = await runGolden('qemu-mps2-an500', unet(), {
      ...layered,
      stores: ['ram'],
      ramBytes: 128 * 1024,
    });
    expectPlannedMemory(ran);
    expect(ran.report.stores[0]!.rawBytesWritten).toBeGreaterThan(0);
  });
});
