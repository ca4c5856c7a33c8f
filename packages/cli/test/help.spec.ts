// SPDX-License-Identifier: Apache-2.0
// Help, usage errors, completion scripts: what a person meets before anything runs.
import { spawnSync } from 'node:child_process';
import { DOCUMENTED_VERBS, failureSchema, resultSchema } from '../src/json-documents.js';
import { cli, documentOf, errorCode } from '../src/testing/command-line.js';

describe('help', () => {
  it.each(DOCUMENTED_VERBS)('of %s has a summary, options and examples', async (verb) => {
    const { exitCode, stdout, stderr } = await cli([...verb.split(' '), '--help']);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`Usage: tinyseg ${verb}`);
    expect(stdout).toContain('--json');
    expect(stdout).toMatch(new RegExp(`Examples:\\n {2}\\$ (source <\\()?tinyseg ${verb}`));
  });

  it('lists every verb', async () => {
    const { exitCode, stdout } = await cli(['--help']);
    expect(exitCode).toBe(0);
    for (const verb of DOCUMENTED_VERBS) expect(stdout).toContain(verb.split(' ')[0]!);
  });

  it('prints the version', async () => {
    expect((await cli(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('a wrong command line', () => {
  it.each([
    [[]],
    [['frobnicate']],
    [['compile']],
    [['compile', 'model.tflite']],
    [['compile', 'model.tflite', '-o', 'x', '--no-such-option']],
    [['compile', 'model.tflite', 'another', '-o', 'x']],
    [['compile', 'model.tflite', '-o', 'x', '--strategy', 'magic']],
    [['completion', 'tcsh']],
    [['store', 'frobnicate']],
  ])('%j exits with 2 and says what to do', async (args) => {
    const { exitCode, stdout, stderr } = await cli(args);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/CLI_USAGE: .*\S/);
  });

  it('gives a JSON document to who asked for one', async () => {
    const result = await cli(['compile', '--json']);
    expect(failureSchema.parse(documentOf(result))).toMatchObject({ command: 'compile' });
    expect(errorCode(result)).toBe('CLI_USAGE');
  });

  it('refuses --json where a file goes to stdout as well', async () => {
    const args = ['compile', 'model.tflite', '--json', '-o', '/dev/stdout'];
    expect((await cli(args)).stderr).toContain('both go to stdout');
  });

  it('suggests the verb that was meant, in sentences', async () => {
    expect((await cli(['compil'])).stderr).toMatch(
      /CLI_USAGE: Unknown command 'compil'\. Did you mean compile\? See `tinyseg --help`\.\n$/,
    );
  });

  it.each([
    [['compile', 'model.tflite', '--no-such-option'], 'tinyseg compile --help'],
    [['store', 'serve', '--no-such-option'], 'tinyseg store serve --help'],
    [['store', 'frobnicate'], 'tinyseg store --help'],
    [[], 'tinyseg --help'],
  ])('%j points to the help of the verb', async (args, help) => {
    expect((await cli(args)).stderr).toContain(`\`${help}\``);
  });
});

describe('completion', () => {
  it('gives documents that keep their promise', async () => {
    const result = await cli(['completion', 'fish', '--json']);
    expect(resultSchema('completion').safeParse(documentOf(result)).error).toBeUndefined();
  });

  const complete = async (words: string): Promise<string[]> => {
    const { stdout: script } = await cli(['completion', 'bash']);
    const last = words.split(' ').length - 1;
    const answer = spawnSync(
      'bash',
      [
        '-c',
        `${script}\nCOMP_WORDS=(${words
          .split(' ')
          .map((word) => `'${word}'`)
          .join(' ')}); COMP_CWORD=${last}
_tinyseg; printf '%s\\n' "\${COMPREPLY[@]}"`,
      ],
      { encoding: 'utf8', cwd: '/' },
    );
    expect(answer.stderr).toBe('');
    return answer.stdout.split('\n').filter((line) => line !== '');
  };

  it('completes verbs, verbs of verbs, options and values in bash', async () => {
    expect(await complete('tinyseg com')).toEqual(['compile', 'completion']);
    expect(await complete('tinyseg place problem.csv --g')).toEqual(['--greedy']);
    expect(await complete('tinyseg store se')).toEqual(['serve']);
    expect(await complete('tinyseg store serve --to')).toEqual(['--token', '--token-file']);
    expect(await complete('tinyseg compile model.tflite --strategy si')).toEqual(['single-stage']);
  });
});
