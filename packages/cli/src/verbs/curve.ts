// SPDX-License-Identifier: Apache-2.0
// `tinyseg curve`: what every size of RAM costs in bytes moved, time and energy.
import type { Curve, CurvePoint, Objective } from '@tinyseg/compiler';
import path from 'node:path';
import { envelope } from '../console/reporter.js';
import { formatCount } from '../console/sizes.js';
import { table } from '../console/table.js';
import type { Verb, VerbTools } from '../console/verb.js';
import { plotCurve, plotLook, type PlotCorner } from '../curve/plot.js';
import { pointsAbove, readReference, type ReferenceCurve } from '../curve/reference.js';
import { thinned } from '../curve/thin.js';
import { cliError } from '../error-codes.js';
import { checkWritable, refuseOverwriting, writeFilesAtomically } from '../files/output-file.js';
import { readUserFile } from '../files/read-file.js';
import {
  addObjectiveOption,
  addPassOption,
  addStoreOption,
  addStreamOptions,
  type CurveFlags,
} from './compile-options.js';

interface Flags extends CurveFlags {
  readonly store?: string;
  readonly points?: string;
  readonly svg?: string;
  readonly compare?: string;
  readonly output?: string;
}

/** What runs upwards in the terminal. */
const COSTS: Record<Objective, { name: string; scale: number; costOf: (point: CurvePoint) => number }> = {
  bytes: {
    ...{ name: 'written to stores in one inference, kB', scale: 1000 },
    costOf: ({ writtenBytes }) => writtenBytes,
  },
  wear: {
    ...{ name: 'written to stores in one inference, kB', scale: 1000 },
    costOf: ({ writtenBytes }) => writtenBytes,
  },
  latency: { name: 'predicted latency, ms', scale: 1, costOf: ({ latencyMs }) => latencyMs },
  energy: { name: 'predicted energy, mJ', scale: 1, costOf: ({ energyMj }) => energyMj },
};

export const curveVerb: Verb<Flags> = {
  name: 'curve',
  operands: '<model>',
  summary: 'show what each size of RAM costs in bytes, time and energy',
  description:
    'Searches plans for every RAM budget at once and shows those that no other beats: RAM against bytes written and ' +
    'read, predicted latency, energy and lifetime of the store. `compile --ram` makes the plan of a point. ' +
    '`exhaustive` is said of the search for stages and spills: no limit cut it. That of `compile` says more: that no ' +
    'cheaper plan fits the one budget, wherever its rows are placed.',
  examples: [
    'tinyseg curve unet.tflite --stream-io --store remote',
    'tinyseg curve unet.tflite --board nano33ble --objective latency --svg curve.svg -o curve.json',
    'tinyseg curve unet.tflite --stream-io --store remote --compare other.csv --svg curve.svg',
    "tinyseg curve unet.tflite --points 5 --json | jq '.points[].ramBytes'",
  ],
  options: (command) => {
    command.option('--board <name>', 'the board: a name (tinyseg boards) or a .toml file', 'host');
    addStoreOption(command);
    addStreamOptions(command);
    addObjectiveOption(command);
    command
      .option('--points <count>', 'show so many plans at most, 2 or more (default: all)')
      .option(
        '--compare <file>',
        'show another curve beside it: .csv (arenaBytes,writtenBytes or ramBytes,writtenBytes), or what -o wrote',
      )
      .option('--svg <file>', 'draw it: bytes, latency and energy')
      .option('-o, --output <file>', 'write the document of --json there');
    addPassOption(command);
  },
  run: async ([file = ''], flags, tools) => {
    const { curveOfModel, curveSvg } = await import('@tinyseg/compiler');
    const { curveOptions } = await import('./compile-question.js');
    const count = pointCount(flags.points);
    const options = curveOptions(file, flags);
    const reference = flags.compare === undefined ? undefined : referenceOf(flags.compare);
    const outputs = [flags.output, flags.svg].filter((name) => name !== undefined);
    for (const name of outputs) checkWritable(name);
    refuseOverwriting(outputs, [file, ...(flags.compare === undefined ? [] : [flags.compare])]);
    const curve = curveOfModel(readUserFile(file, 'The model'), options);
    const objective = flags.objective ?? 'bytes';
    const points = thinned(curve.points, count, COSTS[objective].costOf);
    const shown: Shown = { file, board: options.board.name, flags, objective, points, curve, reference };
    const document = documentOf(shown);
    writeFilesAtomically([
      ...(flags.output === undefined
        ? []
        : [{ path: flags.output, bytes: envelope('curve', { ok: true, ...document }) }]),
      ...(flags.svg === undefined
        ? []
        : [{ path: flags.svg, bytes: curveSvg({ ...pictureTexts(shown), points, axis: axisOf(shown) }) }]),
    ]);
    for (const name of outputs) tools.reporter.note(`wrote ${name}`);
    return { document, text: textOf(shown, tools) };
  },
};

