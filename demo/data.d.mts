export function prepareData(options?: { log?: (line: string) => void }): string
