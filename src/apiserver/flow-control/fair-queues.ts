/**
 * The queues of one priority level: requests take seats while they run, at most `limit` of them together, and wait in their
 * flow's queue when there are none. Whose turn it is follows from virtual time: each queue advances by the seat-seconds that it
 * used, and the queue that is furthest behind goes next. So queues share alike, however many requests one of them holds.
 *
 * Worked example: limit 2, queues A and B, every request takes one seat for 1 s. A holds four requests, B two, all at time 0.
 * A1 and A2 begin (nobody else is there), and A is at 2. B1 then finds no seat. When A1 ends, B is at 0 and A at 2: B1
 * begins, then B2, and only then A3. From there on each gets a seat.
 *
 * What always holds: the sum of seats in use is at most `limit`, unless a single request needs more than that and runs
 * alone; a queue holds at most `queueLengthMax`; a request leaves its queue by running, at its deadline, or with its client.
 */
import type { Clock } from '../../base/mod.ts';
import { SeatDemand } from './seat-demand.ts';

export interface Work {
  readonly seats: number;
  /** Seats that stay taken for so long after the answer, while watchers are told. */
  readonly finalSeats: number;
  readonly finalMs: number;
}

export interface QueueShape {
  /** 0: nobody waits. */
  readonly queues: number;
  readonly handSize: number;
  readonly queueLengthMax: number;
}

export type RejectReason = 'queue-full' | 'concurrency-limit' | 'time-out' | 'cancelled';

/** The request does not run. */
export class FlowRejection extends Error {
  readonly reason: RejectReason;
  constructor(reason: RejectReason) {
    super(reason);
    this.name = 'FlowRejection';
    this.reason = reason;
  }
}

/** What a request that waits is known by. */
export interface Waiting<T> {
  readonly tag: T;
  readonly hand: readonly number[];
  readonly work: Work;
  /** Aborts when the client is gone; asked for only if the request must wait. */
  readonly signal: () => AbortSignal | undefined;
}

interface Queued<T> {
  readonly request: Waiting<T>;
  readonly queue: Queue<T>;
  readonly width: number;
  readonly arrivedAtMs: number;
  readonly arrivedR: number;
  readonly begin: (seat: Seat) => void;
}

export interface Queue<T> {
  readonly index: number;
  readonly waiting: Queued<T>[];
  waitingSeats: number;
  seatsInUse: number;
  executing: number;
  /** Virtual time, in seat-seconds. */
  nextDispatchR: number;
}

/** A request that runs. */
export interface Seat {
  /** On the monotonic clock. */
  readonly begunMs: number;
  /** It has been answered; returns when. Called once. */
  release(): number;
}

/** What a request is taken to need, in seconds, until it has shown. */
const serviceSecondsGuess = 0.003;

export class FairQueues<T> {
  readonly queues: readonly Queue<T>[];
  readonly demand: SeatDemand;
  readonly #clock: Clock;
  readonly #shape: QueueShape;
  readonly #waitMaxMs: number;
  #limit: number;
  #seatsInUse = 0;
  #seatsWaiting = 0;
  #waiting = 0;
  #executing = 0;
  #active = 0;
  #r = 0;
  #syncedMs: number;
  #robin = 0;

