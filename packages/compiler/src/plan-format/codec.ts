// SPDX-License-Identifier: Apache-2.0
/**
 * A plan to the bytes of a `.tseg` file and back. The encoder writes what it is given; the decoder
 * checks the container (magic, version, sizes, section bounds, checksums) but not what the records
 * mean: that is the verifier's part, and on a device the loader's.
 */
import { compilerError, type CompilerErrorCode } from '../error-codes.js';
import { crc32 } from './crc32.js';
import {
  BUFFER_LAYOUT,
  HEADER_LAYOUT,
  OPERAND_LAYOUT,
  OPERATOR_LAYOUT,
  PORT_LAYOUT,
  SEGMENT_LAYOUT,
  STORE_LAYOUT,
  STREAM_LAYOUT,
  TENSOR_LAYOUT,
  TRANSFER_LAYOUT,
  type PlanHeader,
  type PlanSection,
  type RecordLayout,
} from './layout.js';
import { PLAN_ALIGNMENT, PLAN_MAGIC, PLAN_VERSION, type Plan, type Step } from './plan.js';
import { readRecord, writeRecord } from './records.js';
import { planSum } from './sum.js';

/** Sections of records, in file order; `params`, `places`, `program` and `constants` are raw. */
const RECORD_SECTIONS = {
  tensors: TENSOR_LAYOUT,
  buffers: BUFFER_LAYOUT,
  segments: SEGMENT_LAYOUT,
  operands: OPERAND_LAYOUT,
  operators: OPERATOR_LAYOUT,
  stores: STORE_LAYOUT,
  streams: STREAM_LAYOUT,
  transfers: TRANSFER_LAYOUT,
  ports: PORT_LAYOUT,
} as const;

const SECTION_ORDER = [
  'tensors',
  'buffers',
  'segments',
  'operands',
  'operators',
  'params',
  'stores',
  'streams',
  'transfers',
  'ports',
  'places',
  'program',
  'constants',
] as const;

type SectionName = (typeof SECTION_ORDER)[number];

/** Where the checksum of the structure begins: after magic, version, sizes and the checksum itself. */
const STRUCTURE_START = 16;

/** The bytes of a plan file; equal plans give equal bytes. */
export function encodePlan(plan: Plan): Uint8Array {
  const parts = SECTION_ORDER.map((name) => ({ name, ...sectionBytes(plan, name) }));
  const sections = {} as Record<SectionName, PlanSection>;
  let end = align(HEADER_LAYOUT.size);
  for (const part of parts) {
    sections[part.name] = { offset: end, count: part.count };
    end = align(end + part.bytes.length);
  }
  const fileSize = sections.constants.offset + plan.constants.length;
  const file = new Uint8Array(fileSize);
  for (const part of parts) file.set(part.bytes, sections[part.name].offset);
  const view = new DataView(file.buffer);
  const header: PlanHeader = {
    magic: PLAN_MAGIC,
    version: PLAN_VERSION,
    headerSize: HEADER_LAYOUT.size,
    fileSize,
    structureSum: 0,
    constantsCrc: crc32(plan.constants),
    arenaSize: plan.arenaBytes,
    tickTotal: plan.tickTotal,
    flags: 0,
    ...sections,
  };
  writeRecord(view, 0, HEADER_LAYOUT, header);
  const structureSum = planSum(file.subarray(STRUCTURE_START, sections.constants.offset));
  writeRecord(view, 0, HEADER_LAYOUT, { ...header, structureSum });
  return file;
}

/**
 * Reads a plan file; its bytes are copied.
 *
 * @throws TinysegError PLAN_MAGIC, PLAN_VERSION, PLAN_TRUNCATED, PLAN_RECORD, PLAN_CRC, PLAN_CONSTANTS_CRC
 */
