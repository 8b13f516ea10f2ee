import { NodeError } from '../node-error.ts';

/**
 * Reads a program's output to its end.
 * @param limit bytes; what prints more is broken, and half of an answer is not an answer
 * @param signal gives the stream up: a process in D state never closes it
 * @throws NodeError `protocol` beyond the limit
 */
export async function readOutput(
  stream: ReadableStream<Uint8Array>,
  limit: number,
  signal: AbortSignal,
): Promise<string> {
  const reader = stream.getReader();
  const cancel = () => void reader.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    return await decode(reader, limit);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

async function decode(reader: { read(): Promise<ReadResult> }, limit: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for (let part = await reader.read(); part.value !== undefined; part = await reader.read()) {
    bytes += part.value.byteLength;
    if (bytes > limit) throw new NodeError('protocol', `printed more than ${limit} bytes`);
    text += decoder.decode(part.value, { stream: true });
  }
  return text + decoder.decode();
}

interface ReadResult {
  readonly value?: Uint8Array | undefined;
}
