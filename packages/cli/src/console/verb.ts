// SPDX-License-Identifier: Apache-2.0
// The frame of every verb: shared options, help with examples, one result, errors to messages and exit codes.
import { wrapUnknown } from '@tinyseg/errors';
import { type Command } from 'commander';
import { cliError } from '../error-codes.js';
import { isStdout } from '../files/output-file.js';
import type { CliHost } from './host.js';
import { exitCodeFor, interruptible } from './interrupt.js';
import { Reporter } from './reporter.js';

/** What a verb answers: a document for --json and the same for readers. */
export interface VerbResult {
  readonly document: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** Printed as an error after the result, and sets the exit code: a result that is a failure. */
  readonly failure?: { readonly code: string; readonly message: string; readonly exitCode: number };
}

/** What a verb works with beside its arguments. */
export interface VerbTools {
  readonly host: CliHost;
  readonly reporter: Reporter;
  /** Runs work that Ctrl-C ends in good order. */
  interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Prints the result now; for verbs that go on after they have one. */
  emit(result: VerbResult): void;
}

export interface Verb<O> {
  readonly name: string;
  /** "<model>", "[files...]"; commander's notation. */
  readonly operands?: string;
  readonly summary: string;
  readonly description?: string;
  readonly examples: readonly string[];
  readonly options?: (command: Command) => void;
  /** Undefined when the result was emitted before. */
  readonly run: (
    operands: readonly string[],
    options: O,
    tools: VerbTools,
  ) => Promise<VerbResult | undefined>;
}

/** Where exit codes go. */
export interface Outcome {
  exitCode: number;
}

/** Adds a verb to a program (or to another verb, as `store serve`). */
export function addVerb<O>(parent: Command, host: CliHost, outcome: Outcome, verb: Verb<O>): Command {
  const command = parent.command(verb.name).summary(verb.summary);
  command.description(verb.description ?? `${verb.summary}.`);
  for (const operand of verb.operands?.split(' ') ?? []) command.argument(operand);
  verb.options?.(command);
  command.option('--json', 'print one JSON document on stdout, everything else on stderr');
  command.option('-q, --quiet', 'print nothing but errors (and the JSON document)');
  command.addHelpText('after', `\nExamples:\n${verb.examples.map((line) => `  $ ${line}`).join('\n')}\n`);
  const fullName = parent.parent === null ? verb.name : `${parent.name()} ${verb.name}`;
  command.action(async (...received: unknown[]) => {
    const options = command.opts<O & { json?: boolean; quiet?: boolean; output?: string; svg?: string }>();
    const operands = received
      .slice(0, -2)
      .flat()
      .filter((one) => one !== undefined) as string[];
    const json = options.json === true;
    const stdoutTaken = [options.output, options.svg].some((file) => file !== undefined && isStdout(file));
    const reporter = new Reporter(host, { json, quiet: options.quiet === true, stdoutTaken });
    const emit = (result: VerbResult): void => {
      reporter.result(result.text);
      const error = result.failure && { code: result.failure.code, message: result.failure.message };
      reporter.document(fullName, { ok: !error, ...result.document, ...(error ? { error } : {}) });
      if (result.failure) {
        reporter.error(result.failure.code, result.failure.message);
        outcome.exitCode = result.failure.exitCode;
      }
    };
    const tools: VerbTools = {
      host,
      reporter,
      interruptible: (work) => interruptible(host, work),
      emit,
    };
    try {
      if (json && stdoutTaken) {
        throw cliError(
          'CLI_USAGE',
          '--json and a file both go to stdout. Name another file, or leave out --json.',
        );
      }
      const result = await verb.run(operands, options, tools);
      if (result) emit(result);
    } catch (thrown) {
      outcome.exitCode = reportError(reporter, fullName, thrown, host);
    }
  });
  return command;
}

/** Prints what was thrown; returns the exit code. */
export function reportError(reporter: Reporter, command: string, thrown: unknown, host: CliHost): number {
  const error = wrapUnknown(thrown);
  reporter.document(command, { ok: false, error: error.toJSON() });
  reporter.error(error.code, error.message);
  if (error.causeClass === 'internal' && (host.env['TINYSEG_DEBUG'] ?? '') !== '') {
    reporter.note(String(error.cause instanceof Error ? error.cause.stack : error.stack));
  }
  return exitCodeFor(error);
}
