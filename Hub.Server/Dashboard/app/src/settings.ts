// What the server says about itself before the visitor signs in.

export interface Settings {
  /** `anybody`: the server issues a token for any user, in Development. `token`: the visitor brings one. */
  signIn: "anybody" | "token";
  demo: boolean;
  /** Whether there may be other nodes, which then report over the operators' hub. */
  cluster: boolean;
  customers: { id: string; segment: string; orders: number }[];
  regions: string[];
}

export async function loadSettings(): Promise<Settings> {
  const answer = await fetch("dashboard.json");
  if (!answer.ok) throw new Error(`dashboard.json: ${answer.status}`);
  return (await answer.json()) as Settings;
}
