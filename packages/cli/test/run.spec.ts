// SPDX-License-Identifier: Apache-2.0
// run: pictures and tensors in, masks and tensors out, stores of every kind, differences found.
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createStoreServer, hashToken, type StoreServer } from '@tinyseg/remote-store';
import sharp from 'sharp';
import { resultSchema } from '../src/json-documents.js';
import { readNpy, writeNpy } from '../src/pictures/npy.js';
import {
  buildHostProgram,
  cli,
  documentOf,
  errorCode,
  example,
  MOBILE,
  TestFolder,
  UNET,
} from '../src/testing/command-line.js';

const PICTURE = example('pictures', 'two-cars.png');
const INPUT = example('golden', 'mobile_seg_96x96', 'two-cars.input.bin');
const golden = readFileSync(example('golden', 'mobile_seg_96x96', 'two-cars.output.bin'));
/** Compiled in a moment, and with less RAM than the tensors need it spills: what is run here is the runtime. */
const BY_LAYERS = [MOBILE, '--strategy', 'layers'];
const SPILLING = ['--ram', '100K', '--stream-io'];

const ZEROS_PROGRAM = `#!/usr/bin/env node
import { writeFileSync } from 'node:fs';
writeFileSync(process.argv[process.argv.indexOf('--output') + 1], new Uint8Array(96 * 96));
const sizes = { arenaBytes: 1, contextBytes: 1, storeMemoryBytes: 0, arenaHighWaterBytes: 1, stackHighWaterBytes: 1 };
const rest = { samples: 1, elapsedMs: 1, outputBytes: 96 * 96, stores: [], operators: [] };
console.log(JSON.stringify({ tinysegHost: 1, ok: true, ...sizes, ...rest }));
`;

const folder = new TestFolder();
let server: StoreServer | undefined;
beforeAll(() => buildHostProgram());
beforeEach(() => folder.open());
afterEach(async () => {
  await server?.close();
  server = undefined;
  folder.close();
});

