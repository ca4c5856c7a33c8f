// SPDX-License-Identifier: Apache-2.0
// Builds the C runtime, its host program and its tests with $CC (or cc, gcc, clang); needs no other build system.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

const HELP = `Usage: node build.mjs [options]

Builds dist/host/libtseg.a and dist/host/tinyseg-host.

  --sanitize        build into dist/sanitize under AddressSanitizer and UndefinedBehaviorSanitizer
  --test [FILTER]   build and run the tests whose path contains FILTER, sanitized
  --programs        build the programs that other packages' tests run, sanitized
  --plain           with --test or --programs: without sanitizers, optimised as released
  --fuzz [RUNS]     build the fuzz drivers, sanitized, and run each with RUNS mutations (default 200000)
  --fuzz-seed SEED  first seed of --fuzz (default 1)
  --clean           remove dist first
  --verbose         print each command
  --help            this text

Environment: CC the compiler, CFLAGS flags added to every compilation.
`;

const here = import.meta.dirname;
const WARNINGS =
  '-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Werror';
const FLAGS = `-std=c11 -ffp-contract=off ${WARNINGS}`;
const CONFIGURATIONS = {
  host: '-O2 -g',
  sanitize: '-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer',
};

/** Words of a flag string. */
const words = (text) => text.split(/\s+/).filter((word) => word !== '');

/** Every *.c file under `folder` (relative to the package), sorted, so that builds are the same everywhere. */
function sources(folder) {
  const base = path.join(here, folder);
  if (!fs.existsSync(base)) return [];
  return fs
    .readdirSync(base, { recursive: true })
    .filter((name) => name.endsWith('.c'))
    .map((name) => path.posix.join(folder, name.split(path.sep).join('/')))
    .sort();
}

/** The compiler to use and its version line; ends the process with the remedy when there is none. */
function findCompiler() {
  const candidates = process.env.CC ? [process.env.CC] : ['cc', 'gcc', 'clang'];
  for (const candidate of candidates) {
    const [program, ...flags] = words(candidate);
    const answer = spawnSync(program, [...flags, '--version'], { encoding: 'utf8' });
    if (answer.status === 0) return { program, flags, version: answer.stdout.split('\n')[0] };
  }
  console.error(
    `No C compiler answers (tried ${candidates.join(', ')}): install gcc or clang, or set CC to yours.`,
  );
  process.exit(1);
}

/** Runs a command; resolves to its exit code and what it printed. */
function run(context, program, args) {
  if (context.verbose) console.log([program, ...args].join(' '));
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: here });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ code: 1, output: String(error) }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** Runs `task` on each item, a few at a time; results in the order of the items. */
async function inParallel(items, task) {
  const results = new Array(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await task(items[index]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(os.availableParallelism(), items.length) }, worker));
  return results;
}

/** True when `output` is as new as everything it was made from, by the command that would make it now. */
function isCurrent(output, dependencies, command) {
  if (!fs.existsSync(output) || !fs.existsSync(`${output}.cmd`)) return false;
  if (fs.readFileSync(`${output}.cmd`, 'utf8') !== command) return false;
  const made = fs.statSync(output).mtimeMs;
  return dependencies.every((name) => {
    const file = path.resolve(here, name);
    return fs.existsSync(file) && fs.statSync(file).mtimeMs <= made;
  });
}

/** Puts a finished file in place at once, so that two builds in one folder don't see each other's halves. */
function publish(temporary, output, command) {
  fs.renameSync(temporary, output);
  fs.writeFileSync(`${output}.cmd`, command);
}

/** Files that the object was made from, as the compiler wrote them down; null when it was never compiled. */
function readDependencies(file) {
  if (!fs.existsSync(file)) return null;
  const text = fs.readFileSync(file, 'utf8').replaceAll('\\\n', ' ');
  return words(text.slice(text.indexOf(':') + 1));
}

/** Compiles one source; resolves to the path of its object, or null after printing what the compiler said. */
async function compile(context, source) {
  const object = path.join(context.dist, 'obj', source.replace(/\.c$/, '.o'));
  const flags = [...context.flags, '-Iinclude', '-Isrc', '-Itests', '-Iports/host', '-c', source];
  const command = [context.compiler.version, ...flags].join(' ');
  const dependencies = readDependencies(`${object}.d`);
  if (dependencies && isCurrent(object, dependencies, command)) return object;
  fs.mkdirSync(path.dirname(object), { recursive: true });
  const temporary = `${object}.${process.pid}`;
  const answer = await run(context, context.compiler.program, [
    ...flags,
    ...['-MMD', '-MF', `${temporary}.d`, '-o', temporary],
  ]);
  if (answer.code !== 0) {
    console.error(answer.output);
    return null;
  }
  fs.renameSync(`${temporary}.d`, `${object}.d`);
  publish(temporary, object, command);
  return object;
}

/** Compiles sources into one archive. Sources that don't compile are counted and left out. */
async function archive(context, name, files) {
  const objects = (await inParallel(files, (file) => compile(context, file))).filter((object) => {
    if (object === null) context.failures += 1;
    return object !== null;
  });
  const output = path.join(context.dist, `${name}.a`);
  const command = ['ar', ...objects].join(' ');
  if (isCurrent(output, objects, command)) return output;
  const temporary = `${output}.${process.pid}`;
  fs.rmSync(temporary, { force: true });
  fs.mkdirSync(context.dist, { recursive: true });
  const answer = await run(context, process.env.AR ?? 'ar', ['rcsD', temporary, ...objects]);
  if (answer.code !== 0) throw new Error(answer.output);
  publish(temporary, output, command);
  return output;
}

