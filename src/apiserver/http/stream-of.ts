/** Streams of others as bodies of answers. */
import type { StreamBody, StreamSink } from './message.ts';

/**
 * Bytes that come by and by as a body; read only as fast as the client takes them. When the source breaks off, so does the
 * answer, or it ends where that tells the client enough.
 */
export function streamOf(source: AsyncIterable<Uint8Array>, onBreak: 'end' | 'cut' = 'end'): StreamBody {
  let stopped = false;
  let resume: () => void = () => undefined;
  const iterator = source[Symbol.asyncIterator]();
  return {
    start(sink) {
      sink.onDrain(() => resume());
      const pump = async (): Promise<void> => {
        for (let next = await iterator.next(); next.done !== true && !stopped; next = await iterator.next()) {
          if (sink.write(next.value)) continue;
          await new Promise<void>((room) => (resume = room));
        }
        if (!stopped) sink.end();
      };
      // The status went out long ago.
      pump().catch(() => {
        if (!stopped) sink[onBreak]();
      });
    },
    stop() {
      stopped = true;
      resume();
      void iterator.return?.();
    },
  };
}

/** The stream, and a call when it is over, whoever ends it. */
export function ending(body: StreamBody, tell: () => void): StreamBody {
  let over = false;
  const onEnd = (): void => {
    if (!over) tell();
    over = true;
  };
  return {
    start(sink: StreamSink) {
      body.start({
        write: (chunk) => sink.write(chunk),
        onDrain: (resume) => sink.onDrain(resume),
        end() {
          onEnd();
          sink.end();
        },
        cut() {
          onEnd();
          sink.cut();
        },
      });
    },
    stop() {
      onEnd();
      body.stop();
    },
  };
}