describe('run', () => {
  it('turns a picture into mask and overlay, and finds it equal to the unoptimised model', async () => {
    const result = await cli([
      'run',
      ...BY_LAYERS,
      ...SPILLING,
      '--check',
      '-i',
      PICTURE,
      '-o',
      folder.path('out'),
      '--json',
    ]);
    expect(result.exitCode).toBe(0);
    const document = documentOf(result);
    expect(resultSchema('run').safeParse(document).error).toBeUndefined();
    expect(document).toMatchObject({ ok: true, identical: true, samples: ['two-cars'] });
    expect(document['spilledBytes']).toBeGreaterThan(0);
    expect(document['arenaHighWaterBytes']).toBeLessThanOrEqual(document['arenaBytes'] as number);
    expect(folder.contents()).toEqual([
      'out',
      'out/two-cars.mask.png',
      'out/two-cars.output.bin',
      'out/two-cars.overlay.png',
    ]);
    const mask = await sharp(folder.path('out', 'two-cars.mask.png')).metadata();
    const overlay = await sharp(folder.path('out', 'two-cars.overlay.png')).metadata();
    expect([mask.width, mask.height, mask.channels]).toEqual([96, 96, 1]);
    expect([overlay.width, overlay.height]).toEqual([320, 240]);
  });

  it('gives the golden bytes for raw and for .npy tensors, sample after sample', async () => {
    const output = folder.path('out.bin');
    writeFileSync(
      folder.path('in.npy'),
      writeNpy({ type: 'uint8', shape: [96, 96, 3], bytes: readFileSync(INPUT) }),
    );
    expect(
      (await cli(['run', ...BY_LAYERS, '-i', INPUT, folder.path('in.npy'), '-o', output])).exitCode,
    ).toBe(0);
    expect(readFileSync(output).equals(Buffer.concat([golden, golden]))).toBe(true);
    expect(
      (await cli(['run', ...BY_LAYERS, '-i', INPUT, INPUT, '-o', folder.path('out.npy')])).exitCode,
    ).toBe(0);
    const array = readNpy(readFileSync(folder.path('out.npy')), 'out.npy');
    expect(array).toMatchObject({ type: 'uint8', shape: [2, 96, 96, 1] });
    expect(Buffer.from(array.bytes).equals(Buffer.concat([golden, golden]))).toBe(true);
  });

  it('runs a plan, and finds a model whose weights are not those of the plan', async () => {
    const plan = folder.path('p.tseg');
    await cli(['compile', ...BY_LAYERS, '-o', plan]);
    const run = (model: string) =>
      cli(['run', plan, '--check', '--model', model, '-i', INPUT, '-o', folder.path('out.bin'), '--json']);
    expect(documentOf(await run(MOBILE))).toMatchObject({ ok: true, identical: true });
    const other = readFileSync(MOBILE);
    for (let at = 40_000; at < 40_400; at += 4) other[at]! ^= 0x10;
    writeFileSync(folder.path('other.tflite'), other);
    const result = await run(folder.path('other.tflite'));
    expect([errorCode(result), result.exitCode]).toEqual(['RUN_DIFFERS', 6]);
    expect(documentOf(result)).toMatchObject({ ok: false, identical: false });
  });

  it('refuses a model with other inputs than those of the plan before it runs', async () => {
    const plan = folder.path('p.tseg');
    await cli(['compile', ...BY_LAYERS, '-o', plan]);
    const result = await cli(['run', plan, '--check', '--model', UNET, '-i', INPUT, '--json']);
    expect([errorCode(result), result.exitCode]).toEqual(['RUN_OTHER_MODEL', 3]);
  });

  it('wants the model when a plan is to be checked', async () => {
    const plan = folder.path('p.tseg');
    await cli(['compile', ...BY_LAYERS, '-o', plan]);
    expect((await cli(['run', plan, '--check', '-i', INPUT])).exitCode).toBe(2);
  });

  it('runs on this computer only', async () => {
    const result = await cli(['run', ...BY_LAYERS, '--board', 'nano33ble', '-i', INPUT, '--json']);
    expect([errorCode(result), result.exitCode]).toEqual(['RUN_BOARD', 2]);
  });

  it.each([
    ['--ram', '64K'],
    ['--stream-io'],
    ['--strategy', 'layers'],
    ['--spill', '3'],
    ['--disable-pass', 'x'],
  ])('refuses %s with a plan, which is compiled already', async (...more) => {
    const plan = folder.path('p.tseg');
    await cli(['compile', ...BY_LAYERS, '-o', plan]);
    const result = await cli(['run', plan, '-i', INPUT, '--json', ...more]);
    expect([errorCode(result), result.exitCode]).toEqual(['CLI_USAGE', 2]);
  });

  it('refuses --model with a model', async () => {
    const result = await cli(['run', ...BY_LAYERS, '--model', MOBILE, '--check', '-i', INPUT, '--json']);
    expect([errorCode(result), result.exitCode]).toEqual(['CLI_USAGE', 2]);
  });

  it('checks against the model as read, not against the C runtime once more', async () => {
    // A runtime that answers with zeros whatever the plan: any comparison of its runs with each other succeeds.
    const program = folder.path('zeros.mjs');
    writeFileSync(program, ZEROS_PROGRAM, { mode: 0o755 });
    const args = ['run', ...BY_LAYERS, '--check', '-i', INPUT, '-o', folder.path('out.bin'), '--json'];
    const result = await cli(args, { env: { TINYSEG_HOST_PROGRAM: program } });
    expect([errorCode(result), result.exitCode]).toEqual(['RUN_DIFFERS', 6]);
  });

  it('never replaces its model or an input', async () => {
    copyFileSync(INPUT, folder.path('in.bin'));
    const result = await cli([
      'run',
      ...BY_LAYERS,
      '-i',
      folder.path('in.bin'),
      '-o',
      folder.path('in.bin'),
      '--json',
    ]);
    expect([errorCode(result), result.exitCode]).toEqual(['CLI_USAGE', 2]);
    expect(readFileSync(folder.path('in.bin')).equals(readFileSync(INPUT))).toBe(true);
  });

  it('keeps the results of inputs with like names apart', async () => {
    copyFileSync(INPUT, folder.path('a.bin'));
    copyFileSync(INPUT, folder.path('a-2.bin'));
    const inputs = ['a.bin', 'a.bin', 'a-2.bin'].map((name) => folder.path(name));
    const result = await cli(['run', ...BY_LAYERS, '-i', ...inputs, '-o', folder.path('out'), '--json']);
    expect(documentOf(result)['samples']).toEqual(['a', 'a-2', 'a-2-2']);
  });
});

