// SPDX-License-Identifier: Apache-2.0
// Prints the tables of docs/performance.md. RAM and bytes are the same on every machine; times are this machine's.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { count } from './console.mjs';
import { serveStore, tinyseg } from './tinyseg.mjs';

const ROOT = path.resolve(import.meta.dirname, '..', '..');
const EXAMPLE = path.join(ROOT, 'examples', 'car-segmentation');
const UNET = path.join(EXAMPLE, 'tiny_unet_80x120.tflite');
const LARGE = path.join(EXAMPLE, 'tiny_unet_240x320.tflite');
const MOBILE = path.join(EXAMPLE, 'mobile_seg_96x96.tflite');
const PICTURE = path.join(EXAMPLE, 'pictures', 'two-cars.png');
const LAYERS = ['--strategy', 'layers'];
const STREAMED = ['--strategy', 'single-stage', '--stream-io'];
const AUTO = ['--stream-io', '--store', 'remote'];
const REPEAT = 8;

const folder = mkdtempSync(path.join(os.tmpdir(), 'tinyseg-figures-'));
const plan = path.join(folder, 'plan.tseg');

function print(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  process.stdout.write(`${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n\n`);
}

async function memory(model, options) {
  const done = await tinyseg(['compile', model, ...options, '-o', plan]);
  return [
    `\`${options.join(' ') || '(none)'}\``,
    ...[done.ramBytes, done.arenaBytes, done.lowerBoundBytes, done.spilledBytes, done.fetchedBytes].map(
      count,
    ),
  ];
}

async function memoryTable(model, variants) {
  const { tflmHeadBytes } = await tinyseg(['compile', model, '-o', plan]);
  process.stdout.write(`${path.basename(model)}: arena by TFLM's planner ${count(tflmHeadBytes)} B\n\n`);
  const rows = [];
  for (const options of variants) rows.push(await memory(model, options));
  print(['options', 'RAM', 'arena', 'no placement is below', 'written', 'read'], rows);
}

async function rewriting() {
  const rows = [];
  for (const [accounting, target] of [
    ['paper', '186K'],
    ['paper', '150K'],
    ['today', '150K'],
    ['today', 'least'],
  ]) {
    const output = path.join(folder, 'small.tflite');
    const done = await tinyseg(
      ['optimize', UNET, '--accounting', accounting, '--target', target, '-o', output],
      { exitCodes: [0, 4] },
    );
    const less = `${(100 * (1 - done.peakBytesAfter / done.peakBytesBefore)).toFixed(1)} %`;
    rows.push([
      accounting,
      target,
      ...[done.peakBytesBefore, done.peakBytesAfter].map(count),
      less,
      count(done.writtenBytes),
    ]);
  }
  print(['accounting', '--target', 'before', 'after', 'less', 'written'], rows);
}

async function times() {
  const server = await serveStore('figures');
  const rows = [];
  const inputs = Array(REPEAT).fill(PICTURE);
  for (const [what, model, options] of [
    ['80x120, no spill', UNET, LAYERS],
    ['80x120, 96K', UNET, [...LAYERS, '--ram', '96K', '--stream-io']],
    ['80x120, one stage', UNET, [...STREAMED, '--spill', 'down0b_relu']],
    ['80x120, auto, 34K', UNET, ['--stream-io', '--ram', '34K']],
    ['240x320, one stage', LARGE, [...STREAMED, '--spill', 'down0b_relu']],
  ]) {
    const cells = [];
    for (const store of ['ram', 'serial', `${server.url}?token=figures`]) {
      if (options === LAYERS && store !== 'ram') {
        cells.push('');
        continue;
      }
      const done = await tinyseg(['run', model, ...options, '--store', store, '--input', ...inputs]);
      cells.push(`${Math.round(done.elapsedMs / REPEAT)} ms`);
    }
    rows.push([what, ...cells]);
  }
  await server.close();
  print(['plan', 'RAM store', 'serial (pty)', 'WebSocket'], rows);
}

try {
  const remote = ['--store', 'remote'];
  await memoryTable(UNET, [
    LAYERS,
    [...LAYERS, '--ram', '160K', ...remote],
    [...LAYERS, '--ram', '128K', ...remote, '--stream-io'],
    [...LAYERS, '--ram', '96K', ...remote, '--stream-io'],
    [...STREAMED],
    [...STREAMED, ...remote, '--spill', 'down0b_relu'],
    [...AUTO, '--ram', '64K'],
    [...AUTO, '--ram', '34K'],
  ]);
  await memoryTable(LARGE, [
    LAYERS,
    [...LAYERS, '--ram', '700K', ...remote, '--stream-io'],
    [...STREAMED, ...remote, '--spill', 'down0b_relu'],
    [...AUTO, '--ram', '80K'],
  ]);
  await memoryTable(MOBILE, [
    LAYERS,
    [...LAYERS, '--ram', '100K', ...remote, '--stream-io'],
    [...STREAMED],
    [...AUTO, '--ram', '64K'],
  ]);
  await rewriting();
  process.stdout.write(`Milliseconds an inference, on ${os.cpus()[0]?.model ?? 'this machine'}\n\n`);
  await times();
} finally {
  rmSync(folder, { recursive: true });
}
