// SPDX-License-Identifier: Apache-2.0
// inspect, optimize, compile, verify: documents, files, and errors that leave nothing behind.
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { decodePlan } from '@tinyseg/compiler';
import { failureSchema, resultSchema } from '../src/json-documents.js';
import { cli, documentOf, errorCode, TestFolder, UNET } from '../src/testing/command-line.js';

const folder = new TestFolder();
beforeEach(() => folder.open());
afterEach(() => folder.close());

describe('inspect', () => {
  it('prints what the model needs, as text and as a document', async () => {
    const text = await cli(['inspect', UNET]);
    expect([text.exitCode, text.stderr]).toEqual([0, '']);
    expect(text.stdout).toContain('CONCATENATION');
    const result = await cli(['inspect', UNET, '--json']);
    const document = documentOf(result);
    expect(resultSchema('inspect').safeParse(document).error).toBeUndefined();
    expect(document).toMatchObject({ ok: true, pressureBytes: 230_400, tflmHeadBytes: 230_400 });
  });

  it('prints nothing with --quiet', async () => {
    expect(await cli(['inspect', UNET, '--quiet'])).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });
});

describe('compile', () => {
  it('writes a plan within the budget and says what it needs', async () => {
    const plan = folder.path('plan.tseg');
    const result = await cli(['compile', UNET, '--ram', '160K', '--store', 'remote', '-o', plan, '--json']);
    const document = documentOf(result);
    expect(result.exitCode).toBe(0);
    expect(resultSchema('compile').safeParse(document).error).toBeUndefined();
    expect(document['ramBytes']).toBeLessThanOrEqual(163_840);
    const bytes = readFileSync(plan);
    expect(document['planBytes']).toBe(bytes.length);
    expect(decodePlan(bytes).arenaBytes).toBe(document['arenaBytes']);
  });

  it('accounts for every byte of the arena at the peak, and for what inputs and outputs cost', async () => {
    const args = ['compile', UNET, '--ram', '160K', '--store', 'remote', '-o', folder.path('plan.tseg')];
    const { arenaBytes, peak, ports } = documentOf(await cli([...args, '--stream-output', '--json'])) as {
      arenaBytes: number;
      peak: { bytes: number; freeBytes: number };
      ports: { direction: string; mode: string; sizeBytes: number }[];
    };
    expect(peak.bytes + peak.freeBytes).toBe(arenaBytes);
    expect(ports).toMatchObject([
      { direction: 'input', mode: 'resident', sizeBytes: 28_800, arenaBytes: 28_800 },
      { direction: 'output', mode: 'streamed', sizeBytes: 9600 },
    ]);
    const { stdout } = await cli([...args, '--stream-output', '--explain']);
    expect(stdout).toMatch(/^Peak at tick [\d,]+, \w+ \(operator \d+\), call/m);
    expect(stdout).toMatch(/^ +input 0 +t\d+ +resident +28,800/m);
  });

  it('takes a budget in every spelling', async () => {
    const ramOf = async (size: string): Promise<unknown> =>
      documentOf(
        await cli([
          'compile',
          UNET,
          '--strategy',
          'layers',
          '--ram',
          size,
          '-o',
          folder.path('p.tseg'),
          '--json',
        ]),
      )['budgetBytes'];
    expect([await ramOf('200K'), await ramOf('200KiB'), await ramOf('204800')]).toEqual([
      204_800, 204_800, 204_800,
    ]);
    expect(await ramOf('200kB')).toBe(200_000);
  });

  it('says when a store will be worn out, and only then', async () => {
    const compile = (board: string) =>
      cli([
        'compile',
        UNET,
        '--strategy',
        'layers',
        '--board',
        board,
        '--ram',
        '160K',
        '-o',
        folder.path('p.tseg'),
      ]);
    expect((await compile('nano33ble')).stdout).toMatch(/^Wear .*worn out after about 10,000 inferences/m);
    expect((await compile('host')).stdout).not.toContain('Wear');
  });

  it('writes a report of text, data and picture', async () => {
    const report = folder.path('new', 'report');
    const { exitCode } = await cli(['compile', UNET, '--report', report, '-o', folder.path('p.tseg')]);
    expect(exitCode).toBe(0);
    expect(folder.contents()).toEqual(
      expect.arrayContaining(['new/report/memory.svg', 'new/report/report.json', 'new/report/report.txt']),
    );
    expect(readFileSync(folder.path('new', 'report', 'memory.svg'), 'utf8')).toMatch(/^<svg/);
  });

  it('says the least that would do when the budget is too small, and leaves nothing', async () => {
    const args = [
      'compile',
      UNET,
      '--store',
      'none',
      '-o',
      folder.path('p.tseg'),
      '--report',
      folder.path('report'),
    ];
    const result = await cli([...args, '--ram', '100K', '--json']);
    expect(result.exitCode).toBe(4);
    const { error } = failureSchema.parse(documentOf(result));
    expect(error).toMatchObject({ code: 'BUDGET_TOO_SMALL', cause: 'capacity' });
    const { leastBytes } = error.data as { leastBytes: number };
    expect(error.message).toContain(String(leastBytes));
    expect(folder.contents()).toEqual([]);
    expect((await cli([...args, '--ram', String(leastBytes)])).exitCode).toBe(0);
    expect((await cli([...args, '--ram', String(leastBytes - 1)])).exitCode).toBe(4);
  });

  it.each([
    [['--ram', '64Q'], 'CLI_BAD_SIZE', 2],
    [['--ram', '-5'], 'CLI_BAD_SIZE', 2],
    [['--ram', '0'], 'CLI_BAD_SIZE', 2],
    [['--board', 'nano33'], 'BOARD_UNKNOWN', 2],
    [['--board', 'missing.toml'], 'BOARD_FILE_UNREADABLE', 3],
    [['--store', 'tape'], 'STORE_UNKNOWN', 2],
    [['--spill', 'nothing-like-it'], 'SPILL_UNKNOWN_TENSOR', 2],
    [['--disable-pass', 'no-such-pass'], 'PASS_UNKNOWN', 2],
  ])('refuses %j with %s and exit code %i', async (more, code, exitCode) => {
    const result = await cli(['compile', UNET, '-o', folder.path('p.tseg'), '--json', ...more]);
    expect([errorCode(result), result.exitCode]).toEqual([code, exitCode]);
    expect(folder.contents()).toEqual([]);
  });
});

