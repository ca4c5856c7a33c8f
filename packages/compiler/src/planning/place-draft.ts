// SPDX-License-Identifier: Apache-2.0
/** Places what a draft needs, letting tensors grow into others that die where that lowers the arena. */
import { alignUp } from '../analysis/first-fit.js';
import type { Draft, InPlacePair, LiveSpan } from './decisions.js';
import { liveChanges, mostLive, type LiveChange } from './live-spans.js';
import { placeRows, type PlaceRowsOptions } from './place-rows.js';
import { heightOfItems } from './placed-height.js';
import { mostBytes, placeShapes, type ShapeOrder } from './place-shapes.js';
import { place, type Placement } from './placement/index.js';
import { heightOf, lengthOf, type Shape } from './shape.js';
import { placementProblem } from './stage-load.js';

/** Pairs tried before the placement is taken as it is. */
const TRIALS = 24;

/** How often an order of first fit is improved. */
const ROUNDS = 64;

const GROUP_ORDERS: readonly ShapeOrder[] = [
  (shape) => [heightOf(shape), 0],
  (shape) => [heightOf(shape) * lengthOf(shape), 0],
  (shape) => [lengthOf(shape), 0],
];

/**
 * Offsets of the draft's items. Pairs that share bytes have a fixed distance; they are joined one after the
 * other, those that save most first, unless the height rises.
 *
 * With pairs joined, `lowerBoundBytes` is the most bytes held at one time with these pairs.
 */
export function placeDraft(draft: Draft, options: PlaceRowsOptions, inPlace: boolean): Placement {
  if (draft.items.some(({ row }) => row !== undefined)) return placeRows(draft, options);
  const problem = placementProblem(draft);
  const { capacityBytes = 0, enoughBytes = 0 } = options;
  if (enoughBytes > 0 && leastWithPairs(draft) > enoughBytes) {
    return place(problem, { nodeLimit: 0, capacityBytes: Infinity });
  }
  let best = place(problem, options);
  if (!inPlace) return best;
  let joined: Groups = draft.items.map((_, index) => ({ head: index, distance: 0 }));
  let trials = 0;
  for (let progress = true; progress; ) {
    progress = false;
    for (const pair of pairsBySaving(draft)) {
      const groups = join(draft, joined, pair);
      if (groups === undefined) continue;
      if (trials++ >= TRIALS || best.heightBytes <= Math.max(capacityBytes, enoughBytes)) return best;
      const lower = placeGroups(draft, groups);
      // As high is no loss: another pair may have to help before the height falls.
      if (lower.heightBytes > best.heightBytes) continue;
      if (lower.heightBytes < best.heightBytes) best = lower;
      joined = groups;
      progress = true;
      break;
    }
  }
  return best;
}

/** No placement is lower, whichever pairs are joined: bytes that two items may share count once. */
export function leastWithPairs(draft: Draft): number {
  const { items, inPlace } = draft;
  const shared = inPlace.flatMap((pair): LiveChange[] => {
    const [first, second] = [items[pair.dying], items[pair.growing]];
    if (first === undefined || second === undefined) return [];
    const bytes = Math.max(0, savedBytes(draft, pair));
    const [start, end] = [Math.max(first.start, second.start), Math.min(first.end, second.end)];
    if (start >= end) return [];
    return [
      { tick: start, delta: -bytes },
      { tick: end, delta: bytes },
    ];
  });
  const changes = [...liveChanges(items, false), ...shared];
  return mostLive(changes.sort((a, b) => a.tick - b.tick || a.delta - b.delta)).bytes;
}

/** For each item the item that heads its group, and its distance from that one's start. */
type Groups = readonly { readonly head: number; readonly distance: number }[];

/** Joins the groups of a pair; undefined when they are one already, or other members would meet. */
function join(
  draft: Draft,
  groups: Groups,
  { dying, growing, growingOffset }: InPlacePair,
): Groups | undefined {
  const [first, second] = [groups[dying], groups[growing]];
  if (first === undefined || second === undefined || first.head === second.head) return undefined;
  const shift = first.distance + growingOffset - second.distance;
  const members = (head: number): number[] =>
    groups.flatMap((group, index) => (group.head === head ? [index] : []));
  const meet = members(first.head).some((a) =>
    members(second.head).some((b) => {
      const [left, right] = [draft.items[a], draft.items[b]];
      const allowed = a === dying && b === growing;
      return (
        !allowed &&
        left !== undefined &&
        right !== undefined &&
        left.start < right.end &&
        right.start < left.end
      );
    }),
  );
  if (meet) return undefined;
  return groups.map((group) =>
    group.head === second.head ? { head: first.head, distance: group.distance + shift } : group,
  );
}

function pairsBySaving(draft: Draft): InPlacePair[] {
  return draft.inPlace
    .map((pair) => ({ pair, saved: savedBytes(draft, pair) }))
    .filter(({ saved }) => saved > 0)
    .sort((a, b) => b.saved - a.saved || a.pair.dying - b.pair.dying || a.pair.growing - b.pair.growing)
    .map(({ pair }) => pair);
}

/** Bytes fewer at a time at which both live. */
export function savedBytes(draft: Draft, { dying, growing, growingOffset }: InPlacePair): number {
  const [first, second] = [draft.items[dying]?.sizeBytes ?? 0, draft.items[growing]?.sizeBytes ?? 0];
  const height = Math.max(first, growingOffset + second) - Math.min(0, growingOffset);
  return first + second - height;
}

function placeGroups(draft: Draft, groups: Groups): Placement {
  const heads = [...new Set(groups.map(({ head }) => head))];
  const lowest = new Map(
    heads.map((head) => [
      head,
      Math.min(...groups.filter((group) => group.head === head).map(({ distance }) => distance)),
    ]),
  );
  const shapes = heads.map((head): Shape => {
    const spans = groups.flatMap((group, index): LiveSpan[] => {
      const item = draft.items[index];
      if (group.head !== head || item === undefined || item.start >= item.end || item.sizeBytes === 0)
        return [];
      const bottom = group.distance - (lowest.get(head) ?? 0);
      const top = bottom + alignUp(item.sizeBytes, item.alignment);
      return [{ start: item.start, end: item.end, bottom, top }];
    });
    return { spans };
  });
  const boundBytes = mostBytes(shapes);
  const bottoms = placeShapes(shapes, { orders: GROUP_ORDERS, rounds: ROUNDS, goalBytes: boundBytes });
  const bottomOf = new Map(heads.map((head, i) => [head, bottoms[i] ?? 0]));
  const offsets = groups.map(
    ({ head, distance }) => (bottomOf.get(head) ?? 0) + distance - (lowest.get(head) ?? 0),
  );
  const heightBytes = heightOfItems(draft, offsets);
  return {
    offsets,
    heightBytes,
    lowerBoundBytes: Math.min(boundBytes, heightBytes),
    proved: heightBytes <= boundBytes,
    nodes: 0,
  };
}
