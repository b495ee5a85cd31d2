/**
 * The process that holds a pod's namespaces, as an image: one static program of a few hundred bytes, made here, because a
 * cluster must start without a registry and without a compiler.
 *
 * The program ignores SIGCHLD, so that the kernel reaps what is orphaned in a shared process namespace, exits with 0 on
 * SIGTERM and SIGINT (process 1 of a namespace has no default action for them), and sleeps.
 */
import type { Architecture, ImageBlobs } from './oci.ts';
import { buildImage } from './oci.ts';
import { tarBytes } from './tar.ts';

export const pauseImageName = 'localhost/kutter/pause:1';

export function pauseImage(architecture: Architecture): ImageBlobs {
  const program = pauseProgram(architecture);
  const layer = tarBytes([{ path: 'pause', mode: 0o755, data: program }]);
  return buildImage({
    names: [pauseImageName],
    architecture,
    layers: [{ bytes: layer, mediaType: 'application/vnd.oci.image.layer.v1.tar' }],
    config: { Entrypoint: ['/pause'], WorkingDir: '/', User: '65535:65535' },
  });
}

export function pauseProgram(architecture: Architecture): Uint8Array {
  return architecture === 'amd64' ? elf(62, 0x1000n, amd64) : elf(183, 0x10000n, arm64);
}

const baseAddress = 0x400000n;
const headersSize = 64 + 56;
const actionSize = 32;
const SIGINT = 2;
const SIGTERM = 15;
const SIGCHLD = 17;
const SIG_IGN = 1n;

interface Code {
  readonly text: Uint8Array;
  /** Offset of the handler in `text`. */
  readonly handler: number;
  /** Flags of the handler's sigaction. */
  readonly flags: bigint;
}

/** `data` is the offset of two `struct sigaction` behind the code: the ignoring one, then the one with the handler. */
type Assemble = (data: number) => Code;

function elf(machine: number, pageSize: bigint, assemble: Assemble): Uint8Array {
  const codeSize = (assemble(0).text.length + 7) & ~7;
  const { text, handler, flags } = assemble(codeSize);
  const size = headersSize + codeSize + 2 * actionSize;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  const entry = baseAddress + BigInt(headersSize);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true); // ET_EXEC
  view.setUint16(18, machine, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, entry, true);
  view.setBigUint64(32, 64n, true); // the program header follows
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 1, true); // PT_LOAD
  view.setUint32(68, 5, true); // readable, executable
  view.setBigUint64(80, baseAddress, true);
  view.setBigUint64(88, baseAddress, true);
  view.setBigUint64(96, BigInt(size), true);
  view.setBigUint64(104, BigInt(size), true);
  view.setBigUint64(112, pageSize, true);
  bytes.set(text, headersSize);
  const actions = headersSize + codeSize;
  const handlerAddress = entry + BigInt(handler);
  view.setBigUint64(actions, SIG_IGN, true);
  view.setBigUint64(actions + actionSize, handlerAddress, true);
  view.setBigUint64(actions + actionSize + 8, flags, true);
  view.setBigUint64(actions + actionSize + 16, handlerAddress, true);
  return bytes;
}

function amd64(data: number): Code {
  const text: number[] = [];
  const immediate = (opcode: number, value: number): void => {
    text.push(opcode, value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255);
  };
  const sigaction = (signal: number, action: number): void => {
    immediate(0xb8, 13); // mov eax, rt_sigaction
    immediate(0xbf, signal); // mov edi, signal
    const offset = action - (text.length + 7);
    text.push(0x48, 0x8d); // lea rsi, [rip + offset]
    immediate(0x35, offset);
    text.push(0x31, 0xd2); // xor edx, edx
    text.push(0x41); // mov r10d, 8
    immediate(0xba, 8);
    text.push(0x0f, 0x05); // syscall
  };
  sigaction(SIGCHLD, data);
  sigaction(SIGTERM, data + actionSize);
  sigaction(SIGINT, data + actionSize);
  const loop = text.length;
  immediate(0xb8, 34); // mov eax, pause
  text.push(0x0f, 0x05);
  text.push(0xeb, (loop - (text.length + 2)) & 255); // jmp loop
  const handler = text.length;
  immediate(0xb8, 231); // mov eax, exit_group
  text.push(0x31, 0xff, 0x0f, 0x05); // xor edi, edi; syscall
  // SA_RESTORER: this kernel delivers no signal to a handler without one, even if the handler never returns.
  return { text: Uint8Array.from(text), handler, flags: 0x04000000n };
}

function arm64(data: number): Code {
  const words: number[] = [];
  const set = (register: number, value: number): number => words.push(0xd2800000 | (value << 5) | register);
  const call = (number: number): void => {
    set(8, number);
    words.push(0xd4000001); // svc #0
  };
  const sigaction = (signal: number, action: number): void => {
    set(0, signal);
    const offset = action - words.length * 4;
    words.push(0x10000000 | ((offset & 3) << 29) | ((offset >> 2) << 5) | 1); // adr x1, action
    set(2, 0);
    set(3, 8);
    call(134); // rt_sigaction
  };
  sigaction(SIGCHLD, data);
  sigaction(SIGTERM, data + actionSize);
  sigaction(SIGINT, data + actionSize);
  const loop = words.length;
  for (const register of [0, 1, 2, 3]) set(register, 0);
  call(73); // ppoll(0, 0, 0, 0): there is no pause
  words.push(0x14000000 | ((loop - words.length) & 0x3ffffff)); // b loop
  const handler = words.length * 4;
  set(0, 0);
  call(94); // exit_group
  const text = new Uint8Array(words.length * 4);
  const view = new DataView(text.buffer);
  words.forEach((word, i) => view.setUint32(i * 4, word >>> 0, true));
  return { text, handler, flags: 0n };
}
