// SPDX-License-Identifier: Apache-2.0
// What this package reads from the 32-bit little-endian ELF files that the compiler has made.
import { readFileSync } from 'node:fs';

/** What a program takes in flash. */
export interface ProgramSize {
  /** Instructions, constants and initial values: all of the program but the plan. */
  readonly codeBytes: number;
  readonly planBytes: number;
}

interface Section {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly sizeBytes: number;
  /** Of a symbol table: the section with its names. */
  readonly link: number;
}

/** A name, and the bytes that it stands for. */
export interface ElfObject {
  readonly name: string;
  readonly bytes: Buffer;
}

const SHT_SYMTAB = 2;
const SHT_NOBITS = 8;
const SHF_ALLOC = 2;
const STT_OBJECT = 1;
const STT_FUNC = 2;
const SYMBOL_BYTES = 16;

/** @param file a linked program */
export function programSize(file: string): ProgramSize {
  let codeBytes = 0;
  let planBytes = 0;
  for (const { name, type, flags, sizeBytes } of sectionsOf(readFileSync(file))) {
    if ((flags & SHF_ALLOC) === 0 || type === SHT_NOBITS) continue;
    if (name === '.plan') planBytes += sizeBytes;
    else codeBytes += sizeBytes;
  }
  return { codeBytes, planBytes };
}

/** The global data that an object file (not a linked program) defines; relocations are not applied. */
export function objectsIn(file: string): readonly ElfObject[] {
  const bytes = readFileSync(file);
  const sections = sectionsOf(bytes);
  return symbolsOf(bytes).flatMap(({ name, info, value, sizeBytes, section }) => {
    const place = sections[section];
    const isGlobalData = (info & 15) === STT_OBJECT && info >> 4 === 1;
    if (!isGlobalData || !place || place.type === SHT_NOBITS) return [];
    const start = place.offset + value;
    return [{ name, bytes: bytes.subarray(start, start + sizeBytes) }];
  });
}

/** Addresses of functions of a linked program, those that it has. */
export function functionsIn(file: string, names: readonly string[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { name, info, value } of symbolsOf(readFileSync(file))) {
    // The lowest bit says that the function is in the Thumb instruction set.
    if ((info & 15) === STT_FUNC && names.includes(name)) found.set(name, value & ~1);
  }
  return found;
}

interface ElfSymbol {
  readonly name: string;
  readonly info: number;
  readonly value: number;
  readonly sizeBytes: number;
  /** Index of its section. */
  readonly section: number;
}

function symbolsOf(bytes: Buffer): readonly ElfSymbol[] {
  const sections = sectionsOf(bytes);
  const table = sections.find(({ type }) => type === SHT_SYMTAB);
  if (!table) return [];
  const names = sections[table.link]!;
  return Array.from({ length: table.sizeBytes / SYMBOL_BYTES }, (_, index) => {
    const at = table.offset + index * SYMBOL_BYTES;
    return {
      name: textAt(bytes, names.offset + bytes.readUInt32LE(at)),
      value: bytes.readUInt32LE(at + 4),
      sizeBytes: bytes.readUInt32LE(at + 8),
      info: bytes.readUInt8(at + 12),
      section: bytes.readUInt16LE(at + 14),
    };
  });
}

function sectionsOf(bytes: Buffer): readonly Section[] {
  const tableAt = bytes.readUInt32LE(0x20);
  const entrySize = bytes.readUInt16LE(0x2e);
  const count = bytes.readUInt16LE(0x30);
  const namesAt = bytes.readUInt32LE(tableAt + bytes.readUInt16LE(0x32) * entrySize + 16);
  return Array.from({ length: count }, (_, index) => {
    const at = tableAt + index * entrySize;
    const word = (offset: number): number => bytes.readUInt32LE(at + offset);
    return {
      name: textAt(bytes, namesAt + word(0)),
      type: word(4),
      flags: word(8),
      offset: word(16),
      sizeBytes: word(20),
      link: word(24),
    };
  });
}

function textAt(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, bytes.indexOf(0, at));
}