describe('run with a store', () => {
  const runWith = (store: string, env: Record<string, string> = {}) =>
    cli(
      [
        'run',
        ...BY_LAYERS,
        ...SPILLING,
        '--store',
        store,
        '-i',
        INPUT,
        '-o',
        folder.path('out.bin'),
        '--json',
      ],
      {
        env,
      },
    );

  it('in a file, over a serial line, TCP and WebSocket gives the same bytes', async () => {
    server = createStoreServer({ tokenHashes: [hashToken('secret')] });
    const tcp = await server.listenTcp();
    const ws = await server.listenWebSocket();
    const stores = [
      `file:${folder.path('spill')}`,
      'serial',
      `${tcp.url}?token=secret`,
      `${ws.url}/?token=secret`,
    ];
    for (const store of stores) {
      const result = await runWith(store);
      expect([store, result.exitCode, result.stderr.includes('error')]).toEqual([store, 0, false]);
      expect(documentOf(result)['spilledBytes']).toBeGreaterThan(0);
      expect(result.stdout).not.toContain('secret');
      expect(readFileSync(folder.path('out.bin')).equals(golden)).toBe(true);
    }
    expect((await runWith(ws.url, { TINYSEG_STORE_TOKEN: 'secret' })).exitCode).toBe(0);
  });

  it('are chosen among for a model, which can have one of each kind', async () => {
    const result = await runWith(`ram,file:${folder.path('spill')}`);
    expect(documentOf(result)).toMatchObject({ ok: true, store: 'ram' });
    expect(readFileSync(folder.path('out.bin')).equals(golden)).toBe(true);
    const twins = await runWith('serial,tcp://127.0.0.1:1');
    expect([errorCode(twins), twins.exitCode]).toEqual(['RUN_STORES', 2]);
  });

  it('in a file leaves nothing of it', async () => {
    expect((await runWith(`file:${folder.path('spill')}`)).exitCode).toBe(0);
    expect(folder.contents()).toEqual(['out.bin']);
  });

  it('in a file never replaces what is there, nor what it reads or writes itself', async () => {
    writeFileSync(folder.path('model.bin'), 'precious');
    for (const file of [folder.path('model.bin'), folder.path('out.bin'), MOBILE, INPUT, '/dev/null']) {
      const before = existsSync(file) ? readFileSync(file) : undefined;
      const result = await runWith(`file:${file}`);
      expect([file, errorCode(result), result.exitCode]).toEqual([file, 'CLI_USAGE', 2]);
      expect(existsSync(file) ? readFileSync(file) : undefined).toEqual(before);
    }
    const result = await runWith(`file:${folder.path('none', 'spill')}`);
    expect([errorCode(result), result.exitCode]).toEqual(['CLI_OUTPUT_UNWRITABLE', 2]);
  });

  it.each(['ws', 'tcp'])('is refused with a wrong token (%s), and writes nothing', async (kind) => {
    server = createStoreServer({ tokenHashes: [hashToken('secret')] });
    const { url } = kind === 'ws' ? await server.listenWebSocket() : await server.listenTcp();
    for (const store of [`${url}?token=wrong`, url]) {
      const result = await runWith(store);
      expect([errorCode(result), result.exitCode]).toEqual(['LINK_TOKEN', 5]);
      expect(result.stderr).toContain(`store '${url}`);
    }
    expect(existsSync(folder.path('out.bin'))).toBe(false);
  });

  it.each(['ws', 'tcp'])('says so when nobody is there (%s)', async (kind) => {
    const gone = createStoreServer();
    const { url } = kind === 'ws' ? await gone.listenWebSocket() : await gone.listenTcp();
    await gone.close();
    const result = await runWith(url);
    expect(result.exitCode).toBe(5);
    expect(errorCode(result)).toMatch(/^(LINK_|RUN_STORE)/);
    expect(folder.contents()).toEqual([]);
  });

  it.each(['ws', 'tcp'])(
    'that dies in the middle ends the run with an error and no output (%s)',
    async (kind) => {
      const dying = createStoreServer({ onSession: () => setImmediate(watch) });
      const watch = (): void => {
        if (dying.stats().bytesWritten > 0) void dying.close();
        else setImmediate(watch);
      };
      const { url } = kind === 'ws' ? await dying.listenWebSocket() : await dying.listenTcp();
      const inputs = Array.from({ length: 40 }, () => INPUT);
      const result = await cli([
        ...['run', ...BY_LAYERS, ...SPILLING, '--store', url, '--link-timeout', '20'],
        ...['-i', ...inputs, '-o', folder.path('out'), '--json'],
      ]);
      expect(result.exitCode).toBe(5);
      expect(errorCode(result)).toMatch(/^LINK_/);
      expect(folder.contents()).toEqual([]);
    },
  );

  it.each(['tape', 'file:', 'ws://', 'tcp://host', 'http://x:1'])('is not understood: %s', async (store) => {
    const result = await runWith(store);
    expect([errorCode(result), result.exitCode]).toEqual(['CLI_BAD_STORE', 2]);
  });
});

