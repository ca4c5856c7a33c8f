// SPDX-License-Identifier: Apache-2.0
/**
 * Rolls the repeats of a flat program into LOOP ... END_LOOP. Deterministic; the result, unrolled, is the
 * flat program again. Short repeats are folded from left to right first (layer by layer they are nearly
 * everything); then, largest saving first, longer periods over what remains, so that the steady state of
 * a streamed plan becomes one loop around its inner ones.
 */
import { LOOP_DEPTH_MAX, Opcode, type Step } from '../../plan-format/index.js';
import { comparisonsFor, findRepeats, type Repeat } from './find-repeats.js';

/** Periods of the first, linear pass. */
const SHORT_PERIOD_MAX = 8;
/** Comparisons of two tokens in the second pass, over all its rounds; what is left then stays as it is. */
const WORK_MAX = 300_000_000;
/** Words that a loop costs besides its body: LOOP and END_LOOP. */
const LOOP_WORDS = 2;

/** A step, or a folded loop; equal loops share one token, so that tokens compare by identity. */
interface Token {
  readonly word: number;
  readonly count: number;
  readonly body: readonly Token[];
  /** Words in the program. */
  readonly words: number;
  /** Nesting of loops in it; 0 for a step. */
  readonly depth: number;
}

/** The program for these flat steps (words `opcode | argument << 8`), with END. */
export function rollLoops(steps: Uint32Array): Step[] {
  const folder = new Folder();
  const tokens = folder.fold(
    folder.foldShort(Array.from(steps, (word) => folder.step(word))),
    LOOP_DEPTH_MAX,
  );
  const program: Step[] = [];
  write(tokens, program);
  program.push({ opcode: Opcode.end, argument: 0 });
  return program;
}

/** The flat steps that a program executes, as words. */
export function unrollLoops(program: readonly Step[]): Uint32Array {
  const words: number[] = [];
  const loops: { readonly start: number; left: number }[] = [];
  for (let at = 0; at < program.length; at++) {
    const { opcode, argument } = program[at] as Step;
    const loop = loops[loops.length - 1];
    if (opcode === Opcode.end) break;
    if (opcode === Opcode.loop) loops.push({ start: at, left: argument });
    else if (opcode !== Opcode.endLoop) words.push((opcode | (argument << 8)) >>> 0);
    else if (loop !== undefined && --loop.left > 0) at = loop.start;
    else loops.pop();
  }
  return Uint32Array.from(words);
}

function write(tokens: readonly Token[], program: Step[]): void {
  for (const token of tokens) {
    if (token.depth === 0) {
      program.push({ opcode: token.word & 0xff, argument: token.word >>> 8 });
      continue;
    }
    program.push({ opcode: Opcode.loop, argument: token.count });
    write(token.body, program);
    program.push({ opcode: Opcode.endLoop, argument: 0 });
  }
}

class Folder {
  private readonly stepTokens = new Map<number, Token>();
  private readonly loopTokens = new Map<string, Token>();
  private readonly ids = new Map<Token, number>();
  private work = 0;

  step(word: number): Token {
    let token = this.stepTokens.get(word);
    if (token === undefined) {
      token = { word, count: 1, body: [], words: 1, depth: 0 };
      this.stepTokens.set(word, token);
    }
    return token;
  }

  private id(token: Token): number {
    let id = this.ids.get(token);
    if (id === undefined) this.ids.set(token, (id = this.ids.size));
    return id;
  }

  private loop(count: number, body: readonly Token[]): Token {
    const key = `${String(count)}:${body.map((token) => this.id(token)).join(',')}`;
    let token = this.loopTokens.get(key);
    if (token === undefined) {
      const words = LOOP_WORDS + wordsOf(body);
      token = { word: 0, count, body, words, depth: 1 + depthOf(body) };
      this.loopTokens.set(key, token);
    }
    return token;
  }

  /** Folds, from left to right, the short repeat that saves most at each place. */
  foldShort(tokens: readonly Token[]): readonly Token[] {
    const result: Token[] = [];
    for (let at = 0; at < tokens.length; ) {
      let best: Repeat | undefined;
      let bestSaving = 0;
      for (let period = 1; period <= SHORT_PERIOD_MAX; period++) {
        const count = repeatsAt(tokens, at, period);
        const saving = (count - 1) * period - LOOP_WORDS;
        if (count > 3 && saving > bestSaving) {
          best = { start: at, period, count };
          bestSaving = saving;
        }
      }
      if (best === undefined) {
        result.push(tokens[at] as Token);
        at++;
      } else {
        result.push(this.loop(best.count, tokens.slice(at, at + best.period)));
        at += best.period * best.count;
      }
    }
    return result;
  }

  /** Folds repeats of longer periods, largest saving first, into loops nested at most `depth` deep. */
  fold(tokens: readonly Token[], depth: number): readonly Token[] {
    this.work += comparisonsFor(tokens.length);
    if (depth === 0 || tokens.length < 2 || this.work > WORK_MAX) return tokens;
    const ids = Int32Array.from(tokens, (token) => this.id(token));
    const words = Float64Array.from(tokens, (token) => (token.depth < depth ? token.words : -token.words));
    const repeats = findRepeats({ ids, words }, LOOP_WORDS);
    if (repeats.length === 0) return tokens;
    const result: (readonly Token[])[] = [];
    let at = 0;
    for (const { start, period, count } of repeats) {
      const body = this.fold(tokens.slice(start, start + period), depth - 1);
      result.push(this.fold(tokens.slice(at, start), depth), [this.loop(count, body)]);
      at = start + period * count;
    }
    return [...result, this.fold(tokens.slice(at), depth)].flat();
  }
}

/** How often the `period` tokens at `at` stand there, one after the other. */
function repeatsAt(tokens: readonly Token[], at: number, period: number): number {
  let matched = 0;
  while (at + matched + period < tokens.length && tokens[at + matched] === tokens[at + matched + period])
    matched++;
  return Math.floor(matched / period) + 1;
}

function wordsOf(tokens: readonly Token[]): number {
  return tokens.reduce((sum, token) => sum + token.words, 0);
}

function depthOf(tokens: readonly Token[]): number {
  return tokens.reduce((depth, token) => Math.max(depth, token.depth), 0);
}
