// SPDX-License-Identifier: Apache-2.0
// What a verb prints with: text or one JSON document on stdout, everything else on stderr, colour on terminals only.
import { styleText } from 'node:util';
import type { CliHost } from './host.js';
import { startProgress, type Progress } from './progress.js';

/** Version of all JSON documents; it grows when a field changes its meaning or goes. */
export const JSON_VERSION = 1;

export interface ReporterOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  /** A file that the verb writes goes to stdout: texts go to stderr. */
  readonly stdoutTaken?: boolean;
}

type Style = Parameters<typeof styleText>[0];

/** A result as --json prints it, and as files hold it. */
export function envelope(command: string, body: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify({ tinyseg: JSON_VERSION, command, ...body }, undefined, 2)}\n`;
}

/** One invocation's output. */
export class Reporter {
  constructor(
    private readonly host: CliHost,
    private readonly options: ReporterOptions,
  ) {}

  /** The result for a reader; nothing with --quiet or --json. */
  result(text: string): void {
    if (this.options.json || this.options.quiet) return;
    const sink = this.options.stdoutTaken === true ? this.host.stderr : this.host.stdout;
    sink.write(text.endsWith('\n') ? text : `${text}\n`);
  }

  /** The result for a program: the one document of a --json run. */
  document(command: string, body: Readonly<Record<string, unknown>>): void {
    if (!this.options.json) return;
    this.host.stdout.write(envelope(command, body));
  }

  /** Something worth knowing that is not the result. */
  note(text: string): void {
    if (!this.options.quiet) this.host.stderr.write(`${text}\n`);
  }

  /** Said even with --quiet. */
  error(code: string, message: string): void {
    this.host.stderr.write(`${this.style('red', 'error')} ${this.style('dim', code)}: ${message}\n`);
  }

  /** A bar on a terminal's stderr; elsewhere nothing. */
  progress(label: string, total: number): Progress {
    const visible = this.host.stderr.isTTY === true && !this.options.quiet;
    return startProgress(label, total, visible ? this.host.stderr : undefined);
  }

  /** Text for stderr, in colour when that is a terminal and nobody objects. */
  style(style: Style, text: string): string {
    const { NO_COLOR, TERM } = this.host.env;
    const plain = this.host.stderr.isTTY !== true || (NO_COLOR ?? '') !== '' || TERM === 'dumb';
    return plain ? text : styleText(style, text, { validateStream: false });
  }
}
