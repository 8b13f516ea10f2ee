/** A gRPC status travels in an HTTP/2 header, percent-encoded (up to nine bytes a character); clients limit headers. */
const DETAILS_MAX_LENGTH = 2000;

/** An error text as a status can carry it: no lone surrogates, which percent-encoding refuses, and not too long. */
export function statusDetails(message: string): string {
  const cut = message.length > DETAILS_MAX_LENGTH ? `${message.slice(0, DETAILS_MAX_LENGTH)}…` : message;
  return cut.toWellFormed();
}
