export interface ListenAddress {
  /** undefined: all addresses. */
  readonly host: string | undefined;
  readonly port: number;
}

const FORM = /^(?:\[([0-9a-fA-F:.]+(?:%[\w.-]+)?)\]|([\w.-]*)):(\d{1,5})$/;
const PORT_MAX = 65_535;

/**
 * Reads `host:port`, `[IPv6]:port` or `:port`.
 * @throws RangeError that shows the text and the forms
 */
export function parseListenAddress(text: string): ListenAddress {
  const match = FORM.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > PORT_MAX) {
    throw new RangeError(
      `listen address ${JSON.stringify(text.slice(0, 128))} is not understood; ` +
        'give host:port, [IPv6 address]:port or :port, with a port from 0 to 65535',
    );
  }
  return { host: match[1] ?? (match[2] || undefined), port };
}