describe('Ctrl-C in a run', () => {
  it('kills the runtime, removes what was begun, and exits with 130', async () => {
    let interrupt: () => void = () => undefined;
    server = createStoreServer({ onSession: () => interrupt() });
    const { url } = await server.listenWebSocket();
    const inputs = Array.from({ length: 40 }, () => INPUT);
    const result = await cli(
      ['run', ...BY_LAYERS, ...SPILLING, '--store', url, '-i', ...inputs, '-o', folder.path('out'), '--json'],
      { onInterruptible: (given) => void (interrupt = given) },
    );
    expect([errorCode(result), result.exitCode]).toEqual(['CLI_INTERRUPTED', 130]);
    expect(folder.contents()).toEqual([]);
  });
});

describe('SIGTERM in a run', () => {
  it('exits with 143', async () => {
    let interrupt: (exitCode?: number) => void = () => undefined;
    server = createStoreServer({ onSession: () => interrupt(143) });
    const { url } = await server.listenWebSocket();
    const inputs = Array.from({ length: 40 }, () => INPUT);
    const result = await cli(['run', ...BY_LAYERS, ...SPILLING, '--store', url, '-i', ...inputs, '--json'], {
      onInterruptible: (given) => void (interrupt = given),
    });
    expect([errorCode(result), result.exitCode]).toEqual(['CLI_INTERRUPTED', 143]);
  });
});

