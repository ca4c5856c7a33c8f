// SPDX-License-Identifier: Apache-2.0
/**
 * Exact placement under a capacity: depth-first over canonical placements, after the ideas of
 * MiniMalloc (Moffitt, ASPLOS 2023).
 *
 * Any placement can be pushed down until each buffer rests on the floor or on another one. So it is
 * enough to place buffers one after the other, by rising offset, each at the least offset that those
 * already placed allow. Of all placements that fit, the one with the least sum of offsets (of twins
 * the first lowest) survives every trick; so "impossible" is a proof.
 */
import { SectionCheck } from './section-check.js';
import type { Amounts, SearchTables } from './search-tables.js';
import { rankItems, type Ranking } from './ranking.js';
import { SearchState } from './search-state.js';
import type { SearchTricks } from './tricks.js';

export type Outcome = 'fits' | 'impossible' | 'unknown';

/** A run of the list memory that holds buffers connected by their lifetimes, and the sections they span. */
interface Part {
  readonly at: number;
  readonly count: number;
  readonly from: number;
  readonly to: number;
}

/** No item. */
const NONE = -1;

/** Nodes between two pauses of a search. */
const PAUSE_NODES = 4096;

/** Work that pauses now and then, so that who waits for it can do something else, or give it up. */
type Pausing<T> = Generator<undefined, T, undefined>;

/**
 * One search can run several times, with different rankings; each run begins anew.
 *
 * Depth-first without recursion, except into the parts of a problem that falls apart. All memory of a
 * run is taken at the start: frames by depth, and the lists of unplaced buffers one behind the other.
 */
export class ExactSearch {
  /** Nodes of the last run. */
  nodes = 0;
  private nodeLimit = 0;
  private pauseAt = 0;
  /** The node limit stood in the way of a further node. */
  private exhausted = false;
  private ranking: Ranking = [];
  private readonly state: SearchState;
  private readonly check: SectionCheck;
  /** Lists of unplaced buffers, by rising offset, then rank. */
  private readonly lists: Int32Array;
  // Frames, by depth: the list, where free list memory begins behind it, the sections,
  private readonly listAt: Int32Array;
  private readonly listCount: Int32Array;
  private readonly freeAt: Int32Array;
  private readonly from: Int32Array;
  private readonly to: Int32Array;
  // (offset, rank) of what was placed last,
  private readonly level: Amounts;
  private readonly levelRank: Int32Array;
  // how much of the list was tried, the height from which on buffers are dominated,
  private readonly cursor: Int32Array;
  private readonly dominatedFrom: Amounts;
  // the buffer placed now, whether it was forced, and the length of the trail before it was placed.
  private readonly placing: Int32Array;
  private readonly forced: Uint8Array;
  private readonly trailAt: Int32Array;

  constructor(
    private readonly tables: SearchTables,
    private readonly capacity: number,
    private readonly tricks: SearchTricks,
  ) {
    const count = tables.index.length;
    const ints = (): Int32Array => new Int32Array(count + 2);
    this.state = new SearchState(tables);
    this.check = new SectionCheck(tables, this.state, capacity, tricks);
    // A list and its successors, each shorter by one; where a list falls apart, twice its parts (see tryParts).
    this.lists = new Int32Array((count * (count + 1)) / 2 + 6 * count);
    [this.listAt, this.listCount, this.freeAt, this.from, this.to] = [ints(), ints(), ints(), ints(), ints()];
    [this.levelRank, this.cursor, this.placing, this.trailAt] = [ints(), ints(), ints(), ints()];
    [this.level, this.dominatedFrom] = [tables.amounts(count + 2), tables.amounts(count + 2)];
    this.forced = new Uint8Array(count + 2);
  }

  /** Pauses every few thousand nodes; `nodes` counts meanwhile. */
  *run(ranking: Ranking, nodeLimit: number): Pausing<Outcome> {
    const count = this.tables.index.length;
    [this.nodes, this.nodeLimit, this.ranking, this.exhausted] = [0, nodeLimit, ranking, false];
    this.pauseAt = PAUSE_NODES;
    this.state.reset();
    const all = this.lists.subarray(0, count);
    for (let i = 0; i < count; i++) all[i] = i;
    rankItems(this.tables, ranking, all, this.state.rank);
    const whole = { at: 0, count, from: 0, to: this.tables.sectionCount };
    this.open(0, whole, count, -1, -1);
    const solved = yield* this.tricks.decomposition ? this.tryParts(0, NONE) : this.solve(0);
    if (solved) return 'fits';
    return this.exhausted ? 'unknown' : 'impossible';
  }

