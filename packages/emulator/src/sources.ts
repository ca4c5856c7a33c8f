// SPDX-License-Identifier: Apache-2.0
// The C sources of the runtime and of its ports, as @tinyseg/device-c brings them.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
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

/** A kernel variant as the sources define it. */
export interface VariantSource {
  readonly id: number;
  readonly symbol: string;
}

const DEFINITION =
  /const tseg_nn_variant (tseg_nn_\w+) = \{[^}]*?\.id = TSEG_VARIANT\((TSEG_KIND_\w+), (\d+)\)/g;
const KIND = /^\s*(TSEG_KIND_\w+) = (\d+)/gm;

/** Every kernel variant that the runtime's sources define, by id. */
export function variantSources(): ReadonlyMap<number, VariantSource> {
  const kinds = new Map(
    [...readFileSync(path.join(DEVICE_C, 'include/tseg/plan.h'), 'utf8').matchAll(KIND)].map(
      ([, name, number]) => [name, Number(number)],
    ),
  );
  const variants = new Map<number, VariantSource>();
  for (const file of sourcesIn('src/nn')) {
    for (const [, symbol, kind, number] of readFileSync(path.join(DEVICE_C, file), 'utf8').matchAll(
      DEFINITION,
    )) {
      const id = (kinds.get(kind) ?? 0) * 256 + Number(number);
      variants.set(id, { id, symbol: symbol! });
    }
  }
  return variants;
}

/** @throws TinysegError `EMULATOR_PLAN_REFUSED` for a variant that no source defines */
export function symbolOfVariant(variants: ReadonlyMap<number, VariantSource>, id: number): string {
  const found = variants.get(id);
  if (found) return found.symbol;
  throw emulatorError(
    'EMULATOR_PLAN_REFUSED',
    `The plan needs kernel variant 0x${id.toString(16).padStart(4, '0')}, which this runtime does not have. Compile the ` +
      'model again with this version of tinyseg.',
    { variant: id },
  );
}
