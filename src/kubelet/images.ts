/**
 * Makes sure that a container's image is there, as its pull policy says. What always holds: only so many pulls run at one
 * time; after a failed pull the image is left alone for a while, longer each time.
 */
import { errorText, type DeepReadonly } from '../base/mod.ts';
import { secrets, type Secret } from '../api/mod.ts';
import { goDuration, goQuote, isApiError } from '../machinery/mod.ts';
import { Backoff } from './backoff.ts';
import { ContainerFailure } from './failure.ts';
import { Gate } from './gate.ts';
import { authsFor } from './image-auth.ts';
import { withDefaultTag } from './image-name.ts';
import { uidOf, type PodContainer, type PodView } from './pod.ts';
import type { ReadyImage } from './pod-facts.ts';
import type { Image } from './ports.ts';
import { podEvent, type KubeletWorld, type PodEvent } from './world.ts';

type Needs = Pick<KubeletWorld, 'runtime' | 'clock' | 'events' | 'client' | 'config' | 'log'>;

/** How soon after a failed pull its back-off shows, and how often it is told again. */
const backOffShowsMs = 2_000;
const backOffTellsMs = 15_000;

export class Images {
  readonly #world: Needs;
  readonly #backoff = new Backoff();
  readonly #failedAt = new Map<string, number>();
  readonly #lastErrors = new Map<string, string>();
  readonly #pulls: Gate;

  constructor(world: Needs) {
    this.#world = world;
    this.#pulls = new Gate(world.config.imagePullsMax);
  }

