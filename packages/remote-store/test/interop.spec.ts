// SPDX-License-Identifier: Apache-2.0
// The C client, compiled here, against the server: over TCP, and over a pseudo terminal opened as a serial port.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { describeIf } from '@tinyseg/testing';
import { createStoreServer, hashToken, type DeviceSession, type StoreServer } from '../src/index.js';
import { buildProgram, compilerMissing, hasCompiler } from './c-programs.js';
import { startCuttingProxy } from './cutting-proxy.js';

/** A run of the program: its lines as they come, and its end. */
class Device {
  private readonly child: ChildProcessWithoutNullStreams;
  private text = '';
  private readonly waiting: (() => void)[] = [];
  private ended = false;

  constructor(program: string, args: readonly string[]) {
    this.child = spawn(program, args);
    this.child.stdout.on('data', (chunk: Buffer) => this.heard(chunk.toString()));
    this.child.stderr.on('data', (chunk: Buffer) => this.heard(chunk.toString()));
    this.child.on('close', () => {
      this.ended = true;
      this.heard('');
    });
  }

  /** The line with this number, once it is there. */
  async line(number: number): Promise<string> {
    while (this.text.split('\n').length <= number + 1 && !this.ended) {
      await new Promise<void>((resolve) => void this.waiting.push(resolve));
    }
    return this.text.split('\n')[number] ?? '';
  }

  /** What was printed last. */
  async end(): Promise<string> {
    while (!this.ended) await new Promise<void>((resolve) => void this.waiting.push(resolve));
    return this.text.trim().split('\n').at(-1) ?? '';
  }

