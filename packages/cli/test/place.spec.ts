// SPDX-License-Identifier: Apache-2.0
// place: offsets that are a placement, proofs, baselines, exit codes, Ctrl-C.
import { writeFileSync, readFileSync } from 'node:fs';
import { readPlacementCsv } from '@tinyseg/compiler';
import { resultSchema } from '../src/json-documents.js';
import { cli, documentOf, errorCode, TestFolder } from '../src/testing/command-line.js';
import { placementFault } from '../src/verbs/place-check.js';

const folder = new TestFolder();
beforeEach(() => folder.open());
afterEach(() => folder.close());

const PROBLEM = 'id,lower,upper,size\na,0,2,4\nb,1,4,4\nc,3,6,4\nd,5,7,5\ne,0,1,4\nf,6,7,3\n';

function problemFile(text: string, name = 'problem.csv'): string {
  writeFileSync(folder.path(name), text);
  return folder.path(name);
}

/** Buffers that take the exact search far more nodes than a test has patience for. */
function hardProblem(): string {
  let state = 12345;
  const random = (below: number): number => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * below);
  };
  const lines = Array.from({ length: 150 }, (_, i) => {
    const lower = random(60);
    return `${i},${lower},${lower + 1 + random(20)},${3 + random(40)}`;
  });
  return `id,lower,upper,size\n${lines.join('\n')}\n`;
}

describe('place', () => {
  it('gives offsets, says whether lower is possible, and writes them beside the problem', async () => {
    const file = problemFile(PROBLEM);
    const output = folder.path('placed.csv');
    const result = await cli(['place', file, '--json', '-o', output]);
    const document = documentOf(result) as { offsets: number[]; heightBytes: number };
    expect(result.exitCode).toBe(0);
    expect(resultSchema('place').safeParse(document).error).toBeUndefined();
    expect(document).toMatchObject({ heightBytes: 9, lowerBoundBytes: 9, proved: true, method: 'exact' });
    const placed = readPlacementCsv(readFileSync(output, 'utf8'));
    expect(placed.offsets).toEqual(document.offsets);
    expect(placementFault(placed.buffers, document.offsets, document.heightBytes)).toBeUndefined();
  });

  it('takes the capacity from the name of the file, unless one is given', async () => {
    const file = problemFile(PROBLEM, 'problem.10.csv');
    const capacityOf = async (...more: string[]): Promise<unknown> =>
      documentOf(await cli(['place', file, '--json', ...more]))['capacityBytes'];
    expect([await capacityOf(), await capacityOf('--capacity', '1K')]).toEqual([10, 1024]);
  });

  it('exits with 4 and names the bound when the buffers can not fit, and writes nothing', async () => {
    const file = problemFile(PROBLEM);
    const args = ['place', file, '--capacity', '8', '-o', folder.path('placed.csv'), '--json'];
    const result = await cli(args);
    expect([errorCode(result), result.exitCode]).toEqual(['PLACE_TOO_HIGH', 4]);
    expect(result.stderr).toContain('no placement is lower than 9 B');
    expect(folder.contents()).toEqual(['problem.csv']);
  });

  it('has the greedy baseline, which is never lower', async () => {
    const file = problemFile(hardProblem());
    const heightOf = async (...more: string[]): Promise<number> =>
      documentOf(await cli(['place', file, '--json', ...more]))['heightBytes'] as number;
    expect(await heightOf('--greedy')).toBeGreaterThan(await heightOf('--nodes', '1000'));
  });

  it('says when it stopped at --nodes, or could not search at all', async () => {
    const hard = problemFile(hardProblem());
    const cut = await cli(['place', hard, '--nodes', '10']);
    expect(cut.stdout).toContain('nodes: the limit');
    const lines = Array.from({ length: 3000 }, (_, i) => {
      const lower = (i * 7919) % 3000;
      return `${i},${lower},${lower + 1 + ((i * 7877) % 61)},${1 + ((i * 104_729) % 997)}`;
    });
    const many = problemFile(`id,lower,upper,size\n${lines.join('\n')}\n`, 'many.csv');
    expect((await cli(['place', many])).stdout).toContain('more buffers than are searched exactly');
    expect(documentOf(await cli(['place', many, '--json']))).toMatchObject({ limit: 'buffers', nodes: 0 });
  });

  it('ends at Ctrl-C in the middle of a search', async () => {
    let interrupt: (exitCode?: number) => void = () => undefined;
    const running = cli(['place', problemFile(hardProblem()), '--nodes', '1000000000', '--json'], {
      onInterruptible: (given) => {
        interrupt = given;
        setTimeout(() => interrupt(130), 100);
      },
    });
    const result = await running;
    expect([errorCode(result), result.exitCode]).toEqual(['CLI_INTERRUPTED', 130]);
  });

  it('warns of a problem without buffers', async () => {
    const result = await cli(['place', problemFile('id,lower,upper,size\n')]);
    expect([result.exitCode, result.stderr.includes('has no buffers')]).toEqual([0, true]);
  });

  it('says that it is the sum of the sizes that is too much', async () => {
    const half = 2 ** 52;
    const result = await cli(['place', problemFile(`id,lower,upper,size\na,0,1,${half}\nb,0,1,${half}\n`)]);
    expect(result.stderr).toContain('The sizes of all buffers up to line 3');
  });

  it.each([
    ['id,lower,upper\na,0,1\n', 'PLACEMENT_HEADER', 1],
    ['id,lower,upper,size\na,0,1,4\nb,0,x,4\n', 'PLACEMENT_ROW', 3],
    ['id,lower,upper,size\na,0,1,4\n\na,0,1,4\n', 'PLACEMENT_DUPLICATE_ID', 4],
  ])('refuses %j with %s and the number of the line', async (text, code, line) => {
    const result = await cli(['place', problemFile(text), '--json']);
    expect([errorCode(result), result.exitCode]).toEqual([code, 3]);
    expect(documentOf(result)['error']).toMatchObject({ data: { line } });
  });

  it.each([
    [['--nodes', '0'], 'CLI_USAGE'],
    [['--nodes', 'many'], 'CLI_USAGE'],
    [['--capacity', '0'], 'CLI_BAD_SIZE'],
  ])('refuses %j with %s', async (more, code) => {
    const result = await cli(['place', problemFile(PROBLEM), '--json', ...more]);
    expect([errorCode(result), result.exitCode]).toEqual([code, 2]);
  });
});

describe('a placement', () => {
  const buffers = [
    { id: 0, lower: 0, upper: 2, size: 4 },
    { id: 1, lower: 1, upper: 3, size: 4, align: 4 },
    { id: 2, lower: 2, upper: 2, size: 9 },
  ];

  it.each([
    [[0, 4, 0], 8, undefined],
    [[0, 2, 0], 8, 'buffer 1 is not aligned'],
    [[1, 4, 0], 8, 'buffers 0 and 1 overlap'],
    [[0, 8, 0], 8, 'buffer 1 lies outside'],
    [[0, 4], 8, '2 offsets for 3 buffers'],
  ])('%j of height %i: %s', (offsets, height, fault) => {
    expect(placementFault(buffers, offsets, height)).toBe(fault);
  });
});
