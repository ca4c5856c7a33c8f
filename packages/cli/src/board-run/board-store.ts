// SPDX-License-Identifier: Apache-2.0
// Where spilled rows go when a plan runs on an emulated board: the board's own stores, files, or the serial line.
import type { Board } from '@tinyseg/boards';
import { StoreKind, type Plan } from '@tinyseg/compiler';
import type { StoreBinding } from '@tinyseg/emulator';
import { cliError } from '../error-codes.js';
import { bindStores, type NamedStore } from '../host-run/bind-stores.js';
import {
  compilerStoreKind,
  parseStoreChoice,
  storeName,
  type StoreChoice,
} from '../host-run/store-choice.js';

/** One store, as it was named. */
export interface BoardStoreChoice extends NamedStore {
  readonly binding: StoreBinding;
  /** What is at the other end of the serial line, where one is needed. */
  readonly line?: StoreChoice;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Kinds that firmware for emulated boards has drivers for. */
const OWN_KINDS: Readonly<Record<string, StoreBinding>> = { ram: 'board', flash: 'board', file: 'file' };
const OWN_SERVER: StoreChoice = { kind: 'serial' };

/**
 * The stores that were named or, where none was, the board's first.
 *
 * @param texts one for each store
 * @throws TinysegError `CLI_BAD_STORE`
 */
export function chooseBoardStores(
  board: Board,
  texts: readonly string[] | undefined,
  env: Env,
): readonly BoardStoreChoice[] {
  if (texts === undefined) return [firstOwnStore(board)];
  return texts.map((text) => chooseBoardStore(board, text, env));
}

/**
 * A store for each store of the plan.
 *
 * @param named undefined for a plan that was given when nothing was said: then they are of the kinds that it names
 * @throws TinysegError `RUN_STORES`; `CLI_BAD_STORE` when the serial line would have to serve several
 */
export function bindBoardStores(
  board: Board,
  plan: Plan,
  named: readonly BoardStoreChoice[] | undefined,
  isCompiled: boolean,
): readonly BoardStoreChoice[] {
  const bound = named === undefined ? storesOfPlan(plan) : bindStores(plan, named, isCompiled);
  const [first, second] = bound.filter(({ line }) => line !== undefined);
  if (first === undefined || second === undefined) return bound;
  throw badStore(board, second.name, `its one serial line already leads to ${first.name}`);
}

function chooseBoardStore(board: Board, text: string, env: Env): BoardStoreChoice {
  const binding = OWN_KINDS[text];
  if (binding !== undefined) {
    if (board.stores.some(({ kind }) => kind === text)) return { kind: text, binding, name: text };
    throw badStore(board, text, `it has no store of kind ${text}`);
  }
  const line = parseStoreChoice(text, env);
  if (line.kind === 'serial' || line.kind === 'websocket') return overLine(line);
  throw badStore(board, text, 'a board can not reach it');
}

/** The first of the board's stores that needs nothing beside the emulator. */
function firstOwnStore(board: Board): BoardStoreChoice {
  for (const { kind } of board.stores) {
    const binding = OWN_KINDS[kind];
    if (binding !== undefined) return { kind, binding, name: kind };
  }
  return overLine(OWN_SERVER);
}

function overLine(line: StoreChoice): BoardStoreChoice {
  return { kind: compilerStoreKind(line), binding: 'serial', line, name: storeName(line) };
}

function storesOfPlan(plan: Plan): readonly BoardStoreChoice[] {
  const names = new Map<number, string>(Object.entries(StoreKind).map(([name, kind]) => [kind, name]));
  return plan.stores.map(({ kind }) => {
    if (kind === StoreKind.remote) return overLine(OWN_SERVER);
    const name = names.get(kind) ?? String(kind);
    return { kind: name, binding: kind === StoreKind.file ? 'file' : 'board', name };
  });
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
