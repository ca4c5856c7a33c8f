// SPDX-License-Identifier: Apache-2.0
/** The plan codec: round trips, and coded errors for every kind of damage. */
import fc from 'fast-check';
import { isTinysegError } from '@tinyseg/errors';
import { decodeHeader, decodePlan, encodePlan } from './codec.js';
import { crc32 } from './crc32.js';
import { HEADER_LAYOUT } from './layout.js';
import { decodeParams, encodeParams, type PlanParams } from './params.js';
import { PlanKind, type Plan } from './plan.js';
import { planSum } from './sum.js';
import { examplePlan } from '../testing/example-plan.js';

const CONSTANTS_FIELD = HEADER_LAYOUT.fields.find((field) => field.name === 'constants')!.offset;
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const i32 = fc.integer({ min: -0x80000000, max: 0x7fffffff });

const anyPlan: fc.Arbitrary<Plan> = fc.record({
  arenaBytes: u32,
  tickTotal: u32,
  tensors: fc.array(
    fc.record({
      type: u32,
      n: u32,
      h: u32,
      w: u32,
      c: u32,
      rowBytes: u32,
      root: u32,
      zeroPoint: i32,
      scale: fc.float({ noNaN: true }),
      source: u32,
    }),
    { maxLength: 3 },
  ),
  buffers: fc.array(
    fc.record({ tensor: u32, memory: u32, offset: u32, rowStride: u32, ringRows: u32, firstPlace: u32 }),
    { maxLength: 3 },
  ),
  segments: fc.array(fc.record({ buffer: u32, channelBegin: u32, channelCount: u32 }), { maxLength: 3 }),
  operands: fc.array(fc.record({ tensor: u32, firstSegment: u32, segmentCount: u32 }), { maxLength: 3 }),
  operators: fc.constant([]),
  params: fc.uint8Array({ maxLength: 20 }),
  stores: fc.array(fc.record({ kind: u32, blockBytesMax: u32, slotCount: u32, unitBytes: u32 }), {
    maxLength: 2,
  }),
  streams: fc.array(
    fc.record({
      ...{ store: u32, tensor: u32, rowsPerBlock: u32, blockCount: u32, codecs: u32 },
      ...{ period: u32, carried: u32 },
    }),
    { maxLength: 2 },
  ),
  transfers: fc.array(fc.record({ stream: u32, direction: u32, buffer: u32, inFlight: u32 }), {
    maxLength: 2,
  }),
  ports: fc.array(fc.record({ direction: u32, buffer: u32, rowsPerStep: u32, index: u32 }), {
    maxLength: 2,
  }),
  places: fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 5 }),
  program: fc.array(
    fc.record({ opcode: fc.integer({ min: 0, max: 255 }), argument: fc.integer({ min: 0, max: 0xffffff }) }),
    { maxLength: 10 },
  ),
  constants: fc.uint8Array({ maxLength: 40 }),
});

function codeOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (!isTinysegError(error)) throw error;
    return error.code;
  }
}

describe('encodePlan and decodePlan', () => {
  it('give back any plan, and start every section at a multiple of 16', () => {
    fc.assert(
      fc.property(anyPlan, (plan) => {
        const bytes = encodePlan(plan);
        expect(decodePlan(bytes)).toEqual(plan);
        const header = decodeHeader(bytes);
        expect(header.constants.offset % 16).toBe(0);
        expect(header.fileSize).toBe(bytes.length);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('accept a plan that lies at an odd place inside a larger buffer', () => {
    const bytes = encodePlan(examplePlan());
    const larger = new Uint8Array(bytes.length + 7);
    larger.set(bytes, 3);
    expect(decodePlan(larger.subarray(3, 3 + bytes.length))).toEqual(examplePlan());
  });
});

describe('decodePlan', () => {
  const whole = encodePlan(examplePlan());

  it('refuses a plan cut off after any number of bytes', () => {
    for (let length = 0; length < whole.length; length++) {
      expect(codeOf(() => decodePlan(whole.subarray(0, length)))).toBe('PLAN_TRUNCATED');
    }
  });

  it('refuses a plan with any single byte changed', () => {
    for (let at = 0; at < whole.length; at++) {
      const damaged = whole.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 0x55;
      expect(codeOf(() => decodePlan(damaged))).toMatch(/^PLAN_/);
    }
  });

  it('names the damage by code', () => {
    const damage = (at: number): Uint8Array => {
      const bytes = whole.slice();
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      return bytes;
    };
    expect(codeOf(() => decodePlan(damage(0)))).toBe('PLAN_MAGIC');
    expect(codeOf(() => decodePlan(damage(4)))).toBe('PLAN_VERSION');
    expect(codeOf(() => decodePlan(damage(HEADER_LAYOUT.size)))).toBe('PLAN_CRC');
    expect(codeOf(() => decodePlan(damage(whole.length - 1)))).toBe('PLAN_CONSTANTS_CRC');
    expect(codeOf(() => decodePlan(Uint8Array.from([...whole, 0])))).toBe('PLAN_RECORD');
  });

  it('refuses sections outside the file even when the checksum is right', () => {
    const fields = HEADER_LAYOUT.fields.filter((field) => field.type === 'section');
    for (const field of fields) {
      for (const value of [0xfffffff0, whole.length + 16, 8]) {
        const bytes = whole.slice();
        const view = new DataView(bytes.buffer);
        view.setUint32(field.offset, value, true);
        const constants = Math.min(view.getUint32(CONSTANTS_FIELD, true), bytes.length);
        view.setUint32(12, planSum(bytes.subarray(16, constants)), true);
        expect(codeOf(() => decodePlan(bytes))).toMatch(/^PLAN_(RECORD|TRUNCATED|CRC|CONSTANTS_CRC)$/);
      }
    }
  });
});

describe('crc32', () => {
  it('is the one of zlib', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
    expect(crc32(new Uint8Array(0))).toBe(0);
  });
});

describe('operator parameters', () => {
  const example = examplePlan();

  it('read back as they were written', () => {
    for (const operator of example.operators) {
      const bytes = example.params.subarray(
        operator.paramsOffset,
        operator.paramsOffset + operator.paramsSize,
      );
      const params = decodeParams(operator.kind, bytes);
      expect(encodeParams(params)).toEqual(bytes);
    }
    const mean: PlanParams = {
      shape: 'reduce',
      values: { inputZeroPoint: -5, outputZeroPoint: 127, multiplier: 1 << 30, shift: -31, axes: 6 },
    };
    expect(decodeParams(PlanKind.mean, encodeParams(mean))).toEqual(mean);
    expect(decodeParams(PlanKind.copy, new Uint8Array(0))).toEqual({ shape: 'none' });
  });

  it('of a wrong size or of an unknown kind are refused', () => {
    expect(codeOf(() => decodeParams(200, new Uint8Array(0)))).toBe('PLAN_RECORD');
    expect(codeOf(() => decodeParams(PlanKind.copy, new Uint8Array(4)))).toBe('PLAN_RECORD');
    expect(codeOf(() => decodeParams(PlanKind.mean, new Uint8Array(16)))).toBe('PLAN_RECORD');
    expect(codeOf(() => decodeParams(PlanKind.mean, new Uint8Array(24)))).toBe('PLAN_RECORD');
    expect(codeOf(() => decodeParams(PlanKind.conv2d, new Uint8Array(72)))).toBe('PLAN_RECORD');
  });
});
