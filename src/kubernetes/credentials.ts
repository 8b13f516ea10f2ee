/** Where the API server is, and who asks. */
export interface Credentials {
  /** Such as `https://10.96.0.1:443`, without a slash at the end. */
  readonly server: string;
  /** The namespace of the context, or of the pod. */
  readonly namespace: string;
  /** Read anew for each request: service-account tokens rotate, certificate files are replaced. */
  forRequest(): Promise<RequestCredentials>;
}

export interface RequestCredentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsOptions;
  readonly proxy?: string;
}

/** The part of Bun's fetch that undici's dispatcher would carry elsewhere. */
export interface TlsOptions {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly passphrase?: string;
  readonly serverName?: string;
  readonly rejectUnauthorized?: boolean;
}
