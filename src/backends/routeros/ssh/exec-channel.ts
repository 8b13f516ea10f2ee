import type { ClientChannel } from 'ssh2';
import type { ChannelOpener } from './channel-opener.ts';
import type { Exec } from './exec.ts';

export interface ExecChannelOwner {
  /** Refused or closed before an exec was sent; `exec` is the one that waits for it, if any. */
  unusable(channel: ExecChannel, error: Error, exec: Exec | undefined): void;
  /** Refused or closed after its exec was sent, and before a reply. */
  failed(channel: ExecChannel, error: Error, exec: Exec): void;
  started(channel: ExecChannel, stream: ClientChannel, exec: Exec): void;
}

/** A session channel: opened, used for one exec, closed by the appliance. */
export class ExecChannel {
  private start: ((line: string) => void) | undefined;
  private exec: Exec | undefined;
  private fault: Error | undefined;

  /** @param ahead it is opened before there is an exec for it */
  constructor(
    open: ChannelOpener,
    readonly ahead: boolean,
    private readonly owner: ExecChannelOwner,
  ) {
    open({
      opened: (start) => {
        this.start = start;
        this.send();
      },
      started: (stream) => {
        if (this.exec) owner.started(this, stream, this.exec);
      },
      failed: (error) => {
        this.fault = error;
        this.report(error);
      },
    });
  }

  /** Nothing was sent over it, and something may be. */
  get usable(): boolean {
    return this.fault === undefined && !this.exec?.sent;
  }

  /** Sends the exec's line now, or as soon as the channel is open. */
  run(exec: Exec): void {
    this.exec = exec;
    if (this.fault) this.report(this.fault);
    else this.send();
  }

  /** The exec that waited for it waits no longer. */
  release(): void {
    this.exec = undefined;
  }

  private send(): void {
    const { exec, start } = this;
    if (exec === undefined || start === undefined) return;
    if (exec.send(start)) this.start = undefined;
  }

  private report(error: Error): void {
    if (this.exec?.sent) this.owner.failed(this, error, this.exec);
    else this.owner.unusable(this, error, this.exec);
  }
}
