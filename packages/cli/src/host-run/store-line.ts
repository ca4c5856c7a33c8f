// SPDX-License-Identifier: Apache-2.0
// The other end of the host program's store: arguments and environment for it, and what we run ourselves meanwhile.
import { assertNever } from '@tinyseg/errors';
import { connectWebSocket, openSerial, type LinkTransport } from '@tinyseg/link';
import { createStoreServer, openBridge, type Bridge } from '@tinyseg/remote-store';
import { cliError } from '../error-codes.js';
import type { StoreChoice } from './store-choice.js';

/** What one run needs beside the program. */
export interface StoreLine {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** To be called with the path of the program's pseudo terminal. Rejects when the store is lost for good. */
  readonly onSerial: (path: string) => Promise<void>;
  close(): Promise<void>;
}

const NOTHING: Pick<StoreLine, 'env' | 'onSerial' | 'close'> = {
  env: {},
  onSerial: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

/** @throws TinysegError `LINK_UNREACHABLE` and others when the store can not be reached */
export async function openStoreLine(choice: StoreChoice): Promise<StoreLine> {
  switch (choice.kind) {
    case 'ram':
      return { ...NOTHING, args: ['--store', 'ram'] };
    case 'file':
      return { ...NOTHING, args: ['--store', `file:${choice.path}`] };
    case 'tcp':
      return {
        ...NOTHING,
        args: ['--store', `tcp:${choice.host}:${choice.port}`],
        env: tokenEnv(choice.token),
      };
    case 'serial':
      if (choice.port === undefined) return ownServer();
      return bridged(() => openSerial({ path: choice.port as string }), {});
    case 'websocket':
      return bridged(() => connectWebSocket(choice.url), tokenEnv(choice.token));
    default:
      return assertNever(choice, 'openStoreLine');
  }
}

/**
 * The lines of several stores as one, opened in their order: the program asks for its pseudo terminals in it, too.
 *
 * @throws TinysegError `RUN_STORES` when two stores want different tokens, and as `openStoreLine`
 */
export async function openStoreLines(choices: readonly StoreChoice[]): Promise<StoreLine> {
  const tokens = choices.flatMap((choice) => ('token' in choice ? [choice.token] : []));
  if (new Set(tokens).size > 1) {
    throw cliError(
      'RUN_STORES',
      'The stores of one run must take the same token. Start them with the same one.',
    );
  }
  const lines: StoreLine[] = [];
  const closeAll = async (): Promise<void> => {
    await Promise.all(lines.map((line) => line.close()));
  };
  try {
    for (const choice of choices) lines.push(await openStoreLine(choice));
  } catch (error) {
    await closeAll();
    throw error;
  }
  const serial = lines.filter(({ args }) => args.includes('serial'));
  let next = 0;
  return {
    args: lines.flatMap(({ args }) => args),
    env: Object.assign({}, ...lines.map(({ env }) => env)) as Record<string, string>,
    onSerial: async (path) => serial[next++]?.onSerial(path),
    close: closeAll,
  };
}

/** A store server in this process, on the serial line to the program. */
function ownServer(): StoreLine {
  const server = createStoreServer();
  return {
    args: ['--store', 'serial'],
    env: {},
    onSerial: async (path) => {
      await server.attachSerial({ path });
    },
    close: () => server.close(),
  };
}

/** The program's serial line joined to a store elsewhere; its address is tried at once. */
async function bridged(
  connect: () => Promise<LinkTransport>,
  env: Record<string, string>,
): Promise<StoreLine> {
  let first: LinkTransport | undefined = await connect();
  let bridge: Bridge | undefined;
  const store = async (): Promise<LinkTransport> => {
    const made = first ?? (await connect());
    first = undefined;
    return made;
  };
  return {
    args: ['--store', 'serial'],
    env,
    onSerial: async (path) => {
      bridge = await openBridge({ device: () => openSerial({ path }), store });
      const lost = await bridge.ended;
      if (lost) throw lost;
    },
    close: async () => {
      await bridge?.close();
      await first?.close();
    },
  };
}

function tokenEnv(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { TINYSEG_STORE_TOKEN: token };
}
