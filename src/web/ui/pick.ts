type Name = string | false | null | undefined;

/**
 * Class names out of a CSS module: `c('row', active && 'active')`. Unknown names throw at once in development
 * and in tests instead of silently giving an unstyled page.
 */
export function pick(styles: Readonly<Record<string, string>>): (...names: Name[]) => string {
  return (...names) => {
    const found: string[] = [];
    for (const name of names) {
      if (!name) continue;
      const scoped = styles[name];
      if (scoped === undefined) throw new Error(`no class ${JSON.stringify(name)} in this stylesheet`);
      found.push(scoped);
    }
    return found.join(' ');
  };
}