describe('an output that can not be written', () => {
  const compileTo = (target: string) =>
    cli(['compile', UNET, '--strategy', 'layers', '-o', target, '--json']);

  it('is refused before the work: a folder that is not there, a file in the way, a folder as file', async () => {
    writeFileSync(folder.path('file'), '');
    mkdirSync(folder.path('folder'));
    const before = folder.contents();
    for (const target of [
      folder.path('none', 'p.tseg'),
      folder.path('file', 'p.tseg'),
      folder.path('folder'),
    ]) {
      const result = await compileTo(target);
      expect([errorCode(result), result.exitCode]).toEqual(['CLI_OUTPUT_UNWRITABLE', 2]);
    }
    expect(folder.contents()).toEqual(before);
  });

  it('is refused where the folder is read-only', async () => {
    mkdirSync(folder.path('locked'));
    chmodSync(folder.path('locked'), 0o555);
    // The administrator may write anywhere.
    const allowed = process.getuid?.() === 0;
    const result = await compileTo(folder.path('locked', 'p.tseg'));
    chmodSync(folder.path('locked'), 0o755);
    expect(result.exitCode).toBe(allowed ? 0 : 2);
  });

  it('keeps an older file when the work fails', async () => {
    writeFileSync(folder.path('p.tseg'), 'older');
    const result = await cli(['compile', UNET, '--ram', '1K', '-o', folder.path('p.tseg')]);
    expect(result.exitCode).toBe(4);
    expect(readFileSync(folder.path('p.tseg'), 'utf8')).toBe('older');
    expect(folder.contents()).toEqual(['p.tseg']);
  });
});

describe('optimize', () => {
  it('writes a model that needs less, and that inspect and compile take', async () => {
    const output = folder.path('small.tflite');
    const result = await cli(['optimize', UNET, '--target', '160K', '-o', output, '--json']);
    const document = documentOf(result);
    expect(resultSchema('optimize').safeParse(document).error).toBeUndefined();
    expect(document).toMatchObject({ ok: true, reached: true, peakBytesBefore: 230_400 });
    expect(document['peakBytesAfter']).toBeLessThanOrEqual(163_840);
    expect((await cli(['inspect', output])).exitCode).toBe(0);
    expect((await cli(['compile', output, '-o', folder.path('p.tseg')])).exitCode).toBe(0);
  });
});

describe('optimize to what can not be reached', () => {
  it('ends with 4, says the least, and writes nothing', async () => {
    const output = folder.path('small.tflite');
    const result = await cli(['optimize', UNET, '--target', '1K', '-o', output, '--json']);
    expect([errorCode(result), result.exitCode]).toEqual(['OPTIMIZE_OUT_OF_REACH', 4]);
    const document = documentOf(result);
    expect(resultSchema('optimize').safeParse(document).error).toBeUndefined();
    expect(document).toMatchObject({ ok: false, reached: false, output: null });
    expect(folder.contents()).toEqual([]);
    const least = documentOf(await cli(['optimize', UNET, '--target', 'least', '-o', output, '--json']));
    expect(least).toMatchObject({ ok: true, output, peakBytesAfter: document['peakBytesAfter'] });
    expect(folder.contents()).toEqual(['small.tflite']);
  });

  it('never replaces its model', async () => {
    copyFileSync(UNET, folder.path('m.tflite'));
    for (const args of [['optimize', '--target', '160K'], ['compile']]) {
      const model = folder.path('m.tflite');
      const result = await cli([args[0]!, model, ...args.slice(1), '-o', model, '--json']);
      expect([errorCode(result), result.exitCode]).toEqual(['CLI_USAGE', 2]);
    }
    expect(readFileSync(folder.path('m.tflite')).equals(readFileSync(UNET))).toBe(true);
  });
});

describe('verify', () => {
  it('accepts the plan of a model and refuses it for another one', async () => {
    const plan = folder.path('p.tseg');
    await cli(['compile', UNET, '--ram', '160K', '-o', plan]);
    const good = await cli(['verify', plan, UNET, '--json']);
    expect(good.exitCode).toBe(0);
    expect(resultSchema('verify').safeParse(documentOf(good)).error).toBeUndefined();

    const changed = readFileSync(UNET);
    const weights = decodePlan(readFileSync(plan)).constants.subarray(64, 96);
    const at = changed.indexOf(weights.subarray(0, 8));
    changed[at < 0 ? changed.length >> 1 : at]! ^= 1;
    writeFileSync(folder.path('other.tflite'), changed);
    const bad = await cli(['verify', plan, folder.path('other.tflite'), '--json']);
    expect(bad.exitCode).toBe(6);
    expect(resultSchema('verify').safeParse(documentOf(bad)).error).toBeUndefined();
    expect(errorCode(bad)).toBe('VERIFY_DIFFERS');
  });
});
