// SPDX-License-Identifier: Apache-2.0
// `npm run bench:compile`: CPU seconds and memory that `tinyseg compile` takes, and the bytes of the plan: see USAGE.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { count } from '../demo/console.mjs';
import { writeLargeNetwork } from './large-network.mjs';

const USAGE = `usage: node tools/bench/compile.mjs [--only TEXT] [--scale FACTOR]
  Compiles each case in a process of its own and prints user CPU seconds, peak memory and plan bytes.
  Exit code 1 when a case takes more CPU than its limit, or more memory than 1 GiB.
  --only   cases whose options contain TEXT
  --scale  limits times FACTOR, for machines that are slower or busy (default 1)`;

const ROOT = path.resolve(import.meta.dirname, '..', '..');
const EXAMPLE = path.join(ROOT, 'examples', 'car-segmentation');
const PROGRAM = path.join(ROOT, 'packages', 'cli', 'bin', 'tinyseg.js');
const MEMORY_LIMIT_BYTES = 2 ** 30;

const OBJECTIVES = ['bytes', 'wear', 'latency', 'energy'];
const STREAMED = ['--stream-io'];
const STORE = ['--store', 'remote'];

/** Model, options, most CPU seconds. */
function cases() {
  const [small, segmenter, large] = ['tiny_unet_80x120', 'mobile_seg_96x96', 'tiny_unet_480x640'];
  const objectives = OBJECTIVES.map((name) => ['--objective', name]);
  return [
    [small, [], 3],
    ...objectives.map((one) => [small, [...STORE, '--ram', '34K', ...STREAMED, ...one], 3]),
    ...objectives.map((one) => [small, [...STORE, '--ram', '64K', ...one], 3]),
    [small, [...STORE, '--ram', '34K', ...STREAMED, '--variants', 'fast'], 6],
    [small, [...STORE, '--ram', '64K', '--variants', 'fast'], 6],
    [small, [...STORE, '--ram', '96K', '--variants', 'fast', '--objective', 'latency'], 6],
    ...['bytes', 'latency'].map((one) => [
      segmenter,
      [...STORE, '--ram', '64K', ...STREAMED, '--objective', one],
      5,
    ]),
    [segmenter, [...STORE, '--ram', '64K'], 5],
    [large, [...STORE, '--ram', '128K', ...STREAMED], 20],
    [large, [...STORE, '--ram', '256K', ...STREAMED, '--objective', 'latency'], 20],
    [large, [...STREAMED], 20],
  ];
}

/** Told by the child itself, on its last file descriptor: what the process took from beginning to end. */
const REPORT = `process.on('exit', () => {
  const { userCPUTime, maxRSS } = process.resourceUsage();
  require('node:fs').writeSync(3, JSON.stringify({ cpuSeconds: userCPUTime / 1e6, memoryBytes: maxRSS * 1024 }));
})`;

function compile(model, options, folder) {
  const plan = path.join(folder, 'plan.tseg');
  const preload = `data:text/javascript,import { createRequire } from 'node:module'; const require = createRequire(${JSON.stringify(import.meta.url)}); ${REPORT}`;
  const args = ['--import', preload, PROGRAM, 'compile', model, ...options, '--quiet', '-o', plan];
  const child = spawnSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  if (child.status !== 0) {
    throw new Error(`tinyseg compile ${[model, ...options].join(' ')} failed:\n${String(child.stderr)}`);
  }
  return { ...JSON.parse(String(child.output[3])), planBytes: statSync(plan).size };
}

async function main() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: '' },
      scale: { type: 'string', default: '1' },
      help: { type: 'boolean' },
    },
  });
  const scale = Number(values.scale);
  if (values.help || !(scale > 0)) {
    console.log(USAGE);
    return values.help ? 0 : 2;
  }
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tinyseg-compile-'));
  try {
    const large = await writeLargeNetwork(path.join(EXAMPLE, 'tiny_unet_240x320.tflite'), folder);
    console.log('| model | options | CPU seconds | at most | peak memory, MiB | plan bytes |');
    console.log('| --- | --- | ---: | ---: | ---: | ---: |');
    let exitCode = 0;
    for (const [name, options, limit] of cases()) {
      const text = options.join(' ');
      if (!`${name} ${text}`.includes(values.only)) continue;
      const file = name === 'tiny_unet_480x640' ? large : path.join(EXAMPLE, `${name}.tflite`);
      const { cpuSeconds, memoryBytes, planBytes } = compile(file, options, folder);
      if (cpuSeconds > limit * scale || memoryBytes > MEMORY_LIMIT_BYTES) exitCode = 1;
      const figures = [cpuSeconds.toFixed(1), limit, count(memoryBytes / 2 ** 20), count(planBytes)];
      console.log(`| ${[name, text === '' ? '' : `\`${text}\``, ...figures].join(' | ')} |`);
    }
    return exitCode;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
