// SPDX-License-Identifier: Apache-2.0
// `npm run demo`: the tour of the README. Uses the command line as a user would, and checks what it shows.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { count, heading, line } from './console.mjs';
import { serveStore, tinyseg } from './tinyseg.mjs';

const ROOT = path.resolve(import.meta.dirname, '..', '..');
const EXAMPLE = path.join('examples', 'car-segmentation');
const MODEL = path.join(EXAMPLE, 'tiny_unet_80x120.tflite');
const OUT = 'demo-out';
const PLAN = path.join(OUT, 'unet.tseg');
const STREAMED = path.join(OUT, 'unet-streamed.tseg');
const BUDGET = '96K';
const STREAMED_BUDGET = '80K';
const TOKEN = 'demo-token';

/** What the parts of a plan's RAM are called. */
const PARTS = {
  ...{ arenaBytes: 'arena', contextBytes: 'executor', storeBytes: 'store', deviceBytes: 'store device' },
  ...{ linkBytes: 'link', stackBytes: 'stack' },
};

const within = (...parts) => path.join(OUT, ...parts);
const listed = (folder, ending) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => path.join(folder, name));

/** Files of one kind in a folder, one after the other. */
const joined = (folder, ending) => Buffer.concat(listed(folder, ending).map((file) => readFileSync(file)));

const pictures = listed(path.join(ROOT, EXAMPLE, 'pictures'), '.png');
const goldenFolder = path.join(ROOT, EXAMPLE, 'golden', 'tiny_unet_80x120');
const goldenInputs = listed(goldenFolder, '.input.bin');
const goldenOutputs = joined(goldenFolder, '.output.bin');

/** What was compared, and whether it was equal. */
const verdicts = [];
function verdict(what, same) {
  verdicts.push({ what, same });
  line(`${same ? 'identical' : 'DIFFERENT'}: ${what}`);
}

async function showNeed() {
  heading('What the plain model needs');
  const model = await tinyseg(['inspect', MODEL]);
  const refused = await tinyseg(
    ['compile', MODEL, '--strategy', 'layers', '--ram', BUDGET, '--store', 'none', '-o', PLAN],
    {
      exitCodes: [4],
    },
  );
  const { budgetBytes, leastBytes } = refused.error.data;
  line(`${path.basename(MODEL)}: ${count(model.macs)} multiply-accumulates`);
  line(`arena by TensorFlow Lite Micro's planner   ${count(model.tflmHeadBytes)} B`);
  line(`all RAM, best plan without spilling        ${count(leastBytes)} B`);
  line(
    `the budget, for everything                 ${count(budgetBytes)} B: refused with ${refused.error.code}`,
  );
}

/** All parts of a plan's RAM, of which the total is the sum: "arena 86,864 + executor 2,104 + ...". */
function sumOf({ totalBytes, ...parts }) {
  const named = Object.entries(parts).map(([key, bytes]) => [PARTS[key] ?? key, bytes]);
  const missing = totalBytes - named.reduce((sum, [, bytes]) => sum + bytes, 0);
  if (missing !== 0) throw new Error(`the parts of the RAM leave ${missing} B unexplained`);
  return named.map(([name, bytes]) => `${name} ${count(bytes)}`).join(' + ');
}

async function compile() {
  heading(`Compiled for ${BUDGET}, spilling to a remote store`);
  const report = within('report');
  const options = [
    '--strategy',
    'layers',
    '--ram',
    BUDGET,
    '--stream-io',
    '--store',
    'remote',
    '--report',
    report,
  ];
  const layered = await tinyseg(['compile', MODEL, ...options, '-o', PLAN]);
  renameSync(path.join(report, 'memory.svg'), within('memory.svg'));
  line(`RAM ${count(layered.ramBytes)} B = ${sumOf(layered.ram)}`);
  for (const { tensor, sizeBytes, name } of layered.spills) {
    line(`spilled: t${tensor} ${count(sizeBytes).padStart(7)} B  ${name.split(';')[0]}`);
  }
  await verify(PLAN);
  const streamed = await tinyseg([
    ...['compile', MODEL, '--strategy', 'single-stage', '--stream-io', '--ram', STREAMED_BUDGET],
    ...['--store', 'remote', '--spill', 'down0b_relu', '-o', STREAMED],
  ]);
  line(
    `and as one stage, row by row: ${count(streamed.ramBytes)} B, of which arena ${count(streamed.arenaBytes)} B`,
  );
  await verify(STREAMED);
  return { layered, streamed };
}

