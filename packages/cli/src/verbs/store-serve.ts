// SPDX-License-Identifier: Apache-2.0
// `tinyseg store serve`: storage for spilled rows over serial ports, WebSocket and TCP, until Ctrl-C.
import type { ListenOptions, StoreServer } from '@tinyseg/remote-store';
import { formatCount, parseSize } from '../console/sizes.js';
import type { Verb, VerbTools } from '../console/verb.js';
import { cliError } from '../error-codes.js';
import { readUserFile } from '../files/read-file.js';

interface Flags {
  readonly ws?: string | true;
  readonly tcp?: string | true;
  readonly serial?: readonly string[];
  readonly baud?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly insecureNetwork?: boolean;
  readonly quota?: string;
}

const DEFAULT_ADDRESS = '127.0.0.1:7330';
const RETRY_MS = 1000;

export const storeServeVerb: Verb<Flags> = {
  name: 'serve',
  summary: 'store spilled rows for devices, over serial, WebSocket and TCP',
  description:
    'Keeps spilled rows for devices (and for `tinyseg run --store`) until Ctrl-C. Without --ws, --tcp or --serial it ' +
    `listens for WebSockets on ${DEFAULT_ADDRESS}. Outside of this computer a token and TLS are required. Ctrl-C, ` +
    'SIGTERM and SIGHUP are how it is meant to end: it closes its sessions and exits with 0, where other verbs that are ' +
    'interrupted exit with 128 and the number of the signal.',
  examples: [
    'tinyseg store serve',
    'tinyseg store serve --serial /dev/ttyACM0',
    'tinyseg store serve --ws 127.0.0.1:0 --tcp --json',
    'tinyseg store serve --ws 0.0.0.0:7330 --token-file token.txt --tls-cert cert.pem --tls-key key.pem',
  ],
  options: (command) => {
    command
      .option(
        '--ws [host:port]',
        `listen for WebSockets (default: ${DEFAULT_ADDRESS}; port 0 takes a free one)`,
      )
      .option('--tcp [host:port]', 'listen for TCP (default: 127.0.0.1 and a free port)')
      .option(
        '--serial <port...>',
        'serve the devices at these serial ports; one that goes away is waited for',
      )
      .option('--baud <rate>', 'rate of the serial ports (default: 115200)')
      .option(
        '--token <text>',
        'token that network devices must present (better: --token-file or TINYSEG_STORE_TOKEN)',
      )
      .option('--token-file <file>', 'the same, from the first line of a file')
      .option('--tls-cert <file>', 'certificate chain, PEM')
      .option('--tls-key <file>', 'its key, PEM')
      .option('--insecure-network', 'allow a network without TLS: tokens and tensors travel readable')
      .option('--quota <size>', 'most bytes that one device may store (default: 64M)');
  },
  run: async (_operands, flags, tools) => {
    const { createStoreServer, hashToken } = await import('@tinyseg/remote-store');
    const { reporter, host } = tools;
    const token = tokenOf(flags, host.env);
    const server = createStoreServer({
      ...(token === undefined ? {} : { tokenHashes: [hashToken(token)] }),
      ...(flags.quota === undefined ? {} : { sessionQuotaBytes: parseSize(flags.quota, '--quota') }),
      onSession: ({ name, id }) =>
        reporter.note(`device ${name === '' ? '(nameless)' : name} opened session ${id}`),
    });
    let interrupt: () => void = () => undefined;
    const interrupted = new Promise<void>((resolve) => void (interrupt = resolve));
    const stopListening = host.onInterrupt(() => interrupt());
    try {
      const listening = await listen(server, flags);
      const ports = await Promise.all(
        (flags.serial ?? []).map((path) => serveSerial(server, path, flags, tools)),
      );
      tools.emit({
        document: { listening, serial: flags.serial ?? [], tokenNeeded: token !== undefined },
        text: [...listening, ...(flags.serial ?? [])].map((where) => `serving ${where}`).join('\n'),
      });
      reporter.note('Ctrl-C ends it.');
      await interrupted;
      for (const port of ports) port.stop();
      const { sessionsOpened, bytesWritten, bytesRead } = server.stats();
      reporter.note(
        `served ${sessionsOpened} sessions, ${formatCount(bytesWritten)} B written, ${formatCount(bytesRead)} B read`,
      );
      return undefined;
    } finally {
      stopListening();
      await server.close();
    }
  },
};

