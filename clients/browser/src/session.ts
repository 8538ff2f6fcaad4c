/** The session that the page holds: in memory only, so that nothing is stored that a script could read later. */

/** The session as tabs of the same origin share it. */
export interface SharedSession {
  accessToken: string;
  /** Milliseconds since 1970, by this machine's clock. */
  expiresAt: number;
  /** The token's lifetime in seconds when it came. */
  lifetime: number;
  scope: string;
  userId: string;
  sessionId: string;
  csrfToken: string | undefined;
  /** When the person signed in (milliseconds); 0 if a reload has lost it. The later log-in wins. */
  since: number;
}

/** The members of a token answer that are used here. */
export interface TokenAnswer {
  access_token: string;
  expires_in: number;
  scope: string;
  user_id: string;
  session_id: string;
  csrf_token?: string | null;
}

export function sessionOf(answer: TokenAnswer, since: number): SharedSession {
  return {
    accessToken: answer.access_token,
    expiresAt: Date.now() + answer.expires_in * 1000,
    lifetime: answer.expires_in,
    scope: answer.scope,
    userId: answer.user_id,
    sessionId: answer.session_id,
    csrfToken: answer.csrf_token ?? undefined,
    since,
  };
}

/**
 * When to refresh: a minute ahead of the expiry, or a quarter of a short lifetime, and up to half as much earlier by
 * chance, so that tabs do not all ask at once.
 */
export function refreshAt(session: SharedSession, random: number): number {
  const ahead = Math.min(60, session.lifetime / 4) * 1000;
  return session.expiresAt - ahead * (1 + random / 2);
}

/** The user name in a token. It is for display: only the services check tokens. */
export function usernameOf(accessToken: string): string | undefined {
  try {
    const payload = accessToken.split(".")[1] ?? "";
    const bytes = Uint8Array.from(atob(payload.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
    const name = (JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>)["preferred_username"];
    return typeof name === "string" ? name : undefined;
  } catch {
    return undefined;
  }
}