/** The independent verifier's word on a plan. */
async function verify(plan) {
  const { ok, violations } = await tinyseg(['verify', plan, MODEL], { exitCodes: [0, 6] });
  for (const { code, message } of violations) line(`${code}: ${message}`);
  verdict(`${path.basename(plan)} and its model, replayed by the independent verifier`, ok === true);
}

/** The first run's masks: those of the unoptimised model, as --check found. All others are compared with them. */
let checked;

/** Pictures to masks, compared with the unoptimised model; then golden inputs to golden outputs. */
async function runOver(name, plan, store) {
  const folder = within(name);
  const ran = await tinyseg(
    [
      ...['run', plan, '--store', store, '--input', ...pictures, '-o', folder],
      ...(checked === undefined ? ['--check', '--model', MODEL] : []),
    ],
    { exitCodes: [0, 6] },
  );
  line(
    `${name}: ${ran.samples.length} pictures in ${Math.round(ran.elapsedMs)} ms, arena ${count(ran.arenaHighWaterBytes)} B, ` +
      `${count(ran.spilledBytes)} B spilled (${count(ran.storedBytes)} B after encoding)`,
  );
  const masks = joined(folder, '.bin');
  const same = checked === undefined ? ran.identical === true : masks.equals(checked);
  verdict(`${ran.samples.length} masks over ${name}, with those of the unoptimised model`, same);
  checked ??= masks;
  const output = within(`${name}.golden.bin`);
  await tinyseg(['run', plan, '--store', store, '--input', ...goldenInputs, '-o', output]);
  verdict(
    `${goldenInputs.length} outputs over ${name}, with those of TFLM's reference kernels`,
    readFileSync(path.join(ROOT, output)).equals(goldenOutputs),
  );
  rmSync(path.join(ROOT, output));
}

async function main() {
  const began = performance.now();
  process.chdir(ROOT);
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT);
  await showNeed();
  const { layered, streamed } = await compile();

  heading('Run on the C runtime, spilling over a serial line');
  await runOver('serial', PLAN, 'serial');
  await runOver('serial-streamed', STREAMED, 'serial');

  heading('Run again, spilling over a WebSocket');
  const server = await serveStore(TOKEN);
  try {
    line(`tinyseg store serve listens on ${server.url}`);
    await runOver('websocket', PLAN, `${server.url}?token=${TOKEN}`);
  } finally {
    await server.close();
  }

  heading('Result');
  const { tflmHeadBytes } = layered;
  const less = (bytes) => `${Math.round(100 * (1 - bytes / tflmHeadBytes))} % less`;
  line(
    `arena ${count(tflmHeadBytes)} B -> ${count(layered.arenaBytes)} B (${less(layered.arenaBytes)}), ` +
      `row by row ${count(streamed.arenaBytes)} B (${less(streamed.arenaBytes)})`,
  );
  line(`memory before and after   ${within('memory.svg')}`);
  line(`masks and overlays        ${within('serial', '*.overlay.png')}`);
  const failed = verdicts.filter(({ same }) => !same);
  line(
    `${verdicts.length - failed.length} of ${verdicts.length} comparisons without a difference, ` +
      `${((performance.now() - began) / 1000).toFixed(1)} s`,
  );
  return failed.length === 0 ? 0 : 6;
}

process.exitCode = await main().catch((error) => {
  process.stderr.write(`\ndemo: ${error instanceof Error ? error.message : error}\n`);
  return 1;
});