  say(text: string): void {
    this.child.stdin.write(text);
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private heard(text: string): void {
    this.text += text;
    for (const wake of this.waiting.splice(0)) wake();
  }
}

describeIf(hasCompiler, compilerMissing.why, compilerMissing.install, 'the C client', () => {
  let program: string;
  let server: StoreServer;
  const devices: Device[] = [];

  beforeAll(() => {
    program = buildProgram('link-interop');
  }, 120_000);

  afterEach(async () => {
    for (const device of devices.splice(0)) device.kill();
    await server.close();
  });

  const start = (...args: (string | number)[]): Device => {
    const device = new Device(program, args.map(String));
    devices.push(device);
    return device;
  };

  describe('over TCP', () => {
    it.each([
      [300_000, 1024, 4, 2],
      [70_001, 4096, 4, 3],
      [40_000, 256, 1, 1],
    ])('gets back %i bytes at block size %i and window %i', async (size, block, window, turns) => {
      server = createStoreServer();
      const { port } = await server.listenTcp();
      const device = start(`127.0.0.1:${port}`, '', 'transfer', size, block, window, turns);
      expect(await device.end()).toBe('status OK repetitions 0 resumptions 0');
      expect(server.stats()).toMatchObject({
        packetsDamaged: 0,
        bytesWritten: size * turns,
        storedBytes: 0,
      });
    });

    it('is let in with the right token only', async () => {
      server = createStoreServer({ tokenHashes: [hashToken('right')] });
      const { port } = await server.listenTcp();
      expect(await start(`127.0.0.1:${port}`, 'right', 'transfer', 100, 1024, 4, 1).end()).toMatch(
        /^status OK/,
      );
      expect(await start(`127.0.0.1:${port}`, 'wrong', 'transfer', 100, 1024, 4, 1).end()).toMatch(
        /^status LINK_TOKEN/,
      );
      expect(await start(`127.0.0.1:${port}`, '', 'transfer', 100, 1024, 4, 1).end()).toMatch(
        /^status LINK_TOKEN/,
      );
    });

    it('resumes its session over new connections when a proxy cuts them again and again', async () => {
      server = createStoreServer();
      const { port } = await server.listenTcp();
      const { proxy, port: proxyPort } = await startCuttingProxy(port, (i) => 20_000 + 7_001 * i);
      const device = start(`127.0.0.1:${proxyPort}`, '', 'transfer', 300_000, 1024, 4, 1);
      expect(await device.end()).toMatch(/^status OK repetitions \d+ resumptions [1-9]/);
      expect(server.stats()).toMatchObject({ sessionsOpened: 1 });
      expect(server.stats().sessionsResumed).toBeGreaterThan(2);
      await new Promise((resolve) => proxy.close(resolve));
    });

    it('ends with a status when the server dies for good', async () => {
      server = createStoreServer();
      const { port } = await server.listenTcp();
      const device = start(`127.0.0.1:${port}`, '', 'survive', 5000);
      expect(await device.line(0)).toBe('written');
      await server.close();
      device.say('\n');
      expect(await device.end()).toMatch(/^status LINK_(CLOSED|TIMEOUT)/);
    }, 30_000);

    it('learns that its session is gone when the server was restarted', async () => {
      server = createStoreServer();
      const { port } = await server.listenTcp();
      const device = start(`127.0.0.1:${port}`, '', 'survive', 5000);
      expect(await device.line(0)).toBe('written');
      await server.close();
      server = createStoreServer();
      await server.listenTcp({ port });
      device.say('\n');
      expect(await device.end()).toMatch(/^status LINK_SESSION/);
    });

    it('takes a plan, runs inputs and gives outputs and metrics back', async () => {
      const opened: DeviceSession[] = [];
      server = createStoreServer({ onSession: (session) => void opened.push(session) });
      const { port } = await server.listenTcp();
      const device = start(`127.0.0.1:${port}`, '', 'agent');
      while (opened.length === 0) await new Promise((resolve) => setImmediate(resolve));
      const session = opened[0]!;
      expect(session.name).toBe('interop');
      expect(await session.takePlan(Uint8Array.from([0x88, 0x13, 0, 0]))).toMatchObject({ result: 0 });
      const input = Buffer.alloc(5000, 0x0f);
      for (let turn = 0; turn < 3; turn++) {
        input[turn] = 0;
        const outcome = await session.run([input], turn === 2);
        expect(outcome.result).toBe(0);
        expect(
          outcome.outputs.map((output) => Buffer.from(output).equals(input.map((byte) => byte ^ 0xff))),
        ).toEqual([true]);
        expect(Buffer.from(outcome.metrics).toString()).toBe(turn === 2 ? '{}' : '');
      }
      expect(await session.takePlan(Uint8Array.from([1]))).toMatchObject({
        result: 1,
        detail: 0xffffffff - 11,
      });
      expect(await session.restart()).toMatchObject({ result: 0 });
      expect(await device.end()).toMatch(/^status OK/);
      expect(session.chargedBytes).toBe(0);
    });
  });

  describe('over a pseudo terminal', () => {
    it.each([
      [100_000, 1024, 4, 2],
      [30_000, 4096, 1, 2],
    ])('gets back %i bytes at block size %i and window %i', async (size, block, window, turns) => {
      server = createStoreServer();
      const device = start('serial', '', 'transfer', size, block, window, turns);
      const attachment = await server.attachSerial({ path: await device.line(0) });
      expect(await device.end()).toMatch(/^status OK/);
      await attachment.closed;
      expect(server.stats()).toMatchObject({ packetsDamaged: 0, sessionsOpened: 1, connectionsOpen: 0 });
    });

    it('resumes when the server lets the port go and takes it again', async () => {
      server = createStoreServer();
      const device = start('serial', '', 'survive', 20_000);
      const portPath = await device.line(0);
      const first = await server.attachSerial({ path: portPath });
      expect(await device.line(1)).toBe('written');
      await first.close();
      device.say('\n');
      await server.attachSerial({ path: portPath });
      expect(await device.end()).toMatch(/^status OK/);
      expect(server.stats().sessionsOpened).toBe(1);
    });

    it('ends with a status when the server goes away', async () => {
      server = createStoreServer();
      const device = start('serial', '', 'survive', 20_000);
      await server.attachSerial({ path: await device.line(0) });
      expect(await device.line(1)).toBe('written');
      await server.close();
      device.say('\n');
      expect(await device.end()).toMatch(/^status LINK_(CLOSED|TIMEOUT)/);
    }, 60_000);

    it('is asked for a token where the server is told so', async () => {
      server = createStoreServer({ tokenHashes: [hashToken('right')] });
      const device = start('serial', 'wrong', 'transfer', 100, 1024, 4, 1);
      await server.attachSerial({ path: await device.line(0), tokenNeeded: true });
      expect(await device.end()).toMatch(/^status LINK_TOKEN/);
    });
  });
});
