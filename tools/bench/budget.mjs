// SPDX-License-Identifier: Apache-2.0
// Holds instructions, flash and stack of firmware to tools/bench/budget/budget.json: see USAGE. Needs a build.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { regressions, TOLERANCE } from './budget/compare.mjs';
import { measureAll } from './budget/measure.mjs';

const USAGE = `usage: node tools/bench/budget.mjs [--write]
  Measures firmware on the emulated Cortex-M4F, prints the figures and compares them with the budget file:
  exit code 1 when one is more than ${TOLERANCE * 100} % above it.
  --write  write the figures to the file instead; models that are not here keep theirs`;

const FILE = path.join(import.meta.dirname, 'budget', 'budget.json');
const INSTALL = 'sudo apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm';

function printTable(measured) {
  const names = Object.keys(measured);
  const figures = Object.keys(measured[names[0]] ?? {});
  console.log(`| model | ${figures.join(' | ')} |`);
  console.log(`| --- |${' ---: |'.repeat(figures.length)}`);
  for (const name of names) {
    console.log(
      `| ${name} | ${figures.map((one) => measured[name][one].toLocaleString('en')).join(' | ')} |`,
    );
  }
}

async function measureOrSkip() {
  try {
    return await measureAll();
  } catch (error) {
    if (!error.message.includes('EMULATOR_TOOL_MISSING') || process.env.TINYSEG_NO_SKIP === '1') throw error;
    console.warn(
      `SKIPPED "firmware budget": the compiler for Arm or QEMU is not installed. To run it: ${INSTALL}`,
    );
    return undefined;
  }
}

async function main() {
  const { values } = parseArgs({ options: { write: { type: 'boolean' }, help: { type: 'boolean' } } });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const budget = JSON.parse(readFileSync(FILE, 'utf8'));
  const answer = await measureOrSkip();
  if (answer === undefined) return 0;
  const { measured, missing } = answer;
  printTable(measured);
  if (missing.length > 0) {
    console.warn(
      `SKIPPED "budget of ${missing.join(', ')}": there are no models. To run it: set TINYSEG_MODELS to their directory`,
    );
  }
  if (values.write) {
    writeFileSync(FILE, `${JSON.stringify({ ...budget, ...measured }, undefined, 2)}\n`);
    return 0;
  }
  const worse = regressions(budget, measured, missing);
  for (const line of worse) console.error(line);
  if (worse.length > 0) console.error('Make it smaller, or accept it: node tools/bench/budget.mjs --write');
  return worse.length > 0 ? 1 : 0;
}

process.exitCode = await main();
