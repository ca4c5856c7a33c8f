// SPDX-License-Identifier: Apache-2.0
// Where spilled rows go when a plan runs on an emulated board: the board's own store, a file, or the serial line.
import type { Board } from '@tinyseg/boards';
import { StoreKind, type Plan } from '@tinyseg/compiler';
import type { StoreBinding } from '@tinyseg/emulator';
import { cliError } from '../error-codes.js';
import {
  compilerStoreKind,
  parseStoreChoice,
  storeName,
  type StoreChoice,
} from '../host-run/store-choice.js';

export interface BoardStoreChoice {
  /** What a model is compiled for. */
  readonly kind: string;
  /** For each store of the plan; the last one serves the rest. */
  readonly bindings: readonly StoreBinding[];
  /** What is at the other end of the serial line, where one is needed. */
  readonly line?: StoreChoice;
  /** As the user would write it. */
  readonly name: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Kinds that firmware for emulated boards has drivers for. */
const OWN_KINDS: Readonly<Record<string, StoreBinding>> = { ram: 'board', flash: 'board', file: 'file' };
const OWN_SERVER: StoreChoice = { kind: 'serial' };

/**
 * @param text the --store option, if there is one
 * @param plan a plan that was given: unless `text` says otherwise its stores are of the kinds that it names
 * @throws TinysegError `CLI_BAD_STORE`
 */
export function chooseBoardStore(
  board: Board,
  text: string | undefined,
  env: Env,
  plan?: Plan,
): BoardStoreChoice {
  if (text === undefined) return plan ? storesOfPlan(plan) : firstOwnStore(board);
  const binding = OWN_KINDS[text];
  if (binding !== undefined) {
    if (board.stores.some(({ kind }) => kind === text))
      return { kind: text, bindings: [binding], name: text };
    throw badStore(board, text, `it has no store of kind ${text}`);
  }
  const line = parseStoreChoice(text, env);
  if (line.kind === 'serial' || line.kind === 'websocket') {
    return { kind: compilerStoreKind(line), bindings: ['serial'], line, name: storeName(line) };
  }
  throw badStore(board, text, 'a board can not reach it');
}

/** The first of the board's stores that needs nothing beside the emulator. */
function firstOwnStore(board: Board): BoardStoreChoice {
  for (const { kind } of board.stores) {
    const binding = OWN_KINDS[kind];
    if (binding !== undefined) return { kind, bindings: [binding], name: kind };
  }
  return { kind: 'remote', bindings: ['serial'], line: OWN_SERVER, name: storeName(OWN_SERVER) };
}

function storesOfPlan(plan: Plan): BoardStoreChoice {
  const kinds = new Map<number, StoreBinding>([
    [StoreKind.file, 'file'],
    [StoreKind.remote, 'serial'],
  ]);
  const bindings = plan.stores.map(({ kind }) => kinds.get(kind) ?? 'board');
  const needsLine = bindings.includes('serial');
  return {
    kind: 'file',
    bindings,
    ...(needsLine ? { line: OWN_SERVER } : {}),
    name: bindings.length === 0 ? 'none' : 'as planned',
  };
}

function badStore(board: Board, text: string, why: string): Error {
  const own = board.stores.map(({ kind }) => kind).filter((kind) => kind in OWN_KINDS);
  return cliError(
    'CLI_BAD_STORE',
    `Store "${text.replace(/token=[^&]*/, 'token=...')}" is none for ${board.name}: ${why}. Write ${own.join(', ')}, serial, ` +
      'serial:PORT or ws://HOST:PORT.',
    { board: board.name },
  );
}
