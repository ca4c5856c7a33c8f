// SPDX-License-Identifier: Apache-2.0
// The command line in one piece: arguments in, exit code out.
import { Command, CommanderError } from 'commander';
import { createRequire } from 'node:module';
import type { CliHost } from './console/host.js';
import { Reporter } from './console/reporter.js';
import { addVerb, reportError, type Outcome } from './console/verb.js';
import { cliError } from './error-codes.js';
import { benchVerb } from './verbs/bench.js';
import { boardsVerb } from './verbs/boards.js';
import { compileVerb } from './verbs/compile.js';
import { completionVerb } from './verbs/completion.js';
import { curveVerb } from './verbs/curve.js';
import { doctorVerb } from './verbs/doctor.js';
import { inspectVerb } from './verbs/inspect.js';
import { optimizeVerb } from './verbs/optimize.js';
import { placeVerb } from './verbs/place.js';
import { runVerb } from './verbs/run.js';
import { storeServeVerb } from './verbs/store-serve.js';
import { verifyVerb } from './verbs/verify.js';

/**
 * Runs one command line.
 *
 * @param args without node and script
 * @returns the exit code; nothing is thrown
 */
export async function runCli(args: readonly string[], host: CliHost): Promise<number> {
  const outcome: Outcome = { exitCode: 0 };
  const program = buildProgram(host, outcome);
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const json = args.includes('--json');
    const reporter = new Reporter(host, { json, quiet: false });
    return reportError(reporter, args[0] ?? '', usageError(error, helpOf(program, args)), host);
  }
  return outcome.exitCode;
}

/** All verbs; used for completion and the reference too. */
export function buildProgram(host: CliHost, outcome: Outcome): Command {
  const program = new Command('tinyseg')
    .description(
      'Runs int8 segmentation models on microcontrollers whose RAM they do not fit, byte for byte.',
    )
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [verb]', 'show the help of a verb')
    .exitOverride()
    .showSuggestionAfterError(true)
    .configureOutput({
      writeOut: (text) => void host.stdout.write(text),
      writeErr: (text) => void host.stderr.write(text),
      outputError: () => undefined,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  addVerb(program, host, outcome, inspectVerb);
  addVerb(program, host, outcome, optimizeVerb);
  addVerb(program, host, outcome, compileVerb);
  addVerb(program, host, outcome, curveVerb);
  addVerb(program, host, outcome, verifyVerb);
  addVerb(program, host, outcome, runVerb);
  addVerb(program, host, outcome, benchVerb);
  addVerb(program, host, outcome, placeVerb);
  const store = program.command('store').summary('remote storage for spilled rows');
  addVerb(store.description('Remote storage for spilled rows.'), host, outcome, storeServeVerb);
  addVerb(program, host, outcome, boardsVerb);
  addVerb(program, host, outcome, doctorVerb);
  addVerb(
    program,
    host,
    outcome,
    completionVerb(() => program),
  );
  return program;
}

/** The command whose help has what was meant: that of the verb, as far as the words name one. */
function helpOf(program: Command, args: readonly string[]): string {
  let [command, words] = [program, program.name()];
  for (const word of args) {
    const next = command.commands.find((one) => one.name() === word);
    if (next === undefined) break;
    [command, words] = [next, `${words} ${word}`];
  }
  return `${words} --help`;
}

function usageError(error: unknown, help: string): unknown {
  if (!(error instanceof CommanderError)) return error;
  if (error.code === 'commander.help') {
    return cliError('CLI_USAGE', `Which verb? \`${help}\` lists them.`);
  }
  // A suggestion comes on a line of its own, in brackets: "(Did you mean compile?)".
  const [said = '', ...more] = error.message
    .replace(/^error: /, '')
    .trim()
    .split('\n');
  const sentences = [
    `${said.charAt(0).toUpperCase()}${said.slice(1).replace(/\.$/, '')}.`,
    ...more.map((line) => line.trim().replace(/^\((.*)\)$/, '$1')),
    `See \`${help}\`.`,
  ];
  return cliError('CLI_USAGE', sentences.join(' '));
}

function version(): string {
  const read = createRequire(import.meta.url)('@tinyseg/cli/package.json') as { version: string };
  return read.version;
}
