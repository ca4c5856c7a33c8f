// SPDX-License-Identifier: Apache-2.0
// The store engine in C, on its remote block device, spills to the server over TCP and fetches back.
import { spawn } from 'node:child_process';
import type net from 'node:net';
import { describeIf } from '@tinyseg/testing';
import { createStoreServer, type StoreServer } from '../src/index.js';
import { buildProgram, compilerMissing, hasCompiler } from './c-programs.js';
import { startCuttingProxy } from './cutting-proxy.js';

function run(program: string, ...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args);
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.on('error', reject).on('close', () => resolve(text.trim()));
  });
}

describeIf(hasCompiler, compilerMissing.why, compilerMissing.install, 'the C store engine', () => {
  let program: string;
  let server: StoreServer;
  let proxy: net.Server | undefined;

  beforeAll(() => {
    program = buildProgram('block-remote');
  }, 120_000);

  beforeEach(() => {
    server = createStoreServer();
  });

  afterEach(async () => {
    proxy?.close();
    proxy = undefined;
    await server.close();
  });
  it('gets every block back in many inferences, and leaves nothing behind', async () => {
    const { port } = await server.listenTcp();
    expect(await run(program, `127.0.0.1:${port}`, '20')).toBe('status OK wrong 0 trims-left 0');
    expect(server.stats()).toMatchObject({ storedBytes: 0, packetsDamaged: 0 });
  });

  it('gets every block back while its connection is cut again and again', async () => {
    const { port } = await server.listenTcp();
    const cutting = await startCuttingProxy(port, (i) => 30_000 + 9_001 * i);
    proxy = cutting.proxy;
    expect(await run(program, `127.0.0.1:${cutting.port}`, '6')).toBe('status OK wrong 0 trims-left 0');
    expect(server.stats().sessionsResumed).toBeGreaterThan(2);
  });
});
