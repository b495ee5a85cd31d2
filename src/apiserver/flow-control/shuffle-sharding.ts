/**
 * Which few of many queues a flow may use. Two flows seldom share all of theirs, so a flow that fills its own queues leaves
 * others a queue that is short.
 */
const offset = 0xcbf29ce484222325n;
const prime = 0x100000001b3n;
const encoder = new TextEncoder();

/** Numbers of `handSize` different queues of `queues`, the same ones for the same flow. */
export function deal(flow: string, queues: number, handSize: number): readonly number[] {
  let hash = offset;
  for (const byte of encoder.encode(flow)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * prime);
  // The upper bits depend on every byte, the lower ones hardly on the first.
  hash ^= hash >> 29n;
  const hand: number[] = [];
  for (let i = 0; i < Math.min(handSize, queues); i++) {
    const left = BigInt(queues - i);
    let card = Number(hash % left);
    hash /= left;
    // The card-th of those that are not dealt yet.
    for (const dealt of hand.toSorted((a, b) => a - b)) if (dealt <= card) card += 1;
    hand.push(card);
  }
  return hand;
}
