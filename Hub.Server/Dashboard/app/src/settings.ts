// What the server says about itself before anybody has signed in.

export interface Settings {
  /** `anybody`: the server gives a token to whoever asks, in Development. `token`: the visitor brings one. */
  signIn: "anybody" | "token";
  demo: boolean;
  /** There may be other nodes, and the operators' hub tells of them. */
  cluster: boolean;
  customers: { id: string; segment: string; orders: number }[];
  regions: string[];
}

export async function loadSettings(): Promise<Settings> {
  const answer = await fetch("dashboard.json");
  if (!answer.ok) throw new Error(`dashboard.json: ${answer.status}`);
  return (await answer.json()) as Settings;
}