describe('inputs that do not fit', () => {
  const run = (...inputs: string[]) =>
    cli(['run', ...BY_LAYERS, '-i', ...inputs, '-o', folder.path('out'), '--json']);
  const refused = async (code: string, exitCode: number, ...inputs: string[]): Promise<void> => {
    const before = folder.contents();
    const result = await run(...inputs);
    expect([errorCode(result), result.exitCode]).toEqual([code, exitCode]);
    expect(folder.contents()).toEqual(before);
  };

  it('have another size, type or shape', async () => {
    writeFileSync(folder.path('short.bin'), readFileSync(INPUT).subarray(1));
    await refused('INPUT_SIZE', 3, folder.path('short.bin'));
    const bytes = readFileSync(INPUT);
    writeFileSync(folder.path('int8.npy'), writeNpy({ type: 'int8', shape: [96, 96, 3], bytes }));
    await refused('INPUT_TYPE', 3, folder.path('int8.npy'));
    writeFileSync(folder.path('flat.npy'), writeNpy({ type: 'uint8', shape: [96 * 96 * 3], bytes }));
    await refused('INPUT_TYPE', 3, folder.path('flat.npy'));
    writeFileSync(folder.path('cut.npy'), readFileSync(folder.path('flat.npy')).subarray(0, 500));
    await refused('NPY_MALFORMED', 3, folder.path('cut.npy'));
  });

  it('are no pictures, or damaged ones', async () => {
    writeFileSync(folder.path('text.png'), 'not a picture');
    await refused('PICTURE_UNREADABLE', 3, folder.path('text.png'));
    writeFileSync(folder.path('cut.png'), readFileSync(PICTURE).subarray(0, 2000));
    await refused('PICTURE_UNREADABLE', 3, folder.path('cut.png'));
    writeFileSync(folder.path('a.gif'), 'GIF89a and so on');
    await refused('PICTURE_UNREADABLE', 3, folder.path('a.gif'));
    await refused('CLI_FILE_UNREADABLE', 3, folder.path('missing.png'));
    await refused('CLI_FILE_UNREADABLE', 3, folder.path('.'));
  });

  it('have too many pixels', async () => {
    const huge = sharp({ create: { width: 9000, height: 9000, channels: 3, background: '#000' } });
    await huge.png({ compressionLevel: 1 }).toFile(folder.path('huge.png'));
    await refused('PICTURE_TOO_LARGE', 3, folder.path('huge.png'));
  });

  it('belong to an output that holds only one', async () => {
    copyFileSync(INPUT, folder.path('a.bin'));
    const result = await cli([
      'run',
      ...BY_LAYERS,
      '-i',
      INPUT,
      INPUT,
      '-o',
      folder.path('mask.png'),
      '--json',
    ]);
    expect([errorCode(result), result.exitCode]).toEqual(['CLI_USAGE', 2]);
  });

  it('are taken in grey, with transparency, as JPEG and in every size', async () => {
    await sharp(PICTURE).greyscale().toFile(folder.path('grey.png'));
    await sharp(PICTURE).ensureAlpha(0.5).toFile(folder.path('alpha.png'));
    await sharp(PICTURE).resize(33, 700, { fit: 'fill' }).jpeg().toFile(folder.path('odd.jpg'));
    await sharp(PICTURE).png({ palette: true }).toFile(folder.path('palette.png'));
    const files = ['grey.png', 'alpha.png', 'odd.jpg', 'palette.png'].map((name) => folder.path(name));
    expect((await run(...files)).exitCode).toBe(0);
  });
});

describe('a machine without room for temporary files', () => {
  it('is told to name another folder', async () => {
    const env = { TMPDIR: folder.path('none') };
    const result = await cli(['run', ...BY_LAYERS, '-i', INPUT, '--json'], { env });
    expect([errorCode(result), result.exitCode]).toEqual(['CLI_OUTPUT_UNWRITABLE', 2]);
    expect(result.stderr).toContain('TMPDIR');
  });
});

describe('a machine without the C runtime', () => {
  it('is told how to build it', async () => {
    const result = await cli(['run', ...BY_LAYERS, '-i', INPUT, '--json'], {
      env: { TINYSEG_HOST_PROGRAM: folder.path('none') },
    });
    expect([errorCode(result), result.exitCode]).toEqual(['HOST_PROGRAM_MISSING', 2]);
  });

  it('or has something else in its place', async () => {
    const result = await cli(['run', ...BY_LAYERS, '-i', INPUT, '--json'], {
      env: { TINYSEG_HOST_PROGRAM: '/bin/true' },
    });
    expect([errorCode(result), result.exitCode]).toEqual(['HOST_PROGRAM_FAILED', 1]);
  });
});
