// SPDX-License-Identifier: Apache-2.0
// The C sources of the runtime and of its ports, as @tinyseg/device-c brings them.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { objectsIn } from './elf.js';
import { emulatorError } from './error-codes.js';

export const DEVICE_C = path.dirname(
  createRequire(import.meta.url).resolve('@tinyseg/device-c/package.json'),
);

/** What every processor of the family shares. */
export const CORE_PORT = 'ports/cortex-m';

/** Folders that #include looks into, relative to the package. */
export const INCLUDE_FOLDERS = ['include', 'src', CORE_PORT, `${CORE_PORT}/program`, 'tests'];

const IS_SOURCE = /\.[cS]$/;

/** The sources in a folder of the package, sorted; those below it too, unless `flat`. */
export function sourcesIn(folder: string, flat = false): string[] {
  const base = path.join(DEVICE_C, folder);
  if (!existsSync(base)) return [];
  return readdirSync(base, { recursive: !flat, encoding: 'utf8' })
    .filter((name) => IS_SOURCE.test(name))
    .map((name) => path.posix.join(folder, name.split(path.sep).join('/')))
    .sort();
}

/** Paths and contents of every file that a source may include: they are part of what an object is made from. */
export function headerContents(): string[] {
  return INCLUDE_FOLDERS.flatMap((folder) =>
    readdirSync(path.join(DEVICE_C, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(h|inc)$/.test(name))
      .sort()
      .flatMap((name) => [
        path.posix.join(folder, name),
        readFileSync(path.join(DEVICE_C, folder, name), 'utf8'),
      ]),
  );
}

const DECLARATION = /^extern const tseg_nn_variant (tseg_nn_\w+);/gm;

/** Names of all kernel variants that the runtime declares. */
export function variantNames(): ReadonlySet<string> {
  const header = readFileSync(path.join(DEVICE_C, 'src/nn/kernels.h'), 'utf8');
  return new Set([...header.matchAll(DECLARATION)].map(([, name]) => name!));
}

/** @param objects compiled sources of the runtime @returns the name of each kernel variant, by its id */
export function variantsIn(objects: readonly string[]): ReadonlyMap<number, string> {
  const names = variantNames();
  const variants = new Map<number, string>();
  for (const { name, bytes } of objects.flatMap(objectsIn)) {
    // The first fields of a tseg_nn_variant: uint16_t kind, id.
    if (names.has(name)) variants.set(bytes.readUInt16LE(2), name);
  }
  return variants;
}

/** @throws TinysegError `EMULATOR_PLAN_REFUSED` for a variant that the runtime does not have */
export function symbolOfVariant(variants: ReadonlyMap<number, string>, id: number): string {
  const found = variants.get(id);
  if (found !== undefined) return found;
  throw emulatorError(
    'EMULATOR_PLAN_REFUSED',
    `The plan needs kernel variant 0x${id.toString(16).padStart(4, '0')}, which this runtime does not have. Compile the ` +
      'model again with this version of tinyseg.',
    { variant: id },
  );
}
