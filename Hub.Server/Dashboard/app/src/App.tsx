import { useEffect, useState } from 'preact/hooks';
import { OrdersPage } from './OrdersPage';
import { onSessionChange, remembered, signOut, type Session } from './session';
import { loadSettings, type Settings } from './settings';
import { SignIn } from './SignIn';

export function App() {
  const [settings, setSettings] = useState<Settings | null>(null);
  const [session, setSession] = useState<Session | null>(remembered);
  const [fault, setFault] = useState('');
  useEffect(() => void loadSettings().then(setSettings), []);
  useEffect(() => onSessionChange(setSession), []);
  const signIn = (signingIn: Promise<Session>) => {
    setFault('');
    signingIn.then(setSession, (error: Error) => setFault(error.message));
  };
  const leave = () => { void signOut(); setSession(null); };
  return (
    <>
      <header class="top">
        <a class="brand" href="/"><img src="/favicon.svg" alt="" width="26" height="26" /> Realtime</a>
        {session && (
          <div class="who">
            <span class="name">{session.name}</span>
            <button type="button" class="quiet" onClick={leave}>Sign out</button>
          </div>
        )}
      </header>
      <main>
        {session
          ? <OrdersPage key={session.user} session={session} />
          : settings && <SignIn settings={settings} fault={fault} onSignIn={signIn} />}
      </main>
    </>
  );
}