  /** Rejects with a ContainerFailure that carries the waiting reason. */
  async ensure(pod: PodView, target: PodContainer, signal: AbortSignal): Promise<ReadyImage> {
    const wanted = target.container.image ?? '';
    const quoted = goQuote(wanted);
    const parsed = withDefaultTag(wanted);
    if ('problem' in parsed) {
      const message = `Failed to apply default image tag ${quoted}: couldn't parse image name ${quoted}: ${parsed.problem}`;
      throw this.#failed(
        pod,
        target,
        { type: 'Warning', reason: 'InspectFailed', message },
        { reason: 'InvalidImageName' },
      );
    }
    const { image } = parsed;
    const policy = target.container.imagePullPolicy ?? (image.endsWith(':latest') ? 'Always' : 'IfNotPresent');
    const present = await this.#inspect(pod, target, image);
    if (present !== undefined && policy !== 'Always') {
      const message = `Container image ${quoted} already present on machine and can be accessed by the pod`;
      podEvent(this.#world, pod, { reason: 'Pulled', message, target });
      return ready(present, image);
    }
    if (policy === 'Never') {
      const message = `Container image ${quoted} is not present with pull policy of Never`;
      throw this.#failed(
        pod,
        target,
        { type: 'Warning', reason: 'ErrImageNeverPull', message },
        { reason: 'ErrImageNeverPull' },
      );
    }
    this.#waitIfBackingOff(pod, target);
    return await this.#pull(pod, target, image, signal);
  }

  async #inspect(pod: PodView, target: PodContainer, image: string): Promise<Image | undefined> {
    try {
      return await this.#world.runtime.imageStatus(image);
    } catch (error) {
      const message = `Failed to inspect image ${goQuote(target.container.image ?? '')}: ${errorText(error)}`;
      throw this.#failed(
        pod,
        target,
        { type: 'Warning', reason: 'InspectFailed', message },
        { reason: 'ImageInspectError' },
      );
    }
  }

  #waitIfBackingOff(pod: PodView, target: PodContainer): void {
    const now = this.#world.clock.now();
    const key = this.#key(pod, target);
    const until = this.#backoff.waitUntil(key, this.#failedAt.get(key) ?? now, now);
    if (until === undefined) return;
    const text = `Back-off pulling image ${goQuote(target.container.image ?? '')}`;
    const last = this.#lastErrors.get(key);
    const againAfterMs = Math.min(until - now, backOffTellsMs);
    const message = last === undefined ? text : `${text}: ErrImagePull: ${last}`;
    throw this.#failed(
      pod,
      target,
      { reason: 'BackOff', message: text },
      { reason: 'ImagePullBackOff', message, againAfterMs },
    );
  }

  async #pull(pod: PodView, target: PodContainer, image: string, signal: AbortSignal): Promise<ReadyImage> {
    const { clock } = this.#world;
    const quoted = goQuote(target.container.image ?? '');
    const key = this.#key(pod, target);
    const askedAt = clock.monotonic();
    podEvent(this.#world, pod, { reason: 'Pulling', message: `Pulling image ${quoted}`, target });
    try {
      const auths = authsFor(image, await this.#pullSecrets(pod, target));
      let startedAt = askedAt;
      const ref = await this.#pulls.run(() => {
        startedAt = clock.monotonic();
        return this.#pullWithAny(image, auths, signal);
      });
      const pulled = await this.#world.runtime.imageStatus(image);
      const took = goDuration(Math.trunc(clock.monotonic() - startedAt));
      const waited = goDuration(Math.trunc(clock.monotonic() - askedAt));
      const message = `Successfully pulled image ${quoted} in ${took} (${waited} including waiting). Image size: ${pulled?.size ?? 0} bytes.`;
      podEvent(this.#world, pod, { reason: 'Pulled', message, target });
      this.#forget(key);
      return pulled === undefined ? { ref, user: { username: '' } } : ready(pulled, ref);
    } catch (error) {
      if (error instanceof ContainerFailure || signal.aborted) throw error;
      const text = errorText(error);
      podEvent(this.#world, pod, {
        type: 'Warning',
        reason: 'Failed',
        message: `Failed to pull image ${quoted}: ${text}`,
        target,
      });
      this.#remember(key, text);
      throw this.#failed(pod, target, undefined, {
        reason: 'ErrImagePull',
        message: text,
        againAfterMs: backOffShowsMs,
      });
    }
  }

  async #pullWithAny(image: string, auths: ReturnType<typeof authsFor>, signal: AbortSignal): Promise<string> {
    let failure: unknown;
    for (const auth of auths.length === 0 ? [undefined] : auths) {
      try {
        const request = { image: { image }, ...(auth === undefined ? {} : { auth }) };
        return await this.#world.runtime.pullImage(request, { signal });
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  async #pullSecrets(pod: PodView, target: PodContainer): Promise<DeepReadonly<Secret>[]> {
    const namespace = pod.metadata.namespace ?? '';
    const found: DeepReadonly<Secret>[] = [];
    for (const { name = '' } of pod.spec?.imagePullSecrets ?? []) {
      try {
        found.push(await this.#world.client.get(secrets, { namespace, name }));
      } catch (error) {
        if (!isApiError(error)) throw error;
        const message = `Unable to retrieve some image pull secrets (${name}); attempting to pull the image may not succeed.`;
        podEvent(this.#world, pod, { type: 'Warning', reason: 'FailedToRetrieveImagePullSecret', message, target });
      }
    }
    return found;
  }

  #key(pod: PodView, target: PodContainer): string {
    return `${uidOf(pod)}_${target.container.image}`;
  }

  #remember(key: string, text: string): void {
    const now = this.#world.clock.now();
    this.#backoff.next(key, now, now);
    this.#failedAt.set(key, now);
    this.#lastErrors.set(key, text);
  }

  #forget(key: string): void {
    this.#failedAt.delete(key);
    this.#lastErrors.delete(key);
  }

  /** Forgets a pod that is gone. */
  forgetPod(uid: string): void {
    for (const key of this.#failedAt.keys()) {
      if (!key.startsWith(`${uid}_`)) continue;
      this.#forget(key);
      this.#backoff.reset(key);
    }
  }

  /** Tells what went wrong, then that the container could not be made, as upstream does. */
  #failed(
    pod: PodView,
    target: PodContainer,
    event: PodEvent | undefined,
    {
      reason,
      message = event?.message ?? '',
      againAfterMs = 10_000,
    }: { reason: string; message?: string; againAfterMs?: number },
  ): ContainerFailure {
    if (event !== undefined) podEvent(this.#world, pod, { ...event, target });
    podEvent(this.#world, pod, { type: 'Warning', reason: 'Failed', message: `Error: ${reason}`, target });
    return new ContainerFailure(reason, message, againAfterMs);
  }
}

function ready({ id, repoDigests, uid, username }: Image, image: string): ReadyImage {
  return { ref: id === '' ? (repoDigests[0] ?? image) : id, user: { username, ...(uid === undefined ? {} : { uid }) } };
}
