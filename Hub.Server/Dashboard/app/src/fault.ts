/** What is said of a failure: its sentence. */
export const sentenceOf = (failure: unknown): string => (failure instanceof Error ? failure.message : String(failure));
