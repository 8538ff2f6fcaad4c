/** Where the two services are: `/config.json` at run time, else the page's own host with the usual ports. */

export interface Config {
  authUrl: string;
  usersUrl: string;
  /** Milliseconds between checks whether the session was ended elsewhere. */
  checkEvery: number;
}

export async function loadConfig(): Promise<Config> {
  const { protocol, hostname } = window.location;
  const config: Config = {
    authUrl: `${protocol}//${hostname}:8080`,
    usersUrl: `${protocol}//${hostname}:8081`,
    checkEvery: 1000,
  };
  try {
    const response = await fetch("/config.json", { cache: "no-store" });
    return { ...config, ...(await response.json() as Partial<Config>) };
  } catch {
    return config;
  }
}