interface Shown {
  readonly file: string;
  readonly board: string;
  readonly flags: Flags;
  readonly objective: Objective;
  readonly points: readonly CurvePoint[];
  readonly curve: Curve;
  readonly reference: ReferenceCurve | undefined;
}

function pointCount(text: string | undefined): number {
  if (text === undefined) return Infinity;
  const count = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (count >= 2) return count;
  throw cliError('CLI_USAGE', `--points "${text}" is no count of points. Write a whole number, 2 or more.`);
}

function referenceOf(file: string): ReferenceCurve {
  return readReference(new TextDecoder().decode(readUserFile(file, 'The curve to compare with')), file);
}

function axisOf({ reference }: Shown): ReferenceCurve['axis'] {
  return reference?.axis ?? 'ramBytes';
}

function streamsOf({ streamIo, streamInput, streamOutput }: Flags): { input: boolean; output: boolean } {
  return { input: (streamIo ?? streamInput) === true, output: (streamIo ?? streamOutput) === true };
}

function documentOf(shown: Shown): Record<string, unknown> {
  const { file, board, flags, objective, points, curve, reference } = shown;
  const { input, output } = streamsOf(flags);
  return {
    ...{ model: file, board, objective, streamInput: input, streamOutput: output },
    ...{ exhaustive: curve.exhaustive, points },
    reference:
      reference === undefined
        ? null
        : {
            file: flags.compare ?? '',
            axis: reference.axis,
            points: reference.points,
            // Of all plans, also those that --points leaves out.
            above: pointsAbove(curve.points, reference),
          },
  };
}

function pictureTexts({ file, board, flags, objective, reference }: Shown): {
  title: string;
  subtitle: string;
  reference?: { name: string; points: ReferenceCurve['points'] };
} {
  const { input, output } = streamsOf(flags);
  const io = `input ${input ? 'row by row' : 'resident'}, output ${output ? 'row by row' : 'resident'}`;
  return {
    title: `${path.basename(file)} on ${board}: what RAM costs`,
    subtitle: `objective ${objective}; ${io}; times and energy are predicted from the board's file`,
    ...(reference === undefined
      ? {}
      : { reference: { name: referenceName(flags.compare ?? ''), points: reference.points } }),
  };
}

function referenceName(file: string): string {
  return path.basename(file, path.extname(file)).replaceAll('-', ' ');
}

function textOf(shown: Shown, { host }: VerbTools): string {
  const { points, reference, objective, flags, curve } = shown;
  const { name, scale, costOf } = COSTS[objective];
  const axis = axisOf(shown);
  const ours = points.map((point): PlotCorner => ({ bytes: point[axis], cost: costOf(point) }));
  const comparable = reference !== undefined && scale === 1000;
  const theirs = comparable
    ? reference.points.map(({ bytes, writtenBytes }) => ({ bytes, cost: writtenBytes }))
    : undefined;
  const plot = plotCurve(
    {
      ours: { name: 'tinyseg', corners: ours },
      ...(theirs === undefined
        ? {}
        : { theirs: { name: referenceName(flags.compare ?? ''), corners: theirs } }),
    },
    {
      costName: name,
      costScale: scale,
      bytesName: axis === 'ramBytes' ? 'RAM in all, kB (1,000 B)' : 'arena, kB (1,000 B)',
    },
    plotLook(host.stdout, host.env),
  );
  const free = points.every(({ writtenBytes }) => writtenBytes === 0)
    ? ['Nothing is written to stores.', '']
    : [];
  return [...plot, '', ...free, pointTable(points), ...verdictLines(curve, reference)].join('\n');
}

function pointTable(points: readonly CurvePoint[]): string {
  const lifetime = points.some(({ lifetimeInferences }) => lifetimeInferences !== null);
  const head = ['RAM', 'arena', 'written', 'read', 'stages', 'ms', 'mJ', ...(lifetime ? ['lifetime'] : [])];
  const rows = points.map((point) => [
    ...[point.ramBytes, point.arenaBytes, point.writtenBytes, point.readBytes].map(formatCount),
    String(point.stageCount),
    point.latencyMs.toFixed(1),
    point.energyMj.toFixed(2),
    ...(lifetime ? [point.lifetimeInferences === null ? '' : formatCount(point.lifetimeInferences)] : []),
  ]);
  return table(
    head,
    rows,
    head.map(() => 'right'),
  );
}

function verdictLines({ points, exhaustive }: Curve, reference: ReferenceCurve | undefined): string[] {
  const searched = exhaustive
    ? 'The search for stages and spills met none of its limits (docs/specs/plan-space.md). Whether a cheaper plan fits ' +
      'one budget, wherever its rows are placed, is what `exhaustive` of `compile --ram` says.'
    : 'The search met its limits: there may be better plans.';
  if (reference === undefined) return ['', searched];
  const above = pointsAbove(points, reference);
  const verdict =
    above.length === 0
      ? 'It lies on or below the other curve everywhere.'
      : `It lies above the other curve at ${above.map(({ bytes }) => `${formatCount(bytes)} B`).join(', ')}.`;
  return ['', searched, verdict];
}
