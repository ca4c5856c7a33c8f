// SPDX-License-Identifier: Apache-2.0
// `tinyseg place`: offsets for buffers of known lifetimes, below a capacity or as low as can be.
import type { Placement, PlacementProblem } from '@tinyseg/compiler';
import { exitCodeOf } from '@tinyseg/errors';
import path from 'node:path';
import { formatCount, formatSize, parseSize } from '../console/sizes.js';
import { inSlices } from '../console/slices.js';
import type { Verb, VerbResult, VerbTools } from '../console/verb.js';
import { cliError } from '../error-codes.js';
import { checkWritable, refuseOverwriting, writeFilesAtomically } from '../files/output-file.js';
import { readUserFile } from '../files/read-file.js';
import { placementFault } from './place-check.js';

interface Flags {
  readonly capacity?: string;
  readonly greedy?: boolean;
  readonly nodes?: string;
  readonly output?: string;
}

/** About a minute on an ordinary computer. */
const NODE_LIMIT = 20_000_000;

export const placeVerb: Verb<Flags> = {
  name: 'place',
  operands: '<file>',
  summary: 'place buffers with known lifetimes in one block of memory',
  description:
    'Gives each buffer of a .csv file (id,lower,upper,size; alignment if there is such a column) an offset such that ' +
    'no two that live at the same time overlap: buffer by buffer [lower, upper) in time, size in bytes. The search is ' +
    'exact; what it can not decide within --nodes it says so of, and more than 2,048 buffers get the lowest of some ' +
    'first fits (exit code 4 when nothing below the capacity was found).',
  examples: [
    'tinyseg place buffers.csv --capacity 1M -o placed.csv',
    'tinyseg place A.1048576.csv --json | jq .heightBytes',
    'tinyseg place buffers.csv --greedy',
  ],
  options: (command) => {
    command
      .option(
        '--capacity <size>',
        'a height that is low enough: 65536, 64K, 64KiB, 64kB (default: NAME.CAPACITY.csv says it in bytes; ' +
          'if not, the lowest height is sought)',
      )
      .option(
        '--greedy',
        "by falling size, each as low as it goes, as TensorFlow Lite Micro's planner does it",
      )
      .option('--nodes <count>', `search nodes before it gives up (default: ${NODE_LIMIT})`)
      .option('-o, --output <file>', 'the problem with a column of offsets, .csv');
  },
  run: async ([file = ''], flags, tools) => {
    const { capacityOfFileName, readPlacementCsv, writePlacementCsv } = await import('@tinyseg/compiler');
    const capacityBytes =
      flags.capacity === undefined
        ? capacityOfFileName(path.basename(file))
        : parseSize(flags.capacity, '--capacity');
    const nodeLimit = nodesOf(flags.nodes);
    const problem = readPlacementCsv(new TextDecoder().decode(readUserFile(file, 'The placement problem')));
    if (problem.buffers.length === 0)
      tools.reporter.note(`warning: "${file}" has no buffers; there is nothing to place`);
    if (flags.output !== undefined) {
      checkWritable(flags.output);
      refuseOverwriting([flags.output], [file]);
    }
    const placement = await solve(problem, capacityBytes, nodeLimit, flags.greedy === true, tools);
    const failure = failureOf(placement, capacityBytes, flags.greedy === true);
    if (failure === undefined && flags.output !== undefined) {
      writeFilesAtomically([{ path: flags.output, bytes: writePlacementCsv(problem, placement.offsets) }]);
      tools.reporter.note(`wrote ${flags.output}`);
    }
    const output = failure === undefined ? (flags.output ?? null) : null;
    return {
      document: documentOf(file, output, problem, placement, capacityBytes, flags.greedy === true),
      text: textOf(problem, placement, capacityBytes),
      ...(failure === undefined ? {} : { failure }),
    };
  },
};

function nodesOf(text: string | undefined): number {
  const nodes = text === undefined ? NODE_LIMIT : /^\d+$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(nodes) && nodes > 0) return nodes;
  throw cliError('CLI_USAGE', `--nodes "${text ?? ''}" is no count. Write a whole number above 0.`);
}

async function solve(
  { buffers }: PlacementProblem,
  capacityBytes: number | undefined,
  nodeLimit: number,
  greedy: boolean,
  { interruptible, reporter }: VerbTools,
): Promise<Placement> {
  const { placeGreedily, placeSteps } = await import('@tinyseg/compiler');
  const limits = { nodeLimit, ...(capacityBytes === undefined ? {} : { capacityBytes }) };
  const placement = greedy
    ? placeGreedily(buffers)
    : await interruptible(async (signal) => {
        const progress = reporter.progress('search nodes', nodeLimit);
        try {
          return await inSlices(placeSteps(buffers, limits), signal, (nodes) => progress.update(nodes));
        } finally {
          progress.stop();
        }
      });
  const fault = placementFault(buffers, placement.offsets, placement.heightBytes);
  if (fault === undefined) return placement;
  throw cliError('PLACE_FAULT', `The search gave a placement that is none: ${fault}. Please report this.`);
}

function failureOf(
  { heightBytes, lowerBoundBytes, proved, limit }: Placement,
  capacityBytes: number | undefined,
  greedy: boolean,
): VerbResult['failure'] {
  if (capacityBytes === undefined || heightBytes <= capacityBytes) return undefined;
  const asked = `The buffers do not fit ${formatSize(capacityBytes)}`;
  const why =
    lowerBoundBytes > capacityBytes
      ? `${asked}: no placement is lower than ${formatCount(lowerBoundBytes)} B. `
      : `${asked} in this way, though the bound of ${formatCount(lowerBoundBytes)} B does not forbid it. `;
  const next = proved
    ? `Give them ${formatCount(heightBytes)} B, which is the least.`
    : `Give them ${formatCount(heightBytes)} B, the lowest found${greedy ? ', or leave out --greedy' : limit === 'buffers' ? '' : ', or more --nodes'}.`;
  return { code: 'PLACE_TOO_HIGH', message: why + next, exitCode: exitCodeOf('capacity') };
}

function documentOf(
  file: string,
  output: string | null,
  { names }: PlacementProblem,
  { heightBytes, lowerBoundBytes, proved, nodes, limit, offsets }: Placement,
  capacityBytes: number | undefined,
  greedy: boolean,
): Record<string, unknown> {
  return {
    ...{ file, output, method: greedy ? 'greedy' : 'exact', capacityBytes: capacityBytes ?? null },
    ...{ heightBytes, lowerBoundBytes, proved, nodes, limit: limit ?? null, ids: names, offsets },
  };
}

function textOf(
  { buffers }: PlacementProblem,
  placement: Placement,
  capacityBytes: number | undefined,
): string {
  const { heightBytes, lowerBoundBytes, proved, nodes, limit } = placement;
  const of = capacityBytes === undefined ? '' : ` of ${formatCount(capacityBytes)} B`;
  const verdict = proved
    ? 'proved to be the least'
    : `the bound is ${formatCount(lowerBoundBytes)} B; not proved to be the least`;
  return [
    `Height  ${formatCount(heightBytes)} B${of}, ${verdict}`,
    `Search  ${formatCount(buffers.length)} buffers, ${formatCount(nodes)} nodes${LIMIT_TEXTS[limit ?? 'none']}`,
  ].join('\n');
}

const LIMIT_TEXTS = {
  none: '',
  nodes: ': the limit, so this is the lowest found so far',
  buffers: ': more buffers than are searched exactly, so this is the lowest of a few first fits',
};
