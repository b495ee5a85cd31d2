/** How many seats a request takes: more for a long list, and for a change that many are told of. */
import type { Work } from './fair-queues.ts';

const seatsMax = 10;
/** No request takes more than this part of its level. */
const levelPartMax = 0.15;
const objectsPerSeat = 100;
const watchesPerSeat = 10;
/** What it takes to tell one seat's worth of watches. */
const eventMs = 5;

const single: Work = { seats: 1, finalSeats: 0, finalMs: 0 };

function seatsMaxOf(limit: number): number {
  return Math.max(1, Math.min(seatsMax, Math.ceil(limit * levelPartMax)));
}

/** A list that looks at so many objects. */
export function listWork(objects: number, limit: number): Work {
  if (objects <= objectsPerSeat) return single;
  return { seats: Math.min(seatsMaxOf(limit), Math.ceil(objects / objectsPerSeat)), finalSeats: 0, finalMs: 0 };
}

/** A change that so many watches are told of. */
export function changeWork(watches: number, limit: number): Work {
  if (watches < watchesPerSeat) return single;
  const wanted = Math.ceil(watches / watchesPerSeat);
  const finalSeats = Math.min(seatsMaxOf(limit), wanted);
  return { seats: 1, finalSeats, finalMs: (wanted * eventMs) / finalSeats };
}

export function plainWork(): Work {
  return single;
}
