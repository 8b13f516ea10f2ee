import { type FileHandle, open } from 'node:fs/promises';
import { abortable } from '../../../core/abortable.ts';

/** The kernel's door for connections, an argument so that tests can be the kernel. */
export interface FabricsDevice {
  /**
   * Connects as the option string says, and resolves when the kernel has the controller.
   * @returns the controller's instance: 3 means `nvme3`
   * @throws what the system says (`code` ECONNREFUSED, EIO, …), the signal's reason, or RangeError where the answer
   * is not understood
   */
  connect(options: string, signal: AbortSignal): Promise<number>;
}

/** `/dev/nvme-fabrics`: options are written, and `instance=3,cntlid=1` is read from the same descriptor. */
export class KernelFabrics implements FabricsDevice {
  readonly #path: string;

  /** @param path normally `/dev/nvme-fabrics` */
  constructor(path: string) {
    this.#path = path;
  }

  /** A write that the kernel does not finish keeps its thread; the caller is released at the signal. */
  async connect(options: string, signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    const handle = await open(this.#path, 'r+');
    const work = converse(handle, options).finally(() => handle.close());
    work.catch(() => undefined);
    return instanceOf(await abortable(work, signal));
  }
}

async function converse(handle: FileHandle, options: string): Promise<string> {
  // In one write: the kernel takes each as a whole request.
  await handle.write(options);
  const buffer = Buffer.alloc(256);
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
  return buffer.toString('latin1', 0, bytesRead);
}

/** nvmf_dev_show in drivers/nvme/host/fabrics.c. */
function instanceOf(answer: string): number {
  const [, instance] = /^instance=(\d+),cntlid=\d+\s*$/.exec(answer) ?? [];
  if (instance !== undefined) return Number(instance);
  throw new RangeError(`the kernel answered ${JSON.stringify(answer)} to a connect`);
}
