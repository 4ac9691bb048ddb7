import { allTransports, type Transport } from '@realtime/order-feed';

/** `automatic`: the first one that carries. */
export type Choice = Transport | 'automatic';

export const choices: readonly Choice[] = ['automatic', ...allTransports];

export const nameOf: Record<Choice, string> = {
  automatic: 'Automatic',
  webSockets: 'WebSockets',
  serverSentEvents: 'Server-sent events',
  longPolling: 'Long polling',
  eventSource: 'EventSource',
};

export function toTry(choice: Choice): readonly Transport[] {
  return choice === 'automatic' ? allTransports : [choice];
}