async function listen(server: StoreServer, flags: Flags): Promise<string[]> {
  const urls: string[] = [];
  const nothing = flags.ws === undefined && flags.tcp === undefined && flags.serial === undefined;
  const common = { ...tlsOf(flags), ...(flags.insecureNetwork ? { insecureNetwork: true } : {}) };
  if (flags.ws !== undefined || nothing) {
    const where = typeof flags.ws === 'string' ? flags.ws : DEFAULT_ADDRESS;
    urls.push((await server.listenWebSocket({ ...parseAddress(where), ...common })).url);
  }
  if (flags.tcp !== undefined) {
    const where = typeof flags.tcp === 'string' ? flags.tcp : '127.0.0.1:0';
    urls.push((await server.listenTcp({ ...parseAddress(where), ...common })).url);
  }
  return urls;
}

/** "host:port", "[::1]:port" or "port". */
function parseAddress(text: string): { host: string; port: number } {
  const match = /^(?:(\[[^\]]+\]|[^:[\]]+):)?(\d{1,5})$/.exec(text);
  if (match === null) throw cliError('CLI_USAGE', `"${text}" is no address to listen on. Write HOST:PORT.`);
  return { host: (match[1] ?? '127.0.0.1').replace(/^\[|\]$/g, ''), port: Number(match[2]) };
}

/** Serves a port, and waits for it to come back when it goes. Only the first opening may fail. */
async function serveSerial(
  server: StoreServer,
  path: string,
  { baud }: Flags,
  { reporter }: VerbTools,
): Promise<{ stop(): void }> {
  const baudRate = baud === undefined ? undefined : Number(baud);
  if (baudRate !== undefined && !(Number.isInteger(baudRate) && baudRate > 0)) {
    throw cliError('CLI_USAGE', `--baud "${baud}" is no rate. Write a whole number, such as 115200.`);
  }
  const options = { path, ...(baudRate === undefined ? {} : { baudRate }) };
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const watch = (closed: Promise<void>): void => {
    void closed.then(() => {
      if (stopped) return;
      reporter.note(`${path} is gone; waiting for it`);
      again();
    });
  };
  const again = (): void => {
    timer = setTimeout(() => {
      server.attachSerial(options).then(
        (attachment) => {
          if (stopped) return void attachment.close();
          reporter.note(`${path} is back`);
          watch(attachment.closed);
        },
        () => {
          if (!stopped) again();
        },
      );
    }, RETRY_MS);
  };
  watch((await server.attachSerial(options)).closed);
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

function tokenOf(flags: Flags, env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (flags.token !== undefined && flags.tokenFile !== undefined) {
    throw cliError('CLI_BAD_TOKEN', 'Give --token or --token-file, not both.');
  }
  const fromFile = flags.tokenFile === undefined ? undefined : firstLine(flags.tokenFile);
  const token = flags.token ?? fromFile ?? env['TINYSEG_STORE_TOKEN'];
  return token === '' ? undefined : token;
}

function firstLine(file: string): string {
  const line = new TextDecoder().decode(readUserFile(file, 'The token file')).split(/\r?\n/)[0] ?? '';
  if (line === '')
    throw cliError('CLI_BAD_TOKEN', `The first line of "${file}" is empty; the token belongs there.`);
  return line;
}

function tlsOf({ tlsCert, tlsKey }: Flags): Pick<ListenOptions, 'tls'> {
  if (tlsCert === undefined && tlsKey === undefined) return {};
  if (tlsCert === undefined || tlsKey === undefined) {
    throw cliError('CLI_USAGE', 'TLS needs both --tls-cert and --tls-key.');
  }
  const read = (file: string): Buffer => Buffer.from(readUserFile(file, 'The PEM file'));
  return { tls: { cert: read(tlsCert), key: read(tlsKey) } };
}
