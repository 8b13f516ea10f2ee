import { type handleUnaryCall, Server, ServerCredentials } from '@grpc/grpc-js';
import type { Logger } from '../observe/logger.ts';
import { claimSocketPath } from './endpoint.ts';
import {
  type InfoRequest,
  type PluginInfo,
  RegistrationService,
  type RegistrationStatus,
  type RegistrationStatusResponse,
} from './generated/pluginregistration.ts';

export interface RegistrationOptions {
  /** A path in kubelet's plugins_registry, ending in `.sock`. */
  readonly socket: string;
  readonly driverName: string;
  /** The CSI socket's path as kubelet sees it. */
  readonly endpoint: string;
  readonly logger: Logger;
}

/** `csi` plugins' versions as kubelet 1.37 knows them: any 1.x (pkg/volume/csi/csi_plugin.go). */
const SUPPORTED_VERSIONS = ['1.0.0'];
/** kubelet asks when it sees the socket, and is answered at once. */
const GRACE_MS = 1000;

export type RegistrationState = 'waiting' | 'registered' | 'refused';

/**
 * What node-driver-registrar does elsewhere: kubelet's plugin watcher finds the socket, asks who is there
 * (`pluginregistration.v1`), and says whether it has taken the plugin. A kubelet that starts anew asks again.
 */
export class PluginRegistration {
  private readonly server = new Server();
  private current: RegistrationState = 'waiting';
  private why = '';

  constructor(private readonly options: RegistrationOptions) {
    const getInfo: handleUnaryCall<InfoRequest, PluginInfo> = (_, answer) => {
      const { driverName, endpoint } = options;
      answer(null, { type: 'CSIPlugin', name: driverName, endpoint, supportedVersions: SUPPORTED_VERSIONS });
    };
    const notifyRegistrationStatus: handleUnaryCall<RegistrationStatus, RegistrationStatusResponse> = (
      { request },
      answer,
    ) => {
      this.notified(request);
      answer(null, {});
    };
    this.server.addService(RegistrationService, { getInfo, notifyRegistrationStatus });
  }

  get state(): RegistrationState {
    return this.current;
  }

  /** Why kubelet has refused, for people. */
  get reason(): string {
    return this.why;
  }

  /** @throws Error where the socket cannot be had; it says why */
  async listen(): Promise<void> {
    const { socket, logger } = this.options;
    await claimSocketPath(socket);
    await new Promise<void>((resolve, reject) => {
      this.server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) =>
        error
          ? reject(new Error(`cannot listen on ${socket}: ${error.message}`, { cause: error }))
          : resolve(),
      );
    });
    logger.info({ socket }, 'waiting for kubelet to register the driver');
  }

  /** Removes the socket: kubelet takes the driver off its list. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, GRACE_MS);
      this.server.tryShutdown(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    this.server.forceShutdown();
  }

  private notified({ pluginRegistered, error }: RegistrationStatus): void {
    const { logger, endpoint } = this.options;
    this.current = pluginRegistered ? 'registered' : 'refused';
    this.why = error;
    if (pluginRegistered) logger.info({ endpoint }, 'kubelet has registered the driver');
    else logger.error({ endpoint, reason: error }, 'kubelet has refused the driver; it tries again');
  }
}
