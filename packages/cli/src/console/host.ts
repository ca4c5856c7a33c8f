// SPDX-License-Identifier: Apache-2.0
// What the command line sees of the world around it, so that tests can give it another one.
import { constants } from 'node:os';

/** A stream for text. */
export interface TextSink {
  readonly isTTY?: boolean | undefined;
  /** Width of a terminal. */
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Standard streams, environment and signals of one invocation. */
export interface CliHost {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly env: Readonly<Record<string, string | undefined>>;
  /**
   * Calls `interrupt` at Ctrl-C (or a request to terminate) until the result is called, with the exit code that shells
   * give for the signal. Outside of that time the process ends at once, which is right while there is nothing to clean up.
   */
  readonly onInterrupt: (interrupt: (exitCode?: number) => void) => () => void;
}

/** Ctrl-C, a request to terminate, and a terminal that was closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** 130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP. */
function exitCodeFor(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/** The host of a real process. */
export function processHost(): CliHost {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    onInterrupt: (interrupt) => {
      let count = 0;
      const take = (signal: NodeJS.Signals): void => {
        count += 1;
        if (count > 1) process.exit(exitCodeFor(signal));
        interrupt(exitCodeFor(signal));
      };
      for (const signal of SIGNALS) process.on(signal, take);
      return () => {
        for (const signal of SIGNALS) process.off(signal, take);
      };
    },
  };
}
