import { status } from '@grpc/grpc-js';
import { trace as traces } from '@opentelemetry/api';
import type { Clock } from '../../clock.ts';
import type { LogFields, Logger } from '../../observe/logger.ts';
import { Redacted, ScrubbingLogger, secretScrub } from '../../observe/redaction.ts';
import { traceFields } from '../../observe/spans.ts';
import type { NamedKind } from '../../storage/named-slot.ts';
import { CsiError } from '../csi-error.ts';
import type { RpcCall } from '../rpc-call.ts';
import type { Interceptor } from './interceptor.ts';
import { labelField } from './request-fields.ts';
import { requestSubject } from './request-subject.ts';

type Level = 'debug' | 'info' | 'warn' | 'error';

/** Asked every few seconds by somebody, and of no interest while they succeed. */
const QUIET = new Set(['Probe', 'GetPluginCapabilities', 'ControllerGetCapabilities', 'NodeGetCapabilities']);

/** Faults of the caller or of timing: the caller is told and acts. The rest needs somebody's eye. */
const LEVELS: Partial<Record<status, Level>> = {
  [status.INVALID_ARGUMENT]: 'info',
  [status.NOT_FOUND]: 'info',
  [status.ALREADY_EXISTS]: 'info',
  [status.OUT_OF_RANGE]: 'info',
  [status.FAILED_PRECONDITION]: 'info',
  [status.ABORTED]: 'info',
  [status.CANCELLED]: 'info',
  [status.UNIMPLEMENTED]: 'info',
  [status.INTERNAL]: 'error',
  [status.UNKNOWN]: 'error',
  [status.DATA_LOSS]: 'error',
};

/** One line a call, at its end; at level debug also the redacted request. */
export const log =
  (clock: Clock): Interceptor =>
  (next, method) => {
    const success: Level = QUIET.has(method.name) ? 'debug' : 'info';
    return async (request, call) => {
      call.logger = callLogger(request, call);
      call.logger.debug({ request: new Redacted(request) }, 'call started');
      try {
        const response = await next(request, call);
        call.logger[success]({ code: 'OK', ...duration(clock, call) }, 'call handled');
        return response;
      } catch (thrown) {
        const error = CsiError.from(thrown);
        const level = LEVELS[error.code] ?? 'warn';
        call.logger[level]({ ...errorFields(error, level), ...duration(clock, call) }, 'call failed');
        throw error;
      }
    };
  };

/** What the log calls them. */
const FIELDS: Readonly<Record<NamedKind, { readonly id: string; readonly name: string }>> = {
  volume: { id: 'volumeId', name: 'volumeName' },
  snapshot: { id: 'snapshotId', name: 'snapshotName' },
  'group snapshot': { id: 'groupSnapshotId', name: 'groupSnapshotName' },
};

function callLogger(request: unknown, call: RpcCall): Logger {
  const scrub = secretScrub(request);
  const logger = scrub ? new ScrubbingLogger(call.logger, scrub) : call.logger;
  const subject = requestSubject(call.method.name, request);
  const source = labelField(request, 'sourceVolumeId');
  return logger.child({
    method: call.method.name,
    requestId: call.id,
    ...traceFields(traces.getSpanContext(call.trace)),
    ...(subject ? { [FIELDS[subject.kind][subject.field === 'name' ? 'name' : 'id']]: subject.label } : {}),
    ...(source ? { sourceVolumeId: source } : {}),
  });
}

const duration = (clock: Clock, call: RpcCall): LogFields => ({
  durationMs: Math.round((clock.monotonic() - call.startedAt) * 10) / 10,
});

/** The caller's own faults need no stack; an unknown failure is told here and nowhere else. */
function errorFields(error: CsiError, level: Level): LogFields {
  const fields = { code: error.codeName, error: error.message };
  if (level === 'info' || error.cause === undefined) return fields;
  return { ...fields, cause: error.cause };
}
