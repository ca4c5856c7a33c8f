// SPDX-License-Identifier: Apache-2.0
// What a model costs at every size of RAM: the trade-off of the plan space, for a board and its stores.
import { tensorSizeBytes } from './analysis/tensor-size.js';
import { plannerSettings, type CompileOptions } from './compile-settings.js';
import { prepareGraph } from './driver.js';
import { readTflite } from './formats/tflite/index.js';
import { tensorOf, type TensorId } from './ir/index.js';
import { rejoinParts } from './passes/rejoin-parts.js';
import { frontier, type FrontierPoint } from './planning/search/index.js';

/** As for `compileModel`; budget and strategy are what the curve runs over. */
export type CurveOptions = Omit<CompileOptions, 'ramBytes' | 'strategy' | 'spill'>;

/** One plan: none of the plan space that was found needs less RAM at its cost, or costs less in its RAM. */
export interface CurvePoint {
  readonly arenaBytes: number;
  /** What --ram bounds. */
  readonly ramBytes: number;
  /** No plan of the plan space with this cost needs fewer bytes of arena. */
  readonly lowerBoundBytes: number;
  /** Bytes that one inference writes to stores and reads back, before encoding. */
  readonly writtenBytes: number;
  readonly readBytes: number;
  /** As predicted from the board's file. */
  readonly latencyMs: number;
  readonly energyMj: number;
  /** Until the store is worn out; null where nothing wears. */
  readonly lifetimeInferences: number | null;
  readonly stageCount: number;
  readonly spills: readonly {
    readonly tensor: TensorId;
    readonly name: string;
    readonly sizeBytes: number;
    readonly store: string;
  }[];
}

export interface Curve {
  /** By falling RAM and rising cost in the objective. */
  readonly points: readonly CurvePoint[];
  /** True when no limit of the search was met. */
  readonly exhaustive: boolean;
}

/**
 * The points at which less RAM costs more, from no spills to the least RAM. A pure function of its arguments.
 *
 * @throws TinysegError MODEL_* for the file, STORE_UNKNOWN
 */
export function curveOfModel(model: Uint8Array, options: CurveOptions): Curve {
  const graph = rejoinParts(prepareGraph(readTflite(model), options.disablePasses));
  const { planner, stores } = plannerSettings(graph, { ...options, strategy: 'auto' });
  const { streamInputs, streamOutputs, pointerBytes, objective, model: costs } = planner;
  const found = frontier(graph, {
    stores: planner.stores ?? [],
    ...{ streamInputs, streamOutputs, pointerBytes, objective, model: costs },
  });
  const pointOf = (point: FrontierPoint): CurvePoint => {
    const { decisions } = point.attempt;
    const { arenaBytes, ramBytes, lowerBoundBytes, writtenBytes, readBytes } = point;
    const { latencyMs, energyMj, lifetimeInferences } = point;
    return {
      ...{ arenaBytes, ramBytes, lowerBoundBytes, writtenBytes, readBytes },
      ...{ latencyMs, energyMj, lifetimeInferences },
      stageCount: point.stageCount,
      spills: [...decisions.spills].map(([tensor, { store: index }]) => {
        const { name } = tensorOf(graph, tensor);
        const store = stores[index]?.name ?? '';
        return { tensor, name, sizeBytes: tensorSizeBytes(tensorOf(graph, tensor)), store };
      }),
    };
  };
  return { points: found.points.map(pointOf), exhaustive: found.exhaustive };
}
