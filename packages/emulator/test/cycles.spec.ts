// SPDX-License-Identifier: Apache-2.0
// The estimate of cycles: it sees the instructions that were counted, and weighs them.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { loadBoard } from '@tinyseg/boards';
import { compileModel, Opcode } from '@tinyseg/compiler';
import { describeIf } from '@tinyseg/testing';
import { callOrder } from '../src/cycles.js';
import { canEmulate, INSTALL_LINE, runFirmware } from '../src/index.js';

const MISSING = 'the compiler for Arm or QEMU is not installed';
const BOARD = 'qemu-mps2-an386';
const EXAMPLES = path.resolve(import.meta.dirname, '..', '..', '..', 'examples', 'car-segmentation');

describe('the order of calls', () => {
  it('is that of the program with its loops unrolled', () => {
    const step = (opcode: number, argument = 0) => ({ opcode, argument });
    const program = [
      step(Opcode.run, 7),
      step(Opcode.loop, 2),
      step(Opcode.run, 1),
      step(Opcode.loop, 3),
      step(Opcode.run, 2),
      step(Opcode.endLoop),
      step(Opcode.endLoop),
      step(Opcode.output),
      step(Opcode.end),
    ];
    expect(callOrder(program)).toEqual([7, 1, 2, 2, 2, 1, 2, 2, 2]);
  });
});

describeIf(canEmulate(), MISSING, INSTALL_LINE, 'estimated cycles', () => {
  it('belong to the instructions that were counted, operator by operator', async () => {
    const model = new Uint8Array(readFileSync(path.join(EXAMPLES, 'mobile_seg_96x96.tflite')));
    const { bytes } = compileModel(model, { board: loadBoard(BOARD), strategy: 'layers' });
    const input = readFileSync(path.join(EXAMPLES, 'golden', 'mobile_seg_96x96', 'two-cars.input.bin'));
    const ran = await runFirmware({ board: BOARD, plan: bytes, inputs: [input], estimateCycles: true });
    expect(ran.cycles?.operators).toHaveLength(ran.report.operators.length);
    ran.report.operators.forEach(({ instructions, calls }, index) => {
      const seen = ran.cycles!.operators[index]!;
      // The plugin also sees how the meter calls: the same few instructions each time.
      expect(seen.instructions - instructions).toBeGreaterThanOrEqual(0);
      expect(seen.instructions - instructions).toBeLessThanOrEqual(10 * calls);
      expect(seen.cycles).toBeGreaterThan(seen.instructions);
      expect(seen.cycles).toBeLessThan(3 * seen.instructions);
    });
  });
});
