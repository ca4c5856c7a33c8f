// SPDX-License-Identifier: Apache-2.0
// docs/reference/errors.md, from the code tables of all packages.
import { allErrorCodes, exitCodeOf, type CauseClass } from '@tinyseg/errors';
import '@tinyseg/boards';
import '@tinyseg/compiler';
import '@tinyseg/emulator';
import '@tinyseg/flasher';
import '@tinyseg/link';
import '@tinyseg/remote-store';
import '../error-codes.js';

/** Who has to act, in the order of the page. */
const CAUSES: readonly { readonly cause: CauseClass; readonly title: string; readonly meaning: string }[] = [
  { cause: 'usage', title: 'Usage', meaning: 'The command or the machine it runs on needs a change.' },
  { cause: 'input', title: 'Input files', meaning: 'A file is damaged, or not what it should be.' },
  {
    cause: 'unsupported',
    title: 'Unsupported',
    meaning: 'A file is sound, but asks for what tinyseg does not do.',
  },
  { cause: 'capacity', title: 'Does not fit', meaning: 'The budget, a store or a machine is too small.' },
  { cause: 'device', title: 'Device or link', meaning: 'A board, a port or a store did not do its part.' },
  { cause: 'differs', title: 'Results differ', meaning: 'Something was compared and was not equal.' },
  {
    cause: 'internal',
    title: 'Our fault',
    meaning: 'A defect in tinyseg; please report it with the command you ran.',
  },
];

/** The page; the same bytes as long as no table changes. */
export function errorsPage(): string {
  const codes = allErrorCodes();
  const sections = CAUSES.map(({ cause, title, meaning }) => {
    const rows = codes
      .filter((entry) => entry.cause === cause)
      .map(({ code, summary }) => [`\`${code}\``, summary.replace(/_(?!\w)/g, '\\_')]);
    return [
      `## ${title}: exit code ${exitCodeOf(cause)}`,
      '',
      meaning,
      '',
      ...markdownTable(['code', 'says'], rows),
      '',
    ];
  });
  return [
    '# Errors',
    '',
    'Generated from the tables of the packages (`TINYSEG_WRITE_DOCS=1 npx jest reference-pages` in `packages/cli`).',
    '',
    'Codes are stable: match on them, never on messages. With `--json` the document has them at `error.code`, and what',
    'belongs to them (sizes, places, names) at `error.data`. 130 is the exit code after Ctrl-C (SIGINT), 143 after SIGTERM;',
    'a command with nothing to clean up, as `compile` before it writes, ends at once and says nothing.',
    '',
    ...sections.flat(),
  ].join('\n');
}

/** Lines as Prettier leaves them. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) =>
    Math.max(3, title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}