/** Links one program of one source and archives; resolves to its path, or null after printing why not. */
async function link(context, source, archives, output) {
  const object = await compile(context, source);
  if (object === null) {
    context.failures += 1;
    return null;
  }
  const flags = [...context.flags, object, ...archives, '-lm', '-lpthread'];
  const command = [context.compiler.version, ...flags].join(' ');
  if (isCurrent(output, [object, ...archives], command)) return output;
  fs.mkdirSync(path.dirname(output), { recursive: true });
  const temporary = `${output}.${process.pid}`;
  const answer = await run(context, context.compiler.program, [...flags, '-o', temporary]);
  if (answer.code !== 0) {
    console.error(answer.output);
    context.failures += 1;
    return null;
  }
  publish(temporary, output, command);
  return output;
}

/** Builds the libraries and the host program of a configuration. Archives are in link order. */
async function buildProduct(context) {
  const main = 'ports/host/main.c';
  const runtime = await archive(context, 'libtseg', sources('src'));
  const port = await archive(
    context,
    'libtseg-host-port',
    sources('ports/host').filter((file) => file !== main),
  );
  const archives = [port, runtime];
  if (fs.existsSync(path.join(here, main))) {
    await link(context, main, archives, path.join(context.dist, 'tinyseg-host'));
  }
  return archives;
}

/** Extremes of the options of include/tseg/config.h: every source must compile with them, too. */
const OPTION_EXTREMES = [
  {
    TSEG_LINK_MAX_WINDOW: 8,
    TSEG_LINK_MAX_OPERATIONS: 8,
    TSEG_LINK_OUTPUT_SIZE: 255,
    TSEG_STORE_READ_RETRIES: 255,
  },
  {
    TSEG_LINK_MAX_WINDOW: 1,
    TSEG_LINK_MAX_OPERATIONS: 1,
    TSEG_LINK_OUTPUT_SIZE: 16,
    TSEG_STORE_READ_RETRIES: 0,
  },
];

/** Looks at every source that options change, with their extremes; returns how many do not compile. */
async function checkOptions(context) {
  const files = [...sources('src/link'), ...sources('src/block'), ...sources('src/store')];
  const trials = OPTION_EXTREMES.flatMap((options) => files.map((file) => ({ options, file })));
  const failed = await inParallel(trials, async ({ options, file }) => {
    const defines = Object.entries(options).map(([name, value]) => `-D${name}=${value}`);
    const flags = [...context.flags, '-Iinclude', '-Isrc', ...defines, '-fsyntax-only', file];
    const answer = await run(context, context.compiler.program, flags);
    if (answer.code !== 0) console.error(`${file} with ${defines.join(' ')}:\n${answer.output}`);
    return answer.code !== 0;
  });
  return failed.filter(Boolean).length;
}

/** Builds every program under tests/ that ends in `suffix` and whose path contains `filter`. */
async function buildPrograms(context, archives, suffix, folder, filter) {
  const support = await archive(context, 'libtseg-test-support', sources('tests/support'));
  const chosen = sources('tests').filter((file) => file.endsWith(suffix) && file.includes(filter));
  const built = await inParallel(chosen, (file) => {
    const name = file.slice('tests/'.length, -suffix.length).replaceAll('/', '-');
    return link(context, file, [support, ...archives], path.join(context.dist, folder, name));
  });
  return built.filter((program) => program !== null);
}

/** Runs programs one after the other with their output shown; returns how many failed. */
function runPrograms(programs, args) {
  let failed = 0;
  for (const program of programs) {
    console.log(`# ${path.basename(program)}`);
    const answer = spawnSync(program, args, {
      cwd: here,
      stdio: 'inherit',
      env: { UBSAN_OPTIONS: 'print_stacktrace=1', ...process.env },
    });
    if (answer.status !== 0) {
      console.error(`# ${path.basename(program)} failed: ${answer.signal ?? `exit code ${answer.status}`}`);
      failed += 1;
    }
  }
  return failed;
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      sanitize: { type: 'boolean' },
      test: { type: 'boolean' },
      programs: { type: 'boolean' },
      plain: { type: 'boolean' },
      fuzz: { type: 'boolean' },
      'fuzz-seed': { type: 'string', default: '1' },
      clean: { type: 'boolean' },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (values.clean) fs.rmSync(path.join(here, 'dist'), { recursive: true, force: true });
  const sanitized = values.sanitize || values.fuzz || ((values.test || values.programs) && !values.plain);
  const configuration = sanitized ? 'sanitize' : 'host';
  const compiler = findCompiler();
  const context = {
    compiler,
    dist: path.join('dist', configuration),
    flags: [
      ...compiler.flags,
      ...words(FLAGS),
      ...words(CONFIGURATIONS[configuration]),
      ...words(process.env.CFLAGS ?? ''),
    ],
    verbose: values.verbose,
    failures: 0,
  };
  process.chdir(here);
  const archives = await buildProduct(context);
  let failed = 0;
  if (values.test || values.programs) await buildPrograms(context, archives, '_program.c', 'programs', '');
  if (values.test) {
    const filter = positionals[0] ?? '';
    context.failures += filter === '' ? await checkOptions(context) : 0;
    const tests = await buildPrograms(context, archives, '_test.c', 'tests', filter);
    failed = runPrograms(tests, []);
    console.log(`# ${tests.length} test programs, ${failed} failed (${configuration})`);
  }
  if (values.fuzz) {
    const drivers = await buildPrograms(context, archives, '_fuzz.c', 'fuzz', '');
    failed = runPrograms(drivers, [positionals[0] ?? '200000', values['fuzz-seed']]);
  }
  if (context.failures > 0) console.error(`${context.failures} files did not compile or link`);
  return failed + context.failures > 0 ? 1 : 0;
}

process.exitCode = await main();
