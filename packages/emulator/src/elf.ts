// SPDX-License-Identifier: Apache-2.0
// Sizes of a linked program, read from the section table of its ELF file.
import { readFileSync } from 'node:fs';

/** What a program takes in flash. */
export interface ProgramSize {
  /** Instructions, constants and initial values: all of the program but the plan. */
  readonly codeBytes: number;
  readonly planBytes: number;
}

const SHT_NOBITS = 8;
const SHF_ALLOC = 2;

/** @param file a 32-bit little-endian ELF file that this package has linked */
export function programSize(file: string): ProgramSize {
  const bytes = readFileSync(file);
  const tableAt = bytes.readUInt32LE(0x20);
  const entrySize = bytes.readUInt16LE(0x2e);
  const count = bytes.readUInt16LE(0x30);
  const at = (index: number): number => tableAt + index * entrySize;
  const namesAt = bytes.readUInt32LE(at(bytes.readUInt16LE(0x32)) + 16);
  let codeBytes = 0;
  let planBytes = 0;
  for (let index = 0; index < count; index++) {
    const section = at(index);
    const nameAt = namesAt + bytes.readUInt32LE(section);
    const name = bytes.toString('latin1', nameAt, bytes.indexOf(0, nameAt));
    const loaded =
      (bytes.readUInt32LE(section + 8) & SHF_ALLOC) !== 0 && bytes.readUInt32LE(section + 4) !== SHT_NOBITS;
    if (!loaded) continue;
    const size = bytes.readUInt32LE(section + 20);
    if (name === '.plan') planBytes += size;
    else codeBytes += size;
  }
  return { codeBytes, planBytes };
}
