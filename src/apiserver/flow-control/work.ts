/** How many seats a request takes: more for a list of much, and for a change that many are told of. As upstream estimates it. */
import type { Work } from './fair-queues.ts';

/** No request takes more than this part of its level. */
const levelPartMax = 0.15;
const listSeatsMax = 100;
const bytesPerSeat = 100_000;
/** What is sent piece by piece is in memory piece by piece. */
const streamedBytesMax = 1_000_000;
const changeSeatsMax = 10;
const watchesPerSeat = 10;
/** What it takes to tell one seat's worth of watches. */
const eventMs = 5;

const single: Work = { seats: 1, finalSeats: 0, finalMs: 0 };

function partOf(nominal: number, max: number): number {
  return Math.max(1, Math.min(max, Math.ceil(nominal * levelPartMax)));
}

/** What a list is about. */
export interface Listed {
  readonly objects: number;
  readonly bytesEach: number;
  readonly limit: number;
  /** It names the one object that it wants. */
  readonly single: boolean;
  readonly selects: boolean;
  /** It wants a state that upstream's cache has not. */
  readonly past: boolean;
}

export function listWork({ objects, bytesEach, limit, single: one, selects, past }: Listed, nominal: number): Work {
  const limited = limit > 0 ? Math.min(limit, objects) : objects;
  const looked = one ? 1 : past && selects ? Math.max(limited, Math.trunc(objects / 2)) : limited;
  const bytes = past ? looked * bytesEach : Math.min(looked * bytesEach, streamedBytesMax);
  const seats = Math.max(1, Math.ceil(bytes / bytesPerSeat));
  return seats === 1 ? single : { seats: Math.min(partOf(nominal, listSeatsMax), seats), finalSeats: 0, finalMs: 0 };
}

/** A change that so many watches are told of. */
export function changeWork(watches: number, nominal: number): Work {
  if (watches < watchesPerSeat) return single;
  const wanted = Math.ceil(watches / watchesPerSeat);
  const finalSeats = Math.min(partOf(nominal, changeSeatsMax), wanted);
  return { seats: 1, finalSeats, finalMs: (wanted * eventMs) / finalSeats };
}

export function plainWork(): Work {
  return single;
}
