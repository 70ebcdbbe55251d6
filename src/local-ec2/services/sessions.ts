/** Temporary credentials, known only to this process: they end with it. */
export interface Session {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiresAt: number;
}

export class Sessions {
  private readonly byKey = new Map<string, Session>();

  add(session: Session): void {
    this.byKey.set(session.accessKeyId, session);
  }

  find(accessKeyId: string): Session | undefined {
    return this.byKey.get(accessKeyId);
  }
}
