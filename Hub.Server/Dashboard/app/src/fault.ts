/** The text to show for an error: its message. */
export const sentenceOf = (failure: unknown): string => (failure instanceof Error ? failure.message : String(failure));
