import type { HostIdentity } from './host-identity.ts';

/**
 * The protocol data units of an NVMe/TCP connection's first two steps. Layouts: NVM Express TCP Transport
 * Specification 1.0, sections 3.6.2.2 (ICReq), 3.6.2.3 (ICResp), 3.6.2.6 (CapsuleCmd), 3.6.2.7 (CapsuleResp), 3.6.2.5
 * (C2HTermReq); NVM Express Base Specification 2.0, section 6.3 (Connect command). All numbers are little-endian.
 */
const PDU = { icReq: 0x00, icResp: 0x01, c2hTermReq: 0x03, capsuleCmd: 0x04, capsuleResp: 0x05 } as const;

/** What a peer said in one PDU. */
export type Reply =
  | { readonly kind: 'initialized' }
  /** A completion queue entry's status: type and code, without phase, retry delay, more and do-not-retry. */
  | { readonly kind: 'completed'; readonly status: number }
  | { readonly kind: 'terminated'; readonly fatalErrorStatus: number }
  | { readonly kind: 'other'; readonly type: number };

/** Status codes of Connect (Base Specification 2.0, figure 387): type 1, command specific. */
export const STATUS = {
  success: 0x000,
  /** Also what an unknown subsystem NQN gets. */
  connectInvalidParameters: 0x182,
  connectInvalidHost: 0x184,
} as const;

const HEADER_BYTES = 8;
const IC_BYTES = 128;
const CAPSULE_HEADER_BYTES = 72;
const CONNECT_DATA_BYTES = 1024;
/** No reply of the handshake is longer; a peer that announces more speaks something else. */
const REPLY_MAX_BYTES = 4096;

const OPCODE_FABRICS = 0x7f;
const FCTYPE_CONNECT = 0x01;
/** Data described by an SGL; its descriptor: a data block, addressed as an offset into the capsule. */
const FLAGS_SGL = 0x40;
const SGL_IN_CAPSULE = 0x01;
/** The peer is to choose a controller (the dynamic controller model). */
const ANY_CONTROLLER = 0xffff;
const ADMIN_QUEUE_ENTRIES = 32;

function header(view: DataView, type: number, headerBytes: number, dataOffset: number): void {
  view.setUint8(0, type);
  view.setUint8(2, headerBytes);
  view.setUint8(3, dataOffset);
  view.setUint32(4, view.byteLength, true);
}

/** Version 0, no digests, no padding. */
export function initializeRequest(): Uint8Array {
  const bytes = new Uint8Array(IC_BYTES);
  header(new DataView(bytes.buffer), PDU.icReq, IC_BYTES, 0);
  return bytes;
}

/** Fabrics Connect for the admin queue, with its data in the capsule and no keep-alive. */
export function connectRequest(nqn: string, host: HostIdentity): Uint8Array {
  const bytes = new Uint8Array(CAPSULE_HEADER_BYTES + CONNECT_DATA_BYTES);
  const view = new DataView(bytes.buffer);
  header(view, PDU.capsuleCmd, CAPSULE_HEADER_BYTES, CAPSULE_HEADER_BYTES);
  const command = new DataView(bytes.buffer, HEADER_BYTES, 64);
  command.setUint8(0, OPCODE_FABRICS);
  command.setUint8(1, FLAGS_SGL);
  command.setUint8(4, FCTYPE_CONNECT);
  command.setUint32(32, CONNECT_DATA_BYTES, true);
  command.setUint8(39, SGL_IN_CAPSULE);
  command.setUint16(44, ADMIN_QUEUE_ENTRIES - 1, true);
  const data = bytes.subarray(CAPSULE_HEADER_BYTES);
  data.set(Buffer.from(host.id.replaceAll('-', ''), 'hex'), 0);
  new DataView(data.buffer, data.byteOffset).setUint16(16, ANY_CONTROLLER, true);
  data.set(name(nqn), 256);
  data.set(name(host.nqn), 512);
  return bytes;
}

/** Null-terminated in a field of 256 bytes. @throws RangeError */
function name(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length < 256) return bytes;
  throw new RangeError(`an NQN of ${bytes.length} bytes does not fit`);
}

/**
 * Takes the first PDU off what has come in.
 * @returns undefined while it is not complete
 * @throws RangeError what came is no PDU
 */
export function takeReply(
  received: Uint8Array,
): { readonly reply: Reply; readonly rest: Uint8Array } | undefined {
  if (received.byteLength < HEADER_BYTES) return undefined;
  const view = new DataView(received.buffer, received.byteOffset, received.byteLength);
  const length = view.getUint32(4, true);
  if (length < HEADER_BYTES || length > REPLY_MAX_BYTES) {
    throw new RangeError(`a PDU of ${length} bytes; the peer does not speak NVMe/TCP`);
  }
  if (received.byteLength < length) return undefined;
  return { reply: replyOf(view, length), rest: received.subarray(length) };
}

function replyOf(view: DataView, length: number): Reply {
  const type = view.getUint8(0);
  if (type === PDU.icResp && length >= IC_BYTES) return { kind: 'initialized' };
  if (type === PDU.capsuleResp && length >= 24) {
    return { kind: 'completed', status: (view.getUint16(22, true) >> 1) & 0x7ff };
  }
  if (type === PDU.c2hTermReq && length >= 24) {
    return { kind: 'terminated', fatalErrorStatus: view.getUint16(8, true) };
  }
  return { kind: 'other', type };
}
