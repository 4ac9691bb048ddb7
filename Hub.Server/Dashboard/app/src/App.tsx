import { useEffect, useState } from 'preact/hooks';
import { Reader } from './Reader';
import { remember, remembered, type Session } from './session';
import { loadSettings, type Settings } from './settings';
import { SignIn } from './SignIn';

export function App() {
  const [settings, setSettings] = useState<Settings | null>(null);
  const [session, setSession] = useState<Session | null>(remembered);
  useEffect(() => void loadSettings().then(setSettings), []);
  const signIn = (next: Session | null) => { remember(next); setSession(next); };
  return (
    <>
      <header class="top">
        <a class="brand" href="/"><img src="/favicon.svg" alt="" width="26" height="26" /> Realtime</a>
        {session && (
          <div class="who">
            <span class="name">{session.name}</span>
            <button type="button" class="quiet" onClick={() => signIn(null)}>Sign out</button>
          </div>
        )}
      </header>
      <main>
        {session
          ? <Reader key={session.user} session={session} />
          : settings && <SignIn settings={settings} onSignIn={signIn} />}
      </main>
    </>
  );
}