export function decodePlan(bytes: Uint8Array): Plan {
  const header = decodeHeader(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const raw = (name: 'params' | 'constants'): Uint8Array =>
    bytes.slice(header[name].offset, header[name].offset + header[name].count);
  const records = <T>(name: keyof typeof RECORD_SECTIONS, layout: RecordLayout<T>): T[] =>
    Array.from({ length: header[name].count }, (_, index) =>
      readRecord(view, header[name].offset + index * layout.size, layout),
    );
  const places = Array.from({ length: header.places.count }, (_, index) =>
    view.getUint16(header.places.offset + 2 * index, true),
  );
  const program: Step[] = [];
  for (let index = 0; index < header.program.count; index++) {
    const word = view.getUint32(header.program.offset + 4 * index, true);
    program.push({ opcode: word & 0xff, argument: word >>> 8 });
  }
  return {
    arenaBytes: header.arenaSize,
    tickTotal: header.tickTotal,
    tensors: records('tensors', TENSOR_LAYOUT),
    buffers: records('buffers', BUFFER_LAYOUT),
    segments: records('segments', SEGMENT_LAYOUT),
    operands: records('operands', OPERAND_LAYOUT),
    operators: records('operators', OPERATOR_LAYOUT),
    params: raw('params'),
    stores: records('stores', STORE_LAYOUT),
    streams: records('streams', STREAM_LAYOUT),
    transfers: records('transfers', TRANSFER_LAYOUT),
    ports: records('ports', PORT_LAYOUT),
    places,
    program,
    constants: raw('constants'),
  };
}

/**
 * Reads and checks the header of a plan file and both checksums.
 *
 * @throws TinysegError as `decodePlan`
 */
export function decodeHeader(bytes: Uint8Array): PlanHeader {
  if (bytes.length < 4) fail('PLAN_TRUNCATED', `it has only ${String(bytes.length)} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) !== PLAN_MAGIC) fail('PLAN_MAGIC', 'it does not begin with TSEG');
  if (bytes.length < HEADER_LAYOUT.size) {
    fail('PLAN_TRUNCATED', `it ends inside the header, after ${String(bytes.length)} bytes`);
  }
  const header = readRecord(view, 0, HEADER_LAYOUT);
  if (header.version !== PLAN_VERSION) {
    fail('PLAN_VERSION', `its version is ${String(header.version)}, this tool knows ${String(PLAN_VERSION)}`);
  }
  if (header.headerSize !== HEADER_LAYOUT.size) {
    fail(
      'PLAN_RECORD',
      `its header has ${String(header.headerSize)} bytes, not ${String(HEADER_LAYOUT.size)}`,
    );
  }
  if (header.fileSize > bytes.length) {
    fail('PLAN_TRUNCATED', `it says ${String(header.fileSize)} bytes and has ${String(bytes.length)}`);
  }
  if (header.fileSize !== bytes.length) {
    fail('PLAN_RECORD', `it says ${String(header.fileSize)} bytes and has ${String(bytes.length)}`);
  }
  if (header.flags !== 0) fail('PLAN_RECORD', `it has unknown flags ${String(header.flags)}`);
  checkSections(header);
  const constants = header.constants.offset;
  if (planSum(bytes.subarray(STRUCTURE_START, constants)) !== header.structureSum) {
    fail('PLAN_CRC', 'the checksum of its structure does not match');
  }
  if (crc32(bytes.subarray(constants)) !== header.constantsCrc) {
    fail('PLAN_CONSTANTS_CRC', 'the checksum of its constants does not match');
  }
  return header;
}

function checkSections(header: PlanHeader): void {
  let end = HEADER_LAYOUT.size;
  for (const name of SECTION_ORDER) {
    const { offset, count } = header[name];
    const sizeBytes = count * recordSize(name);
    if (offset % PLAN_ALIGNMENT !== 0) {
      fail('PLAN_RECORD', `its section ${name} starts at ${String(offset)}, no multiple of 16`);
    }
    if (offset > header.fileSize || sizeBytes > header.fileSize - offset) {
      fail('PLAN_TRUNCATED', `its section ${name} reaches past the end of the file`);
    }
    if (count > 0 && offset < end) fail('PLAN_RECORD', `its section ${name} overlaps the one before`);
    if (count > 0) end = offset + sizeBytes;
  }
  if (header.constants.offset < end && header.constants.count === 0) {
    fail('PLAN_RECORD', 'its constants do not come last');
  }
  if (header.constants.offset + header.constants.count !== header.fileSize) {
    fail('PLAN_RECORD', 'its constants do not end with the file');
  }
}

function recordSize(name: SectionName): number {
  if (name === 'params' || name === 'constants') return 1;
  if (name === 'places') return 2;
  return name === 'program' ? 4 : RECORD_SECTIONS[name].size;
}

function sectionBytes(plan: Plan, name: SectionName): { readonly bytes: Uint8Array; readonly count: number } {
  if (name === 'params' || name === 'constants') return { bytes: plan[name], count: plan[name].length };
  if (name === 'places') return { bytes: placesBytes(plan.places), count: plan.places.length };
  if (name === 'program') return { bytes: programBytes(plan.program), count: plan.program.length };
  const layout = RECORD_SECTIONS[name] as unknown as RecordLayout<object>;
  const records: readonly object[] = plan[name];
  const bytes = new Uint8Array(records.length * layout.size);
  const view = new DataView(bytes.buffer);
  records.forEach((record, index) => {
    writeRecord(view, index * layout.size, layout, record);
  });
  return { bytes, count: records.length };
}

function placesBytes(places: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(places.length * 2);
  const view = new DataView(bytes.buffer);
  places.forEach((place, index) => {
    view.setUint16(2 * index, place, true);
  });
  return bytes;
}

function programBytes(program: readonly Step[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 4);
  const view = new DataView(bytes.buffer);
  program.forEach((step, index) => {
    view.setUint32(4 * index, (step.opcode | (step.argument << 8)) >>> 0, true);
  });
  return bytes;
}

function align(offset: number): number {
  return Math.ceil(offset / PLAN_ALIGNMENT) * PLAN_ALIGNMENT;
}

function fail(code: CompilerErrorCode, why: string): never {
  throw compilerError(
    code,
    `The plan can not be read: ${why}. Compile the model again, or copy the file again.`,
  );
}
