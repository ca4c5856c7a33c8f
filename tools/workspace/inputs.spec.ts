// SPDX-License-Identifier: Apache-2.0
// What a cached test result depends on: every variable that tests read and every C source that they build is an input.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '..', '..');
const SOURCE = /\.(ts|mjs)$/;
/** Variables under which a test writes what it otherwise checks, and those of programs, which tests set themselves. */
const NO_INPUTS = /^TINYSEG_(WRITE_\w+|STORE_TOKEN|DEBUG)$/;

type Input = string | { readonly env?: string; readonly runtime?: string };
interface Target {
  readonly inputs?: readonly Input[];
}

const text = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const nx = JSON.parse(text('nx.json')) as {
  readonly namedInputs: Readonly<Record<string, readonly Input[]>>;
  readonly targetDefaults: Readonly<Record<string, Target>>;
};

function filesBelow(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => SOURCE.test(name) && !/(^|\/)(node_modules|dist|out-tsc)\//.test(name))
    .map((name) => path.join(folder, name));
}

function testInputs(project: string): readonly Input[] {
  const isPackage = project.startsWith('packages/');
  const json = JSON.parse(text(`${project}/${isPackage ? 'package' : 'project'}.json`)) as {
    readonly nx?: { readonly targets: Readonly<Record<string, Target>> };
    readonly targets?: Readonly<Record<string, Target>>;
  };
  const own = (json.nx?.targets ?? json.targets)?.['test']?.inputs;
  return own ?? nx.targetDefaults['test']!.inputs!;
}

const projects = [
  ...readdirSync(path.join(ROOT, 'packages')).map((name) => `packages/${name}`),
  'tools/conformance',
];
/** Words by which a spec builds or runs C programs. */
const BUILDS_C = /build\.mjs|buildHostProgram|tinyseg-host|runProgram|runFirmware/;

describe('inputs of cached tests', () => {
  const known = nx.namedInputs['machine']!.map((input) => (typeof input === 'string' ? '' : input.env));

  it.each([...projects, 'tools'])('%s: every variable that its sources read is one', (project) => {
    const named = filesBelow(project).flatMap((file) => [
      ...text(file).matchAll(/process\.env(?:\.|\[')(TINYSEG_[A-Z_]+)/g),
    ]);
    const variables = new Set(named.map((match) => match[1]!));
    expect([...variables].filter((name) => !NO_INPUTS.test(name) && !known.includes(name))).toEqual([]);
  });

  it.each(projects)('%s: the machine is one', (project) => {
    expect(testInputs(project)).toContain(project === 'packages/device-c' ? 'machine' : 'suite');
    expect(nx.namedInputs['suite']).toContain('machine');
  });

  it.each(projects)('%s: the C sources are one where its tests build or run them', (project) => {
    const builds = filesBelow(project).some((file) => BUILDS_C.test(text(file)));
    expect(testInputs(project).includes('deviceC')).toBe(builds);
  });

  it('the acceptance suites get the packages that made the golden outputs', () => {
    const training = text('tools/training/requirements.txt').split('\n');
    const pins = text('tools/acceptance/requirements.txt')
      .split('\n')
      .filter((line) => /==/.test(line));
    expect(pins.filter((pin) => !pin.startsWith('pyyaml') && !training.includes(pin))).toEqual([]);
    expect(pins.length).toBeGreaterThan(2);
  });
});