  /** Offsets found by the last run that said 'fits', by item. */
  offsets(): Amounts {
    return this.state.offset;
  }

  private open(depth: number, part: Part, freeAt: number, level: number, levelRank: number): void {
    this.listAt[depth] = part.at;
    this.listCount[depth] = part.count;
    this.freeAt[depth] = freeAt;
    this.from[depth] = part.from;
    this.to[depth] = part.to;
    this.level[depth] = level;
    this.levelRank[depth] = levelRank;
  }

  /**
   * Places the list of the frame at depth `base`; on true all of it is placed, on false nothing of it
   * is, unless the nodes were exhausted: then the state is good for nothing but a new run.
   */
  private *solve(base: number): Pausing<boolean> {
    if (this.listCount[base] === 0) return true;
    let depth = base;
    let alive = this.enter(depth);
    for (;;) {
      if (this.exhausted) return false;
      if (this.nodes >= this.pauseAt) {
        this.pauseAt = this.nodes + PAUSE_NODES;
        yield;
      }
      const i = alive ? this.nextCandidate(depth) : -1;
      alive = true;
      if (i < 0) {
        if (depth === base) return false;
        depth--;
        this.retract(depth);
        continue;
      }
      const split = this.put(depth, i);
      if (this.listCount[depth] === 1) return true;
      if (split && this.tricks.decomposition) {
        if (yield* this.tryParts(depth, i)) return true;
        if (!this.exhausted) this.retract(depth);
        continue;
      }
      this.openRest(depth, i);
      depth++;
      alive = this.enter(depth);
    }
  }

  /** Counts a node, sorts its list and says whether it is worth trying. */
  private enter(depth: number): boolean {
    this.exhausted = this.nodes >= this.nodeLimit;
    if (this.exhausted) return false;
    this.nodes++;
    const at = this.listAt[depth] as number;
    const count = this.listCount[depth] as number;
    const { offset } = this.state;
    const { size } = this.tables;
    this.state.sort(this.lists, at, count);
    this.cursor[depth] = 0;
    if (!this.passes(depth)) return false;
    let lowest = Infinity;
    for (let x = at; x < at + count; x++) {
      const i = this.lists[x] as number;
      const end = (offset[i] as number) + (size[i] as number);
      if (end < lowest) lowest = end;
    }
    this.dominatedFrom[depth] = this.tricks.dominance ? lowest : this.capacity;
    return true;
  }

  private passes(depth: number): boolean {
    return this.check.passes(
      this.lists,
      this.listAt[depth] as number,
      this.listCount[depth] as number,
      this.from[depth] as number,
      this.to[depth] as number,
      this.level[depth] as number,
      this.levelRank[depth] as number,
    );
  }

  /** The next buffer to try at this node, or -1. */
  private nextCandidate(depth: number): number {
    const { offset, rank, placed } = this.state;
    const { twin } = this.tables;
    const at = this.listAt[depth] as number;
    const count = this.listCount[depth] as number;
    const level = this.level[depth] as number;
    for (let x = this.cursor[depth] as number; x < count; x++) {
      const i = this.lists[at + x] as number;
      const least = offset[i] as number;
      if (least >= (this.dominatedFrom[depth] as number)) return -1;
      if (least < level || (least === level && (rank[i] as number) <= (this.levelRank[depth] as number)))
        continue;
      const before = twin[i] as number;
      if (before >= 0 && placed[before] === 0 && this.tricks.twins) continue;
      this.cursor[depth] = x + 1;
      return i;
    }
    return -1;
  }

  /** Places item i at its least offset; true when that cut what is left in two. */
  private put(depth: number, i: number): boolean {
    this.placing[depth] = i;
    this.trailAt[depth] = this.state.trailLength;
    const lifted = this.state.lift(i);
    this.forced[depth] = lifted || !this.tricks.forced ? 0 : 1;
    return this.state.take(i);
  }