  constructor(clock: Clock, shape: QueueShape, { limit, waitMaxMs }: { limit: number; waitMaxMs: number }) {
    this.#clock = clock;
    this.#shape = shape;
    this.#limit = limit;
    this.#waitMaxMs = waitMaxMs;
    this.#syncedMs = clock.monotonic();
    this.demand = new SeatDemand(this.#syncedMs);
    // Without waiting there is one, so that what runs is counted alike.
    this.queues = Array.from({ length: Math.max(1, shape.queues) }, (_, index) => ({
      index,
      waiting: [],
      waitingSeats: 0,
      seatsInUse: 0,
      executing: 0,
      nextDispatchR: 0,
    }));
  }

  hasShape({ queues, handSize, queueLengthMax }: QueueShape): boolean {
    const own = this.#shape;
    return own.queues === queues && own.handSize === handSize && own.queueLengthMax === queueLengthMax;
  }

  get limit(): number {
    return this.#limit;
  }
  set limit(limit: number) {
    this.#sync();
    this.#limit = limit;
    this.#dispatch();
  }
  get waiting(): number {
    return this.#waiting;
  }
  get executing(): number {
    return this.#executing;
  }
  get seatsInUse(): number {
    return this.#seatsInUse;
  }
  get activeQueues(): number {
    return this.#active;
  }

  /** Throws, or rejects with, FlowRejection. A promise only for a request that must wait. */
  enter(request: Waiting<T>): Seat | Promise<Seat> {
    this.#sync();
    const queue = this.#choose(request.hand);
    const width = Math.max(request.work.seats, request.work.finalSeats);
    if (this.#waiting === 0 && this.#fits(width)) return this.#run(queue, request.work, width);
    if (this.#shape.queues === 0) throw new FlowRejection('concurrency-limit');
    if (queue.waiting.length >= this.#shape.queueLengthMax) throw new FlowRejection('queue-full');
    return this.#wait(queue, request, width);
  }

  /** The one of the hand with the least before it. */
  #choose(hand: readonly number[]): Queue<T> {
    let best: Queue<T> | undefined;
    let least = Infinity;
    for (const index of hand) {
      const queue = this.queues[index] as Queue<T>;
      const load = queue.waitingSeats + queue.seatsInUse;
      if (load >= least) continue;
      least = load;
      best = queue;
    }
    return best ?? (this.queues[0] as Queue<T>);
  }

  #fits(width: number): boolean {
    return width > this.#limit ? this.#seatsInUse === 0 && this.#limit > 0 : this.#seatsInUse + width <= this.#limit;
  }

  /** Virtual time goes on as fast as each active queue is served. */
  #sync(): number {
    const now = this.#clock.monotonic();
    const seconds = (now - this.#syncedMs) / 1000;
    if (seconds > 0) {
      if (this.#active > 0)
        this.#r += (seconds * Math.min(this.#seatsInUse + this.#seatsWaiting, this.#limit)) / this.#active;
      this.#syncedMs = now;
    }
    this.demand.observe(now, this.#seatsInUse + this.#seatsWaiting);
    return now;
  }

  #occupy(queue: Queue<T>): void {
    if (queue.executing > 0 || queue.waiting.length > 0) return;
    this.#active += 1;
    // A queue that was idle has no credit from that time.
    queue.nextDispatchR = Math.max(queue.nextDispatchR, this.#r);
  }

  #vacate(queue: Queue<T>): void {
    if (queue.executing === 0 && queue.waiting.length === 0) this.#active -= 1;
  }

  #run(queue: Queue<T>, work: Work, width: number): Seat {
    this.#occupy(queue);
    const begunMs = this.#syncedMs;
    queue.executing += 1;
    queue.seatsInUse += width;
    this.#executing += 1;
    this.#seatsInUse += width;
    queue.nextDispatchR += width * serviceSecondsGuess;
    this.demand.observe(begunMs, this.#seatsInUse + this.#seatsWaiting);
    const end = (): number => {
      const now = this.#sync();
      queue.nextDispatchR += width * ((now - begunMs) / 1000 - serviceSecondsGuess);
      queue.executing -= 1;
      queue.seatsInUse -= width;
      this.#executing -= 1;
      this.#seatsInUse -= width;
      this.#vacate(queue);
      if (this.#waiting > 0) this.#dispatch();
      return now;
    };
    return {
      begunMs,
      release: () => {
        if (work.finalMs <= 0) return end();
        this.#clock.after(work.finalMs, end);
        return this.#clock.monotonic();
      },
    };
  }

  #wait(queue: Queue<T>, request: Waiting<T>, width: number): Promise<Seat> {
    return new Promise((resolve, reject) => {
      const signal = request.signal();
      const leave = (reason: RejectReason): void => {
        const at = queue.waiting.indexOf(queued);
        if (at < 0) return;
        settle();
        this.#sync();
        queue.waiting.splice(at, 1);
        this.#left(queued);
        this.#vacate(queue);
        reject(new FlowRejection(reason));
        // Who waited behind a wide request may fit.
        this.#dispatch();
      };
      const gone = (): void => leave('cancelled');
      const settle = (): void => {
        timer[Symbol.dispose]();
        signal?.removeEventListener('abort', gone);
      };
      const timer = this.#clock.after(this.#waitMaxMs, () => leave('time-out'));
      const queued: Queued<T> = {
        request,
        queue,
        width,
        arrivedAtMs: this.#clock.now(),
        arrivedR: this.#r,
        begin: (seat) => {
          settle();
          resolve(seat);
        },
      };
      this.#occupy(queue);
      queue.waiting.push(queued);
      queue.waitingSeats += width;
      this.#waiting += 1;
      this.#seatsWaiting += width;
      signal?.addEventListener('abort', gone, { once: true });
      this.#sync();
      this.#dispatch();
      if (signal?.aborted === true) gone();
    });
  }

  #left({ queue, width }: Queued<T>): void {
    queue.waitingSeats -= width;
    this.#waiting -= 1;
    this.#seatsWaiting -= width;
  }

  #dispatch(): void {
    for (let next = this.#next(); next !== undefined && this.#fits(next.width); next = this.#next()) {
      const { queue, request, width } = next;
      // Before it leaves the queue, so that the queue stays active throughout.
      const seat = this.#run(queue, request.work, width);
      queue.waiting.shift();
      this.#left(next);
      this.#robin = queue.index;
      next.begin(seat);
    }
  }

  /** The first request of the queue that would have been served least after it; queues take turns where it is the same. */
  #next(): Queued<T> | undefined {
    let best: Queued<T> | undefined;
    let least = Infinity;
    for (let i = 1; i <= this.queues.length && this.#waiting > 0; i++) {
      const queue = this.queues[(this.#robin + i) % this.queues.length] as Queue<T>;
      const oldest = queue.waiting[0];
      if (oldest === undefined) continue;
      // Time in which it had nothing to serve is no credit.
      if (queue.nextDispatchR < oldest.arrivedR) queue.nextDispatchR = oldest.arrivedR;
      const finish = queue.nextDispatchR + oldest.width * serviceSecondsGuess;
      if (finish >= least) continue;
      least = finish;
      best = oldest;
    }
    return best;
  }
}
