// SPDX-License-Identifier: Apache-2.0
// Which package may import which, and which folder of the compiler may import which: the one place that says it.

/** Scope tag -> scopes it may depend on. `testing` is for specs only (tinyseg/folder-layers checks that). */
export const packageLayers = {
  errors: [],
  testing: [],
  boards: ['errors'],
  link: ['errors'],
  compiler: ['errors', 'boards'],
  'device-c': [],
  'remote-store': ['errors', 'boards', 'link'],
  flasher: ['errors', 'boards', 'link'],
  emulator: ['errors', 'boards', 'compiler', 'device-c'],
  cli: ['errors', 'boards', 'link', 'compiler', 'device-c', 'remote-store', 'flasher', 'emulator'],
};

/** The same as `depConstraints` of @nx/enforce-module-boundaries. A project without a scope tag may be imported by nobody. */
export const packageConstraints = Object.entries(packageLayers).map(([scope, allowed]) => ({
  sourceTag: `scope:${scope}`,
  onlyDependOnLibsWithTags: [...allowed, scope, 'testing'].map((name) => `scope:${name}`),
}));

/**
 * Folder of `packages/compiler/src` -> folders it may import besides itself.
 * `plan-format` holds the records of .tseg that emit and the verifier both need.
 */
export const compilerLayers = {
  ir: [],
  'plan-format': ['ir'],
  formats: ['ir'],
  analysis: ['ir'],
  passes: ['ir', 'analysis'],
  reference: ['ir', 'formats'],
  planning: ['ir', 'analysis', 'formats', 'passes', 'plan-format'],
  verify: ['ir', 'formats', 'plan-format'],
  emit: ['ir', 'analysis', 'formats', 'planning', 'plan-format'],
};
