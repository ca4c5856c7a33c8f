// SPDX-License-Identifier: Apache-2.0
// The JSON that the host program prints, checked; and what its failures mean for the user.
import { causeOf, TinysegError } from '@tinyseg/errors';
import '@tinyseg/link';
import { z } from 'zod';
import { cliError, type CliErrorCode } from '../error-codes.js';
import { compilerStoreKind, storeName, type StoreChoice } from './store-choice.js';

const storeSchema = z.looseObject({
  index: z.int(),
  kind: z.int(),
  store: z.string().optional(),
  memoryBytes: z.int(),
  rawBytesWritten: z.int().default(0),
  deviceBytesWritten: z.int().default(0),
  rawBytesRead: z.int().default(0),
  deviceBytesRead: z.int().default(0),
  blocksWritten: z.int().default(0),
  blocksRead: z.int().default(0),
  retries: z.int().default(0),
  link: z
    .looseObject({ requests: z.int(), repetitions: z.int(), resumptions: z.int(), damaged: z.int() })
    .optional(),
});

const operatorSchema = z.looseObject({
  index: z.int(),
  source: z.int(),
  kind: z.int(),
  variant: z.int(),
  calls: z.int(),
});

const successSchema = z.looseObject({
  tinysegHost: z.literal(1),
  ok: z.literal(true),
  arenaBytes: z.int(),
  contextBytes: z.int(),
  storeMemoryBytes: z.int(),
  samples: z.int(),
  arenaHighWaterBytes: z.int(),
  stackHighWaterBytes: z.int(),
  elapsedMs: z.number(),
  outputBytes: z.int(),
  stores: z.array(storeSchema),
  operators: z.array(operatorSchema),
});

const failureSchema = z.looseObject({
  tinysegHost: z.literal(1),
  ok: z.literal(false),
  status: z.string(),
  stage: z.string(),
  message: z.string(),
  position: z.int().optional(),
  exitCode: z.int(),
});

const reportSchema = z.discriminatedUnion('ok', [successSchema, failureSchema]);

/** What a run on this computer measured; sizes in bytes, counters of all samples together. */
export type HostReport = z.infer<typeof successSchema>;
export type HostFailure = z.infer<typeof failureSchema>;

/** @throws TinysegError `HOST_PROGRAM_FAILED` when the text is no report */
export function parseHostReport(stdout: string, stderr: string, exit: string): HostReport | HostFailure {
  try {
    return reportSchema.parse(JSON.parse(stdout));
  } catch (error) {
    const said = stderr.trim().split('\n').at(-1) ?? '';
    throw cliError(
      'HOST_PROGRAM_FAILED',
      `The C runtime ended (${exit}) without its report${said === '' ? '' : `: ${said}`}. ` +
        'Build it again with `npm run build`; if that does not help, please report this.',
      { exit, stderr: stderr.slice(-2000) },
      error,
    );
  }
}

const CODE_BY_EXIT: Readonly<Record<number, CliErrorCode>> = {
  2: 'CLI_OUTPUT_UNWRITABLE',
  3: 'RUN_PLAN_REFUSED',
  4: 'RUN_NO_ROOM',
  5: 'RUN_STORE',
};

const KEEP_THE_STORE = 'Check that the store runs (tinyseg store serve), then run again.';
const REPORT_IT = 'This is a defect; please report it.';

/** What the user can do about each. */
const NEXT_STEP: Readonly<Record<string, string>> = {
  LINK_TOKEN: 'Give the right token: --store "ws://host:port?token=..." or TINYSEG_STORE_TOKEN.',
  LINK_TIMEOUT: KEEP_THE_STORE,
  LINK_CLOSED: KEEP_THE_STORE,
  LINK_SESSION_LOST: 'Run again; keep the store running meanwhile.',
  CLI_USAGE: 'See `tinyseg run --help`.',
  CLI_OUTPUT_UNWRITABLE: 'Make room in the folder for temporary files, or name another one with TMPDIR.',
  RUN_PLAN_REFUSED: 'Compile the model again with this version of tinyseg.',
  RUN_NO_ROOM: 'Compile with a smaller --ram, or close other programs.',
  RUN_STORE: 'Check that the store of --store can be reached and has room, then run again.',
  RUN_FAULT: REPORT_IT,
};

/**
 * The error for a run that failed; where the runtime's status is a code of the link, that code.
 *
 * @param stores as the user named them: the runtime knows only its own end of a bridge
 */
export function hostFailureError(failure: HostFailure, stores: readonly StoreChoice[] = []): TinysegError {
  const { status, stage, position, exitCode } = failure;
  const remote = stores.filter((store) => compilerStoreKind(store) === 'remote').map(storeName);
  const said =
    remote.length === 0
      ? failure.message
      : failure.message.replace(/^store '(serial|tcp:[^']*)'/, `store '${remote.join("' or '")}'`);
  const message = said.replace(/\.$/, '');
  const data = { status, stage, ...(position === undefined ? {} : { position }) };
  const code =
    status === 'ARGUMENT' ? 'CLI_USAGE' : (linkCodeOf(status) ?? CODE_BY_EXIT[exitCode] ?? 'RUN_FAULT');
  const next = NEXT_STEP[code] ?? (code.startsWith('LINK_') ? KEEP_THE_STORE : REPORT_IT);
  const place = stage === 'run' ? `, at program word ${position ?? 0}` : '';
  return new TinysegError(code, `The C runtime reports ${status}${place}: ${message}. ${next}`, { data });
}

/** LINK_TOKEN is one of the link's codes; LINK_SESSION is what it calls LINK_SESSION_LOST. */
function linkCodeOf(status: string): string | undefined {
  if (!status.startsWith('LINK_')) return undefined;
  return [status, `${status}_LOST`].find((code) => causeOf(code) !== 'internal');
}
