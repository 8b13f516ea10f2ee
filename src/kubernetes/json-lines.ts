import { KubernetesError } from './kubernetes-error.ts';

/** etcd refuses objects above 1.5 MiB; managed fields and bookmarks included, no line is longer than this. */
const LINE_MAX_CHARACTERS = 8 * 1024 * 1024;

/**
 * A stream of JSON documents, one a line, as they come.
 * @throws KubernetesError `protocol` a line that is too long, or that is no JSON; what the stream throws
 */
export async function* jsonLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<unknown, void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LINE_MAX_CHARACTERS) throw new KubernetesError('protocol', 'a line without an end');
    for (const line of lines) if (line.trim() !== '') yield parse(line);
  }
  // What is left has no end of line: the connection was cut within it.
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new KubernetesError('protocol', `a line that is no JSON: ${line.slice(0, 100)}`, undefined, {
      cause: error,
    });
  }
}
