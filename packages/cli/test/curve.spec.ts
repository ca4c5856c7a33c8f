// SPDX-License-Identifier: Apache-2.0
// curve: the document, the plot, the picture, a curve beside it, and errors that leave nothing behind.
import { readFileSync, writeFileSync } from 'node:fs';
import { resultSchema } from '../src/json-documents.js';
import { cli, documentOf, errorCode, example, TestFolder, UNET } from '../src/testing/command-line.js';

const folder = new TestFolder();
beforeEach(() => folder.open());
afterEach(() => folder.close());

const STREAMED = ['--stream-io', '--store', 'remote'];

interface Point {
  readonly ramBytes: number;
  readonly arenaBytes: number;
  readonly writtenBytes: number;
}

describe('curve', () => {
  it('gives a document, a plot and a picture of the same plans', async () => {
    const [svg, json] = [folder.path('curve.svg'), folder.path('curve.json')];
    const result = await cli(['curve', UNET, ...STREAMED, '--svg', svg, '-o', json]);
    expect(result.exitCode).toBe(0);
    const document = JSON.parse(readFileSync(json, 'utf8')) as { points: Point[] };
    for (const { ramBytes } of document.points) {
      expect(result.stdout).toContain(String(ramBytes).replace(/\B(?=(\d{3})+$)/g, ','));
    }
    expect(result.stdout).toMatch(/RAM in all, kB/);
    const dots = readFileSync(svg, 'utf8').match(/<circle/g);
    expect(dots).toHaveLength(3 * document.points.length);
    const again = await cli(['curve', UNET, ...STREAMED, '--json']);
    expect(resultSchema('curve').safeParse(documentOf(again)).error).toBeUndefined();
    expect(documentOf(again)).toEqual(document);
  });

  it('has a plan for each point that compile gives for its RAM', async () => {
    const points = documentOf(await cli(['curve', UNET, ...STREAMED, '--points', '3', '--json']))[
      'points'
    ] as Point[];
    expect(points).toHaveLength(3);
    const { ramBytes, writtenBytes } = points[1]!;
    const args = ['compile', UNET, ...STREAMED, '--strategy', 'auto', '--ram', String(ramBytes)];
    const compiled = documentOf(await cli([...args, '-o', folder.path('p.tseg'), '--json']));
    expect(compiled).toMatchObject({ ok: true, spilledBytes: writtenBytes });
    expect(compiled['ramBytes']).toBeLessThanOrEqual(ramBytes);
  });

  it('needs more where input and output stay in RAM, and each can be streamed alone', async () => {
    const least = async (...flags: string[]): Promise<number> => {
      const args = ['curve', UNET, '--store', 'none', '--json', ...flags];
      const points = documentOf(await cli(args))['points'] as Point[];
      return Math.min(...points.map(({ arenaBytes }) => arenaBytes));
    };
    const both = await least('--stream-io');
    const input = await least('--stream-input');
    expect(both).toBeLessThan(input);
    expect(input).toBeLessThan(await least());
    expect(await least('--stream-input', '--stream-output')).toBe(both);
  });

  it.each([
    [['--points', '1'], 'CLI_USAGE', 2],
    [['--points', 'all'], 'CLI_USAGE', 2],
    [['--store', 'tape'], 'STORE_UNKNOWN', 2],
    [['--compare', 'missing.csv'], 'CLI_FILE_UNREADABLE', 3],
    [['--compare', UNET], 'CURVE_REFERENCE', 3],
  ])('refuses %j with %s', async (more, code, exitCode) => {
    const args = ['curve', UNET, '--svg', folder.path('c.svg'), '--json', ...more];
    const result = await cli(args);
    expect([errorCode(result), result.exitCode]).toEqual([code, exitCode]);
    expect(folder.contents()).toEqual([]);
  });

  it('does not write over what it reads', async () => {
    const reference = folder.path('reference.csv');
    writeFileSync(reference, 'arenaBytes,writtenBytes\n1,2\n');
    const result = await cli(['curve', UNET, '--compare', reference, '-o', reference, '--json']);
    expect(result.exitCode).toBe(2);
    expect(readFileSync(reference, 'utf8')).toBe('arenaBytes,writtenBytes\n1,2\n');
  });
});

describe('the curve of the Tiny U-Net at 80 x 120', () => {
  it('lies on or below the one simulated by hand', async () => {
    const args = ['curve', UNET, ...STREAMED, '--compare', example('hand-simulated.csv'), '--json'];
    const { reference } = documentOf(await cli(args)) as {
      reference: { points: { bytes: number }[]; above: { bytes: number; writtenBytes: number }[] };
    };
    expect(reference.points).toHaveLength(6);
    expect(reference.above).toEqual([]);
  });
});