  /** Takes back what `put` did at this depth. */
  private retract(depth: number): void {
    this.state.giveBack(this.placing[depth] as number);
    this.state.lower(this.trailAt[depth] as number);
    if (this.forced[depth] === 1) this.cursor[depth] = this.listCount[depth] as number;
  }

  /** Opens the frame below `depth` for what is left once item i is placed. */
  private openRest(depth: number, i: number): void {
    const { lists } = this;
    const at = this.listAt[depth] as number;
    const end = at + (this.listCount[depth] as number);
    const start = this.freeAt[depth] as number;
    let free = start;
    for (let x = at; x < end; x++) if (lists[x] !== i) lists[free++] = lists[x] as number;
    const rest = {
      at: start,
      count: free - start,
      from: this.from[depth] as number,
      to: this.to[depth] as number,
    };
    this.open(depth + 1, rest, free, this.levelAfter(i), this.levelRankAfter(i));
  }

  private levelAfter(i: number): number {
    return i === NONE || !this.tricks.canonicalOrder ? -1 : (this.state.offset[i] as number);
  }

  private levelRankAfter(i: number): number {
    return i === NONE || !this.tricks.canonicalOrder ? -1 : (this.state.rank[i] as number);
  }

  /** Solves what is left once item i (or none) is placed, part by part, small ones first. */
  private *tryParts(depth: number, i: number): Pausing<boolean> {
    const parts = this.parts(depth, i);
    const [level, levelRank] = [this.levelAfter(i), this.levelRankAfter(i)];
    const listsEnd = (this.freeAt[depth] as number) + parts.reduce((sum, { count }) => sum + count, 0);
    for (const part of parts) {
      this.open(depth + 1, part, listsEnd, level, levelRank);
      this.state.sort(this.lists, part.at, part.count);
      if (!this.passes(depth + 1)) return false;
    }
    parts.sort((a, b) => a.count - b.count || a.at - b.at);
    for (let solved = 0; solved < parts.length; solved++) {
      const part = parts[solved] as Part;
      if (yield* this.tryPart(depth + 1, part, listsEnd, level, levelRank)) continue;
      for (let x = 0; x < solved && !this.exhausted; x++) this.withdraw(parts[x] as Part);
      return false;
    }
    return true;
  }

  private *tryPart(
    depth: number,
    part: Part,
    free: number,
    level: number,
    levelRank: number,
  ): Pausing<boolean> {
    const { rank } = this.state;
    if (!this.tricks.reranking) {
      this.open(depth, part, free, level, levelRank);
      return yield* this.solve(depth);
    }
    // The ranks of this part from before are kept behind the lists.
    const items = this.lists.slice(part.at, part.at + part.count);
    for (let x = 0; x < part.count; x++) this.lists[free + x] = rank[items[x] as number] as number;
    rankItems(this.tables, this.ranking, items, rank);
    // Ranks before and after can't be compared: at the level itself all may come again.
    this.open(depth, part, free + part.count, level, -1);
    const solved = yield* this.solve(depth);
    for (let x = 0; x < part.count; x++) rank[items[x] as number] = this.lists[free + x] as number;
    return solved;
  }

  /** Marks the items of a solved part as unplaced; their offsets come back with the trail. */
  private withdraw(part: Part): void {
    for (let x = part.at; x < part.at + part.count; x++) this.state.giveBack(this.lists[x] as number);
  }

  /** Copies what is left at this depth into list memory, sorted by part. */
  private parts(depth: number, i: number): Part[] {
    const { cuts } = this.state;
    const { first } = this.tables;
    const at = this.listAt[depth] as number;
    const end = at + (this.listCount[depth] as number);
    const to = this.to[depth] as number;
    const parts: Part[] = [];
    let free = this.freeAt[depth] as number;
    for (let from = this.from[depth] as number; from < to; ) {
      let until = from + 1;
      while (until < to && (cuts[until - 1] as number) > 0) until++;
      const start = free;
      for (let x = at; x < end; x++) {
        const item = this.lists[x] as number;
        const section = first[item] as number;
        if (item !== i && section >= from && section < until) this.lists[free++] = item;
      }
      if (free > start) parts.push({ at: start, count: free - start, from, to: until });
      from = until;
    }
    return parts;
  }
}
